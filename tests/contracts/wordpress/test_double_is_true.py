"""What WordPress's API answers, letter by letter: the same expectations of the double and of the real ones.

`make test` holds the double to them, `make test-real` the real 6.1 and 6.6. What an adapter relies on stands here.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.servers.wordpress import (
    CLOSED,
    LOCK,
    LOCKED,
    PAGE,
    POSTS,
    PRIVATE,
    RAIN,
    TEA,
    USERS,
    RunningWordPress,
    basic,
    comment,
)  # fmt: skip
from tests.servers.wordpress_asking import COMMENTS, Asking

COMMENT_FIELDS = {
    "id", "post", "parent", "author", "author_name", "author_url", "date", "date_gmt", "content", "link", "status",
    "type", "author_avatar_urls", "meta", "_links",
}  # fmt: skip
PERSONAL = {"author_email", "author_ip", "author_user_agent"}
ME = "/wp-json/wp/v2/users/me"


# --- The site ---------------------------------------------------------------------------------------------------------


async def test_every_page_announces_the_api(wordpress: RunningWordPress, ask: Asking) -> None:
    for path in ("/", "/comments/feed/", wordpress.link(TEA).removeprefix(wordpress.address)):
        answer = await ask.ask("HEAD", path)
        assert answer.status == 200
        assert f'<{wordpress.address}/wp-json/>; rel="https://api.w.org/"' in answer.headers["Link"]


async def test_the_root_tells_the_site(wordpress: RunningWordPress, ask: Asking) -> None:
    root = (await ask.get("/wp-json/")).data
    assert (root["name"], root["home"], root["timezone_string"]) == ("Test Blog", wordpress.address, "Europe/Berlin")
    assert root["gmt_offset"] in {1, 2} and "wp/v2" in root["namespaces"] and "/wp/v2/comments" in root["routes"]
    way = root["authentication"]["application-passwords"]["endpoints"]["authorization"]
    assert way == f"{wordpress.address}/wp-admin/authorize-application.php"


async def test_without_application_passwords_the_root_offers_none(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.switch(no_application_passwords=True)
    assert (await ask.get("/wp-json/")).data["authentication"] == []
    assert (await ask.get(ME, "admin")).error == (401, "rest_not_logged_in")
    assert (await ask.answer("admin", "Hm")).error == (401, "rest_comment_login_required")


async def test_plain_permalinks_have_the_api_in_a_parameter(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("One")
    await wordpress.option("permalink_structure", "")
    assert (await ask.get("/wp-json/wp/v2/comments")).status == 404
    announced = (await ask.ask("HEAD", "/")).headers["Link"]
    assert announced == f'<{wordpress.address}/index.php?rest_route=/>; rel="https://api.w.org/"'
    rows = (await ask.get("/index.php?rest_route=/wp/v2/comments&per_page=1")).data
    assert [row["id"] for row in rows] == [number]
    assert rows[0]["link"] == f"{wordpress.address}/?p={TEA}#comment-{number}"
    assert (await ask.get("/?feed=comments-atom")).xml.tag.endswith("feed")


async def test_a_site_without_the_api(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.switch(rest_gone=True)
    assert (await ask.get("/wp-json/")).status == 404
    home = await ask.get("/")
    assert "Link" not in home.headers and "api.w.org" not in home.text
    assert (await ask.get("/comments/feed/")).status == 200


async def test_an_api_closed_to_strangers_opens_to_accounts(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("One")
    await wordpress.switch(rest_closed=True)
    assert (await ask.get(COMMENTS)).error == (401, "rest_not_logged_in")
    assert await ask.numbers(by="sam") == [number]


# --- Who asks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", sorted(USERS))
async def test_everybody_is_told_who_they_are(wordpress: RunningWordPress, ask: Asking, login: str) -> None:
    user = USERS[login]
    me = (await ask.get(f"{ME}?context=edit", login)).data
    assert (me["id"], me["roles"], me["username"]) == (user.number, [user.role], login)
    assert me["name"] == user.name.replace("&", "&amp;")  # stored as HTML
    assert (me["url"], me["slug"], me["email"]) == (user.url, login, user.email)
    may = me["capabilities"]
    assert bool(may.get("moderate_comments")) == (user.role in {"administrator", "editor"})
    assert bool(may.get("unfiltered_html")) == (user.role in {"administrator", "editor"})
    assert bool(may.get("edit_posts")) == (user.role != "subscriber")
    assert (await ask.get(f"{ME}/application-passwords/introspect", login)).data["name"] == "backchat"


async def test_spaces_and_the_e_mail_address_are_fine(wordpress: RunningWordPress, ask: Asking) -> None:
    jane = USERS["jane"]
    spaced = " ".join(jane.application_password[n : n + 4] for n in range(0, 24, 4))
    for login, password in ((jane.login, spaced), (jane.email, jane.application_password)):
        assert (await ask.get(ME, headers=basic(login, password))).data["id"] == jane.number


@pytest.mark.parametrize(("login", "password"), [("jane", "wrong"), ("nobody", "wrong"), ("jane", "jane-pass")])
async def test_a_wrong_password_is_nobody_and_no_error(ask: Asking, login: str, password: str) -> None:
    signed = basic(login, password)
    assert (await ask.get(COMMENTS, headers=signed)).status == 200
    assert (await ask.get(ME, headers=signed)).error == (401, "rest_not_logged_in")
    posted = await ask.ask("POST", COMMENTS, headers=signed, json={"post": TEA, "content": "Hm"})
    assert posted.error == (401, "rest_comment_login_required")


async def test_a_revoked_password_is_nobody(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.change_password("jane")
    assert (await ask.get(ME, "jane")).error == (401, "rest_not_logged_in")


async def test_where_a_plugin_asks_early_a_wrong_password_is_an_error(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.switch(early_user=True)
    assert (await ask.get(COMMENTS, headers=basic("jane", "wrong"))).error == (401, "incorrect_password")
    assert (await ask.get(COMMENTS, headers=basic("nobody", "wrong"))).error == (401, "invalid_username")
    assert (await ask.get(ME, "jane")).status == 200


async def test_a_host_may_drop_the_authorization(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.switch(strip_authorization=True)
    assert (await ask.get(ME, "admin")).error == (401, "rest_not_logged_in")


# --- Lists ------------------------------------------------------------------------------------------------------------


async def test_what_a_comment_looks_like(wordpress: RunningWordPress, ask: Asking) -> None:
    first = await wordpress.add("First", date=1_790_000_000)
    number = await wordpress.add("An “answer”", under=first, user="jane", date=1_790_000_100)
    answer = await ask.get(f"{COMMENTS}/{number}")
    row = answer.data
    assert set(row) == COMMENT_FIELDS
    assert row["content"] == {"rendered": "<p>An “answer”</p>\n"}
    assert (row["post"], row["parent"], row["author"]) == (TEA, first, USERS["jane"].number)
    assert (row["author_name"], row["author_url"]) == ("Jane Doe", "https://jane.example")
    assert (row["date_gmt"], row["date"]) == ("2026-09-21T14:15:00", "2026-09-21T16:15:00")
    assert (row["status"], row["type"], row["link"]) == ("approved", "comment", wordpress.link(TEA, number))
    assert sorted(row["author_avatar_urls"]) == ["24", "48", "96"]
    assert row["_links"]["up"][0]["href"] == f"{wordpress.address}/wp-json/wp/v2/posts/{TEA}"
    assert row["_links"]["in-reply-to"][0]["href"] == f"{wordpress.address}{COMMENTS}/{first}"
    assert row["_links"]["author"][0]["href"].endswith(f"/users/{USERS['jane'].number}")
    assert not {"ETag", "Last-Modified"} & set(answer.headers)
    edited = (await ask.get(f"{COMMENTS}/{number}?context=edit", "editor")).data
    assert set(edited) == COMMENT_FIELDS | PERSONAL and edited["content"]["raw"] == "An “answer”"
    assert edited["author_email"] == "jane@jane.example"


async def test_embedding_brings_post_parent_and_author(wordpress: RunningWordPress, ask: Asking) -> None:
    first = await wordpress.add("First", name="Vera")
    number = await wordpress.add("Answer", under=first, user="jane")
    inside = (await ask.get(f"{COMMENTS}/{number}?_embed")).data["_embedded"]
    (post,), (parent,), (author,) = inside["up"], inside["in-reply-to"], inside["author"]
    assert (post["id"], post["title"]["rendered"]) == (TEA, "On tea &amp; “biscuits”")
    assert (post["link"], post["type"], post["author"]) == (wordpress.link(TEA), "post", USERS["jane"].number)
    assert (parent["id"], parent["author_name"], parent["content"]) == (first, "Vera", {"rendered": "<p>First</p>\n"})
    assert (author["name"], author["slug"]) == ("Jane Doe", "jane")
    assert "status" not in parent and "date_gmt" not in parent
    only = (await ask.get(f"{COMMENTS}?_embed=up&_fields=id,_links,_embedded")).data[0]
    assert set(only["_embedded"]) == {"up"}


async def test_a_hidden_parent_is_embedded_as_an_error(wordpress: RunningWordPress, ask: Asking) -> None:
    first = await wordpress.add("First", status="hold")
    number = await wordpress.add("Answer", under=first)
    row = (await ask.get(f"{COMMENTS}/{number}?_embed")).data
    assert row["parent"] == first and row["_embedded"]["in-reply-to"][0]["code"] == "rest_cannot_read"


async def test_lists_are_sorted_cut_and_counted(wordpress: RunningWordPress, ask: Asking) -> None:
    now = time.time()
    numbers = await wordpress.add_many([comment(f"{n}", date=now - 100 * n) for n in range(7)])
    assert await ask.numbers() == numbers  # the newest by date first
    assert await ask.numbers("orderby=id&order=desc") == numbers[::-1]
    assert await ask.numbers("orderby=id&order=asc&per_page=2&page=2") == numbers[2:4]
    assert await ask.numbers(f"include={numbers[5]},{numbers[1]},99999") == [numbers[1], numbers[5]]
    assert await ask.numbers(f"exclude={numbers[0]}&per_page=1") == [numbers[1]]
    assert await ask.numbers("offset=5") == numbers[5:]
    answer = await ask.get(f"{COMMENTS}?per_page=3&page=2")
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("7", "3")
    link = answer.headers["Link"]
    assert f'<{wordpress.address}{COMMENTS}?per_page=3&page=1>; rel="prev"' in link
    assert f'<{wordpress.address}{COMMENTS}?per_page=3&page=3>; rel="next"' in link
    assert (await ask.get(f"{COMMENTS}?page=99")).data == []


async def test_fields_can_be_chosen(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("One")
    chosen = (await ask.get(f"{COMMENTS}?_fields=id,content,status")).data
    assert chosen == [{"id": number, "content": {"rendered": "<p>One</p>\n"}, "status": "approved"}]
    assert (await ask.get(f"{COMMENTS}?_fields=id,content.rendered")).data == [{"id": number}]  # lost, in comments
    post = (await ask.get(f"/wp-json/wp/v2/posts/{TEA}?_fields=id,title.rendered")).data
    assert post == {"id": TEA, "title": {"rendered": "On tea &amp; “biscuits”"}}


async def test_after_is_the_comments_own_date(wordpress: RunningWordPress, ask: Asking) -> None:
    late, new = await wordpress.add("Late", date=1_790_000_000), await wordpress.add("New", date=1_790_000_500)
    assert await ask.numbers("after=2026-09-21T16:15:00") == [new]  # the site's own time
    assert await ask.numbers("after=2026-09-21T14:15:00Z&per_page=100") in ([new], [new, late])
    assert await ask.numbers("modified_after=2030-01-01T00:00:00") == [new, late]  # unknown words are overheard


@pytest.mark.parametrize("query", ["per_page=101", "per_page=0", "post=tea", "include=one", "orderby=mood"])
async def test_wrong_parameters_are_refused(ask: Asking, query: str) -> None:
    assert (await ask.get(f"{COMMENTS}?{query}")).error == (400, "rest_invalid_param")


async def test_words_for_a_status(wordpress: RunningWordPress, ask: Asking) -> None:
    statuses = ("approve", "hold", "spam", "trash")
    numbers = dict(zip(statuses, await wordpress.add_many([comment(s, status=s) for s in statuses]), strict=True))
    for status in statuses:
        assert await ask.numbers(f"status={status}", "editor") == [numbers[status]]
    assert set(await ask.numbers("status=all", "editor")) == {numbers["approve"], numbers["hold"]}
    assert set(await ask.numbers("status=any", "editor")) == set(numbers.values())
    assert await ask.numbers("status=approved", "editor") == []  # the value in answers is no word in questions
    shown = (await ask.get(f"{COMMENTS}?status=any&_fields=status", "editor")).data
    assert sorted(row["status"] for row in shown) == ["approved", "hold", "spam", "trash"]


async def test_kinds_are_left_out_unless_asked_for(wordpress: RunningWordPress, ask: Asking) -> None:
    kinds = ("comment", "pingback", "trackback", "note", "like")
    numbers = dict(zip(kinds, await wordpress.add_many([comment(k, kind=k) for k in kinds]), strict=True))
    assert await ask.numbers() == [numbers["comment"]]
    assert await ask.numbers("type=pingback", "jane") == [numbers["pingback"]]
    assert set(await ask.numbers("type=all", "jane")) == set(numbers.values())
    assert (await ask.get(f"{COMMENTS}/{numbers['note']}")).data["type"] == "note"
    every = f"include={numbers['note']},{numbers['comment']}&_fields=id"
    assert await ask.numbers(every) == [numbers["comment"]]


@pytest.mark.parametrize("query", ["status=hold", "type=all", "author=3"])
async def test_strangers_and_subscribers_may_not_ask_for_more(ask: Asking, query: str) -> None:
    assert (await ask.get(f"{COMMENTS}?{query}")).error == (401, "rest_forbidden_param")
    assert (await ask.get(f"{COMMENTS}?{query}", "sam")).error == (403, "rest_forbidden_param")
    assert (await ask.get(f"{COMMENTS}?{query}", "jane")).status == 200


async def test_the_edit_context_is_for_moderators(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("One")
    for path in (COMMENTS, f"{COMMENTS}/{number}"):
        assert (await ask.get(f"{path}?context=edit")).error == (401, "rest_forbidden_context")
        assert (await ask.get(f"{path}?context=edit", "jane")).error == (403, "rest_forbidden_context")
        assert (await ask.get(f"{path}?context=edit", "editor")).status == 200


async def test_authors_see_held_ones_on_their_own_posts(wordpress: RunningWordPress, ask: Asking) -> None:
    own, other = await wordpress.add("On tea", status="hold"), await wordpress.add("On rain", RAIN, status="hold")
    assert await ask.numbers("status=hold", "jane") == [own]
    assert set(await ask.numbers("status=hold", "editor")) == {own, other}


async def test_hidden_is_401_and_gone_is_404(wordpress: RunningWordPress, ask: Asking) -> None:
    held, spam, trash, gone = [await wordpress.add(s, status=s) for s in ("hold", "spam", "trash")] + [
        await wordpress.add("gone")
    ]
    await wordpress.delete(gone)
    for number in (held, spam, trash):
        assert (await ask.get(f"{COMMENTS}/{number}")).error == (401, "rest_cannot_read")
        assert (await ask.get(f"{COMMENTS}/{number}", "sam")).error == (403, "rest_cannot_read")
        assert (await ask.get(f"{COMMENTS}/{number}", "jane")).status == 200
    assert (await ask.get(f"{COMMENTS}/{gone}")).error == (404, "rest_comment_invalid_id")


async def test_private_and_locked_posts(wordpress: RunningWordPress, ask: Asking) -> None:
    diary, door = await wordpress.add("Dear diary", PRIVATE), await wordpress.add("Open!", LOCKED)
    assert await ask.numbers() == []
    assert set(await ask.numbers(by="editor")) == {diary, door}
    assert (await ask.get(f"{COMMENTS}?post={PRIVATE}")).error == (401, "rest_cannot_read_post")
    assert (await ask.get(f"{COMMENTS}?post={LOCKED}")).error == (401, "rest_cannot_read_post")
    assert await ask.numbers(f"post={LOCKED}&password={LOCK}") == [door]
    assert (await ask.get(f"{COMMENTS}/{door}")).error == (401, "rest_cannot_read")


async def test_comments_of_a_deleted_post(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("Under rain", RAIN)
    await wordpress.change_post(RAIN, status="trash")
    assert (await ask.get(f"{COMMENTS}/{number}")).status in {401, 404}
    assert (await ask.answer("admin", "More", RAIN)).error == (403, "rest_comment_trash_post")
    await wordpress.delete_post(RAIN)
    assert (await ask.get(f"{COMMENTS}/{number}")).error == (404, "rest_comment_invalid_id")
    assert (await ask.answer("admin", "More", RAIN)).error == (403, "rest_comment_invalid_post_id")


# --- Posts, pages, users ----------------------------------------------------------------------------------------------


async def test_posts_are_listed_for_everybody(wordpress: RunningWordPress, ask: Asking) -> None:
    posts = (await ask.get("/wp-json/wp/v2/posts?orderby=id&order=asc")).data
    assert [post["id"] for post in posts] == [TEA, RAIN, CLOSED, LOCKED]
    tea = posts[0]
    assert (tea["slug"], tea["title"]["rendered"], tea["author"]) == ("on-tea", "On tea &amp; “biscuits”", 3)
    assert (tea["date_gmt"], tea["date"]) == ("2026-01-01T12:00:00", "2026-01-01T13:00:00")
    assert (tea["link"], tea["type"], tea["status"]) == (wordpress.link(TEA), "post", "publish")
    assert tea["guid"]["rendered"] == f"{wordpress.address}/?p={TEA}"
    assert posts[1]["guid"]["rendered"] == wordpress.link(RAIN)
    assert [post["comment_status"] for post in posts] == ["open", "open", "closed", "open"]
    assert posts[3]["content"] == {"rendered": "", "protected": True}
    assert [post["id"] for post in (await ask.get(f"/wp-json/wp/v2/posts?include={RAIN},{PRIVATE},999")).data] == [RAIN]


async def test_posts_one_by_one(wordpress: RunningWordPress, ask: Asking) -> None:
    assert (await ask.get(f"/wp-json/wp/v2/posts/{TEA}?_fields=link")).data == {"link": wordpress.link(TEA)}
    assert (await ask.get(f"/wp-json/wp/v2/posts/{PRIVATE}")).error == (401, "rest_forbidden")
    assert (await ask.get(f"/wp-json/wp/v2/posts/{PRIVATE}", "sam")).error == (403, "rest_forbidden")
    assert (await ask.get("/wp-json/wp/v2/posts/999")).error == (404, "rest_post_invalid_id")
    page = (await ask.get(f"/wp-json/wp/v2/pages/{PAGE}")).data
    assert (page["type"], page["link"]) == ("page", wordpress.link(PAGE))
    assert (await ask.get("/wp-json/wp/v2/posts?page=9")).error == (400, "rest_post_invalid_page_number")
    number = await wordpress.add("On a page", PAGE)
    up = (await ask.get(f"{COMMENTS}/{number}")).data["_links"]["up"][0]
    assert (up["post_type"], up["href"]) == ("page", f"{wordpress.address}/wp-json/wp/v2/pages/{PAGE}")


async def test_a_renamed_post_has_another_link_and_the_same_guid(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("One", RAIN)
    await wordpress.change_post(RAIN, slug="on-drizzle", title="On drizzle")
    post = (await ask.get(f"/wp-json/wp/v2/posts/{RAIN}")).data
    assert (post["link"], post["title"]["rendered"]) == (f"{wordpress.address}/2026/01/on-drizzle/", "On drizzle")
    assert post["guid"]["rendered"] == wordpress.link(RAIN)
    assert (await ask.get(f"{COMMENTS}/{number}")).data["link"] == f"{post['link']}#comment-{number}"


async def test_users_who_wrote_are_public(ask: Asking) -> None:
    assert (await ask.get("/wp-json/wp/v2/users/3")).data["name"] == "Jane Doe"
    assert (await ask.get("/wp-json/wp/v2/users/5")).error == (401, "rest_user_cannot_view")
    assert (await ask.get("/wp-json/wp/v2/users/99")).error == (404, "rest_user_invalid_id")


async def test_kinds_of_posts_are_told(ask: Asking) -> None:
    types: Any = (await ask.get("/wp-json/wp/v2/types")).data
    assert (types["post"]["rest_base"], types["page"]["rest_base"]) == ("posts", "pages")


def test_the_posts_of_a_fresh_site_have_numbers_of_their_own() -> None:
    assert len({post.number for post in POSTS}) == len(POSTS)
