"""Counts the work that a call does, so that growth is tested without a clock."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType


def calls_during(work: Callable[[], object]) -> int:
    """Count the calls of Python and C functions while `work` runs."""
    count = 0

    def counted(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count
