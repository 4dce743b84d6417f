"""Which post a comment stands on, and what its card says until the post's own page has been read."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from adapters.feed.identity import fingerprint
from bridge.errors import RetryLater
from bridge.feeds.addresses import LONGEST, is_web, numbered, page
from bridge.feeds.item import Feed, Item
from bridge.feeds.page_card import LONGEST_TITLE, card_of, words
from bridge.fetch import Fetch
from bridge.model import Post, PostId
from bridge.off_loop import off_loop

_LONGEST_ID = 300
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
        return words(feed.title)[:LONGEST_TITLE], True
    end = unquote(urlsplit(address).path.strip("/").rpartition("/")[2])
    for ending in _ENDINGS:
        end = end.removesuffix(ending)
    spoken = words(end.replace("-", " ").replace("_", " "))
    if spoken and not spoken.replace(" ", "").isdigit():
        return (spoken[:1].upper() + spoken[1:])[:LONGEST_TITLE], False
    return (words(item.title) or address)[:LONGEST_TITLE], False


async def card(fetch: Fetch, id: PostId, address: str) -> Post | None:
    """Read a post's page for its card (Open Graph, https://ogp.me, then plain HTML); None where it tells nothing."""
    try:
        answer = await fetch.read(address, headers={"Accept": "text/html"})
    except RetryLater:
        return None
    if answer.status != 200 or "html" not in answer.headers.get("Content-Type", "text/html"):
        return None
    return await off_loop(len(answer.body), lambda: card_of(id, address, answer.text()))
