"""What a moderator chose, done on the blog (REST API handbook, "Comments": `status`, and DELETE for the trash)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adapters.wordpress import wire
from adapters.wordpress.accounts import Accounts, Anonymous
from adapters.wordpress.api import Api, ApiRefusal
from adapters.wordpress.refusals import refusal_of
from adapters.wordpress.writing import standing_entry, text_of
from bridge.errors import MaybeDone, NotThatComment, Refused
from bridge.model import AccountName, Choice, CommentId, Standing
from bridge.text.tree import Text, digest, same_words

_APPROVED, _SPAM, _TRASH = "approved", "spam", "trash"
_RESTORED = {_SPAM: "unspam", _TRASH: "untrash"}
_KEPT = ("author_ip", "author_user_agent")


class Moderator:
    """Approves comments, puts them into the spam or the trash, and takes them out again."""

    def __init__(self, api: Api, accounts: Accounts) -> None:
        self._api = api
        self._accounts = accounts

    async def moderate(self, account: AccountName, comment: CommentId, expected: Text, choice: Choice) -> Standing:
        """Do it as `account`, and say how the comment stands then. What stands as it should already is done."""
        known = self._accounts.by_name.get(account) or await self._accounts.again(account)
        if isinstance(known, Anonymous):
            raise Refused(known.reason)
        try:
            entry = await standing_entry(self._api, self._accounts, self._accounts.account(account), comment)
            if _reads_otherwise(entry, expected, choice):
                raise NotThatComment("the comment was changed on the blog meanwhile; nothing was done there")
            return wire.standing(await self._done(account, comment, entry, choice))
        except ApiRefusal as refusal:
            if refusal.status == 404 and refusal.code:
                raise NotThatComment("the comment is no longer on the blog") from None
            raise await refusal_of(self._accounts, account, refusal) from None

    async def _done(self, account: AccountName, comment: CommentId, entry: Mapping[str, Any], choice: Choice) -> object:
        status = entry.get("status")
        if choice is Choice.APPROVE and status in _RESTORED:  # who approves saw that it waits, and not why it went
            raise NotThatComment(f"somebody put the comment into the {status} of the blog meanwhile; it was left there")
        word = _word(status, choice)
        if word is None:
            return status
        if word == _TRASH:
            return await self._trash(account, comment)
        # WordPress writes down whoever changes a comment's status as who wrote it, unless it is told who did.
        kept = {name: entry[name] for name in _KEPT if entry.get(name)}
        return await self._status(account, "POST", comment, {**kept, "status": word})

    async def _trash(self, account: AccountName, comment: CommentId) -> object:
        try:
            return await self._status(account, "DELETE", comment, None)
        except ApiRefusal as refusal:
            if refusal.status != 410:
                raise
            return _TRASH

    async def _status(
        self, account: AccountName, method: str, comment: CommentId, body: Mapping[str, object] | None
    ) -> object:
        path = f"/wp/v2/comments/{int(comment)}"
        answer = await self._api.send(method, path, body, self._accounts.account(account))
        if not isinstance(answer.json, dict) or "status" not in answer.json:
            raise MaybeDone("WordPress does not say how the comment stands now")
        return answer.json["status"]


def _reads_otherwise(entry: Mapping[str, Any], expected: Text, choice: Choice) -> bool:
    """Whether the comment is not the one that was seen. What becomes public has to lead where it led, too."""
    standing = text_of(entry)
    if choice is Choice.APPROVE and entry.get("status") != _APPROVED and digest(standing) != digest(expected):
        return True
    return not same_words(standing, expected)


def _word(status: object, choice: Choice) -> str | None:
    """WordPress's word for what has to be done; None where nothing has."""
    match choice:
        case Choice.APPROVE:
            return None if status == _APPROVED else _APPROVED
        case Choice.SPAM:
            return None if status == _SPAM else _SPAM
        case Choice.TRASH:
            return None if status == _TRASH else _TRASH
        case Choice.RESTORE:
            return _RESTORED.get(status) if isinstance(status, str) else None
