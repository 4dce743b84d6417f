"""Who people are, and what channels are called: asked of Slack once, and then remembered for a while.

https://docs.slack.dev/reference/objects/user-object
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from adapters.slack.api import Api, ApiRefusal
from adapters.slack.ids import person_id
from adapters.slack.markup import Mentioned, Names
from bridge.errors import RetryLater
from bridge.model import Writer

log = logging.getLogger(__name__)

SOMEBODY = "somebody"
KNOWN = 5_000
"""People and channels that are remembered."""
FRESH = 86_400.0
"""Seconds for which a name is believed: Slack tells of new ones, but not while nobody listens."""
AGAIN = 60.0
"""Seconds until somebody of whom Slack told nothing is asked for again."""
AT_A_TIME = 50
"""People and channels that are asked for because of one message: anybody can mention thousands."""
PAGE = 200
PAGES = 10
"""Pages of members that are read at start, for their names."""
ELSEWHERE = "?"
"""The workspace of whoever Slack knows nothing of: on nobody's list."""
SLACKS_OWN = frozenset({"Slackbot"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of somebody, or of a channel; no name where Slack told none. `until`: how long it is believed.

    `more`: what else Slack calls them, as its readers may choose to see.
    """

    name: str | None
    team: str | None
    until: float
    more: frozenset[str] = frozenset()
    ours: bool = False
    """Whether an organisation of several workspaces (Enterprise Grid) has them in ours, whichever else Slack names."""


class UnknownTeam(RetryLater):
    """Slack does not say now of which workspace somebody is, so that nobody can tell whether they may speak."""


class People:
    """The people of a workspace and its guests, as far as anybody asked for them."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._people: OrderedDict[str, _Known] = OrderedDict()
        self._channels: OrderedDict[str, _Known] = OrderedDict()
        self._asking: dict[tuple[str, str], asyncio.Task[None]] = {}

    async def writer(self, user: str, team: str | None, *, within: float | None = None) -> Writer:
        """Who somebody is. `team`: their workspace, where it is known.

        `within`: seconds after which a name that Slack has not told stays unknown. Raises `UnknownTeam`.
        """
        await self._ask([("people", user)], within)
        known = self._people.get(user)
        if known is not None and (team is None or known.ours):
            team = known.team
        if team is None:
            raise UnknownTeam("Slack does not tell now who somebody is")
        name = SOMEBODY if known is None or known.name is None else known.name
        return Writer(person_id(user, team, self._api.us), name)

    async def names(self, mentioned: Mentioned, *, within: float | None = None) -> Names:
        """The names of who and what is mentioned, as far as Slack tells them; only some are asked for at a time."""
        await self._ask([*_each("people", mentioned.people), *_each("channels", mentioned.channels)], within)
        return Names(_named(self._people, mentioned.people), _named(self._channels, mentioned.channels))

    def taken(self) -> frozenset[str]:
        """The names of people here, as far as they are known: nobody else is to be shown under one of them."""
        return SLACKS_OWN.union(*(one.more for one in self._people.values()))

    def learn(self, user: Mapping[str, Any]) -> None:
        """Slack tells of somebody."""
        if isinstance(user.get("id"), str):
            self._met(user["id"], user)

    def called(self, channel: str, name: str) -> None:
        """Slack tells what a channel is called; "" where it has no name."""
        self._note(self._channels, channel, _Known(name or None, None, self._api.clock.now() + FRESH))

    async def fill(self) -> None:
        """Learn the members' names. What cannot be read stays unknown, until somebody of them writes."""
        cursor: str | None = None
        for _ in range(PAGES):
            try:
                page = await self._api.call("users.list", limit=PAGE, cursor=cursor)
            except (ApiRefusal, RetryLater) as error:
                log.info("the members' names cannot be read now: %s", error)
                return
            for member in page.get("members") or ():
                if not member.get("deleted"):
                    self.learn(member)
            cursor = str((page.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return

    async def _ask(self, whom: Iterable[tuple[str, str]], within: float | None) -> None:
        """Ask for all of these who are not known, at once; those that take longer become known later."""
        unknown = [one for one in whom if not self._is_known(*one)]
        tasks = [self._asked(*one) for one in unknown[:AT_A_TIME]]
        if tasks:
            await in_time(asyncio.wait(tasks), within, self._api)

    def _is_known(self, kind: str, id: str) -> bool:
        known = (self._people if kind == "people" else self._channels).get(id)
        return known is not None and known.until > self._api.clock.now()

    def _asked(self, kind: str, id: str) -> asyncio.Task[None]:
        task = self._asking.get((kind, id))
        if task is None:
            look: Callable[[str], Awaitable[None]] = self._person if kind == "people" else self._channel
            task = asyncio.ensure_future(look(id))
            self._asking[kind, id] = task
            task.add_done_callback(lambda _: self._asking.pop((kind, id), None))
        return task

    async def _person(self, id: str) -> None:
        try:
            self._met(id, (await self._api.call("users.info", user=id)).get("user") or {})
        except (ApiRefusal, RetryLater) as error:
            self._unknown(self._people, id, error)

    async def _channel(self, id: str) -> None:
        try:
            channel = (await self._api.call("conversations.info", channel=id)).get("channel") or {}
            self.called(id, str(channel.get("name") or ""))
        except (ApiRefusal, RetryLater) as error:
            self._unknown(self._channels, id, error)

    def _unknown(self, among: OrderedDict[str, _Known], id: str, error: Exception) -> None:
        """Nothing could be learnt: what was known is believed a while longer."""
        log.info("Slack does not tell who or what %s is: %s", id, error)
        later, before = isinstance(error, RetryLater), among.get(id)
        until = self._api.clock.now() + (AGAIN if later else FRESH)
        nobody = _Known(None, None if later else ELSEWHERE, until)
        self._note(among, id, nobody if before is None else replace(before, until=until))

    def _met(self, id: str, user: Mapping[str, Any]) -> None:
        names = _names(user)
        until = self._api.clock.now() + FRESH
        ours = _is_in(self._api.us.team, user)
        team = self._api.us.team if ours else str(user.get("team_id") or "") or None
        self._note(self._people, id, _Known(next(iter(names), None), team, until, frozenset(names), ours))

    def _note(self, among: OrderedDict[str, _Known], id: str, known: _Known) -> None:
        among[id] = known
        among.move_to_end(id)
        while len(among) > KNOWN:
            among.popitem(last=False)

    async def close(self) -> None:
        """Ask nobody any more."""
        tasks = list(self._asking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def in_time(work: Awaitable[T], within: float | None, api: Api) -> T | None:
    """What the work comes to within so many seconds of the clock; None where it takes longer."""
    doing = asyncio.ensure_future(work)
    patience = asyncio.ensure_future(api.clock.wait(within))
    try:
        await asyncio.wait([doing, patience], return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else None
    finally:
        doing.cancel()
        patience.cancel()
        await asyncio.gather(doing, patience, return_exceptions=True)


def _names(user: Mapping[str, Any]) -> list[str]:
    """What people call somebody in Slack: the display name, else the real one; and what else it may show of them."""
    profile = user.get("profile") or {}
    found = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"))
    return [str(name) for name in found if name] or [str(user.get("name"))] * bool(user.get("name"))


def _is_in(team: str, user: Mapping[str, Any]) -> bool:
    """Whether somebody's organisation has them in this workspace; nobody of another organisation is."""
    teams = (user.get("enterprise_user") or {}).get("teams")
    return isinstance(teams, list) and team in teams and not user.get("is_stranger")


def _each(kind: str, ids: Iterable[str]) -> list[tuple[str, str]]:
    return [(kind, id) for id in sorted(ids)]


def _named(known: Mapping[str, _Known], ids: Iterable[str]) -> dict[str, str]:
    return {id: one.name for id in ids if (one := known.get(id)) is not None and one.name is not None}
