"""Isso's admin page: the only way to pending comments, and to changing or deleting a comment later than its cookie.

There is no interface for programs; what is read here is the page's HTML (isso/templates/admin.html, 0.14.0). The page
holds e-mail addresses: nothing but what `Row` names is taken from it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote

from selectolax.lexbor import LexborHTMLParser, LexborNode

from adapters.isso import wire
from adapters.isso.settings import Settings
from bridge.errors import MaybeDone, Refused, RetryLater
from bridge.fetch import Fetch, Response
from bridge.model import PostId

_PAGE = 100
"""Comments on one page of Isso's."""
_MOST_PAGES = 50
_MODES = {"label-valid": wire.PUBLIC, "label-pending": wire.PENDING, "label-staled": wire.DELETED}


@dataclass(frozen=True, slots=True)
class Row:
    """A comment on the admin page; `key` is Isso's signature that allows to moderate it."""

    number: int
    post: PostId
    mode: int
    minute: str
    key: str = field(repr=False)


class Admin:
    """A session of Isso's administrator; logs in when it must, and again when the session lapsed."""

    def __init__(self, fetch: Fetch, settings: Settings, password: str) -> None:
        self._fetch = fetch
        self._settings = settings
        self._password = password
        self._session: str | None = None

    async def log_in(self) -> None:
        """Get a session. Raises `Refused` where the password is wrong or the page is switched off."""
        address = f"{self._settings.address}/login/"
        try:
            answer = await self._fetch.effect("POST", address, form={"password": self._password})
        except MaybeDone as error:
            raise RetryLater(error.reason) from None
        self._session = _cookie(answer, "admin-session")
        if self._session is None:
            raise self._no_entry(answer)

    def _no_entry(self, answer: Response) -> Refused:
        key = f"{self._settings.path}.admin_password"
        if 'name="password"' in answer.text():
            return Refused(f"Isso does not accept the password in {key}: write the one of its [admin] section there")
        return Refused(f"Isso's admin page is switched off: set enabled = true in its [admin] section, or remove {key}")

    async def pending(self) -> AsyncIterator[Row]:
        """Every comment that waits for the moderator."""
        for page in range(_MOST_PAGES):
            rows = await self._rows(f"/admin/?mode={wire.PENDING}&page={page}&order_by=id&asc=0")
            for row in rows:
                yield row
            if len(rows) < _PAGE:
                return

    async def row(self, number: int) -> Row | None:
        """The comment that has this number now, whatever its mode; None if there is none."""
        wanted = quote(f"{self._settings.site}/#isso-{number}", safe="")
        rows = await self._rows(f"/admin/?mode=0&comment_search_url={wanted}")
        return next((row for row in rows if row.number == number), None)

    async def entry(self, row: Row, *, plain: bool = False) -> wire.Entry | None:
        """The whole of a comment, with its exact instant; `plain`: its text as the Markdown that was sent."""
        answer = await self._fetch.read(
            f"{self._settings.address}/id/{row.number}",
            headers={"Cookie": f"{row.number}={row.key}"},
            params={"plain": int(plain)},
            follow=False,
        )
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise RetryLater(f"Isso does not show comment {row.number} to its administrator (status {answer.status})")
        try:
            return wire.entry(answer.json())
        except ValueError:
            raise answer.unclear() from None

    async def act(self, row: Row, action: str, json: object = None) -> Response:
        """Let Isso `activate`, `edit` or `delete` a comment; once. Raises as `Fetch.effect` does."""
        address = f"{self._settings.address}/id/{row.number}/{action}/{quote(row.key, safe='')}"
        return await self._fetch.effect("POST", address, json={} if json is None else json)

    async def _rows(self, path: str) -> list[Row]:
        for fresh in (False, True):
            if fresh or self._session is None:
                await self.log_in()
            headers = {"Cookie": f"admin-session={self._session}"}
            answer = await self._fetch.read(self._settings.address + path, headers=headers, follow=False)
            if answer.status == 200 and (root := LexborHTMLParser(answer.text()).css_first("#isso-root")) is not None:
                return [_row(node) for node in root.css("div.isso-comment")]
        raise RetryLater("Isso's admin page does not open for its administrator")


def _cookie(answer: Response, name: str) -> str | None:
    for header in answer.headers.getall("Set-Cookie", []):
        try:
            morsel = SimpleCookie(header).get(name)
        except CookieError:
            continue
        if morsel is not None and morsel.value:
            return morsel.value
    return None


def _row(node: LexborNode) -> Row:
    """Read one comment of the page. Raises `RetryLater` where the page is not the one that we know."""
    try:
        number = int(_attribute(node, "id").removeprefix("isso-"))
        label = _attribute(_within(node, ".isso-comment-header .note .label"), "class")
        return Row(
            number=number,
            post=PostId(_attribute(_within(node, ".isso-comment-header a"), "href")),
            mode=next(_MODES[name] for name in label.split() if name in _MODES),
            minute=_within(node, ".isso-comment-header time").text(),
            key=_attribute(_within(node, f"#send-edit-btn-{number}"), "onclick").split("'")[1],
        )
    except (ValueError, IndexError, StopIteration):
        raise RetryLater("Isso's admin page is not the one of Isso 0.14 that Backchat can read") from None


def _within(node: LexborNode, selector: str) -> LexborNode:
    found = node.css_first(selector)
    if found is None:
        raise ValueError(selector)
    return found


def _attribute(node: LexborNode, name: str) -> str:
    return node.attributes.get(name) or ""
