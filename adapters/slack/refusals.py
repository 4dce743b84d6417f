"""What Slack refuses, as the core tells errors apart, in words that say what to do.

The codes: the pages of https://docs.slack.dev/reference/methods/chat.postMessage and the other methods that we call.
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.slack.outcomes import ApiRefusal
from bridge.errors import Refused, RetryLater, StepError, ThreadLost

CUSTOMIZE = "chat:write.customize"
"""The scope without which nothing is said under a name of its own."""
NO_MESSAGE = "message_not_found"
NO_THREAD = frozenset({"thread_not_found", "cannot_reply_to_message"})
"""What the thread hung on is no more, or is something that takes no replies (any more)."""
GONE = frozenset({NO_MESSAGE, "thread_not_found"})
"""What was asked about is no more."""
DELETED = "the message was deleted in Slack"

MINUTE = 60.0
LONG = 600.0
"""Seconds until something is tried again that only a person can mend."""

_LATER: dict[str, tuple[float, str]] = {
    "channel_is_limited_access": (LONG, "Slack shows that channel only to some: name another one in the route"),
    "channel_not_found": (
        LONG,
        "Slack shows us no such channel: invite Backchat where it is private (/invite), or name another in the route",
    ),
    "invalid_cursor": (MINUTE, "Slack lost its place while it told us what stands there"),
    "is_archived": (LONG, "the channel is archived: have it unarchived, or name another one in the route"),
    "is_inactive": (LONG, "the channel is archived or frozen: have it opened, or name another one in the route"),
    "message_limit_exceeded": (LONG, "the workspace has used up the messages that its plan allows"),
    "not_in_channel": (MINUTE, "Backchat is not in that channel: type /invite and its name there"),
    "posting_to_channel_denied": (LONG, "a setting of the workspace keeps Backchat from writing in that channel"),
    "restricted_action": (LONG, "a setting of the workspace keeps Backchat from writing there: ask its administrator"),
    "restricted_action_non_threadable_channel": (
        LONG, "that channel takes no threads: allow them in its settings, or name another one in the route"),
    "restricted_action_read_only_channel": (
        LONG, "only some may write in that channel: let Backchat do so in its settings, under Posting permissions"),
    "restricted_action_thread_locked": (LONG, "an administrator locked the thread: have it unlocked"),
    "restricted_action_thread_only_channel": (
        LONG, "that channel takes nothing but replies: let Backchat begin threads there, in its settings"),
}  # fmt: skip
_NEVER: dict[str, str] = {
    "block_mismatch": "Slack does not let such a message be changed into this one",
    "cant_delete_message": "the message is not Backchat's own",
    "cant_update_message": "the message is not Backchat's own",
    "edit_window_closed": "the workspace lets messages be edited for a while only: its administrator can change that",
    "invalid_blocks": "Slack does not take a message of this shape",
    "invalid_blocks_format": "Slack does not take a message of this shape",
    "message_not_found": DELETED,
    "metadata_too_large": "Slack does not take what Backchat notes on its message",
    "msg_blocks_too_long": "it is too long for one message on Slack",
    "msg_too_long": "it is too long for one message on Slack",
    "no_text": "Slack takes no empty messages",
    "not_reactable": "nothing can be put on that message",
    "too_many_emoji": "the message has as many different reactions as Slack allows",
    "too_many_reactions": "the message has as many reactions as Slack allows",
}


def judged(refusal: ApiRefusal, doing: str, gone: Callable[[str], StepError] | None = None) -> StepError:
    """What the core is told; `doing` says what was tried, as in "Slack does not let Backchat write there".

    `gone` makes the error of a thread that is no more.
    """
    error = refusal.error
    if error in NO_THREAD and gone is not None:
        return gone("a person deleted the message that the thread hung on")
    if error in {"missing_scope", "no_permission"}:
        lacks = f"the scope {refusal.needed}" if refusal.needed else "a scope"
        return RetryLater(
            f"Slack does not let Backchat {doing}: the app lacks {lacks}; add it under OAuth & Permissions on the app's"
            " page, and install the app again",
            MINUTE,
        )
    if error in _LATER:
        after, words = _LATER[error]
        return RetryLater(words, after)
    if error in NO_THREAD:
        return Refused("the thread was deleted in Slack")
    if error in _NEVER:
        return Refused(_NEVER[error] + (f": {refusal.details}" if refusal.details else ""))
    return Refused(f"Slack does not let Backchat {doing}: {error}{f' ({refusal.details})' if refusal.details else ''}")


def lost(reason: str) -> StepError:
    """The error of a thread that was deleted, for `judged`."""
    return ThreadLost(reason)
