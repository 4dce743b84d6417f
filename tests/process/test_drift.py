"""The configuration drifts under a real daemon over a real Isso, by SIGHUP: new names, and another adapter and back."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from html import escape
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from bridge.model import AnswerState
from tests.process.story import SEEDS, opened
from tests.process.test_reload import rewrite, started
from tests.process.waiting import until
from tests.process.world import World

TAKEN_OVER = "ready: 1 blog,"


async def reloaded(world: World) -> None:
    """The configuration is read again, and its blog has been read to the end since."""
    before = world.daemon.words().count(TAKEN_OVER)
    world.daemon.send(signal.SIGHUP)
    await until(lambda: world.daemon.words().count(TAKEN_OVER) > before, "everything to be open again")
    await until(lambda: any(row["initialised"] for row in world.ledger("SELECT initialised FROM source")), "a reading")


@asynccontextmanager
async def feed_of(world: World) -> AsyncIterator[str]:
    """The blog's comments as an RSS feed; its address."""

    def item(number: int, post: str, author: str, words: str) -> str:
        link = f"{world.isso.site}{post}#isso-{number}"
        return (
            f"<item><title>{escape(author)}</title><link>{escape(link)}</link><guid>{escape(link)}</guid>"
            f"<dc:creator>{escape(author)}</dc:creator><pubDate>{formatdate(1_800_000_000 + number)}</pubDate>"
            f"<description>{escape(words)}</description></item>"
        )

    async def feed(_: web.Request) -> web.Response:
        items = [item(one.number, one.post, one.author, one.words) for one in reversed(world.on_blog())]
        text = (
            '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
            f"<title>Comments</title><link>{world.isso.site}</link>{''.join(items)}</channel></rss>"
        )
        return web.Response(text=text, content_type="application/rss+xml")

    app = web.Application()
    app.router.add_get("/comments.xml", feed)
    async with TestServer(app) as server:
        yield str(server.make_url("/comments.xml"))


def fed(text: str, address: str) -> str:
    """A configuration whose blog is read by its feed."""
    rest = text[text.index("[chats.room]") :]
    head = text[: text.index("[blogs.garden]")]
    blog = f'[blogs.garden]\nadapter = "feed"\naddress = "{address}"\nevery = 0.2\nfirst_run = "latest 2"\n\n'
    return head + blog + rest.replace('{ mara = "mara" }', '["mara"]')


async def test_new_names_are_taken_over_with_all_that_is_under_way(tmp_path: Path) -> None:
    async with opened(tmp_path, hold=6) as (world, _):
        await started(world)
        asked = await world.until_shown(SEEDS[2])
        message = await world.answer("a1 Even there.", asked.id)
        await world.until_state(message, AnswerState.HELD)
        text = world.daemon.config.read_text()
        for group, old, new in (
            ("blogs", "garden", "meadow"),
            ("chats", "room", "salon"),
            ("routes", "garden", "path"),
        ):
            text = text.replace(f"[{group}.{old}]", f'[{group}.{new}]\nrenamed_from = "{old}"')
            text = text.replace(f"[{group}.{old}.", f"[{group}.{new}.").replace(
                f"[[{group}.{old}.", f"[[{group}.{new}."
            )
        text = text.replace('blog = "garden"', 'blog = "meadow"').replace('chat = "room"', 'chat = "salon"')
        world.daemon.config.write_text(text)
        await reloaded(world)
        assert world.receipt(message) is not None
        await world.until_public("a1 Even there.")
        await world.isso.visitor("Otto").comment("c1 When do you cut it?")
        await world.until_shown("c1 When do you cut it?")
        await world.at_rest()
        await reloaded(world)
        assert world.daemon.words().count("so the line may go") == 3
        assert await world.stop_and_check() == []
        assert {row["blog"] for row in world.ledger("SELECT DISTINCT blog FROM comment")} == {"meadow"}


async def test_a_name_that_is_taken_is_refused_while_the_old_configuration_runs_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await started(world)
        rewrite(world, "[routes.garden]", "[routes.path]")
        rewrite(world, "[[routes.garden.rooms]]", "[[routes.path.rooms]]")
        await reloaded(world)
        rewrite(world, "[routes.path]", '[routes.path]\nrenamed_from = "garden"')
        world.daemon.send(signal.SIGHUP)
        await until(lambda: "the ledger knows both 'garden' and 'path'" in world.daemon.words(), "the refusal")
        assert "the changed configuration is refused: routes.path.renamed_from" in world.daemon.words()
        asked = await world.until_shown(SEEDS[2])
        await world.answer("a1 Even there.", asked.id)
        await world.at_rest()
        assert await world.daemon.stop() == 0
        await world.daemon.start_plain()
        assert await world.daemon.ended() == 3
        assert "Traceback" not in world.daemon.words()


async def test_a_blog_is_read_by_its_feed_and_by_its_own_adapter_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _), feed_of(world) as address:
        await started(world)
        asked = await world.until_shown(SEEDS[2])
        mine = await world.answer("a1 Even there.", asked.id)
        await world.until_state(mine, AnswerState.PUBLIC)
        await world.at_rest()
        before = [one.words for one in world.in_room()]

        own = world.daemon.config.read_text()
        world.daemon.config.write_text(fed(own, address))
        await reloaded(world)
        assert [one.words for one in world.in_room()] == before
        await world.isso.visitor("Otto").comment("c1 When do you cut it?")
        new = await world.until_shown("c1 When do you cut it?")
        assert new.thread == asked.thread
        late = await world.write("b1 In June.", asked.id)
        refused = await world.until_state(late, AnswerState.REFUSED)
        assert refused.reason is not None and world.public("b1") is None

        world.daemon.config.write_text(own)
        await reloaded(world)
        await world.rewrite(mine, "a1 Even in the deepest shade.")
        await world.until_public("a1 Even in the deepest shade.")
        await world.isso.visitor("Otto").comment("c2 And basil?")
        again = await world.until_shown("c2 And basil?")
        assert again.thread == asked.thread and world.on_blog()[-1].words == "c2 And basil?"
        assert [one.words for one in world.in_room()].count("c1 When do you cut it?") == 1
        assert await world.daemon.stop() == 0
        assert "Traceback" not in world.daemon.words()
