"""The page that `backchat init` sends people to: on the real WordPress it asks about Backchat, and makes a password."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from selectolax.lexbor import LexborHTMLParser

from adapters.wordpress.connecting import APP
from tests.contracts.wordpress.test_connecting import accounts, connected
from tests.servers.wordpress import RunningWordPress, User, served

pytestmark = pytest.mark.real  # what a browser sees there is no part of the double


@pytest.fixture(params=["debian", "beta"])
async def wordpress(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RunningWordPress]:
    async with served(request.param, tmp_path) as running:
        yield running


@asynccontextmanager
async def signed_in(wordpress: RunningWordPress, user: User) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser in which somebody has signed in."""
    form = {"log": user.login, "pwd": user.password, "testcookie": "1"}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        await (await browser.get(f"{wordpress.address}/wp-login.php")).read()
        async with browser.post(f"{wordpress.address}/wp-login.php", data=form, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
        yield browser


async def agree(browser: aiohttp.ClientSession, page: str) -> str:
    """Open the page and agree, as the page's script does it (`auth-app.js`); the password that it then shows.

    The accounts of the tests have a password of the name that the page offers, so that another one must be written.
    """
    async with browser.get(page) as answer:
        html = LexborHTMLParser(await answer.text())
        assert answer.status == 200, html.text()
    name = html.css_first("input[name=app_name]")
    assert name is not None and name.attributes["value"] == APP["app_name"]
    assert html.css_first("input[name=app_id]").attributes["value"] == APP["app_id"]  # type: ignore[union-attr]
    assert html.css_first("input[name=success_url]").attributes["value"] == ""  # type: ignore[union-attr]
    assert html.css_first("[name=approve]") is not None
    (script,) = [node.text() for node in html.css("script") if node.text().strip().startswith("var wpApiSettings")]
    api = json.loads(script[script.index("{") : script.rindex("}") + 1])
    to, nonce = f"{api['root']}wp/v2/users/me/application-passwords?_locale=user", {"X-WP-Nonce": api["nonce"]}
    async with browser.post(to, data={"name": APP["app_name"], "app_id": APP["app_id"]}, headers=nonce) as answer:
        assert answer.status == 409 and (await answer.json())["code"] == "application_password_duplicate_name"
    async with browser.post(to, data={"name": "Backchat 2", "app_id": APP["app_id"]}, headers=nonce) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["password"])


async def test_whoever_agrees_there_gets_a_password_that_is_taken(wordpress: RunningWordPress) -> None:
    _, person = await connected(wordpress, "")
    (page,) = [line.strip() for line in person.heard if "authorize-application.php" in line]
    async with signed_in(wordpress, wordpress.users["jane"]) as browser:
        password = await agree(browser, page)
    survey, _ = await connected(wordpress, "jane", password, "")
    assert list(accounts(survey)) == ["jane"]


async def test_a_stranger_is_asked_to_sign_in_first(wordpress: RunningWordPress) -> None:
    _, person = await connected(wordpress, "")
    (page,) = [line.strip() for line in person.heard if "authorize-application.php" in line]
    async with aiohttp.ClientSession() as browser, browser.get(page, allow_redirects=False) as answer:
        assert answer.status == 302 and "wp-login.php" in answer.headers["Location"]
