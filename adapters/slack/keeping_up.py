"""Missing nothing: what was said while nothing could come is read, each time that the line came up and now and then.

Slack tells of an event four times within six minutes, and then never again.
https://docs.slack.dev/apis/events-api/#error-handling
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.slack.api import Api, ApiRefusal
from adapters.slack.catching_up import CatchingUp
from adapters.slack.line import Line
from adapters.slack.watermark import Watermark
from bridge.errors import OpenAgain, RetryLater
from bridge.model import RawEvent
from bridge.ports import Record

log = logging.getLogger(__name__)

BEAT = 60.0
"""Seconds between two looks at how things stand, and between two marks of how far was heard."""
LATE = 600.0
"""Seconds after which Slack tells of an event no more: what was said before that has come, if it was to come."""
GHOSTLY = 300.0
"""Seconds between two readings while part of what Slack tells goes where nobody hears it."""
DAY = 86_400.0
"""Seconds between two readings though nothing seems to be lacking."""
HOUR = 3600.0
"""The same where we cannot see whether Slack gets through to us: what it tried in vain for six minutes is lost."""
BEGINNING = 0.5
"""Seconds for which an event waits until it is known what is past; Slack waits for three, for all that it takes."""
TRY_AGAIN = 30.0
"""Seconds until what could not be read is tried again, where Slack does not say when."""


@dataclass(slots=True, eq=False)
class KeepingUp:
    """Reads what could not come, from the watermark `since` on (None: from now on).

    `api` tells when we ourselves said something last, of which Slack has to tell us like of everything else. `lacking`
    is set where something was said of which it did not tell us.
    """

    catching_up: CatchingUp
    line: Line
    api: Api
    lacking: asyncio.Event
    record: Record
    since: str | None
    _floor: int = 0
    _begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def floor(self) -> int:
        """What is older, or as old, counts for nothing. Raises `RetryLater` while that is not known."""
        try:
            async with asyncio.timeout(BEGINNING):
                await self._begun.wait()
        except TimeoutError:
            raise RetryLater("it is not known yet from when on Backchat listens") from None
        return self._floor

    async def run(self) -> None:
        """Read whenever something may be lacking, for ever. Raises what the reading raises that no waiting mends."""
        mark = self._given()
        if mark is not None:
            self._from(mark)
        while True:
            await self._until_up()
            times, self.line.doubtful = self.line.times, False
            self.lacking.clear()
            try:
                mark, gap = await self._read(mark)
            except OpenAgain:
                raise
            except (ApiRefusal, RetryLater) as error:
                await self._put_off(error)
                continue
            all_is_well = self.line.up and self.line.times == times
            await self.record((), mark.dump(), all_is_well, gap=gap)
            if all_is_well:
                await self._while_well(mark, times)

    async def _put_off(self, error: ApiRefusal | RetryLater) -> None:
        """Wait until it is tried again; what comes meanwhile is heard."""
        asked = error.after if isinstance(error, RetryLater) else None
        wait = TRY_AGAIN if asked is None else asked
        log.warning("what was said meanwhile on Slack cannot be read yet, and is tried in %.0f s: %s", wait, error)
        await self.api.clock.wait(wait)

    def _from(self, mark: Watermark) -> None:
        self._floor = mark.floor
        self._begun.set()

    def _given(self) -> Watermark | None:
        """The watermark that the core has kept for us, unless it was another chat's of the same name."""
        try:
            return None if self.since is None else Watermark.load(self.since)
        except ValueError as error:
            log.warning("%s; what was said on Slack until now is past", error)
            return None

    async def _read(self, mark: Watermark | None) -> tuple[Watermark, int]:
        """Read from where it was read the last time on; the watermark, and how many places could not be read.

        What was heard since moves the watermark by nothing: Slack may have lost something before it, unnoticed.
        """
        if mark is None:
            mark, gap = await self.catching_up.begin(), 0
            self._from(mark)
        else:
            gap = await self.catching_up.catch_up(mark, self._past)
        return mark, gap

    async def _past(self, raws: Sequence[RawEvent]) -> None:
        await self.record(raws, None, False)

    async def _until_up(self) -> None:
        while not self.line.up:
            self.line.turned.clear()
            await self.api.clock.wait(None, self.line.turned)

    async def _while_well(self, mark: Watermark, times: int) -> None:
        """Return when something must be read again; until then, note from time to time that all has come."""
        read = marked = self.api.clock.now()
        while self.line.times == times:
            self.line.turned.clear()
            await self.api.clock.wait(BEAT, self.line.turned)
            now = self.api.clock.now()
            self._listen_for_echoes(now)
            if now - read >= self._patience():
                return
            if now - marked >= BEAT and self.line.up and not self.line.doubtful:
                marked = now
                await self._mark(mark)

    async def _mark(self, mark: Watermark) -> None:
        """Note which messages were heard, and look into some of the threads that wait for that."""
        gap = await self._later(mark) if mark.waiting else 0
        await self.record((), mark.dump(), False, gap=gap)

    async def _later(self, mark: Watermark) -> int:
        try:
            return await self.catching_up.read_on(mark, self._past)
        except OpenAgain:
            raise
        except (ApiRefusal, RetryLater) as error:
            log.info("older threads on Slack are looked through later: %s", error)
            return 0

    def _listen_for_echoes(self, now: float) -> None:
        """Raises `RetryLater` where Slack takes what we say and tells nothing (slackapi/bolt-python#417)."""
        said = self.api.said_at
        if said is None or not self.line.up or said < self.line.since or now - said < LATE:
            return
        if said <= (self.line.heard_at or 0.0):
            return
        self.line.mute = True
        raise RetryLater(
            "Slack takes what Backchat says, but has told nothing of it for ten minutes, nor of anything else:"
            " `backchat doctor` says whether the app may hear, and what is said there is read every ten minutes",
            0.0,
        )

    def _patience(self) -> float:
        """Seconds between two readings, as things stand."""
        if self.line.doubtful or self.lacking.is_set():
            return BEAT
        if self.line.mute:
            return LATE
        if self.line.ghosts:
            return GHOSTLY
        return HOUR if self.line.blind else DAY
