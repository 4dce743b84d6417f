"""The way to an application password: what the person is told and asked, and what comes of it."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.wordpress import plugin
from adapters.wordpress.api import Root
from adapters.wordpress.connecting import _named
from adapters.wordpress.sighting import Sight
from adapters.wordpress.survey import told
from bridge.cli.setup.looking import Offer, connect
from bridge.fetch import Fetch
from bridge.model import AccountName, Survey
from bridge.ports import Connects
from tests.servers.wordpress import RunningWordPress


@dataclass
class Person:
    """Somebody at the terminal, with everything that they will type, in order."""

    answers: list[str]
    attended: bool = True
    heard: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)

    def tell(self, sentence: str) -> None:
        self.heard.append(sentence)

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.answers.pop(0)

    def ask_secret(self, question: str) -> str:
        self.hidden.append(question)
        return self.ask(question)

    def keep(self, name: str, secret: str) -> str:
        self.kept[name] = secret
        return f'{{ file = "{name}" }}'

    @property
    def words(self) -> str:
        return "\n".join(self.heard)


@asynccontextmanager
async def looked(wordpress: RunningWordPress) -> AsyncIterator[tuple[Survey, Fetch]]:
    async with Fetch("Backchat test", trusted=(wordpress.address,), any_port=True) as fetch:
        survey = await plugin.survey(wordpress.address + "/", fetch)
        assert survey is not None
        yield survey, fetch


async def connected(wordpress: RunningWordPress, *answers: str) -> tuple[Survey, Person]:
    """Survey and connect, with a person who answers this; every answer must be asked for."""
    person = Person(list(answers))
    async with looked(wordpress) as (survey, fetch):
        found = await plugin.connect(survey, fetch, person)
    assert person.answers == []
    return found, person


def accounts(survey: Survey) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(survey.config)
    assert table["adapter"] == "wordpress" and "# accounts" not in survey.config
    return table["accounts"]  # type: ignore[no-any-return]


def test_the_plugin_has_the_port() -> None:
    assert isinstance(plugin, Connects)


async def test_an_editor_is_tried_kept_and_may_moderate(wordpress: RunningWordPress) -> None:
    editor = wordpress.users["editor"]
    survey, person = await connected(wordpress, "editor", editor.application_password, "")
    assert "authorize-application.php?app_name=Backchat&app_id=" in person.words
    assert "✓ Edda Editor (editor) can answer, approve comments" in person.words
    assert accounts(survey) == {"editor": {"login": "editor", "password": {"file": "blog-editor"}}}
    assert person.kept == {"blog-editor": editor.application_password}
    assert survey.accounts == survey.moderators == (AccountName("editor"),)
    assert survey.steps == ()


async def test_the_password_is_asked_for_without_showing_it_and_said_nowhere(wordpress: RunningWordPress) -> None:
    secret = wordpress.users["editor"].application_password
    survey, person = await connected(wordpress, "editor", secret, "")
    assert len(person.hidden) == 1 and "password of editor" in person.hidden[0]
    assert secret not in person.words + "".join(person.asked) + survey.config + repr(survey)


@pytest.mark.parametrize(("words", "asked"), [(("n",), 1), (("",), 1), (("y", ""), 2)])
async def test_law_10_no_password_goes_to_a_host_that_only_the_blog_named(
    wordpress: RunningWordPress, words: tuple[str, ...], asked: int
) -> None:
    named = f"{wordpress.address}/wp-json"
    page = "https://garden.example/wp-admin/authorize-application.php"
    survey = told(Sight("https://garden.example", None, Root(named, authorization=page), 1, ("Atom",)))
    assert survey is not None and tomllib.loads(survey.config)["api"] == named
    person = Person([*words])
    async with Fetch("Backchat test", trusted=(wordpress.address,)) as fetch:
        found = await plugin.connect(survey, fetch, person)
    assert "another host, 127.0.0.1" in person.words and len(person.asked) == asked and person.hidden == []
    assert ("api" in tomllib.loads(found.config)) is (asked == 2), "nor later, by what stands in the configuration"
    assert found.accounts == ()


async def test_an_author_answers_and_does_not_moderate(wordpress: RunningWordPress) -> None:
    survey, person = await connected(wordpress, "jane", wordpress.users["jane"].application_password, "")
    assert "Jane Doe (author) can answer." in person.words
    assert survey.accounts == (AccountName("jane"),) and survey.moderators == ()


async def test_a_subscriber_is_told_that_answers_wait(wordpress: RunningWordPress) -> None:
    survey, person = await connected(wordpress, "sam", wordpress.users["sam"].application_password, "")
    assert "answers wait until somebody approves them" in person.words
    assert survey.accounts == (AccountName("sam"),)


async def test_what_is_wrong_is_told_and_asked_again(wordpress: RunningWordPress) -> None:
    right = wordpress.users["jane"].application_password
    survey, person = await connected(
        wordpress, "jane", "jane-pass", "", right[::-1], "nobody", right, "jane", right, ""
    )
    assert person.words.count("  ! ") == 3
    assert person.words.count("Application passwords have 24 letters") == 1
    assert "User name on the blog [jane]" in person.asked
    assert accounts(survey) == {"jane": {"login": "jane", "password": {"file": "blog-jane"}}}


async def test_spaces_as_wordpress_shows_them_and_an_address_as_login(wordpress: RunningWordPress) -> None:
    jane = wordpress.users["jane"]
    shown = " ".join(jane.application_password[at : at + 4] for at in range(0, 24, 4))
    survey, _ = await connected(wordpress, jane.email, shown, "")
    assert accounts(survey) == {"jane": {"login": jane.email, "password": {"file": "blog-jane"}}}


async def test_several_authors_each_with_their_own(wordpress: RunningWordPress) -> None:
    passwords = {login: user.application_password for login, user in wordpress.users.items()}
    survey, person = await connected(
        wordpress,
        *("jane", passwords["jane"], "editor", passwords["editor"]),
        *(wordpress.users["jane"].email, passwords["jane"], "tom", "", ""),
    )
    assert "Jane Doe can answer already" in person.words
    assert "nobody answers as tom" in person.words
    assert survey.accounts == ("jane", "editor") and survey.moderators == ("editor",)
    assert list(person.kept) == ["blog-jane", "blog-editor"] and list(accounts(survey)) == ["jane", "editor"]


def test_accounts_are_called_by_their_logins() -> None:
    taken: list[AccountName] = []
    for login in ("Mara Meer", "mara.meer@garden.example", "日本", "日本@garden.example"):
        taken.append(_named(login, taken))
    assert taken == ["mara-meer", "mara-meer-2", "author", "author-2"]


async def test_enter_alone_leaves_it_for_later(wordpress: RunningWordPress) -> None:
    for answers in ([""], ["jane", ""], ["jane", "wrong", "", ""]):
        survey, person = await connected(wordpress, *answers)
        assert survey.accounts == () and person.kept == {}
        assert "# accounts.mara" in survey.config and "get an application password" in survey.steps[0]


async def test_with_nobody_there_nothing_is_asked_or_said(wordpress: RunningWordPress) -> None:
    person = Person([], attended=False)
    async with looked(wordpress) as (survey, fetch):
        assert await plugin.connect(survey, fetch, person) == survey
    assert person.heard == person.asked == []


async def test_where_there_are_no_application_passwords_nothing_is_asked(wordpress: RunningWordPress) -> None:
    await wordpress.switch(no_application_passwords=True)
    survey, person = await connected(wordpress)
    assert person.asked == [] and "by https" in survey.steps[0]


async def test_a_host_that_drops_the_password_on_the_way_is_told(wordpress: RunningWordPress) -> None:
    await wordpress.switch(strip_authorization=True)
    survey, person = await connected(wordpress, "jane", wordpress.users["jane"].application_password, "", "")
    assert survey.accounts == () and "Authorization" in person.words


# --- What `backchat init` makes of it ---------------------------------------------------------------------------------

GONE = "http://127.0.0.1:9"


def offered(adapter: str, config: str) -> Offer:
    return Offer(adapter, Survey("garden", 3, ("found",), config))


async def test_a_blog_that_goes_away_meanwhile_is_told_and_left_for_later() -> None:
    person, offer = Person([]), offered("wordpress", f'adapter = "wordpress"\naddress = "{GONE}"')
    assert await connect(GONE, offer, person) is offer.survey
    assert "  ! wordpress: 127.0.0.1 cannot be read: it refuses connections" in person.words


async def test_a_fault_of_an_adapter_ends_nothing() -> None:
    person, offer = Person([]), offered("wordpress", "this is no TOML")
    assert await connect(GONE, offer, person) is offer.survey
    assert "a fault of the adapter" in person.words


async def test_an_adapter_without_such_a_way_offers_what_it_offered() -> None:
    person, offer = Person([]), offered("feed", 'adapter = "feed"')
    assert await connect(GONE, offer, person) is offer.survey
    assert person.heard == []
