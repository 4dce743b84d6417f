"""Our own words in a thread: how many comments came before it, what became of an answer or of a moderator's choice."""

from __future__ import annotations

from bridge.house import House
from bridge.ledger import answers, comments, decisions, threads
from bridge.model import Card, MessageId, Notice
from bridge.ports import Row, Tx
from bridge.steps.says import CardSteps
from bridge.text.tree import load


class NoticeSteps(CardSteps):
    """Says the words that the target carries."""

    def card(self, tx: Tx, house: House, target: Row, thread: Row) -> tuple[Card, str]:
        """The notice, with a link to what it is about."""
        text = load(target["body"])
        if target["kind"] == "note":
            answer = answers.get(tx, target["subject"])
            standing = answers.sources(tx, answer["id"])
            to = MessageId(standing[0]["native"]) if standing else None
            return Notice(text, answer["link"], to), f"{answer['id']}/{target['wanted']}"
        if target["kind"] == "objection":
            decision = decisions.get(tx, target["subject"])
            message = None if decision["message"] is None else threads.message_get(tx, decision["message"])
            to = None if message is None else MessageId(message["native"])
            return Notice(text, None, to), f"{decision['id']}/{target['wanted']}"
        post = comments.post(tx, thread["post"])
        return Notice(text, post["address"] or None), f"{post['blog']}/{post['native']}"
