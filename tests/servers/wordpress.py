"""A WordPress for tests, with people, posts, visitors and an editor's hands: real ones and a double, one interface.

    async def test_something(wordpress: RunningWordPress) -> None:      # the fixture of tests/contracts/wordpress
        number = await wordpress.visitor("Vera").comment("Which tea?")   # by the real form, under the post TEA
        await wordpress.approve(number)

The fixture `wordpress` runs every test against the double (in `make test`) and, marked `real`, against the two real
ones: Debian's 6.1.9 and 6.6-RC3, each a fresh, empty site in 0.2 s; where BACKCHAT_TEST_MARIADB=1, also against 6.1.9
on MariaDB instead of SQLite. Elsewhere: `async with served(kind, folder) as wordpress`, with a kind of `KINDS`. Where a
test cannot hold for one of them, it looks at `wordpress.kind` and says why.

A fresh site: the posts below, no comments, comments public at once, no flood limit for visitors (accounts have theirs),
time zone Europe/Berlin, pretty permalinks, no moderation. `option` and `switch` change that.
"""

from __future__ import annotations

import base64
import hashlib
import html
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

KINDS = ("double", "debian", "beta", "mariadb")
"""The double in Python; the real 6.1.9 from Debian; the real 6.6-RC3 from npm; both on SQLite, and 6.1.9 on MariaDB."""

TEA, RAIN, CLOSED, PRIVATE, LOCKED, PAGE = 11, 12, 13, 14, 15, 16
"""The posts of a fresh site, by number."""
LOCK = "sesame"
"""The password of the post LOCKED."""


@dataclass(frozen=True, slots=True)
class User:
    """An account; its name is shown as HTML (`Tom &amp; Jerry`).

    `password` is for the login form; `application_password`, without its spaces, for the API.
    """

    number: int
    login: str
    name: str
    role: str
    url: str = ""

    @property
    def email(self) -> str:
        return f"{self.login}@{self.login}.example"

    @property
    def password(self) -> str:
        return f"{self.login}-pass"

    @property
    def application_password(self) -> str:
        return hashlib.sha256(f"application password of {self.login}".encode()).hexdigest()[:24]

    @property
    def auth(self) -> dict[str, str]:
        """For a request: `headers=wordpress.users["jane"].auth`."""
        return basic(self.login, self.application_password)


def basic(login: str, password: str) -> dict[str, str]:
    """The headers of a request that somebody signs with a password, right or wrong."""
    return {"Authorization": "Basic " + base64.b64encode(f"{login}:{password}".encode()).decode()}


USERS: Mapping[str, User] = {
    user.login: user
    for user in (
        User(1, "admin", "Ada Admin", "administrator", "https://ada.example"),
        User(2, "editor", "Edda Editor", "editor"),
        User(3, "jane", "Jane Doe", "author", "https://jane.example"),
        User(4, "tom", "Tom & Jerry", "author"),
        User(5, "sam", "Sam Reader", "subscriber"),
    )
}


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a fresh site."""

    number: int
    title: str
    slug: str
    author: str
    status: str = "publish"
    password: str = ""
    comments: str = "open"
    kind: str = "post"


POSTS = (
    Post(TEA, "On tea & “biscuits”", "on-tea", "jane"),
    Post(RAIN, "On rain", "on-rain", "admin"),
    Post(CLOSED, "No more words", "no-more-words", "jane", comments="closed"),
    Post(PRIVATE, "A diary", "a-diary", "admin", status="private"),
    Post(LOCKED, "Behind a door", "behind-a-door", "jane", password=LOCK),
    Post(PAGE, "About", "about", "admin", kind="page"),
)
POSTED = "2026-01-{:02d}T12:00:00"
"""When the posts of a fresh site were published (UTC): the n-th on the n-th day."""


@dataclass(frozen=True, slots=True)
class Row:
    """A comment as it is stored. `name` is HTML (`Vera &amp; Co`), and so are `words`.

    `status` is one of approved, hold, spam, trash; `date` is epoch seconds.
    """

    number: int
    post: int
    parent: int
    user: int
    name: str
    email: str
    url: str
    words: str
    kind: str
    status: str
    date: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """What the comment form answered: 302 with a location, or an error page."""

    status: int
    location: str
    text: str

    @property
    def number(self) -> int:
        return int(self.location.rpartition("#comment-")[2])


@dataclass
class Visitor:
    """Somebody at a browser, without an account; comments by the form, from an address of their own."""

    wordpress: RunningWordPress
    name: str
    email: str
    url: str
    source: str

    async def comment(self, words: str, post: int = TEA, under: int = 0) -> int:
        """Comment, and give the comment's number, whether it is public or held."""
        attempt = await self.attempt(words, post, under)
        assert attempt.status == 302, attempt.text
        return attempt.number

    async def attempt(self, words: str, post: int = TEA, under: int = 0) -> Attempt:
        """Send the form, and give what came back."""
        form = {
            "author": self.name,
            "email": self.email,
            "url": self.url,
            "comment": words,
            "comment_post_ID": str(post),
            "comment_parent": str(under),
            "submit": "Post",
        }
        headers = {"X-Backchat-Source": self.source}
        to = self.wordpress.address + "/wp-comments-post.php"
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(to, data=form, headers=headers, allow_redirects=False) as answer,
        ):
            return Attempt(answer.status, answer.headers.get("Location", ""), await answer.text())


