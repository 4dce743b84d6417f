"""Who may use the room: invitations, sessions, and the end of both. Secrets are stored as hashes only (law 10).

Secrets are 256 random bits, which nobody guesses, so a plain fast hash of them gives nothing away.
"""

from __future__ import annotations

import secrets
import sqlite3
import unicodedata
from dataclasses import dataclass
from hashlib import blake2b

from adapters.web_room.database import RoomFileError
from adapters.web_room.rows import Person
from bridge.text.names import defused, folded

MAX_NAME = 60
IDLE = 180 * 86400.0
"""Seconds after which a session that nobody used ends."""
SEEN_EVERY = 3600.0
"""Seconds between two notes of a session's use, so that reading a page writes seldom."""
SESSIONS = 20
"""Sessions that one person may have; one more ends the one that was used longest ago."""
OURS = "backchat"
"""The id of the writer of our own messages; nobody else gets it."""


class RoleMissing(RoomFileError):
    """Somebody new was invited, and nobody said as what."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as the operator sees them; instants are seconds since the epoch."""

    id: str
    name: str
    role: str
    invited: float
    revoked: float | None
    seen: float | None
    operator: bool


def invite(
    connection: sqlite3.Connection, name: str, role: str | None, at: float, operator: bool | None = None
) -> tuple[Person, str]:
    """Make a person, or a fresh secret for one who is there; gives the person and the secret.

    `role` and `operator` None leave what somebody is; somebody new is no operator then. Raises `RoomFileError` in words
    for a name or role that cannot be.
    """
    name = _checked(name)
    secret = secrets.token_urlsafe(32)
    found = _by_name(connection, name)
    if found is None:
        return _made(connection, name, role, secret, at, operator is True), secret
    is_now = Person(found.id, found.name, role or found.role, found.operator if operator is None else operator)
    connection.execute(
        "UPDATE person SET secret = ?, role = ?, operator = ?, invited = ? WHERE id = ?",
        (hashed(secret), is_now.role, is_now.operator, at, found.id),
    )
    return is_now, secret


def known_as(connection: sqlite3.Connection, name: str) -> Person | None:
    """Tell as what somebody may use the room now; None for somebody new. Raises `RoomFileError` for no name."""
    return _by_name(connection, _checked(name))


def revoke(connection: sqlite3.Connection, name: str, at: float) -> bool:
    """End a person's link and sessions; False if nobody of that name may use the room."""
    found = _by_name(connection, name)
    if found is None:
        return False
    connection.execute("UPDATE person SET revoked = ? WHERE id = ?", (at, found.id))
    connection.execute("DELETE FROM session WHERE person = ?", (found.id,))
    return True


def people(connection: sqlite3.Connection) -> list[Listed]:
    """Give everybody who was ever invited, in the order of their ids."""
    rows = connection.execute(
        "SELECT id, name, role, invited, revoked, (SELECT max(seen) FROM session WHERE person = person.id) AS seen,"
        " operator FROM person ORDER BY id"
    )
    return [Listed(**{**dict(row), "operator": bool(row["operator"])}) for row in rows]


def by_secret(connection: sqlite3.Connection, secret: str) -> Person | None:
    """Tell whose link this is; None if it is nobody's any more."""
    row = connection.execute(
        f"SELECT {_PERSON} FROM person WHERE secret = ? AND revoked IS NULL",  # noqa: S608
        (hashed(secret),),
    ).fetchone()
    return _person(row)


def sign_in(connection: sqlite3.Connection, secret: str, at: float) -> str | None:
    """Begin a session with the secret of a link; gives its token, or None if the link is nobody's any more."""
    person = by_secret(connection, secret)
    if person is None:
        return None
    token = secrets.token_urlsafe(32)
    connection.execute("DELETE FROM session WHERE seen < ?", (at - IDLE,))
    connection.execute(
        "INSERT INTO session (token, person, since, seen) VALUES (?, ?, ?, ?)", (hashed(token), person.id, at, at)
    )
    connection.execute(
        "DELETE FROM session WHERE person = ?1 AND token NOT IN"
        " (SELECT token FROM session WHERE person = ?1 ORDER BY seen DESC, since DESC, rowid DESC LIMIT ?2)",
        (person.id, SESSIONS),
    )
    return token


def sign_out(connection: sqlite3.Connection, token: str) -> None:
    """End a session."""
    connection.execute("DELETE FROM session WHERE token = ?", (hashed(token),))


def by_session(connection: sqlite3.Connection, token: str, at: float) -> Person | None:
    """Tell whose session this is; None if it has ended."""
    row = connection.execute(
        f"SELECT {_PERSON} FROM session JOIN person ON person.id = session.person"  # noqa: S608
        " WHERE token = ? AND revoked IS NULL AND seen > ?",
        (hashed(token), at - IDLE),
    ).fetchone()
    return _person(row)


def note_use(connection: sqlite3.Connection, token: str, at: float) -> None:
    """Note that a session is in use."""
    connection.execute("UPDATE session SET seen = ? WHERE token = ? AND seen < ?", (at, hashed(token), at - SEEN_EVERY))


def needs_note(connection: sqlite3.Connection, token: str, at: float) -> bool:
    """Tell whether the last note of a session's use is old."""
    row = connection.execute("SELECT seen FROM session WHERE token = ?", (hashed(token),)).fetchone()
    return row is not None and row["seen"] < at - SEEN_EVERY


def hashed(secret: str) -> bytes:
    """Give the form in which a secret of ours is stored."""
    return blake2b(secret.encode("utf-8", "surrogatepass"), digest_size=32, person=b"backchat room").digest()


def request_token(token: str) -> str:
    """Derive from a session's token the one that its page's requests carry, which no other site can read."""
    return blake2b(b"request", key=token.encode("utf-8", "surrogatepass")[:64], digest_size=24).hexdigest()


def _checked(name: str) -> str:
    name = defused(name, "")
    if not name:
        raise RoomFileError("A person needs a name.")
    if len(name) > MAX_NAME:
        raise RoomFileError(f"A name can have {MAX_NAME} characters; this one has {len(name)}.")
    return name


def _made(
    connection: sqlite3.Connection, name: str, role: str | None, secret: str, at: float, operator: bool
) -> Person:
    role = role or ("member" if operator else None)
    if role not in {"author", "member"}:
        raise RoleMissing(f"Say whether {name} is an author or a member.")
    person = Person(_free_id(connection, slug(name)), name, role, operator)
    connection.execute(
        "INSERT INTO person (id, name, folded, role, operator, secret, invited) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (person.id, name, folded(name), role, operator, hashed(secret), at),
    )
    return person


def _by_name(connection: sqlite3.Connection, name: str) -> Person | None:
    row = connection.execute(
        f"SELECT {_PERSON} FROM person WHERE folded = ? AND revoked IS NULL",  # noqa: S608
        (folded(name),),
    ).fetchone()
    return _person(row)


_PERSON = "person.id, name, role, operator"


def _person(row: sqlite3.Row | None) -> Person | None:
    return None if row is None else Person(row["id"], row["name"], row["role"], bool(row["operator"]))


def slug(name: str) -> str:
    """Give the id that somebody of this name gets in a room where nobody has it yet."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = "".join(letter if letter.isalnum() else " " for letter in bare).split()
    return "-".join(words) or "person"


def _free_id(connection: sqlite3.Connection, wanted: str) -> str:
    rows = connection.execute("SELECT id FROM person")
    taken = {row["id"] for row in rows} | {OURS}
    n = 1
    candidate = wanted
    while candidate in taken:
        n += 1
        candidate = f"{wanted}-{n}"
    return candidate
