"""Finding the comment feed: from a blog's address, a post's, or a feed's; and what is told of it."""

from __future__ import annotations

import json
import tomllib
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from adapters.feed import discover
from adapters.feed import settings as feed_settings
from adapters.feed.blog import FeedBlog
from adapters.feed.survey import survey
from bridge import config
from bridge.config import Settings
from bridge.errors import ConfigError, Refused, RetryLater
from bridge.feeds.headers import links
from bridge.fetch import Fetch
from bridge.ports import Examines, SurveysBlogs
from bridge.testing.clock import DrivenClock
from tests.contracts.feed.served import ATOM, Served, served
from tests.contracts.feed.written import SITE
from tests.servers.feed_server import Answer

PAGE = "<!doctype html><html><head>{}</head><body></body></html>"


def shows(text: str = "", *, status: int = 200, **headers: str) -> Answer:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(text=text, status=status, headers=fields or {"Content-Type": "text/html"})


def nothing_but(on: Served, pages: dict[str, Answer]) -> None:
    """The server answers 404 for everything else."""
    on.server.only = pages


async def found(on: Served, path: str) -> str | None:
    async with Fetch("backchat-tests", trusted=[on.server.address]) as fetch:
        one = await discover.find(fetch, on.server.address + path)
        return None if one is None else one.address.removeprefix(on.server.address)


async def test_a_wordpress_blog_leads_to_its_comments_in_atom() -> None:
    async with served() as on:
        on.comment("How do you prune?")
        assert await found(on, "/") == ATOM
        assert await found(on, "/comments/feed/") == ATOM
        assert await found(on, ATOM) == ATOM


async def test_a_post_leads_to_its_own_comments() -> None:
    async with served() as on:
        on.comment("How do you prune?", post="/roses/")
        assert await found(on, "/roses/") == "/roses/feed/atom/"


async def test_a_feed_of_posts_leads_to_the_comments() -> None:
    async with served() as on:
        on.comment("How do you prune?")
        posts = (
            '<rss version="2.0" xmlns:wfw="http://wellformedweb.org/CommentAPI/"><channel>'
            f"<link>{on.server.address}/</link><item><link>{on.server.address}/roses/</link>"
            f"<wfw:commentRss>{on.server.address}/roses/feed/</wfw:commentRss></item></channel></rss>"
        )
        on.server.changed["/feed/"] = shows(posts)
        assert await found(on, "/feed/") == ATOM


async def test_the_link_header_is_understood() -> None:
    async with served() as on:
        field = '</x.css>; rel=preload, </all.atom>; rel="alternate replies"; type="application/atom+xml"'
        feed = on.server.atom([])
        nothing_but(on, {"/": shows(PAGE.format(""), Link=field), "/all.atom": shows(feed)})
        assert await found(on, "/") == "/all.atom"


@pytest.mark.parametrize(
    "place", ["/comments/feed/", "/feeds/comments/default", "/comments/feed.xml", "/?feed=comments-atom"]
)
async def test_well_known_places_are_looked_at(place: str) -> None:
    async with served() as on:
        on.comment("How do you prune?")
        feed = on.server.rss(on.server.shown())
        nothing_but(on, {"/": shows(PAGE.format("")), place: shows(feed)})
        assert await found(on, "/") == place


async def test_a_feed_of_posts_alone_is_not_taken_for_comments() -> None:
    async with served() as on:
        posts = '<rss version="2.0"><channel><title>Garden</title><item><link>https://g.example/a/</link></item></channel></rss>'
        named = '<link rel="alternate" type="application/rss+xml" href="/posts.xml">'
        nothing_but(on, {"/": shows(PAGE.format(named)), "/posts.xml": shows(posts)})
        assert await found(on, "/") is None
        assert len(on.server.requests) < 30


async def test_a_feed_that_has_no_mark_of_comments_is_taken_if_the_operator_names_it() -> None:
    async with served(feed="/all.xml") as on, AsyncExitStack() as stack:
        plain = "<rss><channel><title>Talk</title><item><description>Hi</description></item></channel></rss>"
        nothing_but(on, {"/all.xml": shows(plain)})
        assert "/all.xml" in (await on.blog.open(stack)).remarks[0]
        assert await on.news() == ["Hi"]


def configured(folder: Path, feed: str) -> Settings:
    path = folder / "backchat.toml"
    path.write_text(
        f'[blogs.g]\nadapter = "feed"\n{feed}\n[chats.room]\nadapter = "web_room"\n[routes.g]\nblog = "g"\n'
        'relay = "authors"\n[[routes.g.rooms]]\nchat = "room"\nroom = "g"\nauthors = { mara = "mara" }\n'
    )
    return config.load(path, DrivenClock())


