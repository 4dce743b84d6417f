"""Whose comments wait for an author, what the list shows of it, and what an older room's file knows."""

from __future__ import annotations

import re
import sqlite3
from contextlib import AsyncExitStack
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from adapters.web_room import access, cards, listing
from adapters.web_room.database import APPLICATION_ID, VERSION, RoomFile, connect, look_only
from bridge.model import AnswerState, Kind, MessageId, Receipt, ReplyTo, RoomId
from tests.contracts.web_room.room_house import POST, Guest, House, comment, new_key

ANSWERED = {
    AnswerState.HELD,
    AnswerState.PUBLISHING,
    AnswerState.PENDING,
    AnswerState.PUBLIC,
    AnswerState.REVISING,
    AnswerState.PARKED,
}


async def waits(house: House, guest: Guest) -> set[str]:
    """Give the ids of the comments that wait, and see that the kept flag says what the definition says."""
    (drift,) = await house.file.read(
        lambda c: c.execute(
            "SELECT count(*) FROM message WHERE waits <> (id IN (SELECT id FROM unanswered))"
        ).fetchone()
    )
    assert drift == 0
    return {house.outside(shown["id"]) for shown in await guest.messages(house.number) if shown["waits"]}


async def answer(house: House, ana: Guest, to: MessageId, state: AnswerState) -> MessageId:
    sent = await ana.send(house.number, "yes", addressed=house.inside(to))
    message = house.outside(sent["id"])
    await house.room.show(house.thread, message, Receipt(state, answers="Mara", answers_message=to))
    return message


@pytest.mark.parametrize("state", AnswerState)
async def test_a_comment_waits_until_an_answer_is_held_public_or_in_doubt(house: House, state: AnswerState) -> None:
    ana = await house.guest("Ana")
    mara, jo = await house.say(comment("Mara")), await house.say(comment("Jo"))
    assert await waits(house, ana) == {mara, jo}
    message = await answer(house, ana, mara, state)
    assert await waits(house, ana) == ({jo} if state in ANSWERED else {mara, jo})
    await house.room.show(house.thread, message, Receipt(AnswerState.WITHDRAWN, answers="Mara", answers_message=mara))
    assert await waits(house, ana) == {mara, jo}


async def test_an_answer_that_turns_to_somebody_else_leaves_the_first_waiting(house: House) -> None:
    ana = await house.guest("Ana")
    mara, jo = await house.say(comment("Mara")), await house.say(comment("Jo"))
    message = await answer(house, ana, mara, AnswerState.HELD)
    await house.room.show(house.thread, message, Receipt(AnswerState.HELD, answers="Jo", answers_message=jo))
    assert await waits(house, ana) == {mara}
    await house.room.show(house.thread, message, None)
    assert await waits(house, ana) == {mara, jo}


async def test_a_held_answer_that_is_taken_out_leaves_the_comment_waiting(house: House) -> None:
    ana = await house.guest("Ana")
    mara = await house.say()
    message = await answer(house, ana, mara, AnswerState.HELD)
    assert await waits(house, ana) == set()
    await ana.ask("DELETE", f"/api/messages/{house.inside(message)}")
    assert await waits(house, ana) == {mara}


async def test_the_authors_own_comment_on_the_blog_answers(house: House) -> None:
    ana = await house.guest("Ana")
    mara = await house.say(comment("Mara"))
    reply = ReplyTo("Mara", mara, "Is it hot?")
    visitor = await house.say(comment("Jo", "I think so.", in_reply_to=reply))
    assert await waits(house, ana) == {mara, visitor}
    own = await house.say(comment("Ana", "It is.", by_author=True, in_reply_to=reply))
    assert await waits(house, ana) == {visitor}
    await house.room.edit(house.thread, own, house.room.render(comment("Ana", "It is!", by_author=True))[0])
    assert await waits(house, ana) == {mara, visitor}
    await house.room.edit(
        house.thread, own, house.room.render(comment("Ana", "It is!", by_author=True, in_reply_to=reply))[0]
    )
    await house.room.erase(house.thread, own)
    assert await waits(house, ana) == {mara, visitor}
    await house.room.erase(house.thread, mara)
    assert await waits(house, ana) == {visitor}


