"""Text as Slack stores it: lone `& < >` become entities, and what stands between `<` and `>` may mean something.

See https://docs.slack.dev/messaging/formatting-message-text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

TOKEN = re.compile(
    r"<(?:@[UW][A-Z0-9]+(?:\|[^<>]*)?|#C[A-Z0-9]+(?:\|[^<>]*)?|!(?:here|channel|everyone)(?:\|[^<>]*)?"
    r"|!subteam\^S[A-Z0-9]+(?:\|[^<>]*)?|!date\^[0-9]+\^[^<>|]*\|[^<>]*"
    r"|(?:https?://|mailto:|tel:)[^<>|\s]+(?:\|[^<>]*)?)>"
)
"""What stands between angle brackets and means something."""
ENTITY = re.compile(r"&(?:amp|lt|gt);")
_ADDRESS = re.compile(r"https?://[^\s<>|]+[^\s<>|.,;:!?)\]'\"]")
_LOOSE = re.compile(r"(?<![\w@])@(here|channel|everyone)\b")


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """The text in pieces: whether it is a token, which is then given without its angle brackets."""
    at = 0
    for found in TOKEN.finditer(text):
        if found.start() > at:
            yield False, text[at : found.start()]
        yield True, found[0][1:-1]
        at = found.end()
    if at < len(text):
        yield False, text[at:]


def stored(text: str, *, links: bool = True, loose: bool = False) -> str:
    """The text as Slack keeps it. `links`: bare addresses are linked; `loose`: `@here` and its like mention."""
    return "".join(f"<{piece}>" if token else _plain(piece, links, loose) for token, piece in pieces(text))


def _plain(piece: str, links: bool, loose: bool) -> str:
    kept, at = [], 0
    for found in ENTITY.finditer(piece):
        kept += [_escaped(piece[at : found.start()], links, loose), found[0]]
        at = found.end()
    return "".join([*kept, _escaped(piece[at:], links, loose)])


def _escaped(piece: str, links: bool, loose: bool) -> str:
    escaped = piece.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if loose:
        escaped = _LOOSE.sub(r"<!\1>", escaped)
    return _ADDRESS.sub(lambda found: f"<{found[0]}>", escaped) if links else escaped


def unescaped(text: str) -> str:
    """Text as people see it."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def mentions(text: str, *, loose: bool = False) -> Iterator[str]:
    """Whom the text mentions: ids of users and groups, and the words for many. `loose` as in `stored`."""
    for token, piece in pieces(stored(text, links=False, loose=loose)):
        target = piece.partition("|")[0]
        if token and target[0] == "@":
            yield target[1:]
        elif token and target.startswith("!subteam^"):
            yield target.removeprefix("!subteam^")
        elif token and target in {"!here", "!channel", "!everyone"}:
            yield target[1:]


def rich_text(text: str) -> list[dict[str, Any]]:
    """The rich_text block that Slack makes of a text that came without blocks (emphasis stays as it was typed)."""
    elements = [_element(piece) if token else {"type": "text", "text": unescaped(piece)} for token, piece in
                pieces(text)]  # fmt: skip
    return [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}] if text else []


def _element(piece: str) -> dict[str, Any]:
    target, _, label = piece.partition("|")
    if target[0] == "@":
        return {"type": "user", "user_id": target[1:]}
    if target[0] == "#":
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!subteam^"):
        return {"type": "usergroup", "usergroup_id": target.removeprefix("!subteam^")}
    if target.startswith("!date^"):
        _, stamp, form = target.split("^")[:3]
        return {"type": "date", "timestamp": int(stamp), "format": form, "fallback": label}
    if target[0] == "!":
        return {"type": "broadcast", "range": target[1:]}
    link = {"type": "link", "url": unescaped(target)}
    return {**link, "text": unescaped(label)} if label else link
