"""Looking after a ledger's file: who has it, copies, whether it is sound, what can be taken along."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import stat
from pathlib import Path

import pytest

from bridge.errors import LedgerError
from bridge.ledger import inbox
from bridge.ledger.backup import backup
from bridge.ledger.examine import examine, intact
from bridge.ledger.export import export
from bridge.ledger.sqlite import SqliteLedger, look_only, request, runner
from bridge.model import AnswerState, MessageId, RawEvent, ThreadId
from bridge.ports import Tx
from bridge.testing.stage import Stage

THREADS = 150
SECOND_THREAD = (
    "INSERT INTO thread (chat, room, slot, generation, post, route) SELECT chat, room, slot, 1, post, route FROM thread"
)


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A ledger after a small story: two comments, a public answer, one that is held."""
    ledger = tmp_path / "ledger.db"
    async with Stage(ledger=ledger) as stage:
        stage.blog.post()
        await stage.until(lambda: stage.blog.reads > 0, "the first reading")
        stage.blog.comment("How do you prune roses?")
        await stage.until(lambda: bool(stage.chat.standing()), "the comment in the room")
        await stage.pass_time(11)
        public = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: _state(stage, public) is AnswerState.PUBLIC, "the answer to be public")
        stage.blog.comment("And figs?")
        await stage.until(lambda: len(stage.chat.standing()) == 2, "the next comment in the room")
        held = stage.chat.write(stage.chat.thread(), "Never.")
        await stage.until(lambda: _state(stage, held) is AnswerState.HELD, "the answer to be held")
    return ledger


def _state(stage: Stage, message: MessageId) -> AnswerState | None:
    receipt = stage.chat.messages[message].receipt
    return None if receipt is None else receipt.state


# Who has it -----------------------------------------------------------------------------------------------------------


