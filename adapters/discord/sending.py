"""One request through discord.py's HTTP client, sent a second time only after a 429, and given back once answered.

discord.py keeps the rate limits as Discord's headers say, and that is why we ask through it. Two things that it does
beyond that are taken back here: it repeats what was answered by 500, 502, 504 or 524, which for a request that creates
something can be a second effect; and it gives an answer back only after the pause that the next request has to make.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import aiohttp
import discord
from discord.http import Route

from adapters.discord.idle_limits import EVERY, forget_idle

AT_ONCE = 16
"""Requests that may be out at the same time."""
A_SECOND = 40
"""Requests that are sent within a second: Discord takes 50 of a bot, interactions not counted."""
LONGEST = 20.0
"""Seconds until we give a request up: before the core does, which could not tell whether it had left us."""
KEEPS = 30.0
"""Seconds of rest that discord.py keeps by itself; a longer one it forgets (`max_ratelimit_timeout`)."""
NO_CONTENT = 204
GRACE = 0.05
"""Seconds that discord.py has to note the limits that came with an answer, before the answer is taken without it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Discord answered: a status, and the body as it came."""

    status: int
    headers: Any
    body: bytes

    def decoded(self) -> Any:
        """The body's JSON; its text where it is none."""
        try:
            return json.loads(self.body) if self.body else None
        except ValueError:
            return self.body.decode(errors="replace")

    @property
    def legible(self) -> bool:
        """Whether it is what Discord answers where all is well: JSON, or, with 204, nothing."""
        return self.status == NO_CONTENT or isinstance(self.decoded(), dict | list)

    @property
    def rest(self) -> float:
        """Seconds until Discord takes another request of this kind; 0 while it takes some more."""
        try:
            used_up = int(self.headers.get("X-RateLimit-Remaining", 1)) <= 0
            return float(self.headers.get("X-RateLimit-Reset-After", 0.0)) if used_up else 0.0
        except ValueError:
            return 0.0

    @property
    def again_in(self) -> float:
        """Seconds that a 429 asks us to wait."""
        body = self.decoded()
        return float(body.get("retry_after") or 0.0) if isinstance(body, dict) else 0.0

    @property
    def passing(self) -> bool:
        """Whether it is a 429 of a rate limit, which discord.py waits for. Others have a code that tells of a rule."""
        body = self.decoded() if self.status == 429 and not self.stranger else {}
        return isinstance(body, dict) and "retry_after" in body and not body.get("code")

    @property
    def of_all(self) -> bool:
        """Whether a 429 is of the limit of the whole bot, which lets nothing else through meanwhile."""
        body = self.decoded()
        return isinstance(body, dict) and bool(body.get("global"))

    @property
    def stranger(self) -> bool:
        """Whether a 429 came from somebody before Discord (Cloudflare), who knows of no limits."""
        return self.status == 429 and (not self.headers.get("Via") or not isinstance(self.decoded(), dict))


class Unanswered(Exception):
    """No answer came in time. `sent`: the request had left us, and may have done its work; `after`: when to come back.

    Where it had not left, it waited for its turn among those that Discord takes.
    """

    def __init__(self, *, sent: bool, after: float | None = None) -> None:
        super().__init__()
        self.sent, self.after = sent, after


class _Twice(Exception):
    """discord.py was about to send something again whose first sending may have done its work."""


@dataclass(slots=True)
class _Try:
    """How far a request has come."""

    answered: asyncio.Future[Answer]
    sent: bool = False
    """It has left us, and was not answered by a 429 since."""
    wired: bool = False
    """So has what is to be sent only once, over a connection that stood."""
    holds: bool = False
    """It has one of the places of those that are out."""
    keeps_all: bool = False
    """All others wait for its end: it was answered by the limit of the whole bot, and discord.py rests in its name."""
    given_up: bool = False
    """Nobody wants it any more, so that it is not sent once its rest is over."""
    head: aiohttp.ClientResponse | None = None
    again_at: float = 0.0


_trying: ContextVar[_Try | None] = ContextVar("trying", default=None)


