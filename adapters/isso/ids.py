"""How Isso's comments are named, and how our keys travel with them."""

from __future__ import annotations

import string
from ipaddress import AddressValueError, IPv4Address
from urllib.parse import urlsplit

from bridge.errors import Refused
from bridge.model import CommentId, Key

MARK = "#bc-"
_KEY_LENGTH = 24
_KEY_LETTERS = frozenset(string.ascii_lowercase + "234567")
_LONGEST_WEBSITE = 254
"""Isso refuses a longer `website` (isso/views/comments.py, `API.verify`)."""
PLACEHOLDER = "https://backchat.invalid/"
"""Carries our key where neither an account nor the blog has an address that Isso takes."""


def comment_id(number: int, created: float) -> CommentId:
    """Name a comment by its number and its instant of creation: Isso gives numbers out twice, but not both."""
    return CommentId(f"{number}@{created!r}")


def parts(comment: CommentId) -> tuple[int, float]:
    """Take a comment's name apart: number and instant. Raises `Refused` for a name that this adapter did not give."""
    number, _, created = comment.partition("@")
    try:
        return int(number), float(created)
    except ValueError:
        raise Refused(f"{comment!r} is no comment of an Isso blog") from None


def fits(website: str) -> bool:
    """Tell whether Isso takes `website` with a key behind it: it asks for a dot in the host, an IPv4, or localhost."""
    try:
        url = urlsplit(website)
        host = url.hostname or ""
    except ValueError:
        return False
    plain = url.scheme in {"http", "https"} and "@" not in url.netloc and not url.fragment and website.isascii()
    short = len(website) + 1 + len(MARK) + _KEY_LENGTH <= _LONGEST_WEBSITE
    return plain and short and not any(letter.isspace() for letter in website) and _known_host(host)


def _known_host(host: str) -> bool:
    if host == "localhost" or _is_ipv4(host):
        return True
    labels = host.split(".")
    return len(labels) > 1 and len(labels[-1]) > 1 and all(_is_label(label) for label in labels)


def _is_ipv4(host: str) -> bool:
    try:
        IPv4Address(host)
    except AddressValueError:
        return False
    return True


def _is_label(label: str) -> bool:
    return 0 < len(label) < 64 and label.replace("-", "").isalnum() and label[0] != "-" and label[-1] != "-"


def signed(website: str, key: Key) -> str:
    """Put a key into an address; Isso wants a slash between host and fragment."""
    url = urlsplit(website)
    return (website if url.path or url.query else website + "/") + MARK + key


def key_of(website: str | None) -> Key | None:
    """Find the key that an address carries: a claim only, for anybody may copy it."""
    _, mark, key = (website or "").rpartition(MARK)
    return Key(key) if mark and len(key) == _KEY_LENGTH and _KEY_LETTERS.issuperset(key) else None


def without_key(website: str | None) -> str | None:
    """Give the address as the commenter meant it; None where it is no http or https address."""
    if not website or not website.lower().startswith(("http://", "https://")):
        return None
    key = key_of(website)
    return website.removesuffix(MARK + key) if key else website
