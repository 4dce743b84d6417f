"""What people press is recorded, and only then answered: the whole adapter against the double, by real requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from adapters.discord import interactions
from adapters.discord.double.interactions import DEFERRED_MESSAGE, DEFERRED_UPDATE, MESSAGE, MODAL, Interaction
from adapters.discord.double.things import Message
from bridge.chats import phrases
from bridge.chats.phrases import PUBLISH
from bridge.model import (
    AnswerState,
    Choice,
    CommentCard,
    Desk,
    Edited,
    Erased,
    Event,
    FormCard,
    Key,
    Marked,
    MessageId,
    Moderated,
    ModerationCard,
    Part,
    PersonId,
    Post,
    PostCard,
    PostId,
    RawEvent,
    Receipt,
    ThreadId,
    Written,
)
from bridge.testing.clock import DrivenClock
from bridge.text.tree import paragraph, wording
from tests.contracts.discord.scene import DiscordScene, scene_of
from tests.servers.discord_double import Person

ANSWER, SPAM, CHANGE, BACK = "bc1:answer", "bc1:do:spam:", "bc1:change:", "bc1:back:"
MARK = "0123456789abcdef"


@dataclass
class Recorder:
    """Keeps what it is told, as the core does; while `gate` is shut, nothing is durable yet."""

    raws: list[RawEvent] = field(default_factory=list)
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    turned: asyncio.Condition = field(default_factory=asyncio.Condition)

    def __post_init__(self) -> None:
        self.gate.set()

    async def __call__(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        if events:
            self.reached.set()
            await self.gate.wait()
        self.raws += events
        if caught_up:
            self.caught_up.set()
        async with self.turned:
            self.turned.notify_all()


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class Pressing:
    """A thread of ours in which Ada may answer, by a role, and Mod may moderate; Mallory may do nothing."""

    def __init__(self, scene: DiscordScene) -> None:
        self.scene, self.discord = scene, scene.discord
        self.authors = self.discord.role("Authors")
        self.ada = scene.ada
        self.ada.in_roles(self.authors)
        self.mod, self.mallory = self.discord.member("Mod"), self.discord.member("Mallory")
        self.record = Recorder()
        self.clock = scene.clock
        self.thread = ThreadId("")
        self._keys = 0

    async def begin(self, stack: AsyncExitStack) -> None:
        """Open the chat and listen, and have a thread."""
        chat, room = self.scene.chat, self.scene.room
        chat.desks({room: Desk(frozenset({self.mod.id}), closed=False)})
        chat.speakers({room: frozenset({f"@{self.authors.id}", self.mod.id})})
        await chat.open(stack)
        listening = asyncio.create_task(chat.listen(None, self.record))
        stack.push_async_callback(ended, listening)
        await self.record.caught_up.wait()
        post = Post(PostId("1"), "https://blog.example/roses/", "Roses")
        self.thread = await chat.start_thread(room, PostCard(post), self.key())

    def key(self) -> Key:
        self._keys += 1
        return Key("abcdefghijklmnopqrstuvw" + "abcdefghijklmnopqrstuvwxyz234567"[self._keys])

    async def say(self, *parts: Part) -> Message:
        """Some card of ours stands there; its last message."""
        ids = [await self.scene.chat.say(self.thread, part, self.key()) for part in parts]
        return self.scene.message(self.thread, ids[-1])

    async def comment(self) -> Message:
        card = CommentCard(
            "Vera", paragraph("How do you prune roses?"), "https://blog.example/roses/#c1", 1.7e9,
            choices=(Choice.SPAM, Choice.TRASH), mark=MARK, answerable=True,
        )  # fmt: skip
        return await self.say(*self.scene.chat.render(card))

    async def copy(self, words: str = "In March.") -> Message:
        """What a form of Ada's sent, as we say it."""
        comment = await self.comment()
        card = FormCard(
            MessageId("form:77"), PersonId(self.ada.id), "Ada", paragraph(words), "https://blog.example/roses/#c1",
            MessageId(comment.id), Receipt(AnswerState.PUBLIC),
        )  # fmt: skip
        return await self.say(*self.scene.chat.render_form(card))

    def told(self) -> list[Event]:
        """What was recorded of people."""
        events = [self.scene.chat.interpret(raw) for raw in self.record.raws]
        return [one for one in events if one is not None and not (isinstance(one, Written) and one.key)]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with self.record.turned:
            await self.record.turned.wait_for(condition)


