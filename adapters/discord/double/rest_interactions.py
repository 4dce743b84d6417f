"""REST: answers to interactions, and the application's commands."""

from __future__ import annotations

import re
from typing import Any

from adapters.discord.double import messages, permissions, pressing, shapes
from adapters.discord.double.asked import Answer, Call, routes
from adapters.discord.double.interactions import (
    COMMAND,
    COMPONENT,
    DEFERRED_MESSAGE,
    DEFERRED_UPDATE,
    MESSAGE,
    MODAL,
    MODAL_SUBMIT,
    UPDATE,
    Interaction,
)  # fmt: skip
from adapters.discord.double.problems import bad_form, length, problem
from adapters.discord.double.rest_messages import changed, sayable
from adapters.discord.double.things import COMMAND as COMMAND_MESSAGE
from adapters.discord.double.things import CONTEXT_MENU as MENU_MESSAGE
from adapters.discord.double.things import EPHEMERAL, LOADING, REPLY, Message

_KINDS = (1, MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, 8, MODAL, 12)


@routes("POST", "/interactions/{interaction_id}/{interaction_token}/callback", anonymous=True)
def callback(call: Call) -> Answer:
    """The first answer."""
    one = call.world.interactions.to_answer(
        call.ids["interaction_id"], call.ids["interaction_token"], call.world.time.now()
    )
    kind = call.form().get("type")
    if kind not in _KINDS:
        raise bad_form("type", "BASE_TYPE_CHOICES", f"Value must be one of {_KINDS}.")
    said = _first(call, one, kind, call.form().get("data") or {})
    one.answer = kind
    one.turn()
    if call.query.get("with_response") not in {"true", "1", "True"}:
        return Answer()
    return Answer(200, _callback_response(call, one, kind, said))


def _callback_response(call: Call, one: Interaction, kind: int, said: Message | None) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": one.id,
        "type": one.type,
        "channel_id": one.channel.id,
        "guild_id": one.channel.guild,
    }
    if said is None:
        return {"interaction": shape}
    shape |= {
        "response_message_id": said.id, "response_message_loading": one.loading,
        "response_message_ephemeral": said.seen_by is not None,
    }  # fmt: skip
    if kind not in {MESSAGE, UPDATE}:
        return {"interaction": shape}
    return {"interaction": shape, "resource": {"type": kind, "message": shapes.message(call.world, said, call.eyes)}}


def _first(call: Call, one: Interaction, kind: int, data: dict[str, Any]) -> Message | None:
    inner = Call(call.world, call.user, call.ids, call.query, data, call.files)
    if kind == MESSAGE:
        return _say(inner, one, original=True)
    if kind == DEFERRED_MESSAGE:
        one.loading = True
        return _say(Call(call.world, call.user, call.ids, {}, {"flags": data.get("flags")}), one, original=True)
    if kind == UPDATE:
        if one.message is None:
            raise bad_form("type", "INTERACTION_APPLICATION_COMMAND_INVALID", "There is no message to update.")
        changed(inner, one.message, data)
        one.original = one.message
        return one.message
    if kind == DEFERRED_UPDATE:
        one.original = one.message
        return one.message
    if kind == MODAL:
        if one.type == MODAL_SUBMIT:
            raise bad_form("type", "BASE_TYPE_CHOICES", "A modal cannot answer a modal.")
        one.modal = _modal(data)
    return None


def _say(inner: Call, one: Interaction, *, original: bool = False) -> Message:
    """Say something to the person, or, where it is not ephemeral, to all."""
    world, form = inner.world, inner.form()
    thinking = original and one.loading
    said: dict[str, Any] = {"content": ""} if thinking else sayable(inner, one.channel, permissions.ALL)
    flags = int(form.get("flags") or 0)
    more: dict[str, Any] = {"type": {COMMAND: COMMAND_MESSAGE}.get(one.type, 0)}
    if one.target is not None:
        more["type"] = MENU_MESSAGE
    source = one.message if one.type == COMPONENT else None
    if source is not None and source.id in world.messages[one.channel.id]:
        more |= {"type": REPLY, "reference": messages.refer(one.channel, source)}
    said["flags"] = said.get("flags", 0) & ~EPHEMERAL | (LOADING if thinking else 0)
    message = messages.say(
        world, one.channel, inner.user, said.pop("content"), application=world.application.id,
        webhook=world.application.id, interaction=pressing.metadata(one),
        seen_by=one.user.id if flags & EPHEMERAL else None, **said, **more,
    )  # fmt: skip
    one.said.append(message)
    if original:
        one.original = message
    one.turn()
    return message


