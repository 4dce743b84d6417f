"""What anybody can see of a blog that may be WordPress: its API, its feeds, its version."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser
from yarl import URL

from adapters.wordpress import discovery
from adapters.wordpress.api import Api, ApiRefusal, Root
from adapters.wordpress.settings import PUBLIC_API, Settings
from bridge.errors import Refused, RetryLater
from bridge.feeds.item import Feed, NotAFeed
from bridge.feeds.parse import is_html, parse
from bridge.fetch import Fetch, Response
from bridge.off_loop import off_loop

HOSTED = "wordpress.com"
MOST = 8 * 2**20
"""Bytes of a page."""
AUTHORIZE = "/wp-admin/authorize-application.php"
"""Where WordPress 5.6 and later gives out application passwords."""
_OWN_FOLDERS = ("/wp-content/", "/wp-includes/")
_ROUTE = "rest_route"
_FEEDS = (
    ("Atom", "/comments/feed/atom/", "/?feed=comments-atom"),
    ("RSS", "/comments/feed/", "/?feed=comments-rss2"),
)
"""The comment feeds, each with its address for pretty and for plain permalinks."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A WordPress blog as strangers see it.

    `home` is its address, without a trailing slash. `root`: None where no API was found. `readable`: how many comments
    strangers can read by the API, None where they may read none. `feeds`: the kinds of its comment feeds. `site`: its
    name at WordPress.com, None where it stands elsewhere.
    """

    home: str
    version: str | None = None
    root: Root | None = None
    readable: int | None = None
    feeds: tuple[str, ...] = ()
    site: str | None = None

    @property
    def by_https(self) -> bool:
        """Whether the blog's address is one of https."""
        return urlsplit(self.home).scheme == "https"

    @property
    def authorization(self) -> str | None:
        """The page that gives out application passwords; None where the blog says that there are none."""
        if self.root is None:
            return None
        return self.home + AUTHORIZE if self.root.closed and self.by_https else self.root.authorization

    @property
    def api(self) -> str | None:
        """The API's address, where it has to be told because it stands on another host."""
        return self.root.address if self.root and not discovery.same_place(self.root.address, self.home) else None


async def see(address: str, fetch: Fetch) -> Sight | None:
    """Look at the blog, the post or the feed at `address`; None where nothing of WordPress is to be seen."""
    page = await fetch.read(address, most=MOST)
    announced = await discovery.announced(page)
    if (site := _site(page.url, announced)) is not None:
        return Sight(_origin(page.url), site=site)
    feed = await _feed(page)
    home, version = await off_loop(len(page.body), lambda: _marks(page, feed))
    if announced is not None and discovery.same_place(announced, page.url):
        home = _home(announced)
    if announced is None and home is None:
        return None
    return await _seen(fetch, home or _origin(page.url), announced, version)


async def _seen(fetch: Fetch, home: str, announced: str | None, version: str | None) -> Sight:
    elsewhere = announced if announced and not discovery.same_place(announced, home) else None
    api = Api(fetch, Settings("blogs", home, api=elsewhere))
    root, readable = await _root(api), None
    if root is not None and not root.closed:
        readable = await _readable(api)
    found = [feed async for feed in _feeds(fetch, home, plain=root is not None and root.plain)]
    told = version or next((told for _, feed in found if (told := _told(feed))), None)
    return Sight(home, told, root, readable, tuple(kind for kind, _ in found))


async def _root(api: Api) -> Root | None:
    try:
        return await api.root()
    except (RetryLater, Refused):
        return None


async def _readable(api: Api) -> int | None:
    try:
        return (await api.get("/wp/v2/comments", {"per_page": 1, "_fields": "id"})).total
    except (ApiRefusal, RetryLater):
        return None


async def _feeds(fetch: Fetch, home: str, *, plain: bool) -> AsyncIterator[tuple[str, Feed]]:
    for kind, pretty, parameter in _FEEDS:
        try:
            feed = await _feed(await fetch.read(home + (parameter if plain else pretty), most=MOST))
        except RetryLater:
            continue
        if feed is not None and feed.kind == kind.lower():
            yield kind, feed


async def _feed(answer: Response) -> Feed | None:
    if answer.status != 200 or is_html(answer.body):
        return None
    try:
        return await parse(answer.body, answer.headers.get("Content-Type", ""))
    except NotAFeed:
        return None


# --- The marks of WordPress -------------------------------------------------------------------------------------------


def _marks(page: Response, feed: Feed | None) -> tuple[str | None, str | None]:
    """Where WordPress is, by what it leaves in its pages and feeds, and its version where it says it."""
    if feed is not None:
        return (_origin(page.url), _told(feed)) if "wordpress" in feed.generator.lower() else (None, None)
    html = LexborHTMLParser(page.text())
    node = html.css_first('meta[name="generator" i]')
    name, _, version = ((node.attributes.get("content") or "") if node is not None else "").partition(" ")
    folder = next(_installed(html, page.url), None)
    if name != "WordPress":
        return folder, None
    return folder or _origin(page.url), _number(version)


def _installed(html: LexborHTMLParser, address: str) -> Iterator[str]:
    """The folders on the page's own host from which WordPress's own files come."""
    for node in html.css("link[href], script[src]"):
        source = urljoin(address, (node.attributes.get("href") or node.attributes.get("src") or "").strip())
        for own in _OWN_FOLDERS:
            before, found, _ = source.partition(own)
            if found and _origin(before) == _origin(address):
                yield before


def _told(feed: Feed) -> str | None:
    """The version that a feed's generator names: `https://wordpress.org/?v=6.1.9` in RSS, an attribute in Atom."""
    words = feed.generator.replace("=", " ").split()
    return _number(words[-1]) if words else None


def _number(version: str) -> str | None:
    return version if version[:1].isdigit() and len(version) < 20 and version.isprintable() else None


def _site(address: str, api: str | None) -> str | None:
    """The blog's name at WordPress.com, if it stands there."""
    host = urlsplit(address).hostname or ""
    there = host.endswith(f".{HOSTED}") or (api is not None and URL(api).host == URL(PUBLIC_API).host)
    return host if there else None


def _home(api: str) -> str:
    """The blog's own address, by that of its API: `/wp-json/`, or `/index.php?rest_route=/`."""
    url = URL(api)
    path = url.path.removesuffix("index.php") if _ROUTE in url.query else url.path.rstrip("/").rpartition("/")[0]
    return f"{_origin(api)}{path.rstrip('/')}"


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
