"""Which addresses a text may lead to, and whether what is shown of a link lies about where it leads (law 9)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit

MAX_ADDRESS = 2_000
_MAX_HOST = 253  # RFC 1035; also keeps the decoding of Punycode, which is quadratic, short

_WEB = frozenset({"http", "https"})
_HTML_SPACE = " \t\n\r\f"
_REFUSED_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
_HOST_CATEGORIES = frozenset("LMN")
# Legal in no address (RFC 3986, appendix A) but common in pasted ones, and special in many chats' markup.
_ENCODED = {ord(character): f"%{ord(character):02X}" for character in '"<>`{}|^'}

# Characters that a reader takes for the one on the left (Unicode's confusables.txt, and the dots of RFC 3490).
_LOOK_ALIKES = str.maketrans(
    {
        character: plain
        for plain, many in {
            ".": "\u3002\uff0e\uff61\u2024\u0701\u0702\ua60e\u0660\u06f0\ua4f8\u00b7\u2027\u2219\u22c5\u2e31"
            "\U0001d16d\U00010a50",
            "/": "\\\u2044\u2215\u29f8\u2571\u27cb\uff0f\uff3c\u29f5\u2216",
            ":": "\uff1a\u2236\ua789\u0589\u05c3\ufe55\ufe13\u02d0\u02f8",
            "@": "\uff20\ufe6b",
        }.items()
        for character in many
    }
)
# Ends of words like "Node.js" that no top-level domain has: nobody takes them for a host.
_FILE_ENDINGS = frozenset(
    {"js", "jsx", "ts", "tsx", "html", "htm", "php", "css", "txt", "json", "xml", "yml", "yaml", "toml", "pdf"}
    | {"csv", "cpp", "exe", "jpg", "jpeg", "png", "gif", "svg", "webp", "ini", "conf", "tar", "gz"}
)


@lru_cache(maxsize=256)
def allowed(address: str, base: str | None = None, *, mail: bool = True) -> str | None:
    """Give the address as a text may hold it, resolved against `base`; None if it is refused.

    Only http and https survive, and mailto where `mail`; user-info, control characters, white space inside, backslashes
    and hosts that are no names (IPv6 literals too) do not. Raises nothing.
    """
    trimmed = address.strip(_HTML_SPACE)
    if len(trimmed) > MAX_ADDRESS or "\\" in trimmed:
        return None
    if any(unicodedata.category(character) in _REFUSED_CATEGORIES for character in trimmed):
        return None
    try:
        found = (urljoin(base, trimmed) if base is not None else trimmed).translate(_ENCODED)
        parts = urlsplit(found)
        host = _target_host(parts)
    except ValueError:
        return None
    wanted = parts.scheme in _WEB or (mail and parts.scheme == "mailto")
    if not wanted or len(found) > MAX_ADDRESS or not _is_name(host) or disguised(found, found):
        return None
    return found


def _target_host(parts: SplitResult) -> str:
    """Find the host that an address leads to, empty if none that we trust; raises ValueError for a bad port."""
    if parts.scheme == "mailto":
        _, _, host = parts.path.partition("@")
        return host
    if "@" in parts.netloc or (parts.port is None and parts.netloc.endswith(":")):
        return ""
    return parts.netloc.partition(":")[0]


def _is_name(host: str) -> bool:
    labels = host.removesuffix(".").split(".")
    return len(host) <= _MAX_HOST and all(
        label and label.strip("-_") and all(_in_host(character) for character in label) for label in labels
    )


def _in_host(character: str) -> bool:
    return character in "-_" or unicodedata.category(character)[0] in _HOST_CATEGORIES


def disguised(address: str, shown: str) -> bool:
    """Tell whether the words shown for a link name a host, and it is another than the one the link leads to."""
    return betrayed(address, hosts_shown(shown, mail=is_mail(address)))


def is_mail(address: str) -> bool:
    """Tell whether an address leads to a mailbox: what stands before its `@` is then no host."""
    return address[:7].lower() == "mailto:"


def betrayed(address: str, hosts: frozenset[str]) -> bool:
    """Tell whether a link leads to another host than those that are shown, see `hosts_shown`."""
    try:
        target = _comparable(_readable(_target_host(urlsplit(address))))
    except ValueError:
        target = ""
    return bool(hosts) and hosts != {target}


def hosts_shown(shown: str, *, mail: bool = False) -> frozenset[str]:
    """Find everything in a text that reads as a host or as an address with one."""
    return frozenset(_comparable(host) for word in _readable(shown).split() for host in _hosts(word, mail))


def _readable(shown: str) -> str:
    """Reduce a text to what the eye makes of it: no invisible characters, look-alikes replaced."""
    visible = "".join(character for character in shown if unicodedata.category(character) not in {"Cf", "Cs"})
    return unicodedata.normalize("NFKC", visible.translate(_LOOK_ALIKES)).translate(_LOOK_ALIKES)


def _hosts(word: str, mail: bool) -> Iterator[str]:
    """Find what reads as a host in a word; what follows it is its path, and says nothing about where it leads."""
    after_scheme = False
    for part in word.replace("?", "/").replace("#", "/").split("/"):
        if after_scheme and not part:
            continue
        found = list(_hosts_in_part(part, after_scheme, mail))
        yield from found
        if found:
            return
        after_scheme = part.endswith(":")


def _hosts_in_part(part: str, after_scheme: bool, mail: bool) -> Iterator[str]:
    if mail:
        part = part.rpartition("@")[2]
    spaced = "".join(character if _in_host(character) or character == "." else " " for character in part)
    for piece in spaced.split():
        host = piece.strip(".-_")
        if _reads_as_host(host):
            yield host
    if after_scheme:
        yield from _authority(part)


def _authority(part: str) -> Iterator[str]:
    """Behind "https://" even a word without a dot is a host."""
    host, _, _ = part.rpartition("@")[2].partition(":")
    name = "".join(character for character in host if _in_host(character) or character == ".").strip(".-_")
    if 0 < len(name) <= _MAX_HOST:
        yield name


def _reads_as_host(piece: str) -> bool:
    labels = piece.split(".")
    if len(piece) > _MAX_HOST or len(labels) < 2 or not all(labels):  # a host has a dot
        return False
    last = labels[-1].lower()
    if last.isdecimal():
        return len(labels) == 4 and all(label.isdecimal() and len(label) <= 3 for label in labels)  # IPv4
    letters = all(unicodedata.category(character)[0] in "LM" for character in last)
    return len(last) > 1 and (letters or last.startswith("xn--")) and last not in _FILE_ENDINGS


def _comparable(host: str) -> str:
    """Bring a host into the form in which equal ones are equal; `www.` belongs to whom the rest belongs to."""
    labels = [_decoded(label) for label in host.lower().strip(".-_").split(".")]
    return ".".join(labels[1:] if labels[0] == "www" and len(labels) > 2 else labels)  # www.name.tld


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return unicodedata.normalize("NFKC", label[4:].encode("ascii").decode("punycode")).lower()
    except (UnicodeError, ValueError, OverflowError):
        return label
