"""WordPress's feeds hide, move and blur comments: each trap, without credentials, on the double and the real ones."""

from __future__ import annotations

import time

import pytest

from bridge.model import CommentId, Kind, Standing
from tests.contracts.wordpress.reading_feeds import Reader, feed_reader, said
from tests.servers.wordpress import LOCKED, PAGE, PRIVATE, RAIN, TEA, RunningWordPress, comment

HOUR = 3_600.0
NOW = time.time() - 30 * 24 * HOUR
"""When the comments of these tests begin: long enough ago that no second is shared by accident."""
MANY = 120
MENTION = "[&#8230;] what Vera says of tea [&#8230;]"


async def numbered(wordpress: RunningWordPress, count: int, first: float = NOW, **more: str) -> list[int]:
    """Comments an hour apart."""
    return await wordpress.add_many(
        [comment(f"Comment {n}", date=first + n * HOUR, **more) for n in range(count)]  # type: ignore[arg-type]
    )


# 304 that lies (1.1) -------------------------------------------------------------------------------------------------


async def test_an_edit_that_a_304_hides_is_seen_at_the_slower_beat(wordpress: RunningWordPress) -> None:
    numbers = await numbered(wordpress, 3)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await wordpress.edit(numbers[1], "Comment 1, on second thought")
        assert await reader.beat() == [], "the validators say that nothing has changed"
        await reader.whole()
        assert said(reader.comments) == ["Comment 0", "Comment 1, on second thought", "Comment 2"]


@pytest.mark.parametrize("way", ["trash", "spam", "hold", "delete"])
async def test_what_is_taken_away_is_claimed_and_told_apart(wordpress: RunningWordPress, way: str) -> None:
    numbers = await numbered(wordpress, 12)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        told = set(reader.numbers)
        gone = numbers[8]
        await (wordpress.delete(gone) if way == "delete" else wordpress.set_status(gone, way))
        assert await reader.beat() == []
        await reader.whole()
        assert reader.claimed == {gone} and set(reader.numbers) <= told
        expected = Standing.GONE if way == "delete" else Standing.HIDDEN
        assert (await reader.reader.look([CommentId(str(gone))])) == {str(gone): expected}


async def test_what_is_restored_is_told_again_at_its_old_place(wordpress: RunningWordPress) -> None:
    numbers = await numbered(wordpress, 5)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await wordpress.trash(numbers[2])
        await reader.whole()
        await wordpress.untrash(numbers[2])
        assert await reader.beat() == []
        await reader.whole()
        assert numbers[2] in reader.numbers and not reader.claimed


@pytest.mark.parametrize("closed", [False, True])
async def test_a_comment_approved_late_is_told_though_it_is_older_than_what_is_known(
    wordpress: RunningWordPress, closed: bool
) -> None:
    await wordpress.switch(rest_closed=closed)
    held = await wordpress.add("I came early", status="hold", date=NOW + 8.5 * HOUR)
    await numbered(wordpress, 12)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await wordpress.approve(held)
        assert await reader.beat() == []
        await reader.whole()
        assert held in reader.numbers and "I came early" in said(reader.comments)


async def test_a_comment_approved_late_behind_ten_newer_ones_is_found_by_the_api(wordpress: RunningWordPress) -> None:
    held = await wordpress.add("I came early", status="hold", date=NOW)
    await numbered(wordpress, 12, NOW + HOUR)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await wordpress.approve(held)
        await reader.whole()
        assert reader.numbers == [held] and said(reader.comments) == ["I came early"]
        await reader.whole()
        assert reader.numbers == [] and not reader.claimed, "it is told once"


@pytest.mark.parametrize("closed", [False, True])
async def test_an_old_comment_that_slides_into_the_window_is_nothing_new(
    wordpress: RunningWordPress, closed: bool
) -> None:
    await wordpress.switch(rest_closed=closed)
    numbers = await numbered(wordpress, 14)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        told = set(reader.numbers)
        for number in numbers[-3:]:
            await wordpress.trash(number)
        for _ in range(3):
            await reader.whole()
            assert set(reader.numbers) <= told


async def test_a_comment_of_the_same_second_is_not_hidden_by_the_validators(wordpress: RunningWordPress) -> None:
    first = await wordpress.visitor("Vera").comment("Which tea?")
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        assert reader.numbers == [first]
        second = await wordpress.visitor("Sam").comment("Green tea")
        await wordpress.set_date(second, (await wordpress.row(first)).date)
        await reader.beat()
        assert set(reader.numbers) == {first, second}
        await wordpress.age(HOUR)
        await reader.whole()
        assert '"etag"' in (reader.cursor or ""), "once that second is over, they are believed"


