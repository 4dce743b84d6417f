"""The tables of routes: which blog goes to which rooms, who may answer there, and who moderates."""

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
    desks = tuple(_desk(room, root, blog) for room in table.lists("moderation"))
    if not table.peek("rooms"):
        table.problem("rooms", f"is missing: add [[{table.path}.rooms]] with `chat` and `room`")
    if relay in {"authors", "marked"} and _lists_nobody(table.peek("rooms")):
        table.problem(
            "rooms", f'lists no authors, so nobody could answer: add `authors`, or write relay = "{Relay.OFF}"'
        )
    return Route(
        RouteName(name), BlogName(blog), places, Relay(relay) if relay else Relay.OFF, hold, join, Mentions(mentions),
        desks,
    )  # fmt: skip


def _lists_nobody(rooms: object) -> bool:
    """Whether rooms are written down, and none of them says who may answer."""
    written = rooms if isinstance(rooms, list) else []
    return bool(written) and all(isinstance(room, Mapping) and not room.get("authors") for room in written)


def _place(table: TomlTable, root: TomlTable, blog: str) -> Place:
    """A room that shows what is public; its moderators may take it off the blog from there."""
    chat, room = _room(table, root)
    authors = _people(table, "authors", "answers", root.tables("blogs").get(blog), blog)
    moderators = _people(table, "moderators", "moderates", root.tables("blogs").get(blog), blog)
    return Place(ChatName(chat), RoomId(room), authors, _notified(table, authors), moderators)


def _desk(table: TomlTable, root: TomlTable, blog: str) -> Place:
    """A moderation room, in which moderators answer as well: whoever does has approved."""
    chat, room = _room(table, root)
    moderators = _people(table, "moderators", "moderates", root.tables("blogs").get(blog), blog)
    if not table.peek("moderators"):
        table.problem("moderators", "lists nobody, so nobody could decide: write a person's id in the chat and the"
                      ' account under which they moderate, such as moderators = { "4711" = "mara" }')  # fmt: skip
    return Place(ChatName(chat), RoomId(room), moderators, _notified(table, moderators), moderators, desk=True)


def _room(table: TomlTable, root: TomlTable) -> tuple[str, str]:
    chat = table.text("chat", help="write the name of a [chats.…] table")
    _known(table, "chat", chat, root.tables("chats"))
    room = table.text("room", help="write the room's or channel's id in the chat")
    if len(room) > LONGEST_ID:
        table.problem("room", f"has {len(room)} characters: write the room's id in the chat, not its description")
    return chat, room


def _notified(table: TomlTable, people: Mapping[str, AccountName]) -> tuple[PersonId, ...]:
    """Who is told when a thread opens: by default everybody who is listed by their own id."""
    listed = [person for person in people if not person.startswith("@")]
    notify = table.texts("notify") if table.raw("notify") is not None else listed
    return tuple(PersonId(person) for person in notify)


def _people(table: TomlTable, key: str, does: str, blog: TomlTable | None, name: str) -> dict[str, AccountName]:
    """Each person's account: as a table says it, or for a list of people as it can be told from the blog's accounts."""
    listed = None if blog is None else blog.peek("accounts")
    accounts = list(listed) if isinstance(listed, Mapping) else None
    if isinstance(table.raw(key), list):
        found = {person: _own_account(table, (key, number, does), person, accounts, name)
                 for number, person in enumerate(table.texts(key))}  # fmt: skip
    else:
        found = table.words(key)
        for person, account in found.items():
            if accounts is not None and account not in accounts:
                table.problem_in(key, person, f"names the account {account!r}, which is not there: "
                                 f"{_choose(accounts, name)}")  # fmt: skip
    for person in found:
        if not person.strip("@ ") or len(person) > LONGEST_ID:
            table.problem_in(key, person, "is nobody's id: write a person's id in the chat, or @ and a role's id")
    return {person: AccountName(account) for person, account in found.items()}


def _own_account(
    table: TomlTable, where: tuple[str, int, str], person: str, accounts: list[str] | None, blog: str
) -> str:
    """The account of a person who is listed without one; `where` is the key, their number, and what they would do."""
    if accounts is None or person in accounts:
        return person.removeprefix("@")
    if len(accounts) == 1:
        return accounts[0]
    key, number, does = where
    table.problem_in(key, number, f"does not say which account {person!r} {does} under: write {key} ="
                     f' {{ "{person}" = "ACCOUNT" }}; {_choose(accounts, blog)}')  # fmt: skip
    return ""


def _choose(accounts: list[str], blog: str) -> str:
    there = ", ".join(accounts) or "none"
    return f"the accounts of {blog} are: {there} (add one as [blogs.{blog}.accounts.NAME])"


def _known(table: TomlTable, key: str, name: str, tables: Mapping[str, TomlTable]) -> None:
    if name and name not in tables:
        there = ", ".join(tables) or "none"
        table.problem(key, f"names {name[:40]!r}, which is not configured; there is: {there}")
