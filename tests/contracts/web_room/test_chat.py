"""The room as the core uses it: the `Chat` port and its abilities."""

from __future__ import annotations

import asyncio
import json
import math
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.web_room import cards, plugin
from adapters.web_room.meaning import meaning
from bridge.errors import Refused, RetryLater, ThreadLost
from bridge.model import (
    AnswerState,
    CommentCard,
    Edited,
    Erased,
    Guarantee,
    Key,
    Kind,
    Marked,
    MessageId,
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
    Written,
)
from bridge.ports import CHAT_ABILITIES, Chat, ChatAbility, Surroundings
from bridge.text import tree
from tests.contracts.web_room.room_house import House, WallClock, new_room, until


async def test_open_says_what_is_possible_and_can_be_repeated(house: House) -> None:
    ready = await house.room.open(house.stack)
    assert ready.abilities == frozenset(ChatAbility) - {ChatAbility.FORM}
    assert ready.limits.key_window == math.inf
    assert ready.guarantee is Guarantee.ONE
    assert isinstance(house.room, Chat)
    assert all(isinstance(house.room, CHAT_ABILITIES[ability]) for ability in ready.abilities)


async def test_a_thread_is_started_once_per_key(house: House) -> None:
    card = PostCard(Post(PostId("/a"), "https://blog.example/a", "A"))
    key = Key("k" * 24)
    first = await house.room.start_thread(RoomId("kitchen"), card, key)
    assert await house.room.start_thread(RoomId("kitchen"), card, key) == first
    assert await house.room.start_thread(RoomId("cellar"), card, Key("l" * 24)) != first


async def test_law_03_the_same_key_gives_the_first_message_even_after_it_was_deleted(house: House) -> None:
    key = Key("s" * 24)
    first = await house.say(key=key)
    assert await house.say(key=key) == first
    await house.room.erase(house.thread, first)
    assert await house.say(key=key) == first
    assert await house.room.find(house.thread, [key], 0.0) == {}


async def test_law_03_sayings_at_once_with_one_key_write_one_message(house: House) -> None:
    key = Key("p" * 24)
    found = await asyncio.gather(*(house.say(key=key) for _ in range(20)))
    assert len(set(found)) == 1
    assert await house.room.find(house.thread, [key, Key("q" * 24)], 0.0) == {key: found[0]}


async def test_ids_are_never_given_twice(house: House) -> None:
    first = await house.say()
    await house.room.erase(house.thread, first)
    assert await house.say() != first


async def test_edits_and_erasures_are_safe_to_repeat(house: House) -> None:
    message = await house.say()
    changed = house.room.render(Notice(tree.paragraph("changed")))[0]
    await house.room.edit(house.thread, message, changed)
    await house.room.edit(house.thread, message, changed)
    await house.room.erase(house.thread, message)
    await house.room.erase(house.thread, message)
    with pytest.raises(Refused, match="deleted"):
        await house.room.edit(house.thread, message, changed)


async def test_another_rooms_ids_mean_nothing_here(house: House) -> None:
    stranger, message = ThreadId("cafe0123-1"), MessageId("cafe0123-1")
    with pytest.raises(ThreadLost):
        await house.room.say(stranger, house.room.render(Notice(tree.paragraph("x")))[0], Key("x" * 24))
    with pytest.raises(Refused):
        await house.room.edit(house.thread, message, house.room.render(Notice(tree.paragraph("x")))[0])
    await house.room.erase(stranger, message)
    await house.room.show(stranger, message, None)
    assert await house.room.read(stranger, message) is None


async def test_a_part_that_is_none_is_refused(house: House) -> None:
    for body in ("", "[]", "{}", '{"card":"comment"}', '{"card":"notice","text":"[[1]]","link":null,"to":null}'):
        with pytest.raises(Refused):
            await house.room.say(house.thread, Part(body), Key("z" * 24))


names = st.text(min_size=1, max_size=30)


