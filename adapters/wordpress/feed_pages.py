"""What a post's own page tells where the API does not answer: the post's number and card, and what each response is.

WordPress gives every response on a page its number (`id="comment-5"`) and its type among its classes
(`comment_class()`: `comment`, `pingback`, `trackback`), and names the post's number in a `Link` header and in
`<link rel=shortlink>` (`?p=45`). Themes may leave any of it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborHTMLParser

from bridge.errors import RetryLater
from bridge.feeds.headers import links
from bridge.feeds.page_card import card_of, words
from bridge.fetch import Fetch, Response
from bridge.model import CommentId, Kind, Post, PostId
from bridge.off_loop import off_loop

_MARK = re.compile(r"(?:li-|div-)?comment-(\d{1,18})")
_BODY = re.compile(r"(?:post|page|attachment)-?id-(\d{1,18})")
_HEADINGS = "h1.entry-title, h1.wp-block-post-title, .entry-title h1"


@dataclass(frozen=True, slots=True)
class PageSays:
    """What a page tells: the post's number, its card (of a post whose number is not known yet), the responses on it."""

    number: PostId | None = None
    card: Post | None = None
    kinds: Mapping[CommentId, Kind] = field(default_factory=dict)

    def lacks(self, id: CommentId) -> bool:
        """Whether the page shows a younger response and not this one: it is none for readers, such as an editors' note.

        A page that shows no younger one may merely be older than the response, in some cache.
        """
        return id not in self.kinds and any(int(other) > int(id) for other in self.kinds)


async def page_of(fetch: Fetch, address: str) -> PageSays | None:
    """Read a post's page; None where it cannot be had."""
    try:
        answer = await fetch.read(address, headers={"Accept": "text/html", "Cache-Control": "no-cache"})
    except RetryLater:
        return None
    if answer.status != 200 or "html" not in answer.headers.get("Content-Type", "text/html"):
        return None
    return await off_loop(len(answer.body), lambda: _says(answer, address))


def _says(answer: Response, address: str) -> PageSays:
    html = answer.text()
    page = LexborHTMLParser(html)
    number = _in_headers(answer) or _in_page(page)
    return PageSays(number, _card(page, html, number or PostId(""), address), _kinds(page))


def _in_headers(answer: Response) -> PostId | None:
    found = [link for header in answer.headers.getall("Link", []) for link in links(header)]
    return next((id for link in found if "shortlink" in link.relations and (id := number_in(link.address))), None)


def _in_page(page: LexborHTMLParser) -> PostId | None:
    node = page.css_first('link[rel="shortlink"]')
    named = number_in(node.attributes.get("href") or "") if node is not None else None
    if named is not None or page.body is None:
        return named
    classes = (page.body.attributes.get("class") or "").split()
    return next((PostId(found[1]) for one in classes if (found := _BODY.fullmatch(one))), None)


def number_in(address: str) -> PostId | None:
    """The post's number in an address such as `https://garden.example/?p=45`."""
    try:
        query = parse_qs(urlsplit(address).query)
    except ValueError:
        return None
    for name in ("p", "page_id", "attachment_id"):
        value = query.get(name, [""])[-1]
        if value.isascii() and value.isdigit() and len(value) < 19:
            return PostId(str(int(value)))
    return None


def _card(page: LexborHTMLParser, html: str, number: PostId, address: str) -> Post | None:
    """The page's card; its title from the post's own heading where the theme has one: `<title>` names the site, too."""
    card = card_of(number, address, html)
    heading = page.css_first(_HEADINGS)
    title = words(heading.text()) if heading is not None else ""
    return card if card is None or not title else replace(card, title=title[:300])


def _kinds(page: LexborHTMLParser) -> dict[CommentId, Kind]:
    found: dict[CommentId, Kind] = {}
    for node in page.css('[id*="comment-"]'):
        named = _MARK.fullmatch(node.attributes.get("id") or "")
        if named is None:
            continue
        classes = set((node.attributes.get("class") or "").split())
        kind = next((kind for kind in (Kind.PINGBACK, Kind.TRACKBACK) if kind in classes), Kind.COMMENT)
        id = CommentId(str(int(named[1])))
        if found.get(id, Kind.COMMENT) is Kind.COMMENT:
            found[id] = kind
    return found
