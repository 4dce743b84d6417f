"""What Discord refuses, as the core tells errors apart, in words that say what to do.

The codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.discord.api import ApiRefusal
from bridge.errors import Refused, RetryLater, StepError, ThreadLost

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
UNKNOWN_WEBHOOK = 10015
INVALID_FORM = 50035
THREAD_ARCHIVED = 50083
THREAD_EXISTS = 160004
THREAD_LOCKED = 160005
TOO_MANY_THREADS = 160006
TAG_REQUIRED = 40067
GONE = frozenset({UNKNOWN_CHANNEL, UNKNOWN_MESSAGE})
"""What was asked about is no more."""

MINUTE = 60.0
LONG = 600.0
"""Seconds until something is tried again that only a person can mend."""

_LATER: dict[int, tuple[float, str]] = {
    20016: (MINUTE, "slow mode is on in that channel: let Backchat bypass it (Bypass Slow Mode), or switch it off"),
    20022: (MINUTE, "Discord takes no more announcements for a while"),
    20028: (MINUTE, "Discord takes no more messages in that channel for a while"),
    20029: (MINUTE, "Discord takes no more messages on that server for a while"),
    30046: (LONG, "Discord lets old messages be edited only so often"),
    40004: (LONG, "Discord has switched sending messages off for a while"),
    40006: (LONG, "Discord has switched this off for a while"),
    50001: (MINUTE, "Backchat may not see that channel: give it View Channel there"),
    160005: (LONG, "a moderator locked the thread: unlock it, or give Backchat the permission Manage Threads there"),
    160006: (LONG, "the server has as many active threads as Discord allows: archive some of them by hand"),
    40067: (LONG, "that forum wants a tag on every post: make one that not only moderators may use"),
    30007: (LONG, "the channel has as many webhooks as Discord allows: delete some under Integrations"),
    30058: (LONG, "the server has as many webhooks as Discord allows: delete some in its settings"),
    10015: (MINUTE, "somebody deleted Backchat's webhook in that channel: it makes another one"),
    50027: (MINUTE, "Backchat's webhook in that channel got another token: it is looked up again"),
    50083: (MINUTE, "the thread is archived, and Backchat may not open it again: give it Manage Threads there"),
    10004: (LONG, "the server is gone, or the bot was put off it: invite the bot again"),
    130000: (MINUTE, "Discord is overloaded"),
}  # fmt: skip
_NEVER: dict[int, str] = {
    10008: "the message was deleted in Discord",
    50005: "the message is not Backchat's own",
    50006: "Discord takes no empty messages",
    30010: "the message has as many different reactions as Discord allows",
    90001: "the writer of the message has blocked Backchat",
    200000: "AutoMod blocked it: let Backchat past that rule in the server's settings, under AutoMod",
    200001: "AutoMod blocked the thread's title: let Backchat past that rule in the server's settings, under AutoMod",
    240000: "Discord blocked it for the links in it",
}


def judged(refusal: ApiRefusal, permission: str, on: Callable[[str], StepError] | None = None) -> StepError:
    """What the core is told; `permission` is what Discord calls the right that this needs.

    `on` makes the error of an unknown channel, where that is not simply a channel that is gone.
    """
    if refusal.code == UNKNOWN_CHANNEL and on is not None:
        return on("a person deleted the thread")
    if refusal.code == UNKNOWN_CHANNEL:
        return RetryLater("the channel is gone: name another one in the route, or make it again", LONG)
    if refusal.code == 50013:
        words = f"Backchat lacks a permission there: give it {permission} in the channel's settings"
        return RetryLater(words, refusal.after or MINUTE)
    if refusal.code in _LATER:
        after, words = _LATER[refusal.code]
        return RetryLater(words, max(after, refusal.after or 0.0))
    if refusal.code in _NEVER:
        return Refused(_NEVER[refusal.code])
    return Refused(f"Discord does not take it: {refusal.message}")


def lost(reason: str) -> StepError:
    """The error of a thread that was deleted, for `judged`."""
    return ThreadLost(reason)
