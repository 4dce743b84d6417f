"""Header fields that matter to a reader of feeds: `Link` (RFC 8288) and `Cache-Control` (RFC 9111)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Link(NamedTuple):
    """One link of a header field, its relations and media type in small letters."""

    address: str
    relations: frozenset[str]
    type: str
    title: str


def links(field: str) -> Iterator[Link]:
    """The links of a `Link` field; what is malformed ends it, and nothing is raised."""
    at = 0
    while (opened := field.find("<", at)) >= 0 and (closed := field.find(">", opened)) >= 0:
        parameters, at = _parameters(field, closed + 1)
        relations = frozenset(parameters.get("rel", "").lower().split())
        kind = parameters.get("type", "").lower()
        yield Link(field[opened + 1 : closed].strip(), relations, kind, parameters.get("title", ""))


def _parameters(field: str, at: int) -> tuple[dict[str, str], int]:
    """The parameters from `at` to the comma that ends them, and where that is."""
    found: dict[str, str] = {}
    end = _end(field, at)
    for parameter in _split(field[at:end]):
        name, _, value = parameter.partition("=")
        found.setdefault(name.strip().lower(), _unquoted(value.strip()))
    return found, end


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return value[1:-1].replace('\\"', '"') if quoted else value


def _end(field: str, at: int) -> int:
    quoted = False
    for n in range(at, len(field)):
        if field[n] == '"' and field[n - 1] != "\\":
            quoted = not quoted
        elif field[n] == "," and not quoted:
            return n
    return len(field)


def _split(parameters: str) -> Iterator[str]:
    start, quoted = 0, False
    for n, letter in enumerate(parameters):
        if letter == '"' and parameters[n - 1] != "\\":
            quoted = not quoted
        elif letter == ";" and not quoted:
            yield parameters[start:n]
            start = n + 1
    yield parameters[start:]


def fresh_for(headers: Mapping[str, str]) -> float:
    """Seconds for which a cache would answer again with what came now: `max-age` without the `Age`; 0 if not told."""
    directives = [directive.strip().lower() for directive in headers.get("Cache-Control", "").split(",")]
    if "no-cache" in directives or "no-store" in directives:
        return 0.0
    told = [directive.removeprefix("max-age=") for directive in directives if directive.startswith("max-age=")]
    if not told or not _is_number(told[0]):
        return 0.0
    age = headers.get("Age", "0").strip()
    return max(0.0, float(told[0]) - (float(age) if _is_number(age) else 0.0))


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 12
