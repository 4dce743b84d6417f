"""Where Slack's libraries are not installed, a sentence says so, and nothing else of Backchat minds."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from adapters.slack import plugin
from bridge.cli.setup.keeping import Secrets
from bridge.cli.setup.talking import Terminal
from bridge.clock import WallClock
from bridge.config import load
from bridge.errors import ConfigError, Refused

CONFIG = """
[blogs.garden]
adapter = "isso"
address = "http://127.0.0.1:1"
site = "https://garden.example"
[blogs.garden.accounts.mara]
name = "Mara"
[chats.slack]
adapter = "slack"
token = "xoxb-1-2-a"
app_token = "xapp-1-A1-2-b"
[routes.garden]
blog = "garden"
relay = "authors"
[[routes.garden.rooms]]
chat = "slack"
room = "C0BLOG"
authors = { "U0MARA" = "mara" }
"""


@pytest.fixture(params=["slack_bolt", "emoji"])
def without(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, request.param, None)


def test_a_configuration_that_names_it_is_refused_in_one_sentence(without: None, tmp_path: Path) -> None:
    file = tmp_path / "backchat.toml"
    file.write_text(CONFIG)
    with pytest.raises(ConfigError) as caught:
        load(file, WallClock())
    (problem,) = caught.value.problems
    assert "chats.slack.adapter: needs slack_bolt" in problem and "install backchat[slack]" in problem


async def test_init_says_it_before_it_asks_anything(without: None, tmp_path: Path) -> None:
    dialogue = Terminal(Secrets(tmp_path / "backchat.toml"), attended=True)
    with pytest.raises(Refused, match=r"install backchat\[slack\]"):
        await plugin.offer(dialogue)
