"""Every kind of fault at every kind of target before Slack: `python -m tests.flows.slack_faults`.

Slack knows no keys of ours, so that a second copy may stand until it is swept: what is printed is how often each target
stood at the end, and for how many seconds (of the clock) it stood twice. See `chat_faults`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

from adapters.slack.double.faults import Fault
from tests.flows import chat_faults
from tests.flows.chat_faults import ASKED, LATE, OTHER, SENTENCE, TOO_LATE, Cell, How, Matrix
from tests.flows.slack_stage import SlackStage, slack_stage
from tests.servers.slack_copies import Copies

FAULTS: dict[str, How] = {
    "500, not done": (500, False), "500, done": (500, True), "503, not done": (503, False), "503, done": (503, True),
    "429": (429, False), "reset, not done": ("reset", False), "reset, done": ("reset", True),
    "no answer, not done": ("hang", False), "no answer, done": ("hang", True), "no answer, done late": ("hang", LATE),
    "500, done late": (500, LATE), "reset, done late": ("reset", LATE), "a page, not done": ("html", False),
    "a page, done": ("html", True), "internal_error, not done": ("internal_error", False),
    "internal_error, done": ("internal_error", True), "fatal_error, done late": ("fatal_error", LATE),
    "ratelimited": ("ratelimited", False),
}  # fmt: skip
SWEPT: dict[str, How] = {**FAULTS, "no answer, done too late": ("hang", TOO_LATE)}
"""What also meets those of which a second copy may stand until it is swept."""


class SlackCell(Cell[SlackStage]):
    """A cell with the call that is made for its sake, and the event that tells of what it did."""

    method, echo = "chat.postMessage", "message"

    def befalls(self, args: dict[str, Any]) -> bool:
        """Whether a call of the method is for the sake of this cell."""
        return args.get("thread_ts") == self.root()

    def fail(self, answer: int | str | None, commits: bool | float, *, hold: bool = False) -> Fault:
        return self.stage.slack.fail(self.method, answer, commits=commits, hold=hold, when=self.befalls)

    def spoil(self, how: str) -> Callable[[], Awaitable[None]]:
        slack = self.stage.slack
        slack.spoil(self.echo, how, when=partial(_of, slack.app.bot_id, slack.bot.id))  # type: ignore[arg-type]

        async def heard_again() -> None:
            slack.faults.events.clear()

        return heard_again

    def root(self) -> str:
        """The ts of what opens the thread of the cell's post; "" before it stands."""
        return next((one.ts for one in self.stage.roots() if self.stage.title(one) == self.name), "")

    def of_card(self, args: dict[str, Any], name: str) -> bool:
        """Whether an argument names the message that shows the comment, or showed it."""
        return bool(args.get(name) == self.card_ts)

    async def prepare(self) -> None:
        await super().prepare()
        self.card_ts = self.card().ts


def _of(bot: str, user: str, event: dict[str, Any]) -> bool:
    """Whether an event tells of something that the bot did."""
    message = event.get("message") or event.get("previous_message") or event
    return bot == message.get("bot_id") or (event["type"].startswith("reaction") and event.get("user") == user)


class Root(SlackCell):
    """The message with a post's card, on which its thread hangs."""

    async def prepare(self) -> None:
        self.stage.blog.post(self.post, self.name)

    async def act(self) -> None:
        self.stage.blog.comment(ASKED.format(name=self.name), post=self.post)

    def befalls(self, args: dict[str, Any]) -> bool:
        return args.get("thread_ts") is None and f"💬 {self.name}" in str(args.get("text"))

    def standing(self) -> int:
        opened, said = self.stage.named(self.name), self.many(ASKED)
        return opened if opened == said else 100 * opened + said


class CommentMessage(SlackCell, chat_faults.CommentMessage[SlackStage]):
    """The message that shows a comment."""

    def befalls(self, args: dict[str, Any]) -> bool:
        return OTHER.format(name=self.name) in str(args.get("text"))


class SplitComment(chat_faults.SplitComment[SlackStage], SlackCell):
    """A comment in several messages; the second one meets the fault."""

    sentences, more = 45, " It goes on and on." * 16

    def befalls(self, args: dict[str, Any]) -> bool:
        said = json.dumps(args.get("blocks"))
        return f"of {self.name}." in said and SENTENCE.format(n=0, name=self.name) not in said


