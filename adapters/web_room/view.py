"""What one person sees of the room: rows of its file as values that the templates and the JSON show. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple

from adapters.web_room import cards, fates
from adapters.web_room.access import Access
from adapters.web_room.fates import Fate, fate_of
from adapters.web_room.rows import Message, Person, Thread, inside
from bridge.model import AnswerState, Card, CommentCard, Kind, ModerationCard, Notice, Post, Receipt
from bridge.text import html_out, markdown_in, tree
from bridge.text.addresses import allowed

HUES = 10
"""Colours of avatars in the style sheet."""
LINE = 60
"""Characters of a mention by another site that is shown as one line."""
_ON_THE_BLOG = frozenset({AnswerState.PUBLIC, AnswerState.PENDING, AnswerState.REVISING, AnswerState.PUBLISHING})


class Moment(NamedTuple):
    """An instant as a page shows it: seconds since the epoch, for machines, and for people without script."""

    at: float
    iso: str
    words: str


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message that another one replies to; `id` is None if it is not in this thread."""

    id: int | None
    name: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class State:
    """A receipt as its message shows it. `answers_id` is the comment answered, `link` where the answer stands."""

    name: str
    until: float | None
    answers: str | None
    answers_id: int | None
    link: str | None
    reason: str | None

    @property
    def on_the_blog(self) -> bool:
        """Whether deleting the message also removes something from the blog."""
        return AnswerState(self.name) in _ON_THE_BLOG


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as one person sees it. `kind` is `comment`, `moderation`, `notice` or `person`; `html` is safe.

    `line`: a mention by another site, of which there is nothing more to say than that.
    """

    id: int
    thread: int
    kind: str
    name: str
    initials: str
    hue: int
    badge: str
    mine: bool
    html: str
    words: str
    moment: Moment
    edited: bool
    link: str | None
    quoted: Quoted | None
    towards: Quoted | None
    reply_to: int | None
    addressed: int | None
    commenter: bool
    aside: bool
    waiting: bool
    markable: bool
    marked: bool
    waits: bool
    state: State | None
    line: bool = False
    fate: Fate | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A thread in the list of threads."""

    id: int
    room: str
    title: str
    moment: Moment
    unread: int
    waiting: int
    first_waiting: int | None
    pending: int
    first_pending: int | None
    last_name: str
    last_words: str
    closed: bool


class Viewer:
    """Shows messages of one thread to a person. `taken` is the newest event that the daemon has taken over."""

    def __init__(self, instance: str, person: Person, taken: int, access: Access) -> None:
        self._instance = instance
        self._person = person
        self._taken = taken
        self._access = access

    def messages(self, messages: Sequence[Message], parents: Iterable[Message]) -> list[Shown]:
        """Show these messages; `parents` are those that they reply to."""
        known = {message.id: message for message in (*parents, *messages)}
        return [self._shown(message, known) for message in messages]

    def _shown(self, message: Message, known: Mapping[int, Message]) -> Shown:
        if message.writer is None:
            return self._ours(message, cards.loaded(message.body), known)
        return self._theirs(message, message.writer, known)

    def _ours(self, message: Message, card: Card, known: Mapping[int, Message]) -> Shown:
        comment = None if isinstance(card, Notice) else card
        name = comment.name if comment else "Backchat"
        return Shown(
            id=message.id,
            thread=message.thread,
            kind=_KINDS[type(card)],
            name=name,
            initials=initials(name),
            hue=hue(name),
            badge=_badge(comment),
            mine=False,
            html=html_out.render(card.text),
            words=tree.plain(card.text),
            moment=moment(comment.created if comment else message.written),
            edited=isinstance(card, CommentCard) and card.edited,
            link=_web(card.link),
            quoted=_quoted(message.reply_to, known) or (_outside_quote(comment) if comment else None),
            towards=None,
            reply_to=message.reply_to,
            addressed=None,
            commenter=message.commenter is not None,
            aside=False,
            waiting=False,
            markable=False,
            marked=False,
            waits=message.waits,
            state=None,
            line=_is_line(card),
            fate=fate_of(message, comment, self._person, self._access, self._taken) if comment else None,
        )

    def _theirs(self, message: Message, writer: Person, known: Mapping[int, Message]) -> Shown:
        mine = writer.id == self._person.id
        author = writer.role == "author"
        answers_somebody = message.reply_to is not None or message.addressed is not None
        aside = is_aside(message, known) or (self._access.closed and not answers_somebody)
        text = markdown_in.parse(message.body)
        if not tree.wording(text):  # nothing of it would be seen, so it is shown as typed
            text = tree.paragraph(message.body)
        return Shown(
            id=message.id,
            thread=message.thread,
            kind="person",
            name=writer.name,
            initials=initials(writer.name),
            hue=hue(writer.name),
            badge=writer.role,
            mine=mine,
            html=html_out.render(text),
            words=message.body,
            moment=moment(message.written),
            edited=message.edited is not None,
            link=None,
            quoted=_quoted(message.reply_to, known),
            towards=None if message.reply_to else _quoted(message.addressed, known),
            reply_to=message.reply_to,
            addressed=message.addressed,
            commenter=False,
            aside=aside,
            waiting=author and not aside and message.receipt is None and message.last_event > self._taken,
            markable=author and mine and message.receipt is None and not self._access.closed,
            marked=message.marked,
            waits=False,
            state=self._state(message.receipt),
        )

    def _state(self, receipt: Receipt | None) -> State | None:
        if receipt is None:
            return None
        answered = receipt.answers_message
        return State(
            name=receipt.state.value,
            until=receipt.until,
            answers=receipt.answers,
            answers_id=None if answered is None else inside(self._instance, answered),
            link=_web(receipt.link),
            reason=receipt.reason,
        )


