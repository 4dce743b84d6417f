"""What `backchat doctor` looks at: the configuration, the ledger, every adapter live, every route. Changes nothing."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bridge.clock import WallClock
from bridge.config import BlogSettings, ChatSettings, Settings, load
from bridge.errors import ConfigError, LedgerError, Refused, StepError
from bridge.house import lacking, tell
from bridge.model import Finding, Place, Relay, Route
from bridge.office import FileOffice
from bridge.ports import BlogAbility, BlogReady, ChatReady, Examines

LONGEST_LOOK = 60.0
"""Seconds that one adapter gets to be opened and examined."""

log = logging.getLogger(__name__)
Ready = TypeVar("Ready", BlogReady, ChatReady)


@dataclass(frozen=True, slots=True)
class Examined:
    """What was found out about one thing: `about` names it, `remarks` are worth knowing and no fault."""

    about: str
    findings: tuple[Finding, ...]
    remarks: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing about it needs a person."""
        return all(finding.good for finding in self.findings)


async def examined(path: Path) -> AsyncIterator[Examined]:
    """Look at everything that a configuration names, one thing after the other."""
    try:
        settings = await asyncio.to_thread(load, path, WallClock(), looking=True)
    except ConfigError as error:
        yield Examined("configuration", tuple(_problem(problem) for problem in error.problems))
        return
    yield Examined("configuration", (Finding(f"{path} is in order", good=True),))
    yield await _ledger(settings)
    blogs: dict[str, BlogReady] = {}
    chats: dict[str, ChatReady] = {}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(settings.connections)
        for blog in settings.blogs:
            yield await _blog(blog, blogs)
        for chat in settings.chats:
            tell(chat.name, chat.adapter, settings.routes, ())
            yield await _chat(chat, chats)
    for route in settings.routes:
        yield _route(route, blogs.get(route.blog), chats)


def _problem(words: str) -> Finding:
    """A problem's sentence names its remedy after the last colon, where it has one."""
    what, colon, remedy = words.rpartition(": ")
    return Finding(what, good=False, remedy=remedy) if colon else Finding(words, good=False)


# --- Ledger -----------------------------------------------------------------------------------------------------------


async def _ledger(settings: Settings) -> Examined:
    findings = [await asyncio.to_thread(_folder, settings.state)]
    if not await asyncio.to_thread(settings.ledger.exists):
        return Examined("ledger", (*findings, Finding("there is none yet: `backchat run` makes it", good=True)))
    try:
        overview = await FileOffice(settings.ledger).overview()
    except LedgerError as error:
        remedy = "docs/operations.md says how to put a backup back"
        return Examined("ledger", (*findings, Finding(str(error), good=False, remedy=remedy)))
    findings.append(Finding(f"{settings.ledger} can be read", good=True))
    for blog in overview.blogs:
        if blog.paused:
            remedy = f"run `backchat resume {blog.name}`"
            findings.append(Finding(f"the blog {blog.name} is paused: {blog.paused}", good=False, remedy=remedy))
    if overview.parked:
        what = f"{len(overview.parked)} things are parked or refused, and wait for you"
        findings.append(Finding(what, good=False, remedy="look at `backchat parked list`"))
    return Examined("ledger", tuple(findings))


def _folder(state: Path) -> Finding:
    there = next((folder for folder in (state, *state.parents) if folder.exists()), Path("/"))
    if not there.is_dir():
        return Finding(f"{there} is a file, and no folder", good=False, remedy="move it away, or set backchat.state")
    if os.access(there, os.W_OK | os.X_OK):
        return Finding(f"the state folder {state} can be written", good=True)
    remedy = f"give this user the right to write in {there}, or set backchat.state"
    return Finding(f"the state folder {state} cannot be written", good=False, remedy=remedy)


# --- Adapters ---------------------------------------------------------------------------------------------------------


async def _blog(blog: BlogSettings, opened: dict[str, BlogReady]) -> Examined:
    def note(ready: BlogReady) -> None:
        opened[blog.name] = ready

    return await _adapter(f"blog {blog.name}", blog.adapter, blog.adapter.open, note)


async def _chat(chat: ChatSettings, opened: dict[str, ChatReady]) -> Examined:
    def note(ready: ChatReady) -> None:
        opened[chat.name] = ready

    return await _adapter(f"chat {chat.name}", chat.adapter, chat.adapter.open, note)


