"""What discord.py has to say, in words for whoever runs Backchat; the rest of it only where everything is logged.

Its lines name shards, sessions and seconds of its own, and a connection that breaks fills pages. They are known by how
they begin: https://github.com/Rapptz/discord.py/tree/v2.7.1/discord (client.py, gateway.py, http.py).
"""

from __future__ import annotations

import logging
import re

log = logging.getLogger(__name__)

_KNOWN: tuple[tuple[re.Pattern[str], int, str], ...] = (
    (re.compile(r"Shard ID \S+ has connected to Gateway"), logging.INFO,
     "connected to Discord: a session has begun"),
    (re.compile(r"Shard ID \S+ has successfully RESUMED"), logging.INFO,
     "connected to Discord again: the session goes on"),
    (re.compile(r"Shard ID \S+ session has been invalidated"), logging.INFO,
     "Discord has ended the session"),
    (re.compile(r"Attempting a reconnect in ([\d.]+)s"), logging.WARNING,
     "the connection to Discord broke{why}; again in {0} s"),
    (re.compile(r"Shard ID \S+ has stopped responding"), logging.WARNING,
     "Discord has fallen silent; it is called anew"),
    (re.compile(r"Shard ID \S+ heartbeat blocked for more than (\S+) seconds"), logging.WARNING,
     "Backchat was too busy to speak to Discord for {0} s: is this machine overloaded?"),
    # It is said too where an answer comes at once, before discord.py has noted when it asked: then it reckons from the
    # question before, 41 s ago. Where Discord is late indeed, the lines above tell.
    (re.compile(r"Can't keep up, shard ID \S+ websocket is"), logging.DEBUG, "{said}"),
    (re.compile(r"We are being rate limited|(?:Global|Webhook ID \S+).* rate ?limit"), logging.DEBUG, "{said}"),
)  # fmt: skip


def retold(record: logging.LogRecord) -> tuple[int, str]:
    """How a line of discord.py's is said here, and at which level; what waits for a limit's end is nobody's worry."""
    said = record.getMessage().partition("\n")[0]
    why = "" if not record.exc_info or record.exc_info[0] is None else f" ({record.exc_info[0].__name__})"
    for pattern, level, words in _KNOWN:
        if (found := pattern.match(said)) is not None:
            return level, words.format(*found.groups(), why=why, said=said)
    if record.levelno < logging.WARNING:
        return logging.DEBUG, said
    return record.levelno, f"discord.py, which speaks to Discord for us, says: {said}{why}"


class _Retelling(logging.Handler):
    """Says what discord.py logs under our own name, with its traceback only where all is logged."""

    def emit(self, record: logging.LogRecord) -> None:
        level, words = retold(record)
        log.log(level, "%s", words, exc_info=record.exc_info if log.isEnabledFor(logging.DEBUG) else None)


_RETELLING = _Retelling()


def retell() -> None:
    """From now on whatever discord.py logs is retold."""
    theirs = logging.getLogger("discord")
    theirs.propagate = False
    theirs.addHandler(_RETELLING)  # the same one twice is once
