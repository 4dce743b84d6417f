"""What is put into a raw event's body comes out of it again as the core's event."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from bridge.chats import bodies, meaning
from bridge.chats.meaning import OURS, Fields
from bridge.model import (
    Choice,
    Edited,
    Erased,
    Event,
    Key,
    Marked,
    MessageId,
    Moderated,
    PersonId,
    RawEvent,
    ThreadId,
    Writer,
    Written,
)
from bridge.text.tree import Text, paragraph

THREAD, MESSAGE, FORM, AT = ThreadId("C1:1.5"), MessageId("C1:2.5"), MessageId("form:V1"), 1_700_000_000.5
ADA = Writer(PersonId("U1"), "Ada", frozenset({"S2", "S1"}))
WORDS = {"content": "In March.\ud83d"}
SAID = bodies.said(MESSAGE, ADA, to_person=True, reply_to="C1:1.7") | WORDS


def reads(fields: Fields) -> Text:
    return paragraph(fields["content"])


def event(fields: Mapping[str, object]) -> Event | None:
    return meaning.interpret(RawEvent("e", "n", THREAD, 1, bodies.body(fields, AT)), reads)


TEXT = paragraph("In March.?")


@pytest.mark.parametrize(
    ("fields", "meant"),
    [
        (bodies.ours(MESSAGE, Key("k")), Written(THREAD, MESSAGE, OURS, (), AT, key=Key("k"))),
        (bodies.written(SAID),
         Written(THREAD, MESSAGE, ADA, TEXT, AT, reply_to=MessageId("C1:1.7"), to_person=True)),
        (bodies.written(bodies.said(MESSAGE, ADA, to_person=False, reply_to=None) | WORDS),
         Written(THREAD, MESSAGE, ADA, TEXT, AT)),
        (bodies.edited(SAID), Edited(THREAD, MESSAGE, ADA, TEXT, AT)),
        (bodies.erased(MESSAGE), Erased(THREAD, MESSAGE, AT)),
        (bodies.marked(MESSAGE, ADA, on=False), Marked(THREAD, MESSAGE, ADA, AT, False)),
        (bodies.chosen(MESSAGE, ADA, Choice.SPAM, "ff"), Moderated(THREAD, MESSAGE, ADA, Choice.SPAM, "ff", AT)),
        (bodies.form_sent(MESSAGE, "V1", ADA, WORDS),
         Written(THREAD, FORM, ADA, TEXT, AT, reply_to=MESSAGE, form=True)),
        (bodies.form_changed("V1", ADA, WORDS), Edited(THREAD, FORM, ADA, TEXT, AT)),
        (bodies.form_taken_back("V1", ADA), Erased(THREAD, FORM, AT, ADA)),
    ],
)  # fmt: skip
def test_what_happened_is_what_is_read(fields: Mapping[str, object], meant: Event) -> None:
    assert event(fields) == meant


@pytest.mark.parametrize(
    "fields",
    [{}, {"kind": "sung"}, {"kind": "written"}, {"kind": "ours", "message": "m"}, {"kind": []},
     bodies.erased("m") | {"kind": "moderated"}, {"kind": "form", "form": "V1"}],
)  # fmt: skip
def test_what_nobody_here_wrote_means_nothing(fields: Mapping[str, object], caplog: pytest.LogCaptureFixture) -> None:
    assert event(fields) is None
    assert "means nothing to us" in caplog.text


def test_a_body_that_is_none_means_nothing() -> None:
    for body in ("", "[]", "7", "{"):
        assert meaning.interpret(RawEvent("e", "n", THREAD, 1, body), reads) is None
