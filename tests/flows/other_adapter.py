"""The fake blog behind another adapter: the same posts and comments under ids of another sort."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace

from bridge.errors import Refused
from bridge.model import AccountName, Choice, Comment, CommentId, Covers, Found, Key, Page, PostId, Published, Standing
from bridge.ports import BlogReady
from bridge.testing.fake_blog import FakeBlog
from bridge.text.tree import Text

OURS = "other:"


class OtherAdapter:
    """Reads and writes a `FakeBlog`. Notes every id that it is given and did not issue."""

    def __init__(self, blog: FakeBlog) -> None:
        self.inner = blog
        self.strangers: list[str] = []
        self.asked: list[str] = []

    def _mine(self, id: str) -> str:
        self.asked.append(id)
        if not id.startswith(OURS):
            self.strangers.append(id)
            raise Refused(f"{id} is no id of mine")
        return id.removeprefix(OURS)

    async def open(self, stack: AsyncExitStack) -> BlogReady:
        return await self.inner.open(stack)

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        assert cursor is None or cursor.startswith(OURS), "a cursor of another adapter"
        async for page in self.inner.pages(None):
            yield replace(
                page,
                comments=tuple(self._shown(comment) for comment in page.comments),
                posts=tuple(replace(post, id=PostId(OURS + post.id)) for post in page.posts),
                covers=tuple(map(self._covered, page.covers)),
                waiting=tuple(map(self._covered, page.waiting)),
                cursor=f"{OURS}{page.cursor}",
            )

    def _covered(self, one: Covers) -> Covers:
        return replace(one, post=None if one.post is None else PostId(OURS + one.post))

    def _shown(self, comment: Comment) -> Comment:
        parent = None if comment.parent is None else CommentId(OURS + comment.parent)
        return replace(comment, id=CommentId(OURS + comment.id), parent=parent, post=PostId(OURS + comment.post))

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        return {id: (await self.inner.look([CommentId(self._mine(id))]))[CommentId(self._mine(id))] for id in ids}

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        under = None if parent is None else CommentId(self._mine(parent))
        done = await self.inner.publish(account, PostId(self._mine(post)), under, text, key)
        return replace(done, comment=CommentId(OURS + done.comment))

    async def find(self, account: AccountName, post: PostId, keys: Sequence[Key]) -> Sequence[Found]:
        found = await self.inner.find(account, PostId(self._mine(post)), keys)
        return [replace(one, comment=CommentId(OURS + one.comment)) for one in found]

    async def revise(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, text: Text, key: Key
    ) -> Published:
        mine = CommentId(self._mine(comment))
        done = await self.inner.revise(account, PostId(self._mine(post)), mine, expected, text, key)
        return replace(done, comment=CommentId(OURS + done.comment))

    async def withdraw(self, account: AccountName, post: PostId, comment: CommentId, expected: Text) -> None:
        await self.inner.withdraw(account, PostId(self._mine(post)), CommentId(self._mine(comment)), expected)

    async def moderate(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, choice: Choice
    ) -> Standing:
        mine = CommentId(self._mine(comment))
        return await self.inner.moderate(account, PostId(self._mine(post)), mine, expected, choice)
