"""What becomes of what is written to WordPress, by its API and its form: the double's answers are the real ones'."""

from __future__ import annotations

import time

import pytest

from tests.servers.wordpress import CLOSED, LOCKED, PRIVATE, RAIN, TEA, USERS, RunningWordPress
from tests.servers.wordpress_asking import COMMENTS, Asking

KEYED = "https://jane.example/#bc-abcdefghijklmnopqrstuvwx"


# --- Publishing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["admin", "editor", "jane"])
async def test_an_account_publishes_at_once_in_its_own_name(
    wordpress: RunningWordPress, ask: Asking, login: str
) -> None:
    parent = await wordpress.visitor("Vera").comment("Which tea?")
    answer = await ask.answer(login, "Green.", parent=parent)
    assert answer.status == 201
    number = answer.data["id"]
    assert answer.headers["Location"] == f"{wordpress.address}{COMMENTS}/{number}"
    row, user = await wordpress.row(number), USERS[login]
    assert (row.status, row.user, row.name, row.email) == ("approved", user.number, user.name, user.email)
    assert (row.parent, row.url, row.words) == (parent, user.url, "Green.")
    assert ("raw" in answer.data["content"]) == (user.role != "author")  # moderators are answered in the edit context


async def test_the_authors_address_can_be_sent_with_the_account(wordpress: RunningWordPress, ask: Asking) -> None:
    for login in ("admin", "editor", "jane"):
        account = USERS[login]
        sent = await ask.answer(login, f"Keyed by {login}.", author=account.number, author_url=KEYED)
        assert (sent.status, sent.data["author_url"], sent.data["author"]) == (201, KEYED, account.number)
        assert (await ask.get(f"{COMMENTS}/{sent.data['id']}")).data["author_url"] == KEYED


async def test_the_authors_address_alone_is_refused(ask: Asking) -> None:
    assert (await ask.answer("jane", "Keyed.", author_url=KEYED)).error == (400, "rest_comment_author_data_required")


async def test_an_address_with_a_name_and_e_mail_makes_a_comment_of_no_account(ask: Asking) -> None:
    jane = USERS["jane"]
    sent = await ask.answer("jane", "Hm.", author_name=jane.name, author_email=jane.email, author_url=KEYED)
    assert (sent.status, sent.data["author"], sent.data["author_url"]) == (201, 0, KEYED)


