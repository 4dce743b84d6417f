"""The real daemon, that waits for a chat's late effects only as long as they take here: `… chat_daemon CONFIG`.

`SETTLE_AFTER` is how many seconds after an attempt's deadline its absence counts, on the blog and in the chat. The
double on loopback is told by the test how late it may be; a chat itself is waited for more than a minute. `PACE` is
how many seconds lie between two messages in a channel of Slack, as short as the double's limits are.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

from adapters.slack.chat import SlackChat
from bridge import daemon
from bridge.chats import unsettled
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
        if "PACE" in os.environ and isinstance(chat.adapter, SlackChat):
            chat.adapter.api.pacing.second = float(os.environ["PACE"])
    asyncio.run(daemon.run(settings, reread=lambda: load(config, WallClock())))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
