"""What can be wrong between the tables of a configuration, though each of them is right by itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.config.settings import Rename, Settings
from bridge.model import Place, Route
from bridge.ports import Listens
from bridge.toml.table import TomlTable
from bridge.toml.values import name_problem

_EVERYWHERE = {"0.0.0.0", "::", "*"}  # noqa: S104 - they are compared with, nobody listens there


def check_names(root: TomlTable, groups: Sequence[str]) -> None:
    """Names are identities in the ledger, in logs and in metrics, so not every text can be one."""
    for group in groups:
        for name in root.tables(group):
            problem = name_problem(name)
            if problem is not None:
                root.problem_in(group, name, problem)


def check_tables(root: TomlTable, groups: Sequence[str]) -> None:
    """Nothing can run without a blog, a chat and a route."""
    for group in groups:
        if not root.peek(group):
            root.problem(group, f"has no table: add [{group}.NAME], as config.example.toml shows")


def check_places(root: TomlTable, routes: Sequence[Route]) -> None:
    """A room shows a blog once, and is public or a moderation room for all blogs that it shows."""
    seen: dict[tuple[str, str, str], str] = {}
    public: dict[tuple[str, str], str] = {}
    for route, key, number, place in _places(routes):
        table, where = root.table("routes").table(route.name), f"routes.{route.name}.{key}[{number}]"
        mine, there = (route.blog, place.chat, place.room), (place.chat, place.room)
        if place.desk and there in public and all(there):
            table.problem_in(
                key, number,
                f"has the room {place.room!r} of {place.chat!r}, which {public[there]} makes public: what waits for"
                " approval needs a room of its own",
            )  # fmt: skip
        elif mine in seen and all(mine):
            table.problem_in(
                key, number,
                f"has the room {place.room!r} of {place.chat!r} for {route.blog!r}, as {seen[mine]} has: keep one",
            )  # fmt: skip
        seen.setdefault(mine, where)
        if not place.desk:
            public.setdefault(there, where)


def _places(routes: Sequence[Route]) -> Iterator[tuple[Route, str, int, Place]]:
    """Every room of every route with its key and number in the file, the public ones of all routes first."""
    for route in routes:
        yield from ((route, "rooms", number, place) for number, place in enumerate(route.places))
    for route in routes:
        yield from ((route, "moderation", number, place) for number, place in enumerate(route.desks))


def renames(root: TomlTable, groups: Sequence[str]) -> tuple[Rename, ...]:
    """Every `renamed_from`, checked: a name that is still in use, or claimed twice, is no old name."""
    found: dict[tuple[str, str], Rename] = {}
    for group in groups:
        tables = root.tables(group)
        for name, table in tables.items():
            old = table.peek("renamed_from")
            if not isinstance(old, str) or not old:
                continue
            claimed = found.get((group, old))
            if old in tables:
                table.problem("renamed_from", f"names {old!r}, which is configured still: remove [{group}.{old}] or"
                              " this line")  # fmt: skip
            elif claimed is not None:
                table.problem("renamed_from", f"names {old!r}, as {group}.{claimed.new} does: keep one of them")
            else:
                found[group, old] = Rename(group, old, name)
    return tuple(found.values())


def check_ports(root: TomlTable, settings: Settings) -> None:
    """Nobody can listen where another one does."""
    seen: list[tuple[str, int, str]] = []
    for group, name, (host, port) in _listeners(settings):
        table = root.table(group) if not name else root.table(group).table(name)
        where = f"{table.path}.listen"
        other = next((other for there, taken, other in seen if taken == port and _meet(host, there)), None)
        if other is not None and port:
            table.problem("listen", f"wants port {port}, as {other} does: write another port in one of them")
        seen.append((host, port, where))


def _listeners(settings: Settings) -> Iterator[tuple[str, str, tuple[str, int]]]:
    if settings.web is not None:
        yield "web", "", settings.web
    for group, adapters in (("blogs", settings.blogs), ("chats", settings.chats)):
        for one in adapters:
            if isinstance(one.adapter, Listens) and one.adapter.listens is not None:
                yield group, one.name, one.adapter.listens


def _meet(one: str, other: str) -> bool:
    return one == other or one in _EVERYWHERE or other in _EVERYWHERE
