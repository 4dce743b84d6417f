"""The story that must work, played without a browser or a person: `backchat demo --check`."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bridge.demo.house import DemoHouse
from bridge.demo.ports import FillsForms, Guest, Seen, Stands
from bridge.errors import BackchatError
from bridge.model import AnswerState, MessageId, Receipt
from bridge.text.html_in import parse
from bridge.text.tree import wording

T = TypeVar("T")

PATIENCE = 45.0
"""Seconds that a step gets until its condition must hold."""


class NotSo(BackchatError):
    """A step of the story did not hold; the message says what was waited for."""


Step = Callable[["Story"], Awaitable[None]]


@dataclass(slots=True)
class Story:
    """Plays every step in order, and tells each with its seconds. `failed` are the steps that did not hold."""

    house: DemoHouse
    tell: Callable[[str], None]
    failed: list[str] = field(default_factory=list)
    _said: list[str] = field(default_factory=list)

    @property
    def steps(self) -> Sequence[Step]:
        """The steps that this house's parts can play, in order."""
        forms = FORM_STEPS if isinstance(self.house.room.author, FillsForms) else ()
        return (*STEPS[:-1], *forms, STEPS[-1])

    async def play(self) -> None:
        """Play all steps; one that fails does not keep the others from being played."""
        for step in self.steps:
            started = time.monotonic()
            try:
                await step(self)
            except (BackchatError, AssertionError) as error:
                self.failed.append(step.__name__)
                mark, why = "✗", f"\n    {error}"
            else:
                mark, why = "✓", ""
            self.tell(f"{mark} {_sentence(step)}  {time.monotonic() - started:.1f} s{why}")

    # What people do and see ------------------------------------------------------------------------------------------

    async def room(self, who: Guest | None = None) -> Sequence[Seen]:
        """The conversation as somebody in the room sees it."""
        return await (who or self.house.room.author).see(self.house.thread)

    async def blog(self) -> Sequence[Stands]:
        """The conversation as anybody sees it on the blog."""
        return await self.house.blog.visitor.standing()

    async def write(self, words: str, answering: MessageId | None = None) -> MessageId:
        """The author writes in the room."""
        return await self.house.room.author.write(self.house.thread, words, answering)

    async def visitor(self, name: str, words: str, under: str | None = None) -> str:
        """A visitor comments on the blog; the comment's number."""
        return await self.house.blog.visitor.comment(name, words, under)

    async def until_seen(self, words: str, more: float = 0.0) -> Seen:
        """Wait until a message with these words stands in the room, `more` seconds longer than usual."""

        async def look() -> Seen | None:
            return _one([seen for seen in await self.room() if words in seen.words])

        return await until(look, f"“{words}” in the room", PATIENCE + more)

    async def until_not_seen(self, words: str, more: float = 0.0) -> None:
        """Wait until no message has these words any more, `more` seconds longer than usual."""

        async def look() -> bool:
            return not [seen for seen in await self.room() if words in seen.words]

        await until(look, f"“{words}” gone from the room", PATIENCE + more)

    async def until_on_blog(self, words: str) -> Stands:
        """Wait until a comment with these words stands on the blog."""

        async def look() -> Stands | None:
            return _one([stands for stands in await self.blog() if words in _words(stands)])

        return await until(look, f"“{words}” on the blog")

    async def until_off_blog(self, words: str) -> None:
        """Wait until no comment has these words any more."""

        async def look() -> bool:
            return not [stands for stands in await self.blog() if words in _words(stands)]

        await until(look, f"“{words}” gone from the blog")

    async def until_receipt(self, message: MessageId, state: AnswerState) -> Receipt:
        """Wait until the receipt on the author's message shows this state."""

        async def look() -> Receipt | None:
            found = _one([seen for seen in await self.room() if seen.id == message])
            receipt = None if found is None else found.receipt
            return receipt if receipt is not None and receipt.state is state else None

        return await until(look, f"the receipt “{state}” on message {message}")

    async def not_on_blog(self, words: str) -> None:
        """Check that no comment has these words."""
        _demand(not [s for s in await self.blog() if words in _words(s)], f"“{words}” is on the blog, and must not be")

    async def published(self, words: str, answering: MessageId | None = None) -> tuple[MessageId, Stands]:
        """The author answers, and it becomes public."""
        message = await self.write(words, answering)
        await self.until_receipt(message, AnswerState.PUBLIC)
        return message, await self.until_on_blog(words)


