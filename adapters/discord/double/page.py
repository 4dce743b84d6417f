"""A page on which people look at the double and use it: GET /look. For the demo; Discord's own apps look otherwise.

Who opens it chooses who they are: it is on loopback, and everything on it is made up. Other pages of the browser cannot
use it: what changes something must come from this page, as its `Origin` says.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from typing import Any

from aiohttp import web
from jinja2 import Environment, Template
from markupsafe import Markup

from adapters.discord.double import rest_interactions
from adapters.discord.double.interactions import Interaction
from adapters.discord.double.messages import is_plain
from adapters.discord.double.people import Person
from adapters.discord.double.permissions import SEND_MESSAGES, SEND_MESSAGES_IN_THREADS, VIEW_CHANNEL
from adapters.discord.double.problems import Problem
from adapters.discord.double.showing import Names, line, shown
from adapters.discord.double.things import FORUM, Channel, Guild, Message
from adapters.discord.double.time import stamp
from adapters.discord.double.world import Happening, World

QUICK = ("📮", "👍", "✅")
"""Reactions that are one click away."""
_LAST = 100
_SYSTEM = {
    1: "added somebody to the thread", 4: "changed the thread's name", 6: "pinned a message", 18: "started a thread",
    21: "started this thread on a message",
}  # fmt: skip


@dataclass(eq=False)
class Page:
    """The page, served at `address`. `open`: the forms that somebody has before them, by the interaction's id."""

    world: World
    home: Guild
    address: str = ""
    changes: int = 0
    open: dict[str, Interaction] = field(default_factory=dict)

    def hear(self, _happening: Happening) -> None:
        """Count what changed, so that a page that somebody looks at is drawn anew."""
        self.changes += 1

    def mount(self, app: web.Application) -> None:
        """Put it on the server."""
        app.router.add_get("/look", self.door)
        app.router.add_get("/look/{channel}", self.look)
        app.router.add_get("/look/{channel}/mark", self.mark)
        for path, act in (
            ("say", self.say), ("edit", self.edit), ("submit", self.submit), ("{message}/press", self.press),
            ("{message}/react", self.react), ("{message}/command", self.command), ("{message}/delete", self.delete),
        ):  # fmt: skip
            app.router.add_post(f"/look/{{channel}}/{path}", self._acted(act))

    # who and where ------------------------------------------------------------------------------------------------

    def _me(self, request: web.Request) -> Person:
        world = self.world
        people = [one.user for one in self.home.members.values() if not one.user.bot]
        chosen = next((one for one in people if one.id == request.query.get("as")), people[-1])
        return Person(world, chosen)

    def _channel(self, request: web.Request) -> Channel:
        channel = self.world.channels.get(request.match_info["channel"])
        if channel is None or not self._seen(self._me(request), channel):
            raise web.HTTPFound(f"/look?as={self._me(request).id}")
        return channel

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

    async def door(self, request: web.Request) -> web.StreamResponse:
        """To the newest thread, else to the first channel."""
        me = self._me(request)
        channels = self._channels(me)
        if not channels:
            return web.Response(text="There is no channel that you can see.", headers=_HEADERS)
        threads = [one for one in channels if one.thread is not None]
        where = max(threads, key=lambda one: int(one.id)) if threads else channels[0]
        raise web.HTTPFound(f"/look/{where.id}?as={me.id}")

    async def mark(self, request: web.Request) -> web.StreamResponse:
        """What changes as soon as something does."""
        return web.Response(text=self._mark(), headers=_HEADERS)

    def _mark(self) -> str:
        changes = self.changes
        return f"{changes}-{sum(len(one.said) + len(one.words) for one in self._mine())}"

    def _mine(self) -> list[Interaction]:
        return list(self.world.interactions.open.values())

    async def look(self, request: web.Request) -> web.StreamResponse:
        """A channel or thread, with what is said there."""
        return self._page(request, self._channel(request))

    def _page(self, request: web.Request, channel: Channel, refused: str = "") -> web.Response:
        me, nonce = self._me(request), secrets.token_urlsafe(12)
        html = self._template.render(
            title=channel.name, sign="" if channel.thread else "#", guild=self.home.name, me=me,
            here=channel.id, people=[one.user for one in self.home.members.values() if not one.user.bot],
            channels=[self._listed(one, channel) for one in self._channels(me)], state=_state(channel),
            messages=[self._shown(one, me) for one in self._messages(channel, me)], refused=refused, quick=QUICK,
            commands=self._commands(channel), can_write=self._can_write(me, channel), form=self._form(request),
            replying=self._chosen(request, "reply", me), editing=self._chosen(request, "edit", me), nonce=nonce,
            mark=self._mark(), style=Markup(self._style),  # noqa: S704 - a file of ours
        )  # fmt: skip
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'"
        headers = {**_HEADERS, "Content-Security-Policy": f"{policy}; form-action 'self'; img-src data:"}
        return web.Response(text=html, content_type="text/html", headers=headers)

    @cached_property
    def _template(self) -> Template:
        environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        return environment.from_string(_file("look.html"))

    @cached_property
    def _style(self) -> str:
        return _file("look.css")

    def _listed(self, one: Channel, here: Channel) -> dict[str, Any]:
        is_thread = one.thread is not None
        note = "locked" if one.thread is not None and one.thread.locked else ""
        sign = "↳" if is_thread else "☰" if one.type == FORUM else "#"
        kind = "thread" if is_thread else "channel"
        return {"id": one.id, "name": one.name, "here": one is here, "kind": kind, "sign": sign, "note": note}

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

    def _chosen(self, request: web.Request, name: str, me: Person) -> dict[str, str] | None:
        found = self.world.messages[self._channel(request).id].get(request.query.get(name, ""))
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
                {"emoji": emoji, "count": len(who), "mine": me.id in who, "who": self._who(who)}
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

    def _acted(self, act: Any) -> Any:
        async def acted(request: web.Request) -> web.StreamResponse:
            if request.headers.get("Origin") != self.address:
                return web.Response(status=403, text="Only the page itself can do this.", headers=_HEADERS)
            channel, me = self._channel(request), self._me(request)
            form = {name: str(value) for name, value in (await request.post()).items()}
            try:
                then = await act(me, channel, request.match_info.get("message", ""), form)
            except Problem as refused:
                return self._page(request, channel, f"Discord refuses: {refused.message}")
            except AssertionError as refused:
                return self._page(request, channel, f"{refused}")
            raise web.HTTPSeeOther(f"/look/{channel.id}?as={me.id}{then or ''}")

        return acted

    def _message(self, channel: Channel, id: str) -> Message:
        return self.world.message(channel, id)

    async def say(self, me: Person, channel: Channel, _: str, form: dict[str, str]) -> str | None:
        """Say something; what begins with a slash is a command."""
        words = form["words"].replace("\r\n", "\n")
        if words.startswith("/"):
            return await self._opened(await _commanded(me, channel, words[1:]))
        to = form.get("reply_to")
        me.write(channel, words, reply_to=self._message(channel, to) if to else None)
        return None

    async def edit(self, me: Person, channel: Channel, _: str, form: dict[str, str]) -> None:
        """Change one's message."""
        me.edit(self._message(channel, form["message"]), form["words"].replace("\r\n", "\n"))

    async def delete(self, me: Person, channel: Channel, message: str, _: dict[str, str]) -> None:
        """Delete a message."""
        me.delete(self._message(channel, message))

    async def react(self, me: Person, channel: Channel, message: str, form: dict[str, str]) -> None:
        """Put a reaction there, or take it back."""
        there, emoji = self._message(channel, message), form["emoji"]
        if me.id in there.reactions.get(emoji, {}):
            me.unreact(there, emoji)
        else:
            me.react(there, emoji)

    async def press(self, me: Person, channel: Channel, message: str, form: dict[str, str]) -> str | None:
        """Press a button."""
        return await self._opened(await me.click(self._message(channel, message), form["custom_id"]))

    async def command(self, me: Person, channel: Channel, message: str, form: dict[str, str]) -> str | None:
        """Use a command of a message's menu."""
        return await self._opened(await me.message_command(form["name"], self._message(channel, message)))

    async def submit(self, me: Person, _channel: Channel, _: str, form: dict[str, str]) -> str | None:
        """Send a form off."""
        opened = self.open.pop(form["form"], None)
        if opened is None or opened.user.id != me.id:
            return None
        given = {
            name.removeprefix("field:"): value.replace("\r\n", "\n")
            for name, value in form.items() if name.startswith("field:")
        }  # fmt: skip
        return await self._opened(await me.submit(opened, given))

    async def _opened(self, one: Interaction) -> str | None:
        if one.modal is None:
            return None
        self.open[one.id] = one
        return f"&form={one.id}"


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}


def _file(name: str) -> str:
    return files("adapters.discord.double").joinpath("pages", name).read_text("utf-8")


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
                "custom_id": each.get("custom_id"), "url": each.get("url"), "style": each.get("style", 2),
                "disabled": each.get("disabled", False),
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
