"""The state of the double, and WordPress's rules on it: who may do what, what is public, duplicate or a flood.

Written from how WordPress 6.1 behaves (wp-includes/comment.php, capabilities.php), and held to it by
`test_double_is_true` and `test_double_writes_true`.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.servers.wordpress import POSTED, POSTS, USERS, User
from tests.servers.wordpress_double_text import address, rendered, stored

FLOOD = 15
"""Seconds between two comments of one person."""
LONGEST = 65_525
"""Bytes that a comment's text may have."""
_OPTIONS: Mapping[str, str | int] = {
    "blogname": "Test Blog",
    "timezone_string": "Europe/Berlin",
    "permalink_structure": "/%year%/%monthnum%/%postname%/",
    "posts_per_rss": 10,
    "comment_moderation": 0,
    "comment_previously_approved": 0,
    "comment_registration": 0,
    "comment_max_links": 2,
    "page_comments": 0,
    "comments_per_page": 50,
    "default_comments_page": "newest",
    "thread_comments": 1,
    "thread_comments_depth": 5,
    "require_name_email": 1,
}
_EVERYBODY = {"read"}
_AUTHOR = {*_EVERYBODY, "upload_files", "edit_posts", "edit_published_posts", "publish_posts", "delete_posts"}
_EDITOR = {
    *_AUTHOR, "moderate_comments", "unfiltered_html", "edit_others_posts", "edit_private_posts", "read_private_posts",
    "edit_pages", "edit_published_pages", "edit_others_pages",
}  # fmt: skip
CAPABILITIES = {
    "administrator": {*_EDITOR, "manage_options", "list_users", "edit_users"},
    "editor": _EDITOR,
    "author": _AUTHOR,
    "subscriber": _EVERYBODY,
}


@dataclass
class DoublePost:
    """A post."""

    number: int
    title: str
    slug: str
    author: int
    status: str
    password: str
    comments: str
    kind: str
    words: str
    date: float
    guid: str
    modified: float = 0.0


@dataclass
class DoubleComment:
    """A comment; `before` is its status before it was trashed or marked as spam."""

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
    ip: str = "198.51.100.254"
    agent: str = ""
    before: str = "approved"


