"""The ports: what the core asks of blogs, chats and time, and what an adapter may offer beyond that.

A port is one small required Protocol and one Protocol per ability. What is really available depends on
credentials and is said by `open()`; an ability that `open()` names must be backed by its Protocol.

Every effect ends in one of four ways: it returns (done), or raises `RetryLater` or `Refused` (certainly not
done) or `MaybeDone` (unknown). A method must raise `MaybeDone` whenever the request may have reached the platform.
Reading methods raise `RetryLater` (try again) or `Refused` (will never work), each with one sentence for people.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from bridge.model import (
    AccountName,
    BlogLimits,
    Card,
    ChatLimits,
    ChatOffer,
    Choice,
    CommentId,
    Desk,
    Event,
    Finding,
    FormCard,
    Found,
    Guarantee,
    Key,
    MessageId,
    Page,
    Part,
    PostCard,
    PostId,
    Published,
    RawEvent,
    Receipt,
    RoomId,
    Standing,
    Survey,
    ThreadId,
    Written,
)
from bridge.overview import Decision, Overview, Unanswered
from bridge.text.tree import Text

if TYPE_CHECKING:  # aiohttp is dear to import, and many commands need no network
    from aiohttp import web

    from bridge.fetch import Connections, Fetch

T = TypeVar("T")

PORT_VERSION = 1
"""Adapters state the version they were written for; another one is refused in words at start."""


class Clock(Protocol):
    """Time, as the loops know it. Tests drive it."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        ...

    async def wait(self, seconds: float | None, wake: asyncio.Event | None = None) -> None:
        """Return after `seconds` (None: never by time alone), or as soon as `wake` is set; `wake` is not cleared."""
        ...


class Table(Protocol):
    """One table of the configuration, read key by key. Problems are collected, not raised.

    Every method records a problem (with key path and remedy) and returns a harmless value if the key is wrong,
    so that all problems of a file are reported at once. Keys that nobody asked for are reported too.
    """

    @property
    def path(self) -> str:
        """The table's key path, such as `blogs.garden`."""
        ...

    def text(self, key: str, default: str | None = None, *, help: str = "") -> str:
        """A string; required when `default` is None. `help` says in the error what to write there."""
        ...

    def maybe_text(self, key: str) -> str | None:
        """A string, or None where the key is absent."""
        ...

    def address(self, key: str, default: str | None = None, *, help: str = "") -> str:
        """An http or https address without a trailing slash; required when `default` is None."""
        ...

    def maybe_address(self, key: str) -> str | None:
        """An http or https address, or None where the key is absent."""
        ...

    def secret(self, key: str) -> str | None:
        """A secret: text, `{ env = … }`, `{ file = … }` or `{ credential = … }` (systemd's); None where absent.

        "" where it cannot be had, which is a problem already. Never shown in any message.
        """
        ...

    def seconds(self, key: str, default: float) -> float:
        """A duration: a number of seconds, or text such as `10s`, `5m`, `2h`."""
        ...

    def integer(self, key: str, default: int) -> int:
        """A whole number."""
        ...

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        ...

    def choice(self, key: str, choices: Sequence[str], default: str | None = None, *, help: str = "") -> str:
        """One of `choices`; required when `default` is None."""
        ...

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings; empty where the key is absent."""
        ...

    def tables(self, key: str) -> Mapping[str, Table]:
        """The named tables below `key`; empty where there are none."""
        ...

    def problem(self, key: str, sentence: str) -> None:
        """Record a problem that only the adapter can see."""
        ...


class Office(Protocol):
    """What an operator sees and decides, from anywhere: the command line, a page, a chat's command.

    Works on the ledger's file alone, whether a daemon runs or not; what is decided is carried out by the daemon, at
    once or when it is started. Every method raises `LedgerError` where the ledger cannot be used.
    """

    async def overview(self) -> Overview:
        """How everything stands."""
        ...

    async def unanswered(self) -> Sequence[Unanswered]:
        """Visitors' public comments that wait for an author, the oldest first."""
        ...

    async def receipt(self, chat: str, message: MessageId) -> Receipt | None:
        """How the answer stands to which a message of that chat belongs; None where it belongs to none."""
        ...

    async def decide(self, number: int, decision: Decision) -> bool:
        """Decide about something parked or refused; False where nothing with that number is."""
        ...

    async def resume(self, blog: str) -> bool:
        """Read and write a paused blog again; False where it is not paused."""
        ...

    async def pause(self, blog: str, by: str) -> bool:
        """Neither read nor write a blog until it is resumed, as `by` wants; False where nothing of it is known."""
        ...

    async def backfill(self, blog: str, last: int) -> bool:
        """Mirror a blog's newest `last` comments that were never shown; False where nothing of it is known."""
        ...


