"""The settings of an Isso blog: the table `[blogs.NAME]`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

from adapters.isso.ids import PLACEHOLDER, fits
from bridge.model import AccountName
from bridge.ports import Table


@dataclass(frozen=True, slots=True)
class Account:
    """How an author appears on the blog. `email` only makes the avatar; Isso never shows it."""

    name: str
    email: str | None = field(repr=False)
    website: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator wrote, checked. `path` is the table's key path, for messages."""

    path: str
    address: str
    site: str
    admin_password: str | None = field(repr=False)
    posts: str
    posts_from: str | None
    moderated: bool
    accounts: Mapping[AccountName, Account]

    def places(self) -> tuple[str, ...]:
        """The addresses that the operator wrote: these may lie in a private network."""
        return tuple(address for address in (self.address, self.site, self.posts_from) if address)

    def link(self, uri: str) -> str | None:
        """Where the post with this Isso uri stands; None where it would lead away from the blog."""
        if "#" in uri:
            return None  # no page has such an address: somebody made it up
        link = urljoin(self.site + "/", uri)
        same = urlsplit(link)[:2] == urlsplit(self.site)[:2]
        return link if same else None


def read_settings(table: Table) -> Settings:
    """Read the table; every problem goes to the table, and harmless values stand in."""
    site = table.address("site", help="the blog's own address, such as https://garden.example")
    posts = table.choice("posts", ("latest", "feed", "sitemap"), "latest", help="where to learn of new posts")
    posts_from = table.maybe_address("posts_from")
    if posts != "latest" and posts_from is None:
        table.problem("posts_from", f'posts = "{posts}" needs the address of that {posts} here')
    return Settings(
        path=table.path,
        address=table.address("address", help="Isso's own address, such as https://comments.garden.example"),
        site=site,
        admin_password=table.secret("admin_password"),
        posts=posts,
        posts_from=posts_from,
        moderated=table.flag("moderated", True),
        accounts={AccountName(name): _account(entry, site) for name, entry in table.tables("accounts").items()},
    )


def _account(table: Table, site: str) -> Account:
    website = table.maybe_address("website")
    if website is not None and not fits(website):
        table.problem(
            "website",
            "Isso takes only a short plain address whose host has a dot, and our key must fit behind it: "
            "write such an address, or leave it out to use the blog's own",
        )
    own = site if fits(site) else PLACEHOLDER
    return Account(
        name=table.text("name", help="the name shown over the answers"),
        email=table.maybe_text("email"),
        website=website if website is not None and fits(website) else own,
    )
