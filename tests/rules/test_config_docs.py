"""What docs/configuration.md shows is what Backchat reads and says."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from bridge.cli import main
from bridge.clock import WallClock
from bridge.config import load

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_first_example_is_a_whole_configuration(here: Path) -> None:
    Path("backchat.toml").write_text(blocks("toml")[0])
    assert load(Path("backchat.toml"), WallClock()).routes[0].places[0].speakers == {"mara": "mara"}


def test_the_session_shows_what_check_says(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = blocks("toml")[0].replace("site = ", 'evry = "5m"\nsite = ', 1)
    broken = broken.replace('relay = "authors"', 'relay = "all"').replace('chat = "room"', 'chat = "rom"')
    (session,) = blocks("console")
    command, *said = session.splitlines()
    assert command.startswith("$ backchat ")
    Path("broken.toml").write_text(broken)
    with pytest.raises(SystemExit) as ended:
        main(command.split()[2:])
    assert ended.value.code == 3
    assert capsys.readouterr().err.splitlines() == said


def test_both_ways_of_naming_authors_are_read(here: Path) -> None:
    whole, *ways = blocks("toml")
    lists = [way for way in ways if way.startswith("authors")]
    assert len(lists) == 2
    for way in lists:
        text = re.sub(r"(?m)^authors = .*\n", way, whole).replace(
            "[chats.room]", '[blogs.garden.accounts.staff]\nname = "All"\n[chats.room]'
        )
        Path("backchat.toml").write_text(text)
        speakers = load(Path("backchat.toml"), WallClock()).routes[0].places[0].speakers
        assert set(speakers) == set(tomllib.loads(way)["authors"])


def test_the_example_of_a_new_name_is_read(here: Path) -> None:
    (renamed,) = (block for block in blocks("toml") if "renamed_from" in block)
    text = blocks("toml")[0].replace("[blogs.garden]", renamed, 1).replace("[blogs.garden.", "[blogs.meadow.")
    Path("backchat.toml").write_text(text.replace('blog = "garden"', 'blog = "meadow"'))
    (rename,) = load(Path("backchat.toml"), WallClock()).renames
    assert (rename.group, rename.old, rename.new) == ("blogs", "garden", "meadow")


def test_every_way_to_write_a_secret_is_read(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ISSO_PASSWORD", "secret")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(here))
    for name in ("isso-password", "isso"):
        Path(name).write_text("secret")
    ways = re.findall(r"^\| `(admin_password = .*?)`", PAGE, re.MULTILINE)
    assert len(ways) == 4
    for way in ways:
        Path("backchat.toml").write_text(blocks("toml")[0].replace("site = ", f"{way}\nsite = ", 1))
        assert load(Path("backchat.toml"), WallClock()).secrets == ("…" if "…" in way else "secret",)
