"""The Slack adapter passes the suite for chats, against the double, through the real slack_bolt and slack_sdk."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from bridge.testing.chat_contract import ChatContract
from tests.contracts.slack.scene import SlackScene, scene_of


class TestSlackBySocket(ChatContract):
    replies = False
    overlaps = True

    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> SlackScene:
        return await scene_of(folder, stack)


class TestSlackByHttp(ChatContract):
    replies = False
    overlaps = True

    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> SlackScene:
        return await scene_of(folder, stack, mode="http")
