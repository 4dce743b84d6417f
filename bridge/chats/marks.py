"""The marks by which the writer of an answer sees what became of it: emojis, which every chat has."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.model import AnswerState

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
"""The marks for each state of an answer."""
OURS = frozenset().union(*MARKS.values())
"""Every mark that is a receipt."""


def bare(emoji: str) -> str:
    """An emoji without its variation selector, which platforms keep for some and drop for others."""
    return emoji.replace("\ufe0f", "")
