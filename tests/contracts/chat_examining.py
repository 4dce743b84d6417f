"""What `backchat doctor` says of a chat, sorted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from bridge.model import Finding


class Examined(ABC):
    """A chat that `doctor` looks at."""

    @abstractmethod
    async def findings(self) -> Sequence[Finding]:
        """Everything that it says."""

    async def bad(self) -> dict[str, str]:
        """What needs a person, with the remedies."""
        return {finding.what: finding.remedy for finding in await self.findings() if not finding.good}

    async def good(self) -> list[str]:
        """What is as it should be; nothing else is said."""
        found = await self.findings()
        assert [finding for finding in found if not finding.good] == []
        return [finding.what for finding in found]
