"""What people do in Slack's own apps, for tests and the demo: they write, reply, edit, delete, react, click, command.

They are held to Slack's rules: what a person may not do raises `Problem`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from adapters.slack.double import messages, mrkdwn, shapes
from adapters.slack.double.blocks import taken
from adapters.slack.double.interactions import Interaction, View
from adapters.slack.double.pressing import Pressing
from adapters.slack.double.problems import Problem
from adapters.slack.double.things import Channel, File, Message, User, Whisper
from adapters.slack.double.typed import typed
from adapters.slack.double.world import World

IN_THREAD = "is not supported in threads. Sorry!"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account."""

    world: World
    user: User
    pressing: Pressing

    @property
    def id(self) -> str:
        """The account's id."""
        return self.user.id

    @property
    def name(self) -> str:
        """The account's name."""
        return self.user.name

    # writing ------------------------------------------------------------------------------------------------------

    def write(
        self, channel: Channel, words: str = "", *, thread: Message | str | None = None, broadcast: bool = False,
        files: tuple[str, ...] = (), text: str | None = None, blocks: list[dict[str, Any]] | None = None,
        mode: str = "hosted",
    ) -> Message:  # fmt: skip
        """Write as one types (see `typed`), or a `text` and `blocks` that are sent as they are.

        `files` are the names of pictures; a reply below a parent that is gone is refused, as the app has no box for it.
        """
        self._may_write(channel)
        said, made = typed(self.world, words)
        message = Message(
            self.world.time.ts(), channel.id, self.id, said if text is None else mrkdwn.stored(text),
            made if blocks is None else taken(blocks), client_id=str(uuid.uuid4()),
        )  # fmt: skip
        if thread is not None:
            message.thread, message.broadcast = self._below(channel, thread), broadcast
        message.files = [self._file(name, mode) for name in files]
        if files:
            message.subtype, message.client_id = "file_share", None
        return messages.say(self.world, channel, message)

    def reply(self, parent: Message, words: str, **more: Any) -> Message:
        """Write in the thread of a message."""
        return self.write(self.world.channel(parent.channel), words, thread=parent, **more)

    def _may_write(self, channel: Channel) -> None:
        self.world.see(self.world.channel(channel.id), self.id)
        if channel.archived:
            raise Problem("is_archived")
        if channel.read_only and not self.user.admin:
            raise Problem("restricted_action_read_only_channel")

    def _below(self, channel: Channel, thread: Message | str) -> str:
        ts = thread if isinstance(thread, str) else thread.thread or thread.ts
        parent = self.world.find(channel, ts)
        if parent is None:
            raise Problem("thread_not_found")
        if parent.locked and not self.user.admin:
            raise Problem("restricted_action_thread_locked")
        return ts

    def _file(self, name: str, mode: str) -> File:
        world = self.world
        made = File(world.time.id("F"), name, "image/png", b"\x89PNG\r\n", self.id, int(world.time.now()), mode)
        world.files[made.id] = made
        return made

    def edit(self, message: Message, words: str) -> None:
        """Change a message of theirs."""
        if message.user != self.id or message.bot is not None:
            raise Problem("cant_update_message")
        said, made = typed(self.world, words)
        messages.edit(self.world, self.world.channel(message.channel), message, self.id, text=said, blocks=made)

    def delete(self, message: Message) -> None:
        """Delete a message: theirs, or, as an admin, another's."""
        if (message.user != self.id or message.bot is not None) and not self.user.admin:
            raise Problem("cant_delete_message")
        channel = self.world.channel(message.channel)
        messages.delete(self.world, channel, self.world.message(channel, message.ts))

    def react(self, message: Message, name: str) -> None:
        """React to a message, by the emoji's name."""
        messages.react(self.world, self._reachable(message), message, self.user, name)

    def unreact(self, message: Message, name: str) -> None:
        """Take a reaction back."""
        messages.unreact(self.world, self._reachable(message), message, self.user, name)

    def _reachable(self, message: Message) -> Channel:
        channel = self.world.channel(message.channel)
        self._may_write(channel)
        self.world.message(channel, message.ts)
        return channel

    def lock(self, parent: Message, locked: bool = True) -> None:
        """Lock a thread, as admins can; the app is not told."""
        assert self.user.admin, f"{self.name} is no admin"
        parent.locked = locked

    # interactivity ------------------------------------------------------------------------------------------------

    async def click(self, message: Message, action_id: str, *, wait: bool = True) -> Interaction:
        """Click the button whose action id, or else whose value or label, is this one or begins with it."""
        there = [(block, each) for block in message.blocks for each in _buttons(block)]
        found = [pair for pair in there if action_id in _names(pair[1])]
        found = found or [pair for pair in there if any(name.startswith(action_id) for name in _names(pair[1]))]
        if len(found) != 1:
            names = ", ".join(each["action_id"] for _, each in there) or "none"
            raise AssertionError(f"{len(found)} buttons are called {action_id!r}; there are: {names}")
        self._interactive()
        channel = self.world.channel(message.channel)
        self.world.see(channel, self.id)
        return await self._begun(self.pressing.click(self.user, channel, message, *found[0]), wait)

    async def shortcut(self, message: Message, name: str, *, wait: bool = True) -> Interaction:
        """Choose a shortcut of a message's menu, by its name or its callback id."""
        known = self.world.app.shortcuts
        callback = known.get(name, name)
        assert callback in known.values(), f"there is no shortcut {name!r}; there are: {', '.join(known)}"
        self._interactive()
        channel = self.world.channel(message.channel)
        self.world.see(channel, self.id)
        return await self._begun(self.pressing.shortcut(self.user, channel, message, callback), wait)

    async def submit(
        self, opened: Interaction | View, words: str | dict[str, str], *, wait: bool = True
    ) -> Interaction:  # fmt: skip
        """Send off a window: `words` for its only field, or by action ids; again, until it is answered."""
        view = opened if isinstance(opened, View) else opened.view
        channel = None if isinstance(opened, View) else opened.channel
        assert view is not None, "no window was opened"
        assert view.open, "that window is closed"
        fields = self.world.interactions.fields(view)
        given = {next(iter(fields)): words} if isinstance(words, str) else words
        values: dict[str, Any] = {}
        for name, field in fields.items():
            value = given.get(name, field.get("initial_value"))
            assert len(value or "") <= field.get("max_length", 3000), f"{name} takes {field.get('max_length', 3000)}"
            assert len(value or "") >= field.get("min_length", 0), f"{name} takes more"
            values.setdefault(field["block_id"], {})[name] = {"type": field["type"], **_filled(field, value)}
        return await self._begun(self.pressing.submit(self.user, view, values, channel), wait)

    def close(self, view: View) -> None:
        """Close a window without sending it off."""
        self.pressing.close(self.user, view)

    async def command(
        self, channel: Channel, command: str, text: str = "", *, thread: Message | None = None, wait: bool = True
    ) -> Interaction:
        """Give a slash command, in a channel: in a thread Slack itself refuses every app's."""
        known = self.world.app.commands
        if thread is not None:
            raise Problem("command_in_thread", f"{command} {IN_THREAD}")
        assert command in known, f"{command} is not a valid command; there are: {', '.join(known)}"
        self.world.see(channel, self.id)
        return await self._begun(self.pressing.command(self.user, channel, command, text), wait)

    def _interactive(self) -> None:
        assert self.world.app.interactive, "this app is not configured to handle interactive responses"

    async def _begun(self, one: Interaction, wait: bool) -> Interaction:
        return await one.answered() if wait else one

    # looking ------------------------------------------------------------------------------------------------------

    def whispers(self, channel: Channel | None = None) -> list[Whisper]:
        """The ephemeral messages that they were shown."""
        return [
            one for one in self.world.whispers
            if one.user == self.id and (channel is None or one.channel == channel.id)
        ]  # fmt: skip

    def reload(self) -> None:
        """Load the client again: ephemeral messages are gone."""
        self.world.whispers[:] = [one for one in self.world.whispers if one.user != self.id]

    def rename(self, name: str, display_name: str = "") -> None:
        """Have another name from now on."""
        self.user.name, self.user.display_name, self.user.updated = name, display_name, int(self.world.time.now())
        shape = shapes.user(self.world, self.user)
        self.world.tell("user_change", {"type": "user_change", "user": shape, "event_ts": self.world.time.ts()})


def _buttons(block: dict[str, Any]) -> list[dict[str, Any]]:
    elements = block.get("elements", []) if block["type"] == "actions" else [block.get("accessory", {})]
    return [each for each in elements if each.get("type") == "button"]


def _filled(field: dict[str, Any], value: str | None) -> dict[str, Any]:
    """What a field of a window tells: its words, or the option whose label or value was chosen."""
    if "options" not in field:
        return {"value": value or None}
    known = [one for one in field["options"] if value in {one["value"], one["text"]["text"]}]
    assert known or not value, f"there is no option {value!r}"
    return {"selected_option": known[0] if known else None}


def _names(button: dict[str, Any]) -> list[str]:
    return [button["action_id"], button.get("value", ""), button["text"]["text"]]
