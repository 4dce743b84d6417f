"""The API as hosts, caches and security plugins leave it: found wherever it is, and trusted no further than it goes."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

import pytest

from adapters.wordpress.api import Api, ApiRefusal
from adapters.wordpress.posts import cards
from adapters.wordpress.settings import Account, Settings
from bridge.errors import MaybeDone, Refused, RetryLater
from bridge.fetch import Fetch
from bridge.model import AccountName, PostId
from tests.contracts.wordpress.reading_rest import settings
from tests.servers.scripted import Place, Script, answer, away
from tests.servers.wordpress import RunningWordPress

MARA = Account(AccountName("mara"), "mara", "abcd efgh ijkl mnop")
COMMENTS = "/wp/v2/comments"
ROOT = b'{"name": "Garden &amp; co", "namespaces": ["wp/v2"], "gmt_offset": "1", "authentication": []}'


@pytest.fixture
def new_place() -> Iterator[Callable[[str], Place]]:
    with ExitStack() as stack:

        def make(host: str = "127.0.0.1") -> Place:
            place = Place(host)
            stack.callback(place.close)
            return place

        yield make


@pytest.fixture
def place(new_place: Callable[..., Place]) -> Place:
    return new_place()


async def at_once(seconds: float) -> None:
    """A failed connection is tried again without a pause."""


@asynccontextmanager
async def api_of(configured: Settings) -> AsyncIterator[Api]:
    async with Fetch("backchat-tests", trusted=configured.places(), pause=at_once) as fetch:
        yield Api(fetch, configured)


def at(place: Place, **changes: Any) -> Settings:
    values = {"path": "blogs.garden", "address": place.address, "accounts": {MARA.name: MARA}}
    return Settings(**{**values, **changes})


def page(*headers: str, body: bytes = b"<p>Hello</p>") -> bytes:
    return answer(body, "Content-Type: text/html; charset=UTF-8", *headers)


def found_at(address: str) -> bytes:
    return page(f'Link: <{address}>; rel="https://api.w.org/"')


def data(value: object, *headers: str, status: str = "200 OK") -> bytes:
    return answer(json.dumps(value).encode(), "Content-Type: application/json; charset=UTF-8", *headers, status=status)


def lines(script: Script) -> list[str]:
    return [request.split(b"\r\n")[0].decode() for request in script.requests]


def signed(request: bytes) -> bool:
    return b"\r\nauthorization:" in request.lower()


# --- where it is ------------------------------------------------------------------------------------------------------


async def test_the_api_is_where_the_link_header_says(place: Place) -> None:
    async with (
        place.scripted(found_at(f"{place.address}/api/"), data([], "X-WP-Total: 7", "X-WP-TotalPages: 1")) as script,
        api_of(at(place)) as api,
    ):
        got = await api.get(COMMENTS, {"per_page": 100})
    assert (got.json, got.total, got.pages) == ([], 7, 1)
    assert lines(script)[1] == "GET /api/wp/v2/comments?per_page=100 HTTP/1.1"


async def test_the_link_is_found_among_others_and_in_the_page(place: Place) -> None:
    headers = (
        f'Link: <{place.address}/?p=5>; rel=shortlink, <{place.address}/one/>; rel="https://api.w.org/", </x>; rel="up"'
    )
    async with place.scripted(page(headers), data(1)) as script, api_of(at(place)) as api:
        await api.get("/x")
    assert lines(script)[1] == "GET /one/x HTTP/1.1"
    body = b'<html><head><link rel="https://api.w.org/" href="/two/" /></head><body>Hello</body></html>'
    async with place.scripted(page(body=body), data(1)) as script, api_of(at(place)) as api:
        await api.get("/x")
    assert lines(script)[1] == "GET /two/x HTTP/1.1"


async def test_with_plain_permalinks_the_path_is_a_parameter(place: Place) -> None:
    link = found_at(f"{place.address}/index.php?rest_route=/")
    async with place.scripted(link, data([]), data(json.loads(ROOT))) as script, api_of(at(place)) as api:
        await api.get(COMMENTS, {"per_page": 1})
        assert (await api.root()).plain
    assert lines(script)[1] in {
        "GET /index.php?rest_route=/wp/v2/comments&per_page=1 HTTP/1.1",
        "GET /index.php?rest_route=%2Fwp%2Fv2%2Fcomments&per_page=1 HTTP/1.1",
    }


async def test_where_no_page_names_it_the_usual_places_are_tried(place: Place) -> None:
    gone = answer(b"Not found", "Content-Type: text/html", status="404 Not Found")
    plain = data(json.loads(ROOT))
    async with place.scripted(page(), gone, plain, data([])) as script, api_of(at(place)) as api:
        await api.get(COMMENTS)
    assert [line.split("?")[0] for line in lines(script)[1:3]] == ["GET /wp-json/", "GET /index.php"]


async def test_where_there_is_none_it_is_said(place: Place) -> None:
    gone = answer(b"Not found", "Content-Type: text/html", status="404 Not Found")
    async with place.scripted(page(), gone, gone), api_of(at(place)) as api:
        with pytest.raises(RetryLater, match=r"no WordPress API at 127\.0\.0\.1"):
            await api.get(COMMENTS)


async def test_the_root_says_what_there_is(wordpress: RunningWordPress) -> None:
    async with api_of(settings(wordpress)) as api:
        root = await api.root()
        assert "wp/v2" in root.namespaces
        assert root.authorization == f"{wordpress.address}/wp-admin/authorize-application.php"
        assert (root.closed, root.plain) == (False, False)


async def test_a_blog_that_is_closed_to_strangers_says_so(wordpress: RunningWordPress) -> None:
    await wordpress.switch(rest_closed=True)
    configured = settings(wordpress, "editor")
    async with api_of(configured) as api:
        assert (await api.root()).closed
        with pytest.raises(ApiRefusal) as refused:
            await api.get(COMMENTS)
        assert refused.value.status == 401
        assert (await api.get(COMMENTS, None, configured.accounts[AccountName("editor")])).json == []


async def test_after_a_failure_it_is_looked_for_anew(place: Place) -> None:
    broken = answer(b"oops", status="502 Bad Gateway")
    answers = (found_at(f"{place.address}/old/"), broken, found_at(f"{place.address}/new/"), data([]))
    async with place.scripted(*answers) as script, api_of(at(place)) as api:
        with pytest.raises(RetryLater):
            await api.get(COMMENTS)
        await api.get(COMMENTS)
    assert lines(script)[3] == "GET /new/wp/v2/comments HTTP/1.1"


# --- what stands before it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html><body>Checking your browser</body></html>", "text/html"),
        (b"<br />\n<b>Warning</b>: Undefined array key in /var/www/x.php<br />\n[]", "text/html"),
        (b"", "application/json"),
        (b"\xff\xfe\x00", "application/octet-stream"),
    ],
)
async def test_a_page_instead_of_json_is_no_answer(place: Place, body: bytes, kind: str) -> None:
    async with (
        place.scripted(answer(body, f"Content-Type: {kind}"), answer(body, f"Content-Type: {kind}")),
        api_of(at(place, api=place.address)) as api,
    ):
        with pytest.raises(RetryLater, match=kind):
            await api.get(COMMENTS, None, MARA)
        with pytest.raises(MaybeDone, match=kind):
            await api.send("POST", COMMENTS, {"content": "Hello"}, MARA)


async def test_a_firewall_that_says_no_is_a_refusal_without_a_code(place: Place) -> None:
    no = answer(b"<h1>Blocked</h1>", "Content-Type: text/html", status="403 Forbidden")
    async with place.scripted(no, no), api_of(at(place, api=place.address)) as api:
        for asking in (api.get(COMMENTS, None, MARA), api.send("POST", COMMENTS, {}, MARA)):
            with pytest.raises(ApiRefusal) as refused:
                await asking
            assert (refused.value.status, refused.value.code) == (403, "")
            assert "text/html" in refused.value.message


async def test_a_refusal_of_wordpress_has_its_code_and_plain_words(place: Place) -> None:
    said = {"code": "comment_flood", "message": "Slow down, <strong>Tom &amp; Jerry</strong>&#8217;s cousin."}
    refusal = data(said, "Retry-After: 15", status="400 Bad Request")
    async with place.scripted(refusal), api_of(at(place, api=place.address)) as api:
        with pytest.raises(ApiRefusal) as refused:
            await api.send("POST", COMMENTS, {}, MARA)
    assert (refused.value.code, refused.value.retry_after) == ("comment_flood", 15.0)
    assert refused.value.message == "Slow down, Tom & Jerry’s cousin."


async def test_law_12_a_refusal_without_end_is_cut_short(place: Place) -> None:
    endless = data({"code": "nonsense", "message": "<b>no</b> " * 10**6}, status="403 Forbidden")
    async with place.scripted(endless), api_of(at(place, api=place.address)) as api:
        with pytest.raises(ApiRefusal) as refused:
            await api.get(COMMENTS)
    assert refused.value.message.startswith("no no no") and len(refused.value.message) <= 300


async def test_a_redirect_to_what_is_no_address_is_told_as_any_other(place: Place) -> None:
    nowhere = away("http://[::1")
    async with place.scripted(nowhere, nowhere), api_of(at(place, api=place.address)) as api:
        with pytest.raises(RetryLater, match="redirects its API to another address"):
            await api.get(COMMENTS, None, MARA)
        with pytest.raises(RetryLater, match="redirects its API to another address"):
            await api.send("POST", COMMENTS, {}, MARA)


async def test_law_02_what_may_have_reached_the_blog_is_said_to_be_unknown(place: Place) -> None:
    for broken in (None, answer(b"oops", status="500 Oops"), answer(b"", status="503 Oops"), answer(b"{", length=99)):
        async with place.scripted(broken), api_of(at(place, api=place.address)) as api:
            with pytest.raises(MaybeDone):
                await api.send("POST", COMMENTS, {}, MARA)
    maintenance = answer(b"Briefly unavailable", "Retry-After: 600", status="503 Service Unavailable")
    async with place.scripted(maintenance), api_of(at(place, api=place.address)) as api:
        with pytest.raises(RetryLater) as later:
            await api.send("POST", COMMENTS, {}, MARA)
    assert later.value.after == 600.0
    async with api_of(at(place, api=place.address)) as api:
        with pytest.raises(RetryLater):
            await api.send("POST", COMMENTS, {}, MARA)


# --- who hears the password -------------------------------------------------------------------------------------------


async def test_law_10_the_password_goes_to_the_api_and_not_along_a_redirect(
    place: Place, new_place: Callable[..., Place]
) -> None:
    foreign = new_place()
    async with (
        place.scripted(away(f"{foreign.address}/wp/v2/comments", "301 Moved"), away(f"{foreign.address}/x")) as script,
        foreign.scripted(data([]), data([])) as elsewhere,
        api_of(at(place, api=place.address)) as api,
    ):
        with pytest.raises(RetryLater, match=r"blogs\.garden\.address"):
            await api.get(COMMENTS, None, MARA)
        with pytest.raises(RetryLater, match=r"no password goes along"):
            await api.send("POST", COMMENTS, {}, MARA)
    assert [signed(request) for request in script.requests] == [True, True]
    assert elsewhere.requests == []


async def test_law_10_a_host_that_the_operator_did_not_name_gets_no_password(
    place: Place, new_place: Callable[..., Place]
) -> None:
    foreign = new_place("127.0.0.2")
    configured = at(place, feed=foreign.address)
    async with (
        place.scripted(found_at(f"{foreign.address}/wp-json/")) as script,
        foreign.scripted(data([])) as elsewhere,
        api_of(configured) as api,
    ):
        with pytest.raises(Refused, match=r"blogs\.garden\.api"):
            await api.get(COMMENTS, None, MARA)
        with pytest.raises(Refused, match=r"blogs\.garden\.api"):
            await api.send("POST", COMMENTS, {}, MARA)
        assert (await api.get(COMMENTS)).json == [], "strangers may ask everywhere"
    assert [signed(request) for request in (*script.requests, *elsewhere.requests)] == [False, False]


async def test_law_10_no_password_is_asked_for_or_shown(place: Place) -> None:
    async with place.scripted(data([], status="200 OK")) as script, api_of(at(place, api=place.address)) as api:
        await api.get(COMMENTS, {"per_page": 1}, MARA)
    expected = base64.b64encode(f"mara:{MARA.password}".encode()).decode()
    assert f"Authorization: Basic {expected}".encode() in script.requests[0]
    assert MARA.password not in repr(at(place)) + repr(MARA) + repr(api)
    assert MARA.password not in lines(script)[0]


async def test_files_are_asked_for_as_strangers_do(place: Place) -> None:
    file = {
        "id": 7,
        "link": "https://garden.example/a.txt",
        "title": {"rendered": "A"},
        "date_gmt": "2026-01-01T12:00:00",
    }
    post = {**file, "id": 8}
    async with place.scripted(data([file]), data([post])) as script, api_of(at(place, api=place.address)) as api:
        found = await cards(api, [PostId("7"), PostId("8")], {PostId("7"): "media", PostId("8"): "posts"}, MARA)
    assert [*found] == ["7", "8"]
    assert [signed(request) for request in script.requests] == [False, True]


# --- WordPress.com ----------------------------------------------------------------------------------------------------


async def test_a_blog_at_wordpress_com_is_asked_for_by_its_site(place: Place) -> None:
    configured = at(place, site="garden.wordpress.com", api=place.address, token="bearer-token")
    account = Account(AccountName("author"), "author", "bearer-token")
    async with place.scripted(data([])) as script, api_of(configured) as api:
        await api.get(COMMENTS, None, account)
        assert api.bearer
        assert "wp/v2" in (await api.root()).namespaces
    assert lines(script) == ["GET /wp/v2/sites/garden.wordpress.com/comments HTTP/1.1"]
    assert b"Authorization: Bearer bearer-token" in script.requests[0]
