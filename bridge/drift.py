"""What a changed configuration means for what is known already: new names, other adapters, routes that are gone.

Names of tables are identities. A changed room needs nothing here: threads that stand stay as they are, and new ones
are made in the new room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge import answers, moderation
from bridge.config import Rename
from bridge.errors import ConfigError
from bridge.ledger import renames, routes, schemes, threads
from bridge.mirror import fill_desks
from bridge.model import Route
from bridge.ports import Tx


def follow(
    tx: Tx, configured: Sequence[Route], adapters: Mapping[str, str], renamed: Sequence[Rename], now: float
) -> list[str]:
    """Bring the ledger in line with the configuration; sentences for the operator on what follows from it.

    `adapters` is the scheme of each blog's ids. Nothing may be in flight. Raises `ConfigError`, and changes nothing,
    where `check` does.
    """
    check(renamed, configured, tx)
    remarks = [_rename(tx, one) for one in renamed]
    for blog, scheme in adapters.items():
        before = schemes.follow(tx, blog, scheme)
        if before is not None:
            answers.strand(tx, blog, now)
            moderation.strand(tx, blog, now)
            remarks.append(
                f"the blog {blog} is read by {scheme} now, no more by {before}: the comments that stand there are"
                f" taken as known, and answers that were published through {before} can only be changed on the blog"
            )
    for gone in routes.sync(tx, configured, now):
        answers.retire(tx, gone, now)
        remarks.append(f"the route {gone} is configured no more: what it has not sent is refused")
    routes.take_threads(tx, configured)
    fill_desks(tx, configured, now)
    return remarks


def check(renamed: Sequence[Rename], configured: Sequence[Route], tx: Tx) -> None:
    """Raise `ConfigError` where the configuration contradicts what is known; change nothing.

    That is where a table is known by its old name and by its new one, and where a room shall be public in which there
    stands what only moderators may see.
    """
    problems = [*_known_twice(tx, renamed), *_laid_open(tx, renamed, configured)]
    if problems:
        raise ConfigError(problems)


def _known_twice(tx: Tx, renamed: Sequence[Rename]) -> list[str]:
    return [
        f"{one.group}.{one.new}.renamed_from: the ledger knows both {one.old!r} and {one.new!r}, which cannot be put"
        " together: remove the line (the old one stays known), or choose a new name"
        for one in renamed
        if renames.knows(tx, one.group, one.old) and renames.knows(tx, one.group, one.new)
    ]


def _laid_open(tx: Tx, renamed: Sequence[Rename], configured: Sequence[Route]) -> list[str]:
    new_names = {one.old: one.new for one in renamed if one.group == "chats" and renames.knows(tx, "chats", one.old)}
    closed = {(new_names.get(chat, chat), room) for chat, room in threads.desks(tx)}
    return [
        f"routes.{route.name}.rooms: the room {place.room} of {place.chat} was a moderation room, and what only"
        " moderators may see still stands there: choose another room"
        for route in configured
        for place in route.places
        if (place.chat, place.room) in closed
    ]


def _rename(tx: Tx, one: Rename) -> str:
    if not renames.knows(tx, one.group, one.old):
        return f"{one.group}.{one.new}.renamed_from: nothing is known as {one.old} (any more), so the line may go"
    renames.rename(tx, one.group, one.old, one.new)
    return f"what was known as {one.group}.{one.old} is {one.group}.{one.new} from now on; renamed_from may go"