@pytest.fixture
async def pressing(tmp_path: Path) -> AsyncIterator[Pressing]:
    async with AsyncExitStack() as stack:
        scene = Pressing(await scene_of(tmp_path, stack))
        await scene.begin(stack)
        yield scene


async def sent(pressing: Pressing, who: Person, message: Message, words: str, *, wait: bool = True) -> Interaction:
    """Somebody presses Answer, and sends the form."""
    return await who.submit(await who.click(message, ANSWER), words, wait=wait)


def opening(told: Interaction) -> str:
    """The press that opened the window from which something was sent."""
    assert told.before is not None
    return told.before.id


async def test_what_a_form_sends_is_recorded_and_then_answered_to_its_writer_alone(pressing: Pressing) -> None:
    comment = await pressing.comment()
    told = await sent(pressing, pressing.ada, comment, "In **March**.\n\nOr in April.")
    assert (told.answer, told.words, told.ephemeral) == (MESSAGE, phrases.SENT, True)
    [written, known] = pressing.told()
    assert isinstance(written, Written) and written.form and written.message == f"form:{opening(told)}"
    assert isinstance(known, Edited) and (known.message, known.text) == (written.message, written.text)
    assert (written.thread, written.reply_to, written.writer.id) == (pressing.thread, comment.id, pressing.ada.id)
    assert wording(written.text) == "In March. Or in April."
    assert pressing.authors.id in written.writer.roles
    assert "token" not in pressing.record.raws[-1].body and told.token not in pressing.record.raws[-1].body


async def test_the_window_says_where_an_answer_approves_the_comment(pressing: Pressing) -> None:
    card = ModerationCard(
        "Vera", paragraph("How do you prune roses?"), "https://blog.example/roses/#c1", 1.7e9,
        choices=(Choice.APPROVE, Choice.SPAM), mark=MARK, answerable=True,
    )  # fmt: skip
    titles = []
    for message in (await pressing.comment(), await pressing.say(*pressing.scene.chat.render(card))):
        form = await pressing.ada.click(message, ANSWER)
        assert form.modal is not None
        titles.append(form.modal["title"])
    assert titles == ["Answer this comment", "Approve and answer"]


async def test_what_a_form_sends_is_told_under_one_nature_and_behind_the_messages(pressing: Pressing) -> None:
    comment = await pressing.comment()
    told = await sent(pressing, pressing.ada, comment, "In March.")
    first, changed = pressing.record.raws[-2:]
    assert first.event_id == first.natural_key == f"f:{opening(told)}"
    assert changed.event_id == changed.natural_key == f"i:{told.id}"
    assert first.order == changed.order == int(told.id) > int(comment.id)


async def test_law_01_nothing_is_confirmed_before_it_is_durable(tmp_path: Path) -> None:
    clock = DrivenClock()
    async with AsyncExitStack() as stack:
        scene = replace(await scene_of(tmp_path, stack), clock=clock)
        pressing = Pressing(scene)
        await pressing.begin(stack)
        comment = await pressing.comment()
        form = await pressing.ada.click(comment, ANSWER)
        pressing.record.reached.clear()
        pressing.record.gate.clear()
        told = await pressing.ada.submit(form, "In March.", wait=False)
        await pressing.record.reached.wait()
        assert told.answer is None
        clock.advance(interactions.PATIENCE)  # before Discord gives up, it learns that we are at it, and no more
        assert (await told.answered()).answer == DEFERRED_MESSAGE and told.words == ""
        pressing.record.gate.set()
        assert await told.spoke() == phrases.SENT and told.ephemeral


async def test_a_choice_that_takes_long_to_record_is_answered_once(tmp_path: Path) -> None:
    clock = DrivenClock()
    async with AsyncExitStack() as stack:
        scene = replace(await scene_of(tmp_path, stack), clock=clock)
        pressing = Pressing(scene)
        await pressing.begin(stack)
        comment = await pressing.comment()
        pressing.record.reached.clear()
        pressing.record.gate.clear()
        told = await pressing.mod.click(comment, SPAM, wait=False)
        await pressing.record.reached.wait()
        clock.advance(interactions.PATIENCE)
        await told.answered()
        pressing.record.gate.set()
        await pressing.until(lambda: bool(pressing.told()))
        await sent(pressing, pressing.ada, comment, "In March.")  # whatever else would be answered has been by now
        assert (told.answer, told.said, told.refused) == (DEFERRED_UPDATE, [], [])


