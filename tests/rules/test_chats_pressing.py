"""What becomes of what people press, in every chat: who may, what is recorded, and what is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bridge.chats import meaning, phrases
from bridge.chats.pressed import Answer, Back, Change, Do, Sent
from bridge.chats.pressing import Keep, Press, Pressing, Rewrite, Say, Write
from bridge.chats.rooms import Rooms
from bridge.model import (
    Choice,
    Desk,
    Edited,
    Erased,
    Event,
    Marked,
    MessageId,
    Moderated,
    PersonId,
    RawEvent,
    RoomId,
    ThreadId,
    Writer,
    Written,
)
from bridge.text.tree import Text, paragraph, plain

ROOM, THREAD, CARD, FORM, MARK = RoomId("C1"), ThreadId("C1:1.1"), MessageId("C1:1.2"), "V77", "0123456789abcdef"
ADA, MO, MALLORY = (
    Writer(PersonId(id), name, frozenset({"R1"} if id == "U1" else ()))
    for id, name in (("U1", "Ada"), ("U2", "Mo"), ("U9", "Ada"))
)
AT = 1_700_000_000.5


def pressing() -> Pressing:
    """A room in which a role may answer and Mo may moderate."""
    return Pressing(Rooms({ROOM: Desk(frozenset({MO.id}), closed=False)}, {ROOM: frozenset({"@R1"})}))


def press(by: Writer = ADA, number: int = 1) -> Press:
    return Press(f"P{number}", by, THREAD, ROOM, 1_700_000_000_500_000 + number, AT + number)


def words(typed: str) -> Mapping[str, Any]:
    return {"typed": typed}


def reads(fields: Mapping[str, Any]) -> Text:
    return paragraph(fields["typed"])


def meant(raw: RawEvent) -> Event:
    found = meaning.interpret(raw, reads)
    assert found is not None
    return found


def kept(reply: object) -> list[Event]:
    assert isinstance(reply, Keep), reply
    return [meant(raw) for raw in reply.raws]


def test_law_08_who_may_answer_gets_a_window_and_nobody_else() -> None:
    assert pressing().button(press(), Answer(), CARD) == Write(CARD)
    refused = pressing().button(press(MALLORY), Answer(), CARD)
    assert refused == Say(phrases.NO_AUTHOR.format(id="U9"))


def test_law_08_who_may_moderate_chooses_and_nobody_else() -> None:
    [chosen] = kept(pressing().button(press(MO), Do(Choice.SPAM, MARK), CARD))
    assert chosen == Moderated(THREAD, CARD, MO, Choice.SPAM, MARK, AT + 1)
    for who in (ADA, MALLORY):
        assert pressing().choice(press(who), CARD, Choice.SPAM, MARK) == Say(phrases.NO_MODERATOR.format(id=who.id))


def test_law_08_rights_are_those_of_the_room() -> None:
    elsewhere = Press("P1", ADA, ThreadId("C2:1.1"), RoomId("C2"), 1, AT)
    assert isinstance(pressing().button(elsewhere, Answer(), CARD), Say)
    assert isinstance(pressing().choice(elsewhere, CARD, Choice.TRASH, MARK), Say)


def test_what_a_form_sends_is_a_message_and_its_newest_words() -> None:
    reply = pressing().form(press(), Sent(CARD, FORM), "In March", words("In March"))
    written, edited = kept(reply)
    assert isinstance(written, Written) and isinstance(edited, Edited)
    assert (written.message, written.reply_to, written.form, written.writer) == (f"form:{FORM}", CARD, True, ADA)
    assert plain(written.text) == plain(edited.text) == "In March" and edited.message == written.message
    assert isinstance(reply, Keep) and reply.words == phrases.SENT


def test_law_02_law_03_a_form_that_is_sent_again_is_the_same_event_and_its_words_a_change() -> None:
    replies = [pressing().form(press(number=n), Sent(CARD, FORM), "In March", words("In March")) for n in (1, 2)]
    (first, one), (again, other) = (reply.raws for reply in replies if isinstance(reply, Keep))
    assert first.natural_key == again.natural_key == first.event_id
    assert len({first.natural_key, one.natural_key, other.natural_key}) == 3
    assert (one.order, other.order) == (press(number=1).order, press(number=2).order)


def test_law_08_what_a_form_sent_is_its_writers_alone() -> None:
    change, back = Change(FORM, ADA.id), Back(FORM, ADA.id)
    for what in (change, back):
        assert pressing().button(press(MO), what, CARD) == Say(phrases.NOT_YOURS)
    assert pressing().form(press(MO), change, "Never", words("Never")) == Say(phrases.NOT_YOURS)
    [edited] = kept(pressing().form(press(), change, "In May", words("In May")))
    assert isinstance(edited, Edited) and plain(edited.text) == "In May"
    [erased] = kept(pressing().button(press(), back, CARD))
    assert isinstance(erased, Erased) and (erased.message, erased.by) == (f"form:{FORM}", ADA)


def test_what_was_sent_is_at_hand_for_whoever_changes_it() -> None:
    desk, change = pressing(), Change(FORM, ADA.id)
    assert desk.button(press(), change, CARD) == Rewrite(change, None)
    desk.form(press(), Sent(CARD, FORM), "In March", words("In March"))
    desk.form(press(), change, "In May", words("In May"))
    assert desk.button(press(), change, CARD) == Rewrite(change, "In May")


@pytest.mark.parametrize("what", [Sent(CARD, FORM), Change(FORM, ADA.id)])
def test_an_empty_form_is_nothing(what: Sent | Change) -> None:
    assert pressing().form(press(), what, "", words("")) == Say(phrases.NOTHING)


def test_what_is_no_button_of_ours_is_strange() -> None:
    for what in (None, Sent(CARD, FORM)):
        assert pressing().button(press(), what, CARD) == Say(phrases.STRANGE)
    for other in (None, Answer(), Do(Choice.SPAM, MARK), Back(FORM, ADA.id)):
        assert pressing().form(press(), other, "In March", words("In March")) == Say(phrases.STRANGE)


def test_a_message_is_marked_behind_its_own_words_by_who_may_answer() -> None:
    message = MessageId("C1:1.3")
    known = [RawEvent("m:1", "m:1", THREAD, 1, "{}")]
    reply = pressing().publish(press(), message, known)
    assert isinstance(reply, Keep) and reply.words == phrases.MARKED and reply.raws[:-1] == tuple(known)
    assert meant(reply.raws[-1]) == Marked(THREAD, message, ADA, AT + 1)
    assert pressing().publish(press(MALLORY), message, known) == Say(phrases.NO_AUTHOR.format(id="U9"))
    assert pressing().publish(press(), message, known, "Not that one.") == Say("Not that one.")
    assert pressing().publish(press(), message, []) == Say(phrases.NOTHING)
