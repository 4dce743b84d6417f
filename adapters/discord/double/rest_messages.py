"""REST: messages and reactions (https://docs.discord.com/developers/resources/message)."""

from __future__ import annotations

from typing import Any

from adapters.discord.double import bodies, messages, permissions, rules, shapes
from adapters.discord.double.asked import Answer, Call, routes
from adapters.discord.double.messages import Allowed
from adapters.discord.double.problems import bad_form, problem
from adapters.discord.double.things import HAS_THREAD, SUPPRESS_EMBEDS, Channel, Message


def sayable(call: Call, channel: Channel, have: int) -> dict[str, Any]:
    """What a body says of a new message, checked; as `messages.say` takes it."""
    form = call.form()
    bodies.allowed_mentions(form)
    words, embeds, components = bodies.content(form), bodies.embeds(form), bodies.components(form)
    bodies.not_empty(words, embeds, call.files, form.get("sticker_ids"), form.get("poll"), components)
    if (embeds and not have & permissions.EMBED_LINKS) or (call.files and not have & permissions.ATTACH_FILES):
        raise problem(50013)
    return {
        "content": words, "embeds": embeds, "components": components, "flags": bodies.flags(form),
        "attachments": bodies.attachments(call.world.time, channel.id, call.files), "tts": bool(form.get("tts")),
        "allowed": Allowed.of(form.get("allowed_mentions")),
    }  # fmt: skip


@routes("POST", "/channels/{channel_id}/messages")
def post(call: Call) -> Answer:
    """Say something; with `enforce_nonce`, what was said under it a moment ago is answered instead."""
    channel, form = call.channel, call.form()
    have = rules.may_say(call.world, call.user, channel)
    said = sayable(call, channel, have)
    nonce = bodies.nonce(form)
    reply = _replied(call, channel, have)
    if nonce is not None and form.get("enforce_nonce"):
        known = call.world.nonces.known(call.world.time.now(), call.user, nonce, call.world.messages)
        if known is not None:
            return Answer(200, shapes.message(call.world, known, call.eyes))
    message = messages.say(
        call.world, channel, call.user, said.pop("content"), reply_to=reply, nonce=nonce,
        member=call.world.guild_of(channel).members.get(call.user.id), **said,
    )  # fmt: skip
    if nonce is not None:
        call.world.nonces.note(call.world.time.now(), call.user, nonce, message)
    return Answer(200, shapes.message(call.world, message, call.eyes))


