"""The double of WordPress, the double of a chat, the people in both, a daemon between them, and what must be true."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from tests.process.daemon import Daemon
from tests.process.room_side import Problem, reading
from tests.process.waiting import NotSo, until
from tests.servers.wordpress import Row, comment
from tests.servers.wordpress_double import DoubleWordPress

M = TypeVar("M")
"""A message as the double has it."""

DRIVER = "tests.process.chat_daemon"
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

[routes.garden]
blog = "garden"
relay = "authors"
hold = "0.3s"

[[routes.garden.rooms]]
chat = "{chat}"
room = "{room}"
authors = {{ "{person}" = "ada" }}

[chats.{chat}]
adapter = "{chat}"
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the author wants to stand on the blog: words that begin with a token of their own, under a comment.

    `message` says it in the chat; None where a form was sent. `parent` is None where the chat's people cannot say
    which comment of `post` they answer.
    """

    token: str
    words: str
    parent: int | None
    post: int
    message: str | None


@dataclass(frozen=True, slots=True)
class Said(Generic[M]):
    """A thread of the room with what we have said there that stands, in the order in which people see it."""

    title: str
    messages: Sequence[M]


class ChatWorld(ABC, Generic[M]):
    """A folder with everything of one Backchat between a blog and a room of a chat.

    `comments`: what visitors wrote, by number: the post, and words that begin with `cN.`; `answers`: what the author
    wants to stand, by its token.
    """

    chat: str

    def __init__(self, folder: Path, wordpress: DoubleWordPress, daemon: Daemon) -> None:
        self.folder, self.wordpress, self.daemon = folder, wordpress, daemon
        self.comments: dict[int, tuple[int, str]] = {}
        self.answers: dict[str, Answer] = {}
        self.given = 0

    async def start(self, settle_after: float) -> None:
        """Start the daemon."""
        await self.start_driver(settle_after)

    async def start_driver(self, settle_after: float, **environment: str) -> None:
        """Start the daemon by the driver of the tests' own, with this in its environment."""
        await self.daemon.start_driver(DRIVER, SETTLE_AFTER=str(settle_after), **environment)

    def write_config(self, room: str, person: str, chosen: str) -> None:
        """Write the daemon's configuration; `chosen` are lines of the chat's own."""
        config = _CONFIG.format(
            state=json.dumps(str(self.folder)), address=self.wordpress.address, login=ACCOUNT,
            password=self.wordpress.users[ACCOUNT].application_password, chat=self.chat, room=room, person=person,
        )  # fmt: skip
        self.daemon.config.write_text(config + chosen)

    # What a chat says of itself ---------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether the daemon is connected to what tells it events."""

    @property
    @abstractmethod
    def asked(self) -> int:
        """How often the chat was asked something so far."""

    @abstractmethod
    def threads(self) -> list[Said[M]]:
        """The threads of the room."""

    @abstractmethod
    def openers(self) -> int:
        """How many messages stand in the room that open a thread; as many as threads where it has none such."""

    @abstractmethod
    def words(self, message: M) -> str:
        """All that people read in a message."""

    @abstractmethod
    async def say(self, words: str, card: M) -> tuple[str | None, bool]:
        """The author answers what shows a comment, if they get through: the message that says it, or None for a form.

        Whether it is certain which comment is meant is said too. Raises a refusal of the double where people are
        told that they have to try again.
        """

    @abstractmethod
    def edit(self, message: str, words: str) -> None:
        """The author changes a message of theirs."""

    @abstractmethod
    def delete(self, message: str) -> None:
        """The author deletes a message of theirs."""

    @abstractmethod
    def calm(self) -> None:
        """The chat spoils no event any more, and tells those that were to come behind the next one."""

    @abstractmethod
    def receipt(self, message: str) -> set[str]:
        """Our reactions on a message, as emojis."""

    @property
    @abstractmethod
    def copies(self) -> Sequence[float]:
        """For each time that something of ours stood twice: how many seconds."""

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

    async def answer(self, number: int, card: M) -> None:
        """The author answers what shows a comment, and from now on that must stand on the blog."""
        self.given += 1
        token = f"a{self.given}."
        words = f"{token} It is."
        message, certain = await self.say(words, card)
        post, _ = self.comments[number]
        self.answers[token] = Answer(token, words, number if certain else None, post, message)

    # What stands ------------------------------------------------------------------------------------------------------

    def shown(self) -> dict[str, list[M]]:
        """What shows comments in the room, by the token of the comment."""
        found: dict[str, list[M]] = {}
        for thread in self.threads():
            for message in thread.messages:
                token = self.token(message)
                if token:
                    found.setdefault(token, []).append(message)
        return found

    def token(self, message: M) -> str:
        """The token of the comment that a message shows; "" where it shows none."""
        return next((word for word in self.words(message).split() if _is_token(word)), "")

    def ledger(self, sql: str) -> list[dict[str, Any]]:
        """Look into the ledger."""
        with reading(self.folder / "ledger.db") as connection:
            return [dict(row) for row in connection.execute(sql).fetchall()]

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
            said = [int(token[1:-1]) for token in map(self.token, thread.messages) if token]
            if said != sorted(said):
                wrong = next(n for n, (a, b) in enumerate(zip(said, sorted(said), strict=True)) if a != b)
                yield Problem("order", f"the thread {thread.title!r} begins to go wrong with c{said[wrong]}")

    def _opened(self) -> Iterator[Problem]:
        wanted = len({post for post, _ in self.comments.values()})
        for many, what in ((len(self.threads()), "threads"), (self.openers(), "messages that open threads")):
            if many != wanted:
                yield Problem("doubled" if many > wanted else "lost", f"{many} {what}")

    def _answered(self, rows: list[Row]) -> Iterator[Problem]:
        ours = [row for row in rows if row.user and row.status == "approved"]
        for answer in self.answers.values():
            mine = [row for row in ours if answer.token in row.words.split()]
            if len(mine) != 1:
                yield Problem("doubled" if mine else "lost", f"answer {answer.words!r} stands {len(mine)} times")
            elif answer.words not in mine[0].words or not self._is_under(answer, mine[0]):
                yield Problem("stale", f"answer {answer.words!r} stands as {mine[0].words!r} under {mine[0].parent}")
            if mine and answer.message is not None and self.receipt(answer.message) != {"✅"}:
                yield Problem("receipt", f"the receipt on {answer.words!r} is {self.receipt(answer.message)}")
        for row in ours:
            if not any(token in row.words.split() for token in self.answers):
                yield Problem("stale", f"comment {row.number} ({row.words!r}) is ours, and nobody wants it")

    def _is_under(self, answer: Answer, row: Row) -> bool:
        if answer.parent is not None:
            return row.parent == answer.parent
        post, _ = self.comments.get(row.parent or 0, (None, ""))
        return post == answer.post

    def _at_rest(self) -> Iterator[Problem]:
        for row in self.ledger("SELECT * FROM target WHERE state <> 'idle'"):
            kind = "parked" if row["state"] in {"parked", "refused"} else "pending"
            yield Problem(kind, f"{row['kind']} {row['id']} is {row['state']}: {row['reason']}")
        for row in self.ledger("SELECT * FROM inbox WHERE state <> 'done'"):
            yield Problem(
                "parked" if row["state"] == "parked" else "pending", f"event {row['event_id']}: {row['reason']}"
            )

    async def at_rest(self, within: float) -> list[Problem]:
        """Wait until nothing is wrong, or until so many seconds have passed; what is wrong then."""
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
