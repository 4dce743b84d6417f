"""A blog on a real Isso, a room in a real file, the people in both, and what must be true of them in the end."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.web_room import commands
from adapters.web_room.database import RoomFile
from bridge.model import AnswerState, Receipt
from tests.process.daemon import daemon_of
from tests.process.room_side import AUTHOR, MEMBER, Problem, RoomSide, Shown
from tests.process.waiting import NotSo, until
from tests.servers.isso import PASSWORD, RunningIsso, real_isso

TEA = "/tea/"
SETTLE_AFTER = "1.5"
"""Seconds: this Isso answers on loopback within a few milliseconds, so that absence counts soon."""
_CONFIG = """\
[backchat]
state = {state}
time_out = "{time_out}"

[blogs.garden]
adapter = "isso"
address = "{isso}"
site = "{site}"
every = {every}
first_run = "latest 2"
{password}
{more}
[blogs.garden.accounts.mara]
name = "Mara"
website = "https://mara.example/"

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
"""


@dataclass(frozen=True, slots=True)
class OnBlog:
    """A comment that is public on the blog, as Isso's database has it."""

    number: int
    post: str
    parent: int | None
    author: str
    words: str


@dataclass(kw_only=True)
class World(RoomSide):
    """A running Isso and a folder with everything of one Backchat.

    `earlier`: comments that were there before the first reading and are not to be shown. `kills`: how often the daemon
    has killed itself.
    """

    isso: RunningIsso
    earlier: frozenset[int] = frozenset()
    kills: int = 0

    # What stands --------------------------------------------------------------------------------------------------

    def on_blog(self) -> list[OnBlog]:
        """Everything that is public on the blog."""
        found = self.isso.sql(
            "SELECT c.id, t.uri, c.parent, c.author, c.text FROM comments c JOIN threads t ON t.id = c.tid"
            " WHERE c.mode = 1 ORDER BY c.id"
        )
        return [OnBlog(*row) for row in found]

    def public(self, words: str) -> OnBlog | None:
        """The one public comment with these words."""
        found = [one for one in self.on_blog() if words in one.words]
        return found[0] if len(found) == 1 else None

    async def until_public(self, words: str) -> OnBlog:
        """Wait until a comment with these words stands on the blog."""
        return await until(lambda: self.public(words), f"{words!r} on the blog")

    # What must be true --------------------------------------------------------------------------------------------

    def problems(self) -> list[Problem]:
        """Everything that is not as it must be, once everything has come to rest."""
        on_blog, in_room = self.on_blog(), self.in_room()
        return [*self._mirrored(on_blog, in_room), *self._answered(on_blog, in_room), *self.ledger_at_rest()]

    def _mirrored(self, on_blog: Sequence[OnBlog], in_room: Sequence[Shown]) -> Iterator[Problem]:
        """Every comment of a visitor has one standing rendering; an answer of ours has none but its message."""
        renderings = [one for one in in_room if one.link is not None and not one.notice]
        links = set()
        for comment in on_blog:
            link = f"{self.isso.site}{comment.post}#isso-{comment.number}"
            links.add(link)
            mine = [one for one in renderings if one.link == link]
            wanted = 0 if comment.author == AUTHOR.name or comment.number in self.earlier else 1
            if len(mine) != wanted:
                kind = "lost" if len(mine) < wanted else "doubled"
                yield Problem(kind, f"comment {comment.number} ({comment.words!r}) has {len(mine)} renderings")
            elif wanted and mine[0].words != comment.words:
                yield Problem("lost", f"comment {comment.number} is shown as {mine[0].words!r}, not {comment.words!r}")
        for one in renderings:
            if one.link not in links:
                yield Problem("stale", f"message {one.id} shows {one.words!r}, which is not on the blog")

    def _answered(self, on_blog: Sequence[OnBlog], in_room: Sequence[Shown]) -> Iterator[Problem]:
        """Every wanted answer is one comment with its newest text, and its receipt says so; nothing else is ours."""
        ours = [one for one in on_blog if one.author == AUTHOR.name]
        receipts = {one.id: one.receipt for one in in_room}
        for message, words in self.answers.items():
            mine = [one for one in ours if _token(one.words) == _token(words)]
            newest = [one for one in mine if words in one.words]
            if len(mine) != 1:
                yield Problem("lost" if not mine else "doubled", f"answer {words!r} stands {len(mine)} times")
            elif not newest:
                yield Problem("lost", f"answer {words!r} stands as {mine[0].words!r}")
            yield from self._shown_as_public(message, words, newest, receipts.get(message))
        wanted = {_token(words) for words in self.answers.values()}
        for one in ours:
            if _token(one.words) not in wanted:
                yield Problem("stale", f"comment {one.number} ({one.words!r}) is ours, and nobody wants it")

    def _shown_as_public(
        self, message: int, words: str, standing: Sequence[OnBlog], receipt: Receipt | None
    ) -> Iterator[Problem]:
        ends = {f"#isso-{one.number}" for one in standing}
        linked = receipt is not None and receipt.link is not None and "#" + receipt.link.partition("#")[2] in ends
        if receipt is None or receipt.state is not AnswerState.PUBLIC or not linked:
            yield Problem("receipt", f"the receipt on {words!r} (message {message}) says {receipt}")

    async def at_rest(self, within: float = 45.0) -> None:
        """Wait until nothing is wrong, and for a whole reading of the blog after that. Raises `NotSo`."""
        problems: list[Problem] = []

        def look() -> bool:
            problems[:] = self.problems()
            return not problems

        for _ in range(2):
            try:
                await until(look, "everything to be as it must be", within)
            except NotSo as error:
                listed = "\n".join(f"{one.kind}: {one.words}" for one in problems)
                raise NotSo(f"{error}; what is not so:\n{listed}") from None
            read = self.last_read()
            await until(lambda read=read: self.last_read() > read, "one more reading of the blog")  # type: ignore[misc]
        assert look(), problems

    async def stop_and_check(self) -> list[Problem]:
        """Stop the daemon in order, and give all that is wrong with what it leaves."""
        code = await self.daemon.stop()
        problems = self.problems()
        if code != 0:
            problems.append(Problem("ledger", f"the daemon ended with {code}"))
        if (found := self.ledger("PRAGMA integrity_check")) != [{"integrity_check": "ok"}]:
            problems.append(Problem("ledger", f"integrity_check says {found}"))
        if found := self.ledger("PRAGMA foreign_key_check"):
            problems.append(Problem("ledger", f"foreign_key_check says {found}"))
        if found := self.ledger("SELECT name FROM lane WHERE run <> 0"):
            problems.append(Problem("ledger", f"leases that nobody gave back: {found}"))
        return problems


