"""REST: threads and channels (https://docs.discord.com/developers/topics/threads)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adapters.discord.double import messages, permissions, rules, shapes, threads
from adapters.discord.double.asked import Answer, Call, routes
from adapters.discord.double.problems import Problem, bad_form, length, problem
from adapters.discord.double.rest_messages import sayable
from adapters.discord.double.things import (
    ANNOUNCEMENT_THREAD,
    ANNOUNCEMENTS,
    FORUM,
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    REQUIRE_TAG,
    TEXT,
    THREADS,
    Channel,
    User,
)  # fmt: skip
from adapters.discord.double.world import World

_DURATIONS = (60, 1440, 4320, 10080)


def _named(form: dict[str, Any]) -> str:
    name = form.get("name")
    if not isinstance(name, str):
        raise bad_form("name", "BASE_TYPE_REQUIRED", "This field is required")
    length("name", name.strip(), 1, 100)
    return name.strip()


def _duration(form: dict[str, Any]) -> dict[str, Any]:
    given = form.get("auto_archive_duration")
    if given is None:
        return {}
    if given not in _DURATIONS:
        words = f"Value must be one of {_DURATIONS}."
        raise bad_form("auto_archive_duration", "BASE_TYPE_CHOICES", words)
    return {"auto_archive": given}


@routes("POST", "/channels/{channel_id}/messages/{message_id}/threads")
def on_message(call: Call) -> Answer:
    """A thread on a message: its id is the message's, and there is one at most."""
    channel, message, form = call.channel, call.message, call.form()
    have = rules.need(call.world, call.user, channel, permissions.CREATE_PUBLIC_THREADS)
    if not have & permissions.READ_MESSAGE_HISTORY:
        raise problem(50001)
    if channel.type not in {TEXT, 5}:
        raise problem(50024)
    name, part = _named(form), _duration(form)
    if message.id in call.world.channels:
        raise problem(160004)
    if not messages.is_plain(message):
        raise problem(50021)
    rules.room_for_one_more(call.world, channel, new=True)
    thread = threads.create(
        call.world,
        channel,
        name,
        call.user,
        on=message,
        part=part,
        slow=int(form.get("rate_limit_per_user") or 0),
        type=ANNOUNCEMENT_THREAD if channel.type == ANNOUNCEMENTS else PUBLIC_THREAD,
    )
    return Answer(201, shapes.channel(thread, call.eyes))


@routes("POST", "/channels/{channel_id}/threads")
def without_message(call: Call) -> Answer:
    """A thread beside the messages of a text channel, or a post of a forum: its starter and it have one id."""
    channel, form = call.channel, call.form()
    if channel.type == FORUM:
        return _forum_post(call, channel, form)
    if channel.type not in {TEXT, 5}:
        raise problem(50024)
    kind = int(form.get("type") or PRIVATE_THREAD)
    bit = permissions.CREATE_PRIVATE_THREADS if kind == PRIVATE_THREAD else permissions.CREATE_PUBLIC_THREADS
    rules.need(call.world, call.user, channel, bit)
    name, part = _named(form), _duration(form)
    rules.room_for_one_more(call.world, channel, new=True)
    thread = threads.create(call.world, channel, name, call.user, type=kind, part=part)
    return Answer(201, shapes.channel(thread, call.eyes))


def _forum_post(call: Call, channel: Channel, form: dict[str, Any]) -> Answer:
    have = rules.need(call.world, call.user, channel, permissions.SEND_MESSAGES)
    name, part = _named(form), _duration(form)
    if not isinstance(form.get("message"), dict):
        raise bad_form("message", "BASE_TYPE_REQUIRED", "This field is required")
    part["applied_tags"] = _tags(channel, form.get("applied_tags") or [], have)
    inner = Call(call.world, call.user, call.ids, call.query, form["message"], call.files)
    said = sayable(inner, channel, have)
    rules.room_for_one_more(call.world, channel, new=True)
    thread, starter = post_in_forum(call.world, channel, call.user, name, said, part)
    shape = shapes.channel(thread, call.eyes)
    return Answer(201, {**shape, "message": shapes.message(call.world, starter, call.eyes)})


def post_in_forum(
    world: World, channel: Channel, author: User, name: str, said: dict[str, Any], part: dict[str, Any]
) -> tuple[Channel, Any]:
    """A post of a forum with its starter, whose id is the thread's."""
    thread = threads.create(world, channel, name, author, part=part)
    channel.last_message = thread.id
    starter = messages.say(world, thread, author, id=thread.id, **said)
    return thread, starter


