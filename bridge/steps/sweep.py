"""Taking a second copy of ours away: the one that nobody has replied to goes (law 3)."""

from __future__ import annotations

import json

from bridge.house import House
from bridge.ledger import inbox, targets, threads
from bridge.model import ChatName, MessageId, ThreadId
from bridge.outcome import Ways
from bridge.ports import ChatAbility, ErasesMessages, Row, Tx
from bridge.steps.shape import Impossible, Later, Nothing, Plain, Plan, Planned, Sent, Work, unreached

UNHEARD = 0.5
"""Seconds after which it is looked at again whether all that people wrote there is known."""
BOTH_ANSWERED = "it stands there twice, and people have replied to both: delete one of them by hand"


class SweepSteps(Plain):
    """`erase`, once, the copy that the target's message is."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """Erase the copy; where people have replied to it alone, the other one, and the copy stands for it."""
        chat = house.chats.get(ChatName(target["chat"]))
        if chat is None or chat.ready is None:
            return unreached(f"the chat {target['chat']}", chat is not None, now)
        copy = _copy(tx, target)
        if copy is None or target["tombstone"]:
            return Nothing()
        if not chat.can(ChatAbility.ERASE):
            return Impossible("this chat cannot erase messages, so it stands there twice")
        if not inbox.caught_up(tx, target["chat"], house.ledger.run, str(threads.get(tx, target["thread"])["native"])):
            return Later(now + UNHEARD, "people may have replied to it, and that is still being read", aside=True)
        other = _other(tx, target)
        if other is not None and threads.replied_to(tx, copy):
            if threads.replied_to(tx, other):
                return Impossible(BOTH_ANSWERED)
            threads.exchange(tx, copy, other)
            _reworded(tx, json.loads(target["body"]), copy, now)
            copy = other
        return Plan("erase", "", {"thread": json.loads(target["body"])["thread"], "message": copy["native"]})

    async def perform(self, house: House, work: Work) -> Sent:
        """Erase it."""
        chat = house.chat(work.chat)
        chat.opened()
        assert isinstance(chat.adapter, ErasesMessages)
        await chat.adapter.erase(ThreadId(work.sent["thread"]), MessageId(work.sent["message"]))
        return {}

    def ways(self, house: House, target: Row, step: str) -> Ways:
        """Erasing can be repeated."""
        return Ways(repeatable=True)

    def done(self, tx: Tx, house: House, target: Row, work: Work, result: Sent, now: float) -> bool:
        """One is left."""
        message = threads.message(tx, target["chat"], work.sent["message"])
        if message is not None:
            threads.erased(tx, message["id"])
        return True


def want(tx: Tx, first: Row, thread: Row, native: str, message: str, now: float) -> None:
    """What the delivery `first` brought about stands twice, as `message` of the chat's thread `native`: one must go."""
    late = first["state"] != "done"
    body = json.dumps({"target": first["target"], "part": first["n"], "thread": native, "late": late})
    subject = threads.copied(tx, thread, message, now)
    sweep = targets.want(tx, "sweep", subject, thread, threads.lane(thread), now, body=body)
    threads.belongs(tx, subject, sweep, 0)


def _reworded(tx: Tx, body: Sent, copy: Row, now: float) -> None:
    """Where the copy that stays came late, it may say what was wanted long before: it is edited if so."""
    if not body.get("late"):
        return
    first = targets.get(tx, body["target"])
    targets.landed(tx, first["id"], body["part"], copy["native"], "")
    thread = threads.get(tx, first["thread"])
    targets.want(
        tx, first["kind"], first["subject"], thread, first["lane"], now, needs=first["needs"],
        absent=bool(first["absent"]),
    )  # fmt: skip


def _copy(tx: Tx, target: Row) -> Row | None:
    """The message that has to go, None once it is gone."""
    return tx.one("SELECT * FROM message WHERE target = ? AND deleted = 0", target["id"])


def _other(tx: Tx, target: Row) -> Row | None:
    """The message of which it is a copy, None where that one is gone, or is a whole thread."""
    first = targets.get(tx, json.loads(target["body"])["target"])
    if first["kind"] == "thread":
        return None
    landed = targets.parts(tx, first["id"]).get(json.loads(target["body"])["part"])
    return None if landed is None else threads.message(tx, target["chat"], landed["native"])
