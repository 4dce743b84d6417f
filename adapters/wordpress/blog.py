"""The WordPress adapter: one blog, read by REST or by feed, answered and moderated by REST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass

from adapters.wordpress.accounts import Accounts
from adapters.wordpress.api import Api
from adapters.wordpress.feed import FeedReader
from adapters.wordpress.moderating import Moderator
from adapters.wordpress.push import Push
from adapters.wordpress.rest import RestReader, View
from adapters.wordpress.settings import Settings
from adapters.wordpress.ways import Ways
from adapters.wordpress.writing import LONGEST, Writer
from bridge.errors import Refused
from bridge.fetch import Fetch
from bridge.model import (
    AccountName,
    BlogLimits,
    Choice,
    CommentId,
    Finding,
    Found,
    Guarantee,
    Key,
    Page,
    PostId,
    Published,
    Standing,
)
from bridge.ports import BlogAbility, BlogReady, Surroundings
from bridge.text.tree import Text

_SETTLE = 60.0
"""Seconds: a host may let PHP work on a request for so long after the connection broke."""
_WRITING = (BlogAbility.PUBLISH, BlogAbility.FIND, BlogAbility.REVISE, BlogAbility.WITHDRAW)


@dataclass(slots=True)
class _Open:
    """What exists only between `open()` and the closing of its stack."""

    fetch: Fetch
    api: Api
    accounts: Accounts
    writer: Writer
    moderator: Moderator
    push: Push
    reader: RestReader | FeedReader | None = None
    view: View | None = None


class WordPressBlog:
    """One blog. The ports' documentation holds; WordPress's own ways stand in docs/wordpress.md."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._opened: _Open | None = None
        self._tell: Callable[[], None] = _nobody

    def on_news(self, tell: Callable[[], None]) -> None:
        """See `bridge.ports.HearsNews`."""
        self._tell = tell

    async def open(self, stack: AsyncExitStack) -> BlogReady:
        """See `bridge.ports.Blog`. Refused: accounts of which WordPress knows none."""
        if self._opened is None:
            self._opened = await self._connected(stack)
        opened = self._opened
        await self._look_at_accounts(opened)
        told = () if self._surroundings.looking else await opened.push.open(stack)
        return self._ready(opened, told)

    async def _connected(self, stack: AsyncExitStack) -> _Open:
        settings, lent = self._settings, self._surroundings
        fetch = await stack.enter_async_context(
            Fetch(lent.agent, connections=lent.connections, trusted=settings.places())
        )
        stack.callback(self._closed)
        api = Api(fetch, settings)
        accounts = Accounts(api, settings)
        return _Open(
            fetch=fetch,
            api=api,
            accounts=accounts,
            writer=Writer(settings, api, accounts, lent.clock.now),
            moderator=Moderator(api, accounts),
            push=Push(settings, fetch, lent.mount, lent.clock, [settings.comment_feed()], self._news),
        )

    def _closed(self) -> None:
        self._opened = None

    def _news(self) -> None:
        """Somebody tells of news: perhaps of an edit, which only a whole reading shows."""
        if self._opened is not None and self._opened.reader is not None:
            self._opened.reader.stale()
        self._tell()

    async def _look_at_accounts(self, opened: _Open) -> None:
        """Learn what the accounts may do, and choose the way of reading that shows most."""
        await opened.accounts.open()
        if self._settings.accounts and not opened.accounts.by_name:
            first = next(iter(opened.accounts.strangers.values()))
            raise Refused(f"{self._settings.path}.accounts.{first.account}: {first.reason}; {first.remedy}")
        view = self._view(opened.accounts)
        if opened.reader is None or opened.view != view:
            opened.view = view
            opened.reader = self._reader(opened, view)

    def _view(self, accounts: Accounts) -> View:
        account = accounts.reader
        known = accounts.by_name.get(account.name) if account is not None else None
        if known is None or not known.publishes:  # a subscriber sees no more than a stranger
            return View(ours=accounts.by_id)
        name = "moderator" if known.moderates else f"author {known.id}"
        return View(name, account, known.moderates, accounts.by_id)

    def _reader(self, opened: _Open, view: View) -> RestReader | FeedReader:
        settings, clock = self._settings, self._surroundings.clock
        if settings.read == "api" or (settings.read == "auto" and view.account is not None):
            return RestReader(settings, opened.api, view, clock)
        return FeedReader(settings, opened.fetch, opened.api, clock)

    def _ready(self, opened: _Open, told: Sequence[str]) -> BlogReady:
        accounts, rest = opened.accounts, isinstance(opened.reader, RestReader)
        abilities = set(_WRITING) if accounts.by_name else set()
        if rest and opened.view is not None and opened.view.account is not None:
            abilities.add(BlogAbility.READ_PENDING)
        if accounts.moderators:
            abilities.add(BlogAbility.MODERATE)
        return BlogReady(
            abilities=frozenset(abilities),
            limits=BlogLimits(depth=None, min_text=1, max_text=LONGEST, settle_after=_SETTLE),
            guarantee=_guarantee(accounts),
            accounts=frozenset(self._settings.accounts),
            remarks=(*self._remarks(opened), *accounts.remarks, *told),
            paces=accounts.paces,
            moderators=accounts.moderators,
        )

    def _remarks(self, opened: _Open) -> list[str]:
        path, view, remarks = self._settings.path, opened.view, []
        if not self._settings.accounts:
            remarks.append(f"Nobody can answer or moderate: {path}.accounts names no author.")
        if isinstance(opened.reader, FeedReader):
            remarks.append(
                "Comments are read from the comment feed, which shows the newest ones only and nothing that waits."
            )
        elif view is None or view.account is None:
            remarks.append("Strangers are shown neither pingbacks nor what waits for approval.")
        elif not view.moderates:
            remarks.append(f"Of what waits for approval, {view.account.name} sees only what it may edit itself.")
        return remarks

    # --- reading ------------------------------------------------------------------------------------------------------

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        """See `bridge.ports.Blog`."""
        opened = self._now()
        ways, reader = Ways.load(cursor), opened.reader
        if isinstance(reader, RestReader):
            async for page in reader.pages(ways.rest, ways.newest):
                ways = ways.rest_after(page)
                yield ways.on(page)
        elif reader is not None:
            async for page in reader.pages(ways.feed, ways.newest):
                ways = ways.feed_after(page)
                yield ways.on(page)

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        """See `bridge.ports.Blog`."""
        reader = self._now().reader
        assert reader is not None
        return await reader.look(ids)

    # --- writing ------------------------------------------------------------------------------------------------------

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        """See `bridge.ports.Publishes`."""
        with self._changing() as opened:
            return await opened.writer.publish(account, post, parent, text, key)

    async def find(self, account: AccountName, post: PostId, keys: Sequence[Key]) -> Sequence[Found]:
        """See `bridge.ports.Finds`."""
        return await self._now().writer.find(account, post, keys)

    async def revise(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, text: Text, key: Key
    ) -> Published:
        """See `bridge.ports.Revises`. The comment keeps the key that it was published with."""
        with self._changing() as opened:
            return await opened.writer.revise(account, post, comment, expected, text)

    async def withdraw(self, account: AccountName, post: PostId, comment: CommentId, expected: Text) -> None:
        """See `bridge.ports.Withdraws`. The comment goes to the blog's trash."""
        with self._changing() as opened:
            await opened.writer.withdraw(account, post, comment, expected)

    async def moderate(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, choice: Choice
    ) -> Standing:
        """See `bridge.ports.Moderates`."""
        with self._changing() as opened:
            return await opened.moderator.moderate(account, comment, expected, choice)

    async def examine(self) -> Sequence[Finding]:
        """See `bridge.ports.Examines`."""
        from adapters.wordpress.examining import findings

        opened = self._now()
        return await findings(self._settings, opened.fetch, opened.api, opened.accounts)

    @contextmanager
    def _changing(self) -> Iterator[_Open]:
        """What is open, for a change; the next reading is a whole one, for the newest numbers may not betray it."""
        opened = self._now()
        try:
            yield opened
        finally:
            if isinstance(opened.reader, RestReader):
                opened.reader.stale()

    def _now(self) -> _Open:
        if self._opened is None:
            raise RuntimeError("the blog is used before it was opened")
        return self._opened


def _guarantee(accounts: Accounts) -> Guarantee:
    """An answer that waits unseen, of an account that cannot see its own, may be parked when its fate is unclear."""
    seen = accounts.moderators or all(who.publishes for who in accounts.by_name.values())
    return Guarantee.ONE if seen else Guarantee.ONE_OR_PARKED


def _nobody() -> None:
    """Nobody wants to hear news yet."""
