"""`backchat doctor`: each thing with ✓ or ✗ and the remedy, beside a daemon and without one; it changes nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from bridge.demo.loopback import free_port
from tests.process.daemon import backchat
from tests.process.story import SEEDS, opened
from tests.process.waiting import until
from tests.process.world import World
from tests.servers.pages import serving


async def examined(config: Path) -> tuple[int, dict[str, list[Any]]]:
    """Run `doctor --json`: its exit code, and the findings about each thing."""
    code, said, errors = await backchat(config, "doctor", "--json")
    assert "Traceback" not in errors
    found = json.loads(said)
    assert found["good"] is (code == 0)
    return code, {one["about"]: one["findings"] for one in found["examined"]}


def bad(findings: Mapping[str, list[Any]]) -> dict[str, tuple[str, str]]:
    """What is ✗, by what it is about: what, and the remedy."""
    return {
        about: (one["what"], one["remedy"]) for about, listed in findings.items() for one in listed if not one["good"]
    }


def change(world: World, old: str, new: str) -> None:
    config = world.daemon.config
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new, 1))


def listen_elsewhere(world: World, more: str = "") -> str:
    """Let the room be at a port that is certainly free; its address."""
    listen = f"127.0.0.1:{free_port()}"
    change(world, 'adapter = "web_room"', f'adapter = "web_room"\nlisten = "{listen}"\n{more}')
    return f"http://{listen}"


def fingerprint(folder: Path) -> dict[str, bytes]:
    """Every file in the folder; not what SQLite keeps while somebody reads."""
    ends = ("-shm", "-wal", ".log")
    return {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith(ends)}


async def test_what_works_is_told_with_its_abilities_and_nothing_is_changed(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        room = listen_elsewhere(world)
        before = fingerprint(world.folder)
        code, said, errors = await backchat(world.daemon.config, "doctor")
        assert (code, errors) == (0, ""), said
        for words in (
            "✓ it opens; it can: find, publish, read pending, revise, withdraw; guarantee: one",
            "✓ Isso 0.14.0 answers at",
            "✓ the admin password is right; 0 comments wait for approval",
            "✓ blogs.garden.accounts.mara answers as Mara, linked to https://mara.example",
            "✓ posts are found by Isso's own list (the newest comment is on /tea/)",
            "✓ these may come in: Mara as author, with the id mara; Robin as member, with the id robin",
            f"✓ its pages are served at {room} while `backchat room serve` runs",
            "✓ garden → comments in room: answers by mara",
            "All is well.",
        ):
            assert words in said
        assert fingerprint(world.folder) == before


async def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        folder = tmp_path / "fresh"
        listen_elsewhere(world)
        change(world, f'state = "{world.folder}"', f'state = "{folder}"')
        change(world, f'file = "{world.folder / "room.db"}"', "")
        code, findings = await examined(world.daemon.config)
        assert code == 1
        assert bad(findings) == {
            "chat room": ("nobody was invited into the room yet", "run `backchat room invite NAME --author`")
        }
        assert not folder.exists()


async def test_a_daemon_that_runs_and_serves_the_room_is_no_problem(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        listen_elsewhere(world, "serve = true")
        await world.daemon.start_plain()
        await world.until_shown(SEEDS[2])
        code, findings = await examined(world.daemon.config)
        assert code == 0, bad(findings)
        assert any("ledger.db can be read" in one["what"] for one in findings["ledger"])
        assert any("its pages are served at" in one["what"] for one in findings["chat room"])
        await world.at_rest()
        assert await world.stop_and_check() == []


async def test_a_port_that_another_program_has_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _), serving() as other:
        listen = other.address.removeprefix("http://")
        change(world, 'adapter = "web_room"', f'adapter = "web_room"\nserve = true\nlisten = "{listen}"')
        code, findings = await examined(world.daemon.config)
        what, remedy = bad(findings)["chat room"]
        assert code == 1 and listen in what and "another program uses that port" in what
        assert remedy == "stop it or set chats.room.listen"


async def test_law_10_a_wrong_password_is_told_with_its_remedy_and_not_shown(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        change(world, "correct horse", "wrong horse")
        code, findings = await examined(world.daemon.config)
        what, remedy = bad(findings)["blog garden"]
        assert code == 1 and what.startswith("it cannot be opened: Isso does not accept the password")
        assert (
            "blogs.garden.admin_password" in what
            and "[admin] section" in remedy
            and "horse" not in json.dumps(findings)
        )


async def test_a_blog_that_is_down_hides_nothing_else(tmp_path: Path) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        await proxy.close()
        code, findings = await examined(world.daemon.config)
        assert code == 1 and list(bad(findings)) == ["blog garden"]
        what, remedy = bad(findings)["blog garden"]
        assert "refuses connections" in what and "[blogs.garden]" in remedy
        assert {"chat room", "route garden"} <= set(findings)


async def test_isso_that_serves_another_blog_or_wants_more_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path, moderation=True, password=False, more="moderated = false") as (world, _):
        change(world, f'site = "{world.isso.site}"', 'site = "http://127.0.0.1:9"')
        _, findings = await examined(world.daemon.config)
        wrong = {one["what"]: one["remedy"] for one in findings["blog garden"] if not one["good"]}
        assert "`host` in the [general] section" in wrong[f"it serves {world.isso.site}, not http://127.0.0.1:9"]
        assert (
            "blogs.garden.moderated = true"
            in wrong["it holds comments for approval, but blogs.garden.moderated is false"]
        )
        unread = next(what for what in wrong if what.startswith("the blog cannot be read: "))
        assert "refuses connections" in unread and "blogs.garden.site" in wrong[unread]


async def test_every_problem_of_the_configuration_is_told_with_its_remedy(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        change(world, 'relay = "authors"', 'relay = "loudly"')
        change(world, 'chat = "room"', 'chat = "kitchen"')
        code, findings = await examined(world.daemon.config)
        assert code == 1 and list(findings) == ["configuration"]
        told = [f"{one['what']}: {one['remedy']}" for one in findings["configuration"]]
        assert len(told) == 2
        assert any("routes.garden.relay" in one and '"authors"' in one for one in told)
        assert any("'kitchen'" in one and "there is: room" in one for one in told)


async def test_a_ledger_that_is_another_programs_is_told(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        with closing(sqlite3.connect(world.folder / "ledger.db")) as other:
            other.execute("CREATE TABLE diary (page TEXT)")
        code, findings = await examined(world.daemon.config)
        assert code == 1 and "ledger.db" in bad(findings)["ledger"][0]


async def test_a_paused_blog_is_told_with_the_command_that_goes_on(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        await world.daemon.start_plain()
        await world.until_shown(SEEDS[2])
        world.isso.sql("UPDATE comments SET created = created - 3600 WHERE id = 1")
        await until(lambda: world.ledger("SELECT 1 FROM source WHERE paused IS NOT NULL"), "the blog to be paused")
        code, findings = await examined(world.daemon.config)
        assert code == 1
        assert bad(findings)["ledger"][1] == "run `backchat resume garden`"


async def test_a_room_file_that_is_another_programs_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    async with opened(tmp_path) as (world, _):
        stranger = world.folder / "diary.db"
        with closing(sqlite3.connect(stranger)) as other:
            other.execute("CREATE TABLE diary (page TEXT)")
        before = stranger.read_bytes()
        change(world, "room.db", "diary.db")
        code, findings = await examined(world.daemon.config)
        assert code == 1 and "is no room of Backchat's" in bad(findings)["chat room"][0]
        assert stranger.read_bytes() == before
