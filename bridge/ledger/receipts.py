"""How answers stand, as their writers are told."""

from __future__ import annotations

from bridge.ledger import answers, comments, threads
from bridge.model import AnswerState, MessageId, Receipt
from bridge.ports import Row, Tx


def receipt(tx: Tx, answer: Row, thread: int) -> Receipt:
    """How an answer stands, as its receipt tells it in a thread."""
    addressed = comments.by_native(tx, answer["blog"], answer["addressed"]) if answer["addressed"] else None
    message = None if addressed is None else threads.rendering_of(tx, thread, addressed["id"])
    held = answer["state"] == AnswerState.HELD
    return Receipt(
        AnswerState(answer["state"]),
        until=answer["publish_at"] if held else None,
        answers=None if addressed is None else addressed["name"],
        answers_message=None if message is None else MessageId(message["native"]),
        link=answer["link"],
        reason=answer["reason"],
    )


def of_message(tx: Tx, chat: str, native: str) -> Receipt | None:
    """The receipt of the answer to which a chat's message belongs; None for one that belongs to none, or is unknown."""
    message = threads.message(tx, chat, native)
    answer = None if message is None else answers.of_message(tx, message["id"])
    return None if message is None or answer is None else receipt(tx, answer, message["thread"])
