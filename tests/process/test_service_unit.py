"""The systemd unit: what it promises agrees with the program, and systemd itself finds nothing wrong with it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from bridge import cli

UNIT = Path(__file__).parents[2] / "packaging/systemd/backchat.service"
INSTALLED = "/opt/backchat/bin/backchat"
MOST_EXPOSED = "15"
"""Tenths of systemd's exposure level, of which 100 is the worst; a service that reaches the network has 5 at least."""


def settings() -> dict[str, list[str]]:
    """Every setting of the unit with its values."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in UNIT.read_text().splitlines():
        if match := re.fullmatch(r"(\w+)=(.*)", line):
            found[match[1]].append(match[2])
    return found


def test_only_ends_that_another_start_cannot_mend_are_final() -> None:
    usage_error = 2
    assert settings()["RestartPreventExitStatus"] == [f"{usage_error} {cli.WRONG_CONFIG} {cli.BUSY}"]
    assert settings()["Restart"] == ["on-failure"]  # so a ledger that cannot be used (a full disk) is tried again
    assert settings()["StartLimitIntervalSec"] == ["0"]


def test_its_command_is_a_command_of_ours() -> None:
    (command,) = settings()["ExecStart"]
    program, *arguments = command.split()
    assert program == INSTALLED
    found = subprocess.run(
        [sys.executable, "-m", "bridge", *arguments, "--help"], check=False, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr


def analysed(*arguments: str) -> str:
    """What systemd-analyze says; fails unless it is content."""
    program = shutil.which("systemd-analyze")
    if program is None and os.environ.get("CI") == "true":
        pytest.fail("there is no systemd-analyze, and on CI nothing is skipped")
    if program is None:
        pytest.skip("there is no systemd-analyze: `make test-real` installs it on Debian")
    found = subprocess.run([program, *arguments], check=False, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    return found.stdout + found.stderr


@pytest.mark.real
def test_systemd_understands_every_line_of_it(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(INSTALLED, str(Path(sys.executable).with_name("backchat"))))
    assert analysed("verify", "--man=no", str(unit)) == ""


@pytest.mark.real
def test_it_exposes_no_more_than_it_must() -> None:
    told = analysed("security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSED}", str(UNIT))
    print(told.strip().splitlines()[-1])
    assert "Overall exposure level" in told
