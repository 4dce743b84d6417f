"""What a community gets on Discord: it talks in the thread, nothing leaks, and no visitor can ping anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord.double.things import Message
from bridge.model import Relay
from bridge.text import html_in
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[DiscordStage]:
    async with discord_stage(tmp_path) as stage:
        yield stage


async def _stays(stage: DiscordStage, *said: Message) -> None:
    """Nothing of this reaches the blog, and nobody is told anything about it."""
    await stage.at_rest()
    assert stage.blog.said() == [ROSES]
    assert [message for message in said if stage.receipt(message)] == []
    assert len(stage.standing()) == 1


async def test_law_08_what_others_write_stays_in_the_thread(stage: DiscordStage) -> None:
    await stage.begun()
    thread, card = stage.thread(), stage.ours(ROSES)
    said = [stage.gus.write(thread, "In June!"), stage.gus.write(thread, "In July!", reply_to=card)]
    stage.gus.react(said[0], "📮")
    await _stays(stage, *said)


async def test_law_08_a_name_like_an_authors_publishes_nothing(stage: DiscordStage) -> None:
    await stage.begun()
    await _stays(stage, stage.discord.member("Ada").write(stage.thread(), "In June!", reply_to=stage.ours(ROSES)))


async def test_law_08_other_bots_and_webhooks_publish_nothing(stage: DiscordStage) -> None:
    await stage.begun()
    bot = stage.discord.member("Helper", stage.authors, bot=True)
    await _stays(stage, bot.write(stage.thread(), "In June!", reply_to=stage.ours(ROSES)))


async def test_asides_stay_in_the_thread(stage: DiscordStage) -> None:
    await stage.begun()
    thread = stage.thread()
    talk = stage.gus.write(thread, "What do you think?")
    said = [
        stage.ada.write(thread, "// between us"),
        stage.ada.write(thread, "I'd say March.", reply_to=talk),
        stage.ada.write(thread, f"<@{stage.gus.id}> in March, no?"),
    ]
    await _stays(stage, *said)


async def test_an_answer_that_becomes_an_aside_is_withdrawn_and_an_aside_never_becomes_an_answer(
    stage: DiscordStage,
) -> None:
    await stage.begun()
    aside = stage.ada.write(stage.thread(), "// In May.")
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "✅")
    stage.ada.edit(aside, "In May.")
    stage.ada.edit(answer, "// In March.")
    await stage.until(lambda: stage.blog.said() == [ROSES], "the withdrawal")
    await _stays(stage, aside)


async def test_discords_own_lines_are_nobodys_words(stage: DiscordStage) -> None:
    await stage.begun()
    thread = stage.thread()
    stage.discord.permit(stage.channel, stage.ada, allow=(1 << 51) | (1 << 34) | (1 << 13))
    stage.ada.pin(stage.ours(ROSES))
    stage.ada.rename(thread, "Roses")
    await _stays(stage)


async def test_what_is_said_elsewhere_on_the_server_is_not_even_recorded(stage: DiscordStage) -> None:
    await stage.begun()
    elsewhere = stage.discord.channel("general")
    stage.ada.write(elsewhere, "In March.")
    thread = stage.ada.open_thread(stage.channel, "Off topic")
    stage.ada.write(thread, "In May.")
    await _stays(stage)
    kept = await stage.ask(lambda tx: [row["body"] for row in tx.all("SELECT body FROM inbox")])
    assert not any("In March." in body for body in kept)


async def test_only_marked_messages_are_answers_where_the_route_says_so(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        await _stays(stage, stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES)))


async def test_a_room_without_relay_only_mirrors(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, relay=Relay.OFF) as stage:
        await stage.begun()
        assert stage.labels(stage.ours(ROSES)) == []
        said = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
        stage.ada.react(said, "📮")
        await _stays(stage, said)


@pytest.mark.parametrize("identity", ["bot", "webhook"])
@pytest.mark.parametrize("forum", [False, True], ids=["text", "forum"])
async def test_law_09_a_visitor_pings_nobody_by_name_or_words_on_send_or_edit(
    tmp_path: Path, identity: str, forum: bool
) -> None:
    async with discord_stage(tmp_path, identity=identity, forum=forum) as stage:
        everybody = f"@everyone @here <@{stage.gus.id}> <@!{stage.mod.id}> <@&{stage.authors.id}>"
        stage.blog.post(title=everybody[:90])
        await stage.first_reading()
        comment = stage.blog.comment(everybody, name=everybody[:60])
        await stage.until(lambda: bool(stage.standing()), "the comment")
        stage.blog.edit(comment, f"{everybody} Again!")
        await stage.until(lambda: "Again!" in stage.standing()[0].content, "the edit")
        stage.blog.comment("A reply.", name="Walter", under=comment)
        await stage.shown("A reply.")
        await stage.at_rest()
        assert {who for who, _ in stage.discord.pinged} <= {stage.ada.id}  # whom the thread's opening tells
        assert all(not (one.mentions or one.mention_roles or one.everyone) for one in stage.standing())


@pytest.mark.parametrize("name", ["Backchat", "Ada", "Gus ✅", "MOD\u202eada", "a\u200bda", "discord", "everyone"])
@pytest.mark.parametrize("identity", ["bot", "webhook"])
async def test_names_that_imitate_are_shown_defused(tmp_path: Path, name: str, identity: str) -> None:
    async with discord_stage(tmp_path, identity=identity) as stage:
        await stage.first_reading()
        stage.blog.comment(ROSES, name=name)
        message = await stage.shown(ROSES)
        shown = message.author.name if identity == "webhook" else message.content.splitlines()[0]
        assert "\u202e" not in shown
        assert "\u200b" not in shown
        assert message.author.bot
        if identity == "webhook":
            assert "discord" not in shown
            assert shown != "everyone"


async def test_a_link_says_where_it_leads(stage: DiscordStage) -> None:
    await stage.first_reading()
    hostile = '<p><a href="https://evil.example/">https://good.example/</a> look</p>'
    stage.blog.comment(html_in.parse(hostile), name="[Vera](https://evil.example/)")
    message = await stage.shown("look")
    assert "evil.example" in message.content
    assert "[https://good.example/](" not in message.content
    assert "[Vera](" not in message.content


async def test_law_06_an_answer_from_the_thread_is_not_shown_there_again(stage: DiscordStage) -> None:
    await stage.begun()
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "✅")
    await stage.at_rest()
    assert [message.content for message in stage.standing() if "In March." in message.content] == []