async def test_mentions_members_and_notices_wait_for_nobody(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    for kind in (Kind.PINGBACK, Kind.TRACKBACK, Kind.WEBMENTION):
        await house.say(comment(kind=kind))
    await ben.send(house.number, '{"kind": "comment"}')
    await house.say(comment("Ana", by_author=True))
    assert await waits(house, ana) == set()


async def test_a_page_that_is_open_is_told(house: House) -> None:
    ana = await house.guest("Ana")
    mara = await house.say()
    stream = await house.live(ana, since="0.0")
    assert "unanswered" in (await stream.next("message"))[1]["html"]
    await answer(house, ana, mara, AnswerState.PUBLIC)
    while True:
        _, told = await stream.next("message")
        if told["id"] == house.inside(mara):
            break
    assert "unanswered" not in told["html"]


# --- The list --------------------------------------------------------------------------------------------------------


async def titles(guest: Guest, query: str) -> list[int]:
    return [thread["id"] for thread in (await guest.get(f"/api/threads{query}"))["threads"]]


def chosen(page: str) -> dict[str, tuple[str, bool]]:
    """The filters of a page: their counts, and which is on."""
    found = re.findall(r'<a href="/\?[^"]*"( aria-current="true")? data-show="(\w+)">\w+ <[^>]*>(\d+)<', page)
    return {name: (count, bool(current)) for current, name, count in found}


async def test_the_filters_and_their_counts_stand_in_the_address(house: House) -> None:
    ana = await house.guest("Ana")
    mara = await house.say()
    second = await house.room.start_thread(RoomId("kitchen"), POST, new_key())
    await house.room.say(second, house.room.render(comment())[0], new_key())
    await house.room.start_thread(RoomId("kitchen"), POST, new_key())
    await answer(house, ana, mara, AnswerState.PUBLIC)
    one, two = house.number, house.inside(second)
    assert await titles(ana, "?show=unread") == [two] and await titles(ana, "?show=unanswered") == [two]
    assert set(await titles(ana, "")) == {one, two, two + 1} == set(await titles(ana, "?show=nonsense"))
    page = await ana.get("/?show=unread")
    assert chosen(page) == {"all": ("3", False), "unread": ("1", True), "unanswered": ("1", False)}
    assert f'href="/threads/{two}?show=unread"' in page and f'href="/threads/{one}' not in page
    assert 'content="/live?show=unread"' in page
    thread = await ana.get(f"/threads/{one}?show=unanswered")
    assert f'href="/threads/{one}?show=unanswered" aria-current="page"' in thread  # where one is stays listed
    first = await house.file.read(lambda c: c.execute("SELECT id FROM message WHERE waits = 1").fetchone()[0])
    assert f'href="/threads/{two}?show=unanswered#m{first}"' in thread
    await ana.ask("PUT", f"/api/threads/{two}/read", {"upto": 10**6})
    assert "You have read everything." in await ana.get("/?show=unread")


async def test_a_live_list_keeps_its_filter(house: House) -> None:
    ana = await house.guest("Ana")
    async with ana.http.get(f"{house.address}/live?show=unanswered&since=0.0") as answered:
        from tests.contracts.web_room.room_house import Stream

        stream = Stream(answered)
        assert "Nobody waits" in (await stream.next("threads"))[1]["html"]
        await house.say()
        html = (await stream.next("threads"))[1]["html"]
        assert f"/threads/{house.number}?show=unanswered" in html and 'data-show="unanswered"' in html


async def test_old_threads_are_on_further_pages(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    ana = await house.guest("Ana")
    for _ in range(4):
        await house.room.start_thread(RoomId("kitchen"), POST, new_key())
    pages = [await titles(ana, f"?page={n}") for n in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0] and len({*pages[0], *pages[1], *pages[2]}) == 5
    first, last = await ana.get("/"), await ana.get("/?page=3")
    assert "Older threads" in first and "Newer threads" not in first
    assert "Older threads" not in last and "Newer threads" in last
    for odd in ("0", "-1", "x", "9" * 30, "٣"):
        assert (await ana.get(f"/api/threads?page={odd}"))["threads"]


# --- Files of an older Backchat --------------------------------------------------------------------------------------


def schema_of(connection: sqlite3.Connection) -> list[Any]:
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
    return [tuple(row) for row in rows]


def old_file(path: Path, version: int = 1) -> None:
    """A room as an older version left it: one comment that waits, one that was answered, one person."""
    connection = sqlite3.connect(path)
    connection.executescript(files("adapters.web_room").joinpath("schema_1.sql").read_text("utf-8"))
    body = cards.dumped(comment()).replace("'", "''")
    connection.executescript(
        f"""
        INSERT INTO instance (id) VALUES ('0a0b0c0d');
        PRAGMA application_id = {APPLICATION_ID};
        PRAGMA user_version = 1;
        INSERT INTO room (name) VALUES ('kitchen');
        INSERT INTO thread (room, key, slot, card, started, active) VALUES (1, 'k', 's', '{{}}', 1.0, 1.0);
        INSERT INTO person (id, name, folded, role, secret, invited) VALUES ('ana', 'Ana', 'ana', 'author', x'00', 1.0);
        INSERT INTO message (thread, key, body, excerpt, commenter, written) VALUES (1, 'a', '{body}', '', 'M', 1.0);
        INSERT INTO message (thread, key, body, excerpt, commenter, written) VALUES (1, 'b', '{body}', '', 'N', 1.0);
        INSERT INTO message (thread, key, body, excerpt, commenter, written, deleted)
            VALUES (1, 'c', '', '', 'O', 1.0, 2.0);
        INSERT INTO message (thread, writer, client, body, excerpt, written) VALUES (1, 'ana', 'c', 'yes', 'yes', 1.0);
        INSERT INTO receipt (message, body) VALUES (4, '{{"state":"public","answers_message":"0a0b0c0d-2"}}');
        """
    )
    for later in range(2, version + 1):
        connection.executescript(files("adapters.web_room").joinpath(f"schema_{later}.sql").read_text("utf-8"))
        connection.execute(f"PRAGMA user_version = {later}")
    connection.close()


@pytest.mark.parametrize("version", range(1, VERSION))
async def test_a_room_of_an_older_version_opens_and_is_as_a_new_one(tmp_path: Path, version: int) -> None:
    old_file(tmp_path / "old.db", version)
    async with AsyncExitStack() as stack:
        file = await RoomFile(tmp_path / "old.db").open(stack)
        assert await file.read(
            lambda c: [row["id"] for row in c.execute("SELECT id FROM message WHERE waits = 1")]
        ) == [1]
        assert await file.read(lambda c: c.execute("SELECT operator FROM person").fetchone()[0]) == 0
        closed = await file.read(lambda c: access.access(c, 1, "ana"))
        assert closed == access.Access(closed=False, moderates=False)
        migrated = await file.read(schema_of)
        assert await file.read(lambda c: c.execute("PRAGMA user_version").fetchone()[0]) == VERSION
    fresh = connect(tmp_path / "fresh.db")
    assert schema_of(fresh) == migrated
    fresh.close()
    again = connect(tmp_path / "old.db")  # opening it once more changes nothing
    assert schema_of(again) == migrated
    again.close()


def test_looking_into_a_room_of_version_1_leaves_it_as_it_is(tmp_path: Path) -> None:
    old_file(tmp_path / "old.db")
    look_only(tmp_path / "old.db", lambda c: c.execute("SELECT 1").fetchone())
    connection = sqlite3.connect(tmp_path / "old.db")
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()


async def test_lists_of_many_threads_use_the_indexes(house: House) -> None:
    def plan(connection: sqlite3.Connection) -> str:
        sql = (
            "UPDATE message SET waits = 1 WHERE id IN (1)"
            " AND EXISTS (SELECT 1 FROM unanswered WHERE unanswered.id = message.id)"
        )
        return "\n".join(row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"))

    found = await house.file.read(plan)
    assert "receipt_answers" in found and "message_replied" in found and "SCAN receipt" not in found
