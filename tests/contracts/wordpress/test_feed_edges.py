"""Reading WordPress by feed where something is amiss: servers, caches, cursors, and what a feed may look like."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from adapters.wordpress import feed_entries
from adapters.wordpress.feed_entries import lacking, post_page, shape
from adapters.wordpress.feed_pages import PageSays, number_in
from adapters.wordpress.feed_state import Known, Seen, State, dump, load
from bridge.errors import RetryLater
from bridge.feeds.item import Feed, Item
from bridge.model import CommentId, Kind, PostId
from bridge.text import html_in
from tests.contracts.wordpress.reading_feeds import feed_reader, said
from tests.contracts.wordpress.test_feed_traps import HOUR, NOW
from tests.servers.wordpress import RunningWordPress, comment, served

SITE = "https://garden.example"


@pytest.fixture
async def wordpress(tmp_path: Path) -> AsyncIterator[RunningWordPress]:
    """The double alone: what is amiss here stands before WordPress, or in what we keep."""
    async with served("double", tmp_path) as running:
        yield running


# What stands before a WordPress --------------------------------------------------------------------------------------


@dataclass
class Before:
    """A server before another one, which answers some paths itself."""

    behind: str
    address: str = ""
    instead: dict[str, Callable[[], web.Response]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        for start, give in self.instead.items():
            if request.path.startswith(start):
                return give()
        raise web.HTTPTemporaryRedirect(self.behind + request.path_qs)


@asynccontextmanager
async def before(wordpress: RunningWordPress) -> AsyncIterator[Before]:
    """Something before the WordPress, which sends everything on that it does not answer itself."""
    server = Before(wordpress.address)
    runner = web.ServerRunner(web.Server(server.answer))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("status", [200, 503])
async def test_an_api_out_of_order_is_waited_for_before_anything_is_shown_without_it(
    wordpress: RunningWordPress, status: int
) -> None:
    async with before(wordpress) as front, feed_reader(wordpress.address, api=f"{front.address}/wp-json") as reader:
        await wordpress.add("Known", date=NOW)
        await reader.beat()
        front.instead["/wp-json"] = lambda: web.Response(status=status, text="<h1>Soon</h1>", content_type="text/html")
        await wordpress.add("liked this", kind="like", date=NOW + HOUR)
        for _ in range(3):
            with pytest.raises(RetryLater):
                await reader.whole()
        del front.instead["/wp-json"]
        await reader.whole()
        assert said(reader.comments) == ["Known"]


async def test_an_api_that_stays_away_keeps_no_comment_back(wordpress: RunningWordPress) -> None:
    async with before(wordpress) as front, feed_reader(wordpress.address, api=f"{front.address}/wp-json") as reader:
        await wordpress.add("Known", date=NOW)
        await reader.beat()
        front.instead["/wp-json"] = lambda: web.Response(status=503)
        await wordpress.add("New", date=NOW + HOUR)
        tries = 0
        while not reader.numbers or "New" not in said(reader.comments):
            tries += 1
            assert tries < 6
            try:
                await reader.whole()
            except RetryLater:
                continue


async def test_a_closed_api_is_asked_only_now_and_then(wordpress: RunningWordPress) -> None:
    async with before(wordpress) as front, feed_reader(wordpress.address, api=f"{front.address}/wp-json") as reader:
        front.instead["/wp-json"] = lambda: web.json_response({"code": "rest_forbidden"}, status=403)
        await wordpress.add("Known", date=NOW)
        await reader.beat()
        front.asked.clear()
        for _ in range(9):
            await reader.whole()
        assert front.asked == []
        for _ in range(3):
            await reader.whole()
        assert len(front.asked) == 1, "after an hour it is tried again"


async def test_a_feed_that_is_not_there_is_said_in_words(wordpress: RunningWordPress) -> None:
    async with before(wordpress) as front, feed_reader(front.address) as reader:
        front.instead["/"] = lambda: web.Response(text="<h1>My garden</h1>", content_type="text/html")
        with pytest.raises(RetryLater, match=r"there is no comment feed at .*blogs\.garden\.feed"):
            await reader.beat()


async def test_a_page_in_place_of_the_feed_loses_nothing(wordpress: RunningWordPress) -> None:
    await wordpress.add_many([comment(f"Comment {n}", date=NOW + n) for n in range(5)])
    async with before(wordpress) as front, feed_reader(front.address, api=f"{wordpress.address}/wp-json") as reader:
        await reader.beat()
        front.instead["/comments"] = lambda: web.Response(text="<!doctype html><title>Down</title>")
        for _ in range(3):
            with pytest.raises(RetryLater, match="Down"):
                await reader.whole()
        del front.instead["/comments"]
        await reader.whole()
        assert not reader.claimed and reader.gap == 0


async def test_a_cursor_of_another_way_of_reading_begins_anew_without_a_gap(wordpress: RunningWordPress) -> None:
    numbers = await wordpress.add_many([comment(f"Comment {n}", date=NOW + n) for n in range(12)])
    async with feed_reader(wordpress.address) as reader:
        for cursor in ("no JSON", '{"v":1}', "[]"):
            reader.cursor = cursor
            await reader.whole()
            assert reader.numbers == numbers and reader.gap == 0


async def test_what_another_way_of_reading_knew_is_built_on(wordpress: RunningWordPress) -> None:
    numbers = await wordpress.add_many([comment(f"Comment {n}", date=NOW + n) for n in range(130)])
    await wordpress.switch(rest_closed=True)
    async with feed_reader(wordpress.address) as reader:
        pages = [page async for page in reader.reader.pages(None, past=numbers[9])]
        assert sum(page.gap for page in pages) == 110


async def test_the_cursor_stays_small(wordpress: RunningWordPress) -> None:
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        for turn in range(4):
            await wordpress.add_many([comment("x", date=NOW + turn * HOUR + n) for n in range(150)])
            await reader.whole()
        assert reader.cursor is not None and len(reader.cursor) < 20_000


# Pure pieces ---------------------------------------------------------------------------------------------------------


def test_a_state_comes_back_from_its_cursor() -> None:
    state = State(
        site=SITE, feed=f"{SITE}/comments/feed/", whole_at=5.0, most=10, highest=7, listed=0.0,
        window=(CommentId("7"),), seen={CommentId("7"): Seen(1.0, "comment"), CommentId("6"): Seen(0.5, "silent")},
        missing={CommentId("6"): 1}, posts={f"{SITE}/?p=4": Known(PostId("4"), f"{SITE}/roses/", True)},
    )  # fmt: skip
    assert load(dump(state)) == state
    assert json.loads(dump(State())) == {"v": "feed-1"}


@pytest.mark.parametrize(
    ("html", "uri", "expected"),
    [
        ("<p>[&#8230;] as Vera says [&#8230;]</p>", f"{SITE}/x", Kind.PINGBACK),
        ("<p>[&#8230;] as Vera says [&#8230;]</p>", None, Kind.COMMENT),
        ("<p>[&#8230;] as Vera says</p>", f"{SITE}/x", Kind.COMMENT),
        ("<p><strong>On tea</strong></p><p>Somebody wrote&#8230;</p>", f"{SITE}/x", Kind.TRACKBACK),
        ("<p><strong>On tea</strong></p><p>I agree.</p>", f"{SITE}/x", Kind.COMMENT),
        ("<p><strong>On</strong> tea</p><p>Well…</p>", f"{SITE}/x", Kind.COMMENT),
    ],
)
def test_mentions_are_known_by_their_shape(html: str, uri: str | None, expected: Kind) -> None:
    assert shape(html_in.parse(html, SITE), uri) is expected


def item(number: int, **fields: str) -> Item:
    values = {"guid": f"{SITE}/?p=4#comment-{number}", "link": f"{SITE}/roses/#comment-{number}", "html": "<p>Hi</p>"}
    return Item(**(values | {"published": "2026-01-01T10:00:00Z"} | fields))


def test_what_is_no_comment_of_wordpress_is_left_out() -> None:
    items = [item(1), item(1), item(2, guid="odd", link="odd"), item(3, link="javascript:alert(1)#comment-3")]
    form = '<form><label>Password: <input name="post_password" type="password" /></label></form>'
    feed = Feed("atom", items=[*items, item(4, html=form), item(5, guid=f"{SITE}/?p=4#comment-{'9' * 30}", link=SITE)])
    assert [entry.number for entry in feed_entries.entries(feed, {}, NOW)] == [1]


def test_no_comment_answers_itself_or_a_younger_one() -> None:
    refs = [item(n, ref=f"{SITE}/?p=4#comment-{ref}") for n, ref in ((3, 3), (2, 3), (5, 2))]
    found = feed_entries.entries(Feed("atom", items=refs), {}, NOW)
    assert [entry.parent for entry in found] == [None, None, "2"]


def test_the_line_goes_only_if_it_names_the_parent() -> None:
    line = f'<p>Antwort auf <a href="{SITE}/roses/comment-page-2/#comment-2">Vera</a>.</p>\n<p>Green.</p>'
    other = line.replace("#comment-2", "#comment-1")
    feed = Feed("atom", items=[item(n, html=html, ref=f"{SITE}/?p=4#comment-2") for n, html in ((5, line), (6, other))])
    first, second = feed_entries.entries(feed, {}, NOW)
    assert (len(first.text), first.parent) == (1, "2")
    assert (len(second.text), second.parent) == (2, "2")


@pytest.mark.parametrize(
    ("link", "page"),
    [
        (f"{SITE}/roses/#comment-3", f"{SITE}/roses/"),
        (f"{SITE}/roses/comment-page-12/#comment-3", f"{SITE}/roses/"),
        (f"{SITE}/?p=4&cpage=2#comment-3", f"{SITE}/?p=4"),
        (f"{SITE}/?cpage=2&p=4#comment-3", f"{SITE}/?p=4"),
    ],
)
def test_the_page_of_a_comment(link: str, page: str) -> None:
    assert post_page(link) == page


@pytest.mark.parametrize(
    ("address", "number"),
    [("/?p=4", "4"), ("/?page_id=16", "16"), ("/?post_type=book&p=007", "7"), ("/roses/", None), ("/?p=x", None)],
)
def test_the_number_in_an_address(address: str, number: str | None) -> None:
    assert number_in(SITE + address) == number


def test_a_page_lacks_a_response_only_if_it_shows_a_younger_one() -> None:
    page = PageSays(kinds={CommentId("3"): Kind.COMMENT, CommentId("7"): Kind.COMMENT})
    assert page.lacks(CommentId("5")) and not page.lacks(CommentId("8")) and not page.lacks(CommentId("7"))


def test_missing_numbers_are_counted_and_never_beyond_belief() -> None:
    assert lacking({5, 6, 20}, 3, 20) == 14
    assert lacking(set(), 20, 3) == 0
    assert lacking(set(), 3, 10**17) == 1_000_000


async def test_a_clock_that_was_set_back_hides_no_edit(wordpress: RunningWordPress) -> None:
    """By a year, say, because the machine began with a wrong date; WordPress says "not modified" of edits."""
    number = await wordpress.add("Which tea?", date=NOW - HOUR)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await reader.beat()
        await wordpress.edit(number, "Which coffee?")
        reader.clock.advance(-365 * 24 * HOUR)
        await reader.beat()
        assert said(reader.comments) == ["Which coffee?"]
