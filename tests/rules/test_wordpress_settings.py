"""What people write into the table of a WordPress blog, and what they are told about it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapters.wordpress.settings import LONE_ACCOUNT, Settings
from bridge.clock import WallClock
from bridge.config import load
from bridge.errors import ConfigError

REST = """
[chats.room]
adapter = "web_room"
[routes.garden]
blog = "garden"
relay = "off"
[[routes.garden.rooms]]
chat = "room"
room = "comments"
"""
MARA = '[blogs.garden.accounts.mara]\nlogin = "mara"\npassword = "abcd efgh"\n'


def read(tmp_path: Path, table: str, accounts: str = "") -> Settings:
    file = tmp_path / "backchat.toml"
    file.write_text(f'[blogs.garden]\nadapter = "wordpress"\n{table}\n{accounts}{REST}')
    (blog,) = load(file, WallClock()).blogs
    settings = blog.adapter._settings  # type: ignore[attr-defined]
    assert isinstance(settings, Settings)
    return settings


def test_an_address_is_enough(tmp_path: Path) -> None:
    settings = read(tmp_path, 'address = "https://garden.example/"')
    assert (settings.address, settings.read, settings.accounts) == ("https://garden.example", "auto", {})
    assert (settings.whole_every, settings.deep_every, settings.websub) == (300.0, 600.0, True)
    assert settings.comment_feed() == "https://garden.example/comments/feed/"


def test_authors_have_a_login_and_an_application_password(tmp_path: Path) -> None:
    settings = read(tmp_path, 'address = "https://garden.example"', MARA)
    (account,) = settings.accounts.values()
    assert (account.name, account.login, account.password, account.address) == ("mara", "mara", "abcd efgh", None)
    assert "abcd" not in repr(settings)


def test_at_wordpress_com_a_token_is_enough(tmp_path: Path) -> None:
    table = 'address = "https://g.wordpress.com"\nsite = "g.wordpress.com"\ntoken = "a-token"'
    (lone,) = read(tmp_path, table).accounts.values()
    assert (lone.name, lone.password) == (LONE_ACCOUNT, "a-token")
    own = '[blogs.garden.accounts.mara]\npassword = "her-token"\n[blogs.garden.accounts.tom]\n'
    accounts = read(tmp_path, table, own).accounts.values()
    assert [(account.login, account.password) for account in accounts] == [("mara", "her-token"), ("tom", "a-token")]


@pytest.mark.parametrize(
    ("table", "accounts", "told"),
    [
        ("", "", r"blogs\.garden\.address: is missing: the blog's own address"),
        ('address = "https://mara:pw@garden.example"', "", r"address: has a name or password in it"),
        ('address = "https://g.example"\nread = "rss"', "", r"read: .*auto.*api.*feed"),
        ('address = "https://g.example"\nwhole_every = "5s"', "", r"whole_every: .*10s or more"),
        ('address = "https://g.example"\nfeed = "feed.xml"', "", r"feed: must be an http"),
        ('address = "https://g.example"\ntoken = "x"', "", r"token: is for blogs at WordPress\.com"),
        ('address = "https://g.example"\nsite = "https://g.example"', "", r"site: write the blog's number or its host"),
        (
            'address = "https://g.example"',
            '[blogs.garden.accounts.mara]\npassword = "x"\n',
            r"accounts\.mara\.login: is",
        ),
        ('address = "https://g.example"', '[blogs.garden.accounts.mara]\nlogin = "m"\n', r"password: .*profile page"),
        ('address = "https://g.example"\nsite = "g"', "[blogs.garden.accounts.mara]\n", r"password: .*bearer token"),
    ],
)
def test_what_is_wrong_is_told_with_its_key_and_a_remedy(tmp_path: Path, table: str, accounts: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, table, accounts)
    assert any(re.search(told, problem) for problem in caught.value.problems), caught.value.problems