@dataclass
class RunningWordPress(ABC):
    """A WordPress that answers at `address`. What people do to it is durable when the method returns."""

    address: str
    kind: str
    users: Mapping[str, User] = field(default_factory=lambda: dict(USERS))
    _visitors: int = 0

    def visitor(self, name: str, email: str | None = None, url: str = "") -> Visitor:
        """Make a visitor; everyone has an e-mail address and an internet address of their own."""
        self._visitors += 1
        address = f"visitor-{self._visitors}@visitors.example" if email is None else email
        return Visitor(self, name, address, url, f"198.51.100.{self._visitors % 250 + 1}")

    # Comments, put there by an editor's or a plugin's hand ------------------------------------------------------------

    async def add(self, words: str, post: int = TEA, under: int = 0, **more: Any) -> int:
        """Insert a comment as a plugin does: no form, no filters. `more` are further keywords of `comment`."""
        return (await self.add_many([comment(words, post, under, **more)]))[0]

    @abstractmethod
    async def add_many(self, comments: Sequence[Mapping[str, Any]]) -> list[int]:
        """Insert many comments (see `comment`) in one go."""

    @abstractmethod
    async def set_status(self, number: int, status: str) -> None:
        """Change its status as wp-admin does: approve, hold, spam, unspam, trash, untrash."""

    async def approve(self, number: int) -> None:
        await self.set_status(number, "approve")

    async def hold(self, number: int) -> None:
        await self.set_status(number, "hold")

    async def spam(self, number: int) -> None:
        await self.set_status(number, "spam")

    async def unspam(self, number: int) -> None:
        await self.set_status(number, "unspam")

    async def trash(self, number: int) -> None:
        await self.set_status(number, "trash")

    async def untrash(self, number: int) -> None:
        await self.set_status(number, "untrash")

    @abstractmethod
    async def delete(self, number: int) -> None:
        """Delete a comment for good."""

    @abstractmethod
    async def edit(self, number: int, words: str) -> None:
        """Change a comment's text as wp-admin does."""

    @abstractmethod
    async def set_date(self, number: int, date: float) -> None:
        """Let a comment have been written at another time (epoch seconds)."""

    @abstractmethod
    async def rows(self, post: int | None = None) -> list[Row]:
        """Every stored comment, of whatever status and kind, by number."""

    async def row(self, number: int) -> Row:
        """One stored comment."""
        return next(row for row in await self.rows() if row.number == number)

    # Posts ------------------------------------------------------------------------------------------------------------

    @abstractmethod
    async def write_post(
        self,
        title: str,
        *,
        author: str = "jane",
        status: str = "publish",
        password: str = "",
        comments: str = "open",
        kind: str = "post",
        words: str = "<p>Words.</p>",
    ) -> int:
        """Publish a post (or, with `kind`, a page) now, and give its number."""

    @abstractmethod
    async def change_post(self, number: int, **fields: str) -> None:
        """Change a post's `title`, `slug`, `status` (also trash), `password`, `comments` (open, closed) or `words`."""

    @abstractmethod
    async def delete_post(self, number: int) -> None:
        """Delete a post for good, with its comments."""

    # The site ---------------------------------------------------------------------------------------------------------

    @abstractmethod
    async def option(self, name: str, value: str | int) -> None:
        """Change a setting by its name in WordPress.

        In use: posts_per_rss, comment_moderation, comment_previously_approved, comment_registration, page_comments,
        comments_per_page, default_comments_page, thread_comments, thread_comments_depth, permalink_structure (empty:
        plain), timezone_string, blogname, comment_max_links.
        """

    @abstractmethod
    async def switch(self, **switches: bool | str) -> None:
        """Make the site behave like some hosts and plugins do. False or an empty text switches off again.

        `rest_closed`: strangers are refused the API (401) · `rest_gone`: the API is off and not announced (404) ·
        `strip_author_url`: comments lose their author's address when they are stored ·
        `strip_authorization`: the host drops the Authorization header · `no_application_passwords`: as on plain http ·
        `early_user`: a plugin asks early who is there, so a wrong application password is a 401 everywhere ·
        `visitor_flood`: the 15 s between comments apply to visitors, too · `no_flood`: they apply to nobody ·
        `hold_everyone`: a plugin holds every comment, authors' too · `hub`: an address, announced in comment feeds ·
        `no_trash`: comments have no trash, as where EMPTY_TRASH_DAYS is 0 · `early_ties`: of comments of one second,
        feeds show the earlier numbers first, as MariaDB does where it sorts them; which ones is left to the database.
        """

    @abstractmethod
    async def age(self, seconds: float) -> None:
        """Let every comment have been written that much earlier, instead of waiting."""

    @abstractmethod
    async def change_password(self, login: str) -> None:
        """Revoke an account's application password."""

    def link(self, post: int, comment_number: int | None = None) -> str:
        """The pretty permalink of a post of a fresh site, or of a comment on it."""
        (found,) = [one for one in POSTS if one.number == post]
        path = f"/{found.slug}/" if found.kind == "page" else f"/2026/01/{found.slug}/"
        return self.address + path + ("" if comment_number is None else f"#comment-{comment_number}")


