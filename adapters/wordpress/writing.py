"""Writing on a WordPress blog: answers are published, found again, revised and withdrawn.

The requests are those of the REST API handbook's "Comments".

What WordPress does not check, or does unasked, is looked after here: a parent that is hidden, gone or elsewhere; words
that somebody has written there already; roles that may not edit; sites that keep no author's address.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from adapters.wordpress import wire
from adapters.wordpress.accounts import Accounts, Anonymous, Who
from adapters.wordpress.api import Answer, Api, ApiRefusal
from adapters.wordpress.keys import LONGEST_ADDRESS, key_of, signed
from adapters.wordpress.markup import html, read
from adapters.wordpress.refusals import refusal_of
from adapters.wordpress.settings import Account, Settings
from bridge.errors import MaybeDone, NotThatComment, Refused, RetryLater
from bridge.feeds.dates import instant
from bridge.model import AccountName, CommentId, Found, Key, PostId, Published
from bridge.off_loop import off_loop
from bridge.text.tree import Text, same_words, wording

LONGEST = 65_525
"""Bytes that WordPress takes (`wp_get_comment_fields_max_lengths`)."""
_COMMENTS = "/wp/v2/comments"
_FIELDS = "id,post,author,author_url,date,date_gmt,content,link,status"
_PAGE = 100
_DEARER = 16
"""A letter that is written costs as much as so many bytes that are parsed (law 12)."""
_AGREE = 2.0
"""Seconds by which the blog's clock may differ from ours unnoticed: its `Date` counts whole ones, and takes its way."""
_SPELLINGS = 5
"""How often the same words of the same author can stand under one comment."""


