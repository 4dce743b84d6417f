"""Reading a feed over real HTTP: what is asked, what is believed, and what is done where the window is too small."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest
from aiohttp import web

from bridge.errors import BlogPaused, RetryLater
from bridge.feeds import loose, strict
from bridge.model import CommentId, Standing
from bridge.text.tree import wording
from tests.contracts.feed.served import ATOM, Served, opened
from tests.servers.feed_server import Answer, Stored


def shows(text: str = "", *, status: int = 200, **headers: str) -> Answer:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: web.Response(text=text, status=status, headers=fields)


# Validators ----------------------------------------------------------------------------------------------------------


async def test_law_07_what_has_not_changed_is_asked_for_with_what_the_cursor_vouches_for() -> None:
    async with opened() as on:
        assert await on.read() == []
        assert {"If-None-Match", "If-Modified-Since"} <= set(on.asked()[-1])
        on.comment("And lavender?")
        assert await on.news() == ["And lavender?"]


async def test_a_server_that_says_not_modified_and_lies_is_read_whole_at_a_slower_beat() -> None:
    async with opened() as on:
        on.server.stored[1].words = "How do you prune lavender?"
        assert await on.news() == [], "the server says that nothing has changed"
        assert await on.news(after=900) == ["How do you prune lavender?"]
        assert "If-None-Match" not in on.asked()[-1] and on.asked()[-1]["Cache-Control"] == "no-cache"
        assert await on.news() == [] and "If-None-Match" in on.asked()[-1]


async def test_a_late_approval_behind_a_lying_server_is_found_at_its_old_place() -> None:
    async with opened() as on:
        late = on.comment("I was held")
        on.server.hold(late)
        on.comment("Newer")
        assert await on.news() == ["Newer"]
        on.server.approve(late)
        assert await on.news() == [] and await on.news(after=900) == ["I was held"]


async def test_a_deletion_behind_a_lying_server_is_found_and_asked_about() -> None:
    async with opened() as on:
        spam = on.comment("Buy shears!")
        on.comment("Newer")
        told = {comment.link[-1]: comment for comment in await on.comments()}
        del on.server.stored[spam]
        assert [page.covers for page in await on.read(after=900)] == [()], "once is not enough"
        (page,) = await on.read()
        (covers,) = page.covers
        assert covers.first == covers.last == told["2"].position
        assert await on.blog.look([told["2"].id, told["3"].id]) == {
            told["2"].id: Standing.HIDDEN,
            told["3"].id: Standing.PUBLIC,
        }


async def test_of_what_a_feed_cannot_tell_nothing_is_said() -> None:
    async with opened() as on:
        assert await on.blog.look([CommentId("guid:never seen")]) == {}


async def test_a_feed_without_validators_that_stays_the_same_tells_nothing() -> None:
    async with opened() as on:
        on.server.changed[ATOM] = lambda _: web.Response(text=on.server.atom(on.server.shown()))
        assert await on.read() == []


async def test_a_repaired_feed_vouches_for_nothing() -> None:
    async with opened() as on:
        on.comment("And lavender?")
        broken = on.server.atom(on.server.shown()).replace("<entry>", "<entry>&nbsp;", 1)
        on.server.changed[ATOM] = shows(broken, ETag='"1"')
        assert "And lavender?" in await on.news()
        await on.read()
        assert "If-None-Match" not in on.asked()[-1]


# Patience, places, ends ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "patience"),
    [("max-age=300", 280.0), ("public, max-age=10", 0.0), ("no-cache, max-age=300", 0.0), ("max-age=soon", 0.0)],
)
async def test_how_long_a_cache_keeps_the_feed_is_passed_on(field: str, patience: float) -> None:
    async with opened() as on:
        document = on.server.atom(on.server.shown())
        on.server.changed[ATOM] = shows(document, Cache_Control=field, Age="20")
        assert sum(page.patience for page in await on.read()) == patience


async def test_a_permanent_redirect_is_remembered_and_a_temporary_one_is_not() -> None:
    async with opened() as on:
        new = "/new/feed/atom/"
        on.server.changed[new] = lambda _: web.Response(text=on.server.atom(on.server.shown()))
        for status, remembered in ((302, False), (301, True)):
            on.server.changed[ATOM] = shows(status=status, Location=new)
            on.comment(f"With {status}")
            assert await on.news() == [f"With {status}"]
            before = len(on.asked())
            on.comment(f"After {status}")
            assert await on.news() == [f"After {status}"]
            assert (len(on.asked()) == before) is remembered


async def test_where_a_feed_moved_to_must_be_a_feed_and_stay_one() -> None:
    async with opened() as on:
        on.server.changed[ATOM] = shows(status=308, Location="/login/")
        on.comment("Behind a login")
        with pytest.raises(RetryLater, match="an HTML page"):
            await on.read()
        on.server.changed[ATOM] = shows(status=308, Location="/new/")
        on.server.changed["/new/"] = lambda _: web.Response(text=on.server.atom(on.server.shown()))
        assert await on.news() == ["Behind a login"]
        del on.server.changed[ATOM]
        for gone in (shows(status=404), shows("<html>")):
            on.server.changed["/new/"] = gone
            on.comment("Back home")
            assert await on.news() == ["Back home"]


async def test_a_redirect_that_turns_in_circles_is_said() -> None:
    async with opened() as on:
        on.server.changed[ATOM] = shows(status=302, Location=ATOM)
        with pytest.raises(RetryLater, match="redirects again and again"):
            await on.read()


async def test_a_feed_that_is_gone_for_good_pauses_the_blog_in_words() -> None:
    async with opened() as on:
        on.server.changed[ATOM] = shows(status=410)
        with pytest.raises(BlogPaused, match="gone for good") as caught:
            await on.read()
        assert "blogs.garden" in str(caught.value) and "backchat resume garden" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (shows(status=404), "there is no feed at"),
        (shows(status=403), "may not be read by everybody"),
        (shows(status=304), "does not show its feed"),
        (shows(""), "nothing came"),
        (shows("<!doctype html><title>Log in</title>"), "an HTML page, “Log in”"),
        (shows("x" * (2**21 + 1)), "longer than 2097152 bytes"),
        (shows(status=503, Retry_After="120"), "asks for patience"),
    ],
)
async def test_what_keeps_it_from_being_read_is_said_and_nothing_is_lost(answer: Answer, words: str) -> None:
    async with opened() as on:
        on.server.changed[ATOM] = answer
        on.comment("Meanwhile")
        with pytest.raises(RetryLater) as caught:
            await on.read(after=900)
        assert words in caught.value.reason
        assert caught.value.after == (120 if "patience" in words else None)
        del on.server.changed[ATOM]
        assert await on.news() == ["Meanwhile"]


# More than one feed --------------------------------------------------------------------------------------------------


async def test_one_comment_in_two_feeds_is_told_once_and_one_feed_that_fails_does_not_hide_the_other() -> None:
    async with opened(more=("/first/feed/atom/", "/second/feed/")) as on:
        on.comment("In both")
        assert await on.news() == ["In both"]
        on.server.changed[ATOM] = shows(status=500)
        on.comment("In one", post="/second/")
        reading = on.blog.pages(on.cursor)
        page = await anext(reading)
        on.cursor = page.cursor
        with pytest.raises(RetryLater, match="asks for patience"):
            await anext(reading)
        assert [wording(comment.text) for comment in page.comments] == ["In one"]
        del on.server.changed[ATOM]
        again = await on.comments(after=900)
        assert {comment.id for comment in again} == {comment.id for comment in page.comments}, "the same comment"


# Windows that are too small ------------------------------------------------------------------------------------------


async def test_a_window_that_still_shows_something_known_loses_nothing() -> None:
    async with opened() as on:
        for number in range(9):
            on.comment(f"Comment {number}")
        (page,) = await on.read()
        assert (len(page.comments), page.gap) == (9, 0)


async def test_what_came_and_went_between_two_readings_is_read_from_the_posts_own_feeds() -> None:
    async with opened() as on:
        for number in range(8):
            on.comment(f"On roses {number}", post="/roses/")
        for number in range(9):
            on.comment(f"On lavender {number}", post="/lavender/")
        (page,) = await on.read()
        assert (len(page.comments), page.gap) == (17, 0), "they are numbered through, and none is lacking"


async def test_a_number_that_is_lacking_may_be_a_comment_that_is_out_of_reach() -> None:
    async with opened() as on:
        on.comment("On another post", post="/elsewhere/")
        for number in range(10):
            on.comment(f"On lavender {number}", post="/lavender/")
        (page,) = await on.read()
        assert (len(page.comments), page.gap) == (10, 1)
        assert await on.read() == [], "a gap is told once"


async def test_what_is_out_of_reach_is_a_gap() -> None:
    async with opened() as on:
        await _busy(on, 25)
        (page,) = await on.read()
        assert (len(page.comments), page.gap) == (10, 1)
        assert sum(page.gap for page in await on.read(after=900)) == 0


async def test_paging_leads_back_to_known_ground() -> None:
    async with opened(feed="/comments/feed/json/") as on:
        on.server.changed["/comments/feed/json/"] = lambda request: web.Response(
            text=_paged(on.server.json, sorted(on.server.stored.values(), key=lambda stored: -stored.at), request)
        )
        await _busy(on, 35)
        (page,) = await on.read()
        assert (len(page.comments), page.gap) == (35, 0)


async def test_paging_in_a_circle_ends() -> None:
    async with opened(feed="/comments/feed/json/") as on:

        def answer(_: web.BaseRequest) -> web.Response:
            whole = json.loads(on.server.json(on.server.shown()))
            return web.Response(text=json.dumps(whole | {"next_url": on.server.address + "/comments/feed/json/"}))

        on.server.changed["/comments/feed/json/"] = answer
        await _busy(on, 12)
        (page,) = await on.read()
        assert page.gap == 1


async def test_a_feed_that_counts_its_comments_says_how_many_are_lost() -> None:
    async with opened() as on:

        def answer(_: web.BaseRequest) -> web.Response:
            total = f'<t:totalResults xmlns:t="http://a9.com/-/spec/opensearch/1.1/">{len(on.server.stored)}</t:totalResults>'
            return web.Response(text=on.server.atom(on.server.shown()).replace("<entry>", f"{total}<entry>", 1))

        on.server.changed[ATOM] = answer
        on.comment("One more")
        await on.read()
        on.server.changed["/first/feed/atom/"] = shows(status=404)
        await _busy(on, 27)
        (page,) = await on.read()
        assert (len(page.comments), page.gap) == (10, 17)


async def _busy(on: Served, many: int) -> None:
    for number in range(many):
        on.comment(f"Comment {number}")


def _paged(write: Callable[[list[Stored]], str], comments: list[Stored], request: web.BaseRequest) -> str:
    number = int(request.query.get("page", "1"))
    whole = json.loads(write(comments[(number - 1) * 10 : number * 10]))
    return json.dumps(whole | {"next_url": f"?page={number + 1}"})


# Cards ---------------------------------------------------------------------------------------------------------------


async def test_a_post_s_first_new_comment_has_its_page_read_for_the_card() -> None:
    async with opened() as on:
        on.server.changed["/roses/"] = shows(
            '<html><head><meta property="og:title" content="On roses &amp; thorns"><title>x</title>'
            '<meta name="description" content="How to prune"></head></html>',
            Content_Type="text/html",
        )
        on.comment("Which shears?", post="/roses/")
        (page,) = await on.read()
        assert [(post.title, post.excerpt) for post in page.posts] == [("On roses & thorns", "How to prune")]
        on.comment("And when?", post="/roses/")
        assert [page.posts for page in await on.read()] == [()]
        assert len(on.asked("/roses/")) == 1


async def test_a_post_s_page_that_cannot_be_read_keeps_nothing_back() -> None:
    async with opened() as on:
        on.server.changed["/old-roses/"] = shows(status=500)
        on.comment("Which shears?", post="/old-roses/")
        (page,) = await on.read()
        assert [post.title for post in page.posts] == ["Old roses"]


# The loop -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "broken", "aside"),
    [(1_000, False, False), (100_000, False, True), (1_000, True, True)],
    ids=["small", "large", "broken"],
)
async def test_law_12_what_is_large_or_broken_is_read_beside_the_loop(
    size: int, broken: bool, aside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[bool] = set()

    def noticed(real: Callable[..., object]) -> Callable[..., object]:
        def read(*given: object) -> object:
            threads.add(threading.current_thread() is threading.main_thread())
            return real(*given)

        return read

    async with opened() as on:
        on.comment("x" * size)
        document = on.server.atom(on.server.shown())
        on.server.changed[ATOM] = shows("\n\n" * broken + document)
        reader = loose if broken else strict
        monkeypatch.setattr(reader, "read", noticed(reader.read))
        assert "x" * size in await on.news()
        assert threads == {not aside}
