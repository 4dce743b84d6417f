"""Every kind of fault at every kind of target before Discord: `python -m tests.flows.discord_faults`.

Prints how often each target stood at the end, and for how many seconds (of the clock) it stood twice, where it ever
did. See `chat_faults`.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any, cast

from adapters.discord.double.faults import Answered, Fault
from adapters.discord.double.things import Channel
from tests.flows import chat_faults
from tests.flows.chat_faults import ASKED, LATE, OTHER, SENTENCE, TOO_LATE, Cell, How, Matrix
from tests.flows.discord_stage import DiscordStage, discord_stage
from tests.servers.discord_copies import Copies

REST: dict[str, How] = {
    "500, not done": (500, False), "500, done": (500, True), "503, not done": (503, False), "503, done": (503, True),
    "429": (429, False), "reset, not done": ("reset", False), "reset, done": ("reset", True),
    "no answer, not done": ("hang", False), "no answer, done": ("hang", True), "no answer, done late": ("hang", LATE),
    "500, done late": (500, LATE), "reset, done late": ("reset", LATE),
}  # fmt: skip
SWEPT: dict[str, How] = {**REST, "no answer, done too late": ("hang", TOO_LATE)}
"""What also meets those that stand once only after a sweep."""


class DiscordCell(Cell[DiscordStage]):
    """A cell with the request that is asked for its sake, and the event that tells of what it did."""

    method, path, echo = "POST", "/channels/{thread}/messages", "MESSAGE_CREATE"

    def befalls(self, body: Any) -> bool:
        """Whether a request to the path is for the sake of this cell."""
        return True

    def fail(self, answer: int | str | None, commits: bool | float, *, hold: bool = False) -> Fault:
        thread = self.thread()
        path = self.path.format(channel=self.stage.channel.id, thread="none" if thread is None else thread.id)
        return self.stage.discord.fail(
            self.method, path, cast(Answered, answer), commits=commits, hold=hold, retry_after=0.1, when=self.befalls
        )

    def spoil(self, how: str) -> Callable[[], Awaitable[None]]:
        discord, before = self.stage.discord, len(self.stage.discord.gate.identified)
        discord.spoil(self.echo, how, when=partial(_of, discord.bot.id))  # type: ignore[arg-type]

        async def heard_again() -> None:
            discord.faults.events.clear()
            if how == "malformed":  # discord.py cannot go on after it, and buttons answer nobody while nobody listens
                await self.stage.until(lambda: len(discord.gate.identified) > before, "another session")
                await self.stage.listening()

        return heard_again

    def thread(self) -> Channel | None:
        """The thread of the cell's post."""
        return next((one for one in self.stage.threads() if one.name == self.name), None)


def _of(bot: str, event: dict[str, Any]) -> bool:
    """Whether an event tells of something that the bot did; of deletions nobody is told who did them."""
    who = {event.get("user_id"), event.get("application_id"), event.get("author", {}).get("id")} - {None}
    return not who or bot in who


class Anchor(DiscordCell):
    """The message in a text channel on which the thread of a post is opened."""

    path = "/channels/{channel}/messages"

    async def prepare(self) -> None:
        self.stage.blog.post(self.post, self.name)

    async def act(self) -> None:
        self.stage.blog.comment(ASKED.format(name=self.name), post=self.post)

    def befalls(self, body: Any) -> bool:
        return f"**{self.name}**" in body["content"]

    def standing(self) -> int:
        opened = self.stage.named(self.name)
        anchors = sum(f"**{self.name}**" in one.content for one in self.stage.discord.messages(self.stage.channel))
        said = self.many(ASKED)
        return opened if opened == said and anchors in {opened, 0} else 100 * opened + 10 * anchors + said


class ThreadOnAnchor(Anchor):
    """The thread on that message."""

    path = "/channels/{channel}/messages/*/threads"

    def befalls(self, body: Any) -> bool:
        return bool(body["name"] == self.name)


class ForumPost(ThreadOnAnchor):
    """A post in a forum channel."""

    path = "/channels/{channel}/threads"


class CommentMessage(DiscordCell, chat_faults.CommentMessage[DiscordStage]):
    """The message that shows a comment."""


class WebhookMessage(CommentMessage):
    """The same, said by a webhook."""

    path = "/webhooks/*"

    def befalls(self, body: Any) -> bool:
        return OTHER.format(name=self.name) in body["content"]


