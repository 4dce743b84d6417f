"""What people in a chat take from what they see there: reactions that are receipts, and lines that name people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bridge.model import AnswerState, Receipt
from bridge.text.tree import Code, Paragraph, Strong, Text, runs, wording

_RECEIPTS: Mapping[frozenset[str], AnswerState] = {
    frozenset("⏳"): AnswerState.HELD,
    frozenset("🕓"): AnswerState.PENDING,
    frozenset("✅"): AnswerState.PUBLIC,
    frozenset("✅⏳"): AnswerState.REVISING,
    frozenset("⚠"): AnswerState.REFUSED,
    frozenset("❓"): AnswerState.PARKED,
    frozenset("🗑"): AnswerState.WITHDRAWN,
}
_PLAIN = "\ufe0f"


def receipt(emoji: Iterable[str]) -> Receipt | None:
    """The receipt that the bot's reactions on a message are; None where they are none."""
    state = _RECEIPTS.get(frozenset(one.replace(_PLAIN, "") for one in emoji))
    return None if state is None else Receipt(state)


@dataclass(frozen=True, slots=True)
class Said:
    """What a line of Backchat's says: the names, which are set in bold, and the marks, which are set as code."""

    names: tuple[str, ...]
    marks: tuple[str, ...]


def said(line: Text) -> Said:
    """Read a line that stands above or below somebody's words."""
    names, marks = [], []
    for run in (run for block in line if isinstance(block, Paragraph) for run in runs(block.children)):
        if isinstance(run.leaf, Code):
            marks.append(run.leaf.text)
        elif any(mark.kind is Strong for mark in run.marks):
            names.append(wording((Paragraph((run.leaf,)),)))
    return Said(tuple(names), tuple(marks))
