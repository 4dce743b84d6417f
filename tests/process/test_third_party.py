"""Another people's adapter: built, installed beside Backchat, proven by the suite, and run by the real daemon."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from adapters.web_room import commands
from adapters.web_room.rows import Person
from bridge.demo.children import _die_with_parent
from bridge.demo.loopback import free_port
from tests.process.daemon import ROOT, STOPPING
from tests.process.packages import Environment, built, environment, ran, sources_of_backchat
from tests.process.room import answer, in_room
from tests.process.waiting import LOOK_EVERY, PATIENCE, until

pytestmark = pytest.mark.timeout(300)

APART = ("-p", "no:cacheprovider", "-p", "no:simcord")
"""What of our own tools' plugins has no business there: theirs bring what they need."""

EXAMPLE = ROOT / "docs" / "examples" / "guestbook"
CONFIG = """\
[backchat]
state = "state"

[blogs.garden]
adapter = "guestbook"
address = "{address}"
token = "let-me-in"
accounts.mara = {{ name = "Mara" }}
every = 0.3
first_run = "latest 5"

[chats.room]
adapter = "web_room"

[routes.garden]
blog = "garden"
relay = "authors"
hold = 0.2

[[routes.garden.rooms]]
chat = "room"
room = "comments"
authors = {{ mara = "mara" }}
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with Backchat's wheel and the example's, and without this checkout."""
    folder = tmp_path_factory.mktemp("third-party")
    return asyncio.run(_installed(folder))


async def _installed(folder: Path) -> Environment:
    shutil.copytree(EXAMPLE, folder / "guestbook", ignore=shutil.ignore_patterns("__pycache__"))
    sources = await sources_of_backchat(folder / "backchat")
    wheels = [await built(one, folder / "wheels") for one in (sources, folder / "guestbook")]
    env = await environment(folder / "venv")
    await env.install("--no-index", "--no-deps", *map(str, wheels))
    await env.lend_our_packages()
    return env


async def test_the_suite_holds_for_an_adapter_that_was_installed_beside_backchat(
    installed: Environment, tmp_path: Path
) -> None:
    where = await installed.run(
        "-c", "import bridge, adapters; print(bridge.__file__, adapters.__file__)", cwd=tmp_path
    )
    assert all(path.startswith(str(installed.folder)) for path in where.split())
    tests = tmp_path / "tests"
    shutil.copytree(EXAMPLE / "tests", tests, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    said = await installed.run("-m", "pytest", "-q", *APART, "tests", cwd=tmp_path)
    passed = re.search(r"(\d+) passed, (\d+) skipped", said)
    assert passed is not None and int(passed[1]) > 50, said


async def test_failures_inside_the_suite_show_their_values(installed: Environment, tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    shutil.copytree(EXAMPLE / "tests", tests, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(EXAMPLE / "pyproject.toml", tmp_path)
    server = tests / "guestbook_server.py"
    server.write_text(server.read_text().replace('"parent": parent', '"parent": None'))
    chosen = ("-k", "TestGuestbook and parents_are", *APART, "tests")
    with pytest.raises(AssertionError, match=r"assert \(None, None\) == \(None, 'c1'\)"):
        await installed.run("-m", "pytest", "-q", *chosen, cwd=tmp_path)


@pytest.mark.real
async def test_its_types_are_checked_against_the_backchat_that_was_installed(
    installed: Environment, tmp_path: Path
) -> None:
    """The wheel's py.typed is what makes a type checker look at Backchat's own annotations."""
    file = tmp_path / "backchat_guestbook.py"
    shutil.copy(EXAMPLE / "backchat_guestbook.py", file)
    check = (sys.executable, "-I", "-m", "mypy", "--strict", "--python-executable", str(installed.python))
    assert "Success" in await ran(*check, "--cache-dir", str(tmp_path / "cache"), str(file), cwd=tmp_path)
    file.write_text(file.read_text().replace("cursor: str | None) -> Async", "cursor: int) -> Async"))
    with pytest.raises(AssertionError, match=r"incompatible type .dict\[str, int\]"):
        await ran(*check, "--cache-dir", str(tmp_path / "cache"), str(file), cwd=tmp_path)


async def test_law_11_the_daemon_runs_with_an_adapter_that_it_has_never_heard_of(
    installed: Environment, tmp_path: Path
) -> None:
    port = free_port()
    config = tmp_path / "backchat.toml"
    config.write_text(CONFIG.format(address=f"http://127.0.0.1:{port}"))
    said = await ran(str(installed.backchat), "check", cwd=tmp_path)
    assert "garden → comments in room: answers by mara" in said
    invited = await commands.invite(tmp_path / "state" / "room.db", "Mara", "author", "http://127.0.0.1")
    assert invited.person == "mara"
    server = (str(installed.python), str(EXAMPLE / "tests" / "guestbook_server.py"), str(port))
    async with program(tmp_path, *server), until_answers(port), program(tmp_path, str(installed.backchat), "run"):
        asked = await until(lambda: in_room(tmp_path / "state", "How do you prune roses?"), "the comment in the room")
        await answer(tmp_path / "state", asked, "In March, with *sharp* shears.", Person("mara", "Mara", "author"))
        await until_public(port, "<p>In March, with <em>sharp</em> shears.</p>")
    said = await ran(str(installed.backchat), "status", cwd=tmp_path)
    assert "garden" in said


@asynccontextmanager
async def program(folder: Path, *command: str) -> AsyncIterator[None]:
    """A program that runs meanwhile, and ends in order on SIGTERM."""
    with (folder / f"{Path(command[0]).name}.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=_die_with_parent(os.getpid()),
        )  # fmt: skip
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await asyncio.wait_for(process.wait(), STOPPING)


@asynccontextmanager
async def until_answers(port: int) -> AsyncIterator[None]:
    """Go on once the server answers."""
    await until_public(port, "How do you prune roses?")
    yield


async def until_public(port: int, html: str) -> None:
    """Wait until a comment with this HTML stands on the blog."""
    deadline = time.monotonic() + PATIENCE
    while html not in await _standing(port):
        assert time.monotonic() < deadline, f"{html!r} never stood on the blog"
        await asyncio.sleep(LOOK_EVERY)


async def _standing(port: int) -> str:
    async with aiohttp.ClientSession() as session:
        try:
            async with session.get(f"http://127.0.0.1:{port}/api/comments") as answer:
                return " ".join(row["html"] for row in (await answer.json())["comments"])
        except aiohttp.ClientConnectionError:
            return ""
