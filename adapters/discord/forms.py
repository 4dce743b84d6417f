"""The windows in which people write an answer: Discord's modals, which take 4,000 characters."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import discord

from adapters.discord.escaping import escaped
from adapters.discord.pressed import Change, Sent, custom_id
from bridge.model import MessageId
from bridge.text.names import defused

LONGEST = 4000
"""Characters that one field takes (https://docs.discord.com/developers/components/reference#text-input)."""
REMEMBERED = 200
"""Forms whose words are kept at hand, for whoever wants to change them."""
_FIELD = "words"


def to_answer(message: MessageId, form: str, *, approves: bool = False) -> discord.ui.Modal:
    """The window for an answer to the comment that this message of ours shows. `approves`: that comment waits.

    `form`: what its form is called, however often it is sent.
    """
    return _window(
        "Approve and answer" if approves else "Answer this comment",
        custom_id(Sent(message, form)),
        "Your answer, for everybody on the blog",
        None,
    )


def to_change(change: Change, words: str | None) -> discord.ui.Modal:
    """The window for other words in place of those that a form sent; empty where they are not at hand."""
    return _window("Change your answer", custom_id(change), "All of the new text", words)


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


@dataclass(slots=True)
class Drafts:
    """The words that forms sent lately, as their writers typed them: only a convenience, so it is kept in memory."""

    _words: OrderedDict[tuple[str, str], str] = field(default_factory=OrderedDict)

    def keep(self, form: str, writer: str, words: str) -> None:
        """Have a form's words at hand, for whoever wrote them alone: what a form is called may be forged."""
        self._words[form, writer] = words
        self._words.move_to_end((form, writer))
        if len(self._words) > REMEMBERED:
            self._words.popitem(last=False)

    def of(self, form: str, writer: str) -> str | None:
        """A form's words; None where they are not at hand any more."""
        return self._words.get((form, writer))
