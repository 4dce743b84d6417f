"""Where `backchat demo` keeps its things: below the current folder, or words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli import main


def test_a_folder_that_cannot_be_used_is_told_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".backchat-demo" / "kept.lock").mkdir(parents=True)  # even root can write no file there
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["demo"])
    words = capsys.readouterr().err
    assert ended.value.code == 1
    assert f"the demo cannot use {tmp_path / '.backchat-demo'}: " in words and "--state FOLDER" in words
    assert "Traceback" not in words
