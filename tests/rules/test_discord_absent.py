"""Where discord.py is not installed, a sentence says so, and nothing else of Backchat minds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.discord import plugin
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
[chats.discord]
adapter = "discord"
token = "a token"
operators = ["1"]
[routes.garden]
blog = "garden"
relay = "authors"
[[routes.garden.rooms]]
chat = "discord"
room = "1"
authors = { "2" = "mara" }
"""


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "discord", None)


def test_a_configuration_that_names_it_is_refused_in_one_sentence(without: None, tmp_path: Path) -> None:
    file = tmp_path / "backchat.toml"
    file.write_text(CONFIG)
    with pytest.raises(ConfigError) as caught:
        load(file, WallClock())
    assert caught.value.problems == [
        f"{file}:9: chats.discord.adapter: needs discord.py, which is not installed here: install backchat[discord]"
    ]


async def test_init_says_it_before_it_asks_anything(without: None, tmp_path: Path) -> None:
    dialogue = Terminal(Secrets(tmp_path / "backchat.toml"), attended=True)
    with pytest.raises(Refused, match=r"install backchat\[discord\]"):
        await plugin.offer(dialogue)


def test_finding_the_adapter_imports_no_discord_py() -> None:
    words = "import sys; from bridge import plugins; plugins.chat('discord'); print('discord' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
