"""Joining the public channels that the configuration names. Into a private one only a person can let the bot."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from adapters.slack.api import Api, ApiRefusal
from adapters.slack.refusals import judged
from bridge.errors import StepError

log = logging.getLogger(__name__)

INVITE = "type /invite and Backchat's name there"


async def join(api: Api, rooms: Iterable[str]) -> list[str]:
    """Join those of the rooms that the bot is not in; what a person has to be told of the others.

    What Slack does not answer now keeps nobody from beginning: whatever is to be said there says so itself.
    """
    told = []
    for room in sorted(rooms):
        try:
            told += await _joined(api, room)
        except StepError as error:
            log.info("whether Backchat is in the channel %s cannot be told now: %s", room, error)
    return told


async def _joined(api: Api, room: str) -> list[str]:
    try:
        channel = (await api.call("conversations.info", channel=room))["channel"]
        if channel.get("is_member"):
            return []
        if channel.get("is_private"):
            return [f"Backchat is not in the private channel {room}: {INVITE}"]
        await api.call("conversations.join", channel=room)
        log.info("joined the channel #%s on Slack", channel.get("name") or room)
    except ApiRefusal as refusal:
        if refusal.method == "conversations.info" and refusal.needed:
            return []  # the scope that is lacking is told of already
        reason = judged(refusal, "join that channel").reason
        return [f"Backchat is not in the channel {room}, or cannot see it: {INVITE}. {reason}"]
    return []
