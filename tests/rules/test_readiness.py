"""What `/readyz` complains about, and what it leaves in peace; and what the metrics make of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.house import House, OpenBlog, OpenChat
from bridge.ledger.sqlite import SqliteLedger
from bridge.metrics import Told, exposition
from bridge.model import BlogLimits, BlogName, ChatLimits, ChatName, Guarantee
from bridge.overview import BlogOverview, ChatOverview, LaneOverview, Overview, ParkedOverview
from bridge.ports import BlogReady, ChatReady
from bridge.schedule import Beat
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.web import BEATS, LEEWAY, unready

EVERY = 60.0
CLOCK = DrivenClock()
NOW = CLOCK.now()
LONG_AGO = NOW - EVERY - BEATS * EVERY - LEEWAY - 1
GOOD_BLOG = BlogOverview("garden", 3, 1, 0, NOW - 30, NOW + 30, 0, None, None)
GOOD_CHAT = ChatOverview("room", NOW - 5, caught_up=True, last_error=None)


@pytest.fixture
async def house() -> AsyncIterator[House]:
    blog = OpenBlog(BlogName("garden"), FakeBlog(CLOCK), Beat(EVERY))
    blog.ready = BlogReady(frozenset(), BlogLimits(), Guarantee.ONE)
    chat = OpenChat(ChatName("room"), FakeChat(CLOCK))
    chat.ready = ChatReady(frozenset(), ChatLimits(), Guarantee.ONE)
    ledger = SqliteLedger.open(":memory:")
    yield House(ledger, CLOCK, {blog.name: blog}, {chat.name: chat}, (), b"")
    await ledger.close()


def standing(blog: BlogOverview | None = GOOD_BLOG, chat: ChatOverview | None = GOOD_CHAT) -> Overview:
    return Overview(NOW, (blog,) if blog else (), (chat,) if chat else (), (), (), {})


def reasons(house: House, overview: Overview, since: float = LONG_AGO) -> list[str]:
    return list(unready(house, overview, since))


def test_nothing_to_complain_about(house: House) -> None:
    assert reasons(house, standing()) == []


def test_what_is_not_open_says_why_not(house: House) -> None:
    house.blogs[BlogName("garden")].ready = None
    house.chats[ChatName("room")].ready = None
    house.chats[ChatName("room")].trouble = "the token is not accepted"
    assert reasons(house, standing()) == [
        "the blog garden is not open: it has not answered yet",
        "the chat room is not open: the token is not accepted",
    ]


def test_a_paused_blog_waits_for_a_person(house: House) -> None:
    assert reasons(house, standing(replace(GOOD_BLOG, paused="its numbers changed"))) == [
        "the blog garden is paused: its numbers changed"
    ]


def test_the_silence_of_a_blog_is_noticed_after_some_beats(house: House) -> None:
    late = replace(GOOD_BLOG, last_read=LONG_AGO + 2, next_read=NOW - 1)
    assert reasons(house, standing(late)) == []
    late = replace(late, last_read=LONG_AGO)
    assert reasons(house, standing(late)) == ["the blog garden has not been read for 361 s"]
    failing = replace(late, failures=3, last_error="it refuses connections", next_read=NOW + 900)
    assert reasons(house, standing(failing)) == ["the blog garden has not been read for 361 s: it refuses connections"]


def test_the_silence_of_an_idle_blog_is_noticed_later_by_as_much_as_its_beat_is_slower(house: House) -> None:
    house.blogs[BlogName("garden")].beat = Beat(EVERY, 10 * EVERY)
    late = replace(GOOD_BLOG, last_read=LONG_AGO - 9 * EVERY + 2, failures=1, next_read=NOW + 60)
    assert reasons(house, standing(late), since=0.0) == []
    late = replace(late, last_read=LONG_AGO - 9 * EVERY)
    assert reasons(house, standing(late), since=0.0) == ["the blog garden has not been read for 901 s"]


def test_a_blog_that_asked_for_patience_gets_it(house: House) -> None:
    patient = replace(GOOD_BLOG, last_read=LONG_AGO, next_read=NOW + 3600)
    assert reasons(house, standing(patient)) == []


@pytest.mark.parametrize("known", [None, replace(GOOD_BLOG, last_read=None), replace(GOOD_BLOG, last_read=LONG_AGO)])
def test_a_daemon_that_has_just_begun_is_given_time(house: House, known: BlogOverview | None) -> None:
    overview = standing(known if known is None else replace(known, next_read=0.0))
    assert reasons(house, overview, since=NOW - 10) == []
    assert len(reasons(house, overview, since=LONG_AGO)) == 1


@pytest.mark.parametrize("known", [None, replace(GOOD_CHAT, caught_up=False)])
def test_a_chat_that_is_not_heard_is_not_ready(house: House, known: ChatOverview | None) -> None:
    assert reasons(house, standing(chat=known)) == [
        "the chat room is not heard: what was written meanwhile is still being read"
    ]
    broken = replace(GOOD_CHAT, caught_up=False, last_error="the connection was closed")
    assert reasons(house, standing(chat=broken)) == ["the chat room is not heard: the connection was closed"]


def test_a_chat_that_is_heard_but_will_not_be_opened_again_is_not_ready(house: House) -> None:
    house.chats[ChatName("room")].trouble = "the token is good no more"
    assert reasons(house, standing()) == ["the chat room cannot be opened again: the token is good no more"]


def test_a_blog_that_is_configured_no_more_is_none_of_its_business(house: House) -> None:
    old = replace(GOOD_BLOG, name="meadow", paused="long ago", last_read=None)
    assert reasons(house, replace(standing(), blogs=(GOOD_BLOG, old))) == []


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text; version=1.0.0", "text/plain"])
def test_the_metrics_are_what_prometheus_reads_and_label_nothing_that_people_wrote(house: House, accept: str) -> None:
    lane = LaneOverview("room:room/comments/1", "comments in room", 2, NOW - 40, sending=False, reason=None)
    parked = ParkedOverview(7, "parked", "answer", "Tea on garden", "my words", "nobody knows", NOW)
    told = replace(standing(), lanes=(lane, replace(lane, due=None)), parked=(parked,), counts={"waiting": 4})
    house.pulse.count("reading", "garden", "read")
    house.pulse.beat("inbox")
    body, kind = exposition(Told.of(house, told), accept)
    assert kind.startswith("application/openmetrics-text" if "openmetrics" in accept else "text/plain")
    text = body.decode()
    assert "my words" not in text and "Tea" not in text
    for line in (
        'backchat_comments{blog="garden"} 3.0', 'backchat_comments_unanswered{blog="garden"} 1.0',
        "backchat_waiting 4.0", "backchat_oldest_waiting_seconds 40.0", "backchat_lanes_waiting 2.0",
        'backchat_parked{kind="answer"} 1.0', 'backchat_parked{kind="comment"} 0.0',
        'backchat_readings_total{blog="garden",outcome="read"} 1.0',
        'backchat_chat_caught_up{chat="room"} 1.0', "backchat_loops_overdue 0.0", 'loop_age_seconds{loop="inbox"}',
    ):  # fmt: skip
        assert line in text
    if "openmetrics" not in accept:
        families = [family for family in text_string_to_metric_families(text) if family.name.startswith("backchat")]
        assert len(families) > 20 and all(family.documentation.endswith(".") for family in families)


class Measuring(FakeChat):
    """A chat that measures its connection; some of the names are none."""

    def gauges(self) -> Mapping[str, float]:
        return {"connections": 2.0, "caught_up": 7.0, "Not a name": 1.0, "": 1.0, 'x{chat="room"}': 1.0}


def test_what_a_chat_measures_stands_among_the_metrics_under_its_name(house: House) -> None:
    house.chats[ChatName("room")].adapter = Measuring(CLOCK)
    body, _ = exposition(Told.of(house, standing()), "")
    ours = [line for line in body.decode().splitlines() if line.startswith("backchat_chat_")]
    assert 'backchat_chat_connections{chat="room"} 2.0' in ours
    assert 'backchat_chat_caught_up{chat="room"} 1.0' in ours
    assert len(ours) == 4 and not [line for line in ours if "Not" in line]


class Faulty(FakeChat):
    """A chat that cannot say what it measures."""

    def gauges(self) -> Mapping[str, float]:
        raise LookupError("no connection")


def test_a_chat_that_cannot_measure_takes_nobodys_metrics_away(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.chats[ChatName("room")].adapter = Faulty(CLOCK)
    body, _ = exposition(Told.of(house, standing()), "")
    assert b'backchat_chat_caught_up{chat="room"} 1.0' in body
    assert "cannot tell what it measures" in caplog.text
