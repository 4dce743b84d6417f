"""What Discord's own descriptions of what happened become: raw events without secrets, and what they mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.discord import events, meaning
from adapters.discord.events import Names, Us
from adapters.discord.hearing import UNREADABLE
from adapters.discord.snowflakes import first_at
from bridge.model import Edited, Erased, Marked, PersonId, RawEvent, Writer, Written
from bridge.text.tree import plain

US = Us("900", "901")
KEY = "abcdefghijklmnopqrstuvwx"
AT = 1_800_000_000.0
ID = str(first_at(AT))
ADA = Writer(PersonId("7"), "Ada", frozenset({"55"}))


def message(content: str = "In March", **more: Any) -> dict[str, Any]:
    """A person's message as the gateway tells it."""
    return {
        "id": ID, "channel_id": "40", "guild_id": "30", "type": 0, "content": content, "edited_timestamp": None,
        "author": {"id": "7", "username": "ada", "global_name": "Ada L.", "avatar": "0a1b2c"},
        "member": {"nick": "Ada", "roles": ["55"], "avatar": None}, "mentions": [], "attachments": [],
    } | more  # fmt: skip


def meant(raw: RawEvent | None) -> Any:
    """What a raw event means, after it has been through the ledger as text."""
    assert raw is not None
    return meaning.interpret(RawEvent(raw.event_id, raw.natural_key, raw.thread, raw.order, str(raw.body)))


def test_a_message_says_who_wrote_what_where_and_when() -> None:
    raw = events.written(US, message())
    assert raw is not None
    assert (raw.natural_key, raw.event_id, raw.order) == (f"m:{ID}", f"m:{ID}", int(ID))
    event = meant(raw)
    assert isinstance(event, Written)
    assert (event.thread, event.message, event.writer, event.at) == ("40", ID, ADA, AT)
    assert plain(event.text) == "In March"
    assert (event.reply_to, event.key, event.to_person, event.system, event.form) == (None, None, False, False, False)


def test_a_reply_names_what_it_answers_and_a_forwarded_message_answers_nothing() -> None:
    reply = message(type=19, message_reference={"type": 0, "message_id": "12", "channel_id": "40"})
    assert meant(events.written(US, reply)).reply_to == "12"
    forward = message(message_reference={"type": 1, "message_id": "12", "channel_id": "40"})
    assert meant(events.written(US, forward)).reply_to is None


def test_a_reply_to_a_deleted_message_answers_nothing() -> None:
    assert meant(events.written(US, message(type=19, message_reference={"type": 0}))).reply_to is None


def test_who_is_mentioned_first_is_talked_to_but_for_the_bot_itself() -> None:
    cy = {"id": "8", "username": "cy", "global_name": None}
    to_cy = meant(events.written(US, message("<@8> look at this", mentions=[cy])))
    assert to_cy.to_person
    assert plain(to_cy.text) == "@cy look at this"
    to_us = meant(events.written(US, message("<@900>  in March")))
    assert not to_us.to_person
    assert plain(to_us.text) == "in March"
    assert meant(events.written(US, message("<@!900> <@8> hm", mentions=[cy]))).to_person


def test_channels_and_roles_are_named_where_their_names_are_known_and_no_others_are_kept() -> None:
    names = Names({"41": "roses", "43": "secret"}, {"55": "Authors", "56": "Others"})
    raw = events.written(US, message("see <#41> and <#42>, <@&55>"), names=names)
    assert raw is not None
    assert "#roses" in plain(meant(raw).text)
    assert "@Authors" in plain(meant(raw).text)
    assert not [word for word in ("secret", "Others") if word in raw.body]


def test_a_message_of_which_discord_shows_nothing_is_not_relayed_empty() -> None:
    assert events.written(US, message("")) is None
    assert events.written(US, message(" \n ")) is None
    assert events.edited(US, message("", edited_timestamp="2027-01-15T08:00:01+00:00")) is None


def test_attachments_are_named_with_a_link_that_does_not_expire() -> None:
    file = {"id": "1", "filename": "rose.png", "url": "https://cdn.discordapp.com/attachments/1/2/rose.png?ex=1&hm=2"}
    raw = events.written(US, message("", attachments=[file]))
    assert raw is not None
    assert "cdn.discordapp.com" not in raw.body
    assert "rose.png" in plain(meant(raw).text)
    assert f"https://discord.com/channels/30/40/{ID}" in raw.body
    omitted = events.written(Us("900", "901", links=False), message("Look", attachments=[file]))
    assert plain(meant(omitted).text) == "Look"


def test_law_10_a_body_holds_neither_pictures_nor_anything_else_that_is_not_needed() -> None:
    raw = events.written(
        US, message(nonce="n", interaction_metadata={"token": "secret"}, embeds=[{"url": "https://x/"}])
    )
    assert raw is not None
    assert not [word for word in ("0a1b2c", "secret", "https://x/", "avatar") if word in raw.body]


def test_an_edit_comes_after_its_message_and_before_what_was_written_later() -> None:
    raw = events.edited(US, message("In April", edited_timestamp="2027-01-15T08:00:01.500900+00:00"))
    assert raw is not None
    assert raw.natural_key == f"e:{ID}:{int((AT + 1.5) * 1000)}"
    assert int(ID) < raw.order < first_at(AT + 1.501)
    event = meant(raw)
    assert isinstance(event, Edited)
    assert (event.message, event.writer, event.at, plain(event.text)) == (ID, ADA, AT + 1.5, "In April")


