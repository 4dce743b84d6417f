"""The table of a Slack chat, and what can be no token and no id of Slack's: each mistake is told with its remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.credentials import no_app_token, no_bot_token, no_signing_secret
from adapters.slack.knows_ids import no_person, no_role, no_room
from adapters.slack.settings import EVENTS, SLACK, Settings, settings
from bridge.clock import WallClock
from bridge.mounts import Mounts
from bridge.ports import Mount, Surroundings
from bridge.toml.sheet import Sheet
from bridge.toml.table import TomlTable

BOT, APP, SECRET = "xoxb-1-2-abc", "xapp-1-A0-3-def", "0123456789abcdef0123456789abcdef"
SOCKET: dict[str, Any] = {"token": BOT, "app_token": APP}
HTTP: dict[str, Any] = {"mode": "http", "token": BOT, "signing_secret": SECRET}


@dataclass
class Read:
    settings: Settings
    problems: list[str]


Reads = Callable[..., Read]


@pytest.fixture
def read(tmp_path: Path) -> Reads:
    def reads(mount: Mount | None = None, **values: Any) -> Read:
        sheet = Sheet(tmp_path / "backchat.toml", {})
        around = Surroundings("slack", WallClock(), tmp_path, "Backchat", mount=mount)
        table = TomlTable(("chats", "slack"), values, sheet)
        found = settings(table, around)
        table.report_unasked()
        return Read(found, [one.partition(".toml:")[2].partition(": ")[2] for one in sheet.problems])

    return reads


def test_two_tokens_are_enough(read: Reads) -> None:
    found = read(**SOCKET)
    assert found.problems == []
    plain = found.settings
    assert (plain.mode, plain.api, plain.mark, plain.attachments, plain.limited) == (
        "socket", SLACK, "mega", "link", False,
    )  # fmt: skip
    assert (plain.proxy, plain.operators, plain.address) == (None, frozenset(), None)


def test_http_mode_takes_a_signing_secret_and_an_address(read: Reads) -> None:
    found = read(Mounts("https://backchat.example").at("chats", "slack"), **HTTP)
    assert found.problems == []
    assert found.settings.address == f"https://backchat.example/in/chats/slack/{EVENTS}"


def test_http_mode_without_a_server_of_ours_is_told(read: Reads) -> None:
    (problem,) = read(**HTTP).problems
    assert problem.startswith("chats.slack.mode: ") and "listen and public under [web]" in problem
    (problem,) = read(Mounts().at("chats", "slack"), **HTTP).problems
    assert "write public under [web]" in problem


@pytest.mark.parametrize(
    ("values", "key", "words"),
    [
        ({"app_token": APP}, "token", 'write token = { file = "secrets/slack-token" }'),
        ({"token": BOT}, "app_token", 'write app_token = { file = "secrets/slack-app-token" }'),
        ({"token": "xoxp-1", "app_token": APP}, "token", "is a person's token: copy the Bot User OAuth Token"),
        ({"token": "xoxe.xoxb-1", "app_token": APP}, "token", "switched off again"),
        ({"token": APP, "app_token": APP}, "token", "is the app-level token, which belongs in app_token"),
        ({"token": BOT, "app_token": BOT}, "app_token", "is the bot's token, which belongs in token"),
        ({**SOCKET, "mode": "https"}, "mode", "cannot be 'https': write one of: socket, http"),
        ({**SOCKET, "mark": ":mega:"}, "mark", "without the colons"),
        ({**SOCKET, "mark": "📣"}, "mark", 'such as "mega"'),
        ({**SOCKET, "mark": "Mega"}, "mark", "is no reaction's name"),
        ({**SOCKET, "operators": ["mara"]}, "operators", "'mara' is no person's id on Slack"),
        ({**SOCKET, "api": "slack.com"}, "api", "must be an http:// or https:// address"),
        ({**SOCKET, "proxy": "http://me:hunter2@proxy.example:3128"}, "proxy", "HTTPS_PROXY"),
        ({**SOCKET, "attachments": "keep"}, "attachments", "write one of: link, omit"),
        ({**SOCKET, "limited": "yes"}, "limited", "must be true or false"),
        ({**SOCKET, "channel": "C1"}, "channel", "is no setting here"),
    ],
)
def test_what_is_wrong_is_told_with_its_remedy(read: Reads, values: dict[str, Any], key: str, words: str) -> None:
    (problem,) = read(**values).problems
    assert problem.startswith(f"chats.slack.{key}: ") and words in problem
    assert "hunter2" not in problem


def test_each_problem_of_a_token_has_one_remedy(read: Reads) -> None:
    (rotated,) = read(token="xoxe.xoxb-1", app_token=APP).problems
    assert rotated.endswith("since Slack does not let it be switched off again")
    (missing,) = read(app_token=APP).problems
    assert missing.endswith("from OAuth & Permissions of your app into that file")


def test_the_signing_secret_is_looked_at_too(read: Reads) -> None:
    mount = Mounts("https://backchat.example").at("chats", "slack")
    (problem,) = read(mount, mode="http", token=BOT).problems
    assert problem.startswith("chats.slack.signing_secret: is missing") and "slack-signing-secret" in problem
    (problem,) = read(mount, mode="http", token=BOT, signing_secret=BOT).problems
    assert "is a token: copy the Signing Secret" in problem


def test_slack_is_reached_elsewhere_with_a_slash_at_the_end(read: Reads) -> None:
    for written in ("https://slack-gov.com/api", "https://slack-gov.com/api/"):
        assert read(**SOCKET, api=written).settings.api == "https://slack-gov.com/api/"


def test_law_10_secrets_are_in_no_repr(read: Reads) -> None:
    found = read(Mounts("https://backchat.example").at("chats", "slack"), **{**HTTP, "app_token": APP}).settings
    assert not {secret for secret in (BOT, APP, SECRET) if secret in repr(found)}


@pytest.mark.parametrize("wrong", [no_bot_token, no_app_token, no_signing_secret])
@given(
    token=st.text(min_size=3) | st.sampled_from(["xoxp-", "xoxe.", "xoxb-", "xapp-", "xoxc-"]).map("{}hunter2 x".format)
)
def test_law_10_a_wrong_token_is_never_shown(wrong: Callable[[str], str | None], token: str) -> None:
    said = wrong(token)
    assert said is None or "hunter2" not in said


def test_ids_of_slack_are_taken() -> None:
    assert [no_room(id) for id in ("C01ABCDEF", "G01ABCDEF")] == [None, None]
    assert [no_person(id) for id in ("U01ABCDEF", "W01ABCDEF", "T01ABC/U01ABC", "E01ABC/W01ABC")] == [None] * 4


@pytest.mark.parametrize("room", ["#comments", "comments", "c01abc", "D01ABC", "U01ABC", "C", "", "C01ABC:1.2"])
def test_what_is_no_room_is_told_with_where_to_find_it(room: str) -> None:
    said = no_room(room)
    assert said is not None and "copy the Channel ID" in said


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ("mara", "copy member ID"), ("@mara", "copy member ID"), ("S01ABC", "user group"), ("B01ABC", "is a bot"),
        ("T01ABC", "copy member ID"), ("T01ABC/mara", "copy member ID"), ("C01ABC", "copy member ID"),
    ],
)  # fmt: skip
def test_what_is_nobody_is_told_with_where_to_find_them(person: str, words: str) -> None:
    said = no_person(person)
    assert said is not None and words in said.replace("Copy", "copy")


def test_slack_has_no_roles() -> None:
    assert "Slack has no roles" in str(no_role("editors"))