def _tags(channel: Channel, given: list[str], have: int) -> list[str]:
    tags = [str(id) for id in given]
    if len(tags) > 5:
        raise bad_form("applied_tags", "BASE_TYPE_BAD_LENGTH", "Must be 5 or fewer in length.")
    known = {tag.id: tag for tag in channel.tags}
    for id in tags:
        if id not in known:
            raise problem(40066)
        if known[id].moderated and not have & permissions.MANAGE_THREADS:
            raise problem(50013)
    if channel.flags & REQUIRE_TAG and not tags:
        raise problem(40067)
    return tags


@routes("GET", "/channels/{channel_id}")
def one(call: Call) -> Answer:
    """A channel or a thread."""
    rules.need(call.world, call.user, call.channel)
    return Answer(200, shapes.channel(call.channel, call.eyes))


@routes("PATCH", "/channels/{channel_id}")
def change(call: Call) -> Answer:
    """Change a thread (archived, locked, name, …), or a channel's name and slow mode."""
    channel, form = call.channel, call.form()
    have = rules.need(call.world, call.user, channel)
    if channel.thread is None:
        rules.need(call.world, call.user, channel, permissions.MANAGE_CHANNELS)
    else:
        _may_change(call, channel, form, have)
    if "name" in form and _named(form) != channel.name:
        _not_renamed_too_often(call, channel)
        threads.rename(call.world, channel, _named(form), call.user)
    if channel.thread is not None:
        _change_thread(call, channel, form)
    elif "rate_limit_per_user" in form:
        channel.slow = int(form["rate_limit_per_user"])
        threads.told(call.world, "CHANNEL_UPDATE", channel)
    return Answer(200, shapes.channel(channel, call.eyes))


def _may_change(call: Call, thread: Channel, form: dict[str, Any], have: int) -> None:
    """Archived threads can only be opened; their makers may do that and rename them, where they are not locked."""
    part = thread.thread
    assert part is not None
    moderates = bool(have & permissions.MANAGE_THREADS)
    opened = form.get("archived") is False
    if part.archived and not opened:
        raise problem(50083)
    if part.locked and not moderates:
        raise problem(160005)
    if opened and set(form) == {"archived"} and have & permissions.SEND_MESSAGES_IN_THREADS:
        return rules.room_for_one_more(call.world, thread)
    if {"locked", "rate_limit_per_user", "flags"} & set(form) or part.owner != call.user.id:
        rules.need(call.world, call.user, thread, permissions.MANAGE_THREADS)
    if opened:
        rules.room_for_one_more(call.world, thread)
    return None


def _change_thread(call: Call, thread: Channel, form: dict[str, Any]) -> None:
    part = thread.thread
    assert part is not None
    part.auto_archive = _duration(form).get("auto_archive", part.auto_archive)
    if "applied_tags" in form:
        parent = call.world.parent(thread)
        assert parent is not None
        part.applied_tags = _tags(parent, form["applied_tags"], call.world.permissions(call.user, thread))
    if "rate_limit_per_user" in form:
        thread.slow = int(form["rate_limit_per_user"] or 0)
    if "archived" in form and form["archived"] is False:
        threads.archive(call.world, thread, archived=False)
    if "locked" in form and part.locked != bool(form["locked"]):
        threads.lock(call.world, thread, bool(form["locked"]))
    if form.get("archived"):
        threads.archive(call.world, thread)
    if not {"archived", "locked", "name"} & set(form):
        threads.told(call.world, "THREAD_UPDATE", thread)


def _not_renamed_too_often(call: Call, channel: Channel) -> None:
    wait = call.world.renames.wait(call.world.time.now(), channel)
    if wait:
        raise SlowDown(wait)


class SlowDown(Problem):
    """A limit that no header told of: 429, with the seconds to wait."""

    def __init__(self, after: float) -> None:
        super().__init__(429, 0, "You are being rate limited.")
        self.after = after


@routes("DELETE", "/channels/{channel_id}")
def delete(call: Call) -> Answer:
    """Delete a channel or a thread."""
    channel = call.channel
    bit = permissions.MANAGE_CHANNELS if channel.thread is None else permissions.MANAGE_THREADS
    rules.need(call.world, call.user, channel, bit)
    shape = shapes.channel(channel, call.eyes)
    threads.delete(call.world, channel)
    return Answer(200, shape)