Handler = Callable[["web.Request"], Awaitable["web.StreamResponse"]]
"""Answers one HTTP request. What it raises is logged, and answered with 500."""


class Mount(Protocol):
    """An adapter's place on the daemon's own HTTP server, where its platform can call."""

    @property
    def address(self) -> str | None:
        """The place as the internet reaches it, without a trailing slash; None where `web.public` is not configured."""
        ...

    def serve(self, path: str, handler: Handler) -> Callable[[], None]:
        """Answer requests of every method below the place, at `path` (no slash at either end); a call ends it again."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the daemon lends to an adapter: its name in the configuration, the clock, and a folder for its files.

    `agent` is the User-Agent to send, with a contact address. `connections` are the process's HTTP connections, to be
    given to every `Fetch`; None where an adapter stands alone. `office` is for adapters that show it to operators.
    `mount` is where the adapter can be called by HTTP; None where the daemon serves nothing (`web.listen`).
    `looking`: somebody only wants to know whether it works (`backchat doctor`), beside a daemon that may be running;
    the adapter then makes and changes nothing, listens nowhere, and serves nobody.
    """

    name: str
    clock: Clock
    state: Path
    agent: str
    connections: Connections | None = None
    office: Office | None = None
    looking: bool = False
    mount: Mount | None = None


class BlogAbility(StrEnum):
    """What a blog adapter can do beyond reading, given its credentials."""

    PUBLISH = "publish"
    FIND = "find"
    REVISE = "revise"
    WITHDRAW = "withdraw"
    READ_PENDING = "read pending"
    MODERATE = "moderate"


class ChatAbility(StrEnum):
    """What a chat adapter can do beyond saying and listening."""

    FIND = "find"
    EDIT = "edit"
    ERASE = "erase"
    RECEIPT = "receipt"
    READ = "read"
    MODERATE = "moderate"
    FORM = "form"
    WORDS = "words"
    """Its receipts say their reasons in words; elsewhere the core says them in a message to the writer."""


@dataclass(frozen=True, slots=True)
class BlogReady:
    """What `open()` found out about a blog. `remarks` tell the operator what is absent, and why.

    `paces` are the accounts whose pace differs from the limits' (seconds between two publications); `moderators` those
    that may moderate.
    """

    abilities: frozenset[BlogAbility]
    limits: BlogLimits
    guarantee: Guarantee
    accounts: frozenset[AccountName] = frozenset()
    remarks: tuple[str, ...] = field(default=())
    paces: Mapping[AccountName, float] = field(default_factory=dict)
    moderators: frozenset[AccountName] = frozenset()


@dataclass(frozen=True, slots=True)
class ChatReady:
    """What `open()` found out about a chat."""

    abilities: frozenset[ChatAbility]
    limits: ChatLimits
    guarantee: Guarantee
    remarks: tuple[str, ...] = field(default=())


@runtime_checkable
class Blog(Protocol):
    """Where comments are read."""

    async def open(self, stack: AsyncExitStack) -> BlogReady:
        """Connect, look what the credentials allow, and register closing on `stack`.

        Called again, with what was opened before still open, whenever anything raised `OpenAgain` (after a 401, say).
        Raises `RetryLater` where the blog cannot be reached now, `Refused` where the settings can never work.
        """
        ...

    def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        """Read the blog once, page by page, newest ground first. `cursor` is the last recorded page's, None at first.

        The core stops iterating when it has seen enough. Comments are complete as read, each with its post among
        the pages' posts at least when that post is new or has changed.
        """
        ...

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        """Say how each of these comments stands now, asked one by one because a page lacked them.

        A comment whose id was given to another one since is `GONE`.
        """
        ...


@runtime_checkable
class Publishes(Protocol):
    """Ability `PUBLISH`."""

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        """Publish `text` as `account` under `parent` (None: top level), carrying `key` where `find` sees it again."""
        ...