class NotAllowed(Exception):
    """A comment was not taken: WordPress's code and sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


@dataclass
class State:
    """Everything that the double knows."""

    now: Callable[[], float] = time.time
    address: str = ""
    comments: dict[int, DoubleComment] = field(default_factory=dict)
    posts: dict[int, DoublePost] = field(default_factory=dict)
    options: dict[str, str | int] = field(default_factory=lambda: dict(_OPTIONS))
    switches: dict[str, bool | str] = field(default_factory=dict)
    passwords: dict[str, str] = field(
        default_factory=lambda: {user.login: user.application_password for user in USERS.values()}
    )
    last_comment: int = 1  # the first was the sample that every new WordPress comes with
    last_post: int = 99

    def begin(self, address: str) -> None:
        """Publish the posts of a fresh site at this address."""
        self.address = address
        for day, post in enumerate(POSTS, start=1):
            date = datetime.fromisoformat(POSTED.format(day)).replace(tzinfo=UTC).timestamp()
            made = DoublePost(
                post.number, post.title, post.slug, USERS[post.author].number, post.status, post.password,
                post.comments, post.kind, "<p>Words.</p>", date, "", date,
            )  # fmt: skip
            self.posts[post.number] = made
            made.guid = self.permalink(made) if day > 1 else f"{address}/?p={post.number}"

    # Looking ----------------------------------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(str(self.options["timezone_string"]) or "UTC")

    @property
    def is_pretty(self) -> bool:
        """Whether permalinks are: WordPress then answers below /wp-json/."""
        return bool(self.options["permalink_structure"])

    def number(self, name: str) -> int:
        """An option that is a number."""
        return int(self.options[name])

    def switched(self, name: str) -> str:
        """A switch, as text: empty where it is off."""
        return str(self.switches.get(name) or "")

    def user(self, number: int) -> User | None:
        return next((user for user in USERS.values() if user.number == number), None)

    def permalink(self, post: DoublePost) -> str:
        if not self.is_pretty:
            return f"{self.address}/?{'page_id' if post.kind == 'page' else 'p'}={post.number}"
        if post.kind == "page":
            return f"{self.address}/{post.slug}/"
        when = datetime.fromtimestamp(post.date, self.zone)
        return f"{self.address}/{when:%Y/%m}/{post.slug}/"

    def comment_link(self, comment: DoubleComment) -> str:
        post = self.posts.get(comment.post)
        if post is None:
            return f"{self.address}/#comment-{comment.number}"
        link = self.permalink(post)
        page = self._page_of(comment)
        if page:
            link = f"{link}comment-page-{page}/" if self.is_pretty else f"{link}&cpage={page}"
        return f"{link}#comment-{comment.number}"

    def _page_of(self, comment: DoubleComment) -> int:
        """The page of a post's comments on which it stands; 0 where they are not paged, or on the newest page."""
        per_page = self.number("comments_per_page")
        if not self.number("page_comments") or not per_page:
            return 0
        top = comment
        while top.parent in self.comments:
            top = self.comments[top.parent]
        older = [one for one in self.on(comment.post) if not one.parent and one.status == "approved"]
        before = sum(1 for one in older if (one.date, one.number) < (top.date, top.number))
        page = before // per_page + 1
        last = -(-len(older) // per_page)
        return 0 if self.options["default_comments_page"] == "newest" and page == last else page

    def on(self, post: int) -> Iterator[DoubleComment]:
        return (one for one in list(self.comments.values()) if one.post == post)

    # Who may ----------------------------------------------------------------------------------------------------------

    def may(self, user: User | None, capability: str) -> bool:
        return user is not None and capability in CAPABILITIES[user.role]

    def may_edit_post(self, user: User | None, post: DoublePost | None) -> bool:
        if user is None or post is None:
            return self.may(user, "edit_posts")
        return self.may(user, "edit_others_posts") or (post.author == user.number and self.may(user, "edit_posts"))

    def may_read_post(self, user: User | None, post: DoublePost, password: str = "") -> bool:
        """Whether this person may read a post's comments."""
        if post.password and password != post.password:
            return self.may_edit_post(user, post) and user is not None
        if post.status == "publish":
            return True
        return user is not None and (self.may(user, "read_private_posts") or post.author == user.number)

    def may_read(self, user: User | None, comment: DoubleComment, password: str = "") -> bool:
        post = self.posts.get(comment.post)
        if post is not None and comment.status == "approved" and self.may_read_post(user, post, password):
            return True
        if user is None:
            return False
        return comment.user == user.number or self.may_edit(user, comment)

    def may_edit(self, user: User | None, comment: DoubleComment) -> bool:
        if user is None:
            return False
        return self.may(user, "moderate_comments") or self.may_edit_post(user, self.posts.get(comment.post))

    # Writing ----------------------------------------------------------------------------------------------------------

    def take(self, comment: DoubleComment, by: User | None) -> DoubleComment:
        """Take a comment from the form or the API, as `wp_allow_comment` does. Raises `NotAllowed`."""
        self._refuse_duplicate(comment)
        self._refuse_flood(comment, by)
        comment.status = "approved" if self._is_public_at_once(comment, by) else "hold"
        comment.words = stored(comment.words, unfiltered=self.may(by, "unfiltered_html"))
        comment.name = html.escape(html.unescape(comment.name), quote=False)
        comment.url = "" if self.switched("strip_author_url") else address(comment.url)
        return self.insert(comment)

    def insert(self, comment: DoubleComment) -> DoubleComment:
        self.last_comment += 1
        comment.number = self.last_comment
        self.comments[comment.number] = comment
        return comment

    def _refuse_duplicate(self, new: DoubleComment) -> None:
        asked = re.sub(r"\\(.?)", r"\1", new.words, flags=re.DOTALL)  # core takes backslashes from this side only
        for old in self.on(new.post):
            is_same_person = old.name == new.name or (bool(new.email) and old.email == new.email)
            if is_same_person and old.parent == new.parent and old.status != "trash" and old.words == asked:
                raise NotAllowed(
                    "comment_duplicate",
                    "Duplicate comment detected; it looks as though you&#8217;ve already said that!",
                )

    def _refuse_flood(self, new: DoubleComment, by: User | None) -> None:
        exempt = self.may(by, "moderate_comments") or self.switched("no_flood")
        if exempt or (by is None and not self.switched("visitor_flood")):
            return
        theirs = [
            old.date
            for old in self.comments.values()
            if ((old.user == by.number) if by else old.ip == new.ip) or old.email == new.email
        ]
        if theirs and int(new.date) - int(max(theirs)) < FLOOD:
            raise NotAllowed("comment_flood", "You are posting comments too quickly. Slow down.")

    def _is_public_at_once(self, new: DoubleComment, by: User | None) -> bool:
        if self.switched("hold_everyone"):
            return False
        post = self.posts[new.post]
        if by is not None and (by.number == post.author or self.may(by, "moderate_comments")):
            return True
        if self.number("comment_moderation"):
            return False
        links = self.number("comment_max_links")
        if links and len(re.findall(r"<a [^>]*href", rendered(new.words), re.IGNORECASE)) >= links:
            return False
        return not self.number("comment_previously_approved") or any(
            old.status == "approved" and old.email == new.email and old.name == new.name
            for old in self.comments.values()
        )

    def set_status(self, comment: DoubleComment, status: str) -> bool:
        """Change a comment's status as wp-admin does; False where nothing changed."""
        if status in {"approve", "approved", "hold", "0", "1"}:
            wanted = "hold" if status in {"hold", "0"} else "approved"
            changed, comment.status = comment.status != wanted, wanted
            return changed
        if status in {"spam", "trash"}:
            if comment.status == status:
                return status == "spam"
            comment.before, comment.status = comment.status, status
            return True
        if status in {"unspam", "untrash"}:
            comment.status = comment.before if comment.before in {"approved", "hold"} else "hold"
            return True
        return False

    def delete(self, number: int) -> None:
        """Delete a comment for good; what was under it goes under what it was under."""
        gone = self.comments.pop(number)
        for other in self.comments.values():
            if other.parent == number:
                other.parent = gone.parent
