"""What texts of the configuration mean: durations, addresses, places to listen at, names. Pure."""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import urlsplit

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST = 366 * 86400.0
"""Seconds of the longest duration that anybody can mean."""
LONGEST_NAME = 64
"""Characters of the longest name of a table."""
_NAME = re.compile(r"[\w-]+")
_PORT = re.compile(r"[0-9]{1,5}")


def duration(value: Any) -> float | None:
    """The seconds that a number, or text such as `10s` or `5m`, stands for; None where it is no duration."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _bounded(value)
    if not isinstance(value, str):
        return None
    number = value.strip().rstrip("abcdefghijklmnopqrstuvwxyz ")
    unit = value.strip()[len(number) :].strip()
    try:
        return _bounded(float(number) * _UNITS[unit or "s"])
    except (ValueError, KeyError):
        return None


def _bounded(seconds: float) -> float | None:
    return float(seconds) if 0 <= seconds <= LONGEST and not math.isnan(seconds) else None


def is_address(value: str) -> bool:
    """Whether this is an http or https address with a host, and a port that can be."""
    try:
        parts = urlsplit(value)
        parts.port  # noqa: B018 - asking for it checks it
    except ValueError:
        return False
    unfit = any(character.isspace() for character in value)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not unfit


def is_public(address: str) -> bool:
    """Whether platforms can call below this web address in safety: by https, or by http on this very machine."""
    parts = urlsplit(address)
    here = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    plain = not (parts.query or parts.fragment or parts.username or "?" in address or "#" in address)
    return plain and (parts.scheme == "https" or here)


def place(value: str) -> tuple[str, int] | None:
    """The host and port of `127.0.0.1:8089` or `[::1]:8089`, None where it is neither."""
    host, colon, port = value.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    bracketed = host.startswith("[") and host.endswith("]")
    if not (colon and bare and _PORT.fullmatch(port)) or int(port) >= 2**16 or (":" in bare) != bracketed:
        return None
    return None if any(character.isspace() or character in "[]/@" for character in bare) else (bare, int(port))


def name_problem(name: str) -> str | None:
    """Why a table cannot have this name, with the remedy; None if it can.

    Names are identities in the ledger, in logs and in metrics.
    """
    if not name:
        return "has no name: write one between the quotes"
    if len(name) > LONGEST_NAME:
        return f"has a name of {len(name)} characters: {LONGEST_NAME} are the most"
    if not _NAME.fullmatch(name):
        return "has a name that cannot be: write letters, digits, - and _ only"
    return None