@runtime_checkable
class Finds(Protocol):
    """Ability `FIND`."""

    async def find(self, account: AccountName, post: PostId, keys: Sequence[Key]) -> Sequence[Found]:
        """Every comment on `post` that carries one of `keys`, as it stands now."""
        ...


@runtime_checkable
class Revises(Protocol):
    """Ability `REVISE`."""

    async def revise(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, text: Text, key: Key
    ) -> Published:
        """Replace the text of our comment. Reads first: raises `NotThatComment` unless `expected` stands there.

        If `text` stands there already it is done: revising is safe to repeat.
        """
        ...


@runtime_checkable
class Withdraws(Protocol):
    """Ability `WITHDRAW`."""

    async def withdraw(self, account: AccountName, post: PostId, comment: CommentId, expected: Text) -> None:
        """Remove our comment. Reads first: raises `NotThatComment` unless `expected` stands there.

        If it is gone already it is done: withdrawing is safe to repeat.
        """
        ...


@runtime_checkable
class Moderates(Protocol):
    """Ability `MODERATE`."""

    async def moderate(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, choice: Choice
    ) -> Standing:
        """Do what a moderator chose, as `account`; how the comment stands then.

        Reads first: raises `NotThatComment` unless `expected` stands there, and where what is to be approved was put
        away meanwhile (only `RESTORE` brings that back). What stands as it should already is done: moderating is safe
        to repeat.
        """
        ...


@runtime_checkable
class HearsNews(Protocol):
    """What a blog adapter has whose platform can tell it that there is something new. Polling goes on beside it."""

    def on_news(self, tell: Callable[[], None]) -> None:
        """Have `tell` called when the blog is worth reading at once. Called before `open`."""
        ...


