"""Discord's own description of its REST interface, as far as it lies here, and how to hold an exchange to it.

The file is no part of the repository: Discord publishes it (MIT) as `discord/discord-api-spec`. Where it does not stand
beside the repository, in `../shared/specs/discord/openapi.json`, nothing can be held to it, and tests say so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from adapters.discord.double.serving import NOWHERE, Asked
from tests.servers.described import causes

DESCRIPTION = Path(__file__).parents[2].joinpath("..", "shared", "specs", "discord", "openapi.json").resolve()
ABSENT = "Discord's description of its REST interface is not there (../shared/specs/discord/openapi.json)"

_ROOT = "urn:discord"


@dataclass(frozen=True, slots=True)
class Leave:
    """A place where an answer may leave the description, and why it is right to."""

    why: str
    says: str
    at: tuple[str, ...] = ()


EXCEPTIONS = (
    Leave(
        "the description says that the code of a form's error is a number; Discord's reference shows and Discord sends"
        " words such as BASE_TYPE_MAX_LENGTH (https://docs.discord.com/developers/reference#error-messages)",
        "is not of type 'integer'",
        at=("errors", "_errors", "code"),
    ),
    Leave(
        "the description says that every refusal has a code; that a rate limit's answer has one is documented as"
        " optional (https://docs.discord.com/developers/topics/rate-limits#exceeding-a-rate-limit)",
        "'code' is a required property",
    ),
)
"""Where an answer may leave the description: excused is a fault that says so, with each name of `at` on its path."""


@cache
def _validators() -> dict[str, Any]:
    return {}


@cache
def description() -> dict[str, Any]:
    """The description, decoded."""
    return dict(json.loads(DESCRIPTION.read_text("utf-8")))


@cache
def _registry() -> Registry[Any]:
    empty: Registry[Any] = Registry()
    filled: Registry[Any] = empty.with_resource(_ROOT, DRAFT202012.create_resource(description()))
    return filled


def _validator(pointer: tuple[str, ...]) -> Draft202012Validator:
    known = _validators()
    path = "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)
    if path not in known:
        reference = f"{_ROOT}#/{path}".replace("{", "%7B").replace("}", "%7D")
        known[path] = Draft202012Validator({"$ref": reference}, registry=_registry())
    return known[path]  # type: ignore[no-any-return]


def faults(asked: Asked) -> Iterator[str]:
    """What of an exchange is not as Discord describes it: the request's body, and the answer."""
    name = f"{asked.method} {asked.route}"
    if asked.status <= 0 or asked.route == NOWHERE:
        return
    operation = description()["paths"].get(asked.route, {}).get(asked.method.lower())
    if operation is None:
        yield f"{name}: the description has no such route"
        return
    where = ("paths", asked.route, asked.method.lower())
    if asked.status < 300 and isinstance(asked.body, (dict, list)) and "requestBody" in operation:
        body = (*where, "requestBody", "content", "application/json", "schema")
        yield from (f"{name} was asked {each}" for each in _wrong(body, asked.body))
    yield from (f"{name} answered {asked.status} {each}" for each in _answer(where, operation, asked))


def _answer(where: tuple[str, ...], operation: dict[str, Any], asked: Asked) -> Iterator[str]:
    status = str(asked.status)
    if asked.status >= 500 or asked.fault is not None:
        return
    if status not in operation["responses"]:
        status = f"{status[0]}XX"
    if status not in operation["responses"]:
        known = ", ".join(operation["responses"])
        yield f"where the description knows {known} only"
        return
    response = operation["responses"][status]
    pointer = (*where, "responses", status)
    if "$ref" in response:
        pointer = tuple(response["$ref"].removeprefix("#/").split("/"))
        response = description()
        for part in pointer:
            response = response[part]
    if "content" not in response:
        if asked.answer is not None:
            yield "with a body, where the description has none"
        return
    yield from _wrong((*pointer, "content", "application/json", "schema"), asked.answer)


def _wrong(pointer: tuple[str, ...], value: Any) -> Iterator[str]:
    for error in _validator(pointer).iter_errors(value):
        for deepest in causes(error):
            path = [str(part) for part in deepest.absolute_path]
            if not any(_excused(leave, path, deepest.message) for leave in EXCEPTIONS):
                yield f"{'.'.join(path) or 'all'}: {deepest.message[:300]}"


def _excused(leave: Leave, path: list[str], message: str) -> bool:
    rest = iter(path)
    return leave.says in message and all(name in rest for name in leave.at) and bool(leave.at) == bool(path)


def held(asked: Iterable[Asked]) -> list[str]:
    """What of these exchanges is not as Discord describes it."""
    return [fault for one in asked for fault in faults(one)]
