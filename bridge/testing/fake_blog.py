"""A blog in memory that behaves as real ones do, for tests of the core and of third parties."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from bridge.errors import NotThatComment, Refused
from bridge.model import (
    AccountName,
    BlogLimits,
    Choice,
    Comment,
    Commenter,
    CommentId,
    Covers,
    Found,
    Guarantee,
    Key,
    Kind,
    Page,
    Post,
    PostId,
    Published,
    Standing,
)
from bridge.ports import BlogAbility, BlogReady, Clock
from bridge.testing.faults import Line
from bridge.text import html_in, html_out
from bridge.text.tree import Text, paragraph, wording

EVERYTHING = frozenset(BlogAbility)


@dataclass(slots=True)
class Stored:
    """A comment as the fake blog keeps it."""

    comment: Comment
    standing: Standing = Standing.PUBLIC
    before: Standing = Standing.PENDING
    """How it stood before somebody put it into the spam or the trash."""


class FakeBlog:
    """One post after the other, comments under them; ids are `number@instant`, as on platforms that reuse numbers."""

    def __init__(
        self, clock: Clock, *, abilities: frozenset[BlogAbility] = EVERYTHING, limits: BlogLimits | None = None,
        accounts: Sequence[str] = ("ada",), moderated: bool = False, moderators: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        self.clock = clock
        self.abilities = abilities
        self.limits = limits or BlogLimits(depth=1, min_text=3, settle_after=5.0)
        self.accounts = frozenset(AccountName(name) for name in accounts)
        self.moderated = moderated
        self.moderators = self.accounts if moderators is None else frozenset(map(AccountName, moderators))
        self.paces: dict[AccountName, float] = {}
        self.keeps_keys = True
        self.moderations: list[tuple[AccountName, Choice]] = []
        self.posts: dict[PostId, Post] = {}
        self.stored: dict[int, Stored] = {}
        self.line = Line()
        self.reads = 0
        self.publications: list[tuple[str, Key]] = []

    # What a test does to the blog ------------------------------------------------------------------------------------

    def post(self, native: str = "/first/", title: str = "First post") -> PostId:
        """Put up a post."""
        id = PostId(native)
        self.posts[id] = Post(id, f"https://blog.example{native}", title)
        return id

    def comment(
        self, words: str | Text, *, name: str = "Vera", post: str = "/first/", under: CommentId | None = None,
        standing: Standing = Standing.PUBLIC, kind: Kind = Kind.COMMENT, key: str | None = None, held: str = "",
        account: str | None = None,
    ) -> CommentId:  # fmt: skip
        """A visitor comments; the comment's id."""
        if post not in self.posts:
            self.post(post)
        text = paragraph(words) if isinstance(words, str) else words
        made = Comment(
            CommentId(""), PostId(post), 0, under, Commenter(name), text, self.clock.now(), "", kind,
            key=None if key is None else Key(key), account=None if account is None else AccountName(account), held=held,
        )  # fmt: skip
        return self._store(made, standing)

    def edit(self, id: CommentId, words: str) -> None:
        """Somebody changes a comment on the blog."""
        stored = self._get(id)
        stored.comment = replace(stored.comment, text=paragraph(words))

    def remove(self, id: CommentId) -> None:
        """Somebody deletes a comment on the blog; its number is free again if it was the highest."""
        del self.stored[self._get(id).comment.position]

    def stand(self, id: CommentId, standing: Standing) -> None:
        """A moderator decides about a comment."""
        self._get(id).standing = standing

    def public(self) -> list[Comment]:
        """Everything that anybody can read on the blog."""
        return [stored.comment for stored in self.stored.values() if stored.standing is Standing.PUBLIC]

    def said(self) -> list[str]:
        """The words of everything that anybody can read on the blog."""
        return [wording(comment.text) for comment in self.public()]

    def _store(self, comment: Comment, standing: Standing) -> CommentId:
        number = max(self.stored, default=0) + 1
        id = CommentId(f"{number}@{self.clock.now():.3f}")
        link = f"{self.posts[comment.post].address}#c{number}"
        self.stored[number] = Stored(replace(comment, id=id, position=number, link=link, standing=standing), standing)
        return id

    def _get(self, id: CommentId) -> Stored:
        stored = self.stored.get(int(id.partition("@")[0]))
        if stored is None or stored.comment.id != id:
            raise NotThatComment("it is no longer that comment")
        return stored

    # The port --------------------------------------------------------------------------------------------------------

    async def open(self, stack: AsyncExitStack) -> BlogReady:
        """Always possible."""
        moderators = self.moderators if BlogAbility.MODERATE in self.abilities else frozenset()
        return BlogReady(
            self.abilities, self.limits, Guarantee.ONE, self.accounts, paces=self.paces, moderators=moderators
        )

    async def pages(self, cursor: str | None) -> AsyncIterator[Page]:
        """One page for each post."""
        self.reads += 1
        for id, post in list(self.posts.items()):
            read_at = self.clock.now()
            shown = [
                replace(stored.comment, standing=stored.standing)
                for stored in self.stored.values()
                if stored.comment.post == id and self._shown(stored)
            ]
            covers = (Covers(id, 0, 2**62),)
            waiting = covers if BlogAbility.READ_PENDING in self.abilities else ()
            yield Page(tuple(shown), (post,), covers, str(self.reads), read_at, waiting=waiting)

    def _shown(self, stored: Stored) -> bool:
        return stored.standing is Standing.PUBLIC or (
            stored.standing is Standing.PENDING and BlogAbility.READ_PENDING in self.abilities
        )

    async def look(self, ids: Sequence[CommentId]) -> Mapping[CommentId, Standing]:
        """As the store has it."""
        found: dict[CommentId, Standing] = {}
        for id in ids:
            stored = self.stored.get(int(id.partition("@")[0]))
            same = stored is not None and stored.comment.id == id
            found[id] = stored.standing if same and stored is not None else Standing.GONE
        return found

    async def publish(
        self, account: AccountName, post: PostId, parent: CommentId | None, text: Text, key: Key
    ) -> Published:
        """Store it; no check for doubles, as on most platforms."""
        if parent is not None and (await self.look([parent]))[parent] is Standing.GONE:
            raise Refused("the comment that you answer is gone")
        shown = self._shown_text(text)
        self.publications.append((wording(text), key))
        standing = Standing.PENDING if self.moderated else Standing.PUBLIC

        def effect() -> Published:
            made = Comment(
                CommentId(""), post, 0, parent, Commenter(account), shown, self.clock.now(), "",
                key=key if self.keeps_keys else None, account=None if self.keeps_keys else account,
            )  # fmt: skip
            id = self._store(made, standing)
            return Published(id, self._get(id).comment.link, self.moderated)

        return await self.line.carry(effect)

    def _shown_text(self, text: Text) -> Text:
        """What readers see of a text: as on real blogs it becomes HTML, and what is too short or long is refused."""
        length = len(wording(text))
        if length < self.limits.min_text:
            raise Refused(f"The blog takes no comment of fewer than {self.limits.min_text} characters.")
        if self.limits.max_text is not None and length > self.limits.max_text:
            raise Refused("The answer is too long for the blog.")
        return html_in.parse(html_out.render(text))

    async def find(self, account: AccountName, post: PostId, keys: Sequence[Key]) -> Sequence[Found]:
        """By the keys that comments carry; where the blog keeps none, everything by the account."""
        return [
            Found(c.id, c.link, c.key, c.text, stored.standing is Standing.PENDING, c.created)
            for stored in self.stored.values()
            if (c := stored.comment).post == post and (c.key in keys if self.keeps_keys else c.account == account)
        ]

    async def revise(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, text: Text, key: Key
    ) -> Published:
        """Read first, then replace."""
        stored = self._get(comment)
        if wording(stored.comment.text) not in {wording(expected), wording(text)}:
            raise NotThatComment("It was changed on the blog meanwhile, so this edit was not published.")
        shown = self._shown_text(text)

        def effect() -> Published:
            stored.comment = replace(stored.comment, text=shown, key=key)
            return Published(comment, stored.comment.link, stored.standing is Standing.PENDING)

        return await self.line.carry(effect)

    async def withdraw(self, account: AccountName, post: PostId, comment: CommentId, expected: Text) -> None:
        """Read first, then remove."""
        number = int(comment.partition("@")[0])
        stored = self.stored.get(number)
        if stored is None:
            return
        if stored.comment.id != comment or wording(stored.comment.text) != wording(expected):
            raise NotThatComment("What stands there is no longer that comment, so nothing was removed.")
        await self.line.carry(lambda: self.stored.pop(number, None))

    async def moderate(
        self, account: AccountName, post: PostId, comment: CommentId, expected: Text, choice: Choice
    ) -> Standing:
        """Read first, then do it."""
        stored = self._get(comment)
        if wording(stored.comment.text) != wording(expected):
            raise NotThatComment("It was changed on the blog meanwhile.")
        if account not in self.moderators:
            raise Refused(f"The account {account} may not moderate on the blog.")
        if choice is Choice.APPROVE and stored.standing is Standing.HIDDEN:
            raise NotThatComment("It was taken off the blog meanwhile.")

        def effect() -> Standing:
            self.moderations.append((account, choice))
            self._decide(stored, choice)
            return stored.standing

        return await self.line.carry(effect)

    def _decide(self, stored: Stored, choice: Choice) -> None:
        off = {Standing.HIDDEN, Standing.GONE}
        if choice is Choice.APPROVE:
            stored.standing = Standing.PUBLIC
        elif choice is Choice.RESTORE:
            stored.standing = stored.before if stored.standing in off else stored.standing
        elif stored.standing not in off:
            stored.before, stored.standing = stored.standing, Standing.HIDDEN
