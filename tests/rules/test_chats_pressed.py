"""What buttons and forms are called, whatever a chat's ids look like; and words at hand for those who wrote them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chats import drafts, pressed
from bridge.chats.pressed import Answer, Back, Change, Do, Pressed, Sent
from bridge.model import Choice, MessageId

IDS = st.one_of(st.text(min_size=1), st.sampled_from(["C024BE91L:1503435956.000247", "T1/U2", "a b", "%3A", "ü"]))
PRESSED: st.SearchStrategy[Pressed] = st.one_of(
    st.just(Answer()), st.builds(Sent, IDS.map(MessageId), IDS), st.builds(Do, st.sampled_from(Choice), IDS),
    st.builds(Change, IDS, IDS), st.builds(Back, IDS, IDS),
)  # fmt: skip
STRANGE = ["bc1", "bc1:do:burn:0", "bc1:answer:more", "bc2:answer", "bc1:form", "bc1:form:1", "bc1:form:1:2:3", ""]


@given(PRESSED)
def test_a_name_says_all_that_it_was_made_of(what: Pressed) -> None:
    assert pressed.read(pressed.name(what)) == what


@given(st.one_of(st.text(), st.text().map("bc1:form:1:".__add__)))
def test_what_we_did_not_make_says_nothing(name: str) -> None:
    known = pressed.read(name)
    assert known is None or pressed.name(known) == name


@pytest.mark.parametrize("name", [*STRANGE, "bc1:form:1:%41"])
def test_what_looks_like_ours_and_is_not_says_nothing(name: str) -> None:
    assert pressed.read(name) is None


def test_the_ids_that_chats_give_leave_a_name_short() -> None:
    slack = Sent(MessageId("C024BE91LAB:1503435956.000247"), "V024BE91LAB")
    assert pressed.name(slack) == "bc1:form:C024BE91LAB%3A1503435956.000247:V024BE91LAB"
    discord = Sent(MessageId("9" * 20), "9" * 20)
    assert pressed.name(discord) == f"bc1:form:{'9' * 20}:{'9' * 20}"


def test_words_are_kept_at_hand_for_the_newest_forms_only() -> None:
    kept = drafts.Drafts()
    for number in range(drafts.REMEMBERED + 1):
        kept.keep(str(number), "7", f"words {number}")
    kept.keep("1", "7", "other words")
    kept.keep("new", "7", "new words")
    assert [kept.of(form, "7") for form in ("0", "1", "2", "new")] == [None, "other words", None, "new words"]


def test_law_08_words_at_hand_are_their_writers_alone() -> None:
    kept = drafts.Drafts()
    kept.keep("77", "7", "In March.")
    kept.keep("77", "66", "Never.")  # as the forged form of somebody else would have it
    assert kept.of("77", "7") == "In March."
