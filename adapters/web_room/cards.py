"""Cards and receipts as JSON: what a `Part` of this room holds, and what the room's file keeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bridge.model import (
    AnswerState,
    Card,
    Choice,
    CommentCard,
    Kind,
    MessageId,
    ModerationCard,
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
        case ModerationCard():
            return _json(_moderation(card))
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
    # A card without choices is written as it was before there were any, so that what stands is not drawn again.
    choices = _choices(card) if card.choices or card.mark else {}
    return {
        "card": "comment",
        **_said(card),
        "by_author": card.by_author,
        "in_reply_to": _reply(card),
        "edited": card.edited,
        **choices,
    }


def _moderation(card: ModerationCard) -> dict[str, object]:
    # Likewise: `by_author` is written only where it says something.
    by_author = {"by_author": True} if card.by_author else {}
    return {
        "card": "moderation",
        **_said(card),
        "in_reply_to": _reply(card),
        "held": card.held,
        "decided": card.decided,
        **by_author,
        **_choices(card),
    }


def _said(card: CommentCard | ModerationCard) -> dict[str, object]:
    return {
        "name": card.name,
        "text": tree.dump(card.text),
        "link": card.link,
        "created": card.created,
        "kind": card.kind.value,
    }


def _reply(card: CommentCard | ModerationCard) -> Mapping[str, object] | None:
    reply = card.in_reply_to
    return None if reply is None else {"name": reply.name, "message": reply.message, "excerpt": reply.excerpt}


def _choices(card: CommentCard | ModerationCard) -> dict[str, object]:
    return {"choices": [choice.value for choice in card.choices], "mark": card.mark}


def _card(fields: Mapping[str, Any]) -> Card:
    text = tree.load(fields["text"])
    if fields["card"] == "notice":
        return Notice(text, fields["link"], fields["to"])
    reply = fields["in_reply_to"]
    said: dict[str, Any] = {
        "name": fields["name"],
        "text": text,
        "link": fields["link"],
        "created": float(fields["created"]),
        "kind": Kind(fields["kind"]),
        "in_reply_to": reply and ReplyTo(reply["name"], _message_id(reply["message"]), reply["excerpt"]),
        "choices": tuple(Choice(choice) for choice in fields.get("choices", ())),
        "mark": fields.get("mark", ""),
        "by_author": bool(fields.get("by_author", False)),
    }
    if fields["card"] == "moderation":
        return ModerationCard(**said, held=fields["held"], decided=fields["decided"])
    return CommentCard(**said, edited=bool(fields["edited"]))


def _message_id(value: str | None) -> MessageId | None:
    return None if value is None else MessageId(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
