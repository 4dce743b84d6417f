"""What operators are told on Discord: how everything stands, and what becomes of what they ask for. Pure.

Instants are written so that everybody sees them in their own time:
https://docs.discord.com/developers/reference#message-formatting-timestamp-styles
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from adapters.discord.escaping import escaped, web
from bridge.overview import BlogOverview, ChatOverview, Overview, Unanswered
from bridge.text.tree import cleaned

LONGEST = 2000
"""Characters that a message takes."""
_WORDS = 120
"""Characters that are shown of one comment."""
_IN_MASKED = {ord("("): "%28", ord(")"): "%29"}
_SHOWN = 8
"""Lanes and parked things that are shown; the command line shows all of them."""


def status(seen: Overview) -> str:
    """How everything stands, what needs a person first."""
    return _fitting([*_needed(seen), *map(_blog, seen.blogs), *map(_chat, seen.chats), _counts(seen), *_waiting(seen)])


def unanswered(waiting: Sequence[Unanswered]) -> str:
    """The comments that wait for an author, the oldest first."""
    if not waiting:
        return "No comment waits for an answer."
    many = _many(len(waiting), "comment waits", "comments wait")
    return _fitting([f"**{many} for an answer**", *map(_asked, waiting)])


def backfilled(blog: str, last: int) -> str:
    """A backfill was asked for."""
    return (
        f"Of the newest {_many(last, 'comment')} of {_said(blog)}, those that a room has not shown yet come into their"
        " threads, the oldest first."
    )


def paused(blog: str) -> str:
    """A blog was paused."""
    return f"{_said(blog)} will be neither read nor written until you resume it."


def resumed(blog: str) -> str:
    """A blog was resumed."""
    return f"{_said(blog)} will be read again."


def not_paused(blog: str) -> str:
    """A blog that is not paused cannot be resumed."""
    return f"{_said(blog)} is not paused."


def no_blog(blog: str, known: Sequence[str]) -> str:
    """Nothing is known of a blog of that name."""
    return f"There is no blog {_said(blog)}; there is: {', '.join(map(_said, known)) or 'none yet'}."


def trouble(reason: str) -> str:
    """The office cannot be used, and why."""
    return f"{escaped(cleaned(reason)).rstrip('.')}."


def _needed(seen: Overview) -> Iterator[str]:
    for blog in seen.blogs:
        if blog.paused is not None:
            yield f"⚠️ **{_said(blog.name)}** is {_paused(blog.paused)}"
        elif blog.last_error is not None:
            yield f"⚠️ **{_said(blog.name)}** could not be read: {_said(blog.last_error)}"
    for chat in seen.chats:
        if chat.last_error is not None:
            yield f"⚠️ **{_said(chat.name)}** cannot be heard: {_said(chat.last_error)}"
    for one in seen.parked[:_SHOWN]:
        yield f"⚠️ {_said(one.state)}, {_said(one.kind)} for {_said(one.place)}: {_said(one.reason)}"
    if seen.parked:
        many = _many(len(seen.parked), "thing needs", "things need")
        yield f"{many} somebody at the command line: `backchat parked list`"


def _paused(reason: str) -> str:
    """Why a blog is paused: a person's pause says so itself."""
    return _said(reason if reason.startswith("paused by ") else f"paused: {reason}")


def _blog(blog: BlogOverview) -> str:
    words = f"**{_said(blog.name)}**: read {_at(blog.last_read)}, {_many(blog.comments, 'comment')} known"
    if blog.unanswered:
        words += f", {blog.unanswered} unanswered"
    if blog.pending:
        words += f", {_many(blog.pending, 'waits', 'wait')} for a moderator"
    if blog.gaps:
        words += f", {blog.gaps} could not be reached"
    return words


def _chat(chat: ChatOverview) -> str:
    heard = f"last event {_at(chat.last_event)}" if chat.last_event is not None else "nothing heard yet"
    gaps = f", {_many(chat.gaps, 'message')} could not be read" if chat.gaps else ""
    return f"**{_said(chat.name)}**: {heard}{gaps}" + ("" if chat.caught_up else ", not caught up yet")


def _counts(seen: Overview) -> str:
    counts = seen.counts
    return (
        f"{_many(counts['threads'], 'thread')}; answers: {counts['held']} held, {counts['pending']} with the moderator,"
        f" {counts['public']} public; {counts['waiting'] + counts['sending']} waiting to be sent"
    )


def _waiting(seen: Overview) -> Iterator[str]:
    for lane in seen.lanes[:_SHOWN]:
        why = "" if lane.reason is None else f": {_said(lane.reason)}"
        yield f"-# waits: {lane.waiting} for {_said(lane.place)}{why}"


def _asked(one: Unanswered) -> str:
    link = "" if (address := web(one.link)) is None else f" · [on the blog](<{address.translate(_IN_MASKED)}>)"
    return f"- **{_said(one.name)}** on {_said(one.post)} {_at(one.created)}: {_said(one.text)}{link}"


def _said(words: str) -> str:
    """Somebody else's words on one line, which mean nothing to Discord."""
    flat = " ".join(cleaned(words).split())
    return escaped(flat if len(flat) <= _WORDS else flat[: _WORDS - 1] + "…")


def _at(instant: float | None) -> str:
    return "never" if instant is None else f"<t:{int(instant)}:R>"


def _many(number: int, thing: str, things: str | None = None) -> str:
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def _fitting(lines: Sequence[str]) -> str:
    """As many of the lines as one message takes, and how many are left."""
    kept: list[str] = []
    for line in lines:
        if len("\n".join([*kept, line])) > LONGEST - 40:
            return "\n".join([*kept, f"… and {_many(len(lines) - len(kept), 'line')} more"])
        kept.append(line)
    return "\n".join(kept)