# What a feed tells of a comment (1.2) --------------------------------------------------------------------------------


async def test_the_line_in_reply_to_names_the_parent_and_goes(wordpress: RunningWordPress) -> None:
    top = await wordpress.add("Which tea?", date=NOW)
    own = 'In reply to <a href="https://elsewhere.example/#comment-1">somebody</a>.\n\nI say green.'
    reply = await wordpress.add("Green", under=top, date=NOW + 1)
    quoting = await wordpress.add(own, under=reply, date=NOW + 2)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        assert [one.parent for one in reader.comments] == [None, str(top), str(reply)]
        assert said(reader.comments)[:2] == ["Which tea?", "Green"]
        assert "In reply to" in said(reader.comments)[2], "what the commenter wrote stays"
        assert reader.numbers == [top, reply, quoting]


async def test_a_comment_whose_parent_is_gone_answers_nobody(wordpress: RunningWordPress) -> None:
    await wordpress.add("I answer nobody", under=99_999, date=NOW)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        (orphan,) = reader.comments
        assert orphan.parent is None and said([orphan]) == ["I answer nobody"]


async def test_rss_has_the_same_comments_and_parents(wordpress: RunningWordPress) -> None:
    top = await wordpress.add("Which tea? 🎉 & “more”", date=NOW, name="Tom & Jerry")
    await wordpress.add("Green", under=top, date=NOW + 1)
    rss_feed = f"{wordpress.address}/comments/feed/"
    async with feed_reader(wordpress.address) as atom, feed_reader(wordpress.address, feed=rss_feed) as rss:
        await atom.beat()
        await rss.beat()
        assert rss.comments == atom.comments and len(atom.comments) == 2
        assert atom.comments[0].commenter.name == "Tom & Jerry" and "🎉" in said(atom.comments)[0]


async def test_feed_and_api_show_one_comment_alike(wordpress: RunningWordPress) -> None:
    words = 'A "word" -- and https://tea.example/x :) 🎉\n\n<blockquote>Long ago</blockquote>\nC:\\t &amp; <em>x</em>'
    number = await wordpress.add(words, date=NOW, url="https://vera.example/")
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        (by_feed,) = reader.comments
        (by_api,) = await reader.reader._strangers.whole([CommentId(str(number))]) or []
        for name in ("id", "post", "position", "parent", "text", "created", "link", "kind", "standing"):
            assert getattr(by_feed, name) == getattr(by_api, name), name
        assert by_feed.commenter.name == by_api.commenter.name
        assert by_feed.commenter.address == by_api.commenter.address == "https://vera.example/"


async def test_a_comment_stays_the_same_when_its_link_changes(wordpress: RunningWordPress) -> None:
    numbers = await numbered(wordpress, 3)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await wordpress.change_post(TEA, slug="on-green-tea")
        for name, value in (("page_comments", 1), ("comments_per_page", 1), ("default_comments_page", "oldest")):
            await wordpress.option(name, value)
        await reader.whole()
        assert reader.numbers == numbers and {one.post for one in reader.comments} == {str(TEA)}
        assert "comment-page-3" in reader.comments[-1].link
        assert reader.posts[str(TEA)].address.endswith("/on-green-tea/"), "the card follows, without the page"


async def test_comments_of_locked_and_private_posts_are_not_shown(wordpress: RunningWordPress) -> None:
    await wordpress.add("Psst", post=LOCKED, date=NOW)
    await wordpress.add("My diary", post=PRIVATE, date=NOW + 1)
    seen = await wordpress.add("Aloud", date=NOW + 2)
    held = await wordpress.add("Waiting", status="hold", date=NOW + 3)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        assert reader.numbers == [seen] and held not in reader.numbers
        await wordpress.add("Psst again", post=LOCKED, date=NOW + 4)
        await reader.whole()
        assert reader.numbers == [seen] and set(reader.posts) <= {str(TEA)}


async def test_comments_on_pages_have_the_pages_number_and_title(wordpress: RunningWordPress) -> None:
    await wordpress.add("About what?", post=PAGE, date=NOW)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        assert [one.post for one in reader.comments] == [str(PAGE)]
        assert reader.posts[str(PAGE)].title == "About"


