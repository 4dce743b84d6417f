"""Routes, speakers and moderators as the configuration had them; policy never works backwards (law 8)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from bridge.model import AccountName, Place, Relay, Route
from bridge.ports import Row, Tx


def sync(tx: Tx, routes: Sequence[Route], now: float) -> list[str]:
    """Compare the configuration's routes with the known ones; the names of routes that are there no more.

    A route that is new, or whose relay changed, or a speaker who is new, speaks from `now` on.
    """
    for route in routes:
        tx.run(
            "INSERT INTO route VALUES (?, ?, ?, NULL) ON CONFLICT (name) DO UPDATE SET retired = NULL,"
            " since = CASE WHEN route.fingerprint = excluded.fingerprint AND route.retired IS NULL"
            " THEN route.since ELSE excluded.since END, fingerprint = excluded.fingerprint",
            route.name, _fingerprint(route), now,
        )  # fmt: skip
        _sync_people(tx, "speaker", route, {(p.chat, p.room): p.speakers for p in _places(route)}, now)
        _sync_people(tx, "moderator", route, {(p.chat, p.room): p.moderators for p in _places(route)}, now)
    names = {route.name for route in routes}
    gone = [row["name"] for row in tx.all("SELECT name FROM route WHERE retired IS NULL") if row["name"] not in names]
    for name in gone:
        tx.run("UPDATE route SET retired = ? WHERE name = ?", now, name)
        tx.run("DELETE FROM speaker WHERE route = ?", name)
        tx.run("DELETE FROM moderator WHERE route = ?", name)
    return gone


def take_threads(tx: Tx, routes: Sequence[Route]) -> None:
    """A thread belongs to the route that serves its blog in its room now, whichever made it."""
    for route in routes:
        for place in _places(route):
            tx.run(
                "UPDATE thread SET route = ? WHERE chat = ? AND room = ? AND desk = ? AND route <> ?"
                " AND post IN (SELECT id FROM post WHERE blog = ?)",
                route.name, place.chat, place.room, int(place.desk), route.name, route.blog,
            )  # fmt: skip


def blog_renamed(tx: Tx, old: str, new: str) -> None:
    """The routes of a blog are the same under its new name: who may speak for them may do so since when they might."""
    for row in tx.all("SELECT name, fingerprint FROM route"):
        relay = next((relay for relay in Relay if row["fingerprint"] == _print(old, relay)), None)
        if relay is not None:
            tx.run("UPDATE route SET fingerprint = ? WHERE name = ?", _print(new, relay), row["name"])


def speaks_since(tx: Tx, route: str, chat: str, room: str, name: str | None) -> float:
    """Since when a person or role may speak; infinity if it may not."""
    return _since(tx, "speaker", route, chat, room, name)


def moderates_since(tx: Tx, route: str, chat: str, room: str, name: str | None) -> float:
    """Since when a person or role may moderate; infinity if it may not."""
    return _since(tx, "moderator", route, chat, room, name)


def _since(tx: Tx, table: str, route: str, chat: str, room: str, name: str | None) -> float:
    row: Row | None = tx.one(
        f"SELECT max(listed.since, route.since) AS since FROM {table} AS listed JOIN route"  # noqa: S608 - ours
        " ON route.name = listed.route WHERE listed.route = ? AND listed.chat = ? AND listed.room = ?"
        " AND listed.person = ?",
        route, chat, room, name,
    )  # fmt: skip
    return float("inf") if row is None else float(row["since"])


def _places(route: Route) -> tuple[Place, ...]:
    return (*route.places, *route.desks)


def _sync_people(
    tx: Tx, table: str, route: Route, listed: Mapping[tuple[str, str], Mapping[str, AccountName]], now: float
) -> None:
    """Keep who is listed in a route's rooms, each since the day that they were first."""
    wanted = {(*room, person): account for room, people in listed.items() for person, account in people.items()}
    for row in tx.all(f"SELECT * FROM {table} WHERE route = ?", route.name):  # noqa: S608 - ours
        if (row["chat"], row["room"], row["person"]) not in wanted:
            tx.run(
                f"DELETE FROM {table} WHERE route = ? AND chat = ? AND room = ? AND person = ?",  # noqa: S608 - ours
                route.name, row["chat"], row["room"], row["person"],
            )  # fmt: skip
    for (chat, room, person), account in wanted.items():
        tx.run(
            f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (route, chat, room, person)"  # noqa: S608 - ours
            " DO UPDATE SET account = excluded.account",
            route.name, chat, room, person, account, now,
        )  # fmt: skip


def _fingerprint(route: Route) -> str:
    return _print(route.blog, route.relay)


def _print(blog: str, relay: Relay) -> str:
    return hashlib.blake2b(f"{blog}\n{relay}".encode(), digest_size=8).hexdigest()
