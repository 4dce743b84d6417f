"""What stands in Discord's buttons and windows, and what operators are told: pure, and within Discord's limits."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import cards, forms, lines
from bridge.chats import pressed, sayings
from bridge.chats.pressed import Answer, Back, Change, Do, Pressed, Sent
from bridge.model import Choice, FormCard, MessageId, PersonId
from bridge.overview import BlogOverview, ChatOverview, LaneOverview, Overview, ParkedOverview, Unanswered
from bridge.text.tree import paragraph
from tests.rules.overviews import COUNTS, OVERVIEWS, UNANSWERED

IDS = st.integers(1, 2**64 - 1).map(str)
MARKS = st.text("0123456789abcdef", min_size=16, max_size=16)
PRESSED: st.SearchStrategy[Pressed] = st.one_of(
    st.just(Answer()), st.builds(Sent, IDS.map(MessageId), IDS), st.builds(Do, st.sampled_from(Choice), MARKS),
    st.builds(Change, IDS, IDS), st.builds(Back, IDS, IDS),
)  # fmt: skip


@given(PRESSED)
def test_a_button_says_all_that_it_needs_within_100_characters(what: Pressed) -> None:
    id = pressed.name(what)
    assert len(id) <= 100 and pressed.read(id) == what


def test_words_are_found_in_a_window_however_its_field_is_wrapped() -> None:
    field = {"type": 4, "custom_id": "words", "value": " In March.\n"}
    other = {"type": 4, "custom_id": "else", "value": "no"}
    for wrapped in (
        [{"type": 1, "components": [other]}, {"type": 1, "components": [field]}],
        [{"type": 18, "component": other}, {"type": 18, "component": field}],
        [field],
    ):
        assert forms.words_in({"components": wrapped}) == "In March."
    assert forms.words_in({"components": []}) == forms.words_in({}) == ""


@given(st.text("abc \n*_>-#[]().", max_size=200))
def test_our_copy_of_a_form_gives_its_words_back(words: str) -> None:
    text = paragraph(words)
    card = FormCard(MessageId("form:7"), PersonId("1"), "Ada", text, "https://blog.example/#c1", MessageId("9"))
    [part] = cards.render_form(card)
    copy = json.loads(part.body)["content"]
    assert forms.standing(copy, "Ada") == "\n".join(copy.split("\n")[1:-1])
    assert forms.standing(copy, "Gus") is None


def test_what_is_no_copy_of_a_form_gives_nothing() -> None:
    for copy in ("", "In March.", "In March.\nOr April.\n-# small", "**Ada**\nIn March."):
        assert forms.standing(copy, "Ada") is None


@given(UNANSWERED)
def test_law_09_what_waits_fits_into_one_message_and_pings_nobody(waiting: list[Unanswered]) -> None:
    told = lines.message(sayings.unanswered(waiting))
    assert 0 < len(told) <= lines.LONGEST
    assert "@everyone" not in told and "@here" not in told and "<@" not in told.replace("\\<@", "")


@given(OVERVIEWS)
def test_law_09_how_everything_stands_fits_into_one_message_and_pings_nobody(seen: Overview) -> None:
    told = lines.message(sayings.status(seen))
    assert 0 < len(told) <= lines.LONGEST
    assert "@everyone" not in told and "@here" not in told and "<@" not in told.replace("\\<@", "")


def test_what_needs_somebody_comes_first() -> None:
    blog = BlogOverview("garden", 2, 1, 3, None, 0.0, 2, "it did not answer", None, 1)
    lane = LaneOverview("l", "garden in lounge", 4, None, sending=False, reason="slow mode")
    parked = ParkedOverview(7, "parked", "answer", "garden", "In March.", "nobody can tell", None)
    chat = ChatOverview("discord", None, caught_up=False, last_error="no connection", gaps=2)
    counts = dict.fromkeys(COUNTS, 1)
    told = lines.message(sayings.status(Overview(0.0, (blog,), (chat,), (lane,), (parked,), counts)))
    assert told.splitlines() == [
        "⚠️ **garden** could not be read: it did not answer",
        "⚠️ **discord** cannot be heard: no connection",
        "⚠️ parked, answer for garden: nobody can tell",
        "1 thing needs somebody at the command line: `backchat parked list`",
        "**garden**: read never, 2 comments known, 1 unanswered, 1 waits for a moderator, 3 could not be reached",
        "**discord**: nothing heard yet, 2 messages could not be read, not caught up yet",
        "1 thread; answers: 1 held, 1 with the moderator, 1 public; 2 waiting to be sent",
        "-# waits: 4 for garden in lounge: slow mode",
    ]
