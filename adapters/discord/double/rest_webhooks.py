"""REST: webhooks (https://docs.discord.com/developers/resources/webhook), and what follows interactions."""

from __future__ import annotations

import secrets
from typing import Any

from adapters.discord.double import messages, permissions, rest_interactions, rules, shapes
from adapters.discord.double.asked import Answer, Call, routes
from adapters.discord.double.problems import bad_form, length, problem
from adapters.discord.double.rest_messages import changed, sayable
from adapters.discord.double.rest_threads import post_in_forum
from adapters.discord.double.things import FORUM, Channel, Message, User, Webhook

_IN_NAMES = ("discord", "clyde")
_WHOLE_NAMES = ("everyone", "here")
_EXECUTE = "/webhooks/{webhook_id}/{webhook_token}"
_MESSAGE = _EXECUTE + "/messages/{message_id}"


def _name(path: str, given: object) -> str:
    """A webhook's name, and any name under which it speaks."""
    if not isinstance(given, str):
        raise bad_form(path, "BASE_TYPE_REQUIRED", "This field is required")
    name = given.strip()
    length(path, name, 1, 80)
    for word in _IN_NAMES:
        if word in name.lower():
            raise bad_form(path, "USERNAME_INVALID_CONTAINS", f'Username cannot contain "{word}"')
    if name.lower() in _WHOLE_NAMES:
        raise bad_form(path, "USERNAME_INVALID_EQUALS", f'Username cannot be "{name}"')
    return name


@routes("POST", "/channels/{channel_id}/webhooks")
def create(call: Call) -> Answer:
    """A new webhook: 15 in a channel, 1,000 in a guild."""
    channel = call.channel
    if channel.thread is not None:
        raise problem(50024)
    rules.need(call.world, call.user, channel, permissions.MANAGE_WEBHOOKS)
    name = _name("name", call.form().get("name"))
    if sum(one.channel == channel.id for one in call.world.webhooks.values()) >= 15:
        raise problem(30007)
    if sum(one.guild == channel.guild for one in call.world.webhooks.values()) >= 1000:
        raise problem(30058)
    hook = Webhook(
        call.world.time.id(), secrets.token_urlsafe(50), channel.guild, channel.id, name, call.user.id,
        call.world.application.id,
    )  # fmt: skip
    call.world.webhooks[hook.id] = hook
    return Answer(200, shapes.webhook(call.world, hook))


def _shape(call: Call, hook: Webhook) -> dict[str, Any]:
    """As the bot sees it: the tokens of other applications' webhooks are not shown."""
    return shapes.webhook(call.world, hook, secret=hook.application in {None, call.world.application.id})


@routes("GET", "/channels/{channel_id}/webhooks")
def of_channel(call: Call) -> Answer:
    """The webhooks of a channel."""
    rules.need(call.world, call.user, call.channel, permissions.MANAGE_WEBHOOKS)
    return Answer(200, [_shape(call, one) for one in call.world.webhooks.values() if one.channel == call.channel.id])


def _hook(call: Call) -> Webhook:
    found = call.world.webhooks.get(call.ids["webhook_id"])
    if found is None:
        raise problem(10015)
    if "webhook_token" in call.ids and call.ids["webhook_token"] != found.token:
        raise problem(50027)
    return found


@routes("GET", "/webhooks/{webhook_id}")
def one(call: Call) -> Answer:
    """A webhook, by a bot."""
    hook = _hook(call)
    rules.need(call.world, call.user, call.world.channel(hook.channel), permissions.MANAGE_WEBHOOKS)
    return Answer(200, _shape(call, hook))


@routes("GET", _EXECUTE, anonymous=True)
def one_by_token(call: Call) -> Answer:
    """A webhook, by whoever has its token."""
    shape = shapes.webhook(call.world, _hook(call))
    return Answer(200, {key: value for key, value in shape.items() if key != "user"})


@routes("DELETE", "/webhooks/{webhook_id}")
def delete(call: Call) -> Answer:
    """A webhook less, by a bot."""
    hook = _hook(call)
    rules.need(call.world, call.user, call.world.channel(hook.channel), permissions.MANAGE_WEBHOOKS)
    del call.world.webhooks[hook.id]
    return Answer()