@pytest.mark.parametrize("closed", [False, True])
async def test_ties_at_the_edge_of_the_window_are_no_deletions(wordpress: RunningWordPress, closed: bool) -> None:
    await wordpress.switch(rest_closed=closed)
    await wordpress.add_many([comment(f"Tied {n}", date=NOW) for n in range(12)])
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        for n in range(3):
            await wordpress.add(f"Later {n}", date=NOW + n + 1)
            await reader.whole()
            assert not reader.claimed and reader.gap == 0


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("closed", [False, True])
async def test_what_others_of_its_second_keep_out_of_the_window_is_told_or_counted(
    wordpress: RunningWordPress, closed: bool, early: bool
) -> None:
    await wordpress.switch(rest_closed=closed, early_ties=early)
    async with feed_reader(wordpress.address) as reader:
        known = await wordpress.add("Known", date=NOW)
        await reader.beat()
        dates = [NOW, NOW, *(NOW + n for n in range(1, 10))]
        numbers = await wordpress.add_many([comment(f"New {n}", date=date) for n, date in enumerate(dates)])
        await reader.beat()
        told = set(reader.numbers) - {known}
        assert told <= set(numbers) and len(told) + reader.gap == len(numbers)
        assert reader.gap == 0 or closed
        await reader.whole()
        assert reader.gap == 0, "it is told once"


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("closed", [False, True])
async def test_of_more_comments_in_one_second_than_a_feed_shows_none_is_lost_silently(
    wordpress: RunningWordPress, closed: bool, early: bool
) -> None:
    await wordpress.switch(rest_closed=closed, early_ties=early)
    async with feed_reader(wordpress.address) as reader:
        await wordpress.add("Known", date=NOW - HOUR)
        await reader.beat()
        numbers = await wordpress.add_many([comment(f"Tied {n}", date=NOW) for n in range(12)])
        await reader.beat()
        told, gap = set(reader.numbers), reader.gap
        numbers.append(await wordpress.add("Later", date=NOW + 1))  # shows how far the numbers had come
        await reader.beat()
        told |= set(reader.numbers)
        assert told <= set(numbers) and len(told) + gap + reader.gap == len(numbers)
        assert gap + reader.gap == 0 or closed


# Mentions, notes, likes (1.2, 1.5) -----------------------------------------------------------------------------------


@pytest.mark.parametrize("closed", [False, True])
async def test_mentions_are_told_from_comments(wordpress: RunningWordPress, closed: bool) -> None:
    await wordpress.switch(rest_closed=closed)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        title = "<strong>A tracking post</strong>\n\nAn excerpt that somebody cut&#8230;"
        pinged = await wordpress.add(MENTION, kind="pingback", url="https://o.example/tea", name="Other", date=NOW)
        tracked = await wordpress.add(title, kind="trackback", url="https://t.example/tea", name="T", date=NOW + 1)
        human = await wordpress.add(MENTION, url="https://v.example", date=NOW + 2)
        await reader.whole()
        kinds = {int(one.id): one.kind for one in reader.comments}
        assert (kinds[pinged], kinds[tracked]) == (Kind.PINGBACK, Kind.TRACKBACK)
        if not closed:
            assert kinds[human] is Kind.COMMENT, "whoever writes like a pingback is a commenter all the same"


async def test_notes_and_likes_never_appear_where_the_api_answers(wordpress: RunningWordPress) -> None:
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await wordpress.add("Check this paragraph", kind="note", user="editor", date=NOW)
        await wordpress.add("liked this", kind="like", date=NOW + 1)
        human = await wordpress.add("Hello", date=NOW + 2)
        for _ in range(3):
            await reader.whole()
            assert set(reader.numbers) <= {human}
        assert await reader.reader.look([CommentId(str(human))]) == {str(human): Standing.PUBLIC}


async def test_a_note_that_no_page_shows_is_kept_quiet_where_the_api_is_closed(wordpress: RunningWordPress) -> None:
    if wordpress.kind != "double":
        pytest.skip("pages leave notes out since 6.9, which is newer than the real ones here")
    await wordpress.switch(rest_closed=True)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        note = await wordpress.add("Check this paragraph", kind="note", user="editor", date=NOW)
        human = await wordpress.add("Hello", date=NOW + 2)
        await reader.whole()
        assert reader.numbers == [human]
        await reader.whole()
        assert note not in reader.numbers


