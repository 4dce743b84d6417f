"""The double's API beside comments: the site, its posts and pages, their types, and its users."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from tests.servers.wordpress import User
from tests.servers.wordpress_double_asked import Answer, Asked, Wrong
from tests.servers.wordpress_double_shapes import Shapes
from tests.servers.wordpress_double_state import CAPABILITIES, State

Paging = Callable[[Asked, list[Any]], tuple[list[Any], dict[str, str]]]


class Posts:
    """Answers about everything but comments. `page` cuts a list."""

    def __init__(self, state: State, url: Callable[[str], str], shapes: Shapes, page: Paging) -> None:
        self._state = state
        self._url = url
        self._shapes = shapes
        self._page = page

    def listed(self, asked: Asked) -> Answer:
        return self._list(asked, "post")

    def pages(self, asked: Asked) -> Answer:
        return self._list(asked, "page")

    def _list(self, asked: Asked, kind: str) -> Answer:
        wanted = asked.texts("status") or ["publish"]
        if wanted != ["publish"] and not self._state.may(asked.user, "edit_posts"):
            raise Wrong(
                400, "rest_invalid_param", "Invalid parameter(s): status", params={"status": "Status is forbidden."}
            )
        slugs, include = asked.texts("slug"), asked.numbers("include")
        found = [
            post
            for post in self._state.posts.values()
            if post.kind == kind
            and post.status in wanted
            and (not include or post.number in include)
            and (not slugs or post.slug in slugs)
            and post.number not in asked.numbers("exclude")
        ]
        found.sort(
            key=lambda post: post.number if asked.text("orderby") == "id" else post.date,
            reverse=asked.text("order", "desc") == "desc",
        )
        pages = -(-len(found) // asked.number("per_page", 10))
        if asked.number("page", 1) > max(pages, 1):
            sentence = "The page number requested is larger than the number of pages available."
            raise Wrong(400, "rest_post_invalid_page_number", sentence)
        page, headers = self._page(asked, found)
        return Answer([self._shapes.chosen(asked, self._shapes.post(post, asked)) for post in page], headers=headers)

    def post(self, asked: Asked, number: int) -> Answer:
        post = self._state.posts.get(number)
        if post is None or (post.kind == "page") != asked.route.startswith("/wp/v2/pages"):
            raise Wrong(404, "rest_post_invalid_id", "Invalid post ID.")
        if not post.password and not self._state.may_read_post(asked.user, post):
            raise asked.denied("rest_forbidden", "do that.")
        return Answer(self._shapes.chosen(asked, self._shapes.post(post, asked)))

    def types(self, asked: Asked) -> Answer:
        kinds = {"post": ("Posts", "posts"), "page": ("Pages", "pages"), "attachment": ("Media", "media")}
        data = {
            slug: {"description": "", "hierarchical": slug == "page", "name": name, "slug": slug, "rest_base": base,
                   "rest_namespace": "wp/v2", "taxonomies": []}
            for slug, (name, base) in kinds.items()
        }  # fmt: skip
        return Answer({name: data[name] for name in asked.texts("_fields") or data if name in data} or [])

    def me(self, asked: Asked) -> Answer:
        user = self._signed_in(asked)
        data = self._shapes.user(user)
        if asked.text("context") == "edit":
            data |= {
                "username": user.login, "first_name": "", "last_name": "", "email": user.email, "locale": "en_US",
                "nickname": user.login, "roles": [user.role], "registered_date": "2026-01-01T12:00:00+00:00",
                "capabilities": {**dict.fromkeys(sorted(CAPABILITIES[user.role]), True), user.role: True},
                "extra_capabilities": {user.role: True},
            }  # fmt: skip
        return Answer(self._shapes.chosen(asked, data))

    def introspect(self, asked: Asked) -> Answer:
        user = self._signed_in(asked)
        return Answer({
            "uuid": "5c87bf51-72dd-4158-9701-c85c972d50c0", "app_id": "", "name": "backchat",
            "created": "2026-01-01T12:00:00", "last_used": None, "last_ip": None,
            "_links": {"self": [{"href": self._url(f"/wp/v2/users/{user.number}/application-passwords/5c87bf51")}]},
        })  # fmt: skip

    def _signed_in(self, asked: Asked) -> User:
        if asked.user is None:
            raise Wrong(401, "rest_not_logged_in", "You are not currently logged in.")
        return asked.user

    def user(self, asked: Asked, number: int) -> Answer:
        user = self._state.user(number)
        if user is None:
            raise Wrong(404, "rest_user_invalid_id", "Invalid user ID.")
        has_written = any(post.author == number and post.status == "publish" for post in self._state.posts.values())
        if not (has_written or user == asked.user or self._state.may(asked.user, "list_users")):
            raise asked.denied("rest_user_cannot_view", "list users.")
        return Answer(self._shapes.chosen(asked, self._shapes.user(user)))

    def root(self, patterns: Iterable[str]) -> Answer:
        off = self._state.switched("no_application_passwords")
        way = {"endpoints": {"authorization": f"{self._state.address}/wp-admin/authorize-application.php"}}
        now = datetime.fromtimestamp(self._state.now(), self._state.zone)
        offset = now.utcoffset()
        assert offset is not None
        routes = sorted({pattern.replace(r"(\d+)", r"(?P<id>[\d]+)") for pattern in patterns})
        return Answer({
            "name": self._state.options["blogname"], "description": "", "url": self._state.address,
            "home": self._state.address, "gmt_offset": int(offset.total_seconds() // 3600),
            "timezone_string": self._state.options["timezone_string"],
            "namespaces": ["oembed/1.0", "wp/v2", "wp-site-health/v1", "wp-block-editor/v1"],
            "authentication": [] if off else {"application-passwords": way},
            "routes": {route: {"namespace": "wp/v2", "methods": ["GET"]} for route in ["/", *routes]},
            "_links": {"help": [{"href": "https://developer.wordpress.org/rest-api/"}]},
        })  # fmt: skip
