"""Feeds that are written to do harm, or that come at a bad moment: each costs little, and none loses a comment."""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import cast

import pytest
from aiohttp import web
from selectolax.lexbor import LexborHTMLParser

from adapters.feed import beyond, reader
from adapters.feed.discover import find
from adapters.feed.state import dump
from bridge.feeds import page_card, parse
from bridge.feeds.addresses import LONGEST
from bridge.feeds.item import NotAFeed
from bridge.fetch import Fetch
from bridge.model import Page
from tests.contracts.feed.served import ATOM, opened, served
from tests.contracts.feed.test_reading import shows
from tests.contracts.feed.written import SITE, Book, item, said

BROKEN = "<item><guid>&nosuch;</guid></item>"


# What one visitor can write ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reference", ["&#xD800;", "&#0;", "&#x110000;", "&#99999999999999999999;", "&#xFFFFFFFFFFFFFFFFFFFF;"]
)
async def test_a_character_that_cannot_be_costs_neither_the_comment_nor_the_others(reference: str) -> None:
    async with opened() as on:
        on.comment(f"Bad {reference} luck", name="Vera")
        on.comment("Good luck", name="Nino")
        document = on.server.rss(on.server.shown()).replace("<![CDATA[", "").replace("]]>", "")
        document = document.replace("<title>", f"<title>{reference}").replace("</guid>", f"{reference}</guid>", 1)
        on.server.changed[ATOM] = shows(document)
        told = await on.news()
        assert any("Good luck" in words for words in told) and any("Bad" in words for words in told)


@pytest.mark.parametrize("spoilt", ["", BROKEN], ids=["well formed", "broken"])
async def test_a_long_base_is_not_multiplied_by_all_that_stands_on_it(spoilt: str) -> None:
    """Measured before there was a limit: 0.9 MB of Atom took a minute and 700 MB."""
    base = "http://x/" + "a/" * 20_000
    entries = '<entry xml:base="b/"><id>1</id><link href="c"/></entry>' * 500
    document = f'<feed xmlns="http://www.w3.org/2005/Atom" xml:base="{base}">{entries}{spoilt}</feed>'
    if spoilt:
        with pytest.raises(NotAFeed, match="too large to be repaired"):
            await parse.parse(document.encode())
        return
    feed = await parse.parse(document.encode())
    assert len(feed.items) == 500
    assert {len(one.base) <= LONGEST and len(one.link) <= LONGEST for one in feed.items} == {True}


async def test_a_long_home_is_not_multiplied_by_all_that_stands_on_it() -> None:
    items = [{"id": str(number), "url": "c", "content_html": "<a href=d>x</a>"} for number in range(500)]
    home = "http://x/" + "a/" * 20_000
    feed = await parse.parse(
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "home_page_url": home, "items": items}).encode()
    )
    assert (len(feed.items), feed.link) == (500, "")


def test_a_long_guid_that_is_an_address_is_no_post_s_address() -> None:
    book = Book()
    found = book.read(item(guid=f"{SITE}/{'a' * 100_000}", link="", ref_href=f"{SITE}/{'b' * 100_000}"))
    assert [post.address for post in found.posts] == [f"{SITE}/"]
    assert len(dump(book.state)) < 3_000


@pytest.mark.parametrize("address", ["http://[bad", "http://[1:2/", "https://a]/"])
async def test_a_page_that_names_what_is_no_address_is_read_for_the_others(address: str) -> None:
    async with served() as on:
        on.comment("How do you prune?")
        kind = "application/atom+xml"
        on.server.changed["/"] = lambda _: web.Response(
            text=f'<html><link rel="alternate" type="{kind}" href="{address}">'
            f'<link rel="alternate" type="{kind}" href="/comments/feed/atom/"></html>',
            headers={"Content-Type": "text/html", "Link": f'<{address}>; rel="alternate"; type="{kind}"'},
        )
        async with Fetch("backchat-tests", trusted=[on.server.address]) as fetch:
            found = await find(fetch, on.server.address + "/")
        assert found is not None and found.address == on.server.address + ATOM