async def _adapter(
    about: str,
    adapter: object,
    open_: Callable[[AsyncExitStack], Awaitable[Ready]],
    note: Callable[[Ready], None],
) -> Examined:
    """Open an adapter, ask it what it has to say, and close it again."""
    findings: list[Finding] = []
    remarks: tuple[str, ...] = ()
    try:
        async with asyncio.timeout(LONGEST_LOOK), AsyncExitStack() as stack:
            ready = await open_(stack)
            note(ready)
            findings.append(_opens(ready))
            remarks = ready.remarks
            if isinstance(adapter, Examines):
                findings += await adapter.examine()
    except Refused as error:
        findings.append(_refused(about, error.reason))
    except StepError as error:
        remedy = f"see that it runs, and that {_table(about)} says rightly where"
        findings.append(_failed(f"it cannot be opened now: {error.reason}", remedy))
    except TimeoutError:
        findings.append(_failed(f"it did not answer within {LONGEST_LOOK:.0f} s", "try again, and look at the network"))
    except Exception as error:
        log.exception("%s cannot be examined through a fault of ours", about)
        findings.append(_failed(f"a fault of the adapter: {error!r}", "tell those who made the adapter"))
    return Examined(about, tuple(findings), remarks)


def _refused(about: str, reason: str) -> Finding:
    """What is refused is mostly told with its remedy, behind a colon."""
    what, colon, remedy = reason.rpartition(": ")
    return _failed(f"it cannot be opened: {what if colon else reason}", remedy if colon else f"mend {_table(about)}")


def _table(about: str) -> str:
    group, _, name = about.partition(" ")
    return f"[{group}s.{name}]"


def _opens(ready: BlogReady | ChatReady) -> Finding:
    able = ", ".join(sorted(ready.abilities)) or "nothing beyond reading"
    return Finding(f"it opens; it can: {able}; guarantee: {ready.guarantee}", good=True)


def _failed(what: str, remedy: str) -> Finding:
    return Finding(what, good=False, remedy=remedy)


# --- Routes -----------------------------------------------------------------------------------------------------------


def _route(route: Route, blog: BlogReady | None, chats: Mapping[str, ChatReady]) -> Examined:
    findings: list[Finding] = []
    for place in route.places:
        speakers: Mapping[str, str] = place.speakers if route.relay is not Relay.OFF else {}
        findings.append(Finding(f"{route.blog} → {place.room} in {place.chat}: {_who(speakers)}", good=True))
        findings += _without_account(route, speakers, blog)
        findings += _no_moderators(route, place, blog)
    for desk in route.desks:
        who = f"moderated by {', '.join(desk.moderators)}"
        findings.append(Finding(f"{route.blog} → {desk.room} in {desk.chat}: {who}", good=True))
        findings += _no_moderators(route, desk, blog)
    remarks = (*_cannot_publish(route, blog), *lacking(route, blog, chats))
    return Examined(f"route {route.name}", tuple(findings), remarks)


def _no_moderators(route: Route, place: Place, blog: BlogReady | None) -> Sequence[Finding]:
    if blog is None or BlogAbility.MODERATE not in blog.abilities:
        return ()
    there = ", ".join(sorted(blog.moderators)) or "none"
    remedy = f"write one of: {there}; or give the account the right on the blog"
    return [
        _failed(f"{person} moderates as the account {account!r}, which may not moderate on {route.blog}", remedy)
        for person, account in place.moderators.items()
        if account not in blog.moderators
    ]


def _who(speakers: Mapping[str, str]) -> str:
    return f"answers by {', '.join(speakers)}" if speakers else "nobody answers from there"


def _without_account(route: Route, speakers: Mapping[str, str], blog: BlogReady | None) -> Sequence[Finding]:
    if blog is None or BlogAbility.PUBLISH not in blog.abilities:
        return ()
    there = ", ".join(sorted(blog.accounts)) or "none"
    remedy = f"write one of: {there}; or add the account to [blogs.{route.blog}.accounts]"
    return [
        _failed(f"{person} answers as the account {account!r}, which the blog {route.blog} does not have", remedy)
        for person, account in speakers.items()
        if account not in blog.accounts
    ]


def _cannot_publish(route: Route, blog: BlogReady | None) -> tuple[str, ...]:
    if blog is None or route.relay is Relay.OFF or BlogAbility.PUBLISH in blog.abilities:
        return ()
    return (f'The blog {route.blog} can only be read: whoever answers is told so. relay = "{Relay.OFF}" says it, too.',)
