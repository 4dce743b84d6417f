"""A house on a ledger in a file, with one blog and one chat in memory, for the sides that need no network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from bridge.clock import WallClock
from bridge.house import House, OpenBlog, OpenChat
from bridge.ledger import routes, runs, sources
from bridge.ledger.sqlite import SqliteLedger
from bridge.model import (
    BlogName,
    ChatName,
    Comment,
    Commenter,
    CommentId,
    Page,
    Place,
    Post,
    PostId,
    Relay,
    RoomId,
    Route,
    RouteName,
)
from bridge.ports import Clock, Tx
from bridge.schedule import Beat
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.text.tree import paragraph
from bridge.watch import record_page

BLOG = BlogName("garden")
CHAT = ChatName("lounge")
WORDS = "A comment as people write them: it thanks, it asks whether this works in winter, too, and it tells a story. "


@asynccontextmanager
async def house(path: Path, chat: FakeChat | None = None) -> AsyncIterator[House]:
    """Everything open on the ledger at `path`; the blog counts as read once, so that its comments are mirrored."""
    clock = WallClock()
    route = Route(RouteName("garden"), BLOG, (Place(CHAT, RoomId("garden"), {}, ()),), Relay.OFF, 0.0)
    ledger = SqliteLedger.open(path)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(ledger.close)
        await ledger.transact(partial(_known, route, clock))
        secret = await ledger.transact(runs.instance_key)
        blog, lounge = OpenBlog(BLOG, FakeBlog(clock), Beat(60.0)), OpenChat(CHAT, chat or FakeChat(clock))
        blog.ready = await blog.adapter.open(stack)
        lounge.ready = await lounge.adapter.open(stack)
        yield House(ledger, clock, {BLOG: blog}, {CHAT: lounge}, (route,), secret)


def _known(route: Route, clock: Clock, tx: Tx) -> None:
    list(routes.sync(tx, (route,), clock.now()))
    sources.of(tx, BLOG)
    sources.read(tx, BLOG, clock.now(), clock.now() + 3600)


async def record(home: House, number: int, post: int) -> None:
    """Record a comment that was never seen, as `watch` does: one page, one transaction, durable on return."""
    await home.ledger.transact(partial(record_page, home, BLOG, _page(number, post)))


def _page(number: int, post: int) -> Page:
    native = PostId(f"/post-{post}/")
    address = f"https://blog.example{native}"
    comment = Comment(
        CommentId(f"c{number}"), native, number, None, Commenter("Vera"), paragraph(f"{number} {WORDS * 3}"),
        1_700_000_000.0 + number, f"{address}#c{number}",
    )  # fmt: skip
    return Page((comment,), (Post(native, address, f"Post {post}"),), (), None, 1_700_000_000.0)