def test_a_configuration_keeps_the_slash_and_lists_authors_without_accounts(tmp_path: Path) -> None:
    settings = configured(tmp_path, f'address = "{SITE}/feed/"\nfeeds = ["{SITE}/a/"]\nwhole_every = "1h"')
    (blog,) = settings.blogs
    assert isinstance(blog.adapter, FeedBlog)
    assert blog.adapter._settings == feed_settings.Settings("blogs.g", f"{SITE}/feed/", (f"{SITE}/a/",), 3_600.0)


def test_every_problem_of_the_settings_is_told_with_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        configured(tmp_path, 'address = "garden"\nfeeds = ["/a/"]\nwhole_every = "5s"')
    told = "\n".join(caught.value.problems)
    assert all(f"blogs.g.{key}" in told for key in ("address", "feeds", "whole_every"))


@pytest.mark.parametrize("key", ["address", "feeds"])
def test_law_10_an_address_with_a_password_is_refused_and_not_repeated(key: str, tmp_path: Path) -> None:
    """The cursor, `status` and the log name the feed's address."""
    secret = "https://mara:sesame@garden.example/feed/"
    values = {"address": f"{SITE}/feed/", "feeds": []} | {key: secret if key == "address" else [secret]}
    with pytest.raises(ConfigError, match=rf"blogs\.g\.{key}.* has a name or password in it") as caught:
        configured(tmp_path, "\n".join(f"{name} = {json.dumps(value)}" for name, value in values.items()))
    assert "sesame" not in str(caught.value)


async def test_a_blog_without_a_comment_feed_cannot_be_opened_and_says_what_to_write() -> None:
    async with served(feed="/") as on, AsyncExitStack() as stack:
        nothing_but(on, {"/": shows(PAGE.format(""))})
        with pytest.raises(Refused, match=r"no comment feed can be found .* blogs\.garden\.address"):
            await on.blog.open(stack)


@pytest.mark.parametrize(("status", "error"), [(404, RetryLater), (500, RetryLater), (410, Refused)])
async def test_an_address_that_shows_nothing_says_so(status: int, error: type[Exception]) -> None:
    async with served() as on, AsyncExitStack() as stack:
        nothing_but(on, {ATOM: shows(status=status)})
        with pytest.raises(error, match=str(status)):
            await on.blog.open(stack)


async def test_init_is_told_what_was_found_and_what_to_write() -> None:
    async with served() as on, Fetch("backchat-tests", trusted=[on.server.address]) as fetch:
        on.comment("How do you prune?")
        told = await survey(on.server.address, fetch)
        assert told is not None and told.rank == 1
        config = tomllib.loads(told.config)
        assert config == {"adapter": "feed", "address": on.server.address + ATOM}
        assert "(Atom)" in told.found[0] and "shows 1 comment" in told.found[0] and len(told.found) == 1
        nothing_but(on, {"/": shows(PAGE.format(""))})
        assert await survey(on.server.address, fetch) is None


async def test_init_is_told_that_a_posts_address_leads_to_that_post_alone() -> None:
    async with served() as on, Fetch("backchat-tests", trusted=[on.server.address]) as fetch:
        on.comment("How do you prune?", post="/roses/")
        told = await survey(on.server.address + "/roses/", fetch)
        assert told is not None
        assert told.found[1] == f"It has this page's comments alone: for those of all posts, give {on.server.address}/"


async def test_the_plugin_surveys_and_the_blog_examines() -> None:
    from adapters.feed import plugin

    assert isinstance(plugin, SurveysBlogs)
    async with served() as on, AsyncExitStack() as stack:
        on.comment("How do you prune?")
        await on.blog.open(stack)
        assert isinstance(on.blog, Examines)
        assert all(finding.good for finding in await on.blog.examine())
        on.server.changed[ATOM] = shows("<html>")
        (finding,) = await on.blog.examine()
        assert not finding.good and "shows no feed" in finding.what and finding.remedy


async def test_doctor_says_what_a_feed_lacks() -> None:
    async with served() as on, AsyncExitStack() as stack:
        on.comment("How do you prune?")
        await on.blog.open(stack)
        items = "<item><description>Hi</description></item>" * 2
        broken = f"\n<?xml version='1.0'?><rss><channel>{items}</channel></rss>"
        on.server.changed[ATOM] = shows(broken, Cache_Control="max-age=7200")
        words = " ".join(finding.what for finding in await on.blog.examine())
        assert "not well formed" in words and "no names of their own" in words
        assert "have no date" in words and "for 120 minutes" in words


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (
            '<a>; rel="alternate"; type="application/atom+xml"; title="a, b; \\"c\\""',
            [("a", {"alternate"}, 'a, b; "c"')],
        ),
        ("<a>; rel=next, <b>;rel=PREV", [("a", {"next"}, ""), ("b", {"prev"}, "")]),
        ("nonsense", []),
        ("<a", []),
        ("<a>", [("a", set(), "")]),
    ],
)
def test_link_fields_are_taken_apart(field: str, expected: list[tuple[str, set[str], str]]) -> None:
    assert [(link.address, set(link.relations), link.title) for link in links(field)] == expected
