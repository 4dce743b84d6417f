"""What operators are told in a chat: how everything stands, and what becomes of what they ask for. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.chats.lines import Line, Look, Piece, Since, Theirs, There, Typed, line, many, theirs
from bridge.overview import BlogOverview, ChatOverview, Overview, ParkedOverview, Unanswered
from bridge.text.tree import cleaned

SHOWN = 8
"""Lanes and parked things that `status` shows; the command line shows all of them."""


def status(seen: Overview) -> list[Line]:
    """How everything stands, what needs a person first."""
    return [*_needed(seen), *map(_blog, seen.blogs), *map(_chat, seen.chats), _counts(seen), *_waiting(seen)]


def parked(seen: Overview) -> list[Line]:
    """What needs a person, all of it."""
    return [*map(_parked, seen.parked), *_at_the_command_line(seen)] or [line("Nothing needs you.")]


def unanswered(waiting: Sequence[Unanswered]) -> list[Line]:
    """The comments that wait for an author, the oldest first."""
    if not waiting:
        return [line("No comment waits for an answer.")]
    waits = many(len(waiting), "comment waits", "comments wait")
    return [line(Theirs(f"{waits} for an answer", strong=True)), *map(_asked, waiting)]


def backfilled(blog: str, last: int) -> list[Line]:
    """A backfill was asked for."""
    return [
        line(
            f"Of the newest {many(last, 'comment')} of ", theirs(blog),
            ", those that a room has not shown yet come into their threads, the oldest first.",
        )
    ]  # fmt: skip


def paused(blog: str) -> list[Line]:
    """A blog was paused."""
    return [line(theirs(blog), " will be neither read nor written until you resume it.")]


def resumed(blog: str) -> list[Line]:
    """A blog was resumed."""
    return [line(theirs(blog), " will be read again.")]


def not_paused(blog: str) -> list[Line]:
    """A blog that is not paused cannot be resumed."""
    return [line(theirs(blog), " is not paused.")]


def no_blog(blog: str, known: Sequence[str]) -> list[Line]:
    """Nothing is known of a blog of that name."""
    there = [piece for name in known for piece in (", ", theirs(name))][1:]
    return [line("There is no blog ", theirs(blog), "; there is: ", *(there or ["none yet"]), ".")]


def trouble(reason: str) -> list[Line]:
    """The office cannot be used, and why."""
    return [line(Theirs(cleaned(reason).rstrip(".")), ".")]


def _needed(seen: Overview) -> Iterator[Line]:
    for blog in seen.blogs:
        if blog.paused is not None:
            yield line("⚠️ ", _name(blog.name), " is ", _paused(blog.paused))
        elif blog.last_error is not None:
            yield line("⚠️ ", _name(blog.name), " could not be read: ", theirs(blog.last_error))
    for chat in seen.chats:
        if chat.last_error is not None:
            yield line("⚠️ ", _name(chat.name), " cannot be heard: ", theirs(chat.last_error))
    yield from map(_parked, seen.parked[:SHOWN])
    yield from _at_the_command_line(seen)


def _parked(one: ParkedOverview) -> Line:
    what = (theirs(one.state), ", ", theirs(one.kind), " for ", theirs(one.place))
    return line("⚠️ ", *what, ": ", theirs(one.reason))


def _at_the_command_line(seen: Overview) -> Iterator[Line]:
    if seen.parked:
        needs = many(len(seen.parked), "thing needs", "things need")
        yield line(f"{needs} somebody at the command line: ", Typed("backchat parked list"))


def _paused(reason: str) -> Theirs:
    """Why a blog is paused: a person's pause says so itself."""
    return theirs(reason if reason.startswith("paused by ") else f"paused: {reason}")


def _blog(blog: BlogOverview) -> Line:
    more = f", {many(blog.comments, 'comment')} known"
    if blog.unanswered:
        more += f", {blog.unanswered} unanswered"
    if blog.pending:
        more += f", {many(blog.pending, 'waits', 'wait')} for a moderator"
    if blog.gaps:
        more += f", {blog.gaps} could not be reached"
    return line(_name(blog.name), ": read ", Since(blog.last_read), more)


def _chat(chat: ChatOverview) -> Line:
    heard: tuple[Piece, ...] = ("nothing heard yet",)
    if chat.last_event is not None:
        heard = ("last event ", Since(chat.last_event))
    gaps = f", {many(chat.gaps, 'message')} could not be read" if chat.gaps else ""
    return line(_name(chat.name), ": ", *heard, gaps, "" if chat.caught_up else ", not caught up yet")


def _counts(seen: Overview) -> Line:
    counts = seen.counts
    return line(
        f"{many(counts['threads'], 'thread')}; answers: {counts['held']} held, {counts['pending']} with the moderator,"
        f" {counts['public']} public; {counts['waiting'] + counts['sending']} waiting to be sent"
    )


def _waiting(seen: Overview) -> Iterator[Line]:
    for lane in seen.lanes[:SHOWN]:
        why = () if lane.reason is None else (": ", theirs(lane.reason))
        yield line(f"waits: {lane.waiting} for ", theirs(lane.place), *why, look=Look.SMALL)


def _asked(one: Unanswered) -> Line:
    where = (" on ", theirs(one.post), " ", Since(one.created), ": ", theirs(one.text))
    return line(_name(one.name), *where, There("on the blog", one.link, " · "), look=Look.ITEM)


def _name(name: str) -> Theirs:
    return theirs(name, strong=True)
