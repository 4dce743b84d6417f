"""The room's style, scripts and icon: read from the package once, served with a fingerprint of what they are."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from importlib.resources import files

from aiohttp import web

from adapters.web_room.rows import RoomRefusal

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_SCRIPTS = (
    "page", "live", "box", "messages", "requests", "picking", "choosing", "moderating", "keys", "links", "thread",
    "operator", "door", "wanted",
)  # fmt: skip
_NAMES = frozenset({"room.css", "icon.svg", *(f"{name}.js" for name in _SCRIPTS)})


@cache
def _file(name: str) -> tuple[bytes, str]:
    body = files("adapters.web_room").joinpath("pages", name).read_bytes()
    return body, f'"{blake2b(body, digest_size=12).hexdigest()}"'


async def look(request: web.Request) -> web.StreamResponse:
    """Serve one of the files; a browser that has it already is told so."""
    name = request.match_info["name"]
    if name not in _NAMES:
        raise RoomRefusal("There is nothing at this address.", 404)
    body, tag = _file(name)
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if request.headers.get("If-None-Match") == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=body, headers=headers, content_type=_TYPES[name.rpartition(".")[2]], charset="utf-8")
