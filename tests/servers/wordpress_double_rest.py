"""The double's REST API, wp/v2: comments, posts, pages, types, users, in what is used of them.

Written from how WordPress 6.1 behaves (wp-includes/rest-api), and held to it by `test_double_is_true`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from tests.servers.wordpress import User
from tests.servers.wordpress_double_asked import Answer, Asked, Wrong, check_numbers
from tests.servers.wordpress_double_posts import Posts
from tests.servers.wordpress_double_shapes import Shapes
from tests.servers.wordpress_double_state import LONGEST, DoubleComment, NotAllowed, State
from tests.servers.wordpress_double_text import stored


class Rest:
    """Answers what is asked below the API's root. `url` gives a route's address."""

    def __init__(self, state: State, url: Callable[[str], str]) -> None:
        self._state = state
        self._url = url
        self._shapes = Shapes(state, url, self.answer)
        self._posts = Posts(state, url, self._shapes, self._page)

    def answer(self, asked: Asked) -> Answer:
        try:
            check_numbers(asked)
            answer = self._routed(asked)
        except Wrong as wrong:
            answer = wrong.answer
        return answer

    def _routed(self, asked: Asked) -> Answer:
        if asked.route in {"", "/"}:
            return self._posts.root(route for route, _, _ in self._routes())
        for pattern, methods, handler in self._routes():
            found = re.fullmatch(pattern, asked.route.rstrip("/"))
            if found and (asked.method in methods or asked.method == "OPTIONS"):
                answer = handler(asked, *map(int, found.groups()))
                answer.headers.setdefault("Allow", ", ".join(self._allowed(asked, methods)))
                return answer
        raise Wrong(404, "rest_no_route", "No route was found matching the URL and request method.")

    def _routes(self) -> Sequence[tuple[str, tuple[str, ...], Callable[..., Answer]]]:
        edit = ("POST", "PUT", "PATCH")
        return (
            (r"/wp/v2/comments", ("GET",), self._comments),
            (r"/wp/v2/comments", ("POST",), self._create),
            (r"/wp/v2/comments/(\d+)", ("GET",), self._comment),
            (r"/wp/v2/comments/(\d+)", edit, self._update),
            (r"/wp/v2/comments/(\d+)", ("DELETE",), self._delete),
            (r"/wp/v2/posts", ("GET",), self._posts.listed),
            (r"/wp/v2/pages", ("GET",), self._posts.pages),
            (r"/wp/v2/(?:posts|pages)/(\d+)", ("GET",), self._posts.post),
            (r"/wp/v2/types", ("GET",), self._posts.types),
            (r"/wp/v2/users/me", ("GET",), self._posts.me),
            (r"/wp/v2/users/me/application-passwords/introspect", ("GET",), self._posts.introspect),
            (r"/wp/v2/users/(\d+)", ("GET",), self._posts.user),
        )

    def _allowed(self, asked: Asked, methods: Iterable[str]) -> list[str]:
        return ["GET", "POST"] if asked.user and asked.route.endswith("/comments") else list(methods)

    # Comments: reading ------------------------------------------------------------------------------------------------

    def _comments(self, asked: Asked) -> Answer:
        self._check_list(asked)
        found = self._sorted(asked, [one for one in self._state.comments.values() if self._matches(asked, one)])
        page, headers = self._page(asked, found)
        password = asked.text("password") if asked.texts("post") else ""
        shown = [one for one in page if self._state.may_read(asked.user, one, password)]
        context = asked.text("context", "view")
        return Answer(
            [self._shapes.chosen(asked, self._shapes.comment(one, context)) for one in shown], headers=headers
        )

    def _check_list(self, asked: Asked) -> None:
        """What `get_items_permissions_check` refuses."""
        for number in asked.numbers("post"):
            post = self._state.posts.get(number)
            if post is not None and not self._state.may_read_post(asked.user, post, asked.text("password")):
                raise asked.denied("rest_cannot_read_post", "read the post for this comment.")
        self._check_context(asked)
        if self._state.may(asked.user, "edit_posts"):
            return
        usual = {"status": "approve", "type": "comment"}
        names = [name for name in ("author", "author_exclude", "author_email") if asked.texts(name)]
        names += [
            name
            for name, value in (("type", "comment"), ("status", "approve"))
            if asked.text(name, usual[name]) != value
        ]
        if names:
            status = 403 if asked.user else 401
            raise Wrong(status, "rest_forbidden_param", f"Query parameter not permitted: {', '.join(names)}")

    def _check_context(self, asked: Asked) -> None:
        if asked.text("context") == "edit" and not self._state.may(asked.user, "moderate_comments"):
            raise asked.denied("rest_forbidden_context", "edit comments.")

    def _matches(self, asked: Asked, one: DoubleComment) -> bool:
        kind = asked.text("type", "comment")
        after, before = asked.text("after"), asked.text("before")
        lists = (("include", one.number), ("post", one.post), ("parent", one.parent), ("author", one.user))
        return (
            kind in {"all", one.kind}
            and one.status in _statuses(asked.text("status", "approve"))
            and all(not asked.texts(name) or value in asked.numbers(name) for name, value in lists)
            and one.number not in asked.numbers("exclude")
            and one.user not in (asked.numbers("author_exclude") or [-1])
            and (not asked.text("author_email") or one.email == asked.text("author_email"))
            and asked.text("search").casefold() in f"{one.name}\n{one.email}\n{one.url}\n{one.words}".casefold()
            and (not after or one.date > self._instant(after))
            and (not before or one.date < self._instant(before))
        )

    def _instant(self, text: str) -> float:
        """A date of the query: the site's own time, unless it says its zone."""
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            raise Wrong(400, "rest_invalid_param", "Invalid parameter(s): after") from None
        return (when if when.tzinfo else when.replace(tzinfo=self._state.zone)).timestamp()

    def _sorted(self, asked: Asked, found: list[DoubleComment]) -> list[DoubleComment]:
        by = asked.text("orderby", "date_gmt")
        ways: dict[str, Callable[[DoubleComment], Any]] = {
            "date": lambda one: (one.date, one.number),
            "date_gmt": lambda one: (one.date, one.number),
            "id": lambda one: one.number,
            "post": lambda one: (one.post, one.number),
            "parent": lambda one: (one.parent, one.number),
            "include": lambda one: asked.numbers("include").index(one.number),
            "type": lambda one: (one.kind, one.number),
        }
        if by not in ways:
            raise Wrong(400, "rest_invalid_param", "Invalid parameter(s): orderby", params={"orderby": "…"})
        return sorted(found, key=ways[by], reverse=asked.text("order", "desc") == "desc" and by != "include")

    def _page(self, asked: Asked, found: list[Any]) -> tuple[list[Any], dict[str, str]]:
        """One page of a list, with the headers that say how many there are."""
        size, page = asked.number("per_page", 10), asked.number("page", 1)
        if not 1 <= size <= 100:
            sentence = "per_page must be between 1 (inclusive) and 100 (inclusive)"
            details = {"per_page": {"code": "rest_out_of_bounds", "message": sentence, "data": None}}
            params = {"per_page": sentence}
            raise Wrong(400, "rest_invalid_param", "Invalid parameter(s): per_page", params=params, details=details)
        pages = -(-len(found) // size)
        start = asked.number("offset", 0) or size * (page - 1)
        headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(pages)}
        links = []
        if page > 1:
            links.append(f'<{self._paged(asked, min(page - 1, pages))}>; rel="prev"')
        if pages > page:
            links.append(f'<{self._paged(asked, page + 1)}>; rel="next"')
        if links:
            headers["Link"] = ", ".join(links)
        return found[start : start + size], headers

    def _paged(self, asked: Asked, page: int) -> str:
        query = {**asked.query, "page": str(page)}
        query.pop("rest_route", None)
        base = self._url(asked.route)
        return base + ("&" if "?" in base else "?") + urlencode(query, quote_via=quote)

    def _comment(self, asked: Asked, number: int) -> Answer:
        one = self._known(number)
        self._check_context(asked)
        if not self._state.may_read(asked.user, one, asked.text("password")):
            raise asked.denied("rest_cannot_read", "read this comment.")
        post = self._state.posts.get(one.post)
        if post is not None and not self._state.may_read_post(asked.user, post, asked.text("password")):
            raise asked.denied("rest_cannot_read_post", "read the post for this comment.")
        return Answer(self._shapes.chosen(asked, self._shapes.comment(one, asked.text("context", "view"))))

    def _known(self, number: int) -> DoubleComment:
        one = self._state.comments.get(number)
        if one is None:
            raise Wrong(404, "rest_comment_invalid_id", "Invalid comment ID.")
        if one.post not in self._state.posts:
            raise Wrong(404, "rest_post_invalid_id", "Invalid post ID.")
        return one

    # Comments: writing ------------------------------------------------------------------------------------------------

    def _create(self, asked: Asked) -> Answer:
        user, given = asked.user, asked.given
        self._check_create(asked)
        words = _words(given)
        if given.get("type", "comment") != "comment":
            raise Wrong(400, "rest_invalid_comment_type", "Cannot create a comment with that type.")
        if not words:
            raise Wrong(400, "rest_comment_content_invalid", "Invalid comment content.")
        assert user is not None
        new = DoubleComment(
            0, int(given["post"]), int(given.get("parent") or 0), 0, "", "", "", words, "comment", "hold",
            self._date(given), ip=str(given.get("author_ip") or asked.ip), agent=asked.agent,
        )  # fmt: skip
        self._name(new, given, user)
        if len(words.encode()) > LONGEST:
            raise Wrong(400, "comment_content_column_length", "Comment field exceeds maximum length allowed.")
        try:
            self._state.take(new, user)
        except NotAllowed as no:
            raise Wrong(409 if no.code == "comment_duplicate" else 400, no.code, no.message) from None
        if "status" in given:
            self._state.set_status(new, str(given["status"]))
        context = "edit" if self._state.may(user, "moderate_comments") else "view"
        location = self._url(f"/wp/v2/comments/{new.number}")
        return Answer(self._shapes.chosen(asked, self._shapes.comment(new, context)), 201, {"Location": location})

    def _check_create(self, asked: Asked) -> None:
        """What `create_item_permissions_check` refuses, in its order."""
        user, given = asked.user, asked.given
        if user is None:
            raise Wrong(401, "rest_comment_login_required", "Sorry, you must be logged in to comment.")
        if not self._state.may(user, "moderate_comments"):
            if "author" in given and int(given["author"]) != user.number:
                raise asked.denied("rest_comment_invalid_author", "edit 'author' for comments.")
            if "author_ip" in given and given["author_ip"] != asked.ip:
                raise asked.denied("rest_comment_invalid_author_ip", "edit 'author_ip' for comments.")
            if "status" in given:
                raise asked.denied("rest_comment_invalid_status", "edit 'status' for comments.")
        post = self._state.posts.get(int(given.get("post") or 0))
        if post is None:
            raise asked.denied("rest_comment_invalid_post_id", "create this comment without a post.")
        if post.status in {"draft", "trash"}:
            raise asked.denied(f"rest_comment_{post.status}_post", "create a comment on this post.")
        if not self._state.may_read_post(user, post):
            raise asked.denied("rest_cannot_read_post", "read the post for this comment.")
        if post.comments != "open":
            raise Wrong(403, "rest_comment_closed", "Sorry, comments are closed for this item.")

    def _name(self, new: DoubleComment, given: Mapping[str, Any], user: User) -> None:
        """Whose comment it is: the account's, unless anything about its author was sent without `author`."""
        sent = [name for name in ("author_name", "author_email", "author_url") if given.get(name)]
        author = self._state.user(int(given["author"])) if "author" in given else None
        if "author" in given and author is None:
            raise Wrong(400, "rest_comment_author_invalid", "Invalid comment author ID.")
        account = author or (None if sent else user)
        if account is not None:
            new.user, new.name = account.number, html.escape(account.name, quote=False)
            new.email, new.url = account.email, account.url
        new.name = str(given.get("author_name", new.name))
        new.email = str(given.get("author_email", new.email))
        new.url = str(given.get("author_url", new.url))
        if self._state.number("require_name_email") and not (new.name and new.email):
            sentence = "Creating a comment requires valid author name and email values."
            raise Wrong(400, "rest_comment_author_data_required", sentence)

    def _date(self, given: Mapping[str, Any]) -> float:
        if given.get("date"):
            return self._instant(str(given["date"]))
        if given.get("date_gmt"):
            when = datetime.fromisoformat(str(given["date_gmt"]))
            return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
        return float(int(self._state.now()))

    def _update(self, asked: Asked, number: int) -> Answer:
        one, given = self._known(number), asked.given
        if not self._state.may_edit(asked.user, one):
            raise asked.denied("rest_cannot_edit", "edit this comment.")
        if given.get("type", one.kind) != one.kind:
            raise Wrong(404, "rest_comment_invalid_type", "Sorry, you are not allowed to change the comment type.")
        if "content" in given:
            words = _words(given)
            if not words:
                raise Wrong(400, "rest_comment_content_invalid", "Invalid comment content.")
            if len(words.encode()) > LONGEST:
                raise Wrong(400, "comment_content_column_length", "Comment field exceeds maximum length allowed.")
            one.words = stored(words, unfiltered=self._state.may(asked.user, "unfiltered_html"))
        for name, attribute in (("author_name", "name"), ("author_email", "email"), ("author_url", "url")):
            if name in given:
                setattr(one, attribute, str(given[name]))
        if given.get("date") or given.get("date_gmt"):
            one.date = self._date(given)
        moderates = self._state.may(asked.user, "moderate_comments")
        one.ip = str((moderates and given.get("author_ip")) or asked.ip)  # whoever changes it is noted as its writer
        one.agent = str(given.get("author_user_agent") or asked.agent)
        if "status" in given:
            self._state.set_status(one, str(given["status"]))
        return Answer(self._shapes.chosen(asked, self._shapes.comment(one, "edit")))

    def _delete(self, asked: Asked, number: int) -> Answer:
        one = self._known(number)
        if not self._state.may_edit(asked.user, one):
            raise asked.denied("rest_cannot_delete", "delete this comment.")
        if str(asked.given.get("force", "")).lower() in {"1", "true"}:
            previous = self._shapes.comment(one, "edit")
            previous.pop("_links")
            self._state.delete(number)
            return Answer({"deleted": True, "previous": previous})
        if self._state.switched("no_trash"):
            raise Wrong(501, "rest_trash_not_supported", "The comment does not support trashing. Set 'force=true'.")
        if one.status == "trash":
            raise Wrong(410, "rest_already_trashed", "The comment has already been trashed.")
        self._state.set_status(one, "trash")
        return Answer(self._shapes.chosen(asked, self._shapes.comment(one, "edit")))


def _statuses(word: str) -> tuple[str, ...]:
    """The filter's word for the statuses: `approve` finds `approved`; `approved` is a word of no status."""
    words = {"approve": ("approved",), "all": ("approved", "hold"), "any": ("approved", "hold", "spam", "trash")}
    return words.get(word, (word,) if word != "approved" else ())


def _words(given: Mapping[str, Any]) -> str:
    content = given.get("content", "")
    return str(content.get("raw", "") if isinstance(content, dict) else content).strip()
