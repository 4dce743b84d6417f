"""A rendered part as Discord takes it (https://docs.discord.com/developers/resources/message#create-message)."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from adapters.discord.api import ApiRefusal
from adapters.discord.markers import marked
from adapters.discord.refusals import INVALID_FORM
from bridge.model import Key, Part

Body = Mapping[str, Any]
"""What a part's body says: `content`, and where there are any `embeds`, `components`, `reply_to`, `mention`, `as`."""
SUPPRESS_EMBEDS = 1 << 2
"""No previews of what the text links to: nobody's server is asked because a visitor named it."""
_SHOWN_BESIDE = re.compile(r"(?<!<)https?://", re.IGNORECASE)
"""An address that Discord would show a preview of, where that is not switched off: one without `<` before it."""


def loaded(part: Part) -> Body:
    """The part's body."""
    body: Body = json.loads(part.body)
    return body


def shown(body: Body, key: Key) -> dict[str, Any]:
    """What both a new message and an edited one have; whom it may tell is said on each (law 9)."""
    content = marked(body["content"], key)
    # The flag hides our own embeds too, so that a picture has to stand back where an address could be previewed.
    embeds = [] if _SHOWN_BESIDE.search(content) else body.get("embeds") or []
    return {
        "content": content,
        "embeds": embeds,
        "components": body.get("components") or [],
        "allowed_mentions": _allowed(body),
        "flags": 0 if embeds else SUPPRESS_EMBEDS,
    }


def spoken(body: Body, key: Key) -> dict[str, Any]:
    """A new message: its key is the nonce, for which Discord gives back the first message for a few minutes."""
    message = shown(body, key) | {"nonce": key, "enforce_nonce": True}
    to = str(body.get("reply_to") or "")
    if to.isdigit():
        message["message_reference"] = {"message_id": to, "fail_if_not_exists": False}
    return message


async def taken(message: Mapping[str, Any], send: Callable[[Mapping[str, Any]], Awaitable[Any]]) -> Any:
    """Send a message; without its embeds where Discord takes it only so, as where a picture's address is none to it."""
    try:
        return await send(message)
    except ApiRefusal as refusal:
        if refusal.code != INVALID_FORM or not message["embeds"]:
            raise
    return await send({**message, "embeds": [], "flags": SUPPRESS_EMBEDS})


def stands(message: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a message reads as it should already, as far as we can tell."""
    return (
        message["content"] == wanted["content"]
        and _embeds(message.get("embeds")) == _embeds(wanted["embeds"])
        and _buttons(message.get("components")) == _buttons(wanted["components"])
    )


def _allowed(body: Body) -> dict[str, Any]:
    people = [str(person) for person in body.get("mention") or ()]
    told = {"users": people} if people else {}
    return {"parse": [], **told, "replied_user": bool(people)}


def _embeds(embeds: object) -> list[tuple[object, ...]]:
    """What embeds of ours say; Discord adds more to each than we wrote."""
    found = []
    for one in embeds if isinstance(embeds, list) else ():
        author, image = one.get("author") or {}, one.get("image") or {}
        who = tuple(author.get(name) for name in ("name", "icon_url", "url"))
        found += [(one.get("description"), image.get("url"), *who)]
    return found


def _buttons(components: object) -> list[tuple[object, ...]]:
    """What buttons say and do; Discord adds more to each than we wrote."""
    found: list[tuple[object, ...]] = []
    for one in components if isinstance(components, list) else ():
        found += [
            (*(one.get(name) for name in ("type", "label", "style", "custom_id", "url")), bool(one.get("disabled")))
        ]
        found += _buttons(one.get("components"))
    return found
