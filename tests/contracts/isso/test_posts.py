"""What a post's own page says of itself."""

from __future__ import annotations

import pytest

from adapters.isso.posts import is_another

PAGE = '<html><head><link rel="canonical" href="{}"></head><body></body></html>'


@pytest.mark.parametrize(
    ("canonical", "asked", "another"),
    [
        ("https://blog.example/tea/", "https://blog.example/tea/", False),
        ("/tea/", "https://blog.example/tea", False),
        ("/tea/", "https://blog.example/tea/index.html", False),
        ("/t%C3%A9/", "https://blog.example/té/", False),
        ("/tea/", "https://blog.example/tea/?utm=1", True),
        ("/tea/", "https://blog.example/other/", True),
        ("/tea/", "https://blog.example/%2e%2e/", True),
        ("https://elsewhere.example/tea/", "https://blog.example/tea/", False),
        ("", "https://blog.example/tea/", False),
    ],
)
def test_only_the_address_that_the_blog_calls_its_own_is_a_post(canonical: str, asked: str, another: bool) -> None:
    assert is_another(PAGE.format(canonical), asked) is another


def test_a_page_without_the_link_is_itself() -> None:
    assert not is_another("<html><body>tea</body></html>", "https://blog.example/tea/?x=1")
