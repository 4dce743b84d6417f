"""What every blog adapter must prove: reading loses and invents nothing, and every effect ends as the port says.

Best run against the real blog software; a test is skipped only where `open()` does not name the ability.
"""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar, runtime_checkable

import pytest

from bridge.errors import MaybeDone, NotThatComment, Refused, StepError
from bridge.model import AccountName, Choice, Comment, CommentId, Key, Page, PostId, Published, Standing
from bridge.ports import (
    BLOG_ABILITIES,
    Blog,
    BlogAbility,
    BlogReady,
    Finds,
    Moderates,
    Publishes,
    Revises,
    Withdraws,
)
from bridge.testing.contract import Contract, complete, hook_missing
from bridge.text.tree import (
    Block,
    BulletList,
    CodeBlock,
    Emphasis,
    Link,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Strong,
    Text,
    digest,
    paragraph,
    runs,
    wording,
)

T = TypeVar("T")

KEY = Key("abcdefghijklmnopqrstuvwx")
NEW_KEY = Key("xwvutsrqponmlkjihgfedcba")
FOREIGN_KEY = Key("234567abcdefghijklmnopqr")
BEATS = 12
"""How often a blog may be read until a change of an old comment is seen: some look for those at a slower beat."""

ANSWER = paragraph("In March, with sharp shears.")
BETTER = paragraph("In April, on second thought.")
FORMATTED: Text = (
    *paragraph("Use ", Strong((Plain("sharp"),)), " shears, ", Emphasis((Plain("please"),)), "."),
    CodeBlock("if frost < 3:\n    wait()", "python"),
    BulletList((paragraph("first the dead wood"), paragraph("then the rest"))),
    Quote(paragraph("as my grandmother said")),
)
HOSTILE = (
    "<script>alert(1)</script>",
    "</p></code><img src=x onerror=alert(1)>",
    "&lt;b&gt;bold&lt;/b&gt; &amp;amp;",
    "*stars* _lines_ ~~waves~~ `ticks` [words](https://evil.example/)",
    "# no heading",
    "1. no list",
    "> no quote",
    '" onmouseover="alert(1)',
)
STRAIGHT = str.maketrans("“”„″‘’‚′", "\"\"\"\"''''")


