"""Our own words in Slack's mrkdwn: pure, within Slack's limits, and nobody else's words are more than words."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import forms, lines
from adapters.slack.forms import About
from bridge.chats import sayings
from bridge.chats.lines import Line, Look, Since, Theirs, There, Typed, line
from bridge.chats.pressed import Back, Change, Do, Sent
from bridge.model import Choice, MessageId, ThreadId
from bridge.overview import Overview, Unanswered
from tests.rules import slack_blocks as client
from tests.rules.overviews import OVERVIEWS, UNANSWERED, WORDS

ABOUT = About(ThreadId("C1:1.1"), MessageId("C1:1.2"))


def harmless(told: lines.Told) -> None:
    """Assert that it fits, and that nothing in it calls anybody or leads where our own words do not say."""
    client.checked(told)
    for words in (told["text"], *client.printed(told)):
        assert 0 < len(words) <= lines.LONGEST
        for token in client.tokens(words):
            assert token.startswith("!date^") or token.endswith("|on the blog"), token
        bare = client.TOKEN.sub("", words)
        assert "<" not in bare and ">" not in bare and not client.EMOJI.search(bare)
        assert not any(call in bare for call in ("@channel", "@here", "@everyone"))


@settings(max_examples=40)
@given(UNANSWERED)
def test_law_09_what_waits_fits_into_one_message_and_calls_nobody(waiting: list[Unanswered]) -> None:
    harmless(lines.told(sayings.unanswered(waiting)))


@settings(max_examples=40)
@given(OVERVIEWS)
def test_law_09_how_everything_stands_fits_into_one_message_and_calls_nobody(seen: Overview) -> None:
    harmless(lines.told(sayings.status(seen)))
    harmless(lines.told(sayings.parked(seen)))


@given(st.lists(st.one_of(WORDS.map(Theirs), WORDS.map(Typed), st.builds(Since, st.none() | st.floats())), max_size=3))
def test_law_09_no_piece_of_a_line_calls_anybody(pieces: list[Any]) -> None:
    harmless(lines.told([line("From ", *pieces)]))


def test_lines_look_as_they_are_meant() -> None:
    date = "<!date^1700000000^{date_short_pretty} at {time_secs}|14 November 2023, 22:13 UTC>"
    assert lines.written(Line((Theirs("Vera", strong=True), " ", Since(1.7e9)), Look.ITEM)) == f"• *Vera* {date}"
    assert lines.written(line(Typed("/backchat `status`"))) == "`/backchat \u02cbstatus\u02cb`"
    assert lines.written(line(Since(None), Since(-1.0, "soon"), Since(1e18, "late"))) == "neversoonlate"
    there = There("public", "https://blog.example/?a&b", " · ", "gone")
    assert lines.written(line(there)) == " · <https://blog.example/?a&amp;b|public>"
    assert lines.written(line(There("public", "javascript:alert(1)", " · ", "gone"))) == "gone"
    assert lines.told([])["text"] == "Backchat"


# --- Windows ----------------------------------------------------------------------------------------------------------


def sent(view: forms.View, **values: Any) -> dict[str, Any]:
    """A window as it comes back."""
    return {**view, "id": "V77", "state": {"values": {forms.FIELD: {forms.FIELD: values}}}}


def test_a_window_brings_back_what_it_is_about() -> None:
    for view, what in (
        (forms.to_answer(ABOUT), Sent(ABOUT.message, "V77")),
        (forms.to_change(ABOUT, Change("V1", "U1"), "In March"), Change("V1", "U1")),
        (forms.to_choose(ABOUT, [Do(Choice.SPAM, "m")]), None),
    ):
        back = sent(view, value=" In May.\n")
        assert forms.about_of(back) == ABOUT and forms.sent_from(back) == what
        assert forms.words_in(back) == "In May."
        assert len(view["callback_id"]) <= 255 and len(view["private_metadata"]) <= 3_000
        assert all(len(view[name]["text"]) <= 24 for name in ("title", "submit", "close"))


def test_what_is_chosen_in_a_window_says_what_it_does() -> None:
    choices: list[Do | Back] = [Do(Choice.APPROVE, "0123456789abcdef"), Back("V77", "T0123456789/U0123456789")]
    [block] = forms.to_choose(ABOUT, choices)["blocks"]
    options = block["element"]["options"]
    assert [one["text"]["text"] for one in options] == ["Approve", "Take back"]
    assert all(len(one["value"]) <= 150 for one in options)
    assert forms.words_in(sent(forms.to_choose(ABOUT, choices), selected_option=options[1])) == options[1]["value"]


def test_a_window_of_somebody_else_is_about_nothing() -> None:
    for metadata in ("", "[]", "7", "{}", '{"thread": "C1:1.1"}'):
        assert forms.about_of({"private_metadata": metadata}) is None
    assert forms.sent_from({"callback_id": "sing", "id": "V1"}) is None
    assert forms.words_in({"state": {"values": {"x": {"y": {"value": "z"}}}}}) == forms.words_in({}) == ""
