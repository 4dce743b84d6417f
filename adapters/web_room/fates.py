"""What one person sees of moderation on a card: why it waits, what they can choose, what became of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.web_room import moderating
from adapters.web_room.access import Access
from adapters.web_room.rows import Chosen, Message, Person
from bridge.chats.fates import LABELS
from bridge.model import Choice, CommentCard, ModerationCard


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What a moderator chose, until the card says what became of it. `again`: when one may choose once more."""

    label: str
    name: str
    mine: bool
    again: float | None


@dataclass(frozen=True, slots=True)
class Fate:
    """A card as moderation shows it. `pending`: it waits; `held` says why, `decided` what became of it, in words.

    `choices` are what this person may choose now, and `mark` what their choice brings back. `answerable`: an answer of
    theirs goes to the comment, and `approves` it first. `reply` is what replying is called here; empty where it would
    promise what does not come.
    """

    pending: bool = False
    held: str = ""
    decided: str | None = None
    choices: tuple[Choice, ...] = ()
    mark: str = ""
    answerable: bool = False
    reply: str = "Reply"
    under_way: UnderWay | None = None

    @property
    def approves(self) -> bool:
        """Whether answering approves the comment first."""
        return Choice.APPROVE in self.choices

    @property
    def buttons(self) -> list[tuple[str, str]]:
        """What is offered on the card, each with its label."""
        return [_labelled(one) for one in self.choices if self._on_the_card(one)]

    @property
    def menu(self) -> list[tuple[str, str]]:
        """What is offered in the card's menu, each with its label."""
        return [_labelled(one) for one in self.choices if not self._on_the_card(one)]

    def _on_the_card(self, choice: Choice) -> bool:
        return self.pending or choice is Choice.RESTORE


def fate_of(
    message: Message, card: CommentCard | ModerationCard, person: Person, access: Access, taken: int
) -> Fate | None:
    """Tell what moderation shows of a card to a person; None where that is nothing. `taken`: `events.taken_over`."""
    if isinstance(card, CommentCard) and not (access.moderates and card.choices):
        return None
    choices, mark = (card.choices, card.mark) if access.moderates else ((), "")
    under_way = None if message.chosen is None else _under_way(message.chosen, person, taken)
    if isinstance(card, CommentCard):
        return Fate(choices=choices, mark=mark, under_way=under_way)
    author = person.role == "author"
    answerable = access.moderates and author and _stays(card)
    return Fate(
        pending=card.decided is None,
        held=card.held,
        decided=card.decided,
        choices=choices,
        mark=mark,
        answerable=answerable,
        reply="Reply" if not author else "Answer" if answerable and card.decided else "",
        under_way=under_way,
    )


def as_json(fate: Fate) -> dict[str, object]:
    """Give a card's fate as the JSON interface tells it."""
    chosen = fate.under_way
    return {
        "held": fate.held,
        "decided": fate.decided,
        "choices": [choice.value for choice in fate.choices],
        "mark": fate.mark,
        "under_way": chosen and {"choice": chosen.label, "by": chosen.name, "mine": chosen.mine},
    }


def _under_way(chosen: Chosen, person: Person, taken: int) -> UnderWay:
    return UnderWay(
        label=LABELS[Choice(chosen.choice)],
        name=chosen.name,
        mine=chosen.person == person.id,
        again=chosen.at + moderating.AGAIN if chosen.event <= taken else None,
    )


def _labelled(choice: Choice) -> tuple[str, str]:
    return choice.value, LABELS[choice]


def _stays(card: ModerationCard) -> bool:
    """Whether the comment is on the blog, or comes there by being answered."""
    return Choice.APPROVE in card.choices or (card.decided is not None and Choice.SPAM in card.choices)
