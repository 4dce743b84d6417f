"""A subclass of a suite may leave out no test without saying why."""

from __future__ import annotations

from typing import ClassVar

import pytest

from bridge.testing.contract import Contract


class Suite(Contract):
    def test_one(self) -> None:
        pytest.fail("left out where it is exempt")

    def test_two(self) -> None:
        pass


class TestExempt(Suite):
    exempt: ClassVar = {"test_one": "shows that the suite skips it"}


class TestOverridden(Suite):
    exempt: ClassVar = {"test_one": "shows that the subclass's own test runs"}

    def test_one(self) -> None:
        assert type(self) is TestOverridden

    def test_more(self) -> None:
        pass


def refused(words: str, *bases: type, **contents: object) -> None:
    with pytest.raises(TypeError, match=words):
        type("TestMine", bases or (Suite,), contents)


def test_an_overridden_test_is_refused() -> None:
    refused("overrides test_one", test_one=lambda self: None)


def test_a_deleted_test_is_refused() -> None:
    refused("overrides test_two", test_two=None)


def test_a_test_that_a_mixin_hides_is_refused() -> None:
    refused("overrides test_two", type("Mixin", (), {"test_two": None}), Suite)


def test_a_reason_is_asked_for() -> None:
    refused("does not say why", exempt={"test_one": " "})
    refused("overrides test_one", exempt={"test_one": ""}, test_one=None)


def test_an_exemption_names_a_test() -> None:
    refused("no test of its suite", exempt={"test_three": "it does not exist"})
