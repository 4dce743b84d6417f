"""What is said in a moderation room is for its moderators and for operators; nobody else learns that it is there."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from typing import Any

import pytest

from adapters.web_room import access
from adapters.web_room.chat import Settings, WebRoom
from bridge.clock import WallClock
from bridge.model import Desk, MessageId, RoomId, ThreadId
from bridge.ports import Surroundings
from tests.contracts.web_room.room_house import Guest, House, comment, new_room, waiting

AUTHORS = Desk(frozenset({"@author"}), closed=True)
SECRETS = (
    "Hidden title",
    "Kim",
    "May I?",
    "moderation",
    "between moderators",
    "wait for approval",
    "waits for approval",
)


class Closed:
    """A moderation thread with a card and a message in it, and somebody to whom it is closed."""

    def __init__(self, house: House, ana: Guest, eve: Guest, thread: ThreadId, card: MessageId, aside: int) -> None:
        self.house = house
        self.ana = ana
        self.eve = eve
        self.number = house.inside(thread)
        self.thread = thread
        self.card = house.inside(card)
        self.aside = aside


@pytest.fixture
async def closed(house: House) -> Closed:
    await house.desks(moderation=AUTHORS)
    ana, eve = await house.guest("Ana"), await house.guest("Eve", "member")
    await house.say()
    thread = await house.begin("moderation", "Hidden title")
    card = await house.say_in(thread, waiting())
    sent = await ana.send(house.inside(thread), "between moderators", reply_to=house.inside(card))
    return Closed(house, ana, eve, thread, card, sent["id"])


def silent(told: object) -> None:
    found = [secret for secret in SECRETS if secret in str(told)]
    assert not found


@pytest.mark.parametrize(
    "path", ["/", "/?show=unread", "/?show=unanswered", "/?show=pending", "/?show=pending&page=2", "/threads/1"]
)
async def test_pages_do_not_tell_of_it(closed: Closed, path: str) -> None:
    page = await closed.eve.get(path)
    silent(page)
    assert f"/threads/{closed.number}" not in page
    counts = dict(re.findall(r'data-show="(\w+)">\w+ <[^>]*>(\d+)<', page))
    assert counts == {"all": "1", "unread": "1", "unanswered": "1"}


@pytest.mark.parametrize("query", ["", "?show=all", "?show=unread", "?show=unanswered", "?show=pending"])
async def test_the_interface_for_scripts_does_not_tell_of_it(closed: Closed, query: str) -> None:
    listed = await closed.eve.get(f"/api/threads{query}")
    silent(listed)
    assert listed["counts"] == {"all": 1, "unread": 1, "unanswered": 1} and "pending" not in listed
    assert [one["id"] for one in listed["threads"]] == ([] if "pending" in query else [closed.house.number])


async def test_for_those_to_whom_it_is_closed_it_is_as_if_it_never_was(closed: Closed) -> None:
    """Every way in gives the answer that it gives for what does not exist, word for word."""
    requests: list[tuple[str, str, Any]] = [
        ("GET", "/threads/{thread}", None),
        ("GET", "/threads/{thread}?before=9&show=pending", None),
        ("GET", "/threads/{thread}/live", None),
        ("GET", "/threads/{thread}/live?since=0.0", None),
        ("GET", "/api/threads/{thread}/messages", None),
        ("POST", "/api/threads/{thread}/messages", {"client": "c", "text": "hello"}),
        ("POST", "/api/threads/{thread}/messages", {"client": "d", "text": "hello", "reply_to": closed.card}),
        ("PUT", "/api/threads/{thread}/read", {"upto": 99}),
        ("GET", "/api/messages/{card}", None),
        ("PUT", "/api/messages/{card}", {"text": "mine now"}),
        ("DELETE", "/api/messages/{card}", None),
        ("PUT", "/api/messages/{card}/mark", {"on": True}),
        ("PUT", "/api/messages/{card}/choice", {"choice": "approve", "mark": "first"}),
        ("PUT", "/api/messages/{aside}", {"text": "mine now"}),
        ("POST", "/api/undo", {"messages": ["{aside}"]}),
    ]
    real = {"thread": closed.number, "card": closed.card, "aside": closed.aside}
    for method, path, fields in requests:
        there = await _answer(closed.eve, method, path, fields, real)
        nowhere = await _answer(closed.eve, method, path, fields, dict.fromkeys(real, 777_777))
        assert there[0] == 404 and there == nowhere, path
        silent(there)
    assert len(await closed.ana.messages(closed.number)) == 2


async def _answer(guest: Guest, method: str, path: str, fields: Any, numbers: dict[str, int]) -> tuple[int, str]:
    if fields is not None and "messages" in fields:
        fields = {"messages": [numbers["aside"]]}
    address = guest.address + path.format(**numbers)
    async with guest.http.request(method, address, json=fields, headers=guest.headers) as answer:
        return answer.status, await answer.text()


async def test_replying_to_a_hidden_message_from_elsewhere_tells_nothing(closed: Closed) -> None:
    for number in (closed.card, closed.aside, 777_777):
        for how in ("reply_to", "addressed"):
            fields: dict[str, Any] = {how: number}
            refused = await closed.eve.send(closed.house.number, "hello", status=409, **fields)
            assert refused["error"] == "The message that you answer is no longer there; choose another one."


async def test_live_lists_do_not_tell_of_it(closed: Closed) -> None:
    house = closed.house
    stream = await house.live(closed.eve, since="0.0")
    await house.say_in(closed.thread, waiting("Lou", "Another secret"))
    await closed.ana.send(closed.number, "between moderators again")
    await house.say(comment("Mara", "the end"))
    while True:
        name, told = await stream.next()
        silent(told)
        assert "Lou" not in str(told) and "secret" not in str(told)
        if name == "message" and "the end" in told["html"]:
            break


async def test_whoever_it_is_open_to_sees_it(closed: Closed) -> None:
    olga = await closed.house.guest("Olga", "member", operator=True)
    for guest in (closed.ana, olga):
        listed = await guest.get("/api/threads")
        assert listed["counts"]["all"] == 2 and listed["counts"]["pending"] == listed["pending"] == 1
        assert "Hidden title" in await guest.get("/")
        assert len(await guest.messages(closed.number)) == 2
    await olga.send(closed.number, "I look on")


async def test_public_rooms_with_moderators_are_open_to_everybody(closed: Closed) -> None:
    house = closed.house
    await house.desks(moderation=AUTHORS, kitchen=Desk(frozenset({"ana"}), closed=False))
    assert len(await closed.eve.messages(house.number)) == 1


# --- What changes ----------------------------------------------------------------------------------------------------


async def test_who_is_taken_off_the_list_loses_the_page_at_once(closed: Closed) -> None:
    house = closed.house
    thread, listed = await house.live(closed.ana, thread=closed.number), await house.live(closed.ana)
    await house.desks(moderation=Desk(frozenset({"ben"}), closed=True))
    _, told = await thread.next("closed")
    assert "not open to you" in told["words"]
    assert (await thread.next())[0] == "closed"  # and the connection is at its end
    while "Hidden title" in (await listed.next("threads"))[1]["html"]:
        pass
    await closed.ana.get(f"/threads/{closed.number}", 404)
    await closed.ana.get(f"/api/messages/{closed.aside}", 404)  # their own words among those of others
    await closed.ana.ask("DELETE", f"/api/messages/{closed.aside}", status=404)


async def test_who_is_an_author_no_more_loses_the_page_at_once(closed: Closed) -> None:
    stream = await closed.house.live(closed.ana, thread=closed.number)
    await closed.house.secret("Ana", "member")
    await stream.next("closed")
    await closed.ana.get(f"/threads/{closed.number}", 404)


async def test_who_is_an_operator_no_more_loses_the_page_at_once(closed: Closed) -> None:
    olga = await closed.house.guest("Olga", "member", operator=True)
    stream = await closed.house.live(olga, thread=closed.number)
    await closed.house.secret("Olga", "member", operator=False)
    await stream.next("closed")
    await olga.get(f"/threads/{closed.number}", 404)


async def test_a_room_that_becomes_a_moderation_room_closes_its_threads(closed: Closed) -> None:
    house = closed.house
    stream = await house.live(closed.eve)
    await house.desks(moderation=AUTHORS, kitchen=AUTHORS)
    await stream.next("closed")
    await closed.eve.get(f"/threads/{house.number}", 404)
    assert (await closed.eve.get("/api/threads"))["threads"] == []


async def test_a_new_moderator_is_shown_the_buttons(closed: Closed) -> None:
    olga = await closed.house.guest("Olga", operator=True)
    await closed.house.desks(moderation=Desk(frozenset({"ana"}), closed=True))
    stream = await closed.house.live(olga, thread=closed.number)
    await closed.house.desks(moderation=Desk(frozenset({"ana", "olga"}), closed=True))
    await stream.next("reread")
    assert 'data-choice="approve"' in await olga.get(f"/threads/{closed.number}")


async def test_a_room_that_is_in_no_route_any_more_stays_closed(closed: Closed) -> None:
    await closed.house.desks()
    for guest in (closed.eve, closed.ana):
        await guest.get(f"/threads/{closed.number}", 404)
    olga = await closed.house.guest("Olga", operator=True)
    assert len(await olga.messages(closed.number)) == 2


async def test_what_was_said_behind_closed_doors_stays_there_when_the_room_opens(closed: Closed) -> None:
    house = closed.house
    await house.desks(moderation=Desk(frozenset({"ana"}), closed=False))
    await closed.eve.get(f"/threads/{closed.number}", 404)
    later = await house.begin("moderation", "From now on")
    await house.say_in(later, comment())
    assert len(await closed.eve.messages(house.inside(later))) == 1


async def test_a_daemon_that_starts_knows_its_desks_before_anybody_is_served(closed: Closed) -> None:
    house = closed.house
    settings = Settings(house.path, serve=True, port=0)
    room = WebRoom(settings, Surroundings("room", WallClock(), house.path.parent, "tests"))
    room.desks({RoomId("moderation"): Desk(frozenset({"nobody"}), closed=True)})
    async with AsyncExitStack() as stack:
        await room.open(stack)
        await closed.ana.get(f"/threads/{closed.number}", 404)


async def test_a_process_that_was_told_of_no_desks_leaves_them_as_they_are(closed: Closed) -> None:
    async with AsyncExitStack() as stack:
        await new_room(closed.house.path).open(stack)
    await closed.eve.get(f"/threads/{closed.number}", 404)
    assert await closed.ana.messages(closed.number)


async def test_a_waiting_comment_closes_its_thread_whatever_the_room_is(closed: Closed) -> None:
    house = closed.house
    thread = await house.begin("attic")
    await house.say_in(thread, waiting())
    await closed.eve.get(f"/threads/{house.inside(thread)}", 404)


async def test_moderators_of_one_room_do_not_see_another(closed: Closed) -> None:
    house = closed.house
    await house.desks(moderation=AUTHORS, other=Desk(frozenset({"eve"}), closed=True))
    other = await house.begin("other", "Other title")
    await house.say_in(other, waiting("Lou"))
    listed = await closed.eve.get("/api/threads?show=pending")
    assert [one["id"] for one in listed["threads"]] == [house.inside(other)] and listed["pending"] == 1
    silent({**listed, "threads": []})
    await closed.ana.get(f"/threads/{house.inside(other)}", 404)


async def test_setting_the_same_desks_again_changes_nothing(closed: Closed) -> None:
    desks = {RoomId("moderation"): AUTHORS}
    assert await closed.house.file.write(lambda c: access.set_desks(c, desks)) is False
    assert await closed.house.file.write(lambda c: access.set_desks(c, {})) is True


async def test_finding_what_somebody_sees_reads_no_table_from_end_to_end(closed: Closed) -> None:
    sql = f"EXPLAIN QUERY PLAN SELECT 1 FROM thread WHERE thread.id = 1 AND {access.SEEN}"
    plan = await closed.house.file.read(lambda c: [row["detail"] for row in c.execute(sql, ("eve",))])
    assert not [line for line in plan if line.startswith("SCAN") and "SUBQUERY" not in line], plan
