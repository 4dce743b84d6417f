"""What a person sent by a form, said by us in the thread, so that it is seen there, changed, and taken back."""

from __future__ import annotations

from bridge.house import House
from bridge.ledger import answers, comments, receipts, threads
from bridge.model import AnswerState, FormCard, MessageId, PersonId
from bridge.ports import Row, Tx
from bridge.steps.says import CardSteps
from bridge.text.names import defused
from bridge.text.tree import load, wording

ENDED = {AnswerState.WITHDRAWN, AnswerState.CANCELLED, AnswerState.GONE}
"""States of an answer that nobody changes any more."""


class FormSteps(CardSteps):
    """Shows what one form sent, and what became of it."""

    def card(self, tx: Tx, house: House, target: Row, thread: Row) -> tuple[FormCard, str]:
        """The form's card, with the receipt that a message of the chat's own would bear."""
        message = threads.message_get(tx, target["subject"])
        answer = answers.of_message(tx, message["id"])
        shown = None if answer is None else receipts.receipt(tx, answer, thread["id"])
        card = FormCard(
            form=MessageId(message["native"]), writer=PersonId(message["writer"]), name=defused(message["name"]),
            text=load(message["body"]), link=_link(tx, answer, thread), to=_to(message), receipt=shown,
            reason=wording(load(target["body"])) if answer is None and target["body"] else "",
            changeable=answer is not None and answer["state"] not in ENDED,
        )  # fmt: skip
        return card, f"{message['chat']}/{message['native']}"


def _link(tx: Tx, answer: Row | None, thread: Row) -> str | None:
    addressed = answer["addressed"] if answer is not None else None
    row = None if answer is None or addressed is None else comments.by_native(tx, answer["blog"], addressed)
    link = row["link"] if row is not None else comments.post(tx, thread["post"])["address"]
    return str(link) or None


def _to(message: Row) -> MessageId | None:
    return None if message["reply_to"] is None else MessageId(message["reply_to"])
