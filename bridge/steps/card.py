"""A comment as it should stand in a moderation room, from when it waits until it was decided, and after."""

from __future__ import annotations

from bridge import moderation
from bridge.house import House
from bridge.ledger import comments
from bridge.model import Card, Kind, ModerationCard, Notice, Origin, Standing
from bridge.ports import Row, Tx
from bridge.steps.comment import answerable, moderates, offered, reply_to
from bridge.steps.says import CardSteps
from bridge.text.tree import Text, load, paragraph


class ModerationCardSteps(CardSteps):
    """Shows one comment to the moderators of one room."""

    def card(self, tx: Tx, house: House, target: Row, thread: Row) -> tuple[Card, str]:
        """The comment's card; its words alone where the chat knows no such cards."""
        row = comments.get(tx, target["subject"])
        name = f"{row['blog']}/{row['native']}"
        decided = moderation.decided(tx, row)
        if not moderates(house, thread):
            return Notice(_in_words(row, decided), row["link"]), name
        choices, mark = offered(tx, house, row, thread)
        card = ModerationCard(
            name=row["name"], text=_text(row), link=row["link"], created=row["created"], kind=Kind(row["kind"]),
            avatar=row["avatar"], in_reply_to=reply_to(tx, row, target["thread"]),
            held=row["held"] if decided is None else "", decided=decided, choices=choices, mark=mark,
            by_author=row["origin"] in {Origin.OURS, Origin.AUTHOR}, answerable=answerable(house, row, thread),
        )  # fmt: skip
        return card, name

    def written(self, tx: Tx, target: Row) -> float | None:
        """When the comment was."""
        return float(comments.get(tx, target["subject"])["created"])


def _text(row: Row) -> Text:
    """What it says; of what is gone from the blog only that it was there."""
    return () if row["standing"] == Standing.GONE else load(row["body"])


def _in_words(row: Row, decided: str | None) -> Text:
    why = f" ({row['held']})" if row["held"] else ""
    head = f"{row['name']} waits for approval{why}:" if decided is None else f"{row['name']}. {decided}:"
    return (*paragraph(head), *_text(row))
