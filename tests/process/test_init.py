"""`backchat init`: what it says, what it writes, and that a daemon runs from it and carries words both ways."""

from __future__ import annotations

import re
import stat
import time
import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from adapters.isso.demo import plugin as isso_demo
from adapters.web_room import commands
from adapters.web_room.rows import Person
from bridge.demo.ports import DemoBlog
from tests.process.daemon import backchat, daemon_of
from tests.process.room import answer, in_room
from tests.process.terminal import terminal
from tests.process.waiting import PATIENCE, until
from tests.servers.isso import CACHE
from tests.servers.pages import EMPTY, serving

RSS = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Comments on Garden</title><link>SITE/</link>
<description>What readers say</description>
<item><title>By Vera: Tea</title><link>SITE/tea/#comment-1</link><guid isPermaLink="false">SITE/tea/#comment-1</guid>
<pubDate>Mon, 01 Jun 2026 10:00:00 +0000</pubDate><description>Which mint do you use?</description></item>
</channel></rss>"""
WITH_FEED = """<!doctype html><html><head><title>Garden</title>
<link rel="alternate" type="application/rss+xml" title="Garden: comments" href="/comments.xml"></head>
<body><h1>Tea</h1></body></html>"""


@asynccontextmanager
async def demo_blog(folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DemoBlog]:
    monkeypatch.setenv("BACKCHAT_ISSO_ENV", str(CACHE))
    async with AsyncExitStack() as stack:
        yield await isso_demo.start(folder / "tools", folder / "blog", stack)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def refused(folder: Path, *arguments: str, code: int = 1) -> str:
    """Run `init`, which must say why not and leave nothing."""
    config = folder / "backchat.toml"
    ended, _, words = await backchat(config, "init", *arguments)
    assert ended == code and names_in(folder) == [], words
    assert "Traceback" not in words
    return words


async def test_the_demo_blog_gets_a_configuration_that_carries_words_both_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with demo_blog(tmp_path / "demo", monkeypatch) as blog:
        folder = tmp_path / "mine"
        folder.mkdir()
        config = folder / "backchat.toml"
        code, said, errors = await backchat(config, "init", blog.page)
        assert (code, errors) == (0, "")
        assert "1. isso: The page" in said and "Isso 0.14.0" in said and f"Wrote {config}." in said
        assert f"{config} is in order." in said and "answers by author" in said
        assert stat.S_IMODE(config.stat().st_mode) == 0o600
        assert names_in(folder) == ["backchat.toml"]
        await commands.invite(folder / "state" / "room.db", "Author", "author", "http://127.0.0.1")
        async with daemon_of(config, folder / "daemon.log") as daemon:
            await daemon.start_plain()
            await blog.visitor.comment("Otto", "Do they swarm at sea?")
            asked = await until(lambda: in_room(folder / "state", "swarm at sea"), "the comment in the room")
            await answer(folder / "state", asked, "Only once, in a calm.", Person("author", "Author", "author"))
            await _until_published(blog, "Only once, in a calm.")
            assert await daemon.stop() == 0, daemon.words()


async def _until_published(blog: DemoBlog, words: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not any(words in one.html for one in await blog.visitor.standing()):
        assert time.monotonic() < deadline, f"{words!r} never stood on the blog"


async def test_a_page_with_only_rss_gets_a_configuration_that_shows_its_comments(tmp_path: Path) -> None:
    config = tmp_path / "backchat.toml"
    async with serving() as blog:
        blog.put("/comments.xml", RSS, "application/rss+xml")
        code, said, errors = await backchat(config, "init", blog.put("/", WITH_FEED))
        assert (code, errors) == (0, "")
        assert "1. feed: " in said and "/comments.xml" in said
        assert 'relay = "off"' in config.read_text()
        async with daemon_of(config, tmp_path / "daemon.log") as daemon:
            await daemon.start_plain()
            await until(lambda: in_room(tmp_path / "state", "Which mint do you use?"), "the comment in the room")
            assert await daemon.stop() == 0, daemon.words()


async def test_a_page_without_comments_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    async with serving() as blog:
        words = await refused(tmp_path, blog.put("/", EMPTY))
        assert "No comments that Backchat can read were found" in words and "feed, isso" in words
        assert "Nothing was written." in words


async def test_what_is_no_page_is_told_apart(tmp_path: Path) -> None:
    async with serving() as blog:
        assert "status 404" in await refused(tmp_path, blog.address + "/nowhere/")
        assert "but image/png" in await refused(tmp_path, blog.put("/picture.png", "not really", "image/png"))
    assert "refuses connections" in await refused(tmp_path, "http://127.0.0.1:9/")
    for typed in ("ftp://garden.example/", "https://", "not an address", "https://mara:secret@garden.example/"):
        assert "is no address of a web page" in await refused(tmp_path, typed)


async def test_a_page_that_leads_into_a_private_network_is_not_followed(tmp_path: Path) -> None:
    async with serving() as blog, serving("127.0.0.2") as private:
        page = blog.put("/", f'<html><body><script data-isso="{private.address}/"></script></body></html>')
        assert "private network" in await refused(tmp_path, page)
        assert private.asked == []


async def test_a_configuration_that_is_there_is_left_alone(tmp_path: Path) -> None:
    config = tmp_path / "backchat.toml"
    config.write_text("# mine")
    async with serving() as blog:
        blog.put("/comments.xml", RSS, "application/rss+xml")
        page = blog.put("/", WITH_FEED)
        code, _, words = await backchat(config, "init", page)
        assert code == 1 and "is there already" in words and "--force" in words
        assert config.read_text() == "# mine" and blog.asked == []
        assert (await backchat(config, "init", "--force", page))[0] == 0
        assert "Written by `backchat init`" in config.read_text()


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    async with serving() as blog:
        blog.put("/comments.xml", RSS, "application/rss+xml")
        page = blog.put("/", WITH_FEED)
        code, _, words = await backchat(tmp_path / "none" / "backchat.toml", "init", page)
        assert code == 1 and "cannot be written: No such file" in words


async def test_an_unknown_chat_is_told_before_anything_is_read(tmp_path: Path) -> None:
    async with serving() as blog:
        words = await refused(tmp_path, blog.put("/", EMPTY), "--chat", "pigeon", code=2)
        assert "no chat 'pigeon'" in words and "web_room" in words
        assert blog.asked == []


async def test_of_several_offers_the_best_is_taken_and_a_person_may_take_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with demo_blog(tmp_path / "demo", monkeypatch) as blog, serving() as site:
        isso = re.search(r'address = "(.*?)"', blog.config)
        assert isso is not None
        widget = f'<body><script data-isso="{isso[1]}/"></script>'
        site.put("/comments.xml", RSS, "application/rss+xml")
        page = site.put("/", WITH_FEED.replace("<body>", widget))
        code, said, _ = await backchat(tmp_path / "best.toml", "init", page)
        assert code == 0 and "1. isso:" in said and "2. feed:" in said and "Taking isso." in said
        assert adapter_in(tmp_path / "best.toml") == "isso"
        said = await at_a_terminal(tmp_path / "other.toml", page, "Which of them, 1 to 2?", "2", "Your name", "")
        assert "Taking feed." in said
        assert adapter_in(tmp_path / "other.toml") == "feed"


def adapter_in(config: Path) -> object:
    (blog,) = tomllib.loads(config.read_text())["blogs"].values()
    return blog["adapter"]


async def test_questions_are_asked_where_there_is_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with demo_blog(tmp_path / "demo", monkeypatch) as blog:
        config = tmp_path / "backchat.toml"
        await at_a_terminal(config, blog.page, "Your name in the room?", "Zoë Müller")
        assert 'authors = { zoe-muller = "mara" }' in config.read_text()


async def at_a_terminal(config: Path, page: str, *dialogue: str) -> str:
    """Run `init` at a terminal, waiting for each question and answering it; all that was shown."""
    async with terminal(config, "init", page) as person:
        await person.sees("Which chat: web_room, discord, slack? [web_room]")
        person.types("")
        for question, typed in zip(dialogue[::2], dialogue[1::2], strict=True):
            await person.sees(question)
            person.types(typed)
        assert await person.ends() == 0, person.shown
        return person.shown
