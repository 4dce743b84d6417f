"""What raw events of Slack mean to the core."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.slack.meaning import interpret
from bridge.chats import bodies
from bridge.model import Choice, Edited, Erased, Event, Key, Marked, Moderated, PersonId, RawEvent, Writer, Written
from bridge.text.tree import Emphasis, Link, Paragraph, Plain, paragraph

THREAD, MESSAGE = "C0ROOM:1.000001", "C0ROOM:2.000002"
ADA = Writer(PersonId("U0ADA"), "Ada")


def meant(fields: Any) -> Event | None:
    return interpret(RawEvent("e", "n", THREAD, 1, bodies.body(fields, 2.5)))  # type: ignore[arg-type]


def said(**words: Any) -> dict[str, object]:
    return {**bodies.said(MESSAGE, ADA, to_person=False, reply_to=None), **words}


def test_what_was_said_is_read_from_its_blocks_with_the_names_of_then() -> None:
    section = {"type": "rich_text_section", "elements": [
        {"type": "user", "user_id": "U1"}, {"type": "text", "text": " in "}, {"type": "channel", "channel_id": "C1"},
        {"type": "text", "text": "?", "style": {"italic": True}},
    ]}  # fmt: skip
    blocks = [{"type": "rich_text", "elements": [section]}]
    event = meant(bodies.written(said(text="x", blocks=blocks, people={"U1": "Bob"}, channels={"C1": "blog"})))
    assert event == Written(
        THREAD, MESSAGE, ADA, (Paragraph((Plain("@Bob in #blog"), Emphasis((Plain("?"),)))),), 2.5  # type: ignore[arg-type]
    )  # fmt: skip
    event = meant(bodies.edited(said(text="_Hi_ <!subteam^S1|@all> <@U1>", groups={"S1": "team"})))
    assert isinstance(event, Edited)
    assert event.text == (Paragraph((Emphasis((Plain("Hi"),)), Plain(" @team @somebody"))),)


def test_a_file_is_a_line_of_its_own_whose_name_hides_nothing() -> None:
    attached = [{"name": "cat\u202egnp.exe", "link": "https://home.slack.example/f"}, {"name": "dog.png", "link": ""}]
    event = meant(bodies.written(said(text="Look", blocks=[], attached=attached)))
    assert isinstance(event, Written) and event.text == (
        *paragraph("Look"),
        Paragraph((Plain("Attached in the chat: "), Link("https://home.slack.example/f", (Plain("catgnp.exe"),)))),
        *paragraph("Attached in the chat: ", "dog.png"),
    )


def test_forms_bring_mrkdwn_and_nothing_else() -> None:
    event = meant(bodies.form_sent(MESSAGE, "V1", ADA, {"text": "a &lt; b"}))
    assert isinstance(event, Written) and event.form and event.message == "form:V1"
    assert event.text == paragraph("a < b") and event.reply_to == MESSAGE
    assert isinstance(meant(bodies.form_changed("V1", ADA, {"text": "b"})), Edited)
    assert isinstance(meant(bodies.form_taken_back("V1", ADA)), Erased)


def test_the_others_say_what_happened_to_which_message() -> None:
    assert meant(bodies.erased(MESSAGE)) == Erased(THREAD, MESSAGE, 2.5)  # type: ignore[arg-type]
    assert meant(bodies.marked(MESSAGE, ADA, on=True)) == Marked(THREAD, MESSAGE, ADA, 2.5, True)  # type: ignore[arg-type]
    ours = meant(bodies.ours(MESSAGE, Key("abc")))
    assert isinstance(ours, Written) and ours.key == "abc"
    assert isinstance(meant(bodies.chosen(MESSAGE, ADA, Choice.SPAM, "mark")), Moderated)


@pytest.mark.parametrize("fields", [{}, {"kind": "nonsense", "message": "x"}, {"kind": "written", "message": "x"}])
def test_what_nobody_here_wrote_means_nothing(fields: dict[str, str], caplog: pytest.LogCaptureFixture) -> None:
    assert meant(fields) is None and "means nothing to us" in caplog.text
