"""Reading threads, pending comments and single comments, from the real Isso."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.errors import RetryLater
from bridge.model import CommentId, Covers, Standing
from bridge.text.tree import Paragraph, runs, wording
from tests.servers.isso import RunningIsso, real_isso
from tests.servers.isso_blog import RAIN, TEA, comments, opened, read
from tests.servers.isso_proxy import proxied


async def test_a_thread_is_one_page_with_its_post_and_covers_all_of_it(isso: RunningIsso) -> None:
    number = await isso.visitor("Vera").comment("Which *tea*?", website="https://vera.example/")
    async with opened(isso) as (blog, _):
        (page,) = await read(blog)
    (post,), (comment,) = page.posts, page.comments
    assert (post.id, post.address, post.title) == (TEA, f"{isso.site}/tea/", "On tea")
    assert (post.excerpt, post.picture) == ("All about On tea.", f"{isso.site}/picture.png")
    assert page.covers == (Covers(TEA, 0, 2**62),)
    assert comment.position == number and comment.id == f"{number}@{comment.created!r}"
    assert comment.commenter.name == "Vera" and comment.commenter.address == "https://vera.example/"
    assert wording(comment.text) == "Which tea?" and comment.key is None and comment.parent is None
    assert page.read_at > comment.created


async def test_replies_name_their_parents_and_deeper_ones_are_flattened_by_isso(isso: RunningIsso) -> None:
    vera = isso.visitor("Vera")
    top = await vera.comment("Which tea?")
    reply = await vera.comment("Green?", under=top)
    deeper = await vera.comment("Or black?", under=reply)
    async with opened(isso) as (blog, _):
        known = await comments(blog)
    assert known[reply].parent == known[deeper].parent == known[top].id


async def test_every_thread_of_the_blog_is_found(isso: RunningIsso) -> None:
    for post in ("/tea/", "/rain/"):
        await isso.visitor("Vera").comment("Hello there", post)
    async with opened(isso) as (blog, _):
        pages = await read(blog)
    assert {page.covers[0].post for page in pages} == {TEA, RAIN}


async def test_a_new_top_level_comment_is_seen_however_many_replies_there_are(isso: RunningIsso) -> None:
    vera = isso.visitor("Vera")
    top = await vera.comment("Which tea?")
    for word in ("one", "two", "three", "four"):
        await vera.comment(f"Reply {word}", under=top)
    async with opened(isso) as (blog, _):
        cursor = (await read(blog))[-1].cursor
        new = await vera.comment("And rain?", "/rain/")
        assert new in {comment.position for page in await read(blog, cursor) for comment in page.comments}


async def test_an_idle_blog_costs_two_requests_a_beat(isso: RunningIsso) -> None:
    await isso.visitor("Vera").comment("Which tea?")
    await isso.visitor("Vera").comment("Which rain?", "/rain/")
    isso.age(30 * 86_400)
    async with proxied(isso.address) as proxy, opened(isso, address=proxy.address) as (blog, _):
        cursor = (await read(blog))[-1].cursor
        for _beat in range(2):
            proxy.requests.clear()
            cursor = (await read(blog, cursor))[-1].cursor
            asked = [request.split()[1].partition("?")[0] for request in proxy.requests]
            assert sorted(asked) == ["/", "/admin/", "/latest"]


# --- Edits and deletions ----------------------------------------------------------------------------------------------


async def test_a_visitors_edit_is_read_at_the_next_beat(isso: RunningIsso) -> None:
    vera = isso.visitor("Vera")
    number = await vera.comment("Which tea?")
    async with opened(isso) as (blog, _):
        first = (await read(blog))[-1]
        await vera.edit(number, "Which coffee?")
        (page,) = await read(blog, first.cursor)
    assert page.comments[0].id == first.comments[0].id
    assert wording(page.comments[0].text) == "Which coffee?"


async def test_an_admins_edit_which_leaves_no_time_is_read_at_the_next_beat(isso: RunningIsso) -> None:
    await isso.visitor("Vera").comment("Which tea?")
    isso.age(30 * 86_400)
    async with opened(isso) as (blog, _):
        first = (await read(blog))[-1]
        admin = blog._now().admin
        row = await admin.row(1) if admin else None
        assert admin and row and (await admin.act(row, "edit", {"text": "Moderated."})).status == 200
        (page,) = await read(blog, first.cursor)
    assert isso.sql("SELECT modified FROM comments") == [(None,)]
    assert wording(page.comments[0].text) == "Moderated."


async def test_a_deleted_comment_is_missing_and_gone(isso: RunningIsso) -> None:
    vera = isso.visitor("Vera")
    await vera.comment("Which tea?")
    number = await vera.comment("Never mind.")
    async with opened(isso) as (blog, _):
        known = await comments(blog)
        await vera.delete(number)
        assert set(await comments(blog)) == {1}
        assert await blog.look([known[1].id, known[number].id]) == {
            known[1].id: Standing.PUBLIC,
            known[number].id: Standing.GONE,
        }


@pytest.mark.parametrize("password", [True, False])
async def test_a_deleted_comment_with_replies_is_missing_and_gone(isso: RunningIsso, password: bool) -> None:
    vera = isso.visitor("Vera")
    top = await vera.comment("Which tea?")
    reply = await vera.comment("Green?", under=top)
    async with opened(isso, **({} if password else {"admin_password": None})) as (blog, _):
        known = await comments(blog)
        await vera.delete(top)
        now = await comments(blog)
        assert set(now) == {reply} and now[reply].parent == known[top].id
        assert await blog.look([known[top].id]) == {known[top].id: Standing.GONE}


async def test_the_last_comment_of_a_post_leaves_an_empty_page_that_covers_it(isso: RunningIsso) -> None:
    vera = isso.visitor("Vera")
    number = await vera.comment("Which tea?")
    async with opened(isso) as (blog, _):
        cursor = (await read(blog))[-1].cursor
        await vera.delete(number)
        (page,) = await read(blog, cursor)
        assert page.comments == () and page.covers == (Covers(TEA, 0, 2**62),)
        assert await read(blog, page.cursor) == []


@pytest.mark.parametrize("password", [True, False])
async def test_a_number_given_out_twice_is_another_comment(isso: RunningIsso, password: bool) -> None:
    vera = isso.visitor("Vera")
    number = await vera.comment("Which tea?")
    async with opened(isso, **({} if password else {"admin_password": None})) as (blog, _):
        first = (await comments(blog))[number]
        await vera.delete(number)
        assert await isso.visitor("Sam").comment("Which tea?") == number
        assert await blog.look([first.id]) == {first.id: Standing.GONE}
        second = (await comments(blog))[number]
        assert second.id != first.id and second.position == first.position
        assert await blog.look([first.id, second.id]) == {first.id: Standing.GONE, second.id: Standing.PUBLIC}


async def test_instants_come_back_exactly_from_every_way_of_reading(moderated: RunningIsso) -> None:
    await moderated.visitor("Vera").comment("Which tea?")
    async with opened(moderated) as (blog, _):
        waiting = (await comments(blog))[1]
        admin = blog._now().admin
        row = await admin.row(1) if admin else None
        assert admin and row
        await admin.act(row, "activate")
        public = (await comments(blog))[1]
    assert waiting.standing is Standing.PENDING and public.standing is Standing.PUBLIC
    assert waiting.id == public.id and wording(waiting.text) == wording(public.text)


# --- Pending ----------------------------------------------------------------------------------------------------------


async def test_pending_comments_are_read_with_the_password_all_pages_of_them(moderated: RunningIsso) -> None:
    await moderated.visitor("Vera & Co").comment("Which tea?", website="https://vera.example/")
    moderated.sql(
        "INSERT INTO comments (tid, id, created, mode, remote_addr, text, author, voters) "
        "WITH RECURSIVE n(x) AS (SELECT 2 UNION ALL SELECT x + 1 FROM n WHERE x < 230) "
        "SELECT 1, x, 1700000000.0 + x, 2, '127.0.9.0', 'waiting ' || x, 'Crowd', x'00' FROM n"
    )
    async with opened(moderated) as (blog, _):
        waiting = await comments(blog)
        assert len(waiting) == 230 and {comment.standing for comment in waiting.values()} == {Standing.PENDING}
        assert waiting[1].commenter.name == "Vera & Co" and wording(waiting[1].text) == "Which tea?"
        assert waiting[1].link == f"{moderated.site}/tea/#isso-1"
        assert await blog.look([waiting[7].id]) == {waiting[7].id: Standing.PENDING}


async def test_a_pending_reply_names_its_parent(moderated: RunningIsso) -> None:
    top = await moderated.visitor("Vera").comment("Which tea?")
    moderated.sql("UPDATE comments SET mode = 1")
    reply = await moderated.visitor("Sam").comment("Green!", under=top)
    async with opened(moderated) as (blog, _):
        known = await comments(blog)
    assert known[reply].parent == known[top].id


async def test_without_the_password_pending_comments_are_not_seen_and_count_as_hidden(moderated: RunningIsso) -> None:
    await moderated.visitor("Vera").comment("Which tea?")
    ((created,),) = moderated.sql("SELECT created FROM comments")
    comment = CommentId(f"1@{created!r}")
    async with opened(moderated, admin_password=None) as (blog, _):
        assert await comments(blog) == {}
        assert await blog.look([comment]) == {comment: Standing.HIDDEN}


async def test_a_post_with_only_pending_comments_comes_with_its_card_and_a_made_up_one_not_at_all(
    moderated: RunningIsso,
) -> None:
    await moderated.visitor("Vera").comment("Which tea?")
    await moderated.visitor("Mallory").comment("Buy pills", "/made-up/", title="Cheap pills")
    async with opened(moderated) as (blog, _):
        for _beat in range(2):
            (page,) = await read(blog)
            assert [post.title for post in page.posts] == ["On tea"] and page.covers == ()
            assert [comment.post for comment in page.comments] == [TEA]


async def test_a_known_post_keeps_its_title_when_a_comment_on_it_waits(moderated: RunningIsso) -> None:
    await moderated.visitor("Vera").comment("Which tea?")
    moderated.sql("UPDATE comments SET mode = 1")
    await moderated.visitor("Vera").comment("Which cup?")
    async with opened(moderated) as (blog, _):
        pages = await read(blog)
    assert [post.title for page in pages for post in page.posts] == ["On tea"]


# --- Posts ------------------------------------------------------------------------------------------------------------


async def test_posts_that_visitors_made_up_are_not_posts(isso: RunningIsso) -> None:
    for uri in ("/made-up/", "//elsewhere.example/", "https://elsewhere.example/"):
        await isso.visitor("Mallory").comment("Buy pills", uri, title="Cheap pills")
    async with opened(isso) as (blog, _):
        assert await read(blog) == []


async def test_a_post_whose_page_fails_is_called_by_its_path_until_it_can_be_read(isso: RunningIsso) -> None:
    await isso.visitor("Vera").comment("Which tea?")
    async with proxied(isso.site) as site, opened(isso, site=site.address) as (blog, _):
        for _attempt in range(3):
            site.swallow_request("GET /tea/")
        await site.close()
        first = (await read(blog))[-1]
        assert [post.title for post in first.posts] == ["/tea/"]


FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>
<link>SITE/</link><atom:link href="SITE/feed" rel="self"/><item><link>SITE/rain/</link></item>
<item><link>SITE/tea/?from=feed#top</link></item>
<item><link>https://elsewhere.example/tea/</link></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><link href="SITE/"/><entry><link rel="alternate" href="/tea/"/>
<link rel="edit" href="SITE/edit"/></entry><entry><link href="SITE/rain/"/></entry></feed>"""
INDEX = """<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>SITE/map.xml</loc></sitemap>
</sitemapindex>"""
MAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>SITE/tea/</loc></url><url>
<loc>SITE/rain/</loc></url></urlset>"""
FILES = {
    "/feed": ("application/rss+xml", FEED),
    "/atom": ("application/atom+xml", ATOM),
    "/sitemap.xml": ("application/xml", INDEX),
    "/map.xml": ("application/xml", MAP),
}


@pytest.mark.parametrize(("posts", "source"), [("feed", "/feed"), ("feed", "/atom"), ("sitemap", "/sitemap.xml")])
async def test_posts_are_found_by_feed_or_sitemap_where_latest_is_off(tmp_path: Path, posts: str, source: str) -> None:
    async with real_isso(tmp_path, latest=False, files=FILES) as isso:
        await isso.visitor("Vera").comment("Which tea?")
        await isso.visitor("Vera").comment("Which rain?", "/rain/")
        async with opened(isso, posts=posts, posts_from=isso.site + source, admin_password=None) as (blog, _):
            pages = await read(blog)
            assert {page.covers[0].post for page in pages} == {TEA, RAIN}
            made = pages[0].comments[0].id
            assert await blog.look([made]) == {made: Standing.PUBLIC}
        async with opened(isso, posts=posts, posts_from=isso.site + source, admin_password=None) as (blog, _):
            assert await blog.look([made]) == {made: Standing.PUBLIC}
            cursor = pages[-1].cursor
            await isso.visitor("Vera").comment("More tea!")
            assert "More tea!" in {wording(c.text) for page in await read(blog, cursor) for c in page.comments}


async def test_a_list_of_posts_that_is_no_xml_is_tried_again(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]><feed><entry><link>&a;</link></entry></feed>'
    files = {"/feed": ("text/xml", bomb), "/page": ("text/html", "<p>oops")}
    async with real_isso(tmp_path, files=files) as isso:
        for source in ("/feed", "/page"):
            async with opened(isso, posts="feed", posts_from=isso.site + source) as (blog, _):
                with pytest.raises(RetryLater):
                    await read(blog)


# --- Hostile and broken -----------------------------------------------------------------------------------------------


async def test_hostile_comments_come_as_harmless_text(isso: RunningIsso) -> None:
    words = (
        "Hi <script>alert(1)</script> [click](javascript:alert(1)) <img src=x onerror=alert(1)> [ok](https://x.example)"
    )
    await isso.visitor("<b>Mallory</b>").comment(words, website="https://m.example/#bc-short")
    async with opened(isso) as (blog, _):
        comment = (await comments(blog))[1]
    assert comment.commenter.name == "<b>Mallory</b>"
    assert "<script>alert(1)</script>" in wording(comment.text)
    flat = [run for block in comment.text if isinstance(block, Paragraph) for run in runs(block.children)]
    addresses = {run.link.address for run in flat if run.link}
    assert "https://x.example" in addresses and all(address.startswith("http") for address in addresses)
    assert comment.key is None and comment.commenter.address == "https://m.example/#bc-short"


async def test_one_failing_thread_does_not_keep_the_others_from_being_read(isso: RunningIsso) -> None:
    await isso.visitor("Vera").comment("Which tea?")
    await isso.visitor("Vera").comment("Which rain?", "/rain/")
    async with proxied(isso.address) as proxy, opened(isso, address=proxy.address, admin_password=None) as (blog, _):
        proxy.break_answers_to("GET /?uri=/rain/")
        reading = blog.pages(None)
        first = await anext(reading)
        with pytest.raises(RetryLater):
            await anext(reading)
        proxy.break_answers_to("")
        assert first.covers[0].post == TEA
        assert RAIN in {page.covers[0].post for page in await read(blog, first.cursor)}
