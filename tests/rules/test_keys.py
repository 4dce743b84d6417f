from __future__ import annotations

import re
from typing import NamedTuple

from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.keys import key


class Made(NamedTuple):
    secret: bytes
    place: str
    native: str
    part: int
    words: str
    generation: int


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
made = st.builds(Made, st.binary(min_size=1, max_size=32), words, words, st.integers(0, 99), words, st.integers(0, 99))


@given(made)
def test_a_key_is_24_letters_that_any_carrier_bears(one: Made) -> None:
    assert re.fullmatch(r"[a-z2-7]{24}", key(*one)) and key(*one) == key(*one)


@given(made, made)
def test_law_06_another_thing_has_another_key(one: Made, other: Made) -> None:
    assume((one != other and one.secret.ljust(64, b"\0") != other.secret.ljust(64, b"\0")) or one[1:] != other[1:])
    assert key(*one) != key(*other)


@given(made, words)
def test_no_place_runs_into_the_name_beside_it(one: Made, tail: str) -> None:
    assume(tail)
    left = one._replace(place=one.place + tail)
    right = one._replace(native=tail + one.native)
    assert key(*left) != key(*right)
