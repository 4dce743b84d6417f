"""Listening to Discord: one connection, watched over from the budget of its sessions to the silence that ends it.

discord.py resumes a session by itself as long as Discord lets it; whatever it cannot mend ends here in words, and the
core listens again, with a new client.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine

import aiohttp
import discord

from adapters.discord.api import Api, ApiRefusal, unreached
from adapters.discord.asking import Asking
from adapters.discord.ear import Ear
from adapters.discord.events import NOBODYS
from adapters.discord.gateway import Gateway, Presses, SessionLost, wanted_intents
from adapters.discord.hearing import Hearing
from adapters.discord.identifies import Identifies
from adapters.discord.line import Ended, Lost
from adapters.discord.places import Places
from adapters.discord.settings import Settings
from bridge.chats.rooms import Rooms
from bridge.errors import OpenAgain, Refused, RetryLater, StepError
from bridge.ports import Clock, Record, Surroundings

log = logging.getLogger(__name__)

SILENCE = 300.0
"""Seconds without a word from the gateway, or without a connection to it, after which it is given up."""
AWAY = 30.0
"""Seconds without a connection after which the core is told that it hears nothing; most are mended before."""
LOGIN = 20.0
CLOSING = 5.0
"""Seconds until a connection that does not end politely is cut."""
_TOKEN = 4004
"""https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway-gateway-close-event-codes"""


class Listening:
    """Listens for one chat. `presses` answers what people press."""

    def __init__(
        self, settings: Settings, api: Api, surroundings: Surroundings, rooms: Rooms, presses: Presses
    ) -> None:
        self._settings, self._api, self._rooms, self._presses = settings, api, rooms, presses
        self._clock = surroundings.clock
        self._identifies = Identifies(settings.state / f"discord-{settings.name}-sessions.json", surroundings.clock)
        self._without_words = False
        self.names = NOBODYS
        """The names of channels and roles, as they were heard last."""

    async def listen(self, since: str | None, record: Record) -> None:
        """Record what happens, from the watermark `since` on (None: from now on), until cancelled or disconnected.

        Raises `RetryLater`, `OpenAgain` or `Refused` in words when the connection has ended, and what `record` raises.
        """
        await self._look()
        intents = wanted_intents(words=self._api.reads_content and not self._without_words)
        places = Places(self._rooms, self._api.us.user)
        self.names = places.names
        hearing = Hearing(self._api.us, places, self._settings.mark, self._clock)
        gateway = Gateway(self._clock, intents, hearing.heeds)
        ear = Ear(gateway, hearing, Asking(self._api, self._clock), record, since)
        try:
            await self._log_in(gateway)
            await self._identifies.spend()
            await _first_to_end(
                gateway, ear.hear(), self._connected(gateway), gateway.intake.serve(self._presses.handle, record),
                watch(gateway, self._clock),
            )  # fmt: skip
        finally:
            await _close(gateway)

    async def _look(self) -> None:
        """See what Discord allows before anything is begun."""
        try:
            answer = await self._api.call("GET", "/gateway/bot")
        except ApiRefusal as refusal:
            raise RetryLater(f"Discord does not tell where its gateway is: {refusal.message}") from None
        self._identifies.allow(answer["session_start_limit"])

    async def _log_in(self, gateway: Gateway) -> None:
        try:
            async with asyncio.timeout(LOGIN):
                await gateway.login(self._settings.token)
        except discord.LoginFailure:
            raise self._bad_token() from None
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise unreached(error) from None

    async def _connected(self, gateway: Gateway) -> None:
        """Stay connected, as long as discord.py can; raises in words why it cannot any more."""
        try:
            await gateway.connect()
        except StepError:
            raise
        except SessionLost:
            raise RetryLater("Discord has ended the session: what was said meanwhile is read anew", 0.0) from None
        except discord.PrivilegedIntentsRequired:
            self._without_words = True
            raise OpenAgain(
                "Discord shows the bot no words any more that are not to it, and Backchat goes on without them:"
                " switch on Message Content Intent in the developer portal, under Bot, and start Backchat anew",
                0.0,
            ) from None
        except discord.ConnectionClosed as closed:
            if closed.code == _TOKEN:
                raise self._bad_token() from None
            raise RetryLater(f"Discord's gateway closed the connection ({closed.code})") from None
        except Exception as error:  # what a parser of discord.py's cannot bear ends its connection, and nothing else
            log.warning("discord.py could not go on after what Discord's gateway sent", exc_info=error)
            raise RetryLater(f"discord.py cannot read what Discord's gateway sent ({type(error).__name__})") from None
        finally:
            gateway.line.tell(Ended())
        raise RetryLater("Discord's gateway closed the connection")

    def _bad_token(self) -> Refused:
        return Refused(
            f"Discord does not accept the bot's token (chats.{self._settings.name}.token): make a new one in Discord's"
            " developer portal, under Bot, and put it where the configuration points"
        )


async def watch(gateway: Gateway, clock: Clock) -> None:
    """Notice that nothing comes any more. Raises `RetryLater` once it has lasted.

    discord.py goes on for ever with an address for resuming that is dead (https://github.com/Rapptz/discord.py/issues/10511).
    """
    told = False
    while True:
        quiet = clock.now() - (gateway.heard_at if gateway.connected else gateway.gone_at)
        if quiet >= SILENCE:
            raise RetryLater(f"nothing was heard of Discord's gateway for {SILENCE / 60:.0f} minutes", 0.0)
        if gateway.connected:
            told = False
        elif quiet >= AWAY and not told:
            told = True
            gateway.line.tell(Lost())
        await clock.wait(min(AWAY, SILENCE - quiet))


async def _first_to_end(
    gateway: Gateway, hearing: Coroutine[None, None, None], *others: Coroutine[None, None, None]
) -> None:
    """Run them all until one ends, and end as that one; what was told until then is still heard."""
    tasks = [asyncio.create_task(job) for job in (hearing, *others)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        ended = [task for task in tasks if task.done()]
        if tasks[1] in ended:
            await asyncio.wait(tasks[:1], timeout=CLOSING)
            ended = [task for task in tasks if task.done()]
    finally:
        await _close(gateway)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in ended:
        task.result()


async def _close(gateway: Gateway) -> None:
    """Close a connection politely, so that discord.py's thread and its sockets end with it; else cut it.

    Whoever waits for discord.py's closing itself once it was cut short is cancelled with it, and so is not done here.
    """
    closing = asyncio.ensure_future(gateway.close())
    _, late = await asyncio.wait({closing}, timeout=CLOSING)
    if late:
        closing.cancel()
        await gateway.http.close()
    (ended,) = await asyncio.gather(closing, return_exceptions=True)
    if isinstance(ended, Exception):
        log.warning("the connection to Discord's gateway did not close politely: %r", ended)
