"""What the gateway tells is heard: by raw events, in order, once, and only where it concerns us."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model import Edited, Key, Marked, MessageId, Written
from bridge.testing.chat_contract import comment
from tests.contracts.discord.listeners import Listened, listened
from tests.servers.discord_double import Person

MARK = "\N{POSTBOX}"


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Listened]:
    async with listened(tmp_path) as one:
        yield one


async def test_only_the_intents_that_are_needed_are_asked_for(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
    assert on.scene.discord.gate.identified[0]["intents"] == 1 << 0 | 1 << 9 | 1 << 10 | 1 << 15


async def test_what_is_written_in_an_archived_thread_is_heard_though_no_cache_knows_it(on: Listened) -> None:
    on.scene.eve.archive(on.there)
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        message = on.write("In March")
        await ear.until(lambda: bool(ear.of(message)), "the message")
    (event,) = ear.of(message)
    assert isinstance(event, Written)
    assert event.thread == on.thread


async def test_messages_elsewhere_are_never_recorded(on: Listened) -> None:
    discord_, ada = on.scene.discord, on.scene.ada
    elsewhere, abroad = discord_.channel("garden"), discord_.guild("Abroad")
    garden = ada.open_thread(elsewhere, "Not ours")
    discord_.world.join(abroad, ada.user)
    far = discord_.channel("far", guild=abroad)
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        there = [ada.write(where, "Psst") for where in (elsewhere, garden, far, on.scene.channel)]
        message = on.write("In March")
        await ear.until(lambda: bool(ear.of(message)), "the message")
    assert [raw.natural_key for raw in ear.events] == [f"m:{message.id}"]
    assert not [one for one in there if ear.of(one)]


async def test_law_06_bots_and_foreign_webhooks_are_not_heard(on: Listened) -> None:
    robot = on.scene.discord.member("Robot", bot=True)
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        robot.write(on.there, "Beep")
        on.scene.ada.rename(on.there, "Renamed")
        message = on.write("In March")
        await ear.until(lambda: bool(ear.of(message)), "the message")
    assert ear.theirs() == [("Written", message.id)]


async def test_law_06_the_echo_of_a_new_thread_tells_of_it_by_its_key(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        thread = await on.another("/second/")
        message = on.write("In March")
        await ear.until(lambda: bool(ear.of(message)), "the message")
    (event,) = ear.about(MessageId(thread.id))
    assert isinstance(event, Written)
    assert (event.thread, event.key) == (thread.id, Key("y" + "b" * 23))


async def test_law_06_an_event_told_twice_has_one_nature(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        on.scene.discord.spoil("MESSAGE_CREATE", "twice")
        message = on.write("In March")
        await ear.until(lambda: len(ear.events) == 2, "it twice")
    assert len(ear.of(message)) == 1


async def test_law_04_events_told_out_of_order_are_ordered_as_they_happened(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        on.scene.discord.spoil("MESSAGE_CREATE", "later")
        first, second = on.write("First"), on.write("Second")
        await ear.until(lambda: len(ear.events) == 2, "both")
    assert [event.message for _, event in ear.meant()] == [second.id, first.id]
    assert [raw.natural_key for raw in sorted(ear.events, key=lambda raw: raw.order)] == [
        f"m:{first.id}", f"m:{second.id}",
    ]  # fmt: skip


async def test_messages_that_a_moderator_deletes_together_are_each_told(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        both = [on.write("One"), on.write("Two")]
        (session,) = on.scene.discord.gate.sessions.values()
        assert session.wire is not None
        ids = [message.id for message in both]
        data = {"ids": ids, "channel_id": on.thread, "guild_id": on.scene.channel.guild}
        session.wire.put(json.dumps({"op": 0, "t": "MESSAGE_DELETE_BULK", "s": session.seq, "d": data}))
        await ear.until(lambda: len(ear.of(both[1])) == 2, "both deletions")
    assert ear.theirs() == [(kind, id) for kind in ("Written", "Erased") for id in ids]


async def test_people_mark_their_own_messages_and_take_the_mark_off(on: Listened) -> None:
    message, ada, eve = on.write("In March"), on.scene.ada, on.scene.eve
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        eve.react(message, MARK)
        ada.react(message, "\N{PARTY POPPER}")
        ada.react(message, MARK)
        ada.unreact(message, MARK)
        ada.react(message, MARK)
        await ear.until(lambda: len(ear.of(message)) == 3, "on, off and on")
    marks = [event for event in ear.of(message) if isinstance(event, Marked)]
    assert [(mark.by.id, mark.on) for mark in marks] == [(ada.id, True), (ada.id, False), (ada.id, True)]
    orders = [raw.order for raw, _ in ear.meant()]
    assert orders == sorted(orders)
    assert marks[0].by.name


async def test_a_writers_roles_are_those_of_the_moment(on: Listened) -> None:
    authors = on.scene.discord.role("Authors")
    on.scene.ada.in_roles(authors)
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        first = on.write("As an author")
        on.scene.ada.in_roles()
        second = on.write("As nobody")
        await ear.until(lambda: bool(ear.of(second)), "both")
    roles = [event.writer.roles for one in (first, second) for event in ear.of(one) if isinstance(event, Written)]
    assert roles == [{authors.id}, frozenset()]


async def test_a_preview_that_discord_adds_is_no_edit(on: Listened) -> None:
    ear = on.ear()
    async with ear.listening(None):
        await ear.up()
        message = on.write("See https://roses.example/")
        owner = Person(on.scene.discord.world, on.scene.discord.world.application.owner)
        owner.pin(message)  # told as a change of the message, whose words stay as they are
        on.scene.ada.edit(message, "See https://roses.example/pruning")
        await ear.until(lambda: len(ear.of(message)) >= 2, "the edit")
    assert [type(event) for event in ear.of(message)] == [Written, Edited]


async def test_a_lost_connection_is_resumed_and_nothing_of_it_is_missed(on: Listened) -> None:
    gate, ear = on.scene.discord.gate, on.ear()
    async with ear.listening(None):
        await ear.up()
        for break_off in (gate.cut, gate.reconnect, gate.close):
            resumed = len(gate.resumed)
            break_off()
            message = on.write("Meanwhile")
            await ear.until(lambda message=message: bool(ear.of(message)), "what was written meanwhile")  # type: ignore[misc]
            assert len(gate.resumed) > resumed
    assert len(gate.identified) == 1
    assert ear.said == ["caught up"]


async def test_law_06_our_own_message_is_told_with_its_key_before_we_have_the_answer(on: Listened) -> None:
    key, ear = Key("k" * 24), on.ear()
    async with ear.listening(None):
        await ear.up()
        held = on.scene.discord.fail("POST", "/channels/*/messages", commits=True, hold=True)
        saying = asyncio.create_task(on.scene.chat.say(on.thread, on.scene.chat.render(comment())[0], key))
        await ear.until(lambda: bool(ear.events), "the echo")
        assert not saying.done()
        held.release()
        message = await saying
    (event,) = ear.about(message)
    assert isinstance(event, Written)
    assert event.key == key
