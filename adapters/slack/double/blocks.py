"""Blocks: what Slack takes, what it adds, and whom they mention (https://docs.slack.dev/reference/block-kit/blocks)."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator
from typing import Any

from adapters.slack.double.mrkdwn import mentions
from adapters.slack.double.problems import Problem

MOST, MOST_IN_VIEW = 50, 100
HEADER, SECTION, FIELD, CONTEXT, BUTTON, VALUE, NAME, ALT, MARKDOWN = 150, 3000, 2000, 3000, 75, 2000, 255, 2000, 12_000
TYPES = {"actions", "context", "divider", "header", "image", "input", "markdown", "rich_text", "section"}
_RICH = {"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}
_INLINE = {"broadcast", "color", "channel", "date", "emoji", "link", "text", "user", "usergroup"}


def taken(given: Any, *, most: int = MOST, view: bool = False) -> list[dict[str, Any]]:
    """The blocks as Slack keeps them; raises invalid_blocks_format, invalid_blocks or msg_blocks_too_long."""
    if not isinstance(given, list) or not all(isinstance(block, dict) for block in given):
        raise Problem("invalid_blocks_format")
    wrong = [words for n, block in enumerate(given) for words in _wrong(block, f"/blocks/{n}", view)]
    if len(given) > most:
        wrong.append(f"no more than {most} items allowed [json-pointer:/blocks]")
    named = [block["block_id"] for block in given if "block_id" in block]
    if len(set(named)) != len(named):
        wrong.append("block_id values must be unique [json-pointer:/blocks]")
    if wrong:
        raise Problem("invalid_blocks", *wrong)
    if sum(len(str(block.get("text", ""))) for block in given if block["type"] == "markdown") > MARKDOWN:
        raise Problem("msg_blocks_too_long")
    return [_completed(block) for block in copy.deepcopy(given)]


def _completed(block: dict[str, Any]) -> dict[str, Any]:
    block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
    for each in _objects(block):
        if each.get("type") == "mrkdwn":
            each.setdefault("verbatim", False)
        elif each.get("type") == "plain_text":
            each.setdefault("emoji", True)
    for n, element in enumerate(block.get("elements", []) if block["type"] == "actions" else []):
        element.setdefault("action_id", secrets.token_urlsafe(4)[:5] + str(n))
    if block["type"] == "input":
        block.setdefault("optional", False)
        block.setdefault("dispatch_action", False)
        block["element"].setdefault("action_id", secrets.token_urlsafe(4)[:5])
    return block


def _objects(thing: Any) -> Iterator[dict[str, Any]]:
    """Every object in a block, however deep."""
    if isinstance(thing, dict):
        yield thing
    for each in thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list) else ():
        yield from _objects(each)


def whom(blocks: list[dict[str, Any]]) -> Iterator[str]:
    """Whom blocks mention, as `mrkdwn.mentions` names them."""
    for each in _objects(blocks):
        kind = each.get("type")
        if kind == "mrkdwn":
            yield from mentions(each["text"], loose=not each.get("verbatim"))
        elif kind == "user":
            yield each["user_id"]
        elif kind == "usergroup" and "usergroup_id" in each:
            yield each["usergroup_id"]
        elif kind == "broadcast":
            yield each["range"]


def _wrong(block: dict[str, Any], at: str, view: bool) -> Iterator[str]:
    kind = block.get("type")
    if kind not in TYPES or (kind == "input" and not view):
        yield f"unsupported type: {kind} [json-pointer:{at}/type]"
        return
    if len(str(block.get("block_id", ""))) > NAME:
        yield f"must be less than {NAME + 1} characters [json-pointer:{at}/block_id]"
    check = _CHECKS.get(str(kind))
    if check is not None:
        yield from check(block, at)


def _words(thing: Any, at: str, most: int, *kinds: str, shortest: int = 1) -> Iterator[str]:
    if not isinstance(thing, dict) or thing.get("type") not in (kinds or ("plain_text", "mrkdwn")):
        yield f"failed to match all allowed schemas [json-pointer:{at}]"
    elif not isinstance(thing.get("text"), str) or len(thing["text"]) < shortest:
        yield f"must be more than {shortest - 1} characters [json-pointer:{at}/text]"
    elif len(thing["text"]) > most:
        yield f"must be less than {most + 1} characters [json-pointer:{at}/text]"


def _header(block: dict[str, Any], at: str) -> Iterator[str]:
    yield from _words(block.get("text"), f"{at}/text", HEADER, "plain_text")


def _section(block: dict[str, Any], at: str) -> Iterator[str]:
    if "text" not in block and not block.get("fields"):
        yield f"missing required field: text [json-pointer:{at}]"
    if "text" in block:
        yield from _words(block["text"], f"{at}/text", SECTION)
    fields = block.get("fields", [])
    if len(fields) > 10:
        yield f"no more than 10 items allowed [json-pointer:{at}/fields]"
    for n, field in enumerate(fields):
        yield from _words(field, f"{at}/fields/{n}", FIELD)
    if "accessory" in block:
        yield from _element(block["accessory"], f"{at}/accessory")


def _context(block: dict[str, Any], at: str) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 10:
        yield f"must provide 1 to 10 items [json-pointer:{at}/elements]"
        return
    for n, each in enumerate(elements):
        where = f"{at}/elements/{n}"
        yield from _image(each, where) if each.get("type") == "image" else _words(each, where, CONTEXT)


def _actions(block: dict[str, Any], at: str) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list) or not 1 <= len(elements) <= 25:
        yield f"must provide 1 to 25 items [json-pointer:{at}/elements]"
        return
    names = [each["action_id"] for each in elements if "action_id" in each]
    if len(set(names)) != len(names):
        yield f"action_id values must be unique [json-pointer:{at}/elements]"
    for n, each in enumerate(elements):
        yield from _element(each, f"{at}/elements/{n}")


def _element(each: dict[str, Any], at: str) -> Iterator[str]:
    if len(each.get("action_id", "")) > NAME:
        yield f"must be less than {NAME + 1} characters [json-pointer:{at}/action_id]"
    if each.get("type") == "button":
        yield from _words(each.get("text"), f"{at}/text", BUTTON, "plain_text")
        if len(each.get("value", "")) > VALUE:
            yield f"must be less than {VALUE + 1} characters [json-pointer:{at}/value]"
        if each.get("style", "primary") not in {"primary", "danger"}:
            yield f"failed to match all allowed schemas [json-pointer:{at}/style]"
        if len(each.get("url", "")) > 3000:
            yield f"must be less than 3001 characters [json-pointer:{at}/url]"
    elif each.get("type") == "image":
        yield from _image(each, at)
    elif each.get("type") not in {"overflow", "static_select", "checkboxes", "radio_buttons", "datepicker"}:
        yield f"unsupported type: {each.get('type')} [json-pointer:{at}/type]"


def _image(block: dict[str, Any], at: str) -> Iterator[str]:
    address = block.get("image_url", "")
    if not address.startswith(("http://", "https://")) or len(address) > 3000:
        yield f"invalid image_url [json-pointer:{at}/image_url]"
    if not 1 <= len(block.get("alt_text", "")) <= ALT:
        yield f"must be 1 to {ALT} characters [json-pointer:{at}/alt_text]"


def _markdown(block: dict[str, Any], at: str) -> Iterator[str]:
    if not isinstance(block.get("text"), str) or not block["text"]:
        yield f"missing required field: text [json-pointer:{at}]"


def _input(block: dict[str, Any], at: str) -> Iterator[str]:
    yield from _words(block.get("label"), f"{at}/label", 2000, "plain_text")
    if "hint" in block:
        yield from _words(block["hint"], f"{at}/hint", 2000, "plain_text")
    element = block.get("element", {})
    if element.get("type") == "plain_text_input" and (
        element.get("max_length", 3000) > 3000 or len(element.get("initial_value", "")) > 3000
    ):
        yield f"must be less than 3001 [json-pointer:{at}/element/max_length]"
    if element.get("type") == "radio_buttons":
        yield from _options(element.get("options", []), f"{at}/element/options")
    if "placeholder" in element:
        yield from _words(element["placeholder"], f"{at}/element/placeholder", 150, "plain_text")


def _options(options: list[dict[str, Any]], at: str) -> Iterator[str]:
    """Hold options to https://docs.slack.dev/reference/block-kit/composition-objects/option-object."""
    if not 1 <= len(options) <= 10:
        yield f"must provide 1 to 10 items [json-pointer:{at}]"
    for n, option in enumerate(options):
        yield from _words(option.get("text"), f"{at}/{n}/text", 75)
        if not 1 <= len(option.get("value", "")) <= 150:
            yield f"must be 1 to 150 characters [json-pointer:{at}/{n}/value]"