async def test_a_site_may_strip_the_address(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.switch(strip_author_url=True)
    sent = await ask.answer("jane", "Keyed.", author=USERS["jane"].number, author_url=KEYED)
    assert (sent.status, sent.data["author_url"]) == (201, "")


async def test_who_waits_for_the_moderator(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.option("comment_previously_approved", 1)
    assert (await ask.answer("sam", "Hm.")).data["status"] == "hold"
    assert (await ask.answer("jane", "Elsewhere.", RAIN)).data["status"] == "hold"
    assert (await ask.answer("tom", "Elsewhere.", RAIN)).data["status"] == "hold"
    await wordpress.age(60)
    assert (await ask.answer("jane", "At home.", TEA)).data["status"] == "approved"
    await wordpress.age(60)
    assert (await ask.answer("jane", "Elsewhere, known now.", RAIN)).data["status"] == "approved"


async def test_moderation_holds_all_but_moderators_and_the_posts_author(
    wordpress: RunningWordPress, ask: Asking
) -> None:
    await wordpress.option("comment_moderation", 1)
    assert (await ask.answer("editor", "Mine.", RAIN)).data["status"] == "approved"
    assert (await ask.answer("jane", "On my own.")).data["status"] == "approved"
    assert (await ask.answer("tom", "Elsewhere.", RAIN)).data["status"] == "hold"
    assert (await wordpress.row(await wordpress.visitor("Vera").comment("Held?"))).status == "hold"


async def test_a_plugin_may_hold_everybody(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.switch(hold_everyone=True)
    sent = await ask.answer("admin", "Mine.")
    assert (sent.status, sent.data["status"]) == (201, "hold")


async def test_many_links_are_held(wordpress: RunningWordPress) -> None:
    linked = " ".join(f'<a href="https://x.example/{n}">{n}</a>' for n in range(2))
    assert (await wordpress.row(await wordpress.visitor("Vera").comment(linked))).status == "hold"
    bare = "https://x.example/1 https://x.example/2"
    assert (await wordpress.row(await wordpress.visitor("Vera").comment(bare))).status == "hold"
    assert (await wordpress.row(await wordpress.visitor("Vera").comment("https://x.example/1"))).status == "approved"


REFUSALS = [
    ("admin", {"post": CLOSED}, 403, "rest_comment_closed"),
    ("jane", {"post": 999}, 403, "rest_comment_invalid_post_id"),
    ("jane", {"post": 0}, 403, "rest_comment_invalid_post_id"),
    ("jane", {"post": PRIVATE}, 403, "rest_cannot_read_post"),
    ("tom", {"post": LOCKED}, 403, "rest_cannot_read_post"),
    ("jane", {"content": "   "}, 400, "rest_comment_content_invalid"),
    ("jane", {"content": "x" * 65_526}, 400, "comment_content_column_length"),
    ("jane", {"post": "tea"}, 400, "rest_invalid_param"),
    ("jane", {"author": 1}, 403, "rest_comment_invalid_author"),
    ("jane", {"status": "approved"}, 403, "rest_comment_invalid_status"),
    ("jane", {"type": "note"}, 400, "rest_invalid_comment_type"),
    ("admin", {"author": 99}, 400, "rest_comment_author_invalid"),
    (None, {}, 401, "rest_comment_login_required"),
]


@pytest.mark.parametrize(("login", "fields", "status", "code"), REFUSALS, ids=[f"{r[0]}-{r[3]}" for r in REFUSALS])
async def test_refusals(ask: Asking, login: str | None, fields: dict[str, object], status: int, code: str) -> None:
    answer = await ask.post(COMMENTS, {"post": TEA, "content": "Hm.", **fields}, login)
    assert answer.error == (status, code)


async def test_a_body_that_is_no_json_is_refused(wordpress: RunningWordPress, ask: Asking) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await ask.ask("POST", COMMENTS, "jane", headers, data=b'{"post":')
    assert answer.error == (400, "rest_invalid_json")


async def test_parents_are_not_checked(wordpress: RunningWordPress, ask: Asking) -> None:
    held, elsewhere = await wordpress.add("Held", status="hold"), await wordpress.add("Elsewhere", RAIN)
    for parent in (held, elsewhere, 99999):
        sent = await ask.answer("editor", f"Under {parent}.", parent=parent)
        assert (sent.status, sent.data["status"], sent.data["parent"]) == (201, "approved", parent)
    assert (await wordpress.row(held)).status == "hold"  # an answer approves nothing


# --- Twice, and too fast ----------------------------------------------------------------------------------------------

TWICE = [
    ("plain", "The same words.", 409),
    ("apostrophe", "It's the “same”.", 409),
    ("emoji and lines", "The same 🐝\n\nwords.", 409),
    ("bare link", "See https://x.example/a_b_c", 409),
    ("angle", "1 < 2 & 3", 409),
    ("backslash", "C:\\dir", 201),
    ("link", '<a href="https://x.example/">this</a>', 201),
    ("link with rel", '<a href="https://x.example/" rel="nofollow ugc">this</a>', 409),
]


@pytest.mark.parametrize(("words", "status"), [row[1:] for row in TWICE], ids=[row[0] for row in TWICE])
async def test_the_same_answer_twice_as_editor(ask: Asking, words: str, status: int) -> None:
    assert (await ask.answer("editor", words)).status == 201
    again = await ask.answer("editor", words)
    assert again.status == status
    if status == 409:
        assert again.error == (409, "comment_duplicate")
    assert (await ask.answer("editor", words, RAIN)).status == 201  # another post, another comment


KSES = [("<p>", "<p>One</p>", 201), ("angle", "1 < 2", 201), ("ampersand", "you & me", 201), ("b", "<b>One</b>", 409)]


@pytest.mark.parametrize(("words", "status"), [row[1:] for row in KSES], ids=[row[0] for row in KSES])
async def test_the_same_answer_twice_as_author(
    wordpress: RunningWordPress, ask: Asking, words: str, status: int
) -> None:
    await wordpress.switch(no_flood=True)
    assert (await ask.answer("jane", words)).status == 201
    assert (await ask.answer("jane", words)).status == status


async def test_the_same_words_elsewhere_are_fine(wordpress: RunningWordPress, ask: Asking) -> None:
    first, second = await wordpress.add("First"), await wordpress.add("Second")
    assert (await ask.answer("editor", "Thanks!", parent=first)).status == 201
    assert (await ask.answer("editor", "Thanks!", parent=second)).status == 201
    again = await ask.answer("editor", "Thanks!", parent=second)
    assert again.error == (409, "comment_duplicate")


async def test_what_is_in_the_trash_is_no_duplicate(wordpress: RunningWordPress, ask: Asking) -> None:
    number = (await ask.answer("editor", "Thanks!")).data["id"]
    await wordpress.trash(number)
    assert (await ask.answer("editor", "Thanks!")).status == 201


async def test_authors_are_a_flood_within_15_seconds(wordpress: RunningWordPress, ask: Asking) -> None:
    assert (await ask.answer("jane", "One.")).status == 201
    assert (await ask.answer("jane", "Two.")).error == (400, "comment_flood")
    assert (await ask.answer("tom", "Another person.")).status == 201
    assert (await ask.answer("jane", "One.")).error == (409, "comment_duplicate")  # looked for first
    await wordpress.age(16)
    assert (await ask.answer("jane", "Two.")).status == 201
    for words in ("Three.", "Four."):
        assert (await ask.answer("editor", words)).status == 201


async def test_visitors_are_a_flood_where_the_site_says_so(wordpress: RunningWordPress) -> None:
    await wordpress.switch(visitor_flood=True)
    vera = wordpress.visitor("Vera")
    await vera.comment("One.")
    assert (await vera.attempt("Two.")).status == 429
    assert (await vera.attempt("One.")).status == 409
    await wordpress.visitor("Otto").comment("Two.")


# --- Changing ---------------------------------------------------------------------------------------------------------


async def test_changing_a_text(wordpress: RunningWordPress, ask: Asking) -> None:
    number = (await ask.answer("jane", "Grean.")).data["id"]
    changed = await ask.post(f"{COMMENTS}/{number}", {"content": "Green \\ it's <i>so</i>."}, "jane")
    assert (changed.status, changed.data["content"]["raw"]) == (200, "Green \\ it's <i>so</i>.")
    assert (await ask.post(f"{COMMENTS}/{number}", {"content": " "}, "jane")).error[1] == "rest_comment_content_invalid"
    again = await ask.post(f"{COMMENTS}/{number}", {"content": "Green \\ it's <i>so</i>."}, "jane")
    assert again.status == 200
    row = await wordpress.row(number)
    assert (row.name, row.url, row.user, row.status) == ("Jane Doe", "https://jane.example", 3, "approved")
    keyed = await ask.post(f"{COMMENTS}/{number}", {"content": "Green.", "author_url": KEYED}, "jane")
    assert keyed.data["author_url"] == KEYED


async def test_who_may_change_what(wordpress: RunningWordPress, ask: Asking) -> None:
    home, away = await wordpress.visitor("Vera").comment("Tea"), await wordpress.visitor("Vera").comment("Rain", RAIN)
    own = (await ask.answer("jane", "Mine, elsewhere.", RAIN)).data["id"]
    change = {"content": "Changed."}
    assert (await ask.post(f"{COMMENTS}/{home}", change, "jane")).status == 200
    assert (await ask.post(f"{COMMENTS}/{away}", change, "jane")).error == (403, "rest_cannot_edit")
    assert (await ask.post(f"{COMMENTS}/{own}", change, "jane")).error == (403, "rest_cannot_edit")
    assert (await ask.post(f"{COMMENTS}/{home}", change, "sam")).error == (403, "rest_cannot_edit")
    assert (await ask.post(f"{COMMENTS}/{home}", change)).error == (401, "rest_cannot_edit")
    assert (await ask.post(f"{COMMENTS}/{away}", change, "editor")).status == 200
    assert (await ask.post(f"{COMMENTS}/99999", change, "editor")).error == (404, "rest_comment_invalid_id")
    assert (await ask.delete(f"{COMMENTS}/{own}", "jane")).error == (403, "rest_cannot_delete")


async def test_moderating_by_status(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("Held", status="hold")
    for status, becomes in (
        ("approved", "approved"), ("hold", "hold"), ("approve", "approved"), ("approved", "approved"),
        ("spam", "spam"), ("unspam", "approved"), ("trash", "trash"), ("untrash", "approved"), ("trash", "trash"),
        ("approved", "approved"),
    ):  # fmt: skip
        answer = await ask.post(f"{COMMENTS}/{number}", {"status": status}, "editor")
        assert (answer.status, answer.data["status"]) == (200, becomes), status
        assert (await wordpress.row(number)).status == becomes
    assert (await ask.post(f"{COMMENTS}/{number}", {"status": "hold"}, "jane")).data["status"] == "hold"
    assert (await ask.post(f"{COMMENTS}/{number}", {"status": "approved"}, "tom")).error == (403, "rest_cannot_edit")


async def test_deleting(wordpress: RunningWordPress, ask: Asking) -> None:
    top = await wordpress.add("Top")
    number = await wordpress.add("Doomed", under=top)
    below = await wordpress.add("Below", under=number)
    assert (await ask.delete(f"{COMMENTS}/{number}", "editor")).data["status"] == "trash"
    assert (await ask.delete(f"{COMMENTS}/{number}", "editor")).error == (410, "rest_already_trashed")
    assert (await wordpress.row(below)).parent == number
    gone = (await ask.delete(f"{COMMENTS}/{number}?force=true", "editor")).data
    assert (gone["deleted"], gone["previous"]["id"]) == (True, number)
    assert (await ask.delete(f"{COMMENTS}/{number}", "editor")).error == (404, "rest_comment_invalid_id")
    assert (await wordpress.row(below)).parent == top  # children move up


# --- The form ---------------------------------------------------------------------------------------------------------


async def test_a_visitor_comments(wordpress: RunningWordPress) -> None:
    vera = wordpress.visitor("Vera & Co", "vera@vera.example", "https://vera.example/?a=1&b=2")
    before = int(time.time())
    attempt = await vera.attempt("It's <b>tea</b>, <script>so</script> C:\\dir & 1 < 2")
    assert (attempt.status, attempt.location) == (302, wordpress.link(TEA, attempt.number))
    row = await wordpress.row(attempt.number)
    assert (row.name, row.email, row.url) == ("Vera &amp; Co", "vera@vera.example", "https://vera.example/?a=1&amp;b=2")
    assert (row.words, row.status) == ("It's <b>tea</b>, so C:\\dir &amp; 1 &lt; 2", "approved")
    assert before <= row.date <= time.time()
    below = await wordpress.visitor("Otto").comment("Indeed", under=attempt.number)
    assert (await wordpress.row(below)).parent == attempt.number


async def test_a_held_comment_is_told_in_the_address(wordpress: RunningWordPress) -> None:
    await wordpress.option("comment_moderation", 1)
    attempt = await wordpress.visitor("Vera").attempt("Hm?")
    start = f"{wordpress.link(TEA)}?unapproved={attempt.number}&moderation-hash="
    assert attempt.status == 302 and attempt.location.startswith(start)


async def test_the_form_refuses(wordpress: RunningWordPress) -> None:
    vera = wordpress.visitor("Vera")
    assert (await vera.attempt("Hm?", CLOSED)).status == 403
    await vera.comment("Twice")
    again = await vera.attempt("Twice")
    assert again.status == 409 and "Duplicate comment" in again.text
    assert (await wordpress.visitor("", "").attempt("Nobody")).status == 200  # an error page, with 200
    await wordpress.option("comment_registration", 1)
    assert (await vera.attempt("Hm?")).status == 403
    assert len(await wordpress.rows()) == 1
