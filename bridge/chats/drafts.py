"""The words that forms sent lately, as their writers typed them: only a convenience, so it is kept in memory."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

REMEMBERED = 200
"""Forms whose words are kept at hand, for whoever wants to change them."""


@dataclass(slots=True)
class Drafts:
    """Words at hand, by form and writer."""

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
