"""What every chat adapter must prove: one message per key, nothing unheard, and no visitor who pings anybody.

Best run against the real chat or a faithful double; a test is skipped only where `open()` does not name the ability.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, TypeVar, cast

import pytest

from bridge.errors import MaybeDone, Refused, StepError
from bridge.model import (
    AnswerState,
    Card,
    Choice,
    CommentCard,
    Desk,
    Edited,
    Erased,
    Event,
    FormCard,
    Key,
    Kind,
    MessageId,
    Moderated,
    ModerationCard,
    Notice,
    Part,
    PersonId,
    Post,
    PostCard,
    PostId,
    RawEvent,
    Receipt,
    ReplyTo,
    RoomId,
    ThreadId,
    Writer,
    Written,
)
from bridge.ports import (
    CHAT_ABILITIES,
    Chat,
    ChatAbility,
    ChatReady,
    EditsMessages,
    ErasesMessages,
    FindsMessages,
    OffersForms,
    OffersModeration,
    ReadsMessages,
    Record,
    ShowsReceipts,
)
from bridge.testing.contract import Contract, complete, hook_missing
from bridge.text.tree import (
    CodeBlock,
    Image,
    LineBreak,
    Link,
    Paragraph,
    Plain,
    Quote,
    Text,
    cleaned,
    paragraph,
    plain,
    wording,
)

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds after which something that should happen at once counts as never."""
LONG = "Roses want sharp shears and a calm hand, said the gardener. " * 1_700
"""100 KB of words."""


def post_card(native: str = "/first/") -> PostCard:
    """A post, as it opens a thread."""
    return PostCard(Post(PostId(native), f"https://blog.example{native}", "First post", "Ada", 1_700_000_000.0))


def comment(words: str | Text = "How do you prune roses?", name: str = "Vera") -> CommentCard:
    """A visitor's comment, as it stands in a room."""
    text = paragraph(words) if isinstance(words, str) else words
    return CommentCard(name, text, "https://blog.example/first/#c1", 1_700_000_100.0)


HOSTILE_WORDS = (
    "@everyone @here <@123> <@&456> <!channel> <!everyone> <@U123> <#C123>",
    "*stars* _lines_ ~~waves~~ `ticks` ||spoilers|| [words](https://evil.example/)",
    "<script>alert(1)</script><img src=x onerror=alert(1)> &amp; &lt;b&gt;",
    "# heading\n> quote\n- list\n1. list\n-# small",
    "https://discord.gg/evil :smile: <https://evil.example|bank.example>",
)
HOSTILE_CARDS: dict[str, Card] = {
    **{f"words {number}": comment(words) for number, words in enumerate(HOSTILE_WORDS)},
    **{f"name {number}": comment("Hello there", words) for number, words in enumerate(HOSTILE_WORDS)},
    "no name": comment("Hello there", ""),
    "no words": comment(()),
    "bidi": comment("\u202eevil\u2066 words\u200b", "\u202eVera"),
    "long": comment(LONG),
    "long word": comment("x" * 100_000),
    "long code": comment((CodeBlock("\n".join(f"line {number}" for number in range(12_000)), "python"),)),
    "long name": comment("Hello there", "Vera " * 2_000),
    "fences": comment((CodeBlock("```\n@everyone\n```", "``` @everyone"), Quote(paragraph("> @everyone")))),
    "links": comment(
        (
            Paragraph(
                (
                    Link("https://evil.example/", (Plain("https://bank.example/"),)),
                    LineBreak(),
                    Link("https://x.example/) @everyone", (Plain("]( @everyone"),)),
                    Image("https://x.example/pixel.png", "@everyone"),
                )
            ),
        )
    ),
    "pingback": replace(comment("@everyone"), kind=Kind.PINGBACK),
    "reply": replace(
        comment(), in_reply_to=ReplyTo("@everyone", None, "@here <!channel>"), by_author=True, edited=True
    ),
    "notice": Notice(paragraph("12 earlier comments @everyone"), "https://blog.example/first/"),
}


WAITING = ModerationCard(
    "Vera", paragraph("How do you prune roses?"), "https://blog.example/first/#c1", 1_700_000_100.0,
    held="it is Vera's first comment", choices=(Choice.APPROVE, Choice.SPAM, Choice.TRASH), mark="a1b2c3d4e5f60718",
)  # fmt: skip
"""A comment that waits for approval, as it stands in a moderation room."""
DECIDED = replace(WAITING, held="", decided="In the trash, by Mara", choices=(Choice.RESTORE,), mark="18076f5e4d3c2b1a")
"""The same, once it was decided."""


