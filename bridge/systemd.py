"""What systemd is told, and the feeding of its watchdog. Where systemd has not started us, nothing is told to nobody.

The protocol is sd_notify(3)'s: datagrams of `NAME=value` lines to the socket that `NOTIFY_SOCKET` names. The watchdog
(`WATCHDOG_USEC`, sd_watchdog_enabled(3)) is fed only while every loop gets on.
"""

from __future__ import annotations

import logging
import os
import socket
import time

from bridge.ports import Clock
from bridge.pulse import PATIENCE, Pulse

log = logging.getLogger("backchat")

LONGEST = 1000
"""Bytes of a status line. A datagram of more than 4,096 bytes is ignored, and with it the READY=1 beside the status."""
LOOK_EVERY = 10.0
"""Seconds between two looks at the loops where nobody asks for a watchdog: then only the log names who is stuck."""


def notify(*lines: str) -> None:
    """Tell the service manager these `NAME=value` lines, without ever waiting for it."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
            manager.setblocking(False)
            manager.sendto("\n".join(lines).encode("utf-8", "replace"), address)
    except OSError as error:
        log.debug("the service manager cannot be told %s: %s", lines[0], error)


def watchdog() -> float | None:
    """Within how many seconds the service manager wants to be fed again; None where it does not ask this process."""
    wanted, process = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not (wanted.isascii() and wanted.isdecimal() and int(wanted)) or process not in {"", str(os.getpid())}:
        return None
    return int(wanted) / 1_000_000


class Service:
    """This process as systemd sees it. Its one line in `systemctl status` tells how it stands, and the last remark."""

    def __init__(self) -> None:
        self._standing = ""
        self._remark = ""

    def ready(self, standing: str | None = None, remark: str = "") -> None:
        """It is up, or up again after a reload; standing as before where nothing is said about that."""
        self._standing = self._standing if standing is None else standing
        self._remark = remark
        notify("READY=1", self._line())

    def status(self, standing: str) -> None:
        """It stands otherwise now."""
        if standing != self._standing:
            self._standing = standing
            notify(self._line())

    def reloading(self) -> None:
        """A changed configuration is read, and taken over or refused; `ready` ends it."""
        notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=reading the configuration again")

    def stopping(self) -> None:
        """It ends what is in flight, and then itself."""
        notify("STOPPING=1", "STATUS=stopping: what is in flight is finished first")

    def _line(self) -> str:
        return _status("; ".join(filter(None, (self._standing, self._remark))))

    async def feed(self, pulse: Pulse, clock: Clock) -> None:
        """Feed the watchdog for ever, except while a loop is overdue: then that loop is named, once."""
        wanted = watchdog()
        pulse.patience = PATIENCE if wanted is None else min(PATIENCE, wanted)
        stuck: set[str] = set()
        while True:
            overdue = pulse.overdue()
            self._tell(stuck, overdue)
            stuck = set(overdue)
            if not overdue and wanted is not None:
                notify("WATCHDOG=1")
            await clock.wait(LOOK_EVERY if wanted is None else min(LOOK_EVERY, wanted / 3))

    def _tell(self, before: set[str], overdue: dict[str, float]) -> None:
        for loop in sorted(overdue.keys() - before):
            log.error("%s has made no progress for %.0f s, though it has work to do", loop, overdue[loop])
        if overdue:
            stuck = ", ".join(f"{loop} for {age:.0f} s" for loop, age in sorted(overdue.items()))
            notify(_status(f"no progress: {stuck}"))
        elif before:
            log.warning("everything makes progress again")
            notify(self._line())


def _status(text: str) -> str:
    """One line that the manager takes whole: no other may be smuggled in, and none of it may be a NUL."""
    words = " ".join(text.replace("\0", " ").split()).encode("utf-8", "replace")
    if len(words) > LONGEST:
        words = words[:LONGEST] + "…".encode()
    return "STATUS=" + words.decode("utf-8", "ignore")
