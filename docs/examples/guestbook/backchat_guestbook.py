"""Guestbook for Backchat: reads and answers the comments of a blog whose comments are kept by a Guestbook server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bridge.errors import NotThatComment, Refused
from bridge.fetch import Fetch, Response
from bridge.model import (
    AccountName,
    BlogLimits,
    Comment,
    Commenter,
    CommentId,
    Covers,
    Found,
    Guarantee,
    Key,
    Page,
    Post,
    PostId,
    Published,
    Standing,
)
from bridge.ports import PORT_VERSION, BlogAbility, BlogReady, Surroundings, Table
from bridge.text import html_in, html_out
from bridge.text.tree import Text

LONGEST = 20_000
"""Characters of HTML that Guestbook takes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The table `[blogs.NAME]`; `path` is its key path, for messages."""

    path: str
    address: str
    token: str | None = field(repr=False)
    accounts: Mapping[AccountName, str]


def read_settings(table: Table) -> Settings:
    """Read the table. Problems go to the table, so that all of a file's problems are told at once."""
    return Settings(
        path=table.path,
        address=table.address("address", help="Guestbook's address, such as https://guestbook.garden.example"),
        token=table.secret("token"),
        accounts={
            AccountName(name): account.text("name", help="the name shown over the answers")
            for name, account in table.tables("accounts").items()
        },
    )


class Plugin:
    """What the entry point names."""

    port_version = PORT_VERSION

    def from_config(self, table: Table, surroundings: Surroundings) -> GuestbookBlog:
        """Build the adapter; nothing is connected yet."""
        return GuestbookBlog(read_settings(table), surroundings)


plugin = Plugin()


