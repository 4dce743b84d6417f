"""`/backchat` for operators: on a real ledger, by Bolt and the double's sockets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from adapters.slack import commands
from adapters.slack.double.interactions import Interaction
from adapters.slack.lines import LONGEST
from bridge.chats import phrases
from bridge.ledger.sqlite import look_only
from bridge.office import FileOffice
from bridge.overview import Unanswered
from bridge.ports import Office
from bridge.testing.clock import DrivenClock
from bridge.testing.stage import Stage
from tests.contracts.slack.pressing import Scene, scene
from tests.flows.stories import ROSES, begun
from tests.servers.slack_double import Double, Person, Problem


@dataclass
class Desk:
    """Slack and a ledger; Olga is an operator."""

    on: Scene
    stage: Stage
    olga: Person

    async def said(self, words: str, who: Person | None = None) -> str:
        """What somebody is told who types a command, and nobody else."""
        told = await (who or self.olga).command(self.on.channel, "/backchat", words)
        answer = await told.spoke()
        assert told.ephemeral
        self.stage.ledger.wake("inbox")  # as the daemon does, which looks whether somebody else has written there
        return answer


@pytest.fixture
async def desk(slack: Double, tmp_path: Path) -> AsyncIterator[Desk]:
    olga = slack.member("Olga")
    ledger = tmp_path / "ledger.db"
    async with Stage(ledger=ledger) as stage:
        operators = frozenset({olga.id})
        async with scene(slack, tmp_path, office=FileOffice(ledger), operators=operators) as on:
            yield Desk(on, stage, olga)


async def test_status_unanswered_and_parked_tell_what_the_ledger_knows(desk: Desk) -> None:
    assert "*garden*: read <!date^" in await desk.said("status")
    assert await desk.said("unanswered") == "No comment waits for an answer."
    await begun(desk.stage)
    assert "1 comment known, 1 unanswered" in await desk.said("status")
    waiting = await desk.said("unanswered")
    assert "*1 comment waits for an answer*" in waiting and "• *Vera* on First post <!date^" in waiting
    assert f"{ROSES} · <https://blog.example/first/#c1|on the blog>" in waiting
    assert await desk.said("parked") == "Nothing needs you."


async def test_a_blog_is_paused_and_resumed(desk: Desk, tmp_path: Path) -> None:
    await begun(desk.stage)
    assert await desk.said("pause garden") == "garden will be neither read nor written until you resume it."
    paused = "SELECT 1 FROM source WHERE paused IS NOT NULL"
    await desk.stage.until(
        lambda: look_only(tmp_path / "ledger.db", lambda tx: tx.one(paused)) is not None, "the pause"
    )
    assert "⚠️ *garden* is paused by olga" in await desk.said("status")
    assert await desk.said("resume garden") == "garden will be read again."


async def test_what_stood_there_before_is_asked_for(desk: Desk) -> None:
    await begun(desk.stage)
    assert "newest 2 comments of garden" in await desk.said("backfill garden 2")
    assert "from 1 to 1000" in await desk.said("backfill garden")
    assert "There is no blog kitchen; there is: garden." in await desk.said("backfill kitchen 2")


@pytest.mark.parametrize("words", ["", "help", "pause"])
async def test_how_it_is_used_is_told_and_that_threads_take_no_commands(desk: Desk, words: str) -> None:
    told = await desk.said(words)
    for name in ("status", "unanswered", "parked", "backfill BLOG N", "pause BLOG", "resume BLOG"):
        assert f"`/backchat {name}`: " in told
    assert told.endswith(commands.NOT_IN_THREADS)


async def test_slack_itself_refuses_commands_in_threads(desk: Desk) -> None:
    with pytest.raises(Problem, match="not supported in threads"):
        await desk.olga.command(desk.on.channel, "/backchat", "status", thread=desk.on.root)


async def test_law_08_nobody_else_gets_into_the_office(desk: Desk) -> None:
    await begun(desk.stage)
    guest = desk.on.slack.guest("Olga", desk.on.channel)
    for who in (desk.on.ada, desk.on.slack.member("Olga"), guest):
        for words in ("", "status", "unanswered", "parked", "pause garden", "resume garden", "backfill garden 3"):
            told = await desk.said(words, who)
            assert told.startswith("Only Backchat's operators") and who.id in told and "garden" not in told
    assert await desk.stage.ask(lambda tx: tx.one("SELECT 1 FROM inbox WHERE chat = ''")) is None


@dataclass
class Slow:
    """An office that takes its time, has much to tell, or fails."""

    gate: asyncio.Event = field(default_factory=asyncio.Event)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    many: int = 1
    broken: bool = False

    async def unanswered(self) -> Sequence[Unanswered]:
        self.asked.set()
        await self.gate.wait()
        if self.broken:
            raise ZeroDivisionError("ours")
        return [Unanswered("garden", "<!here>", "Vera", "@channel " * 30, "https://b.example/", 1.7e9)] * self.many


async def asked(on: Scene, who: Person) -> Interaction:
    return await who.command(on.channel, "/backchat", "unanswered", wait=False)


async def test_an_answer_that_takes_long_comes_later_and_is_not_lost(tmp_path: Path, slack: Double) -> None:
    clock, office, olga = DrivenClock(), Slow(), slack.member("Olga")
    slack.gate.patience = 30.0
    async with scene(slack, tmp_path, clock, cast(Office, office), operators=frozenset({olga.id})) as on:
        told = await asked(on, olga)
        await office.asked.wait()
        assert not told.acked
        clock.advance(commands.PATIENCE)
        answered = await told.answered()
        assert answered.acked and answered.said == []
        office.gate.set()
        assert "1 comment waits" in await told.spoke()
        assert told.ephemeral and len(told.said) == 1


async def test_law_09_what_is_long_fits_and_calls_nobody(tmp_path: Path, slack: Double) -> None:
    office, olga = Slow(many=50), slack.member("Olga")
    office.gate.set()
    async with scene(slack, tmp_path, None, cast(Office, office), operators=frozenset({olga.id})) as on:
        told = await asked(on, olga)
        words = await told.spoke()
        assert len(words) <= LONGEST and "more" in words.splitlines()[-1]
        assert "<!here" not in words and "@channel" not in words and slack.pinged == []


async def test_a_fault_of_ours_is_said(tmp_path: Path, slack: Double, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    office, olga = Slow(broken=True), slack.member("Olga")
    office.gate.set()
    async with scene(slack, tmp_path, None, cast(Office, office), operators=frozenset({olga.id})) as on:
        assert await (await asked(on, olga)).spoke() == phrases.FAULT
    assert "fault of ours" in caplog.text
