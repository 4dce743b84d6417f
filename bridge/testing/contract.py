"""What all contract suites share: nobody passes one by leaving tests out.

A suite is a class of tests. An adapter's or ledger's own tests subclass it and fill in its one hook. They need pytest
and pytest-asyncio with `asyncio_mode = "auto"`, and, so that failures show their values, in `conftest.py`:

    pytest.register_assert_rewrite("bridge.testing")

Nothing that Backchat runs imports these modules, so pytest is needed by tests only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest


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
    def _exempt_tests_are_skipped(self, request: pytest.FixtureRequest) -> None:
        name = getattr(request.function, "__name__", "")
        if name in self.exempt and len(_definers(type(self), name)) == 1:
            pytest.skip(self.exempt[name])


def _tests(suite: type) -> set[str]:
    return {name for ancestor in suite.__mro__ for name in vars(ancestor) if name.startswith("test_")}


def _definers(suite: type, name: str) -> list[type]:
    return [ancestor for ancestor in suite.__mro__ if name in vars(ancestor)]
