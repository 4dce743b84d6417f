"""requirements/*.txt: every package pinned with hashes, and nobody's address in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PINS = sorted((Path(__file__).parents[2] / "requirements").glob("*.txt"))


PIN = re.compile(
    r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[0-9][A-Za-z0-9.+]*)(?P<where> ; [^#]+?)?"
    r"(?P<hashes>( +--hash=sha256:[0-9a-f]{64})+)"
)
"""A package, its version, on which Pythons and systems it is installed (PEP 508), and the hashes of its files."""


def pins(file: Path) -> dict[str, re.Match[str]]:
    """Every package with its pin; a line that is no pin fails."""
    lines = file.read_text("utf-8").replace("\\\n", " ").splitlines()
    found = {line: PIN.fullmatch(line.rstrip()) for line in lines if line.strip() and not line.lstrip().startswith("#")}
    assert all(found.values()), [line[:80] for line, pin in found.items() if pin is None]
    return {pin["name"]: pin for pin in found.values() if pin is not None}


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_every_package_is_one_version_with_hashes(file: Path) -> None:
    assert len(pins(file)) > 10


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_what_only_newer_pythons_need_is_pinned_too(file: Path) -> None:
    """Python 3.13 left audioop out, which discord.py imports: without its pin nothing could be installed there."""
    assert pins(file)["audioop-lts"]["where"].strip() == "; python_full_version >= '3.13'"


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_nobody_s_address_is_in_the_pins(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"--(index-url|extra-index-url|find-links|trusted-host)", text)
    assert not re.search(r"(?m)(^|[ =])/", text)


def test_what_runs_is_pinned_alike_in_both() -> None:
    run, dev = (pins(file) for file in (PINS[1], PINS[0]))
    assert {name: pin["version"] for name, pin in run.items()} == {name: dev[name]["version"] for name in run}
