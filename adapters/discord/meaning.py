"""What a raw event of Discord means to the core. Pure."""

from __future__ import annotations

from adapters.discord import markup
from bridge.chats import meaning
from bridge.chats.meaning import Fields
from bridge.model import Event, RawEvent
from bridge.text import tree
from bridge.text.tree import Link, Paragraph, Plain, Text


def interpret(raw: RawEvent) -> Event | None:
    """Read an event that `listening` recorded; None for one that is of no interest, or that we did not write."""
    return meaning.interpret(raw, _text)


def _text(fields: Fields) -> Text:
    names = (fields.get(kind, {}) for kind in ("people", "channels", "roles"))
    said = markup.parse(fields["content"], *names)
    return (*said, *_attached(fields))


def _attached(fields: Fields) -> Text:
    """A line for each attachment, which leads to the message: Discord's own addresses of files expire within a day."""
    link = fields.get("link")
    names = [Plain(tree.cleaned(name)) for name in fields.get("attached", ())]
    return tuple(
        Paragraph((Plain("Attached in the chat: "), name if link is None else Link(link, (name,)))) for name in names
    )
