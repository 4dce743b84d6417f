"""The double of Slack for tests: what `adapters.slack.double` has, with limits that do not make a test wait.

    async with slack_double() as slack:
        channel, ada = slack.channel("blog"), slack.member("Ada")
        settings = …  # bot_token = slack.token, app_token = slack.app_token, api = slack.api

Its own tests, which hold it to what Slack says of itself, are `tests/contracts/slack/test_double_*.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.slack.double import Double, Person, Problem, running
from adapters.slack.double.time import Clock

__all__ = ["Double", "Person", "Problem", "slack_double"]

PACE = 0.01
"""A minute is six tenths of a second: windows of limits, and the time before an event is tried again."""


@asynccontextmanager
async def slack_double(
    *, clock: Clock | None = None, pace: float = PACE, name: str = "Backchat"
) -> AsyncIterator[Double]:
    """A fresh double, with one workspace and one app."""
    async with running(clock=clock, pace=pace, name=name) as slack:
        yield slack
