"""What `backchat init` learns of a blog that may use Isso: from a page with Isso's widget, or from Isso itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from adapters.isso.posts import links_in
from bridge.errors import RetryLater, StepError
from bridge.fetch import MOST, Fetch
from bridge.model import AccountName, Survey

_POSTS_TRIED = 3
"""Posts that are looked at where the page itself has no comments, as most front pages have none."""
_SCRIPTS = ("/js/embed.min.js", "/js/embed.js", "/js/embed.dev.js")
_LONGEST_NAME = 60
_FEEDS = ("application/rss+xml", "application/atom+xml")


@dataclass(frozen=True, slots=True)
class _Page:
    """A page as it came: where it stands in the end, and its HTML."""

    address: str
    html: LexborHTMLParser

    @property
    def origin(self) -> str:
        parts = urlsplit(self.address)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class _Isso:
    """An Isso that answers, the blog that it serves, and the page that led to it (None: it was named itself)."""

    address: str
    site: str
    info: Mapping[str, Any]
    page: _Page | None


async def survey(address: str, fetch: Fetch) -> Survey | None:
    """See `bridge.ports.SurveysBlogs`. Raises `RetryLater` where a page names an Isso that does not answer as one."""
    found = await _by_page(address, fetch) or await _itself(address, fetch)
    if found is None:
        return None
    config = await _json(fetch, f"{found.address}/config")
    wants_email = bool((config or {}).get("config", {}).get("require-email"))
    posts = await _posts(fetch, found)
    return _told(found, posts, wants_email=wants_email)


# --- Where Isso is ----------------------------------------------------------------------------------------------------


async def _by_page(address: str, fetch: Fetch) -> _Isso | None:
    page = await _page(fetch, address)
    if page is None:
        return None
    if (isso := _embedded(page)) is not None:
        return await _asked(fetch, isso, page)
    for link in _linked(page):
        post = await _page(fetch, link)
        if post is not None and (isso := _embedded(post)) is not None:
            return await _asked(fetch, isso, post)
    return None


async def _asked(fetch: Fetch, isso: str, page: _Page) -> _Isso:
    try:
        info = await _json(fetch, f"{isso}/info", origin=page.origin)
    except StepError as error:
        raise RetryLater(f"{page.address} shows comments of Isso at {isso}, but {error.reason}") from None
    if not _is_info(info):
        raise RetryLater(f"{page.address} names Isso at {isso}, but nothing there answers as Isso does")
    return _Isso(isso, page.origin, info or {}, page)


async def _itself(address: str, fetch: Fetch) -> _Isso | None:
    """The address may be Isso's own: it says then which blog it serves."""
    isso = address.partition("?")[0].rstrip("/")
    try:
        info = await _json(fetch, f"{isso}/info")
    except StepError:
        return None  # another kind of blog owes us no answer there
    if info is None or not _is_info(info):
        return None
    parts = urlsplit(str(info["origin"]))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise RetryLater(f"Isso at {isso} does not tell which blog it serves: give the address of one of its posts")
    return _Isso(isso, f"{parts.scheme}://{parts.netloc}", info, None)


def _embedded(page: _Page) -> str | None:
    """The address of Isso as the widget on a page finds it: `data-isso`, or where its script comes from."""
    named = page.html.css_first("script[data-isso]")
    if named is not None:
        return _base(page, named.attributes.get("data-isso") or "")
    if page.html.css_first("#isso-thread") is None:
        return None
    for script in page.html.css("script[src]"):
        source = (script.attributes.get("src") or "").partition("?")[0]
        for ending in _SCRIPTS:
            if source.endswith(ending):
                return _base(page, source.removesuffix(ending) or "/")
    return None


def _base(page: _Page, reference: str) -> str | None:
    """The address of an Isso, as settings have it: without its last slash."""
    found = _address(page, reference)
    return found.rstrip("/") if found else None


def _address(page: _Page, reference: str) -> str | None:
    try:
        found = urljoin(page.address, reference.strip())
        usable = urlsplit(found).scheme in {"http", "https"} and bool(urlsplit(found).hostname)
    except ValueError:
        return None
    return found if usable and found.isprintable() else None


def _linked(page: _Page) -> list[str]:
    """The first posts that a page links to from its headings, on its own host."""
    found: dict[str, None] = {}
    for link in page.html.css("h1 a[href], h2 a[href], h3 a[href], article a[href]"):
        address = _address(page, link.attributes.get("href") or "")
        if address and urlsplit(address)[:2] == urlsplit(page.address)[:2] and urlsplit(address).path not in {"", "/"}:
            found[address.partition("#")[0]] = None
    return [address for address in found if address.rstrip("/") != page.address.rstrip("/")][:_POSTS_TRIED]


async def _page(fetch: Fetch, address: str) -> _Page | None:
    try:
        answer = await fetch.read(address)
    except StepError:
        return None  # it may be another kind of blog, or one post of many
    if answer.status != 200 or "html" not in answer.headers.get("Content-Type", "").lower():
        return None
    return _Page(answer.url or address, LexborHTMLParser(answer.text()))


