"""Keeping a card of ours in a thread as it should be: said, edited, erased, part by part."""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod

from bridge.errors import Refused
from bridge.house import House
from bridge.keys import key
from bridge.ledger import inbox, runs, targets, threads
from bridge.model import Card, ChatName, FormCard, Key, MessageId, Part, ThreadId
from bridge.outcome import Ways
from bridge.ports import Chat, ChatAbility, EditsMessages, ErasesMessages, FindsMessages, OffersForms, Row, Tx
from bridge.steps.shape import (
    DOUBTED,
    SKEW,
    Ambiguous,
    Impossible,
    Nothing,
    Plain,
    Plan,
    Planned,
    Sent,
    Work,
    unreached,
)


class CardSteps(Plain, ABC):
    """`say`, `edit` and `erase` for a card; subclasses say which card."""

    @abstractmethod
    def card(self, tx: Tx, house: House, target: Row, thread: Row) -> tuple[Card | FormCard, str]:
        """The card as it should stand now in its thread, and the natural name of what it shows."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """The first part that does not stand as it should."""
        chat = house.chats.get(ChatName(target["chat"]))
        if chat is None or chat.ready is None:
            return unreached(f"the chat {target['chat']}", chat is not None, now)
        landed = targets.parts(tx, target["id"])
        thread = threads.get(tx, target["thread"])
        if target["absent"] or target["tombstone"]:
            return self._shrink(house, thread, landed, 0)
        card, name = self.card(tx, house, target, thread)
        rendered = _rendered(chat.adapter, card)
        lacking = [n for n, part in enumerate(rendered) if n not in landed or landed[n]["digest"] != _digest(part.body)]
        if not lacking:
            return self._shrink(house, thread, landed, len(rendered))
        last = len(lacking) == 1 and len(landed.keys() | set(lacking)) == len(rendered)
        return self._part(tx, house, target, thread, landed, lacking[0], rendered[lacking[0]], name, last=last)

    def _part(
        self, tx: Tx, house: House, target: Row, thread: Row, landed: dict[int, Row], n: int, part: Part, name: str, *,
        last: bool,
    ) -> Planned:  # fmt: skip
        sent = {"thread": thread["native"], "body": part.body, "last": last}
        if n in landed:
            if not house.chat(target["chat"]).can(ChatAbility.EDIT):
                return Impossible("this chat cannot edit messages, so it shows an older text")
            return Plan("edit", "", sent | {"message": landed[n]["native"]}, n)
        if house.route(thread["route"]) is None:
            return Impossible("its route was removed from Backchat's configuration")
        place = f"room:{thread['chat']}/{thread['room']}/{thread['generation']}"
        made = key(house.secret, place, f"{target['kind']}:{name}", n, part.body, target["generation"])
        since = self._doubt(tx, house, target)
        sent |= {} if since is None else {"since": since}
        settle_after = house.chat(target["chat"]).opened().limits.settle_after
        return Plan("say", made, sent, n, settle_after, doubt=None if since is None else DOUBTED)

    def _doubt(self, tx: Tx, house: House, target: Row) -> float | None:
        """Since when it may stand already without this ledger knowing, None if it cannot (or its chat would tell)."""
        chat = house.chat(target["chat"])
        if math.isinf(chat.opened().limits.key_window) or not chat.can(ChatAbility.FIND):
            return None
        since, written = runs.left_off(tx), self.written(tx, target)
        if not since or written is None or written >= runs.began(tx) or targets.tried(tx, target["id"], "say"):
            return None
        return since

    def written(self, tx: Tx, target: Row) -> float | None:
        """When what the card shows was written; None where it is of our own making, so that no other ledger said it."""
        return None

    def _shrink(self, house: House, thread: Row, landed: dict[int, Row], keep: int) -> Planned:
        extra = [n for n in landed if n >= keep]
        if not extra:
            return Nothing()
        if not house.chat(thread["chat"]).can(ChatAbility.ERASE):
            return Impossible("this chat cannot erase messages, so it shows what is no longer on the blog")
        last = max(extra)
        return Plan("erase", "", {"thread": str(thread["native"]), "message": landed[last]["native"]}, last)

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
        since = min(work.first, work.sent.get("since", work.first)) - SKEW
        found = await chat.adapter.find(ThreadId(work.sent["thread"]), [Key(work.key)], since)
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
        inbox.awake(tx, target["chat"], work.sent["thread"])
        if work.step == "erase":
            self._erased(tx, target, work)
            return False  # the next plan sees whether anything is left still
        targets.landed(tx, target["id"], work.n, result["native"], _digest(work.sent["body"]))
        threads.said(tx, target, result["native"], work.n, now)
        # A copy that a person deleted meanwhile is not wanted any more: the next plan takes back what has just landed.
        return bool(work.sent.get("last")) and not target["tombstone"]

    def _erased(self, tx: Tx, target: Row, work: Work) -> None:
        targets.removed(tx, target["id"], work.n)
        message = threads.message(tx, target["chat"], work.sent["message"])
        if message is not None:
            threads.erased(tx, message["id"])
        targets.next_generation(tx, target["id"])


def _rendered(adapter: Chat, card: Card | FormCard) -> tuple[Part, ...]:
    if isinstance(card, FormCard):
        assert isinstance(adapter, OffersForms)
        return adapter.render_form(card)
    return adapter.render(card)


def _digest(body: str) -> str:
    return hashlib.blake2b(body.encode(), digest_size=16).hexdigest()