def test_an_edit_by_a_clock_that_goes_wrong_still_comes_after_its_message() -> None:
    raw = events.edited(US, message("In April", edited_timestamp="2020-01-15T08:00:01+00:00"))
    assert raw is not None
    assert raw.order == int(ID) + 1
    assert meant(raw).at >= AT


def test_what_was_changed_without_its_words_is_no_edit() -> None:
    assert events.edited(US, message(embeds=[{"title": "a preview"}])) is None


def test_roles_that_were_asked_for_are_taken_and_unknown_ones_are_none() -> None:
    by_request = {name: value for name, value in message().items() if name != "member"}
    assert meant(events.written(US, by_request)).writer.roles == frozenset()
    assert meant(events.written(US, by_request, roles={"56"})).writer.roles == {"56"}
    assert meant(events.written(US, by_request)).writer.name == "Ada L."


@pytest.mark.parametrize(
    "more",
    [
        {"author": {"id": "8", "username": "other", "bot": True}}, {"webhook_id": "77"}, {"type": 18}, {"type": 21},
        {"type": 6}, {"type": 7}, {"type": 20}, {"author": {"id": "8", "username": "Discord", "system": True}},
    ],
)  # fmt: skip
def test_law_06_bots_webhooks_and_discords_own_lines_are_nobodys_words(more: dict[str, Any]) -> None:
    assert not events.is_persons(message(**more))
    assert not events.is_ours(US, message(**more))


def test_law_06_ours_are_known_by_what_discord_vouches_for_and_their_key_by_nonce_or_marker() -> None:
    ours = message("-# [on the blog](<https://b.example/#c1:~:bc=" + KEY + ">)", author={"id": "900", "bot": True})
    assert events.is_ours(US, ours)
    assert events.key_of(ours) == KEY
    assert events.key_of({**ours, "content": "blank", "nonce": KEY}) == KEY
    by_webhook = {**ours, "author": {"id": "77", "bot": True}, "webhook_id": "77", "application_id": "901"}
    assert events.is_ours(US, by_webhook)
    assert not events.is_ours(US, {**by_webhook, "application_id": "902"})
    event = meant(events.ours(ours, "40"))
    assert (event.key, event.message, event.thread) == (KEY, ID, "40")


def test_law_06_a_persons_message_has_no_key_whatever_it_says_and_whatever_nonce_it_had() -> None:
    forged = message(f"<https://b.example/#c1:~:bc={KEY}>", nonce=KEY)
    assert not events.is_ours(US, forged)
    assert meant(events.written(US, forged)).key is None


def test_a_message_of_ours_without_a_key_tells_nothing() -> None:
    assert events.ours(message("Backchat added Ada", author={"id": "900"}), "40") is None


def test_a_deletion_comes_after_all_that_was_heard_of_its_thread() -> None:
    raw = events.erased("40", ID, int(ID) + 9, AT + 60)
    event = meant(raw)
    assert isinstance(event, Erased)
    assert (raw.natural_key, raw.order) == (f"d:{ID}", int(ID) + 9)
    assert (event.thread, event.message, event.at, event.by) == ("40", ID, AT + 60, None)


def test_marks_of_two_times_are_two_and_one_time_told_twice_is_one() -> None:
    on, again = (events.marked("40", ID, ADA, True, "s:5", order, AT) for order in (1, 2))
    off, later = (events.marked("40", ID, ADA, on, nature, 3, AT) for on, nature in ((False, "s:6"), (True, "s:7")))
    assert on.natural_key == again.natural_key
    assert len({on.natural_key, off.natural_key, later.natural_key}) == 3
    assert meant(on) == Marked(on.thread, meant(on).message, ADA, AT, True)
    assert not meant(off).on


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"kind": "sung"}', '{"kind": "written", "at": 0}', "null"])
def test_law_05_a_body_that_nobody_can_read_means_nothing_and_is_said(
    body: str, caplog: pytest.LogCaptureFixture
) -> None:
    raw = events.erased("40", ID, int(ID), AT)
    assert meaning.interpret(RawEvent(raw.event_id, raw.natural_key, raw.thread, raw.order, body)) is None
    assert raw.event_id in caplog.text


def test_half_a_surrogate_pair_keeps_nothing_from_being_recorded() -> None:
    raw = events.written(US, message("In \ud800 March", author={"id": "7", "username": "A\udfffda"}, member=None))
    assert raw is not None and raw.body.encode()
    assert plain(meant(raw).text) == "In ? March"


@pytest.mark.parametrize(
    "more",
    [
        {"id": "9" * 30}, {"id": "0"}, {"id": "-5"}, {"author": {"id": None, "username": "x"}},
        {"author": {"id": {}, "username": "x"}}, {"edited_timestamp": "9999-12-31T23:59:59+00:00"},
    ],
)  # fmt: skip
def test_what_no_ledger_could_keep_is_not_told(more: dict[str, Any]) -> None:
    make = events.edited if "edited_timestamp" in more else events.written
    with pytest.raises(UNREADABLE):
        make(US, message(**more))


def test_a_body_is_json_that_a_person_can_read() -> None:
    raw = events.written(US, message("Grüße"))
    assert raw is not None
    assert "Grüße" in raw.body
    assert json.loads(raw.body)["kind"] == "written"