class Writer:
    """Acts as the authors. Which sites drop the address that carries our key is learnt as it goes.

    `now` is our clock; the blog's may go otherwise (`_behind`: by so many seconds), and tells so with every answer.
    """

    def __init__(self, settings: Settings, api: Api, accounts: Accounts, now: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._api = api
        self._accounts = accounts
        self._keeps: dict[AccountName, bool] = {}
        self._now = now
        self._behind = 0.0

    # --- publish ------------------------------------------------------------------------------------------------------

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        """Post a comment. What WordPress holds for its moderator is `pending`."""
        author, content = await self._author(account), await _content(text, self._settings.address)
        if parent is not None:
            await self._answerable(account, post, parent)
        body = {
            "post": int(post),
            "parent": int(parent) if parent is not None else 0,
            "author": author.id,  # with an author_url but no author, WordPress takes the comment for a stranger's
            "author_url": self._signed(account, key),
        }
        for spelling in range(_SPELLINGS):
            content = await _content(text, self._settings.address, spelling) if spelling else content
            answer = await self._posted(account, {**body, "content": content})
            if answer is not None:
                return self._made(account, answer, key)
            ours = await self.find(account, post, [key])
            if ours and ours[0].key == key:
                return Published(ours[0].comment, ours[0].link, ours[0].pending)
        raise Refused("WordPress has this very answer under that comment already: say it in other words")

    async def _posted(self, account: AccountName, body: Mapping[str, object]) -> Answer | None:
        """The answer to a new comment; None where these words of this author stand there already."""
        try:
            return await self._api.send("POST", _COMMENTS, body, self._accounts.account(account))
        except ApiRefusal as refusal:
            if refusal.code == "comment_duplicate":
                return None
            raise await refusal_of(self._accounts, account, refusal) from None

    async def _answerable(self, account: AccountName, post: PostId, parent: CommentId) -> None:
        """WordPress takes any parent, and an answer under a hidden or foreign one would never be seen."""
        try:
            entry = await self._entry(self._accounts.account(account), parent)
        except ApiRefusal as refusal:
            if refusal.status == 401 and isinstance(known := await self._accounts.again(account), Anonymous):
                raise Refused(known.reason) from None
            raise _unanswerable(refusal) from None
        if str(entry.get("post")) != post:
            raise Refused("the comment that you answer stands under another post of the blog by now")
        match entry.get("status"):
            case "approved":
                return
            case "hold":
                raise Refused("the comment that you answer waits for the blog's moderator: approve it first")
        raise Refused("the comment that you answer is in the spam or the trash of the blog")

    def _made(self, account: AccountName, answer: Answer, key: Key) -> Published:
        """Read WordPress's word for what it made of our comment. Raises `MaybeDone` where it is none."""
        try:
            published = _published(answer.json)
        except (KeyError, TypeError, ValueError):
            raise MaybeDone("WordPress's answer to the new comment cannot be understood") from None
        self._keeps[account] = key_of(answer.json.get("author_url")) == key
        return published

    async def _author(self, account: AccountName) -> Who:
        known = self._accounts.by_name.get(account) or await self._accounts.again(account)
        if isinstance(known, Anonymous):
            raise Refused(known.reason)
        return known

    def _signed(self, account: AccountName, key: Key) -> str:
        address = signed(self._accounts.page(account), key)
        return address if len(address) <= LONGEST_ADDRESS else signed(self._settings.address, key)

    # --- find ---------------------------------------------------------------------------------------------------------

    async def find(self, account: AccountName, post: PostId, keys: Sequence[Key]) -> list[Found]:
        """Every comment on `post` with one of `keys`; where the site keeps no keys, every one of that author's without.

        Raises `Refused` where there is none, but one might wait for approval where we cannot see it.
        """
        view = self._view(account)
        try:
            entries = [entry async for entry in self._listed(view, post)]
            entries = [entry for entry in entries if self._may_be_of(account, entry)]
            keyed = [entry for entry in entries if _key(entry) in keys]
            if keyed or (view.whole and await self._keeps_keys(account, view, entries)):
                return [_found(entry, _key(entry), self._behind) for entry in keyed]
        except ApiRefusal as refusal:
            if refusal.status == 401 and view.account is not None and await self._lost(view.account):
                return await self.find(account, post, keys)
            raise await refusal_of(self._accounts, account, refusal) from None
        if not view.whole:
            raise Refused(
                "Backchat cannot see whether the answer waits for the blog's moderator: look there, and give Backchat"
                f" an account that may moderate, under {self._settings.path}.accounts"
            )
        return [_found(entry, None, self._behind) for entry in entries if _key(entry) is None]

    def _may_be_of(self, account: AccountName, entry: Mapping[str, Any]) -> bool:
        """Whether the account wrote it, as far as that is known: anybody may copy a key that they see."""
        known = self._accounts.by_name.get(account)
        return known is None or entry.get("author") == known.id

    def _view(self, account: AccountName) -> _View:
        """The way to see most of an author's comments: with its own eyes, a moderator's, or a stranger's."""
        known = self._accounts.by_name.get(account)
        author = {"author": known.id} if known is not None else {}
        if known is not None and known.publishes:
            return _View(self._accounts.account(account), {**author, "status": "any"}, whole=True)
        for name in sorted(self._accounts.moderators):
            return _View(self._accounts.account(name), {**author, "status": "any"}, whole=known is not None)
        return _View(None, {}, whole=False)

    async def _lost(self, account: Account) -> bool:
        """Whether WordPress knows an account no more; then there is another way to look, or none."""
        return isinstance(await self._accounts.again(account.name), Anonymous)

    async def _listed(self, view: _View, post: PostId) -> AsyncIterator[Mapping[str, Any]]:
        """Comments, the newest first. One that comes while we read moves others to a later page, and none is missed."""
        page = pages = 1
        while page <= pages:
            answer = await self._page(view, {"post": int(post), "page": page})
            for entry in answer.json:
                yield entry
            page, pages = page + 1, answer.pages or 1

    async def _page(self, view: _View, more: Mapping[str, str | int]) -> Answer:
        params: dict[str, str | int] = {"orderby": "id", "order": "desc", "per_page": _PAGE, "_fields": _FIELDS}
        answer = await self._api.get(_COMMENTS, {**params, **view.params, **more}, view.account)
        if not isinstance(answer.json, list):
            raise RetryLater("WordPress gave something else than a list of comments")
        told = instant(answer.headers.get("Date", ""))
        behind = 0.0 if told is None else self._now() - told
        self._behind = behind if abs(behind) > _AGREE else 0.0
        return answer

    async def _keeps_keys(self, account: AccountName, view: _View, entries: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the absence of a key proves anything: if the site drops authors' addresses, it does not."""
        kept = self._keeps.get(account)
        if kept is not None:
            return kept
        if not entries or any(_key(entry) for entry in entries):
            return True
        newest = await self._page(view, {"_fields": "author_url"})
        return any(_key(entry) for entry in newest.json)

    # --- revise, withdraw ---------------------------------------------------------------------------------------------

    async def revise(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, text: Text
    ) -> Published:
        """Replace the text of our comment; its key and all else stay."""
        content = await _content(text, self._settings.address)
        entry = await self._ours(account, comment)
        if entry["status"] in {"spam", "trash"}:
            raise NotThatComment("the answer is in the spam or the trash of the blog; nothing was changed there")
        if entry["content"].get("raw") == content:
            return _published(entry)
        standing = text_of(entry)
        if not same_words(standing, expected) and not same_words(standing, text):
            raise NotThatComment("somebody changed the answer on the blog meanwhile; nothing was changed there")
        answer = await self._act(account, "POST", comment, {"content": content})
        return _published(answer.json if answer is not None and isinstance(answer.json, dict) else entry)

    async def withdraw(self, account: AccountName, post: PostId, comment: CommentId, expected: Text) -> None:
        """Put our comment into the trash; where WordPress keeps none, delete it."""
        try:
            entry = await self._ours(account, comment)
        except NotThatComment as gone:
            if isinstance(gone, _Gone):
                return
            raise
        if entry["status"] == "trash":
            return
        if not same_words(text_of(entry), expected):
            raise NotThatComment("somebody changed the answer on the blog meanwhile; it was left there")
        await self._act(account, "DELETE", comment, None)

    async def _ours(self, account: AccountName, comment: CommentId) -> Mapping[str, Any]:
        """Our comment as it stands, whatever its status; never a comment that somebody else wrote."""
        last: ApiRefusal | None = None
        for actor in self._accounts.able(account):
            try:
                entry = await self._entry(actor, comment)
            except ApiRefusal as refusal:
                last = refusal
                continue
            known = self._accounts.by_name.get(account)
            if known is not None and entry.get("author") != known.id:
                raise NotThatComment("what stands there on the blog is somebody else's comment; nothing was changed")
            return entry
        assert last is not None
        if last.status == 404:
            raise _Gone("the answer is no longer on the blog")
        raise await refusal_of(self._accounts, account, last)

    async def _act(
        self, account: AccountName, method: str, comment: CommentId, body: Mapping[str, object] | None
    ) -> Answer | None:
        """Do it as the author, or where its role may not, as one who may; None where the comment is gone already."""
        actors = self._accounts.able(account)
        for place, actor in enumerate(actors):
            try:
                return await self._sent(method, comment, body, actor)
            except ApiRefusal as refusal:
                if refusal.status in {404, 410} and method == "DELETE":
                    return None
                if refusal.status == 404:
                    raise _Gone("the answer is no longer on the blog") from None
                if refusal.status not in {401, 403} or place == len(actors) - 1:
                    raise await refusal_of(self._accounts, account, refusal) from None
        raise AssertionError("unreachable")

    async def _sent(self, method: str, comment: CommentId, body: Mapping[str, object] | None, actor: Account) -> Answer:
        path = f"{_COMMENTS}/{int(comment)}"
        try:
            return await self._api.send(method, path, body, actor)
        except ApiRefusal as refusal:
            if refusal.code != "rest_trash_not_supported":
                raise
        return await self._api.send(method, path, body, actor, {"force": "true"})

    async def _entry(self, actor: Account, comment: CommentId) -> Mapping[str, Any]:
        return await standing_entry(self._api, self._accounts, actor, comment)


@dataclass(frozen=True, slots=True)
class _View:
    """How to list an author's comments. `whole`: what is not seen in this way is not there."""

    account: Account | None
    params: Mapping[str, str | int]
    whole: bool


class _Gone(NotThatComment):
    """It was deleted for good."""


async def standing_entry(api: Api, accounts: Accounts, actor: Account, comment: CommentId) -> Mapping[str, Any]:
    """A comment as it stands, with its raw text where `actor` may see that. Raises as `Api.get`."""
    known = accounts.by_name.get(actor.name)
    params = {"context": "edit"} if known is not None and known.moderates else {}
    answer = await api.get(f"{_COMMENTS}/{int(comment)}", params, actor)
    if not isinstance(answer.json, dict) or not isinstance(answer.json.get("content"), dict):
        raise RetryLater("WordPress gave something else than a comment")
    return answer.json


def text_of(entry: Mapping[str, Any]) -> Text:
    """What a comment says, as readers see it."""
    return read(str(entry["content"].get("rendered", "")), str(entry.get("link", "")))


async def _content(text: Text, home: str, spelling: int = 0) -> str:
    """What to send. WordPress takes the same text by the same author under a comment only once, in one spelling."""
    content = (await off_loop(_DEARER * len(wording(text)), partial(html, text, spelling, home))).strip()
    if not content:
        raise Refused("WordPress takes no comment without words")
    if len(content.encode()) > LONGEST:
        raise Refused(f"the answer is too long for WordPress, which takes {LONGEST:,} bytes of a comment")
    return content


def _published(entry: Mapping[str, Any]) -> Published:
    """Raises KeyError, TypeError or ValueError where this is no comment of WordPress's."""
    return Published(CommentId(str(wire.number(entry))), str(entry["link"]), pending=entry["status"] != "approved")


def _found(entry: Mapping[str, Any], key: Key | None, behind: float) -> Found:
    """`created` is by our clock, for it is compared with when we sent it."""
    made = _published(entry)
    return Found(made.comment, made.link, key, text_of(entry), made.pending, wire.instant(entry) + behind)


def _key(entry: Mapping[str, Any]) -> Key | None:
    return key_of(entry.get("author_url"))


def _unanswerable(refusal: ApiRefusal) -> Refused | RetryLater:
    if refusal.status == 404 and refusal.code:
        return Refused("the comment that you answer is no longer on the blog")
    if refusal.status in {401, 403} and refusal.code:
        return Refused("the comment that you answer is not public on the blog any more")
    return RetryLater(f"the comment that you answer cannot be looked at: {refusal.message}")
