"""The words of the house as frozen values.

Ids are opaque strings: only the adapter that issued one may look inside it.
All instants are seconds since the Unix epoch, as floats; all durations are seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

from bridge.text.tree import Text

BlogName = NewType("BlogName", str)
"""The name of a blog's table in the configuration: its identity for Backchat."""
ChatName = NewType("ChatName", str)
"""The name of a chat's table in the configuration: its identity for Backchat."""
RouteName = NewType("RouteName", str)
RoomId = NewType("RoomId", str)
"""A channel's id in its chat, as the configuration gives it."""
PostId = NewType("PostId", str)
CommentId = NewType("CommentId", str)
ThreadId = NewType("ThreadId", str)
MessageId = NewType("MessageId", str)
PersonId = NewType("PersonId", str)
"""A chat writer's immutable id. Display names decide nothing (law 8)."""
AccountName = NewType("AccountName", str)
"""An author's account on a blog, by its name in the configuration."""
Key = NewType("Key", str)
"""A step's idempotency key: 24 characters of RFC 4648 base32, lower case."""


class Kind(StrEnum):
    """What sort of response a comment is."""

    COMMENT = "comment"
    PINGBACK = "pingback"
    TRACKBACK = "trackback"
    WEBMENTION = "webmention"


class Standing(StrEnum):
    """How a comment stands on its blog at the moment it was read."""

    PUBLIC = "public"
    PENDING = "pending"
    HIDDEN = "hidden"
    GONE = "gone"


class Choice(StrEnum):
    """What a moderator can do about a comment."""

    APPROVE = "approve"
    SPAM = "spam"
    TRASH = "trash"
    RESTORE = "restore"
    """Out of the spam or the trash again: it stands as it did before."""


class Origin(StrEnum):
    """Who wrote a comment, as far as it can be proven."""

    VISITOR = "visitor"
    OURS = "ours"
    AUTHOR = "author"


class AnswerState(StrEnum):
    """Where an answer is on its way from a chat message to a comment on the blog."""

    HELD = "held"
    PUBLISHING = "publishing"
    PENDING = "pending"
    PUBLIC = "public"
    REVISING = "revising"
    WITHDRAWING = "withdrawing"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    PARKED = "parked"
    GONE = "gone"


class Guarantee(StrEnum):
    """How surely an adapter brings out one visible effect (law 3)."""

    ONE = "one"
    ONE_AFTER_A_SWEEP = "one after a sweep"
    ONE_OR_PARKED = "one or parked"


@dataclass(frozen=True, slots=True)
class Post:
    """One article on a blog, as its card in a room shows it."""

    id: PostId
    address: str
    title: str
    author: str | None = None
    published: float | None = None
    excerpt: str = ""
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Commenter:
    """A visitor as a comment names them; nothing here is proven."""

    name: str
    address: str | None = None
    avatar: str | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """One response on a post, as one reading of the blog showed it.

    `position` is the platform's own number for the comment: it orders comments of a blog, lets a page say
    which stretch it covers, and betrays ids that are given out twice (same position, another `id`).
    `key` is what the comment carries where our answers carry their key: a claim, proven only by the ledger.
    `account` is set only where the platform authenticates who wrote it.
    `held` says in words why a pending comment waits, where that is known.
    """

    id: CommentId
    post: PostId
    position: int
    parent: CommentId | None
    commenter: Commenter
    text: Text
    created: float
    link: str
    kind: Kind = Kind.COMMENT
    standing: Standing = Standing.PUBLIC
    key: Key | None = None
    account: AccountName | None = None
    held: str = ""