class GuestbookBlog:
    """One blog. With a token it publishes, finds, revises and withdraws; without one it only reads."""

    def __init__(self, settings: Settings, surroundings: Surroundings) -> None:
        self._settings = settings
        self._clock = surroundings.clock
        self._fetch = Fetch(surroundings.agent, connections=surroundings.connections, trusted=(settings.address,))
        self._open = False

    async def open(self, stack: AsyncExitStack) -> BlogReady:
        """Connect, and say what the credentials allow."""
        if not self._open:
            await stack.enter_async_context(self._fetch)
            self._open = True
            stack.callback(self._closed)
        settings = self._settings
        answer = await self._fetch.read(f"{settings.address}/api/me", headers=self._headers())
        if answer.status == 401:
            raise Refused(f"Guestbook does not accept {settings.path}.token: write the one of its settings page")
        _require(answer, 200)
        able = settings.token is not None
        writing = {BlogAbility.PUBLISH, BlogAbility.FIND, BlogAbility.REVISE, BlogAbility.WITHDRAW}
        return BlogReady(
            abilities=frozenset(writing if able else ()),
            limits=BlogLimits(depth=None, min_text=1, max_text=LONGEST, settle_after=5.0),
            guarantee=Guarantee.ONE,
            accounts=frozenset(settings.accounts if able else ()),
            remarks=() if able else (f"Without {settings.path}.token nobody can answer.",),
        )

    def _closed(self) -> None:
        self._open = False

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        """Everything there is on one page, or nothing where nothing has changed since `cursor`."""
        read_at = self._clock.now()
        headers = {"If-None-Match": cursor} if cursor is not None else {}
        answer = await self._fetch.read(f"{self._settings.address}/api/comments", headers=headers)
        if answer.status == 304:
            return
        rows = _require(answer, 200)["comments"]
        yield Page(
            comments=tuple(_comment(row) for row in rows),
            posts=tuple({row["post"]["id"]: _post(row["post"]) for row in rows}.values()),
            covers=(Covers(None, 0, 2**62),),
            cursor=answer.headers.get("ETag"),
            read_at=read_at,
        )

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        """How each of these stands now; Guestbook never gives an id twice."""
        return {id: await self._standing(id) for id in ids}

    async def _standing(self, id: CommentId) -> Standing:
        answer = await self._fetch.read(self._at(id))
        if answer.status == 404:
            return Standing.GONE
        return Standing.HIDDEN if answer.status == 403 else _comment(_require(answer, 200)).standing

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        """Write a comment, with the key in the note that Guestbook keeps beside it."""
        name = self._settings.accounts.get(account)
        if name is None:
            raise Refused(f"there is no account {account!r} in {self._settings.path}.accounts")
        body = {"post": post, "parent": parent, "name": name, "html": _html(text), "note": key}
        made = _require(await self._act("POST", f"{self._settings.address}/api/comments", body), 201)
        return Published(CommentId(made["id"]), made["link"])

    async def find(self, account: AccountName, post: PostId, keys: Sequence[Key]) -> Sequence[Found]:
        """Every comment on the post that has one of these keys in its note."""
        answer = await self._fetch.read(f"{self._settings.address}/api/comments")
        comments = [_comment(row) for row in _require(answer, 200)["comments"]]
        return [Found(c.id, c.link, c.key, c.text) for c in comments if c.post == post and c.key and c.key in keys]

    async def revise(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, text: Text, key: Key
    ) -> Published:
        """Replace the text, unless something else stands there by now."""
        row = await self._ours(comment)
        if row is None:
            raise NotThatComment("The answer is no longer on the blog, so nothing was changed.")
        if _shown(row) != _read_back(text):
            if _shown(row) != _read_back(expected):
                raise NotThatComment("It was changed on the blog meanwhile, so this edit was not published.")
            body = {"html": _html(text), "note": key, "version": row["version"]}
            row = _require(await self._act("PUT", self._at(comment), body), 200)
        return Published(comment, row["link"])

    async def withdraw(self, account: AccountName, post: PostId, comment: CommentId, expected: Text) -> None:
        """Delete our comment, unless something else stands there by now; one that is gone is done."""
        row = await self._ours(comment)
        if row is None:
            return
        if _shown(row) != _read_back(expected):
            raise NotThatComment("It was changed on the blog meanwhile, so it was not removed.")
        _require(await self._act("DELETE", self._at(comment), {"version": row["version"]}), 200, 404)

    async def _ours(self, comment: CommentId) -> dict[str, Any] | None:
        answer = await self._fetch.read(self._at(comment), headers=self._headers())
        return None if answer.status == 404 else _require(answer, 200)

    async def _act(self, method: str, address: str, body: object) -> Response:
        answer = await self._fetch.effect(method, address, json=body, headers=self._headers())
        if answer.status == 412:
            raise NotThatComment("It was changed on the blog at this very moment, so nothing was changed.")
        if answer.status in {401, 403, 409, 422}:
            raise Refused(f"Guestbook does not take it: {answer.json()['error']}")
        return answer

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._settings.token}"} if self._settings.token else {}

    def _at(self, comment: CommentId) -> str:
        return f"{self._settings.address}/api/comments/{comment}"


def _require(answer: Response, *statuses: int) -> Any:
    """The JSON of an answer that must have one of these statuses; whatever else came is not understood."""
    if answer.status not in statuses:
        raise answer.unclear()
    return answer.json()


def _html(text: Text) -> str:
    """Write a text as Guestbook takes it: safe HTML (law 9)."""
    html = html_out.render(text)
    if len(html) > LONGEST or not _read_back(text):
        raise Refused("The answer is empty, or too long for Guestbook.")
    return html


def _shown(row: Mapping[str, Any]) -> Text:
    return html_in.parse(row["html"])


def _read_back(text: Text) -> Text:
    """A text as it will be read from the blog once it was published."""
    return html_in.parse(html_out.render(text))


def _comment(row: Mapping[str, Any]) -> Comment:
    return Comment(
        id=CommentId(row["id"]),
        post=PostId(row["post"]["id"]),
        position=row["number"],
        parent=None if row["parent"] is None else CommentId(row["parent"]),
        commenter=Commenter(row["name"]),
        text=_shown(row),
        created=datetime.fromisoformat(row["created"]).timestamp(),
        link=row["link"],
        key=Key(row["note"]) if row["note"] else None,
    )


def _post(row: Mapping[str, Any]) -> Post:
    return Post(PostId(row["id"]), row["address"], row["title"])
