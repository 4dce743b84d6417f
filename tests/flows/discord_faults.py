"""Every kind of fault at every kind of target before Discord: `python -m tests.flows.discord_faults`.

Each cell of the table has a post, and with it a thread and a lane, of its own. What Discord is asked for the sake of
the cell meets the fault; in the end it must stand exactly once, as the adapter's guarantee says. Prints the table: how
often it stood at the end, and for how many seconds (of the clock) it stood twice, where it ever did.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.discord.double.faults import Answered, Fault
from adapters.discord.double.things import Channel, Message
from bridge.model import CommentId
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.servers.discord_copies import Copies

LATE = 60.0
"""Seconds after which Discord may still carry out what it did not answer."""
TOO_LATE = 200.0
"""Seconds after which it does so though nobody reckons with it any more: what is swept is swept then."""
PARTS = 120
SENTENCE = "Sentence {n} of {name}."
EDITED, ASKED, OTHER, SHORT = "Once more {name}?", "Question {name}?", "Remark {name}.", "No"

REST: dict[str, tuple[Answered, bool | float]] = {
    "500, not done": (500, False), "500, done": (500, True), "503, not done": (503, False), "503, done": (503, True),
    "429": (429, False), "reset, not done": ("reset", False), "reset, done": ("reset", True),
    "no answer, not done": ("hang", False), "no answer, done": ("hang", True), "no answer, done late": ("hang", LATE),
    "500, done late": (500, LATE), "reset, done late": ("reset", LATE),
}  # fmt: skip
SWEPT = {**REST, "no answer, done too late": ("hang", TOO_LATE)}
"""What also meets those that stand once only after a sweep."""


class Cell:
    """One post with everything that a target needs, and how often the target stands."""

    method, path, echo = "POST", "/channels/{thread}/messages", "MESSAGE_CREATE"

    def __init__(self, stage: DiscordStage, name: str) -> None:
        self.stage, self.name, self.post = stage, name, f"/{name}/"

    async def prepare(self) -> None:
        """What must stand before: a comment, as a rule."""
        self.stage.blog.post(self.post, self.name)
        self.comment = await self._comment(ASKED)

    async def act(self) -> None:
        """Have it wanted that the target stands."""
        raise NotImplementedError

    def befalls(self, body: Any) -> bool:
        """Whether a request to the path is for the sake of this cell."""
        return True

    def standing(self) -> int:
        """How often the target stands; 1 is right."""
        return self._with(OTHER)

    def fail(self, answer: Answered, commits: bool | float, *, hold: bool = False) -> Fault:
        """Have the next request for the sake of this cell meet a fault."""
        thread = self._thread()
        path = self.path.format(channel=self.stage.channel.id, thread="none" if thread is None else thread.id)
        return self.stage.discord.fail(
            self.method, path, answer, commits=commits, hold=hold, retry_after=0.1, when=self.befalls
        )

    async def _comment(self, words: str) -> CommentId:
        said = words.format(name=self.name)
        comment = self.stage.blog.comment(said, post=self.post)
        await self.stage.until(lambda: self._with(words) > 0, f"{said!r} in a thread")
        return comment

    def _thread(self) -> Channel | None:
        return next((one for one in self.stage.threads() if one.name == self.name), None)

    def _messages(self) -> list[Message]:
        return [message for thread in self.stage.threads() for message in self.stage.ours_in(thread)]

    def _with(self, words: str) -> int:
        return sum(words.format(name=self.name) in message.content for message in self._messages())


class Anchor(Cell):
    """The message in a text channel on which the thread of a post is opened."""

    path = "/channels/{channel}/messages"

    async def prepare(self) -> None:
        self.stage.blog.post(self.post, self.name)

    async def act(self) -> None:
        self.stage.blog.comment(ASKED.format(name=self.name), post=self.post)

    def befalls(self, body: Any) -> bool:
        return f"**{self.name}**" in body["content"]

    def standing(self) -> int:
        opened = sum(one.name == self.name for one in self.stage.threads())
        anchors = sum(f"**{self.name}**" in one.content for one in self.stage.discord.messages(self.stage.channel))
        said = self._with(ASKED)
        return opened if opened == said and anchors in {opened, 0} else 100 * opened + 10 * anchors + said


class ThreadOnAnchor(Anchor):
    """The thread on that message."""

    path = "/channels/{channel}/messages/*/threads"

    def befalls(self, body: Any) -> bool:
        return bool(body["name"] == self.name)


class ForumPost(ThreadOnAnchor):
    """A post in a forum channel."""

    path = "/channels/{channel}/threads"


class CommentMessage(Cell):
    """The message that shows a comment."""

    async def act(self) -> None:
        self.stage.blog.comment(OTHER.format(name=self.name), post=self.post)


class WebhookMessage(CommentMessage):
    """The same, said by a webhook."""

    path = "/webhooks/*"

    def befalls(self, body: Any) -> bool:
        return OTHER.format(name=self.name) in body["content"]


class SplitComment(Cell):
    """A comment in several messages; the second one meets the fault."""

    async def act(self) -> None:
        text = " ".join(SENTENCE.format(n=n, name=self.name) for n in range(PARTS))
        self.stage.blog.comment(text, post=self.post)

    def befalls(self, body: Any) -> bool:
        return SENTENCE.format(n=0, name=self.name) not in body["content"]

    def standing(self) -> int:
        times = {self._with(SENTENCE.replace("{n}", str(n))) for n in range(PARTS)}
        order = [message.content for message in self._messages() if f"Sentence 0 of {self.name}" in message.content]
        return times.pop() if len(times) == 1 and len(order) == 1 else 100 + max(times)


class Edit(Cell):
    """An edit of such a message."""

    method, path, echo = "PATCH", "/channels/{thread}/messages/*", "MESSAGE_UPDATE"

    async def act(self) -> None:
        self.stage.blog.edit(self.comment, EDITED.format(name=self.name))

    def standing(self) -> int:
        return self._with(EDITED) + 10 * self._with(ASKED)


class Erase(Cell):
    """Its deletion."""

    method, path, echo = "DELETE", "/channels/{thread}/messages/*", "MESSAGE_DELETE"

    async def act(self) -> None:
        self.stage.blog.remove(self.comment)

    def standing(self) -> int:
        return 1 - self._with(ASKED)


class _Answered(Cell):
    """Something about an answer of the author's."""

    words = "Yes {name}."

    async def act(self) -> None:
        (card,) = [one for one in self._messages() if ASKED.format(name=self.name) in one.content]
        thread = self.stage.discord.world.channels[card.channel]
        self.said = self.stage.ada.write(thread, self.words.format(name=self.name), reply_to=card)

    def _on_blog(self) -> int:
        return self.stage.blog.said().count(self.words.format(name=self.name))


