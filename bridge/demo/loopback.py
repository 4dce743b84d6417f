"""Where the demo's servers listen."""

from __future__ import annotations

import socket

from bridge.errors import BackchatError

LOOPBACK = "127.0.0.1"


def free_port(wanted: int | None = None) -> int:
    """Give a free port on loopback: the wanted one if that is free. Raises `BackchatError` where none is."""
    for port in (wanted or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise BackchatError("no port is free on loopback")
