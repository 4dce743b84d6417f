"""What `backchat init` is told of a blog that is WordPress, hides that it is, or is something else."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from adapters.wordpress.sighting import Sight
from adapters.wordpress.survey import survey, told
from bridge.fetch import Fetch
from bridge.model import Survey
from tests.servers.pages import EMPTY, Pages, serving
from tests.servers.wordpress import TEA, RunningWordPress

ROOT = '{"name": "Garden &amp; Tea", "namespaces": ["wp/v2"], "authentication": []}'
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Comments on Garden</title><link>SITE</link>
<description></description><generator>https://wordpress.org/?v=6.7.1</generator></channel></rss>"""


async def surveyed(address: str) -> Survey:
    """What is told about an address, which must be something."""
    found = await _survey(address)
    assert found is not None
    return found


async def _survey(address: str) -> Survey | None:
    async with Fetch("Backchat test", trusted=(address,), any_port=True) as fetch:
        return await survey(address, fetch)


def words(found: Survey) -> str:
    return "\n".join(found.found)


def table(found: Survey) -> dict[str, object]:
    return tomllib.loads(found.config)


# --- A WordPress ------------------------------------------------------------------------------------------------------


async def test_whatever_address_of_it_is_given(wordpress: RunningWordPress) -> None:
    await wordpress.visitor("Vera").comment("Which tea?")
    for address in ("/", "/comments/feed/", "/comments/feed/atom/", f"/?p={TEA}"):
        found = await surveyed(wordpress.address + address)
        assert found.rank == 3, address
        assert table(found) == {"adapter": "wordpress", "address": wordpress.address}
        assert "anybody can read 1 comment there" in words(found)
        assert "comment feeds: Atom and RSS" in words(found)
        assert "application password" in found.steps[0] and "authorize-application.php" in found.steps[0]
        assert found.accounts == ()


async def test_a_blog_without_comments_is_told_as_one(wordpress: RunningWordPress) -> None:
    assert "anybody can read comments there, and there are none yet" in words(await surveyed(wordpress.address))


async def test_its_version_is_told(wordpress: RunningWordPress) -> None:
    version = {"double": "WordPress 6.", "beta": "WordPress 6.6"}.get(wordpress.kind, "WordPress 6.1.9")
    assert version in words(await surveyed(wordpress.address + "/"))


async def test_plain_permalinks(wordpress: RunningWordPress) -> None:
    await wordpress.option("permalink_structure", "")
    found = await surveyed(wordpress.address + "/")
    assert found.rank == 3 and table(found)["address"] == wordpress.address
    assert "rest_route=/" in words(found) and "Atom and RSS" in words(found)


async def test_an_api_that_is_closed_to_strangers(wordpress: RunningWordPress) -> None:
    await wordpress.switch(rest_closed=True)
    found = await surveyed(wordpress.address + "/")
    assert found.rank == 1 and "is closed to strangers" in words(found)
    assert "comment feeds are read" in found.config


async def test_an_api_that_is_switched_off(wordpress: RunningWordPress) -> None:
    await wordpress.switch(rest_gone=True)
    found = await surveyed(wordpress.address + "/")
    assert found.rank == 1 and found.steps == ()
    assert "Its API cannot be found" in words(found)
    assert table(found) == {"adapter": "wordpress", "address": wordpress.address}


async def test_without_application_passwords_it_can_be_read_only(wordpress: RunningWordPress) -> None:
    await wordpress.switch(no_application_passwords=True)
    found = await surveyed(wordpress.address + "/")
    assert found.rank == 2 and "Over plain http there are no application passwords" in words(found)
    assert "https" in found.steps[0]


# --- What hides, and what is something else ---------------------------------------------------------------------------


@asynccontextmanager
async def site(files: dict[str, str]) -> AsyncIterator[Pages]:
    """Serve files; their type follows from what they begin with."""
    async with serving() as pages:
        for path, text in files.items():
            kind = {"<?": "application/rss+xml", "{": "application/json"}.get(text[:2].rstrip('"'), "text/html")
            pages.put(path, text, kind)
        yield pages


async def test_a_page_that_is_no_wordpress_is_left_alone() -> None:
    async with site({"/": EMPTY}) as pages:
        assert await _survey(pages.address + "/") is None
        assert pages.asked == ["/"]


async def test_a_mere_word_about_wordpress_makes_none() -> None:
    page = EMPTY.replace("Nothing here", 'Powered by WordPress? <img src="/wp-content/x.png"> no')
    async with site({"/": page.replace("<head>", '<head><meta name="generator" content="WordPressLike 1">')}) as pages:
        assert await _survey(pages.address + "/") is None


async def test_it_is_known_by_its_files_where_all_else_is_hidden() -> None:
    page = EMPTY.replace("<head>", '<head><link rel="stylesheet" href="/blog/wp-content/themes/x/style.css">')
    async with site({"/": page, "/blog/": page, "/blog/wp-json/": ROOT, "/blog/comments/feed/": FEED}) as pages:
        found = await surveyed(pages.address + "/")
        assert table(found)["address"] == f"{pages.address}/blog"
        assert "WordPress 6.7.1 (“Garden & Tea”)" in words(found)
        assert "strangers may not read comments there" in words(found) and "comment feeds: RSS" in words(found)


async def test_files_of_another_host_say_nothing() -> None:
    page = EMPTY.replace("<head>", '<head><script src="https://cdn.example/wp-includes/js/x.js"></script>')
    async with site({"/": page}) as pages:
        assert await _survey(pages.address + "/") is None


async def test_marks_without_api_and_feeds_are_no_blog_to_read() -> None:
    page = EMPTY.replace("<head>", '<head><meta name="Generator" content="WordPress 6.7.1">')
    async with site({"/": page}) as pages:
        assert await _survey(pages.address + "/") is None


async def test_an_api_on_another_host_is_written_down() -> None:
    async with site({"/api/": ROOT}) as other:
        link = f'<head><link rel="https://api.w.org/" href="{other.address}/api/">'
        async with site({"/": EMPTY.replace("<head>", link), "/comments/feed/": FEED}) as pages:
            found = await surveyed(pages.address + "/")
            assert table(found) == {
                "adapter": "wordpress",
                "address": pages.address,
                "api": f"{other.address}/api/",
            }


async def test_a_blog_at_wordpress_com_is_named_and_marked_as_untested() -> None:
    link = '<head><link rel="https://api.w.org/" href="https://public-api.wordpress.com/wp/v2/sites/1">'
    async with site({"/": EMPTY.replace("<head>", link)}) as pages:
        found = await surveyed(pages.address + "/")
        assert found.rank == 3 and table(found)["site"] == "127.0.0.1"
        assert "not been tried on the live service" in words(found)
        assert pages.asked == ["/"]


def test_a_blog_of_wordpress_com_gets_its_token_line() -> None:
    found = told(Sight("https://garden.wordpress.com", site="garden.wordpress.com"))
    assert found is not None and found.name == "garden"
    assert '# token = { file = "secrets/wordpress-com" }' in found.config
    assert tomllib.loads(found.config.replace("# token", "token"))["token"] == {"file": "secrets/wordpress-com"}


@pytest.mark.parametrize(
    ("home", "name"),
    [
        ("https://www.garden.example", "garden"),
        ("https://blog.garden.example/tea", "blog"),
        ("http://127.0.0.1:8081", "blog"),
        ("http://[::1]:8081", "blog"),
    ],
)
def test_a_blog_is_called_by_its_host(home: str, name: str) -> None:
    found = told(Sight(home, feeds=("RSS",)))
    assert found is not None and found.name == name
