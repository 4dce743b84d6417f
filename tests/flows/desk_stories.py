"""What stories about moderation have in common: a public room, a moderation room, and a comment that waits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bridge.model import Choice, CommentId, MessageId, Standing, ThreadId
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.stage import Stage, desk, place, route
from tests.flows.stories import ROSES, first_reading, shown

PUBLIC, DESK = "garden", "backroom"


def moderated_stage(ledger: Path | str = ":memory:", **fields: Any) -> Stage:
    """A blog with a public room and a moderation room, in which `mod` and `bob` decide under the account `ada`."""
    clock = DrivenClock()
    routes = [route(place(room=PUBLIC), desks=[desk(room=DESK, mod="ada", bob="ada")])]
    return Stage(clock=clock, blog=FakeBlog(clock), ledger=ledger, **{"routes": routes, **fields})


async def waiting(stage: Stage, words: str = ROSES, **fields: Any) -> CommentId:
    """A visitor's comment waits for approval, and stands in the moderation room."""
    await first_reading(stage)
    comment = stage.blog.comment(words, standing=Standing.PENDING, **fields)
    await shown(stage, words)
    return comment


def card(stage: Stage, words: str = "roses", chat: FakeChat | None = None) -> MessageId:
    """The message in a moderation room that shows a comment with these words."""
    there = chat or stage.chat
    return next(
        id
        for id, m in there.messages.items()
        if m.writer == "backchat" and not m.deleted and words in m.body and there.rooms[m.thread] == DESK
    )


def desk_thread(stage: Stage) -> ThreadId:
    """The first thread in the moderation room."""
    return next(thread for thread, room in stage.chat.rooms.items() if room == DESK)


def in_public(stage: Stage) -> list[str]:
    """What stands in the public room."""
    return stage.chat.standing_in(PUBLIC)


def at_desk(stage: Stage) -> list[str]:
    """What stands in the moderation room."""
    return stage.chat.standing_in(DESK)


async def says(stage: Stage, words: str) -> None:
    """Something in the moderation room begins with these words."""
    await stage.until(lambda: any(said.startswith(words) for said in at_desk(stage)), f"{words!r} in {DESK}")


async def decided(stage: Stage, choice: Choice, words: str, who: str = "mod") -> None:
    """A moderator has decided about the roses, and the card says so in these words."""
    stage.chat.choose(card(stage), choice, who=who)
    await says(stage, words)
