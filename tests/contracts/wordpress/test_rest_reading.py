"""Reading by REST: what WordPress's list hides, misnames or says late, on the double and on the real WordPress."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import pytest

from adapters.wordpress.beats import PAGE
from bridge.errors import OpenAgain, Refused
from bridge.model import CommentId, Kind, PostId, Standing
from bridge.schedule import Beat, after_success
from bridge.text.tree import wording
from tests.contracts.wordpress.reading_rest import Reader, numbers, reading, settings
from tests.servers import passing
from tests.servers.wordpress import LOCKED, PRIVATE, RAIN, TEA, RunningWordPress, comment
from tests.servers.wordpress import PAGE as ABOUT

WHOLE = 301.0
DEEP = 601.0
OLD = 1_700_000_000.0


async def many(wordpress: RunningWordPress, count: int, first: str = "Word") -> list[int]:
    """So many public comments of strangers, in one go."""
    return await wordpress.add_many([comment(f"{first} {n}", email=f"v{n}@v.example") for n in range(count)])


async def look(reader: Reader, number: int) -> Standing:
    id = CommentId(str(number))
    return (await reader.blog.look([id]))[id]


async def test_a_comment_is_read_as_it_was_written(wordpress: RunningWordPress) -> None:
    asked = await wordpress.add("Which *tea*?", name="Tom & Jerry", url="https://tom.example/a?b=1&c=2", date=OLD)
    answer = await wordpress.add("All of them.", under=asked, user="editor", date=OLD + 90)
    async with reading(settings(wordpress, "editor")) as reader:
        (first, second) = await reader.read()
        (card,) = {post.id: post for page in reader.pages for post in page.posts}.values()
    assert (first.id, first.position, first.post, first.parent) == (str(asked), asked, str(TEA), None)
    assert (first.commenter.name, first.commenter.address) == ("Tom & Jerry", "https://tom.example/a?b=1&c=2")
    assert (wording(first.text), first.created, first.link) == ("Which *tea*?", OLD, wordpress.link(TEA, asked))
    assert (first.account, first.kind, first.standing, first.key) == (None, Kind.COMMENT, Standing.PUBLIC, None)
    assert (second.id, second.parent, second.account, second.created) == (str(answer), str(asked), "editor", OLD + 90)
    assert (card.id, card.title, card.address) == (str(TEA), "On tea & “biscuits”", wordpress.link(TEA))
    assert card.author == "Jane Doe"


async def test_an_avatar_is_a_hash_or_nothing(wordpress: RunningWordPress) -> None:
    await wordpress.add("Tea?", email="vera@vera.example")
    async with reading(settings(wordpress, "editor")) as reader:
        ((read),) = await reader.read()
    assert "vera.example" not in repr(read)
    assert read.commenter.avatar is not None
    assert "/avatar/" in read.commenter.avatar


async def test_nothing_personal_is_asked_for_of_comments_that_do_not_wait(wordpress: RunningWordPress) -> None:
    await wordpress.add("Tea?")
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        for later in (0.0, WHOLE, DEEP):
            await reader.read(later)
    asked = getattr(wordpress, "asked", [])
    assert [line for line in asked if "context=edit" in line and "/comments" in line] == []


async def test_a_late_approval_is_read_whatever_its_date(wordpress: RunningWordPress) -> None:
    held = await wordpress.add("Held", status="hold", date=OLD)
    await many(wordpress, 20)
    async with reading(settings(wordpress, "editor")) as reader:
        (waits,) = [one for one in await reader.read() if one.standing is Standing.PENDING]
        assert waits.position == held
        await reader.read(60)
        await wordpress.approve(held)
        (now,) = [one for one in await reader.read(60) if one.position == held]
        assert (now.standing, now.created) == (Standing.PUBLIC, OLD)


async def test_a_late_approval_far_behind_the_newest_page_is_read_at_the_slower_beat(
    wordpress: RunningWordPress,
) -> None:
    held = await wordpress.add("Held", status="hold", date=OLD)
    await many(wordpress, PAGE + 20)
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        await reader.read(60)
        await wordpress.approve(held)
        (now,) = [one for one in await reader.read(WHOLE) if one.position == held]
        assert now.standing is Standing.PUBLIC


async def test_a_stranger_reads_late_approvals_behind_the_newest_page_too(wordpress: RunningWordPress) -> None:
    held = await wordpress.add("Held", status="hold", date=OLD)
    await many(wordpress, PAGE + 20)
    async with reading(settings(wordpress, read="api")) as reader:
        assert held not in numbers(await reader.read())
        await reader.read(60)
        await wordpress.approve(held)
        assert held in numbers(await reader.read(WHOLE))


async def test_an_edit_is_read_at_the_slower_beat(wordpress: RunningWordPress) -> None:
    number = await wordpress.add("Which tea?")
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        await reader.read(60)
        await wordpress.edit(number, "Which coffee?")
        assert await reader.said(WHOLE) == ["Which coffee?"]


async def test_an_edit_of_an_old_comment_is_read_when_its_page_has_its_turn(wordpress: RunningWordPress) -> None:
    (number, *_) = await many(wordpress, 3 * PAGE)
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        await reader.read(60)
        await wordpress.edit(number, "Which coffee?")
        for _ in range(4):
            if "Which coffee?" in await reader.said(DEEP):
                break
        else:
            pytest.fail("the oldest page was not read in turn")


@pytest.mark.parametrize("fate", ["hold", "spam", "trash", "delete"])
async def test_what_is_taken_off_the_blog_is_missing_where_a_page_covers_it(
    wordpress: RunningWordPress, fate: str
) -> None:
    await wordpress.add("It stays")
    number = await wordpress.add("It goes")
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        await reader.read(60)
        await (wordpress.delete(number) if fate == "delete" else wordpress.set_status(number, fate))
        shown = {one.position: one.standing for one in await reader.read(60)}
        assert shown.get(number, Standing.HIDDEN) is (Standing.PENDING if fate == "hold" else Standing.HIDDEN)
        assert reader.covers(number)
        expected = {"delete": Standing.GONE, "hold": Standing.PENDING}
        assert await look(reader, number) is expected.get(fate, Standing.HIDDEN)
        if fate != "delete":
            await wordpress.set_status(number, {"hold": "approve", "spam": "unspam", "trash": "untrash"}[fate])
            (back,) = [one for one in await reader.read(60) if one.position == number]
            assert back.standing is Standing.PUBLIC


async def test_what_goes_behind_the_newest_page_is_missing_soon(wordpress: RunningWordPress) -> None:
    (first, second, *_) = await many(wordpress, 4 * PAGE)
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        await reader.read(60)
        await reader.read(DEEP)
        await wordpress.trash(first)
        await wordpress.delete(second)
        shown = numbers(await reader.read(60))
        assert not {first, second} & set(shown)
        assert reader.covers(second), "the number of all comments fell: every older page is read at once"
        assert (await look(reader, first), await look(reader, second)) == (Standing.HIDDEN, Standing.GONE)


async def test_where_the_host_keeps_the_number_of_comments_back_the_older_pages_are_read_too(
    wordpress: RunningWordPress,
) -> None:
    (first, second, *others) = await many(wordpress, 3 * PAGE)
    async with without_totals(wordpress) as api, reading(settings(wordpress, "editor", api=api)) as reader:
        assert numbers(await reader.read()) == [first, second, *others]
        new = await many(wordpress, PAGE + 50)
        assert [number for number in numbers(await reader.read(60)) if number in set(new)] == new
        await wordpress.trash(first)
        await wordpress.edit(second, "Which coffee?")
        said: list[str] = []
        covered = False
        for _ in range(10):
            said += await reader.said(DEEP)
            covered = covered or reader.covers(first)
        assert "Which coffee?" in said
        assert covered


@asynccontextmanager
async def without_totals(wordpress: RunningWordPress) -> AsyncIterator[str]:
    """The address of the API behind a host that passes no headers of WordPress's own on."""
    real = urlsplit(wordpress.address)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answer = await passing.asked((real.hostname, real.port), await passing.whole_request(reader))
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"x-wp-")]
        writer.write(b"\r\n".join(lines) + b"\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/wp-json/"
    finally:
        server.close()
        await server.wait_closed()


async def test_an_author_notices_what_goes_though_others_see_more_than_they(wordpress: RunningWordPress) -> None:
    """WordPress counts what waits on others' posts, too, so there seems to be more than what the page shows."""
    oldest = await wordpress.add("Which tea?")
    await wordpress.add("On rain", RAIN, status="hold")
    await wordpress.add("And milk?")
    async with reading(settings(wordpress, "jane")) as reader:
        await reader.read()
        await reader.read(60)
        await wordpress.delete(oldest)
        await reader.read(60)
        assert reader.covers(oldest)


async def test_a_stranger_tells_hidden_from_gone(wordpress: RunningWordPress) -> None:
    hidden, gone, public = [await wordpress.add(words) for words in ("One", "Two", "Three")]
    ping = await wordpress.add("[…] tea […]", kind="pingback", name="A blog", url="https://other.example/p")
    async with reading(settings(wordpress, read="api")) as reader:
        await reader.read()
        await wordpress.trash(hidden)
        await wordpress.delete(gone)
        told = await reader.blog.look([CommentId(str(n)) for n in (hidden, gone, public, ping)])
    assert list(told.values()) == [Standing.HIDDEN, Standing.GONE, Standing.PUBLIC, Standing.PUBLIC]


async def test_pingbacks_and_trackbacks_have_their_kind_and_nothing_else_is_a_comment(
    wordpress: RunningWordPress,
) -> None:
    for kind in ("pingback", "trackback", "note", "like", "review", "order_note"):
        await wordpress.add(f"A {kind}", kind=kind, name="Elsewhere", url="https://other.example/p")
    async with reading(settings(wordpress, "editor")) as reader:
        read = await reader.read()
    assert [(one.kind, wording(one.text)) for one in read] == [
        (Kind.PINGBACK, "A pingback"),
        (Kind.TRACKBACK, "A trackback"),
    ]


async def test_comments_on_posts_that_not_everybody_may_read_stay_there(wordpress: RunningWordPress) -> None:
    for post in (PRIVATE, LOCKED):
        await wordpress.add("A secret", post)
        await wordpress.add("A secret that waits", post, status="hold")
    draft = await wordpress.write_post("Not yet", status="draft")
    await wordpress.add("On a draft", draft)
    shown = [await wordpress.add("On rain", RAIN), await wordpress.add("On a page", ABOUT)]
    async with reading(settings(wordpress, "admin")) as reader:
        read = await reader.read()
        posts = {post.id for page in reader.pages for post in page.posts}
        assert numbers(read) == shown
        assert posts == {str(RAIN), str(ABOUT)}
        assert numbers(await reader.read(60)) == shown
        assert numbers(await reader.read(2 * DEEP)) == shown


async def test_comments_of_a_post_that_becomes_private_are_hidden(wordpress: RunningWordPress) -> None:
    number = await wordpress.add("On rain", RAIN)
    async with reading(settings(wordpress, "admin")) as reader:
        assert numbers(await reader.read()) == [number]
        await reader.read(60)
        await wordpress.change_post(RAIN, status="private")
        assert await reader.read(3700) == []
        assert reader.covers(number)
        assert await look(reader, number) is Standing.HIDDEN


async def test_with_plain_permalinks_the_api_is_found_and_read(wordpress: RunningWordPress) -> None:
    await wordpress.option("permalink_structure", "")
    number = await wordpress.add("Which tea?")
    async with reading(settings(wordpress, "editor")) as reader:
        (one,) = await reader.read()
        assert (one.position, one.post) == (number, PostId(str(TEA)))
        assert await look(reader, number) is Standing.PUBLIC


async def test_five_hundred_at_once_are_read_in_order_and_none_twice(wordpress: RunningWordPress) -> None:
    await wordpress.add("The first")
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        await reader.read(60)
        new = await many(wordpress, 500)
        read = [number for number in numbers(await reader.read(60)) if number in set(new)]
        assert read == new
        assert [number for number in numbers(await reader.read(60)) if number in set(new[:-PAGE])] == []


async def test_law_07_a_reading_that_ends_between_two_pages_goes_on_where_it_ended(wordpress: RunningWordPress) -> None:
    await wordpress.add("The first")
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        await reader.read(60)
        new = await many(wordpress, 3 * PAGE)
        recorded: list[int] = []
        async for page in reader.blog.pages(reader.cursor):
            recorded += numbers(page.comments)
            reader.cursor = page.cursor
            break
        assert recorded == new[: len(recorded)]
        assert len(recorded) < len(new)
        recorded += numbers(await reader.read(60))
        assert [number for number in recorded if number in set(new)] == new


async def test_a_reading_that_ends_before_what_is_missing_was_asked_for_is_made_again(
    wordpress: RunningWordPress,
) -> None:
    number = await wordpress.add("It goes")
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        await reader.read(60)
        await wordpress.trash(number)
        async for page in reader.blog.pages(reader.cursor):
            reader.cursor = page.cursor
            break
        await reader.read(60)
        assert reader.covers(number)


async def test_the_first_reading_is_resumed_where_it_ended(wordpress: RunningWordPress) -> None:
    everything = await many(wordpress, 3 * PAGE)
    recorded: list[int] = []
    async with reading(settings(wordpress, "editor")) as reader:
        async for page in reader.blog.pages(None):
            recorded += numbers(page.comments)
            reader.cursor = page.cursor
            break
        await wordpress.delete(everything[5])
        recorded += numbers(await reader.read())
    assert recorded == everything


async def test_comments_deleted_meanwhile_push_none_out_of_sight(wordpress: RunningWordPress) -> None:
    everything = await many(wordpress, 3 * PAGE)
    recorded: list[int] = []
    async with reading(settings(wordpress, "editor")) as reader:
        async for page in reader.blog.pages(None):
            recorded += numbers(page.comments)
            if page.comments and len(recorded) == PAGE:
                for number in everything[:40]:
                    await wordpress.delete(number)
    assert recorded == everything


async def test_where_most_is_deleted_during_the_first_reading_the_rest_is_read_in_it(
    wordpress: RunningWordPress,
) -> None:
    """Else it would be told as news later: hundreds that waited are put into the spam while Backchat begins, say."""
    everything = await many(wordpress, 3 * PAGE)
    recorded: list[int] = []
    async with reading(settings(wordpress, "editor")) as reader:
        async for page in reader.blog.pages(None):
            recorded += numbers(page.comments)
            if page.comments and len(recorded) == PAGE:
                for number in (*everything[:90], *everything[150:290]):
                    await wordpress.delete(number)
    assert recorded == [*everything[:150], *everything[290:]]


async def test_an_idle_blog_costs_one_small_question_a_beat(wordpress: RunningWordPress) -> None:
    if wordpress.kind != "double":
        pytest.skip("only the double tells what it was asked")
    await many(wordpress, 30)
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        await reader.read(60)
        asked: list[str] = wordpress.asked  # type: ignore[attr-defined]
        del asked[:]
        for _ in range(4):
            assert await reader.read(60) == []
    assert len(asked) == 4
    assert all("_fields=id,status" in line.replace("%2C", ",") for line in asked)


@pytest.mark.parametrize(("comments", "most"), [(30, 250), (300, 280)])
async def test_a_day_without_news_costs_a_shared_host_next_to_nothing(
    wordpress: RunningWordPress, comments: int, most: int
) -> None:
    """The figures of docs/operations.md: requests in a day at the default settings, begun hours after the last news."""
    if wordpress.kind != "double":
        pytest.skip("only the double tells what it was asked")
    await many(wordpress, comments)
    beat = Beat(60.0, 600.0)
    async with reading(settings(wordpress, "editor")) as reader:
        await reader.read()
        began = reader.clock.now()
        await reader.read(60)
        asked: list[str] = wordpress.asked  # type: ignore[attr-defined]
        reader.clock.advance(6 * 3600)
        del asked[:]
        until = reader.clock.now() + 86_400
        while (now := reader.clock.now()) < until:
            await reader.read(after_success(beat, now, 0.5, quiet=now - began) - now)
    small = [line for line in asked if "_fields=id,status" in line.replace("%2C", ",")]
    print(f"{comments} comments: {len(asked)} requests a day, {len(small)} of them small")
    assert len(asked) <= most
    assert len(small) > len(asked) / 3


async def test_what_was_there_before_the_account_could_see_it_is_past(wordpress: RunningWordPress) -> None:
    ping = await wordpress.add("[…] tea […]", kind="pingback", name="A blog", url="https://other.example/p")
    old = await wordpress.add("Which tea?")
    async with reading(settings(wordpress, read="api")) as stranger:
        await stranger.read()
        await stranger.read(60)
        cursor = stranger.cursor
    new = await wordpress.add("And milk?")
    async with reading(settings(wordpress, "editor")) as reader:
        reader.cursor = cursor
        await reader.read()
        told = {page.past: numbers(page.comments) for page in reader.pages if page.comments}
    assert told == {True: [ping, old], False: [new]}


async def test_what_the_feed_has_shown_is_past_when_an_account_is_given(wordpress: RunningWordPress) -> None:
    old = await many(wordpress, 15)
    async with reading(settings(wordpress)) as by_feed:
        await by_feed.read()
        cursor = by_feed.cursor
    new = await wordpress.add("And milk?")
    async with reading(settings(wordpress, "editor")) as reader:
        reader.cursor = cursor
        await reader.read()
        told = {page.past: numbers(page.comments) for page in reader.pages if page.comments}
    assert told == {True: old, False: [new]}


async def test_a_revoked_password_is_told_and_takes_nothing_for_gone(wordpress: RunningWordPress) -> None:
    held = await wordpress.add("Held", status="hold")
    async with reading(settings(wordpress, "editor")) as reader:
        assert numbers(await reader.read()) == [held]
        await reader.read(60)
        await wordpress.change_password("editor")
        with pytest.raises(OpenAgain, match=r"blogs\.garden\.accounts\.editor"):
            await reader.read(60)
        with pytest.raises(OpenAgain):
            await look(reader, held)
        async with AsyncExitStack() as stack:
            with pytest.raises(Refused, match=r"blogs\.garden\.accounts\.editor: WordPress"):
                await reader.blog.open(stack)


async def test_an_author_sees_what_waits_on_their_own_posts_only(wordpress: RunningWordPress) -> None:
    mine = await wordpress.add("On tea", TEA, status="hold")
    await wordpress.add("On rain", RAIN, status="hold")
    public = await wordpress.add("On rain, too", RAIN)
    async with reading(settings(wordpress, "jane")) as reader:
        read = await reader.read()
        assert {one.position: one.standing for one in read} == {mine: Standing.PENDING, public: Standing.PUBLIC}
        assert any("jane" in remark for remark in reader.ready.remarks)


async def test_why_a_comment_waits_is_said_where_it_can_be_known(wordpress: RunningWordPress) -> None:
    await wordpress.add("I was here before", email="known@v.example")
    links = '<a href="https://a.example">a</a> <a href="https://b.example">b</a> <a href="https://c.example">c</a>'
    known = await wordpress.add(links, status="hold", email="known@v.example")
    new = await wordpress.add("Hello", status="hold", email="new@v.example")
    both = await wordpress.add(links, status="hold", email="spam@v.example")
    plain = await wordpress.add("Hello again", status="hold", email="known@v.example")
    async with reading(settings(wordpress, "editor")) as reader:
        held = {one.position: one.held for one in await reader.read() if one.standing is Standing.PENDING}
    assert held == {
        known: "it has 3 links",
        new: "its writer has no approved comment yet",
        both: "its writer has no approved comment yet, and it has 3 links",
        plain: "",
    }
