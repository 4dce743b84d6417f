"""Bad input for the room, each at the real server: it is refused in words, and everybody else goes on."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from adapters.web_room import live, people, sessions
from adapters.web_room.pace import Pace
from adapters.web_room.store import MAX_TEXT
from tests.contracts.web_room.room_house import Guest, House, comment, until

DISGUISES = {
    "NUL": "a\x00b",
    "right-to-left override": "a\u202eb",
    "isolates": "a\u2066\u2067\u2068b",
    "invisible": "a\u200b\u2060\ufeffb",
}


async def post(house: House, ana: Guest, body: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    """Send a message as bytes."""
    path = f"{house.address}/api/threads/{house.number}/messages"
    headers = {**ana.headers, "Content-Type": "application/json", **headers}
    async with ana.http.post(path, data=body, headers=headers) as answer:
        return answer.status, await answer.json()


# --- Who asks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cookie", ["", "x", "forged" * 8, "x" * 60_000, "' OR 1=1 --", "%00", "é", "../../../etc"])
async def test_a_forged_session_is_nobody(house: House, cookie: str) -> None:
    stranger = await house.stranger()
    name = f"room_{house.file.instance}"
    for path in ("/", "/api/me", f"/threads/{house.number}", f"/threads/{house.number}/live", "/operator"):
        async with stranger.http.get(house.address + path, headers={"Cookie": f"{name}={cookie}"}) as answer:
            assert answer.status in {400, 401}, path
    assert await house.file.read(lambda c: c.execute("SELECT count(*) FROM session").fetchone()[0]) == 0


async def test_a_session_of_another_room_is_nobodys_here(house: House) -> None:
    ana = await house.guest("Ana")
    (cookie,) = ana.http.cookie_jar
    stranger = await house.stranger()
    stranger.http.cookie_jar.update_cookies({"room_00000000": cookie.value})
    await stranger.get("/api/me", status=401)


async def test_a_person_has_so_many_sessions_and_no_more(house: House) -> None:
    secret = await house.secret("Ana")
    first = await house.stranger()
    await first.enter(secret)
    for _ in range(people.SESSIONS):
        async with first.http.post(
            f"{house.address}/in/{secret}", headers={"Origin": house.address}, allow_redirects=False
        ) as answer:
            assert answer.status == 303
    count = "SELECT count(*) FROM session"
    assert await house.file.read(lambda c: c.execute(count).fetchone()[0]) == people.SESSIONS
    await first.get("/api/me")


# --- How much --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [MAX_TEXT + 1, 60_000, 1_000_000])
async def test_a_message_of_a_megabyte_is_refused_in_words(house: House, size: int) -> None:
    ana = await house.guest("Ana")
    status, said = await post(house, ana, json.dumps({"client": "c", "text": "x" * size}).encode())
    assert status == 413 and "10,000 characters" in said["error"]
    assert await ana.messages(house.number) == []


async def test_a_thousand_messages_a_second_leave_the_room_to_the_others(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    stop = asyncio.Event()
    refusals: list[tuple[int, str, str | None]] = []

    async def flood(worker: int) -> None:
        n = 0
        while not stop.is_set():
            n += 1
            fields = {"client": f"{worker}-{n}", "text": "again"}
            async with ana.http.post(
                f"{house.address}/api/threads/{house.number}/messages", json=fields, headers=ana.headers
            ) as answer:
                if answer.status != 201:
                    refusals.append((answer.status, (await answer.json())["error"], answer.headers.get("Retry-After")))

    floods = [asyncio.create_task(flood(worker)) for worker in range(20)]
    try:
        async with asyncio.timeout(30):
            while len(refusals) < 1000:
                sent = await ben.send(house.number, "may I?")
                assert sent["message"]["text"] == "may I?"
                assert "On soup" in await ben.get("/")
                await asyncio.sleep(0.3)  # a person's own pace, which is never refused
    finally:
        stop.set()
        await asyncio.gather(*floods)
    assert {status for status, _, _ in refusals} == {429}
    assert all("too much at once" in words and wait and int(wait) >= 1 for _, words, wait in refusals)


async def test_reading_very_much_is_refused_too(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")

    async def read() -> int:
        async with ana.http.get(f"{house.address}/api/me") as answer:
            return answer.status

    most = sessions.READING[0]
    found = await asyncio.gather(*(read() for _ in range(most * 3)))
    assert found.count(200) >= most - 5 and 429 in found
    await ben.get("/api/me")


def test_the_pace_lets_a_burst_through_and_then_so_much_a_second() -> None:
    now = 0.0
    pace = Pace(3, 2.0, lambda: now)
    assert [pace.wait("ana") for _ in range(4)] == [0, 0, 0, 1]
    assert pace.wait("ben") == 0
    now = 0.4
    assert pace.wait("ana") == 1
    now = 0.5
    assert [pace.wait("ana") for _ in range(2)] == [0, 1]
    now = 100.0
    assert [pace.wait("ana") for _ in range(4)] == [0, 0, 0, 1]
    now = 50.0  # a clock that is set back lends nothing
    assert pace.wait("ana") >= 1


async def test_hundreds_of_live_streams_of_one_session_leave_eight(house: House) -> None:
    ana, ben = await house.guest("Ana"), await house.guest("Ben", "member")
    opened = [await house.live(ana) for _ in range(150)]
    await until(lambda: _few(house, ana), "only few streams")
    for stream in opened[: -live.STREAMS]:
        assert (await stream.next("crowded", "closed"))[0] == "crowded"
    said = house.inside(await house.say())
    others = await house.live(ben, since="0.0")
    assert (await others.next("message"))[1]["id"] == said
    for stream in opened:
        stream.answer.close()


async def _few(house: House, ana: Guest) -> bool:
    """Whether the file's bell has few listeners: what really waits in this process."""
    return len(house.file.bell._waiting) <= live.STREAMS + 1