def thread_listed(thread: Thread) -> Listed:
    """Show a thread in the list."""
    last = thread.last
    return Listed(
        id=thread.id,
        room=thread.room,
        title=title_of(post_of(thread)),
        moment=moment(thread.active),
        unread=thread.unread,
        waiting=thread.waiting,
        first_waiting=thread.first_waiting,
        pending=thread.pending,
        first_pending=thread.first_pending,
        last_name="" if last is None else _name(last),
        last_words="" if last is None else last.excerpt,
        closed=thread.closed,
    )


def post_of(thread: Thread) -> Post:
    """Give the post that a thread is about."""
    return cards.loaded_post(thread.card).post


def title_of(post: Post) -> str:
    """Give what a post is called here; one without a title by its address."""
    return post.title or post.address


def post_link(post: Post) -> str | None:
    """Give the post's address if a page may lead there."""
    return _web(post.address)


def thread_as_json(listed: Listed) -> dict[str, object]:
    """Give a thread as the JSON interface tells it."""
    return {
        "id": listed.id,
        "room": listed.room,
        "title": listed.title,
        "active": listed.moment.at,
        "unread": listed.unread,
        "unanswered": listed.waiting,
        "pending": listed.pending,
        "closed": listed.closed,
    }


def as_json(shown: Shown) -> dict[str, object]:
    """Give a message as the JSON interface tells it."""
    state = shown.state
    return {
        "id": shown.id,
        "kind": shown.kind,
        "name": shown.name,
        "mine": shown.mine,
        "text": shown.words,
        "html": shown.html,
        "at": shown.moment.at,
        "edited": shown.edited,
        "link": shown.link,
        "badge": shown.badge,
        "commenter": shown.commenter,
        "reply_to": shown.reply_to,
        "in_reply_to": shown.quoted and shown.quoted.name,
        "addressed": shown.addressed,
        "waiting": shown.waiting,
        "marked": shown.marked,
        "waits": shown.waits,
        "receipt": state
        and {
            "state": state.name,
            "until": state.until,
            "answers": state.answers,
            "answers_message": state.answers_id,
            "link": state.link,
            "reason": state.reason,
        },
        **({} if shown.fate is None else fates.as_json(shown.fate)),
    }


def moment(at: float) -> Moment:
    """Show an instant; one that no calendar has is shown as the nearest that it has."""
    when = datetime.fromtimestamp(min(max(at, 0.0), 32503680000.0), UTC)
    return Moment(at, when.isoformat(timespec="seconds"), f"{when.day} {when:%b %Y, %H:%M} UTC")


def initials(name: str) -> str:
    """Give one or two letters for an avatar; a mark where a name has none."""
    words = ["".join(letter for letter in word if letter.isalnum()) for word in name.split()]
    words = [word for word in words if word]
    picked = words[:1] + words[1:][-1:]
    return "".join(word[0] for word in picked).upper()[:2] or "·"


def hue(name: str) -> int:
    """Pick a colour that a name keeps."""
    return blake2b(name.casefold().encode("utf-8", "replace"), digest_size=2).digest()[0] % HUES


def is_aside(message: Message, known: Mapping[int, Message]) -> bool:
    """Tell whether a person's message plainly stays in the room, so that nobody waits for it to be published."""
    if message.body.lstrip().startswith("//") or message.to_person:
        return True
    parent = None if message.reply_to is None else known.get(message.reply_to)
    return parent is not None and parent.writer is not None


_KINDS: Mapping[type[Card], str] = {CommentCard: "comment", ModerationCard: "moderation", Notice: "notice"}


def _is_line(card: Card) -> bool:
    if not isinstance(card, CommentCard) or card.kind is Kind.COMMENT:
        return False
    return len(card.text) == 1 and isinstance(card.text[0], tree.Paragraph) and len(tree.wording(card.text)) <= LINE


def _badge(comment: CommentCard | ModerationCard | None) -> str:
    if comment is None:
        return "notice"
    if comment.by_author:
        return "author"
    return "" if comment.kind is Kind.COMMENT else comment.kind.value


def _name(message: Message) -> str:
    if message.writer is not None:
        return message.writer.name
    card = cards.loaded(message.body)
    return "Backchat" if isinstance(card, Notice) else card.name


def _quoted(number: int | None, known: Mapping[int, Message]) -> Quoted | None:
    parent = None if number is None else known.get(number)
    return None if parent is None else Quoted(parent.id, _name(parent), parent.excerpt)


def _outside_quote(comment: CommentCard | ModerationCard) -> Quoted | None:
    reply = comment.in_reply_to
    return None if reply is None else Quoted(None, reply.name, reply.excerpt)


def _web(address: str | None) -> str | None:
    return None if address is None else allowed(address, mail=False)
