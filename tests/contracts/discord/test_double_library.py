"""discord.py on the double: it logs in, talks, resumes, begins anew, and is refused as it would be by Discord."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import discord as library
import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.servers.discord_double import Double

INTENTS = library.Intents(guilds=True, guild_messages=True, guild_reactions=True, message_content=True)


class Client(library.Client):
    """Notes what it hears."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            intents=options.pop("intents", INTENTS), max_messages=None, guild_ready_timeout=0.05,
            member_cache_flags=library.MemberCacheFlags.none(), chunk_guilds_at_startup=False, **options,
        )  # fmt: skip
        self.heard: list[str] = []
        self._heard = asyncio.Event()

    def note(self, what: str) -> None:
        self.heard.append(what)
        self._heard.set()
        self._heard = asyncio.Event()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not condition():
                await self._heard.wait()

    async def until_heard(self, what: str, times: int = 1) -> None:
        await self.until(lambda: self.heard.count(what) >= times)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        self.note("identify")

    async def on_ready(self) -> None:
        self.note("ready")

    async def on_resumed(self) -> None:
        self.note("resumed")

    async def on_message(self, message: library.Message) -> None:
        self.note(f"{message.type.name}: {message.content}")

    async def on_raw_message_edit(self, payload: library.RawMessageUpdateEvent) -> None:
        self.note(f"edit: {payload.message.content}")

    async def on_raw_message_delete(self, payload: library.RawMessageDeleteEvent) -> None:
        self.note("delete")

    async def on_raw_reaction_add(self, payload: library.RawReactionActionEvent) -> None:
        self.note(f"add: {payload.emoji}")

    async def on_raw_reaction_remove(self, payload: library.RawReactionActionEvent) -> None:
        self.note(f"remove: {payload.emoji}")

    async def on_raw_thread_update(self, payload: library.RawThreadUpdateEvent) -> None:
        self.note(f"thread: {payload.data['name']}")

    async def on_raw_thread_delete(self, payload: library.RawThreadDeleteEvent) -> None:
        self.note("thread deleted")

    async def on_interaction(self, interaction: library.Interaction[Any]) -> None:
        await interaction.response.send_message("Heard", ephemeral=True)
        await interaction.followup.send("And more", ephemeral=True)


@pytest.fixture(autouse=True)
def pointed(discord: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Route, "BASE", discord.api)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(discord.gateway))


@asynccontextmanager
async def connected(discord: Double, **options: Any) -> AsyncIterator[Client]:
    """A client that is ready."""
    client = Client(**options)
    running = asyncio.create_task(client.start(discord.token))
    try:
        await client.until_heard("ready")
        yield client
    finally:
        await client.close()
        with contextlib.suppress(library.DiscordException, KeyError):
            await running


async def test_it_talks_and_hears(discord: Double) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with connected(discord) as client:
        there = client.get_channel(int(channel.id))
        assert isinstance(there, library.TextChannel)
        anchor = await there.send("A post", nonce="key")
        thread = await anchor.create_thread(name="A post")
        comment = await thread.send("A comment", allowed_mentions=library.AllowedMentions.none())
        place = discord.world.channels[str(thread.id)]
        words = ada.write(place, "Thanks", reply_to=discord.world.messages[place.id][str(comment.id)])
        ada.edit(words, "Thanks!")
        ada.react(words, "📮")
        ada.unreact(words, "📮")
        await comment.add_reaction("✅")
        history = [one.content async for one in thread.history(oldest_first=True)]
        ada.delete(words)
        ada.rename(place, "Renamed")
        discord.member("Mo", discord.role("Mods", 1 << 34)).delete_thread(place)
        await client.until_heard("thread deleted")
    assert history == ["", "A comment", "Thanks!"]
    assert client.heard[2:] == [
        "default: A post", "edit: A post", "thread_starter_message: ", "default: A comment", "reply: Thanks",
        "edit: Thanks!", "add: 📮", "remove: 📮", "add: ✅", "delete", "thread: Renamed",
        "channel_name_change: Renamed", "thread deleted",
    ]  # fmt: skip


async def test_it_resumes_when_it_is_asked_to_and_when_the_connection_is_cut(discord: Double) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with connected(discord) as client:
        discord.gate.reconnect()
        await client.until_heard("resumed")
        assert discord.gate.connections[-1] == "/resume"
        discord.gate.close(4000)
        ada.write(channel, "missed")
        await client.until_heard("resumed", times=2)
        await client.until_heard("default: missed")
    assert client.heard.count("identify") == 1


