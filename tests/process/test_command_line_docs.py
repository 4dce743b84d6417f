"""docs/command-line.md: every command stands there, and every line that it shows runs as it says."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from bridge.cli import backchat as group
from bridge.model import AnswerState
from tests.process.daemon import ROOT
from tests.process.proxy import Break
from tests.process.story import SEEDS, opened
from tests.process.world import World

PAGE = (ROOT / "docs" / "command-line.md").read_text("utf-8")


def shown() -> list[tuple[str, int]]:
    """Every line that the page shows to be typed, with the exit code that it names (0 where it names none)."""
    blocks = re.findall(r"(?ms)^```console\n(.*?)^```$", PAGE)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines() if line.startswith("$ ")]
    found = []
    for line in lines:
        command, _, code = line.partition("# exits ")
        found.append((command.strip(), int(code or 0)))
    return found


def test_every_command_stands_there_with_an_example() -> None:
    commands = group.list_commands(group.make_context("backchat", ["check"]))
    typed = " ; ".join(command for command, _ in shown())
    assert [command for command in commands if f"backchat {command}" not in typed] == []


async def parked(world: World) -> int:
    """Something is parked, and the daemon has stopped; its number."""
    await world.daemon.start_plain()
    asked = await world.until_shown(SEEDS[2])
    message = await world.answer("a1 Even there.", asked.id)
    await world.until_state(message, AnswerState.PARKED)
    assert await world.daemon.stop() == 0
    [row] = world.ledger("SELECT id FROM target WHERE state = 'parked'")
    return int(row["id"])


async def test_every_line_runs_as_the_page_says(tmp_path: Path) -> None:
    async with opened(tmp_path, moderation=True, through_proxy=True, password=False) as (world, proxy):
        proxy.break_("POST /new", Break.AFTER)
        number = await parked(world)
        program = tmp_path / "bin" / "backchat"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -m bridge \"$@\"\n")
        program.chmod(0o755)
        path = f"{program.parent}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "BACKCHAT_CONFIG": str(world.daemon.config)}
        for command, code in shown():
            typed = re.sub(r"\b7\b", str(number), command)
            process = await asyncio.create_subprocess_exec(
                "bash", "-c", typed, cwd=tmp_path, env=environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            )  # fmt: skip
            out, err = await process.communicate()
            assert process.returncode == code, f"{typed}: {out.decode()}{err.decode()}"
        assert (tmp_path / "copy.db").stat().st_size and (tmp_path / "everything.jsonl").stat().st_size