def _replied(call: Call, channel: Channel, have: int) -> Message | None:
    reference = call.form().get("message_reference")
    if not reference:
        return None
    if not have & permissions.READ_MESSAGE_HISTORY:
        words = "Cannot reply without permission to read message history"
        raise bad_form("message_reference", "REPLIES_CANNOT_REFERENCE_WITHOUT_HISTORY", words)
    there = call.world.messages[channel.id].get(str(reference.get("message_id")))
    if there is None and reference.get("fail_if_not_exists", True):
        raise bad_form("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if there is not None and not messages.is_plain(there):
        words = "Cannot reply to a system message"
        raise bad_form("message_reference", "REPLIES_CANNOT_REFERENCE_SYSTEM_MESSAGE", words)
    return there


@routes("GET", "/channels/{channel_id}/messages")
def listed(call: Call) -> Answer:
    """Messages, newest first: the newest, or those before, after or around an id."""
    channel = call.channel
    have = rules.need(call.world, call.user, channel)
    if not have & permissions.READ_MESSAGE_HISTORY:
        return Answer(200, [])
    limit = call.number("limit", 50, 1, 100)
    ids = sorted((id for id, one in call.world.messages[channel.id].items() if one.seen_by is None), key=int)
    return Answer(200, messages.shown(call.world, channel, call.eyes, _page(ids, call, limit)))


def _page(ids: list[str], call: Call, limit: int) -> list[str]:
    if "after" in call.query:
        chosen = [id for id in ids if int(id) > int(call.query["after"])][:limit]
    elif "before" in call.query:
        chosen = [id for id in ids if int(id) < int(call.query["before"])][-limit:]
    elif "around" in call.query:
        middle = int(call.query["around"])
        half = limit // 2
        chosen = [id for id in ids if int(id) < middle][-half:] if half else []
        chosen += [id for id in ids if int(id) >= middle][: limit - len(chosen)]
    else:
        chosen = ids[-limit:]
    return chosen[::-1]


@routes("GET", "/channels/{channel_id}/messages/{message_id}")
def one(call: Call) -> Answer:
    """One message."""
    rules.need(call.world, call.user, call.channel, permissions.READ_MESSAGE_HISTORY)
    return Answer(200, shapes.message(call.world, call.message, call.eyes))


@routes("PATCH", "/channels/{channel_id}/messages/{message_id}")
def edit(call: Call) -> Answer:
    """Change one's own message; of another's only whether its embeds are shown."""
    channel, message, form = call.channel, call.message, call.form()
    rules.need(call.world, call.user, channel)
    rules.open_thread(channel)
    if message.author.id != call.user.id:
        if set(form) - {"flags"}:
            raise problem(50005)
        rules.need(call.world, call.user, channel, permissions.MANAGE_MESSAGES)
    rules.unlocked(channel, call.world.permissions(call.user, channel))
    call.world.edits.one_more(call.world.time.now(), channel, message)
    changed(call, message, form)
    return Answer(200, shapes.message(call.world, message, call.eyes))


def changed(call: Call, message: Message, form: dict[str, Any]) -> None:
    """Do what the body of an edit says."""
    changes: dict[str, Any] = {}
    bodies.allowed_mentions(form)
    if "content" in form:
        changes["content"] = bodies.content(form)
    if "embeds" in form:
        changes["embeds"] = bodies.embeds(form)
    if "components" in form:
        changes["components"] = bodies.components(form)
    if "attachments" in form:
        kept = {str(each.get("id")) for each in form["attachments"] or ()}
        changes["attachments"] = [each for each in message.attachments if each["id"] in kept]
    if "flags" in form:
        changes["flags"] = message.flags & HAS_THREAD | int(form["flags"] or 0) & (SUPPRESS_EMBEDS | 1 << 15)
    after = {"content": message.content, "embeds": message.embeds, "attachments": message.attachments} | changes
    bodies.not_empty(after["content"], after["embeds"], after["attachments"], changes.get("components"))
    given = form.get("allowed_mentions")
    messages.edit(call.world, message, allowed=None if given is None else Allowed.of(given), **changes)


@routes("DELETE", "/channels/{channel_id}/messages/{message_id}")
def delete(call: Call) -> Answer:
    """Delete a message: one's own, or anybody's with the right to; in an archived thread too."""
    channel, message = call.channel, call.message
    rules.may_delete(call.world, call.user, channel, message)
    if message.type == 21:
        raise problem(50021)
    messages.delete(call.world, message)
    return Answer()


@routes("PUT", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me")
def react(call: Call) -> Answer:
    """Put a reaction there."""
    emoji = call.ids["emoji_name"]
    rules.may_react(call.world, call.user, call.channel, call.message, emoji)
    messages.react(call.world, call.message, call.user, emoji)
    return Answer()


@routes("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me")
def unreact(call: Call) -> Answer:
    """Take one's own reaction away; one that is not there is no error."""
    rules.need(call.world, call.user, call.channel)
    rules.open_thread(call.channel)
    rules.known_emoji(call.ids["emoji_name"])
    messages.unreact(call.world, call.message, call.user.id, call.ids["emoji_name"])
    return Answer()


@routes("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/{user_id}")
def unreact_other(call: Call) -> Answer:
    """Take somebody's reaction away."""
    rules.need(call.world, call.user, call.channel, permissions.MANAGE_MESSAGES)
    rules.open_thread(call.channel)
    messages.unreact(call.world, call.message, call.ids["user_id"], call.ids["emoji_name"])
    return Answer()


@routes("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions")
def clear(call: Call) -> Answer:
    """Take all reactions away."""
    rules.need(call.world, call.user, call.channel, permissions.MANAGE_MESSAGES)
    rules.open_thread(call.channel)
    messages.clear(call.world, call.message)
    return Answer()


@routes("DELETE", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}")
def clear_emoji(call: Call) -> Answer:
    """Take all reactions with one emoji away."""
    rules.need(call.world, call.user, call.channel, permissions.MANAGE_MESSAGES)
    rules.open_thread(call.channel)
    messages.clear(call.world, call.message, call.ids["emoji_name"])
    return Answer()


@routes("GET", "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}")
def reactors(call: Call) -> Answer:
    """Who reacted with an emoji, by id."""
    rules.need(call.world, call.user, call.channel, permissions.READ_MESSAGE_HISTORY)
    rules.known_emoji(call.ids["emoji_name"])
    who = call.message.reactions.get(call.ids["emoji_name"], {})
    after, limit = int(call.query.get("after", "0")), call.number("limit", 25, 1, 100)
    chosen = sorted((id for id in who if int(id) > after), key=int)[:limit]
    return Answer(200, [shapes.user(call.world.users[id]) for id in chosen])


@routes("PUT", "/channels/{channel_id}/messages/pins/{message_id}")
def pin(call: Call) -> Answer:
    """Pin a message."""
    rules.need(call.world, call.user, call.channel, permissions.PIN_MESSAGES)
    rules.open_thread(call.channel)
    messages.pin(call.world, call.message, call.user)
    return Answer()


@routes("POST", "/channels/{channel_id}/typing")
def typing(call: Call) -> Answer:
    """Show that one is writing."""
    rules.need(call.world, call.user, call.channel)
    return Answer()
