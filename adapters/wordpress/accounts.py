"""Whom WordPress takes our authors for, and what they may do.

A wrong or revoked application password is no error to WordPress: its bearer is a stranger, who may read. So every
account is asked for by name (`GET /wp/v2/users/me`, REST API handbook, "Users") before anything is done with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.wordpress.api import Api, ApiRefusal, plain_words
from adapters.wordpress.settings import Account, Settings
from bridge.errors import RetryLater
from bridge.model import AccountName

FLOOD_PACE = 16.0
"""Seconds between two comments of an account that may not moderate (`wp_throttle_comment_flood` refuses for 15)."""
_FIELDS = "id,name,url,roles,capabilities"
_AGAIN = "make a new application password on the author's profile page, and write it into password"
_NO_MEMBER = "WordPress takes {} for a stranger: its application password is wrong or was revoked"
_UNKNOWN = frozenset({"incorrect_password", "invalid_username", "invalid_email", "application_password_invalid"})


@dataclass(frozen=True, slots=True)
class Who:
    """A known account. `url` is the page that its profile names, empty where there is none.

    `moderates`: may approve, trash and edit every comment, and is exempt from the flood rule. `unfiltered`: may post
    any HTML. `publishes`: its answers are public at once, at least on its own posts, and it sees its own that wait.
    """

    account: AccountName
    id: int
    name: str
    url: str
    roles: tuple[str, ...]
    moderates: bool
    unfiltered: bool
    publishes: bool


@dataclass(frozen=True, slots=True)
class Anonymous:
    """An account that WordPress takes for a stranger: why, and what to do about it, in words.

    `either`: it cannot be told whether its password is wrong, or no password reaches WordPress.
    """

    account: AccountName
    reason: str
    remedy: str
    either: bool = False


async def who(api: Api, account: Account) -> Who | Anonymous:
    """Ask whom WordPress takes this account for. Raises `RetryLater` and `Refused` as `Api.get`."""
    try:
        answer = await api.get("/wp/v2/users/me", {"context": "edit", "_fields": _FIELDS}, account)
    except ApiRefusal as refusal:
        return await _stranger(api, account, refusal)
    entry = answer.json
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), int):
        raise RetryLater("WordPress does not say whom it takes the account for: what it answered is no account")
    return _known(account, entry)


def _known(account: Account, entry: Mapping[str, Any]) -> Who:
    held = entry.get("capabilities")
    able = {name for name, may in held.items() if may} if isinstance(held, dict) else set()
    roles, url = entry.get("roles"), entry.get("url")
    return Who(
        account=account.name,
        id=entry["id"],
        name=plain_words(entry.get("name")) or account.login,
        url=url if isinstance(url, str) and url.startswith(("http://", "https://")) else "",
        roles=tuple(map(str, roles)) if isinstance(roles, list) else (),
        moderates=not able.isdisjoint({"moderate_comments", "manage_options"}),
        unfiltered="unfiltered_html" in able,
        publishes="edit_posts" in able,
    )


async def _stranger(api: Api, account: Account, refusal: ApiRefusal) -> Anonymous:
    """Why it may be; the answer to a wrong password is the one that somebody without any password gets."""
    if refusal.code in _UNKNOWN:
        what = f"WordPress does not know {account.login} by this application password"
        return Anonymous(account.name, what, f"check login, or {_AGAIN}")
    if refusal.status not in {401, 403} or not refusal.code:
        what = f"WordPress does not say whom it takes {account.login} for: {refusal.message}"
        remedy = "have the security plugin, or what else stands before the blog, pass /wp/v2/users/me"
        return Anonymous(account.name, what, remedy)
    if api.bearer:
        what = "WordPress.com does not know the token"
        return Anonymous(account.name, what, "get a new one for this blog, and write it into token")
    root = await api.root()
    if root.authorization is None and not root.closed:
        return Anonymous(account.name, *_no_passwords(root.address))
    what = f"{_NO_MEMBER.format(account.login)}, or the host keeps the Authorization header from WordPress"
    remedy = f"{_AGAIN}; if that does not help, have the host pass the Authorization header on to PHP"
    return Anonymous(account.name, what, remedy, either=True)


def _no_passwords(address: str) -> tuple[str, str]:
    if address.startswith("http://"):
        return (
            f"WordPress takes application passwords only over https, and its API is at {address}",
            "have the blog served over https, and write that address into address",
        )
    return (
        "this WordPress gives out no application passwords",
        "look for the plugin or the host that switched them off, and allow them for this author",
    )


class Accounts:
    """The accounts of the settings as WordPress knows them. Nothing is known before `open`."""

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api = api
        self._settings = settings
        self.by_name: dict[AccountName, Who] = {}
        self.strangers: dict[AccountName, Anonymous] = {}

    async def open(self) -> None:
        """Ask for every account. Raises as `who`. Where one is known, headers reach WordPress: the others are wrong."""
        for name in self._settings.accounts:
            await self.again(name)
        for name, one in self.strangers.items():
            if one.either and self.by_name:
                reason = _NO_MEMBER.format(self.account(name).login)
                self.strangers[name] = Anonymous(name, reason, f"check login, or {_AGAIN}")

    async def again(self, name: AccountName) -> Who | Anonymous:
        """Ask for one account anew. Raises as `who`, and then nothing that was known has changed."""
        found = await who(self._api, self._settings.accounts[name])
        self.by_name.pop(name, None)
        self.strangers.pop(name, None)
        if isinstance(found, Who):
            self.by_name[name] = found
        else:
            self.strangers[name] = found
        return found

    @property
    def by_id(self) -> Mapping[int, AccountName]:
        """Whose comments are whose: WordPress's number of an author, and the account's name."""
        return {one.id: name for name, one in self.by_name.items()}

    @property
    def moderators(self) -> frozenset[AccountName]:
        """Those who may moderate every comment."""
        return frozenset(name for name, one in self.by_name.items() if one.moderates)

    @property
    def paces(self) -> Mapping[AccountName, float]:
        """Seconds between two comments, for those who are not exempt from the flood rule."""
        return {name: FLOOD_PACE for name, one in self.by_name.items() if not one.moderates}

    @property
    def reader(self) -> Account | None:
        """The account that sees most of the comments, to read with; None where every one is a stranger."""
        ranked = sorted(self.by_name.values(), key=lambda one: (not one.moderates, not one.publishes))
        return self.account(ranked[0].account) if ranked else None

    @property
    def remarks(self) -> Sequence[str]:
        """What the operator should know about accounts that do not work, or not fully."""
        path = self._settings.path
        told = [f"{path}.accounts.{name} cannot be used: {one.reason}." for name, one in self.strangers.items()]
        for name, one in self.by_name.items():
            if not one.publishes:
                role = " and ".join(one.roles) or "no role"
                told.append(
                    f"{path}.accounts.{name} ({role}): its answers wait until somebody approves them on the blog."
                )
        return told

    def account(self, name: AccountName) -> Account:
        """The account's login and password."""
        return self._settings.accounts[name]

    def able(self, name: AccountName) -> Sequence[Account]:
        """Who can act on that account's comments, in this order: itself, then those who may moderate."""
        return [self.account(name), *(self.account(other) for other in sorted(self.moderators - {name}))]

    def page(self, name: AccountName) -> str:
        """The page that the author's name leads to: as configured, else the profile's, else the blog's own."""
        known = self.by_name.get(name)
        return self.account(name).address or (known.url if known else "") or self._settings.address
