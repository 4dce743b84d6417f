"""The adapter passes Backchat's suite for blogs, with its token and without."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from backchat_guestbook import GuestbookBlog, Settings
from guestbook_server import POST, TOKEN, Guestbook, serving

from bridge.model import AccountName, Comment, PostId
from bridge.ports import Surroundings
from bridge.testing.blog_contract import BlogContract
from bridge.testing.clock import DrivenClock


class GuestbookScene:
    """A fresh Guestbook, the adapter on it, and people who use it without Backchat."""

    def __init__(self, address: str, guestbook: Guestbook, token: str | None) -> None:
        settings = Settings("blogs.garden", address, token, {AccountName("mara"): "Mara"})
        self.blog = GuestbookBlog(settings, Surroundings("garden", DrivenClock(), Path("unused"), "guestbook-tests"))
        self.post = PostId(POST["id"])
        self.account = AccountName("mara")
        self.secrets = (TOKEN,)
        self._guestbook = guestbook

    async def comment(self, words: str, name: str, under: Comment | None = None) -> None:
        """A visitor comments."""
        self._guestbook.add(name, f"<p>{words}</p>", None if under is None else under.id)

    async def edit(self, comment: Comment, words: str) -> None:
        """Somebody changes a comment on the blog."""
        self._guestbook.change(comment.id, f"<p>{words}</p>", comment.key)

    async def delete(self, comment: Comment) -> None:
        """Somebody deletes a comment on the blog."""
        self._guestbook.remove(comment.id)

    async def hide(self, comment: Comment) -> None:
        """The moderator takes a comment off the page."""
        self._guestbook.hide(comment.id)

    def lose_request(self) -> None:
        """The connection breaks before the next effect."""
        self._guestbook.breaks = "before"

    def lose_answer(self) -> None:
        """The connection breaks after the next effect, before its answer."""
        self._guestbook.breaks = "after"


class TestGuestbook(BlogContract):
    """With a token: it answers."""

    token: str | None = TOKEN

    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> GuestbookScene:
        """Start a Guestbook of this test's own."""
        guestbook = Guestbook()
        return GuestbookScene(await stack.enter_async_context(serving(guestbook)), guestbook, self.token)


class TestGuestbookWithoutAToken(TestGuestbook):
    """Without one: it is only read."""

    token = None
