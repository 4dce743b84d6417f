"""docs/discord.md names every setting, permission and number as the code has it, and shows what is read and said."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import catching_up, identifies, permissions, threads
from adapters.discord.chat import KEY_WINDOW
from adapters.discord.forms import LONGEST
from adapters.discord.listening import SILENCE
from adapters.discord.settings import Settings, settings
from adapters.discord.setup import API, GATEWAY
from bridge.chats import office
from bridge.chats.unsettled import SETTLES
from bridge.clock import WallClock
from bridge.config import load
from bridge.ports import Surroundings
from bridge.toml.sheet import Sheet
from bridge.toml.table import TomlTable
from tests.rules.chat_docs import ChatPage

CHAT = ChatPage("discord")
PAGE, CHECK = CHAT.text, CHAT.check


def whole(tmp_path: Path) -> Path:
    """A configuration of what the page shows."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "discord-token").write_text("a token")
    return CHAT.whole(tmp_path)


def test_what_it_shows_is_a_configuration(tmp_path: Path) -> None:
    (route,) = load(whole(tmp_path), WallClock()).routes
    (authors,) = (block for block in CHAT.blocks if block.startswith("authors"))
    assert route.places[0].speakers == {"300000000000000001": "mara"} and len(route.desks) == 1
    assert set(tomllib.loads(authors)["authors"]) == {"300000000000000001", "@300000000000000002"}


def test_every_setting_stands_in_the_table_with_its_default(tmp_path: Path) -> None:
    shown = CHAT.settings
    assert set(shown) == {field.name for field in fields(Settings)} - {"name", "state"}
    sheet = Sheet(tmp_path / "backchat.toml", {})
    values: Mapping[str, Any] = {"token": "a token"}
    plain = settings(
        TomlTable(("chats", "discord"), values, sheet), Surroundings("discord", WallClock(), tmp_path, "Backchat")
    )
    for name in ("identity", "attachments", "mark"):
        assert shown[name] == f'`"{getattr(plain, name)}"`'
    assert (plain.operators, plain.api, plain.gateway) == (frozenset(), None, None)
    assert API in PAGE and GATEWAY in PAGE


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ["chats.discord.token: is missing"]),
        ({"token": {"file": "nowhere"}}, ["chats.discord.token: is to come from the file"]),
        ({"token": "t", "operators": ["12", "mara"]}, ["chats.discord.operators: 'mara' is no person's id"]),
        ({"token": "t", "mark": ":mailbox:"}, ["chats.discord.mark: ':mailbox:' is no emoji"]),
        ({"token": "t", "mark": "<:ours:12>"}, ["chats.discord.mark: '<:ours:12>' is no emoji"]),
        ({"token": "t", "mark": "✍️", "operators": ["12"]}, []),
    ],
)
def test_what_cannot_work_is_told_once_and_before_anything_begins(
    tmp_path: Path, values: Mapping[str, Any], words: list[str]
) -> None:
    sheet = Sheet(tmp_path / "backchat.toml", {})
    settings(TomlTable(("chats", "discord"), values, sheet), Surroundings("discord", WallClock(), tmp_path, "Backchat"))
    said = [str(problem) for problem in sheet.problems]
    assert len(said) == len(words) and all(map(str.__contains__, said, words)), said


def test_every_permission_stands_in_the_table_by_both_names() -> None:
    rows = re.findall(r"^\| ([A-Z][\w ]+) \| ([A-Z–][\w ]*) \| .+ \|$", PAGE, re.MULTILINE)
    needed = {need.name: need.in_forum for need in permissions.needs(permissions.TEXT, "webhook")}
    assert dict(rows) == needed | {"Create Public Threads": "–"}
    assert f"permissions={permissions.invited_with('bot')}" in PAGE
    assert f"({permissions.invited_with('webhook')})" in PAGE
    assert len(permissions.needs(permissions.TEXT, "bot")) == 8 and "eight permissions" in CHECK


def test_its_numbers_are_those_of_the_code() -> None:
    hourly = identifies.Identifies(Path(), WallClock()).hourly
    burst = max(identifies.BURST, hourly // 2)
    for words in (
        f"{catching_up.THREADS:,} threads", f"{catching_up.MESSAGES:,} messages", f"at most {hourly} in an hour",
        f"{burst} as they come", f"{identifies.HOUR / (hourly - burst + 1):.0f} seconds apart",
        f"fewer than {identifies.RESERVE} are left", f"up to {LONGEST:,} characters",
    ):  # fmt: skip
        assert words in PAGE, words
    assert (SILENCE, threads.MADE_ROOM, threads.ARCHIVE_AFTER, KEY_WINDOW) == (300.0, 10, 7 * 24 * 60, 120.0)
    assert SETTLES == 75.0 and "within 75 seconds" in PAGE
    assert "within two minutes" in PAGE
    assert "silent for five minutes" in PAGE and "archives ten" in PAGE and "after a week" in PAGE


def test_every_receipt_and_command_is_explained() -> None:
    assert CHAT.lacks({command.name: command.takes for command in office.COMMANDS}) == []


@pytest.mark.parametrize("message", CHAT.messages)
def test_every_message_that_is_explained_is_said(message: str) -> None:
    assert CHAT.unsaid(message) == []
