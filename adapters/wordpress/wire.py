"""WordPress's comments as JSON, in the core's words (REST API handbook, "Comments"; seen in 6.1 to 6.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

from yarl import URL

from adapters.wordpress import markup
from adapters.wordpress.keys import key_of, without_key
from bridge.feeds.addresses import is_web
from bridge.model import AccountName, Comment, Commenter, CommentId, Kind, PostId, Standing
from bridge.text.tree import cleaned

FIELDS = (
    "id,post,parent,author,author_name,author_url,author_avatar_urls,date,date_gmt,content,link,status,type,_links.up"
)
"""What is asked for of every comment; no address, no machine and nothing else that is personal."""

STANDINGS: Mapping[str, Standing] = {"approved": Standing.PUBLIC, "hold": Standing.PENDING}
"""WordPress's statuses that are worth telling apart; all others (spam, trash, …) are hidden."""
KINDS: Mapping[str, Kind] = {"comment": Kind.COMMENT, "pingback": Kind.PINGBACK, "trackback": Kind.TRACKBACK}
"""WordPress's types that are responses; editors' notes, likes, reviews and orders have others."""

_COLLECTION = re.compile(r"/wp/v2/(?:sites/[^/]+/)?([^/?&]+)/\d+")
_NO_NUMBER = 2**62
_LONGEST_NAME = 1_000
_HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")


def standing(status: object) -> Standing:
    """How a comment with this status stands."""
    return STANDINGS.get(status, Standing.HIDDEN) if isinstance(status, str) else Standing.HIDDEN


def number(entry: Mapping[str, Any]) -> int:
    """The comment's number. Raises ValueError where there is none."""
    value = entry.get("id")
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _NO_NUMBER:
        raise ValueError("a comment without a number")
    return value


def comment(
    entry: Mapping[str, Any], accounts: Mapping[int, AccountName] | None = None, held: str = ""
) -> Comment | None:
    """Read one comment; None for what is no response by anybody. Raises ValueError where the JSON is not WordPress's.

    `accounts` are ours, by their numbers on the blog. `held`: why it waits, in words.
    """
    try:
        kind = KINDS.get(entry["type"] or "comment")
        if kind is None or not entry["post"]:
            return None
        return _comment(entry, kind, accounts or {}, held)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"not a comment of WordPress's: {error!r:.80}") from None


def _comment(entry: Mapping[str, Any], kind: Kind, accounts: Mapping[int, AccountName], held: str) -> Comment:
    position, link, url = number(entry), _address(entry["link"]), entry["author_url"]
    how = standing(entry["status"])
    return Comment(
        id=CommentId(str(position)),
        post=PostId(str(int(entry["post"]))),
        position=position,
        parent=CommentId(str(int(entry["parent"]))) if entry["parent"] else None,
        commenter=Commenter(
            name=" ".join(cleaned(unescape(str(entry["author_name"]))).split())[:_LONGEST_NAME] or "Anonymous",
            address=_address(without_key(url)) or None,
            avatar=avatar(entry.get("author_avatar_urls")),
        ),
        text=markup.read(str(entry["content"]["rendered"]), link or None),
        created=instant(entry),
        link=link,
        kind=kind,
        standing=how,
        key=key_of(url),
        account=accounts.get(int(entry["author"])) if entry["author"] else None,
        held=held if how is Standing.PENDING else "",
    )


def _address(address: str | None) -> str:
    """An address that can be shown as a link, as it is; "" for what only a plugin or a stranger could have meant."""
    return address if address and is_web(address) and cleaned(address) == address else ""


def instant(entry: Mapping[str, Any]) -> float:
    """When something was written: `date_gmt` is UTC without saying so; some imports left it empty, then `date` serves.

    Raises ValueError where there is no date.
    """
    for name in ("date_gmt", "date"):
        value = entry.get(name)
        if not isinstance(value, str) or value.startswith(("0000", "-")):
            continue
        moment = datetime.fromisoformat(value)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    raise ValueError("a comment without a date")


def avatar(addresses: object) -> str | None:
    """The largest avatar whose address is made from a hash alone; a person's own picture file is not passed on."""
    if not isinstance(addresses, dict):
        return None
    sized = {int(size): url for size, url in addresses.items() if size.isdecimal() and isinstance(url, str)}
    url = sized[max(sized)] if sized else ""
    return url if _HASH.fullmatch(_last_step(url)) else None


def _last_step(url: str) -> str:
    try:
        return URL(url).name if url.startswith(("http://", "https://")) else ""
    except ValueError:
        return ""


def collection(entry: Mapping[str, Any]) -> str | None:
    """Where the comment's post is kept: `posts`, `pages` or another type's name; None where WordPress does not say."""
    try:
        href = entry["_links"]["up"][0]["href"]
    except (KeyError, IndexError, TypeError):
        return None
    try:
        url = URL(href) if isinstance(href, str) else URL()
    except ValueError:
        return None
    found = _COLLECTION.search(f"{url.path}?{url.query_string}")
    return found[1] if found else None