def _rich(block: dict[str, Any], at: str) -> Iterator[str]:
    elements = block.get("elements")
    if not isinstance(elements, list):
        yield f"missing required field: elements [json-pointer:{at}]"
        return
    for n, each in enumerate(elements):
        where = f"{at}/elements/{n}"
        if each.get("type") not in _RICH:
            yield f"unsupported type: {each.get('type')} [json-pointer:{where}/type]"
        elif each["type"] == "rich_text_list":
            if each.get("style") not in {"bullet", "ordered"}:
                yield f"failed to match all allowed schemas [json-pointer:{where}/style]"
            yield from _rich(each, where)
        else:
            yield from _inline(each, where)


def _inline(section: dict[str, Any], at: str) -> Iterator[str]:
    for n, each in enumerate(section.get("elements", [])):
        where = f"{at}/elements/{n}"
        kind = each.get("type")
        if kind not in _INLINE or (section["type"] == "rich_text_preformatted" and kind not in {"text", "link"}):
            yield f"unsupported type: {kind} [json-pointer:{where}/type]"
        elif kind == "text" and not each.get("text"):
            yield f"must be more than 0 characters [json-pointer:{where}/text]"
        elif kind == "link" and not each.get("url"):
            yield f"missing required field: url [json-pointer:{where}]"


_CHECKS = {
    "header": _header, "section": _section, "context": _context, "actions": _actions, "image": _image,
    "markdown": _markdown, "input": _input, "rich_text": _rich,
}  # fmt: skip
