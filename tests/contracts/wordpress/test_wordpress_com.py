"""Blogs at WordPress.com: the same adapter, on the paths of its public API and with a token.

Nothing of this was tried on the live service: the shapes are those that its documentation gives.
"""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.wordpress import plugin
from adapters.wordpress.api import Api, located
from adapters.wordpress.settings import LONE_ACCOUNT, PUBLIC_API, Account, Settings, read_settings
from adapters.wordpress.sighting import Sight
from adapters.wordpress.survey import told
from bridge.clock import WallClock
from bridge.errors import Refused, RetryLater
from bridge.fetch import Fetch
from bridge.model import AccountName, Key, PostId, Survey
from bridge.ports import BlogAbility
from bridge.testing.blog_contract import BlogContract
from bridge.text.tree import paragraph
from bridge.toml.sheet import Sheet
from bridge.toml.table import TomlTable
from tests.contracts.wordpress.reading_rest import blog_of
from tests.contracts.wordpress.test_connecting import Person
from tests.contracts.wordpress.test_wordpress_blog import WordPressScene
from tests.servers.isso_proxy import proxied
from tests.servers.pages import serving
from tests.servers.wordpress import TEA
from tests.servers.wordpress_double import DoubleWordPress, double_wordpress, token

SITE = "garden.wordpress.com"
COMMENTS = f"/wp/v2/sites/{SITE}/comments"
EFFECTS = (f"POST {COMMENTS}", f"DELETE {COMMENTS}")
KEY = Key("abcdefghijklmnopqrstuvwx")


@pytest.fixture
async def hosted() -> AsyncIterator[DoubleWordPress]:
    async with double_wordpress(wordpress_com=SITE) as running:
        yield running


def at(address: str, *, by: str | None = "editor", api: str | None = None) -> Settings:
    """The settings of a blog at the double's WordPress.com."""
    accounts = {LONE_ACCOUNT: Account(LONE_ACCOUNT, LONE_ACCOUNT, token(by))} if by else {}
    return Settings(
        "blogs.garden", address, accounts=accounts, api=api or address, site=SITE, token=token(by) if by else None,
        read="api", whole_every=0.0, deep_every=0.0,
    )  # fmt: skip


class HostedScene(WordPressScene):
    def lose_request(self) -> None:
        self.proxy.swallow_request(*EFFECTS)

    def lose_answer(self) -> None:
        self.proxy.swallow_answer_to(*EFFECTS)


class TestAtWordPressCom(BlogContract):
    has_a_trash = True
    typesets = True

    async def make_scene(self, folder: Path, stack: AsyncExitStack) -> HostedScene:
        wordpress = await stack.enter_async_context(double_wordpress(wordpress_com=SITE))
        proxy = await stack.enter_async_context(proxied(wordpress.address))
        return HostedScene(wordpress, proxy, at(wordpress.address, api=proxy.address))


# --- Addresses and tokens ---------------------------------------------------------------------------------------------


def test_the_api_stands_where_its_manual_says() -> None:
    where = located(PUBLIC_API, COMMENTS)
    assert where == ("https://public-api.wordpress.com/wp/v2/sites/garden.wordpress.com/comments", {})


async def test_everything_is_asked_of_the_site_by_token(hosted: DoubleWordPress) -> None:
    await hosted.visitor("Vera").comment("Which tea?")
    blog = blog_of(at(hosted.address), WallClock())
    async with AsyncExitStack() as stack:
        ready = await blog.open(stack)
        assert ready.accounts == ready.moderators == {LONE_ACCOUNT}
        assert ready.abilities >= {BlogAbility.PUBLISH, BlogAbility.FIND, BlogAbility.MODERATE}
        comments = [comment async for page in blog.pages(None) for comment in page.comments]
        made = await blog.publish(LONE_ACCOUNT, PostId(str(TEA)), comments[0].id, paragraph("Mint."), KEY)
        (found,) = await blog.find(LONE_ACCOUNT, PostId(str(TEA)), [KEY])
    assert found.comment == made.comment
    row = await hosted.row(int(made.comment))
    assert (row.user, row.parent, row.status) == (2, comments[0].position, "approved")
    of_api = [line for line in hosted.asked if "/wp/" in line]
    assert all(f"/wp/v2/sites/{SITE}/" in line for line in of_api) and len(of_api) > 3


