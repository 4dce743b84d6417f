"""What is said of comments and answers, before any chat writes it in its own way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.chats.fates import LABELS, LONGEST_REASON, badges, fate, state
from bridge.chats.lines import Since, Theirs, There, Typed, line
from bridge.model import AnswerState, Choice, CommentCard, Kind, ModerationCard, Receipt
from bridge.text.tree import paragraph

CARD = ModerationCard("Vera", paragraph("How?"), "https://blog.example/#c1", 0.0, held="two links")


def test_every_state_and_every_choice_has_words() -> None:
    assert len({state(Receipt(one)) for one in AnswerState}) == len(AnswerState)
    assert set(LABELS) == set(Choice)


@pytest.mark.parametrize(
    ("receipt", "said"),
    [
        (None, line("💬 stays in the chat", ": ", Theirs("too late"))),
        (Receipt(AnswerState.HELD, until=7.0), line("⏳ goes to the blog ", Since(7.0, "soon"))),
        (Receipt(AnswerState.HELD), line("⏳ goes to the blog soon")),
        (Receipt(AnswerState.PUBLIC, link="https://b.example/"),
         line("✅ ", There("public", "https://b.example/", otherwise="public"))),
        (Receipt(AnswerState.PUBLIC), line("✅ public")),
        (Receipt(AnswerState.REFUSED, reason="too\nlong"), line("⚠️ not published", ": ", Theirs("too long"))),
    ],
)  # fmt: skip
def test_what_became_of_an_answer(receipt: Receipt | None, said: object) -> None:
    assert state(receipt, "too late") == said


def test_what_became_of_a_comment_or_why_it_waits() -> None:
    assert fate(CARD) == line("⏳ Waits for approval", ": ", Theirs("two links"))
    assert fate(replace(CARD, held="")) == line("⏳ Waits for approval")
    assert fate(replace(CARD, decided="Mo approved it")) == line("☑️ ", Theirs("Mo approved it"))
    (_, _, reason) = fate(replace(CARD, held="a" * 300)).pieces
    assert reason == Theirs("a" * (LONGEST_REASON - 1) + "…")


def test_badges_tell_authors_and_mentions() -> None:
    comment = CommentCard("Vera", paragraph("How?"), "https://blog.example/#c1", 0.0)
    assert badges(comment) == ()
    assert badges(replace(comment, by_author=True)) == (Typed("author"),)
    assert badges(replace(CARD, by_author=True, kind=Kind.PINGBACK)) == (Typed("author"), Typed(Kind.PINGBACK.value))
