"""Slack's own description of its Web API and events, as far as it lies here, and how to hold an exchange to it.

The files are no part of the repository: Slack publishes them (MIT) as `slackapi/slack-api-specs`. They stopped in 2021,
so that every exception below is something that Slack has added since. Where they do not stand beside the repository, in
`../shared/specs/slack/`, nothing can be held to them, and tests say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator, Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from adapters.slack.double.serving import Asked
from tests.servers.described import causes

FOLDER = Path(__file__).parents[2].joinpath("..", "shared", "specs", "slack").resolve()
DESCRIPTION = FOLDER / "slack_web_openapi_v2.json"
WRAPPER = FOLDER / "slack_common_event_wrapper_schema.json"
METHODS = FOLDER / "methods"
ABSENT = "Slack's description of its Web API is not there (../shared/specs/slack/slack_web_openapi_v2.json)"

_ROOT = "urn:slack"


@dataclass(frozen=True, slots=True)
class Leave:
    """A fault of an answer that is none, and why: `says` is in its words, and it is found in answers of `method`."""

    why: str
    says: str
    method: str = ""


EXCEPTIONS = (
    Leave("apps have put their id on messages since 2021", "'app_id' is not described"),
    Leave("metadata of messages came in 2022", "'metadata' is not described"),
    Leave("threads can be locked since 2023; samples of real answers have it", "'is_locked' is not described"),
    Leave("a reply that was sent to the channel too brings its parent, as the event's page says",
          "'root' is not described"),
    Leave("samples of real answers have it", "bot_profile: 'user_id' is not described"),
    Leave("who writes under a name of its own has no user, and is counted by the bot's id (an inference)",
          "does not match '^[UW][A-Z0-9]{2,}$'", "conversations.history"),
    Leave("the description has one object; blocks are a list, as everywhere else", "is not of type 'object'",
          "chat.update"),
    Leave("comments of files were removed in 2018 (the method's page)", "'comments' is a required property",
          "files.info"),
    Leave("samples of real answers have it", "'file_access' is not described", "files.info"),
)  # fmt: skip
UNDESCRIBED = {
    "apps.connections.open": "came with Socket Mode, after the description",
}
"""Methods that the description has not."""
TOLERATED = {"token", "team_id"}
"""Arguments that no page knows and that Slack takes: bolt adds the workspace to every call."""


@cache
def description() -> dict[str, Any]:
    """The description, decoded."""
    return dict(json.loads(DESCRIPTION.read_text("utf-8")))


@cache
def _registry() -> Registry[Any]:
    empty: Registry[Any] = Registry()
    filled: Registry[Any] = empty.with_resource(_ROOT, DRAFT4.create_resource(description()))
    return filled


@cache
def _validator(method: str, verb: str) -> Draft4Validator:
    pointer = f"{_ROOT}#/paths/~1{method}/{verb}/responses/200/schema"
    return Draft4Validator({"$ref": pointer}, registry=_registry())


def faults(asked: Asked) -> Iterator[str]:
    """What of a call is not as Slack describes it: its arguments by the method's page, and the answer."""
    page = METHODS / f"{asked.method}.json"
    if asked.status <= 0 or asked.fault is not None or asked.error == "unknown_method":
        return
    if not page.is_file():
        yield f"{asked.method}: there is no such page"
        return
    known = json.loads(page.read_text("utf-8"))["args"]
    yield from (f"{asked.method} was asked {name!r}" for name in asked.args if name not in {*known, *TOLERATED})
    if asked.answer.get("ok"):
        needed = {name for name, each in known.items() if each.get("required")} - TOLERATED
        yield from (f"{asked.method} was done without {name!r}" for name in needed if name not in asked.args)
    path = description()["paths"].get(f"/{asked.method}")
    if path is None:
        if asked.method not in UNDESCRIBED:
            yield f"{asked.method}: the description has no such method"
        return
    if asked.answer.get("ok"):
        verb = asked.verb.lower() if asked.verb.lower() in path else next(iter(path))
        yield from (f"{asked.method} answered {each}" for each in _wrong(asked.method, verb, asked.answer))


def _wrong(method: str, verb: str, answer: Any) -> Iterator[str]:
    for error in _validator(method, verb).iter_errors(answer):
        for deepest in causes(error):
            where = ".".join(str(part) for part in deepest.absolute_path) or "all"
            for words in (f"{where}: {each}" for each in _words(deepest)):
                if not any(leave.says in words and leave.method in {"", method} for leave in EXCEPTIONS):
                    yield words


def _words(error: Any) -> list[str]:
    """A fault in words; of properties too many each by itself."""
    if error.validator != "additionalProperties":
        return [error.message[:300]]
    known = error.schema.get("properties", {})
    return [f"{name!r} is not described" for name in error.instance if name not in known]


def held(asked: Iterable[Asked]) -> list[str]:
    """What of these calls is not as Slack describes it."""
    return [fault for one in asked for fault in faults(one)]


def unwrapped(payload: dict[str, Any]) -> list[str]:
    """What of an event's wrapper is not as Slack describes it; `authed_users` is deprecated and comes no more."""
    errors = Draft7Validator(json.loads(WRAPPER.read_text("utf-8"))).iter_errors(payload)
    return [each.message for each in errors if each.message != "'authed_users' is a required property"]
