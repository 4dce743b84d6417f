"""What is shown of Discord on the double's page: see `bridge.doubles.page`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from markupsafe import Markup

from adapters.discord.double import rest_interactions
from adapters.discord.double.interactions import Interaction
from adapters.discord.double.messages import is_plain
from adapters.discord.double.people import Person
from adapters.discord.double.permissions import SEND_MESSAGES, SEND_MESSAGES_IN_THREADS, VIEW_CHANNEL
from adapters.discord.double.showing import Names, line, shown
from adapters.discord.double.things import FORUM, Channel, Guild, Message
from adapters.discord.double.time import stamp
from adapters.discord.double.world import World
from bridge.doubles.page import Asked, Frame, typed

QUICK = ("📮", "👍", "✅")
"""Reactions that are one click away."""
_LAST = 100
_KINDS = {1: "main", 3: "good", 4: "bad"}
_SYSTEM = {
    1: "added somebody to the thread", 4: "changed the thread's name", 6: "pinned a message", 18: "started a thread",
    21: "started this thread on a message",
}  # fmt: skip


@dataclass(eq=False)
class Page:
    """What is shown of the world, in its frame. `open`: the forms that somebody has before them, by their ids."""

    world: World
    home: Guild
    open: dict[str, Interaction] = field(default_factory=dict)

    def mount(self, app: web.Application) -> Frame[Person, Channel]:
        """Put it on the server; its frame, which must hear what happens, and know where it is served."""
        frame: Frame[Person, Channel] = Frame(self, "Discord", "adapters.discord.double")
        frame.mount(app, {
            "say": self.say, "edit": self.edit, "submit": self.submit, "{message}/press": self.press,
            "{message}/react": self.react, "{message}/command": self.command, "{message}/delete": self.delete,
        })  # fmt: skip
        return frame

    # who and where ------------------------------------------------------------------------------------------------

    def me(self, request: web.Request) -> Person:
        """See `Shown`."""
        world = self.world
        people = [one.user for one in self.home.members.values() if not one.user.bot]
        chosen = next((one for one in people if one.id == request.query.get("as")), people[-1])
        return Person(world, chosen)

    def place(self, request: web.Request, me: Person) -> Channel | None:
        """See `Shown`."""
        channel = self.world.channels.get(request.match_info["place"])
        return channel if channel is not None and self._seen(me, channel) else None

    def _seen(self, me: Person, channel: Channel) -> bool:
        return bool(self.world.permissions(me.user, channel) & VIEW_CHANNEL)

    def _channels(self, me: Person) -> list[Channel]:
        """What stands at the left: every channel, with its open threads below it."""
        world = self.world
        found = []
        for channel in world.channels.values():
            if channel.thread is None and self._seen(me, channel):
                threads = [one for one in world.threads(channel) if one.thread and not one.thread.archived]
                found += [channel, *threads]
        return found

    # looking ------------------------------------------------------------------------------------------------------

    def first(self, me: Person) -> str | None:
        """See `Shown`: the newest thread, else the first channel."""
        channels = self._channels(me)
        threads = [one for one in channels if one.thread is not None]
        where = max(threads, key=lambda one: int(one.id)) if threads else next(iter(channels), None)
        return None if where is None else _path(where, me)

    def path(self, request: web.Request, me: Person, where: Channel) -> str:
        """See `Shown`."""
        return _path(where, me)

    def mark(self) -> str:
        """See `Shown`: what answers interactions."""
        return str(sum(len(one.said) + len(one.words) for one in self.world.interactions.open.values()))

    def drawn(self, request: web.Request, me: Person, where: Channel) -> dict[str, Any]:
        """See `Shown`: a channel or thread, with what is said there."""
        return {
            "title": where.name, "sign": "" if where.thread else "#", "home": self.home.name,
            "path": _path(where, me), "at": f"/look/{where.id}/", "query": f"as={me.id}", "state": _state(where),
            "people": [one.user for one in self.home.members.values() if not one.user.bot],
            "channels": [self._listed(one, where, me) for one in self._channels(me)],
            "messages": [self._shown(one, me) for one in self._messages(where, me)],
            "quick": [{"name": each, "emoji": each} for each in QUICK],
            "commands": self._commands(where), "can_write": self._can_write(me, where), "form": self._form(request),
            "replying": self._chosen(request, "reply", me, where), "editing": self._chosen(request, "edit", me, where),
        }  # fmt: skip

    def _listed(self, one: Channel, here: Channel, me: Person) -> dict[str, Any]:
        is_thread = one.thread is not None
        note = "locked" if one.thread is not None and one.thread.locked else ""
        sign = "↳" if is_thread else "☰" if one.type == FORUM else "#"
        kind = "thread" if is_thread else "channel"
        path = _path(one, me)
        return {"path": path, "name": one.name, "here": one is here, "kind": kind, "sign": sign, "note": note}

    def _messages(self, channel: Channel, me: Person) -> list[Message]:
        found = sorted(self.world.messages[channel.id].values(), key=lambda one: int(one.id))
        starter = self.world.messages.get(channel.parent or "", {}).get(channel.id)
        visible = [one for one in found if one.seen_by in {None, me.id}][-_LAST:]
        return [starter, *visible] if starter is not None else visible

    def _commands(self, channel: Channel) -> list[str]:
        known = self.world.interactions.commands
        return [
            one["name"] for where in ("", channel.guild) for one in known.get(where, {}).values() if one["type"] == 3
        ]  # fmt: skip

    def _can_write(self, me: Person, channel: Channel) -> bool:
        bit = SEND_MESSAGES if channel.thread is None else SEND_MESSAGES_IN_THREADS
        return channel.type != FORUM and bool(self.world.permissions(me.user, channel) & bit)

    def _chosen(self, request: web.Request, name: str, me: Person, where: Channel) -> dict[str, str] | None:
        found = self.world.messages[where.id].get(request.query.get(name, ""))
        if found is None or (name == "edit" and found.author.id != me.id):
            return None
        return {"id": found.id, "name": found.author.name, "words": found.content}

    def _form(self, request: web.Request) -> dict[str, Any] | None:
        one = self.open.get(request.query.get("form", ""))
        if one is None or one.modal is None:
            return None
        fields = [
            {
                "id": each["custom_id"], "label": row.get("label") or each.get("label"), "long": each["style"] == 2,
                "longest": each.get("max_length") or 4000, "required": each.get("required", True),
                "placeholder": each.get("placeholder") or "", "value": each.get("value") or "",
            }
            for row in one.modal["components"]
            for each in rest_interactions.inputs(row)
        ]  # fmt: skip
        return {"id": one.id, "title": one.modal["title"], "fields": fields}

    # one message --------------------------------------------------------------------------------------------------

    def _names(self) -> Names:
        world, home = self.world, self.home
        return Names(
            lambda id: world.users[id].name if id in world.users else None,
            lambda id: home.roles[id].name if id in home.roles else None,
            lambda id: world.channels[id].name if id in world.channels else None,
        )

    def _html(self, words: str) -> Markup:
        return Markup(shown(words, self._names()))  # noqa: S704 - made and escaped by `showing`

    def _shown(self, one: Message, me: Person) -> dict[str, Any]:
        thread = self.world.channels.get(one.id)
        return {
            "id": one.id, "name": one.author.name, "app": one.author.bot, "at": stamp(one.created)[11:16],
            "words": self._html(one.content) if one.content or not one.flags & 1 << 7 else "is thinking …",
            "edited": one.edited is not None, "mine": one.author.id == me.id, "only": one.seen_by is not None,
            "kind": "only" if one.seen_by is not None else "", "files": [each["filename"] for each in one.attachments],
            "embeds": [self._embed(each) for each in one.embeds], "rows": _rows(one), "reply": self._reply(one),
            "system": None if is_plain(one) else f"{one.author.name} {_SYSTEM.get(one.type, 'did something')}",
            "reactions": [
                {"name": emoji, "emoji": emoji, "count": len(who), "mine": me.id in who, "who": self._who(who)}
                for emoji, who in one.reactions.items()
            ],
            "thread": None if thread is None or thread.thread is None or one.channel == thread.id
            else {"id": thread.id, "name": thread.name, "count": thread.thread.count},
        }  # fmt: skip

    def _who(self, ids: dict[str, float]) -> str:
        return ", ".join(self.world.users[id].name for id in ids)

    def _embed(self, one: dict[str, Any]) -> dict[str, Any]:
        title = one.get("title") or ""
        return {
            "title": Markup(line(title, self._names())),  # noqa: S704 - as in `_html`
            "url": one.get("url"),
            "words": self._html(one["description"]) if one.get("description") else "",
            "author": one.get("author") or {},
            "picture": (one.get("image") or {}).get("url"),
            "footer": (one.get("footer") or {}).get("text"),
        }  # fmt: skip

    def _reply(self, one: Message) -> dict[str, Any] | None:
        if one.type != 19 or one.reference is None:
            return None
        there = self.world.messages[one.channel].get(one.reference.get("message_id", ""))
        if there is None:
            return {"id": "", "name": "", "words": "the message was deleted"}
        return {"id": there.id, "name": there.author.name, "words": self._excerpt(there)}

    def _excerpt(self, one: Message) -> Markup:
        return Markup(line(one.content.replace("\n", " ")[:160], self._names()))  # noqa: S704 - as in `_html`

    # doing --------------------------------------------------------------------------------------------------------

    def _message(self, asked: Asked[Person, Channel]) -> Message:
        return self.world.message(asked.where, asked.message)

    async def say(self, asked: Asked[Person, Channel]) -> str | None:
        """Say something; what begins with a slash is a command."""
        me, channel, words = asked.me, asked.where, asked.form["words"]
        if words.startswith("/"):
            return await self._opened(await _commanded(me, channel, words[1:]))
        to = asked.form.get("reply_to")
        me.write(channel, words, reply_to=self.world.message(channel, to) if to else None)
        return None

    async def edit(self, asked: Asked[Person, Channel]) -> None:
        """Change one's message."""
        asked.me.edit(self.world.message(asked.where, asked.form["message"]), asked.form["words"])

    async def delete(self, asked: Asked[Person, Channel]) -> None:
        """Delete a message."""
        asked.me.delete(self._message(asked))

    async def react(self, asked: Asked[Person, Channel]) -> None:
        """Put a reaction there, or take it back."""
        there, emoji = self._message(asked), asked.form["emoji"]
        if asked.me.id in there.reactions.get(emoji, {}):
            asked.me.unreact(there, emoji)
        else:
            asked.me.react(there, emoji)

    async def press(self, asked: Asked[Person, Channel]) -> str | None:
        """Press a button."""
        return await self._opened(await asked.me.click(self._message(asked), asked.form["custom_id"]))

    async def command(self, asked: Asked[Person, Channel]) -> str | None:
        """Use a command of a message's menu."""
        return await self._opened(await asked.me.message_command(asked.form["name"], self._message(asked)))

    async def submit(self, asked: Asked[Person, Channel]) -> str | None:
        """Send a form off."""
        opened = self.open.pop(asked.form["form"], None)
        if opened is None or opened.user.id != asked.me.id:
            return None
        return await self._opened(await asked.me.submit(opened, typed(asked.form)))

    async def _opened(self, one: Interaction) -> str | None:
        if one.modal is None:
            return None
        self.open[one.id] = one
        return f"&form={one.id}"