# --- Slowly ----------------------------------------------------------------------------------------------------------


async def slowly(house: House, head: bytes, part: bytes) -> bytes:
    """Send a head that promises more than ever comes, and a part of it; gives what is answered."""
    place = house.address.rpartition("/")[2].rpartition(":")
    reader, writer = await asyncio.open_connection(place[0], int(place[2]))
    try:
        writer.write(head + b"\r\nHost: x\r\nContent-Length: 5000\r\n\r\n" + part)
        async with asyncio.timeout(20):
            return await reader.readuntil(b"\r\n")
    finally:
        writer.close()


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded"])
async def test_a_body_that_never_ends_is_given_up(house: House, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("api", "sessions"):
        monkeypatch.setattr(f"adapters.web_room.{module}.PATIENCE", 0.2)
    ana = await house.guest("Ana")
    (cookie,) = ana.http.cookie_jar
    path = f"/api/threads/{house.number}/messages" if kind == "application/json" else "/out"
    token = f"X-Room-Token: {ana.token}\r\n" if kind == "application/json" else ""
    cookies = f"Cookie: {cookie.key}={cookie.value}"
    head = f"POST {path} HTTP/1.1\r\nOrigin: http://x\r\n{cookies}\r\n{token}Content-Type: {kind}"
    assert b"408" in await slowly(house, head.encode(), b'{"client"')
    await ana.get("/api/me")


# --- What is in it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES)
async def test_characters_that_disguise_are_taken_out(house: House, text: str) -> None:
    ana = await house.guest("Ana")
    sent = await ana.send(house.number, f"see {text} here")
    assert sent["message"]["text"].startswith("see a") and sent["message"]["text"].endswith("b here")
    shown = sent["message"]["html"] + sent["fragment"] + await ana.get(f"/threads/{house.number}")
    assert not set(shown) & {"\x00", "\u202e", "\u2066", "\u2067", "\u2068"}
    await ana.ask("PUT", f"/api/messages/{sent['id']}", {"text": f"changed {text}"})
    assert "\u202e" not in (await ana.get(f"/api/messages/{sent['id']}"))["text"]


@pytest.mark.parametrize("text", [b"\\ud800", b"a\\udfffb", b"\\ud83d\\ud83d"])
async def test_lone_surrogates_do_no_harm(house: House, text: bytes, caplog: pytest.LogCaptureFixture) -> None:
    ana = await house.guest("Ana")
    status, _ = await post(house, ana, b'{"client": "c", "text": "see ' + text + b' here"}')
    assert status in {201, 422}
    assert "\ud800" not in await ana.get(f"/threads/{house.number}")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "name", ["x" * 10_000, "a\x00b", "\u202eevil", "<script>alert(1)</script>", "\ud800", "", "\n"]
)
async def test_commenters_of_any_name_are_shown_harmlessly(house: House, name: str) -> None:
    from bridge.text.names import defused

    ana = await house.guest("Ana")
    await house.say(comment(name=defused(name), text="hello"))
    (shown,) = await ana.messages(house.number)
    assert 0 < len(shown["name"]) <= 80 and not set(shown["name"]) & {"\x00", "\u202e", "\n"}
    for page in (await ana.get(f"/threads/{house.number}"), await ana.get("/")):
        assert "<script>alert" not in page and "hello" in page


