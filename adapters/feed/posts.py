"""Which post a comment stands on, and what its card says until the post's own page has been read."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from adapters.feed.addresses import LONGEST, is_web, numbered, page
from adapters.feed.identity import fingerprint
from adapters.feed.item import Feed, Item
from bridge.errors import RetryLater
from bridge.fetch import Fetch
from bridge.model import Post, PostId
from bridge.off_loop import off_loop
from bridge.text.tree import cleaned

_LONGEST_ID = 300
_LONGEST_TITLE = 300
_LONGEST_EXCERPT = 500
_ENDINGS = (".html", ".htm", ".php")


def address_of(item: Item, feed: Feed, feed_address: str) -> str:
    """The page that an item's comment stands on, by the best address that it names."""
    for candidate in (item.link, item.ref_href, item.guid, feed.link):
        if len(candidate) <= LONGEST and is_web(candidate):
            return page(candidate)
    return page(feed_address)


def id_of(item: Item, address: str, own_host: str, of_post: bool) -> PostId:
    """Name a post: by the platform's id where the feed has it, else by its path (with the host, if it is another).

    `of_post`: the item's `ref` names its post.
    """
    based = numbered(item.guid)
    if based is not None:
        return _short(based[0])
    if of_post:
        return _short(item.ref)
    parts = urlsplit(address)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _short(path if parts.netloc == own_host else f"//{parts.netloc}{path}")


def _short(id: str) -> PostId:
    return PostId(id if len(id) <= _LONGEST_ID else fingerprint(id))


def first_title(item: Item, feed: Feed, address: str) -> tuple[str, bool]:
    """A title for a post, and whether it is the feed's word for it: the title of a feed that is the post's own.

    Else it is made from the address; the items' titles are sentences in any language, and only the last resort.
    """
    if feed.title and is_web(feed.link) and page(feed.link) == address and urlsplit(address).path.strip("/"):
        return words(feed.title)[:_LONGEST_TITLE], True
    end = unquote(urlsplit(address).path.strip("/").rpartition("/")[2])
    for ending in _ENDINGS:
        end = end.removesuffix(ending)
    spoken = words(end.replace("-", " ").replace("_", " "))
    if spoken and not spoken.replace(" ", "").isdigit():
        return (spoken[:1].upper() + spoken[1:])[:_LONGEST_TITLE], False
    return (words(item.title) or address)[:_LONGEST_TITLE], False


async def card(fetch: Fetch, id: PostId, address: str) -> Post | None:
    """Read a post's page for its card (Open Graph, https://ogp.me, then plain HTML); None where it tells nothing."""
    try:
        answer = await fetch.read(address, headers={"Accept": "text/html"})
    except RetryLater:
        return None
    if answer.status != 200 or "html" not in answer.headers.get("Content-Type", "text/html"):
        return None
    return await off_loop(len(answer.body), lambda: _card_of(id, address, answer.text()))


def _card_of(id: PostId, address: str, html: str) -> Post | None:
    found = LexborHTMLParser(html)
    heading = found.css_first("head title") or found.css_first("h1")
    title = _meta(found, "og:title") or (words(heading.text()) if heading else "")
    if not title:
        return None
    picture = _meta(found, "og:image")
    return Post(
        id, address, title[:_LONGEST_TITLE], _meta(found, "author") or None,
        excerpt=(_meta(found, "og:description") or _meta(found, "description"))[:_LONGEST_EXCERPT],
        picture=picture if is_web(picture) else None,
    )  # fmt: skip


def _meta(found: LexborHTMLParser, name: str) -> str:
    node = found.css_first(f'meta[property="{name}"]') or found.css_first(f'meta[name="{name}"]')
    return words(node.attributes.get("content") or "") if node else ""


def words(text: str) -> str:
    """A line as a title may hold it."""
    return " ".join(cleaned(text).split())