@dataclass(frozen=True, slots=True)
class Covers:
    """The stretch of a blog that a page shows completely: every public comment in it is on the page."""

    post: PostId | None
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Page:
    """One reading of a part of a blog. `cursor` is saved in the transaction that records the page (law 7).

    `read_at` is the instant just before the request was sent: what settled later is not judged by this page.
    `waiting` are stretches whose comments that wait for approval are all on the pages of this reading: one that waited
    there and is missing is asked for with `look`, and taken off the blog if that says so. Elsewhere `Standing.HIDDEN`
    says nothing of a comment that waits: perhaps the account may not see it.
    `past`: what is new on this page stood there before it could be seen (with other credentials, say); it is no news.
    `gap` counts comments that this reading proves to have been there and that it cannot reach; each is told once.
    `patience`: seconds for which the server says that reading again is useless (0: it says nothing).
    """

    comments: tuple[Comment, ...]
    posts: tuple[Post, ...]
    covers: tuple[Covers, ...]
    cursor: str | None
    read_at: float
    gap: int = 0
    patience: float = 0.0
    waiting: tuple[Covers, ...] = ()
    past: bool = False


@dataclass(frozen=True, slots=True)
class Published:
    """What stands on the blog after a publish or a revise; `pending` if the blog's moderator must approve it."""

    comment: CommentId
    link: str
    pending: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """An answer of ours found on the blog by one of its keys, with the text that stands there.

    `key` is None where the platform may have taken the key away: then its account, its text, and that it was `created`
    (an instant, None where unknown) after the attempt began must tell.
    """

    comment: CommentId
    link: str
    key: Key | None
    text: Text
    pending: bool = False
    created: float | None = None


@dataclass(frozen=True, slots=True)
class Writer:
    """Who wrote a chat message: the immutable id, the name shown, and the role ids held when it was written."""

    id: PersonId
    name: str
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RawEvent:
    """A chat event before anybody has judged it, as `listen` records it.

    `event_id` is unique to one delivery by the platform, `natural_key` to the thing that happened
    (so that the same event told twice is one). `order` is the platform's order within the thread.
    `body` is for the adapter's `interpret` alone and holds no short-lived token (law 10).
    """

    event_id: str
    natural_key: str
    thread: ThreadId
    order: int
    body: str


@dataclass(frozen=True, slots=True)
class Written:
    """A message was written. `key` is set on our own messages only (the platform proves that they are ours).

    `reply_to` is the message it answers by the chat's own reply; `addressed` the message that the room's
    reply box named when it was sent; `to_person` tells that it opens with a mention of a person in the chat.
    `system` marks joins, pins and other lines that nobody wrote. `form`: it was sent by a form that our message
    `reply_to` offered, and stands nowhere in the chat; its id is the form's, and the core says it there itself.
    """

    thread: ThreadId
    message: MessageId
    writer: Writer
    text: Text
    at: float
    reply_to: MessageId | None = None
    addressed: MessageId | None = None
    to_person: bool = False
    system: bool = False
    key: Key | None = None
    form: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A message was changed, by a form where one had sent it; `text` is all of its new text. Fields as in `Written`."""

    thread: ThreadId
    message: MessageId
    writer: Writer
    text: Text
    at: float
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Erased:
    """A message was deleted, by whomever; `by` is told of what a form sent, which only its writer takes back."""

    thread: ThreadId
    message: MessageId
    at: float
    by: Writer | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """A person marked a message to be published (or, with `on` false, took the mark off again)."""

    thread: ThreadId
    message: MessageId
    by: Writer
    at: float
    on: bool = True


@dataclass(frozen=True, slots=True)
class Moderated:
    """A person chose what is to become of the comment that a message of ours shows.

    `mark` is the one that the card bore when they saw it: a choice is good for what was shown, and for nothing else.
    """

    thread: ThreadId
    message: MessageId
    by: Writer
    choice: Choice
    mark: str
    at: float


Event = Written | Edited | Erased | Marked | Moderated


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """What a mirrored comment replies to: the person, their message in this thread, or a few words of it if none."""

    name: str
    message: MessageId | None = None
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class CommentCard:
    """A comment as it should stand in a room; names are already defused. `by_author`: proven to be the author's.

    `choices` are what the room's moderators can do about it, `mark` what their choice has to bring back (`Moderated`).
    `answerable`: the room's authors can answer it by a form.
    """

    name: str
    text: Text
    link: str
    created: float
    kind: Kind = Kind.COMMENT
    avatar: str | None = None
    by_author: bool = False
    in_reply_to: ReplyTo | None = None
    edited: bool = False
    choices: tuple[Choice, ...] = ()
    mark: str = ""
    answerable: bool = False


@dataclass(frozen=True, slots=True)
class ModerationCard:
    """A comment that the public does not see, as it should stand in a moderation room; names are already defused.

    `held`: why it waits, in words, "" where unknown. `decided`: what became of it and through whom, in words, None
    while it waits. `choices` are what can be done about it now, `mark` what a choice has to bring back (`Moderated`).
    `by_author`: proven to be the author's, as where the blog holds an answer of ours. `answerable`: the room's
    moderators can answer it by a form, which approves it.
    """

    name: str
    text: Text
    link: str
    created: float
    kind: Kind = Kind.COMMENT
    avatar: str | None = None
    in_reply_to: ReplyTo | None = None
    held: str = ""
    decided: str | None = None
    choices: tuple[Choice, ...] = ()
    mark: str = ""
    by_author: bool = False
    answerable: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Our own words in a thread, with a link to what they are about; `to` is the message that they concern.

    `person` wrote that message, and is the only one who may be told of these words.
    """

    text: Text
    link: str | None = None
    to: MessageId | None = None
    person: PersonId | None = None


