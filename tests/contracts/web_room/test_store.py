"""The room's file: who may open it, two processes at once, and what stands in it after a crash."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from adapters.web_room import cli, commands
from adapters.web_room.chat import Settings, WebRoom
from adapters.web_room.database import APPLICATION_ID, VERSION, RoomFile, RoomFileError
from bridge.model import Key
from bridge.office import FileOffice
from bridge.ports import Surroundings
from tests.contracts.web_room.room_house import House, WallClock, new_room

SAYING = """
import asyncio, sys
from contextlib import AsyncExitStack
from pathlib import Path
from bridge.model import Key, Notice, ThreadId
from bridge.text.tree import paragraph
from tests.contracts.web_room.room_house import new_room

async def main(path, thread, count):
    async with AsyncExitStack() as stack:
        room = new_room(Path(path))
        await room.open(stack)
        for n in range(int(count)):
            await room.say(ThreadId(thread), room.render(Notice(paragraph(f"other {n}")))[0], Key(f"other{n:019d}"))
            print(n, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


def all_bytes(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def process(code: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3])


def other_process(house: House, count: int) -> subprocess.Popen[str]:
    return process(SAYING, str(house.path), house.thread, str(count))


async def test_two_processes_write_one_file_and_lose_nothing(house: House) -> None:
    ear = house.ear()
    ear.start()
    await ear.caught_up()
    other = other_process(house, 60)
    try:
        for _ in range(60):
            await house.say()
        await ear.until(lambda: len(ear.events) == 120, "the messages of both processes")
        assert await asyncio.to_thread(other.wait, 60) == 0
    finally:
        other.kill()
        other.communicate()
    assert len({raw.event_id for raw in ear.events}) == 120
    assert [raw.order for raw in ear.events] == sorted(raw.order for raw in ear.events)


async def test_law_03_a_killed_process_leaves_each_of_its_keys_once_or_not_at_all(house: House) -> None:
    other = other_process(house, 100_000)
    try:
        assert other.stdout is not None
        for _ in range(15):
            await asyncio.to_thread(other.stdout.readline)
        os.kill(other.pid, signal.SIGKILL)
    finally:
        other.kill()
        rest, _ = other.communicate()
    said = 15 + len(rest.split())
    keys = [Key(f"other{n:019d}") for n in range(said + 1)]
    found = await house.room.find(house.thread, keys, 0.0)
    assert set(found) in ({*keys[:said]}, {*keys})
    message = await house.say(key=keys[said - 1])
    assert message == found[keys[said - 1]]


SERVING = """
import asyncio, sys
from pathlib import Path
from adapters.web_room import commands

asyncio.run(commands.serve(Path(sys.argv[1]), "127.0.0.1", 0, None, lambda address: print(address, flush=True)))
"""


async def test_it_does_not_matter_who_serves_the_pages(house: House) -> None:
    other = process(SERVING, str(house.path))
    try:
        assert other.stdout is not None
        house.address = (await asyncio.to_thread(other.stdout.readline)).strip()
        ear = house.ear()
        ear.start()
        await ear.caught_up()
        ana = await house.guest("Ana")
        stream = await house.live(ana)
        sent = await ana.send(house.number, "from the other process")
        await ear.until(lambda: len(ear.events) == 1, "the message")
        assert (await stream.next("message"))[1]["id"] == sent["id"]
        said = await house.say()
        while (await stream.next("message"))[1]["id"] != house.inside(said):
            pass
    finally:
        other.kill()
        other.communicate()


async def test_a_revoking_process_ends_sessions_at_once(house: House) -> None:
    ben = await house.guest("Ben", "member")
    stream = await house.live(ben)
    assert await commands.revoke(house.path, "ben")
    assert (await stream.next("ended", "closed"))[0] == "ended"
    await ben.get("/api/me", status=401)
    assert not await commands.revoke(house.path, "Ben")


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        ("PRAGMA application_id = 7", "no room of Backchat"),
        ("CREATE TABLE theirs (x)", "no room of Backchat"),
        (f"PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION + 1}", "newer Backchat"),
    ],
)
async def test_other_files_are_refused_and_left_as_they_are(tmp_path: Path, prepare: str, words: str) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.executescript(prepare)
    connection.close()
    before = path.read_bytes()
    async with AsyncExitStack() as stack:
        with pytest.raises(RoomFileError, match=words):
            await RoomFile(path).open(stack)
    assert path.read_bytes() == before


async def test_the_file_is_for_its_owner_only(house: House) -> None:
    assert house.path.stat().st_mode & 0o077 == 0


