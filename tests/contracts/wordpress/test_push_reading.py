"""What is told of is seen: after news, the next reading takes nothing for unchanged, whatever numbers or a 304 say."""

from __future__ import annotations

import pytest

from adapters.wordpress.blog import WordPressBlog
from bridge.model import Page
from bridge.ports import HearsNews
from bridge.text.tree import wording
from tests.contracts.wordpress.reading_rest import Reader, reading, settings
from tests.servers.wordpress import RunningWordPress

LONG_AGO = 1_700_000_000.0


async def known(reader: Reader) -> None:
    """All has been read, and read again, so that a beat asks for as little as it can."""
    await reader.read()
    await reader.read(5.0)
    assert await reader.said(5.0) == []


def heard(reader: Reader) -> None:
    """Somebody tells the blog's adapter of news, as its webhook and its hub do."""
    assert isinstance(reader.blog, HearsNews)
    reader.blog._news()


@pytest.mark.parametrize("read", ["api", "feed"])
async def test_an_edit_that_was_told_of_is_seen_at_the_next_reading(wordpress: RunningWordPress, read: str) -> None:
    number = await wordpress.add("Is anybody their?", date=LONG_AGO)
    async with reading(settings(wordpress, "editor", read=read)) as reader:
        await known(reader)
        await wordpress.edit(number, "Is anybody there?")
        assert await reader.said(5.0) == [], "neither the numbers nor the feed's validators betray it"
        told: list[str] = []
        reader.blog.on_news(lambda: told.append("told"))
        heard(reader)
        assert await reader.said(5.0) == ["Is anybody there?"] and told == ["told"]
        assert await reader.said(5.0) == []


@pytest.mark.parametrize("read", ["api", "feed"])
async def test_news_that_come_during_a_reading_count_for_the_next_one(wordpress: RunningWordPress, read: str) -> None:
    number = await wordpress.add("Is anybody their?", date=LONG_AGO)
    async with reading(settings(wordpress, "editor", read=read)) as reader:
        await known(reader)
        heard(reader)
        await _read_while_somebody_edits(reader, wordpress, number)
        assert await reader.said(5.0) == ["Is anybody there?"]


async def _read_while_somebody_edits(reader: Reader, wordpress: RunningWordPress, number: int) -> None:
    blog: WordPressBlog = reader.blog
    last: Page | None = None
    reader.clock.advance(5.0)
    async for page in blog.pages(reader.cursor):
        if last is None:
            await wordpress.edit(number, "Is anybody there?")
            heard(reader)
        last = page
        assert "Is anybody there?" not in [wording(comment.text) for comment in page.comments]
    assert last is not None
    reader.cursor = last.cursor