@routes("DELETE", _EXECUTE, anonymous=True)
def delete_by_token(call: Call) -> Answer:
    """A webhook less, by whoever has its token."""
    del call.world.webhooks[_hook(call).id]
    return Answer()


@routes("POST", _EXECUTE, anonymous=True)
def execute(call: Call) -> Answer:
    """Say something under any name; nothing comes back without `wait`. Under an application's id: follow up."""
    if call.ids["webhook_id"] == call.world.application.id:
        return rest_interactions.follow(call, call.ids["webhook_token"])
    hook = _hook(call)
    form = call.form()
    channel, name = _where(call, hook, form), form.get("username")
    author = User(hook.id, hook.name if name is None else _name("username", name), True, form.get("avatar_url"))
    said = sayable(call, channel or call.world.channel(hook.channel), permissions.ALL)
    if said["components"] and hook.application != call.world.application.id:
        said["components"] = []  # only an application's own webhooks may send components
    message = _said(call, hook, channel, author, said)
    if call.query.get("wait") not in {"true", "True", "1"}:
        return Answer()
    return Answer(200, shapes.message(call.world, message, call.eyes))


def _said(call: Call, hook: Webhook, channel: Channel | None, author: User, said: dict[str, Any]) -> Message:
    more: dict[str, Any] = {"webhook": hook.id, "application": hook.application}
    if channel is None:
        parent, name = call.world.channel(hook.channel), call.form()["thread_name"]
        length("thread_name", name, 1, 100)
        starter: Message = post_in_forum(call.world, parent, author, name, {**said, **more}, {})[1]
        return starter
    return messages.say(call.world, channel, author, said.pop("content"), **more, **said)


def _where(call: Call, hook: Webhook, form: dict[str, Any]) -> Channel | None:
    """The channel or thread it speaks in; None for a new post of a forum."""
    parent = call.world.channel(hook.channel)
    thread_id, name = call.query.get("thread_id"), form.get("thread_name")
    if parent.type == FORUM:
        if thread_id is None and name is None:
            raise problem(220001)
        if thread_id is not None and name is not None:
            raise problem(220002)
    elif name is not None:
        raise problem(220003)
    if name is not None:
        rules.room_for_one_more(call.world, parent, new=True)
        return None
    if thread_id is None:
        return parent
    thread = call.world.channels.get(thread_id)
    if thread is None or thread.parent != parent.id:
        raise problem(10003)
    if thread.thread is not None and thread.thread.locked:
        raise problem(160005)
    rules.room_for_one_more(call.world, thread)
    return thread


def _message(call: Call) -> Message:
    hook = _hook(call)
    channel = call.world.channel(call.query.get("thread_id") or hook.channel)
    found = call.world.messages[channel.id].get(call.ids["message_id"])
    if found is None or found.webhook != hook.id or hook.channel not in {channel.id, channel.parent}:
        raise problem(10008)
    return found


@routes("GET", _MESSAGE, anonymous=True)
def get_message(call: Call) -> Answer:
    """A message of a webhook, or what answered an interaction."""
    if call.ids["webhook_id"] == call.world.application.id:
        return rest_interactions.get(call)
    return Answer(200, shapes.message(call.world, _message(call), call.eyes))


@routes("PATCH", _MESSAGE, anonymous=True)
def edit_message(call: Call) -> Answer:
    """Change a message of a webhook, or what answered an interaction."""
    if call.ids["webhook_id"] == call.world.application.id:
        return rest_interactions.edit(call)
    message = _message(call)
    channel = call.world.channel(message.channel)
    rules.open_thread(channel)
    call.world.edits.one_more(call.world.time.now(), channel, message)
    changed(call, message, call.form())
    return Answer(200, shapes.message(call.world, message, call.eyes))


@routes("DELETE", _MESSAGE, anonymous=True)
def delete_message(call: Call) -> Answer:
    """Take back a message of a webhook, or what answered an interaction."""
    if call.ids["webhook_id"] == call.world.application.id:
        return rest_interactions.delete(call)
    messages.delete(call.world, _message(call))
    return Answer()
