"""Which posts a blog has, and what their cards say."""

from __future__ import annotations

from urllib.parse import unquote, urljoin, urlsplit
from xml.parsers import expat

from selectolax.lexbor import LexborHTMLParser

from adapters.isso.settings import Settings
from bridge.errors import RetryLater
from bridge.fetch import MOST, Fetch
from bridge.model import Post, PostId

_LONGEST_TITLE = 300
_LONGEST_EXCERPT = 500
_MOST_SITEMAPS = 20
_LISTED = {"sitemap": {"loc"}, "feed": {"link"}}


async def card(fetch: Fetch, post: PostId, address: str) -> Post | None:
    """Read a post's own page for its title, excerpt and picture; None where the blog says that there is no such page.

    Raises `RetryLater` where the page cannot be read now.
    """
    answer = await fetch.read(address)
    if answer.status in {404, 410}:
        return None
    if answer.status != 200:
        raise RetryLater(f"{answer.host} does not show {address} (status {answer.status})")
    html = answer.text()
    return None if is_another(html, address) else card_of(html, post, address)


def is_another(html: str, address: str) -> bool:
    """Whether a page says that its own address is another one of this blog (RFC 6596).

    Anybody can comment under any spelling of a post's address; only the one that the blog calls its own is a post.
    """
    node = LexborHTMLParser(html).css_first('head link[rel="canonical"]')
    own = urlsplit(urljoin(address, (node.attributes.get("href") or "") if node else ""))
    asked = urlsplit(address)
    return own.netloc == asked.netloc and (_plain(own.path), own.query) != (_plain(asked.path), asked.query)


def _plain(path: str) -> str:
    return unquote(path).removesuffix("index.html").rstrip("/")


def card_of(html: str, post: PostId, address: str) -> Post:
    """Take a post's card from its page: Open Graph first (https://ogp.me), then plain HTML."""
    page = LexborHTMLParser(html)
    heading = page.css_first("head title") or page.css_first("h1")
    picture = _meta(page, "og:image")
    return Post(
        id=post,
        address=address,
        title=(_meta(page, "og:title") or (_words(heading.text()) if heading else "") or post)[:_LONGEST_TITLE],
        author=_meta(page, "author") or None,
        excerpt=(_meta(page, "og:description") or _meta(page, "description"))[:_LONGEST_EXCERPT],
        picture=_web(urljoin(address, picture)) if picture else None,
    )


def _meta(page: LexborHTMLParser, name: str) -> str:
    node = page.css_first(f'meta[property="{name}"]') or page.css_first(f'meta[name="{name}"]')
    return _words(node.attributes.get("content") or "") if node else ""


def _words(text: str) -> str:
    return " ".join(text.split())


def _web(address: str) -> str | None:
    return address if address.startswith(("http://", "https://")) else None


async def listed(fetch: Fetch, settings: Settings) -> list[PostId]:
    """Read which posts the blog's feed or sitemap names (sitemaps of sitemaps included), in its order."""
    waiting = [settings.posts_from or ""]
    found: dict[PostId, None] = {}
    for _ in range(_MOST_SITEMAPS):
        if not waiting:
            break
        source = waiting.pop(0)
        root, links = links_in(await _document(fetch, source), _LISTED[settings.posts])
        addresses = [urljoin(source, link) for link in links]
        if root == "sitemapindex":
            waiting += addresses
        else:
            found |= dict.fromkeys(uri for address in addresses if (uri := _uri(settings, address)))
    return list(found)


async def _document(fetch: Fetch, address: str) -> bytes:
    answer = await fetch.read(address, most=8 * MOST)
    if answer.status != 200:
        raise RetryLater(f"{answer.host} does not show {address} (status {answer.status})")
    return answer.body


def _uri(settings: Settings, address: str) -> PostId | None:
    """Name a post as Isso's widget does: by the path of its address."""
    same = urlsplit(address)[:2] == urlsplit(settings.site)[:2]
    return PostId(urlsplit(address).path or "/") if same else None


def links_in(document: bytes, names: set[str]) -> tuple[str, list[str]]:
    """Find the document's root element, and the addresses in elements of these names (RSS, Atom, sitemaps.org).

    Entities are not allowed, so that no document can grow. Raises `RetryLater` where it is no XML.
    """
    walk = _Links(names)
    try:
        walk.parser.Parse(document, True)
    except (expat.ExpatError, ValueError):
        raise RetryLater("the list of posts is not XML that can be read") from None
    return walk.root, walk.links


class _Links:
    """One walk through a feed or sitemap."""

    def __init__(self, names: set[str]) -> None:
        self.root = ""
        self.links: list[str] = []
        self._names = names
        self._words: list[str] | None = None
        self._inside = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._entity

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        self.root = self.root or local
        self._inside = self._inside or local in {"item", "entry", "url", "sitemap"}
        if not self._inside or local not in self._names or space == "http://search.yahoo.com/mrss/":
            return
        if "href" in attributes and attributes.get("rel", "alternate") == "alternate":
            self.links.append(attributes["href"])
        elif "href" not in attributes:
            self._words = []

    def _characters(self, words: str) -> None:
        if self._words is not None:
            self._words.append(words)

    def _end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if local in {"item", "entry", "url", "sitemap"}:
            self._inside = False
        if self._words is not None and local in self._names:
            self.links.append("".join(self._words).strip())
            self._words = None

    def _entity(self, *_: object) -> None:
        raise ValueError("a list of posts declares no entities")
