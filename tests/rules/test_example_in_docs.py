"""docs/adding-an-adapter.md shows the example as it is, whole and in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
EXAMPLE = DOCS / "examples" / "guestbook"


def shown() -> list[str]:
    """The lines of every block of code in the page, without the empty ones."""
    blocks = re.findall(r"(?ms)^```(?:python|toml)\n(.*?)^```$", (DOCS / "adding-an-adapter.md").read_text("utf-8"))
    return [line for block in blocks for line in block.splitlines() if line]


@pytest.mark.parametrize(
    "file", ["pyproject.toml", "backchat_guestbook.py", "tests/test_guestbook.py", "tests/conftest.py"]
)
def test_the_page_shows_the_whole_file(file: str) -> None:
    lines = [line for line in (EXAMPLE / file).read_text("utf-8").splitlines() if line]
    page = shown()
    start = page.index(lines[0])
    assert page[start : start + len(lines)] == lines


def test_the_page_shows_nothing_else() -> None:
    files = ("pyproject.toml", "backchat_guestbook.py", "tests/test_guestbook.py", "tests/conftest.py")
    whole = "".join((EXAMPLE / file).read_text("utf-8") for file in files)
    assert len(shown()) == len([line for line in whole.splitlines() if line])