def comment(
    words: str,
    post: int = TEA,
    under: int = 0,
    *,
    name: str = "Vera",
    email: str = "vera@vera.example",
    url: str = "",
    user: str | None = None,
    kind: str = "comment",
    status: str = "approve",
    date: float | None = None,
) -> dict[str, Any]:
    """A comment for `add_many`. `kind`: comment, pingback, trackback, note, like; `status`: approve, hold, spam, trash.

    `user`: by this account (its name and addresses replace the others). `date`: epoch seconds, None for now.
    """
    account = USERS[user] if user is not None else None
    return {
        "words": words,
        "post": post,
        "under": under,
        "name": html.escape(account.name if account else name, quote=False),  # names are stored as HTML
        "email": account.email if account else email,
        "url": account.url if account else url,
        "user": account.number if account else 0,
        "kind": kind,
        "status": status,
        "date": int(time.time()) if date is None else int(date),
    }


@asynccontextmanager
async def served(kind: str, folder: Path, now: Callable[[], float] = time.time) -> AsyncIterator[RunningWordPress]:
    """Serve a fresh site of this kind on loopback. `now` is the double's clock; the real ones have the machine's."""
    if kind == "double":
        from tests.servers.wordpress_double import double_wordpress

        async with double_wordpress(now) as double:
            yield double
    else:
        from tests.servers.wordpress_real import real_wordpress

        async with real_wordpress(kind, folder) as real:
            yield real
