"""Keeping a card of ours in a thread as it should be: said, edited, erased, part by part."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence

from bridge.errors import Refused
from bridge.house import House
from bridge.keys import key
from bridge.ledger import inbox, targets, threads
from bridge.model import Card, ChatName, Key, MessageId, Part, ThreadId
from bridge.outcome import Ways
from bridge.ports import ChatAbility, EditsMessages, ErasesMessages, FindsMessages, Row, Tx
from bridge.steps.shape import Ambiguous, Impossible, Later, Nothing, Plain, Plan, Planned, Sent, Work


class CardSteps(Plain, ABC):
    """`say`, `edit` and `erase` for a card; subclasses say which card."""

    @abstractmethod
    def card(self, tx: Tx, house: House, target: Row) -> tuple[Card, str]:
        """The card as it should stand now, and the natural name of what it shows."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """The first part that does not stand as it should."""
        chat = house.chats.get(ChatName(target["chat"]))
        if chat is None or chat.ready is None:
            return Later(now + 2.0, f"the chat {target['chat']} has not been reached yet")
        landed = targets.parts(tx, target["id"])
        if target["absent"] or target["tombstone"]:
            return self._shrink(house, target, landed, 0, tx)
        card, name = self.card(tx, house, target)
        rendered = chat.adapter.render(card)
        return self._part(tx, house, target, landed, rendered, name) or self._shrink(
            house, target, landed, len(rendered), tx
        )

    def _part(
        self, tx: Tx, house: House, target: Row, landed: dict[int, Row], rendered: Sequence[Part], name: str
    ) -> Plan | Impossible | None:
        for n, part in enumerate(rendered):
            standing = landed.get(n)
            digest = _digest(part.body)
            if standing is not None and standing["digest"] == digest:
                continue
            if standing is None and house.route(threads.get(tx, target["thread"])["route"]) is None:
                return Impossible("its route was removed from Backchat's configuration")
            if standing is None:
                return self._say(tx, house, target, n, part, name)
            if not house.chat(target["chat"]).can(ChatAbility.EDIT):
                return Impossible("this chat cannot edit messages, so it shows an older text")
            sent = {"thread": self._thread(tx, target), "message": standing["native"], "body": part.body}
            return Plan("edit", "", sent, n)
        return None

    def _say(self, tx: Tx, house: House, target: Row, n: int, part: Part, name: str) -> Plan:
        thread = threads.get(tx, target["thread"])
        place = f"room:{thread['chat']}/{thread['room']}/{thread['generation']}"
        made = key(house.secret, place, f"{target['kind']}:{name}", n, part.body, target["generation"])
        limits = house.chat(target["chat"]).opened().limits
        return Plan("say", made, {"thread": thread["native"], "body": part.body}, n, limits.settle_after)

    def _shrink(self, house: House, target: Row, landed: dict[int, Row], keep: int, tx: Tx) -> Planned:
        extra = [n for n in landed if n >= keep]
        if not extra:
            return Nothing()
        if not house.chat(target["chat"]).can(ChatAbility.ERASE):
            return Impossible("this chat cannot erase messages, so it shows what is no longer on the blog")
        last = max(extra)
        return Plan("erase", "", {"thread": self._thread(tx, target), "message": landed[last]["native"]}, last)

    def _thread(self, tx: Tx, target: Row) -> str:
        return str(threads.get(tx, target["thread"])["native"])

    async def perform(self, house: House, work: Work) -> Sent:
        """Say, edit or erase one message."""
        chat = house.chat(work.chat)
        chat.opened()
        thread = ThreadId(work.sent["thread"])
        if work.step == "say":
            return {"native": await chat.adapter.say(thread, Part(work.sent["body"]), Key(work.key))}
        message = MessageId(work.sent["message"])
        if work.step == "edit":
            assert isinstance(chat.adapter, EditsMessages)
            await chat.adapter.edit(thread, message, Part(work.sent["body"]))
        else:
            assert isinstance(chat.adapter, ErasesMessages)
            await chat.adapter.erase(thread, message)
        return {"native": message}

    async def look(self, house: House, work: Work) -> Sent | None:
        """Whether the message stands, by any key that was tried for this part."""
        chat = house.chat(work.chat)
        chat.opened()
        if not isinstance(chat.adapter, FindsMessages):
            raise Refused("this chat cannot be searched")
        found = await chat.adapter.find(ThreadId(work.sent["thread"]), [Key(work.key)])
        if len(found) > 1:
            raise Ambiguous("several messages carry its key")
        return next(({"native": message} for message in found.values()), None)

    def ways(self, house: House, target: Row, step: str) -> Ways:
        """Edits and erasures can be repeated; what was said is known by its key, or can be searched, or neither."""
        chat = house.chats.get(ChatName(target["chat"]))
        if step != "say" or chat is None or chat.ready is None:
            return Ways(repeatable=step != "say", searchable=True)  # asked again once the chat is there
        return Ways(key_window=chat.ready.limits.key_window, searchable=chat.can(ChatAbility.FIND))

    def done(self, tx: Tx, house: House, target: Row, work: Work, result: Sent, now: float) -> bool:
        """Note what landed; True once every part stands as wanted."""
        if work.step == "erase":
            self._erased(tx, target, work)
        else:
            targets.landed(tx, target["id"], work.n, result["native"], _digest(work.sent["body"]))
            threads.said(tx, threads.get(tx, target["thread"]), result["native"], target["id"], work.n, now)
        inbox.awake(tx, target["chat"], work.sent["thread"])
        return False  # the next plan sees whether anything is lacking still

    def _erased(self, tx: Tx, target: Row, work: Work) -> None:
        targets.removed(tx, target["id"], work.n)
        message = threads.message(tx, target["chat"], work.sent["message"])
        if message is not None:
            threads.erased(tx, message["id"])
        targets.next_generation(tx, target["id"])


def _digest(body: str) -> str:
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
