"""From a feed into a chat's room: hostile comments come out harmless, and one bad feed keeps no other blog waiting."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from html import escape

import pytest
from aiohttp import web

from bridge.house import OpenBlog
from bridge.ledger import sources
from bridge.model import BlogName, Relay, Route, RouteName
from bridge.ports import Row
from bridge.schedule import Beat
from bridge.testing.stage import Stage, place, route
from bridge.watch import Watch
from tests.contracts.feed.served import ATOM, Served, served
from tests.servers.feed_server import Answer


@dataclass
class Meadow:
    """A blog with a feed, `meadow`, beside the stage's own blog `garden`; both go to rooms of the same chat."""

    stage: Stage
    on: Served
    open: OpenBlog

    async def read(self) -> None:
        """Read it once, whole, as its loop does."""
        self.on.clock.advance(901)
        await Watch(self.stage.house, self.open).read()
        await self.stage.settle()

    async def source(self) -> Row:
        """What the ledger knows of its readings."""
        return await self.stage.ask(lambda tx: sources.of(tx, "meadow"))

    async def shown(self, words: str) -> str:
        """The message with these words in it, once it stands."""
        await self.stage.until(lambda: any(words in said for said in self.stage.chat.standing()), words)
        return next(said for said in self.stage.chat.standing() if words in said)


@asynccontextmanager
async def meadow(relay: Relay = Relay.OFF) -> AsyncIterator[Meadow]:
    routes = (route(), Route(RouteName("meadow"), BlogName("meadow"), (place(room="meadow"),), relay))
    async with served() as on, Stage(clock=on.clock, routes=routes) as stage, AsyncExitStack() as stack:
        blog = OpenBlog(BlogName("meadow"), on.blog, Beat(60.0))
        blog.ready = await on.blog.open(stack)
        stage.house.blogs[blog.name] = blog
        both = Meadow(stage, on, blog)
        await both.read()
        yield both


def written(words: str, name: str = "Vera") -> Answer:
    """A feed with this one comment, whose HTML is exactly `words`."""
    return lambda request: web.Response(
        text='<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Comments</title><item>'
        f"<guid>one</guid><link>http://{request.host}/first/#comment-1</link><dc:creator>{escape(name)}</dc:creator>"
        f"<description>{escape(words)}</description></item></channel></rss>"
    )


@pytest.mark.parametrize(
    ("html", "there", "absent"),
    [
        ("<p>Hi<script>alert(1)</script><style>p{}</style></p>", "Hi", "alert"),
        ('<p onclick="alert(1)">Hi <img src=x onerror=alert(2)></p>', "Hi", "alert"),
        ('<a href="javascript:alert(1)">click here</a>', "click here", "javascript"),
        ('<a href="https://evil.example/">https://bank.example/</a>', "evil.example", "nothing is absent"),
        ("<blockquote>" * 5_000 + "deep" + "</blockquote>" * 5_000, "deep", "blockquote"),
        ("<p>abc\u202edef\u2066</p>", "abcdef", "\u202e"),
        ("<p>lone&#xD800; surrogate&#0; here</p>", "surrogate", "\ud800"),
        ("<p>Hi<svg/onload=alert(1)><iframe src='x'></iframe></p>", "Hi", "iframe"),
    ],
)
async def test_law_09_hostile_words_come_out_harmless(html: str, there: str, absent: str) -> None:
    async with meadow() as at:
        at.on.server.changed[ATOM] = written(html)
        await at.read()
        assert absent not in await at.shown(there)
        assert (await at.source())["last_error"] is None


async def test_everyone_stays_a_word() -> None:
    async with meadow() as at:
        at.on.server.changed[ATOM] = written("<p>@everyone look</p>", "@everyone")
        await at.read()
        assert "@everyone look" in await at.shown("look")


async def test_law_09_nul_and_surrogates_in_a_json_feed() -> None:
    item = (
        '{"id": "1\\u0000\\ud800", "url": "http://x.example/#c1", "content_html": "lone \\ud83d one\\u0000",'
        ' "authors": [{"name": "Ve\\ud800ra\\u0000"}]}'
    )
    feed = f'{{"version": "https://jsonfeed.org/version/1.1", "title": "T", "items": [{item}]}}'
    async with meadow() as at:
        at.on.server.changed[ATOM] = lambda _: web.Response(text=feed)
        await at.read()
        assert "Vera" in await at.shown("lone  one".replace("  ", " "))


