"""What operators ask in a chat, typed or registered, and how the office answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chats import office
from bridge.chats.lines import WORDS, Line, Look, Piece, Since, Theirs, There, Typed, fitting, line, theirs
from bridge.errors import LedgerError
from bridge.model import MessageId, Receipt
from bridge.overview import BlogOverview, Decision, Overview, ParkedOverview, Unanswered

COUNTS = dict.fromkeys(("threads", "held", "pending", "public", "waiting", "sending"), 0)


@dataclass
class Notes:
    """An office that notes down what is asked of it; `broken` says why its ledger cannot be used."""

    asked: list[str] = field(default_factory=list)
    broken: str = ""
    parked: tuple[ParkedOverview, ...] = ()

    async def overview(self) -> Overview:
        if self.broken:
            raise LedgerError(self.broken)
        blogs = tuple(
            BlogOverview(name, 2, 0, 0, 1.7e9, 0.0, 0, None, why)
            for name, why in (("garden", None), ("my attic", "paused by Ada"))
        )
        return Overview(0.0, blogs, (), (), self.parked, COUNTS)

    async def unanswered(self) -> Sequence[Unanswered]:
        return [Unanswered("garden", "Roses", "Vera", "How?", "https://blog.example/#c1", 1.7e9)]

    async def receipt(self, chat: str, message: MessageId) -> Receipt | None:
        raise AssertionError("no command asks for receipts")

    async def decide(self, number: int, decision: Decision) -> bool:
        raise AssertionError("no command decides")

    async def resume(self, blog: str) -> bool:
        self.asked.append(f"resume {blog}")
        return blog == "my attic"

    async def pause(self, blog: str, by: str) -> bool:
        self.asked.append(f"pause {blog} by {by}")
        return blog == "garden"

    async def backfill(self, blog: str, last: int) -> bool:
        self.asked.append(f"backfill {blog} {last}")
        return blog in {"garden", "my attic"}


def shown(lines: Iterable[Line]) -> str:
    """Lines as plain words."""
    return "\n".join("".join(map(_shown, one.pieces)) for one in lines)


def _shown(piece: Piece) -> str:
    match piece:
        case Since(at):
            return "never" if at is None else f"at {at:.0f}"
        case There(words, address, before):
            return f"{before}{words} ({address})"
        case Theirs(words) | Typed(words):
            return words
    return piece


async def asked(notes: Notes, words: str) -> str:
    """What is answered to what somebody typed."""
    name, given_ = office.typed(words)
    return shown(await office.ask(notes, name, given_, "Ada\u202e"))


@pytest.mark.parametrize(
    ("words", "done", "told"),
    [
        ("backfill garden 50", "backfill garden 50", "Of the newest 50 comments of garden, those that"),
        ("backfill  my attic 1", "backfill my attic 1", "Of the newest 1 comment of my attic, those"),
        ("Pause garden", "pause garden by Ada", "garden will be neither read nor written until you resume it."),
        ("pause shed", "pause shed by Ada", "There is no blog shed; there is: garden, my attic."),
        ("resume my attic", "resume my attic", "my attic will be read again."),
        ("resume garden", "resume garden", "garden is not paused."),
        ("resume shed", "resume shed", "There is no blog shed; there is: garden, my attic."),
    ],
)  # fmt: skip
async def test_what_is_typed_is_asked_of_the_office(words: str, done: str, told: str) -> None:
    notes = Notes()
    assert (await asked(notes, words)).startswith(told)
    assert notes.asked == [done]


@pytest.mark.parametrize("words", ["backfill garden many", "backfill garden 0", "backfill garden 1001",
                                   "backfill garden", "backfill garden ²", "backfill garden -5"])  # fmt: skip
async def test_a_backfill_of_no_number_is_none(words: str) -> None:
    notes = Notes()
    assert "from 1 to 1000" in await asked(notes, words)
    assert notes.asked == []


@pytest.mark.parametrize("words", ["", "help", "pause", "backfill", "resume  ", "drop 7"])
async def test_what_is_no_command_is_answered_with_all_there_are(words: str) -> None:
    notes = Notes()
    told = (await asked(notes, words)).splitlines()
    assert "/backchat backfill BLOG N: Show those of a blog's newest comments that were never shown" in told
    assert len(told) == len(office.COMMANDS) and notes.asked == []


async def test_status_unanswered_and_parked_are_looked_up() -> None:
    parked = ParkedOverview(7, "parked", "answer", "garden", "In March.", "nobody can tell", None)
    notes = Notes(parked=(parked,) * 30)
    assert "⚠️ my attic is paused by Ada" in await asked(notes, "status")
    assert "Vera on Roses at 1700000000: How? · on the blog (https://blog.example/#c1)" in await asked(
        notes, "unanswered"
    )
    assert (await asked(notes, "parked")).splitlines() == [
        *["⚠️ parked, answer for garden: nobody can tell"] * 30,
        "30 things need somebody at the command line: backchat parked list",
    ]
    assert await asked(Notes(), "parked") == "Nothing needs you."


@pytest.mark.parametrize("words", ["status", "resume garden", "pause shed"])
async def test_an_office_that_cannot_be_used_says_why(words: str) -> None:
    assert await asked(Notes(broken="the ledger is on fire."), words) == "the ledger is on fire."
    assert shown(await office.ask(None, "status", {}, "Ada")) == office.NO_OFFICE


async def test_blogs_are_suggested_by_what_is_typed() -> None:
    assert await office.blogs(Notes(), "") == ["garden", "my attic"]
    assert await office.blogs(Notes(), "ATT") == ["my attic"]
    assert await office.blogs(Notes(broken="no"), "") == await office.blogs(None, "") == []


@given(st.text(max_size=300))
def test_somebody_elses_words_are_one_short_line(words: str) -> None:
    assert len(theirs(words).words) <= WORDS and "\n" not in theirs(words).words


@given(st.lists(st.text(max_size=60), max_size=40), st.integers(50, 300))
def test_a_message_takes_as_many_lines_as_fit_and_says_what_is_left_out(lines: list[str], longest: int) -> None:
    told = fitting(lines, longest)
    assert len(told) <= longest
    if told != "\n".join(lines):
        assert told.endswith(" more")


def test_a_line_looks_plain_unless_it_is_said() -> None:
    assert (line("a").look, line("a", look=Look.SMALL).look) == (Look.PLAIN, Look.SMALL)
