"""Which address of an API is the blog's own, so that passwords may go there."""

from __future__ import annotations

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.wordpress.discovery import announced, same_place
from bridge.fetch import Response


@pytest.mark.parametrize(
    ("api", "named", "same"),
    [
        ("https://garden.example/wp-json/", "https://garden.example", True),
        ("https://www.garden.example/wp-json/", "https://garden.example", True),
        ("https://garden.example/wp-json/", "https://www.garden.example", True),
        ("https://garden.example/wp-json/", "http://garden.example", True),
        ("http://garden.example/wp-json/", "https://garden.example", False),
        ("http://garden.example/wp-json/", "http://garden.example", True),
        ("https://garden.example:8443/wp-json/", "https://garden.example", False),
        ("https://garden.example.evil.example/wp-json/", "https://garden.example", False),
        ("https://api.garden.example/wp-json/", "https://garden.example", False),
        ("https://evil.example/garden.example/", "https://garden.example", False),
        ("http://127.0.0.1:8081/wp-json/", "http://127.0.0.1:8081", True),
        ("http://127.0.0.1:8082/wp-json/", "http://127.0.0.1:8081", False),
    ],
)
def test_law_10_passwords_go_to_hosts_that_were_named_and_never_in_the_clear_instead(
    api: str, named: str, same: bool
) -> None:
    assert same_place(api, named) is same


def page(url: str, *links: str) -> Response:
    headers = CIMultiDict([("Link", link) for link in links])
    return Response("garden.example", 200, CIMultiDictProxy(headers), b"", url=url)


@pytest.mark.parametrize(
    ("links", "found"),
    [
        (['<https://garden.example/wp-json/>; rel="https://api.w.org/"'], "https://garden.example/wp-json/"),
        (["</wp-json/>; rel=https://api.w.org/"], "https://garden.example/wp-json/"),
        (['<http://garden.example/wp-json/>; rel="https://api.w.org/"'], "https://garden.example/wp-json/"),
        (['<http://other.example/wp-json/>; rel="https://api.w.org/"'], "http://other.example/wp-json/"),
        (
            ['</a>; rel="next"', '</b>; title="x, y"; rel="https://api.w.org/", </c>; rel=up'],
            "https://garden.example/b",
        ),
        (['<javascript:alert(1)>; rel="https://api.w.org/"'], None),
        (['<https://[::1>; rel="https://api.w.org/"'], None),
        (['<https://garden.example/feed/>; rel="alternate"'], None),
        ([], None),
    ],
)
async def test_where_a_page_says_that_the_api_is(links: list[str], found: str | None) -> None:
    assert await announced(page("https://garden.example/", *links)) == found
