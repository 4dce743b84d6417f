"""What becomes of what somebody pressed in a chat, or sent by a form: who may is asked by id, and nothing is done here.

A chat hands over what was pressed, and carries out what it gets back: says something to this person alone, opens a
window, or has something recorded before it says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bridge.chats import bodies, phrases
from bridge.chats.drafts import Drafts
from bridge.chats.pressed import Answer, Back, Change, Do, Pressed, Sent
from bridge.chats.rooms import Rooms
from bridge.model import Choice, MessageId, RawEvent, RoomId, ThreadId, Writer


@dataclass(frozen=True, slots=True)
class Press:
    """One press: who pressed, with the roles that they have now, and where.

    `id` tells it from every other one, `order` where it stands among all that happened in the thread. `at` is when.
    """

    id: str
    by: Writer
    thread: ThreadId
    room: RoomId
    order: int
    at: float

    def sent(self, message: str, form: str, words: Mapping[str, object]) -> RawEvent:
        """The form `form` that our message offered was sent: the same event, however often it is sent."""
        return self._raw(f"f:{form}", bodies.form_sent(message, form, self.by, words))

    def changed(self, form: str, words: Mapping[str, object]) -> RawEvent:
        """Other words were sent in place of what the form `form` had sent."""
        return self._raw(f"i:{self.id}", bodies.form_changed(form, self.by, words))

    def taken_back(self, form: str) -> RawEvent:
        """What the form `form` had sent was taken back."""
        return self._raw(f"i:{self.id}", bodies.form_taken_back(form, self.by))

    def chosen(self, message: str, choice: Choice, mark: str) -> RawEvent:
        """Something was chosen on the card that our message is; `mark` is the one that it bore."""
        return self._raw(f"i:{self.id}", bodies.chosen(message, self.by, choice, mark))

    def published(self, message: str) -> RawEvent:
        """A message was to be published: the same as marking it."""
        return self._raw(f"i:{self.id}", bodies.marked(message, self.by, on=True))

    def _raw(self, nature: str, fields: Mapping[str, object]) -> RawEvent:
        return RawEvent(nature, nature, self.thread, self.order, bodies.body(fields, self.at))


@dataclass(frozen=True, slots=True)
class Say:
    """These words are for this person alone; nothing is to be done."""

    words: str


@dataclass(frozen=True, slots=True)
class Write:
    """A window is to be opened, for an answer to what this message of ours shows."""

    message: MessageId


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A window is to be opened, for other words in place of a form's; `words` are those, as far as they are at hand."""

    change: Change
    words: str | None


@dataclass(frozen=True, slots=True)
class Keep:
    """This is to be recorded, and only then said; no words: what was pressed comes to rest."""

    raws: tuple[RawEvent, ...]
    words: str | None = None


@dataclass(slots=True)
class Pressing:
    """Judges what is pressed in the rooms of one chat."""

    rooms: Rooms
    drafts: Drafts = field(default_factory=Drafts)

    def button(self, press: Press, what: Pressed | None, message: MessageId) -> Say | Write | Rewrite | Keep:
        """Judge a button of our message; None is one that we do not know."""
        match what:
            case Answer():
                return self.no_author(press) or Write(message)
            case Do(choice, mark):
                return self.choice(press, message, choice, mark)
            case Change(form, writer) as change:
                return _not_theirs(press, writer) or Rewrite(change, self.drafts.of(form, press.by.id))
            case Back(form, writer):
                return _not_theirs(press, writer) or Keep((press.taken_back(form),))
        return Say(phrases.STRANGE)

    def form(self, press: Press, what: Pressed | None, typed: str, words: Mapping[str, object]) -> Say | Keep:
        """Judge what a window sends: what was `typed` there, and as the adapter's reading of a form takes it."""
        match what:
            case Sent() | Change() if not typed:
                return Say(phrases.NOTHING)
            case Sent(message, form):
                return self.no_author(press) or self._sent(press, message, form, typed, words)
            case Change(form, writer):
                return _not_theirs(press, writer) or self._changed(press, form, typed, words)
        return Say(phrases.STRANGE)

    def choice(self, press: Press, message: MessageId, choice: Choice, mark: str) -> Say | Keep:
        """Judge what somebody chooses on the card that our message is, by a button or in another way."""
        return self.no_moderator(press) or Keep((press.chosen(message, choice, mark),))

    def publish(self, press: Press, message: MessageId, known: Sequence[RawEvent], refusal: str = "") -> Say | Keep:
        """Judge whether a person's own message is marked. `known`: the message itself; nothing where it is empty.

        `refusal`: why it cannot be marked, in words.
        """
        if refused := self.no_author(press):
            return refused
        if refusal or not known:
            return Say(refusal or phrases.NOTHING)
        return Keep((*known, press.published(message)), phrases.MARKED)

    def no_author(self, press: Press) -> Say | None:
        """What to say to somebody who may not answer from there; None to who may."""
        return None if self.rooms.may_answer(press.room, press.by) else _refused(press, phrases.NO_AUTHOR)

    def no_moderator(self, press: Press) -> Say | None:
        """What to say to somebody who may not moderate from there; None to who may."""
        return None if self.rooms.may_moderate(press.room, press.by) else _refused(press, phrases.NO_MODERATOR)

    def _sent(self, press: Press, message: str, form: str, typed: str, words: Mapping[str, object]) -> Keep:
        self.drafts.keep(form, press.by.id, typed)
        # It may be known already: who saw no answer of ours sends it again, perhaps changed.
        return Keep((press.sent(message, form, words), press.changed(form, words)), phrases.SENT)

    def _changed(self, press: Press, form: str, typed: str, words: Mapping[str, object]) -> Keep:
        self.drafts.keep(form, press.by.id, typed)
        return Keep((press.changed(form, words),), phrases.SENT)


def _refused(press: Press, refusal: str) -> Say:
    return Say(refusal.format(id=press.by.id))


def _not_theirs(press: Press, writer: str) -> Say | None:
    return None if press.by.id == writer else Say(phrases.NOT_YOURS)
