"""Reading WordPress's comments by its REST API: everything that the account may see, and what became of it.

The list has no time of change and no validators, and an unknown parameter is ignored without a word. So new comments
are told by their numbers, which are never given twice, and changes by reading again; `beats` says what is read when.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from adapters.wordpress import beats, held, wire
from adapters.wordpress.api import Answer, Api, ApiRefusal
from adapters.wordpress.beats import OVERLAP, PAGE, State
from adapters.wordpress.posts import Shelf
from adapters.wordpress.settings import Account, Settings
from bridge.errors import OpenAgain, RetryLater
from bridge.model import AccountName, Comment, CommentId, Covers, Page, Standing
from bridge.off_loop import off_loop
from bridge.ports import Clock

log = logging.getLogger("backchat.wordpress")

COMMENTS = "/wp/v2/comments"
_ALL = 2**62
_MOST_REASONS = 2000

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """As whom a blog is read: `account` is None for a stranger, `ours` are our accounts by their numbers there.

    `name` tells views apart that show different comments.
    """

    name: str = "stranger"
    account: Account | None = None
    moderates: bool = False
    ours: Mapping[int, AccountName] = field(default_factory=dict)


class RestReader:
    """Reads one blog. What it keeps in memory spares questions, and is lost without harm."""

    def __init__(self, settings: Settings, api: Api, view: View, clock: Clock) -> None:
        self._settings = settings
        self._api = api
        self._view = view
        self._clock = clock
        self._shelf = Shelf(api, view.account, clock)
        self._reasons: dict[int, str] = {}
        self._changes, self._heeded = 1, 0

    def stale(self) -> None:
        """Something was changed on the blog that the numbers and statuses may not betray: read in full next time."""
        self._changes += 1

    # --- pages --------------------------------------------------------------------------------------------------------

    async def pages(self, cursor: str | None, past: int = 0) -> AsyncIterator[Page]:
        """Read what this beat asks for; what is new comes oldest first. `past`: see `beats.load`.

        A page's cursor vouches only for what stands on it and on those before. Raises `RetryLater`.
        """
        state = beats.load(cursor, self._view.name, past)
        try:
            if state.offset is not None:
                async for page in self._first(state):
                    yield page
                return
            changes = self._changes  # one that happens while we read counts the next time
            if changes != self._heeded or await self._moved(state):
                self._heeded = 0  # until it is through: who breaks off may not have asked for what is missing
                async for page, reached in self._whole(state):
                    yield page
                    state = reached
                self._heeded = changes
            async for page in self._older(state):
                yield page
        except ApiRefusal as refusal:
            raise self._unreadable(refusal) from None

    async def _moved(self, state: State) -> bool:
        """Whether the newest page is to be read in full: its turn has come, or its numbers or statuses have changed."""
        if beats.whole_due(state, self._settings.whole_every, self._clock.now()):
            return True
        rows, total = await self._list("id,status")
        return beats.mark(rows, total) != state.mark

    async def _first(self, state: State) -> AsyncIterator[Page]:
        """Read everything there is, the oldest first, page by page; resumed where it was left off.

        Comments may be deleted meanwhile, which moves the others up: each page begins in the one before.
        """
        stepped = False
        while state.offset is not None:
            start, read_at = max(0, state.offset - OVERLAP), self._clock.now()
            rows, total = await self._list(wire.FIELDS, order="asc", offset=start)
            if start and not stepped and _jumped(rows, total, start, state.last):
                state, stepped = replace(state, offset=max(0, min(start, total or start) - PAGE)), True
                continue
            stepped, following = False, start + PAGE
            done = following >= total if total is not None else not rows
            for some, past in _split(rows, state):
                numbers = [wire.number(row) for row in some]
                covers = (Covers(None, state.last + 1, max(numbers)),)
                state = replace(state, last=max(numbers), held=_held(state, some))
                yield replace(await self._page(some, read_at, covers, state), past=past)
            state = replace(state, offset=None if done else following, deep_at=read_at)
            yield Page((), (), (), beats.dump(state), read_at)

    async def _whole(self, state: State) -> AsyncIterator[tuple[Page, State]]:
        """Read the newest page in full, after whatever is new and older than it."""
        read_at = self._clock.now()
        rows, total = await self._list(wire.FIELDS)
        shown = [wire.number(row) for row in rows]
        beyond = await self._unread(state, shown, total)
        for numbers in _portions(beyond):
            state = replace(state, last=max(state.last, *numbers), total=state.total + len(numbers))
            yield await self._some(numbers, state), state
        waiting = await self._waiting()
        for numbers in _portions(({*waiting} ^ {*state.held}).difference(shown, beyond)):
            yield await self._some(numbers, state), state
        state = beats.noted(state, shown, total, beats.mark(rows, total), read_at)
        state = replace(state, held=tuple(waiting))
        yield await self._page(rows, read_at, _covered(shown, total), state), state

    async def _unread(self, state: State, shown: Sequence[int], total: int | None) -> list[int]:
        """The numbers that are newer than what was recorded and no longer on the newest page, the oldest first."""
        lowest, found, offset, stepped = min(shown, default=_ALL), set[int](), PAGE - OVERLAP, False
        while lowest > state.last and (total is None or offset < total):
            rows, total = await self._list("id", offset=offset)
            numbers = [wire.number(row) for row in rows]
            if not numbers and total is None:
                break
            if numbers and max(numbers) < lowest and not stepped:
                offset, stepped = max(0, offset - PAGE), True
                continue
            stepped = False
            found |= {number for number in numbers if number > state.last}
            lowest = min([lowest, *numbers])
            offset += PAGE - OVERLAP
        return sorted(found.difference(shown))

    async def _waiting(self) -> list[int]:
        """The numbers of the newest comments that wait for a moderator, wherever they stand."""
        waiting: set[int] = set()
        if self._view.account is None:
            return []
        for offset in range(0, beats.MOST_HELD, PAGE):
            rows, total = await self._list("id", status="hold", offset=offset)
            waiting.update(wire.number(row) for row in rows)
            if offset + PAGE >= (len(rows) if total is None else total):
                break
        return sorted(waiting)

    async def _older(self, state: State) -> AsyncIterator[Page]:
        """Read a page of older comments if its turn has come; several where something must have changed there."""
        if not beats.deep_due(state, self._settings.deep_every, self._clock.now()):
            return
        for _ in range(beats.HURRY):
            read_at = self._clock.now()
            rows, told = await self._list(wire.FIELDS, offset=state.deep)
            numbers = [wire.number(row) for row in rows]
            total = beats.at_least(told, state.deep, len(numbers))
            oldest = 0 if state.deep + PAGE >= total else min(numbers, default=0)
            covers = (Covers(None, oldest, max(numbers)),) if numbers else ()
            state = beats.swept(state, total, read_at)
            yield await self._page(rows, read_at, covers, state)
            if not state.hurry:
                return

    # --- one page -----------------------------------------------------------------------------------------------------

    async def _list(self, fields: str, **params: str | int) -> tuple[list[Row], int | None]:
        """One question for comments, the newest first unless `params` say otherwise; and how many there are in all."""
        scope = {} if self._view.account is None else {"status": "all", "type": "all"}
        asked: dict[str, str | int] = {
            "per_page": PAGE,
            "orderby": "id",
            "order": "desc",
            "_fields": fields,
            **scope,
            **params,
        }
        answer = await self._api.get(COMMENTS, asked, self._view.account)
        return _rows(answer), answer.total

    async def _some(self, numbers: Sequence[int], state: State) -> Page:
        """A page of these comments, of which some may be gone by now. What waits of them, this account has seen."""
        read_at = self._clock.now()
        rows, _ = await self._list(wire.FIELDS, order="asc", include=",".join(map(str, numbers)))
        covers = tuple(Covers(None, one, one) for one in numbers)
        return replace(await self._page(rows, read_at, covers, state), waiting=covers)

    async def _page(self, rows: Sequence[Row], read_at: float, covers: tuple[Covers, ...], state: State) -> Page:
        """What these rows mean. What is no response, and what stands under a post that is not public, is left out."""
        ours = [row for row in rows if (row.get("type") or "comment") in wire.KINDS]
        cards = await self._shelf.fetch(ours)
        shown = sorted((row for row in ours if self._shelf.public(row)), key=wire.number)
        reasons = await self._why_held(shown)
        comments = await off_loop(_size(shown), partial(_comments, shown, self._view.ours, reasons))
        waiting = covers if self._view.moderates else ()
        return Page(comments, cards, covers, beats.dump(state), read_at, waiting=waiting)

    async def _why_held(self, rows: Sequence[Row]) -> Mapping[int, str]:
        waiting = {wire.number(row): row for row in rows if wire.standing(row.get("status")) is Standing.PENDING}
        fresh = [number for number in waiting if number not in self._reasons]
        account = self._view.account
        if not fresh or account is None or not self._view.moderates:
            return self._reasons
        strangers = await held.strangers(self._api, account, fresh)
        for number in fresh:
            if number in strangers:
                self._reasons[number] = held.reason(_html(waiting[number]), strangers[number])
        for number in sorted(self._reasons)[:-_MOST_REASONS]:
            del self._reasons[number]
        return self._reasons

    # --- look ---------------------------------------------------------------------------------------------------------

    async def look(self, ids: Sequence[CommentId]) -> dict[CommentId, Standing]:
        """Say how each comment stands now. Raises `RetryLater`."""
        try:
            found = await self._together(ids)
            return {id: found[id] if id in found else await self._alone(id) for id in ids}
        except ApiRefusal as refusal:
            raise self._unreadable(refusal) from None

    async def _together(self, ids: Sequence[CommentId]) -> dict[CommentId, Standing]:
        """Those that the list shows; it says nothing of the others, hidden or gone."""
        status: dict[str, str] = {} if self._view.account is None else {"status": "any"}
        found: dict[CommentId, Standing] = {}
        for first in range(0, len(ids), PAGE):
            include = ",".join(ids[first : first + PAGE])
            rows, _ = await self._list("id,post,status,_links.up", include=include, **status)
            await self._shelf.fetch(rows)
            found |= {CommentId(str(wire.number(row))): self._standing(row) for row in rows}
        return found

    async def _alone(self, id: CommentId) -> Standing:
        """401 and 403 tell a hidden comment from one that is gone (404)."""
        params = {"_fields": "id,post,status,_links.up"}
        try:
            answer = await self._api.get(f"{COMMENTS}/{id}", params, self._view.account)
        except ApiRefusal as refusal:
            if refusal.code == "rest_comment_invalid_id":
                return Standing.GONE
            if refusal.code == "rest_comment_invalid_post_id":
                return Standing.HIDDEN
            if refusal.code.startswith(("rest_cannot_read", "rest_forbidden")):
                return Standing.HIDDEN
            raise
        row = answer.json if isinstance(answer.json, dict) else {}
        await self._shelf.fetch([row])
        return self._standing(row)

    def _standing(self, row: Row) -> Standing:
        return wire.standing(row.get("status")) if self._shelf.public(row) else Standing.HIDDEN

    # --- refusals -----------------------------------------------------------------------------------------------------

    def _unreadable(self, refusal: ApiRefusal) -> RetryLater:
        path, account = self._settings.path, self._view.account
        said = f"the blog says: {refusal.message}"
        if refusal.code == "rest_no_route":
            return RetryLater(f'{path}: this WordPress has no list of comments in its API; set read = "feed" ({said})')
        if refusal.status not in {401, 403} or not refusal.code:
            return RetryLater(f"{path}: the list of comments cannot be read; {said}", refusal.retry_after)
        if account is None:
            return RetryLater(
                f"{path}: this blog tells strangers nothing; give an author's login and password ({said})"
            )
        return OpenAgain(
            f"{path}.accounts.{account.name}: the password is valid no more, or the account may no longer read what"
            f" waits ({said})"
        )


def _rows(answer: Answer) -> list[Row]:
    """The list that was asked for. Raises `RetryLater` where it is something else."""
    rows = answer.json
    if not isinstance(rows, list) or not all(isinstance(row, dict) and _numbered(row) for row in rows):
        raise RetryLater("the blog's list of comments is not one that WordPress writes: a plugin may have changed it")
    return rows


def _numbered(row: Row) -> bool:
    try:
        return wire.number(row) > 0
    except ValueError:
        return False


def _jumped(rows: Sequence[Row], total: int | None, start: int, last: int) -> bool:
    """Whether so many were deleted that the page does not begin in the one before."""
    return wire.number(rows[0]) > last if rows else total is not None and 0 < total <= start


def _split(rows: Iterable[Row], state: State) -> list[tuple[list[Row], bool]]:
    """What was not recorded yet: first what stood before this view was first read, then what came later."""
    fresh = [row for row in rows if wire.number(row) > state.last]
    old = [row for row in fresh if wire.number(row) <= state.past]
    new = [row for row in fresh if wire.number(row) > state.past]
    return [(some, past) for some, past in ((old, True), (new, False)) if some]


def _held(state: State, rows: Iterable[Row]) -> tuple[int, ...]:
    """The newest comments that wait, of those that did and of these."""
    waiting = {wire.number(row) for row in rows if wire.standing(row.get("status")) is Standing.PENDING}
    return tuple(sorted(waiting.union(state.held))[-beats.MOST_HELD :])


def _portions(numbers: Iterable[int]) -> list[list[int]]:
    """Portions that one question can name, the oldest first."""
    whole = sorted(numbers)
    return [whole[first : first + PAGE] for first in range(0, len(whole), PAGE)]


def _covered(shown: Sequence[int], total: int | None) -> tuple[Covers, ...]:
    """The stretch that the newest page shows: everything, if there is nothing older.

    WordPress counts in `total` what the account may not see, and leaves it out of the page.
    """
    if total is not None and total <= PAGE:
        return (Covers(None, 0, _ALL),)
    return (Covers(None, min(shown), _ALL),) if shown else ()


def _size(rows: Iterable[Row]) -> int:
    return sum(len(_html(row)) for row in rows)


def _html(row: Row) -> str:
    content = row.get("content")
    html = content.get("rendered") if isinstance(content, dict) else None
    return html if isinstance(html, str) else ""


def _comments(rows: Iterable[Row], ours: Mapping[int, AccountName], reasons: Mapping[int, str]) -> tuple[Comment, ...]:
    """Read the rows; one that a plugin has spoilt must not keep all others from being read."""
    found = []
    for row in rows:
        try:
            comment = wire.comment(row, ours, reasons.get(wire.number(row), ""))
        except ValueError as error:
            log.warning("comment %s cannot be read: %s", row.get("id"), error)
            continue
        if comment is not None:
            found.append(comment)
    return tuple(found)
