"""Channels whose ids were changed: a private channel gets another one when it is shared with another company.

Backchat goes on knowing such a channel, and its threads and messages, by the first id: that one stands in the
configuration and in the ledger. It is put in place of the new one in all that comes in, and the new one in place of it
in all that goes out. https://docs.slack.dev/reference/events/channel_id_changed
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Moved:
    """Which ids took the place of which, kept in `file`: Slack tells it once."""

    file: Path
    _later: dict[str, list[str]] = field(init=False)
    """By the first id of each channel, those that it got later, the present one last."""

    def __post_init__(self) -> None:
        self._later = self._kept()

    def known(self, channel: str) -> str:
        """The id by which Backchat knows a channel that Slack calls so, or once did."""
        return next((first for first, later in self._later.items() if channel in later), channel)

    def now(self, channel: str) -> str:
        """What Slack calls a channel now that Backchat knows by that id."""
        return self._later.get(channel, [channel])[-1]

    def learn(self, old: str, new: str) -> None:
        """Keep that a channel has another id. Raises `OSError` where that cannot be kept."""
        first = self.known(old)
        if not new or self.now(first) == new:
            return
        changed = {**self._later, first: [*self._later.get(first, []), new]}
        written = self.file.with_name(f"{self.file.name}.new")
        self.file.parent.mkdir(parents=True, exist_ok=True)
        written.write_text(json.dumps(changed), "utf-8")
        written.replace(self.file)
        self._later = changed
        log.warning("Slack calls the channel %s by another id now, %s: Backchat goes on with it as before", first, new)

    def _kept(self) -> dict[str, list[str]]:
        try:
            kept = json.loads(self.file.read_text("utf-8"))
            return {str(first): [str(id) for id in later] for first, later in kept.items()}
        except FileNotFoundError:
            return {}
        except (OSError, AttributeError, TypeError, ValueError) as error:
            log.warning("%s cannot be read, so that channels with new ids are strange to us: %s", self.file, error)
            return {}
