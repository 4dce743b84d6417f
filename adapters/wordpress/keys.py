"""How our keys travel: in the fragment of the address behind the author's name, where no reader sees them.

An address that has a fragment already keeps it working: what follows `:~:` is no part of the place that a browser looks
for (URL Fragment Text Directives, "the fragment directive delimiter").
"""

from __future__ import annotations

import re
import string

from yarl import URL

from bridge.model import Key

MARK = "bc-"
_KEY_LENGTH = 24
_KEY_LETTERS = frozenset(string.ascii_lowercase + "234567")
_DELIMITER = ":~:"
_CARRIED = re.compile(rf"(?:#|{_DELIMITER}){MARK}([^#&]*)$")
LONGEST_ADDRESS = 200
"""Characters: WordPress's column `comment_author_url`."""


def signed(address: str, key: Key) -> str:
    """Put a key into an address, with a slash between host and fragment where nothing else is."""
    url = URL(address)
    if url.raw_fragment:
        return f"{address}{_DELIMITER}{MARK}{key}"
    bare = address.removesuffix("#")
    return f"{bare if url.raw_query_string or bare.count('/') > 2 else bare + '/'}#{MARK}{key}"


def key_of(address: str | None) -> Key | None:
    """Find the key that an address carries: a claim only, for anybody may copy it."""
    found = _CARRIED.search(address or "")
    key = found[1] if found else ""
    return Key(key) if len(key) == _KEY_LENGTH and _KEY_LETTERS.issuperset(key) else None


def without_key(address: str | None) -> str | None:
    """Give the address as the commenter meant it; None where it is no http or https address."""
    if not address or not address.lower().startswith(("http://", "https://")):
        return None
    return _CARRIED.sub("", address) if key_of(address) else address
