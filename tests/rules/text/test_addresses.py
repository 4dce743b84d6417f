"""Which addresses are allowed, and which links lie."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.text.addresses import MAX_ADDRESS, allowed, disguised
from tests.rules.text.trees import addresses

EVIL = "https://evil.example/"


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org",
        "HTTP://example.org:80/a?b#c",
        "mailto:vera.lynn@example.org",
        "https://bücher.example/",
        "https://localhost/",
        "http://192.168.0.1/x",
        "https://web.example/web/2020/https://bank.example/",
    ],
)
def test_honest_addresses_are_allowed(address: str) -> None:
    """What leads somewhere in the open is left as it is."""
    assert allowed(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:x",
        "\x01javascript:x",
        "data:x,y",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.org",
        "https://u:p@example.org",
        "https://u@example.org",
        "https:evil.example",
        "https://",
        "//example.org",
        "/path",
        "",
        "https://a b.example",
        "https://a\u200b.example",
        "https://evil.example\\@bank.example",
        "https://[::1]/",
        "https://[",
        "https://x.example:99999/",
        "mailto:x",
        "blob:x",
        "https://℀.example/",
        "https://%65vil.example",
        "mailto:a@b@c.example",
        "https://a..b/",
        "https://x/" + "a" * MAX_ADDRESS,
    ],
)
def test_law_09_refused_addresses(address: str) -> None:
    """Script, credentials, white space tricks and hosts that are no names lead nowhere."""
    assert allowed(address) is None


def test_relative_addresses_need_a_base() -> None:
    """A base resolves them, and cannot be used to smuggle."""
    assert allowed("../x#y", "https://blog.example/a/b/") == "https://blog.example/a/x#y"
    assert allowed("#comment-3", "https://blog.example/p") == "https://blog.example/p#comment-3"
    assert allowed("javascript:x", "https://blog.example/") is None
    assert allowed(" https://example.org/ ", None) == "https://example.org/"


def test_mail_is_for_links_only() -> None:
    """An image cannot come by mail."""
    assert allowed("mailto:vera@example.org", mail=False) is None


@pytest.mark.parametrize(
    "shown",
    [
        "https://bank.example",
        "bank.example",
        "BANK.EXAMPLE/login",
        "www.bank.example",
        "http://bank",
        "//bank.example",
        "bank。example",
        "bank．example",
        "bank｡example",
        "bank․example",
        "b\xadank.exam\u200bple",
        "https:∕∕bank.example",
        "(https://bank.example)",
        "log in at bank.example, please",
        "https:/bank.example",
        "bank.example@evil.example",
        "https://bank.example:443",
        "192.168.0.1",
        "ⓑank.example",
        "https:\\\\bank.example",
        "vera@bank.example",
        "@bank.example",
        "→bank.example",
        "a/bank.example",
        "bаnk.example",
        "bank.example⁄x",
    ],
)
def test_law_09_shown_hosts_that_are_not_the_target(shown: str) -> None:
    """However it is written, another host than the real one is a disguise."""
    assert disguised(EVIL, shown)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        (EVIL, "my page"),
        (EVIL, "https://evil.example/"),
        (EVIL, "EVIL.example"),
        (EVIL, "www.evil.example/x"),
        (EVIL, "evil\u3002example"),
        (EVIL, "v1.2.3"),
        (EVIL, "Node.js"),
        (EVIL, "e.g. this"),
        (EVIL, "3.14 and 9.99"),
        (EVIL, "evil.example/bank.html?x=a.bc"),
        (EVIL, "https://evil.example/https://bank.example"),
        ("mailto:first.last@example.org", "first.last@example.org"),
        ("https://xn--bcher-kva.example/", "b\u00fccher.example"),
    ],
)
def test_honest_words_are_no_disguise(address: str, shown: str) -> None:
    """Words, versions, and the link's own host in any spelling are fine."""
    assert not disguised(address, shown)


def test_mail_to_another_host_is_a_disguise() -> None:
    """A shown mailbox must be where the mail goes."""
    assert disguised("mailto:vera@evil.example", "vera@bank.example")


@given(st.one_of(addresses(), st.text(), st.text(alphabet="htps:/.@\\ \u3002\u0660a1-_[]%?#").map("https://".__add__)))
def test_an_allowed_address_never_disguises_itself(address: str) -> None:
    """So that it can stand for itself in parentheses; and to allow is idempotent."""
    found = allowed(address)
    if found is not None:
        assert not disguised(found, found)
        assert allowed(found) == found
        assert found.isprintable()


@given(st.text(), st.text())
def test_disguised_judges_anything(address: str, shown: str) -> None:
    """No words make it raise."""
    assert disguised(address, shown) in {True, False}
