"""Keeping what opens doors out of discord.py's log (law 10): its addresses name webhooks and interactions by token."""

from __future__ import annotations

import logging
import re

from adapters.discord.retold import retell

_TOKEN = re.compile(r"(/(?:webhooks|interactions)/\d+/)[\w.-]+")
_LOGGERS = ("discord.http", "discord.webhook.async_", "discord.webhook.sync")


def masked(words: str) -> str:
    """Words without the tokens of the addresses in them."""
    return _TOKEN.sub(r"\1…", words)


class _Masking(logging.Filter):
    """Takes the tokens out of every record that passes."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if (kept := masked(said)) != said:
            record.msg, record.args = kept, ()
        return True


class _Speechless(logging.Filter):
    """Leaves out that discord.py cannot speak in voice channels here, which nobody wants."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "voice will NOT be supported" not in record.getMessage()


_masking, _speechless = _Masking(), _Speechless()


def keep_quiet() -> None:
    """Have discord.py log no tokens, and in our words; its debugging log, which has the bodies of requests, nothing."""
    theirs = logging.getLogger("discord")
    theirs.setLevel(max(theirs.level, logging.INFO))
    logging.getLogger("discord.client").addFilter(_speechless)
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(_masking)  # the same one twice is once
    retell()
