"""The real daemon, that waits for Discord's late effects only as long as they take here: `… discord_daemon CONFIG`.

`SETTLE_AFTER` is how many seconds after an attempt's deadline its absence counts, on the blog and on Discord. The
double on loopback is told by the test how late it may be; Discord itself is waited for more than a minute.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

from adapters.discord import unsettled
from bridge import daemon
from bridge.clock import WallClock
from bridge.config import load
from tests.process.faulty_daemon import _settling


def main(config: Path) -> None:
    """Run the daemon until it is stopped."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = load(config, WallClock())
    settle_after = float(os.environ["SETTLE_AFTER"])
    unsettled.SETTLES = settle_after
    for blog in settings.blogs:
        _settling(blog.adapter, settle_after)
    for chat in settings.chats:
        _settling(chat.adapter, settle_after)
    asyncio.run(daemon.run(settings, reread=lambda: load(config, WallClock())))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
