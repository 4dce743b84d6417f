"""Instants as feeds write them: RFC 822 with its many dialects (RSS), RFC 3339 and W3C-DTF (Atom, RSS 1.0, JSON)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import mktime_tz, parsedate_tz

LATEST = 2.0**33 - 1
"""The last second that is believed (in the year 2242); what is said to be later is put there."""


def instant(written: str) -> float | None:
    """Seconds since the Unix epoch, in 0 … `LATEST`; None where no date can be made out. No zone means UTC."""
    written = written.strip()[:64]
    if not written:
        return None
    found = _iso(written) if written[:4].isascii() and written[:4].isdigit() else _mail(written)
    return None if found is None else min(max(found, 0.0), LATEST)


def _mail(written: str) -> float | None:
    try:
        parts = parsedate_tz(written)
        return None if parts is None else float(mktime_tz(parts))
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _iso(written: str) -> float | None:
    if len(written) in {4, 7}:  # W3C-DTF knows a year alone, and a month
        written = written + "-01-01"[: 10 - len(written)] if len(written) == 4 else written + "-01"
    try:
        found = datetime.fromisoformat(written.upper())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
