"""The tables of routes: which blog goes to which rooms, and who may answer there."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.model import AccountName, BlogName, ChatName, Mentions, PersonId, Place, Relay, RoomId, Route, RouteName
from bridge.toml.table import TomlTable

RELAY_HELP = (
    'write "authors" (what the listed authors write in a thread is published, except asides), "marked" (only the'
    ' messages that they mark), or "off" (comments are shown, nothing is published)'
)
LONGEST_ID = 200
"""Characters of the longest id of a room or a person."""


def route_settings(table: TomlTable, name: str, root: TomlTable) -> Route:
    """One route; harmless values stand in for what is wrong."""
    blog = table.text("blog", help="write the name of a [blogs.…] table")
    _known(table, "blog", blog, root.tables("blogs"))
    relay = table.choice("relay", [str(one) for one in Relay], help=RELAY_HELP)
    mentions = table.choice("mentions", [str(one) for one in Mentions], "line")
    hold, join = table.seconds("hold", 10.0), table.flag("join", True)
    table.maybe_text("renamed_from")
    places = tuple(_place(room, root, blog) for room in table.lists("rooms"))
    if not table.peek("rooms"):
        table.problem("rooms", f"is missing: add [[{table.path}.rooms]] with `chat` and `room`")
    if relay in {"authors", "marked"} and _lists_nobody(table.peek("rooms")):
        table.problem(
            "rooms", f'lists no authors, so nobody could answer: add `authors`, or write relay = "{Relay.OFF}"'
        )
    return Route(
        RouteName(name), BlogName(blog), places, Relay(relay) if relay else Relay.OFF, hold, join, Mentions(mentions)
    )


def _lists_nobody(rooms: object) -> bool:
    """Whether rooms are written down, and none of them says who may answer."""
    written = rooms if isinstance(rooms, list) else []
    return bool(written) and all(isinstance(room, Mapping) and not room.get("authors") for room in written)


def _place(table: TomlTable, root: TomlTable, blog: str) -> Place:
    chat = table.text("chat", help="write the name of a [chats.…] table")
    _known(table, "chat", chat, root.tables("chats"))
    room = table.text("room", help="write the room's or channel's id in the chat")
    if len(room) > LONGEST_ID:
        table.problem("room", f"has {len(room)} characters: write the room's id in the chat, not its description")
    authors = _authors(table, root.tables("blogs").get(blog), blog)
    people = [person for person in authors if not person.startswith("@")]
    notify = table.texts("notify") if table.raw("notify") is not None else tuple(people)
    return Place(ChatName(chat), RoomId(room), authors, tuple(PersonId(person) for person in notify))


def _authors(table: TomlTable, blog: TomlTable | None, name: str) -> dict[str, AccountName]:
    """Each author's account: as a table says it, or for a list of people as it can be told from the blog's accounts."""
    listed = None if blog is None else blog.peek("accounts")
    accounts = list(listed) if isinstance(listed, Mapping) else None
    if isinstance(table.raw("authors"), list):
        found = {person: _own_account(table, number, person, accounts, name)
                 for number, person in enumerate(table.texts("authors"))}  # fmt: skip
    else:
        found = table.words("authors")
        for person, account in found.items():
            if accounts is not None and account not in accounts:
                table.problem_in("authors", person, f"names the account {account!r}, which is not there: "
                                 f"{_choose(accounts, name)}")  # fmt: skip
    for person in found:
        if not person.strip("@ ") or len(person) > LONGEST_ID:
            table.problem_in("authors", person, "is nobody's id: write a person's id in the chat, or @ and a role's id")
    return {person: AccountName(account) for person, account in found.items()}


def _own_account(table: TomlTable, number: int, person: str, accounts: list[str] | None, blog: str) -> str:
    """The account of a person who is listed without one."""
    if accounts is None or person in accounts:
        return person.removeprefix("@")
    if len(accounts) == 1:
        return accounts[0]
    table.problem_in("authors", number, f"does not say which account {person!r} answers under: write authors ="
                     f' {{ "{person}" = "ACCOUNT" }}; {_choose(accounts, blog)}')  # fmt: skip
    return ""


def _choose(accounts: list[str], blog: str) -> str:
    there = ", ".join(accounts) or "none"
    return f"the accounts of {blog} are: {there} (add one as [blogs.{blog}.accounts.NAME])"


def _known(table: TomlTable, key: str, name: str, tables: Mapping[str, TomlTable]) -> None:
    if name and name not in tables:
        there = ", ".join(tables) or "none"
        table.problem(key, f"names {name[:40]!r}, which is not configured; there is: {there}")