@given(
    name=names,
    words=names,
    kind=st.sampled_from(Kind),
    by_author=st.booleans(),
    reply=st.none() | st.builds(ReplyTo, names, st.none() | names.map(MessageId), names),
)
def test_cards_survive_the_way_through_a_part(
    name: str, words: str, kind: Kind, by_author: bool, reply: ReplyTo | None
) -> None:
    card = CommentCard(name, tree.paragraph(words), "https://b.example/", 1.5, kind, None, by_author, reply, True)
    assert cards.loaded(cards.dumped(card)) == card
    notice = Notice(tree.paragraph(words), None, None if reply is None else reply.message)
    assert cards.loaded(cards.dumped(notice)) == notice


async def test_what_people_do_is_heard_in_order(house: House) -> None:
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    ana = await house.guest("Ana")
    mara = await house.say()
    sent = await ana.send(house.number, "It **is**.", addressed=house.inside(mara))
    await ana.ask("PUT", f"/api/messages/{sent['id']}", {"text": "It is not."})
    await ana.ask("PUT", f"/api/messages/{sent['id']}/mark", {"on": True})
    await ana.ask("PUT", f"/api/messages/{sent['id']}/mark", {"on": False})
    await ana.ask("DELETE", f"/api/messages/{sent['id']}")
    await ear.until(lambda: len(ear.events) == 6, "six events")
    ours, written, edited, on, off, erased = ear.meant()
    message = house.outside(sent["id"])
    assert isinstance(ours, Written) and ours.message == mara and ours.key is not None
    assert isinstance(written, Written) and written.message == message and written.thread == house.thread
    assert (written.key, written.addressed, written.reply_to, written.to_person) == (None, mara, None, False)
    assert written.writer.id == "ana" and written.writer.roles == {"author"}
    assert written.text == (tree.Paragraph((tree.Plain("It "), tree.Strong((tree.Plain("is"),)), tree.Plain("."))),)
    assert isinstance(edited, Edited) and edited.text == tree.paragraph("It is not.") and edited.key is None
    assert isinstance(on, Marked) and on.on and on.by.id == "ana"
    assert isinstance(off, Marked) and not off.on
    assert isinstance(erased, Erased) and erased.message == message
    assert [raw.order for raw in ear.events] == sorted(raw.order for raw in ear.events)
    assert len({raw.event_id for raw in ear.events}) == len({raw.natural_key for raw in ear.events}) == 6


async def test_our_edits_are_heard_with_their_key(house: House) -> None:
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    key = Key("e" * 24)
    message = await house.say(key=key)
    await house.room.edit(house.thread, message, house.room.render(Notice(tree.paragraph("new")))[0])
    await ear.until(lambda: len(ear.events) == 2, "two events")
    edited = ear.meant()[1]
    assert isinstance(edited, Edited) and edited.key == key and edited.text == tree.paragraph("new")


async def test_what_was_written_while_nobody_listened_arrives_later(house: House) -> None:
    ana = await house.guest("Ana")
    await ana.send(house.number, "before the first start")
    first = house.ear()
    first.start()
    await first.caught_up()
    assert first.events == [] and first.watermark is not None
    await first.stop()
    for n in range(450):
        await ana.send(house.number, f"line {n}") if n < 3 else await house.say()
    second = house.ear()
    second.start(first.watermark)
    await second.caught_up()
    assert len(second.events) == 450
    assert [up for _, _, up in second.calls] == [False, False, True]
    third = house.ear()
    third.start(second.watermark)
    await third.caught_up()
    assert third.events == []


async def test_receipts_wake_no_listener(house: House) -> None:
    ana = await house.guest("Ana")
    sent = await ana.send(house.number, "hello")
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    await house.room.show(house.thread, house.outside(sent["id"]), Receipt(AnswerState.HELD, until=1.0))
    await house.say()
    await ear.until(lambda: len(ear.events) == 1, "our message")
    assert len(ear.calls) == 2


async def test_a_watermark_of_another_file_begins_now(house: House, caplog: pytest.LogCaptureFixture) -> None:
    await house.say()
    ear = house.ear()
    ear.start("cafe0123-900")
    await ear.caught_up()
    assert ear.events == [] and "was replaced" in caplog.text


async def test_a_restored_backup_gives_no_number_twice(house: House, caplog: pytest.LogCaptureFixture) -> None:
    message = await house.say()
    ear = house.ear()
    ear.start(f"{house.file.instance}-900")
    await ear.caught_up()
    later = await house.say()
    await ear.until(lambda: len(ear.events) == 1, "one event")
    assert ear.events[0].order == 901
    assert house.inside(later) > house.inside(message) + 800
    assert "older than its ledger" in caplog.text


