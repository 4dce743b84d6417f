"""The packages of Backchat: what is in them, that they are built the same again, and that they run elsewhere."""

from __future__ import annotations

import asyncio
import filecmp
import re
import tarfile
import zipfile
from pathlib import Path

import pytest

from bridge.demo.story import STEPS
from tests.process.daemon import ROOT
from tests.process.packages import SHIPPED, built, environment, ran, source_package, sources_of_backchat

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what Backchat is built from."""
    return asyncio.run(sources_of_backchat(tmp_path_factory.mktemp("packages") / "backchat"))


@pytest.fixture(scope="module")
def wheel(sources: Path) -> Path:
    return asyncio.run(built(sources, sources.parent / "wheels"))


def contents(package: Path) -> dict[str, bytes]:
    """Everything in a wheel by its name; what stands beside the two packages without the version in its path."""
    with zipfile.ZipFile(package) as file:
        return {re.sub(r"^backchat-[^/]*\.", "backchat.", name): file.read(name) for name in file.namelist()}


def test_the_wheel_has_both_packages_with_all_their_files_and_nothing_else(sources: Path, wheel: Path) -> None:
    inside = contents(wheel)
    files = [path for top in ("bridge", "adapters") for path in (sources / top).rglob("*") if path.is_file()]
    assert {name for name in inside if not name.startswith("backchat.")} == {
        str(path.relative_to(sources)) for path in files
    }
    for path in files:
        assert inside[str(path.relative_to(sources))] == path.read_bytes()
    assert {"bridge/py.typed", "bridge/ledger/schema/0001_start.sql", "adapters/web_room/pages/room.css"} <= set(inside)
    assert "backchat.data/data/share/backchat/config.example.toml" in inside
    assert "backchat = bridge.cli:main" in inside["backchat.dist-info/entry_points.txt"].decode()


def test_no_path_of_the_machine_that_built_it_is_in_the_wheel(sources: Path, wheel: Path) -> None:
    places = [str(place).encode() for place in (ROOT, sources)]
    assert [name for name, body in contents(wheel).items() if any(place in body for place in places)] == []


async def test_the_same_sources_build_the_same_wheel(sources: Path, wheel: Path, tmp_path: Path) -> None:
    again = await built(await sources_of_copy(sources, tmp_path / "backchat"), tmp_path / "wheels")
    assert again.name == wheel.name
    assert filecmp.cmp(again, wheel, shallow=False)


async def sources_of_copy(sources: Path, folder: Path) -> Path:
    """Copy sources that were built from already, without what building has left in them."""
    names = [str(sources / name) for name in SHIPPED if (sources / name).exists()]
    await asyncio.to_thread(folder.mkdir, parents=True)
    await ran("cp", "-a", *names, str(folder), cwd=sources)
    return folder


async def test_the_source_package_builds_the_same_wheel(sources: Path, wheel: Path, tmp_path: Path) -> None:
    package = await source_package(await sources_of_copy(sources, tmp_path / "backchat"), tmp_path / "sdist")
    with tarfile.open(package) as file:
        names = [name.partition("/")[2] for name in file.getnames()]
        await asyncio.to_thread(file.extractall, tmp_path / "unpacked", filter="data")
    assert {"README.md", "LICENSE", "CHANGELOG.md", "config.example.toml", "requirements/run.txt"} <= set(names)
    assert "docs/adding-an-adapter.md" in names and "docs/examples/guestbook/backchat_guestbook.py" in names
    assert not [name for name in names if name.startswith(("tests", "benchmarks")) or "__pycache__" in name]
    (unpacked,) = await asyncio.to_thread(lambda: list((tmp_path / "unpacked").iterdir()))
    again = await built(unpacked, tmp_path / "wheels")
    assert contents(again) == contents(wheel)


@pytest.mark.real
async def test_it_runs_where_nothing_but_it_and_its_pins_is_installed(wheel: Path, tmp_path: Path) -> None:
    env = await environment(tmp_path / "venv")
    await env.install("--require-hashes", "-r", str(ROOT / "requirements" / "run.txt"))
    await env.install("--no-index", "--no-deps", str(wheel))
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "Exit codes" in await ran(str(env.backchat), "--help", cwd=empty)
    example = env.folder / "share" / "backchat" / "config.example.toml"
    assert "is in order" in await ran(str(env.backchat), "--config", str(example), "check", cwd=empty)
    said = await ran(str(env.backchat), "demo", "--check", cwd=empty)
    assert f"{len(STEPS)} of {len(STEPS)} steps held" in said
    assert [path.name for path in empty.iterdir()] == [".backchat-demo"]
    assert (empty / ".backchat-demo" / "tools" / "isso").is_dir()
