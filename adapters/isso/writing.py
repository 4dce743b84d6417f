"""Writing on an Isso blog: answers are published, found again, revised and withdrawn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

from adapters.isso import wire
from adapters.isso.admin import Admin, Row
from adapters.isso.ids import key_of, parts, signed
from adapters.isso.markup import markdown
from adapters.isso.public import Public
from adapters.isso.refusals import refusal
from adapters.isso.settings import Account, Settings
from bridge.errors import MaybeDone, NotThatComment, Refused, StepError
from bridge.fetch import Response
from bridge.model import CommentId, Found, Key, PostId, Published
from bridge.text import html_in
from bridge.text.tree import Text, wording

SHORTEST, LONGEST = 3, 65_535
"""Characters of Markdown that Isso takes (isso/views/comments.py, `API.verify`)."""


class Writer:
    """Acts as an author. `admin` is None without a password: then nothing can be approved, revised or withdrawn.

    `moderated` tells that comments may be waiting where we cannot see them; a held comment of ours proves it.
    """

    def __init__(self, settings: Settings, public: Public, admin: Admin | None) -> None:
        self._settings = settings
        self._public = public
        self._admin = admin
        self.moderated = settings.moderated

    # --- publish ------------------------------------------------------------------------------------------------------

    async def publish(
        self, account: Account, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        """Post a comment, and approve it where Isso holds it and we may."""
        source = _source(text)
        under = await self._still_there(post, parent) if parent is not None else None
        body = {"author": account.name, "email": account.email, "website": signed(account.website, key)}
        answer = await self._public.new(post, {**body, "text": source, "parent": under})
        if answer.status not in {201, 202}:
            raise refusal(answer)
        entry = _made(answer, key)
        published = Published(entry.id, self._link(post, entry.number), pending=entry.mode == wire.PENDING)
        return await self._approved(post, published) if published.pending else published

    async def _still_there(self, post: PostId, parent: CommentId) -> int:
        number, _ = parts(parent)
        if not any(entry.id == parent and entry.mode == wire.PUBLIC for entry in await self._public.thread(post)):
            raise Refused("the comment that you answer is no longer on the blog")
        return number

    async def _approved(self, post: PostId, published: Published) -> Published:
        """Approve our own comment; where that does not work it stays pending, and a person may approve it."""
        self.moderated = True
        if self._admin is None:
            return published
        try:
            row, _ = await self._ours(self._admin, published.comment)
            await self._admin.act(row, "activate")
            stands = any(e.id == published.comment and e.mode == wire.PUBLIC for e in await self._public.thread(post))
        except StepError:
            return published
        return replace(published, pending=not stands)

    # --- find ---------------------------------------------------------------------------------------------------------

    async def find(self, post: PostId, keys: Sequence[Key]) -> list[Found]:
        """Every comment on `post` with one of `keys`.

        Raises `Refused` where there is none, but one might wait for approval where we cannot see it.
        """
        found = [
            Found(entry.id, self._link(post, entry.number), key, self._text(post, entry), entry.mode == wire.PENDING)
            async for entry in self._standing(post)
            if (key := key_of(entry.website)) in keys and key is not None
        ]
        if not found and self._admin is None and self.moderated:
            raise Refused(
                "Backchat cannot see whether the answer waits for the blog's moderator: look there, and give Backchat "
                f"{self._settings.path}.admin_password, or say moderated = false there if Isso holds no comments"
            )
        return found

    async def _standing(self, post: PostId) -> AsyncIterator[wire.Entry]:
        for entry in await self._public.thread(post):
            if entry.mode == wire.PUBLIC:
                yield entry
        if self._admin is not None:
            async for row in self._admin.pending():
                waiting = await self._admin.entry(row) if row.post == post else None
                if waiting is not None and waiting.mode == wire.PENDING:
                    yield waiting

    # --- revise, withdraw ---------------------------------------------------------------------------------------------

    async def revise(self, admin: Admin, post: PostId, comment: CommentId, expected: Text, text: Text) -> Published:
        """Replace the text of our comment, its key and all else stay."""
        source = _source(text)
        row, entry = await self._ours(admin, comment)
        published = Published(comment, self._link(post, entry.number), pending=entry.mode == wire.PENDING)
        if await self._says(admin, post, row, entry, text):
            return published
        if not await self._says(admin, post, row, entry, expected):
            raise NotThatComment("somebody changed the answer on the blog meanwhile; nothing was changed there")
        answer = await admin.act(row, "edit", {"text": source})
        if answer.status != 200:
            raise _not_acted(answer)
        return published

    async def withdraw(self, admin: Admin, post: PostId, comment: CommentId, expected: Text) -> None:
        """Delete our comment. Isso keeps an empty entry in its place while it has replies."""
        try:
            row, entry = await self._ours(admin, comment)
        except NotThatComment:
            return
        if not await self._says(admin, post, row, entry, expected):
            raise NotThatComment("somebody changed the answer on the blog meanwhile; it was left there")
        answer = await admin.act(row, "delete")
        if answer.status not in {200, 404}:
            raise _not_acted(answer)

    async def _ours(self, admin: Admin, comment: CommentId) -> tuple[Row, wire.Entry]:
        number, created = parts(comment)
        row = await admin.row(number)
        entry = await admin.entry(row) if row is not None else None
        if row is None or entry is None or entry.created != created or entry.mode == wire.DELETED:
            raise NotThatComment("the answer is no longer on the blog")
        return row, entry

    async def _says(self, admin: Admin, post: PostId, row: Row, entry: wire.Entry, text: Text) -> bool:
        """Whether `text` is what stands there: by its words as they are shown, or by the Markdown that we sent."""
        if wording(self._text(post, entry)) == wording(text):
            return True
        source = await admin.entry(row, plain=True)
        return source is not None and source.created == entry.created and source.text == markdown(text)

    def _text(self, post: PostId, entry: wire.Entry) -> Text:
        return html_in.parse(entry.text, self._settings.link(post) or self._settings.site)

    def _link(self, post: PostId, number: int) -> str:
        return wire.link(self._settings.link(post) or self._settings.site, number)


def _source(text: Text) -> str:
    source = markdown(text)
    if len(source.rstrip()) < SHORTEST:
        raise Refused("Isso takes no comment of fewer than three characters")
    if len(source) > LONGEST:
        raise Refused("the answer is too long for Isso")
    return source


def _made(answer: Response, key: Key) -> wire.Entry:
    """Read Isso's word for what it made of our comment. Raises `MaybeDone` where it is not clearly ours."""
    try:
        entry = wire.entry(answer.json())
    except ValueError:
        raise answer.unclear() from None
    if key_of(entry.website) != key:
        raise answer.unclear()
    return entry


def _not_acted(answer: Response) -> StepError:
    if answer.status == 404:
        return NotThatComment("the answer is no longer on the blog")
    if answer.status in {400, 403}:
        return Refused(f"Isso does not let its administrator do that (status {answer.status})")
    return MaybeDone(f"Isso's answer cannot be understood (status {answer.status})")
