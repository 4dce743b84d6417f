"""A subclass of a suite may leave out no test without saying why, and is told what it lacks."""

from __future__ import annotations

import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import ClassVar

import pytest

from bridge.testing.blog_contract import BlogContract, BlogScene
from bridge.testing.contract import Contract, complete
from tests.contracts.test_fakes import FakeBlogScene


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


async def test_a_missing_hook_is_named_with_what_it_gives(tmp_path: Path) -> None:
    class TestMine(BlogContract):
        pass

    with pytest.raises(NotImplementedError, match=r"TestMine lacks make_scene: .*blog_contract\.BlogScene"):
        await TestMine().make_scene(tmp_path, AsyncExitStack())


def test_a_scene_that_lacks_something_is_told_what() -> None:
    class HalfAScene:
        secrets = ()

        def __init__(self) -> None:
            self.post = "/first/"

        async def comment(self) -> None:
            """A visitor comments."""

    with pytest.raises(TypeError, match="HalfAScene is no BlogScene, it lacks blog, account, edit, delete, hide"):
        complete(HalfAScene(), BlogScene)


def test_a_whole_scene_is_given_back() -> None:
    scene = FakeBlogScene()
    assert complete(scene, BlogScene) is scene


@pytest.mark.parametrize("settings", ["", "asyncio_mode = strict"])
def test_a_project_whose_pytest_is_not_set_up_is_told_how(tmp_path: Path, settings: str) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{settings}\nasyncio_default_fixture_loop_scope = function\n")
    (tmp_path / "test_mine.py").write_text(
        "from bridge.testing.blog_contract import BlogContract\nclass TestMine(BlogContract): pass\n"
    )
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-x", str(tmp_path))
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert 'asyncio_mode = "auto" in pytest' in ended.stdout