async def test_a_person_is_named_only_if_no_commenter_is(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    await house.guest("Mara Lind", "member")
    await house.say()
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    await ana.send(house.number, "@Ben look at this")
    await ana.send(house.number, "@Mara it is")
    await ana.send(house.number, "@mara lind, as we said")
    await ana.send(house.number, "@Benno is nobody")
    await ben.send(house.number, "hello @Ana")
    await ear.until(lambda: len(ear.events) == 5, "five events")
    assert [event.to_person for event in ear.meant()] == [True, False, True, False, True]  # type: ignore[union-attr]


async def test_law_08_what_a_member_wrote_is_talk_whoever_the_configuration_lists(house: House) -> None:
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    mara = house.inside(await house.say())
    ben = await house.guest("Ben", "member")
    sent = await ben.send(house.number, "It is.", addressed=mara)
    await house.secret("Ben", "author")
    await ben.send(house.number, "It is hot.", addressed=mara)
    await ben.ask("PUT", f"/api/messages/{sent['id']}/mark", {"on": True})
    await ear.until(lambda: len(ear.events) == 4, "four events")
    _, member, author, marked = ear.meant()
    assert isinstance(member, Written) and member.to_person
    assert isinstance(author, Written) and not author.to_person
    assert isinstance(marked, Marked) and marked.on
    body = json.loads(ear.events[3].body)
    body["writer"]["roles"] = ["member"]
    assert meaning(replace(ear.events[3], body=json.dumps(body))) is None


async def test_a_page_that_believes_another_role_publishes_nothing(house: House) -> None:
    ben = await house.guest("Ben", "member")
    await house.secret("Ben", "author")
    refused = await ben.send(house.number, "between us", status=409, role="member")
    assert "another role" in refused["error"] and await ben.messages(house.number) == []
    await ben.send(house.number, "for the blog", role="author")


async def test_a_commenter_wins_over_a_person_of_the_same_name(house: House) -> None:
    ana = await house.guest("Ana")
    await house.guest("Mara", "member")
    await house.say()
    sent = await ana.send(house.number, "@MARA it is")
    read = await house.room.read(house.thread, house.outside(sent["id"]))
    assert read is not None and not read.to_person


async def test_reading_gives_what_stands(house: House) -> None:
    ana = await house.guest("Ana")
    mara = await house.say()
    sent = await ana.send(house.number, "one", reply_to=house.inside(mara), addressed=house.inside(mara))
    message = house.outside(sent["id"])
    await ana.ask("PUT", f"/api/messages/{sent['id']}", {"text": "two"})
    read = await house.room.read(house.thread, message)
    assert read is not None and read.text == tree.paragraph("two") and read.writer.id == PersonId("ana")
    assert (read.reply_to, read.addressed) == (mara, mara)
    await ana.ask("DELETE", f"/api/messages/{sent['id']}")
    assert await house.room.read(house.thread, message) is None
    assert await house.room.read(house.thread, mara) is None


async def test_receipts_are_shown_replaced_and_taken_off(house: House) -> None:
    ana = await house.guest("Ana")
    mara = await house.say()
    sent = await ana.send(house.number, "it is")
    message = house.outside(sent["id"])
    receipt = Receipt(AnswerState.PUBLIC, answers="Mara", answers_message=mara, link="https://blog.example/soup#c2")
    for wanted in (Receipt(AnswerState.HELD, until=5.0), receipt, receipt):
        await house.room.show(house.thread, message, wanted)
    (_, shown) = await ana.messages(house.number)
    assert shown["receipt"] == {
        "state": "public",
        "until": None,
        "answers": "Mara",
        "answers_message": house.inside(mara),
        "link": "https://blog.example/soup#c2",
        "reason": None,
    }
    await house.room.show(house.thread, message, None)
    assert (await ana.messages(house.number))[1]["receipt"] is None
    await ana.ask("DELETE", f"/api/messages/{sent['id']}")
    await house.room.show(house.thread, message, receipt)


async def test_the_room_says_what_waits_for_the_daemon(house: House) -> None:
    ana = await house.guest("Ana")
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    await ear.stop()
    sent = await ana.send(house.number, "anybody there?")
    assert sent["message"]["waiting"]
    assert not (await ana.send(house.number, "// not for you"))["message"]["waiting"]
    again = house.ear()
    again.start(ear.watermark)
    await again.caught_up()

    async def taken() -> bool:
        return not (await ana.messages(house.number))[0]["waiting"]

    await until(taken, "the message is taken over")


def test_an_event_that_is_not_ours_means_nothing() -> None:
    for body in ("", "[]", "{}", '{"kind":"written"}', '{"kind":"odd","message":"1"}', '{"kind":"erased","message":1}'):
        assert meaning(RawEvent("e", "n", ThreadId("t"), 1, body)) is None


async def test_law_09_hostile_cards_stay_words(house: House) -> None:
    ana = await house.guest("Ana")
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>\u202e@Ana @everyone {{7*7}}'
    text: tree.Text = (
        tree.Paragraph((tree.Plain(hostile), tree.Link("javascript:alert(1)", (tree.Plain("click"),)))),
        tree.Paragraph((tree.Image("https://evil.example/pixel.png", hostile),)),
        tree.CodeBlock(hostile, hostile),
    )
    reply = ReplyTo(hostile, None, hostile)
    await house.say(CommentCard(hostile, text, "javascript:alert(2)", 1e300, in_reply_to=reply))
    page = await ana.get(f"/threads/{house.number}")
    conversation = page[page.index('id="log"') : page.index('id="box"')]
    for mark in ("<script", "<img", "javascript:", 'onerror=alert(1)&gt;"', "49"):
        assert mark not in conversation
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    assert ear.events == []


async def test_opening_fails_in_words(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("this is no database, but a page of notes" * 50)
    async with AsyncExitStack() as stack:
        with pytest.raises(Refused, match=r"notes\.txt"):
            await new_room(tmp_path / "notes.txt").open(stack)


# --- Settings ---------------------------------------------------------------------------------------------------


class Table:
    """A table of the configuration, as far as the room asks it."""

    def __init__(self, **values: Any) -> None:
        self.values = values
        self.problems: list[tuple[str, str]] = []

    def text(self, key: str, default: str | None = None, *, help: str = "") -> str:
        return str(self.values.get(key, default))

    def flag(self, key: str, default: bool) -> bool:
        return bool(self.values.get(key, default))

    def maybe_address(self, key: str) -> str | None:
        found = self.values.get(key)
        return None if found is None else str(found)

    def problem(self, key: str, sentence: str) -> None:
        self.problems.append((key, sentence))


async def test_the_daemon_can_serve_the_pages_itself(tmp_path: Path) -> None:
    around = Surroundings("room", WallClock(), tmp_path, "tests")
    table: Any = Table(serve=True, listen="127.0.0.1:0", file="garden.db")
    async with AsyncExitStack() as stack:
        room = plugin.from_config(table, around)
        await room.open(stack)
        await room.open(stack)
        assert (tmp_path / "garden.db").exists() and table.problems == []
    async with AsyncExitStack() as again:
        await room.open(again)


@pytest.mark.parametrize("listen", ["8088", ":8088", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:70000", "h:٣"])
def test_a_place_that_is_none_is_a_problem(tmp_path: Path, listen: str) -> None:
    table: Any = Table(listen=listen)
    plugin.from_config(table, Surroundings("room", WallClock(), tmp_path, "tests"))
    assert [key for key, _ in table.problems] == ["listen"]


async def test_a_taken_port_is_tried_again_later(house: House, tmp_path: Path) -> None:
    port = house.address.rpartition(":")[2]
    table: Any = Table(serve=True, listen=f"127.0.0.1:{port}", file="other.db")
    room = plugin.from_config(table, Surroundings("room", WallClock(), tmp_path, "tests"))
    words = r"The room cannot be served at .*another program uses that port: stop it or set chats\.room\.listen"
    async with AsyncExitStack() as stack:
        for _ in range(2):
            with pytest.raises(RetryLater, match=words):
                await room.open(stack)