@routes("GET", "/guilds/{guild_id}/threads/active")
def active(call: Call) -> Answer:
    """All threads of the guild that are not archived and that one sees, newest first."""
    guild = call.world.guilds.get(call.ids["guild_id"])
    if guild is None or call.user.id not in guild.members:
        raise problem(10004 if guild is None else 50001)
    found = [one for one in call.world.active(guild) if _sees(call, one)]
    return Answer(200, {**_threads(call, sorted(found, key=lambda one: -int(one.id))), "has_more": False})


def _sees(call: Call, channel: Channel) -> bool:
    return bool(call.world.permissions(call.user, channel) & permissions.VIEW_CHANNEL)


def _threads(call: Call, found: list[Channel]) -> dict[str, Any]:
    return {
        "threads": [shapes.channel(one, call.eyes) for one in found],
        "members": [
            shapes.thread_member(one, call.user.id)
            for one in found
            if one.thread is not None and call.user.id in one.thread.members
        ],
    }


@routes("GET", "/channels/{channel_id}/threads/archived/public")
def archived(call: Call) -> Answer:
    """Archived public threads, the one that was archived last first; `before` is an instant."""
    rules.need(call.world, call.user, call.channel, permissions.READ_MESSAGE_HISTORY)
    if call.channel.thread is not None:
        raise problem(50024)
    limit = call.number("limit", 50, 2, 100)
    before = call.query.get("before")
    until = datetime.fromisoformat(before).timestamp() if before else None
    found = [
        one for one in call.world.threads(call.channel)
        if one.thread is not None and one.thread.archived and one.type != PRIVATE_THREAD
        and (until is None or one.thread.archive_timestamp < until)
    ]  # fmt: skip
    found.sort(key=lambda one: (one.thread.archive_timestamp if one.thread else 0.0, int(one.id)), reverse=True)
    shape = _threads(call, found[:limit])
    return Answer(200, {**shape, "has_more": len(found) > limit})


@routes("PUT", "/channels/{channel_id}/thread-members/@me")
def join(call: Call) -> Answer:
    """Be in a thread."""
    rules.need(call.world, call.user, _thread(call))
    rules.open_thread(call.channel)
    threads.join(call.world, call.channel, call.user)
    return Answer()


@routes("DELETE", "/channels/{channel_id}/thread-members/@me")
def leave(call: Call) -> Answer:
    """Be in a thread no more."""
    rules.open_thread(_thread(call))
    threads.leave(call.world, call.channel, call.user)
    return Answer()


@routes("PUT", "/channels/{channel_id}/thread-members/{user_id}")
def add(call: Call) -> Answer:
    """Add somebody to a thread: whoever may write in it may; those who do not see the channel cannot be added."""
    thread = _thread(call)
    rules.need(call.world, call.user, thread, permissions.SEND_MESSAGES_IN_THREADS)
    rules.open_thread(thread)
    user = call.world.users.get(call.ids["user_id"])
    if user is None:
        raise problem(10013)
    if not call.world.permissions(user, thread) & permissions.VIEW_CHANNEL:
        raise problem(50001)
    threads.join(call.world, thread, user, by=call.user)
    return Answer()


@routes("DELETE", "/channels/{channel_id}/thread-members/{user_id}")
def remove(call: Call) -> Answer:
    """Remove somebody from a thread."""
    rules.need(call.world, call.user, _thread(call), permissions.MANAGE_THREADS)
    rules.open_thread(call.channel)
    threads.leave(call.world, call.channel, call.world.users[call.ids["user_id"]])
    return Answer()


@routes("GET", "/channels/{channel_id}/thread-members")
def members(call: Call) -> Answer:
    """Who is in a thread."""
    thread = _thread(call)
    rules.need(call.world, call.user, thread)
    assert thread.thread is not None
    return Answer(200, [shapes.thread_member(thread, id) for id in thread.thread.members])


@routes("GET", "/channels/{channel_id}/thread-members/{user_id}")
def membership(call: Call) -> Answer:
    """Whether somebody is in a thread."""
    thread = _thread(call)
    rules.need(call.world, call.user, thread)
    assert thread.thread is not None
    id = call.user.id if call.ids["user_id"] == "@me" else call.ids["user_id"]
    if id not in thread.thread.members:
        raise problem(10007)
    return Answer(200, shapes.thread_member(thread, id))


def _thread(call: Call) -> Channel:
    channel = call.channel
    if channel.type not in THREADS:
        raise problem(50024)
    return channel
