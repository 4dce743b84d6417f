"""What the writer of an answer sees on their message."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from bridge.house import House
from bridge.ledger import answers, receipts, threads
from bridge.model import AnswerState, ChatName, MessageId, Receipt, ThreadId
from bridge.outcome import Ways
from bridge.ports import ChatAbility, Row, ShowsReceipts, Tx
from bridge.steps.shape import Nothing, Plain, Plan, Planned, Sent, Work, unreached


class ReceiptSteps(Plain):
    """`show`: the wanted receipt as a whole, so that showing it twice is showing it once."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """Show the receipt as the answer stands now."""
        chat = house.chats.get(ChatName(target["chat"]))
        if chat is None or chat.ready is None:
            return unreached(f"the chat {target['chat']}", chat is not None, now)
        message = threads.message_get(tx, target["subject"])
        if message["deleted"] or not chat.can(ChatAbility.RECEIPT):
            return Nothing()
        thread = threads.get(tx, target["thread"])
        answer = answers.of_message(tx, message["id"])
        shown = None if answer is None else dumped(receipts.receipt(tx, answer, thread["id"]))
        return Plan("show", "", {"thread": thread["native"], "message": message["native"], "receipt": shown})

    async def perform(self, house: House, work: Work) -> Sent:
        """Show it."""
        chat = house.chat(work.chat)
        chat.opened()
        assert isinstance(chat.adapter, ShowsReceipts)
        await chat.adapter.show(
            ThreadId(work.sent["thread"]), MessageId(work.sent["message"]), loaded(work.sent["receipt"])
        )
        return {}

    def ways(self, house: House, target: Row, step: str) -> Ways:
        """Showing can be repeated."""
        return Ways(repeatable=True)

    def done(self, tx: Tx, house: House, target: Row, work: Work, result: Sent, now: float) -> bool:
        """The receipt is shown."""
        return True


def dumped(receipt: Receipt) -> Sent:
    """A receipt as a delivery keeps it."""
    return {**asdict(receipt), "state": str(receipt.state)}


def loaded(sent: Any) -> Receipt | None:
    """A receipt that was kept."""
    if sent is None:
        return None
    message = sent["answers_message"]
    return Receipt(
        AnswerState(sent["state"]), sent["until"], sent["answers"], None if message is None else MessageId(message),
        sent["link"], sent["reason"],
    )  # fmt: skip
