"""Moderation from the blog to the room's pages and back: the real core, the real room over HTTP, and a blog of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from adapters.web_room import people
from adapters.web_room.chat import Settings, WebRoom
from adapters.web_room.database import RoomFile
from adapters.web_room.server import serving
from bridge.model import Choice, Standing
from bridge.ports import Surroundings
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.stage import Stage, desk, place, route
from tests.contracts.web_room.room_house import Guest


class Theatre:
    """The core on a driven clock, with a room that people use over HTTP."""

    def __init__(self, stage: Stage, ana: Guest, eve: Guest) -> None:
        self.stage = stage
        self.blog = stage.blog
        self.ana = ana
        self.eve = eve

    async def until(self, condition: Callable[[], Awaitable[Any]], what: str) -> Any:
        """Drive time on until a condition holds; the room's own thread needs moments that no clock of ours drives."""
        async with asyncio.timeout(30):
            while not (found := await condition()):
                self.stage.clock.advance(0.5)
                await self.stage.settle()
                await asyncio.sleep(0.005)
        assert found, what
        return found

    async def said(self, room: str, words: str, guest: Guest | None = None) -> dict[str, Any]:
        """Wait for a message of a room in whose text or fate these words stand."""
        guest = guest or self.ana

        async def look() -> dict[str, Any] | None:
            listed = (await guest.get("/api/threads"))["threads"]
            for thread in (one["id"] for one in listed if one["room"] == room):
                for one in await guest.messages(thread):
                    if words in f"{one['text']} {one.get('decided')} {one.get('held')}":
                        return {**one, "thread": thread}
            return None

        return cast(dict[str, Any], await self.until(look, f"{words!r} in {room}"))

    async def choose(self, card: dict[str, Any], choice: str, status: int = 200) -> Any:
        fields = {"choice": choice, "mark": card["mark"]}
        return await self.ana.ask("PUT", f"/api/messages/{card['id']}/choice", fields, status)

    async def words_in(self, room: str, guest: Guest) -> str:
        """Everything that somebody can read in a room."""
        listed = (await guest.get("/api/threads"))["threads"]
        threads = [one["id"] for one in listed if one["room"] == room]
        return str([await guest.messages(thread) for thread in threads])


@pytest.fixture
async def theatre(tmp_path: Path) -> AsyncIterator[Theatre]:
    clock = DrivenClock()
    async with AsyncExitStack() as stack:
        room = WebRoom(Settings(tmp_path / "room.db"), Surroundings("room", clock, tmp_path, "tests"))
        file = await RoomFile(tmp_path / "room.db").open(stack)
        address = await stack.enter_async_context(serving(file, "127.0.0.1", 0, now=clock.now))
        guests = []
        for name, role in (("Ana", "author"), ("Eve", "member")):
            _, secret = await file.write(partial(people.invite, name=name, role=role, at=clock.now()))
            guest = Guest(address)
            stack.push_async_callback(guest.http.close)
            await guest.enter(secret)
            guests.append(guest)
        rooms = route(place("room", "kitchen", ana="ada"), desks=[desk("room", "moderation", ana="ada")])
        stage = Stage(blog=FakeBlog(clock), chats=cast(Any, {"room": room}), routes=[rooms], clock=clock)
        stack.push_async_callback(stage._stack.aclose)
        async with stage:
            yield Theatre(stage, *guests)


async def test_a_held_comment_is_approved_from_the_room_and_everybody_sees_it(theatre: Theatre) -> None:
    theatre.blog.comment("May I come in?", name="Kim", standing=Standing.PENDING, held="it has two links")
    card = await theatre.said("moderation", "it has two links")
    assert card["choices"] == ["approve", "spam", "trash"]
    assert "May I" not in await theatre.eve.get("/") and (await theatre.eve.get("/api/threads"))["threads"] == []
    await theatre.choose(card, "approve")
    decided = await theatre.said("moderation", "Approved by Ana")
    assert (decided["id"], decided["under_way"], decided["choices"]) == (card["id"], None, ["spam", "trash"])
    await theatre.said("kitchen", "May I come in?", theatre.eve)
    assert theatre.blog.moderations == [("ada", Choice.APPROVE)]


async def test_answering_a_held_comment_approves_it_and_publishes_the_answer(theatre: Theatre) -> None:
    asked = theatre.blog.comment("May I come in?", name="Kim", standing=Standing.PENDING)
    card = await theatre.said("moderation", "May I come in?")
    await theatre.ana.send(card["thread"], "Only between us.")
    await theatre.ana.send(card["thread"], "Of course you may.", reply_to=card["id"])

    async def published() -> bool:
        return any("Of course you may." in str(one.comment.text) for one in theatre.blog.stored.values())

    await theatre.until(published, "the answer on the blog")
    assert theatre.blog.moderations == [("ada", Choice.APPROVE)]
    (answer,) = [one.comment for one in theatre.blog.stored.values() if one.comment.parent is not None]
    assert answer.parent == asked
    assert "between us" not in str(theatre.blog.stored)
    await theatre.said("kitchen", "Of course you may.", theatre.eve)


async def test_what_a_moderator_trashes_leaves_the_public_room_and_comes_back(theatre: Theatre) -> None:
    theatre.blog.comment("May I come in?", name="Kim", standing=Standing.PENDING)
    await theatre.choose(await theatre.said("moderation", "May I come in?"), "approve")
    await theatre.said("kitchen", "May I come in?", theatre.eve)
    await theatre.choose(await theatre.said("moderation", "Approved by Ana"), "trash")
    trashed = await theatre.said("moderation", "In the trash, by Ana")

    async def gone() -> bool:
        return "May I come in?" not in await theatre.words_in("kitchen", theatre.eve)

    await theatre.until(gone, "the comment's end in the public room")
    await theatre.choose(trashed, "restore")
    await theatre.said("kitchen", "May I come in?", theatre.eve)


async def test_a_refused_choice_is_told_in_the_room_and_can_be_made_again(theatre: Theatre) -> None:
    theatre.blog.comment("May I come in?", name="Kim", standing=Standing.PENDING)
    card = await theatre.said("moderation", "May I come in?")
    moderators, theatre.blog.moderators = theatre.blog.moderators, frozenset()
    await theatre.choose(card, "approve")
    told = await theatre.said("moderation", "may not moderate")
    assert told["kind"] == "notice"
    theatre.blog.moderators = moderators

    async def open_again() -> dict[str, Any] | None:
        shown = await theatre.said("moderation", "May I come in?")
        return shown if shown["under_way"] is None else None

    await theatre.choose(await theatre.until(open_again, "a card that can be decided"), "spam")
    await theatre.said("moderation", "In the spam, by Ana")


async def test_what_was_decided_on_the_blog_meanwhile_makes_the_choice_stale(theatre: Theatre) -> None:
    theatre.blog.comment("May I come in?", name="Kim", standing=Standing.PENDING)
    card = await theatre.said("moderation", "May I come in?")
    (stored,) = theatre.blog.stored.values()
    stored.standing = Standing.PUBLIC
    await theatre.said("moderation", "Approved on the blog")
    assert (await theatre.choose(card, "approve", 409))["error"].startswith("Approve is not possible")