Card = CommentCard | ModerationCard | Notice


@dataclass(frozen=True, slots=True)
class FormCard:
    """What a person sent by a form, said by us in the thread: there they see it, and change it or take it back.

    `form` is its message id (`Written.form`), `writer` the one who may do so while it is `changeable`; `name` is
    defused. `to` is the message that offered the form, `link` where that comment stands. `receipt` is None where it is
    no answer, and `reason` says why.
    """

    form: MessageId
    writer: PersonId
    name: str
    text: Text
    link: str | None = None
    to: MessageId | None = None
    receipt: Receipt | None = None
    reason: str = ""
    changeable: bool = True


@dataclass(frozen=True, slots=True)
class PostCard:
    """A post of `blog` as it should open its thread; `notify` are told that there is something to answer."""

    post: Post
    notify: tuple[PersonId, ...] = ()
    blog: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One message's worth of a rendered card. `body` is the adapter's own format, frozen into the ledger as it is."""

    body: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the writer of an answer sees on their message.

    `until` is when a held answer becomes due; `answers` the person answered; `answers_message` that person's
    comment in the same thread; `link` where the published comment stands; `reason` why not, in words.
    """

    state: AnswerState
    until: float | None = None
    answers: str | None = None
    answers_message: MessageId | None = None
    link: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BlogLimits:
    """What a blog bears. `depth`: levels of replies below a top-level comment (None: any).

    `settle_after`: seconds after a publish's deadline until its absence on the blog proves that it did not happen.
    `pace`: seconds between two publications by one account.
    """

    depth: int | None = None
    min_text: int = 1
    max_text: int | None = None
    pace: float = 0.0
    settle_after: float = 5.0


@dataclass(frozen=True, slots=True)
class ChatLimits:
    """What a chat bears. `key_window`: seconds for which it returns the first message for a repeated key.

    0 where keys are not enforced, `math.inf` where they are for ever; `thread_window` is the same for starting threads.
    `settle_after`: seconds after an attempt's deadline until its absence proves that it did not happen.
    `tells_past`: whoever listens again is told of all that happened since the watermark. Elsewhere only of what was
    written and still stands; edits, deletions and choices of that time must be looked for, or are lost.
    """

    key_window: float = 0.0
    settle_after: float = 5.0
    pace: float = 0.0
    thread_window: float = math.inf
    tells_past: bool = True


