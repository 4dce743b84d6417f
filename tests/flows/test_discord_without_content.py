"""Without Discord's privileged Message Content intent: what can be answered is, and nothing empty is relayed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.ports import ChatAbility
from tests.flows.discord_stage import CHAT, DiscordStage, discord_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    async with discord_stage(tmp_path, started=False) as stage:
        stage.discord.world.application.content = False
        await stage.start()
        yield stage


async def test_it_is_said_at_the_start(stage: DiscordStage) -> None:
    ready = stage.house.chats[CHAT].opened()
    assert any("Message Content Intent" in remark for remark in ready.remarks)
    assert ChatAbility.READ not in ready.abilities
    (identified,) = stage.discord.gate.identified
    assert identified["intents"] & (1 << 15) == 0


async def test_a_reply_with_a_ping_a_mention_and_a_form_are_published(stage: DiscordStage) -> None:
    await stage.begun()
    card = stage.ours(ROSES)
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=card)
    await stage.receives(answer, "✅")
    mention = stage.ada.write(stage.thread(), f"<@{stage.discord.bot.id}> And in April.")
    await stage.receives(mention, "✅")
    await stage.ada.submit(await stage.ada.click(card, "bc1:answer"), "Or in May.")
    await stage.on_blog("Or in May.")
    assert stage.blog.said() == [ROSES, "In March.", "And in April.", "Or in May."]


async def test_the_message_command_publishes_what_discord_kept_from_us(stage: DiscordStage) -> None:
    await stage.begun()
    said = stage.ada.write(stage.thread(), "In March.")
    await stage.pass_time(30)
    assert stage.blog.said() == [ROSES]
    await stage.ada.message_command("Publish as answer", said)
    await stage.on_blog("In March.")


async def test_an_empty_message_is_never_relayed(stage: DiscordStage) -> None:
    await stage.begun()
    plain = stage.ada.write(stage.thread(), "In March.")
    silent = stage.ada.write(stage.thread(), "In April.", reply_to=stage.ours(ROSES), ping=False)
    await stage.at_rest()
    assert stage.blog.said() == [ROSES]
    assert (stage.receipt(plain), stage.receipt(silent)) == (set(), set())


async def test_a_mark_on_a_message_that_discord_keeps_from_us_publishes_nothing_empty(stage: DiscordStage) -> None:
    await stage.begun()
    said = stage.ada.write(stage.thread(), "In March.")
    stage.ada.react(said, "📮")
    await stage.at_rest()
    assert stage.blog.said() == [ROSES]


async def test_an_intent_that_is_taken_away_while_we_listen_costs_only_what_needs_it(tmp_path: Path) -> None:
    async with discord_stage(tmp_path) as stage:
        await stage.begun()
        stage.discord.take_content()
        await stage.until(lambda: len(stage.discord.gate.identified) > 1, "another session")
        await stage.listening()
        answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
        await stage.receives(answer, "✅")


async def test_what_was_replied_while_we_were_away_is_caught_up(stage: DiscordStage) -> None:
    await stage.begun()
    await stage.stop()
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.start()
    await stage.receives(answer, "✅")
