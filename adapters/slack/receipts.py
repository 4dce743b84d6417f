"""What the writer of an answer sees on their message: reactions of the bot's own, and the reason in words.

The words are for that person alone, and are gone when they load Slack anew; the shortcut *Why?* tells them again.
https://docs.slack.dev/reference/methods/reactions.add, https://docs.slack.dev/reference/methods/chat.postEphemeral
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from adapters.slack.api import Api, ApiRefusal
from adapters.slack.cards import receipt_part
from adapters.slack.ids import is_message, parted
from adapters.slack.refusals import judged
from bridge.chats.marks import APPROVAL, GONE_AGAIN, MARKS, PUBLIC, REFUSED, UNKNOWN, WAITS
from bridge.chats.unsettled import Unsettled
from bridge.model import AnswerState, MessageId, Receipt, ThreadId

log = logging.getLogger(__name__)

NAMES: Mapping[str, str] = {
    WAITS: "hourglass_flowing_sand", APPROVAL: "clock4", PUBLIC: "white_check_mark", REFUSED: "warning",
    UNKNOWN: "question", GONE_AGAIN: "wastebasket",
}  # fmt: skip
"""What Slack calls the marks."""
DONE = frozenset({"already_reacted", "no_reaction"})
"""Refusals that say that it stands as it should."""
GONE = frozenset({"message_not_found", "not_reactable", "thread_not_found"})
UNTOLD = frozenset({
    "account_inactive", "cannot_dm_bot", "channel_not_found", "is_archived", "is_inactive", "messages_tab_disabled",
    "not_in_channel", "posting_to_channel_denied", "restricted_action", "user_not_found", "user_not_in_channel",
})  # fmt: skip
"""Refusals of words for a person who, or in a place where nobody, can be told anything; *Why?* tells the same."""
RESTRICTED = "restricted_action_"
"""How the refusals begin that say which setting of a channel keeps us from writing there."""
UNDER_WAY = frozenset({AnswerState.HELD, AnswerState.PUBLISHING, AnswerState.REVISING, AnswerState.WITHDRAWING})
"""States in which a reason only says why it takes longer."""
KEPT = 1_000
"""Messages of which it is remembered what their writers were told."""


class Receipts:
    """Shows receipts."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._unsettled = Unsettled(api.clock)
        self._told: dict[str, Receipt] = {}

    async def show(self, thread: ThreadId, message: MessageId, receipt: Receipt | None) -> None:
        """Make these our reactions, and no others, and say why. A message that is gone is done."""
        if not is_message(message):
            return  # what a form sent: the message of ours about it says all of this
        wanted = frozenset() if receipt is None else frozenset(NAMES[mark] for mark in MARKS[receipt.state])
        channel, ts = parted(message)
        try:
            async with self._unsettled.changing(message, wanted):
                found = await self._standing(channel, ts)
                await self._make(channel, ts, _of_ours(found, self._api.us.user), wanted)
            await self._tell(thread, message, str(found.get("user") or ""), receipt)
        except ApiRefusal as refusal:
            if refusal.error not in GONE:
                raise judged(refusal, "put a reaction on a message") from None

    async def _standing(self, channel: str, ts: str) -> Mapping[str, Any]:
        """The message, with all who reacted to it."""
        answer = await self._api.call("reactions.get", channel=channel, timestamp=ts, full=True)
        found: Mapping[str, Any] = answer.get("message") or {}
        return found

    async def _make(self, channel: str, ts: str, shown: frozenset[str], wanted: frozenset[str]) -> None:
        for name in sorted(wanted - shown):  # first what is new: a message that bears nothing seems not to be heard
            await self._do("reactions.add", channel, ts, name)
        for name in sorted(shown - wanted):
            await self._do("reactions.remove", channel, ts, name)

    async def _do(self, method: str, channel: str, ts: str, name: str) -> None:
        try:
            await self._api.call(method, channel=channel, timestamp=ts, name=name)
        except ApiRefusal as refusal:
            if refusal.error not in DONE:
                raise

    async def _tell(self, thread: ThreadId, message: MessageId, writer: str, receipt: Receipt | None) -> None:
        """Say to the writer alone why it is not public; once, as long as nothing changes and we live."""
        if receipt is None or not receipt.reason or receipt.state in UNDER_WAY:
            self._told.pop(message, None)
            return
        if not writer or self._told.get(message) == receipt:
            return
        channel, root = parted(thread)
        body = json.loads(receipt_part(receipt).body)
        try:
            await self._api.call(
                "chat.postEphemeral", channel=channel, user=writer, thread_ts=root, text=body["text"],
                blocks=body["blocks"],
            )  # fmt: skip
        except ApiRefusal as refusal:
            if refusal.error not in UNTOLD and not refusal.error.startswith(RESTRICTED):
                raise
            log.info("the writer of a message on Slack could not be told what became of it: %s", refusal.error)
        self._told[message] = receipt
        if len(self._told) > KEPT:
            del self._told[next(iter(self._told))]


def _of_ours(message: Mapping[str, Any], us: str) -> frozenset[str]:
    """The receipts that a message bears from us."""
    mine = {str(one["name"]) for one in message.get("reactions") or () if us in (one.get("users") or ())}
    return frozenset(mine & set(NAMES.values()))
