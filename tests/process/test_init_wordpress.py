"""`backchat init` for a WordPress: a person at a terminal, an application password, and a daemon that runs from it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.web_room import commands
from adapters.web_room.rows import Person
from tests.process.daemon import backchat, daemon_of
from tests.process.init_person import everything, table
from tests.process.room import answer, in_room
from tests.process.terminal import CTRL_C, CTRL_D, Terminal, terminal
from tests.process.waiting import LOOK_EVERY, PATIENCE, until
from tests.servers.wordpress import RunningWordPress, served

CHAT = "Which chat: web_room, discord, slack? [web_room]"
USER, NAME = "User name on the blog", "Your name in the room?"
PASSWORD = "(it is not shown): "
"""With the last space the terminal has stopped to show, and to forget, what is typed."""


@pytest.fixture
async def wordpress(tmp_path: Path) -> AsyncIterator[RunningWordPress]:
    async with served("double", tmp_path / "site") as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    return folder


async def takes_the_offer(person: Terminal) -> None:
    """Take the web room; and WordPress, which is first: the feed of the same comments is second."""
    await person.sees(CHAT)
    person.types("")
    await person.sees("1. wordpress: ")
    await person.sees("Which of them, 1 to 2?")
    person.types("")


@pytest.mark.parametrize("kind", ["double", pytest.param("debian", marks=pytest.mark.real)])
async def test_from_an_address_to_the_first_answer(kind: str, tmp_path: Path, folder: Path) -> None:
    async with served(kind, tmp_path / "site") as wordpress:
        await _from_an_address_to_the_first_answer(wordpress, folder)


async def _from_an_address_to_the_first_answer(wordpress: RunningWordPress, folder: Path) -> None:
    config = folder / "backchat.toml"
    editor = wordpress.users["editor"]
    async with terminal(config, "init", wordpress.address) as person:
        await takes_the_offer(person)
        await person.sees("authorize-application.php?app_name=Backchat&app_id=")
        await person.sees(USER)
        person.types("editor")
        await person.sees(PASSWORD)
        person.types(editor.password)
        await person.sees("24 letters and digits")
        await person.sees("[editor]")
        person.types("")
        await person.sees(PASSWORD)
        person.types(editor.application_password)
        await person.sees("✓ Edda Editor (editor) can answer")
        await person.sees("Another author's user name")
        person.types("")
        await person.sees(NAME)
        person.types("Edda")
        assert await person.ends() == 0, person.shown
    assert f"{config} is in order." in person.shown
    assert editor.application_password not in person.shown and editor.password not in person.shown
    assert everything(folder) == {"backchat.toml": 0o600, "secrets": 0o700, "secrets/blog-editor": 0o600}
    assert (folder / "secrets" / "blog-editor").read_text() == f"{editor.application_password}\n"
    await _doctor_is_content(config, folder)
    await _an_answer_arrives(wordpress, config, folder)


async def _doctor_is_content(config: Path, folder: Path) -> None:
    await commands.invite(folder / "state" / "room.db", "Edda", "author", "http://127.0.0.1")
    code, said, errors = await backchat(config, "doctor")
    assert code == 0 and "✗" not in said, said + errors


async def _an_answer_arrives(wordpress: RunningWordPress, config: Path, folder: Path) -> None:
    """What waits is in the moderation room; what is public in the other one, and is answered from there."""
    state = folder / "state"
    async with daemon_of(config, folder / "daemon.log") as daemon:
        await wordpress.add("Buy my pills", status="hold")
        asked_on_blog = await wordpress.visitor("Otto").comment("Do they swarm at sea?")
        await daemon.start_plain()
        asked = await until(lambda: in_room(state, "swarm at sea"), "the comment in the room")
        await until(lambda: in_room(state, "Buy my pills"), "the waiting comment in the moderation room")
        await answer(state, asked, "Only once, in a calm.", Person("edda", "Edda", "author"))
        await _until_published(wordpress, "Only once, in a calm.", asked_on_blog)
        assert await daemon.stop() == 0, daemon.words()


async def _until_published(wordpress: RunningWordPress, words: str, parent: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while not (found := [row for row in await wordpress.rows() if row.words == words]):
        assert time.monotonic() < deadline, f"{words!r} never stood on the blog"
        await asyncio.sleep(LOOK_EVERY)
    (row,) = found
    assert row.parent == parent
    assert row.user == wordpress.users["editor"].number and row.status == "approved"


async def test_who_may_moderate_gets_a_moderation_room(wordpress: RunningWordPress, folder: Path) -> None:
    await _connects(folder / "backchat.toml", wordpress, "editor")
    (route,) = table(folder / "backchat.toml")["routes"].values()
    people = {"author": "editor"}
    assert route["relay"] == "authors" and route["rooms"][0]["authors"] == people
    assert route["moderation"] == [{"chat": "web_room", "room": "moderation", "moderators": people}]


async def test_who_may_not_gets_none(wordpress: RunningWordPress, folder: Path) -> None:
    await _connects(folder / "backchat.toml", wordpress, "jane")
    (route,) = table(folder / "backchat.toml")["routes"].values()
    assert route["rooms"][0]["authors"] == {"author": "jane"} and "moderation" not in route


async def _connects(config: Path, wordpress: RunningWordPress, login: str) -> None:
    async with terminal(config, "init", wordpress.address) as person:
        await takes_the_offer(person)
        for question, typed in (
            (USER, login),
            (PASSWORD, wordpress.users[login].application_password),
            ("Another author's user name", ""),
            (NAME, ""),
        ):
            await person.sees(question)
            person.types(typed)
        assert await person.ends() == 0, person.shown


async def test_enter_alone_leaves_the_password_for_later(wordpress: RunningWordPress, folder: Path) -> None:
    config = folder / "backchat.toml"
    async with terminal(config, "init", wordpress.address) as person:
        await takes_the_offer(person)
        for question in (USER, NAME):
            await person.sees(question)
            person.types("")
        assert await person.ends() == 0, person.shown
    assert "1. To answer, get an application password at" in person.shown
    assert everything(folder) == {"backchat.toml": 0o600}
    (route,) = table(config)["routes"].values()
    assert route["relay"] == "off"


async def test_with_nobody_there_the_account_is_left_as_a_comment(wordpress: RunningWordPress, folder: Path) -> None:
    config = folder / "backchat.toml"
    code, said, errors = await backchat(config, "init", "--yes", wordpress.address)
    assert (code, errors) == (0, "")
    assert "1. wordpress: " in said and "Taking wordpress." in said and "User name" not in said
    assert "1. To answer, get an application password at" in said
    assert "# accounts.mara = " in config.read_text() and everything(folder) == {"backchat.toml": 0o600}


async def test_where_it_can_only_be_read_it_comes_before_the_mere_feed(
    wordpress: RunningWordPress, folder: Path
) -> None:
    await wordpress.switch(rest_gone=True)
    code, said, errors = await backchat(folder / "backchat.toml", "init", wordpress.address)
    assert (code, errors) == (0, "")
    assert "1. wordpress: " in said and "2. feed: " in said and "Taking wordpress." in said


@pytest.mark.parametrize(
    ("questions", "key"), [*((question, CTRL_C) for question in range(6)), (3, CTRL_D), (5, CTRL_D)]
)
async def test_broken_off_at_any_question_it_leaves_nothing(
    wordpress: RunningWordPress, folder: Path, questions: int, key: str
) -> None:
    editor = wordpress.users["editor"]
    dialogue = [
        (CHAT, ""),
        ("Which of them, 1 to 2?", ""),
        (USER, "editor"),
        (PASSWORD, editor.application_password),
        ("Another author's user name", ""),
        (NAME, ""),
    ]
    async with terminal(folder / "backchat.toml", "init", wordpress.address) as person:
        for question, typed in dialogue[:questions]:
            await person.sees(question)
            person.types(typed)
        await person.sees(dialogue[questions][0])
        assert await person.breaks_off(key) == 1, person.shown
    assert "Stopped; nothing was written." in person.shown
    assert "Traceback" not in person.shown and everything(folder) == {}
