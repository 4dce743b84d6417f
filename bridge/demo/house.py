"""The demo's three parts, composed: a blog, a room, and Backchat between them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from bridge import plugins
from bridge.demo.children import Child
from bridge.demo.ports import DemoBlog, DemoBlogPlugin, DemoRoom, DemoRoomPlugin
from bridge.errors import BackchatError, RetryLater
from bridge.model import ThreadId

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
    server: Child
    config: Path


async def open_house(
    tools: Path,
    state: Path,
    stack: AsyncExitStack,
    tell: Callable[[str], None],
    *,
    blog_name: str | None = None,
    hold: str = "10s",
) -> DemoHouse:
    """Install, start and connect everything; returns once the seeded conversation's thread stands in the room.

    `blog_name` is the blog's name among the installed ones; None: the one that needs least. All of it ends when `stack`
    closes: the daemon first, then the room, then the blog. Raises `BackchatError`.
    """
    blog_part, room_part = _parts(blog_name)
    await asyncio.to_thread(state.mkdir, parents=True, exist_ok=True)
    await blog_part.prepare(tools, tell)
    tell("Starting the blog …")
    blog = await blog_part.start(tools, state / "blog", stack)
    room = await room_part.prepare(state, AUTHOR, MEMBER, stack)
    config = state / "backchat.toml"
    await asyncio.to_thread(config.write_text, _config(blog, room, state, hold), "utf-8")
    tell("Starting the room and Backchat …")
    server = Child("room", ("--config", str(config), *room.serve), state / "room.log", tell)
    daemon = Child("daemon", ("--config", str(config), "run"), state / "backchat.log", tell)
    for child in (server, daemon):
        await child.start()
        stack.push_async_callback(child.stop)
    return DemoHouse(blog, room, await _first_thread(room, daemon, state), daemon, server, config)


def _parts(blog_name: str | None) -> tuple[DemoBlogPlugin, DemoRoomPlugin]:
    parts = {name: plugins.find(plugins.DEMOS, name) for name in plugins.names(plugins.DEMOS)}
    blogs = {name: cast(DemoBlogPlugin, part) for name, part in parts.items() if part.part == "blog"}
    chats = [cast(DemoRoomPlugin, part) for part in parts.values() if part.part == "chat"]
    if not blogs or not chats:
        raise BackchatError("the demo needs a blog and a chat among the installed adapters: reinstall backchat")
    if blog_name is None:
        return min(blogs.values(), key=lambda blog: blog.rank), chats[0]
    if blog_name not in blogs:
        raise BackchatError(f"the demo has no blog “{blog_name}”; say --blog with one of: {', '.join(blogs)}")
    return blogs[blog_name], chats[0]


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
