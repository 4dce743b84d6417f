"""What a blogger gets on Discord: every post a thread, every comment a message, answered in every way there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bridge.model import Relay
from bridge.text.tree import wording
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.flows.stories import ROSES

PLACES: dict[str, dict[str, Any]] = {
    "text channel": {}, "forum": {"forum": True, "tags": ("other", "garden")}, "webhook": {"identity": "webhook"},
}  # fmt: skip


@pytest.fixture(params=PLACES)
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DiscordStage]:
    async with discord_stage(tmp_path, **PLACES[request.param]) as stage:
        yield stage


async def test_a_post_becomes_a_thread_with_its_card_and_those_who_answer_are_told(stage: DiscordStage) -> None:
    stage.blog.post(title="On *roses*")
    await stage.begun()
    thread = stage.thread("On *roses*")
    where = thread if stage.channel.type == 15 else stage.channel
    card = stage.discord.world.messages[where.id][thread.id]
    assert card.content.startswith("💬 **On \\*roses\\***")
    assert "https://blog.example/first/#" in card.content
    assert thread.thread is not None
    assert stage.ada.id in thread.thread.members


async def test_a_forum_post_bears_the_tag_that_is_named_like_the_blog(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, **PLACES["forum"]) as stage:
        await stage.begun()
        (tag,) = [tag.id for tag in stage.channel.tags if tag.name == "garden"]
        thread = stage.thread().thread
        assert thread is not None
        assert thread.applied_tags == [tag]


async def test_a_comment_comes_with_its_name_its_text_and_a_link(stage: DiscordStage) -> None:
    await stage.begun(name="Vera")
    message = stage.ours(ROSES)
    assert "Vera" in (message.author.name if message.webhook else message.content)
    assert "(<https://blog.example/first/#c1:~:bc=" in message.content


async def test_a_reply_on_the_blog_names_whom_it_replies_to(stage: DiscordStage) -> None:
    vera = await stage.begun(name="Vera")
    stage.blog.comment("In March, I think.", name="Walter", under=vera)
    message = await stage.shown("In March, I think.")
    assert "replies to **Vera**" in message.content
    to = message.reference and message.reference["message_id"]
    assert to == (None if message.webhook else stage.ours(ROSES).id)


async def test_later_comments_on_a_post_come_into_its_thread_in_their_order(stage: DiscordStage) -> None:
    await stage.first_reading()
    for number in range(12):
        stage.blog.comment(f"Thought {number:02}.")
    await stage.shown("Thought 11.")
    thread = stage.thread()
    said = [message.content for message in stage.ours_in(thread)]
    assert [next(n for n in range(12) if f"Thought {n:02}." in words) for words in said] == list(range(12))


async def test_a_reply_to_a_comment_is_published_under_it_and_its_receipt_says_so(stage: DiscordStage) -> None:
    comment = await stage.begun()
    answer = stage.ada.write(stage.thread(), "In **March**.", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "⏳")
    await stage.receives(answer, "✅")
    (ours,) = [one for one in stage.blog.public() if one.id != comment]
    assert (ours.parent, wording(ours.text)) == (comment, "In March.")
    await stage.at_rest()
    assert len(stage.standing()) == 1


async def test_plain_writing_answers_the_newest_comment(stage: DiscordStage) -> None:
    await stage.begun("And hydrangeas?", name="Walter")
    comment = await stage.begun()
    answer = stage.ada.write(stage.thread(), "In March.")
    await stage.receives(answer, "✅")
    (ours,) = [one for one in stage.blog.public() if wording(one.text) == "In March."]
    assert ours.parent == comment


async def test_who_speaks_by_a_role_answers_and_nobody_else(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, by_role=True) as stage:
        await stage.begun()
        stage.gus.write(stage.thread(), "In June.", reply_to=stage.ours(ROSES))
        answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
        await stage.receives(answer, "✅")
        await stage.at_rest()
        assert stage.blog.said() == [ROSES, "In March."]


async def test_an_answer_is_revised_by_its_edit_and_taken_back_by_its_deletion(stage: DiscordStage) -> None:
    await stage.begun()
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "✅")
    stage.ada.edit(answer, "In April.")
    await stage.on_blog("In April.")
    await stage.receives(answer, "✅")
    stage.ada.delete(answer)
    await stage.until(lambda: stage.blog.said() == [ROSES], "the withdrawal")


async def test_an_answer_deleted_while_it_is_held_is_never_published(stage: DiscordStage) -> None:
    await stage.begun()
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "⏳")
    stage.ada.delete(answer)
    await stage.at_rest()
    assert stage.blog.said() == [ROSES]
    assert stage.blog.publications == []


async def test_a_marked_message_is_published_and_only_by_its_writers_own_mark(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        said = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
        stage.gus.react(said, "📮")
        await stage.at_rest()
        assert stage.blog.said() == [ROSES]
        stage.ada.react(said, "📮")
        await stage.on_blog("In March.")
        await stage.receives(said, "✅")
        assert said.reactions["📮"].keys() == {stage.ada.id, stage.gus.id}


async def test_the_answer_button_opens_a_form_whose_words_are_said_and_published(stage: DiscordStage) -> None:
    await stage.begun("And hydrangeas?", name="Walter")
    comment = await stage.begun()
    card = stage.ours(ROSES)
    form = await stage.ada.click(card, stage.custom_id(card, "Answer"))
    words = "In March. " * 390
    sent = await stage.ada.submit(form, words)
    await stage.until(lambda: bool(sent.words), "an answer to the form")
    assert sent.ephemeral
    await stage.until(lambda: bool(stage.found("✅ [public]")), "the form's copy")
    (ours,) = [one for one in stage.blog.public() if wording(one.text).startswith("In March.")]
    assert (ours.parent, wording(ours.text)) == (comment, words.strip())
    assert "**Ada** answers **Vera**" in stage.found("In March.")[0].content


async def test_what_a_form_sent_is_changed_and_taken_back_by_its_buttons(stage: DiscordStage) -> None:
    await stage.begun()
    card = stage.ours(ROSES)
    await stage.ada.submit(await stage.ada.click(card, "bc1:answer"), "In March.")
    copy = await stage.shown("✅ [public]")
    form = await stage.ada.click(copy, stage.custom_id(copy, "Edit"))
    await stage.ada.submit(form, "In April.")
    await stage.on_blog("In April.")
    await stage.until(lambda: copy.content.count("In April.") == copy.content.count("✅ [public]") == 1, "the change")
    await stage.ada.click(copy, stage.custom_id(copy, "Take back"))
    await stage.until(lambda: stage.blog.said() == [ROSES], "the withdrawal")


async def test_law_08_forms_are_for_authors_and_their_copies_for_their_writers(stage: DiscordStage) -> None:
    await stage.begun()
    card = stage.ours(ROSES)
    refused = await stage.gus.click(card, "bc1:answer")
    assert refused.ephemeral
    assert refused.modal is None
    await stage.ada.submit(await stage.ada.click(card, "bc1:answer"), "In March.")
    copy = await stage.shown("✅ [public]")
    refused = await stage.gus.click(copy, stage.custom_id(copy, "Take back"))
    assert refused.ephemeral
    await stage.at_rest()
    assert stage.blog.said() == [ROSES, "In March."]


async def test_the_message_command_publishes_ones_own_message(tmp_path: Path) -> None:
    async with discord_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        said = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
        others = stage.gus.write(stage.thread(), "In May.", reply_to=stage.ours(ROSES))
        await stage.at_rest()
        assert stage.blog.said() == [ROSES]
        refused = await stage.ada.message_command("Publish as answer", others)
        assert (refused.ephemeral, bool(refused.words)) == (True, True)
        refused = await stage.gus.message_command("Publish as answer", others)
        assert (refused.ephemeral, bool(refused.words)) == (True, True)
        done = await stage.ada.message_command("Publish as answer", said)
        assert done.ephemeral
        await stage.receives(said, "✅")
        await stage.at_rest()
        assert stage.blog.said() == [ROSES, "In March."]


async def test_law_05_a_refusal_is_said_in_words_to_its_writer_alone(stage: DiscordStage) -> None:
    await stage.begun()
    stage.discord.pinged.clear()
    answer = stage.ada.write(stage.thread(), "OK", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "⚠️")
    refusal = await stage.shown("fewer than 3 characters")
    assert refusal.reference is not None
    assert refusal.reference["message_id"] == answer.id
    assert [who for who, message in stage.discord.pinged if message is refusal] == [stage.ada.id]
    stage.ada.edit(answer, "OK, in March.")
    await stage.receives(answer, "✅")
    await stage.until(lambda: not stage.found("fewer than 3 characters"), "nothing to be said any more")


async def test_an_answer_that_the_blogs_moderator_must_approve_says_so(stage: DiscordStage) -> None:
    await stage.begun()
    stage.blog.moderated = True
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    await stage.receives(answer, "🕓")


async def test_what_was_written_while_backchat_was_down_is_published_afterwards(stage: DiscordStage) -> None:
    await stage.begun()
    await stage.stop()
    answer = stage.ada.write(stage.thread(), "In March.", reply_to=stage.ours(ROSES))
    other = stage.ada.write(stage.thread(), "In April.", reply_to=stage.ours(ROSES))
    stage.ada.edit(other, "In April, where it is cold.")
    stage.clock.advance(120)
    await stage.start()
    await stage.receives(answer, "✅")
    await stage.until(lambda: len(stage.blog.public()) > 1, "the answer on the blog")
    said = " ".join(stage.blog.said())
    assert said.count("In March.") == 1
    assert said.count("In April, where it is cold.") == 1


async def test_an_edit_and_a_deletion_on_the_blog_change_the_message(stage: DiscordStage) -> None:
    comment = await stage.begun()
    stage.blog.edit(comment, "How do you prune old roses?")
    await stage.until(lambda: "old roses" in stage.standing()[0].content, "the edit")
    stage.blog.remove(comment)
    await stage.until(lambda: stage.standing() == [], "the deletion")


async def test_a_long_comment_is_split_and_grows_and_shrinks_with_an_edit(stage: DiscordStage) -> None:
    long = " ".join(f"Sentence {number} of the story." for number in range(120))
    await stage.first_reading()
    comment = stage.blog.comment(long)
    await stage.shown("Sentence 119 of the story.")
    parts = len(stage.standing())
    assert parts > 1
    assert all(len(message.content) <= 2_000 for message in stage.standing())
    stage.blog.edit(comment, " ".join(f"Sentence {number} of the story." for number in range(300)))
    await stage.until(lambda: len(stage.standing()) > parts, "more parts")
    await stage.at_rest()
    joined = " ".join(message.content for message in stage.standing())
    assert [number for number in range(300) if f"Sentence {number} of" not in joined] == []
    stage.blog.edit(comment, "Short.")
    await stage.until(lambda: len(stage.standing()) == 1, "one part")
    assert "Short." in stage.standing()[0].content


async def test_law_03_a_copy_that_a_person_deleted_is_never_said_again(stage: DiscordStage) -> None:
    comment = await stage.begun()
    stage.discord.permit(stage.channel, stage.gus, allow=1 << 13)  # Manage Messages
    stage.gus.delete(stage.ours(ROSES))
    await stage.at_rest()
    stage.blog.edit(comment, "How do you prune old roses?")
    await stage.at_rest()
    assert stage.standing() == []


async def test_law_09_what_a_comment_says_means_nothing_to_discord(stage: DiscordStage) -> None:
    stage.discord.pinged.clear()
    await stage.first_reading()
    stage.blog.comment(f"a *b* _c_ <@{stage.gus.id}> @everyone @here <@&{stage.authors.id}>", name="@everyone")
    await stage.at_rest()
    (message,) = stage.standing()
    assert "a \\*b\\* \\_c\\_" in message.content
    assert [who for who, said in stage.discord.pinged if said is message] == []
    assert (message.mentions, message.mention_roles, message.everyone) == ([], [], False)