class Edit(chat_faults.Edit[SlackStage], SlackCell):
    """An edit of such a message."""

    method, echo = "chat.update", "message_changed"

    def befalls(self, args: dict[str, Any]) -> bool:
        return self.of_card(args, "ts")


class Erase(chat_faults.Erase[SlackStage], SlackCell):
    """Its deletion."""

    method, echo = "chat.delete", "message_deleted"

    def befalls(self, args: dict[str, Any]) -> bool:
        return self.of_card(args, "ts")


class ReceiptOn(chat_faults.ReceiptOn[SlackStage], SlackCell):
    """The receipt on an answer, from held to public."""

    method, echo = "reactions.add", "reaction_added"

    def befalls(self, args: dict[str, Any]) -> bool:
        return bool(args.get("timestamp") == self.said.ts)


class ReceiptOff(ReceiptOn):
    """What the receipt was before is taken off."""

    method, echo = "reactions.remove", "reaction_removed"


class FormCopy(chat_faults.FormCopy[SlackStage], SlackCell):
    """Our own copy of what a form sent."""


class Notice(chat_faults.Refusal[SlackStage], SlackCell):
    """The words to a writer why something is not published, which they alone see: told, and perhaps told again."""

    method = "chat.postEphemeral"

    def befalls(self, args: dict[str, Any]) -> bool:
        return args.get("thread_ts") == self.root()

    def standing(self) -> int:
        root = self.root()
        told = [one for one in self.stage.ada.whispers() if one.thread == root and "fewer than 3" in one.text]
        return min(1, len(told))


TARGETS: dict[str, type[SlackCell]] = {
    "post's card": Root, "comment": CommentMessage, "split comment": SplitComment, "edit": Edit, "erase": Erase,
    "receipt": ReceiptOn, "receipt's change": ReceiptOff, "form's copy": FormCopy, "notice": Notice,
}  # fmt: skip
SAID = ("post's card", "comment", "split comment", "form's copy")
"""Targets that are new messages."""


async def _refresh(stage: SlackStage) -> None:
    opened = stage.slack.gate.opened
    stage.slack.gate.disconnect("refresh_requested")
    await stage.until(lambda: stage.slack.gate.opened > opened, "a fresh connection")


async def _killed(stage: SlackStage) -> None:
    stage.slack.gate.kill()


async def _closed(stage: SlackStage) -> None:
    stage.slack.gate.close()


async def _refused(stage: SlackStage) -> None:
    """The connection is cut, and the next handshakes are refused: bolt's own client would hang for good."""
    stage.slack.gate.refuse(408, 500)
    stage.slack.gate.kill()


async def _too_many(stage: SlackStage) -> None:
    """Slack takes other connections for ours, and no new one."""
    gate = stage.slack.gate
    gate.ghosts = gate.cap
    gate.kill()
    opened = gate.opened
    await stage.until(lambda: gate.opened > opened, "a connection that is turned away")
    gate.ghosts = 0


async def _nothing(stage: SlackStage) -> None:
    """Only the answer is slow: the event is there before it."""


STUMBLES: dict[str, Callable[[SlackStage], Awaitable[None]]] = {
    "event before the answer": _nothing, "refresh": _refresh, "killed": _killed, "closed": _closed,
    "handshakes refused": _refused, "too many websockets": _too_many,
}  # fmt: skip
SPOILED = ("twice", "again", "later", "drop")
"""What befalls the event itself that tells of the effect."""
TOGETHER: tuple[tuple[str, ...], ...] = (tuple(name for name in TARGETS if name != "receipt's change"),)
"""Targets that one stage can have; a receipt changes only after a while, and nothing is leapt over meanwhile."""


def _stage(folder: Path, _target: str) -> AbstractAsyncContextManager[SlackStage]:
    return slack_stage(folder)


def _faults(target: str) -> Mapping[str, How]:
    return SWEPT if target in SAID else FAULTS


MATRIX: Matrix[SlackStage] = Matrix(
    targets=TARGETS, together=TOGETHER, faults=_faults, stage=_stage, copies=lambda stage: Copies(stage.slack),
    patient=lambda stage: stage.give_up_after(60.0), stumbles=STUMBLES, spoiled=SPOILED,
    wait_for_latest=lambda target: target in SAID,
)  # fmt: skip


if __name__ == "__main__":
    sys.exit(MATRIX.main("Every kind of fault at every kind of target before Slack."))
