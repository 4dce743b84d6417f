"""What WordPress does to a text, between what was sent and what is shown: the double does the same."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.servers.wordpress import RunningWordPress
from tests.servers.wordpress_asking import COMMENTS, Asking

CASES = tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", CASES)
async def test_what_is_stored_and_shown(wordpress: RunningWordPress, ask: Asking, name: str) -> None:
    case = CASES[name]
    await wordpress.switch(no_flood=True)
    for login, prefix in (("editor", ""), ("jane", "author_")):
        sent = await ask.answer(login, case["words"])
        assert sent.status == 201
        shown = (await ask.get(f"{COMMENTS}/{sent.data['id']}")).data["content"]["rendered"]
        assert shown == case.get(f"{prefix}shown", case["shown"])
        row = await wordpress.row(sent.data["id"])
        assert row.words == case.get(f"{prefix}stored", case["stored"])
