"""The ledger is closed while somebody is looking into it on a thread."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from bridge.errors import LedgerError
from bridge.ledger.sqlite import SqliteLedger
from bridge.ports import Tx


async def test_a_look_that_is_under_way_ends_before_the_file_is_closed(tmp_path: Path) -> None:
    ledger = SqliteLedger.open(tmp_path / "ledger.db")
    looking, on = threading.Event(), threading.Event()

    def look(tx: Tx) -> int:
        looking.set()
        assert on.wait(30)
        return len(tx.all("SELECT name FROM sqlite_master"))

    view = asyncio.create_task(ledger.view(look))
    await asyncio.to_thread(looking.wait, 30)
    closing = asyncio.create_task(ledger.close())
    await asyncio.sleep(0)  # it begins
    assert ledger.closed
    with pytest.raises(LedgerError, match="is closed"):
        await ledger.view(look)
    on.set()
    assert await view > 0
    await closing
