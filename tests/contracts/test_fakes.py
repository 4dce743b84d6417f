"""The fakes earn trust by passing the suites that real adapters pass."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

from bridge.model import AccountName, Choice, Comment, MessageId, Part, PersonId, PostId, RoomId, Standing, ThreadId
from bridge.ports import BlogAbility
from bridge.testing.blog_contract import BlogContract
from bridge.testing.chat_contract import ChatContract
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat, words_of
from bridge.testing.faults import Fault


class FakeBlogScene:
    """The fake blog, on which a second passes between two deeds of its visitors."""

    def __init__(self, abilities: frozenset[BlogAbility] = frozenset(BlogAbility)) -> None:
        self.clock = DrivenClock()
        self.blog = FakeBlog(self.clock, abilities=abilities)
        self.post: PostId = self.blog.post()
        self.account = AccountName("ada")
        self.secrets = ()

    async def comment(self, words: str, name: str, under: Comment | None = None) -> None:
        self.clock.advance(1)
        self.blog.comment(words, name=name, under=None if under is None else under.id)

    async def comment_held(self, words: str, name: str) -> None:
        self.clock.advance(1)
        self.blog.comment(words, name=name, standing=Standing.PENDING)

    async def edit(self, comment: Comment, words: str) -> None:
        self.blog.edit(comment.id, words)

    async def delete(self, comment: Comment) -> None:
        self.blog.remove(comment.id)

    async def hide(self, comment: Comment) -> None:
        self.blog.stand(comment.id, Standing.HIDDEN)

    def lose_request(self) -> None:
        self.blog.line.faults.append(Fault.LOST_BEFORE)

    def lose_answer(self) -> None:
        self.blog.line.faults.append(Fault.LOST_AFTER)


class TestFakeBlog(BlogContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> FakeBlogScene:
        return FakeBlogScene()


class TestFakeBlogThatIsOnlyRead(BlogContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> FakeBlogScene:
        return FakeBlogScene(abilities=frozenset())


class FakeChatScene:
    """The fake chat; the adapter and its platform are one, so a restart changes nothing."""

    def __init__(self, chat: FakeChat) -> None:
        self.chat = chat
        self.room = RoomId("garden")
        self.person = PersonId("ada")
        self.secrets = ()

    async def write(self, thread: ThreadId, words: str, reply_to: MessageId | None = None) -> MessageId:
        return self.chat.write(thread, words, reply_to=reply_to)

    async def edit(self, thread: ThreadId, message: MessageId, words: str) -> None:
        self.chat.edit_message(message, words)

    async def delete(self, thread: ThreadId, message: MessageId) -> None:
        self.chat.delete(message)

    async def choose(self, thread: ThreadId, message: MessageId, choice: Choice, mark: str) -> None:
        self.chat.choose(message, choice, who=self.person, mark=mark)

    async def send_form(self, thread: ThreadId, message: MessageId, words: str) -> None:
        self.chat.send_form(message, words, who=self.person)

    async def refused_form(self, thread: ThreadId, message: MessageId) -> str:
        return self.chat.ask_for_form(message, who="mallory") or ""

    async def edit_form(self, thread: ThreadId, message: MessageId, words: str) -> None:
        self.chat.edit_form(self.chat.form_of(message), words, who=self.person)

    async def take_back_form(self, thread: ThreadId, message: MessageId) -> None:
        self.chat.take_back_form(self.chat.form_of(message), who=self.person)

    async def standing(self, thread: ThreadId) -> Sequence[tuple[MessageId, str]]:
        ours = [(id, m) for id, m in self.chat.messages.items() if m.writer == "backchat" and m.thread == thread]
        return [(id, words_of(message.body)) for id, message in ours if not message.deleted]

    async def receipt(self, thread: ThreadId, message: MessageId) -> object:
        return self.chat.messages[message].receipt

    def shown(self, part: Part) -> str:
        return words_of(part.body)

    def fits(self, part: Part) -> bool:
        return len(words_of(part.body)) <= self.chat.part_size

    def pings(self, part: Part) -> bool:
        return False

    def lose_answer(self) -> None:
        self.chat.line.faults.append(Fault.LOST_AFTER)

    async def restart(self, stack: AsyncExitStack) -> FakeChat:
        await self.chat.open(stack)
        return self.chat


class TestFakeChat(ChatContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> FakeChatScene:
        return FakeChatScene(FakeChat(DrivenClock(), part_size=2_000))


class TestFakeChatThatEnforcesNoKeys(ChatContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> FakeChatScene:
        return FakeChatScene(FakeChat(DrivenClock(), key_window=0.0))


class TestFakeChatThatForgets(ChatContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> FakeChatScene:
        return FakeChatScene(FakeChat(DrivenClock(), key_window=120.0, thread_window=0.0, tells_past=False))


class TestFakeChatWithoutAbilities(ChatContract):
    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> FakeChatScene:
        return FakeChatScene(FakeChat(DrivenClock(), abilities=frozenset()))
