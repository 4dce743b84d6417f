"""What is shown of Slack on the double's page: see `bridge.doubles.page`.

A channel, and beside it the thread that is open; the windows that the app opens come over the place to write.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from markupsafe import Markup

from adapters.slack.double import showing
from adapters.slack.double.interactions import Interaction, View
from adapters.slack.double.people import Person
from adapters.slack.double.pressing import Pressing
from adapters.slack.double.showing import Names
from adapters.slack.double.things import Channel, Message, User, Whisper
from adapters.slack.double.time import micro
from adapters.slack.double.world import World
from bridge.doubles.page import Asked, Frame, typed

QUICK = ("mega", "+1", "white_check_mark")
"""Reactions that are one click away."""
_LAST = 100
_SYSTEM = frozenset({"channel_join", "channel_leave", "channel_name", "channel_topic", "channel_archive"})
_KINDS = {"primary": "good", "danger": "bad"}


@dataclass(eq=False)
class Page:
    """What is shown of the world, in its frame. `typed` keeps what stands in a window that was not taken."""

    world: World
    pressing: Pressing
    typed: dict[str, dict[str, str]] = field(default_factory=dict)

    def mount(self, app: web.Application) -> Frame[Person, Channel]:
        """Put it on the server; its frame, which must hear what happens, and know where it is served."""
        frame: Frame[Person, Channel] = Frame(self, "Slack", "adapters.slack.double")
        frame.mount(app, {
            "say": self.say, "edit": self.edit, "submit": self.submit, "close": self.close,
            "{message}/press": self.press, "{message}/react": self.react, "{message}/command": self.shortcut,
            "{message}/delete": self.delete,
        })  # fmt: skip
        return frame

    # who and where ------------------------------------------------------------------------------------------------

    def _people(self) -> list[User]:
        return [one for one in self.world.users.values() if one.bot is None and not one.deleted]

    def me(self, request: web.Request) -> Person:
        """See `Shown`."""
        people = self._people()
        chosen = next((one for one in people if one.id == request.query.get("as")), people[-1])
        return Person(self.world, chosen, self.pressing)

    def place(self, request: web.Request, me: Person) -> Channel | None:
        """See `Shown`."""
        channel = self.world.channels.get(request.match_info["place"])
        return channel if channel is not None and channel in self._channels(me) else None

    def _channels(self, me: Person) -> list[Channel]:
        return [one for one in self.world.channels.values() if me.id in one.members or not one.private]

    def first(self, me: Person) -> str | None:
        """See `Shown`: the newest thread, else the first channel."""
        channels = self._channels(me)
        for channel in channels:
            threads = [one.ts for one in self._roots(channel) if self.world.replies(channel, one.ts)]
            if threads:
                return _path(channel, me, threads[-1])
        return _path(channels[0], me) if channels else None

    def path(self, request: web.Request, me: Person, where: Channel) -> str:
        """See `Shown`."""
        parent = self._parent(request, where)
        return _path(where, me, parent.ts if parent is not None else "")

    def mark(self) -> str:
        """See `Shown`: windows, and what only one person sees."""
        world = self.world
        windows = [f"{one.hash}{one.open}" for one in world.interactions.views.values()]
        return f"{len(world.whispers)}-{hash(tuple(windows)):x}"

    # looking ------------------------------------------------------------------------------------------------------

    def drawn(self, request: web.Request, me: Person, where: Channel) -> dict[str, Any]:
        """See `Shown`: a channel, and the thread that is open beside it."""
        parent = self._parent(request, where)
        thread = [] if parent is None else [parent, *self.world.replies(where, parent.ts)]
        path = _path(where, me, parent.ts if parent is not None else "")
        return {
            "title": where.name, "sign": "#", "home": self.world.team.name, "people": self._people(),
            "state": "archived" if where.archived else where.topic, "path": path, "at": f"/look/{where.id}/",
            "query": path.partition("?")[2], "layout": "beside" if parent is not None else "", "quick": self._quick(),
            "channels": [self._listed(one, where, me) for one in self._channels(me)],
            "messages": self._listing(self._roots(where)[-_LAST:], where, me), "root": parent,
            "thread": self._listing(thread, where, me, parent), "closed": _path(where, me), "window": self._window(me),
            "shortcuts": list(self.world.app.shortcuts), "can_write": me.id in where.members and not where.archived,
            "editing": self._editing(request, me, where),
        }  # fmt: skip

    def _listed(self, one: Channel, here: Channel, me: Person) -> dict[str, Any]:
        sign, note = "🔒" if one.private else "#", "archived" if one.archived else ""
        kind = "channel"
        return {"path": _path(one, me), "name": one.name, "here": one is here, "kind": kind, "sign": sign, "note": note}

    def _quick(self) -> list[dict[str, str]]:
        return [{"name": name, "emoji": showing.emoji(name)} for name in QUICK]

    def _roots(self, channel: Channel) -> list[Message]:
        found = [one for one in self.world.messages[channel.id].values() if one.thread is None or one.broadcast]
        return sorted(found, key=lambda one: micro(one.ts))

    def _parent(self, request: web.Request, where: Channel) -> Message | None:
        return self.world.find(where, request.query.get("thread", ""))

    def _editing(self, request: web.Request, me: Person, where: Channel) -> dict[str, str] | None:
        found = self.world.find(where, request.query.get("edit", ""))
        if found is None or found.user != me.id:
            return None
        return {"id": found.ts, "words": showing.as_typed(found.text, self._names())}

    def _listing(
        self, found: list[Message], where: Channel, me: Person, parent: Message | None = None
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Messages, and between them what only this person sees."""
        below = None if parent is None else parent.ts
        own = [one for one in me.whispers(where) if one.thread == below]
        both: list[Message | Whisper] = [*found, *own]
        return [self._shown(one, me, below) for one in sorted(both, key=lambda one: micro(one.ts))]

    # one message --------------------------------------------------------------------------------------------------

    def _names(self) -> Names:
        world = self.world
        return Names(
            lambda id: world.users[id].shown if id in world.users else None,
            lambda id: world.channels[id].name if id in world.channels else None,
        )

    def _shown(self, one: Message | Whisper, me: Person, below: str | None) -> dict[str, Any]:
        common = {
            "id": one.ts, "at": datetime.fromtimestamp(micro(one.ts) / 1e6, UTC).strftime("%H:%M"),
            "blocks": [self._block(block) for block in one.blocks] or [_words(self._mrkdwn(one.text))],
        }  # fmt: skip
        if isinstance(one, Whisper):
            return {**common, "name": self.world.app.name, "app": True, "kind": "only", "only": True}
        return {
            **common, "kind": "", "name": self._name(one), "app": one.bot is not None, "mine": one.user == me.id,
            "picture": (one.icons or {}).get("image_48", ""), "edited": one.edited is not None,
            "system": one.subtype in _SYSTEM or one.tombstone, "files": [each.name for each in one.files],
            "unfurled": [each.get("title", "") for each in one.attachments],
            "reactions": [self._reaction(name, who, me) for name, who in one.reactions.items()],
            "replies": 0 if below or one.thread else len(self.world.replies(self.world.channels[one.channel], one.ts)),
            "path": _path(self.world.channels[one.channel], me, one.thread or one.ts),
            "broadcast": one.broadcast and below is None, "below": below is not None,
        }  # fmt: skip

    def _name(self, one: Message) -> str:
        user = self.world.users.get(one.user or "")
        return one.username or (user.shown if user is not None else self.world.app.name if one.bot else "Slackbot")

    def _reaction(self, name: str, who: list[str], me: Person) -> dict[str, Any]:
        people = ", ".join(self.world.users[id].shown for id in who)
        return {
            "name": name, "emoji": showing.emoji(name), "count": len(who), "mine": me.id in who,
            "who": f"{people} reacted with :{name}:",
        }  # fmt: skip

    def _mrkdwn(self, text: str, *, verbatim: bool = True) -> Markup:
        return Markup(showing.mrkdwn(text, self._names(), verbatim=verbatim))  # noqa: S704 - made and escaped by `showing`

    def _object(self, each: dict[str, Any]) -> Markup:
        """A text object: plain, or mrkdwn."""
        if each["type"] == "mrkdwn":
            return self._mrkdwn(each["text"], verbatim=bool(each.get("verbatim")))
        return Markup("<p>{}</p>").format(each["text"])

    def _block(self, block: dict[str, Any]) -> dict[str, Any]:
        kind = block["type"]
        if kind == "rich_text":
            return _words(Markup(showing.rich(block["elements"], self._names())))  # noqa: S704 - as in `_mrkdwn`
        if kind == "header":
            return {"kind": "header", "words": block["text"]["text"]}
        if kind == "section":
            texts = [*([block["text"]] if "text" in block else []), *block.get("fields", ())]
            accessory = block.get("accessory") or {}
            buttons = [_button(accessory)] if accessory.get("type") == "button" else []
            return {**_words(Markup().join(map(self._object, texts))), "buttons": buttons}
        if kind == "context":
            parts = [_picture(each) if each["type"] == "image" else self._object(each) for each in block["elements"]]
            return {"kind": "context", "words": Markup(" ").join(parts)}
        if kind == "actions":
            return {"kind": "actions", "buttons": [_button(each) for each in block["elements"]]}
        if kind == "image":
            return {"kind": "image", "words": f"🖼 {block['alt_text']}", "title": block["image_url"]}
        return {"kind": kind, "words": block.get("text", "")}

    def _window(self, me: Person) -> dict[str, Any] | None:
        """The window that lies on top of those that this person has before them."""
        mine = [one for one in self.world.interactions.views.values() if one.open and one.user.id == me.id]
        if not mine:
            return None
        view = mine[-1]
        given = view.given
        return {
            "id": view.id, "title": view.title, "submit": (given.get("submit") or {}).get("text", ""),
            "close": (given.get("close") or {}).get("text", "Cancel"),
            "parts": [self._part(block, view) for block in given["blocks"]],
        }  # fmt: skip

    def _part(self, block: dict[str, Any], view: View) -> dict[str, Any]:
        """A piece of a window: something to fill in, or something to read."""
        if block["type"] != "input":
            return self._block(block)
        element = block["element"]
        name = element["action_id"]
        value = self.typed.get(view.id, {}).get(name, element.get("initial_value") or "")
        return {
            "kind": "field", "id": name, "label": block["label"]["text"], "long": bool(element.get("multiline")),
            "longest": element.get("max_length", 3000), "required": not block.get("optional"), "value": value,
            "placeholder": (element.get("placeholder") or {}).get("text", ""),
            "wrong": view.errors.get(block["block_id"], ""),
        }  # fmt: skip

    # doing --------------------------------------------------------------------------------------------------------

    def _message(self, asked: Asked[Person, Channel]) -> Message:
        return self.world.message(asked.where, asked.message)

    async def say(self, asked: Asked[Person, Channel]) -> None:
        """Say something, in the channel or in a thread; what begins with a slash is a command."""
        me, channel, words = asked.me, asked.where, asked.form["words"]
        parent = self.world.find(channel, asked.form.get("thread", ""))
        if words.startswith("/"):
            command, _, text = words.partition(" ")
            _taken(await me.command(channel, command, text.strip(), thread=parent))
        else:
            me.write(channel, words, thread=parent, broadcast="broadcast" in asked.form)

    async def edit(self, asked: Asked[Person, Channel]) -> None:
        """Change one's message."""
        asked.me.edit(self.world.message(asked.where, asked.form["message"]), asked.form["words"])

    async def delete(self, asked: Asked[Person, Channel]) -> None:
        """Delete a message."""
        asked.me.delete(self._message(asked))

    async def react(self, asked: Asked[Person, Channel]) -> None:
        """Put a reaction there, or take it back."""
        there, name = self._message(asked), asked.form["emoji"]
        if asked.me.id in there.reactions.get(name, []):
            asked.me.unreact(there, name)
        else:
            asked.me.react(there, name)

    async def press(self, asked: Asked[Person, Channel]) -> None:
        """Press a button."""
        _taken(await asked.me.click(self._message(asked), asked.form["action"]))

    async def shortcut(self, asked: Asked[Person, Channel]) -> None:
        """Choose a shortcut of a message's menu."""
        _taken(await asked.me.shortcut(self._message(asked), asked.form["name"]))

    async def submit(self, asked: Asked[Person, Channel]) -> None:
        """Send a window off; what was typed stands there again if it is not taken."""
        view = self._mine(asked)
        if view is None:
            return
        self.typed[view.id] = typed(asked.form)
        _taken(await asked.me.submit(view, self.typed[view.id]))
        if not view.open:
            del self.typed[view.id]

    async def close(self, asked: Asked[Person, Channel]) -> None:
        """Close a window."""
        view = self._mine(asked)
        if view is not None:
            asked.me.close(view)

    def _mine(self, asked: Asked[Person, Channel]) -> View | None:
        view = self.world.interactions.views.get(asked.form["form"])
        return view if view is not None and view.open and view.user.id == asked.me.id else None


def _taken(one: Interaction) -> None:
    """Say what Slack says where the app did not answer."""
    assert not one.failed, one.failed


def _path(channel: Channel, me: Person, thread: str = "") -> str:
    return f"/look/{channel.id}?{urlencode({'as': me.id, **({'thread': thread} if thread else {})})}"


def _words(html: Markup) -> dict[str, Any]:
    return {"kind": "words", "words": html}


def _picture(each: dict[str, Any]) -> Markup:
    return Markup('<span class="picture" title="{}">🖼 {}</span>').format(each["image_url"], each["alt_text"])


def _button(each: dict[str, Any]) -> dict[str, Any]:
    label = each["text"]["text"] if "text" in each else each["type"]
    kind = _KINDS.get(each.get("style", ""), "")
    return {"label": label, "action": each.get("action_id"), "url": each.get("url"), "kind": kind}
