"""What all contract suites share: nobody passes one by leaving tests out.

A suite is a class of tests. An adapter's or ledger's own tests subclass it and fill in its one hook; whatever a suite
needs and does not get, it says. What the project around those tests has to set up stands in `bridge.testing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, TypeVar

import pytest

T = TypeVar("T")

_ASYNCIO = 'the suites of bridge.testing need pytest-asyncio, and asyncio_mode = "auto" in pytest\'s settings'


class Contract:
    """The root of the suites.

    A subclass may not override a test, or delete it by `test_… = None`, unless `exempt` gives the reason.
    A test that is exempt and not overridden is skipped, saying the reason.
    """

    exempt: ClassVar[Mapping[str, str]] = {}
    """Tests that this subclass cannot pass as they are: the test's name, and why."""

    def __init_subclass__(cls, **more: object) -> None:
        """Refuse a subclass that leaves something out without a reason."""
        super().__init_subclass__(**more)
        for name in _tests(cls):
            if len(_definers(cls, name)) > 1 and not cls.exempt.get(name, "").strip():
                raise TypeError(f'{cls.__name__} overrides {name}: give the reason in exempt = {{"{name}": "…"}}')
        for name in cls.exempt:
            if name not in _tests(cls):
                raise TypeError(f"{cls.__name__} exempts {name}, which is no test of its suite")
            if not cls.exempt[name].strip():
                raise TypeError(f"{cls.__name__} exempts {name} and does not say why")

    @pytest.fixture(autouse=True)
    def _asyncio_runs_tests(self, request: pytest.FixtureRequest) -> None:
        """Say in words what pytest would say in many lines, once for each test."""
        try:
            mode = str(request.config.getini("asyncio_mode"))
        except (ValueError, KeyError):
            mode = "absent"
        if mode != "auto":
            pytest.fail(_ASYNCIO, pytrace=False)

    @pytest.fixture(autouse=True)
    def _exempt_tests_are_skipped(self, request: pytest.FixtureRequest) -> None:
        name = getattr(request.function, "__name__", "")
        if name in self.exempt and len(_definers(type(self), name)) == 1:
            pytest.skip(self.exempt[name])


def hook_missing(suite: object, hook: str, gives: type) -> NotImplementedError:
    """Make the error that tells a subclass which hook it lacks, and what the hook has to give."""
    return NotImplementedError(
        f"{type(suite).__name__} lacks {hook}: write it, and let it give a {gives.__module__}.{gives.__name__}"
    )


def complete(scene: T, needed: type) -> T:
    """Give the scene back if it has everything that the Protocol `needed` names; else say what it lacks."""
    own = getattr(scene, "__dict__", {})
    wanted = [name for name in vars(needed) if not name.startswith("_")]
    lacking = [name for name in wanted if name not in own and not hasattr(type(scene), name)]
    if lacking:
        raise TypeError(
            f"{type(scene).__name__} is no {needed.__name__}, it lacks {', '.join(lacking)}:"
            f" see {needed.__module__}.{needed.__name__}"
        )
    return scene


def _tests(suite: type) -> set[str]:
    return {name for ancestor in suite.__mro__ for name in vars(ancestor) if name.startswith("test_")}


def _definers(suite: type, name: str) -> list[type]:
    return [ancestor for ancestor in suite.__mro__ if name in vars(ancestor)]
