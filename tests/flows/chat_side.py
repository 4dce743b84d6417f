"""One chat of a stage: a double with its people, and the real adapter before it. One subclass for each chat."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Generic, TypeVar

from bridge.model import ChatName
from bridge.ports import Chat, Surroundings

M = TypeVar("M")
"""A message as the double has it."""

NO_ANSWER = 0.4
"""Seconds after which an adapter gives a request up, and so what it sent is in doubt."""
OUT_OF_ORDER = 100
"""Added to how often a thing stands where what stands is not whole, or not as it should be."""


class Side(ABC, Generic[M]):
    """What a stage must know of a chat, whichever it is. Ada speaks there for the blog."""

    chat_name: ChatName

    # Before and after the adapter's start -----------------------------------------------------------------------------

    @abstractmethod
    def build(self, surroundings: Surroundings) -> Chat:
        """A new adapter, as every start of a process builds one, that gives requests up after `NO_ANSWER`."""

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether the adapter is connected to what tells it events."""

    @abstractmethod
    def seen(self) -> object:
        """What changes whenever anything happens between the double and the adapter."""

    @property
    def busy(self) -> bool:
        """Whether the double waits for the adapter in a way in which time must not be leapt over."""
        return False

    # Looking ----------------------------------------------------------------------------------------------------------

    @abstractmethod
    def standing(self) -> list[M]:
        """What we have said that stands, in every thread, in each in its order, without what opens threads."""

    @abstractmethod
    def words(self, message: M) -> str:
        """All that people read in a message."""

    @abstractmethod
    def named(self, title: str) -> int:
        """How many threads of the public room are a post's with this title."""

    @abstractmethod
    def receipt(self, message: M) -> set[str]:
        """Our reactions on a message, as emojis."""

    def found(self, words: str) -> list[M]:
        """Our messages with these words."""
        return [one for one in self.standing() if words in self.words(one)]

    def ours(self, words: str) -> M:
        """The one message of ours with these words."""
        (found,) = self.found(words)
        return found

    # What Ada does ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def answer(self, words: str, card: M) -> M:
        """Ada answers what a message of ours shows, in its thread."""

    @abstractmethod
    async def answer_by_form(self, words: str, card: M) -> None:
        """Ada answers by the button on a message of ours."""


def fresh(folder: Path, n: int) -> Path:
    """A folder of one story of several."""
    made = folder / str(n)
    made.mkdir()
    return made