@pytest.mark.parametrize("name", ["", " ", "\u202e", "x" * 10_000, "\u202eevil\u202c @ada"])
async def test_names_of_any_length_or_none(name: str) -> None:
    async with meadow() as at:
        at.on.server.changed[ATOM] = written("<p>Hello there</p>", name)
        await at.read()
        assert len(await at.shown("Hello there")) < 500


async def test_a_comment_of_a_megabyte_is_shown_whole_in_parts() -> None:
    async with meadow() as at:
        words = " ".join(f"word{number}" for number in range(110_000))
        assert len(words) > 1_000_000
        at.on.server.changed[ATOM] = written(f"<p>{words}</p>")
        await at.read()
        await at.shown("word109999")
        said = "".join(at.stage.chat.standing())
        assert all(f"word{number}" in said for number in (0, 54_321, 109_999))


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: web.Response(text="<!doctype html><title>Sorry</title>"),
        lambda _: web.Response(body=b"x" * 10_000_000),
        lambda _: web.Response(text='<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel/></rss>'),
        lambda _: web.Response(status=302, headers={"Location": ATOM}),
        lambda _: web.Response(status=302, headers={"Location": "http://169.254.169.254/latest/"}),
        lambda _: web.Response(status=302, headers={"Location": "http://127.0.0.1:9/feed"}),
        lambda _: web.Response(body=b"\x1f\x8bnonsense", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["html", "10 MB", "entities", "circle", "metadata", "private", "garbled gzip"],
)
async def test_a_bad_feed_is_said_and_the_other_blog_goes_on(answer: Answer) -> None:
    async with meadow() as at:
        at.on.server.changed[ATOM] = answer
        await at.read()
        source = await at.source()
        assert source["failures"] == 1 and len(source["last_error"].split()) > 3
        at.stage.blog.comment("The garden goes on")
        await at.shown("The garden goes on")
        del at.on.server.changed[ATOM]
        at.on.comment("The meadow is back")
        await at.read()
        await at.shown("The meadow is back")
        assert (await at.source())["failures"] == 0


async def test_a_gap_is_counted_and_patience_is_kept() -> None:
    async with meadow() as at:
        at.on.comment("One")
        await at.read()
        for number in range(12):
            at.on.comment(f"Comment {number}", post="/elsewhere/" if number < 2 else "/first/")
        at.on.server.only = {ATOM: lambda _: _patient(at.on)}
        await at.read()
        source = await at.source()
        assert source["gaps"] == 1
        assert 1_800 <= source["next_read"] - at.on.clock.now() <= 2_000


def _patient(on: Served) -> web.Response:
    return web.Response(text=on.server.atom(on.server.shown()), headers={"Cache-Control": "max-age=1800"})


async def test_a_feed_that_is_gone_pauses_its_blog_until_somebody_resumes_it() -> None:
    async with meadow() as at:
        at.on.server.changed[ATOM] = lambda _: web.Response(status=410)
        await at.read()
        assert "gone for good" in (await at.source())["paused"]
        del at.on.server.changed[ATOM]
        at.on.comment("Back again")
        await at.stage.ask(lambda tx: sources.resume(tx, "meadow"))
        await at.read()
        await at.shown("Back again")


async def test_a_comment_that_is_taken_off_the_page_leaves_the_room_and_comes_back_with_it() -> None:
    async with meadow() as at:
        at.on.comment("Before")
        spam = at.on.comment("Buy shears!")
        at.on.comment("After")
        await at.read()
        await at.shown("Buy shears!")
        at.on.server.hold(spam)
        for _ in range(2):
            await at.read()
        await at.stage.until(lambda: not any("shears" in said for said in at.stage.chat.standing()), "it goes")
        assert any("Before" in said for said in at.stage.chat.standing())
        at.on.server.approve(spam)
        await at.read()
        await at.shown("Buy shears!")
