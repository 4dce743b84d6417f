"""Where somebody wanted to go who was not signed in: kept in a cookie until they are.

Only the room's own pages are kept and followed, whatever the cookie says: who can plant one leads nobody elsewhere.
"""

from __future__ import annotations

import re

from aiohttp import web

from adapters.web_room.sessions import room_of

KEPT = 3600
"""Seconds for which it is remembered."""
_PAGE = re.compile(r"/(threads/[0-9]{1,15}|operator)?(\?[a-z]+=[a-z0-9]{1,15}(&[a-z]+=[a-z0-9]{1,15}){0,3})?", re.ASCII)


def remember(request: web.Request, response: web.Response) -> None:
    """Keep the page that was asked for."""
    if request.method == "GET" and _PAGE.fullmatch(request.raw_path):
        response.set_cookie(
            _cookie(request), request.raw_path, max_age=KEPT, httponly=True, samesite="Lax", path="/in/"
        )


def wanted(request: web.Request) -> str:
    """Give the page that was asked for before signing in; the list of threads where none was."""
    kept = request.cookies.get(_cookie(request), "")
    return kept if _PAGE.fullmatch(kept) else "/"


def forget(request: web.Request, response: web.Response) -> None:
    """Keep nothing any more."""
    if _cookie(request) in request.cookies:
        response.del_cookie(_cookie(request), path="/in/")


def _cookie(request: web.Request) -> str:
    return f"{room_of(request).cookie}_to"