class ChatScene(Protocol):
    """A fresh room, the adapter in it that was not opened yet, and a person who uses the platform without Backchat."""

    @property
    def chat(self) -> Chat:
        """The adapter."""
        ...

    @property
    def room(self) -> RoomId:
        """A room in which threads may be started."""
        ...

    @property
    def person(self) -> PersonId:
        """Who writes, as the adapter names them."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """The secrets and short-lived tokens that the adapter was given or is sent."""
        ...

    async def write(self, thread: ThreadId, words: str, reply_to: MessageId | None = None) -> MessageId:
        """The person writes a message (as the chat's own reply to another one); `words` are plain."""
        ...

    async def edit(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """The person edits their message."""
        ...

    async def delete(self, thread: ThreadId, message: MessageId) -> None:
        """Somebody who may deletes a message, the person's or ours."""
        ...

    async def standing(self, thread: ThreadId) -> Sequence[tuple[MessageId, str]]:
        """Our messages that stand in the thread, in order, each with all that people read in it."""
        ...

    async def receipt(self, thread: ThreadId, message: MessageId) -> object:
        """What people see of the receipt on a message, None if there is none."""
        ...

    def shown(self, part: Part) -> str:
        """All that people would read in a rendered part."""
        ...

    def fits(self, part: Part) -> bool:
        """Whether the platform would take a message of this size."""
        ...

    def pings(self, part: Part) -> bool:
        """Whether the platform would tell any user, role or channel of a message like this."""
        ...

    def lose_answer(self) -> None:
        """The connection breaks after the adapter's next effect has happened, before the platform's answer arrives."""
        ...

    async def restart(self, stack: AsyncExitStack) -> Chat:
        """Another adapter in the same room, opened on `stack`, as the next process would have it."""
        ...


class ChoosingScene(ChatScene, Protocol):
    """What a scene has besides where the adapter names the ability `MODERATE`: the person moderates in the room."""

    async def choose(self, thread: ThreadId, message: MessageId, choice: Choice, mark: str) -> None:
        """The person chooses one of the things that our message offers; it bears this mark."""
        ...


class FormScene(ChatScene, Protocol):
    """What a scene has besides where the adapter names the ability `FORM`: the person may answer in the room."""

    async def send_form(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """The person fills in the form that our message offers."""
        ...

    async def refused_form(self, thread: ThreadId, message: MessageId) -> str:
        """Somebody else, who is not listed, asks for that form; what they are told instead."""
        ...

    async def edit_form(self, thread: ThreadId, message: MessageId, words: str) -> None:
        """The person sends other words, by the form that our copy of what they sent (this message) offers."""
        ...

    async def take_back_form(self, thread: ThreadId, message: MessageId) -> None:
        """The person takes back what they sent, as our copy of it (this message) offers."""
        ...


@dataclass(slots=True)
class Ear:
    """The core's side of `listen`: keeps what is recorded. `deaf_to`: raises instead, as a full disk would."""

    chat: Chat
    events: list[RawEvent] = field(default_factory=list)
    watermark: str | None = None
    caught_up: bool = False
    up_after: int = 0
    deaf: bool = False
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def record(
        self, events: Sequence[RawEvent], watermark: str | None, caught_up: bool, *, missed: bool = False, gap: int = 0
    ) -> None:
        """Keep what is recorded."""
        if self.deaf and events:
            self.changed.set()
            raise OSError("the disk is full")
        self.events += events
        self.watermark = self.watermark if watermark is None else watermark
        if caught_up and not self.caught_up:
            self.caught_up, self.up_after = True, len(self.events)
        self.changed.set()

    @contextlib.asynccontextmanager
    async def listening(self, since: str | None) -> AsyncIterator[asyncio.Task[None]]:
        """Listen inside the block, from a watermark on."""
        self.caught_up = False
        record: Record = self.record
        task = asyncio.create_task(self.chat.listen(since, record))
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until something is recorded."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            pytest.fail(f"never recorded: {what}")

    async def up(self) -> None:
        """Wait until the past is recorded."""
        await self.until(lambda: self.caught_up, "that everything before now is recorded")

    def meant(self) -> list[tuple[RawEvent, Event]]:
        """What was recorded, with what it means, once each as the inbox keeps it."""
        kept = {raw.natural_key: raw for raw in reversed(self.events)}
        read = [(raw, self.chat.interpret(raw)) for raw in self.events if kept[raw.natural_key] is raw]
        return [(raw, event) for raw, event in read if event is not None]

    def about(self, message: MessageId) -> list[Event]:
        """What was recorded of a message."""
        return [event for _, event in self.meant() if event.message == message]

    def theirs(self) -> list[tuple[str, MessageId]]:
        """What people did, in order: the kind of event and the message."""
        return [
            (type(event).__name__, event.message) for _, event in self.meant() if getattr(event, "key", None) is None
        ]


@dataclass(slots=True)
class Opened:
    """A scene whose adapter is open, and a thread in it. The properties skip the test where an ability is absent."""

    scene: ChatScene
    chat: Chat
    ready: ChatReady
    thread: ThreadId
    stack: AsyncExitStack
    keys: int = 0

    @property
    def finder(self) -> FindsMessages:
        """The adapter, if it can find."""
        return self._able(ChatAbility.FIND, FindsMessages)  # type: ignore[type-abstract]

    @property
    def editor(self) -> EditsMessages:
        """The adapter, if it can edit."""
        return self._able(ChatAbility.EDIT, EditsMessages)  # type: ignore[type-abstract]

    @property
    def eraser(self) -> ErasesMessages:
        """The adapter, if it can erase."""
        return self._able(ChatAbility.ERASE, ErasesMessages)  # type: ignore[type-abstract]

    @property
    def shower(self) -> ShowsReceipts:
        """The adapter, if it can show receipts."""
        return self._able(ChatAbility.RECEIPT, ShowsReceipts)  # type: ignore[type-abstract]

    @property
    def reader(self) -> ReadsMessages:
        """The adapter, if it can read a message."""
        return self._able(ChatAbility.READ, ReadsMessages)  # type: ignore[type-abstract]

    @property
    def choosing(self) -> ChoosingScene:
        """The scene, whose person may choose."""
        return cast(ChoosingScene, self.scene)

    def _able(self, ability: ChatAbility, protocol: type[T]) -> T:
        if ability not in self.ready.abilities:
            pytest.skip(f"open() does not name the ability {ability.value!r}")
        assert isinstance(self.chat, protocol)
        return self.chat

    def key(self) -> Key:
        """A key that was never used."""
        self.keys += 1
        return Key(f"{'abcdefghij'[self.keys % 10] * 20}{self.keys:04d}".replace("0", "x").replace("1", "y"))

    def part(self, card: Card | None = None) -> Part:
        """A card that fits into one message."""
        (part,) = self.chat.render(card or comment())
        return part

    async def say(self, card: Card | None = None, key: Key | None = None) -> MessageId:
        """Write a message of ours."""
        return await self.chat.say(self.thread, self.part(card), key or self.key())

    async def standing(self) -> list[str]:
        """All that people read in our messages."""
        return [words for _, words in await self.scene.standing(self.thread)]

    async def started(self, chat: Chat, post: str, key: Key) -> ThreadId:
        """The thread that was started under a key, by the way that the chat has to tell: its key, or a search."""
        if self.ready.limits.thread_window > 0:
            return await chat.start_thread(self.scene.room, post_card(post), key)
        assert isinstance(chat, FindsMessages)
        found = await chat.find_thread(self.scene.room, post_card(post), key, 0.0)
        assert found is not None
        return found

    @property
    def forming(self) -> FormScene:
        """The scene, whose person may fill forms in."""
        return cast(FormScene, self.scene)

    async def now(self) -> str | None:
        """The watermark of this moment."""
        ear = Ear(self.chat)
        async with ear.listening(None):
            await ear.up()
        return ear.watermark


class ChatContract(Contract):
    """Subclass it and build your scene; see `bridge.testing.contract`.

    `replies`: whether people can reply to a single message within a thread. `overlaps`: whether whoever listens again
    is told once more of what was told shortly before, and of edits of what is new.
    """

    replies = True
    overlaps = False

    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> ChatScene:
        """Make a fresh room whose servers stop when `stack` closes."""
        raise hook_missing(self, "make_scene", ChatScene)

    @pytest.fixture
    async def on(self, tmp_path: Path) -> AsyncIterator[Opened]:
        """A scene whose adapter is open, with a thread."""
        async with AsyncExitStack() as stack:
            scene = complete(await self.make_scene(tmp_path, stack), ChatScene)
            ready = await scene.chat.open(stack)
            thread = await scene.chat.start_thread(scene.room, post_card(), Key("thread" * 4))
            yield Opened(scene, scene.chat, ready, thread, stack)

    @pytest.fixture(params=["a moderation room", "a public room"])
    async def desk(self, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Opened]:
        """A scene whose adapter is open, and whose person moderates in the room; skipped where nobody can."""
        async with AsyncExitStack() as stack:
            scene = complete(await self.make_scene(tmp_path, stack), ChatScene)
            if isinstance(scene.chat, OffersModeration):
                closed = request.param == "a moderation room"
                scene.chat.desks({scene.room: Desk(frozenset({scene.person}), closed)})
            ready = await scene.chat.open(stack)
            if ChatAbility.MODERATE not in ready.abilities:
                pytest.skip(f"open() does not name the ability {ChatAbility.MODERATE.value!r}")
            complete(scene, ChoosingScene)
            thread = await scene.chat.start_thread(scene.room, post_card(), Key("thread" * 4))
            yield Opened(scene, scene.chat, ready, thread, stack)

    @pytest.fixture
    async def forms(self, tmp_path: Path) -> AsyncIterator[Opened]:
        """A scene whose adapter is open, and whose person may answer by forms; skipped where there are none."""
        async with AsyncExitStack() as stack:
            scene = complete(await self.make_scene(tmp_path, stack), ChatScene)
            if isinstance(scene.chat, OffersForms):
                scene.chat.speakers({scene.room: frozenset({scene.person})})
            ready = await scene.chat.open(stack)
            if ChatAbility.FORM not in ready.abilities:
                pytest.skip(f"open() does not name the ability {ChatAbility.FORM.value!r}")
            complete(scene, FormScene)
            thread = await scene.chat.start_thread(scene.room, post_card(), Key("thread" * 4))
            yield Opened(scene, scene.chat, ready, thread, stack)

    # Opening, threads ------------------------------------------------------------------------------------------------

    async def test_every_ability_that_open_names_is_backed(self, on: Opened) -> None:
        assert isinstance(on.chat, Chat)
        for ability in on.ready.abilities & CHAT_ABILITIES.keys():
            assert isinstance(on.chat, CHAT_ABILITIES[ability]), ability

    async def test_opening_again_finds_the_same(self, on: Opened) -> None:
        async with AsyncExitStack() as stack:
            assert await on.chat.open(stack) == on.ready
        await on.say()
        assert len(await on.standing()) == 1

    async def test_law_03_a_thread_is_started_once_for_a_key(self, on: Opened) -> None:
        key = on.key()
        first = await on.chat.start_thread(on.scene.room, post_card("/second/"), key)
        assert await on.started(on.chat, "/second/", key) == first
        assert await on.started(await on.scene.restart(on.stack), "/second/", key) == first
        other = await on.chat.start_thread(on.scene.room, post_card("/third/"), on.key())
        assert len({on.thread, first, other}) == 3

    async def test_law_03_a_thread_whose_making_was_not_answered_is_resumed(self, on: Opened) -> None:
        key = on.key()
        on.scene.lose_answer()
        with pytest.raises(MaybeDone):
            await on.chat.start_thread(on.scene.room, post_card("/second/"), key)
        first = await on.started(on.chat, "/second/", key)
        assert await on.started(on.chat, "/second/", key) == first

    async def test_law_02_a_thread_is_found_by_its_key_and_by_no_other(self, on: Opened) -> None:
        finder, key, foreign, card = on.finder, on.key(), on.key(), post_card("/second/")
        thread = await on.chat.start_thread(on.scene.room, card, key)
        assert await finder.find_thread(on.scene.room, card, key, 0.0) == thread
        assert await finder.find_thread(on.scene.room, card, foreign, 0.0) is None

    async def test_law_02_threads_of_posts_with_one_title_are_told_apart(self, on: Opened) -> None:
        finder, first, second = on.finder, on.key(), on.key()
        here, there = post_card("/second/"), replace(post_card("/second/"), blog="another")
        one = await on.chat.start_thread(on.scene.room, here, first)
        other = await on.chat.start_thread(on.scene.room, there, second)
        assert one != other
        assert await finder.find_thread(on.scene.room, here, first, 0.0) == one
        assert await finder.find_thread(on.scene.room, there, second, 0.0) == other

    async def test_law_02_a_thread_is_found_whose_post_has_got_another_title(self, on: Opened) -> None:
        finder, key, card = on.finder, on.key(), post_card("/second/")
        thread = await on.chat.start_thread(on.scene.room, card, key)
        renamed = replace(card, post=replace(card.post, title="Another title"))
        assert await finder.find_thread(on.scene.room, renamed, key, 0.0) == thread

    # Saying ----------------------------------------------------------------------------------------------------------

    async def test_what_is_said_stands_in_its_thread_in_order(self, on: Opened) -> None:
        other = await on.chat.start_thread(on.scene.room, post_card("/second/"), on.key())
        said = [await on.say(comment(f"Comment number {number}")) for number in range(3)]
        await on.chat.say(other, on.part(comment("Elsewhere")), on.key())
        standing = await on.scene.standing(on.thread)
        assert [message for message, _ in standing] == said
        for number, (_, words) in enumerate(standing):
            assert f"Comment number {number}" in words
            assert "Vera" in words

    async def test_law_03_the_same_key_twice_is_one_message_or_honestly_unknown(self, on: Opened) -> None:
        key = on.key()
        first = await on.say(key=key)
        if on.ready.limits.key_window > 0:
            assert await on.say(key=key) == first
            assert len(await on.standing()) == 1
        else:
            with contextlib.suppress(MaybeDone):
                await on.say(key=key)
        if ChatAbility.FIND in on.ready.abilities:
            assert (await on.finder.find(on.thread, [key], 0.0))[key] in {
                m for m, _ in await on.scene.standing(on.thread)
            }

    async def test_law_03_the_same_words_under_another_key_are_another_message(self, on: Opened) -> None:
        assert await on.say() != await on.say()
        assert len(await on.standing()) == 2

    async def test_law_02_a_lost_answer_is_said_to_be_unknown_and_resolved_by_the_key(self, on: Opened) -> None:
        key = on.key()
        on.scene.lose_answer()
        with pytest.raises(MaybeDone):
            await on.say(key=key)
        ((stands, _),) = await on.scene.standing(on.thread)
        if ChatAbility.FIND in on.ready.abilities:
            assert await on.finder.find(on.thread, [key], 0.0) == {key: stands}
        if on.ready.limits.key_window > 0:
            assert await on.say(key=key) == stands
            assert len(await on.standing()) == 1

    async def test_law_02_a_key_that_was_said_is_found_and_no_other(self, on: Opened) -> None:
        finder = on.finder
        key, foreign = on.key(), on.key()
        message = await on.say(key=key)
        assert await finder.find(on.thread, [foreign, key], 0.0) == {key: message}
        assert await finder.find(on.thread, [foreign], 0.0) == {}
        assert await finder.find(on.thread, [], 0.0) == {}
        other = await on.chat.start_thread(on.scene.room, post_card("/second/"), on.key())
        assert await finder.find(other, [key], 0.0) == {}

    async def test_law_06_a_person_cannot_say_our_keys(self, on: Opened) -> None:
        finder, key = on.finder, on.key()
        await on.scene.write(on.thread, key)
        assert await finder.find(on.thread, [key], 0.0) == {}

    # Listening -------------------------------------------------------------------------------------------------------

    async def test_what_a_person_does_is_heard(self, on: Opened) -> None:
        ours = await on.say()
        ear = Ear(on.chat)
        async with ear.listening(None):
            await ear.up()
            message = await on.scene.write(on.thread, "In March", reply_to=ours)
            await on.scene.edit(on.thread, message, "In April")
            await on.scene.delete(on.thread, message)
            await ear.until(lambda: len(ear.about(message)) >= 3, "written, edited, erased")
        written, edited, erased = ear.about(message)
        assert isinstance(written, Written)
        assert (written.thread, written.writer.id, written.key) == (on.thread, on.scene.person, None)
        assert (wording(written.text), written.reply_to) == ("In March", ours if self.replies else None)
        assert written.writer.name
        assert not written.system
        assert isinstance(edited, Edited)
        assert (wording(edited.text), edited.writer.id, edited.key) == ("In April", on.scene.person, None)
        assert isinstance(erased, Erased)
        assert written.at <= edited.at <= erased.at

    async def test_law_06_our_own_messages_come_back_only_with_their_key(self, on: Opened) -> None:
        key = on.key()
        ear = Ear(on.chat)
        async with ear.listening(None):
            await ear.up()
            ours = await on.say(key=key)
            theirs = await on.scene.write(on.thread, "In March")
            await ear.until(lambda: bool(ear.about(theirs)), "the person's message")
        for event in ear.about(ours):
            assert isinstance(event, Written)
            assert event.key == key
        assert ear.theirs() == [("Written", theirs)]

    async def test_listening_from_now_on_replays_nothing(self, on: Opened) -> None:
        await on.scene.write(on.thread, "Before")
        ear = Ear(on.chat)
        async with ear.listening(None):
            await ear.up()
            later = await on.scene.write(on.thread, "After")
            await ear.until(lambda: bool(ear.about(later)), "the later message")
        assert ear.theirs() == [("Written", later)]

    async def test_everything_since_the_watermark_arrives_in_order_and_then_caught_up(self, on: Opened) -> None:
        other = await on.chat.start_thread(on.scene.room, post_card("/second/"), on.key())
        since = await on.now()
        assert since is not None
        done: list[tuple[ThreadId, str, MessageId]] = []
        for number in range(6):
            thread = (on.thread, other)[number % 2]
            message = await on.scene.write(thread, f"Line {number}")
            done.append((thread, "Written", message))
        await on.scene.edit(on.thread, done[0][2], "Line 0 anew")
        await on.scene.delete(other, done[1][2])
        if on.ready.limits.tells_past:
            done += [(on.thread, "Edited", done[0][2]), (other, "Erased", done[1][2])]
        else:
            del done[1]  # what stands is told as it stands
            if self.overlaps:  # and that it was changed: it may have been heard before that
                done.append((on.thread, "Edited", done[0][2]))
        ear = Ear(await on.scene.restart(on.stack))
        async with ear.listening(since):
            await ear.up()
        assert ear.up_after == len(ear.events), "caught up is said after the past"
        for thread in (on.thread, other):
            heard = [(type(event).__name__, event.message) for raw, event in ear.meant() if raw.thread == thread]
            assert heard == [(kind, message) for where, kind, message in done if where == thread]
        again = Ear(on.chat)
        async with again.listening(ear.watermark):
            await again.up()
        told = {said(event) for _, event in ear.meant()} if self.overlaps else set()
        new = [event for _, event in again.meant() if getattr(event, "key", None) is None and said(event) not in told]
        assert new == []

    async def test_events_have_ids_of_their_own_and_an_order(self, on: Opened) -> None:
        ear = Ear(on.chat)
        async with ear.listening(None):
            await ear.up()
            for number in range(4):
                message = await on.scene.write(on.thread, f"Line {number}")
                await on.scene.edit(on.thread, message, f"Line {number} anew")
            await ear.until(lambda: len(ear.theirs()) >= 8, "eight events")
        orders = [raw.order for raw, _ in ear.meant()]
        assert orders == sorted(orders)
        assert len({raw.event_id for raw, _ in ear.meant()}) == len(ear.meant())

    async def test_law_06_an_event_told_again_has_the_same_nature(self, on: Opened) -> None:
        since = await on.now()
        message = await on.scene.write(on.thread, "In March")
        if on.ready.limits.tells_past:
            await on.scene.edit(on.thread, message, "In April")
        ears = []
        for chat in (on.chat, await on.scene.restart(on.stack)):
            ear = Ear(chat)
            async with ear.listening(since):
                await ear.up()
                await ear.until(lambda ear=ear: bool(ear.about(message)), "written, and edited")  # type: ignore[misc]
            ears.append(ear)
        first, second = ([(raw.natural_key, event) for raw, event in ear.meant()] for ear in ears)
        assert first == second

    async def test_law_01_an_event_that_could_not_be_recorded_comes_again(self, on: Opened) -> None:
        ear = Ear(on.chat)
        async with ear.listening(None):
            await ear.up()
        ear.deaf = True
        async with ear.listening(ear.watermark) as task:
            message = await on.scene.write(on.thread, "In March")
            await asyncio.wait([task], timeout=PATIENCE)
            assert task.done(), "who cannot record cannot go on"
            assert isinstance(task.exception(), OSError | StepError)
        ear.deaf = False
        async with ear.listening(ear.watermark):
            await ear.until(lambda: bool(ear.about(message)), "the message that could not be recorded")
        assert ear.theirs() == [("Written", message)]

    async def test_what_an_event_means_depends_on_nothing_else(self, on: Opened) -> None:
        ear = Ear(on.chat)
        async with ear.listening(None):
            await ear.up()
            message = await on.scene.write(on.thread, "In *March* <b>or</b> @everyone")
            await on.scene.edit(on.thread, message, "In April")
            await on.say()
            await on.scene.delete(on.thread, message)
            await ear.until(lambda: len(ear.about(message)) >= 3, "three events")
        elsewhere = await on.scene.restart(on.stack)
        for raw in ear.events:
            copy = RawEvent(raw.event_id, raw.natural_key, raw.thread, raw.order, str(raw.body))
            off_the_loop = await asyncio.to_thread(elsewhere.interpret, copy)
            assert on.chat.interpret(raw) == on.chat.interpret(copy) == off_the_loop

    async def test_law_10_no_secret_is_recorded(self, on: Opened) -> None:
        ear = Ear(on.chat)
        async with ear.listening(None):
            await ear.up()
            message = await on.scene.write(on.thread, "In March")
            await ear.until(lambda: bool(ear.about(message)), "the message")
        shown = [*map(repr, ear.events), repr(on.chat), repr(on.ready), str(ear.watermark)]
        for secret in on.scene.secrets:
            assert not [words for words in shown if secret in words]

    async def test_law_12_listening_can_be_cancelled_and_leaves_no_task(self, on: Opened) -> None:
        await on.say()
        before = asyncio.all_tasks()
        for since in (None, await on.now()):
            ear = Ear(on.chat)
            async with ear.listening(since) as task:
                await ear.up()
            assert task.cancelled()
            left = asyncio.all_tasks() - before  # a server in this process may still be saying goodbye
            assert not left or not (await asyncio.wait(left, timeout=PATIENCE))[1]

    # Rendering -------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("name", HOSTILE_CARDS)
    async def test_law_09_a_hostile_card_pings_nobody_and_nothing_of_it_is_cut(self, on: Opened, name: str) -> None:
        card = HOSTILE_CARDS[name]
        parts = on.chat.render(card)
        assert parts
        assert parts == on.chat.render(card), "the same card renders the same"
        assert parts == await asyncio.to_thread(on.chat.render, card)
        assert all(on.scene.fits(part) for part in parts)
        assert not any(on.scene.pings(part) for part in parts)
        read = letters("".join(on.scene.shown(part) for part in parts))
        for words in plain(card.text).split():
            assert letters(words) in read

    @pytest.mark.parametrize("name", [name for name in HOSTILE_CARDS if not name.startswith("long")])
    async def test_law_09_a_hostile_card_can_be_said(self, on: Opened, name: str) -> None:
        for part in on.chat.render(HOSTILE_CARDS[name]):
            await on.chat.say(on.thread, part, on.key())
        assert len(await on.standing()) == len(on.chat.render(HOSTILE_CARDS[name]))

    async def test_a_long_comment_is_said_whole(self, on: Opened) -> None:
        parts = on.chat.render(comment(LONG))
        for part in parts:
            await on.chat.say(on.thread, part, on.key())
        assert letters(LONG) in letters("".join(await on.standing())) or len(parts) > 1
        assert "".join(await on.standing()).count("gardener") == LONG.count("gardener")

    # Editing and erasing ---------------------------------------------------------------------------------------------

    async def test_an_edited_message_says_the_new_words_and_editing_again_is_done(self, on: Opened) -> None:
        editor = on.editor
        message = await on.say()
        for _ in range(2):
            await editor.edit(on.thread, message, on.part(comment("And lavender?")))
        ((stands, words),) = await on.scene.standing(on.thread)
        assert stands == message
        assert "And lavender?" in words
        assert "roses" not in words

    async def test_law_02_an_edit_whose_answer_is_lost_can_be_repeated(self, on: Opened) -> None:
        editor = on.editor
        message = await on.say()
        on.scene.lose_answer()
        with pytest.raises(MaybeDone):
            await editor.edit(on.thread, message, on.part(comment("And lavender?")))
        await editor.edit(on.thread, message, on.part(comment("And lavender?")))
        assert "And lavender?" in (await on.standing())[0]

    async def test_editing_a_deleted_message_is_refused(self, on: Opened) -> None:
        editor = on.editor
        message = await on.say()
        await on.scene.delete(on.thread, message)
        with pytest.raises(Refused) as caught:
            await editor.edit(on.thread, message, on.part(comment("And lavender?")))
        assert len(caught.value.reason.split()) >= 3
        assert await on.standing() == []

    async def test_an_edited_message_is_still_found_by_its_key(self, on: Opened) -> None:
        editor, finder, key = on.editor, on.finder, on.key()
        message = await on.say(key=key)
        await editor.edit(on.thread, message, on.part(comment("And lavender?")))
        assert await finder.find(on.thread, [key], 0.0) == {key: message}

    async def test_an_erased_message_is_gone_and_erasing_again_is_done(self, on: Opened) -> None:
        eraser = on.eraser
        message, other = await on.say(), await on.say(comment("And lavender?"))
        for _ in range(2):
            await eraser.erase(on.thread, message)
        assert [stands for stands, _ in await on.scene.standing(on.thread)] == [other]

    async def test_erasing_what_a_person_deleted_is_done(self, on: Opened) -> None:
        eraser = on.eraser
        message = await on.say()
        await on.scene.delete(on.thread, message)
        await eraser.erase(on.thread, message)
        assert await on.standing() == []

    async def test_law_02_an_erasure_whose_answer_is_lost_can_be_repeated(self, on: Opened) -> None:
        eraser = on.eraser
        message = await on.say()
        on.scene.lose_answer()
        with pytest.raises(MaybeDone):
            await eraser.erase(on.thread, message)
        await eraser.erase(on.thread, message)
        assert await on.standing() == []

    async def test_an_erased_message_is_not_found(self, on: Opened) -> None:
        eraser, finder, key = on.eraser, on.finder, on.key()
        await eraser.erase(on.thread, await on.say(key=key))
        assert await finder.find(on.thread, [key], 0.0) == {}

    # Receipts and reading --------------------------------------------------------------------------------------------

    async def test_a_receipt_is_shown_replaced_and_taken_off(self, on: Opened) -> None:
        shower = on.shower
        ours = await on.say()
        message = await on.scene.write(on.thread, "In March")
        held = Receipt(AnswerState.HELD, until=1_700_000_200.0, answers="Vera", answers_message=ours)
        public = Receipt(AnswerState.PUBLIC, answers="Vera", link="https://blog.example/first/#c2")
        refused = Receipt(AnswerState.REFUSED, reason="The blog does not want it @everyone")
        seen: list[object] = []
        for receipt in (held, public, refused):
            await shower.show(on.thread, message, receipt)
            once = await on.scene.receipt(on.thread, message)
            await shower.show(on.thread, message, receipt)
            assert await on.scene.receipt(on.thread, message) == once
            assert once is not None
            assert once not in seen
            seen.append(once)
        for _ in range(2):
            await shower.show(on.thread, message, None)
            assert await on.scene.receipt(on.thread, message) is None

    async def test_every_state_of_an_answer_has_a_receipt(self, on: Opened) -> None:
        shower = on.shower
        message = await on.scene.write(on.thread, "In March")
        for state in AnswerState:
            await shower.show(on.thread, message, Receipt(state))

    async def test_a_receipt_on_a_deleted_message_is_done(self, on: Opened) -> None:
        shower = on.shower
        message = await on.scene.write(on.thread, "In March")
        await on.scene.delete(on.thread, message)
        for receipt in (Receipt(AnswerState.PUBLIC), None):
            await shower.show(on.thread, message, receipt)

    async def test_law_08_reading_gives_what_stands_and_nothing_when_it_is_deleted(self, on: Opened) -> None:
        reader = on.reader
        ours = await on.say()
        message = await on.scene.write(on.thread, "In March", reply_to=ours)
        await on.scene.edit(on.thread, message, "In April")
        read = await reader.read(on.thread, message)
        assert read is not None
        assert (read.thread, read.message, read.writer.id) == (on.thread, message, on.scene.person)
        assert wording(read.text) == "In April"
        await on.scene.delete(on.thread, message)
        assert await reader.read(on.thread, message) is None

    # Moderation ------------------------------------------------------------------------------------------------------

    async def test_a_card_says_who_wrote_what_and_why_it_waits(self, desk: Opened) -> None:
        message = await desk.say(WAITING)
        ((told, words),) = await desk.scene.standing(desk.thread)
        assert told == message
        for said in (WAITING.name, plain(WAITING.text), WAITING.held):
            assert letters(said) in letters(words), said

    async def test_a_card_says_what_became_of_its_comment(self, desk: Opened) -> None:
        message = await desk.say(WAITING)
        await desk.editor.edit(desk.thread, message, desk.part(DECIDED))
        (words,) = await desk.standing()
        assert letters("In the trash, by Mara") in letters(words)
        assert letters(WAITING.held) not in letters(words)

    async def test_law_08_a_choice_comes_back_as_made_by_whom_about_what_was_shown(self, desk: Opened) -> None:
        scene = desk.choosing
        about: list[tuple[CommentCard | ModerationCard, Choice]] = [
            (WAITING, Choice.SPAM), (public(), Choice.TRASH), (DECIDED, Choice.RESTORE),
        ]  # fmt: skip
        ear = Ear(desk.chat)
        async with ear.listening(None):
            await ear.up()
            for card, choice in about:
                message = await desk.say(card)
                await scene.choose(desk.thread, message, choice, card.mark)
                await ear.until(lambda message=message: bool(chosen(ear, message)), f"{choice}")  # type: ignore[misc]
                (event,) = chosen(ear, message)
                assert (event.thread, event.by.id, event.choice, event.mark) == (
                    desk.thread, scene.person, choice, card.mark,
                )  # fmt: skip
                assert event.by.name
                assert event.at > 0

    async def test_law_06_choices_are_told_apart_and_each_is_told_once(self, desk: Opened) -> None:
        scene, first = desk.choosing, await desk.say(WAITING)
        second = await desk.say(replace(WAITING, name="Sam", mark="0000000000000001"))
        watermark, live = await desk.now(), Ear(desk.chat)
        async with live.listening(None):
            await live.up()
            await scene.choose(desk.thread, first, Choice.APPROVE, WAITING.mark)
            await scene.choose(desk.thread, second, Choice.APPROVE, "0000000000000001")
            await live.until(lambda: bool(chosen(live, first) and chosen(live, second)), "both choices")
        ears = [live]
        if desk.ready.limits.tells_past:  # whoever was away hears it as well
            ears.append(later := Ear(desk.chat))
            async with later.listening(watermark):
                await later.until(lambda: bool(chosen(later, first) and chosen(later, second)), "both choices")
        for ear in ears:
            assert len(chosen(ear, first)) == len(chosen(ear, second)) == 1
            assert len({raw.event_id for raw in ear.events}) == len({raw.natural_key for raw in ear.events})

    @pytest.mark.parametrize("name", HOSTILE_CARDS)
    async def test_law_09_a_hostile_card_for_moderators_pings_nobody(self, desk: Opened, name: str) -> None:
        hostile = HOSTILE_CARDS[name]
        name = hostile.name if isinstance(hostile, CommentCard) else "@everyone"
        card = replace(WAITING, name=name, text=hostile.text, held=name)
        parts = desk.chat.render(card)
        assert parts == desk.chat.render(card), "the same card renders the same"
        assert all(desk.scene.fits(part) for part in parts)
        assert not any(desk.scene.pings(part) for part in parts)
        read = letters("".join(desk.scene.shown(part) for part in parts))
        for words in plain(card.text).split():
            assert letters(words) in read

    # Forms -----------------------------------------------------------------------------------------------------------

    async def test_what_a_form_sends_is_heard_with_whom_it_answers(self, forms: Opened) -> None:
        scene, ear = forms.forming, Ear(forms.chat)
        message = await forms.say(answerable())
        async with ear.listening(None):
            await ear.up()
            await scene.send_form(forms.thread, message, "In March")
            await ear.until(lambda: bool(sent(ear)), "what the form sent")
        (event,) = sent(ear)
        assert (event.thread, event.writer.id, event.reply_to) == (forms.thread, scene.person, message)
        assert wording(event.text) == "In March"
        assert event.message not in {stands for stands, _ in await scene.standing(forms.thread)}
        assert event.writer.name

    async def test_law_08_who_is_not_listed_is_refused_before_anything_is_written(self, forms: Opened) -> None:
        scene, ear = forms.forming, Ear(forms.chat)
        message = await forms.say(answerable())
        async with ear.listening(None):
            await ear.up()
            assert len((await scene.refused_form(forms.thread, message)).split()) >= 3
            await scene.send_form(forms.thread, message, "In March")
            await ear.until(lambda: bool(sent(ear)), "what the other form sent")
        assert len(sent(ear)) == 1

    async def test_what_a_form_sent_is_changed_and_taken_back_by_our_copy_of_it(self, forms: Opened) -> None:
        scene, ear = forms.forming, Ear(forms.chat)
        assert isinstance(forms.chat, OffersForms)
        message = await forms.say(answerable())
        async with ear.listening(None):
            await ear.up()
            await scene.send_form(forms.thread, message, "In March")
            await ear.until(lambda: bool(sent(ear)), "what the form sent")
            (written,) = sent(ear)
            (part,) = forms.chat.render_form(shown_form(written))
            copy = await forms.chat.say(forms.thread, part, forms.key())
            await scene.edit_form(forms.thread, copy, "In April")
            await ear.until(lambda: changes(ear, written, "In April") != [], "the change")
            await scene.take_back_form(forms.thread, copy)
            await ear.until(lambda: isinstance(ear.about(written.message)[-1], Erased), "the taking back")
        *_, edited, erased = ear.about(written.message)  # that it was changed to what it was may be told before
        assert isinstance(edited, Edited)
        assert (wording(edited.text), edited.writer.id) == ("In April", scene.person)
        assert isinstance(erased, Erased)
        assert erased.by is not None
        assert erased.by.id == scene.person

    @pytest.mark.parametrize("name", HOSTILE_CARDS)
    async def test_law_09_what_a_hostile_form_sent_pings_nobody(self, forms: Opened, name: str) -> None:
        assert isinstance(forms.chat, OffersForms)
        hostile = HOSTILE_CARDS[name]
        written = Written(forms.thread, MessageId("form:1"), Writer(forms.scene.person, "@everyone"), hostile.text, 0.0)
        parts = forms.chat.render_form(replace(shown_form(written), reason="@everyone"))
        assert all(forms.scene.fits(part) for part in parts)
        assert not any(forms.scene.pings(part) for part in parts)
        read = letters("".join(forms.scene.shown(part) for part in parts))
        for words in plain(hostile.text).split():
            assert letters(words) in read


# What the tests are made of ------------------------------------------------------------------------------------------


def said(event: Event) -> tuple[MessageId, Text | None]:
    """Which message an event is about, and what that says after it."""
    return event.message, event.text if isinstance(event, Written | Edited) else None


def public() -> CommentCard:
    """A comment that the room's moderators may still take off the blog."""
    return replace(comment(), choices=(Choice.SPAM, Choice.TRASH), mark="ffffffffffffffff")


def answerable() -> CommentCard:
    """A comment that the room's authors can answer by a form."""
    return replace(comment(), answerable=True)


def sent(ear: Ear) -> list[Written]:
    """What was recorded of what people sent by forms."""
    return [event for _, event in ear.meant() if isinstance(event, Written) and event.form]


def changes(ear: Ear, written: Written, words: str) -> list[Edited]:
    """What was recorded of a message being changed to these words."""
    told = [event for event in ear.about(written.message) if isinstance(event, Edited)]
    return [event for event in told if wording(event.text) == words]


def shown_form(written: Written) -> FormCard:
    """Our copy of what a form sent, as it stands once it is held."""
    held = Receipt(AnswerState.HELD, until=1_700_000_200.0, answers="Vera")
    return FormCard(
        written.message, written.writer.id, written.writer.name, written.text, "https://blog.example/first/#c1",
        written.reply_to, held,
    )  # fmt: skip


def chosen(ear: Ear, message: MessageId) -> list[Moderated]:
    """What was recorded of people's choices about a message."""
    return [event for event in ear.about(message) if isinstance(event, Moderated)]


def letters(words: str) -> str:
    """Words without white space and without what no text may hold: what must be left of them however they are split."""
    return "".join(cleaned(words).split())
