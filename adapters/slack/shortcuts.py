"""The shortcuts in a message's menu: the second way to all that buttons do, since Slack tells of no click twice.

They stand in the app's manifest; Slack gives their names 24 characters
(https://docs.slack.dev/interactivity/implementing-shortcuts).
"""

from __future__ import annotations

from typing import NamedTuple

from bridge.chats import phrases


class Shortcut(NamedTuple):
    """One shortcut: its `callback_id`, and what people read of it."""

    id: str
    name: str
    does: str


PUBLISH = Shortcut("publish", phrases.PUBLISH, "Publish this message of yours on the blog")
ANSWER = Shortcut("answer", "Answer…", "Answer the comment that this message shows")
MODERATE = Shortcut("moderate", "Moderate…", "Decide about the comment that this message shows")
WHY = Shortcut("why", "Why?", "What became of this message, and why")
SHORTCUTS = (PUBLISH, ANSWER, MODERATE, WHY)
