"""Law 8 in moderation rooms: only who is listed decides, and nobody else learns of what waits for approval."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.errors import ConfigError
from bridge.mirror import backfill
from bridge.model import Choice, Desk, PostId, RoomId, Standing, ThreadId
from bridge.requests import grant
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.stage import Stage, desk, place, route
from tests.flows.desk_stories import DESK, at_desk, card, decided, desk_thread, in_public, moderated_stage, waiting
from tests.flows.stories import ROSES, answered, begun, first_reading, shown, state

CARD = f"Vera: {ROSES}"


# Who decides ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["mallory", "MOD", "Mod", "ada", "@mods"])
async def test_law_08_a_stranger_s_choice_is_not_obeyed_and_not_answered(who: str) -> None:
    async with moderated_stage() as stage:
        await waiting(stage)
        for choice in Choice:
            stage.chat.choose(card(stage), choice, who=who)
        message = stage.chat.write(desk_thread(stage), "In March.", who=who, reply_to=card(stage))
        await stage.pass_time(20)
        assert stage.blog.moderations == [] and stage.blog.publications == []
        assert at_desk(stage) == [f"Waits: {CARD}"] and in_public(stage) == [] and state(stage.chat, message) is None


async def test_law_08_a_role_that_is_listed_decides_and_its_account_does_it() -> None:
    clock = DrivenClock()
    blog = FakeBlog(clock, accounts=["ada", "eve"])
    routes = [route(place(), desks=[desk(**{"@mods": "eve"})])]
    async with Stage(clock=clock, blog=blog, routes=routes) as stage:
        await waiting(stage)
        stage.chat.choose(card(stage), Choice.SPAM, who="bob", roles=["readers"])
        stage.chat.choose(card(stage), Choice.APPROVE, who="bob", roles=["readers", "mods"])
        await shown(stage, "Approved by Bob")
        assert stage.blog.moderations == [("eve", Choice.APPROVE)]


async def test_law_08_an_author_who_is_no_moderator_decides_nothing_from_a_public_room() -> None:
    async with moderated_stage() as stage:
        await begun(stage)
        stage.chat.choose(stage.chat.ours("roses"), Choice.TRASH, who="ada", mark="")
        stage.chat.choose(stage.chat.ours("roses"), Choice.TRASH, who="mod", mark="")
        await stage.pass_time(10)
        assert stage.blog.moderations == [] and in_public(stage) == [CARD]


async def test_law_08_a_moderator_of_a_desk_is_no_author_of_the_public_room() -> None:
    async with moderated_stage() as stage:
        await begun(stage)
        stage.chat.write(stage.chat.thread(), "I moderate!", who="mod", reply_to=stage.chat.ours("roses"))
        await stage.pass_time(20)
        assert stage.blog.publications == []


async def test_law_08_a_new_moderator_decides_nothing_by_what_they_chose_before(tmp_path: Path) -> None:
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        await waiting(stage)
        await stage.stop()
        stage.chat.choose(card(stage), Choice.SPAM, who="eve")
        stage.clock.advance(60)
        stage.routes = (route(desks=[desk(mod="ada", eve="ada")]),)
        await stage.start()
        await stage.pass_time(15)
        assert stage.blog.moderations == []
        await decided(stage, Choice.APPROVE, "Approved by Eve", who="eve")


async def test_law_08_what_somebody_chose_who_is_listed_no_more_is_not_done(tmp_path: Path) -> None:
    async with moderated_stage(tmp_path / "ledger.db") as stage:
        await waiting(stage)
        stage.house.blogs[stage.name].ready = None  # the blog cannot be reached, so it waits
        stage.chat.choose(card(stage), Choice.SPAM, who="bob")
        await stage.pass_time(5)
        await stage.stop()
        stage.routes = (route(desks=[desk()]),)
        await stage.start()
        await shown(stage, "Bob, your choice (Spam) was not carried out. Whoever chose it may not moderate")
        assert stage.blog.moderations == [] and at_desk(stage)[0] == f"Waits: {CARD}"


async def test_law_08_a_choice_counts_only_in_the_thread_that_shows_the_comment() -> None:
    """A forged event names a card of another thread, or a message that is no card."""
    async with moderated_stage() as stage:
        await waiting(stage)
        stage.blog.comment("Elsewhere.", post="/second/", standing=Standing.PENDING)
        await shown(stage, "Elsewhere")
        own = stage.chat.write(desk_thread(stage), "Hm.", who="mod")
        for forged, thread in ((card(stage, "Elsewhere"), desk_thread(stage)), (own, desk_thread(stage))):
            stage.chat._event("moderated", forged, {"who": "mod", "choice": Choice.APPROVE, "mark": ""})
            stage.chat.log[-1] = replace(stage.chat.log[-1], thread=ThreadId(thread))
        stage.chat.choose(own, Choice.APPROVE)
        await stage.pass_time(10)
        assert stage.blog.moderations == []


# What nobody else learns ---------------------------------------------------------------------------------------------


def public_words(stage: Stage) -> str:
    """All that was ever written by us outside of moderation rooms, titles of threads too."""
    chat = stage.chat
    said = [m.body for m in chat.messages.values() if chat.rooms[m.thread] != DESK]
    return json.dumps([*said, *(str(card) for thread, card in chat.threads.items() if chat.rooms[thread] != DESK)])


class EverySaying(FakeChat):
    """Keeps every text that was ever said or shown, also those that were edited or erased since."""

    def __init__(self, clock: DrivenClock) -> None:
        super().__init__(clock)
        self.ever: list[tuple[RoomId, str]] = []

    async def say(self, thread, part, key):  # type: ignore[no-untyped-def]
        self.ever.append((self.rooms[thread], part.body))
        return await super().say(thread, part, key)

    async def edit(self, thread, message, part):  # type: ignore[no-untyped-def]
        self.ever.append((self.rooms[thread], part.body))
        await super().edit(thread, message, part)

    def outside(self) -> list[str]:
        return [words for room, words in self.ever if room != DESK]


def watched(path: Path | str = ":memory:", **fields: object) -> Stage:
    clock = DrivenClock()
    routes = [route(place(), desks=[desk(room=DESK, mod="ada", bob="ada")])]
    defaults = {"routes": routes, "clock": clock, "blog": FakeBlog(clock), "chats": {"lounge": EverySaying(clock)}}
    return Stage(ledger=path, **{**defaults, **fields})  # type: ignore[arg-type]


def outside(stage: Stage) -> list[str]:
    assert isinstance(stage.chat, EverySaying)
    return stage.chat.outside()


async def test_law_08_a_comment_that_waits_is_never_in_a_public_room(tmp_path: Path) -> None:
    """Not when it is edited or moved, not in a new room, not by a backfill, not as what somebody replied to."""
    async with watched(tmp_path / "ledger.db") as stage:
        await begun(stage, "How do you prune tulips?")
        comment = await waiting(stage, "SECRET words", name="Whoever")
        stage.blog.edit(comment, "SECRET still")
        await shown(stage, "SECRET still")
        stored = stage.blog.stored[2]
        stage.blog.post("/second/")
        stored.comment = replace(stored.comment, post=PostId("/second/"))
        stage.blog.comment("A public reply.", name="Sam", under=comment)
        await shown(stage, "A public reply")
        await stage.ask(lambda tx: backfill(tx, stage.house, "garden", 100, stage.clock.now()))
        asked = json.dumps({"do": "backfill", "blog": "garden", "last": 100})
        await stage.ask(lambda tx: grant(tx, stage.house, asked, stage.clock.now()))
        await stage.pass_time(15)
        await stage.stop()
        stage.routes = (route(place(), place(room="orchard"), desks=[desk(room=DESK)]),)
        await stage.start()
        stage.blog.comment("One more.")
        await shown(stage, "One more")
        await stage.pass_time(15)
        assert not [words for words in outside(stage) if "SECRET" in words or "Whoever" in words]
        assert "SECRET" not in public_words(stage) and "SECRET still" in " ".join(at_desk(stage))


@pytest.mark.parametrize("turns", range(0, 24, 4))
async def test_law_08_whenever_its_standing_flips_it_is_said_in_public_only_while_it_is_public(turns: int) -> None:
    async with watched() as stage:
        comment = await waiting(stage)
        for standing in (Standing.HIDDEN, Standing.PENDING, Standing.HIDDEN, Standing.PENDING):
            stage.blog.stand(comment, standing)
            stage.clock.advance(5)
            for _ in range(turns):
                await stage.ledger.transact(lambda _: None)
        await stage.pass_time(20)
        assert outside(stage) == [] and at_desk(stage) == [f"Waits: {CARD}"]


async def test_law_08_a_decision_that_is_under_way_shows_nothing_in_public_before_the_blog_has_done_it() -> None:
    async with watched() as stage:
        await waiting(stage)

        async def look() -> None:
            assert outside(stage) == []

        stage.blog.line.before_effect = look
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await stage.until(lambda: len(outside(stage)) == 1, "the announcement")


async def test_law_08_a_moderation_room_never_becomes_a_public_one_while_its_cards_stand(tmp_path: Path) -> None:
    async with watched(tmp_path / "ledger.db") as stage:
        await waiting(stage)
        await stage.stop()
        stage.routes = (route(place(), place(room=DESK)),)
        with pytest.raises(ConfigError, match=r"backroom of lounge was a moderation room"):
            await stage.start()
        await stage.ledger.close()
        stage.routes = (route(),)
        await stage.start()
        stage.blog.comment("A public one.")
        await shown(stage, "A public one")
        assert at_desk(stage) == [f"Waits: {CARD}"] and stage.chat.moderated == {DESK: Desk(frozenset(), closed=True)}


async def test_a_public_room_that_becomes_a_moderation_room_has_other_threads(tmp_path: Path) -> None:
    async with watched(tmp_path / "ledger.db") as stage:
        await begun(stage)
        await answered(stage)
        await stage.stop()
        stage.routes = (route(place(room="orchard"), desks=[desk(room="garden")]),)
        await stage.start()
        stage.blog.comment("SECRET words", standing=Standing.PENDING)
        await shown(stage, "SECRET")
        public, secret = stage.chat.thread(0), stage.chat.thread(1)
        assert stage.chat.standing(public) == [CARD] and "SECRET" in stage.chat.standing(secret)[0]


async def test_nothing_waits_in_a_blog_s_rooms_that_does_not_show_it() -> None:
    async with watched() as stage:
        await first_reading(stage)
        stage.blog.comment("HIDDEN words", standing=Standing.HIDDEN)
        await stage.pass_time(10)
        assert at_desk(stage) == [] and outside(stage) == []
