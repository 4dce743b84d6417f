"""From a file to settings, or to everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bridge import __version__
from bridge.config.adapters import blog_settings, chat_settings
from bridge.config.ids import check_ids
from bridge.config.routes import route_settings
from bridge.config.settings import Settings
from bridge.config.whole import check_names, check_places, check_ports, check_tables, renames
from bridge.errors import ConfigError
from bridge.ports import Clock, Office, Surroundings
from bridge.toml.sheet import Sheet
from bridge.toml.source import opened
from bridge.toml.table import TomlTable
from bridge.toml.values import is_public

if TYPE_CHECKING:  # aiohttp is dear to import, and only what loads a whole configuration needs it
    from bridge.fetch import Connections
    from bridge.mounts import Mounts

GROUPS = ("blogs", "chats", "routes")


def load(path: Path, clock: Clock, *, looking: bool = False) -> Settings:
    """Read and check a configuration; `looking` as in `bridge.ports.Surroundings`.

    Raises `ConfigError` with all its problems, each with file, line, key path and remedy.
    """
    root, sheet = opened(path)
    settings = _settings(root, path, clock, looking)
    root.report_unasked()
    _raise(sheet)
    return replace(settings, secrets=tuple(sheet.secrets), remarks=sheet.remarks)


def state_of(path: Path) -> Path:
    """The state folder alone, for commands that need no adapter. Raises `ConfigError` as `load` does."""
    root, sheet = opened(path)
    state = _state(root.table("backchat"), path)
    _raise(sheet)
    return state


def _raise(sheet: Sheet) -> None:
    if sheet.problems:
        raise ConfigError(sheet.problems)


def _settings(root: TomlTable, path: Path, clock: Clock, looking: bool) -> Settings:
    general = root.table("backchat")
    state = _state(general, path)
    contact = general.text("contact", "", help="an address of yours, for the operators of the blogs that are read")
    agent = f"Backchat/{__version__}" + (f" (+{contact})" if contact else "")
    if not agent.isascii() or any(character < " " for character in agent):
        general.problem("contact", "is sent along with every request: write a plain address, without other characters")
    time_out = general.seconds("time_out", 30.0)
    if time_out <= 0:
        general.problem("time_out", "must be more than 0 seconds")
    log = general.choice("log", ("text", "json"), "text")
    web, mounts = _web(root.table("web"))
    check_names(root, GROUPS)
    lent = Surroundings("", clock, state, agent, _connections(), _office(state / "ledger.db"), looking)
    assert lent.connections is not None

    def surroundings(group: str, name: str) -> Surroundings:
        return replace(lent, name=name, mount=None if mounts is None else mounts.at(group, name))

    blogs = [blog_settings(table, surroundings("blogs", name)) for name, table in root.tables("blogs").items()]
    chats = [chat_settings(table, surroundings("chats", name)) for name, table in root.tables("chats").items()]
    routes = tuple(route_settings(table, name, root) for name, table in root.tables("routes").items())
    settings = Settings(
        state,
        tuple(blog for blog in blogs if blog is not None),
        tuple(chat for chat in chats if chat is not None),
        routes,
        time_out,
        lent.connections,
        web,
        log,
        renames(root, GROUPS),
        mounts=mounts,
    )
    check_tables(root, GROUPS)
    check_places(root, routes)
    check_ids(root)
    check_ports(root, settings)
    return settings


def _state(general: TomlTable, path: Path) -> Path:
    folder = general.text("state", "state", help="the folder for everything that Backchat remembers")
    try:
        return (path.parent / Path(folder).expanduser()).absolute()
    except RuntimeError as error:  # there is no home directory for the ~ in it
        general.problem("state", f"cannot be {folder!r}: {error}")
        return path.parent.absolute()


def _web(table: TomlTable) -> tuple[tuple[str, int] | None, Mounts | None]:
    """Where the daemon serves, and the places of adapters there."""
    listen, public = table.listen("listen"), table.maybe_address("public")
    if public and listen is None:
        table.problem("public", 'is reached by nobody without listen: add, say, listen = "127.0.0.1:8089"')
    if public and not is_public(public):
        table.problem("public", "must be an https:// address without ? and #, such as https://hooks.garden.example")
    return listen, None if listen is None else _mounts(public)


def _mounts(public: str | None) -> Mounts:
    from bridge.mounts import Mounts

    return Mounts(public)


def _connections() -> Connections:
    from bridge.fetch import Connections

    return Connections()


def _office(ledger: Path) -> Office:
    from bridge.office import FileOffice

    return FileOffice(ledger)
