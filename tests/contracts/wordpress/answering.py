"""Authors at a WordPress, as the adapter lets them write and moderate."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from adapters.wordpress.accounts import Accounts
from adapters.wordpress.api import Api
from adapters.wordpress.markup import read
from adapters.wordpress.moderating import Moderator
from adapters.wordpress.settings import Account, Settings
from adapters.wordpress.writing import Writer
from bridge.fetch import Fetch
from bridge.model import AccountName, CommentId, Key, PostId
from bridge.text.tree import Text, paragraph
from tests.servers.wordpress import RAIN, TEA, USERS, RunningWordPress

KEY, OTHER_KEY, THIRD_KEY = Key("a" * 24), Key("b" * 24), Key("c" * 24)
EDITOR, JANE, TOM, SAM = map(AccountName, ("editor", "jane", "tom", "sam"))
ON_TEA, ON_RAIN = PostId(str(TEA)), PostId(str(RAIN))
"""Jane wrote the first, the administrator the second."""
ANSWER = paragraph("Darjeeling, of course.")
BETTER = paragraph("Assam, on second thought.")


@dataclass(frozen=True, slots=True)
class Desk:
    """What writes and moderates, at one WordPress. `api` asks as anybody."""

    settings: Settings
    fetch: Fetch
    api: Api
    accounts: Accounts
    writer: Writer
    moderator: Moderator

    async def entry(self, comment: str) -> Mapping[str, Any]:
        """A comment as strangers see it."""
        answer = await self.api.get(f"/wp/v2/comments/{comment}")
        assert isinstance(answer.json, dict)
        return answer.json

    async def shown(self, comment: str) -> Text:
        """What a comment says to strangers."""
        entry = await self.entry(comment)
        return read(entry["content"]["rendered"], entry["link"])


@asynccontextmanager
async def desk(
    wordpress: RunningWordPress,
    *logins: str,
    passwords: Mapping[str, str] | None = None,
    address: str | None = None,
    **more: Any,
) -> AsyncIterator[Desk]:
    """Sit down at the blog with the accounts of `logins`; `address` where something stands before it."""
    kept = {login: user.application_password for login, user in USERS.items()} | dict(passwords or {})
    accounts = {AccountName(login): Account(AccountName(login), login, kept[login]) for login in logins}
    given = {"accounts": accounts, **more}
    settings = Settings(path="blogs.garden", address=address or wordpress.address, **given)
    async with Fetch("Backchat tests (tests@backchat.example)", trusted=settings.places()) as fetch:
        api = Api(fetch, settings)
        known = Accounts(api, settings)
        await known.open()
        yield Desk(settings, fetch, api, known, Writer(settings, api, known), Moderator(api, known))


async def asked(wordpress: RunningWordPress, words: str = "Which tea?", post: int = TEA) -> CommentId:
    """A public comment by a visitor."""
    return CommentId(str(await wordpress.visitor("Vera").comment(words, post)))
