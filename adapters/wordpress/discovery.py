"""Finding a blog's REST API: by the `Link` header that WordPress sends with every page, else at its usual places.

(REST API handbook, "Discovery". With plain permalinks it is not at `/wp-json/`, but at `/index.php?rest_route=/`.)
"""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser
from yarl import URL

from bridge.errors import RetryLater
from bridge.feeds.headers import links
from bridge.fetch import Fetch, Response
from bridge.off_loop import off_loop

REL = "https://api.w.org/"
_MOST = 8 * 2**20
"""Bytes of the blog's front page."""
_USUAL = ("/wp-json/", "/index.php?rest_route=/")


async def api(fetch: Fetch, address: str) -> str:
    """The address of the API of the blog at `address`. Raises `RetryLater` where there is none, or no answer."""
    try:
        page: Response | None = await fetch.read(f"{address}/", most=_MOST)
    except RetryLater as error:
        page, trouble = None, error
    else:
        trouble = RetryLater(
            f"there is no WordPress API at {URL(address).host}: a plugin may have switched it off, or the address is"
            " another blog's"
        )
    if page is not None and (found := await announced(page)) is not None:
        return found
    at = page.url if page is not None else f"{address}/"
    for usual in _USUAL:
        if (found := await _there(fetch, URL(at).origin(), _folder(address) + usual)) is not None:
            return found
    raise trouble


async def announced(page: Response) -> str | None:
    """Where a page of the blog says that the API is; None if it does not."""
    for header in page.headers.getall("Link", []):
        for link in links(header):
            if REL in link.relations:
                return _settled(link.address, page.url)
    if "html" not in page.headers.get("Content-Type", ""):
        return None
    target = await off_loop(len(page.body), lambda: _linked(page.text()))
    return None if target is None else _settled(target, page.url)


def same_place(one: str, other: str) -> bool:
    """Whether two addresses are one host's, www or not, and the first is not less safe than the second."""
    a, b = URL(one), URL(other)
    if a.scheme != "https" and b.scheme == "https":
        return False
    ports = {a.port, b.port}
    return _bare(a) == _bare(b) and (len(ports) == 1 or ports == {80, 443})


def _bare(url: URL) -> str:
    return (url.host or "").removeprefix("www.")


def _linked(html: str) -> str | None:
    node = LexborHTMLParser(html).css_first(f'link[rel="{REL}"]')
    return None if node is None else node.attributes.get("href")


def _settled(target: str, page: str) -> str | None:
    """The address in full. Behind a proxy many a site calls itself http; if it answers by https, so does its API."""
    try:
        found = URL(page).join(URL(target))
    except ValueError:
        return None
    if found.scheme not in {"http", "https"} or not found.host:
        return None
    at = URL(page)
    if at.scheme == "https" and found.scheme == "http" and found.host == at.host and found.is_default_port():
        found = found.with_scheme("https").with_port(at.port)
    return str(found)


async def _there(fetch: Fetch, origin: URL, path: str) -> str | None:
    address = f"{str(origin).rstrip('/')}{path}"
    try:
        answer = await fetch.read(address, params={"_fields": "namespaces"})
        data = await off_loop(len(answer.body), answer.json)
    except RetryLater:
        return None
    closed = answer.status in {401, 403} and isinstance(data, dict) and "code" in data
    return address if closed or (isinstance(data, dict) and "namespaces" in data) else None


def _folder(address: str) -> str:
    return URL(address).path.rstrip("/")
