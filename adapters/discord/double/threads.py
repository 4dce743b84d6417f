"""What happens to channels and threads, with the events of it."""

from __future__ import annotations

from typing import Any

from adapters.discord.double import shapes
from adapters.discord.double.things import (
    CHANNEL_NAME_CHANGE,
    HAS_THREAD,
    RECIPIENT_ADD,
    THREAD_CREATED,
    THREAD_STARTER,
    Channel,
    Message,
    User,
)  # fmt: skip
from adapters.discord.double.world import GUILDS, MEMBERS, MESSAGES, Eyes, Happening, World


def told(world: World, event: str, channel: Channel, **more: Any) -> None:
    """Tell everyone who sees it how a channel or thread stands."""
    world.tell(Happening(event, GUILDS, lambda eyes: {**shapes.channel(channel, eyes), **more}, channel))


def create(world: World, parent: Channel, name: str, owner: User, *, on: Message | None = None, **more: Any) -> Channel:
    """A new thread in a text channel, on a message or beside all; or the thread of a new forum post."""
    thread = world.new_thread(parent, name, owner, id=on.id if on is not None else None, **more)
    if on is not None:
        on.flags |= HAS_THREAD
    told(world, "THREAD_CREATE", thread, newly_created=True)
    if on is not None:
        _update_of(world, on)
        reference = {"type": 0, "channel_id": parent.id, "message_id": on.id, "guild_id": parent.guild}
        _system(world, thread, owner, THREAD_STARTER, reference=reference)
    elif parent.type == 0:
        reference = {"type": 0, "channel_id": thread.id, "guild_id": parent.guild}
        _system(world, parent, owner, THREAD_CREATED, name, reference=reference)
    return thread


def _update_of(world: World, message: Message) -> None:
    channel = world.channels[message.channel]
    world.tell(Happening("MESSAGE_UPDATE", MESSAGES, lambda eyes: shapes.event_message(world, message, eyes), channel))


def _system(world: World, channel: Channel, user: User, type: int, content: str = "", **more: Any) -> None:
    message = world.new_message(channel, user, content, type=type, **more)
    world.tell(Happening("MESSAGE_CREATE", MESSAGES, lambda eyes: shapes.event_message(world, message, eyes), channel))


def archive(world: World, thread: Channel, archived: bool = True) -> None:
    """Archive a thread, or open it again."""
    part = thread.thread
    assert part is not None
    if part.archived == archived:
        return
    part.archived, part.archive_timestamp = archived, world.time.now()
    if not archived:
        part.active_at = world.time.now()
    told(world, "THREAD_UPDATE", thread)


def wake(world: World, channel: Channel) -> None:
    """Somebody writes: an archived thread is open again, which is told before the message is."""
    if channel.thread is not None and channel.thread.archived:
        archive(world, channel, archived=False)


def archive_what_is_due(world: World) -> None:
    """Discord archives what was silent for as long as it stays open."""
    for thread in world.due_for_archive():
        archive(world, thread)


def lock(world: World, thread: Channel, locked: bool = True) -> None:
    """Lock a thread, or unlock it."""
    assert thread.thread is not None
    thread.thread.locked = locked
    told(world, "THREAD_UPDATE", thread)


def rename(world: World, channel: Channel, name: str, user: User) -> None:
    """Give a thread another name; a system message says so."""
    channel.name = name
    told(world, "THREAD_UPDATE" if channel.thread is not None else "CHANNEL_UPDATE", channel)
    if channel.thread is not None:
        _system(world, channel, user, CHANNEL_NAME_CHANGE, name)


def join(world: World, thread: Channel, user: User, *, by: User | None = None) -> bool:
    """Somebody is in the thread from now on; False where they were. A message says who was added by another."""
    part = thread.thread
    assert part is not None
    if user.id in part.members:
        return False
    part.members[user.id] = world.time.now()
    _members(world, thread, added=[user.id])
    if user.id == world.bot.id:
        told(world, "THREAD_CREATE", thread)
    if by is not None and by.id != user.id:
        _system(world, thread, by, RECIPIENT_ADD, mentions=[user.id])
    return True


def leave(world: World, thread: Channel, user: User) -> None:
    """Somebody is in the thread no more."""
    assert thread.thread is not None
    if thread.thread.members.pop(user.id, None) is not None:
        _members(world, thread, removed=[user.id])


def _members(
    world: World, thread: Channel, *, added: list[str] | None = None, removed: list[str] | None = None
) -> None:
    """THREAD_MEMBERS_UPDATE: without the members' intent one hears of oneself only."""
    assert thread.thread is not None
    count = len(thread.thread.members)
    own = world.bot.id in [*(added or ()), *(removed or ())]

    def shape(_eyes: Eyes) -> dict[str, Any]:
        event: dict[str, Any] = {"id": thread.id, "guild_id": thread.guild, "member_count": min(50, count)}
        if added:
            event["added_members"] = [shapes.thread_member(thread, id) for id in added]
        if removed:
            event["removed_member_ids"] = removed
        return event

    world.tell(Happening("THREAD_MEMBERS_UPDATE", GUILDS if own else MEMBERS, shape, thread))


def delete(world: World, channel: Channel) -> None:
    """Delete a channel with its threads, or a thread."""
    gone = list(world.threads(channel))
    event = "THREAD_DELETE" if channel.thread is not None else "CHANNEL_DELETE"
    shape = (
        {"id": channel.id, "guild_id": channel.guild, "parent_id": channel.parent, "type": channel.type}
        if channel.thread is not None else shapes.channel(channel)
    )  # fmt: skip
    parent = world.parent(channel)
    starter = world.messages[parent.id].get(channel.id) if parent is not None else None
    if starter is not None:
        starter.flags &= ~HAS_THREAD
    world.tell(Happening(event, GUILDS, lambda _eyes: dict(shape), channel))
    for one in [channel, *gone]:
        del world.channels[one.id], world.messages[one.id]
    for id in [id for id, hook in world.webhooks.items() if hook.channel == channel.id]:
        del world.webhooks[id]
