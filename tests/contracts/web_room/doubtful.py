"""A ledger in which something needs a decision: the three loops on it, with a fake blog that loses one answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridge.model import AnswerState
from bridge.ports import BlogAbility
from bridge.testing.fake_blog import EVERYTHING
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from tests.flows.stories import becomes, begun

WORDS = "In March, with <sharp> shears."


@asynccontextmanager
async def doubtful(ledger: Path) -> AsyncIterator[Stage]:
    """Let an answer be lost on its way to a blog that cannot be searched: it is parked."""
    stage = Stage(ledger=ledger)
    stage.blog.abilities = EVERYTHING - {BlogAbility.FIND}
    async with stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_BEFORE)
        message = stage.chat.write(stage.chat.thread(), WORDS)
        await becomes(stage, message, AnswerState.PARKED)
        yield stage
