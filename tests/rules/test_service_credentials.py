"""A credential that may not be read is told in words: systemd 252 gives a service's control commands none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.toml.secrets import NoSecret, secret


def test_a_credential_that_may_not_be_read_is_told_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "a file, and no folder"))
    (tmp_path / "a file, and no folder").touch()
    with pytest.raises(NoSecret, match="cannot be read \\(Not a directory\\)"):
        secret({"credential": "isso"}, tmp_path)
