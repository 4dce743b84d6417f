"""The demo's three parts, composed: a blog, a room, and Backchat between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bridge import plugins
from bridge.demo.children import Child
from bridge.demo.ports import DemoBlog, DemoBlogPlugin, DemoRoom, DemoRoomPlugin
from bridge.errors import BackchatError, RetryLater
from bridge.model import ThreadId

Parts = tuple[DemoBlogPlugin, DemoRoomPlugin]
AUTHOR, MEMBER = "Mara", "Robin"
"""The people who are invited into the demo's room."""
STARTING = 60.0
"""Seconds that the demo's parts get to come up."""

_CONFIG = """\
# Written by `backchat demo` at every start.
[backchat]
state = {state}
contact = "https://backchat.invalid/demo"
time_out = "5s"

{blog}
{chat}
[routes.{name}]
blog = "{name}"
relay = "authors"
hold = "{hold}"

[[routes.{name}.rooms]]
chat = "{chat_name}"
room = {room}
authors = {{ {person} = "{account}" }}
notify = ["{person}"]
"""


@dataclass(slots=True)
class DemoHouse:
    """The running demo."""

    blog: DemoBlog
    room: DemoRoom
    thread: ThreadId
    daemon: Child
    server: Child | None
    """The room's own process, where it has one."""
    config: Path


async def open_house(
    tools: Path,
    state: Path,
    stack: AsyncExitStack,
    tell: Callable[[str], None],
    *,
    parts: Parts | None = None,
    hold: str = "10s",
) -> DemoHouse:
    """Install, start and connect everything; returns once the seeded conversation's thread stands in the room.

    `parts` are what to do it with; None: those that need least. All of it ends when `stack`
    closes, the daemon first. Raises `BackchatError`.
    """
    blog_part, room_part = parts or choose()
    await asyncio.to_thread(state.mkdir, parents=True, exist_ok=True)
    room = await room_part.prepare(state, AUTHOR, MEMBER, stack)
    await blog_part.prepare(tools, tell)
    tell("Starting the blog …")
    blog = await blog_part.start(tools, state / "blog", stack)
    config = state / "backchat.toml"
    await asyncio.to_thread(config.write_text, _config(blog, room, state, hold), "utf-8")
    tell("Starting the room and Backchat …")
    serve = ("--config", str(config), *room.serve)
    server = Child("room", serve, state / "room.log", tell) if room.serve else None
    daemon = Child("daemon", ("--config", str(config), "run"), state / "backchat.log", tell)
    for child in filter(None, (server, daemon)):
        await child.start()
        stack.push_async_callback(child.stop)
    return DemoHouse(blog, room, await _first_thread(room, daemon, state), daemon, server, config)


def choose(blog_name: str | None = None, chat_name: str | None = None) -> Parts:
    """The blog and the chat of these names among the installed ones; None: the one that needs least.

    Raises `BackchatError` where there is none of that name.
    """
    parts = {name: plugins.find(plugins.DEMOS, name) for name in plugins.names(plugins.DEMOS)}
    blog = _one(parts, "blog", blog_name)
    return cast(DemoBlogPlugin, blog), cast(DemoRoomPlugin, _one(parts, "chat", chat_name))


def _one(parts: Mapping[str, Any], what: str, name: str | None) -> Any:
    found = {name: part for name, part in parts.items() if part.part == what}
    if not found:
        raise BackchatError(f"the demo needs a {what} among the installed adapters: reinstall backchat")
    if name is None:
        return min(found.values(), key=lambda part: part.rank)
    if name not in found:
        raise BackchatError(f"the demo has no {what} “{name}”; say --{what} with one of: {', '.join(found)}")
    return found[name]


def _config(blog: DemoBlog, room: DemoRoom, state: Path, hold: str) -> str:
    table, _, settings = blog.config.partition("\n")
    watched = f'{table}\nevery = 1\nfirst_run = "latest 50"\n{settings}'
    return _CONFIG.format(
        state=json.dumps(str(state.absolute())), blog=watched, chat=room.config, name=blog.name, hold=hold,
        chat_name=room.name, room=json.dumps(room.room), person=room.author.person, account=blog.account,
    )  # fmt: skip


async def _first_thread(room: DemoRoom, daemon: Child, state: Path) -> ThreadId:
    for _ in range(int(STARTING / 0.1)):
        if daemon.hopeless:
            break
        try:
            threads = await room.author.threads()
        except RetryLater:
            threads = []
        if threads:
            return threads[0]
        await asyncio.sleep(0.1)
    running = "runs" if daemon.pid else "does not run"
    raise BackchatError(
        f"the conversation did not reach the room within {STARTING:.0f} s (the daemon {running}): see {state}"
    )
