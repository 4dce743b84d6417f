"""What a blogger gets on Slack: every post a thread, every comment a message, answered in every way there is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model import Relay
from bridge.text.tree import wording
from tests.flows.slack_stage import SlackStage, slack_stage
from tests.flows.stories import ROSES


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[SlackStage]:
    async with slack_stage(tmp_path) as stage:
        yield stage


async def test_a_post_becomes_a_thread_with_its_card_and_those_who_answer_are_told(stage: SlackStage) -> None:
    stage.blog.post(title="On *roses* & <more>")
    await stage.begun()
    root = stage.thread("On *roses* & <more>")
    assert "https://blog.example/first/" in str(root.blocks)
    assert [who for who, said in stage.slack.pinged if said is root] == [stage.ada.id]
    assert root.text.startswith("💬 On")


async def test_a_comment_comes_with_its_name_its_text_and_a_link(stage: SlackStage) -> None:
    await stage.begun(name="Vera")
    message = stage.ours(ROSES)
    assert (message.username, message.thread) == ("Vera", stage.thread().ts)
    assert "https://blog.example/first/#c1" in stage.words(message)
    assert "via blog" in stage.words(message)
    assert not message.unfurls


async def test_a_reply_on_the_blog_names_whom_it_replies_to(stage: SlackStage) -> None:
    vera = await stage.begun(name="Vera")
    stage.blog.comment("In March, I think.", name="Walter", under=vera)
    assert "in reply to *Vera*" in stage.words(await stage.shown("In March, I think."))


async def test_later_comments_on_a_post_come_into_its_thread_in_their_order(stage: SlackStage) -> None:
    await stage.first_reading()
    for number in range(12):
        stage.blog.comment(f"Thought {number:02}.")
    await stage.shown("Thought 11.")
    said = [stage.words(message) for message in stage.ours_in(stage.thread())]
    assert [next(n for n in range(12) if f"Thought {n:02}." in words) for words in said] == list(range(12))


async def test_plain_writing_answers_the_newest_comment_and_its_receipt_says_so(stage: SlackStage) -> None:
    await stage.begun("And hydrangeas?", name="Walter")
    comment = await stage.begun()
    answer = stage.ada.reply(stage.thread(), "In *March*.")
    await stage.receives(answer, "⏳")
    await stage.receives(answer, "✅")
    (ours,) = [one for one in stage.blog.public() if wording(one.text) == "In March."]
    assert ours.parent == comment
    await stage.at_rest()
    assert len(stage.standing()) == 2


async def test_a_name_in_front_says_whom_an_answer_is_for(stage: SlackStage) -> None:
    walter = await stage.begun("And hydrangeas?", name="Walter")
    await stage.begun()
    await stage.receives(stage.ada.reply(stage.thread(), "@Walter in March."), "✅")
    (ours,) = [one for one in stage.blog.public() if one.parent is not None]
    assert ours.parent == walter


async def test_an_answer_is_revised_by_its_edit_and_taken_back_by_its_deletion(stage: SlackStage) -> None:
    await stage.begun()
    answer = stage.ada.reply(stage.thread(), "In March.")
    await stage.receives(answer, "✅")
    stage.ada.edit(answer, "In April.")
    await stage.on_blog("In April.")
    await stage.receives(answer, "✅")
    stage.ada.delete(answer)
    await stage.until(lambda: stage.blog.said() == [ROSES], "the withdrawal")


async def test_an_answer_deleted_while_it_is_held_is_never_published(stage: SlackStage) -> None:
    await stage.begun()
    answer = stage.ada.reply(stage.thread(), "In March.")
    await stage.receives(answer, "⏳")
    stage.ada.delete(answer)
    await stage.at_rest()
    assert stage.blog.said() == [ROSES]
    assert stage.blog.publications == []


async def test_a_marked_message_is_published_and_only_by_its_writers_own_mark(tmp_path: Path) -> None:
    async with slack_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        said = stage.ada.reply(stage.thread(), "In March.")
        stage.gus.react(said, "mega")
        await stage.at_rest()
        assert stage.blog.said() == [ROSES]
        stage.ada.react(said, "mega")
        await stage.on_blog("In March.")
        await stage.receives(said, "✅")


async def test_a_mark_that_is_taken_off_in_time_publishes_nothing(tmp_path: Path) -> None:
    async with slack_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        said = stage.ada.reply(stage.thread(), "In March.")
        stage.ada.react(said, "mega")
        await stage.receives(said, "⏳")
        stage.ada.unreact(said, "mega")
        await stage.at_rest()
        assert stage.blog.said() == [ROSES]


async def test_the_answer_button_opens_a_window_whose_words_are_said_and_published(stage: SlackStage) -> None:
    comment = await stage.begun()
    await stage.begun("And hydrangeas?", name="Walter")
    window = await stage.ada.click(stage.ours(ROSES), "Answer")
    words = ("In March. " * 290).strip()
    sent = await stage.ada.submit(window, words)
    assert sent.acked
    await stage.until(lambda: bool(stage.found("✅")), "the form's copy")
    (ours,) = [one for one in stage.blog.public() if wording(one.text).startswith("In March.")]
    assert (ours.parent, wording(ours.text)) == (comment, words)
    assert "*Ada* answers *Vera*" in stage.words(stage.found("In March.")[0])


async def test_what_a_form_sent_is_changed_and_taken_back_by_its_buttons(stage: SlackStage) -> None:
    await stage.begun()
    await stage.answer_by_form("In March.", stage.ours(ROSES))
    copy = await stage.shown("✅")
    await stage.ada.submit(await stage.ada.click(copy, "Edit"), "In April.")
    await stage.on_blog("In April.")
    await stage.until(lambda: all(one in stage.words(copy) for one in ("In April.", "✅")), "the change")
    await stage.ada.click(copy, "Take back")
    await stage.until(lambda: stage.blog.said() == [ROSES], "the withdrawal")


async def test_a_window_that_is_sent_twice_publishes_once(stage: SlackStage) -> None:
    await stage.begun()
    window = await stage.ada.click(stage.ours(ROSES), "Answer")
    first = await stage.ada.submit(window, "In March.", wait=False)
    second = await stage.ada.submit(window, "In March.", wait=False)
    await first.answered()
    await second.answered()
    await stage.on_blog("In March.")
    await stage.at_rest()
    assert stage.blog.said() == [ROSES, "In March."]
    assert len(stage.found("In March.")) == 1


async def test_law_08_forms_are_for_authors_and_their_copies_for_their_writers(stage: SlackStage) -> None:
    await stage.begun()
    assert stage.gus.id in await stage.told(stage.gus, stage.gus.click(stage.ours(ROSES), "Answer"))
    await stage.answer_by_form("In March.", stage.ours(ROSES))
    copy = await stage.shown("✅")
    assert await stage.told(stage.gus, stage.gus.click(copy, "Take back"))
    await stage.at_rest()
    assert stage.blog.said() == [ROSES, "In March."]


async def test_the_shortcut_publishes_ones_own_message(tmp_path: Path) -> None:
    async with slack_stage(tmp_path, relay=Relay.MARKED) as stage:
        await stage.begun()
        said = stage.ada.reply(stage.thread(), "In March.")
        others = stage.gus.reply(stage.thread(), "In May.")
        await stage.at_rest()
        assert stage.blog.said() == [ROSES]
        for who in (stage.ada, stage.gus):
            assert await stage.told(who, who.shortcut(others, "Publish as answer"))
        assert await stage.told(stage.ada, stage.ada.shortcut(said, "Publish as answer"))
        await stage.receives(said, "✅")
        await stage.at_rest()
        assert stage.blog.said() == [ROSES, "In March."]


async def test_the_shortcut_answers_where_the_button_does_not(stage: SlackStage) -> None:
    comment = await stage.begun()
    opened = await stage.ada.shortcut(stage.ours(ROSES), "Answer…")
    await stage.ada.submit(await opened.opened(), "In March.")
    await stage.on_blog("In March.")
    (ours,) = [one for one in stage.blog.public() if wording(one.text) == "In March."]
    assert ours.parent == comment


async def test_law_05_a_refusal_is_said_in_words_to_its_writer_alone_and_again_on_demand(stage: SlackStage) -> None:
    await stage.begun()
    said = stage.ada.reply(stage.thread(), "No")
    await stage.receives(said, "⚠️")
    await stage.until(lambda: any("fewer than 3" in one.text for one in stage.ada.whispers()), "the reason")
    assert stage.gus.whispers() == []
    stage.ada.reload()
    assert "fewer than 3" in await stage.told(stage.ada, stage.ada.shortcut(said, "Why?"))


async def test_an_edit_and_a_deletion_on_the_blog_change_the_message(stage: SlackStage) -> None:
    comment = await stage.begun()
    stage.blog.edit(comment, "How do you prune old roses?")
    await stage.until(lambda: "old roses" in stage.words(stage.standing()[0]), "the edit")
    stage.blog.remove(comment)
    await stage.until(lambda: stage.standing() == [], "the deletion")


async def test_a_long_comment_is_split_and_grows_and_shrinks_with_an_edit(stage: SlackStage) -> None:
    long = " ".join(f"Sentence {number} of the story." for number in range(700))
    await stage.first_reading()
    comment = stage.blog.comment(long)
    await stage.shown("Sentence 699 of the story.")
    parts = len(stage.standing())
    assert parts > 1
    assert all(len(message.blocks) <= 50 for message in stage.standing())
    stage.blog.edit(comment, " ".join(f"Sentence {number} of the story." for number in range(1400)))
    await stage.until(lambda: len(stage.standing()) > parts, "more parts")
    await stage.at_rest()
    joined = " ".join(map(stage.words, stage.standing()))
    assert [number for number in range(1400) if f"Sentence {number} of" not in joined] == []
    stage.blog.edit(comment, "Short.")
    await stage.until(lambda: len(stage.standing()) == 1, "one part")
    assert "Short." in stage.words(stage.standing()[0])


async def test_law_03_a_copy_that_a_person_deleted_is_never_said_again(stage: SlackStage) -> None:
    comment = await stage.begun()
    stage.slack.admin.delete(stage.ours(ROSES))
    await stage.at_rest()
    stage.blog.edit(comment, "How do you prune old roses?")
    await stage.at_rest()
    assert stage.standing() == []


async def test_a_blogger_writes_with_style_and_the_blog_gets_it(stage: SlackStage) -> None:
    await stage.begun()
    words = (
        "*Sharp* shears, and:\n- in March\n- _never_ in frost\n> so they say\n`snip` at https://shears.example/ :+1:"
    )
    await stage.receives(stage.ada.reply(stage.thread(), words), "✅")
    html = wording(next(one for one in stage.blog.public() if one.parent is not None).text)
    for said in ("Sharp shears", "in March", "never", "so they say", "snip", "https://shears.example/", "👍"):
        assert said in html


async def test_a_file_comes_as_the_settings_say_and_never_by_its_private_address(stage: SlackStage) -> None:
    await stage.begun()
    await stage.receives(stage.ada.reply(stage.thread(), "Look here:", files=("rose.png",)), "✅")
    said = next(one for one in stage.blog.said() if "Look here" in one)
    assert "rose.png" in said
    assert "files-pri" not in str(stage.blog.public())
