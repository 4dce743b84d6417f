"""kill -9 at every point that the daemon passes between reading a comment and showing the last receipt."""

from __future__ import annotations

import asyncio
import fcntl
import pickle

import pytest

from tests.process.points import Report, try_all

pytestmark = pytest.mark.timeout(900)  # about 130 scenarios; two minutes on two idle cores

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


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Report:
    """What all tests of this file look at, made once even where they are spread over several processes."""
    if worker_id == "master":
        return asyncio.run(try_all(tmp_path_factory.mktemp("points")))
    shared = tmp_path_factory.getbasetemp().parent / "points.pickle"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            shared.write_bytes(pickle.dumps(asyncio.run(try_all(tmp_path_factory.mktemp("points")))))
    found = pickle.loads(shared.read_bytes())
    assert isinstance(found, Report)
    return found


def test_law_03_a_kill_at_any_point_loses_nothing_and_doubles_nothing(report: Report) -> None:
    assert report.all("lost", "doubled", "stale", "stuck") == []


def test_law_01_what_was_recorded_before_a_kill_is_brought_to_its_end(report: Report) -> None:
    assert report.all("pending", "receipt", "ledger", "stuck") == []


def test_law_02_a_kill_leaves_nothing_that_only_a_person_could_tell(report: Report) -> None:
    assert report.all("parked", "stuck") == []


def _demanded() -> list[str]:
    """Every point that must be there whatever overtakes what."""
    points = list(MUST_BE_LISTED)
    for step, method in STEPS.items():
        frozen = "freeze" if step == "answer publish" else "claim"
        points += [f"{what} {step}: {when} the commit" for what in (frozen, "settle done,") for when in TWICE]
        points += [f"{method}: {when}" for when in TWICE]
    return points


def test_law_03_every_fault_point_was_listed_and_killed_at(report: Report) -> None:
    assert [point for point in _demanded() if point not in report.listed] == []
    single = {fate.faults[0]: fate.killed for fate in report.fates if len(fate.faults) == 1}
    assert single.keys() == {f"{point}:1" for point in report.listed}
    missed = [point for point, killed in single.items() if not killed]
    assert [point for point in missed if point.removesuffix(":1") in _demanded()] == []
    assert len(missed) <= len(single) / 20  # points that are passed only when something overtakes something else


def test_law_02_killed_again_while_it_resolves_what_is_unknown(report: Report) -> None:
    twice = [fate.faults[1] for fate in report.fates if len(fate.faults) == 2 and fate.killed]
    assert {"find on the blog: before:1", "find on the blog: after:1"} <= set(twice)
    assert all(not fate.problems for fate in report.fates if len(fate.faults) == 2)
