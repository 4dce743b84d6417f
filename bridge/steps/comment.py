"""A comment as it should stand in a thread."""

from __future__ import annotations

from bridge import moderation
from bridge.house import House
from bridge.ledger import comments, schemes, threads
from bridge.model import Card, Choice, CommentCard, Kind, Mentions, MessageId, Origin, Relay, ReplyTo, Standing
from bridge.ports import BlogAbility, ChatAbility, Row, Tx
from bridge.steps.says import CardSteps
from bridge.text.tree import Text, load, paragraph, wording

EXCERPT = 120
"""Characters of a parent that is not in the thread, to show what a reply is about."""


class CommentSteps(CardSteps):
    """Mirrors one comment into one thread."""

    def card(self, tx: Tx, house: House, target: Row, thread: Row) -> tuple[Card, str]:
        """The comment's card."""
        row = comments.get(tx, target["subject"])
        choices, mark = offered(tx, house, row, thread)
        card = CommentCard(
            name=row["name"], text=_text(house, row, thread), link=row["link"], created=row["created"],
            kind=Kind(row["kind"]), avatar=row["avatar"], by_author=row["origin"] in {Origin.OURS, Origin.AUTHOR},
            in_reply_to=reply_to(tx, row, target["thread"]), edited=bool(row["edited"]), choices=choices, mark=mark,
            answerable=answerable(house, row, thread),
        )  # fmt: skip
        return card, f"{row['blog']}/{row['native']}"

    def written(self, tx: Tx, target: Row) -> float | None:
        """When the comment was."""
        return float(comments.get(tx, target["subject"])["created"])


def moderates(house: House, thread: Row) -> bool:
    """Whether the thread's chat can show what moderators may do, and follow it when that changes."""
    chat = house.chat(thread["chat"])
    return chat.can(ChatAbility.MODERATE) and chat.can(ChatAbility.EDIT)


def offered(tx: Tx, house: House, comment: Row, thread: Row) -> tuple[tuple[Choice, ...], str]:
    """What the moderators of the thread's room can do about a comment, and the mark that their choice brings back."""
    seat = house.seat(thread) if moderates(house, thread) else None
    choices = () if seat is None else moderation.choices(tx, house, comment, seat[1])
    return choices, moderation.mark(tx, comment) if choices else ""


def answerable(house: House, comment: Row, thread: Row) -> bool:
    """Whether somebody may answer a comment by a form of the thread's chat, and its blog would take it."""
    seat, blog = house.seat(thread), house.blogs.get(comment["blog"])
    if seat is None or blog is None or not house.chat(thread["chat"]).can(ChatAbility.FORM):
        return False
    route, place = seat
    wanted = {Standing.PUBLIC, Standing.PENDING} if place.desk else {Standing.PUBLIC}
    may = bool(place.speakers) and route.relay is not Relay.OFF and comment["standing"] in wanted
    return may and blog.can(BlogAbility.PUBLISH) and schemes.other(comment) is None


def _text(house: House, row: Row, thread: Row) -> Text:
    """What the comment says; of another site's mention only that it is one, unless the route wants it in full."""
    route = house.route(thread["route"])
    if row["kind"] != Kind.COMMENT and route is not None and route.mentions is Mentions.LINE:
        return paragraph("mentions this post.")
    return load(row["body"])


def reply_to(tx: Tx, row: Row, thread: int) -> ReplyTo | None:
    """What a comment replies to, as its card in a thread says it; nothing of a parent that was never public."""
    parent = None if row["parent"] is None else comments.by_native(tx, row["blog"], row["parent"])
    if parent is None:
        return None
    message = threads.rendering_of(tx, thread, parent["id"])
    if message is not None:
        return ReplyTo(parent["name"], MessageId(message["native"]))
    source = _source_here(tx, parent, thread)
    if source is not None:
        return ReplyTo(parent["name"], source)
    if parent["standing"] == Standing.PENDING or (parent["standing"] != Standing.PUBLIC and not parent["announced"]):
        return None
    words = wording(load(parent["body"])) if parent["standing"] == Standing.PUBLIC else ""
    return ReplyTo(parent["name"], None, words if len(words) <= EXCERPT else words[: EXCERPT - 1] + "…")


def _source_here(tx: Tx, parent: Row, thread: int) -> MessageId | None:
    """Where the parent is an answer that was written in this thread: the message itself."""
    row = tx.one(
        "SELECT message.native FROM answer_source JOIN message ON message.id = answer_source.message"
        " WHERE answer_source.answer = ? AND message.thread = ? AND message.deleted = 0"
        " ORDER BY answer_source.n LIMIT 1",
        parent["answer"], thread,
    )  # fmt: skip
    return None if row is None else MessageId(row["native"])
