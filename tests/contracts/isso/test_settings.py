"""The table `[blogs.NAME]`: what is taken, and what is said about the rest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from adapters.isso import plugin
from adapters.isso.ids import PLACEHOLDER, fits
from adapters.isso.settings import Settings, read_settings
from bridge.model import AccountName, PostId
from bridge.ports import PORT_VERSION, Blog, Surroundings
from tests.servers.isso_blog import RealClock


class Double:
    """As much of the configuration's table as an adapter asks for."""

    def __init__(self, path: str, values: Mapping[str, Any], problems: list[str]) -> None:
        self.path, self._values, self.problems = path, values, problems

    def text(self, key: str, default: str | None = None, *, help: str = "") -> str:
        return str(self._values.get(key, default))

    def maybe_text(self, key: str) -> str | None:
        return self._values.get(key)

    def address(self, key: str, default: str | None = None, *, help: str = "") -> str:
        return str(self._values.get(key, default)).rstrip("/")

    def maybe_address(self, key: str) -> str | None:
        return self.address(key) if key in self._values else None

    def secret(self, key: str) -> str | None:
        return self._values.get(key)

    def seconds(self, key: str, default: float) -> float:
        return default

    def integer(self, key: str, default: int) -> int:
        return default

    def flag(self, key: str, default: bool) -> bool:
        return bool(self._values.get(key, default))

    def choice(self, key: str, choices: Sequence[str], default: str | None = None, *, help: str = "") -> str:
        return str(self._values.get(key, default))

    def texts(self, key: str) -> tuple[str, ...]:
        return ()

    def tables(self, key: str) -> Mapping[str, Double]:
        found = self._values.get(key, {})
        return {name: Double(f"{self.path}.{key}.{name}", table, self.problems) for name, table in found.items()}

    def problem(self, key: str, sentence: str) -> None:
        self.problems.append(f"{self.path}.{key}: {sentence}")


def given(**values: Any) -> tuple[Settings, list[str]]:
    problems: list[str] = []
    base = {"address": "https://isso.garden.example", "site": "https://garden.example"}
    return read_settings(Double("blogs.garden", {**base, **values}, problems)), problems


def test_an_author_without_an_address_appears_with_the_blogs_own() -> None:
    settings, problems = given(accounts={"mara": {"name": "Mara"}})
    account = settings.accounts[AccountName("mara")]
    assert (account.name, account.email, account.website, problems) == ("Mara", None, "https://garden.example", [])


def test_a_blog_whose_address_isso_would_not_take_has_a_stand_in() -> None:
    settings, problems = given(site="http://garden:8080", accounts={"mara": {"name": "Mara"}})
    assert settings.accounts[AccountName("mara")].website == PLACEHOLDER and fits(PLACEHOLDER) and not problems


@pytest.mark.parametrize("website", ["http://garden", "https://x.example/#me", "https://x.example/" + "y" * 230])
def test_an_address_that_isso_would_not_take_with_our_key_is_a_problem(website: str) -> None:
    _, problems = given(accounts={"mara": {"name": "Mara", "website": website}})
    assert len(problems) == 1 and problems[0].startswith("blogs.garden.accounts.mara.website: ")


def test_a_feed_or_sitemap_needs_its_address() -> None:
    assert given(posts="feed", posts_from="https://garden.example/feed")[1] == []
    assert given(posts="sitemap")[1][0].startswith("blogs.garden.posts_from: ")


def test_neither_password_nor_mail_address_is_shown() -> None:
    settings, _ = given(admin_password="hunter2", accounts={"mara": {"name": "Mara", "email": "mara@mara.example"}})
    assert "hunter2" not in repr(settings) and "mara@mara.example" not in repr(settings)


@pytest.mark.parametrize(
    ("uri", "link"),
    [
        ("/tea/", "https://garden.example/tea/"),
        ("post-17", "https://garden.example/post-17"),
        ("https://garden.example/tea/", "https://garden.example/tea/"),
        ("//elsewhere.example/", None),
        ("http://garden.example/tea/", None),
        ("javascript:alert(1)", None),
    ],
)
def test_links_never_lead_away_from_the_blog(uri: str, link: str | None) -> None:
    assert given()[0].link(PostId(uri)) == link


def test_the_plugin_builds_a_blog_and_naming_it_imports_no_http(tmp_path: Path) -> None:
    table = Double("blogs.garden", {"address": "https://i.example", "site": "https://g.example"}, [])
    assert isinstance(plugin.from_config(table, Surroundings("garden", RealClock(), tmp_path, "agent")), Blog)
    assert plugin.port_version == PORT_VERSION
    program = "import sys, adapters.isso; sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