async def test_a_closed_file_says_so(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        file = await RoomFile(tmp_path / "r.db").open(stack)
    with pytest.raises(RoomFileError, match="closed"):
        await file.read(lambda c: c.execute("SELECT 1").fetchone())
    await file.close()


async def test_a_fault_in_a_transaction_leaves_nothing_of_it(house: House) -> None:
    def half(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO room (name) VALUES ('half')")
        raise KeyError("stop")

    with pytest.raises(KeyError):
        await house.file.write(half)
    assert (
        await house.file.read(lambda c: c.execute("SELECT count(*) FROM room WHERE name = 'half'").fetchone()[0]) == 0
    )


async def test_law_12_the_loop_goes_on_while_the_file_is_locked(house: House) -> None:
    locker = sqlite3.connect(house.path, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    saying = asyncio.create_task(house.say())
    turns = 0
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        await asyncio.sleep(0)
        turns += 1
    assert turns > 100 and not saying.done()
    locker.execute("COMMIT")
    locker.close()
    await saying


async def test_the_file_is_noticed_to_have_changed_by_others(house: House) -> None:
    with house.file.bell.heard() as rung:
        async with asyncio.timeout(10):
            rung.clear()
            other = sqlite3.connect(house.path)
            other.execute("INSERT INTO room (name) VALUES ('attic')")
            other.commit()
            other.close()
            await rung.wait()


# --- People -------------------------------------------------------------------------------------------------


async def test_invitations(tmp_path: Path) -> None:
    file = tmp_path / "room.db"
    first = await commands.invite(file, "  Zoë  Müller ", "author", "http://127.0.0.1:1/")
    assert (first.person, first.name, first.role) == ("zoe-muller", "Zoë Müller", "author")
    again = await commands.invite(file, "zoë müller", None, "http://127.0.0.1:1")
    assert (again.person, again.role) == (first.person, "author") and again.link != first.link
    assert (await commands.invite(file, "Zoë Müller", "member", "http://h")).role == "member"
    assert await commands.revoke(file, "Zoë Müller")
    assert (await commands.invite(file, "Zoe Muller", "author", "http://h")).person == "zoe-muller-2"
    assert (await commands.invite(file, "Backchat", "member", "http://h")).person == "backchat-2"
    assert (await commands.invite(file, "王小明", "member", "http://h")).person == "王小明"
    assert [person.id for person in await commands.people(file) if person.revoked] == ["zoe-muller"]


@pytest.mark.parametrize(
    ("name", "role", "words"),
    [
        ("", "author", "needs a name"),
        ("\u202e\u200b", "author", "needs a name"),
        ("x" * 61, "author", "60"),
        ("Ana", None, "author or a member"),
    ],
)
async def test_impossible_invitations(tmp_path: Path, name: str, role: str | None, words: str) -> None:
    with pytest.raises(RoomFileError, match=words):
        await commands.invite(tmp_path / "room.db", name, role, "http://h")


class Chosen:
    """The configuration of a command line with one web room in it."""

    def __init__(self, room: WebRoom) -> None:
        self.room = room

    def chats(self) -> dict[str, Any]:
        return {"room": self.room}

    def office(self) -> FileOffice:
        return FileOffice(Path("no ledger"))


def ran(chosen: Chosen, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli.room, list(arguments), obj=chosen)
    return result.exit_code, result.output


def test_inviting_on_the_command_line_says_what_has_changed(tmp_path: Path) -> None:
    chosen = Chosen(new_room(tmp_path / "room.db"))
    assert ran(chosen, "invite", "Ana", "--author", "--member")[0] == 2
    code, out = ran(chosen, "invite", "Ana")
    assert code == 2 and "say --author or --member" in out
    code, out = ran(chosen, "invite", "Ana", "--author")
    assert code == 0 and 'authors = { ana = "ACCOUNT" }' in out and "old link" not in out
    code, out = ran(chosen, "invite", "Ana")
    assert code == 0 and "The old link has ended." in out and " was " not in out
    code, out = ran(chosen, "invite", "Ana", "--member")
    assert code == 0 and "Ana was an author and is a member now." in out and "ACCOUNT" not in out
    code, out = ran(chosen, "invite", "Ana", "--author")
    assert code == 0 and "Ana was a member and is an author now." in out and "The old link has ended." in out


@pytest.mark.parametrize("name", ["日本", "Zoë Müller", "O'Neil 2", "12", "person"])
def test_the_authors_line_is_toml(tmp_path: Path, name: str) -> None:
    chosen = Chosen(new_room(tmp_path / "room.db"))
    code, out = ran(chosen, "invite", name, "--author")
    (line,) = [line for line in out.splitlines() if "authors = " in line]
    (person,) = asyncio.run(commands.people(tmp_path / "room.db"))
    assert code == 0 and tomllib.loads(line.partition(": ")[2]) == {"authors": {person.id: "ACCOUNT"}}


def test_a_taken_port_is_told_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings(tmp_path / "room.db", port=port)
        room = WebRoom(settings, Surroundings("garden", WallClock(), tmp_path, "tests"))
        code, out = ran(Chosen(room), "serve")
    assert (
        code == 1
        and (
            f"the room cannot be served at 127.0.0.1:{port}, another program uses that port: "
            "stop it or set chats.garden.listen"
        )
        in out
    )


async def test_law_10_secrets_are_kept_as_hashes_and_shown_once(tmp_path: Path) -> None:
    file = tmp_path / "room.db"
    invitation = await commands.invite(file, "Ana", "author", "http://h")
    secret = invitation.link.rpartition("/")[2]
    assert len(secret) >= 43 and secret not in repr(invitation)
    everything = all_bytes(tmp_path)
    assert secret.encode() not in everything


async def test_law_10_a_session_is_kept_as_a_hash(house: House) -> None:
    ana = await house.guest("Ana")
    (cookie,) = ana.http.cookie_jar
    everything = all_bytes(house.path.parent)
    assert cookie.value.encode() not in everything and ana.token.encode() not in everything


async def test_serve_until_cancelled(tmp_path: Path) -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(commands.serve(tmp_path / "room.db", "127.0.0.1", 0, None, ready.set_result))
    address = await asyncio.wait_for(ready, 20)
    assert address.startswith("http://127.0.0.1:")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_importing_the_plugin_is_cheap() -> None:
    code = (
        "import sys, adapters.web_room as w; assert w.plugin.port_version == 1;"
        "assert not {'aiohttp', 'jinja2', 'sqlite3', 'nh3'} & set(sys.modules), sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
