"""The Isso adapter: a `Blog` that publishes, finds, revises and withdraws as far as its credentials allow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from adapters.isso.admin import Admin
from adapters.isso.examining import findings
from adapters.isso.public import Public
from adapters.isso.reading import Reader
from adapters.isso.settings import Account, Settings
from adapters.isso.writing import LONGEST, SHORTEST, Writer
from bridge.errors import Refused
from bridge.fetch import Fetch
from bridge.model import (
    AccountName,
    BlogLimits,
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

_SETTLE = 20.0
"""Seconds: Isso works a comment off within its own time-outs (SQLite's 5 s, three tries of 3 s at the post's page)."""
_ADMIN_ABILITIES = (BlogAbility.REVISE, BlogAbility.WITHDRAW, BlogAbility.READ_PENDING)


@dataclass(frozen=True, slots=True)
class _Open:
    """What exists only between `open()` and the closing of its stack."""

    fetch: Fetch
    public: Public
    admin: Admin | None
    reader: Reader
    writer: Writer


class IssoBlog:
    """One blog whose comments are Isso's. The ports' documentation holds; Isso's own ways stand in docs/isso.md."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._surroundings = surroundings
        self._opened: _Open | None = None

    async def open(self, stack: AsyncExitStack) -> BlogReady:
        """See `bridge.ports.Blog`. Refused: a wrong password, or `/latest` switched off where it is needed."""
        if self._opened is None:
            self._opened = await self._connected(stack)
        opened = self._opened
        config = await opened.public.config()
        if opened.admin is not None:
            await opened.admin.log_in()
        if self._settings.posts == "latest":
            await opened.public.latest(limit=1)
        return self._ready(bool(config.get("require-email")))

    async def _connected(self, stack: AsyncExitStack) -> _Open:
        settings = self._settings
        lent = self._surroundings
        fetch = await stack.enter_async_context(
            Fetch(lent.agent, connections=lent.connections, trusted=settings.places())
        )
        stack.callback(self._closed)
        public = Public(fetch, settings)
        admin = Admin(fetch, settings, settings.admin_password) if settings.admin_password else None
        reader = Reader(fetch, settings, public, admin, self._surroundings.clock)
        return _Open(fetch, public, admin, reader, Writer(settings, public, admin))

    def _closed(self) -> None:
        self._opened = None

    def _ready(self, wants_email: bool) -> BlogReady:
        settings = self._settings
        sure = settings.admin_password is not None or not settings.moderated
        abilities = {BlogAbility.FIND}
        if settings.accounts:
            abilities.add(BlogAbility.PUBLISH)
        if settings.admin_password is not None:
            abilities.update(_ADMIN_ABILITIES)
        return BlogReady(
            abilities=frozenset(abilities),
            limits=BlogLimits(depth=1, min_text=SHORTEST, max_text=LONGEST, settle_after=_SETTLE),
            guarantee=Guarantee.ONE if sure else Guarantee.ONE_OR_PARKED,
            accounts=frozenset(settings.accounts),
            remarks=tuple(_remarks(settings, wants_email)),
        )

    def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        """See `bridge.ports.Blog`."""
        return self._now().reader.pages(cursor)

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        """See `bridge.ports.Blog`. Without the admin password, a number reused by a pending comment is `HIDDEN`."""
        return await self._now().reader.look(ids)

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        """See `bridge.ports.Publishes`."""
        return await self._now().writer.publish(self._account(account), post, parent, text, key)

    async def find(
        self,
        account: AccountName,
        post: PostId,
        keys: Sequence[Key],
    ) -> Sequence[Found]:
        """See `bridge.ports.Finds`."""
        return await self._now().writer.find(post, keys)

    async def revise(
        self,
        account: AccountName,
        post: PostId,
        comment: CommentId,
        expected: Text,
        text: Text,
        key: Key,
    ) -> Published:
        """See `bridge.ports.Revises`. The comment keeps the key that it was published with."""
        return await self._now().writer.revise(self._admin(), post, comment, expected, text)

    async def withdraw(
        self,
        account: AccountName,
        post: PostId,
        comment: CommentId,
        expected: Text,
    ) -> None:
        """See `bridge.ports.Withdraws`."""
        await self._now().writer.withdraw(self._admin(), post, comment, expected)

    async def examine(self) -> Sequence[Finding]:
        """See `bridge.ports.Examines`."""
        opened = self._now()
        return await findings(self._settings, opened.fetch, opened.public, opened.admin)

    def _now(self) -> _Open:
        if self._opened is None:
            raise RuntimeError("the blog is used before it was opened")
        return self._opened

    def _admin(self) -> Admin:
        admin = self._now().admin
        if admin is None:
            raise Refused(f"changing an answer on the blog needs {self._settings.path}.admin_password")
        return admin

    def _account(self, name: AccountName) -> Account:
        account = self._settings.accounts.get(name)
        if account is None:
            raise Refused(f"there is no account {name!r} in {self._settings.path}.accounts")
        return account


def _remarks(settings: Settings, wants_email: bool) -> list[str]:
    remarks = []
    if settings.admin_password is None:
        remarks.append(
            f"Without {settings.path}.admin_password, answers cannot be changed or withdrawn on the blog, "
            "and comments that wait for approval are not seen."
        )
        if settings.moderated:
            remarks.append(
                "If an answer's fate is unclear, it is parked, for it might wait for approval unseen; "
                f"say {settings.path}.moderated = false if this Isso holds no comments."
            )
    if not settings.accounts:
        remarks.append(f"Nobody can answer: {settings.path}.accounts names no author.")
    without = [name for name, account in settings.accounts.items() if not account.email]
    if wants_email and without:
        remarks.append(
            f"This Isso asks for an e-mail address, which {', '.join(without)} lacks in {settings.path}.accounts."
        )
    return remarks
