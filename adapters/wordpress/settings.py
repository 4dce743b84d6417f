"""The settings of a WordPress blog: the table `[blogs.NAME]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bridge.model import AccountName
from bridge.ports import Table

WHOLE_EVERY = 300.0
"""Seconds between two readings of the newest comments' texts, while the blog is lively: only these betray an edit."""
DEEP_EVERY = 600.0
"""Seconds between two readings of a page of older comments, one after another, while the blog is lively."""
PUBLIC_API = "https://public-api.wordpress.com"
"""Where the comments of blogs at WordPress.com, and of those with Jetpack, can be read and answered."""
LONE_ACCOUNT = AccountName("author")
"""The name of the one account that a WordPress.com token stands for, where the table names none."""

_MAKE_ONE = (
    "is missing: WordPress makes an application password on the author's profile page, under Application Passwords;"
    " write it here, or better the file that has it"
)
_GET_ONE = "is missing: write this author's bearer token for WordPress.com, or set token for all of them"
_POLITE = 10.0
"""Seconds between two of the costlier readings, at the least."""
_NO_PASSWORDS = (
    "has a name or password in it, but addresses stand in messages and in the ledger: write them as login and password"
    " of an account"
)


@dataclass(frozen=True, slots=True)
class Account:
    """An author's account. `password` is an application password, or at WordPress.com a bearer token.

    `address` is the page that the author's name links to; None: the profile's, else the blog's own.
    """

    name: AccountName
    login: str
    password: str = field(repr=False)
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator wrote, checked. `path` is the table's key path, for messages; durations are seconds.

    `read` is `auto`, `api` or `feed`. `site` names a blog at WordPress.com by its number or host, `token` is the bearer
    token for it. `api` and `feed` are addresses that cannot be found at `address`.
    """

    path: str
    address: str
    accounts: Mapping[AccountName, Account] = field(default_factory=dict)
    read: str = "auto"
    api: str | None = None
    feed: str | None = None
    site: str | None = None
    token: str | None = field(default=None, repr=False)
    whole_every: float = WHOLE_EVERY
    deep_every: float = DEEP_EVERY
    webhook_secret: str | None = field(default=None, repr=False)
    websub: bool = True

    def places(self) -> tuple[str, ...]:
        """The addresses that the operator wrote: these may lie in a private network."""
        return tuple(address for address in (self.address, self.api, self.feed) if address)

    def comment_feed(self) -> str:
        """Where the comment feed is, as far as one can tell without asking."""
        return self.feed or f"{self.address}/comments/feed/"


def read_settings(table: Table) -> Settings:
    """Read the table; every problem goes to the table, and harmless values stand in."""
    site, token = table.maybe_text("site"), table.secret("token")
    read = table.choice("read", ("auto", "api", "feed"), "auto", help='write "auto", "api" or "feed"')
    accounts = {
        AccountName(name): _account(entry, name, at_wordpress_com=site is not None, token=token)
        for name, entry in table.tables("accounts").items()
    }
    if token is not None and site is not None and not accounts:
        accounts = {LONE_ACCOUNT: Account(LONE_ACCOUNT, LONE_ACCOUNT, token)}
    if token is not None and site is None:
        table.problem(
            "token", "is for blogs at WordPress.com: name yours with site, or give accounts a login and password"
        )
    if site is not None and (not site.strip() or "/" in site):
        table.problem("site", 'write the blog\'s number or its host alone, such as "garden.wordpress.com"')
    return Settings(
        path=table.path,
        address=_address(table),
        accounts=accounts,
        read=read,
        api=_plain(table, "api"),
        feed=_feed(table),
        site=site,
        token=token,
        whole_every=_rare(table, "whole_every", WHOLE_EVERY),
        deep_every=_rare(table, "deep_every", DEEP_EVERY),
        webhook_secret=table.secret("webhook_secret"),
        websub=table.flag("websub", True),
    )


def _address(table: Table) -> str:
    address = table.address("address", help="the blog's own address, such as https://garden.example")
    if _signs_in(address):
        table.problem("address", _NO_PASSWORDS)
    return address


def _plain(table: Table, key: str) -> str | None:
    address = table.maybe_address(key)
    if address is not None and _signs_in(address):
        table.problem(key, _NO_PASSWORDS)
    return address


def _feed(table: Table) -> str | None:
    # As text: a feed's address may need the slash at its end.
    feed = table.maybe_text("feed")
    if feed is not None and not feed.startswith(("http://", "https://")):
        table.problem("feed", "must be an http:// or https:// address")
    elif feed is not None and _signs_in(feed):
        table.problem("feed", _NO_PASSWORDS)
    return feed


def _rare(table: Table, key: str, default: float) -> float:
    seconds = table.seconds(key, default)
    if seconds < _POLITE:
        table.problem(key, "reading that much so often is impolite: write 10s or more")
    return seconds


def _account(table: Table, name: str, *, at_wordpress_com: bool, token: str | None) -> Account:
    login = table.text("login", name if at_wordpress_com else None, help="the name of this author's user in WordPress")
    password = table.secret("password") or (token if at_wordpress_com else None)
    if password is None:
        table.problem("password", _GET_ONE if at_wordpress_com else _MAKE_ONE)
    return Account(AccountName(name), login, password or "", _plain(table, "address"))


def _signs_in(address: str) -> bool:
    try:
        return "@" in urlsplit(address).netloc
    except ValueError:
        return False
