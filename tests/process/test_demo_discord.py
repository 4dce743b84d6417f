"""`backchat demo --chat discord`: the whole story with a real Isso, the real discord.py, and the double of Discord."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.chat_demos import check_page, check_story, demo

pytestmark = pytest.mark.timeout(300)


async def test_the_whole_story_holds_on_discord_and_leaves_no_process_behind(tmp_path: Path) -> None:
    await check_story(tmp_path / "demo", "discord")


async def test_without_check_it_shows_discord_in_the_browser_until_ctrl_c(tmp_path: Path) -> None:
    await check_page(tmp_path / "demo", "discord", "stand-in for Discord", "press Answer under it")


async def test_a_chat_that_the_demo_does_not_have_is_told_with_those_it_has(tmp_path: Path) -> None:
    code, words = await demo(tmp_path / "demo", "--chat", "pigeons")
    assert code == 1
    assert "the demo has no chat “pigeons”; say --chat with one of: discord, slack, web_room" in words


async def test_without_discord_py_it_says_what_to_install(tmp_path: Path) -> None:
    code, words = await demo(tmp_path / "demo", "--check", "--chat", "discord", without="discord")
    assert code == 1
    assert "discord.py is not installed here: install backchat[discord]" in words and "Traceback" not in words
