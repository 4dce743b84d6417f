"""The windows in which people write an answer: Discord's modals, which take 4,000 characters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import discord

from adapters.discord.escaping import escaped
from bridge.chats import pressed
from bridge.chats.pressed import Change, Sent
from bridge.model import MessageId
from bridge.text.names import defused

LONGEST = 4000
"""Characters that one field takes (https://docs.discord.com/developers/components/reference#text-input)."""
_FIELD = "words"


def to_answer(message: MessageId, form: str, *, approves: bool = False) -> discord.ui.Modal:
    """The window for an answer to the comment that this message of ours shows. `approves`: that comment waits.

    `form`: what its form is called, however often it is sent.
    """
    return _window(
        "Approve and answer" if approves else "Answer this comment",
        pressed.name(Sent(message, form)),
        "Your answer, for everybody on the blog",
        None,
    )


def to_change(change: Change, words: str | None) -> discord.ui.Modal:
    """The window for other words in place of those that a form sent; empty where they are not at hand."""
    return _window("Change your answer", pressed.name(change), "All of the new text", words)


def _window(title: str, id: str, label: str, words: str | None) -> discord.ui.Modal:
    lines: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id=_FIELD, style=discord.TextStyle.paragraph, min_length=1, max_length=LONGEST, default=words or None
    )
    window = discord.ui.Modal(title=title, custom_id=id)
    window.add_item(discord.ui.Label(text=label, component=lines))
    window.stop()  # discord.py would wait for it in memory; what is sent comes to us in any case
    return window


def standing(copy: str, name: str) -> str | None:
    """What our only message about a form says that this person sent; None for one that tells only a part of it."""
    whose, _, rest = copy.partition("\n")
    words, _, fate = rest.rpartition("\n")
    return words if whose.startswith(f"**{escaped(defused(name))}**") and fate.startswith("-# ") else None


def words_in(data: Mapping[str, Any]) -> str:
    """What was written into a window, as its interaction tells it, whatever the field is wrapped in."""
    return next((str(one["value"]) for one in _fields(data) if one.get("custom_id") == _FIELD), "").strip()


def _fields(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for one in data.get("components", ()):
        yield from _fields(one)
        yield one.get("component", one)
