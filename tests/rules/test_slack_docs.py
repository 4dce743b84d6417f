"""docs/slack.md names every setting, scope and number as the code has it, and shows what is read and said."""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from adapters.slack import budget, catching_up, forms, keeping_up, listing, supervising
from adapters.slack.manifest import manifest
from adapters.slack.scopes import SCOPES
from adapters.slack.settings import EVENTS, Settings
from adapters.slack.setup import API
from adapters.slack.shortcuts import SHORTCUTS
from bridge.chats import office
from bridge.chats.unsettled import SETTLES
from bridge.clock import WallClock
from bridge.config import load
from bridge.mounts import Mounts
from tests.rules.chat_docs import ChatPage

PAGE = ChatPage("slack")
_DAY = 86_400


def whole(tmp_path: Path) -> Path:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, secret in (("token", "xoxb-1-a"), ("app-token", "xapp-1-A1-a"), ("signing-secret", "0" * 32)):
        (secrets / f"slack-{name}").write_text(secret)
    return PAGE.whole(tmp_path)


def test_what_it_shows_is_a_configuration(tmp_path: Path) -> None:
    (route,) = load(whole(tmp_path), WallClock()).routes
    assert route.places[0].speakers == {"U01ABCDEF": "mara"} and len(route.desks) == 1


def test_the_other_ways_that_it_shows_are_read_too(tmp_path: Path) -> None:
    file = whole(tmp_path)
    authors = PAGE.block("T09OTHERS").strip()
    text = re.sub(r"(?m)^authors = .*$", authors, file.read_text("utf-8"))
    called = PAGE.block('mode = "http"')
    text = re.sub(r"(?ms)^\[chats.slack\].*?(?=^\[routes)", called, text)
    file.write_text(text, "utf-8")
    settings = load(file, WallClock())
    assert set(settings.routes[0].places[0].speakers) == {"U01ABCDEF", "T09OTHERS/U02GHIJKL"}
    public = re.findall(r'public = "(.*)"', called)[0]
    assert f"`{Mounts(public).at('chats', 'slack').address}/{EVENTS}`" in PAGE.text


def test_every_setting_stands_in_the_table_with_its_default() -> None:
    shown = PAGE.settings
    ours = {field.name: field.default for field in fields(Settings) if field.name not in {"name", "state", "address"}}
    assert set(shown) == set(ours)
    for name in ("mode", "attachments", "mark"):
        assert shown[name] == f'`"{ours[name]}"`'
    assert (
        shown["api"] == f'`"{str(ours["api"]).rstrip("/")}"`'
        and shown["limited"] == f"`{str(ours['limited']).lower()}`"
    )
    assert ours["token"] is MISSING and shown["token"] == "required"
    assert (shown["app_token"], shown["signing_secret"]) == ('required for `"socket"`', 'required for `"http"`')
    assert ours["operators"] == frozenset() and ours["proxy"] is None and API in PAGE.text


def test_every_scope_stands_in_the_table_with_what_it_is_for() -> None:
    rows = re.findall(
        r"^\| `([\w.]+:?[\w.]*)` \| (.+) \|$", PAGE.text.split("## Scopes")[1].split("## ")[0], re.MULTILINE
    )
    assert rows == [(scope.name, scope.without) for scope in SCOPES]
    assert len(SCOPES) == 12 and "twelve scopes" in PAGE.check
    assert len(SHORTCUTS) == 4 and "four shortcuts" in PAGE.check
    assert manifest().count("callback_id") == len(SHORTCUTS)


def test_its_numbers_are_those_of_the_code() -> None:
    text = " ".join(PAGE.text.split())
    for words in (
        f"up to {forms.LONGEST:,} characters", f"up to {listing.PAGES} pages of a channel and {catching_up.PAGES} of a",
        f"with {budget.PAGE} messages each", f"{catching_up.QUIET} at a time", f"for {SETTLES:.0f} seconds",
        f"{budget.FEW} messages at a time",
    ):  # fmt: skip
        assert words in text, words
    assert (catching_up.LATELY, keeping_up.DAY) == (3 * _DAY * 1_000_000, _DAY)
    assert "the last three days" in text and "more than three days" in text and "once a day" in text
    assert (budget.STRICT, supervising.LONGEST, keeping_up.GHOSTLY, keeping_up.LATE) == (60.0, 60.0, 300.0, 600.0)
    assert "once a minute" in text and "up to a minute apart" in text and "every five minutes" in text


def test_every_receipt_command_and_shortcut_is_explained() -> None:
    assert PAGE.lacks({command.name: command.takes for command in office.COMMANDS}) == []
    assert [one.name for one in SHORTCUTS if f"**{one.name}**" not in PAGE.text] == []


@pytest.mark.parametrize("message", PAGE.messages)
def test_every_message_that_is_explained_is_said(message: str) -> None:
    assert PAGE.unsaid(message) == []


def test_it_says_at_its_top_what_was_not_tried() -> None:
    top = PAGE.text.split("## ")[0]
    assert "Not yet tried on Slack itself" in top and "slack-live-check.md" in top


@pytest.mark.parametrize("page", ["slack", "discord"])
def test_what_it_links_to_within_itself_is_there(page: str) -> None:
    text = ChatPage(page).text
    heads = {
        re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-")
        for head in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }  # fmt: skip
    assert set(re.findall(r"\]\(#([\w-]+)\)", text)) <= heads
