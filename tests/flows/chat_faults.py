"""Every kind of fault at every kind of target before a chat's double: the table, whichever the chat is.

Each cell of the table has a post, and with it a thread and a lane, of its own. What the chat is asked for the sake of
the cell meets the fault; in the end it must stand exactly once, as the adapter's guarantee says. What a chat's own
cells are, and how its faults are switched on, is said by `tests/flows/NAME_faults.py`.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from bridge.model import CommentId
from tests.flows.chat_side import OUT_OF_ORDER, fresh
from tests.flows.chat_stage import Solo

LATE = 60.0
"""Seconds after which a chat may still carry out what it did not answer."""
TOO_LATE = 200.0
"""Seconds after which it does so though nobody reckons with it any more: what is swept is swept then."""
SENTENCE = "Sentence {n} of {name}."
EDITED, ASKED, OTHER, SHORT, YES = "Once more {name}?", "Question {name}?", "Remark {name}.", "No", "Yes {name}."

How = tuple[int | str | None, bool | float]
"""What a request is answered, and whether it does its work all the same, or after how many seconds."""


class Fault(Protocol):
    """A fault of a double that was switched on."""

    hits: int
    committed: asyncio.Event

    def release(self) -> None:
        """Let go what is held."""


class Copies(Protocol):
    """How often something of ours stood twice."""

    seconds: list[float]

    @property
    def twice(self) -> list[str]:
        """The keys of what stands twice at this moment."""


S = TypeVar("S", bound=Solo[Any])


class Cell(Generic[S]):
    """One post with everything that a target needs, and how often the target stands."""

    def __init__(self, stage: S, name: str) -> None:
        self.stage, self.name, self.post = stage, name, f"/{name}/"

    async def prepare(self) -> None:
        """What must stand before: a comment, as a rule."""
        self.stage.blog.post(self.post, self.name)
        self.comment = await self._comment(ASKED)

    async def act(self) -> None:
        """Have it wanted that the target stands."""
        self.stage.blog.comment(OTHER.format(name=self.name), post=self.post)

    def standing(self) -> int:
        """How often the target stands; 1 is right."""
        return self.many(OTHER)

    @abstractmethod
    def fail(self, answer: int | str | None, commits: bool | float, *, hold: bool = False) -> Fault:
        """Have the next request for the sake of this cell meet a fault."""

    @abstractmethod
    def spoil(self, how: str) -> Callable[[], Awaitable[None]]:
        """Have the event that tells of the effect come so; what is given back waits until people are heard again."""

    async def _comment(self, words: str) -> CommentId:
        said = words.format(name=self.name)
        comment = self.stage.blog.comment(said, post=self.post)
        await self.stage.until(lambda: self.many(words) > 0, f"{said!r} in a thread")
        return comment

    def card(self) -> Any:
        """The message that shows the comment."""
        return self.stage.ours(ASKED.format(name=self.name))

    def all_words(self) -> list[str]:
        """The words of everything of ours that stands, in its order."""
        return [self.stage.words(message) for message in self.stage.standing()]

    def many(self, words: str) -> int:
        """How many messages of ours have these words."""
        return sum(words.format(name=self.name) in each for each in self.all_words())


class CommentMessage(Cell[S]):
    """The message that shows a comment."""


class SplitComment(Cell[S]):
    """A comment in several messages; the second one meets the fault."""

    sentences, more = 120, ""
    """How many there are, and what else each says, so that it takes several messages."""

    async def act(self) -> None:
        text = " ".join(SENTENCE.format(n=n, name=self.name) + self.more for n in range(self.sentences))
        self.stage.blog.comment(text, post=self.post)

    def standing(self) -> int:
        sentences = [SENTENCE.format(n=n, name=self.name) for n in range(self.sentences)]
        said = "\n".join(self.all_words())
        times, places = {said.count(each) for each in sentences}, [said.find(each) for each in sentences]
        return times.pop() if len(times) == 1 and places == sorted(places) else OUT_OF_ORDER + max(times)


class Edit(Cell[S]):
    """An edit of such a message."""

    async def act(self) -> None:
        self.stage.blog.edit(self.comment, EDITED.format(name=self.name))

    def standing(self) -> int:
        return self.many(EDITED) + 10 * self.many(ASKED)


class Erase(Cell[S]):
    """Its deletion."""

    async def act(self) -> None:
        self.stage.blog.remove(self.comment)

    def standing(self) -> int:
        return 1 - self.many(ASKED)


class _Answered(Cell[S]):
    """Something about an answer of the author's."""

    answer = YES

    async def act(self) -> None:
        self.said = self.stage.answer(self.answer.format(name=self.name), self.card())

    def _on_blog(self) -> int:
        return self.stage.blog.said().count(self.answer.format(name=self.name))


class ReceiptOn(_Answered[S]):
    """The receipt on an answer, from held to public."""

    def standing(self) -> int:
        return self._on_blog() if self.stage.receipt(self.said) == {"✅"} else OUT_OF_ORDER


class FormCopy(_Answered[S]):
    """Our own copy of what a form sent."""

    async def act(self) -> None:
        await self.stage.answer_by_form(self.answer.format(name=self.name), self.card())

    def standing(self) -> int:
        return self.many(self.answer) if self._on_blog() == 1 else OUT_OF_ORDER


class Refusal(_Answered[S]):
    """The words to a writer why something is not published."""

    answer = SHORT