async def until(look: Callable[[], Awaitable[T | None]], what: str, patience: float = PATIENCE) -> T:
    """Wait until `look` gives something true, and give it. Raises `NotSo` when `patience` (seconds) ends."""
    deadline = time.monotonic() + patience
    while True:
        try:
            found = await look()
        except BackchatError:
            found = None  # a part of the demo is just being started again
        if found:
            return found
        if time.monotonic() > deadline:
            raise NotSo(f"waited {patience:.0f} s for {what}")
        await asyncio.sleep(0.1)


# The steps ------------------------------------------------------------------------------------------------------------


async def _conversation(story: Story) -> None:
    """The conversation that stood on the blog is in the room, the author's own comments marked where that is proven."""

    async def look() -> bool:
        return len(await story.room()) >= len(await story.blog())

    await until(look, "all seeded comments in the room")
    seen = await story.room()
    marked = {one.name for one in seen if one.by_author}
    expected = {story.house.blog.author} if story.house.blog.proves_author else set()
    _demand(
        marked == expected,
        f"marked as the author's are comments of {marked or 'nobody'}, not of {expected or 'nobody'}",
    )
    _demand(any(one.in_reply_to for one in seen), "no message says what it replies to")


async def _arrives(story: Story) -> None:
    """A visitor's comment appears in the room."""
    await story.visitor("Iris", "Do the bees mind the fog horn?")
    await story.until_seen("Do the bees mind the fog horn?")


async def _held(story: Story) -> None:
    """An answer is held first; its receipt says so, and where it has words, until when and whom it answers."""
    to = await story.until_seen("Do the bees mind the fog horn?")
    message = await story.write("They do not even lift their heads.", to.id)
    receipt = await story.until_receipt(message, AnswerState.HELD)
    if story.house.room.words:
        _demand(receipt.until is not None and receipt.until > time.time() - 1, "the receipt does not say until when")
        _demand(receipt.answers == "Iris", f"the receipt says that it answers {receipt.answers!r}, not Iris")
    await story.not_on_blog("They do not even lift their heads.")


async def _public(story: Story) -> None:
    """Then it is public, under the comment that it answers, in the author's name; the receipt says so."""
    stands = await story.until_on_blog("They do not even lift their heads.")
    asked = await story.until_on_blog("Do the bees mind the fog horn?")
    _demand(stands.under == asked.number, f"it stands under {stands.under}, not under {asked.number}")
    _demand(stands.name == story.house.blog.author, f"it is in the name of {stands.name!r}")
    written = await story.until_seen("They do not even lift their heads.")
    receipt = await story.until_receipt(written.id, AnswerState.PUBLIC)
    if story.house.room.words:
        _demand(receipt.link is not None and stands.number in receipt.link, f"the receipt links {receipt.link!r}")


async def _nested(story: Story) -> None:
    """An answer to a reply stands under it, or, where the blog cannot, beside it, opening with a link to the person."""
    asked = await story.until_on_blog("Do the bees mind the fog horn?")
    number = await story.visitor("Jonas", "Mine always mind the lawn mower.", asked.number)
    to = await story.until_seen("Mine always mind the lawn mower.")
    _, stands = await story.published("A fog horn does not cut their clover.", to.id)
    if story.house.blog.nests:
        _demand(stands.under == number, f"it stands under {stands.under}, not under {number}")
        return
    _demand(stands.under == asked.number, f"it stands under {stands.under}, not under {asked.number}")
    _demand(_words(stands).startswith("@Jonas"), f"it does not open with the person's name: {stands.html}")
    _demand(number in stands.html and "<a" in stands.html, f"the name does not link comment {number}: {stands.html}")