def _path(channel: Channel, me: Person) -> str:
    return f"/look/{channel.id}?as={me.id}"


def _state(channel: Channel) -> str:
    if channel.thread is None:
        return channel.topic or ""
    words = ["archived"] * channel.thread.archived + ["locked"] * channel.thread.locked
    return ", ".join(words)


def _rows(one: Message) -> list[list[dict[str, Any]]]:
    return [
        [
            {
                "label": f"{(each.get('emoji') or {}).get('name') or ''} {each.get('label') or ''}".strip(),
                "custom_id": each.get("custom_id"), "url": each.get("url"),
                "kind": _KINDS.get(each.get("style", 2), ""), "disabled": each.get("disabled", False),
            }
            for each in row.get("components", []) if each.get("type") == 2
        ]
        for row in one.components
    ]  # fmt: skip


async def _commanded(me: Person, channel: Channel, words: str) -> Interaction:
    """A slash command as it is typed: its words, then its options as `name:value` or in their order."""
    command = words.split()
    named = {one.split(":", 1)[0]: one.split(":", 1)[1] for one in command if ":" in one}
    return await me.command(channel, " ".join(one for one in command if ":" not in one), **_typed(named))


def _typed(given: dict[str, str]) -> dict[str, Any]:
    return {name: int(value) if value.isdigit() else value for name, value in given.items()}
