"""Our own words in a thread: how many comments came before it, what became of an answer or of a moderator's choice."""

from __future__ import annotations

from bridge.house import House
from bridge.ledger import answers, comments, decisions, threads
from bridge.model import Card, ChatName, MessageId, Notice, PersonId
from bridge.ports import ChatAbility, Row, Tx
from bridge.steps.says import CardSteps
from bridge.steps.shape import Nothing, Planned
from bridge.text.tree import Text, load


class NoticeSteps(CardSteps):
    """Says the words that the target carries, with a link to what they are about."""

    def card(self, tx: Tx, house: House, target: Row, thread: Row) -> tuple[Card, str]:
        """The notice."""
        text = load(target["body"])
        post = comments.post(tx, thread["post"])
        if target["kind"] in {"note", "words"}:
            answer = answers.get(tx, target["subject"])
            return _about(tx, answer, text, post["address"]), f"{answer['id']}/{target['wanted']}"
        if target["kind"] == "objection":
            decision = decisions.get(tx, target["subject"])
            message = None if decision["message"] is None else threads.message_get(tx, decision["message"])
            to = None if message is None else MessageId(message["native"])
            link = comments.get(tx, decision["comment"])["link"] or post["address"]
            return Notice(text, link or None, to, decision["person"]), f"{decision['id']}/{target['wanted']}"
        return Notice(text, post["address"] or None), f"{post['blog']}/{post['native']}"


class WordsSteps(NoticeSteps):
    """Says why an answer is not public, to its writer, in a chat whose receipts say nothing in words."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """Nothing where the receipt tells it."""
        chat = house.chats.get(ChatName(target["chat"]))
        told = chat is not None and chat.can(ChatAbility.WORDS)
        return Nothing() if told else super().plan(tx, house, target, now)


def _about(tx: Tx, answer: Row, text: Text, post: str) -> Notice:
    """Words about an answer, to whoever wrote it, at the newest of its messages that stands."""
    standing = [row for row in answers.sources(tx, answer["id"]) if not row["form"]]
    to = MessageId(standing[-1]["native"]) if standing else None
    addressed = comments.by_native(tx, answer["blog"], answer["addressed"]) if answer["addressed"] else None
    link = answer["link"] or (None if addressed is None else addressed["link"]) or post
    return Notice(text, link or None, to, PersonId(answer["author"]))