@dataclass(slots=True)
class Sender:
    """Sends for one client, whose `http_trace` must be `trace()`."""

    patience: float = LONGEST
    """Seconds until a request is given up."""
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _starts: deque[float] = field(default_factory=lambda: deque(maxlen=A_SECOND))
    _resting: set[asyncio.Task[Any]] = field(default_factory=set)
    _sent: int = 0

    def trace(self) -> aiohttp.TraceConfig:
        """What watches the client's session, each request in the context of the call that made it."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._start)
        trace.on_request_headers_sent.append(self._leaves)
        trace.on_request_end.append(self._head)
        trace.on_response_chunk_received.append(self._body)
        trace.on_request_exception.append(self._broke)
        return trace

    async def send(self, client: discord.Client, route: Route, more: dict[str, Any]) -> Answer:
        """What Discord answered, refusals included.

        Raises `Unanswered`, `discord.RateLimited` where a limit lasts longer than we wait, and what aiohttp raises.
        """
        self._sent += 1
        if self._sent % EVERY == 0:
            forget_idle(client)
        trying = _Try(asyncio.get_running_loop().create_future())
        token = _trying.set(trying)
        try:
            task = asyncio.create_task(client.http.request(route, **more))
        finally:
            _trying.reset(token)
        self._resting.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, trying))
        try:
            async with asyncio.timeout(self.patience):
                return await _first(task, trying)
        except _Twice:
            raise Unanswered(sent=True) from None
        except TimeoutError:
            _give_up(task, trying)
            wait = trying.again_at - asyncio.get_running_loop().time()
            raise Unanswered(sent=trying.sent, after=max(wait, 1.0)) from None
        except asyncio.CancelledError:
            _give_up(task, trying)
            if _is_wanted():  # it is not us who were cancelled, but the client was closed
                raise Unanswered(sent=trying.sent) from None
            raise

    async def close(self) -> None:
        """End what only waits for a limit to pass."""
        for task in list(self._resting):
            task.cancel()
        await asyncio.gather(*self._resting, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Any], trying: _Try) -> None:
        self._resting.discard(task)
        self._leave(trying)
        if not task.cancelled():
            task.exception()  # seen, so that nobody is told of one that was not waited for

    def _leave(self, trying: _Try) -> None:
        if trying.holds:
            trying.holds = False
            self._places.release()

    # --- As aiohttp goes through a request --------------------------------------------------------------------

    async def _start(self, session: object, context: SimpleNamespace, about: object) -> None:
        trying = _trying.get()
        if trying is None:
            return
        if trying.sent or trying.given_up:
            raise _Twice
        trying.keeps_all = False
        await self._places.acquire()
        trying.holds = True
        await self._turn()
        trying.sent, trying.wired = True, False

    async def _leaves(
        self, session: object, context: SimpleNamespace, about: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        """aiohttp, too, sends a PUT or DELETE again whose connection broke: the first one may still be carried out."""
        trying = _trying.get()
        if trying is None or about.method == "GET":
            return
        if trying.wired:
            raise _Twice
        trying.wired = True

    async def _turn(self) -> None:
        """Wait until fewer than `A_SECOND` requests were begun within the last second."""
        now = asyncio.get_running_loop().time()
        turn = max(now, self._starts[0] + 1.0) if len(self._starts) == A_SECOND else now
        self._starts.append(turn)
        if turn > now:
            await asyncio.sleep(turn - now)

    async def _head(self, session: object, context: SimpleNamespace, about: aiohttp.TraceRequestEndParams) -> None:
        trying = _trying.get()
        if trying is not None:
            trying.head = about.response
            self._leave(trying)

    async def _body(
        self, session: object, context: SimpleNamespace, about: aiohttp.TraceResponseChunkReceivedParams
    ) -> None:
        trying = _trying.get()
        if trying is None or trying.head is None or trying.answered.done():
            return
        answer = Answer(trying.head.status, trying.head.headers, about.chunk)
        if answer.passing:
            trying.sent, trying.keeps_all = False, answer.of_all
            trying.again_at = asyncio.get_running_loop().time() + answer.again_in
        else:
            trying.answered.set_result(answer)

    async def _broke(self, session: object, context: SimpleNamespace, about: object) -> None:
        trying = _trying.get()
        if trying is not None:
            self._leave(trying)


def _give_up(task: asyncio.Task[Any], trying: _Try) -> None:
    """End what nobody waits for any more.

    discord.py lets everybody else go on only when the rest after the limit of the whole bot is over: that one is not
    cut short, or nothing would ever be sent again, but it sends nothing afterwards.
    """
    trying.given_up = True
    if not trying.keeps_all:
        task.cancel()


def _is_wanted() -> bool:
    """Whether nobody has cancelled what runs here."""
    running = asyncio.current_task()
    return running is not None and not running.cancelling()


async def _first(task: asyncio.Task[Any], trying: _Try) -> Answer:
    """The answer, as soon as discord.py has noted what came with it, or is only waiting for itself."""
    await asyncio.wait({task, trying.answered}, return_when=asyncio.FIRST_COMPLETED)
    if trying.answered.done():
        await asyncio.wait({task}, timeout=GRACE)
        answer = trying.answered.result()
        if answer.status >= 400:
            task.cancel()  # an error is ours to judge
        return answer
    await task  # it failed
    raise AssertionError("discord.py gave an answer back that it had not read")
