"""Where a redirect leads, and what may come along: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from yarl import URL

REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
MOST_HOPS = 5
_TRAVELLERS = frozenset({"accept", "accept-language", "if-none-match", "if-modified-since"})
"""Headers that may follow to another origin; whatever else an adapter sends may be a credential."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of which address, without a user or fragment in it. `permanent`: all redirects so far were."""

    method: str
    url: URL
    headers: Mapping[str, str]
    json: object = None
    seen: frozenset[URL] = frozenset()
    permanent: bool = True

    def follow(self, status: int, location: str) -> Ask:
        """What to ask after a redirect (RFC 9110, 15.4). Raises `ValueError`, in words, where it leads nowhere."""
        url = _target(self.url, location)
        seen = self.seen | {self.url}
        if url in seen or len(seen) > MOST_HOPS:
            raise ValueError("it redirects again and again")
        headers = self.headers if url.origin() == self.url.origin() else _travelling(self.headers)
        step = replace(self, url=url, headers=headers, seen=seen, permanent=self.permanent and status in PERMANENT)
        if status == 303 or (status in {301, 302} and self.method == "POST"):
            return replace(step, method="GET", json=None)
        return step


def _target(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location)).with_fragment(None)
    except ValueError:
        raise ValueError("it redirects to something that is no address") from None
    if target.scheme not in {"http", "https"}:
        raise ValueError("it redirects to something other than http or https")
    if not target.raw_host or target.port is None:
        raise ValueError("it redirects to something that is no address")
    return target.with_user(None)


def _travelling(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() in _TRAVELLERS}
