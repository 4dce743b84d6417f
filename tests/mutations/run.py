"""Breaks each law in a copy of the tree, and demands that a test of that law notices (`make laws`).

A law that can be broken without a failing test is only a sentence. What is broken stands in `law_NN.toml` beside this
file; README.md there says how to write one.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

ALL_LAWS = tuple(f"{number:02}" for number in range(1, 13))
NOT_COPIED = {
    ".git",
    ".venv",
    "__pycache__",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "build",
    "dist",
}
TIME_FOR_ONE = 600  # seconds; a single test that hangs is ended, and fails, by pytest-timeout long before

# What pytest's exit codes mean here. Only 1 says that tests ran and failed.
TESTS_FAILED = 1
OTHER_ENDS = {
    0: "its tests still pass",
    2: "pytest could not collect the tests",
    3: "pytest broke",
    4: "pytest was called wrongly",
    5: "no test matches",
}


class Verdict(Enum):
    """How an attempt to break a law ended."""

    CAUGHT = "caught"
    SURVIVED = "SURVIVED"
    ERROR = "ERROR"


class Unusable(Exception):
    """A mutation that cannot be applied, or a tree that cannot be tried."""


@dataclass(frozen=True)
class Mutation:
    """One way to break one law."""

    number: str
    law: str
    file: str
    old: str
    new: str
    tests: str
    paths: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """What became of one mutation."""

    mutation: Mutation
    verdict: Verdict
    detail: str
    output: str = ""
    seconds: float = 0.0


# --- reading ---------------------------------------------------------------------------------------------------------


def read_mutations(directory: Path) -> Iterator[Mutation]:
    """All mutations of a directory, in the order of the laws."""
    for source in sorted(directory.glob("law_*.toml")):
        named = re.fullmatch(r"law_(\d\d)\.toml", source.name)
        if named is None:
            raise Unusable(f"{source.name}: the name is to be law_NN.toml")
        try:
            table = tomllib.loads(source.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise Unusable(f"{source.name}: {error}") from error
        common = {key: value for key, value in table.items() if key != "mutation"}
        for own in table.get("mutation", [{}]):
            yield _mutation(source.name, named[1], {"tests": f"law_{named[1]}", "paths": [], **common, **own})


def _mutation(source: str, number: str, keys: dict[str, Any]) -> Mutation:
    """A checked mutation from the keys of its table."""
    wanted = {"law", "file", "old", "new", "tests", "paths"}
    if missing := wanted - keys.keys():
        raise Unusable(f"{source}: {', '.join(sorted(missing))} missing")
    if unknown := keys.keys() - wanted:
        raise Unusable(f"{source}: unknown {', '.join(sorted(unknown))}")
    paths = keys.pop("paths")
    if not all(isinstance(value, str) for value in [*keys.values(), *paths]):
        raise Unusable(f"{source}: every value is to be a text, and `paths` a list of texts")
    return Mutation(number=number, paths=tuple(paths), **keys)


# --- a copy, and what is done to it ----------------------------------------------------------------------------------


def copy_tree(root: Path, copy: Path) -> None:
    """Copy what git tracks or would track; where there is no git, everything but what is made by tools."""
    for name in _listed_by_git(root) or _found(root):
        source, target = root / name, copy / name
        if source.is_file():  # not one that was deleted but is still in git's index
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def _listed_by_git(root: Path) -> list[Path]:
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        listing = subprocess.run(command, capture_output=True, check=True, env=environment).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [Path(os.fsdecode(name)) for name in listing.split(b"\0") if name]


def _found(root: Path) -> Iterator[Path]:
    for directory, below, files in os.walk(root):
        below[:] = [name for name in below if name not in NOT_COPIED and not name.endswith(".egg-info")]
        yield from (Path(directory, name).relative_to(root) for name in files)


def compile_tree(copy: Path) -> None:
    """Compile what every attempt imports, once: a copy of this copy keeps it, for a copied file keeps its time."""
    folders = [str(copy / name) for name in ("bridge", "adapters", "tests") if (copy / name).is_dir()]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *folders], check=False, capture_output=True, cwd=copy)


def break_law(copy: Path, mutation: Mutation) -> None:
    """Replace the one occurrence of the old text by the new one, and forget what was compiled of the old."""
    path = copy / mutation.file
    if not path.is_file():
        raise Unusable(f"there is no {mutation.file}")
    text = path.read_bytes().decode("utf-8")
    if (count := text.count(mutation.old)) != 1:
        raise Unusable(f"`old` occurs {count} times in {mutation.file}, and is to occur once")
    if mutation.old == mutation.new:
        raise Unusable("`old` and `new` are the same")
    path.write_bytes(text.replace(mutation.old, mutation.new).encode("utf-8"))
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()


def environment_of(copy: Path) -> dict[str, str]:
    """The caller's environment, with the copy's packages before those that are installed.

    pytest's folders are made beside the copy: in the one that all of a user's runs share, one run may sweep away what
    another one is sweeping, which fails both.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    apart = {"PYTEST_DEBUG_TEMPROOT": str(copy.parent)}
    return kept | apart | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1", "COLUMNS": "200"}


