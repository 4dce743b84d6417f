"""The arguments of a call: by query, form, JSON or multipart (https://docs.slack.dev/apis/web-api/#posting-bodies)."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import BodyPartReader, web

from adapters.slack.double.problems import Problem


async def read(request: web.Request) -> tuple[dict[str, Any], list[str]]:
    """The arguments, and Slack's warnings about how they came; raises invalid_json, json_not_object and their like."""
    given: dict[str, Any] = dict(request.query)
    if request.method == "GET":
        return given, []
    kind, charset = request.content_type, request.charset
    if kind == "application/json":
        raw = await request.read()
        given |= _object(raw) if raw else {}
        return given, [] if charset else ["missing_charset"]
    if kind == "multipart/form-data":
        return given | await _parts(request), []
    raw = await request.read()
    if raw and kind != "application/x-www-form-urlencoded":
        raise Problem("invalid_post_type")
    posted = await request.post()
    return given | {name: value for name, value in posted.items() if isinstance(value, str)}, (
        ["superfluous_charset"] if charset and raw else []
    )


def _object(raw: bytes) -> dict[str, Any]:
    try:
        given = json.loads(raw)
    except ValueError:
        raise Problem("invalid_json") from None
    if not isinstance(given, dict):
        raise Problem("json_not_object")
    return given


async def _parts(request: web.Request) -> dict[str, Any]:
    given: dict[str, Any] = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        given[part.name or ""] = (await part.read(decode=False)).decode("utf-8", "replace")
    return given
