"""A WordPress (a real one or the double), a room in a real file, and a Backchat between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.web_room import commands
from adapters.web_room.database import RoomFile
from tests.process.daemon import daemon_of
from tests.process.room_side import AUTHOR, MEMBER, RoomSide
from tests.process.waiting import LOOK_EVERY, PATIENCE, NotSo
from tests.servers.wordpress import TEA, Row, RunningWordPress

_CONFIG = """\
[backchat]
state = {state}
time_out = "{time_out}"

[blogs.garden]
adapter = "wordpress"
address = "{address}"
every = {every}
{more}
[blogs.garden.accounts.mara]
login = "{login}"
password = "{password}"

[chats.room]
adapter = "web_room"
file = {room}

[routes.garden]
blog = "garden"
relay = "authors"
hold = "{hold}"

[[routes.garden.rooms]]
chat = "room"
room = "comments"
authors = {{ mara = "mara" }}

[[routes.garden.moderation]]
chat = "room"
room = "moderation"
moderators = {{ mara = "mara" }}
"""


@dataclass(kw_only=True)
class WordPressWorld(RoomSide):
    """A running WordPress and a folder with everything of one Backchat."""

    wordpress: RunningWordPress

    async def on_blog(self) -> list[Row]:
        """Every comment that is public, by number."""
        return [row for row in await self.wordpress.rows() if row.status == "approved"]

    async def until_public(self, words: str) -> Row:
        """Wait until exactly one public comment has these words. Raises `NotSo`."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while True:
            found = [row for row in await self.on_blog() if words in row.words]
            if len(found) == 1:
                return found[0]
            if asyncio.get_running_loop().time() > deadline:
                raise NotSo(f"{words!r} stands {len(found)} times on the blog")
            await asyncio.sleep(LOOK_EVERY)


@asynccontextmanager
async def wordpress_world(
    wordpress: RunningWordPress, folder: Path, *, login: str = "editor", every: float = 0.2, hold: float = 0.3,
    time_out: str = "10s", more: str = "",
) -> AsyncIterator[WordPressWorld]:  # fmt: skip
    """A fresh Backchat in `folder` before a running WordPress, its people invited, its daemon not started yet."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    path = folder / "backchat.toml"
    words = _CONFIG.format(
        state=json.dumps(str(folder)), address=wordpress.address, every=every, hold=f"{hold}s", time_out=time_out,
        login=login, password=wordpress.users[login].application_password, room=json.dumps(str(folder / "room.db")),
        more=more,
    )  # fmt: skip
    await asyncio.to_thread(path.write_text, words)
    for person in (AUTHOR, MEMBER):
        invited = await commands.invite(folder / "room.db", person.name, person.role, "http://127.0.0.1")
        assert invited.person == person.id
    async with AsyncExitStack() as stack:
        file = await RoomFile(folder / "room.db").open(stack)
        daemon = await stack.enter_async_context(daemon_of(path, folder / "daemon.log"))
        yield WordPressWorld(folder, file, daemon, str(TEA), wordpress=wordpress)
