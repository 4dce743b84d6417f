"""Which threads are read when, and how comments are named: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.isso import beat, ids
from adapters.isso.beat import LIVELY, Hint, Seen, State
from bridge.errors import Refused
from bridge.model import CommentId, Key, PostId

NOW = 1_800_000_000.0
POSTS = st.integers(0, 40).map(lambda n: PostId(f"/{n}/"))
SEEN = st.builds(
    Seen,
    count=st.integers(0, 5),
    mark=st.sampled_from(["", "a", "b"]),
    beat=st.integers(0, 50),
    active=st.sampled_from([0.0, NOW - LIVELY / 2]),
    titled=st.booleans(),
)
STATES = st.builds(State, st.integers(51, 60), st.dictionaries(POSTS, SEEN, max_size=30))
HINTS = st.dictionaries(POSTS, st.builds(Hint, st.integers(0, 5), st.sampled_from(["", "a", "b"])), max_size=30)


@given(STATES, HINTS)
def test_whatever_changed_is_read_at_once_and_nothing_twice(state: State, hints: dict[PostId, Hint]) -> None:
    chosen = beat.choose(state, hints, NOW)
    assert len(chosen) == len(set(chosen))
    for post in {*state.threads, *hints}:
        before, hint = state.threads.get(post), hints.get(post, Hint(0))
        if before is None:
            assert (post in chosen) == (hint.count > 0)
        elif before.count != hint.count:
            assert post in chosen


@given(STATES)
def test_an_unchanged_blog_is_read_wholly_within_as_many_beats_as_it_has_threads(state: State) -> None:
    hints = {post: Hint(seen.count, seen.mark) for post, seen in state.threads.items()}
    wanted = {post for post, seen in state.threads.items() if seen.count}
    unread = set(wanted)
    for number in range(len(wanted)):
        chosen = beat.choose(state, hints, NOW)
        assert len(chosen) <= 1 + beat.LIVELY_READS
        unread -= set(chosen)
        for post in chosen:
            seen = state.threads[post]
            state = state.after(post, Seen(seen.count, seen.mark, 100 + number, seen.active))
    assert not unread


@given(STATES)
def test_a_cursor_comes_back_as_the_next_beat(state: State) -> None:
    assert beat.load(beat.dump(state)) == State(state.beat + 1, state.threads)


@pytest.mark.parametrize("cursor", [None, "", "{}", "[]", "null", '{"v":2}', '{"v":1,"beat":1,"threads":{"/":[1]}}'])
def test_a_cursor_that_is_not_ours_is_as_good_as_none(cursor: str | None) -> None:
    assert beat.load(cursor) == State()


def test_a_large_blog_is_asked_for_everything_less_often() -> None:
    assert all(beat.scans(number, 100) for number in range(10))
    assert sum(beat.scans(number, 5_000) for number in range(110)) == 10


# --- Names and keys ---------------------------------------------------------------------------------------------------

KEYS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"), min_size=24, max_size=24).map(Key)


@given(st.integers(1, 2**53), st.floats(0, 2**33))
def test_a_comments_name_says_number_and_exact_instant(number: int, created: float) -> None:
    assert ids.parts(ids.comment_id(number, created)) == (number, created)


@pytest.mark.parametrize("name", ["", "7", "@", "x@1.0", "7@soon"])
def test_a_name_from_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        ids.parts(CommentId(name))


@given(st.sampled_from(["https://me.example", "https://me.example/", "http://127.0.0.1:80/a?b=c&d"]), KEYS)
def test_a_key_travels_in_an_address_and_is_taken_out_again(website: str, key: Key) -> None:
    carrier = ids.signed(website, key)
    assert ids.key_of(carrier) == key
    assert (ids.without_key(carrier) or "").rstrip("/") == website.rstrip("/")


@pytest.mark.parametrize(
    "website", [None, "", "https://x.example/#bc-short", "https://x.example/#bc-" + "A" * 24, "#bc-"]
)
def test_what_is_no_key_is_none(website: str | None) -> None:
    assert ids.key_of(website) is None


@pytest.mark.parametrize("website", ["javascript:alert(1)", "", None, "data:text/html,x"])
def test_an_address_that_browsers_would_run_is_none(website: str | None) -> None:
    assert ids.without_key(website) is None
