"""Cards and receipts as JSON: what a `Part` of this room holds, and what the room's file keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bridge.model import (
    AnswerState,
    Card,
    CommentCard,
    Kind,
    MessageId,
    Notice,
    PersonId,
    Post,
    PostCard,
    PostId,
    Receipt,
    ReplyTo,
)
from bridge.text import tree

EXCERPT = 140
"""Characters of a message that quotes and the list of threads show."""


def dumped(card: Card) -> str:
    """Write a card as a part's body."""
    match card:
        case CommentCard():
            return _json(_comment(card))
        case Notice(text, link, to):
            return _json({"card": "notice", "text": tree.dump(text), "link": link, "to": to})


def loaded(body: str) -> Card:
    """Read a part's body. Raises ValueError for anything that `dumped` does not write."""
    try:
        fields = json.loads(body)
        return _card(fields)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a card: {error}") from error


def dumped_post(card: PostCard) -> str:
    """Write the card that opens a thread."""
    post = card.post
    return _json(
        {
            "id": post.id,
            "address": post.address,
            "title": post.title,
            "author": post.author,
            "published": post.published,
            "excerpt": post.excerpt,
            "notify": card.notify,
        }
    )


def loaded_post(body: str) -> PostCard:
    """Read what `dumped_post` wrote."""
    fields = json.loads(body)
    post = Post(
        PostId(fields["id"]),
        fields["address"],
        fields["title"],
        fields["author"],
        fields["published"],
        fields["excerpt"],
    )
    return PostCard(post, tuple(PersonId(person) for person in fields["notify"]))


def dumped_receipt(receipt: Receipt) -> str:
    """Write a receipt."""
    return _json(
        {
            "state": receipt.state.value,
            "until": receipt.until,
            "answers": receipt.answers,
            "answers_message": receipt.answers_message,
            "link": receipt.link,
            "reason": receipt.reason,
        }
    )


def loaded_receipt(body: str) -> Receipt:
    """Read what `dumped_receipt` wrote."""
    fields = json.loads(body)
    fields["state"] = AnswerState(fields["state"])
    return Receipt(**fields)


def excerpt(text: tree.Text) -> str:
    """Give a text's first words on one line."""
    words = tree.wording(text)
    return words if len(words) <= EXCERPT else words[: EXCERPT - 1].rstrip() + "…"


def _comment(card: CommentCard) -> dict[str, object]:
    reply = card.in_reply_to
    return {
        "card": "comment",
        "name": card.name,
        "text": tree.dump(card.text),
        "link": card.link,
        "created": card.created,
        "kind": card.kind.value,
        "by_author": card.by_author,
        "in_reply_to": reply and {"name": reply.name, "message": reply.message, "excerpt": reply.excerpt},
        "edited": card.edited,
    }


def _card(fields: Mapping[str, Any]) -> Card:
    text = tree.load(fields["text"])
    if fields["card"] == "notice":
        return Notice(text, fields["link"], fields["to"])
    reply = fields["in_reply_to"]
    return CommentCard(
        name=fields["name"],
        text=text,
        link=fields["link"],
        created=float(fields["created"]),
        kind=Kind(fields["kind"]),
        by_author=bool(fields["by_author"]),
        in_reply_to=reply and ReplyTo(reply["name"], _message_id(reply["message"]), reply["excerpt"]),
        edited=bool(fields["edited"]),
    )


def _message_id(value: str | None) -> MessageId | None:
    return None if value is None else MessageId(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