@dataclass
class Table:
    """What came out: target and fault to how often it stands, and the seconds for which things stood twice."""

    cells: dict[tuple[str, str], int] = field(default_factory=dict)
    twice: dict[str, list[float]] = field(default_factory=dict)

    @property
    def wrong(self) -> dict[tuple[str, str], int]:
        """The cells that do not stand once."""
        return {cell: many for cell, many in self.cells.items() if many != 1}

    def lines(self) -> str:
        """One line for each target, one for each that is wrong, and the longest time that two copies stood."""
        targets = dict.fromkeys(target for target, _ in self.cells)
        width = max(map(len, targets))
        found = [f"{'target':{width}}  faults  stands once  stood twice for (s)"]
        for target in targets:
            many = [count for (name, _), count in self.cells.items() if name == target]
            times = ", ".join(f"{seconds:.2f}" for seconds in self.twice.get(target, ())) or "never"
            found.append(f"{target:{width}}  {len(many):6}  {many.count(1):11}  {times}")
        longest = max((seconds for each in self.twice.values() for seconds in each), default=0.0)
        found.append(f"the longest time that two copies stood: {longest:.2f} s")
        return "\n".join([*found, *(f"WRONG {cell}: {many}" for cell, many in self.wrong.items())])


@dataclass(frozen=True)
class Matrix(Generic[S]):
    """A chat's table: what there is, and how it is tried.

    `together` are targets that one stage can have. `stumbles`: what befalls the connection that events come by.
    """

    targets: Mapping[str, type[Cell[S]]]
    together: Sequence[Sequence[str]]
    faults: Callable[[str], Mapping[str, How]]
    stage: Callable[[Path, str], AbstractAsyncContextManager[S]]
    copies: Callable[[S], Copies]
    patient: Callable[[S], None]
    stumbles: Mapping[str, Callable[[S], Awaitable[None]]]
    spoiled: Sequence[str]
    wait_for_latest: Callable[[str], bool]
    """Whether a target meets faults that come to pass only after `TOO_LATE`."""

    async def requests(self, folder: Path, target: str, table: Table) -> None:
        """Let one kind of target meet every fault of a request, each in a thread of its own, all at the same time."""
        faults = self.faults(target)
        async with self.stage(folder, target) as stage:
            await stage.first_reading()
            copies = self.copies(stage)
            cells = {fault: self.targets[target](stage, f"p{n:02}x") for n, fault in enumerate(faults)}
            await _prepared(stage, list(cells.values()))
            met = {fault: cell.fail(*faults[fault]) for fault, cell in cells.items()}
            for cell in cells.values():
                await cell.act()
            await stage.until(lambda: all(fault.hits for fault in met.values()), "every fault to be met")
            if self.wait_for_latest(target):
                await stage.pass_time(TOO_LATE)
            await stage.at_rest()
            table.cells |= {(target, fault): cell.standing() for fault, cell in cells.items()}
            table.twice[target] = list(copies.seconds)
            assert copies.twice == []

    async def stumble(self, folder: Path, fault: str, targets: Sequence[str], table: Table) -> None:
        """Let the connection stumble while the answers to every kind of target are on their way; all are done."""
        async with self.stage(folder, targets[0]) as stage:
            cells = await self._cells(stage, targets)
            held = [cell.fail(None, True, hold=True) for cell in cells.values()]
            self.patient(stage)
            for cell in cells.values():
                await cell.act()
            stage.read_blog()  # no time is leapt over while answers are on their way
            await stage.until(lambda: all(one.committed.is_set() for one in held), "every effect")
            stage.slow = True
            await self.stumbles[fault](stage)
            stage.slow = False
            for one in held:
                one.release()
            await _ends_well(stage, cells, fault, table)

    async def spoil(self, folder: Path, how: str, targets: Sequence[str], table: Table) -> None:
        """Let the event that tells of an effect come twice, late, or not at all."""
        async with self.stage(folder, targets[0]) as stage:
            cells = await self._cells(stage, targets)
            for cell in cells.values():
                heard_again = cell.spoil(how)
                await cell.act()
                await stage.until(lambda cell=cell: cell.standing() == 1, f"the target {type(cell).__name__}")  # type: ignore[misc]
                await heard_again()
            await _ends_well(stage, cells, f"event {how}", table)

    async def _cells(self, stage: S, targets: Sequence[str]) -> dict[str, Cell[S]]:
        await stage.first_reading()
        cells = {target: self.targets[target](stage, f"p{n:02}x") for n, target in enumerate(targets)}
        await _prepared(stage, list(cells.values()))
        return cells

    async def everything(self, folder: Path) -> Table:
        """The whole table."""
        table, n = Table(), 0
        for target in self.targets:
            await self.requests(fresh(folder, n := n + 1), target, table)
            print(f"  {target}", flush=True)
        for targets in self.together:
            for fault in self.stumbles:
                await self.stumble(fresh(folder, n := n + 1), fault, targets, table)
            for how in self.spoiled:
                await self.spoil(fresh(folder, n := n + 1), how, targets, table)
        return table

    def main(self, about: str) -> int:
        """Print the table; 0 if everything stands once."""
        argparse.ArgumentParser(description=about).parse_args()
        with tempfile.TemporaryDirectory() as folder:
            table = asyncio.run(self.everything(Path(folder)))
        print(table.lines())
        return 1 if table.wrong else 0


async def _prepared(stage: Solo[Any], cells: Sequence[Cell[Any]]) -> None:
    await asyncio.gather(*(cell.prepare() for cell in cells))
    await stage.pass_time(11)


async def _ends_well(stage: S, cells: dict[str, Cell[S]], fault: str, table: Table) -> None:
    """Everything stands once, and people are heard as before."""
    await stage.listening()
    await stage.at_rest()
    table.cells |= {(target, fault): cell.standing() for target, cell in cells.items()}
    stage.blog.comment("And now?", post="/afterwards/")
    card = await stage.shown("And now?")
    await stage.pass_time(11)  # so that it can be answered unsaid
    await stage.receives(stage.answer("All is well.", card), "✅")
