"""What people do in Discord's own apps, for tests and the demo: they write, reply, edit, delete, react, press.

They are held to the same rules as bots: what a person may not do raises `Problem`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.discord.double import bodies, messages, permissions, pressing, rest_interactions, rules, shapes, threads
from adapters.discord.double.interactions import COMMAND, COMPONENT, MODAL_SUBMIT, Interaction
from adapters.discord.double.messages import Allowed
from adapters.discord.double.problems import length
from adapters.discord.double.things import Channel, Member, Message, Role, User
from adapters.discord.double.world import Eyes, World


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account. A `bot` among them is another bot, which writes by an API of its own."""

    world: World
    user: User

    @property
    def id(self) -> str:
        """The account's id."""
        return self.user.id

    @property
    def name(self) -> str:
        """The account's name."""
        return self.user.name

    def member(self, channel: Channel) -> Member | None:
        """Them, in the guild of a channel."""
        return self.world.guild_of(channel).members.get(self.id)

    def write(
        self, channel: Channel, words: str, *, reply_to: Message | None = None, ping: bool = True,
        files: tuple[str, ...] = (), nonce: str | None = None,
    ) -> Message:  # fmt: skip
        """Write a message; `files` are the names of pictures. People with Nitro write up to 4,000 characters."""
        length("content", words.strip(), 0, 4000)
        threads.archive_what_is_due(self.world)
        channel = self.world.channel(channel.id)
        rules.may_say(self.world, self.user, channel)
        attached = [bodies.attachment(self.world.time, channel.id, name, 1000, "image/png") for name in files]
        return messages.say(
            self.world, channel, self.user, words.strip(), reply_to=reply_to, member=self.member(channel),
            allowed=Allowed(replied_user=ping), attachments=attached, nonce=nonce,
        )  # fmt: skip

    def edit(self, message: Message, words: str) -> None:
        """Change a message of theirs."""
        assert message.author.id == self.id, f"{self.name} did not write it"
        rules.open_thread(self.world.channel(message.channel))
        messages.edit(self.world, message, content=words.strip())

    def delete(self, message: Message) -> None:
        """Delete a message: theirs, or, with the right to, another's."""
        rules.may_delete(self.world, self.user, self.world.channel(message.channel), message)
        messages.delete(self.world, message)

    def react(self, message: Message, emoji: str) -> None:
        """React to a message."""
        rules.may_react(self.world, self.user, self.world.channel(message.channel), message, emoji)
        messages.react(self.world, message, self.user, emoji)

    def unreact(self, message: Message, emoji: str) -> None:
        """Take a reaction back."""
        rules.open_thread(self.world.channel(message.channel))
        messages.unreact(self.world, message, self.id, emoji)

    def pin(self, message: Message) -> None:
        """Pin a message."""
        rules.need(self.world, self.user, self.world.channel(message.channel), permissions.PIN_MESSAGES)
        messages.pin(self.world, message, self.user)

    def open_thread(self, channel: Channel, name: str, *, on: Message | None = None) -> Channel:
        """Make a thread, on a message or beside all."""
        rules.need(self.world, self.user, channel, permissions.CREATE_PUBLIC_THREADS)
        return threads.create(self.world, channel, name, self.user, on=on)

    def archive(self, thread: Channel, archived: bool = True) -> None:
        """Close a thread, or open it again, as its maker and moderators can."""
        threads.archive(self.world, thread, archived)

    def lock(self, thread: Channel, locked: bool = True) -> None:
        """Lock a thread, or unlock it."""
        rules.need(self.world, self.user, thread, permissions.MANAGE_THREADS)
        threads.lock(self.world, thread, locked)

    def rename(self, thread: Channel, name: str) -> None:
        """Give a thread another name."""
        threads.rename(self.world, thread, name, self.user)

    def delete_thread(self, thread: Channel) -> None:
        """Delete a thread, with all that is in it."""
        rules.need(self.world, self.user, thread, permissions.MANAGE_THREADS)
        threads.delete(self.world, thread)

    async def click(self, message: Message, custom_id: str, *, wait: bool = True) -> Interaction:
        """Press the button whose id is this, or begins so; returns once the bot has answered, unless told not to."""
        channel = self.world.channel(message.channel)
        rules.need(self.world, self.user, channel)
        found = [one for one in buttons(message) if one.get("custom_id") == custom_id]
        found = found or [one for one in buttons(message) if one.get("custom_id", "").startswith(custom_id)]
        if len(found) != 1:
            there = ", ".join(one.get("custom_id", one.get("url", "")) for one in buttons(message)) or "none"
            raise AssertionError(f"{len(found)} buttons whose id begins with {custom_id!r}; there are: {there}")
        if found[0].get("disabled"):
            raise AssertionError(f"the button {custom_id!r} is disabled")
        data = {"component_type": 2, "custom_id": found[0]["custom_id"], "id": found[0].get("id", 2)}
        return await self._begun(COMPONENT, channel, data, wait, message=message)

    async def submit(self, form: Interaction, words: str | dict[str, str], *, wait: bool = True) -> Interaction:
        """Send off the form that an interaction opened: `words` for its only field, or by the fields' ids.

        Whoever saw no answer to that may send it again.
        """
        assert form.modal is not None, f"no form was opened: first answer {form.answer}, words {form.words!r}"
        assert not form.closed, "that form was sent, and its window is closed"
        rows = form.modal["components"]
        fields = [field for row in rows for field in rest_interactions.inputs(row)]
        given = {fields[0]["custom_id"]: words} if isinstance(words, str) else words
        for field in fields:
            value = given.get(field["custom_id"], field.get("value", ""))
            shortest = field.get("min_length") or int(field.get("required", True))
            longest = field.get("max_length") or 4000
            assert shortest <= len(value) <= longest, f"Discord takes {shortest} to {longest} characters here"
        data = {
            "custom_id": form.modal["custom_id"], "components": [_filled(n, row, given) for n, row in enumerate(rows)],
            "resolved": {},
        }  # fmt: skip
        return await self._begun(MODAL_SUBMIT, form.channel, data, wait, message=form.message, before=form)

    async def command(self, channel: Channel, name: str, *, wait: bool = True, **options: Any) -> Interaction:
        """Use a slash command: `"backchat status"` is the subcommand `status`."""
        words = name.split()
        command = self._command(channel, words[0], 1)
        data: dict[str, Any] = {"id": command["id"], "name": command["name"], "type": 1}
        level, known = data, command.get("options", [])
        for word in words[1:]:
            sub = next((one for one in known if one["name"] == word), None)
            assert sub is not None, f"/{words[0]} has no {word!r}"
            inner: dict[str, Any] = {"type": sub["type"], "name": word, "options": []}
            level["options"], level, known = [inner], inner, sub.get("options", [])
        level["options"] = [_option(known, key, value) for key, value in options.items()]
        for one in known:
            assert not one.get("required") or one["name"] in options, f"{name} needs {one['name']}"
        return await self._begun(COMMAND, channel, data, wait)

    async def message_command(self, name: str, message: Message, *, wait: bool = True) -> Interaction:
        """Use a command of a message's menu; in archived threads there is none."""
        channel = self.world.channel(message.channel)
        rules.open_thread(channel)
        command = self._command(channel, name, 3)
        eyes = Eyes(self.world.bot)  # the message is shown to the bot with its content, whatever its intents are
        data = {
            "id": command["id"], "name": name, "type": 3, "target_id": message.id,
            "resolved": {"messages": {message.id: shapes.message(self.world, message, eyes)}},
        }  # fmt: skip
        return await self._begun(COMMAND, channel, data, wait, target=message)

    def _command(self, channel: Channel, name: str, type: int) -> dict[str, Any]:
        have = rules.need(self.world, self.user, channel, permissions.USE_APPLICATION_COMMANDS)
        command = self.world.interactions.named(channel.guild, name, type)
        assert command is not None, f"there is no command {name!r}"
        needed = int(command["default_member_permissions"] or 0)
        assert have & needed == needed, f"{self.name} is not shown the command {name!r}"
        return command

    async def _begun(self, type: int, channel: Channel, data: dict[str, Any], wait: bool, **more: Any) -> Interaction:
        begun = pressing.begin(self.world, type, self.user, channel, data, **more)
        return await begun.answered() if wait else begun

    def in_roles(self, *roles: Role) -> None:
        """Have these roles and no others, in every guild they are in."""
        for guild in self.world.guilds.values():
            if self.id in guild.members:
                guild.members[self.id].roles = [role.id for role in roles if role.id in guild.roles]

    def leave(self) -> None:
        """Leave every guild."""
        for guild in self.world.guilds.values():
            guild.members.pop(self.id, None)

    def shown(self, message: Message) -> dict[str, Any]:
        """A message as this person sees it."""
        return shapes.message(self.world, message, Eyes(self.user))


def buttons(message: Message) -> list[dict[str, Any]]:
    """The buttons of a message."""
    return [one for row in message.components for one in row.get("components", []) if one.get("type") == 2]


def _filled(n: int, row: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """A row of a form as it comes back."""
    fields = [
        {"type": 4, "id": n * 10 + 1, "custom_id": one["custom_id"],
         "value": given.get(one["custom_id"], one.get("value", ""))}
        for one in rest_interactions.inputs(row)
    ]  # fmt: skip
    if "component" in row:
        return {"type": row["type"], "id": n * 10, "component": fields[0]}
    return {"type": row["type"], "id": n * 10, "components": fields} if fields else {"type": row["type"], "id": n * 10}


_KINDS = {str: {3, 6, 7, 8}, int: {4, 10}, float: {10}, bool: {5}}


def _option(known: list[dict[str, Any]], name: str, value: Any) -> dict[str, Any]:
    option = next((one for one in known if one["name"] == name), None)
    assert option is not None, f"there is no option {name!r}"
    assert option["type"] in _KINDS[type(value)], f"{name!r} takes no {type(value).__name__}"
    return {"type": option["type"], "name": name, "value": value}