async def test_a_choice_is_recorded_and_the_button_comes_to_rest(pressing: Pressing) -> None:
    comment = await pressing.comment()
    told = await pressing.mod.click(comment, SPAM)
    assert (told.answer, told.said) == (DEFERRED_UPDATE, [])
    [chosen] = pressing.told()
    assert isinstance(chosen, Moderated)
    assert (chosen.choice, chosen.mark, chosen.message, chosen.by.id) == (
        Choice.SPAM, MARK, comment.id, pressing.mod.id
    )  # fmt: skip


async def test_law_08_rights_are_asked_by_id_at_every_press(pressing: Pressing) -> None:
    comment = await pressing.comment()
    for who, button in ((pressing.mallory, ANSWER), (pressing.mallory, SPAM), (pressing.ada, SPAM)):
        told = await who.click(comment, button)
        assert told.ephemeral and who.id in told.words and told.modal is None
    form = await pressing.ada.click(comment, ANSWER)
    assert form.answer == MODAL
    pressing.ada.in_roles()
    assert "authors" in (await pressing.ada.submit(form, "In March.")).words
    assert pressing.told() == []


async def test_law_08_a_name_like_an_authors_gives_no_right(pressing: Pressing) -> None:
    other = pressing.discord.member(pressing.ada.name, pressing.discord.role("Authors"))
    assert "authors" in (await other.click(await pressing.comment(), ANSWER)).words


async def test_a_form_by_a_name_that_discord_gives_none_is_strange(pressing: Pressing) -> None:
    form = await pressing.ada.click(await pressing.comment(), ANSWER)
    assert form.modal is not None
    form.modal["custom_id"] = "bc1:form:12:mara"
    assert (await pressing.ada.submit(form, "In March.")).words == phrases.STRANGE
    assert pressing.told() == []


async def test_what_a_form_sent_is_changed_where_it_stands(pressing: Pressing) -> None:
    copy = await pressing.copy("In *March*, at the\nearliest.")
    form = await pressing.ada.click(copy, CHANGE)
    [row] = (form.modal or {})["components"]
    field = row.get("component") or row["components"][0]
    assert "March" in field["value"] and "Ada" not in field["value"] and "public" not in field["value"]
    assert (await pressing.ada.submit(form, "In May.")).words == phrases.SENT
    [edited] = pressing.told()
    assert isinstance(edited, Edited) and (edited.message, wording(edited.text)) == ("form:77", "In May.")


async def test_a_long_form_whose_words_are_not_at_hand_is_changed_in_an_empty_window(pressing: Pressing) -> None:
    copy = await pressing.copy("word " * 700)
    form = await pressing.ada.click(copy, CHANGE)
    [row] = (form.modal or {})["components"]
    assert not (row.get("component") or row["components"][0]).get("value")


async def test_a_form_of_4000_characters_is_changed_in_a_window_that_holds_all_of_it(pressing: Pressing) -> None:
    words = ("word " * 800).strip()
    told = await sent(pressing, pressing.ada, await pressing.comment(), words)
    card = FormCard(MessageId(f"form:{opening(told)}"), PersonId(pressing.ada.id), "Ada", paragraph(words))
    copy = await pressing.say(*pressing.scene.chat.render_form(card))
    form = await pressing.ada.click(copy, CHANGE)
    [row] = (form.modal or {})["components"]
    assert (row.get("component") or row["components"][0])["value"] == words


async def test_law_08_what_a_form_sent_is_its_writers_alone(pressing: Pressing) -> None:
    copy = await pressing.copy()
    for button in (CHANGE, BACK):
        assert (await pressing.mod.click(copy, button)).words == phrases.NOT_YOURS
    assert pressing.told() == []
    assert (await pressing.ada.click(copy, BACK)).answer == DEFERRED_UPDATE
    [erased] = pressing.told()
    assert isinstance(erased, Erased) and erased.by is not None
    assert (erased.message, erased.by.id) == ("form:77", pressing.ada.id)


