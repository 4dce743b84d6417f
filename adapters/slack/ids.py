"""Slack's ids as the core keeps them. A `ts` names a message within its channel, and says when it was written. Pure.

https://docs.slack.dev/messaging/retrieving-messages#individual_messages
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.model import MessageId, PersonId, ThreadId

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Us:
    """Who we are on Slack: the bot ("B…"), its app ("A…"), the user that the bot is ("U…"), and the workspace."""

    bot: str
    app: str
    user: str
    team: str


def thread_id(channel: str, ts: str) -> ThreadId:
    """The thread below the message `ts` of a channel."""
    return ThreadId(f"{channel}:{ts}")


def message_id(channel: str, ts: str) -> MessageId:
    """The message `ts` of a channel."""
    return MessageId(f"{channel}:{ts}")


def parted(id: str) -> tuple[str, str]:
    """The channel and the ts of a thread or a message; of what a form sent, no channel that Slack knows."""
    channel, _, ts = id.partition(":")
    return channel, ts


def is_message(id: str) -> bool:
    """Whether it is the id of a message in a channel: what a form sent is none."""
    channel, ts = parted(id)
    return channel.isupper() and ts.replace(".", "", 1).isdigit()


def micro(ts: str) -> int:
    """A ts as a number that orders: microseconds since the Unix epoch, by Slack's clock."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * _MICRO + int(fraction.ljust(6, "0")[:6] or 0)


def instant(ts: str) -> float:
    """When it was, by Slack's clock: seconds since the Unix epoch."""
    return micro(ts) / _MICRO


def ts_at(instant: float) -> str:
    """The ts of something written at this instant of Slack's clock."""
    return written_ts(max(0, round(instant * _MICRO)))


def written_ts(micro: int) -> str:
    """A number of microseconds as a ts."""
    return f"{micro // _MICRO}.{micro % _MICRO:06d}"


def person_id(user: str, team: str | None, us: Us) -> PersonId:
    """A person, as the configuration names them: who is of another workspace (Slack Connect) is `TEAM/USER`."""
    return PersonId(user if not team or team == us.team else f"{team}/{user}")
