"""Addresses among words, and words that show nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.text.addresses import allowed
from bridge.text.bare import tokens, visible


def web(address: str) -> str | None:
    return address if allowed(address, mail=False) == address else None


def found(words: str) -> list[str]:
    return [token.text for token in tokens(words, web) if token.is_address]


@pytest.mark.parametrize(
    ("words", "addresses"),
    [
        ("see https://x.example/a_b_(c).", ["https://x.example/a_b_(c)"]),
        ("(https://x.example/a)", ["https://x.example/a"]),
        ("HTTP://x.example, https://y.example!", ["HTTP://x.example", "https://y.example"]),
        ("<https://x.example>", ["https://x.example"]),
        ("https://bank.example@evil.example/ steam://run/1 :// https://", []),
        ("xhttps://x.example", ["https://x.example"]),
        ("no address", []),
    ],
)
def test_addresses_among_words(words: str, addresses: list[str]) -> None:
    assert found(words) == addresses


@given(st.text(alphabet=st.sampled_from("ab.:/()<> \n"), max_size=40) | st.text(max_size=40))
def test_the_tokens_are_what_was_given(words: str) -> None:
    given_words = f"{words}https://x.example/{words}"
    assert "".join(token.text for token in tokens(given_words, web)) == given_words


@pytest.mark.parametrize("words", ["", " ", "\u200b\u2060", "\u00a0\n", "\u202e", "\u0301"])
def test_what_shows_nothing(words: str) -> None:
    assert not visible(words)
    assert visible(f"{words}a")
