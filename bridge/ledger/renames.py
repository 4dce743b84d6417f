"""New names for blogs, chats and routes. Their names are identities: everything that is known goes by them."""

from __future__ import annotations

import json

from bridge.ledger import inbox, routes
from bridge.ports import Tx

_COLUMNS = {
    "blogs": (("source", "blog"), ("post", "blog"), ("post_address", "blog"), ("comment", "blog"), ("answer", "blog")),
    "chats": (
        ("connection", "chat"), ("inbox", "chat"), ("thread", "chat"), ("message", "chat"), ("answer", "chat"),
        ("target", "chat"), ("speaker", "chat"), ("moderator", "chat"),
    ),
    "routes": (
        ("route", "name"), ("speaker", "route"), ("moderator", "route"), ("thread", "route"), ("answer", "route"),
    ),
}  # fmt: skip
"""Where the names of each group of tables stand."""
_LANES = {"blogs": ("blog:",), "chats": ("room:", "receipts:"), "routes": ()}
_SENT = {"blogs": "blog", "chats": "chat"}


def knows(tx: Tx, group: str, name: str) -> bool:
    """Whether anything is kept under a name; `group` is `blogs`, `chats` or `routes`."""
    return any(
        tx.one(f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1", name) is not None  # noqa: S608 - ours
        for table, column in _COLUMNS[group]
    )


def rename(tx: Tx, group: str, old: str, new: str) -> None:
    """Keep under `new` all that was kept under `old`. Nothing may be in flight, and `new` must be unknown."""
    for table, column in _COLUMNS[group]:
        tx.run(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", new, old)  # noqa: S608 - ours
    for shape in _LANES[group]:
        _move_lanes(tx, f"{shape}{old}/", f"{shape}{new}/")
    if group in _SENT:
        _resend(tx, _SENT[group], old, new)
    if group == "blogs":
        _move_paces(tx, f"{old}/", f"{new}/")
        _ask_again(tx, old, new)
        routes.blog_renamed(tx, old, new)


def _move_lanes(tx: Tx, old: str, new: str) -> None:
    for row in tx.all("SELECT * FROM lane WHERE substr(name, 1, ?) = ?", len(old), old):
        name = new + row["name"][len(old) :]
        tx.run("INSERT INTO lane (name, due, run, epoch) VALUES (?, ?, ?, ?)", name, row["due"], 0, row["epoch"])
        tx.run("UPDATE target SET lane = ? WHERE lane = ?", name, row["name"])
        tx.run("UPDATE delivery SET lane = ? WHERE lane = ?", name, row["name"])
        tx.run("DELETE FROM lane WHERE name = ?", row["name"])


def _move_paces(tx: Tx, old: str, new: str) -> None:
    tx.run("UPDATE pace SET name = ? || substr(name, ?) WHERE substr(name, 1, ?) = ?", new, len(old) + 1, len(old), old)


def _resend(tx: Tx, word: str, old: str, new: str) -> None:
    """What was being sent is looked up under the new name."""
    for row in tx.all("SELECT id, sent FROM delivery WHERE state IN ('sending', 'unknown', 'parked')"):
        sent = json.loads(row["sent"])
        if sent.get(word) == old:
            tx.run("UPDATE delivery SET sent = ? WHERE id = ?", json.dumps({**sent, word: new}), row["id"])


def _ask_again(tx: Tx, old: str, new: str) -> None:
    """Requests that nobody has granted yet are meant for the blog by its new name."""
    for row in tx.all("SELECT id, body FROM inbox WHERE chat = ? AND state = 'new'", inbox.REQUESTS):
        asked = json.loads(row["body"])
        if asked.get("blog") == old:
            tx.run("UPDATE inbox SET body = ? WHERE id = ?", json.dumps({**asked, "blog": new}), row["id"])
