"""requirements/*.txt: every package pinned with hashes, and nobody's address in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PINS = sorted((Path(__file__).parents[2] / "requirements").glob("*.txt"))


def pins(file: Path) -> dict[str, str]:
    """What each package is pinned to, with its hashes behind it."""
    lines = file.read_text("utf-8").replace("\\\n", " ").splitlines()
    packages = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    return {line.partition("==")[0]: line.partition("==")[2] for line in packages}


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_every_package_is_one_version_with_hashes(file: Path) -> None:
    assert len(pins(file)) > 10
    for name, rest in pins(file).items():
        assert re.fullmatch(r"[A-Za-z0-9._-]+", name), name
        version, *hashes = rest.partition("  # via")[0].split()
        assert re.fullmatch(r"[0-9][A-Za-z0-9.+]*", version), name
        assert hashes and all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes), name


@pytest.mark.parametrize("file", PINS, ids=lambda file: file.name)
def test_nobody_s_address_is_in_the_pins(file: Path) -> None:
    text = file.read_text("utf-8")
    assert "://" not in text
    assert not re.search(r"--(index-url|extra-index-url|find-links|trusted-host)", text)
    assert not re.search(r"(?m)(^|[ =])/", text)


def test_what_runs_is_pinned_alike_in_both() -> None:
    run, dev = (pins(file) for file in (PINS[1], PINS[0]))
    assert {name: dev.get(name) for name in run} == run