async def test_it_begins_anew_when_its_session_is_not_valid_and_misses_what_was_said_between(discord: Double) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with connected(discord) as client:
        discord.gate.invalidate()
        await discord.disconnected()
        ada.write(channel, "lost")
        await client.until_heard("ready", times=2)
        ada.write(channel, "heard")
        await client.until_heard("default: heard")
    assert client.heard.count("identify") == 2 and "default: lost" not in client.heard
    assert discord.gate.identifies_left == 998


async def test_a_malformed_event_ends_it(discord: Double) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    client = Client()
    running = asyncio.create_task(client.start(discord.token))
    await client.until_heard("ready")
    discord.spoil("MESSAGE_CREATE", "malformed")
    ada.write(channel, "x")
    with pytest.raises(KeyError):
        await running
    await client.close()


@pytest.mark.parametrize("compressed", [True, False])
async def test_events_come_compressed_or_not(
    discord: Double, monkeypatch: pytest.MonkeyPatch, compressed: bool
) -> None:
    if not compressed:
        monkeypatch.setattr(library.utils._ActiveDecompressionContext, "COMPRESSION_TYPE", "none")
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with connected(discord) as client:
        for n in range(50):
            ada.write(channel, f"{n}")
        await client.until_heard("default: 49")
    assert [one for one in client.heard if one.startswith("default")] == [f"default: {n}" for n in range(50)]


async def test_a_wrong_token_and_intents_that_are_not_granted_are_refused(discord: Double) -> None:
    client = Client()
    with pytest.raises(library.LoginFailure):
        await client.start("wrong")
    await client.close()
    discord.world.application.content = False
    client = Client()
    with pytest.raises(library.PrivilegedIntentsRequired):
        await client.start(discord.token)
    await client.close()


async def test_it_heeds_what_the_headers_say(discord: Double) -> None:
    discord.limits.rules["POST /channels/{channel_id}/messages"] = (3, 10.0)
    channel = discord.channel("blog")
    async with connected(discord) as client:
        there = client.get_partial_messageable(int(channel.id))
        for n in range(10):
            await there.send(f"{n}")
    assert not discord.too_soon() and all(one.status == 200 for one in discord.requests)


async def test_it_repeats_what_answered_500_under_the_same_nonce(discord: Double) -> None:
    channel = discord.channel("blog")
    discord.fail("POST", "/channels/*/messages", 500, commits=True)
    async with connected(discord) as client:
        await client.get_partial_messageable(int(channel.id)).send("Once")
    assert [one.status for one in discord.requests if one.method == "POST"] == [500, 200]
    assert [one.content for one in discord.messages(channel)] == ["Once"]


async def test_a_429_without_via_is_raised_at_once(discord: Double) -> None:
    channel = discord.channel("blog")
    discord.fail("POST", "/channels/*/messages", 429, via=False, retry_after=600)
    async with connected(discord) as client:
        with pytest.raises(library.HTTPException, match="429"):
            await client.get_partial_messageable(int(channel.id)).send("x")


async def test_its_forum_posts_have_no_nonce_and_are_doubled_by_its_own_repetition(discord: Double) -> None:
    forum = discord.forum("posts")
    discord.fail("POST", "/channels/*/threads", 500, commits=True)
    async with connected(discord) as client:
        there = client.get_channel(int(forum.id))
        assert isinstance(there, library.ForumChannel)
        made = await there.create_thread(name="A post", content="Starter")
    assert made.thread.id == made.message.id and len(discord.threads(forum)) == 2


async def test_it_answers_a_press(discord: Double) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    view = library.ui.View()
    view.add_item(library.ui.Button(label="Answer", custom_id="bc1:answer"))
    async with connected(discord) as client:
        sent = await client.get_partial_messageable(int(channel.id)).send("Card", view=view)
        pressed = await ada.click(discord.world.messages[channel.id][str(sent.id)], "bc1:answer")
        await pressed.until(lambda: len(pressed.said) == 2)
    assert [one.content for one in pressed.said] == ["Heard", "And more"] and pressed.ephemeral


async def test_it_counts_content_of_others_as_empty_without_the_intent(discord: Double) -> None:
    discord.world.application.content = False
    channel, ada = discord.channel("blog"), discord.member("Ada")
    intents = library.Intents(guilds=True, guild_messages=True)
    async with connected(discord, intents=intents) as client:
        ada.write(channel, "secret")
        ada.write(channel, f"<@{discord.bot.id}> hello")
        await client.until_heard(f"default: <@{discord.bot.id}> hello")
    assert "default: " in client.heard
