"""A feed shows a comment no more: when that means something, and when it means nothing."""

from __future__ import annotations

from bridge.feeds.absence import BELIEVED, doubtful
from bridge.feeds.item import Item
from tests.contracts.feed.written import Book, item


def missing(book: Book) -> dict[str, int]:
    found = book.state.feeds[book.address].missing
    return {id.rpartition("-")[2]: n for id, n in found.items()}


def window(*numbers: int) -> list[Item]:
    return [item(n) for n in numbers]


def test_a_comment_that_is_absent_amid_the_others_is_believed_to_be_gone_at_the_second_reading() -> None:
    book = Book()
    book.read(*window(15, 14, 13, 12, 11))
    book.read(*window(15, 14, 12, 11, 10))
    assert missing(book) == {"13": 1} and doubtful(book.state.feeds[book.address].missing)
    book.read(*window(15, 14, 12, 11, 10))
    assert missing(book) == {"13": BELIEVED} and not doubtful(book.state.feeds[book.address].missing)


def test_the_newest_can_go_too() -> None:
    book = Book()
    book.read(*window(15, 14, 13))
    book.read(*window(14, 13, 12))
    assert missing(book) == {"15": 1}


def test_what_slides_out_of_a_full_window_is_not_missing() -> None:
    book = Book()
    book.read(*window(15, 14, 13))
    book.read(*window(16, 15, 14))
    book.read(*window(18, 17, 16))
    assert missing(book) == {}


def test_of_several_comments_in_one_second_the_edge_of_the_window_may_lack_any() -> None:
    book = Book()
    at = item(14).published
    tied = [item(n, published=at) for n in (14, 13, 12)]
    book.read(item(15), *tied[:2])
    book.read(item(15), tied[0], tied[2])
    assert missing(book) == {}


def test_it_is_not_missing_any_more_when_it_is_back_and_is_told_again() -> None:
    book = Book()
    book.read(*window(15, 14, 13))
    for _ in range(3):
        book.read(*window(15, 13, 12))
    assert missing(book) == {"14": 3}
    found = book.read(*window(15, 14, 13))
    assert missing(book) == {} and [comment.id[-2:] for comment in found.comments] == ["14"] and not found.new


def test_in_a_feed_that_shows_everything_the_oldest_can_go_as_well() -> None:
    book = Book()
    book.read(*window(3, 2, 1))
    book.read(*window(3, 2))
    assert missing(book) == {"1": 1}


def test_a_feed_that_suddenly_shows_far_less_is_not_believed() -> None:
    book = Book()
    book.read(*window(15, 14, 13, 12, 11, 10))
    book.read(*window(15, 14, 13))
    book.read()
    assert missing(book) == {}


def test_a_feed_in_another_order_than_that_of_time_tells_nothing_by_what_it_lacks() -> None:
    book = Book()
    book.read(*window(12, 15, 11, 14))
    book.read(*window(12, 15, 10, 14))
    assert missing(book) == {}


def test_a_broken_feed_tells_nothing_by_what_it_lacks() -> None:
    book = Book()
    book.read(*window(15, 14, 13))
    book.read(*window(15, 13, 12), strict=False)
    assert missing(book) == {}


def test_what_another_feed_of_the_blog_shows_is_not_missing() -> None:
    book = Book()
    book.read(*window(15, 14, 13))
    book.address += "?other"
    book.read(*window(14, 13))
    book.address = Book().address
    book.read(*window(15, 13, 12))
    assert missing(book) == {}
