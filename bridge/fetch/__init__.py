"""HTTP for adapters: polite, bounded, safe in private networks, and honest about what may have happened."""

from __future__ import annotations

from bridge.fetch.connections import Connections
from bridge.fetch.exchange import MOST
from bridge.fetch.fetch import Fetch
from bridge.fetch.response import Params, Response

__all__ = ["MOST", "Connections", "Fetch", "Params", "Response"]
