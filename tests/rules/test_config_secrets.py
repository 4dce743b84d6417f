"""Secrets come from four places, and appear in no message (law 10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.cli import main
from bridge.clock import WallClock
from bridge.config import Settings, load
from bridge.errors import ConfigError
from tests.rules.test_config import SMALL

SECRET = "hunter2-and-more"


def written(folder: Path, source: str) -> Path:
    file = folder / "backchat.toml"
    file.write_text(SMALL.replace('site = "', f'admin_password = {source}\nsite = "'), "utf-8")
    file.chmod(0o600)
    return file


def given(folder: Path, source: str) -> Settings:
    return load(written(folder, source), WallClock())


def refused(folder: Path, source: str) -> str:
    with pytest.raises(ConfigError) as caught:
        given(folder, source)
    (told,) = caught.value.problems
    assert SECRET not in told
    begins = f"{folder / 'backchat.toml'}:5: blogs.garden.admin_password: "
    assert told.startswith(begins)
    return told.removeprefix(begins)


@pytest.fixture
def handed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which systemd hands credentials over."""
    folder = tmp_path / "credentials"
    folder.mkdir()
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_law_10_a_secret_is_found_wherever_it_is_kept_and_shown_nowhere(
    tmp_path: Path, handed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISSO_PASSWORD", SECRET)
    for name in (tmp_path / "password", handed / "isso"):
        name.write_text(f"{SECRET}\n")
        name.chmod(0o600)
    for source in (f'"{SECRET}"', '{ env = "ISSO_PASSWORD" }', '{ file = "password" }', '{ credential = "isso" }'):
        settings = given(tmp_path, source)
        assert settings.secrets == (SECRET,) and settings.remarks == ()
        assert SECRET not in repr(settings) and SECRET not in str(settings)


def test_a_credential_that_the_service_was_not_given_is_told_with_the_line_for_its_unit(
    tmp_path: Path, handed: Path
) -> None:
    assert "add LoadCredential=isso:FILE to its unit" in refused(tmp_path, '{ credential = "isso" }')


def test_without_systemd_there_are_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert "CREDENTIALS_DIRECTORY is not set" in refused(tmp_path, '{ credential = "isso" }')


@pytest.mark.parametrize("name", ["../isso", "/etc/passwd", "a/b", "..", ".", "", "a\\u0000b"])
def test_a_credential_is_a_name_and_no_path(tmp_path: Path, handed: Path, name: str) -> None:
    assert refused(tmp_path, f'{{ credential = "{name}" }}').startswith("names no credential")


@pytest.mark.parametrize("name", ["", "9LIVES", "A-B", f"{SECRET} with spaces"])
def test_law_10_what_is_no_variables_name_may_be_the_secret_and_is_not_repeated(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path, f'{{ env = "{name}" }}').startswith("names no environment variable")


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "is empty"), (b" \n", "is empty"), (b"\xff\xfe", "is no text in UTF-8"), (b"x" * 70_000, "is too large")],
)
def test_a_file_that_holds_no_secret_is_told(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "password").write_bytes(content)
    assert why in refused(tmp_path, '{ file = "password" }')


def test_a_secret_file_without_end_is_not_read_to_it(tmp_path: Path) -> None:
    assert "is too large" in refused(tmp_path, '{ file = "/dev/zero" }')


def test_a_secret_in_a_home_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "cannot be found" in refused(tmp_path, '{ file = "~nobody-of-that-name/password" }')


def test_a_secret_that_everybody_can_read_is_remarked_upon_and_used(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(SECRET)
    (tmp_path / "password").chmod(0o644)
    settings = given(tmp_path, '{ file = "password" }')
    (remark,) = settings.remarks
    assert f"{tmp_path / 'password'}: chmod o-r" in remark and SECRET not in remark
    assert settings.secrets == (SECRET,)


def test_a_secret_in_a_configuration_that_everybody_can_read_is_remarked_upon(tmp_path: Path) -> None:
    file = written(tmp_path, f'"{SECRET}"')
    file.chmod(0o644)
    (remark,) = load(file, WallClock()).remarks
    assert remark == (
        f"{file}:5: blogs.garden.admin_password: every user of this machine can read this secret in {file}:"
        " chmod o-r it"
    )


def test_check_tells_remarks_and_finds_the_file_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, f'"{SECRET}"')
    file.chmod(0o644)
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(file), "check"])
    told = capsys.readouterr()
    assert ended.value.code == 0 and "is in order" in told.out
    assert "chmod o-r" in told.err and SECRET not in told.err + told.out
