"""What systemd is told, on a socket as its own."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.pulse import PATIENCE, Pulse
from bridge.systemd import Service, notify, watchdog
from bridge.testing.clock import DrivenClock


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A service manager that hears us."""
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "n"))
        heard.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "n"))
        yield heard


def said(manager: socket.socket) -> list[str]:
    """Everything that came, datagram by datagram."""
    found = []
    while True:
        try:
            found.append(manager.recv(65536).decode())
        except BlockingIOError:
            return found


def test_lines_reach_the_manager_in_one_datagram(manager: socket.socket) -> None:
    notify("READY=1", "STATUS=all is well")
    assert said(manager) == ["READY=1\nSTATUS=all is well"]


@pytest.mark.parametrize("address", ["", "relative", "vsock:2:1234", "/nobody/listens/here", "@nobody listens"])
def test_nobody_who_hears_us_is_no_trouble(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    notify("READY=1")
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("READY=1")


def test_a_manager_that_reads_nothing_holds_nobody_up(manager: socket.socket) -> None:
    for _ in range(5000):  # more than any socket's queue takes
        notify("WATCHDOG=1")
    assert 0 < len(said(manager)) < 5000


def test_a_status_is_always_one_line(manager: socket.socket) -> None:
    Service().ready("not open: garden (it said\nREADY=0)")
    assert said(manager) == ["READY=1\nSTATUS=not open: garden (it said READY=0)"]


@pytest.mark.parametrize("letter", ["x", "é", "🐝", "\ud800", "\0"])
def test_a_status_is_never_more_than_the_manager_takes(manager: socket.socket, letter: str) -> None:
    Service().ready("not open yet: " + letter * 5000)
    (datagram,) = [each.encode() for each in said(manager)]
    assert datagram.startswith(b"READY=1\nSTATUS=not open yet") and len(datagram) < 4096 and b"\0" not in datagram


def test_a_remark_stands_until_the_next_time_it_is_ready(manager: socket.socket) -> None:
    service = Service()
    service.ready("2 blogs")
    service.status("2 blogs")
    service.reloading()
    service.ready(remark="refused: x")
    service.status("1 blog")
    service.ready("3 blogs")
    lines = [datagram.splitlines()[-1] for datagram in said(manager)]
    assert lines == [
        "STATUS=2 blogs", "STATUS=reading the configuration again", "STATUS=2 blogs; refused: x",
        "STATUS=1 blog; refused: x", "STATUS=3 blogs",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "process", "expected"),
    [("90000000", "", 90.0), ("90000000", "ours", 90.0), ("90000000", "1", None), ("", "", None),
     ("0", "", None), ("soon", "", None)],
)  # fmt: skip
def test_the_watchdog_is_ours_only_if_it_names_us(
    monkeypatch: pytest.MonkeyPatch, wanted: str, process: str, expected: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", wanted)
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()) if process == "ours" else process)
    assert watchdog() == expected


async def test_the_watchdog_is_fed_three_times_as_often_as_asked_and_never_for_a_stuck_loop(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "9000000")
    clock = DrivenClock()
    pulse, service = Pulse(now=clock.now), Service()
    service.ready("1 blogs")
    feeding = asyncio.create_task(service.feed(pulse, clock))

    async def pass_time(seconds: float) -> list[str]:
        for _ in range(int(seconds)):
            clock.advance(1.0)
            for _ in range(8):
                await asyncio.sleep(0)
        return said(manager)

    try:
        await asyncio.sleep(0)
        assert said(manager) == ["READY=1\nSTATUS=1 blogs", "WATCHDOG=1"]
        assert pulse.patience == 9.0
        assert await pass_time(9) == ["WATCHDOG=1"] * 3
        pulse.beat("watch garden", 5.0)
        assert await pass_time(12) == ["WATCHDOG=1"] * 4
        assert await pass_time(6) == [
            "STATUS=no progress: watch garden for 15 s", "STATUS=no progress: watch garden for 18 s",
        ]  # fmt: skip
        assert [record.getMessage() for record in caplog.records] == [
            "watch garden has made no progress for 15 s, though it has work to do"
        ]
        pulse.rest("watch garden")
        assert await pass_time(3) == ["STATUS=1 blogs", "WATCHDOG=1"]
    finally:
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)


async def test_without_a_watchdog_a_stuck_loop_is_still_named(
    manager: socket.socket, caplog: pytest.LogCaptureFixture
) -> None:
    clock = DrivenClock()
    pulse = Pulse(now=clock.now)
    pulse.beat("inbox")
    clock.advance(PATIENCE + 1)
    feeding = asyncio.create_task(Service().feed(pulse, clock))
    await asyncio.sleep(0)
    feeding.cancel()
    await asyncio.gather(feeding, return_exceptions=True)
    assert said(manager) == ["STATUS=no progress: inbox for 61 s"]
    assert "inbox has made no progress" in caplog.text
