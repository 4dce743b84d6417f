"""kill -9 at every point that the daemon passes between reading a comment and showing the last receipt."""

from __future__ import annotations

import asyncio
import fcntl
import pickle
from collections import Counter
from pathlib import Path

import pytest

from tests.process.points import points_of, try_points, try_recoveries

pytestmark = pytest.mark.timeout(900)  # some 20 scenarios each

MUST_BE_LISTED = (
    "opening: locked",
    "opening: migrated",
    "opening: the run begun, before the commit",
    "opening: the run begun, after the commit",
    "read the blog: before",
    "read the blog: a page read",
    "record a page: before the commit",
    "record a page: after the commit",
    "record the first reading's end: before the commit",
    "record the first reading's end: after the commit",
    "look on the blog: before",
    "look on the blog: after",
    "record standings: before the commit",
    "record standings: after the commit",
    "hear raw events: before recording",
    "record raw events: before the commit",
    "record raw events: after the commit",
    "hear raw events: before acknowledging",
    "judge an event (an answer): before the commit",
    "judge an event (an answer): after the commit",
    "read on the chat: before",
    "read on the chat: after",
)
TWICE = ("before", "after")
STEPS = {
    "thread start": "start_thread on the chat",
    "comment say": "say on the chat",
    "comment edit": "edit on the chat",
    "comment erase": "erase on the chat",
    "receipt show": "show on the chat (public)",
    "answer publish": "publish on the blog",
    "answer revise": "revise on the blog",
    "answer withdraw": "withdraw on the blog",
}


PARTS = 6
"""The points are tried in so many tests, which workers share among them."""


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Counter[str]:
    """Every point that a run passes: listed once even where the tests of this file are spread over several workers."""
    if worker_id == "master":
        return asyncio.run(points_of(tmp_path_factory.mktemp("points")))
    shared = tmp_path_factory.getbasetemp().parent / "points.pickle"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            shared.write_bytes(pickle.dumps(asyncio.run(points_of(tmp_path_factory.mktemp("points")))))
    found = pickle.loads(shared.read_bytes())
    assert isinstance(found, Counter)
    return found


def _demanded() -> list[str]:
    """Every point that must be there whatever overtakes what."""
    points = list(MUST_BE_LISTED)
    for step, method in STEPS.items():
        frozen = "freeze" if step == "answer publish" else "claim"
        points += [f"{what} {step}: {when} the commit" for what in (frozen, "settle done,") for when in TWICE]
        points += [f"{method}: {when}" for when in TWICE]
    return points


def test_law_03_every_fault_point_is_listed(listed: Counter[str]) -> None:
    assert [point for point in _demanded() if point not in listed] == []


@pytest.mark.parametrize("part", range(PARTS))
def test_law_01_law_02_law_03_a_kill_at_any_point_loses_doubles_parks_and_leaves_nothing(
    listed: Counter[str], part: int, tmp_path: Path
) -> None:
    points = sorted(listed)[part::PARTS]
    report = asyncio.run(try_points(tmp_path, points))
    assert report.all() == []
    assert [fate.faults for fate in report.fates] == [(f"{point}:1",) for point in points]
    missed = [fate.faults[0].removesuffix(":1") for fate in report.fates if not fate.killed]
    assert [point for point in missed if point in _demanded()] == []
    assert len(missed) <= len(points) / 10  # points that are passed only when something overtakes something else


def test_law_02_killed_again_while_it_resolves_what_is_unknown(listed: Counter[str], tmp_path: Path) -> None:
    report = asyncio.run(try_recoveries(tmp_path, listed))
    assert report.all() == []
    twice = [fate.faults[1] for fate in report.fates if fate.killed]
    assert {"find on the blog: before:1", "find on the blog: after:1"} <= set(twice)
