"""Which comment is which: names that stay, whatever a feed changes about a comment."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.feed.identity import position
from adapters.feed.state import State
from bridge.feeds.item import Item
from bridge.model import CommentId
from tests.contracts.feed.written import NOW, SITE, Book, item, said


def test_the_name_says_by_which_scheme_it_was_made() -> None:
    for changed, scheme in (({}, "guid"), ({"guid": ""}, "link"), ({"guid": "", "link": ""}, "hash")):
        (comment,) = Book().read(item(1, **changed)).comments
        assert comment.id.startswith(f"{scheme}:")


def test_an_item_keeps_its_name_when_its_words_its_link_and_its_writer_s_name_change() -> None:
    book = Book()
    (before,) = book.read(item(1)).comments
    (after,) = book.read(
        item(1, "Never mind", link=f"{SITE}/lavender/comment-page-3/#comment-1", name="Vera V.", title="x")
    ).comments
    assert after.id == before.id and (after.created, after.position) == (before.created, before.position)
    assert said((after,)) == ["Never mind"]


def test_what_has_not_changed_is_not_told_again() -> None:
    book = Book()
    assert len(book.read(item(2), item(1)).comments) == 2
    assert book.read(item(2), item(1)).comments == ()
    assert [comment.id for comment in book.read(item(3), item(2), item(1)).comments] == [
        f"guid:{SITE}/?p=roses#comment-3"
    ]


def test_a_link_is_a_name_whatever_page_of_comments_it_is_on_and_whether_by_https() -> None:
    book = Book()
    (before,) = book.read(item(1, guid="")).comments
    (after,) = book.read(item(1, guid="", link="http://garden.example/roses/comment-page-2/#comment-1")).comments
    assert after.id == before.id


def test_the_scheme_is_kept_when_guids_appear_later() -> None:
    book = Book()
    book.read(item(2, guid=""), item(1, guid=""))
    found = book.read(item(3), item(2), item(1))
    assert list(found.new) == ["link://garden.example/roses/#comment-3"]


def test_one_item_without_a_guid_does_not_change_the_others() -> None:
    book = Book()
    first = {comment.id for comment in book.read(item(2), item(1)).comments}
    found = book.read(item(3, guid="", link=""), item(2), item(1))
    assert found.shown > first and len(found.new) == 1 and next(iter(found.new)).startswith("hash:")


def test_links_that_all_lead_to_the_post_are_no_names() -> None:
    found = Book().read(*(item(n, f"Comment {n}", guid="", link=f"{SITE}/roses/") for n in (3, 2, 1)))
    assert len(found.shown) == 3 and all(id.startswith("hash:") for id in found.shown)


def test_two_comments_with_one_guid_are_told_apart_and_stay_apart() -> None:
    book = Book()
    one, other = item(1, guid="same", name="Vera"), item(2, guid="same", name="Kim")
    apart = item(3, guid="own")
    first = book.read(apart, other, one)
    assert len(first.shown) == 3
    assert book.read(apart, other, one).new == frozenset()
    alone = book.read(apart, replace(one, html="<p>changed</p>"))
    assert alone.new == frozenset() and said(alone.comments) == ["changed"]


def test_a_second_comment_with_a_known_guid_takes_nothing_from_the_first() -> None:
    book = Book()
    one, other = item(1, "one", guid="same"), item(2, "two", guid="same", name="Kim")
    (first,) = book.read(one).comments
    found = book.read(other, one)
    assert first.id in found.shown and said(found.comments) == ["two"]


def test_an_item_that_is_there_twice_is_one_comment() -> None:
    assert len(Book().read(item(1), item(2), item(1)).comments) == 2


def test_one_comment_in_two_feeds_is_one_comment() -> None:
    book = Book()
    book.read(item(2), item(1))
    book.address = f"{SITE}/roses/feed/"
    assert book.read(item(2), item(1)).comments == ()
    other_names = [item(n, guid=f"urn:other:{n}") for n in (2, 1)]
    assert book.read(*other_names).comments == (), "the same links, writers and instants"


def test_two_feeds_that_write_a_comment_in_two_ways_do_not_take_turns() -> None:
    book = Book()
    whole, short = item(1, "all of it"), item(1, "all…")
    book.read(whole)
    for _ in range(2):
        book.address = f"{SITE}/roses/feed/"
        assert book.read(short).comments == ()
        book.address = FEED_AGAIN
        assert book.read(whole).comments == ()


FEED_AGAIN = Book().address


def test_very_long_guids_make_short_names() -> None:
    (comment,) = Book().read(item(1, guid="x" * 100_000)).comments
    assert len(comment.id) < 250


@pytest.mark.parametrize("written", ["", "1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "not a date"])
def test_what_has_no_date_that_can_be_gets_the_instant_when_it_was_seen_for_good(written: str) -> None:
    book = Book()
    found = book.read(item(2, published=written), item(1, published=written)).comments
    assert [NOW - comment.created < 1 for comment in found] == [True, True]
    assert found[0].created > found[1].created, "in the feed's order"
    later = book.read(item(2, "new words", published=written), item(1, published=written)).comments
    assert [comment.created for comment in later] == [found[0].created]


def test_positions_follow_time_and_are_never_shared() -> None:
    ids = [CommentId(f"guid:{n}") for n in range(2_000)]
    assert len({position(id, NOW) for id in ids}) == len(ids)
    assert all(position(id, NOW) < position(other, NOW + 1) for id, other in zip(ids, reversed(ids), strict=True))
    assert position(ids[0], 2.0**33 - 1) < 2**63


def test_law_07_the_state_stays_small_and_survives_as_a_cursor() -> None:
    book = Book()

    def numbered(n: int) -> Item:
        written = datetime.fromtimestamp(NOW - 3_600 + n, UTC).isoformat()
        return item(1, guid=f"g{n}", link=f"{SITE}/{n}/#c{n}", published=written)

    for first in range(0, 3_000, 10):
        book.read(*map(numbered, range(first + 10, first, -1)))
    assert len(book.state.seen) <= 70 and len(book.state.posts) <= 200
    assert book.read(*map(numbered, range(3_000, 2_990, -1))).new == frozenset()


def test_old_comments_that_slide_into_a_full_window_are_not_news() -> None:
    book = Book()
    window = [item(n) for n in range(20, 10, -1)]
    book.read(*window)
    found = book.read(*window[:4], *window[5:], item(5))
    assert found.new == frozenset() and found.comments == ()
    late = item(12, guid="late", published=window[3].published)
    assert len(book.read(*window[:4], late, *window[5:]).new) == 1, "approved late, at its old place"


def test_a_feed_that_is_added_later_brings_no_old_comments() -> None:
    book = Book()
    book.read(item(2), item(1))
    book.address = f"{SITE}/lavender/feed/"
    old, new = item(5, post="lavender"), item(6, post="lavender", published="2027-01-15T08:30:00Z")
    assert book.read(old).new == frozenset()
    assert len(book.read(new, old).new) == 1


def test_a_reading_from_scratch_tells_everything_again() -> None:
    book = Book()
    book.read(item(2), item(1))
    book.state = book.state.from_scratch()
    assert len(book.read(item(2), item(1)).comments) == 2
    assert isinstance(book.state, State)