async def _names(story: Story) -> None:
    """@Name picks the comment, and further names become links."""
    await story.visitor("Ada", "Which flowers do you sow for them?")
    await story.until_seen("Which flowers do you sow for them?")
    message = await story.write("@Ada borage and phacelia, as @Iris does.")
    receipt = await story.until_receipt(message, AnswerState.PUBLIC)
    if story.house.room.words:
        _demand(receipt.answers == "Ada", f"it answers {receipt.answers!r}, not Ada")
    stands = await story.until_on_blog("borage and phacelia")
    asked = await story.until_on_blog("Which flowers do you sow for them?")
    _demand(stands.under == asked.number, "it does not stand under Ada's comment")
    _demand(stands.html.count("<a ") >= 2, f"the names are no links: {stands.html}")


async def _three_lines(story: Story) -> None:
    """Three quick lines are one answer."""
    await story.visitor("Theo", "How much honey does one hive give?")
    to = await story.until_seen("How much honey does one hive give?")
    lines = ("In a good year forty pounds.", "In a bad one none.", "We leave them half.")
    messages = [await story.write(words, to.id) for words in lines]
    await story.until_receipt(messages[-1], AnswerState.PUBLIC)
    stands = await story.until_on_blog("In a good year forty pounds.")
    _demand("We leave them half." in _words(stands), f"the lines are not together: {stands.html}")
    _demand(len([s for s in await story.blog() if "In a bad one none." in _words(s)]) == 1, "a line stands twice")


async def _follows_to_blog(story: Story) -> None:
    """Editing and deleting it in the room follows on the blog."""
    to = await story.until_seen("How much honey does one hive give?")
    message, stands = await story.published("A jar for every visitor, too.", to.id)
    await story.house.room.author.edit(story.house.thread, message, "A jar for every second visitor.")
    edited = await story.until_on_blog("A jar for every second visitor.")
    _demand(edited.number == stands.number, "the edit is another comment")
    await story.until_receipt(message, AnswerState.PUBLIC)
    await story.house.room.author.delete(story.house.thread, message)
    await story.until_off_blog("A jar for every second visitor.")


async def _follows_to_room(story: Story) -> None:
    """An edit and a deletion of a visitor's comment on the blog follow in the room."""
    more = story.house.blog.edits_within
    number = await story.visitor("Nell", "I saw a swarm at the peer.")
    await story.until_seen("I saw a swarm at the peer.")
    await story.house.blog.visitor.edit(number, "I saw a swarm at the pier.")
    await story.until_seen("I saw a swarm at the pier.", more)
    await story.until_not_seen("I saw a swarm at the peer.")
    await story.house.blog.visitor.delete(number)
    await story.until_not_seen("I saw a swarm at the pier.", more)


async def _stays(story: Story) -> None:
    """What begins with // stays in the room, and so does everything that a member writes."""
    await story.write("// remember to oil the lamp")
    member = story.house.room.member
    await member.write(story.house.thread, "I would love to taste that honey.")
    await story.published("Answers come last, so all before them has been judged.")
    await story.not_on_blog("remember to oil the lamp")
    await story.not_on_blog("I would love to taste that honey.")
    await story.until_seen("remember to oil the lamp")
    await story.until_seen("I would love to taste that honey.")


async def _undo(story: Story) -> None:
    """An answer that is undone while it is held never reaches the blog."""
    to = await story.until_seen("Which flowers do you sow for them?")
    message = await story.write("Only plastic tulips.", to.id)
    await story.until_receipt(message, AnswerState.HELD)
    await story.house.room.author.delete(story.house.thread, message)
    await story.published("No tulips at all, in truth.", to.id)
    await story.not_on_blog("Only plastic tulips.")


