"""What a chat message means: answer, aside, or neither, and which comment it answers. Pure.

Only ids decide who speaks (law 8); names decide only whom an author means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.model import AccountName, Choice, CommentId, Moderated, Relay, Written
from bridge.text.names import folded, leading_name
from bridge.text.tree import Text, plain, wording

ASIDE = "//"
STOOD = 10.0
"""Seconds for which a comment must have stood in the thread before a message can be meant for it unsaid."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """A comment that an answer can be meant for: who wrote it, where it stands, and the parent to publish under.

    `within_reach` is false where it was read through an adapter that its blog has no more.
    """

    comment: CommentId
    parent: CommentId
    name: str
    link: str
    within_reach: bool = True


@dataclass(frozen=True, slots=True)
class Held:
    """The writer's own answer that is still held in this thread."""

    answer: int
    addressed: CommentId | None
    name: str


@dataclass(frozen=True, slots=True)
class Setting:
    """What a message is judged by.

    `account` is None unless the writer's id or role is on the route's list; `since` is when that began.
    `explicit` is the comment whose message it replies to or that the room's box named, `gone` that this comment is
    not on the blog any more; `to_person` that it talks to somebody in the chat. `by_name` has the newest comment of
    each commenter; `newest` is the newest visitor's comment that had stood long enough. `only_read` is the post's
    address on a blog on which nothing can be published from here. `unknown`: it is about a message that nobody knows.
    `desk`: it was written in a moderation room, where `account` speaks for moderators alone; `unapproved` is why the
    comment cannot be approved from there, though it must be before anybody may answer it.
    """

    relay: Relay
    account: AccountName | None
    since: float
    marked: bool = False
    explicit: Addressed | None = None
    gone: bool = False
    to_person: bool = False
    held: Held | None = None
    join: bool = True
    by_name: Mapping[str, Addressed] | None = None
    newest: Addressed | None = None
    min_text: int = 1
    max_text: int | None = None
    only_read: str | None = None
    unknown: bool = False
    desk: bool = False
    unapproved: str | None = None


@dataclass(frozen=True, slots=True)
class Choosing:
    """What a moderator's choice is judged by.

    `account` is None unless the person's id or role is on the place's list of moderators; `since` is when that began.
    `mark` is what the card bears now and `choices` what it offers; `impossible` why nothing can be done from here.
    `under_way` is the decision about the same comment that is being carried out, `by` who made it; `stands` is the
    decision that brought the comment where it stands.
    """

    account: AccountName | None
    since: float
    mark: str = ""
    choices: tuple[Choice, ...] = ()
    impossible: str | None = None
    under_way: Choice | None = None
    by: str = ""
    stands: Choice | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """It stays in the chat."""

    why: str


@dataclass(frozen=True, slots=True)
class Start:
    """It begins a new answer to that comment."""

    addressed: Addressed


@dataclass(frozen=True, slots=True)
class Decide:
    """A moderator's choice is to be carried out under that account."""

    account: AccountName


@dataclass(frozen=True, slots=True)
class Join:
    """It becomes one more line of the writer's held answer."""

    answer: int


@dataclass(frozen=True, slots=True)
class Deny:
    """It was meant as an answer and cannot be one; the writer is told why."""

    reason: str


Judgement = Aside | Start | Join | Deny


def is_aside(text: Text) -> bool:
    """Whether a text is marked to stay in the chat."""
    return plain(text).lstrip().startswith(ASIDE)


