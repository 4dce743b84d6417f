"""The demo's blog: a real Isso with a page and a conversation, seeded once and found again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
import tomllib
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from adapters.isso import demo as demo_module
from adapters.isso.conversation import AUTHOR, CONVERSATION
from adapters.isso.demo import plugin
from adapters.isso.server import ServerError, environment, running
from bridge.demo.ports import DemoBlog
from tests.servers.isso import CACHE


@pytest.fixture(autouse=True)
def _shared_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKCHAT_ISSO_ENV", str(CACHE))


async def started(state: Path, stack: AsyncExitStack) -> DemoBlog:
    said: list[str] = []
    await plugin.prepare(state / "tools", said.append)
    return await plugin.start(state / "tools", state, stack)


async def test_the_demo_shows_its_page_and_its_whole_conversation(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        blog = await started(tmp_path, stack)
        standing = await blog.visitor.standing()
        session = await stack.enter_async_context(aiohttp.ClientSession())
        async with session.get(blog.page) as answer:
            page = await answer.text()
        async with session.get(page.partition('src="')[2].partition('"')[0]) as answer:
            assert answer.status == 200
    assert len(standing) == len(CONVERSATION) and "isso-thread" in page
    jonas = next(stands for stands in standing if stands.name == "Jonas" and stands.under is None)
    assert "6.5 m/s" in jonas.html
    assert sum(stands.name == AUTHOR for stands in standing) >= 4
    assert blog.relaxed and "admin_password" in tomllib.loads(blog.config)["blogs"][blog.name]


async def test_a_second_start_finds_everything_again_at_the_same_address(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        first = await started(tmp_path, stack)
        number = await first.visitor.comment("Zoe", "One more from me")
    async with AsyncExitStack() as stack:
        second = await started(tmp_path, stack)
        standing = await second.visitor.standing()
    assert second.page == first.page and second.config == first.config
    assert len(standing) == len(CONVERSATION) + 1 and number in {stands.number for stands in standing}


async def test_a_visitor_comments_edits_and_deletes(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        visitor = (await started(tmp_path, stack)).visitor
        top = (await visitor.standing())[0]
        number = await visitor.comment("Zoe", "Hello there", top.number)
        await visitor.edit(number, "Hello **here**")
        stands = {stands.number: stands for stands in await visitor.standing()}[number]
        assert (stands.under, stands.name) == (top.number, "Zoe") and "<strong>here</strong>" in stands.html
        await visitor.delete(number)
        assert number not in {stands.number for stands in await visitor.standing()}


async def test_seeding_that_broke_off_starts_over_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*CONVERSATION[:3], type(CONVERSATION[0])("bad", 1.0, "Nobody", "x"))
    monkeypatch.setattr(demo_module, "CONVERSATION", broken)
    async with AsyncExitStack() as stack:
        with pytest.raises(ServerError):
            await started(tmp_path, stack)
    monkeypatch.undo()
    monkeypatch.setenv("BACKCHAT_ISSO_ENV", str(CACHE))
    async with AsyncExitStack() as stack:
        blog = await started(tmp_path, stack)
        assert len(await blog.visitor.standing()) == len(CONVERSATION)


async def test_an_isso_left_by_a_killed_run_is_ended_at_the_next_start(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        await started(tmp_path, stack)
        pid = int((tmp_path / "isso.pid").read_text())
        os.kill(pid, signal.SIGSTOP)
        async with AsyncExitStack() as second:
            await started(tmp_path, second)
            assert int((tmp_path / "isso.pid").read_text()) != pid
    assert not _lives(pid)


async def test_isso_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    python = await environment(CACHE, lambda words: None)
    program = (
        "import asyncio, sys, pathlib\n"
        "from adapters.isso.server import running\nfrom bridge.demo.loopback import free_port\n"
        "async def main():\n"
        "    folder = pathlib.Path(sys.argv[2]); port = free_port()\n"
        "    sections = {'general': {'dbpath': str(folder / 'c.db'), 'host': 'http://127.0.0.1:1/'},\n"
        "                'server': {'listen': f'http://127.0.0.1:{port}/'}}\n"
        "    async with running(pathlib.Path(sys.argv[1]), folder, sections) as pid:\n"
        "        print(pid, flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(python), str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    await asyncio.to_thread(_await_end, pid)


def _await_end(pid: int) -> None:
    """Wait until a process that is no child of ours has ended."""
    with contextlib.suppress(ProcessLookupError):
        handle = os.pidfd_open(pid)
        try:
            ended, _, _ = select.select([handle], [], [], 10)
        finally:
            os.close(handle)
        assert ended, f"process {pid} outlived its parent by 10 s"


def _lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


async def test_an_isso_that_cannot_start_says_why(tmp_path: Path) -> None:
    python = await environment(CACHE, lambda words: None)
    sections = {"general": {"dbpath": "/nowhere/at/all.db", "host": "http://127.0.0.1:1/"}}
    with pytest.raises(ServerError, match="ended at once"):
        async with running(python, tmp_path, {**sections, "server": {"listen": "http://127.0.0.1:1/"}}):
            pass


async def test_an_interrupted_installation_starts_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    async def run(*command: str) -> None:
        ran.append(command[-1])
        if len(ran) == 3:
            raise ServerError("the network is gone")

    monkeypatch.setattr("adapters.isso.server._ran", run)
    said: list[str] = []
    with pytest.raises(ServerError):
        await environment(tmp_path / "env", said.append)
    await environment(tmp_path / "env", said.append)
    assert len(ran) == 3 + 4 and said[0] == said[3]
    await environment(tmp_path / "env", said.append)
    assert len(ran) == 3 + 4
