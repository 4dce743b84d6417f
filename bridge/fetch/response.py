"""A whole answer, and what is to be read from it."""

from __future__ import annotations

import json as json_format
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from multidict import CIMultiDictProxy

from bridge.errors import MaybeDone, RetryLater

Params = Mapping[str, str | int]

_LONGEST_WAIT = 86_400.0


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer. `effect` tells that it answers an effect, so that nonsense in it leaves the effect unknown.

    `url` is the address that gave it, after all redirects. `permanent` is where redirects led that are permanent
    (301, 308) without exception; None where there was none, or a temporary one among them.
    """

    host: str
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    effect: bool = False
    url: str = ""
    permanent: str | None = None

    def text(self) -> str:
        """The body as text, by the charset of its Content-Type or else as UTF-8; what is no text becomes U+FFFD."""
        charset = _charset(self.headers.get("Content-Type", ""))
        try:
            return self.body.decode(charset, "replace")
        except (LookupError, ValueError):  # no such charset, or one that is no text (a NUL in its name is a ValueError)
            return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON. Raises `RetryLater` where it is none (`MaybeDone` for the answer to an effect)."""
        try:
            return json_format.loads(self.body)
        except (ValueError, RecursionError):
            raise self.unclear() from None

    def unclear(self) -> RetryLater | MaybeDone:
        """Make the error that says: this answer is not what was asked for."""
        if self.effect:
            return MaybeDone(f"{self.host} gave an answer that cannot be understood (status {self.status})")
        return RetryLater(f"{self.host} gave an answer that cannot be understood (status {self.status})")

    def retry_after(self) -> float | None:
        """Seconds that `Retry-After` asks for (RFC 9110, 10.2.3): a number, or a date judged by the answer's `Date`."""
        value = self.headers.get("Retry-After", "").strip()
        if value.isascii() and value.isdigit():
            return min(float(value[:9]), _LONGEST_WAIT)
        try:
            wait = parsedate_to_datetime(value) - parsedate_to_datetime(self.headers.get("Date", ""))
        except (ValueError, TypeError, IndexError):
            return None
        return min(max(wait.total_seconds(), 0.0), _LONGEST_WAIT)


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.strip().partition("=")
        if name.lower() == "charset":
            return value.strip("\"' ") or "utf-8"
    return "utf-8"
