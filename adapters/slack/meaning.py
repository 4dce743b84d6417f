"""What a raw event of Slack means to the core. Pure."""

from __future__ import annotations

from adapters.slack import markup
from adapters.slack.markup import Names
from bridge.chats import meaning
from bridge.chats.meaning import Fields
from bridge.model import Event, RawEvent
from bridge.text import tree
from bridge.text.tree import Link, Paragraph, Plain, Text


def interpret(raw: RawEvent) -> Event | None:
    """Read an event that `listening` recorded; None for one that is of no interest, or that we did not write."""
    return meaning.interpret(raw, _text)


def _text(fields: Fields) -> Text:
    names = Names(*(fields.get(kind, {}) for kind in ("people", "channels", "groups")))
    return (*markup.parse(fields, names), *_attached(fields))


def _attached(fields: Fields) -> Text:
    """A line for each file, which leads to its page in Slack: the file itself Slack shows to nobody outside."""
    return tuple(_line(tree.cleaned(file["name"]), file["link"]) for file in fields.get("attached", ()))


def _line(name: str, link: str) -> Paragraph:
    shown = Plain(name)
    return Paragraph((Plain("Attached in the chat: "), Link(link, (shown,)) if link else shown))
