"""discord.js, which is nobody's kin of discord.py, on the double: it logs in, writes once, threads, reacts, resumes.

`make test-real` installs it into `.cache/discord.js`, as pinned in tests/servers/discord_js.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.servers.discord_double import Double

ROOT = Path(__file__).parents[3]
LIBRARY = ROOT / ".cache" / "discord.js"
SCRIPT = ROOT / "tests" / "servers" / "discord_js" / "talk.mjs"

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        shutil.which("node") is None or not (LIBRARY / "node_modules" / "discord.js").is_dir(),
        reason="node or discord.js is not there: make test-real installs discord.js where there is npm",
    ),
]


@asynccontextmanager
async def node(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), *arguments, cwd=LIBRARY, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_it_talks_and_resumes(discord: Double) -> None:
    channel, ada = discord.channel("blog"), discord.member("Ada")
    async with asyncio.timeout(60), node(discord.token, f"{discord.address}/api", channel.id) as process:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"resume me\n"
        discord.gate.reconnect()
        assert await process.stdout.readline() == b"resumed\n"
        ada.write(channel, "After")
        saw = json.loads(await process.stdout.readline())
        assert await process.wait() == 0
    assert saw == {"once": True, "thread": True, "heard": ["Hello", "", "In the thread", "✅", "After"]}
    assert discord.gate.connections[-1] == "/resume" and not discord.too_soon()
