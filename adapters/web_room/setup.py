"""How `backchat init` sets a room up, and what `backchat doctor` looks at in one."""

from __future__ import annotations

import asyncio
import errno
import json
import socket
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from adapters.web_room.database import look_only
from adapters.web_room.people import slug
from bridge.model import ChatOffer, Finding, PersonId, RoomId
from bridge.ports import Dialogue

_CONFIG = """\
adapter = "web_room"
# The daemon serves the room's pages itself; with false, `backchat room serve` does it as a process of its own.
serve = true
# Where the pages are served: for this machine alone. docs/web-room.md says how to reach them from elsewhere.
listen = "127.0.0.1:{port}"
# The address under which people reach them, behind a reverse proxy.
#: public_address = "https://room.example"\
"""
_PORT = 8088
_ANSWERS = 5.0
"""Seconds that what listens on our port gets to say what it is."""


def offer(dialogue: Dialogue) -> ChatOffer:
    """Make a room of its author's, served by the daemon."""
    name = " ".join(dialogue.ask("Your name in the room? [Author]").split()) or "Author"
    invite = f"`backchat room invite {_word(name)} --author --operator`"
    return ChatOffer(
        config=_CONFIG.format(port=_free_port()),
        room=RoomId("comments"),
        desk=RoomId("moderation"),
        people=(PersonId(slug(name)),),
        steps=(f"{invite} prints the link that lets you into the room; open it while `backchat run` runs.",),
    )


def _word(name: str) -> str:
    return name if name.isalnum() else json.dumps(name, ensure_ascii=False)


def _free_port() -> int:
    """The usual port, or the next one on which nobody listens now."""
    ports = range(_PORT, _PORT + 100)
    return next((port for port in ports if _bound("127.0.0.1", port) is None), _PORT)


def _bound(host: str, port: int) -> OSError | None:
    """Why nobody could listen there; nobody does, not even for a moment."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


async def hindrance(host: str, port: int) -> OSError | None:
    """Say why the pages cannot be served there; None if they can be, or are being served by one of us."""
    error = await asyncio.to_thread(_bound, host, port)
    if error is not None and error.errno == errno.EADDRINUSE and await _is_room(host, port):
        return None
    return error


async def _is_room(host: str, port: int) -> bool:
    """Whether what answers there is a room: it asks strangers to sign in, and says what its pages may load."""
    from aiohttp import ClientError, ClientSession, ClientTimeout

    from adapters.web_room.server import HEADERS

    address = f"http://[{host}]:{port}/api/me" if ":" in host else f"http://{host}:{port}/api/me"
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=_ANSWERS), trust_env=False) as session,
            session.get(address, allow_redirects=False) as answer,
        ):
            policy = answer.headers.get("Content-Security-Policy")
            return answer.status == 401 and policy == HEADERS["Content-Security-Policy"]
    except (ClientError, TimeoutError, OSError):
        return False


def findings(file: Path) -> Sequence[Finding]:
    """Who may come in. Raises `RoomFileError` where the file cannot be read; a room that nobody used yet has none."""
    names = look_only(file, _invited) or []
    if not names:
        remedy = "run `backchat room invite NAME --author`"
        return (Finding("nobody was invited into the room yet", good=False, remedy=remedy),)
    return (Finding(f"these may come in: {'; '.join(names)}", good=True),)


def _invited(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT id, name, role FROM person WHERE revoked IS NULL ORDER BY id")
    return [f"{row['name']} as {row['role']}, with the id {row['id']}" for row in rows]
