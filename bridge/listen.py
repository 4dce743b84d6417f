"""The loops that record what happens in the chats, and work the records off in the platform's order per thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from bridge import answers as lives
from bridge import logs
from bridge.errors import LedgerError, RetryLater, StepError
from bridge.heard import judge_event
from bridge.house import House, OpenChat
from bridge.ledger import inbox
from bridge.model import RawEvent
from bridge.outcome import pause
from bridge.ports import Row, Tx

log = logging.getLogger("backchat.listen")

BATCH = 100
"""How many threads' first events are judged between two looks at the inbox."""
IN_A_ROW = 20
"""How many events of one thread are judged before the others have their turn."""
IDLE = 30.0


@dataclass(slots=True)
class Listen:
    """Records one chat's events, reconnecting for ever."""

    house: House
    chat: OpenChat
    _failures: int = 0

    async def run(self) -> None:
        """Listen from the stored watermark on; when it ended, however it ended, again with growing pauses."""
        while True:
            self.house.pulse.beat(f"listen {self.chat.name}")
            self.chat.wake.clear()
            connection = await self.house.ledger.transact(lambda tx: _fresh(tx, self.chat.name))
            try:
                self.chat.opened()
                self.house.pulse.rest(f"listen {self.chat.name}")  # until the chat brings something, or goes away
                await self.chat.adapter.listen(connection["watermark"], self._record)
                error: StepError = RetryLater("the connection was closed")
            except StepError as failure:
                log.warning("%s cannot be heard: %s", self.chat.name, failure)
                error = failure
            except LedgerError:
                raise
            except asyncio.CancelledError as failure:
                if _stopping():
                    raise
                log.exception("what %s waited for was cancelled, and nobody had asked for that", self.chat.name)
                error = RetryLater(f"Backchat itself failed here ({failure!r}); its log says how")
            except Exception as failure:  # a fault of ours in one chat must not end the others
                log.exception("listening to %s failed through a fault of ours", self.chat.name)
                error = RetryLater(f"Backchat itself failed here ({failure!r}); its log says how")
            await self.house.ledger.transact(partial(_deaf, self.chat.name, error.reason))
            asked = error.after if isinstance(error, RetryLater) else None
            wait = pause(self._failures) if asked is None else asked
            self.chat.learn(error)
            self.house.pulse.count("disconnection", self.chat.name)
            self.house.pulse.beat(f"listen {self.chat.name}", wait)
            await self.house.clock.wait(wait, self.chat.wake)
            self._failures += 1

    async def _record(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        if caught_up and self._failures:
            log.info("%s is heard again, and nothing of what could be read is lacking", self.chat.name)
            self._failures = 0
        if gap:
            many = f"{gap} messages" if gap > 1 else "1 message"
            log.warning("%s: at least %s could not be read, and will not be answered", self.chat.name, many)
        with self.house.pulse.working(f"record {self.chat.name}", 0):
            await self.house.ledger.transact(
                partial(record_events, self.house, self.chat.name, events, watermark, caught_up, missed, gap)
            )


@dataclass(slots=True)
class Inbox:
    """Works the inbox off: chat events, and requests from the command line."""

    house: House
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Judge what is recorded, for ever."""
        self.house.ledger.wake_on("inbox", self._wake)
        self.ready.set()
        while True:
            self._wake.clear()
            self.house.pulse.beat("inbox")
            wait = await self.work()
            self.house.pulse.beat("inbox", wait)
            await self.house.clock.wait(wait, self._wake)

    async def granted(self) -> None:
        """Grant what was asked for while nobody ran: a blog that was paused then is not even read once."""
        for row in await self.house.ledger.transact(inbox.ungranted):
            await self._judge(row)

    async def work(self) -> float:
        """Judge every event that can be judged now; seconds until one that waits can be looked at again."""
        while True:
            now = self.house.clock.now()
            heads = await self.house.ledger.transact(lambda tx: inbox.heads(tx, BATCH))
            due = [row for row in heads if row["not_before"] <= now]
            if not due:
                return min((row["not_before"] - now for row in heads), default=IDLE)
            for row in due:
                await self._judge_on(row, now)

    async def _judge_on(self, row: Row, now: float) -> None:
        """Judge some events of one thread: to look for it again after each would be quadratic where many wait."""
        following: Row | None = row
        for _ in range(IN_A_ROW):
            if following is None or following["not_before"] > now:
                break
            following = await self._judge(following)

    async def _judge(self, row: Row) -> Row | None:
        """Judge one event; its thread's next one."""
        self.house.pulse.beat("inbox")
        try:
            return await self.house.ledger.transact(partial(judge_event, self.house, row["id"]))
        except LedgerError:
            raise
        except Exception as error:  # a fault of ours in one event parks that event, and the others go on
            with logs.about(chat=row["chat"], thread=row["thread"]):
                log.exception("event %s of %s failed through a fault of ours", row["event_id"], row["chat"])
            reason = f"Backchat itself failed here: {error!r}"
            await self.house.ledger.transact(lambda tx: inbox.park(tx, row["id"], reason))
            return None


def _stopping() -> bool:
    """Whether the loop that runs here was told to end."""
    running = asyncio.current_task()
    return running is None or running.cancelling() > 0


def record_events(
    house: House, chat: str, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, missed: bool, gap: int,
    tx: Tx,
) -> None:  # fmt: skip
    """Keep events as they came. Once this has returned they are durable, and may be acknowledged."""
    if missed:
        inbox.lost(tx, chat)
    if gap:
        inbox.missed(tx, chat, gap)
    known, now = inbox.connection(tx, chat)["caught_up"] == house.ledger.run, house.clock.now()
    inbox.record(tx, chat, events, watermark, house.ledger.run if caught_up else 0, now)
    if caught_up:
        tx.tell("lanes")
    if caught_up and not known and not house.chat(chat).opened().limits.tells_past:
        lives.recheck(tx, chat, now)


def _fresh(tx: Tx, chat: str) -> Row:
    inbox.lost(tx, chat)
    return inbox.connection(tx, chat)


def _deaf(chat: str, reason: str, tx: Tx) -> None:
    """From now on people may write what we do not hear."""
    inbox.lost(tx, chat)
    inbox.failed(tx, chat, reason)
