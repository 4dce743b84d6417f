"""The frame of the page on which people look at a double and use it: GET /look. For the demo; true apps look otherwise.

Who opens it chooses who they are: it is on loopback, and everything on it is made up. Other pages of the browser cannot
use it: what changes something must come from this page, as its `Origin` says.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Generic, Protocol, TypeVar

from aiohttp import web
from jinja2 import DictLoader, Environment, Template
from markupsafe import Markup

from bridge.doubles.serving import Problem

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}

_BUSY = ".modal, details[open]"
"""What would be lost or closed if the page were drawn anew."""


class Someone(Protocol):
    """Somebody with an account on the double."""

    @property
    def id(self) -> str:
        """The account's id."""
        ...


P = TypeVar("P", bound=Someone)
W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class Asked(Generic[P, W]):
    """What somebody asks of the page: who they are, where they are, which message they mean, and what they typed."""

    me: P
    where: W
    message: str
    form: Mapping[str, str]


class Shown(Protocol[P, W]):
    """What is shown in the frame: a double's own."""

    def me(self, request: web.Request) -> P:
        """Who looks."""
        ...

    def place(self, request: web.Request, me: P) -> W | None:
        """Where they look; None where there is no such place for them."""
        ...

    def first(self, me: P) -> str | None:
        """The path of where they look first; None where they see nothing at all."""
        ...

    def path(self, request: web.Request, me: P, where: W) -> str:
        """The path at which they look now, without windows or half-written replies."""
        ...

    def drawn(self, request: web.Request, me: P, where: W) -> dict[str, Any]:
        """What the template needs."""
        ...

    def mark(self) -> str:
        """What changes as soon as something does that nobody is told of."""
        ...


Act = Callable[[Asked[P, W]], Awaitable[str | None]]
"""Does what somebody asks; gives what the address has besides when they look again."""


@dataclass(eq=False)
class Frame(Generic[P, W]):
    """The page, served at `address`. `package`: whose `pages/look.html` fills `frame.html`, with `look.css`."""

    shown: Shown[P, W]
    platform: str
    package: str
    address: str = ""
    changes: int = 0
    _template: Template = field(init=False)
    _style: Markup = field(init=False)

    def __post_init__(self) -> None:
        """Read the files."""
        ours = {name: _file("bridge.doubles", name) for name in ("frame.html", "pieces.html")}
        loader = DictLoader({**ours, "look.html": _file(self.package, "look.html")})
        self._template = Environment(
            loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True
        ).get_template("look.html")  # fmt: skip
        style = _file("bridge.doubles", "frame.css") + _file(self.package, "look.css")
        self._style = Markup(style)  # noqa: S704 - files of ours

    def hear(self, _happening: object) -> None:
        """Count what changed, so that a page that somebody looks at is drawn anew."""
        self.changes += 1

    def mount(self, app: web.Application, acts: Mapping[str, Act[P, W]]) -> None:
        """Put it on the server. `acts` by their paths below `/look/{place}`; one may have a `{message}` in it."""
        app.router.add_get("/look", self.door)
        app.router.add_get("/look/{place}", self.look)
        app.router.add_get("/look/{place}/mark", self.mark)
        for path, act in acts.items():
            app.router.add_post(f"/look/{{place}}/{path}", self._acted(act))

    async def door(self, request: web.Request) -> web.StreamResponse:
        """To where one looks first."""
        path = self.shown.first(self.shown.me(request))
        if path is None:
            return web.Response(text="There is no channel that you can see.", headers=_HEADERS)
        raise web.HTTPFound(path)

    async def mark(self, request: web.Request) -> web.StreamResponse:
        """What changes as soon as something does."""
        return web.Response(text=self._mark(), headers=_HEADERS)

    def _mark(self) -> str:
        return f"{self.changes}-{self.shown.mark()}"

    async def look(self, request: web.Request) -> web.StreamResponse:
        """A place, with what is said there."""
        return self._page(request, *self._here(request))

    def _here(self, request: web.Request) -> tuple[P, W]:
        me = self.shown.me(request)
        where = self.shown.place(request, me)
        if where is None:
            raise web.HTTPFound(f"/look?as={me.id}")
        return me, where

    def _page(self, request: web.Request, me: P, where: W, refused: str = "") -> web.Response:
        nonce = secrets.token_urlsafe(12)
        html = self._template.render(
            **self.shown.drawn(request, me, where), platform=self.platform, me=me, refused=refused, nonce=nonce,
            mark=self._mark(), style=self._style, place=request.match_info["place"], busy=_BUSY,
        )  # fmt: skip
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'"
        policy += "; form-action 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
        headers = {**_HEADERS, "Content-Security-Policy": policy}
        return web.Response(text=html, content_type="text/html", headers=headers)

    def _acted(self, act: Act[P, W]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def acted(request: web.Request) -> web.StreamResponse:
            if request.headers.get("Origin") != self.address:
                return web.Response(status=403, text="Only the page itself can do this.", headers=_HEADERS)
            me, where = self._here(request)
            form = {name: str(value).replace("\r\n", "\n") for name, value in (await request.post()).items()}
            try:
                then = await act(Asked(me, where, request.match_info.get("message", ""), form))
            except Problem as refused:
                return self._page(request, me, where, f"{self.platform} refuses: {refused.words}")
            except AssertionError as refused:
                return self._page(request, me, where, f"{refused}")
            raise web.HTTPSeeOther(f"{self.shown.path(request, me, where)}{then or ''}")

        return acted


def typed(form: Mapping[str, str]) -> dict[str, str]:
    """What stands in the fields of a window that is sent off, by their names."""
    return {name.removeprefix("field:"): words for name, words in form.items() if name.startswith("field:")}


def _file(package: str, name: str) -> str:
    return files(package).joinpath("pages", name).read_text("utf-8")
