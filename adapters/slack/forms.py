"""The windows in which people write an answer, or choose what becomes of a comment: Slack's modals. Pure.

What a window is about stands in its `callback_id` (255 characters) and its `private_metadata` (3,000), which only the
app that opened it writes and reads. One that is sent again, because Slack saw no answer, has the same id.
https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.slack.markup import parse
from bridge.chats import fates, pressed
from bridge.chats.pressed import Back, Change, Do, Pressed, Sent
from bridge.model import MessageId, ThreadId
from bridge.text.tree import plain

LONGEST = 3_000
"""Characters that one field takes (https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element)."""
MODERATE = "moderate"
"""The name of the window for choosing."""
FIELD = "words"
"""Its only field, and the block in which that stands."""
_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}

View = dict[str, Any]


@dataclass(frozen=True, slots=True)
class About:
    """What a window is about: a message of ours, and its thread."""

    thread: ThreadId
    message: MessageId


def to_answer(about: About, *, approves: bool = False) -> View:
    """The window for an answer to the comment that a message of ours shows. `approves`: that comment waits."""
    title = "Approve and answer" if approves else "Answer this comment"
    label = "Your answer, for everybody on the blog"
    return _window(title, "Send", pressed.name(Sent(about.message, "")), about, _words(label, None))


def to_change(about: About, change: Change, words: str | None) -> View:
    """The window for other words in place of those that a form sent; empty where they are not at hand."""
    return _window("Change your answer", "Send", pressed.name(change), about, _words("All of the new text", words))


def to_choose(about: About, choices: Sequence[Do | Back]) -> View:
    """The window for choosing what becomes of a comment or an answer, among what its message offers."""
    options = [
        {
            "text": _plain(fates.LABELS[one.choice] if isinstance(one, Do) else fates.TAKE_BACK),
            "value": pressed.name(one),
        }
        for one in choices
    ]
    element = {"type": "radio_buttons", "action_id": FIELD, "options": options}
    return _window("What becomes of it", "Do it", MODERATE, about, _input("Choose", element))


def about_of(view: Mapping[str, Any]) -> About | None:
    """What a window of ours is about; None for one that this Backchat did not open."""
    try:
        found = json.loads(str(view.get("private_metadata") or ""))
        return About(ThreadId(str(found["thread"])), MessageId(str(found["message"])))
    except (ValueError, TypeError, LookupError):
        return None


def sent_from(view: Mapping[str, Any]) -> Pressed | None:
    """What a window is sent for; None for one that this Backchat did not open. The form is called like the window."""
    what = pressed.read(str(view.get("callback_id") or ""))
    return Sent(what.message, str(view["id"])) if isinstance(what, Sent) else what


def words_in(view: Mapping[str, Any]) -> str:
    """What was written into a window, or the value of what was chosen there."""
    for block in ((view.get("state") or {}).get("values") or {}).values():
        if isinstance(field := block.get(FIELD), Mapping):
            chosen = field.get("selected_option") or {}
            return str(field.get("value") or chosen.get("value") or "").strip()
    return ""


def as_mrkdwn(typed: str) -> dict[str, str]:
    """What somebody typed into a field, as a message says it: there Slack writes three signs as entities."""
    return {"text": typed.translate(_ENTITIES)}


def standing(message: Mapping[str, Any]) -> str | None:
    """What our only message about a form says that was sent, if it can be typed again as it is; else None."""
    blocks = [block for block in message.get("blocks") or () if isinstance(block, Mapping)]
    head = str(((blocks[0].get("elements") or [{}])[0]).get("text") or "") if blocks else ""
    if head.endswith(", continued"):
        return None
    said = parse({"blocks": [block for block in blocks if block.get("type") == "rich_text"]})
    words = plain(said)
    # Typed again, words that had marks would lose them, and others would become marks.
    return words if 0 < len(words) <= LONGEST and parse(as_mrkdwn(words)) == said else None


def _words(label: str, words: str | None) -> View:
    element = {
        "type": "plain_text_input", "action_id": FIELD, "multiline": True, "min_length": 1, "max_length": LONGEST,
        "focus_on_load": True, **({"initial_value": words} if words else {}),
    }  # fmt: skip
    return _input(label, element)


def _input(label: str, element: Mapping[str, Any]) -> View:
    return {"type": "input", "block_id": FIELD, "label": _plain(label), "element": dict(element)}


def _window(title: str, submit: str, name: str, about: About, *blocks: View) -> View:
    return {
        "type": "modal", "callback_id": name, "title": _plain(title), "submit": _plain(submit),
        "close": _plain("Cancel"), "blocks": list(blocks),
        "private_metadata": json.dumps({"thread": about.thread, "message": about.message}),
    }  # fmt: skip


def _plain(words: str) -> View:
    return {"type": "plain_text", "text": words, "emoji": False}
