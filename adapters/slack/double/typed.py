"""What a person types in Slack's own composer, as it is sent: mrkdwn text, and a rich_text block that says the same.

`*bold*`, `_italic_`, `~strike~`, `` `code` ``, lines behind `> `, `- ` and `1. `, fences, `@Name`, `#channel`,
`:emoji:` and addresses.
"""

from __future__ import annotations

import re
import secrets
from typing import Any

from adapters.slack.double.world import World

_STYLES = {"*": "bold", "_": "italic", "~": "strike", "`": "code"}
_FENCE = re.compile(r"```\n?(.*?)\n?```\n?", re.DOTALL)
_BULLET, _NUMBER = re.compile(r"[-•] (.*)"), re.compile(r"\d+\. (.*)")
_ADDRESS = r"https?://[^\s<>|]+[^\s<>|.,;:!?)\]'\"]"


def typed(world: World, words: str) -> tuple[str, list[dict[str, Any]]]:
    """The text and the blocks of what somebody typed."""
    elements: list[dict[str, Any]] = []
    at = 0
    for fence in _FENCE.finditer(words):
        elements += _lines(world, words[at : fence.start()])
        elements.append(
            {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": fence[1]}], "border": 0}
        )
        at = fence.end()
    elements += _lines(world, words[at:])
    block = {"type": "rich_text", "block_id": secrets.token_urlsafe(4)[:5], "elements": elements}
    return "".join(_spoken(each) for each in elements).strip("\n"), [block] if elements else []


def _lines(world: World, words: str) -> list[dict[str, Any]]:
    """Lines in groups: quotes, lists, and all else."""
    groups: list[tuple[str, list[str]]] = []
    for line in words.split("\n") if words else []:
        kind, text = _kind(line)
        if groups and groups[-1][0] == kind:
            groups[-1][1].append(text)
        else:
            groups.append((kind, [text]))
    return [_group(world, kind, lines) for kind, lines in groups if lines != [""]]


def _kind(line: str) -> tuple[str, str]:
    if line.startswith("> "):
        return "quote", line[2:]
    for kind, form in (("bullet", _BULLET), ("ordered", _NUMBER)):
        found = form.fullmatch(line)
        if found is not None:
            return kind, found[1]
    return "section", line


def _group(world: World, kind: str, lines: list[str]) -> dict[str, Any]:
    if kind in {"bullet", "ordered"}:
        items = [{"type": "rich_text_section", "elements": _inline(world, line)} for line in lines]
        return {"type": "rich_text_list", "style": kind, "indent": 0, "border": 0, "elements": items}
    return {"type": f"rich_text_{kind}", "elements": _inline(world, "\n".join(lines))}


def _inline(world: World, words: str) -> list[dict[str, Any]]:
    people = sorted((re.escape(user.shown) for user in world.users.values()), key=len, reverse=True)
    rooms = [re.escape(channel.name) for channel in world.channels.values()]
    form = re.compile(
        rf"(?P<link>{_ADDRESS})|(?P<style>(?<!\w)([*_~`])(?=\S)(?P<inner>[^\n]+?)(?<=\S)\3(?!\w))"
        rf"|:(?P<emoji>[a-z0-9_+'-]+):|@(?P<many>here|channel|everyone)\b"
        + (rf"|@(?P<user>{'|'.join(people)})(?!\w)" if people else "")
        + (rf"|#(?P<room>{'|'.join(rooms)})(?![\w-])" if rooms else "")
    )
    found, at = [], 0
    for match in form.finditer(words):
        found += _text(words[at : match.start()])
        found += _piece(world, {key: value for key, value in match.groupdict().items() if value is not None})
        at = match.end()
    return found + _text(words[at:])


def _text(words: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": words}] if words else []


def _piece(world: World, match: dict[str, str]) -> list[dict[str, Any]]:
    if "link" in match:
        return [{"type": "link", "url": match["link"]}]
    if "style" in match:
        style = _STYLES[match["style"][0]]
        inner = _text(match["inner"]) if style == "code" else _inline(world, match["inner"])
        return [{**each, "style": {**each.get("style", {}), style: True}} for each in inner]
    if "emoji" in match:
        return [{"type": "emoji", "name": match["emoji"]}]
    if "many" in match:
        return [{"type": "broadcast", "range": match["many"]}]
    if "user" in match:
        who = next(user for user in world.users.values() if user.shown == match["user"])
        return [{"type": "user", "user_id": who.id}]
    room = next(channel for channel in world.channels.values() if channel.name == match["room"])
    return [{"type": "channel", "channel_id": room.id}]


def _spoken(element: dict[str, Any]) -> str:
    """A rich_text element as mrkdwn, as the `text` beside the blocks has it."""
    kind = element["type"]
    inner = element["elements"]
    if kind == "rich_text_list":
        lines = ["".join(map(_word, item["elements"])) for item in inner]
        marks = ["• " if element["style"] == "bullet" else f"{n}. " for n in range(1, len(lines) + 1)]
        return "".join(f"{mark}{line}\n" for mark, line in zip(marks, lines, strict=True))
    words = "".join(map(_word, inner))
    if kind == "rich_text_preformatted":
        return f"```\n{words}\n```\n"
    if kind == "rich_text_quote":
        return "".join(f"&gt; {line}\n" for line in words.split("\n"))
    return words + "\n"


def _word(piece: dict[str, Any]) -> str:
    kind, word = piece["type"], ""
    if kind == "text":
        word = piece["text"].replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    elif kind == "link":
        word = f"<{piece['url'].replace('&', '&amp;')}>"
    elif kind == "user":
        word = f"<@{piece['user_id']}>"
    elif kind == "channel":
        word = f"<#{piece['channel_id']}>"
    elif kind == "broadcast":
        word = f"<!{piece['range']}>"
    else:
        word = f":{piece['name']}:"
    for sign, style in _STYLES.items():
        word = f"{sign}{word}{sign}" if piece.get("style", {}).get(style) else word
    return word
