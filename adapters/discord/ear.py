"""What one connection to the gateway tells is recorded here, in order."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.discord.asking import Asking
from adapters.discord.catching_up import CatchingUp
from adapters.discord.gateway import Gateway
from adapters.discord.hearing import Hearing
from adapters.discord.line import Ended, Frame, Lost, Signal, Skipped
from adapters.discord.listing import Listing
from adapters.discord.trimming import give_back
from adapters.discord.watermark import Watermark
from bridge.model import RawEvent
from bridge.ports import Record

log = logging.getLogger(__name__)

BATCH = 250
"""Frames that are recorded together, at most."""


@dataclass(slots=True)
class Ear:
    """Records what people say: first what was said before the connection began, then what it tells.

    `since` is the watermark from which on.
    """

    gateway: Gateway
    hearing: Hearing
    asking: Asking
    record: Record
    since: str | None
    _mark: Watermark | None = None
    _lost: bool = False
    _in_a_row: int = 0
    _guilds: list[str] = field(default_factory=list)

    async def hear(self) -> None:
        """Work off what the gateway tells until the connection has ended."""
        while True:
            frames, signal = self._at_hand(await self.gateway.line.take())
            await self._recorded(frames)
            self._rest_after(len(frames))
            if isinstance(signal, Ended):
                return
            await self._obey(signal)

    def _rest_after(self, many: int) -> None:
        """Once a burst is worked off, keep nothing of the memory that it took."""
        self._in_a_row += many
        if self.gateway.line.empty():
            if self._in_a_row >= BATCH:
                give_back()
            self._in_a_row = 0

    def _at_hand(self, first: Frame | Signal | None = None) -> tuple[list[Frame], Frame | Signal | None]:
        """Frames that are there already and can be recorded together, and what comes after them that cannot."""
        frames: list[Frame] = []
        while True:
            if first is None and (self.gateway.line.empty() or len(frames) >= BATCH):
                return frames, None
            frame = first or self.gateway.line.take_at_hand()
            if not isinstance(frame, Frame) or frame.name in {"READY", "RESUMED"}:
                return frames, frame
            frames.append(frame)
            first = None

    async def _obey(self, signal: Frame | Signal | None) -> None:
        if isinstance(signal, Lost):
            self._lost = True
            await self.record((), None, False, missed=True)
        elif isinstance(signal, Skipped) and self._mark is not None:
            await self._read_skipped(self._mark)
            await self._caught_up(self._mark)
        elif isinstance(signal, Frame) and signal.name == "READY":
            await self._begin(signal)
        elif isinstance(signal, Frame) and self._lost:  # a session that goes on has told what was missed
            self._lost = False
            await self.record((), self._dumped(), True)

    async def _begin(self, ready: Frame) -> None:
        """The session has begun: whatever was said before is read, and is recorded before what it tells."""
        self._guilds = [str(guild["id"]) for guild in ready.data()["guilds"]]
        mark = self._given()
        if mark is None:
            mark = await self._reading().begin()
        else:
            await self._catch_up(mark)
        self._mark = mark
        await self._caught_up(mark)

    async def _read_skipped(self, mark: Watermark) -> None:
        """More was told than can wait here: it is read like what was said while nobody listened."""
        log.warning("Discord tells more than can be recorded at once: what did not fit in line is read now")
        await self.record((), None, False, missed=True)
        await self._catch_up(mark)

    def _reading(self) -> CatchingUp:
        return CatchingUp(self.asking, Listing(self.asking, self.hearing.places, self._guilds), self.hearing)

    async def _catch_up(self, mark: Watermark) -> None:
        if gap := await self._reading().catch_up(mark, self._past):
            await self.record((), mark.dump(), False, gap=gap)  # which keeps it from being told again

    def _given(self) -> Watermark | None:
        """The watermark that the core has kept for us, unless it was another chat's of the same name."""
        try:
            return None if self.since is None else Watermark.load(self.since)
        except ValueError as error:
            log.warning("%s; what was said on Discord until now is past", error)
            return None

    async def _past(self, raws: Sequence[RawEvent]) -> None:
        await self.record(raws, None, False)

    async def _caught_up(self, mark: Watermark) -> None:
        """What the session has told meanwhile belongs to the past as well."""
        self._lost = False
        while not self.gateway.line.empty():
            frames, signal = self._at_hand()
            await self._recorded(frames)
            if isinstance(signal, Ended):
                self.gateway.line.tell(signal)
                break
            if isinstance(signal, Skipped):
                await self._read_skipped(mark)
            else:
                await self._obey(signal)
        if not self._lost:
            await self.record((), mark.dump(), True)

    async def _recorded(self, frames: Sequence[Frame]) -> None:
        """Record what frames tell, with the watermark that they have moved."""
        raws: list[RawEvent] = []
        for frame in frames:
            data = frame.data()
            told = self.hearing.told(frame, data)
            if told and self._mark is not None and frame.name in {"MESSAGE_CREATE", "MESSAGE_UPDATE"}:
                self._mark.heard(data)
            raws += told
        if raws:
            await self.record(raws, self._dumped(), False)

    def _dumped(self) -> str | None:
        return None if self._mark is None else self._mark.dump()
