"""A person before `backchat init`, and what it leaves behind."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path
from typing import Any

from tests.process.terminal import Terminal


async def is_asked(person: Terminal, *dialogue: tuple[str, str]) -> None:
    """Each question comes, and is answered by what is typed."""
    for question, typed in dialogue:
        await person.sees(question)
        person.types(typed)


def everything(folder: Path) -> dict[str, int]:
    """Every file and folder in it, with its mode."""
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}


def table(config: Path) -> dict[str, Any]:
    """The configuration as it was written."""
    return tomllib.loads(config.read_text())
