"""What the writer of an answer sees on their message: reactions of the bot's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.discord.api import Api, ApiRefusal
from adapters.discord.history import message as standing
from adapters.discord.refusals import GONE, judged
from adapters.discord.unarchived import unarchived
from bridge.chats.marks import MARKS, OURS, bare
from bridge.chats.unsettled import Unsettled
from bridge.model import MessageId, Receipt, ThreadId

_ME = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji}/@me"


class Receipts:
    """Shows receipts."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._unsettled = Unsettled(api.clock)

    async def show(self, thread: ThreadId, message: MessageId, receipt: Receipt | None) -> None:
        """Make these our reactions, and no others; in an archived thread too. A message that is gone is done."""
        if not message.isdigit():
            return
        wanted = frozenset() if receipt is None else MARKS[receipt.state]
        try:
            async with self._unsettled.changing(message, wanted):
                await unarchived(self._api, thread, lambda: self._make(thread, message, wanted))
        except ApiRefusal as refusal:
            if refusal.code not in GONE:
                raise judged(refusal, "Add Reactions") from None

    async def _make(self, thread: ThreadId, message: MessageId, wanted: frozenset[str]) -> None:
        found = await standing(self._api, thread, message)
        if found is None:
            return
        shown = {bare(name): name for name in _of_ours(found)}
        for mark in sorted(wanted):  # first what is new: a message that bears nothing seems not to be heard
            if bare(mark) not in shown:
                await self._api.call("PUT", _ME, channel_id=thread, message_id=message, emoji=mark)
        kept = {bare(mark) for mark in wanted}
        for plain, name in shown.items():
            if plain not in kept:
                await self._api.call("DELETE", _ME, channel_id=thread, message_id=message, emoji=name)


def _of_ours(message: Mapping[str, Any]) -> list[str]:
    """The receipts that a message bears, as Discord spells them."""
    names = [str(one["emoji"]["name"]) for one in message.get("reactions") or () if one["me"]]
    receipts = {bare(mark) for mark in OURS}
    return [name for name in names if bare(name) in receipts]
