"""`backchat demo --chat slack`: the whole story with a real Isso, the real slack-bolt, and the double of Slack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.chat_demos import check_page, check_story, demo

pytestmark = pytest.mark.timeout(300)


async def test_the_whole_story_holds_on_slack_and_leaves_no_process_behind(tmp_path: Path) -> None:
    await check_story(tmp_path / "demo", "slack")


async def test_without_check_it_shows_slack_in_the_browser_until_ctrl_c(tmp_path: Path) -> None:
    await check_page(tmp_path / "demo", "slack", "stand-in for Slack", "press Answer under it")


@pytest.mark.parametrize("lacking", ["slack_bolt", "emoji"])
async def test_without_slacks_libraries_it_says_what_to_install(tmp_path: Path, lacking: str) -> None:
    code, words = await demo(tmp_path / "demo", "--check", "--chat", "slack", without=lacking)
    assert code == 1
    assert "are not installed here: install backchat[slack]" in words and "Traceback" not in words