def judge(message: Written, setting: Setting) -> Judgement:
    """Judge a message that was written in a mirrored thread."""
    why = _stays(message, setting)
    if why is not None:
        return Aside(why)
    if setting.gone:
        return Deny("The comment that this answers is not on the blog any more.")
    if setting.unapproved is not None:
        return Deny(setting.unapproved)
    named = _named(message.text, setting.by_name or {})
    if setting.only_read is not None:
        meant = setting.explicit or named or setting.newest
        return Deny(only_read(None if meant is None else meant.link, setting.only_read))
    if (
        setting.held is not None
        and setting.join
        and not setting.unknown
        and _same(setting.explicit, named, setting.held)
    ):
        return Join(setting.held.answer)
    # What was meant for a message that we do not know is published under no other.
    addressed = setting.explicit or named or (None if setting.unknown else setting.newest)
    if addressed is None:
        return Deny(
            "It is not clear which comment this answers: press Answer at the one you mean, reply to it, or begin with @"
            " and its author's name."
        )
    if not addressed.within_reach:
        return Deny(f"Another adapter read that comment, so it cannot be answered from here; it is at {addressed.link}")
    problem = length_problem(message.text, setting.min_text, setting.max_text)
    return Deny(problem) if problem else Start(addressed)


CHANGED = "That comment has changed since you saw it: look at it again."
"""What a moderator learns whose choice was about an older text, or about a comment that stands elsewhere by now."""


def choose(event: Moderated, choosing: Choosing) -> Aside | Deny | Decide:
    """Judge a moderator's choice: the first one wins, and it is good for what was shown alone."""
    if choosing.account is None:
        return Aside("whoever chose is no moderator of this room")
    if event.at < choosing.since:
        return Aside("it is older than the moderator's permission")
    if choosing.impossible is not None:
        return Deny(choosing.impossible)
    if choosing.under_way is not None:
        if event.choice is choosing.under_way:
            return Aside("the same is being done already")
        return Deny(f"{choosing.by} has chosen otherwise, and that is being done.")
    if event.mark != choosing.mark:
        return Aside("it is done already") if event.choice is choosing.stands else Deny(CHANGED)
    if event.choice not in choosing.choices:
        return Deny("That cannot be done with this comment now.")
    return Decide(choosing.account)


def only_read(comment: str | None, post: str) -> str:
    """What the writer of an answer learns on a blog that is only read; both are addresses."""
    if comment is not None:
        return f"This blog can only be read from here; to answer, open the comment: {comment}"
    return f"This blog can only be read from here; to answer, open the post: {post}"


def length_problem(text: Text, min_text: int, max_text: int | None) -> str | None:
    """Why the blog would not take a text of this length, in words; None if it would. Lengths are in characters."""
    length = len(wording(text))
    if length < min_text:
        return f"The blog takes no comment with fewer than {min_text} characters: edit your message to say more."
    if max_text is not None and length > max_text:
        return f"The blog takes no comment with more than {max_text} characters, this has {length}: shorten it."
    return None


def ancestors_end(chain: Sequence[CommentId], depth: int | None) -> CommentId:
    """The comment to publish under, for a blog that bears `depth` levels of replies.

    `chain` leads from the answered comment up to its top-level comment.
    """
    if depth is None or len(chain) <= depth:
        return chain[0]
    return chain[len(chain) - max(depth, 1)]


def _stays(message: Written, setting: Setting) -> str | None:
    """Why a message stays in the chat, None if it may be an answer."""
    if message.system:
        return "nobody wrote it"
    if setting.account is None:
        return "the writer is not an author of this route"
    if message.at < setting.since:
        return "it is older than the route's permission"
    if setting.relay is Relay.OFF:
        return "the route only mirrors"
    if is_aside(message.text) and not setting.marked:
        return "it begins with //"
    if setting.relay is Relay.MARKED and not setting.marked and not setting.desk:
        return "it is not marked"
    if setting.to_person and not setting.marked:
        return "it talks to a person in the chat"
    if setting.desk and setting.explicit is None:
        return "it answers no comment, and in a moderation room none is guessed"
    return None


def _named(text: Text, by_name: Mapping[str, Addressed]) -> Addressed | None:
    name = leading_name(text, tuple(by_name))
    return None if name is None else by_name[name]


def _same(explicit: Addressed | None, named: Addressed | None, held: Held) -> bool:
    """Whether a message means the comment that the held answer answers: a comment is one, a name any of a person's."""
    if explicit is not None:
        return explicit.comment == held.addressed
    return named is None or folded(named.name) == folded(held.name)
