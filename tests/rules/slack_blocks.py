"""What Slack's reference says of blocks, as a checker, and what of a message a reader sees.

https://docs.slack.dev/reference/block-kit/blocks and /composition-objects/text-object. It shares no code with ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

Block = Mapping[str, Any]

BLOCKS = {
    "header": {"type", "block_id", "text"},
    "section": {"type", "block_id", "text"},
    "context": {"type", "block_id", "elements"},
    "image": {"type", "block_id", "image_url", "alt_text"},
    "actions": {"type", "block_id", "elements"},
    "rich_text": {"type", "block_id", "elements"},
}
RICH = {
    "rich_text_section": {"type", "elements"},
    "rich_text_quote": {"type", "elements"},
    "rich_text_preformatted": {"type", "elements", "border"},
    "rich_text_list": {"type", "elements", "border", "style", "indent", "offset"},
}
INLINE = {"text": {"type", "text", "style"}, "link": {"type", "url", "text", "style"}}
STYLES = {"bold", "italic", "strike", "code"}
TOKEN = re.compile("<([^<>]*)>")
ENTITIES = re.compile("&(?!amp;|lt;|gt;)")
EMOJI = re.compile(r":[\w+'-]+:")


def checked(body: Block) -> None:
    """Assert that Slack would take a message's body."""
    assert set(body) <= {"text", "blocks", "username", "icon_url", "mention"}
    assert 0 < len(body["text"]) <= 4000
    assert len(body["blocks"]) <= 50
    ids = [block["block_id"] for block in body["blocks"] if "block_id" in block]
    assert len(ids) == len(set(ids)) and all(0 < len(id) <= 255 for id in ids)
    assert 0 < len(body.get("username", "x")) <= 80
    for block in body["blocks"]:
        assert set(block) <= BLOCKS[block["type"]], block
        CHECKS[block["type"]](block)


def _text(text: Block, kinds: set[str], longest: int) -> None:
    assert text["type"] in kinds and 0 < len(text["text"]) <= longest
    assert set(text) <= {"type", "text", "emoji" if text["type"] == "plain_text" else "verbatim"}
    if text["type"] == "mrkdwn":
        assert text["verbatim"] is True
        assert not ENTITIES.search(text["text"])


def _header(block: Block) -> None:
    _text(block["text"], {"plain_text"}, 150)
    assert block["text"]["emoji"] is False


def _section(block: Block) -> None:
    _text(block["text"], {"plain_text", "mrkdwn"}, 3000)


def _context(block: Block) -> None:
    assert 0 < len(block["elements"]) <= 10
    for element in block["elements"]:
        _text(element, {"plain_text", "mrkdwn"}, 3000)


def _image(block: Block) -> None:
    assert 0 < len(block["image_url"]) <= 3000 and block["image_url"].startswith("https://")
    assert 0 < len(block["alt_text"]) <= 2000


def _actions(block: Block) -> None:
    assert 0 < len(block["elements"]) <= 25
    ids = [button["action_id"] for button in block["elements"]]
    assert len(ids) == len(set(ids))
    for button in block["elements"]:
        assert set(button) <= {"type", "text", "action_id", "value", "style"} and button["type"] == "button"
        _text(button["text"], {"plain_text"}, 75)
        assert 0 < len(button["action_id"]) <= 255 and 0 < len(button.get("value", "x")) <= 2000
        assert button.get("style", "primary") in {"primary", "danger"}


def _rich_text(block: Block) -> None:
    assert block["elements"]
    for element in block["elements"]:
        assert set(element) <= RICH[element["type"]], element
        assert element["elements"] and element.get("border", 1) == 1
        if element["type"] == "rich_text_list":
            assert element["style"] in {"bullet", "ordered"} and 0 <= element["indent"] <= 8
            assert element.get("offset", 1) > 0
            for item in element["elements"]:
                assert item["type"] == "rich_text_section"
                _inline(item)
        else:
            _inline(element)


def _inline(section: Block) -> None:
    assert set(section) <= {"type", "elements", "border"} and section["elements"]
    for piece in section["elements"]:
        assert set(piece) <= INLINE[piece["type"]], piece  # nothing else: no user, channel, broadcast, date, emoji
        assert piece.get("text") != ""
        assert set(piece.get("style", {"bold": True})) <= STYLES and piece.get("style", True)
        if piece["type"] == "link":
            assert urlsplit(piece["url"]).scheme in {"http", "https", "mailto"}
    assert sum(len(piece.get("text") or piece["url"]) for piece in section["elements"]) <= 3000


CHECKS = {
    "header": _header, "section": _section, "context": _context, "image": _image, "actions": _actions,
    "rich_text": _rich_text,
}  # fmt: skip


# --- What a reader sees -----------------------------------------------------------------------------------------------


def lines(block: Block) -> Iterator[Block]:
    """Everything that stands within lines of a rich text."""
    for element in block["elements"]:
        if element["type"].startswith("rich_text"):
            yield from lines(element)
        else:
            yield element


def links(block: Block) -> list[tuple[str, str]]:
    """The links of a rich text: what is shown of each, and where it leads. Pieces that touch are read as one."""
    found: list[tuple[str, str]] = []
    before: Block = {}
    for piece in lines(block):
        if piece["type"] == "link":
            shown = piece.get("text") or piece["url"]
            if before.get("url") == piece["url"]:
                shown = found.pop()[0] + shown
            found.append((shown, piece["url"]))
        before = piece
    return found


def rich_shown(block: Block) -> str:
    """What is read in a rich text."""
    return "".join(piece.get("text") or piece["url"] for piece in lines(block))


def printed(body: Block) -> list[str]:
    """The mrkdwn of a message: small print and sections."""
    sections = [block["text"] for block in body["blocks"] if block["type"] == "section"]
    small = [text for block in body["blocks"] if block["type"] == "context" for text in block["elements"]]
    return [text["text"] for text in (*sections, *small) if text["type"] == "mrkdwn"]


def tokens(mrkdwn: str) -> list[str]:
    """What stands in angle brackets."""
    return TOKEN.findall(mrkdwn)


def unescaped(mrkdwn: str) -> str:
    """What is read of mrkdwn without tokens."""
    return mrkdwn.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u2060", "")
