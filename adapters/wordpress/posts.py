"""The posts that comments belong to, as their cards show them: only those that everybody may read."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.wordpress import wire
from adapters.wordpress.api import Api, ApiRefusal, plain_words
from adapters.wordpress.settings import Account
from bridge.model import Post, PostId
from bridge.ports import Clock

log = logging.getLogger("backchat.wordpress")

MOST = 100
"""Posts that WordPress gives at a time."""
RECHECK = 3600.0
"""Seconds after which a post is asked for again: its title may have changed, or it may be private by now."""
_FIELDS = "id,link,title,excerpt,date,date_gmt,_links.author,_links.wp:featuredmedia,_embedded"
_COMMON = ("posts", "pages")
_MEDIA = "media"
_LONGEST_TITLE = 300
_LONGEST_EXCERPT = 500


async def cards(
    api: Api, ids: Iterable[PostId], collections: Mapping[PostId, str] | None = None, account: Account | None = None
) -> dict[PostId, Post]:
    """The cards of these posts; those that are private, protected by a password, unpublished or gone are left out.

    `collections` say where a post is kept, as far as that is known; else posts, pages and all other public types are
    asked in turn. `account` asks, on a blog that tells strangers nothing; but files are asked for as strangers do: to
    whoever may read private posts WordPress gives theirs too, and does not say so. Raises as `Api.get` does, except for
    types that cannot be asked for.
    """
    asking = _Asking(api, account)
    wanted: dict[str, list[PostId]] = {}
    unknown = []
    for post in dict.fromkeys(ids):
        where = (collections or {}).get(post)
        if where is None:
            unknown.append(post)
        else:
            wanted.setdefault(where, []).append(post)
    for where, there in wanted.items():
        await asking.ask(where, there)
    await asking.search(unknown)
    return asking.found


class _Asking:
    """What was found so far, and which posts are known to exist though not everybody may read them."""

    def __init__(self, api: Api, account: Account | None) -> None:
        self._api = api
        self._account = account
        self._seen: set[PostId] = set()
        self.found: dict[PostId, Post] = {}

    async def search(self, ids: Sequence[PostId]) -> None:
        """Look for posts of which nobody said where they are kept."""
        for where in _COMMON:
            await self.ask(where, [post for post in ids if post not in self._seen])
        if any(post not in self._seen for post in ids):
            for where in await self._others():
                await self.ask(where, [post for post in ids if post not in self._seen])

    async def ask(self, where: str, ids: Sequence[PostId]) -> None:
        for first in range(0, len(ids), MOST):
            some = ids[first : first + MOST]
            params: dict[str, str | int] = {
                "include": ",".join(some),
                "per_page": MOST,
                "_fields": _FIELDS,
                "_embed": "author,wp:featuredmedia",
            }
            try:
                answer = await self._api.get(f"/wp/v2/{where}", params, None if where == _MEDIA else self._account)
            except ApiRefusal as refusal:
                if where not in _COMMON and refusal.status in {401, 403, 404}:
                    return  # a type that the API does not show; its posts are nobody's to read
                raise
            for entry in answer.json if isinstance(answer.json, list) else ():
                self._keep(entry)

    def _keep(self, entry: Any) -> None:
        try:
            post = PostId(str(int(entry["id"])))
            self._seen.add(post)
            if not entry.get("excerpt", {}).get("protected", False):
                self.found[post] = card(post, entry)
        except (KeyError, TypeError, ValueError, AttributeError):
            return  # what another plugin made of it is no post that could be shown

    async def _others(self) -> list[str]:
        answer = await self._api.get("/wp/v2/types", None, self._account)
        kinds = answer.json.values() if isinstance(answer.json, dict) else ()
        bases = [kind.get("rest_base") for kind in kinds if isinstance(kind, dict) and not _inner(kind)]
        return [base for base in bases if isinstance(base, str) and base.isascii() and base not in _COMMON]


@dataclass(slots=True)
class Shelf:
    """Cards that were asked for lately: only unknown posts cost a question. What it keeps is lost without harm."""

    api: Api
    account: Account | None
    clock: Clock
    _cards: dict[PostId, tuple[float, Post | None]] = field(default_factory=dict)

    async def fetch(self, entries: Iterable[Mapping[str, Any]]) -> tuple[Post, ...]:
        """The cards of the posts of these comments, as far as everybody may read them.

        Raises `RetryLater` and `ApiRefusal` as `Api.get` does.
        """
        now = self.clock.now()
        there = {post: wire.collection(entry) for entry in entries if (post := post_of(entry)) is not None}
        old = [post for post in there if not self._asked(post) <= now < self._asked(post) + RECHECK]
        found = await cards(self.api, old, {post: at for post in old if (at := there[post])}, self.account)
        for post in old:
            if post not in found and post not in self._cards:
                log.info("the comments on post %s stay on the blog: not everybody may read that post there", post)
        self._cards |= {post: (now, found.get(post)) for post in old}
        return tuple(card for post in there if (card := self._cards[post][1]) is not None)

    def _asked(self, post: PostId) -> float:
        return self._cards[post][0] if post in self._cards else math.inf

    def public(self, entry: Mapping[str, Any]) -> bool:
        """Whether everybody may read the post of this comment, which was asked for before."""
        post = post_of(entry)
        return post is not None and self._cards.get(post, (0.0, None))[1] is not None


def post_of(entry: Mapping[str, Any]) -> PostId | None:
    """The post of a comment as the API gives it; None for a comment on nothing."""
    number = entry.get("post")
    return PostId(str(number)) if isinstance(number, int) and number > 0 else None


def _inner(kind: Mapping[str, Any]) -> bool:
    """Whether a type is WordPress's own furniture: menus, templates, blocks."""
    slug = str(kind.get("slug", ""))
    return slug.startswith("wp_") or slug == "nav_menu_item" or kind.get("rest_namespace", "wp/v2") != "wp/v2"


def card(post: PostId, entry: Mapping[str, Any]) -> Post:
    """Read one post. Raises ValueError, KeyError or TypeError where the JSON is not WordPress's."""
    title = plain_words(entry["title"]["rendered"]) if "title" in entry else ""
    excerpt = plain_words(entry["excerpt"]["rendered"]) if "excerpt" in entry else ""
    return Post(
        id=post,
        address=str(entry["link"]),
        title=title[:_LONGEST_TITLE] or str(entry["link"]),
        author=plain_words(_embedded(entry, "author", "name")) or None,
        published=wire.instant(entry),
        excerpt=_shortened(excerpt),
        picture=_embedded(entry, "wp:featuredmedia", "source_url"),
    )


def _embedded(entry: Mapping[str, Any], rel: str, name: str) -> str | None:
    """What WordPress told along with the post; a plugin that hides authors leaves an error in its place."""
    first = (entry.get("_embedded") or {}).get(rel) or [{}]
    value = first[0].get(name) if isinstance(first[0], dict) else None
    return value if isinstance(value, str) and value else None


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_EXCERPT:
        return text
    return text[: _LONGEST_EXCERPT - 1].rsplit(" ", 1)[0].rstrip() + "…"