class ReceiptOn(_Answered):
    """The receipt on an answer, from held to public."""

    method, path, echo = "PUT", "/channels/{thread}/messages/*/reactions/*", "MESSAGE_REACTION_ADD"

    def standing(self) -> int:
        return self._on_blog() if self.stage.receipt(self.said) == {"✅"} else 100


class FormCopy(_Answered):
    """Our own copy of what a form sent."""

    async def act(self) -> None:
        (card,) = [one for one in self._messages() if ASKED.format(name=self.name) in one.content]
        form = await self.stage.ada.click(card, "bc1:answer")
        await self.stage.ada.submit(form, self.words.format(name=self.name))

    def standing(self) -> int:
        return self._with(self.words) if self._on_blog() == 1 else 100


class Refusal(_Answered):
    """The words to a writer why something is not published."""

    words = SHORT

    def standing(self) -> int:
        thread = self._thread()
        assert thread is not None
        return sum("fewer than 3 characters" in one.content for one in self.stage.ours_in(thread))


TARGETS: dict[str, type[Cell]] = {
    "anchor": Anchor, "thread on it": ThreadOnAnchor, "comment": CommentMessage, "split comment": SplitComment,
    "edit": Edit, "erase": Erase, "receipt": ReceiptOn, "form's copy": FormCopy, "notice": Refusal,
    "forum post": ForumPost, "webhook message": WebhookMessage,
}  # fmt: skip
STAGES: dict[type[Cell], dict[str, Any]] = {ForumPost: {"forum": True}, WebhookMessage: {"identity": "webhook"}}
"""How the stage of a target is set, where it is not a text channel in which the bot speaks itself."""


