"""Slack's own descriptions as raw events: whose they are, what they are called, what is kept of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import events
from adapters.slack.ids import Us, micro
from adapters.slack.markup import Names
from adapters.slack.meaning import interpret
from bridge.model import Key, PersonId, Writer, Written
from bridge.text.tree import paragraph

US = Us(bot="B0US", app="A0US", user="U0US", team="T0HOME")
ADA = Writer(PersonId("U0ADA"), "Ada")
KEY = Key("abcdefghijklmnopqrstuvwx")
TS, ROOT = "1800000001.000200", "1800000000.000100"


def said(text: str = "Hi", **more: Any) -> dict[str, Any]:
    """A reply of Ada's."""
    return {"type": "message", "user": "U0ADA", "team": "T0HOME", "text": text, "ts": TS, "thread_ts": ROOT, **more}


def rich(*pieces: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A reply of Ada's in rich text."""
    section = {"type": "rich_text_section", "elements": list(pieces)}
    return said(blocks=[{"type": "rich_text", "block_id": "x", "elements": [section]}], **more)


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def user(id: str) -> dict[str, Any]:
    return {"type": "user", "user_id": id}


def written(message: dict[str, Any], *, links: bool = True) -> Written:
    """What a message means."""
    raw = events.written(US, "C0ROOM", message, ADA, Names({"U0BOB": "Bob"}), links=links)
    assert raw is not None
    event = interpret(raw)
    assert isinstance(event, Written)
    return event


@pytest.mark.parametrize("by", [{"bot_id": "B0US"}, {"app_id": "A0US"}, {"user": "U0US"}])
def test_ours_is_whatever_bears_one_of_our_ids(by: dict[str, str]) -> None:
    assert events.is_ours(US, {"ts": TS, "subtype": "bot_message", **by})
    assert not events.is_ours(US, {"ts": TS, "subtype": "tombstone", **by})


def test_ours_is_nothing_else_also_where_we_do_not_know_our_app() -> None:
    unsure = Us("B0US", "", "U0US", "T0HOME")
    for message in (said(), said(app_id=""), said(bot_id="B0OTHER", app_id="A0OTHER")):
        assert not events.is_ours(US, message) and not events.is_ours(unsure, message)


def test_people_write_plain_messages_files_and_replies_that_the_channel_sees() -> None:
    assert all(events.is_persons(said(subtype=each)) for each in (None, "file_share", "thread_broadcast"))
    others = ("bot_message", "channel_join", "me_message", "reminder_add", "tombstone", "message_changed")
    assert not any(events.is_persons(said(subtype=each)) for each in others)
    assert not events.is_persons(said(bot_id="B0OTHER")) and not events.is_persons(said(user="USLACKBOT"))
    assert not events.is_persons({"ts": TS, "text": "x"})


def test_only_newer_words_are_an_edit() -> None:
    before = rich(text("Hi"))
    edited = {"user": "U0ADA", "ts": "1800000002.000000"}
    later = {"user": "U0ADA", "ts": "1800000003.000000"}
    assert events.has_new_words(rich(text("Ho"), text="Ho", edited=edited), before)
    assert not events.has_new_words(rich(text("Ho"), text="Ho"), before), "Slack's own change"
    assert not events.has_new_words({**before, "edited": edited}, before), "a mark without a change"
    assert not events.has_new_words({**before, "attachments": [{"id": 1}]}, before)
    named = {**before, "edited": edited, "blocks": [{**before["blocks"][0], "block_id": "y"}]}
    assert not events.has_new_words(named, before), "blocks that were named anew"
    ho = rich(text("Ho"), text="Ho", edited=edited)
    assert not events.has_new_words(ho, {**before, "edited": later}), "told late"
    assert events.has_new_words(ho, {})


def test_a_mention_of_us_calls_us_and_is_no_part_of_what_is_said() -> None:
    for message in (
        said("<@U0US> thank you"), said("  <@U0US|backchat>thank you"), rich(user("U0US"), text(" thank you")),
        rich(text(" "), user("U0US"), text(" "), text("thank you")),
    ):  # fmt: skip
        event = written(message)
        assert not event.to_person and event.text == paragraph("thank you"), message
    for message in (said("<@U0US> <@U0BOB> look"), rich(user("U0US"), text(" "), user("U0BOB"), text(" look"))):
        event = written(message)
        assert event.to_person and event.text == paragraph("@Bob look")
    event = written(rich(text("thank you, "), user("U0US")))
    assert not event.to_person and event.text == paragraph("thank you, @somebody")


def test_a_mention_of_us_and_nothing_else_is_no_message() -> None:
    for message in (said("<@U0US>"), said("  "), said("", blocks=[]), said("", files=[])):
        assert events.written(US, "C0ROOM", message, ADA, Names(), links=True) is None


def test_natural_keys_name_the_workspace_the_channel_the_message_and_what_happened() -> None:
    edited = said("Ho", edited={"user": "U0ADA", "ts": "1800000005.000000"})
    raws = [
        events.written(US, "C0ROOM", said(), ADA, Names(), links=True),
        events.edited(US, "C0ROOM", edited, ADA, Names(), links=True),
        events.erased(US, "C0ROOM", TS, ROOT, "1800000009.000000"),
        events.marked(US, "C0ROOM", TS, ROOT, ADA, "1800000007.000000", on=True),
    ]
    told = [(raw.natural_key, raw.order) for raw in raws if raw is not None]
    told[1] = (told[1][0].rpartition(":")[0], told[1][1])  # behind it, a digest of the words
    assert told == [
        (f"m:T0HOME:C0ROOM:{TS}", micro(TS)), (f"e:T0HOME:C0ROOM:{TS}:1800000005.000000", 1_800_000_005_000_000),
        (f"d:T0HOME:C0ROOM:{TS}", 1_800_000_009_000_000),
        (f"r:T0HOME:C0ROOM:{TS}:U0ADA:on:1800000007.000000", 1_800_000_007_000_000),
    ]  # fmt: skip
    assert {raw.thread for raw in raws if raw is not None} == {f"C0ROOM:{ROOT}"}
    assert events.edited(US, "C0ROOM", said(), ADA, Names(), links=True) is None


def test_law_01_two_edits_within_a_second_are_two_though_slack_may_count_in_seconds() -> None:
    at = {"user": "U0ADA", "ts": "1800000005.000000"}
    first, second = said("Ho", edited=at), said("Hu", edited=at)
    assert events.has_new_words(second, first)
    one, other, again = [
        events.edited(US, "C0ROOM", each, ADA, Names(), links=True) for each in (first, second, second)
    ]
    assert one is not None and other is not None and again is not None
    assert one.natural_key != other.natural_key == again.natural_key


def test_what_happens_to_a_message_stands_behind_it() -> None:
    early = "1800000000.000000"
    assert events.erased(US, "C0ROOM", TS, ROOT, early).order == micro(TS) + 1
    assert events.marked(US, "C0ROOM", TS, ROOT, ADA, early, on=False).order == micro(TS) + 1


def test_law_10_nothing_secret_and_no_files_address_is_kept() -> None:
    file = {
        "id": "F1", "name": "cat.png", "mode": "hosted", "permalink": "https://home.slack.example/files/U/F1/cat.png",
        "url_private": "https://files.slack.example/PRIVATE", "permalink_public": "https://slack-files.example/PUBLIC",
        "url_private_download": "https://files.slack.example/PRIVATE/download",
    }  # fmt: skip
    gone = [{"id": "F2", "mode": "tombstone"}, {"id": "F3", "mode": "hidden_by_limit"}]
    message = rich(
        text("Look"), files=[file, *gone], token="TOKEN", response_url="RESPONSE", user_profile={"image_72": "PICTURE"}
    )
    raw = events.written(US, "C0ROOM", message, ADA, Names(), links=True)
    assert raw is not None
    for secret in ("PRIVATE", "PUBLIC", "TOKEN", "RESPONSE", "PICTURE", "F2", "F3"):
        assert secret not in raw.body
    assert json.loads(raw.body)["attached"] == [{"name": "cat.png", "link": file["permalink"]}]
    without = events.written(US, "C0ROOM", message, ADA, Names(), links=False)
    assert without is not None and json.loads(without.body)["attached"] == []


def test_a_message_of_ours_without_a_key_is_nothing_that_the_core_wanted() -> None:
    block = {"type": "section", "block_id": f"bc1:{KEY}:0"}
    raw = events.ours(US, "C0ROOM", {"ts": TS, "bot_id": "B0US", "blocks": [block]})
    assert raw is not None and raw.thread == f"C0ROOM:{TS}" and json.loads(raw.body)["key"] == KEY
    assert events.ours(US, "C0ROOM", {"ts": TS, "bot_id": "B0US", "text": "x"}) is None


@given(st.text(), st.lists(st.text(max_size=20), max_size=3))
def test_whatever_people_write_can_be_kept_and_read(words: str, pieces: list[str]) -> None:
    for message in (said(words), rich(*(text(piece) for piece in pieces), text=words)):
        raw = events.written(US, "C0ROOM", message, ADA, Names(), links=True)
        assert raw is None or isinstance(interpret(raw), Written)
