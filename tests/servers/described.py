"""Why an answer is not what a platform's own description says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def causes(error: Any) -> Iterable[Any]:
    """The causes of a fault: of alternatives, those of the one that comes nearest."""
    if not error.context:
        return [error]
    branches: dict[Any, list[Any]] = {}
    for each in error.context:
        branches.setdefault(each.schema_path[0], []).append(each)
    nearest = min(branches.values(), key=lambda found: (len(found), -max(len(each.absolute_path) for each in found)))
    return [leaf for each in nearest for leaf in causes(each)]
