"""The double of WordPress, the double of Discord, the people in both, a daemon between them, and what must be true."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.discord.double import permissions
from adapters.discord.double.messages import is_plain
from adapters.discord.double.things import Channel, Message
from tests.process.daemon import Daemon, daemon_of
from tests.process.room_side import Problem, reading
from tests.process.waiting import NotSo, until
from tests.servers.discord_copies import Copies
from tests.servers.discord_double import Double, Person, discord_double
from tests.servers.wordpress import Row, comment
from tests.servers.wordpress_double import DoubleWordPress, double_wordpress

DRIVER = ("-m", "tests.process.discord_daemon")
ACCOUNT = "editor"
_CONFIG = """\
[backchat]
state = {state}
time_out = "3s"

[blogs.garden]
adapter = "wordpress"
address = "{address}"
every = 0.3

[blogs.garden.accounts.ada]
login = "{login}"
password = "{password}"

[chats.discord]
adapter = "discord"
token = {{ file = {token} }}
api = "{api}"
gateway = "{gateway}"
identity = "{identity}"

[routes.garden]
blog = "garden"
relay = "authors"
hold = "0.3s"

[[routes.garden.rooms]]
chat = "discord"
room = "{room}"
authors = {{ "{person}" = "ada" }}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the author wants to stand on the blog: words that begin with a token of their own, under a comment."""

    token: str
    words: str
    parent: int


@dataclass(repr=False)
class DiscordWorld:
    """A folder with everything of one Backchat between a blog and a channel of Discord.

    `comments`: what visitors wrote, by number: the post, and words that begin with `cN.`; `answers`: what the author
    wants to stand, by the message that says it.
    """

    folder: Path
    wordpress: DoubleWordPress
    discord: Double
    channel: Channel
    ada: Person
    daemon: Daemon
    copies: Copies
    comments: dict[int, tuple[int, str]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    given: int = 0

    async def start(self, settle_after: float) -> None:
        """Start the daemon."""
        await self.daemon._spawn(*DRIVER, str(self.daemon.config), environment={"SETTLE_AFTER": str(settle_after)})

    # What people do ---------------------------------------------------------------------------------------------------

    async def comment_many(self, posts: list[int]) -> None:
        """Visitors comment, one on each of these posts, in one go."""
        first = len(self.comments)
        words = [f"c{first + n}. Is this so?" for n in range(len(posts))]
        made = [
            comment(said, post, name=f"Vera {n % 17}") for n, (said, post) in enumerate(zip(words, posts, strict=True))
        ]
        for number, post, said in zip(await self.wordpress.add_many(made), posts, words, strict=True):
            self.comments[number] = (post, said)

    def answer(self, number: int, message: Message) -> None:
        """The author replies to what shows a comment, and from now on that must stand on the blog."""
        self.given += 1
        token = f"a{self.given}."
        words = f"{token} It is."
        said = self.ada.write(self.discord.world.channels[message.channel], words, reply_to=message)
        self.answers[said.id] = Answer(token, words, number)

    # What stands ------------------------------------------------------------------------------------------------------

    def threads(self) -> list[Channel]:
        """The threads of the room."""
        return self.discord.threads(self.channel)

    def shown(self) -> dict[str, list[Message]]:
        """What shows comments in the room, by the token of the comment, in each thread in its order."""
        found: dict[str, list[Message]] = {}
        for thread in self.threads():
            for message in self._ours(thread):
                token = next(
                    (word for line in message.content.splitlines() for word in line.split() if _is_token(word)), ""
                )
                if token:
                    found.setdefault(token, []).append(message)
        return found

    def _ours(self, thread: Channel) -> list[Message]:
        bot = self.discord.bot.id
        return [
            one for one in self.discord.world.messages[thread.id].values()
            if bot in {one.author.id, one.application} and is_plain(one) and one.id != thread.id
        ]  # fmt: skip

    def ledger(self, sql: str) -> list[dict[str, Any]]:
        """Look into the ledger."""
        with reading(self.folder / "ledger.db") as connection:
            return [dict(row) for row in connection.execute(sql).fetchall()]

    # What must be true ------------------------------------------------------------------------------------------------

    async def problems(self) -> list[Problem]:
        """Everything that is not as it must be, once everything has come to rest."""
        rows = await self.wordpress.rows()
        return [*self._mirrored(), *self._in_order(), *self._opened(), *self._answered(rows), *self._at_rest()]

    def _mirrored(self) -> Iterator[Problem]:
        shown = self.shown()
        for number, (_, words) in self.comments.items():
            many = len(shown.get(words.split()[0], ()))
            if many != 1:
                yield Problem("lost" if not many else "doubled", f"comment {number} ({words!r}) is shown {many} times")

    def _in_order(self) -> Iterator[Problem]:
        for thread in self.threads():
            said = [
                int(word[1:-1]) for message in sorted(self._ours(thread), key=lambda one: int(one.id))
                for line in message.content.splitlines() for word in line.split()[:1] if _is_token(word)
            ]  # fmt: skip
            if said != sorted(said):
                wrong = next(n for n, (a, b) in enumerate(zip(said, sorted(said), strict=True)) if a != b)
                yield Problem("order", f"the thread {thread.name!r} begins to go wrong with c{said[wrong]}")

    def _opened(self) -> Iterator[Problem]:
        wanted = len({post for post, _ in self.comments.values()})
        if len(self.threads()) != wanted:
            yield Problem("doubled" if len(self.threads()) > wanted else "lost", f"{len(self.threads())} threads")
        starters = len(self.discord.messages(self.channel))
        if self.channel.type == 0 and starters != wanted:
            yield Problem("doubled" if starters > wanted else "lost", f"{starters} messages that open threads")

    def _answered(self, rows: list[Row]) -> Iterator[Problem]:
        ours = [row for row in rows if row.user and row.status == "approved"]
        for message, answer in self.answers.items():
            mine = [row for row in ours if answer.token in row.words]
            if len(mine) != 1:
                yield Problem("doubled" if mine else "lost", f"answer {answer.words!r} stands {len(mine)} times")
            elif answer.words not in mine[0].words or mine[0].parent != answer.parent:
                yield Problem("stale", f"answer {answer.words!r} stands as {mine[0].words!r} under {mine[0].parent}")
            if mine and self._receipt(message) != {"✅"}:
                yield Problem("receipt", f"the receipt on {answer.words!r} is {self._receipt(message)}")
        tokens = {answer.token for answer in self.answers.values()}
        for row in ours:
            if not any(token in row.words for token in tokens):
                yield Problem("stale", f"comment {row.number} ({row.words!r}) is ours, and nobody wants it")

    def _receipt(self, message: str) -> set[str]:
        for thread in self.threads():
            found = self.discord.world.messages[thread.id].get(message)
            if found is not None:
                return {emoji for emoji, who in found.reactions.items() if self.discord.bot.id in who}
        return set()

    def _at_rest(self) -> Iterator[Problem]:
        for row in self.ledger("SELECT * FROM target WHERE state <> 'idle'"):
            kind = "parked" if row["state"] in {"parked", "refused"} else "pending"
            yield Problem(kind, f"{row['kind']} {row['id']} is {row['state']}: {row['reason']}")
        for row in self.ledger("SELECT * FROM inbox WHERE state <> 'done'"):
            yield Problem(
                "parked" if row["state"] == "parked" else "pending", f"event {row['event_id']}: {row['reason']}"
            )

    async def at_rest(self, within: float) -> list[Problem]:
        """Wait until nothing is wrong, or until what is wrong does not change any more; what is wrong then."""
        problems: list[Problem] = []
        looking = asyncio.Event()

        async def look() -> None:
            while not looking.is_set():
                try:
                    problems[:] = await self.problems()
                except sqlite3.OperationalError as error:  # the ledger is just being written
                    problems[:] = [Problem("ledger", str(error))]
                if not problems:
                    return
                await asyncio.sleep(0.5)  # between two looks at a condition

        task = asyncio.create_task(look())
        try:
            await until(lambda: task.done() or None, "everything to be as it must be", within)
            await task
        except NotSo:
            pass  # what is wrong is what is given back
        finally:
            looking.set()
            await task
        return problems


def _is_token(word: str) -> bool:
    return word.startswith("c") and word.endswith(".") and word[1:-1].isdigit()


@asynccontextmanager
async def discord_world(folder: Path, *, room: str = "text") -> AsyncIterator[DiscordWorld]:
    """A fresh Backchat in `folder`, whose daemon is not started yet. `room`: text, forum, or webhook."""
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        wordpress = await stack.enter_async_context(double_wordpress())
        discord = await stack.enter_async_context(discord_double())
        _bear_many_sessions(discord)
        channel = discord.forum("blog", "garden") if room == "forum" else discord.channel("blog")
        if room == "webhook":
            discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS
        ada = discord.member("Ada")
        config = folder / "backchat.toml"
        fields: Mapping[str, str] = {
            "state": json.dumps(str(folder)), "address": wordpress.address, "login": ACCOUNT,
            "password": wordpress.users[ACCOUNT].application_password, "api": discord.api, "gateway": discord.gateway,
            "token": json.dumps(str(folder / "discord-token")), "room": channel.id, "person": ada.id,
            "identity": "webhook" if room == "webhook" else "bot",
        }  # fmt: skip
        await asyncio.to_thread((folder / "discord-token").write_text, discord.token)
        await asyncio.to_thread(config.write_text, _CONFIG.format(**fields))
        daemon = await stack.enter_async_context(daemon_of(config, folder / "daemon.log"))
        yield DiscordWorld(folder, wordpress, discord, channel, ada, daemon, Copies(discord))


def _bear_many_sessions(discord: Double) -> None:
    """Let a daemon be started as often as a test wants; Discord itself takes a thousand sessions a day."""
    gate = discord.gate
    gate.identifies_total = gate.identifies_left = 1_000_000
    discord.world.session_limit = lambda: {
        "total": gate.identifies_total, "remaining": gate.identifies_left, "reset_after": 0, "max_concurrency": 100
    }  # fmt: skip
