"""What `backchat room …` does: serve the pages, invite and revoke people. Words for people are the caller's."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from adapters.web_room import people as persons
from adapters.web_room.database import RoomFile
from adapters.web_room.people import Listed
from adapters.web_room.rows import Person
from bridge.model import PersonId
from bridge.ports import Office


@dataclass(frozen=True, slots=True)
class Invitation:
    """A person who may use the room, and the secret link that lets them in. Show the link once; it is kept nowhere."""

    person: PersonId
    name: str
    role: str
    link: str
    before: str | None = None
    """The role that they had until now, when there was a link already (which has ended); None for somebody new."""
    operator: bool = False
    was_operator: bool = False

    def __repr__(self) -> str:
        """Tell everything but the secret (law 10)."""
        return f"Invitation(person={self.person!r}, name={self.name!r}, role={self.role!r}, link=…)"


async def serve(
    file: Path,
    host: str,
    port: int,
    public_address: str | None,
    ready: Callable[[str], None],
    office: Office | None = None,
) -> None:
    """Serve the room's pages until cancelled; `ready` gets the address once they can be opened. Port 0 picks one.

    `office` is what the operators' page shows; without one, it says so.

    Raises `RoomFileError` where the file cannot be used, OSError where the port cannot be had.
    """
    from adapters.web_room.server import serving

    async with AsyncExitStack() as stack:
        room = await RoomFile(file).open(stack)
        ready(await stack.enter_async_context(serving(room, host, port, public_address, office=office)))
        await asyncio.get_running_loop().create_future()


async def invite(
    file: Path, name: str, role: str | None, base_address: str, operator: bool | None = None
) -> Invitation:
    """Let a person in as `author` or `member`; inviting somebody again ends their old link, and sessions go on.

    `role` and `operator` None keep what somebody is who is there; a new operator without a role is a member.
    Raises `RoomFileError` in words, and of its kind `RoleMissing` where somebody is new and has no role.
    """
    async with AsyncExitStack() as stack:
        room = await RoomFile(file).open(stack)
        before, person, secret = await room.write(partial(_invited, name=name, role=role, operator=operator))
    link = f"{base_address.rstrip('/')}/in/{secret}"
    return Invitation(
        PersonId(person.id),
        person.name,
        person.role,
        link,
        before=None if before is None else before.role,
        operator=person.operator,
        was_operator=before is not None and before.operator,
    )


def _invited(
    connection: sqlite3.Connection, name: str, role: str | None, operator: bool | None
) -> tuple[Person | None, Person, str]:
    before = persons.known_as(connection, name)
    return before, *persons.invite(connection, name, role, time.time(), operator)


async def revoke(file: Path, name: str) -> bool:
    """End a person's link and sessions at once; False if nobody of that name is there. Raises `RoomFileError`."""
    async with AsyncExitStack() as stack:
        room = await RoomFile(file).open(stack)
        return await room.write(partial(persons.revoke, name=name, at=time.time()))


async def people(file: Path) -> Sequence[Listed]:
    """Give everybody who was ever invited. Raises `RoomFileError`."""
    async with AsyncExitStack() as stack:
        room = await RoomFile(file).open(stack)
        return await room.read(persons.people)