async def test_whoever_has_the_ledger_open_is_known_by_its_process(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    assert runner(path) is None
    ledger = SqliteLedger.open(path)
    assert runner(path) is not None and runner(path) == int((tmp_path / "ledger.db.lock").read_text())
    await ledger.close()
    assert runner(path) is None
    again = SqliteLedger.open(path)  # asking does not keep the next one out
    await again.close()


# Copies ---------------------------------------------------------------------------------------------------------------


async def test_a_copy_is_one_private_file_with_everything_in_it(path: Path, tmp_path: Path) -> None:
    ledger = SqliteLedger.open(path)
    await ledger.transact(lambda tx: tx.run("INSERT INTO pace VALUES ('committed a moment ago', 1)"))
    copy = tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()
    assert backup(path, copy) == copy.stat().st_size
    await ledger.close()
    assert [file.name for file in copy.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert look_only(copy, lambda tx: tx.one("SELECT 1 FROM pace WHERE name = 'committed a moment ago'")) is not None
    restored = SqliteLedger.open(copy)
    assert restored.run == ledger.run + 1
    await restored.close()


def test_a_copy_replaces_nothing_unless_it_is_told_to(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy.write_text("somebody's diary")
    with pytest.raises(LedgerError, match="--force"):
        backup(path, copy)
    assert copy.read_text() == "somebody's diary"
    backup(path, copy, replace=True)
    assert look_only(copy, examine) == []


@pytest.mark.parametrize(
    ("target", "words"), [(".", "is a folder"), ("ledger.db", "the ledger itself"), ("none/copy.db", "No such file")]
)
def test_a_copy_that_cannot_be_made_is_told_and_leaves_nothing(path: Path, target: str, words: str) -> None:
    before = sorted(path.parent.iterdir())
    with pytest.raises(LedgerError, match=words):
        backup(path, path.parent / target, replace=True)
    assert sorted(path.parent.iterdir()) == before


def test_a_ledger_that_is_not_sound_is_not_copied_over_a_good_backup(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    backup(path, copy)
    good = copy.read_bytes()
    change(path, "UPDATE target SET state = 'sending' WHERE kind = 'comment'")
    with pytest.raises(LedgerError, match="damaged"):
        backup(path, copy, replace=True)
    assert copy.read_bytes() == good


# Whether it is sound --------------------------------------------------------------------------------------------------


def change(path: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_ledger_in_the_middle_of_a_story_is_sound(path: Path) -> None:
    assert look_only(path, examine) == []
    assert look_only(path, lambda tx: intact(tx, ["target", "inbox"])) is None


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("UPDATE target SET state = 'sending' WHERE kind = 'comment'", "is being sent, but no attempt is open"),
        ("UPDATE delivery SET state = 'unknown' WHERE step = 'publish'", "is unknown, but its target"),
        ("UPDATE delivery SET lane = (SELECT min(name) FROM lane) WHERE step = 'say'", "is in the lane blog:"),
        ("UPDATE lane SET run = 77", "is leased by run 77"),
        ("UPDATE lane SET due = NULL", "has something to do and is never due"),
        ("UPDATE target SET subject = subject + 900 WHERE kind = 'answer'", "but nothing brings it to the blog"),
        ("UPDATE comment SET answer = NULL WHERE origin = 'ours'", "belongs to no answer"),
        ("UPDATE comment SET body = '{' WHERE id = 1", "the text of comment 1 cannot be read"),
        ("DELETE FROM meta WHERE name = 'instance key'", "the instance key is missing"),
        ("UPDATE comment SET post = 999", "refers to a row of post that is not there"),
        (SECOND_THREAD, "has 2 open threads"),
    ],
)
def test_what_must_not_be_is_said(path: Path, broken: str, words: str) -> None:
    change(path, "PRAGMA foreign_keys = OFF", broken)
    found = look_only(path, examine)
    assert any(words in finding for finding in found), found


def test_a_thousand_findings_are_counted_and_not_listed(path: Path) -> None:
    change(
        path,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
        " INSERT INTO lane (name, run) SELECT 'lane ' || i, 77 FROM n",
    )
    found = look_only(path, examine)
    assert len(found) == 11 and found[-1] == "… and 990 more like it"


# What can be taken along ----------------------------------------------------------------------------------------------


def test_an_export_refers_only_to_what_came_before_and_leaves_out_what_is_gone(path: Path) -> None:
    change(path, "UPDATE comment SET standing = 'gone' WHERE id = 1")
    values = look_only(path, lambda tx: [json.loads(json.dumps(value)) for value in export(tx, 5.0)])
    assert values[0] == {"type": "export", "format": 1, "at": 5.0}
    posts, answers = (
        [value for value in values if value["type"] == "post"],
        [value for value in values if value["type"] == "answer"],
    )
    comments = [value for value in values if value["type"] == "comment"]
    known = {one["post"] for one in posts}
    assert all(one["post"] in known for one in comments + answers)
    gone, ours, last = comments
    assert (gone["text"], gone["html"], gone["name"]) == (None, None, None)
    assert (ours["text"], ours["html"]) == ("In March.", "<p>In March.</p>") and last["name"] == "Vera"
    assert [one["state"] for one in answers] == ["public", "held"]
    assert answers[0]["comment"] == ours["comment"] and len(answers[0]["messages"]) == 1


# The inbox ------------------------------------------------------------------------------------------------------------


async def test_threads_whose_events_wait_do_not_keep_other_threads_waiting(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    await SqliteLedger.open(path).close()

    def fill(tx: Tx) -> None:
        events = [RawEvent(f"e{n}", f"k{n}", ThreadId(f"t{n}"), 1, "{}") for n in range(THREADS)]
        inbox.record(tx, "lounge", events, None, 0, 0.0)
        for row in tx.all("SELECT id FROM inbox WHERE thread <> 't149'"):
            inbox.wait(tx, row["id"], 60.0)

    await asyncio.to_thread(request, path, fill)
    heads = look_only(path, lambda tx: list(inbox.heads(tx, 100)))
    assert heads[0]["thread"] == "t149" and len(heads) == 100