def follow(call: Call, token: str) -> Answer:
    """A message after the first answer; the first one after a deferred answer takes its place."""
    one = call.world.interactions.to_follow(token, call.world.time.now())
    if one.loading and one.original is not None:
        _fill(call, one)
        return Answer(200, shapes.message(call.world, one.original, call.eyes))
    return Answer(200, shapes.message(call.world, _say(call, one), call.eyes))


def _fill(call: Call, one: Interaction) -> None:
    """Put the words where the bot was thinking."""
    assert one.original is not None
    one.loading = False
    one.original.flags &= ~LOADING
    changed(call, one.original, call.form())
    one.turn()


def _of_interaction(call: Call) -> tuple[Interaction, Message]:
    one = call.world.interactions.to_follow(call.ids["webhook_token"], call.world.time.now())
    id = call.ids["message_id"]
    found = one.original if id == "@original" else next((each for each in one.said if each.id == id), None)
    if found is None or found.id not in call.world.messages.get(one.channel.id, {}):
        raise problem(10008)
    return one, found


def edit(call: Call) -> Answer:
    """Change what was answered."""
    one, message = _of_interaction(call)
    if one.loading and message is one.original:
        _fill(call, one)
    else:
        changed(call, message, call.form())
        one.turn()
    return Answer(200, shapes.message(call.world, message, call.eyes))


def get(call: Call) -> Answer:
    """What was answered."""
    return Answer(200, shapes.message(call.world, _of_interaction(call)[1], call.eyes))


def delete(call: Call) -> Answer:
    """Take back what was answered."""
    one, message = _of_interaction(call)
    messages.delete(call.world, message)
    if message in one.said:
        one.said.remove(message)
    one.turn()
    return Answer()


# forms ----------------------------------------------------------------------------------------------------------------