async def test_a_token_that_is_not_known_is_refused_in_words(hosted: DoubleWordPress) -> None:
    configured = at(hosted.address)
    wrong = {LONE_ACCOUNT: replace(configured.accounts[LONE_ACCOUNT], password="token-of-nobody")}
    blog = blog_of(replace(configured, accounts=wrong), WallClock())
    async with AsyncExitStack() as stack:
        with pytest.raises(Refused, match=r"does not know the token.*write it into token"):
            await blog.open(stack)


async def test_without_a_token_the_public_comments_are_read(hosted: DoubleWordPress) -> None:
    await hosted.visitor("Vera").comment("Which tea?")
    await hosted.add("I wait", status="hold")
    blog = blog_of(at(hosted.address, by=None), WallClock())
    async with AsyncExitStack() as stack:
        assert (await blog.open(stack)).abilities == frozenset()
        comments = [comment async for page in blog.pages(None) for comment in page.comments]
    assert [comment.commenter.name for comment in comments] == ["Vera"]


async def test_the_token_goes_to_the_public_api_alone(hosted: DoubleWordPress) -> None:
    async with serving("127.0.0.2") as stranger, Fetch("test", trusted=(hosted.address, stranger.address)) as fetch:
        configured = at(stranger.address, api=hosted.address)
        await Api(fetch, configured).get("/wp/v2/comments", account=configured.accounts[LONE_ACCOUNT])
        assert stranger.asked == []
        assert token("editor") not in repr(configured)


def test_the_settings_of_such_a_blog(tmp_path: Path) -> None:
    words = f'address = "https://{SITE}"\nsite = "{SITE}"\ntoken = "a-secret"'
    sheet = Sheet(tmp_path / "backchat.toml", {})
    configured = read_settings(TomlTable(("blogs", "garden"), tomllib.loads(words), sheet))
    assert sheet.problems == []
    assert configured.site == SITE and configured.accounts[LONE_ACCOUNT].password == "a-secret"


# --- Setting up -------------------------------------------------------------------------------------------------------


async def connected(hosted: DoubleWordPress, *answers: str) -> tuple[Survey, Person]:
    """What comes of the dialogue; the API is the double's."""
    seen = told(Sight(hosted.address, site=SITE))
    assert seen is not None
    person = Person(list(answers))
    async with Fetch("Backchat test", trusted=(hosted.address,)) as fetch:
        found = await plugin.connect(replace(seen, config=f'{seen.config}\napi = "{hosted.address}"'), fetch, person)
    assert person.answers == []
    return found, person


async def test_a_token_is_tried_and_kept(hosted: DoubleWordPress) -> None:
    survey, person = await connected(hosted, "wrong", token("editor"))
    assert "does not know the token" in person.words and "✓ Edda Editor" in person.words
    assert "application password" not in person.words.lower()
    assert survey.accounts == survey.moderators == (AccountName("author"),) and survey.steps == ()
    assert tomllib.loads(survey.config)["token"] == {"file": "blog-wordpress-com"}
    assert person.kept == {"blog-wordpress-com": token("editor")}
    assert len(person.hidden) == 2 and token("editor") not in person.words + survey.config


async def test_enter_alone_leaves_the_token_for_later(hosted: DoubleWordPress) -> None:
    survey, person = await connected(hosted, "")
    assert survey.accounts == () and person.kept == {}
    assert "access token" in survey.steps[0] and "docs/wordpress.md" in person.words


async def test_a_service_that_does_not_answer_is_told() -> None:
    configured = at("http://127.0.0.1:9")
    async with Fetch("test", trusted=(configured.address,)) as fetch:
        with pytest.raises(RetryLater, match="cannot be"):
            await Api(fetch, configured).get("/wp/v2/comments")
