"""Log lines: their two shapes, what they are about, and what must never be read in them."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge import logs
from bridge.logs import BLOT, Lines, about

log = logging.getLogger("backchat.test")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Everything that is logged at DEBUG while the test runs, in the shape that the test asks for."""
    root = logging.getLogger()
    before, levels = list(root.handlers), {name: logging.getLogger(name).level for name in ("", *logs._OURS)}
    for handler in before:
        root.removeHandler(handler)
    written = io.StringIO()
    logs.begin(verbose=True, stream=written)
    yield written
    root.handlers[:] = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def told(stream: io.StringIO) -> list[dict[str, str]]:
    """Every line as JSON."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_text_is_for_people(stream: io.StringIO) -> None:
    with about(blog="garden"):
        log.warning("%s cannot be read", "garden")
    line = stream.getvalue()
    assert line.endswith("WARNING backchat.test: garden cannot be read [blog garden]\n") and line[:2] == "20"


def test_json_is_one_object_a_line_with_all_that_it_is_about(stream: io.StringIO) -> None:
    logs.shape("json")
    with about(chat="room", thread="t1"), about(delivery=7, blog=None):
        log.info("a line\nof two ☕")
    (line,) = told(stream)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "info", "logger": "backchat.test", "chat": "room", "thread": "t1", "delivery": "7",
        "message": "a line\nof two ☕",
    }  # fmt: skip


def test_an_exception_is_a_field_of_its_own_in_json_and_follows_in_text(stream: io.StringIO) -> None:
    for kind in ("text", "json"):
        logs.shape(kind)
        try:
            raise ValueError("no such thing")
        except ValueError:
            log.exception("this failed")
    text, _, last = stream.getvalue().rpartition("\n{")
    assert "Traceback" in text and text.endswith("ValueError: no such thing")
    assert json.loads("{" + last)["exception"].endswith("ValueError: no such thing")


def test_what_a_line_is_about_ends_with_its_block_and_belongs_to_its_task(stream: io.StringIO) -> None:
    logs.shape("json")

    async def one(blog: str, other: asyncio.Event, mine: asyncio.Event) -> None:
        with about(blog=blog):
            mine.set()
            await other.wait()
            log.info("inside")

    async def both() -> None:
        first, second = asyncio.Event(), asyncio.Event()
        await asyncio.gather(one("garden", second, first), one("meadow", first, second))
        log.info("outside")

    asyncio.run(both())
    assert {line.get("blog") for line in told(stream) if line["message"] == "inside"} == {"garden", "meadow"}
    assert "blog" not in told(stream)[-1]


def test_nobody_can_forge_a_line(stream: io.StringIO) -> None:
    log.info("they say %s", "hello\r\n2026-01-01 ERROR backchat: all is lost")
    assert len(stream.getvalue().splitlines()) == 1


@pytest.mark.parametrize("kind", ["text", "json"])
@pytest.mark.parametrize("sign", ["\x1b]0;t\x07", "\x9b31m", "\u2028", "\x85", "\u202e"])
def test_nothing_in_a_line_is_obeyed_by_who_reads_it(kind: str, sign: str) -> None:
    record = log.makeRecord("backchat", logging.WARNING, __file__, 1, "they say %s", (f"a{sign}b",), None)
    line = Lines(kind, journal=True).format(record)
    assert sign[0] not in line and f"\\u{ord(sign[0]):04x}" in line
    assert len(line.splitlines()) == 1
    if kind == "json":
        assert json.loads(line[3:])["message"] == f"they say a{sign}b"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("word", ["a", "a.", "?a=", "x@", "://", "&", "a@b."])
def test_law_12_a_line_of_any_length_is_looked_through_at_once(word: str) -> None:
    record = log.makeRecord("backchat", logging.WARNING, __file__, 1, word * 100_000, (), None)
    assert Lines().format(record).count("\n") == 0  # looking again from every letter took many minutes


def test_the_journal_gets_priorities_on_every_line_and_no_times() -> None:
    record = log.makeRecord("backchat", logging.WARNING, __file__, 1, "mind this", (), None)
    assert Lines(journal=True).format(record) == "<4>WARNING backchat: mind this"
    try:
        raise ValueError("no such thing")
    except ValueError:
        record = log.makeRecord("backchat", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())
    lines = Lines(journal=True).format(record).splitlines()
    assert len(lines) > 2 and all(line.startswith("<3>") for line in lines)
    debug = log.makeRecord("backchat", logging.DEBUG, __file__, 1, "a step", (), None)
    whole = Lines("json", journal=True).format(debug)
    assert whole.startswith("<7>{") and json.loads(whole[3:])["message"] == "a step"


def test_the_journal_is_known_by_its_device_and_inode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "journal").open("w") as file:
        status = os.fstat(file.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino}")
        assert logs._is_journal(file)
        monkeypatch.setenv("JOURNAL_STREAM", f"{status.st_dev}:{status.st_ino + 1}")
        assert not logs._is_journal(file)
    assert not logs._is_journal(io.StringIO())


@pytest.mark.parametrize("kind", ["text", "json"])
def test_law_10_no_secret_is_ever_logged(stream: io.StringIO, kind: str) -> None:
    secret = 'pass "word" with\\signs'
    logs.shape(kind, [secret, "short"])
    log.info("the answer to %s was %r", secret, {"password": "hunter2hunter2"})
    logs.shape(kind, ["hunter2hunter2"])  # what an earlier configuration held is a secret still
    try:
        raise ValueError(f"cannot sign in with {secret}")
    except ValueError:
        log.exception("again, %s, with %r", secret, {"password": "hunter2hunter2"})
    lines = stream.getvalue().splitlines(keepends=True)
    assert secret not in stream.getvalue() and json.dumps(secret)[1:-1] not in stream.getvalue()
    assert "hunter2hunter2" not in "".join(lines[1:])
    assert BLOT in stream.getvalue()
    log.info("a short word is no secret")
    assert "a short word is no secret" in stream.getvalue()


@pytest.mark.parametrize("kind", ["text", "json"])
@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("https://me:pa55@blog.example/feed", f"https://{BLOT}@blog.example/feed"),
        ("https://blog.example/feed?token=abc&n=3#x", f"https://blog.example/feed?token={BLOT}&n={BLOT}#x"),
        ("URL('http://a.example/?key=s3cret')", f"URL('http://a.example/?key={BLOT}')"),
        ("written by vera.o+x@mail.blog.example, today", f"written by {BLOT}, today"),
        ("comment 12@1700000000.250 of garden", "comment 12@1700000000.250 of garden"),
        ("served at http://127.0.0.1:8089", "served at http://127.0.0.1:8089"),
        ("who wrote this? nobody=knows", "who wrote this? nobody=knows"),
    ],
)
def test_law_10_no_token_in_an_address_and_nobodys_e_mail_is_logged(
    stream: io.StringIO, kind: str, words: str, kept: str
) -> None:
    logs.shape(kind)
    log.info("%s", words)
    line = stream.getvalue()
    assert kept in (told(stream)[0]["message"] if kind == "json" else line)
    for secret in ("pa55", "abc", "s3cret", "vera"):
        assert secret not in line


def test_others_are_not_asked_for_every_step(stream: io.StringIO) -> None:
    logging.getLogger("asyncio").debug("using a selector")
    logging.getLogger("somebody.else").debug("the token is xyz")
    logging.getLogger("aiohttp.access").info("127.0.0.1 GET /")
    logging.getLogger("adapters.web_room").debug("a step of ours")
    assert stream.getvalue().count("\n") == 1 and "a step of ours" in stream.getvalue()
