"""The pages and the JSON interface: who gets in, what is refused, what is told live."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from typing import Any

import aiohttp
import pytest

from adapters.web_room import live, pages, people
from adapters.web_room.server import HEADERS
from adapters.web_room.store import MAX_TEXT
from bridge.model import AnswerState, Receipt, ReplyTo, RoomId
from bridge.text import tree
from tests.contracts.web_room.room_house import POST, Guest, House, comment, new_key, until

# --- Sign-in ---------------------------------------------------------------------------------------------------------


async def test_a_preview_of_the_link_signs_nobody_in(house: House) -> None:
    secret = await house.secret("Ana")
    guest = await house.stranger()
    page = await guest.get(f"/in/{secret}")
    assert "Hello" in page and "Ana" in page and not list(guest.http.cookie_jar)
    await guest.get("/", status=401)
    await guest.enter(secret)
    (cookie,) = guest.http.cookie_jar
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and not cookie["secure"]
    assert "On soup" in await guest.get("/")


async def test_unknown_and_replaced_links_are_refused_in_words(house: House) -> None:
    old = await house.secret("Ana")
    new = await house.secret("Ana")
    guest = await house.stranger()
    for secret in (old, "x", "\u202e", "a" * 3000):
        assert "no longer valid" in await guest.get(f"/in/{secret}", status=404)
    await guest.enter(new)


async def test_a_new_link_leaves_sessions_alone(house: House) -> None:
    ana = await house.guest("Ana")
    await house.secret("Ana")
    assert (await ana.get("/api/me"))["name"] == "Ana"


async def test_signing_out_ends_the_session(house: House) -> None:
    ana = await house.guest("Ana")
    (cookie,) = ana.http.cookie_jar
    async with ana.http.post(
        f"{house.address}/out", data={"token": ana.token}, headers={"Origin": house.address}
    ) as got:
        assert got.status == 200
    thief = await house.stranger()
    thief.http.cookie_jar.update_cookies({cookie.key: cookie.value})
    await thief.get("/api/me", status=401)


async def test_a_forged_or_idle_session_is_none(house: House) -> None:
    guest = await house.stranger()
    guest.http.cookie_jar.update_cookies({f"room_{house.file.instance}": "forged" * 8})
    await guest.get("/api/me", status=401)
    ana = await house.guest("Ana")
    await house.file.write(lambda c: c.execute("UPDATE session SET seen = seen - ?", (people.IDLE - 10,)))
    await ana.get("/api/me")
    await house.file.write(lambda c: c.execute("UPDATE session SET seen = seen - ?", (people.IDLE + 10,)))
    await ana.get("/api/me", status=401)


async def test_law_10_no_log_has_the_secret(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = await house.secret("Ana")
    guest = await house.stranger()
    await guest.get(f"/in/{secret}")
    await guest.enter(secret)
    await guest.get(f"/in/{secret}/more", status=404)
    assert secret not in "".join(record.getMessage() for record in caplog.records if record.name != "aiosqlite")


# --- Where requests come from -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ],
)
async def test_requests_from_elsewhere_change_nothing(house: House, headers: dict[str, str]) -> None:
    ana = await house.guest("Ana")
    secret = await house.secret("Ben")
    path = f"/api/threads/{house.number}/messages"
    fields = {"client": "c", "text": "hello"}
    await ana.ask("POST", path, fields, 403, headers={"X-Room-Token": ana.token, **headers})
    assert await ana.messages(house.number) == []
    async with ana.http.post(f"{house.address}/in/{secret}", headers=headers) as answer:
        assert answer.status == 403
    assert (await ana.get("/api/me"))["name"] == "Ana"


@pytest.mark.parametrize("token", [None, "", "x" * 48, "é"])
async def test_requests_without_the_pages_token_change_nothing(house: House, token: str | None) -> None:
    ana = await house.guest("Ana")
    sent = await ana.send(house.number, "stays")
    headers = {"Origin": house.address} | ({} if token is None else {"X-Room-Token": token})
    message = f"/api/messages/{sent['id']}"
    await ana.ask("POST", f"/api/threads/{house.number}/messages", {"client": "c", "text": "x"}, 403, headers=headers)
    await ana.ask("PUT", message, {"text": "x"}, 403, headers=headers)
    await ana.ask("DELETE", message, None, 403, headers=headers)
    await ana.ask("PUT", f"/api/threads/{house.number}/read", {"upto": 1}, 403, headers=headers)
    assert [shown["text"] for shown in await ana.messages(house.number)] == ["stays"]


async def test_anothers_token_is_none_of_mine(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    ben.token = ana.token
    await ben.send(house.number, "x", status=403)


async def test_every_answer_carries_the_strict_headers(house: House) -> None:
    ana = await house.guest("Ana")
    paths = ["/", f"/threads/{house.number}", "/api/me", "/look/room.css", "/nowhere", f"/threads/{house.number}/live"]
    for path in paths:
        async with ana.http.get(house.address + path) as answer:
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
            assert answer.headers["Cache-Control"] in {"no-store", "no-cache"}
    assert (
        "unsafe" not in HEADERS["Content-Security-Policy"]
        and "default-src 'none'" in HEADERS["Content-Security-Policy"]
    )


async def test_styles_and_scripts_are_ours_and_are_kept_by_browsers(house: House) -> None:
    ana = await house.guest("Ana")
    page = await ana.get(f"/threads/{house.number}")
    for outside in ("<style", "style=", "onclick", "<script>", "http://fonts", "//cdn"):
        assert outside not in page
    for name in (
        "room.css",
        "page.js",
        "live.js",
        "box.js",
        "messages.js",
        "requests.js",
        "picking.js",
        "choosing.js",
        "moderating.js",
    ):
        async with ana.http.get(f"{house.address}/look/{name}") as answer:
            assert answer.status == 200
            tag = answer.headers["ETag"]
        async with ana.http.get(f"{house.address}/look/{name}", headers={"If-None-Match": tag}) as answer:
            assert answer.status == 304
    for name in ("thread.html", "..%2fstore.py", "%2e%2e/schema_1.sql", "x"):
        async with ana.http.get(f"{house.address}/look/{name}") as answer:
            assert answer.status == 404


# --- Writing ------------------------------------------------------------------------------------------------


async def test_law_03_a_doubled_request_writes_one_message(house: House) -> None:
    ana = await house.guest("Ana")
    first = await ana.send(house.number, "once", client="abc")
    again = await ana.send(house.number, "once", client="abc", status=200)
    assert first["id"] == again["id"]
    await ana.ask("DELETE", f"/api/messages/{first['id']}")
    late = await ana.send(house.number, "once", client="abc", status=200)
    assert late["id"] == first["id"] and late["message"] is None
    assert await ana.messages(house.number) == []
    ben = await house.guest("Ben", "member")
    assert (await ben.send(house.number, "mine", client="abc"))["id"] != first["id"]


async def test_only_the_writer_changes_a_message(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    sent = await ana.send(house.number, "mine")
    ours = house.inside(await house.say())
    for number in (sent["id"], ours):
        path = f"/api/messages/{number}"
        assert "Only the person" in (await ben.ask("PUT", path, {"text": "x"}, 403))["error"]
        await ben.ask("DELETE", path, None, 403)
        await ben.get(path, status=403)
        await ben.ask("PUT", f"{path}/mark", {"on": True}, 403)
    await ana.ask("DELETE", f"/api/messages/{ours}", None, 403)


async def test_a_member_cannot_mark(house: House) -> None:
    ben = await house.guest("Ben", "member")
    sent = await ben.send(house.number, "publish me")
    assert "Only authors" in (await ben.ask("PUT", f"/api/messages/{sent['id']}/mark", {"on": True}, 403))["error"]


async def test_law_08_the_role_is_that_of_the_moment_of_writing(house: House) -> None:
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    ben = await house.guest("Ben", "member")
    await ben.send(house.number, "as a member")
    await house.secret("Ben", "author")
    await ben.send(house.number, "as an author")
    await ear.until(lambda: len(ear.events) == 2, "both")
    assert [set(event.writer.roles) for event in ear.meant()] == [{"member"}, {"author"}]  # type: ignore[union-attr]


async def test_deleting_gives_the_words_back(house: House) -> None:
    ana = await house.guest("Ana")
    sent = await ana.send(house.number, "  **as** typed\n\nhere  ")
    assert (await ana.get(f"/api/messages/{sent['id']}"))["text"] == "  **as** typed\n\nhere  "
    gone = await ana.ask("DELETE", f"/api/messages/{sent['id']}")
    assert gone == {"id": sent["id"], "text": "  **as** typed\n\nhere  "}
    assert "deleted" in (await ana.ask("DELETE", f"/api/messages/{sent['id']}", None, 404))["error"]
    await ana.ask("PUT", f"/api/messages/{sent['id']}", {"text": "x"}, 404)


async def test_answers_name_messages_that_stand_in_the_thread(house: House) -> None:
    ana = await house.guest("Ana")
    mara = house.inside(await house.say())
    other = await house.room.start_thread(RoomId("attic"), POST, new_key())
    elsewhere = await ana.send(house.inside(other), "elsewhere")
    good = await ana.send(house.number, "yes", addressed=mara)
    assert good["message"]["addressed"] == mara
    for wrong in (elsewhere["id"], 99999):
        assert "no longer there" in (await ana.send(house.number, "no", addressed=wrong, status=409))["error"]
        await ana.send(house.number, "no", reply_to=wrong, status=409)
    await ana.send(99, "no", status=404)
    await ana.get("/threads/99", status=404)


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("x" * (MAX_TEXT + 1), 413, "10,000"),
        ("\U0001f600" * 60_000, 413, "10,000"),
        ("x" * 900_000, 413, "10,000"),
        ("", 422, "nothing"),
        (" \n\t\u202e\x00 ", 422, "nothing"),
    ],
)
async def test_what_is_no_message_is_refused_in_words(house: House, text: str, status: int, words: str) -> None:
    ana = await house.guest("Ana")
    assert words in (await ana.send(house.number, text, status=status))["error"]
    sent = await ana.send(house.number, "x" * MAX_TEXT)
    assert words in (await ana.ask("PUT", f"/api/messages/{sent['id']}", {"text": text}, status))["error"]


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "x"},
        {"client": "", "text": "x"},
        {"client": "c" * 65, "text": "x"},
        {"client": "c", "text": 5},
        {"client": "c", "text": "x", "addressed": "1"},
        {"client": "c", "text": "x", "addressed": True},
        {"client": "c", "text": "x", "reply_to": -1},
        {"client": "c", "text": "x", "reply_to": 2**70},
        ["x"],
        "x",
    ],
)
async def test_malformed_requests_are_refused_in_words(house: House, fields: Any) -> None:
    ana = await house.guest("Ana")
    path = f"/api/threads/{house.number}/messages"
    assert (await ana.ask("POST", path, fields, 400))["error"]


async def test_no_json_is_refused(house: House) -> None:
    ana = await house.guest("Ana")
    path = f"/api/threads/{house.number}/messages"
    await ana.ask("POST", path, None, 415, data="text=x")
    headers = {**ana.headers, "Content-Type": "application/json"}
    for data in (b"{", b"[" * 50_000, b"\xff", b'{"client": "c", "text": "\\ud800"}'):
        await ana.ask("POST", path, None, 422 if b"ud800" in data else 400, data=data, headers=headers)
    odd = {**ana.headers, "Content-Type": "application/json; charset=nonsense"}
    await ana.ask("POST", path, None, 400, data=b"{}", headers=odd)
    for number in ("x", "-1", "9" * 40, "٣"):
        await ana.get(f"/api/threads/{number}/messages", status=404)


async def raw(house: House, head: bytes, body: bytes = b"") -> bytes:
    """Send bytes that no decent client sends."""
    place = house.address.rpartition("/")[2].rpartition(":")
    reader, writer = await asyncio.open_connection(place[0], int(place[2]))
    length = f"Host: x\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    writer.write(head + b"\r\n" + length + body)
    try:
        async with asyncio.timeout(20):
            return await reader.read(10_000)
    finally:
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"POST /in/x HTTP/1.1\r\nOrigin: http://[::1",
        b"GET /threads/\xd9\xa1 HTTP/1.1",
        b"GET /threads/%D9%A1 HTTP/1.1",
        b"GET /in/%FF%00 HTTP/1.1",
        b"GET / HTTP/1.1\r\nX-Long: " + b"a" * 100_000,
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1",
        b"POST /in/x HTTP/1.1\r\nOrigin: http://x\r\nContent-Encoding: gzip",
    ],
    ids=["origin", "digits", "escaped digits", "link", "long header", "long path", "gzip"],
)
async def test_bad_bytes_from_anybody_are_refused_and_leave_no_traceback(
    house: House, caplog: pytest.LogCaptureFixture, head: bytes
) -> None:
    status, _, words = (await raw(house, head, b"no gzip")).partition(b"\r\n")
    assert status.split()[1].startswith(b"4") and words
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_bad_bytes_from_a_person_are_refused_and_leave_no_traceback(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    ana = await house.guest("Ana")
    (cookie,) = ana.http.cookie_jar
    path = f"/api/threads/{house.number}/messages"
    head = f"POST {path} HTTP/1.1\r\nOrigin: http://x\r\nCookie: {cookie.key}={cookie.value}\r\n".encode()
    signed = head + f"X-Room-Token: {ana.token}\r\nContent-Type: application/json".encode()
    form = head + b"Content-Type: application/x-www-form-urlencoded; charset=odd"
    for start, body, status in (
        (head + b"X-Room-Token: \xff\xfe", b"", b"403"),
        (signed, b'{"client": "\\ud800", "text": "x"}', b"400"),
        (signed + b"\r\nContent-Encoding: gzip", b"no gzip", b"400"),
        (form, b"token=x", b"400"),
    ):
        assert status in (await raw(house, start, body)).partition(b"\r\n")[0]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_a_fault_of_ours_is_told_in_words_and_logged_once(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("a fault")

    secret = await house.secret("Ana")
    guest = await house.stranger()
    monkeypatch.setattr(people, "by_secret", broken)
    assert "Something went wrong" in await guest.get(f"/in/{secret}", status=500)
    (told,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert told.exc_info and told.getMessage().endswith("GET /in/{secret}") and secret not in caplog.text


@pytest.mark.parametrize("text", ["*" * MAX_TEXT, "`" * MAX_TEXT, "- ", "\n---\n"])
async def test_no_message_stands_empty(house: House, text: str) -> None:
    ana = await house.guest("Ana")
    shown = (await ana.send(house.number, text))["message"]["html"]
    assert text.strip() in re.sub(r"<[^>]*>", "", shown)


async def test_what_parses_to_nothing_is_shown_as_typed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = await house.guest("Ana")
    await ana.send(house.number, "<typed> `")
    monkeypatch.setattr("adapters.web_room.view.markdown_in.parse", lambda _: ())
    assert (await ana.messages(house.number))[0]["html"] == "<p>&lt;typed&gt; `</p>"


async def test_law_09_hostile_words_never_become_markup(house: House) -> None:
    name = "<script>alert('n')</script>"
    ana = await house.guest(name)
    hostile = "<img src=x onerror=alert(1)> <svg/onload=alert(2)> [x](javascript:alert(3)) \"' {{7*7}} \u202etxt"
    await ana.send(house.number, hostile)
    quoted = await house.say(comment(name=hostile, text=hostile, in_reply_to=ReplyTo(hostile, None, hostile)))
    await house.say(comment(in_reply_to=ReplyTo("x", quoted, "y"), text=tree.paragraph(hostile)))
    stream = await house.live(ana, since="0.0")
    fragments = [(await stream.next("message"))[1]["html"] for _ in range(3)]
    pages = [await ana.get(f"/threads/{house.number}"), await ana.get("/")]
    for html in fragments + pages:
        for markup in ("<img src=x", "<svg", "<script>alert", 'href="javascript', 'onerror="', " 49 "):
            assert markup not in html


# --- Live ---------------------------------------------------------------------------------------------------


async def test_a_dropped_stream_catches_up(house: House) -> None:
    ana = await house.guest("Ana")
    since = await house.page_since(ana)
    stream = await house.live(ana, since)
    first = await house.say(comment(text="first"))
    _, told = await stream.next("message")
    assert told["id"] == house.inside(first) and "first" in told["html"]
    await stream.next("upto")
    stream.answer.close()
    second = await house.say(comment(text="second"))
    await house.room.edit(house.thread, second, house.room.render(comment(text="second, corrected"))[0])
    await house.room.erase(house.thread, first)
    for again in (await house.live(ana, header=stream.known), await house.live(ana, stream.known)):
        _, told = await again.next("message")
        assert told["id"] == house.inside(second) and "corrected" in told["html"]
        assert (await again.next("message", "gone"))[1] == {"id": house.inside(first)}


async def test_a_page_that_knows_too_little_is_told_to_read_itself_again(house: House) -> None:
    for n in range(301):
        await house.say(comment(text=f"number {n}."))
    ana = await house.guest("Ana")
    stream = await house.live(ana, since="0.0")
    assert await stream.next("message", "reread", "upto") == ("reread", {})
    assert (await stream.next())[0] == "closed"
    again = await house.live(ana, since=await house.page_since(ana))
    last = await house.say()
    assert (await again.next("message", "reread"))[1]["id"] == house.inside(last)


async def test_a_session_has_few_live_streams(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    others = await house.live(ben)
    streams = [await house.live(ana) for _ in range(live.STREAMS + 2)]
    for old in streams[:2]:
        name, data = await old.next("crowded", "closed")
        assert name == "crowded" and "too many tabs" in data["words"]
        assert (await old.next())[0] == "closed"
    said = house.inside(await house.say())
    for stream in (*streams[2:], others):
        assert (await stream.next("message", "crowded", "closed"))[1]["id"] == said
        stream.answer.close()


async def test_one_rendering_at_a_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    now, most = 0, 0
    really = pages.fragments

    def slowly(*given: Any) -> dict[int, str]:
        nonlocal now, most
        now += 1
        most = max(most, now)
        time.sleep(0.02)
        now -= 1
        return really(*given)

    monkeypatch.setattr(pages, "fragments", slowly)
    ana = await house.guest("Ana")
    streams = [await house.live(ana) for _ in range(5)]
    await house.say()
    for stream in streams:
        await stream.next("message")
    assert most == 1


async def test_a_silent_stream_says_that_it_lives(house: House) -> None:
    ana = await house.guest("Ana")
    stream = await house.live(ana)
    assert (await stream.next("beat"))[1]["now"] > 0


async def test_receipts_and_the_daemons_taking_over_are_told(house: House) -> None:
    ana = await house.guest("Ana")
    stream = await house.live(ana)
    sent = await ana.send(house.number, "hello")
    assert "Waiting for Backchat" in (await stream.next("message"))[1]["html"]
    ear = house.ear()
    ear.start(f"{house.file.instance}-0")
    assert "Waiting for Backchat" not in (await stream.next("message"))[1]["html"]
    message = house.outside(sent["id"])
    await house.room.show(house.thread, message, Receipt(AnswerState.HELD, until=2e9, answers="<Mara>"))
    html = (await stream.next("message"))[1]["html"]
    assert 'data-until="2000000000.0"' in html and "&lt;Mara&gt;" in html and "Undo" in html
    for state in AnswerState:
        receipt = Receipt(state, answers="Mara", reason="because", link="https://blog.example/#c9")
        await house.room.show(house.thread, message, receipt)
        assert f'data-state="{state.value}"' in (await stream.next("message"))[1]["html"]


@pytest.mark.parametrize("state", AnswerState)
async def test_a_reason_is_shown_in_every_state(house: House, state: AnswerState) -> None:
    ana = await house.guest("Ana")
    sent = await ana.send(house.number, "hello")
    receipt = Receipt(state, until=2e9, answers="Mara", link="https://blog.example/#c9", reason="the <blog> is odd")
    await house.room.show(house.thread, house.outside(sent["id"]), receipt)
    html = (await (await house.live(ana, "0.0")).next("message"))[1]["html"]
    shown = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html.split("<footer")[1].split("</footer>")[0]))
    mark = {"public": "⚠️ ", "refused": "Not published: ", "parked": "❓ ", "gone": "No longer on the blog: "}
    assert f"{mark.get(state.value, ' · ')}the &lt;blog&gt; is odd" in shown


async def test_what_got_no_receipt_stays_in_the_room(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    stream = await house.live(ana)
    await ana.send(house.number, "who hears me?")
    assert "Stays in the room" not in (await stream.next("message"))[1]["html"]
    ear = house.ear()
    ear.start(f"{house.file.instance}-0")
    assert '<span class="settled">Stays in the room' in (await stream.next("message"))[1]["html"]
    await ben.send(house.number, "a member says")
    assert "Stays in the room" not in (await stream.next("message"))[1]["html"]


async def test_an_answer_is_taken_back_as_a_whole(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    lines = [(await ana.send(house.number, f"line *{n}*"))["id"] for n in range(3)]
    other = (await ben.send(house.number, "mine"))["id"]
    await ana.ask("POST", "/api/undo", {"messages": [*lines, other]}, 403)
    assert len(await ana.messages(house.number)) == 4
    for odd in ([], ["1"], "1", None, [True], [1] * 301):
        await ana.ask("POST", "/api/undo", {"messages": odd}, 400)
    done = await ana.ask("POST", "/api/undo", {"messages": lines[::-1]})
    assert [line["text"] for line in done["messages"]] == ["line *0*", "line *1*", "line *2*"]
    assert [shown["id"] for shown in await ana.messages(house.number)] == [other]


async def test_only_the_writer_gets_the_undo(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    sent = await ana.send(house.number, "hello")
    await house.room.show(house.thread, house.outside(sent["id"]), Receipt(AnswerState.HELD, until=2e9))
    stream = await house.live(ben, "0.0")
    html = (await stream.next("message"))[1]["html"]
    assert "Undo" not in html and 'data-act="delete"' not in html


async def test_streams_of_other_threads_and_strangers(house: House) -> None:
    stranger = await house.stranger()
    await stranger.get(f"/threads/{house.number}/live", status=401)
    ana = await house.guest("Ana")
    await ana.get("/threads/99/live", status=404)
    other = await house.room.start_thread(RoomId("attic"), POST, new_key())
    stream = await house.live(ana)
    await ana.send(house.inside(other), "elsewhere")
    assert (await stream.next("threads", "message"))[0] == "threads"
    assert (await stream.next("message", "upto"))[0] == "upto"


async def test_unread_messages_are_counted_and_read(house: House) -> None:
    ana = await house.guest("Ana")
    messages = [house.inside(await house.say()) for _ in range(3)]
    await ana.send(house.number, "mine does not count")

    async def unread() -> int:
        (thread,) = (await ana.get("/api/threads"))["threads"]
        return int(thread["unread"])

    ben = await house.guest("Ben", "member")
    (thread,) = (await ben.get("/api/threads"))["threads"]
    assert thread["unread"] == 4 and await unread() == 0
    last = house.inside(await house.say())
    assert await unread() == 1
    await ana.ask("PUT", f"/api/threads/{house.number}/read", {"upto": messages[0]})
    assert await unread() == 1
    await ana.ask("PUT", f"/api/threads/{house.number}/read", {"upto": last + 10**6})
    assert await unread() == 0
    await house.say()
    assert await unread() == 1


async def test_a_crowd_of_messages_is_paged(house: House) -> None:
    for n in range(310):
        await house.say(comment(text=f"number {n}."))
    ana = await house.guest("Ana")
    page = await ana.get(f"/threads/{house.number}")
    assert "number 10." in page and "number 9." not in page and "Earlier messages" in page
    before = page.split("?before=")[1].split('"')[0]
    earlier = await ana.get(f"/threads/{house.number}?before={before}")
    assert "number 9." in earlier and "number 10." not in earlier and 'id="box"' not in earlier


async def test_stopping_the_server_ends_the_streams(tmp_path: Any) -> None:
    from tests.contracts.web_room.room_house import open_house

    async with asyncio.timeout(20):
        async with open_house(tmp_path / "room.db") as house:
            guest = Guest(house.address)
            await guest.enter(await house.secret("Ana"))
            answer = await guest.http.get(f"{house.address}/live")
            assert answer.status == 200
        await guest.http.close()


async def test_a_message_ends_up_everywhere(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    await ana.send(house.number, "hello")

    async def seen() -> bool:
        return [shown["text"] for shown in await ben.messages(house.number)] == ["hello"]

    await until(seen, "the message at the other's")
    assert isinstance(ana.http, aiohttp.ClientSession)