def _token(words: str) -> str:
    """The first word of an answer that names nobody: every answer of a test has its own, and keeps it when edited."""
    return next((word for word in words.split() if not word.startswith(("[", "@"))), "")


def write_config(
    isso: RunningIsso, folder: Path, *, address: str | None = None, hold: float = 0.3, every: float = 0.2,
    time_out: str = "2s", password: bool = True, more: str = "",
) -> Path:  # fmt: skip
    """Write the configuration of a Backchat between this Isso and a room in `folder`."""
    secret = f"admin_password = {json.dumps(PASSWORD)}" if password else ""
    path = folder / "backchat.toml"
    path.write_text(
        _CONFIG.format(
            state=json.dumps(str(folder)), isso=address or isso.address, site=isso.site, every=every, hold=f"{hold}s",
            time_out=time_out, room=json.dumps(str(folder / "room.db")), password=secret, more=more,
        )
    )  # fmt: skip
    return path


@asynccontextmanager
async def world_on(isso: RunningIsso, folder: Path, **config: Any) -> AsyncIterator[World]:
    """A fresh Backchat in `folder` on a running Isso, its people invited, its daemon not started yet."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    path = write_config(isso, folder, **config)
    for person in (AUTHOR, MEMBER):
        invited = await commands.invite(folder / "room.db", person.name, person.role, "http://127.0.0.1")
        assert invited.person == person.id
    async with AsyncExitStack() as stack:
        file = await RoomFile(folder / "room.db").open(stack)
        daemon = await stack.enter_async_context(daemon_of(path, folder / "daemon.log"))
        yield World(folder, file, daemon, TEA, isso=isso)


class Stable:
    """An Isso that serves one scenario after the other: its database is put back to what it was between them."""

    def __init__(self, isso: RunningIsso, folder: Path) -> None:
        self.isso = isso
        self._folder = folder
        self._seed = folder / "seed.db"

    def keep(self) -> None:
        """What stands now is what every scenario begins with."""
        _copy(self.isso.database, self._seed)

    @asynccontextmanager
    async def world(self, name: str, **config: Any) -> AsyncIterator[World]:
        """A fresh scenario; its folder is removed if it went well."""
        _copy(self._seed, self.isso.database)
        folder = self._folder / name
        async with world_on(self.isso, folder, **config) as world:
            yield world
        await asyncio.to_thread(functools.partial(shutil.rmtree, folder, ignore_errors=True))


def _copy(source: Path, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(target)) as new:
        old.backup(new)


@asynccontextmanager
async def stable(folder: Path, *, moderation: bool = False) -> AsyncIterator[Stable]:
    """Run an Isso of one's own in `folder`."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with real_isso(folder, moderation=moderation) as isso:
        yield Stable(isso, folder)
