"""What operators ask of Backchat's office in a chat, and how it answers; who is an operator is for the adapter to know.

Which commands there are is said here once, for chats that have them registered and for those that have them typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bridge.chats import sayings
from bridge.chats.lines import Line, Typed, line
from bridge.errors import LedgerError
from bridge.ports import Office
from bridge.text.names import defused

NAME = "backchat"
"""What all of it is called: `/backchat status`, say."""
BLOG, LAST = "blog", "last"
"""What commands take: a blog's name, and a number of comments."""
_TYPED = {BLOG: "BLOG", LAST: "N"}
"""What stands for them where it is said how a command is typed."""
MOST = 1000
"""Comments that one backfill shows at most, as on the command line."""
NO_OPERATOR = "Only Backchat's operators can do that. Whoever runs it lists them by their id; yours is {id}."
NO_OFFICE = "Nothing can be asked of Backchat from here; use its command line."


@dataclass(frozen=True, slots=True)
class Command:
    """One command: what it is called, what it does, and what it takes."""

    name: str
    does: str
    takes: tuple[str, ...] = ()


STATUS = Command("status", "How everything stands")
UNANSWERED = Command("unanswered", "The comments that wait for an author")
PARKED = Command("parked", "What needs a person, and why")
BACKFILL = Command("backfill", "Show those of a blog's newest comments that were never shown", (BLOG, LAST))
PAUSE = Command("pause", "Neither read nor write a blog until it is resumed", (BLOG,))
RESUME = Command("resume", "Go on with a blog that was paused", (BLOG,))
COMMANDS = (STATUS, UNANSWERED, PARKED, BACKFILL, PAUSE, RESUME)


async def ask(office: Office | None, command: str, given: Mapping[str, object], by: str) -> Sequence[Line]:
    """Carry a command out with what was given to it, as the person called `by` wants; how the office answers."""
    if office is None:
        return [line(NO_OFFICE)]
    try:
        return await _asked(office, command, given, by)
    except LedgerError as error:
        return sayings.trouble(str(error))


async def blogs(office: Office | None, typed: str) -> list[str]:
    """The blogs whose names have in them what an operator has typed so far; none where the office cannot be used."""
    found: list[str] = []
    if office is not None:
        with suppress(LedgerError):  # the command itself says why
            seen = await office.overview()
            found = [blog.name for blog in seen.blogs if typed.casefold() in blog.name.casefold()]
    return found


def typed(words: str) -> tuple[str, dict[str, str]]:
    """What somebody typed behind `/backchat`, as the name of a command and what is given to it, for `ask`."""
    name, *rest = words.split() or [""]
    takes = next((command.takes for command in COMMANDS if command.name == name.casefold()), ())
    if takes == (BLOG, LAST) and len(rest) > 1:  # a blog's name may have spaces in it, a number has none
        return name.casefold(), {BLOG: " ".join(rest[:-1]), LAST: rest[-1]}
    return name.casefold(), {BLOG: " ".join(rest)} if takes and rest else {}


def usage() -> list[Line]:
    """Which commands there are, and how they are typed."""
    return [line(Typed(_shape(command)), f": {command.does}") for command in COMMANDS]


def _shape(command: Command) -> str:
    return " ".join([f"/{NAME}", command.name, *map(_TYPED.__getitem__, command.takes)])


async def _asked(office: Office, command: str, given: Mapping[str, object], by: str) -> list[Line]:
    blog = str(given.get(BLOG) or "")
    match next((one for one in COMMANDS if one.name == command), None):
        case None:
            return usage()
        case Command(takes=takes) if takes and not blog:
            return usage()
        case Command(name=STATUS.name):
            return sayings.status(await office.overview())
        case Command(name=PARKED.name):
            return sayings.parked(await office.overview())
        case Command(name=UNANSWERED.name):
            return sayings.unanswered(await office.unanswered())
        case Command(name=BACKFILL.name):
            return await _backfill(office, blog, str(given.get(LAST) or ""))
        case Command(name=PAUSE.name):
            return sayings.paused(blog) if await office.pause(blog, defused(by)) else await _no_blog(office, blog)
        case _:
            return sayings.resumed(blog) if await office.resume(blog) else await _not_paused(office, blog)


async def _backfill(office: Office, blog: str, last: str) -> list[Line]:
    if not (last.isascii() and last.isdecimal() and len(last) < 9 and 0 < int(last) <= MOST):
        return [line(f"Write how many of the blog's newest comments, from 1 to {MOST}: ", Typed(_shape(BACKFILL)))]
    done = await office.backfill(blog, int(last))
    return sayings.backfilled(blog, int(last)) if done else await _no_blog(office, blog)


async def _no_blog(office: Office, blog: str) -> list[Line]:
    return sayings.no_blog(blog, [one.name for one in (await office.overview()).blogs])


async def _not_paused(office: Office, blog: str) -> list[Line]:
    known = [one.name for one in (await office.overview()).blogs]
    return sayings.not_paused(blog) if blog in known else sayings.no_blog(blog, known)
