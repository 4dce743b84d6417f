"""A blog in miniature behind real HTTP: one store of comments, shown as RSS, Atom and JSON Feed as software shows them.

The feeds behave as WordPress's do: ten comments, newest first, validators that change only with the newest comment's
own date, the line "In reply to …" above replies, and guids of the form `POST#comment-N`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from hashlib import md5
from html import escape
from itertools import count

from aiohttp import web

Answer = Callable[[web.BaseRequest], web.StreamResponse]


@dataclass(slots=True)
class Stored:
    """A comment of the blog."""

    number: int
    words: str
    name: str
    at: float
    under: int | None = None
    post: str = "/first/"


@dataclass(slots=True)
class FeedServer:
    """The blog. `now` is its clock; `window` how many comments a feed shows; `changed` answers instead,
    by path; where there is an `only`, nothing else answers.
    """

    now: Callable[[], float]
    address: str = ""
    window: int = 10
    title: str = "Garden"
    stored: dict[int, Stored] = field(default_factory=dict)
    held: dict[int, Stored] = field(default_factory=dict)
    requests: list[web.BaseRequest] = field(default_factory=list)
    changed: dict[str, Answer] = field(default_factory=dict)
    only: dict[str, Answer] | None = None
    on_request: Callable[[], None] = lambda: None
    numbers: count[int] = field(default_factory=lambda: count(1))

    # What people do --------------------------------------------------------------------------------------------------

    def comment(self, words: str, name: str = "Vera", under: int | None = None, post: str = "/first/") -> int:
        """Somebody comments, in public."""
        number = next(self.numbers)
        self.stored[number] = Stored(number, words, name, self.now(), under, post)
        return number

    def hold(self, number: int) -> None:
        """The moderator takes a comment off the page."""
        self.held[number] = self.stored.pop(number)

    def approve(self, number: int) -> None:
        """The moderator lets a comment appear, with its old date."""
        self.stored[number] = self.held.pop(number)

    # What is shown ---------------------------------------------------------------------------------------------------

    def guid(self, number: int, post: str) -> str:
        """A comment's name in the feeds."""
        return f"{self.address}/?p={post.strip('/')}#comment-{number}"

    def link(self, comment: Stored) -> str:
        """Where a comment stands."""
        return f"{self.address}{comment.post}#comment-{comment.number}"

    def shown(self, post: str | None = None) -> list[Stored]:
        """What a feed shows, of the whole blog or of one post."""
        of = [comment for comment in self.stored.values() if post in {None, comment.post}]
        return sorted(of, key=lambda comment: (-comment.at, -comment.number))[: self.window]

    def html(self, comment: Stored, *, in_reply: bool = True) -> str:
        """A comment's words, below the line that names whom it answers."""
        line = ""
        if in_reply and comment.under in self.stored:
            parent = self.stored[comment.under]
            line = f'<p>In reply to <a href="{escape(self.link(parent))}">{escape(parent.name)}</a>.</p>\n'
        return f"{line}<p>{comment.words}</p>\n"

    def rss(self, comments: list[Stored]) -> str:
        """As WordPress writes RSS 2.0."""
        items = "".join(
            f"<item><title>Comment on First by {escape(c.name)}</title><link>{self.link(c)}</link>"
            f"<dc:creator><![CDATA[{c.name}]]></dc:creator><pubDate>{formatdate(c.at)}</pubDate>"
            f'<guid isPermaLink="false">{self.guid(c.number, c.post)}</guid>'
            f"<description><![CDATA[{c.words}]]></description>"
            f"<content:encoded><![CDATA[{self.html(c)}]]></content:encoded></item>"
            for c in comments
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
            ' xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">'
            f"<channel><title>Comments for {self.title}</title><link>{self.address}</link><description></description>"
            f"<generator>https://wordpress.org/?v=6.9</generator>{items}</channel></rss>"
        )

    def atom(self, comments: list[Stored]) -> str:
        """As WordPress writes Atom."""
        entries = "".join(
            f'<entry><title>Comment on First by {escape(c.name)}</title><link rel="alternate" href="{self.link(c)}"'
            f' type="text/html"/><author><name>{escape(c.name)}</name></author><id>{self.guid(c.number, c.post)}</id>'
            f"<updated>{_iso(c.at)}</updated><published>{_iso(c.at)}</published>"
            f'<content type="html" xml:base="{self.link(c)}"><![CDATA[{self.html(c)}]]></content>{self._ref(c)}</entry>'
            for c in comments
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"'
            f' xmlns:thr="http://purl.org/syndication/thread/1.0"><title>Comments for {self.title}</title>'
            f'<link rel="alternate" href="{self.address}"/><id>{self.address}/comments/feed/atom/</id>'
            f"<generator>WordPress</generator>{entries}</feed>"
        )

    def _ref(self, comment: Stored) -> str:
        post = f"{self.address}/?p={comment.post.strip('/')}"
        ref = post if comment.under is None else self.guid(comment.under, comment.post)
        return f'<thr:in-reply-to ref="{escape(ref)}" href="{self.address}{comment.post}"/>'

    def json(self, comments: list[Stored]) -> str:
        """As a JSON Feed 1.1."""
        items = [
            {
                "id": self.guid(c.number, c.post),
                "url": self.link(c),
                "title": f"Comment on First by {c.name}",
                "content_html": self.html(c),
                "date_published": _iso(c.at),
                "authors": [{"name": c.name}],
            }
            for c in comments
        ]
        whole = {"version": "https://jsonfeed.org/version/1.1", "title": f"Comments for {self.title}", "items": items}
        return json.dumps(whole | {"home_page_url": self.address})

    # HTTP ------------------------------------------------------------------------------------------------------------

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        self.requests.append(request)
        self.on_request()
        if self.only is not None:
            given = self.only.get(request.path_qs) or self.only.get(request.path)
            return web.Response(status=404) if given is None else given(request)
        special = self.changed.get(request.path)
        if special is not None:
            return special(request)
        path = request.path
        for end, kind, write in (
            ("/feed/atom/", "application/atom+xml", self.atom),
            ("/feed/json/", "application/feed+json", self.json),
            ("/feed/", "application/rss+xml", self.rss),
        ):
            if path.endswith(end):
                of = path.removesuffix(end) + "/"
                return self._feed(request, write, kind, None if of == "/comments/" else of)
        return web.Response(text=self.page(path), content_type="text/html")

    def page(self, path: str) -> str:
        """A page of the blog, which names its feeds."""
        feed = "/comments/feed/" if path == "/" else f"{path}feed/"
        return (
            f"<!doctype html><html><head><title>{path.strip('/').title() or self.title}</title>"
            f'<link rel="alternate" type="application/rss+xml" title="{self.title}" href="/feed/">'
            f'<link rel="alternate" type="application/rss+xml" title="{self.title} » Comments Feed" href="{feed}">'
            "</head><body></body></html>"
        )

    def _feed(
        self, request: web.BaseRequest, write: Callable[[list[Stored]], str], kind: str, post: str | None
    ) -> web.StreamResponse:
        comments = self.shown(post)
        newest = max((comment.at for comment in comments), default=0.0)
        tag, modified = f'"{md5(str(newest).encode()).hexdigest()}"', formatdate(newest, usegmt=True)
        headers = {"ETag": tag, "Last-Modified": modified}
        asked = request.headers
        if (asked.get("If-None-Match"), asked.get("If-Modified-Since")) == (tag, modified):
            return web.Response(status=304, headers=headers)
        return web.Response(text=write(comments), content_type=kind, charset="utf-8", headers=headers)


@asynccontextmanager
async def feed_server(now: Callable[[], float]) -> AsyncIterator[FeedServer]:
    """A blog on loopback."""
    server = FeedServer(now)
    runner = web.ServerRunner(web.Server(server.answer))
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        server.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
