"""The configuration: TOML into typed settings, with every problem of the file reported at once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bridge import __version__, plugins
from bridge.errors import ConfigError
from bridge.model import AccountName, BlogName, ChatName, Mentions, PersonId, Place, Relay, RoomId, Route, RouteName
from bridge.ports import Blog, Chat, Clock, Surroundings
from bridge.schedule import Beat
from bridge.toml_table import TomlTable

RELAY_HELP = (
    'write "authors" (what the listed authors write in a thread is published, except asides), "marked" (only the'
    ' messages that they mark), or "off" (comments are shown, nothing is published)'
)


@dataclass(frozen=True, slots=True)
class BlogSettings:
    """One blog of the configuration, with its adapter built but not opened."""

    name: BlogName
    adapter: Blog
    beat: Beat
    first_run: int


@dataclass(frozen=True, slots=True)
class ChatSettings:
    """One chat of the configuration, with its adapter built but not opened."""

    name: ChatName
    adapter: Chat


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration without problems. `time_out` bounds every step at a platform, in seconds."""

    state: Path
    blogs: tuple[BlogSettings, ...]
    chats: tuple[ChatSettings, ...]
    routes: tuple[Route, ...]
    time_out: float

    @property
    def ledger(self) -> Path:
        """Where the ledger is."""
        return self.state / "ledger.db"


def load(path: Path, clock: Clock) -> Settings:
    """Read and check a configuration. Raises `ConfigError` with all its problems, each with key path and remedy."""
    problems: list[str] = []
    root = TomlTable("", _parsed(path), problems, path.parent)
    settings = _settings(root, path, clock)
    problems += root.unasked()
    if problems:
        raise ConfigError([f"{path}: {problem}" for problem in problems])
    return settings


def state_of(path: Path) -> Path:
    """The state folder alone, for commands that need no adapter. Raises `ConfigError` as `load` does."""
    problems: list[str] = []
    state = _state(TomlTable("", _parsed(path), problems, path.parent).table("backchat"), path)
    if problems:
        raise ConfigError([f"{path}: {problem}" for problem in problems])
    return state


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        remedy = "copy config.example.toml and adapt it, name another file with --config, or try `backchat demo`"
        raise ConfigError([f"there is no configuration at {path}: {remedy}"]) from None
    except OSError as error:
        raise ConfigError([f"{path} cannot be read: {error.strerror}"]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path} is not valid TOML: {error}"]) from None


def _settings(root: TomlTable, path: Path, clock: Clock) -> Settings:
    general = root.table("backchat")
    state = _state(general, path)
    contact = general.text("contact", "", help="an address of yours, for the operators of the blogs that are read")
    agent = f"Backchat/{__version__}" + (f" (+{contact})" if contact else "")
    time_out = general.seconds("time_out", 30.0)
    if time_out <= 0:
        general.problem("time_out", "must be more than 0 seconds")
    blogs = tuple(_blog(table, name, _lent(name, clock, state, agent)) for name, table in root.tables("blogs").items())
    chats = tuple(_chat(table, name, _lent(name, clock, state, agent)) for name, table in root.tables("chats").items())
    routes = tuple(_route(table, name, root) for name, table in root.tables("routes").items())
    _check_whole(root, routes)
    return Settings(
        state,
        tuple(blog for blog in blogs if blog is not None),
        tuple(chat for chat in chats if chat is not None),
        routes,
        time_out,
    )


def _state(general: TomlTable, path: Path) -> Path:
    folder = general.text("state", "state", help="the folder for everything that Backchat remembers")
    try:
        return (path.parent / Path(folder).expanduser()).absolute()
    except RuntimeError as error:  # there is no home directory for the ~ in it
        general.problem("state", f"cannot be {folder!r}: {error}")
        return path.parent.absolute()


def _lent(name: str, clock: Clock, state: Path, agent: str) -> Surroundings:
    return Surroundings(name, clock, state, agent)


