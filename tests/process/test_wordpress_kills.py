"""kill -9 while two hundred awkward answers are published on the real WordPress: all of them stand, none twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.process.wordpress_kills import kill_everywhere

AT = ("publish on the blog", "find on the blog", "freeze answer", "settle", "claim answer")
"""The points around the effect itself; `python -m tests.process.wordpress_kills` tries all of them."""


@pytest.mark.parametrize(
    ("site", "answers"),
    [
        pytest.param("double", 40, id="double"),
        pytest.param("debian", 200, id="debian", marks=[pytest.mark.real, pytest.mark.timeout(600)]),
    ],
)
async def test_law_03_two_hundred_answers_and_kills_in_between(site: str, answers: int, tmp_path: Path) -> None:
    report = await kill_everywhere(site, tmp_path, answers, only=AT)
    assert report.problems == [], report.table()
    assert report.standing == answers
    assert report.kills.keys() >= {"publish on the blog: before", "publish on the blog: after"}
    assert report.kills.keys() >= {"find on the blog: before", "find on the blog: after"}