# Bursts (1.2) --------------------------------------------------------------------------------------------------------


async def burst(reader: Reader, wordpress: RunningWordPress, posts: tuple[int, ...] = (TEA,)) -> list[int]:
    """A known comment, then many at once; test_feed_into_the_room.py has 500."""
    await wordpress.add("Known", date=NOW)
    await reader.beat()
    many = [comment(f"Burst {n}", posts[n % len(posts)], date=NOW + HOUR + n) for n in range(MANY)]
    return await wordpress.add_many(many)


async def test_where_the_api_is_closed_ten_of_many_come_and_the_others_are_counted(wordpress: RunningWordPress) -> None:
    await wordpress.switch(rest_closed=True)
    async with feed_reader(wordpress.address) as reader:
        numbers = await burst(reader, wordpress)
        await reader.beat()
        assert (reader.numbers, reader.gap) == (numbers[-10:], MANY - 10)
        await reader.whole()
        assert reader.gap == 0, "it is told once"


async def test_where_the_api_is_closed_the_posts_own_feeds_widen_the_window(wordpress: RunningWordPress) -> None:
    await wordpress.switch(rest_closed=True)
    async with feed_reader(wordpress.address) as reader:
        numbers = await burst(reader, wordpress, (TEA, RAIN))
        await reader.beat()
        assert (reader.numbers, reader.gap) == (numbers[-20:], MANY - 20)


async def test_of_many_comments_all_come_in_order_where_the_api_answers(wordpress: RunningWordPress) -> None:
    async with feed_reader(wordpress.address) as reader:
        numbers = await burst(reader, wordpress, (TEA, RAIN))
        before = reader.cursor
        pages = await reader.beat()
        assert (reader.numbers, reader.gap) == (numbers, 0)
        assert [page.cursor for page in pages[:-1]] == [before] * (len(pages) - 1), "half of it vouches for nothing"
        await reader.whole()
        assert set(reader.numbers) <= set(numbers) and reader.gap == 0


async def test_what_spam_and_held_comments_number_is_no_gap_where_the_api_answers(wordpress: RunningWordPress) -> None:
    async with feed_reader(wordpress.address) as reader:
        await wordpress.add("Known", date=NOW)
        await reader.beat()
        await wordpress.add_many([comment("Buy", status="spam", date=NOW + n) for n in range(30)])
        await numbered(wordpress, 12, NOW + HOUR)
        await reader.beat()
        assert len(reader.numbers) == 12 and reader.gap == 0


# The site (8.21, 8.22) -----------------------------------------------------------------------------------------------


async def test_with_plain_permalinks_everything_is_found(wordpress: RunningWordPress) -> None:
    await wordpress.option("permalink_structure", "")
    top = await wordpress.add("Which tea?", date=NOW)
    reply = await wordpress.add("Green", under=top, date=NOW + 1)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        assert reader.numbers == [top, reply] and reader.comments[1].parent == str(top)
        assert {one.post for one in reader.comments} == {str(TEA)}


async def test_changed_permalinks_are_followed(wordpress: RunningWordPress) -> None:
    await wordpress.add("Which tea?", date=NOW)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await wordpress.option("permalink_structure", "")
        new = await wordpress.add("Green", date=NOW + HOUR)
        await reader.whole()
        assert new in reader.numbers


async def test_where_the_api_is_gone_the_posts_page_tells_its_number_and_title(wordpress: RunningWordPress) -> None:
    await wordpress.switch(rest_gone=True)
    fresh = await wordpress.write_post("A new hope & tea")
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await wordpress.add("First!", post=fresh, date=NOW)
        await reader.whole()
        assert [one.post for one in reader.comments] == [str(fresh)]
        assert reader.posts[str(fresh)].title.startswith("A new hope & tea")


async def test_where_the_api_is_closed_a_deletion_is_believed_after_two_readings(wordpress: RunningWordPress) -> None:
    await wordpress.switch(rest_closed=True)
    numbers = await numbered(wordpress, 12)
    async with feed_reader(wordpress.address) as reader:
        await reader.beat()
        await wordpress.delete(numbers[8])
        await reader.whole()
        assert not reader.claimed
        await reader.beat()
        assert reader.claimed == {numbers[8]}, "the second reading comes at once, and whole"
        assert await reader.reader.look([CommentId(str(numbers[8]))]) == {str(numbers[8]): Standing.HIDDEN}
