"""The nursery bears processes like any others: they end as they do, alone, and with whoever asked for them."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.process.nursery import Born, Nursery
from tests.process.waiting import until

DRIVER = """
import os, signal, sys
from pathlib import Path

def main(config):
    print("begun as", os.getpid(), os.environ["CALLED"], flush=True)
    if config.name == "waits":
        signal.pause()
    sys.exit(int(config.name))
"""


@pytest.fixture
def nursery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nursery]:
    (tmp_path / "driver_of_this_test.py").write_text(DRIVER)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    nursery = Nursery()
    yield nursery
    nursery.close()


async def born(nursery: Nursery, folder: Path, wish: str) -> Born:
    return await nursery.bear(
        "driver_of_this_test", folder / wish, {**os.environ, "CALLED": wish}, folder / f"{wish}.log"
    )


async def test_how_each_ended_is_told_and_its_log_is_its_own(nursery: Nursery, tmp_path: Path) -> None:
    waiting = await born(nursery, tmp_path, "waits")
    done, failed = [await born(nursery, tmp_path, wish) for wish in ("0", "3")]
    assert (await done.wait(), await failed.wait(), waiting.returncode) == (0, 3, None)
    assert os.getsid(waiting.pid) == waiting.pid != os.getsid(0)
    waiting.kill()
    assert await waiting.wait() == -signal.SIGKILL
    for one, wish in ((waiting, "waits"), (done, "0"), (failed, "3")):
        assert (tmp_path / f"{wish}.log").read_text() == f"begun as {one.pid} {wish}\n"


async def test_whoever_waits_goes_with_the_nursery(nursery: Nursery, tmp_path: Path) -> None:
    waiting = await born(nursery, tmp_path, "waits")
    nursery.close()
    await until(lambda: waiting.gone, "the process to end with its nursery")
    with pytest.raises(AssertionError, match=f"kept process {waiting.pid}"):
        await waiting.wait()