async def test_a_message_is_published_by_its_command_though_discord_keeps_its_words_from_us(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        pressing = Pressing(await scene_of(tmp_path, stack, content=False))
        await pressing.begin(stack)
        message = pressing.ada.write(pressing.scene.thread(pressing.thread), "In **March**.")
        told = await pressing.ada.message_command(PUBLISH, message)
        assert told.words == phrases.MARKED and told.ephemeral
        [written, mark] = pressing.told()
        assert isinstance(written, Written) and (written.message, wording(written.text)) == (message.id, "In March.")
        assert isinstance(mark, Marked) and (mark.message, mark.by.id) == (message.id, pressing.ada.id)


async def test_a_message_that_is_known_is_only_marked(pressing: Pressing) -> None:
    message = pressing.ada.write(pressing.scene.thread(pressing.thread), "In March.")
    await pressing.until(lambda: bool(pressing.told()))
    await pressing.ada.message_command(PUBLISH, message)
    natures = [raw.natural_key for raw in pressing.record.raws if raw.natural_key == f"m:{message.id}"]
    assert len(natures) == 2  # one nature, which the ledger keeps once
    assert isinstance(pressing.told()[-1], Marked)


async def test_an_edited_message_is_published_as_it_stands(pressing: Pressing) -> None:
    message = pressing.ada.write(pressing.scene.thread(pressing.thread), "In March.")
    pressing.ada.edit(message, "In April.")
    await pressing.ada.message_command(PUBLISH, message)
    texts = [wording(one.text) for one in pressing.told() if isinstance(one, Written | Edited)]
    assert texts[-1] == "In April." and isinstance(pressing.told()[-1], Marked)


async def test_law_08_nobody_publishes_what_others_wrote_or_outside_of_our_threads(pressing: Pressing) -> None:
    thread = pressing.scene.thread(pressing.thread)
    theirs = pressing.mallory.write(thread, "Buy roses!")
    assert (await pressing.mod.message_command(PUBLISH, theirs)).words == phrases.NOT_YOUR_MESSAGE
    assert "authors" in (await pressing.mallory.message_command(PUBLISH, theirs)).words
    ours = await pressing.comment()
    assert (await pressing.mod.message_command(PUBLISH, ours)).words == phrases.NOT_YOUR_MESSAGE
    beside = pressing.ada.write(pressing.scene.channel, "In March.")
    assert (await pressing.ada.message_command(PUBLISH, beside)).words == phrases.NO_THREAD
    other = pressing.ada.open_thread(pressing.scene.channel, "Mine")
    mine = pressing.ada.write(other, "In March.")
    assert (await pressing.ada.message_command(PUBLISH, mine)).words == phrases.NO_THREAD
    assert not any(isinstance(one, Marked) for one in pressing.told())


async def test_an_answer_that_discord_takes_no_more_changes_nothing_and_tells_no_token(
    pressing: Pressing, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "adapters")
    comment = await pressing.comment()
    form = await pressing.ada.click(comment, ANSWER)
    pressing.discord.fail("POST", "/interactions/*/callback", 404, body={"code": 10062, "message": "Unknown"})
    told = await pressing.ada.submit(form, "In March.", wait=False)
    await pressing.until(lambda: bool(pressing.told()))
    again = await sent(pressing, pressing.ada, comment, "In April.")
    assert again.words == phrases.SENT
    assert [wording(one.text) for one in pressing.told() if isinstance(one, Written)] == ["In March.", "In April."]
    form = await pressing.ada.submit(form, "In March.")  # Discord has kept its window open
    assert form.words == phrases.SENT
    forms = [raw.natural_key for raw in pressing.record.raws if raw.natural_key.startswith("f:")]
    assert (len(forms), len(set(forms))) == (3, 2)
    assert "did not take our answer" in caplog.text and told.token not in caplog.text


async def test_law_10_no_token_of_an_interaction_is_recorded(pressing: Pressing) -> None:
    comment = await pressing.comment()
    pressed = [
        await sent(pressing, pressing.ada, comment, "In March."), await pressing.mod.click(comment, SPAM),
        await pressing.ada.click(await pressing.copy(), BACK),
    ]  # fmt: skip
    assert len(pressing.told()) == 4
    assert not any(one.token in raw.body for one in pressed for raw in pressing.record.raws)
