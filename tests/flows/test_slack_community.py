"""What a community gets on Slack: it talks in the thread, nothing leaks, and no visitor can ping anybody."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.double.things import Message
from bridge.model import AccountName, PersonId, Relay
from bridge.text import html_in
from bridge.text.names import folded
from tests.flows.slack_stage import SlackStage, slack_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SlackStage]:
    async with slack_stage(tmp_path) as stage:
        yield stage


async def _stays(stage: SlackStage, *said: Message) -> None:
    """Nothing of this reaches the blog, and nobody is told anything about it."""
    await stage.at_rest()
    assert stage.blog.said() == [ROSES]
    assert [message for message in said if stage.receipt(message)] == []
    assert len(stage.standing()) == 1


async def test_law_08_what_others_write_stays_in_the_thread(stage: SlackStage) -> None:
    await stage.begun()
    said = [stage.gus.reply(stage.thread(), "In June!"), stage.gus.reply(stage.ours(ROSES), "In July!")]
    stage.gus.react(said[0], "mega")
    await _stays(stage, *said)


async def test_law_08_a_name_like_an_authors_publishes_nothing(stage: SlackStage) -> None:
    await stage.begun()
    other = stage.slack.member("Ada", stage.channel)
    await _stays(stage, other.reply(stage.thread(), "In June!"))


async def test_law_08_a_guest_of_another_company_never_speaks(stage: SlackStage) -> None:
    await stage.begun()
    guest = stage.slack.guest("Ada", stage.channel)
    said = guest.reply(stage.thread(), "In June!")
    guest.react(said, "mega")
    await _stays(stage, said)
    assert await stage.told(guest, guest.click(stage.ours(ROSES), "Answer"))


async def test_law_08_a_guest_who_is_listed_by_team_and_person_speaks(tmp_path: Path) -> None:
    async with slack_stage(tmp_path, started=False) as stage:
        guest = stage.slack.guest("Grace", stage.channel)
        listed = PersonId(f"{guest.user.team.id}/{guest.id}")
        stage.public.speakers[listed] = AccountName("ada")  # type: ignore[index]
        await stage.start()
        await stage.begun()
        await stage.receives(guest.reply(stage.thread(), "In March."), "✅")


async def test_asides_stay_in_the_thread(stage: SlackStage) -> None:
    await stage.begun()
    thread = stage.thread()
    await _stays(stage, stage.ada.reply(thread, "// between us"), stage.ada.reply(thread, "@Gus in March, no?"))


async def test_an_answer_that_becomes_an_aside_is_withdrawn_and_an_aside_never_becomes_an_answer(
    stage: SlackStage,
) -> None:
    await stage.begun()
    aside = stage.ada.reply(stage.thread(), "// In May.")
    answer = stage.ada.reply(stage.thread(), "In March.")
    await stage.receives(answer, "✅")
    stage.ada.edit(aside, "In May.")
    stage.ada.edit(answer, "// In March.")
    await stage.until(lambda: stage.blog.said() == [ROSES], "the withdrawal")
    await _stays(stage, aside)


async def test_what_is_said_elsewhere_is_not_even_recorded(stage: SlackStage) -> None:
    await stage.begun()
    elsewhere = stage.slack.channel("general")
    elsewhere.members.append(stage.ada.id)
    stage.ada.write(elsewhere, "In March.")
    stage.ada.write(stage.channel, "In the channel itself.")
    off_topic = stage.ada.write(stage.channel, "Off topic")
    stage.ada.reply(off_topic, "In May.")
    await _stays(stage)
    kept = await stage.ask(lambda tx: [row["body"] for row in tx.all("SELECT body FROM inbox")])
    assert not any("In March." in body for body in kept)


async def test_a_room_without_relay_only_mirrors(tmp_path: Path) -> None:
    async with slack_stage(tmp_path, relay=Relay.OFF) as stage:
        await stage.begun()
        assert stage.labels(stage.ours(ROSES)) == []
        said = stage.ada.reply(stage.thread(), "In March.")
        stage.ada.react(said, "mega")
        await _stays(stage, said)


async def test_law_09_a_visitor_pings_nobody_by_name_or_words_on_send_or_edit(stage: SlackStage) -> None:
    everybody = (
        f"<!channel> <!here> <!everyone> @channel @here @everyone <@{stage.gus.id}> @Gus <#{stage.channel.id}>"
        f" <!subteam^S0123456789> <!date^1^{{date}}|x> <https://evil.example/|https://good.example/> &lt;!channel&gt;"
    )
    stage.blog.post(title=everybody[:120])
    await stage.first_reading()
    comment = stage.blog.comment(everybody, name=everybody[:60])
    await stage.until(lambda: bool(stage.standing()), "the comment")
    stage.blog.edit(comment, f"{everybody} Again!")
    await stage.until(lambda: "Again!" in stage.words(stage.standing()[0]), "the edit")
    stage.blog.comment("A reply.", name="Walter", under=comment)
    await stage.shown("A reply.")
    await stage.at_rest()
    assert {who for who, _ in stage.slack.pinged} <= {stage.ada.id}  # whom the thread's opening tells


@pytest.mark.parametrize("name", ["Ada", "gus", "Backchat", "Slackbot", "MOD\u202eada", "a\u200bda", "<!channel>", ""])
async def test_names_that_imitate_are_shown_defused(stage: SlackStage, name: str) -> None:
    await stage.first_reading()
    stage.blog.comment(ROSES, name=name)
    message = await stage.shown(ROSES)
    assert message.username
    assert not {"\u202e", "\u200b", "<", ">"} & set(message.username)
    taken = {folded(user.shown) for user in stage.slack.world.users.values()} | {"slackbot", "backchat"}
    assert folded(message.username) not in taken
    assert (message.user, message.bot) == (None, stage.slack.app.bot_id)


async def test_a_link_says_where_it_leads_and_nothing_unfolds(stage: SlackStage) -> None:
    await stage.first_reading()
    hostile = '<p><a href="https://evil.example/">https://good.example/</a> look</p>'
    stage.blog.comment(html_in.parse(hostile), name="Vera")
    message = await stage.shown("look")
    assert "https://evil.example/" in stage.addresses(message)
    assert "evil.example" in stage.words(message)
    assert not message.unfurls


async def test_law_06_an_answer_from_the_thread_is_not_shown_there_again(stage: SlackStage) -> None:
    await stage.begun()
    await stage.receives(stage.ada.reply(stage.thread(), "In March."), "✅")
    await stage.at_rest()
    assert stage.found("In March.") == []
