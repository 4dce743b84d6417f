"""Backchat as other people get it: built into packages, installed into an environment of its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from bridge.demo.children import _die_with_parent
from tests.process.daemon import ROOT

SHIPPED = (
    *("bridge", "adapters", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"),
    *("MANIFEST.in", "config.example.toml", "requirements", "docs", "packaging"),
)
"""What a package is built from; copied, so that building leaves nothing in the work tree."""
EPOCH = "1750000000"
"""The instant that stands in what is built (https://reproducible-builds.org/specs/source-date-epoch/)."""
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")


async def ran(*command: str, cwd: Path, **environment: str) -> str:
    """Run a program that must succeed; all that it said."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env={**_clean(), **environment}, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, preexec_fn=_die_with_parent(os.getpid()),
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
    except BaseException:
        if process.returncode is None:
            process.kill()
            await process.wait()
        raise
    assert process.returncode == 0, f"{' '.join(command)} ended with {process.returncode}:\n{said.decode()}"
    return said.decode()


def _clean() -> Mapping[str, str]:
    """Our environment without what would lead Python or pytest back into the checkout."""
    leading = ("PYTHON", "PYTEST", "VIRTUAL_ENV", "BACKCHAT_CONFIG", "PIP_USER")
    return {name: value for name, value in os.environ.items() if not name.startswith(leading)}


async def built(sources: Path, folder: Path) -> Path:
    """Build the wheel of what lies in `sources`; the tools that build it are those of our own environment."""
    made = folder / sources.name
    await asyncio.to_thread(made.mkdir, parents=True)
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(made))
    await ran(sys.executable, *PIP, "wheel", *options, str(sources), cwd=made, SOURCE_DATE_EPOCH=EPOCH)
    (wheel,) = await asyncio.to_thread(lambda: list(made.iterdir()))
    return wheel


async def source_package(sources: Path, folder: Path) -> Path:
    """Build the source package (sdist) of what lies in `sources`."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    script = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    await ran(sys.executable, "-c", script, cwd=sources, SOURCE_DATE_EPOCH=EPOCH)
    (made,) = await asyncio.to_thread(lambda: list(folder.iterdir()))
    return made


async def sources_of_backchat(folder: Path) -> Path:
    """Copy what Backchat is built from."""

    def copy() -> None:
        folder.mkdir(parents=True)
        for name in SHIPPED:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif (ROOT / name).exists():
                shutil.copy2(ROOT / name, folder / name)

    await asyncio.to_thread(copy)
    return folder


class Environment:
    """A virtual environment without pip: ours installs into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.backchat = folder / "bin" / "backchat"

    async def install(self, *what: str) -> None:
        """Install wheels, or whatever else pip takes."""
        await ran(sys.executable, *PIP, "--python", str(self.python), "install", *what, cwd=self.folder)

    async def run(self, *arguments: str, cwd: Path, **environment: str) -> str:
        """Run this environment's Python; all that it said."""
        return await ran(str(self.python), "-I", *arguments, cwd=cwd, **environment)

    async def lend_our_packages(self) -> None:
        """Let it see what we have installed, behind its own, so that nothing has to be downloaded.

        Our Backchat is not among it: the lines by which an editable one is found work only where pip wrote them.
        """
        script = "import sysconfig; print(sysconfig.get_path('purelib'))"
        ours = (await ran(sys.executable, "-c", script, cwd=self.folder)).strip()
        theirs = (await self.run("-c", script, cwd=self.folder)).strip()
        await asyncio.to_thread((Path(theirs) / "lent.pth").write_text, ours + "\n")


async def environment(folder: Path) -> Environment:
    """Make an empty environment."""
    await ran(sys.executable, "-m", "venv", "--without-pip", str(folder), cwd=folder.parent)
    return Environment(folder)
