"""What buttons and forms of ours are called in a chat, so that one pressed years later says what it is for.

Such a name is all that comes back, and chats take few characters: 100 is what we have come across.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote

from bridge.model import Choice, MessageId

LIKE_THIS = "bc1"
"""How every name begins: what it means may change in a later Backchat, which then begins them otherwise."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody wants to answer the comment that a message of ours shows."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Somebody sends an answer to the comment that this message of ours shows. `form`: its id.

    A chat may leave a window open where it saw no answer to what was sent from there: what is sent from there again is
    the same form. So a window is named by what is unique to its being opened.
    """

    message: MessageId
    form: str


@dataclass(frozen=True, slots=True)
class Do:
    """Somebody chooses what becomes of the comment that a message of ours shows; `mark` is the one that it bears."""

    choice: Choice
    mark: str


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody wants to change, or now changes, what a form sent. `form`: its id; `writer`: who may."""

    form: str
    writer: str


@dataclass(frozen=True, slots=True)
class Back:
    """Somebody takes back what a form sent."""

    form: str
    writer: str


Pressed = Answer | Sent | Do | Change | Back


def name(pressed: Pressed) -> str:
    """The name of a button or a form."""
    match pressed:
        case Answer():
            return _joined("answer")
        case Sent(message, form):
            return _joined("form", message, form)
        case Do(choice, mark):
            return _joined("do", choice, mark)
        case Change(form, writer):
            return _joined("change", form, writer)
        case Back(form, writer):
            return _joined("back", form, writer)


def read(given: str) -> Pressed | None:
    """What a name says; None for one that this Backchat did not make."""
    begins, *words = map(unquote, given.split(":"))
    try:
        found = _read(words)
    except ValueError:  # a choice that this Backchat does not know
        return None
    return found if begins == LIKE_THIS and found is not None and name(found) == given else None


def _read(words: list[str]) -> Pressed | None:
    match words:
        case ["answer"]:
            return Answer()
        case ["form", message, form]:
            return Sent(MessageId(message), form)
        case ["do", choice, mark]:
            return Do(Choice(choice), mark)
        case ["change", form, writer]:
            return Change(form, writer)
        case ["back", form, writer]:
            return Back(form, writer)
    return None


def _joined(*words: str) -> str:
    """Ids of a chat may have a colon in them."""
    return ":".join([LIKE_THIS, *(quote(str(word), safe="") for word in words)])
