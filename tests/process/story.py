"""The scenario in which the daemon is killed at every point: everything that a comment or an answer can go through."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bridge.model import AnswerState
from tests.process.proxy import Proxy, proxied
from tests.process.room_side import MEMBER
from tests.process.waiting import until
from tests.process.world import SETTLE_AFTER, TEA, Stable, World, stable
from tests.servers.isso import Visitor

SEEDS = ("s1 Does mint grow here?", "s2 It grows everywhere.", "s3 Even in the shade?")
HELD = (AnswerState.HELD, AnswerState.PUBLISHING, AnswerState.PUBLIC)


async def seed(one: Stable) -> None:
    """Three comments stand on the blog before Backchat first reads it; only the newest two will be shown."""
    visitor = one.isso.visitor("Vera")
    top = await visitor.comment(SEEDS[0])
    await visitor.comment(SEEDS[1], under=top)
    await visitor.comment(SEEDS[2])
    one.isso.sql("UPDATE comments SET mode = 1")  # where this Isso moderates, its moderator has approved them
    one.keep()


async def play(world: World) -> None:
    """Let visitors and the author do everything; returns once all has followed. The daemon may die meanwhile."""
    oldest = world.on_blog()[0].number
    world.earlier = frozenset({oldest})
    await world.until_shown(SEEDS[2])
    await world.until_shown(SEEDS[1])
    await asyncio.gather(_answered(world), _taken_back(world), _followed(world))
    await world.at_rest()


async def _answered(world: World) -> None:
    """A comment arrives, is answered, the answer is edited while it is public."""
    visitor = world.isso.visitor("Otto")
    await visitor.comment("c1 When do you cut it?")
    asked = await world.until_shown("c1 When do you cut it?")
    message = await world.answer("a1 In June.", asked.id)
    await world.until_state(message, AnswerState.PUBLIC)
    await world.rewrite(message, "a1 In July, after the bees.")
    await world.until_public("a1 In July, after the bees.")
    await world.until_state(message, AnswerState.PUBLIC)


async def _taken_back(world: World) -> None:
    """An answer is deleted while it is held, another one while it is public; asides and members stay in the room."""
    shade = await world.until_shown(SEEDS[2])
    everywhere = await world.until_shown(SEEDS[1])
    held = await world.answer("a2 Never!", shade.id)
    await world.until_state(held, *HELD)
    await world.unwrite(held)
    await world.write("// a3 is an aside")
    await world.write("a4 is a member's", shade.id, MEMBER)
    public = await world.answer("a5 Not in mine.", everywhere.id)
    await world.until_state(public, AnswerState.PUBLIC)
    await world.unwrite(public)
    await until(lambda: world.public("a5") is None, "a5 off the blog")


async def _followed(world: World) -> None:
    """A visitor edits one comment, and deletes another."""
    visitor: Visitor = world.isso.visitor("Wren")
    edited = await visitor.comment("c2 Is it pepermint?", TEA)
    await world.until_shown("c2 Is it pepermint?")
    await visitor.edit(edited, "c2 Is it peppermint?")
    await world.until_shown("c2 Is it peppermint?")
    deleted = await visitor.comment("c3 Never mind.")
    await world.until_shown("c3 Never mind.")
    await visitor.delete(deleted)
    await until(lambda: world.shown("c3") is None, "c3 out of the room")


async def play_with_faults(world: World, *faults: str, listing: Path | None = None) -> None:
    """Play while the daemon kills itself at one point after the other; `world.kills` counts how often it did.

    With `listing`, the last daemon writes every point that it passes into that file.
    """
    last = {"FAULT": "list", "POINTS": str(listing)} if listing is not None else {}
    keeper = asyncio.create_task(_keep(world, faults, last))
    playing = asyncio.create_task(play(world))
    try:
        await asyncio.wait({keeper, playing}, return_when=asyncio.FIRST_COMPLETED)
        if keeper.done() and not playing.done():
            await keeper  # the daemon ended by itself: says how
        await playing
    finally:
        for task in (keeper, playing):
            task.cancel()
        await asyncio.gather(keeper, playing, return_exceptions=True)


async def _keep(world: World, faults: Sequence[str], last: Mapping[str, str]) -> None:
    for fault in faults:
        await world.daemon.start(FAULT=fault, SETTLE_AFTER=SETTLE_AFTER)
        code = await world.daemon.ended()
        assert code == -9, f"the daemon ended with {code} and not through its fault: {world.daemon.words()[-2000:]}"
        world.kills += 1
    await world.daemon.start(SETTLE_AFTER=SETTLE_AFTER, **last)
    code = await world.daemon.ended()
    raise AssertionError(f"the daemon ended with {code}: {world.daemon.words()[-2000:]}")


@contextlib.asynccontextmanager
async def opened(
    folder: Path, *, moderation: bool = False, through_proxy: bool = False, **config: Any
) -> AsyncIterator[tuple[World, Proxy]]:
    """A seeded blog and a fresh Backchat whose daemon is not started yet; a proxy before Isso, used if asked for."""
    async with stable(folder, moderation=moderation) as one, proxied(one.isso.address) as proxy:
        await seed(one)
        if through_proxy:
            config["address"] = proxy.address
        async with one.world("backchat", **config) as world:
            world.earlier = frozenset({world.on_blog()[0].number})
            yield world, proxy