def demand_own_packages(copy: Path) -> None:
    """Make sure that the copy's packages are tried, not those of the work tree that are installed in this venv."""
    names = [name for name in ("bridge", "adapters") if (copy / name / "__init__.py").is_file()]
    probe = (
        f"import {', '.join(names)}; print({', '.join(f'{name}.__file__' for name in names)}, sep='\\n')"
        if names
        else ""
    )
    ran = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        check=False,
        cwd=copy.parent,
        env=environment_of(copy),
    )
    if ran.returncode != 0:
        raise Unusable(f"the copy's packages cannot be imported:\n{ran.stderr}")
    for line in ran.stdout.splitlines():
        if not Path(line).resolve().is_relative_to(copy.resolve()):
            raise Unusable(f"the copy would try {line}, which is not its own")


def run_pytest(copy: Path, expression: str, paths: Sequence[str], *options: str) -> tuple[int, str]:
    """Run the tests that match, in the copy; their exit code and all that they printed."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--color=no",
        "-p",
        "no:cacheprovider",
        *options,
        "-k",
        expression,
        *paths,
    ]
    with subprocess.Popen(
        command,
        cwd=copy,
        env=environment_of(copy),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as running:
        try:
            output, _ = running.communicate(timeout=TIME_FOR_ONE)
        except subprocess.TimeoutExpired as error:
            os.killpg(running.pid, signal.SIGKILL)
            raise Unusable(f"its tests did not end within {TIME_FOR_ONE} s") from error
        return running.returncode, output


# --- trying ----------------------------------------------------------------------------------------------------------


def attempt(whole: Path, mutation: Mutation) -> Result:
    """Break one law in a copy of its own, made of a whole one, and say what noticed."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="backchat-broken-") as scratch:
        copy = Path(scratch, "copy")
        try:
            shutil.copytree(whole, copy)
            break_law(copy, mutation)
            code, output = run_pytest(copy, mutation.tests, mutation.paths, "-x")
        except Unusable as error:
            return Result(mutation, Verdict.ERROR, str(error))
    verdict, detail = judge(code, output)
    return Result(mutation, verdict, detail, output, time.monotonic() - started)


def judge(code: int, output: str) -> tuple[Verdict, str]:
    """Caught is only what a failing test caught: not an import that fails, nor a fixture."""
    if code == 0:
        return Verdict.SURVIVED, OTHER_ENDS[0]
    if code != TESTS_FAILED:
        return Verdict.ERROR, OTHER_ENDS.get(code, f"pytest ended with {code}")
    failed = re.search(r"^FAILED (.+?)(?: - .*)?$", output, re.MULTILINE)
    if failed is None:
        return Verdict.ERROR, "no test failed, but something around the tests did"
    return Verdict.CAUGHT, failed[1].rpartition("/")[2]