def _modal(data: dict[str, Any]) -> dict[str, Any]:
    """A form, checked: a title, an id, one to five fields."""
    for name, longest in (("title", 45), ("custom_id", 100)):
        if not isinstance(data.get(name), str):
            raise bad_form(f"data.{name}", "BASE_TYPE_REQUIRED", "This field is required")
        length(f"data.{name}", data[name], 1, longest)
    rows = data.get("components") or []
    if not 1 <= len(rows) <= 5:
        raise bad_form("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for n, row in enumerate(rows):
        for field in inputs(row):
            _input(f"data.components.{n}", row, field)
    return data


def inputs(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The text inputs of a row or of a label."""
    inside = [row["component"]] if "component" in row else row.get("components", [])
    return [one for one in inside if one.get("type") == 4]


def _input(path: str, row: dict[str, Any], field: dict[str, Any]) -> None:
    length(f"{path}.custom_id", field.get("custom_id") or "", 1, 100)
    length(f"{path}.label", row.get("label") or field.get("label") or "", 1, 45)
    length(f"{path}.placeholder", field.get("placeholder") or "", 0, 100)
    length(f"{path}.value", field.get("value") or "", 0, 4000)
    if field.get("style") not in {1, 2}:
        raise bad_form(f"{path}.style", "BASE_TYPE_CHOICES", "Value must be one of {1, 2}.")
    for name, lowest in (("min_length", 0), ("max_length", 1)):
        if field.get(name) is not None and not lowest <= field[name] <= 4000:
            words = f"int value should be between {lowest} and 4000."
            raise bad_form(f"{path}.{name}", "NUMBER_TYPE_RANGE", words)


# commands -------------------------------------------------------------------------------------------------------------

_NAME = re.compile(r"^[-_'\w]{1,32}$")


def _command(call: Call, given: dict[str, Any], guild: str) -> dict[str, Any]:
    kind, name = int(given.get("type") or 1), given.get("name")
    if not isinstance(name, str):
        raise bad_form("name", "BASE_TYPE_REQUIRED", "This field is required")
    length("name", name, 1, 32)
    if kind == 1 and (not _NAME.match(name) or name != name.lower()):
        raise bad_form("name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    length("description", given.get("description") or "", 1 if kind == 1 else 0, 100)
    _options("options", given.get("options") or [])
    known = call.world.interactions.named(guild, name, kind)
    shape = {
        "id": known["id"] if known is not None else call.world.time.id(),
        "application_id": call.world.application.id, "version": call.world.time.id(), "type": kind, "name": name,
        "name_localizations": None, "description": given.get("description") or "", "description_localizations": None,
        "default_member_permissions": given.get("default_member_permissions"), "dm_permission": True, "nsfw": False,
        "contexts": given.get("contexts"), "integration_types": given.get("integration_types") or [0],
    }  # fmt: skip
    if given.get("options"):
        shape["options"] = given["options"]
    return {**shape, "guild_id": guild} if guild else shape


def _options(path: str, given: list[dict[str, Any]]) -> None:
    if len(given) > 25:
        raise bad_form(path, "BASE_TYPE_BAD_LENGTH", "Must be 25 or fewer in length.")
    for n, one in enumerate(given):
        if not _NAME.match(str(one.get("name", ""))):
            raise bad_form(f"{path}.{n}.name", "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
        length(f"{path}.{n}.description", one.get("description") or "", 1, 100)
        _options(f"{path}.{n}.options", one.get("options") or [])


def _mine(call: Call) -> str:
    if call.ids["application_id"] != call.world.application.id:
        raise problem(10002)
    guild = call.ids.get("guild_id", "")
    if guild and guild not in call.world.guilds:
        raise problem(50001)
    return guild


@routes("GET", "/applications/{application_id}/commands")
@routes("GET", "/applications/{application_id}/guilds/{guild_id}/commands")
def commands(call: Call) -> Answer:
    """All commands, of everywhere or of a guild."""
    return Answer(200, list(call.world.interactions.commands.get(_mine(call), {}).values()))


@routes("PUT", "/applications/{application_id}/commands")
@routes("PUT", "/applications/{application_id}/guilds/{guild_id}/commands")
def replace_commands(call: Call) -> Answer:
    """These commands and no others."""
    guild = _mine(call)
    given = call.body if isinstance(call.body, list) else []
    for kind, most in ((1, 100), (2, 15), (3, 15)):
        if sum(int(one.get("type") or 1) == kind for one in given) > most:
            raise bad_form("_", "BASE_TYPE_BAD_LENGTH", f"Must be {most} or fewer in length.")
    made = [_command(call, one, guild) for one in given]
    call.world.interactions.commands[guild] = {one["id"]: one for one in made}
    return Answer(200, made)


@routes("POST", "/applications/{application_id}/commands")
@routes("POST", "/applications/{application_id}/guilds/{guild_id}/commands")
def add_command(call: Call) -> Answer:
    """One more command, or another instead of the one of that name."""
    guild = _mine(call)
    known = call.world.interactions.commands.setdefault(guild, {})
    made = _command(call, call.form(), guild)
    new = made["id"] not in known
    known[made["id"]] = made
    return Answer(201 if new else 200, made)


@routes("DELETE", "/applications/{application_id}/commands/{command_id}")
@routes("DELETE", "/applications/{application_id}/guilds/{guild_id}/commands/{command_id}")
def delete_command(call: Call) -> Answer:
    """A command less."""
    known = call.world.interactions.commands.get(_mine(call), {})
    if known.pop(call.ids["command_id"], None) is None:
        raise problem(10063)
    return Answer()