async def _json(fetch: Fetch, address: str, origin: str | None = None) -> Mapping[str, Any] | None:
    """What stands there, if it is a JSON object. Raises `RetryLater` where nothing can be read."""
    answer = await fetch.read(address, headers={"Origin": origin} if origin else None)
    try:
        read = answer.json() if answer.status == 200 else None
    except RetryLater:
        return None
    return read if isinstance(read, Mapping) else None


def _is_info(info: Mapping[str, Any] | None) -> bool:
    return info is not None and {"version", "host", "origin", "moderation"} <= set(info)


# --- How its posts are found ------------------------------------------------------------------------------------------


async def _posts(fetch: Fetch, isso: _Isso) -> tuple[str, str | None] | None:
    """How new posts can be learnt of: the kind, and the address for it; None where there is no way yet."""
    if (await fetch.read(f"{isso.address}/latest", params={"limit": 1}, follow=False)).status == 200:
        return "latest", None
    if await _lists(fetch, sitemap := f"{isso.site}/sitemap.xml", {"loc"}):
        return "sitemap", sitemap
    for link in isso.page.html.css("link[rel=alternate][href]") if isso.page is not None else ():
        feed = _address(isso.page, link.attributes.get("href") or "") if isso.page is not None else None
        if feed and link.attributes.get("type") in _FEEDS and await _lists(fetch, feed, {"link"}):
            return "feed", feed
    return None


async def _lists(fetch: Fetch, address: str, names: set[str]) -> bool:
    try:
        answer = await fetch.read(address, most=8 * MOST)
        return answer.status == 200 and bool(links_in(answer.body, names)[1])
    except StepError:
        return False


# --- What is told -----------------------------------------------------------------------------------------------------


def _told(isso: _Isso, posts: tuple[str, str | None] | None, *, wants_email: bool) -> Survey:
    author = _author(isso.page)
    account = AccountName("author" if author is None else _slug(author) or "author")
    moderated = isso.info["moderation"] is True
    version = f"Isso {isso.info['version']}"
    where = f"The page {isso.page.address} shows comments of {version}" if isso.page else f"This is {version}"
    steps = _steps(author, account, posts, moderated=moderated, wants_email=wants_email)
    return Survey(
        name=_name(isso.site),
        rank=3,
        found=(
            f"{where} at {isso.address}: the comments can be read, and answered.",
            "It holds new comments for approval." if moderated else "It shows new comments at once.",
            f"New posts are learnt of by {_HOW[posts[0]]}." if posts else "New posts cannot be learnt of yet.",
        ),
        config=_config(isso, posts, account, author or "Author", moderated=moderated),
        steps=steps,
        accounts=(account,),
    )


_HOW = {"latest": "Isso's own list", "sitemap": "the blog's sitemap", "feed": "the blog's feed"}


def _config(isso: _Isso, posts: tuple[str, str | None] | None, account: str, author: str, *, moderated: bool) -> str:
    kind, source = posts or ("latest", None)
    listed = f"posts = {_text(kind)}" + (f"\nposts_from = {_text(source)}" if source else "")
    return f"""\
adapter = "isso"
# Isso's own address, and the address of the blog whose pages carry its comments.
address = {_text(isso.address)}
site = {_text(isso.site)}
# With the password of Isso's [admin] section answers can be edited and withdrawn, and waiting comments are seen.
# admin_password = {{ file = "isso-password" }}
# Whether Isso holds comments for approval.
moderated = {str(moderated).lower()}
# How posts are found: "latest" (Isso's list; needs `latest-enabled` there), "feed" or "sitemap" (with posts_from).
{listed}
# Who answers. The name stands over the answers; `email` makes the avatar, `website` is what the name links to.
accounts.{account} = {{ name = {_text(author)} }}"""


def _steps(
    author: str | None, account: str, posts: tuple[str, str | None] | None, *, moderated: bool, wants_email: bool
) -> tuple[str, ...]:
    steps = []
    if author is None:
        steps.append(f'Write your name, as it should stand over your answers, into accounts.{account} (now "Author").')
    else:
        steps.append(f"Answers will stand under the name {author}, from the page: see accounts.{account}.")
    if wants_email:
        steps.append(f'This Isso wants an e-mail address: add email = "you@…" to accounts.{account}.')
    if posts is None:
        steps.append("Set latest-enabled = true in the [general] section of Isso, so that new posts are learnt of.")
    if moderated:
        steps.append("Set admin_password, or every answer waits until somebody approves it on Isso's admin page.")
    return tuple(steps)


def _author(page: _Page | None) -> str | None:
    node = page.html.css_first('meta[name="author"]') if page is not None else None
    words = " ".join((node.attributes.get("content") or "").split()) if node is not None else ""
    return "".join(letter for letter in words if letter.isprintable())[:_LONGEST_NAME].strip() or None


def _name(site: str) -> str:
    """Call the blog by its host: `garden` for https://www.garden.example."""
    host = (urlsplit(site).hostname or "").removeprefix("www.")
    first = host.partition(".")[0]
    return first if first.strip("0123456789-") and ":" not in host else "blog"


def _slug(name: str) -> str:
    first = name.casefold().split()[0]
    return first if first.isascii() and first.isalnum() else ""


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")
