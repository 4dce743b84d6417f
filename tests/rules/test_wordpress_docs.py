"""docs/wordpress.md names every setting there is, shows configurations that are read, and messages that are said."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from adapters.wordpress.settings import Account, Settings, read_settings
from bridge.toml.sheet import Sheet
from bridge.toml.table import TomlTable

HOME = Path(__file__).parents[2]
PAGE = (HOME / "docs" / "wordpress.md").read_text("utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
SAID = "".join(path.read_text("utf-8") for path in sorted((HOME / "adapters" / "wordpress").glob("*.py")))
WORDS = re.sub(r'"\s*f?"', "", SAID)
"""What the adapter says, with the sentences that its lines break put together again."""
_TABLE = PAGE.split("## When something is wrong")[1].split("| --- | --- |")[1]
MESSAGES = re.findall(r"^\| (.+?) \| ", _TABLE, re.MULTILINE)
FORMS = re.compile(r"…|, or |mara|text/html")


def blogs() -> list[Mapping[str, Any]]:
    tables = [tomllib.loads(block).get("blogs", {}) for block in BLOCKS]
    return [blog for table in tables for blog in table.values() if "adapter" in blog]


def test_every_setting_stands_in_the_table() -> None:
    named = {field.name for field in fields(Settings)} - {"path", "accounts"}
    named |= {f"accounts.NAME.{field.name}" for field in fields(Account)} - {"accounts.NAME.name"}
    assert {name for name in named if f"`{name}`" not in PAGE} == set()


@pytest.mark.parametrize("number", range(len(blogs())))
def test_every_blog_that_is_shown_is_read(number: int, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    for name in re.findall(r'file = "secrets/(.*?)"', PAGE):
        (tmp_path / "secrets" / name).write_text("a secret of twenty letters")
    sheet = Sheet(tmp_path / "backchat.toml", {})
    table = TomlTable(("blogs", "garden"), blogs()[number], sheet)
    table.text("adapter")
    assert read_settings(table).accounts
    table.report_unasked()
    assert sheet.problems == []


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_that_is_explained_is_said(message: str) -> None:
    for part in FORMS.split(message):
        assert part.strip() in WORDS, part
