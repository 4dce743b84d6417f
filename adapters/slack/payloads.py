"""A rendered part as Slack takes it (https://docs.slack.dev/reference/methods/chat.postMessage)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adapters.slack.escaping import escaped
from adapters.slack.keyed import keyed, without_pictures
from adapters.slack.outcomes import ApiRefusal
from adapters.slack.refusals import CUSTOMIZE
from bridge.model import Key, Part

Body = Mapping[str, Any]
"""What a part's body says: `text`, `blocks`, and where there are any `username`, `icon_url`, `mention`."""
EVENT_TYPE = "backchat"
"""The metadata's type, by which whoever reads it knows whose it is."""
SHORT = 990
"""Characters of a text that is within 4,000 however they are counted: Slack once said that it counts bytes."""


def loaded(part: Part) -> Body:
    """The part's body."""
    body: Body = json.loads(part.body)
    return body


def shown(body: Body, key: Key) -> dict[str, Any]:
    """What both a new message and an edited one have. Slack reads nothing into the text (law 9)."""
    return {"text": body["text"], "blocks": keyed(body["blocks"], key), "parse": "none"}


def spoken(body: Body, key: Key) -> dict[str, Any]:
    """A new message: no previews of what it links to, in its thread alone, and with its key where look-ups see it."""
    sender = {name: body[name] for name in ("username", "icon_url") if name in body}
    return shown(body, key) | sender | {
        "metadata": {"event_type": EVENT_TYPE, "event_payload": {"key": key}},
        "unfurl_links": False,
        "unfurl_media": False,
        "reply_broadcast": False,
    }  # fmt: skip


def unnamed(body: Body) -> Body:
    """The same where Slack does not let us speak under another name: the message itself says whose words they are."""
    if "username" not in body:
        return body
    words = f"*{escaped(body['username'])}*"
    name = {"type": "context", "elements": [{"type": "mrkdwn", "text": words, "verbatim": True}]}
    rest = {one: value for one, value in body.items() if one not in {"username", "icon_url"}}
    return {**rest, "blocks": [name, *body["blocks"]]}


async def taken(body: Body, send: Callable[[Body], Awaitable[dict[str, Any]]]) -> tuple[Body, dict[str, Any]]:
    """Send a message, more plainly where Slack takes it only so; what was taken, and what Slack answered.

    It refuses a whole message for a picture that it cannot fetch, for a name where the app lacks the right to one, and
    for what its notification says.
    """
    while True:
        try:
            return body, await send(body)
        except ApiRefusal as refusal:
            plainer = _plainer(body, refusal)
            if plainer == body:
                raise
            body = plainer


def _plainer(body: Body, refusal: ApiRefusal) -> Body:
    if refusal.error == "invalid_blocks":
        return {**body, "blocks": without_pictures(body["blocks"])}
    if refusal.error == "msg_too_long" and len(body["text"]) > SHORT + 1:
        return {**body, "text": f"{body['text'][:SHORT]}\u2026"}  # what is read stands in the blocks, whole
    if refusal.error == "missing_scope" and CUSTOMIZE in refusal.needed:
        return unnamed(body)
    return body
