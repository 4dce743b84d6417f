"""What is held to axe is held to it in both colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.access import needs_axe, violations
from tests.browser.visiting import MARKS

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [*MARKS, needs_axe]
PAGE = """<html lang="en"><title>x</title><style>
main {{ background: white; color: black }} @media (prefers-color-scheme: {scheme}) {{ main {{ color: #ddd }} }}
</style><main><h1>Words</h1></main>"""


async def test_words_that_are_too_pale_are_found_in_light_and_in_dark(browser: Browser) -> None:
    page = await browser.new_page()
    for scheme, begins in (("light", "color-contrast: "), ("dark", "dark: color-contrast: ")):
        await page.set_content(PAGE.format(scheme=scheme))
        (found,) = await violations(page)
        assert found.startswith(begins)
