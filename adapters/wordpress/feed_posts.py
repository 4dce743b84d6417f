"""Which posts the comments of a feed stand on: their numbers, and their cards, each learnt once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from adapters.wordpress import posts
from adapters.wordpress.api import Api, ApiRefusal
from adapters.wordpress.feed_entries import Entry
from adapters.wordpress.feed_pages import PageSays, number_in, page_of
from adapters.wordpress.feed_state import Known, State
from adapters.wordpress.feed_strangers import Told
from bridge.errors import RetryLater
from bridge.fetch import Fetch
from bridge.model import Comment, CommentId, Post, PostId
from bridge.text.tree import cleaned

_MOST_PAGES = 10
"""Pages of posts that one reading looks at, at the most."""


class Posts:
    """What one reading learns of posts. `known` goes into the cursor, `met` are the cards that the core is to have."""

    def __init__(self, fetch: Fetch, api: Api, state: State, site: str) -> None:
        self._fetch = fetch
        self._api = api
        self._host = urlsplit(site).hostname
        self._says: dict[str, PageSays | None] = {}
        self.known: dict[str, Known] = dict(state.posts)
        self.met: dict[PostId, Post] = {}

    async def says(self, page: str) -> PageSays | None:
        """What a post's page says, read once at the most; None also where too many pages were read."""
        if page not in self._says:
            enough = len(self._says) >= _MOST_PAGES
            self._says[page] = None if enough else await page_of(self._fetch, page)
        return self._says[page]

    async def learn(self, entries: Sequence[Entry], told: Mapping[CommentId, Told], new: Collection[CommentId]) -> None:
        """Learn of the posts of these entries; those of `new` ones get whole cards, for rooms will show them."""
        fresh: dict[PostId, str] = {}
        wanted: dict[PostId, str] = {}
        for entry in entries:
            before = self.known.pop(entry.base, None)
            id = await self._number(entry, told.get(entry.id), before)
            same = before is not None and (before.id, before.address) == (id, entry.page)
            own = before is not None and before.own and same
            self.known[entry.base] = Known(id, entry.page, own)
            if not same:
                fresh[id] = entry.page
            if not own and (entry.id in new or before is not None):
                wanted[id] = entry.page
        self._met(fresh, await self._cards(wanted))

    def _met(self, fresh: Mapping[PostId, str], learnt: Mapping[PostId, Post]) -> None:
        self.met |= {id: Post(id, page, _title(page)) for id, page in fresh.items()}
        self.met |= learnt
        for base, one in self.known.items():
            if one.id in learnt:
                self.known[base] = one._replace(own=True)

    async def learn_of(self, comments: Iterable[Comment]) -> None:
        """Learn of the posts of comments that came by the API."""
        there = {known.id for known in self.known.values()} | self.met.keys()
        wanted = list(dict.fromkeys(comment.post for comment in comments if comment.post not in there))
        learnt = await self._by_api(wanted)
        for comment in comments:
            if comment.post in wanted:
                page = comment.link.partition("#")[0]
                self.met[comment.post] = learnt.get(comment.post) or Post(comment.post, page, _title(page))

    async def _number(self, entry: Entry, told: Told | None, before: Known | None) -> PostId:
        """The post's number: as the API says, as it was known, as the guid says, else as the post's page says.

        A guid of another host was imported: the post may have got another number here.
        """
        if told is not None and told.post is not None:
            return told.post
        if before is not None:
            return before.id
        named = number_in(entry.base)
        if named is not None and urlsplit(entry.base).hostname == self._host:
            return named
        says = await self.says(entry.page)
        if says is not None and says.number is not None:
            return says.number
        return named or PostId(urlsplit(entry.page).path or "/")

    async def _cards(self, wanted: Mapping[PostId, str]) -> dict[PostId, Post]:
        found = await self._by_api(list(wanted))
        for id, page in wanted.items():
            says = None if id in found else await self.says(page)
            if says is not None and says.card is not None:
                card = says.card
                found[id] = Post(id, page, card.title, card.author, excerpt=card.excerpt, picture=card.picture)
        return found

    async def _by_api(self, ids: Sequence[PostId]) -> dict[PostId, Post]:
        numbered = [id for id in ids if id.isdigit()]
        if not numbered:
            return {}
        try:
            return await posts.cards(self._api, numbered)
        except (ApiRefusal, RetryLater):
            return {}  # a card only adorns


def _title(page: str) -> str:
    """A title made from a post's address."""
    spoken = " ".join(cleaned(unquote(urlsplit(page).path.strip("/").rpartition("/")[2])).replace("-", " ").split())
    return (spoken[:1].upper() + spoken[1:])[:300] or page
