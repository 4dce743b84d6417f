"""Log lines: text for people or JSON for machines, with what they are about, and without what nobody should read there.

What a line is about (blog, chat, thread, delivery) is set around the work by `about`, and reaches every line that is
logged inside, by whomever. Before a line leaves, secrets of the configuration, the values in addresses' queries and
e-mail addresses are blotted out, in the message as in the traceback (law 10): a line of somebody else's library, or an
error that quotes what it was given, cannot be trusted to hold none.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

BLOT = "•••"
SHORTEST = 6
"""Characters that a secret must have to be blotted out: shorter ones would take ordinary words with them."""
_OURS = ("backchat", "bridge", "adapters")
_QUIET = ("asyncio", "aiohttp.access")
_SYSLOG = ((logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.NOTSET, 7))
_NOT_TOLD = (
    re.compile(r"(?<=://)[^/\s@'\"]+(?=@)"),  # who signs in, and with which password
    re.compile(r"(?<=[?&;])([\w.~%-]+=)[^&;#\s'\"<>)]+"),  # tokens travel in queries
    # Whose comment it was is nobody's business here. Looking from each letter of a long word would take for ever.
    re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+[^\W\d_]{2,}"),
)
# What a terminal obeys, what ends a line for some reader, and what turns letters round; never a tab or an end of line.
_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

_about: ContextVar[dict[str, str]] = ContextVar("about", default={})  # noqa: B039 - replaced, never changed


@contextlib.contextmanager
def about(**what: str | int | None) -> Iterator[None]:
    """Every line that is logged inside is about this, and about what it was about before."""
    told = {name: str(value) for name, value in what.items() if value is not None}
    token = _about.set({**_about.get(), **told})
    try:
        yield
    finally:
        _about.reset(token)


class Lines(logging.Formatter):
    """Makes lines of records. `kind` is `text` or `json`; `secrets` are blotted out wherever they stand.

    For the systemd journal (`journal`), every line begins with its priority (sd-daemon(3)), and text has no time,
    because the journal keeps that itself.
    """

    def __init__(self, kind: str = "text", *, secrets: Iterable[str] = (), journal: bool = False) -> None:
        super().__init__()
        self._kind = kind
        self._journal = journal
        self.secrets = frozenset(secrets)
        self._secrets = _pattern(self.secrets)

    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON; or text, whose traceback has lines of its own."""
        message = record.getMessage()
        trace = self._trace(record)
        make = self._json if self._kind == "json" else self._text
        whole = _shown(make(record, message, trace))
        if not self._journal:
            return whole
        level = next(level for least, level in _SYSLOG if record.levelno >= least)
        return "\n".join(f"<{level}>{line}" for line in whole.split("\n"))

    def _trace(self, record: logging.LogRecord) -> str:
        parts = [self.formatException(record.exc_info)] if record.exc_info else []
        return "\n".join(parts + ([self.formatStack(record.stack_info)] if record.stack_info else []))

    def _json(self, record: logging.LogRecord, message: str, trace: str) -> str:
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(), "logger": record.name, **_about.get(), "message": message,
        }  # fmt: skip
        if trace:
            told["exception"] = trace
        return json.dumps({name: self._blotted(value) for name, value in told.items()}, ensure_ascii=False)

    def _text(self, record: logging.LogRecord, message: str, trace: str) -> str:
        when = "" if self._journal else self.formatTime(record) + " "
        subject = ", ".join(f"{name} {value}" for name, value in _about.get().items())
        line = f"{when}{record.levelname} {record.name}: {message}" + (f" [{subject}]" if subject else "")
        return self._blotted("\n".join([_one_line(line), *([trace] if trace else [])]))

    def _blotted(self, text: str) -> str:
        if self._secrets is not None:
            text = self._secrets.sub(BLOT, text)
        signs_in, queries, mails = _NOT_TOLD
        return mails.sub(BLOT, queries.sub(rf"\1{BLOT}", signs_in.sub(BLOT, text)))


def _pattern(secrets: Iterable[str]) -> re.Pattern[str] | None:
    long = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, long))) if long else None


def _one_line(line: str) -> str:
    """Give what others wrote no line of its own: it could pretend to be ours."""
    return line.replace("\r", "\\r").replace("\n", "\\n")


def _shown(line: str) -> str:
    """Show as letters what would do something to who reads it; inside JSON these letters mean the same character."""
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def begin(*, verbose: bool = False, stream: TextIO | None = None) -> None:
    """Log to `stream` (standard error), as text until `shape` says otherwise; `verbose`: our own steps, too."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Lines(journal=_is_journal(handler.stream)))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if verbose else logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def shape(kind: str, secrets: Iterable[str] = ()) -> None:
    """From now on the lines that `begin` asked for are `text` or `json`, and hold none of these secrets either."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler) and isinstance(handler.formatter, Lines):
            known = handler.formatter.secrets.union(secrets)
            handler.setFormatter(Lines(kind, secrets=known, journal=_is_journal(handler.stream)))


def _is_journal(stream: TextIO) -> bool:
    """Whether this stream goes to the journal, whose device and inode systemd names (systemd.exec(5))."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"
