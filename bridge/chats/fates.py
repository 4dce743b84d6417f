"""What cards say in words of ours: what became of a comment or an answer, why it waits, what can be chosen. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.chats.lines import Line, Since, There, Typed, line, theirs
from bridge.model import AnswerState, Choice, CommentCard, Kind, ModerationCard, Receipt

LONGEST_REASON = 200
"""Characters that are shown of a reason."""
LABELS: Mapping[Choice, str] = {
    Choice.APPROVE: "Approve", Choice.SPAM: "Spam", Choice.TRASH: "Trash", Choice.RESTORE: "Restore",
}  # fmt: skip
"""What the buttons are called by which moderators choose."""
ANSWER, EDIT, TAKE_BACK = "Answer", "Edit", "Take back"
"""What the buttons are called by which people answer, and change what they sent."""
_STATES: Mapping[AnswerState, str] = {
    AnswerState.HELD: "⏳ goes to the blog soon",
    AnswerState.PUBLISHING: "⏳ is being published",
    AnswerState.PENDING: "🕓 waits for approval on the blog",
    AnswerState.PUBLIC: "✅ public",
    AnswerState.REVISING: "⏳ is being changed on the blog",
    AnswerState.WITHDRAWING: "⏳ is being taken off the blog",
    AnswerState.WITHDRAWN: "🗑️ taken back",
    AnswerState.CANCELLED: "🗑️ taken back before it was published",
    AnswerState.REFUSED: "⚠️ not published",
    AnswerState.PARKED: "❓ nobody can tell whether it is on the blog; the operator was asked",
    AnswerState.GONE: "🗑️ gone from the blog",
}


def state(receipt: Receipt | None, reason: str = "") -> Line:
    """What became of an answer; None: it stays in the chat, for that reason."""
    if receipt is None:
        return _because(line("💬 stays in the chat"), reason)
    said = line(_STATES[receipt.state])
    if receipt.state is AnswerState.HELD and receipt.until is not None:
        said = line("⏳ goes to the blog ", Since(receipt.until, "soon"))
    if receipt.state is AnswerState.PUBLIC and receipt.link is not None:
        said = line("✅ ", There("public", receipt.link, otherwise="public"))
    return _because(said, receipt.reason or "")


def fate(card: ModerationCard) -> Line:
    """What became of a comment, or why it waits."""
    if card.decided is not None:
        return line("☑️ ", theirs(card.decided, most=LONGEST_REASON))
    return _because(line("⏳ Waits for approval"), card.held)


def badges(card: CommentCard | ModerationCard) -> tuple[Typed, ...]:
    """What is said of who wrote a comment, set as code: no name can look like that."""
    author = (Typed("author"),) if card.by_author else ()
    return author if card.kind is Kind.COMMENT else (*author, Typed(card.kind.value))


def _because(said: Line, reason: str) -> Line:
    return line(*said.pieces, ": ", theirs(reason, most=LONGEST_REASON)) if reason else said