def _blog(table: TomlTable, name: str, lent: Surroundings) -> BlogSettings | None:
    kind = table.text("adapter", help=f"write one of: {', '.join(plugins.names(plugins.BLOGS))}")
    beat = Beat(table.seconds("every", 60.0))
    if beat.every <= 0:
        table.problem("every", "must be more than 0 seconds")
    first_run = _first_run(table)
    plugin = _plugin(table, kind, plugins.blog)
    if plugin is None:
        return None
    return BlogSettings(BlogName(name), plugin.from_config(table, lent), beat, first_run)


def _chat(table: TomlTable, name: str, lent: Surroundings) -> ChatSettings | None:
    kind = table.text("adapter", help=f"write one of: {', '.join(plugins.names(plugins.CHATS))}")
    plugin = _plugin(table, kind, plugins.chat)
    if plugin is None:
        return None
    return ChatSettings(ChatName(name), plugin.from_config(table, lent))


def _plugin(table: TomlTable, kind: str, find: Any) -> Any:
    if not kind:
        return None
    try:
        return find(kind)
    except ConfigError as error:
        table.problem("adapter", error.problems[0])
        table.trust()
        return None


def _first_run(table: TomlTable) -> int:
    """How many comments that stand already are mirrored at first."""
    words = table.text("first_run", "none", help='write "none" or "latest 50"').split()
    if words == ["none"]:
        return 0
    if len(words) == 2 and words[0] == "latest" and words[1].isdecimal():
        return int(words[1])
    table.problem("first_run", 'write "none" (mirror only what is new) or, say, "latest 50"')
    return 0


def _route(table: TomlTable, name: str, root: TomlTable) -> Route:
    blog = table.text("blog", help="the name of a [blogs.…] table")
    _known(table, "blog", blog, root.tables("blogs"))
    relay = table.choice("relay", [str(one) for one in Relay], help=RELAY_HELP)
    mentions = table.choice("mentions", [str(one) for one in Mentions], "line")
    hold, join = table.seconds("hold", 10.0), table.flag("join", True)
    places = tuple(_place(room, root, blog) for room in table.lists("rooms"))
    if not places:
        table.problem("rooms", "is missing: add a [[…rooms]] table with `chat` and `room`")
    if relay in {"authors", "marked"} and places and not any(place.speakers for place in places):
        table.problem(
            "rooms", f'lists no authors, so nobody could answer: add `authors`, or write relay = "{Relay.OFF}"'
        )
    return Route(
        RouteName(name), BlogName(blog), places, Relay(relay) if relay else Relay.OFF, hold, join, Mentions(mentions)
    )


def _place(table: TomlTable, root: TomlTable, blog: str) -> Place:
    chat = table.text("chat", help="the name of a [chats.…] table")
    _known(table, "chat", chat, root.tables("chats"))
    room = table.text("room", help="the room's or channel's id in the chat")
    authors = {person: AccountName(account) for person, account in table.words("authors").items()}
    listed = root.tables("blogs").get(blog)
    accounts = None if listed is None else listed.raw("accounts")
    for person, account in authors.items():
        if isinstance(accounts, Mapping) and account not in accounts:
            table.problem(f"authors.{person}", f"names the account {account!r}, which [blogs.{blog}.accounts] has not")
    people = [person for person in authors if not person.startswith("@")]
    notify = table.texts("notify") if table.raw("notify") is not None else tuple(people)
    return Place(ChatName(chat), RoomId(room), authors, tuple(PersonId(person) for person in notify))


def _known(table: TomlTable, key: str, name: str, tables: Mapping[str, TomlTable]) -> None:
    if name and name not in tables:
        there = ", ".join(tables) or "none"
        table.problem(key, f"names {name!r}, which is not configured; there is: {there}")


def _check_whole(root: TomlTable, routes: Sequence[Route]) -> None:
    for group in ("blogs", "chats", "routes"):
        if not root.tables(group):
            root.problem(group, f"has no table: add a [{group}.NAME]")
    seen: dict[tuple[str, str, str], str] = {}
    for route in routes:
        for place in route.places:
            mine = (route.blog, place.chat, place.room)
            if mine in seen:
                other = seen[mine]
                root.problem(
                    f"routes.{route.name}.rooms",
                    f"has the room {place.room!r} of {place.chat!r} for {route.blog!r}, as {other} has: keep one",
                )
            seen.setdefault(mine, f"routes.{route.name}")
