"""Every broken file in `broken_configs/` is answered with line, key and remedy.

Its first lines say what must be told: `#= LINE | KEY PATH | WORDS`, one for each problem; `-` where no key is meant.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.clock import WallClock
from bridge.config import load
from bridge.errors import ConfigError

BROKEN = sorted((Path(__file__).parent / "broken_configs").glob("*.toml"))
_WANTED = re.compile(r"#= (\d+) \| (.*?) \| (.+)")


def wanted(file: Path) -> list[tuple[str, str, str]]:
    """What must be told of a file: line, key path, and some of the words."""
    content = file.read_bytes()
    encodings = ["utf-16", "utf-16-be"] if b"\0" in content[:4] else ["utf-8", "latin-1"]
    for encoding in encodings:
        try:
            found = _WANTED.findall(content.decode(encoding))
        except UnicodeDecodeError:
            continue
        if found:
            return [(line, key, words.rstrip()) for line, key, words in found]
    raise AssertionError(f"{file.name} does not say what must be told of it")


def problems(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, WallClock())
    return caught.value.problems


def test_there_are_enough_of_them() -> None:
    assert len(BROKEN) >= 60


@pytest.mark.parametrize("file", BROKEN, ids=lambda file: file.stem)
def test_a_broken_file_is_answered_with_line_key_and_remedy(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    told = problems(file)
    for line, key, words in wanted(file):
        begins = f"{file}:{line}: " if key == "-" else f"{file}:{line}: {key}: "
        assert any(one.startswith(begins) and words in one for one in told), (begins, words, told)
    assert len(told) == len(wanted(file)), told
    assert [int(one.removeprefix(f"{file}:").partition(":")[0]) for one in told] == sorted(
        int(line) for line, _, _ in wanted(file)
    )
    assert "hunter2" not in "".join(told)


def test_an_empty_file_lacks_everything(tmp_path: Path) -> None:
    file = tmp_path / "backchat.toml"
    file.touch()
    assert [one.removeprefix(f"{file}:1: ").partition(":")[0] for one in problems(file)] == ["blogs", "chats", "routes"]


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    (told,) = problems(tmp_path)
    assert told == f"{tmp_path} is a folder: name the configuration file in it with --config"


def test_a_file_that_may_not_be_read_is_told_in_words(tmp_path: Path) -> None:
    file = tmp_path / "backchat.toml"
    file.touch(mode=0o000)
    root = os.geteuid() == 0
    try:
        if root:  # who may read everything has to be somebody else for a moment
            os.seteuid(65534)
        (told,) = problems(file)
    finally:
        if root:
            os.seteuid(0)
    assert told == f"{file} cannot be read: let the user that Backchat runs as read it (chmod)"


def test_a_file_without_end_is_not_read_to_it() -> None:
    (told,) = problems(Path("/dev/zero"))
    assert "larger than 1024 KB" in told


def test_lists_in_lists_in_lists_are_told_and_not_followed_for_ever(tmp_path: Path) -> None:
    file = tmp_path / "backchat.toml"
    file.write_text("x = " + "[" * 100_000 + "]" * 100_000)
    (told,) = problems(file)
    assert told == f"{file}:1: lists or tables stand in each other too deeply: write it flatter"


def test_a_number_with_thousands_of_digits_is_told(tmp_path: Path) -> None:
    file = tmp_path / "backchat.toml"
    file.write_text("x = " + "9" * 5000)
    (told,) = problems(file)
    assert told.startswith(f"{file}:1: x: ") and "write a smaller one" in told


EXAMPLE = re.sub(rb"(?m)^#: ", b"", (Path(__file__).parents[2] / "config.example.toml").read_bytes())
EDITS = st.tuples(
    st.integers(0, len(EXAMPLE)), st.integers(0, 40),
    st.one_of(st.binary(max_size=8), st.sampled_from((b'"', b"[", b"]]", b"{", b"= ", b"\n", b"0", b"'''", b"."))),
)  # fmt: skip


@given(edits=st.lists(EDITS, min_size=1, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_written_is_read_or_answered_in_words(edits: list[tuple[int, int, bytes]], tmp_path: Path) -> None:
    content = EXAMPLE
    for at, length, new in edits:
        content = content[:at] + new + content[at + length :]
    file = tmp_path / "backchat.toml"
    file.write_bytes(content)
    told: list[str] = []
    try:
        load(file, WallClock())
    except ConfigError as error:
        told = error.problems or ["a refusal without a word"]
    for problem in told:
        assert re.match(rf"{re.escape(str(file))}:[1-9]\d*: ", problem), problem
        assert len(problem.splitlines()) == 1, problem
