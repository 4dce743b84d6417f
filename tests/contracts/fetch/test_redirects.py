"""Where redirects lead, what comes along, and when it is enough."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bridge.errors import RetryLater
from bridge.fetch import Fetch
from tests.servers.scripted import Place, answer, away


@pytest.fixture
async def both(here: Place, elsewhere: Place) -> AsyncIterator[Fetch]:
    """A `Fetch` that trusts both places."""
    async with Fetch("backchat-test", trusted=[here.address, elsewhere.address]) as fetch:
        yield fetch


async def test_an_answer_without_redirects_tells_its_own_address(fetch: Fetch, here: Place) -> None:
    async with here.scripted(answer(b"")) as server:
        got = await fetch.read(f"{server.address}/feed#top", params={"page": 2})
    assert (got.url, got.permanent) == (f"{here.address}/feed?page=2", None)


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [
        (["301 Moved"], True),
        (["308 Moved"], True),
        (["301 Moved", "308 Moved"], True),
        (["302 Found"], False),
        (["307 Other"], False),
        (["303 Other"], False),
        (["301 Moved", "302 Found"], False),
        (["302 Found", "301 Moved"], False),
    ],
)
async def test_only_redirects_that_are_all_permanent_are(
    fetch: Fetch, here: Place, statuses: list[str], permanent: bool
) -> None:
    steps = [away(f"/step{number}", status) for number, status in enumerate(statuses)]
    async with here.scripted(*steps, answer(b"there")) as server:
        got = await fetch.read(server.address)
    last = f"{here.address}/step{len(statuses) - 1}"
    assert (got.url, got.permanent) == (last, last if permanent else None)


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("/", "again and again"),
        ("#top", "again and again"),
        ("ftp://127.0.0.1/feed", "other than http"),
        ("javascript:alert(1)", "other than http"),
        ("file:///etc/passwd", "other than http"),
        ("data:text/xml,<rss/>", "other than http"),
        ("http://[::1", "no address"),
        ("http://a:99999999/", "no address"),
    ],
)
async def test_a_redirect_that_leads_nowhere_is_told(fetch: Fetch, here: Place, location: str, words: str) -> None:
    async with here.scripted(away(location)) as server:
        with pytest.raises(RetryLater, match=f"127.0.0.1 cannot be read: it redirects .*{words}"):
            await fetch.read(f"{server.address}/")
        assert len(server.requests) == 1


async def test_a_circle_is_left_where_it_closes(both: Fetch, here: Place, elsewhere: Place) -> None:
    async with (
        here.scripted(away(elsewhere.address + "/b")) as first,
        elsewhere.scripted(away(here.address + "/a")) as second,
    ):
        with pytest.raises(RetryLater, match="again and again"):
            await both.read(here.address + "/a")
        assert (len(first.requests), len(second.requests)) == (1, 1)


async def test_five_redirects_are_followed_and_six_are_not(fetch: Fetch, here: Place) -> None:
    steps = [away(f"/{number}") for number in range(5)]
    async with here.scripted(*steps, answer(b"there")) as server:
        assert (await fetch.read(server.address)).url == f"{here.address}/4"
    async with here.scripted(*steps, away("/5"), answer(b"there")) as server:
        with pytest.raises(RetryLater, match="again and again"):
            await fetch.read(server.address)
        assert len(server.requests) == 6


async def test_a_redirect_that_names_no_place_is_the_callers_business(fetch: Fetch, here: Place) -> None:
    async with here.scripted(answer(b"nowhere", status="302 Found")) as server:
        assert (await fetch.read(server.address)).status == 302


async def test_law_10_credentials_stay_with_their_origin(both: Fetch, here: Place, elsewhere: Place) -> None:
    secrets = {"Authorization": "Bearer abc", "Cookie": "a=b", "X-Api-Key": "k", "If-None-Match": '"tag"'}
    async with (
        here.scripted(away("/again"), away(elsewhere.address)) as own,
        elsewhere.scripted(away("/more"), away(here.address + "/back")) as other,
    ):
        own.answers.append(answer(b"back"))
        assert (await both.read(own.address, headers=secrets)).text() == "back"
    for request in own.requests[:2]:
        assert all(f"{name}: {value}".encode() in request for name, value in secrets.items())
    for request in [*other.requests, own.requests[2]]:
        assert b'If-None-Match: "tag"' in request and b"User-Agent: backchat-test" in request
        assert not any(name.encode() in request for name in ("Authorization", "Cookie", "X-Api-Key"))


async def test_law_10_a_login_in_an_address_stays_with_its_origin_and_is_told_nowhere(
    both: Fetch, here: Place, elsewhere: Place
) -> None:
    async with (
        here.scripted(away("/again"), away(elsewhere.address + "/")) as own,
        elsewhere.scripted(answer(b"")) as other,
    ):
        got = await both.read(own.address.replace("http://", "http://me:secr%20et@"))
    assert all(b"Authorization: Basic bWU6c2VjciBldA==" in request for request in own.requests)
    assert b"Authorization" not in other.requests[0]
    assert got.url == f"{elsewhere.address}/"


@pytest.mark.parametrize(
    ("status", "method"),
    [("301 Moved", "GET"), ("302 Found", "GET"), ("303 Other", "GET"), ("307 Other", "POST"), ("308 Moved", "POST")],
)
async def test_a_question_that_was_posted_is_asked_as_the_redirect_says(
    fetch: Fetch, here: Place, status: str, method: str
) -> None:
    async with here.scripted(away("/there", status), answer(b"there")) as server:
        await fetch.read(server.address, json=["/post"])
    head = server.requests[1].decode()
    assert head.startswith(f"{method} /there ") and ("Content-Type: application/json" in head) == (method == "POST")
