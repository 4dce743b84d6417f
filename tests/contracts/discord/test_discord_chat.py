"""The Discord adapter passes the suite for chats, against the double, through the real discord.py."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from bridge.testing.chat_contract import ChatContract
from tests.contracts.discord.scene import DiscordScene, scene_of


class TestDiscordInATextChannel(ChatContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> DiscordScene:
        return await scene_of(folder, stack)


class TestDiscordInAForum(ChatContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> DiscordScene:
        return await scene_of(folder, stack, forum=True)


class TestDiscordWithWebhooks(ChatContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> DiscordScene:
        return await scene_of(folder, stack, identity="webhook")


class TestDiscordWithoutTheContentIntent(ChatContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> DiscordScene:
        return await scene_of(folder, stack, content=False)
