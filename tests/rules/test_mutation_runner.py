"""The runner behind `make laws`, tried on a tree of one function and one test."""

from pathlib import Path

import pytest

from tests.mutations import run

LAW = 'law = "Adding adds."\nfile = "bridge/__init__.py"\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A tree with a law that has a test, and code that no test looks at."""
    write(tmp_path, "pyproject.toml", "[tool.pytest.ini_options]\npythonpath = ['.']\n")
    write(
        tmp_path,
        "bridge/__init__.py",
        "def add(a, b):\n    return a + b\n\n\ndef twice(a):\n    return 2 * a\n\n\n# a + a\n",
    )
    write(
        tmp_path,
        "tests/rules/test_add.py",
        "import pytest\nimport bridge\n\n\n"
        "def test_law_01_adds():\n    assert bridge.add(1, 2) == 3\n\n\n"
        "@pytest.fixture\ndef three():\n    assert bridge.add(1, 2) == 3\n\n\n"
        "def test_in_fixture(three):\n    pass\n",
    )
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def attempt(tree: Path, keys: str) -> run.Result:
    write(tree, "tests/mutations/law_01.toml", LAW + keys)
    [mutation] = run.read_mutations(tree / "tests" / "mutations")
    return run.attempt(tree, mutation)


def test_a_broken_law_is_caught_and_the_tree_stays_whole(tree: Path) -> None:
    before = (tree / "bridge/__init__.py").read_text()
    result = attempt(tree, 'old = "a + b"\nnew = "a - b"\n')
    assert (result.verdict, result.detail) == (run.Verdict.CAUGHT, "test_add.py::test_law_01_adds")
    assert (tree / "bridge/__init__.py").read_text() == before


def test_what_no_test_notices_survives(tree: Path) -> None:
    result = attempt(tree, 'old = "2 * a"\nnew = "3 * a"\n')
    assert result.verdict is run.Verdict.SURVIVED


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ('old = "a +"\nnew = "a -"\n', "occurs 2 times"),
        ('old = "a * b"\nnew = "a - b"\n', "occurs 0 times"),
        ('old = "a + b"\nnew = "a + b"\n', "the same"),
        ('old = "a + b"\nnew = "a - b"\ntests = "law_77"\n', "no test matches"),
        ('old = "a + b"\nnew = "a +"\n', "could not collect"),
        ('old = "a + b"\nnew = "a - b"\ntests = "in_fixture"\n', "no test failed"),
        ('old = "a + b"\nnew = "a - b"\npaths = ["tests/nowhere"]\n', "called wrongly"),
    ],
)
def test_what_proves_nothing_is_an_error(tree: Path, keys: str, says: str) -> None:
    result = attempt(tree, keys)
    assert result.verdict is run.Verdict.ERROR
    assert says in result.detail


def test_a_run_is_good_only_where_every_law_is_caught(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tree, "tests/mutations/law_01.toml", LAW + 'old = "a + b"\nnew = "a - b"\n')
    assert run.main(["1"], tree) == 0
    assert "1 of 1 mutations caught; laws without one: 0" in capsys.readouterr().out
    assert run.main([], tree) == 1
    assert "law 12: NO MUTATION" in capsys.readouterr().out


def test_a_run_is_bad_where_the_tests_fail_before_anything_is_broken(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tree, "tests/mutations/law_01.toml", LAW + 'old = "a + b"\nnew = "a - b"\n')
    write(tree, "tests/rules/test_bad.py", "def test_law_01_too():\n    assert False\n")
    assert run.main(["01"], tree) == 1
    assert "do not pass as it is: some fail" in capsys.readouterr().out


def test_a_law_may_have_several_mutations(tree: Path) -> None:
    one = '[[mutation]]\nold = "a + b"\nnew = "a - b"\n'
    other = '[[mutation]]\nold = "2 * a"\nnew = "a"\ntests = "law_01 and not slow"\n'
    write(tree, "tests/mutations/law_01.toml", LAW + one + other)
    first, second = run.read_mutations(tree / "tests" / "mutations")
    assert (first.law, first.old, first.tests) == ("Adding adds.", "a + b", "law_01")
    assert (second.law, second.old, second.tests) == ("Adding adds.", "2 * a", "law_01 and not slow")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("law_1.toml", LAW, "law_NN.toml"),
        ("law_01.toml", LAW, "new, old missing"),
        ("law_01.toml", LAW + 'old = "a"\nnew = "b"\ntest = "c"\n', "unknown test"),
        ("law_01.toml", LAW + 'old = "a"\nnew = 1\n', "to be a text"),
        ("law_01.toml", "law =", "law_01.toml: "),
    ],
)
def test_a_file_that_is_written_wrongly_is_said(tree: Path, name: str, text: str, says: str) -> None:
    write(tree, f"tests/mutations/{name}", text)
    with pytest.raises(run.Unusable, match=says):
        list(run.read_mutations(tree / "tests" / "mutations"))


def test_the_copy_is_tried_and_not_what_is_installed(tree: Path) -> None:
    run.demand_own_packages(tree)
    (tree / "bridge/__init__.py").write_text("__file__ = '/elsewhere/bridge/__init__.py'\n")
    with pytest.raises(run.Unusable, match="elsewhere"):
        run.demand_own_packages(tree)


def test_only_what_git_would_track_is_copied_else_all_but_what_tools_make(
    tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    write(tree, ".venv/lib/x.py", "")
    write(tree, "bridge/__pycache__/x.pyc", "")
    copy = tmp_path_factory.mktemp("copy")
    run.copy_tree(tree, copy)
    assert {path.name for path in copy.iterdir()} == {"bridge", "tests", "pyproject.toml"}
    assert [path.name for path in (copy / "bridge").iterdir()] == ["__init__.py"]
