"""A channel with a new id goes on under the first one, over restarts too."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from adapters.slack.moved import Moved


def test_a_channel_that_was_never_changed_is_called_as_it_is(tmp_path: Path) -> None:
    moved = Moved(tmp_path / "moved.json")
    assert moved.known("C1") == "C1" and moved.now("C1") == "C1"


def test_a_channel_keeps_its_first_id_however_often_it_gets_another(tmp_path: Path) -> None:
    moved = Moved(tmp_path / "state" / "moved.json")
    moved.learn("C1", "C2")
    moved.learn("C2", "C3")
    assert moved.known("C3") == "C1" and moved.now("C1") == "C3"
    assert moved.known("C2") == "C1"  # what was told late
    assert moved.known("C4") == "C4"


def test_a_new_process_knows_it_too(tmp_path: Path) -> None:
    Moved(tmp_path / "moved.json").learn("C1", "C2")
    assert Moved(tmp_path / "moved.json").known("C2") == "C1"


def test_what_is_told_twice_is_kept_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    moved = Moved(tmp_path / "moved.json")
    moved.learn("C1", "C2")
    moved.learn("C1", "C2")
    assert [record.args for record in caplog.records] == [("C1", "C2")]


def test_a_file_that_nobody_can_read_is_told_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "moved.json"
    file.write_text("[not JSON")
    with caplog.at_level(logging.WARNING):
        assert Moved(file).now("C1") == "C1"
    assert "cannot be read" in caplog.text
