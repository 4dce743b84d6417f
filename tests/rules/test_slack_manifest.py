"""The app's manifest: what Slack reads of it is what the code needs, within its limits, and it comes at one click."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.slack import ear
from adapters.slack.manifest import COMMAND, link, manifest
from adapters.slack.scopes import SCOPES, lacking
from adapters.slack.shortcuts import SHORTCUTS
from bridge.chats import office

ADDRESS = "https://backchat.example/in/chats/slack/slack/events"
Lines = list[tuple[int, str]]


def parsed(text: str) -> dict[str, Any]:
    """The YAML that a manifest is: maps and lists of one line each, with texts and switches in them."""
    lines = [(len(line) - len(line.lstrip()), line.strip()) for line in text.splitlines() if line.strip()]
    found = _block(lines)
    assert isinstance(found, dict)
    return found


def _block(lines: Lines) -> Any:
    if lines[0][1].startswith("- "):
        return [_item(each) for each in _pieces(lines)]
    made = {}
    for each in _pieces(lines):
        key, colon, value = each[0][1].partition(":")
        assert colon and key not in made and (value.strip() or each[1:]), each[0]
        made[key] = _value(value.strip()) if value.strip() else _block(each[1:])
    return made


def _pieces(lines: Lines) -> Iterator[Lines]:
    starts = [number for number, (depth, _) in enumerate(lines) if depth == lines[0][0]]
    assert min(depth for depth, _ in lines) == lines[0][0], lines
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield lines[start:end]


def _item(lines: Lines) -> Any:
    depth, first = lines[0]
    plain = first.removeprefix("- ")
    return _block([(depth + 2, plain), *lines[1:]]) if re.match(r"\w+: ", plain) else _value(plain)


def _value(words: str) -> Any:
    if words in {"true", "false"}:
        return words == "true"
    if words.startswith('"'):
        assert words.endswith('"') and words.count('"') == 2
        return words[1:-1]
    assert not re.search(r": |^[-?:,\[\]{}#&*!|>'%@`]| #", words), words  # in YAML these would mean something else
    return int(words) if words.isdigit() else words


def test_it_asks_for_what_the_code_needs_and_for_nothing_more() -> None:
    made = parsed(manifest())
    assert made["oauth_config"]["scopes"] == {"bot": [scope.name for scope in SCOPES]}
    assert lacking(made["oauth_config"]["scopes"]["bot"]) == []
    assert [scope.name for scope in lacking({scope.name for scope in SCOPES} - {"commands"})] == ["commands"]


def test_every_event_comes_with_its_scope() -> None:
    events = parsed(manifest())["settings"]["event_subscriptions"]["bot_events"]
    scopes = {scope.name for scope in SCOPES}
    assert len(set(events)) == len(events) and {_scope(event) for event in events} <= scopes


def _scope(event: str) -> str:
    """The scope with which an event comes, as its page below https://docs.slack.dev/reference/events has it."""
    if event.startswith("message."):
        return f"{event.partition('.')[2]}:history"
    return {"reaction": "reactions:read", "group": "groups:read", "user": "users:read"}.get(
        event.partition("_")[0], "channels:read"
    )


def test_every_event_that_is_asked_for_is_understood_and_the_other_way_round() -> None:
    heard = set(re.findall(r'"((?:channel|group|member|user|reaction)_[a-z_]+)"', inspect.getsource(ear)))
    events = parsed(manifest())["settings"]["event_subscriptions"]["bot_events"]
    assert {event for event in events if not event.startswith("message.")} == heard


def test_its_shortcuts_and_its_command_are_those_that_are_answered() -> None:
    features = parsed(manifest())["features"]
    assert features["shortcuts"] == [
        {"name": one.name, "type": "message", "callback_id": one.id, "description": one.does} for one in SHORTCUTS
    ]
    (command,) = features["slash_commands"]
    assert command["command"] == COMMAND == f"/{office.NAME}" and command["should_escape"] is False
    hinted = {words.split()[0]: words.count(" ") for words in command["usage_hint"].split(" | ")}
    assert hinted == {one.name: len(one.takes) for one in office.COMMANDS}


def test_everything_is_within_slacks_limits() -> None:
    """https://docs.slack.dev/reference/app-manifest."""
    made = parsed(manifest())
    shown, features = made["display_information"], made["features"]
    assert len(shown["name"]) <= 35 and len(shown["description"]) <= 140
    assert re.fullmatch(r"[a-z0-9._-]{1,80}", features["bot_user"]["display_name"])
    for one in features["shortcuts"]:
        assert len(one["name"]) <= 24 and len(one["callback_id"]) <= 255 and len(one["description"]) <= 150
    (command,) = features["slash_commands"]
    assert len(command["command"]) <= 32 and len(command["usage_hint"]) <= 1000
    assert len(link(ADDRESS)) < 4_000


def test_by_sockets_no_address_is_named_and_nothing_else_is_switched_on() -> None:
    settings = parsed(manifest())["settings"]
    assert settings["interactivity"] == {"is_enabled": True} and "request_url" not in manifest()
    switches = ("org_deploy_enabled", "socket_mode_enabled", "token_rotation_enabled")
    assert [settings[name] for name in switches] == [False, True, False]


def test_by_http_everything_is_sent_to_one_address() -> None:
    sockets, made = parsed(manifest()), parsed(manifest(ADDRESS))
    assert made["settings"].pop("socket_mode_enabled") is False and sockets["settings"].pop("socket_mode_enabled")
    for place in (made["settings"]["event_subscriptions"], made["settings"]["interactivity"]):
        assert place.pop("request_url") == ADDRESS
    assert made["features"]["slash_commands"][0].pop("url") == ADDRESS
    assert made == sockets


@pytest.mark.parametrize("address", [None, ADDRESS])
def test_the_link_carries_the_manifest_whole(address: str | None) -> None:
    parts = urlsplit(link(address))
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "api.slack.com", "/apps")
    given = parse_qs(parts.query, strict_parsing=True)
    assert given == {"new_app": ["1"], "manifest_yaml": [manifest(address)]}
    assert link(address).isascii() and " " not in link(address)
