"""Five hundred comments between two readings, with credentials: all in the room, in order, none twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.waiting import until
from tests.process.wordpress_world import wordpress_world
from tests.servers.wordpress import comment, served

MANY = 500


@pytest.mark.parametrize("kind", ["double", pytest.param("debian", marks=pytest.mark.real)])
async def test_five_hundred_comments_between_two_readings(kind: str, tmp_path: Path) -> None:
    words = [f"Comment {number} of many" for number in range(MANY)]
    async with served(kind, tmp_path / "site") as wordpress:
        await wordpress.add_many([comment(f"Earlier {number}") for number in range(30)])
        async with wordpress_world(wordpress, tmp_path / "backchat") as world:
            await world.daemon.start()
            await until(lambda: world.ledger("SELECT 1 FROM source WHERE initialised = 1"), "the first reading")
            await wordpress.add_many([comment(one, email=f"{n}@visitors.example") for n, one in enumerate(words)])
            await until(lambda: len(world.in_room()) > MANY, "the last of them in the room", 180)
            read = world.last_read()
            await until(lambda: world.last_read() > read, "one more reading of the blog")
            assert await world.daemon.stop() == 0
            shown = [one.words for one in world.in_room() if one.link is not None and not one.notice]
            assert shown == words
            assert world.ledger("SELECT gaps FROM source") == [{"gaps": 0}]
            assert list(world.ledger_at_rest()) == []