class SplitComment(chat_faults.SplitComment[DiscordStage], DiscordCell):
    """A comment in several messages; the second one meets the fault."""

    def befalls(self, body: Any) -> bool:
        return SENTENCE.format(n=0, name=self.name) not in body["content"]


class Edit(chat_faults.Edit[DiscordStage], DiscordCell):
    """An edit of such a message."""

    method, path, echo = "PATCH", "/channels/{thread}/messages/*", "MESSAGE_UPDATE"


class Erase(chat_faults.Erase[DiscordStage], DiscordCell):
    """Its deletion."""

    method, path, echo = "DELETE", "/channels/{thread}/messages/*", "MESSAGE_DELETE"


class ReceiptOn(chat_faults.ReceiptOn[DiscordStage], DiscordCell):
    """The receipt on an answer, from held to public."""

    method, path, echo = "PUT", "/channels/{thread}/messages/*/reactions/*", "MESSAGE_REACTION_ADD"


class FormCopy(chat_faults.FormCopy[DiscordStage], DiscordCell):
    """Our own copy of what a form sent."""


class Refusal(chat_faults.Refusal[DiscordStage], DiscordCell):
    """The words to a writer why something is not published."""

    def standing(self) -> int:
        thread = self.thread()
        assert thread is not None
        return sum("fewer than 3 characters" in one.content for one in self.stage.ours_in(thread))


TARGETS: dict[str, type[DiscordCell]] = {
    "anchor": Anchor, "thread on it": ThreadOnAnchor, "comment": CommentMessage, "split comment": SplitComment,
    "edit": Edit, "erase": Erase, "receipt": ReceiptOn, "form's copy": FormCopy, "notice": Refusal,
    "forum post": ForumPost, "webhook message": WebhookMessage,
}  # fmt: skip
STAGES: dict[str, dict[str, Any]] = {"forum post": {"forum": True}, "webhook message": {"identity": "webhook"}}
"""How the stage of a target is set, where it is not a text channel in which the bot speaks itself."""


async def _reconnect(stage: DiscordStage) -> None:
    stage.discord.gate.reconnect()


async def _invalid(stage: DiscordStage) -> None:
    stage.discord.gate.invalidate()


async def _cut(stage: DiscordStage) -> None:
    stage.discord.gate.cut()


async def _dead_address(stage: DiscordStage) -> None:
    """The address at which sessions are resumed is dead: in the end a new one is begun."""
    gate = stage.discord.gate
    before, gate.resume_dead = len(gate.identified), True
    gate.cut()
    await stage.until(lambda: len(gate.identified) > before, "another session")
    gate.resume_dead = False


async def _unreadable(stage: DiscordStage) -> None:
    """An event that discord.py's parsers cannot bear."""
    spoiled = stage.discord.spoil("CHANNEL_UPDATE", "malformed")
    stage.discord.permit(stage.backroom, stage.gus)
    await stage.until(spoiled.reached.is_set, "the malformed event")


async def _nothing(stage: DiscordStage) -> None:
    """Only the answer is slow: the event is there before it."""


GATEWAY: dict[str, Callable[[DiscordStage], Awaitable[None]]] = {
    "event before the answer": _nothing, "op 7": _reconnect, "op 9": _invalid, "cut": _cut,
    "dead address to resume": _dead_address, "malformed event": _unreadable,
}  # fmt: skip
SPOILED = ("twice", "later", "drop", "malformed")
"""What befalls the event itself that tells of the effect."""
IN_TEXT = tuple(name for name in TARGETS if name not in STAGES)
TOGETHER: tuple[tuple[str, ...], ...] = (IN_TEXT, ("forum post",), ("webhook message",))
"""Targets that one stage can have."""


def _stage(folder: Path, target: str) -> AbstractAsyncContextManager[DiscordStage]:
    return discord_stage(folder, **STAGES.get(target, {}))


def _faults(target: str) -> Mapping[str, How]:
    return SWEPT if target in STAGES else REST


def _patient(stage: DiscordStage) -> None:
    """Answers are slow, and still in time."""
    stage.adapter.api._sender.patience = 60.0


MATRIX: Matrix[DiscordStage] = Matrix(
    targets=TARGETS, together=TOGETHER, faults=_faults, stage=_stage, copies=lambda stage: Copies(stage.discord),
    patient=_patient, stumbles=GATEWAY, spoiled=SPOILED, wait_for_latest=lambda target: target in STAGES,
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(MATRIX.main("Every kind of fault at every kind of target before Discord."))
