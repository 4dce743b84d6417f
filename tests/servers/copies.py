"""How often something of ours stands twice on a chat's double, and for how long."""

from __future__ import annotations

from collections.abc import Callable


class Standing:
    """What stands, by its key: messages of ours that carry the same key are copies of one another.

    `seconds`: for each time that something stood twice, how long, by the double's clock (`now`). What stands twice
    still is not among them.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self.seconds: list[float] = []
        self._now = now
        self._standing: dict[str, set[str]] = {}
        self._keys: dict[str, str] = {}
        self._since: dict[str, float] = {}

    @property
    def twice(self) -> list[str]:
        """The keys of what stands twice at this moment."""
        return [key for key, ids in self._standing.items() if len(ids) > 1]

    def came(self, id: str, key: str) -> None:
        """A message of ours stands from now on."""
        self._keys[id] = key
        there = self._standing.setdefault(key, set())
        there.add(id)
        if len(there) == 2:
            self._since[key] = self._now()

    def went(self, id: str) -> None:
        """A message stands no more."""
        key = self._keys.pop(id, "")
        there = self._standing.get(key, set())
        there.discard(id)
        if len(there) == 1 and key in self._since:
            self.seconds.append(self._now() - self._since.pop(key))