# Bad moments ----------------------------------------------------------------------------------------------------------


async def test_law_07_claims_stand_again_where_the_core_could_not_ask() -> None:
    async with opened() as on:
        spam = on.comment("Buy shears!")
        on.comment("Newer")
        await on.read()
        del on.server.stored[spam]
        await on.read(after=900)
        on.clock.advance(60)
        async with aclosing(cast("AsyncGenerator[Page, None]", on.blog.pages(on.cursor))) as reading:
            page = await anext(reading)  # the core records it, asks after what is missing, and the blog does not answer
            on.cursor = page.cursor
        assert page.covers
        (again,) = await on.read()
        assert again.covers == page.covers
        assert await on.read() == [], "it was asked about, so it is not told once more"


async def test_feeds_that_are_configured_stay_as_they_are_when_they_are_read_for_what_was_missed() -> None:
    async with opened(more=("/lavender/feed/atom/",)) as on:
        on.comment("On lavender", post="/lavender/")
        await on.read()
        known = on.server.address + "/lavender/feed/atom/"
        assert on.blog._reader is not None
        before = on.blog._reader._state.feeds[known]
        on.server.changed["/lavender/feed/atom/"] = shows(status=304)
        for number in range(12):
            on.comment(f"More {number}", post="/lavender/")
        await on.read()
        after = on.blog._reader._state.feeds[known]
        assert replace(after, missing={}) == replace(before, missing={})


async def test_reading_far_beyond_the_window_does_not_forget_the_window() -> None:
    async with opened() as on:
        for post in range(10):
            for number in range(9):
                on.comment(f"{post} {number}", post=f"/p{post}/")
        for post in range(10):
            on.comment(f"Last on {post}", post=f"/p{post}/")
        (page,) = await on.read()
        assert (len(page.comments), page.gap) == (100, 0)
        on.comment("One more")
        (page,) = await on.read()
        assert (said(page.comments), page.gap) == (["One more"], 0)


async def test_the_first_reading_of_two_feeds_tells_all_that_stands_in_both() -> None:
    async with served(more=("/roses/feed/atom/",)) as on, AsyncExitStack() as stack:
        on.server.window = 2
        on.comment("Old, on roses", post="/roses/")
        on.comment("On lavender", post="/lavender/")
        on.comment("On lavender, too", post="/lavender/")
        await on.blog.open(stack)
        assert sorted(await on.news()) == ["Old, on roses", "On lavender", "On lavender, too"]


# The loop ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "aside"), [(100, False), (200_000, True)], ids=["small", "large"])
async def test_law_12_a_large_page_of_a_post_is_looked_at_beside_the_loop(
    size: int, aside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[bool] = set()
    real = LexborHTMLParser

    def noticed(text: str) -> object:
        threads.add(threading.current_thread() is threading.main_thread())
        return real(text)

    monkeypatch.setattr(page_card, "LexborHTMLParser", noticed)
    async with opened() as on:
        page = f"<html><title>On roses</title>{'x' * size}</html>"
        on.server.changed["/roses/"] = shows(page, Content_Type="text/html")
        on.comment("Which shears?", post="/roses/")
        (found,) = await on.read()
        assert [post.title for post in found.posts] == ["On roses"] and threads == {not aside}


# How long it may take ------------------------------------------------------------------------------------------------


async def test_of_many_posts_whose_pages_fail_only_a_few_are_asked_for() -> None:
    async with opened() as on:
        for number in range(9):
            on.server.changed[f"/p{number}/"] = shows(status=500)
            on.comment(f"Comment {number}", post=f"/p{number}/")
        assert len(await on.news()) == 9
        assert sum(len(on.asked(f"/p{number}/")) for number in range(9)) == 5


async def test_pages_that_hang_keep_no_comment_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "CARDS_WITHIN", 0.0)
    monkeypatch.setattr(beyond, "WITHIN", 0.0)
    async with opened() as on:
        for number in range(12):
            on.comment(f"Comment {number}", post="/roses/")
        (page,) = await on.read()
        assert (len(page.comments), page.gap) == (10, 1), "what was not reached in time is a gap"
