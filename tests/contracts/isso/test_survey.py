"""What `backchat init` learns of a blog on Isso: from any of its pages, and from Isso itself."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.isso import plugin
from bridge.errors import RetryLater
from bridge.fetch import Fetch
from bridge.model import Survey
from tests.servers.isso import RunningIsso, real_isso
from tests.servers.pages import EMPTY, Pages, serving

SITEMAP = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>SITE/tea/</loc></url></urlset>'
ATOM_TYPE = "application/atom+xml"
ATOM = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><title>A blog</title><id>SITE/</id><entry><id>SITE/tea/</id>'
    '<title>Tea</title><link href="SITE/tea/"/></entry></feed>'
)


def post(widget: str, head: str = "") -> str:
    return f"<!doctype html><html><head><title>Tea</title>{head}</head><body>{widget}</body></html>"


@dataclass
class House:
    """A blog, the Isso that keeps its comments, and somebody who looks at them as `init` does."""

    isso: RunningIsso
    blog: Pages

    @property
    def embed(self) -> str:
        return f'<section id="isso-thread"></section><script data-isso="{self.isso.address}/" src="/x.js"></script>'

    async def survey(self, path: str = "/tea/", *, at: str | None = None) -> Survey | None:
        async with Fetch("backchat-tests", trusted=(self.blog.address,), any_port=True) as fetch:
            return await plugin.survey((at or self.blog.address) + path, fetch)

    async def config(self, path: str = "/tea/", *, at: str | None = None) -> dict[str, Any]:
        found = await self.survey(path, at=at)
        assert found is not None
        return tomllib.loads(found.config)


@asynccontextmanager
async def house(folder: Path, **isso: Any) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        blog = await stack.enter_async_context(serving())
        general = {"host": blog.address + "/"}
        running = await stack.enter_async_context(real_isso(folder, general=general, **isso))
        made = House(running, blog)
        blog.put("/tea/", post(made.embed))
        yield made


async def test_a_post_with_the_widget_gives_a_configuration_that_can_answer(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        there.blog.put("/tea/", post(there.embed, '<meta name="author" content=" Mara \n Lindqvist\u202e ">'))
        found = await there.survey()
        assert found is not None
        assert (found.rank, found.accounts) == (3, ("mara",))
        assert tomllib.loads(found.config) == {
            "adapter": "isso",
            "address": there.isso.address,
            "site": there.blog.address,
            "moderated": False,
            "posts": "latest",
            "accounts": {"mara": {"name": "Mara Lindqvist"}},
        }
        assert f"Isso 0.14.0 at {there.isso.address}" in found.found[0]
        assert found.steps == ("Answers will stand under the name Mara Lindqvist, from the page: see accounts.mara.",)


async def test_a_page_without_an_author_leaves_a_step_to_the_person(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        found = await there.survey()
        assert found is not None and found.accounts == ("author",)
        assert "accounts.author" in found.steps[0]


@pytest.mark.parametrize(
    "widget",
    [
        '<script src="x.js" data-isso="//HOST"></script>',
        '<div id="isso-thread"></div><script async src="http://HOST/js/embed.min.js?v=3"></script>',
    ],
    ids=["protocol-relative", "by its script"],
)
async def test_the_widget_is_found_however_it_is_written(tmp_path: Path, widget: str) -> None:
    async with house(tmp_path) as there:
        there.blog.put("/tea/", post(widget.replace("HOST", there.isso.address.removeprefix("http://"))))
        assert (await there.config())["address"] == there.isso.address


async def test_a_front_page_leads_to_a_post_that_has_the_widget(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        there.blog.put("/", post('<h2><a href="http://127.0.0.3:1/">Away</a></h2><h2><a href="/tea/">Tea</a></h2>'))
        assert (await there.config("/"))["site"] == there.blog.address


async def test_isso_itself_tells_which_blog_it_serves(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        config = await there.config("/", at=there.isso.address)
        assert (config["address"], config["site"]) == (there.isso.address, there.blog.address)


async def test_moderation_and_a_wanted_address_are_told_as_steps(tmp_path: Path) -> None:
    async with house(tmp_path, guard={"require-email": "true"}, moderation=True) as there:
        found = await there.survey()
        assert found is not None
        assert "It holds new comments for approval." in found.found
        assert tomllib.loads(found.config)["moderated"] is True
        assert any("e-mail" in step for step in found.steps)
        assert any("admin_password" in step for step in found.steps)


async def test_posts_are_learnt_of_by_a_sitemap_or_a_feed_where_isso_lists_none(tmp_path: Path) -> None:
    async with house(tmp_path, latest=False) as there:
        found = await there.survey()
        assert found is not None and any("latest-enabled = true" in step for step in found.steps)
        there.blog.put("/feed.xml", ATOM, ATOM_TYPE)
        there.blog.put("/tea/", post(there.embed, f'<link rel="alternate" type="{ATOM_TYPE}" href="/feed.xml">'))
        config = await there.config()
        assert (config["posts"], config["posts_from"]) == ("feed", there.blog.address + "/feed.xml")
        there.blog.put("/sitemap.xml", SITEMAP, "application/xml")
        config = await there.config()
        assert (config["posts"], config["posts_from"]) == ("sitemap", there.blog.address + "/sitemap.xml")


async def test_a_widget_whose_isso_is_down_or_something_else_is_told(tmp_path: Path) -> None:
    async with serving() as blog, Fetch("backchat-tests", trusted=(blog.address,), any_port=True) as fetch:
        blog.put("/tea/", post('<script data-isso="http://127.0.0.1:9/"></script>'))
        with pytest.raises(RetryLater, match=r"shows comments of Isso at http://127\.0\.0\.1:9, but .* refuses"):
            await plugin.survey(blog.address + "/tea/", fetch)
        blog.put("/tea/", post('<script data-isso="/isso/"></script>'))
        with pytest.raises(RetryLater, match="nothing there answers as Isso does"):
            await plugin.survey(blog.address + "/tea/", fetch)


async def test_a_page_cannot_lead_into_a_private_network_that_nobody_typed(tmp_path: Path) -> None:
    async with serving() as blog, serving("127.0.0.2") as private:
        private.put("/info", '{"version": "0.14.0", "host": "", "origin": "", "moderation": false}', "application/json")
        blog.put("/tea/", post(f'<script data-isso="{private.address}/"></script>'))
        async with Fetch("backchat-tests", trusted=(blog.address,), any_port=True) as fetch:
            with pytest.raises(RetryLater, match="private network"):
                await plugin.survey(blog.address + "/tea/", fetch)
        assert private.asked == []


async def test_a_blog_that_fails_where_isso_would_answer_is_no_isso() -> None:
    async def failing(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(failing, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, Fetch("backchat-tests", trusted=(address,)) as fetch:
        assert await plugin.survey(address + "/", fetch) is None


async def test_other_pages_are_no_isso(tmp_path: Path) -> None:
    async with serving() as blog, Fetch("backchat-tests", trusted=(blog.address,)) as fetch:
        blog.put("/tea/", EMPTY)
        blog.put("/notes.txt", "data-isso", "text/plain")
        blog.put("/info", '["version"]', "application/json")
        for path in ("/tea/", "/notes.txt", "/gone/", "/"):
            assert await plugin.survey(blog.address + path, fetch) is None
