"""What `backchat demo` asks of its parts: a blog, a room, and the people on both sides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from bridge.model import AccountName, MessageId, PersonId, Receipt, RoomId, ThreadId


class DemoBlogPlugin(Protocol):
    """A real blog on loopback for `backchat demo`: an entry point in `backchat.demos` whose `part` is `blog`.

    `backchat demo --blog NAME` takes the one of that name; without it, the one with the lowest `rank` (then by name).
    """

    part: str
    rank: int

    async def prepare(self, tools: Path, say: Callable[[str], None]) -> None:
        """Install what is needed below `tools` (idempotent, resumable); tell progress with `say`."""
        ...

    async def start(self, tools: Path, state: Path, stack: AsyncExitStack) -> DemoBlog:
        """Start the servers on loopback, seed them once, and stop them when `stack` closes."""
        ...


@dataclass(frozen=True, slots=True)
class DemoBlog:
    """A running demo blog: its page, the configuration that watches it, and how a visitor of it acts.

    `config` is the text of a `[blogs.NAME]` table (TOML) with one author's account; `author` the name that the blog
    shows for it; `relaxed` says in words which protections the demo's server has loosened. `proves_author`: the
    platform tells which comments are the author's own. `nests`: a reply to a reply stands under it, not beside it.
    `edits_within`: seconds within which an edit or a deletion on the blog is noticed, beyond the usual. `follows` says
    what people may change where, and when the other side follows.
    """

    name: str
    page: str
    config: str
    account: AccountName
    author: str
    relaxed: tuple[str, ...]
    visitor: Visitor
    proves_author: bool = False
    nests: bool = False
    edits_within: float = 0.0
    follows: str = "Edit or delete your answer in the room, or your comment on the blog: the other side follows."


class Visitor(Protocol):
    """A visitor of the demo blog, for the story that `backchat demo --check` plays."""

    async def comment(self, name: str, words: str, under: str | None = None) -> str:
        """Comment on the demo's post (under the public comment `under`); returns the comment's number."""
        ...

    async def edit(self, number: str, words: str) -> None:
        """Change one's own comment; where visitors cannot, the blog's editor does it for them."""
        ...

    async def delete(self, number: str) -> None:
        """Delete one's own comment; where visitors cannot, the blog's editor does it for them."""
        ...

    async def standing(self) -> Sequence[Stands]:
        """Every comment that stands on the demo's post now, as anybody may read it."""
        ...


@dataclass(frozen=True, slots=True)
class Stands:
    """A comment on the demo's page: number, the number it is under, the name shown, its HTML."""

    number: str
    under: str | None
    name: str
    html: str


class DemoRoomPlugin(Protocol):
    """A chat on loopback for `backchat demo`: an entry point in `backchat.demos` whose `part` is `chat`.

    `backchat demo --chat NAME` takes the one of that name; without it, the one with the lowest `rank` (then by name).
    `keeps`: what was said stands there again at the next start; where it does not, every demo begins anew. `page`: it
    can be looked at in a browser; where it cannot, there is only `--check`.
    """

    part: str
    rank: int
    keeps: bool
    page: bool

    async def prepare(self, state: Path, author: str, member: str, stack: AsyncExitStack) -> DemoRoom:
        """Make a room below `state` and invite an author and a member of these names. Safe to repeat.

        Raises `BackchatError` where something is missing that must be installed first.
        """
        ...


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """A room for the demo: its configuration, the command that serves it, its address, and two people in it.

    `config` is the text of a `[chats.NAME]` table; `serve` are the arguments of `backchat` that serve the room, none
    where it runs already. `words`: receipts say in words until when, whom and where. What people are told: `about` the
    room, if it is not what they would take it for, how one `answers` there, and how one `takes_back` what is held.
    """

    name: str
    config: str
    room: RoomId
    serve: tuple[str, ...]
    address: str
    author: Guest
    member: Guest
    words: bool = True
    about: str = ""
    answers: str = "Answer it in the room"
    takes_back: str = "Undo takes it back"


class Guest(Protocol):
    """A person in the demo's room, acting as the room's pages do."""

    person: PersonId
    link: str

    async def threads(self) -> Sequence[ThreadId]:
        """The threads that this person sees. Raises `RetryLater` while the room is not served."""
        ...

    async def see(self, thread: ThreadId) -> Sequence[Seen]:
        """What stands in a thread now, in order."""
        ...

    async def write(self, thread: ThreadId, words: str, answering: MessageId | None = None) -> MessageId:
        """Write a message (with `answering` named in the reply box)."""
        ...

    async def edit(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """Edit one's own message."""
        ...

    async def delete(self, thread: ThreadId, message: MessageId) -> None:
        """Delete one's own message."""
        ...


@runtime_checkable
class FillsForms(Protocol):
    """A `Guest` of a room whose comments can be answered by a form."""

    async def fill(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """Open the form under a comment, write these words into it, and send it."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as a person sees it: `by_author` is the mark of a proven author, `receipt` that of one's own answer."""

    id: MessageId
    name: str
    words: str
    by_author: bool = False
    in_reply_to: str | None = None
    receipt: Receipt | None = None