class Record(Protocol):
    """How `listen` hands over what happened."""

    async def __call__(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        """Make events durable: they may be acknowledged once this has returned.

        `watermark` replaces the stored one in the same transaction (None: keep it). `caught_up` tells that everything
        written before this moment has been recorded, `missed` that until then something may be lacking again. `gap`
        counts messages that could not be read, each once; where nobody can tell how many, what holds them counts as
        one.
        """
        ...


@runtime_checkable
class Chat(Protocol):
    """Where threads are kept and people talk."""

    async def open(self, stack: AsyncExitStack) -> ChatReady:
        """Connect and say what is possible. Raises as `Blog.open` does."""
        ...

    def render(self, card: Card) -> tuple[Part, ...]:
        """Put a card into messages, each within the platform's limits; nothing is cut. Pure, may run on any thread."""
        ...

    async def start_thread(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        """Open a thread for a post. Within `ChatLimits.thread_window` repeating it returns what the first call made."""
        ...

    async def say(self, thread: ThreadId, part: Part, key: Key) -> MessageId:
        """Write one message of ours. Raises `ThreadLost` where a person deleted the thread."""
        ...

    async def listen(self, since: str | None, record: Record) -> None:
        """Record what happens, from the watermark `since` on (None: from now on), until cancelled or disconnected.

        Acknowledges to the platform only after `record` has returned. Says `caught_up` once the past is recorded.
        """
        ...

    def interpret(self, raw: RawEvent) -> Event | None:
        """What a raw event means; None if it is of no interest. Pure, may run on any thread."""
        ...


@runtime_checkable
class FindsMessages(Protocol):
    """Ability `FIND`."""

    async def find(self, thread: ThreadId, keys: Sequence[Key], since: float) -> Mapping[Key, MessageId]:
        """Which of these keys stand in the thread, and as which message; what was said before `since` need not be."""
        ...

    async def find_thread(self, room: RoomId, card: PostCard, key: Key, since: float) -> ThreadId | None:
        """The thread that was begun under this key after `since`, finished if it was only begun; None if none was.

        `card` is what it was begun with, as far as the ledger knows. Only what we ourselves wrote counts: anybody may
        imitate a card. Raises `Refused` where it cannot tell which of several it is.
        """
        ...


@runtime_checkable
class EditsMessages(Protocol):
    """Ability `EDIT`."""

    async def edit(self, thread: ThreadId, message: MessageId, part: Part) -> None:
        """Replace a message of ours. Safe to repeat. Raises `Refused` where the message is gone."""
        ...


@runtime_checkable
class ErasesMessages(Protocol):
    """Ability `ERASE`."""

    async def erase(self, thread: ThreadId, message: MessageId) -> None:
        """Delete a message of ours; one that is gone already is done. Safe to repeat."""
        ...


@runtime_checkable
class ShowsReceipts(Protocol):
    """Ability `RECEIPT`."""

    async def show(self, thread: ThreadId, message: MessageId, receipt: Receipt | None) -> None:
        """Make this the receipt on a person's message (None: no receipt). Safe to repeat; a gone message is done."""
        ...


@runtime_checkable
class ReadsMessages(Protocol):
    """Ability `READ`."""

    async def read(self, thread: ThreadId, message: MessageId) -> Written | None:
        """A person's message as it stands at this moment; None if it was deleted."""
        ...


@runtime_checkable
class OffersModeration(Protocol):
    """Ability `MODERATE`: it renders `ModerationCard`s and the choices of cards, and tells of `Moderated`."""

    def desks(self, rooms: Mapping[RoomId, Desk]) -> None:
        """Say who may moderate in which rooms, all of them at once. Called before `open`."""
        ...


@runtime_checkable
class OffersForms(Protocol):
    """Ability `FORM`: answerable cards have a form, and it tells of what people send by it (`Written.form`)."""

    def render_form(self, card: FormCard) -> tuple[Part, ...]:
        """Put what a form sent into messages, as `Chat.render` does with cards."""
        ...

    def speakers(self, rooms: Mapping[RoomId, frozenset[str]]) -> None:
        """Say who may answer in which rooms, all of them at once: people's ids, or `@` and a role's id.

        Called before `open`. Who is not listed is refused at once, so that nobody fills a form in for nothing.
        """
        ...


@runtime_checkable
class Examines(Protocol):
    """What a blog or chat adapter tells `backchat doctor`, if it has more to say than `open` does."""

    async def examine(self) -> Sequence[Finding]:
        """Look at everything that could keep the adapter from working, after `open`; changes nothing that lasts."""
        ...


@runtime_checkable
class Listens(Protocol):
    """What a blog or chat adapter has that opens a port of its own: two that want one port are told before start."""

    @property
    def listens(self) -> tuple[str, int] | None:
        """The host and port of `listen` in its table; None where its settings open none."""
        ...


@runtime_checkable
class Gauges(Protocol):
    """What a chat adapter has that measures more of its connection than the core can see."""

    def gauges(self) -> Mapping[str, float]:
        """What it measures at this instant, by names in snake case that end in their unit; nothing about people.

        They stand among the metrics as `backchat_chat_NAME`. Must be quick: it is called on the event loop.
        """
        ...


BLOG_ABILITIES: Mapping[BlogAbility, type] = {
    BlogAbility.PUBLISH: Publishes,
    BlogAbility.FIND: Finds,
    BlogAbility.REVISE: Revises,
    BlogAbility.WITHDRAW: Withdraws,
    BlogAbility.MODERATE: Moderates,
}
"""Which Protocol must back which ability; an ability that is not listed needs none."""

CHAT_ABILITIES: Mapping[ChatAbility, type] = {
    ChatAbility.FIND: FindsMessages,
    ChatAbility.EDIT: EditsMessages,
    ChatAbility.ERASE: ErasesMessages,
    ChatAbility.RECEIPT: ShowsReceipts,
    ChatAbility.WORDS: ShowsReceipts,
    ChatAbility.READ: ReadsMessages,
    ChatAbility.MODERATE: OffersModeration,
    ChatAbility.FORM: OffersForms,
}


class BlogPlugin(Protocol):
    """What an entry point in `backchat.blogs` names."""

    port_version: int

    def from_config(self, table: Table, surroundings: Surroundings) -> Blog:
        """Build the adapter from its table; problems go to the table."""
        ...


class ChatPlugin(Protocol):
    """What an entry point in `backchat.chats` names."""

    port_version: int

    def from_config(self, table: Table, surroundings: Surroundings) -> Chat:
        """Build the adapter from its table; problems go to the table."""
        ...


@runtime_checkable
class SurveysBlogs(Protocol):
    """What a blog plugin may offer to `backchat init`."""

    async def survey(self, address: str, fetch: Fetch) -> Survey | None:
        """Look whether this adapter can serve the blog (or post, or feed) at `address`; None if it cannot.

        `fetch` trusts the address's own host, private or not. Raises nothing for a blog that is merely another kind.
        """
        ...


class Dialogue(Protocol):
    """The person at the terminal while `backchat init` runs."""

    @property
    def attended(self) -> bool:
        """Whether anybody is there: if not, every question is answered by nothing."""
        ...

    def tell(self, sentence: str) -> None:
        """Say something."""
        ...

    def ask(self, question: str) -> str:
        """Put a question; the answer, empty for the default."""
        ...

    def ask_secret(self, question: str) -> str:
        """Put a question whose answer is not shown."""
        ...

    def keep(self, name: str, secret: str) -> str:
        """Keep a secret in a private file beside the configuration; what to write there as its value (TOML)."""
        ...


@runtime_checkable
class Connects(Protocol):
    """What a blog plugin may offer to `backchat init`: the way to credentials, together with the person."""

    async def connect(self, survey: Survey, fetch: Fetch, dialogue: Dialogue) -> Survey:
        """The same offer with credentials in its `config`; or as it was, with `steps` that say what is left to do."""
        ...


@runtime_checkable
class OffersChats(Protocol):
    """What a chat plugin may offer to `backchat init`.

    Of several chats the one with the lowest `rank` (then by name) is taken where nobody says which: 0 for one that
    needs nothing beyond Backchat, 1 for one that needs an account somewhere.
    """

    rank: int

    async def offer(self, dialogue: Dialogue) -> ChatOffer:
        """How to set the chat up, found out together with the person.

        Raises `Refused` or `RetryLater` where it cannot be set up; nothing is written then.
        """
        ...


@runtime_checkable
class KnowsIds(Protocol):
    """What a chat plugin may offer: telling by its looks what can be no id in its chat, when a configuration is read.

    Each answers what is wrong with an id, and where in the chat the right one is found, in one sentence; None for what
    may be one. Pure: nobody is asked, and the chat need not be configured any further.
    """

    def no_room(self, room: str) -> str | None:
        """About `room` of a route."""
        ...

    def no_person(self, person: str) -> str | None:
        """About a person in `authors`, `moderators` or `notify`."""
        ...

    def no_role(self, role: str) -> str | None:
        """About a role in `authors` or `moderators`, without the @ that it is written with."""
        ...


class Chosen(Protocol):
    """What the command line lends to commands that an adapter brings (entry points in `backchat.commands`).

    It stands in `click`'s `Context.obj`.
    """

    def chats(self) -> Mapping[str, Chat]:
        """The chats of the chosen configuration by name, built but not opened. Raises `ConfigError`."""
        ...

    def office(self) -> Office:
        """The office over the chosen configuration's ledger. Raises `ConfigError`."""
        ...


class Row(Protocol):
    """One row of the ledger, by column name."""

    def __getitem__(self, column: str) -> Any:
        """The value in `column`."""
        ...


class Tx(Protocol):
    """One transaction of the ledger under way: SQL that both SQLite and PostgreSQL understand, `?` for values."""

    def run(self, sql: str, *values: str | int | float | None) -> int:
        """Execute one statement; the number of rows changed."""
        ...

    def insert(self, sql: str, *values: str | int | float | None) -> int:
        """Execute one INSERT; the new row's id."""
        ...

    def one(self, sql: str, *values: str | int | float | None) -> Row | None:
        """The first row, or None."""
        ...

    def all(self, sql: str, *values: str | int | float | None) -> Sequence[Row]:
        """Every row."""
        ...

    def tell(self, topic: str) -> None:
        """Wake whoever waits for `topic` (`lanes`, `inbox`, `read BLOG`, `stirred BLOG`), once this is committed."""
        ...


class Ledger(Protocol):
    """The durable store. All that changes it is one function on a `Tx`: it stands whole, or not at all (law 1)."""

    run: int
    """This process's run: leases that carry another number are over."""

    async def transact(self, work: Callable[[Tx], T]) -> T:
        """Run `work` and return its result once it is durable; if it raises, nothing of it stands."""
        ...

    async def view(self, work: Callable[[Tx], T]) -> T:
        """Run a reading `work` on what is committed."""
        ...

    def wake_on(self, topic: str, event: asyncio.Event) -> None:
        """Set `event` after every commit that told `topic`."""
        ...

    async def close(self) -> None:
        """Finish what waits, and give the ledger free."""
        ...