async def _reconnect(stage: DiscordStage) -> None:
    stage.discord.gate.reconnect()


async def _invalid(stage: DiscordStage) -> None:
    stage.discord.gate.invalidate()


async def _cut(stage: DiscordStage) -> None:
    stage.discord.gate.cut()


async def _dead_address(stage: DiscordStage) -> None:
    """The address at which sessions are resumed is dead: in the end a new one is begun."""
    gate = stage.discord.gate
    before, gate.resume_dead = len(gate.identified), True
    gate.cut()
    await stage.until(lambda: len(gate.identified) > before, "another session")
    gate.resume_dead = False


async def _unreadable(stage: DiscordStage) -> None:
    """An event that discord.py's parsers cannot bear."""
    spoiled = stage.discord.spoil("CHANNEL_UPDATE", "malformed")
    stage.discord.permit(stage.backroom, stage.gus)
    await stage.until(spoiled.reached.is_set, "the malformed event")


async def _nothing(stage: DiscordStage) -> None:
    """Only the answer is slow: the event is there before it."""


GATEWAY: dict[str, Callable[[DiscordStage], Awaitable[None]]] = {
    "event before the answer": _nothing, "op 7": _reconnect, "op 9": _invalid, "cut": _cut,
    "dead address to resume": _dead_address, "malformed event": _unreadable,
}  # fmt: skip
SPOILED = ("twice", "later", "drop", "malformed")
"""What befalls the event itself that tells of the effect."""


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
        """One line for each target and fault that is wrong, one for each target otherwise."""
        targets = dict.fromkeys(target for target, _ in self.cells)
        width = max(map(len, targets))
        found = [f"{'target':{width}}  faults  stands once  stood twice for (s)"]
        for target in targets:
            many = [count for (name, _), count in self.cells.items() if name == target]
            times = ", ".join(f"{seconds:.2f}" for seconds in self.twice.get(target, ())) or "never"
            found.append(f"{target:{width}}  {len(many):6}  {many.count(1):11}  {times}")
        return "\n".join([*found, *(f"WRONG {cell}: {many}" for cell, many in self.wrong.items())])


async def rest_faults(folder: Path, target: str, table: Table) -> None:
    """Let one kind of target meet every fault of REST, each in a thread of its own, all at the same time."""
    kind = TARGETS[target]
    swept = kind in STAGES
    faults = SWEPT if swept else REST
    async with discord_stage(folder, **STAGES.get(kind, {})) as stage:
        await stage.first_reading()
        copies = Copies(stage.discord)
        cells = {fault: kind(stage, f"p{n:02}x") for n, fault in enumerate(faults)}
        await _prepared(stage, list(cells.values()))
        met = {fault: cell.fail(*faults[fault]) for fault, cell in cells.items()}
        for cell in cells.values():
            await cell.act()
        await stage.until(lambda: all(fault.hits for fault in met.values()), "every fault to be met")
        if swept:
            await stage.pass_time(TOO_LATE)
        await stage.at_rest()
        table.cells |= {(target, fault): cell.standing() for fault, cell in cells.items()}
        table.twice[target] = copies.seconds
        assert copies.twice == []


