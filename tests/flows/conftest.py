from __future__ import annotations

from collections.abc import Iterator

import pytest

from bridge.ledger.examine import examine
from bridge.testing.stage import Stage


@pytest.fixture(autouse=True)
def every_story_leaves_a_sound_ledger(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a story did to the ledger, and wherever it was cut off: what must hold between its rows holds."""
    found: list[str] = []
    stop = Stage.stop

    async def examined(stage: Stage) -> None:
        if not stage.ledger.closed:
            found.extend(await stage.ledger.view(examine))
        await stop(stage)

    monkeypatch.setattr(Stage, "stop", examined)
    yield
    assert found == []