@pytest.mark.parametrize("name", ["x" * 61, "x" * 1_000_000, "\x00", "\u202e", "\ud800"])
async def test_people_of_impossible_names_are_not_let_in(house: House, name: str) -> None:
    from adapters.web_room.database import RoomFileError

    with pytest.raises(RoomFileError, match="name"):
        await house.secret(name)


SCRIPTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "![x](https://evil.example/pixel.png)",
    '<https://evil.example/"onmouseover=alert(1)>',
    "`</code><script>alert(1)</script>`",
)


@pytest.mark.parametrize("text", SCRIPTS)
async def test_law_09_script_in_a_message_is_words(house: House, text: str) -> None:
    ana = await house.guest("Ana")
    sent = await ana.send(house.number, text)
    for html in (sent["message"]["html"], sent["fragment"]):
        for markup in ("<script", "<img", 'href="javascript', 'href="data', 'onmouseover="', 'onerror="'):
            assert markup not in html.lower()


# --- Where it leads --------------------------------------------------------------------------------------------------

ELSEWHERE = (
    "//evil.example/",
    "/\\evil.example",
    "https://evil.example/",
    "/threads/1\r\nSet-Cookie: a=b",
    "/threads/1%0d%0aSet-Cookie:%20a=b",
    "/threads/../../evil",
    "/threads/1?show=all#x",
    "/threads/1?to=//evil.example",
    "/look/page.js",
    "/out",
    "/threads/" + "1" * 400,
    "javascript:alert(1)",
)


@pytest.mark.parametrize("planted", ELSEWHERE)
async def test_a_planted_cookie_leads_nobody_elsewhere_after_signing_in(house: House, planted: str) -> None:
    guest = await house.stranger()
    cookie = f'room_{house.file.instance}_to="{planted}"'.encode("ascii", "backslashreplace").decode()
    headers = {"Origin": house.address, "Cookie": cookie.replace("\r\n", "")}
    secret = await house.secret("Ana")
    async with guest.http.post(f"{house.address}/in/{secret}", headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303 and answer.headers["Location"] == "/"


@pytest.mark.parametrize("path", ["/threads/1?show=unread", "/threads/1", "/?show=unanswered&page=2", "/operator"])
async def test_after_signing_in_one_is_where_one_wanted_to_go(house: House, path: str) -> None:
    guest = await house.stranger()
    await guest.get(path, status=401)
    secret = await house.secret("Ana", operator=True)
    async with guest.http.post(
        f"{house.address}/in/{secret}", headers={"Origin": house.address}, allow_redirects=False
    ) as answer:
        assert answer.status == 303 and answer.headers["Location"] == path
    async with guest.http.post(
        f"{house.address}/in/{secret}", headers={"Origin": house.address}, allow_redirects=False
    ) as answer:
        assert answer.headers["Location"] == "/"  # once


@pytest.mark.parametrize(
    "path",
    [
        "/look/../server.py",
        "/look/%2e%2e%2fserver.py",
        "/look/..%5cserver.py",
        "/look/room.css%00.svg",
        "/look//etc/passwd",
        "/threads/1/../../look/../store.py",
        "/threads/1;x",
        "/in/",
        "/%2e%2e/%2e%2e/etc/passwd",
    ],
)
async def test_tricks_with_paths_find_nothing(house: House, path: str) -> None:
    from yarl import URL

    ana = await house.guest("Ana")
    async with ana.http.get(URL(house.address + path, encoded=True)) as answer:
        assert answer.status == 404 and "import " not in await answer.text()


async def test_headers_cannot_be_planted(house: House) -> None:
    ana = await house.guest("Ana")
    for path in ("/threads/1%0d%0aX-Planted: yes", "/?show=%0d%0aX-Planted:yes", "/operator?said=%0d%0aX-Planted:yes"):
        async with ana.http.get(house.address + path) as answer:
            assert "X-Planted" not in answer.headers
    async with ana.http.get(
        f"{house.address}/threads/{house.number}/live", headers={"Last-Event-ID": "1.1x"}
    ) as answer:
        assert answer.status == 200