async def _killed(story: Story) -> None:
    """Killed (kill -9) with an answer on its way, it is started again and goes on."""
    to = await story.until_seen("Which flowers do you sow for them?")
    message = await story.write("And clover, always clover.", to.id)
    await story.until_receipt(message, AnswerState.HELD)
    await story.house.daemon.kill()
    await story.until_receipt(message, AnswerState.PUBLIC)
    await story.until_on_blog("And clover, always clover.")


async def _down(story: Story) -> None:
    """Stopped for a while: what was written meanwhile arrives, what was deleted meanwhile is not published."""
    to = await story.until_seen("Which flowers do you sow for them?")
    doomed = await story.write("This was written too quickly.", to.id)
    await story.until_receipt(doomed, AnswerState.HELD)
    await story.house.daemon.end(signal.SIGKILL)
    await story.house.room.author.delete(story.house.thread, doomed)
    late = await story.write("This was written while you slept.", to.id)
    await story.visitor("Wren", "And this was asked meanwhile.")
    await story.house.daemon.start()
    await story.until_seen("And this was asked meanwhile.")
    await story.until_receipt(late, AnswerState.PUBLIC)
    await story.until_on_blog("This was written while you slept.")
    await story.not_on_blog("This was written too quickly.")


async def _stopped(story: Story) -> None:
    """Stopped in order (SIGTERM), the room too where it has a process, and started again, it goes on."""
    server = story.house.server
    await story.house.daemon.stop()
    if server is not None:
        await server.stop()
    await story.visitor("Finn", "Is anybody there?")
    if server is not None:
        await server.start()
    await story.house.daemon.start()
    to = await story.until_seen("Is anybody there?")
    await story.published("Always, behind the third hive.", to.id)


async def _form(story: Story) -> None:
    """The form under a comment takes an answer, too, and it stands in the room as well."""
    to = await story.until_seen("How much honey does one hive give?")
    asked = await story.until_on_blog("How much honey does one hive give?")
    author = story.house.room.author
    assert isinstance(author, FillsForms)
    await author.fill(story.house.thread, to.id, "More than we can eat, in most years.")
    stands = await story.until_on_blog("More than we can eat, in most years.")
    _demand(stands.under == asked.number, f"it stands under {stands.under}, not under {asked.number}")
    _demand(stands.name == story.house.blog.author, f"it is in the name of {stands.name!r}")
    await story.until_seen("More than we can eat, in most years.")


async def _once(story: Story) -> None:
    """In the end nothing stands twice, on the blog or in the room."""
    stands = [_words(one) for one in await story.blog()]
    _demand(len(stands) == len(set(stands)), f"on the blog twice: {_twice(stands)}")
    seen = [f"{one.name}: {one.words}" for one in await story.room()]
    _demand(len(seen) == len(set(seen)), f"in the room twice: {_twice(seen)}")
    missing = [words for words in stands if not any(_core(words) in _letters(one) for one in seen)]
    _demand(not missing, f"on the blog but not in the room: {missing}")


STEPS: tuple[Step, ...] = (
    _conversation, _arrives, _held, _public, _nested, _names, _three_lines, _follows_to_blog, _follows_to_room, _stays,
    _undo, _killed, _down, _stopped, _once,
)  # fmt: skip
"""In the order in which they are played; later ones build on what earlier ones left."""
FORM_STEPS: tuple[Step, ...] = (_form,)
"""Played before the last one where the room's comments have forms."""


def _sentence(step: Step) -> str:
    return (step.__doc__ or step.__name__).strip().rstrip(".")


def _words(stands: Stands) -> str:
    return wording(parse(stands.html))


def _core(words: str) -> str:
    """The letters that a comment begins with, behind the person's name that it may open with."""
    if words.startswith("@"):
        words = words.partition(" ")[2]
    return _letters(words)[:20]


def _letters(words: str) -> str:
    return "".join(letter for letter in words if letter.isalnum())


def _twice(words: Sequence[str]) -> list[str]:
    return sorted({one for one in words if words.count(one) > 1})


def _one(found: Sequence[T]) -> T | None:
    return found[0] if len(found) == 1 else None


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise NotSo(otherwise)
