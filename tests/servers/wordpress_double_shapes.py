"""What the double's API shows of comments, posts and users."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.servers.wordpress import User
from tests.servers.wordpress_double_asked import Answer, Asked
from tests.servers.wordpress_double_state import DoubleComment, DoublePost, State
from tests.servers.wordpress_double_text import rendered, title

_SECRET_FIELDS = ("author_email", "author_ip", "author_user_agent")


class Shapes:
    """Makes JSON values. `url` gives a route's address, `look` answers for what is to be embedded."""

    def __init__(self, state: State, url: Callable[[str], str], look: Callable[[Asked], Answer]) -> None:
        self._state = state
        self._url = url
        self._look = look

    def comment(self, one: DoubleComment, context: str) -> dict[str, Any]:
        content = {"rendered": rendered(one.words)} | ({"raw": one.words} if context == "edit" else {})
        data = {
            "id": one.number, "post": one.post, "parent": one.parent, "author": one.user, "author_name": one.name,
            "author_email": one.email, "author_url": one.url, "author_ip": one.ip, "author_user_agent": one.agent,
            "date": self._local(one.date), "date_gmt": _gmt(one.date), "content": content,
            "link": self._state.comment_link(one), "status": one.status, "type": one.kind,
            "author_avatar_urls": _avatars(one.email), "meta": [], "_links": self._links(one),
        }  # fmt: skip
        if context != "edit":
            for name in _SECRET_FIELDS:
                del data[name]
        if context == "embed":
            for name in ("date_gmt", "status", "post", "meta"):
                data.pop(name, None)
        return data

    def _links(self, one: DoubleComment) -> dict[str, Any]:
        links: dict[str, Any] = {
            "self": [{"href": self._url(f"/wp/v2/comments/{one.number}")}],
            "collection": [{"href": self._url("/wp/v2/comments")}],
        }
        post = self._state.posts.get(one.post)
        if one.user:
            links["author"] = [{"embeddable": True, "href": self._url(f"/wp/v2/users/{one.user}")}]
        if post is not None:
            where = self._url(f"/wp/v2/{post.kind}s/{post.number}")
            links["up"] = [{"embeddable": True, "post_type": post.kind, "href": where}]
        if one.parent:
            links["in-reply-to"] = [{"embeddable": True, "href": self._url(f"/wp/v2/comments/{one.parent}")}]
        if any(other.parent == one.number for other in self._state.comments.values()):
            links["children"] = [{"embeddable": True, "href": self._url("/wp/v2/comments") + f"?parent={one.number}"}]
        return links

    def post(self, post: DoublePost, asked: Asked, context: str = "view") -> dict[str, Any]:
        is_shut = bool(post.password) and not self._state.may_edit_post(asked.user, post)
        shown = "" if is_shut or (asked.user is None and post.password) else post.words + "\n"
        data = {
            "id": post.number, "date": self._local(post.date), "date_gmt": _gmt(post.date),
            "guid": {"rendered": post.guid}, "modified": self._local(post.modified),
            "modified_gmt": _gmt(post.modified), "slug": post.slug, "status": post.status, "type": post.kind,
            "link": self._state.permalink(post), "title": {"rendered": self._titled(post)},
            "content": {"rendered": shown, "protected": bool(post.password)},
            "excerpt": {"rendered": shown, "protected": bool(post.password)}, "author": post.author,
            "featured_media": 0, "comment_status": post.comments, "ping_status": "open", "template": "", "meta": [],
            "_links": {
                "self": [{"href": self._url(f"/wp/v2/{post.kind}s/{post.number}")}],
                "author": [{"embeddable": True, "href": self._url(f"/wp/v2/users/{post.author}")}],
            },
        }  # fmt: skip
        if context == "embed":
            kept = ("id", "date", "slug", "type", "link", "title", "excerpt", "author", "featured_media", "_links")
            return {name: data[name] for name in kept}
        return data

    def _titled(self, post: DoublePost) -> str:
        before = "Protected: " if post.password else "Private: " if post.status == "private" else ""
        return before + title(post.title)

    def user(self, user: User) -> dict[str, Any]:
        return {
            "id": user.number, "name": html.escape(user.name, quote=False), "url": user.url, "description": "",
            "link": f"{self._state.address}/author/{user.login}/", "slug": user.login,
            "avatar_urls": _avatars(user.email), "meta": [],
            "_links": {"self": [{"href": self._url(f"/wp/v2/users/{user.number}")}]},
        }  # fmt: skip

    def chosen(self, asked: Asked, data: dict[str, Any]) -> dict[str, Any]:
        """Only the fields that were asked for, and what was asked to be embedded."""
        if "_embed" in asked.given and "_links" in data:
            data = data | {"_embedded": self._embedded(asked, data["_links"])}
        if not asked.texts("_fields"):
            return data
        kept: dict[str, Any] = {}
        for name in asked.texts("_fields"):
            outer, _, inner = name.partition(".")
            if outer in data and not inner:
                kept[outer] = data[outer]
            elif outer in {"_links", "_embedded"}:
                kept[outer] = {
                    **kept.get(outer, {}),
                    **({inner: data[outer][inner]} if inner in data.get(outer, {}) else {}),
                }
            elif outer in data and not asked.route.startswith("/wp/v2/comments"):  # there, a part of a field is lost
                kept[outer] = {**kept.get(outer, {}), inner: data[outer].get(inner)}
        return kept

    def _embedded(self, asked: Asked, links: Mapping[str, Any]) -> dict[str, Any]:
        wanted = asked.texts("_embed")
        wanted = [] if wanted in ([], ["1"], ["true"]) else wanted
        embedded: dict[str, Any] = {}
        for relation, targets in links.items():
            if targets[0].get("embeddable") and relation != "children" and (not wanted or relation in wanted):
                embedded[relation] = [self._embed(asked, targets[0]["href"])]
        return embedded

    def _embed(self, asked: Asked, href: str) -> Any:
        found = re.search(r"/wp/v2/(?:sites/[^/]+/)?(comments|posts|pages|users)/(\d+)", href)
        assert found is not None
        kind, number = found[1], int(found[2])
        inner = Asked("GET", f"/wp/v2/{kind}/{number}", asked.user, {}, {}, asked.ip, asked.agent)
        answer = self._look(inner)
        if answer.status != 200:
            return answer.data
        if kind == "comments":
            return self.comment(self._state.comments[number], "embed")
        if kind in {"posts", "pages"}:
            return self.post(self._state.posts[number], asked, "embed")
        answer.data.pop("meta", None)
        return answer.data

    def _local(self, date: float) -> str:
        return datetime.fromtimestamp(date, self._state.zone).strftime("%Y-%m-%dT%H:%M:%S")


def _gmt(date: float) -> str:
    return datetime.fromtimestamp(date, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _avatars(email: str) -> dict[str, str]:
    digest = hashlib.md5(email.strip().lower().encode(), usedforsecurity=False).hexdigest()
    return {size: f"http://0.gravatar.com/avatar/{digest}?s={size}&d=mm&r=g" for size in ("24", "48", "96")}
