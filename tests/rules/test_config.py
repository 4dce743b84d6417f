from __future__ import annotations

import re
from pathlib import Path

import pytest

from bridge.clock import WallClock
from bridge.config import Settings, load
from bridge.errors import ConfigError
from bridge.model import Mentions, PersonId, Relay

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SMALL = """
[blogs.garden]
adapter = "isso"
address = "http://127.0.0.1:8080"
site = "https://garden.example"
[blogs.garden.accounts.mara]
name = "Mara"
[chats.room]
adapter = "web_room"
[routes.garden]
blog = "garden"
relay = "authors"
[[routes.garden.rooms]]
chat = "room"
room = "comments"
authors = { mara = "mara" }
"""


def loaded(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "backchat.toml"
    file.write_text(text, "utf-8")
    return load(file, WallClock())


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, text)
    return caught.value.problems


def test_the_example_is_enough_to_start_from() -> None:
    settings = load(EXAMPLE, WallClock())
    assert [blog.name for blog in settings.blogs] == ["garden"]
    assert settings.routes[0].relay is Relay.AUTHORS


def test_every_setting_that_the_example_shows_at_its_default_exists(tmp_path: Path) -> None:
    shown = re.sub(r"(?m)^#: ", "", EXAMPLE.read_text("utf-8"))
    shown = shown.replace('{ file = "isso-password" }', '"secret"').replace('posts = "latest"', 'posts = "feed"')
    settings = loaded(tmp_path, shown)
    plain = loaded(tmp_path, EXAMPLE.read_text("utf-8"))
    assert settings.routes == plain.routes
    assert (settings.time_out, settings.blogs[0].beat) == (plain.time_out, plain.blogs[0].beat)


def test_defaults_are_those_that_people_expect(tmp_path: Path) -> None:
    settings = loaded(tmp_path, SMALL)
    (route,) = settings.routes
    assert (route.hold, route.join, route.mentions) == (10.0, True, Mentions.LINE)
    assert route.places[0].notify == (PersonId("mara"),)
    assert settings.ledger == tmp_path / "state" / "ledger.db"
    assert settings.blogs[0].first_run == 0


@pytest.mark.parametrize(("written", "seconds"), [('"1m"', 60.0), ("5", 5.0), ('"2.5 s"', 2.5), ('"1h"', 3600.0)])
def test_durations_are_written_in_several_ways(tmp_path: Path, written: str, seconds: float) -> None:
    text = SMALL.replace('relay = "authors"', f'relay = "authors"\nhold = {written}')
    assert loaded(tmp_path, text).routes[0].hold == seconds


def test_relay_has_no_default_and_the_error_explains_the_choices(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SMALL.replace('relay = "authors"\n', ""))
    assert "routes.garden.relay: is missing" in problem
    assert all(choice in problem for choice in ('"authors"', '"marked"', '"off"'))


def test_every_problem_is_told_at_once_with_its_key_path(tmp_path: Path) -> None:
    text = SMALL.replace('adapter = "isso"', 'adapter = "isso"\nfirst_run = "some"\nevry = 5').replace(
        'chat = "room"', 'chat = "rom"'
    )
    found = problems(tmp_path, text.replace('mara = "mara" }', 'mara = "sara" }').replace('"authors"', '"all"'))
    told = "\n".join(found)
    for path in ("blogs.garden.first_run", "blogs.garden.evry", "routes.garden.rooms[0].chat", "routes.garden.relay"):
        assert path in told
    assert "routes.garden.rooms[0].authors.mara" in told
    assert "did you mean every?" in told
    assert all(str(tmp_path) in problem for problem in found)


def test_an_unknown_adapter_is_refused_with_the_names_of_those_that_are_there(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SMALL.replace('adapter = "isso"', 'adapter = "blogger"'))
    assert "blogs.garden.adapter" in problem and "'blogger'" in problem and "isso" in problem


def test_the_same_room_twice_for_one_blog_is_refused(tmp_path: Path) -> None:
    second = SMALL[SMALL.index("[routes.garden]") :].replace("routes.garden", "routes.again")
    (problem,) = problems(tmp_path, SMALL + second)
    assert "routes.again.rooms" in problem and "routes.garden" in problem


def test_a_route_that_relays_without_authors_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, SMALL.replace('authors = { mara = "mara" }\n', ""))
    assert "lists no authors" in problem


def test_a_missing_file_and_broken_toml_are_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no configuration at"):
        load(tmp_path / "none.toml", WallClock())
    (problem,) = problems(tmp_path, "blogs = [")
    assert "is not valid TOML" in problem


def test_law_10_secrets_come_from_the_environment_or_a_file_and_appear_in_no_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ISSO_PASSWORD", "hunter2-from-env")
    (tmp_path / "password").write_text("hunter2-from-file\n")
    for source in ('{ env = "ISSO_PASSWORD" }', '{ file = "password" }'):
        text = SMALL.replace('site = "', f'admin_password = {source}\nsite = "')
        settings = loaded(tmp_path, text)
        assert "hunter2" not in repr(settings)
        told = problems(tmp_path, text.replace('relay = "authors"', 'relay = "loud"'))
        assert "hunter2" not in "\n".join(told)


def test_a_secret_that_is_not_there_is_told_with_its_remedy(tmp_path: Path) -> None:
    text = SMALL.replace('site = "', 'admin_password = { env = "NOT_SET_ANYWHERE" }\nsite = "')
    (problem,) = problems(tmp_path, text)
    assert "blogs.garden.admin_password" in problem and "NOT_SET_ANYWHERE" in problem
    (problem,) = problems(tmp_path, text.replace('env = "NOT_SET_ANYWHERE"', 'file = "nowhere"'))
    assert "nowhere" in problem and "cannot be read" in problem


@pytest.mark.parametrize(("key", "value"), [("hold", "nan"), ("hold", "inf"), ("hold", '"1e999s"'), ("hold", "-1")])
def test_a_duration_that_cannot_be_is_refused(tmp_path: Path, key: str, value: str) -> None:
    (problem,) = problems(tmp_path, SMALL.replace('relay = "authors"', f'relay = "authors"\n{key} = {value}'))
    assert f"routes.garden.{key}: must be a duration" in problem


def test_no_time_at_all_for_a_step_is_refused(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[backchat]\ntime_out = 0\n" + SMALL)
    assert "backchat.time_out: must be more than 0 seconds" in problem


def test_a_home_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, '[backchat]\nstate = "~nobody-of-that-name/x"\n' + SMALL)
    assert "backchat.state: cannot be" in problem
