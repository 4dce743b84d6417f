"""What the writer of an answer sees on their message: reactions of the bot's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.discord.api import Api, ApiRefusal
from adapters.discord.history import message as standing
from adapters.discord.refusals import GONE, judged
from adapters.discord.unarchived import unarchived
from adapters.discord.unsettled import Unsettled
from bridge.model import AnswerState, MessageId, Receipt, ThreadId

WAITS, APPROVAL, PUBLIC, REFUSED, UNKNOWN, GONE_AGAIN = "⏳", "🕓", "✅", "⚠️", "❓", "🗑️"
MARKS: Mapping[AnswerState, frozenset[str]] = {
    AnswerState.HELD: frozenset({WAITS}),
    AnswerState.PUBLISHING: frozenset({WAITS}),
    AnswerState.PENDING: frozenset({APPROVAL}),
    AnswerState.PUBLIC: frozenset({PUBLIC}),
    AnswerState.REVISING: frozenset({PUBLIC, WAITS}),
    AnswerState.WITHDRAWING: frozenset({GONE_AGAIN, WAITS}),
    AnswerState.WITHDRAWN: frozenset({GONE_AGAIN}),
    AnswerState.CANCELLED: frozenset({GONE_AGAIN}),
    AnswerState.REFUSED: frozenset({REFUSED}),
    AnswerState.PARKED: frozenset({UNKNOWN}),
    AnswerState.GONE: frozenset({GONE_AGAIN}),
}
"""The reactions for each state of an answer."""
OURS = frozenset().union(*MARKS.values())
"""Every reaction that is a receipt; others of ours are none of this file's."""
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
        shown = {_bare(name): name for name in _of_ours(found)}
        for mark in sorted(wanted):  # first what is new: a message that bears nothing seems not to be heard
            if _bare(mark) not in shown:
                await self._api.call("PUT", _ME, channel_id=thread, message_id=message, emoji=mark)
        kept = {_bare(mark) for mark in wanted}
        for bare, name in shown.items():
            if bare not in kept:
                await self._api.call("DELETE", _ME, channel_id=thread, message_id=message, emoji=name)


def _of_ours(message: Mapping[str, Any]) -> list[str]:
    """The receipts that a message bears, as Discord spells them."""
    names = [str(one["emoji"]["name"]) for one in message.get("reactions") or () if one["me"]]
    receipts = {_bare(mark) for mark in OURS}
    return [name for name in names if _bare(name) in receipts]


def _bare(emoji: str) -> str:
    """An emoji without its variation selector, which Discord keeps for some and drops for others."""
    return emoji.replace("\ufe0f", "")
