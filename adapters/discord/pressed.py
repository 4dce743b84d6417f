"""What the buttons and forms of ours are called on Discord, so that one pressed years later says what it is for.

A custom id (at most 100 characters) is all that comes back:
https://docs.discord.com/developers/components/reference#anatomy-of-a-component-custom-id
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge.model import Choice, MessageId

LIKE_THIS = "bc1"
"""How every custom id begins: what it means may change in a later Backchat, which then begins them otherwise."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody wants to answer the comment that a message of ours shows."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Somebody sends an answer to the comment that this message of ours shows. `form`: its id, in digits.

    It is the id of the press that opened the window: Discord leaves a window open where it saw no answer to what was
    sent from there, and what is sent from there again is the same form.
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
    """Somebody wants to change, or now changes, what a form sent. `form`: its id, in digits; `writer`: who may."""

    form: str
    writer: str


@dataclass(frozen=True, slots=True)
class Back:
    """Somebody takes back what a form sent."""

    form: str
    writer: str


Pressed = Answer | Sent | Do | Change | Back


def custom_id(pressed: Pressed) -> str:
    """The custom id of a button or a form."""
    match pressed:
        case Answer():
            return f"{LIKE_THIS}:answer"
        case Sent(message, form):
            return f"{LIKE_THIS}:form:{message}:{form}"
        case Do(choice, mark):
            return f"{LIKE_THIS}:do:{choice}:{mark}"
        case Change(form, writer):
            return f"{LIKE_THIS}:change:{form}:{writer}"
        case Back(form, writer):
            return f"{LIKE_THIS}:back:{form}:{writer}"


def read(custom_id: str) -> Pressed | None:
    """What a custom id says; None for one that this Backchat did not make."""
    try:
        match custom_id.split(":"):
            case [begins, "answer"] if begins == LIKE_THIS:
                return Answer()
            case [begins, "form", message, form] if begins == LIKE_THIS and form.isdecimal():
                return Sent(MessageId(message), form)
            case [begins, "do", choice, mark] if begins == LIKE_THIS:
                return Do(Choice(choice), mark)
            case [begins, "change", form, writer] if begins == LIKE_THIS:
                return Change(form, writer)
            case [begins, "back", form, writer] if begins == LIKE_THIS:
                return Back(form, writer)
    except ValueError:  # a choice that this Backchat does not know
        pass
    return None