class Relay(StrEnum):
    """Which messages of a route's authors become answers (a route must say)."""

    AUTHORS = "authors"
    MARKED = "marked"
    OFF = "off"


class Mentions(StrEnum):
    """How pingbacks, trackbacks and webmentions are shown in a room."""

    LINE = "line"
    FULL = "full"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Place:
    """One room of a route. `speakers` maps a person's id, or `@` and a role's id, to their account on the blog.

    `moderators` maps those who may moderate from here in the same way. `desk`: a moderation room, which shows what
    waits for approval, and no public comment; its speakers are its moderators.
    """

    chat: ChatName
    room: RoomId
    speakers: Mapping[str, AccountName] = field(default_factory=dict)
    notify: tuple[PersonId, ...] = ()
    moderators: Mapping[str, AccountName] = field(default_factory=dict)
    desk: bool = False

    def account_of(self, writer: Writer) -> AccountName | None:
        """The account for which this person may speak here; None for everybody who is not listed (law 8)."""
        name = self.listed(writer)
        return None if name is None else self.speakers[name]

    def listed(self, writer: Writer) -> str | None:
        """The name in `speakers` by which this person may speak: the person's own before a role's."""
        return next((name for name in _names(writer) if name in self.speakers), None)

    def moderator(self, writer: Writer) -> AccountName | None:
        """The account under which this person may moderate from here; None for everybody who is not listed."""
        name = self.moderates(writer)
        return None if name is None else self.moderators[name]

    def moderates(self, writer: Writer) -> str | None:
        """The name in `moderators` by which this person may moderate: the person's own before a role's."""
        return next((name for name in _names(writer) if name in self.moderators), None)


def _names(writer: Writer) -> tuple[str, ...]:
    return writer.id, *(f"@{role}" for role in sorted(writer.roles))


@dataclass(frozen=True, slots=True)
class Desk:
    """Who may moderate in a room, as a chat has to know it to show the right buttons to the right people.

    `moderators` are people's ids, or `@` and a role's id. `closed`: a moderation room, which nobody else may see.
    """

    moderators: frozenset[str]
    closed: bool


@dataclass(frozen=True, slots=True)
class Route:
    """Which blog goes to which rooms, and by which policy. `hold` is the undo delay in seconds.

    `desks` are its moderation rooms; `places` only those that show what is public.
    """

    name: RouteName
    blog: BlogName
    places: tuple[Place, ...]
    relay: Relay
    hold: float = 10.0
    join: bool = True
    mentions: Mentions = Mentions.LINE
    desks: tuple[Place, ...] = ()

    def place(self, chat: str, room: str) -> Place | None:
        """This route's place in that room, if it has one, a moderation room too."""
        rooms = (*self.places, *self.desks)
        return next((place for place in rooms if (place.chat, place.room) == (chat, room)), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `backchat doctor` looked at. `remedy` says what to do where it is not `good`."""

    what: str
    good: bool
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Survey:
    """What an adapter found at an address that a person gave to `backchat init`.

    `rank` orders the offers of several adapters, the best first: 3 can answer, 2 reads everything, 1 reads a window.
    `found` tells it in sentences; `config` is the body of a commented `[blogs.NAME]` table (TOML, one line per
    setting, its `adapter` line included); `steps` are what the person has to do before it works, in order.
    `accounts` are those that can answer already, `moderators` those of them that may moderate.
    """

    name: str
    rank: int
    found: tuple[str, ...]
    config: str
    steps: tuple[str, ...] = ()
    accounts: tuple[AccountName, ...] = ()
    moderators: tuple[AccountName, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatOffer:
    """How `backchat init` sets a chat up: the body of `[chats.NAME]`, the room's id, and the steps that remain.

    `desk` is the room's id for moderation, None where the chat offers none.
    """

    config: str
    room: RoomId
    people: tuple[PersonId, ...] = ()
    steps: tuple[str, ...] = ()
    desk: RoomId | None = None