async def gateway_fault(folder: Path, fault: str, targets: Sequence[str], table: Table) -> None:
    """Let the gateway stumble while the answers to every kind of target are on their way; all are done already."""
    async with discord_stage(folder, **STAGES.get(TARGETS[targets[0]], {})) as stage:
        await stage.first_reading()
        cells = {target: TARGETS[target](stage, f"p{n:02}x") for n, target in enumerate(targets)}
        await _prepared(stage, list(cells.values()))
        held = [cell.fail(None, True, hold=True) for cell in cells.values()]
        stage.adapter.api._sender.patience = 60.0  # the answers are slow, and still in time
        for cell in cells.values():
            await cell.act()
        stage.read_blog()  # no time is leapt over while answers are on their way
        await stage.until(lambda: all(one.committed.is_set() for one in held), "every effect")
        stage.slow = True
        await GATEWAY[fault](stage)
        stage.slow = False
        for one in held:
            one.release()
        await _ends_well(stage, cells, fault, table)


async def spoiled_event(folder: Path, how: str, targets: Sequence[str], table: Table) -> None:
    """Let the event that tells of an effect come twice, late, not at all, or so that nobody can read it."""
    async with discord_stage(folder, **STAGES.get(TARGETS[targets[0]], {})) as stage:
        await stage.first_reading()
        cells = {target: TARGETS[target](stage, f"p{n:02}x") for n, target in enumerate(targets)}
        await _prepared(stage, list(cells.values()))
        for cell in cells.values():
            before = len(stage.discord.gate.identified)
            stage.discord.spoil(cell.echo, how, when=lambda data: _of(stage.discord.bot.id, data))  # type: ignore[arg-type]
            await cell.act()
            await stage.until(lambda cell=cell: cell.standing() == 1, f"the target {type(cell).__name__}")  # type: ignore[misc]
            stage.discord.faults.events.clear()
            if how == "malformed":  # discord.py cannot go on after it, and buttons answer nobody while nobody listens
                await stage.until(lambda before=before: len(stage.discord.gate.identified) > before, "another session")  # type: ignore[misc]
                await stage.listening()
        await _ends_well(stage, cells, f"event {how}", table)


def _of(bot: str, event: dict[str, Any]) -> bool:
    """Whether an event tells of something that the bot did; of deletions nobody is told who did them."""
    who = {event.get("user_id"), event.get("application_id"), event.get("author", {}).get("id")} - {None}
    return not who or bot in who


async def _prepared(stage: DiscordStage, cells: Sequence[Cell]) -> None:
    await asyncio.gather(*(cell.prepare() for cell in cells))
    await stage.pass_time(11)


async def _ends_well(stage: DiscordStage, cells: dict[str, Cell], fault: str, table: Table) -> None:
    """Everything stands once, and people are heard as before."""
    await stage.listening()
    await stage.at_rest()
    table.cells |= {(target, fault): cell.standing() for target, cell in cells.items()}
    stage.blog.comment("And now?", post="/afterwards/")
    card = await stage.shown("And now?")
    answer = stage.ada.write(stage.discord.world.channels[card.channel], "All is well.", reply_to=card)
    await stage.receives(answer, "✅")


IN_TEXT = tuple(name for name, kind in TARGETS.items() if kind not in STAGES)
TOGETHER: tuple[tuple[str, ...], ...] = (IN_TEXT, ("forum post",), ("webhook message",))
"""Targets that one stage can have."""


async def everything(folder: Path) -> Table:
    """The whole table."""
    table, n = Table(), 0
    for target in TARGETS:
        await rest_faults(_fresh(folder, n := n + 1), target, table)
        print(f"  {target}", flush=True)
    for targets in TOGETHER:
        for fault in GATEWAY:
            await gateway_fault(_fresh(folder, n := n + 1), fault, targets, table)
        for how in SPOILED:
            await spoiled_event(_fresh(folder, n := n + 1), how, targets, table)
    return table


def _fresh(folder: Path, n: int) -> Path:
    made = folder / str(n)
    made.mkdir()
    return made


def main() -> int:
    """Print the table; 0 if everything stands once."""
    argparse.ArgumentParser(description="Every kind of fault at every kind of target before Discord.").parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = asyncio.run(everything(Path(folder)))
    print(table.lines())
    return 1 if table.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