def problem_unbroken(whole: Path, expression: str, paths: Sequence[str]) -> str:
    """What is wrong before anything is broken: empty where these tests pass on an unchanged copy."""
    with tempfile.TemporaryDirectory(prefix="backchat-unbroken-") as scratch:
        copy = Path(scratch, "copy")
        shutil.copytree(whole, copy)
        try:
            code, output = run_pytest(copy, expression, paths)
        except Unusable as error:
            return str(error)
    if code == 0:
        return ""
    return f"the laws' tests do not pass as it is: {OTHER_ENDS.get(code, 'some fail')}\n{_tail(output, 40)}"


def try_in_copies(root: Path, whole: Path, mutations: Sequence[Mutation], jobs: int) -> tuple[list[Result], list[str]]:
    """Try every mutation, so many at the same time, and the tree as it is; their results, and what was wrong there."""
    copy_tree(root, whole)
    compile_tree(whole)
    together: dict[str, set[str]] = {}
    for mutation in mutations:
        together.setdefault(mutation.tests, set()).update(mutation.paths or ("tests",))
    try:
        demand_own_packages(whole)
    except Unusable as error:
        return [], [str(error)]
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        unbroken = [pool.submit(problem_unbroken, whole, tests, sorted(paths)) for tests, paths in together.items()]
        results = list(pool.map(lambda mutation: attempt(whole, mutation), mutations))
        return results, [problem for one in unbroken if (problem := one.result())]


# --- telling ---------------------------------------------------------------------------------------------------------


def table(results: Sequence[Result]) -> str:
    """The results as a person reads them."""
    rows = [("law", "file", "broken", "result", "by")]
    rows += [(r.mutation.number, r.mutation.file, _difference(r.mutation), r.verdict.value, r.detail) for r in results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]) for row in rows
    )


def _difference(mutation: Mutation) -> str:
    old, new = (" ".join(text.split()) for text in (mutation.old, mutation.new))
    return f"{_short(old)} → {_short(new) or '(nothing)'}"


def _short(text: str, length: int = 34) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _tail(output: str, lines: int) -> str:
    # Marked, so that nobody takes these for the closing lines of a run of their own.
    return "\n".join(f"    | {line}" for line in output.rstrip().splitlines()[-lines:])


def report(results: Sequence[Result], unbroken: Sequence[str], without: Sequence[str], seconds: float) -> bool:
    """Print everything; whether all is well."""
    bad = [result for result in results if result.verdict is not Verdict.CAUGHT]
    print(table(results))
    for result in bad:
        print(f"\nlaw {result.mutation.number}: {result.mutation.law}\n  {result.verdict.value}: {result.detail}")
        if result.output:
            print(_tail(result.output, 20))
    for number in without:
        print(f"\nlaw {number}: NO MUTATION: there is no law_{number}.toml")
    for problem in unbroken:
        print(f"\nunbroken: {problem}")
    caught = len(results) - len(bad)
    print(f"\n{caught} of {len(results)} mutations caught; laws without one: {len(without)}; {seconds:.0f} s")
    return not (bad or without or unbroken)


def main(arguments: Sequence[str] | None = None, root: Path = Path(__file__).parents[2]) -> int:
    """Try all laws, or those that are named; 0 where every one was caught, 1 where not."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations.run", description=__doc__)
    parser.add_argument("laws", nargs="*", metavar="NN", help="only these laws (default: all twelve)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at the same time")
    options = parser.parse_args(arguments)
    demanded = [law.zfill(2) for law in options.laws] or list(ALL_LAWS)
    started = time.monotonic()
    try:
        read = list(read_mutations(root / "tests" / "mutations"))
    except Unusable as error:
        print(error)
        return 1
    chosen = [mutation for mutation in read if mutation.number in demanded or not options.laws]
    with tempfile.TemporaryDirectory(prefix="backchat-whole-") as scratch:
        results, unbroken = try_in_copies(root, Path(scratch, "copy"), chosen, max(1, options.jobs))
    without = [number for number in demanded if number not in {mutation.number for mutation in chosen}]
    return 0 if report(results, unbroken, without, time.monotonic() - started) else 1


if __name__ == "__main__":
    sys.exit(main())
