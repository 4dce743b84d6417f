"""Comments as a plugin, a hacked blog or a stranger can make them: one is spoilt, and it spoils no other."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.wordpress import wire
from bridge.text.tree import paragraph


def row(**changes: Any) -> dict[str, Any]:
    sound = {
        "id": 5, "post": 11, "parent": 0, "author": 0, "author_name": "Vera", "author_url": "https://vera.example",
        "date_gmt": "2026-01-01T12:00:00", "content": {"rendered": "<p>Which tea?</p>"}, "status": "approved",
        "link": "https://garden.example/tea/#comment-5", "type": "comment",
    }  # fmt: skip
    return {**sound, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 2**62}, {"id": True}, {"id": "5"}, {"id": -5}, {"post": float("inf")}, {"parent": float("nan")},
        {"author": [1]}, {"author_url": 5}, {"content": None}, {"date_gmt": "yesterday"}, {"type": ["comment"]},
    ],
)  # fmt: skip
def test_what_is_no_comment_of_wordpress_s_is_told_as_that(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"comment|isoformat|date|integer"):
        wire.comment(row(**changes))


def test_what_no_ledger_could_hold_is_taken_out_of_names() -> None:
    found = wire.comment(row(author_name="Ve\ud800ra \x00 &lt;\u202egnuo\x1b[2J" + "y" * 5_000))
    assert found is not None
    assert found.commenter.name.startswith("Vera <gnuo[2Jyyy") and len(found.commenter.name) == 1_000
    found.commenter.name.encode()


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://[::1", "https://e\ud800.example", "", "/tea/#5"])
def test_law_09_no_address_but_of_the_web_is_led_to(address: str) -> None:
    found = wire.comment(row(link=address, author_url=address))
    assert found is not None
    assert (found.link, found.commenter.address, found.text) == ("", None, paragraph("Which tea?"))


@pytest.mark.parametrize("address", ["http://[/wp/v2/posts/11", 11, None])
def test_a_post_s_place_that_cannot_be_read_is_unknown(address: object) -> None:
    assert wire.collection(row(_links={"up": [{"href": address}]})) is None
