"""axe-core (https://github.com/dequelabs/axe-core), which looks for what keeps people from using a page."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.async_api import Page

ROOT = Path(__file__).parents[2]
VERSION = re.search(r"^axe_version=(.+)$", (ROOT / "scripts" / "test-real").read_text(), re.MULTILINE)
assert VERSION is not None
AXE = ROOT / ".cache" / "axe-core" / VERSION[1] / "axe.min.js"
needs_axe = pytest.mark.skipif(
    not AXE.is_file() and os.environ.get("CI") != "true",
    reason="axe-core is not here; scripts/test-real fetches it",
)


COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""The rules whose verdict depends on how a page is coloured."""


async def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, in its light colours and in its dark ones."""
    await page.emulate_media(color_scheme="light")
    await page.evaluate(AXE.read_text())
    found = _told("", await page.evaluate("axe.run(document)"))
    await page.emulate_media(color_scheme="dark")
    return found + _told("dark: ", await page.evaluate("rules => axe.run(document, rules)", COLOURS))


def _told(before: str, found: Any) -> list[str]:
    return [
        f"{before}{rule['id']}: {node['html'][:160]} ({node['failureSummary']})"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]