class BlogScene(Protocol):
    """A fresh blog, the adapter on it that was not opened yet, and people who use the blog without Backchat."""

    @property
    def blog(self) -> Blog:
        """The adapter."""
        ...

    @property
    def post(self) -> PostId:
        """A post that may be commented on."""
        ...

    @property
    def account(self) -> AccountName:
        """An author's account, if the adapter has any."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """The secrets that the adapter was given."""
        ...

    async def comment(self, words: str, name: str, under: Comment | None = None) -> None:
        """A visitor comments on the post, in public; `words` are plain letters and spaces."""
        ...

    async def edit(self, comment: Comment, words: str) -> None:
        """Somebody changes a comment (a visitor's or ours) on the blog."""
        ...

    async def delete(self, comment: Comment) -> None:
        """Somebody deletes a comment (a visitor's or ours) that has no replies."""
        ...

    async def hide(self, comment: Comment) -> None:
        """The blog's moderator takes a comment off the page without deleting it."""
        ...

    def lose_request(self) -> None:
        """The connection breaks before the blog hears of the adapter's next effect."""
        ...

    def lose_answer(self) -> None:
        """The connection breaks after the adapter's next effect has happened, before the blog's answer arrives."""
        ...


@runtime_checkable
class HoldingScene(Protocol):
    """What a scene has besides where its blog can hold comments back until a moderator approves them."""

    async def comment_held(self, words: str, name: str) -> None:
        """A visitor comments on the post, and the comment waits for approval; `words` are plain letters and spaces."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """A scene whose adapter is open. The properties skip the test where `open()` does not name the ability."""

    scene: BlogScene
    ready: BlogReady

    @property
    def blog(self) -> Blog:
        """The adapter."""
        return self.scene.blog

    @property
    def publisher(self) -> Publishes:
        """The adapter, if it can publish."""
        return self._able(BlogAbility.PUBLISH, Publishes)  # type: ignore[type-abstract]

    @property
    def finder(self) -> Finds:
        """The adapter, if it can find."""
        return self._able(BlogAbility.FIND, Finds)  # type: ignore[type-abstract]

    @property
    def reviser(self) -> Revises:
        """The adapter, if it can revise."""
        return self._able(BlogAbility.REVISE, Revises)  # type: ignore[type-abstract]

    @property
    def withdrawer(self) -> Withdraws:
        """The adapter, if it can withdraw."""
        return self._able(BlogAbility.WITHDRAW, Withdraws)  # type: ignore[type-abstract]

    @property
    def moderator(self) -> Moderates:
        """The adapter, if it can moderate."""
        return self._able(BlogAbility.MODERATE, Moderates)  # type: ignore[type-abstract]

    def _able(self, ability: BlogAbility, protocol: type[T]) -> T:
        if ability not in self.ready.abilities:
            pytest.skip(f"open() does not name the ability {ability.value!r}")
        assert isinstance(self.blog, protocol)
        return self.blog

    async def commented(self, words: str, name: str = "Vera", under: Comment | None = None) -> Comment:
        """A visitor's comment, as it is then read."""
        known = {comment.id for comment in await self.comments()}
        await self.scene.comment(words, name, under)
        (new,) = [comment for comment in await self.comments() if comment.id not in known]
        return new

    async def held(self, words: str, name: str = "Vera") -> Comment:
        """A visitor's comment that waits for approval, as it is then read."""
        if not isinstance(self.scene, HoldingScene) or BlogAbility.READ_PENDING not in self.ready.abilities:
            pytest.skip("the scene holds no comments (`comment_held`), or the adapter cannot read them")
        known = {comment.id for comment in await self.comments()}
        await self.scene.comment_held(words, name)
        (new,) = [comment for comment in await self.comments() if comment.id not in known]
        return new

    async def moderated(self) -> Comment:
        """A visitor's public comment, about which the scene's account may decide."""
        assert self.moderator
        return await self.commented("How do you prune roses")

    async def moderate(self, comment: Comment, choice: Choice, expected: Text | None = None) -> Standing:
        """Decide about a comment, as the scene's account."""
        text = comment.text if expected is None else expected
        return await self.moderator.moderate(self.scene.account, self.scene.post, comment.id, text, choice)

    async def read(self, cursor: str | None = None) -> list[Page]:
        """One reading of the blog."""
        return [page async for page in self.blog.pages(cursor)]

    async def comments(self) -> list[Comment]:
        """Every comment that one reading from scratch shows."""
        return [comment for page in await self.read() for comment in page.comments]

    async def said(self) -> list[str]:
        """The words of every comment that stands on the blog."""
        return sorted(wording(comment.text) for comment in await self.comments())

    async def one(self, id: CommentId) -> Comment:
        """The comment with this id, as one reading from scratch shows it."""
        (found,) = [comment for comment in await self.comments() if comment.id == id]
        return found

    async def standing(self, id: CommentId) -> Standing:
        """How the comment stands, when asked."""
        return (await self.blog.look([id]))[id]

    async def in_time(self, cursor: str | None, seen: Callable[[Page], bool]) -> bool:
        """Whether a reading from `cursor` on, or one of the next, shows such a page."""
        for _ in range(BEATS):
            for page in await self.read(cursor):
                cursor = page.cursor
                if seen(page):
                    return True
        return False

    async def publish(self, text: Text = ANSWER, parent: CommentId | None = None, key: Key = KEY) -> Published:
        """Publish an answer of ours."""
        return await self.publisher.publish(self.scene.account, self.scene.post, parent, text, key)

    async def revise(self, comment: CommentId, expected: Text = ANSWER, text: Text = BETTER) -> Published:
        """Revise an answer of ours."""
        return await self.reviser.revise(self.scene.account, self.scene.post, comment, expected, text, NEW_KEY)

    async def withdraw(self, comment: CommentId, expected: Text = ANSWER) -> None:
        """Withdraw an answer of ours."""
        await self.withdrawer.withdraw(self.scene.account, self.scene.post, comment, expected)

    async def found(self, *keys: Key) -> list[CommentId]:
        """The comments that carry one of these keys, when asked."""
        found = await self.finder.find(self.scene.account, self.scene.post, keys)
        return [each.comment for each in found]


class BlogContract(Contract):
    """Subclass it and build your scene; see `bridge.testing.contract`."""

    tells_deleted_from_hidden: ClassVar[bool] = True
    """False for a blog that merely does not show a comment any more, whatever became of it: then it is `HIDDEN`."""
    has_a_trash: ClassVar[bool] = False
    """True for a blog where a withdrawn answer can be restored: then it is `HIDDEN`, and still found."""
    typesets: ClassVar[bool] = False
    """True for a blog that shows straight quotation marks as a printer would set them."""

    @property
    def deleted(self) -> Standing:
        """How a deleted comment stands, when asked."""
        return Standing.GONE if self.tells_deleted_from_hidden else Standing.HIDDEN

    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> BlogScene:
        """Start a fresh blog with a post and no comments, whose servers stop when `stack` closes."""
        raise hook_missing(self, "make_scene", BlogScene)

    @pytest.fixture
    async def on(self, tmp_path: Path) -> AsyncIterator[Opened]:
        """A scene whose adapter is open."""
        async with AsyncExitStack() as stack:
            scene = complete(await self.make_scene(tmp_path, stack), BlogScene)
            yield Opened(scene, await scene.blog.open(stack))

    # Opening ---------------------------------------------------------------------------------------------------------

    async def test_every_ability_that_open_names_is_backed(self, on: Opened) -> None:
        assert isinstance(on.blog, Blog)
        for ability in on.ready.abilities & BLOG_ABILITIES.keys():
            assert isinstance(on.blog, BLOG_ABILITIES[ability]), ability
        if BlogAbility.PUBLISH in on.ready.abilities:
            assert on.scene.account in on.ready.accounts

    async def test_opening_again_finds_the_same(self, on: Opened) -> None:
        async with AsyncExitStack() as stack:
            assert await on.blog.open(stack) == on.ready
        assert await on.comments() == [], "it is still open when the second opening's stack is closed"

    # Reading ---------------------------------------------------------------------------------------------------------

    async def test_an_empty_blog_is_read_without_comments(self, on: Opened) -> None:
        assert await on.comments() == []
        assert await on.blog.look([]) == {}

    async def test_every_public_comment_is_read_once_with_its_post(self, on: Opened) -> None:
        top = await on.commented("How do you prune roses")
        await on.scene.comment("I wonder too", "Sam", top)
        await on.scene.comment("And lavender", "Kim")
        pages = await on.read()
        shown = [comment for page in pages for comment in page.comments]
        assert sorted(wording(comment.text) for comment in shown) == [
            "And lavender",
            "How do you prune roses",
            "I wonder too",
        ]
        assert sorted(comment.commenter.name for comment in shown) == ["Kim", "Sam", "Vera"]
        assert len({comment.id for comment in shown}) == len({comment.position for comment in shown}) == 3
        posts = {post.id: post for page in pages for post in page.posts}
        for comment in shown:
            assert comment.post == on.scene.post
            assert comment.standing is Standing.PUBLIC
            assert comment.link.startswith(("http://", "https://"))
            assert posts[comment.post].title
            assert posts[comment.post].address.startswith(("http://", "https://"))

    async def test_a_comment_comes_with_its_post_on_the_same_page_or_an_earlier_one(self, on: Opened) -> None:
        await on.scene.comment("How do you prune roses", "Vera")
        known: set[PostId] = set()
        for page in await on.read():
            known |= {post.id for post in page.posts}
            assert {comment.post for comment in page.comments} <= known

    async def test_what_a_page_covers_it_shows_completely(self, on: Opened) -> None:
        for number in range(5):
            await on.scene.comment(f"Comment number {number}", "Vera")
        pages = await on.read()
        everything = [comment for page in pages for comment in page.comments]
        for page in pages:
            for covers in page.covers:
                inside = {
                    comment.id
                    for comment in everything
                    if covers.first <= comment.position <= covers.last and covers.post in {None, comment.post}
                }
                assert inside <= {comment.id for comment in page.comments}

    async def test_parents_are_comments_of_the_same_blog(self, on: Opened) -> None:
        top = await on.commented("How do you prune roses")
        reply = await on.commented("I wonder too", "Sam", top)
        assert (top.parent, reply.parent) == (None, top.id)

    async def test_what_nobody_touched_reads_the_same_again(self, on: Opened) -> None:
        top = await on.commented("How do you prune roses")
        await on.scene.comment("I wonder too", "Sam", top)

        def fingerprint(comments: Iterable[Comment]) -> set[tuple[object, ...]]:
            return {(c.id, c.post, c.position, c.parent, c.created, c.link, digest(c.text)) for c in comments}

        assert fingerprint(await on.comments()) == fingerprint(await on.comments())

    async def test_an_id_is_understood_when_it_comes_back(self, on: Opened) -> None:
        comments = [await on.commented(f"Comment number {number}") for number in range(3)]
        ids = [CommentId(str(comment.id)) for comment in comments]
        assert await on.blog.look(ids) == dict.fromkeys(ids, Standing.PUBLIC)

    async def test_a_cursor_is_taken_back_and_what_is_new_is_read(self, on: Opened) -> None:
        await on.scene.comment("How do you prune roses", "Vera")
        cursor = (await on.read())[-1].cursor
        for _ in range(2):
            later = await on.read(cursor)
            cursor = later[-1].cursor if later else cursor
        await on.scene.comment("And lavender", "Kim")
        new = [wording(comment.text) for page in await on.read(cursor) for comment in page.comments]
        assert "And lavender" in new

    async def test_a_reading_may_be_left_at_any_page(self, on: Opened) -> None:
        await on.scene.comment("How do you prune roses", "Vera")
        async for page in on.blog.pages(None):
            assert page.cursor is None or isinstance(page.cursor, str)
            break
        assert len(await on.comments()) == 1

    async def test_an_edited_comment_keeps_its_id_and_is_seen_in_time(self, on: Opened) -> None:
        comment = await on.commented("How do you prune roses")
        cursor = (await on.read())[-1].cursor
        await on.scene.edit(comment, "How do you prune lavender")

        def edited(page: Page) -> bool:
            return any(c.id == comment.id and digest(c.text) != digest(comment.text) for c in page.comments)

        assert await on.in_time(cursor, edited)
        now = await on.one(comment.id)
        assert wording(now.text) == "How do you prune lavender"
        assert (now.position, now.created) == (comment.position, comment.created)

    async def test_a_deleted_comment_is_absent_where_a_page_covers_it_and_gone(self, on: Opened) -> None:
        await on.commented("How do you prune roses")
        comment = await on.commented("Never mind")
        cursor = (await on.read())[-1].cursor
        await on.scene.delete(comment)

        def absent(page: Page) -> bool:
            covered = any(c.first <= comment.position <= c.last and c.post in {None, comment.post} for c in page.covers)
            return covered and comment.id not in {shown.id for shown in page.comments}

        assert await on.in_time(cursor, absent)
        assert await on.said() == ["How do you prune roses"]
        assert await on.standing(comment.id) is self.deleted

    async def test_an_id_whose_number_was_given_to_another_comment_is_gone(self, on: Opened) -> None:
        first = await on.commented("How do you prune roses")
        await on.scene.delete(first)
        second = await on.commented("How do you prune roses")
        assert second.id != first.id
        assert await on.blog.look([first.id, second.id]) == {first.id: self.deleted, second.id: Standing.PUBLIC}

    async def test_a_hidden_comment_is_public_no_more_and_not_gone(self, on: Opened) -> None:
        comment = await on.commented("How do you prune roses")
        await on.scene.hide(comment)
        assert [c for c in await on.comments() if c.standing is Standing.PUBLIC] == []
        assert await on.standing(comment.id) in {Standing.HIDDEN, Standing.PENDING}

    # Publishing and finding ------------------------------------------------------------------------------------------

    async def test_an_answer_stands_where_it_was_published_with_its_key_and_words(self, on: Opened) -> None:
        asked = await on.commented("How do you prune roses")
        made = await on.publish(parent=asked.id)
        answer = await on.one(made.comment)
        assert (answer.post, answer.parent, answer.key) == (on.scene.post, asked.id, KEY)
        assert (wording(answer.text), answer.link) == (wording(ANSWER), made.link)
        assert (await on.one(asked.id)).key is None

    async def test_an_answer_can_stand_directly_under_the_post(self, on: Opened) -> None:
        made = await on.publish()
        assert (await on.one(made.comment)).parent is None

    async def test_formatting_loses_no_words(self, on: Opened) -> None:
        made = await on.publish(FORMATTED)
        assert wording((await on.one(made.comment)).text) == wording(FORMATTED)

    async def test_law_06_an_answer_is_found_by_its_key_and_by_no_other(self, on: Opened) -> None:
        await on.commented("How do you prune roses")
        made = await on.publish()
        (found,) = await on.finder.find(on.scene.account, on.scene.post, [FOREIGN_KEY, KEY])
        assert (found.comment, found.key, found.link) == (made.comment, KEY, made.link)
        assert wording(found.text) == wording(ANSWER)
        assert await on.found(FOREIGN_KEY) == []
        assert await on.found() == []

    async def test_law_02_a_lost_answer_is_said_to_be_unknown_and_then_found(self, on: Opened) -> None:
        finder, publisher = on.finder, on.publisher
        on.scene.lose_answer()
        with pytest.raises(MaybeDone):
            await publisher.publish(on.scene.account, on.scene.post, None, ANSWER, KEY)
        (found,) = await finder.find(on.scene.account, on.scene.post, [KEY])
        assert [comment.id for comment in await on.comments()] == [found.comment]

    async def test_law_02_a_lost_request_is_said_to_be_unknown_and_not_found(self, on: Opened) -> None:
        finder, publisher = on.finder, on.publisher
        on.scene.lose_request()
        with pytest.raises(MaybeDone):
            await publisher.publish(on.scene.account, on.scene.post, None, ANSWER, KEY)
        assert await finder.find(on.scene.account, on.scene.post, [KEY]) == []
        assert await on.comments() == []

    async def test_an_answer_to_a_comment_that_is_gone_is_refused_in_words(self, on: Opened) -> None:
        publisher = on.publisher
        asked = await on.commented("How do you prune roses")
        await on.scene.delete(asked)
        with pytest.raises(Refused) as caught:
            await publisher.publish(on.scene.account, on.scene.post, asked.id, ANSWER, KEY)
        assert in_words(caught.value)
        assert await on.comments() == []

    async def test_an_answer_is_not_published_under_whoever_got_the_number_since(self, on: Opened) -> None:
        publisher = on.publisher
        asked = await on.commented("How do you prune roses")
        await on.scene.delete(asked)
        stranger = await on.commented("How do you prune roses", "Sam")
        with pytest.raises(Refused):
            await publisher.publish(on.scene.account, on.scene.post, asked.id, ANSWER, KEY)
        assert [comment.id for comment in await on.comments()] == [stranger.id]

    async def test_too_short_a_text_is_refused_in_words(self, on: Opened) -> None:
        publisher = on.publisher
        short = "x" * (on.ready.limits.min_text - 1)
        with pytest.raises(Refused) as caught:
            await publisher.publish(on.scene.account, on.scene.post, None, paragraph(short), KEY)
        assert in_words(caught.value)
        assert await on.comments() == []

    async def test_too_long_a_text_is_refused_in_words(self, on: Opened) -> None:
        publisher, longest = on.publisher, on.ready.limits.max_text
        if longest is None:
            return
        with pytest.raises(Refused) as caught:
            await publisher.publish(on.scene.account, on.scene.post, None, paragraph("x" * (longest + 1)), KEY)
        assert in_words(caught.value)
        assert await on.comments() == []

    @pytest.mark.parametrize("words", HOSTILE)
    async def test_law_09_hostile_words_stay_words(self, on: Opened, words: str) -> None:
        made = await on.publish((*paragraph(words), *paragraph("before ", words, " after")))
        text = (await on.one(made.comment)).text
        said = wording(text).translate(STRAIGHT) if self.typesets else wording(text)
        assert said == " ".join(f"{words} before {words} after".split())
        assert all(isinstance(block, Paragraph) for block in text)
        assert not [run for run in inlines(text) if run.marks]

    async def test_law_09_no_address_that_runs_script_is_published(self, on: Opened) -> None:
        bad = ("javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,<script>alert(1)</script>")
        disguised = Link("https://evil.example/", (Plain("https://bank.example/"),))
        links = [Link(address, (Plain("click here"),)) for address in bad]
        made = await on.publish((*paragraph(*links, " and ", disguised), CodeBlock("</code><script>", '"><script>')))
        text = (await on.one(made.comment)).text
        assert wording(text).count("click here") == len(bad)
        addresses = {run.link.address for run in inlines(text) if run.link}
        assert addresses <= {"https://evil.example/", "https://bank.example/", "https://evil.example"}
        assert "evil.example" in wording(text), "where a disguised link leads is said, or it is no link"

    # Revising and withdrawing ----------------------------------------------------------------------------------------

    async def test_a_revised_answer_keeps_its_id_and_says_the_new_words(self, on: Opened) -> None:
        asked = await on.commented("How do you prune roses")
        made = await on.publish(parent=asked.id)
        for _ in range(2):
            assert (await on.revise(made.comment)).comment == made.comment
        now = await on.one(made.comment)
        assert (wording(now.text), now.parent) == (wording(BETTER), asked.id)
        assert await on.found(KEY, NEW_KEY) == [made.comment]

    async def test_formatted_answers_can_be_revised_and_withdrawn(self, on: Opened) -> None:
        more: Text = (*FORMATTED, NumberedList((paragraph("and *then* rest"),), 3))
        made = await on.publish(FORMATTED)
        await on.revise(made.comment, FORMATTED, more)
        await on.withdraw(made.comment, more)
        assert await on.comments() == []

    async def test_law_02_a_revise_whose_answer_is_lost_can_be_repeated(self, on: Opened) -> None:
        reviser, made = on.reviser, await on.publish()
        on.scene.lose_answer()
        with pytest.raises(MaybeDone):
            await reviser.revise(on.scene.account, on.scene.post, made.comment, ANSWER, BETTER, NEW_KEY)
        await on.revise(made.comment)
        assert await on.said() == [wording(BETTER)]

    async def test_what_somebody_changed_on_the_blog_is_not_written_over(self, on: Opened) -> None:
        reviser, made = on.reviser, await on.publish()
        await on.scene.edit(await on.one(made.comment), "The moderator was here")
        with pytest.raises(NotThatComment) as caught:
            await reviser.revise(on.scene.account, on.scene.post, made.comment, ANSWER, BETTER, NEW_KEY)
        assert in_words(caught.value)
        assert await on.said() == ["The moderator was here"]

    async def test_what_somebody_changed_on_the_blog_is_not_withdrawn(self, on: Opened) -> None:
        withdrawer, made = on.withdrawer, await on.publish()
        await on.scene.edit(await on.one(made.comment), "The moderator was here")
        with pytest.raises(NotThatComment):
            await withdrawer.withdraw(on.scene.account, on.scene.post, made.comment, ANSWER)
        assert await on.said() == ["The moderator was here"]

    async def test_an_answer_that_is_gone_is_not_revised(self, on: Opened) -> None:
        reviser, made = on.reviser, await on.publish()
        await on.scene.delete(await on.one(made.comment))
        with pytest.raises(NotThatComment):
            await reviser.revise(on.scene.account, on.scene.post, made.comment, ANSWER, BETTER, NEW_KEY)
        assert await on.comments() == []

    async def test_a_withdrawn_answer_is_gone_and_withdrawing_again_is_done(self, on: Opened) -> None:
        await on.commented("How do you prune roses")
        made = await on.publish()
        for _ in range(2):
            await on.withdraw(made.comment)
        assert await on.said() == ["How do you prune roses"]
        assert await on.standing(made.comment) is (Standing.HIDDEN if self.has_a_trash else Standing.GONE)
        assert await on.found(KEY, NEW_KEY) == ([made.comment] if self.has_a_trash else [])

    async def test_law_02_a_withdraw_whose_answer_is_lost_can_be_repeated(self, on: Opened) -> None:
        withdrawer, made = on.withdrawer, await on.publish()
        on.scene.lose_answer()
        with pytest.raises(MaybeDone):
            await withdrawer.withdraw(on.scene.account, on.scene.post, made.comment, ANSWER)
        await on.withdraw(made.comment)
        assert await on.comments() == []

    async def test_a_stranger_who_got_the_number_since_is_left_alone(self, on: Opened) -> None:
        made = await on.publish()
        await on.scene.delete(await on.one(made.comment))
        stranger = await on.commented(wording(ANSWER), "Sam")
        if BlogAbility.REVISE in on.ready.abilities:
            with pytest.raises(NotThatComment):
                await on.revise(made.comment)
        await done_or_refused(on.withdraw(made.comment))
        assert [(c.id, wording(c.text)) for c in await on.comments()] == [(stranger.id, wording(ANSWER))]

    # Moderating ------------------------------------------------------------------------------------------------------

    async def test_who_may_moderate_is_an_account(self, on: Opened) -> None:
        assert on.moderator
        assert on.scene.account in on.ready.moderators
        assert on.ready.moderators <= on.ready.accounts

    async def test_a_comment_that_waits_is_read_as_such_with_its_words(self, on: Opened) -> None:
        waiting = await on.held("How do you prune roses")
        assert (waiting.standing, wording(waiting.text)) == (Standing.PENDING, "How do you prune roses")
        assert waiting.commenter.name == "Vera"
        assert await on.standing(waiting.id) is Standing.PENDING
        public = await on.commented("And lavender", "Kim")
        again = {comment.id: comment.standing for comment in await on.comments()}
        assert again == {waiting.id: Standing.PENDING, public.id: Standing.PUBLIC}

    async def test_an_approved_comment_is_public_and_approving_again_is_done(self, on: Opened) -> None:
        assert on.moderator
        waiting = await on.held("How do you prune roses")
        assert await on.moderate(waiting, Choice.APPROVE) is Standing.PUBLIC
        assert await on.moderate(waiting, Choice.APPROVE) is Standing.PUBLIC
        assert await on.standing(waiting.id) is Standing.PUBLIC
        assert (await on.one(waiting.id)).standing is Standing.PUBLIC

    @pytest.mark.parametrize("choice", [Choice.SPAM, Choice.TRASH])
    async def test_a_public_comment_that_is_put_away_can_be_restored(self, on: Opened, choice: Choice) -> None:
        comment = await on.moderated()
        away = await on.moderate(comment, choice)
        assert away in {Standing.HIDDEN, Standing.GONE}
        assert await on.moderate(comment, choice) is away, "it is done already"
        assert await on.standing(comment.id) is away
        assert [c for c in await on.comments() if c.standing is Standing.PUBLIC] == []
        if away is Standing.HIDDEN:
            assert await on.moderate(comment, Choice.RESTORE) is Standing.PUBLIC
            assert await on.moderate(comment, Choice.RESTORE) is Standing.PUBLIC
            assert (await on.one(comment.id)).standing is Standing.PUBLIC

    @pytest.mark.parametrize("choice", [Choice.SPAM, Choice.TRASH])
    async def test_a_waiting_comment_that_is_restored_waits_again(self, on: Opened, choice: Choice) -> None:
        assert on.moderator
        waiting = await on.held("How do you prune roses")
        away = await on.moderate(waiting, choice)
        assert away in {Standing.HIDDEN, Standing.GONE}
        assert waiting.id not in {comment.id for comment in await on.comments()}
        if away is Standing.HIDDEN:
            with pytest.raises(NotThatComment):
                await on.moderate(waiting, Choice.APPROVE)
            assert await on.moderate(waiting, Choice.RESTORE) is Standing.PENDING
            assert (await on.one(waiting.id)).standing is Standing.PENDING

    async def test_what_reads_otherwise_than_the_moderator_saw_is_left_alone(self, on: Opened) -> None:
        comment = await on.moderated()
        await on.scene.edit(comment, "Buy my roses")
        with pytest.raises(NotThatComment) as caught:
            await on.moderate(comment, Choice.TRASH)
        assert in_words(caught.value)
        assert await on.standing(comment.id) is Standing.PUBLIC

    async def test_what_is_gone_is_not_moderated(self, on: Opened) -> None:
        comment = await on.moderated()
        await on.scene.delete(comment)
        with pytest.raises(Refused) as caught:
            await on.moderate(comment, Choice.RESTORE)
        assert in_words(caught.value)

    async def test_law_02_a_decision_whose_answer_is_lost_can_be_repeated(self, on: Opened) -> None:
        comment = await on.moderated()
        on.scene.lose_answer()
        with pytest.raises(MaybeDone):
            await on.moderate(comment, Choice.TRASH)
        assert await on.moderate(comment, Choice.TRASH) in {Standing.HIDDEN, Standing.GONE}
        assert [c for c in await on.comments() if c.standing is Standing.PUBLIC] == []

    async def test_law_02_a_decision_whose_request_is_lost_can_be_repeated(self, on: Opened) -> None:
        comment = await on.moderated()
        on.scene.lose_request()
        with pytest.raises(MaybeDone):
            await on.moderate(comment, Choice.SPAM)
        assert await on.standing(comment.id) is Standing.PUBLIC
        assert await on.moderate(comment, Choice.SPAM) in {Standing.HIDDEN, Standing.GONE}

    # Secrets ---------------------------------------------------------------------------------------------------------

    async def test_law_10_no_secret_shows_in_any_repr_or_error(self, on: Opened) -> None:
        shown = [repr(on.blog), repr(on.ready), *on.ready.remarks]
        if BlogAbility.PUBLISH in on.ready.abilities:
            on.scene.lose_answer()
            try:
                await on.publish()
            except StepError as error:
                shown.append(everything_about(error))
        shown += [repr(page) for page in await on.read()]
        for secret in on.scene.secrets:
            assert not [words for words in shown if secret in words]


# What the tests are made of ------------------------------------------------------------------------------------------


def inlines(text: Text) -> Iterator[Run]:
    """Every piece of a text's lines with the marks around it."""
    for block in text:
        yield from _inlines(block)


def _inlines(block: Block) -> Iterator[Run]:
    match block:
        case Paragraph(children):
            yield from runs(children)
        case Quote(children):
            yield from inlines(children)
        case BulletList(items) | NumberedList(items, _):
            for item in items:
                yield from inlines(item)


def in_words(error: StepError) -> bool:
    """Whether an error's reason is something that a person can read: some words, and no page of HTML."""
    return len(error.reason.split()) >= 3 and "<" not in error.reason and "Traceback" not in error.reason


def everything_about(error: BaseException) -> str:
    """All that a log could show of an error and of what caused it."""
    return "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))


async def done_or_refused(step: Awaitable[None]) -> None:
    """Await a step that may end either way, as long as it does no harm."""
    try:
        await step
    except NotThatComment:
        pass
