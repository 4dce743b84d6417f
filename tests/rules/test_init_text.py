"""The configuration that `backchat init` puts together of what adapters offer, and how it is put down."""

from __future__ import annotations

import stat
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli.setup.writing import Chosen, NotWritten, config_text, key, name_of, text, write
from bridge.model import AccountName, ChatOffer, PersonId, RoomId, Survey

SURVEY = Survey(
    "garden", 3, ("found",), 'adapter = "isso"\naccounts.mara = { name = "Mara" }', (), (AccountName("mara"),)
)
OFFER = ChatOffer('adapter = "web_room"', RoomId("comments"), (PersonId("zoë"),))
CHOSEN = Chosen("https://garden.example/tea/?utm=1", SURVEY, "web_room", OFFER)


def test_the_parts_become_one_configuration() -> None:
    assert tomllib.loads(config_text(CHOSEN)) == {
        "backchat": {"state": "state", "contact": "https://garden.example/"},
        "blogs": {
            "garden": {"adapter": "isso", "first_run": "latest 5", "accounts": {"mara": {"name": "Mara"}}},
        },
        "chats": {"web_room": {"adapter": "web_room"}},
        "routes": {
            "garden": {
                "blog": "garden",
                "relay": "authors",
                "hold": "10s",
                "rooms": [{"chat": "web_room", "room": "comments", "authors": {"zoë": "mara"}}],
            }
        },
    }


def test_where_nobody_can_answer_the_route_says_so() -> None:
    for chosen in (
        replace(CHOSEN, survey=replace(SURVEY, accounts=())),
        replace(CHOSEN, offer=replace(OFFER, people=())),
    ):
        (route,) = tomllib.loads(config_text(chosen))["routes"].values()
        assert route["relay"] == "off" and "authors" not in route["rooms"][0]


def test_what_an_adapter_sets_itself_is_left_as_it_is() -> None:
    survey = replace(SURVEY, config='adapter = "isso"\nfirst_run = "none"')
    assert tomllib.loads(config_text(replace(CHOSEN, survey=survey)))["blogs"]["garden"]["first_run"] == "none"


def test_names_of_blogs_become_names_of_tables() -> None:
    assert [name_of(words) for words in ("garden", "Mara's Garden!", "", "日本")] == [
        "garden",
        "mara-s-garden",
        "blog",
        "blog",
    ]
    named = replace(CHOSEN, survey=replace(SURVEY, name="Mara's Garden"))
    assert list(tomllib.loads(config_text(named))["blogs"]) == ["mara-s-garden"]


@pytest.mark.parametrize(
    "words", ["plain", 'a "quote"', "back\\slash", "line\nbreak", "tab\t", "\x7f\x00", "zoë", "a.b", ""]
)
def test_any_words_can_be_written(words: str) -> None:
    assert tomllib.loads(f"{key(words)} = {text(words)}") == {words: words}


@pytest.mark.parametrize("part", ["survey", "offer"])
def test_an_offer_that_is_no_toml_is_told(part: str) -> None:
    broken = replace(CHOSEN, **{part: replace(getattr(CHOSEN, part), config="adapter = ")})
    with pytest.raises(NotWritten, match="is no TOML"):
        config_text(broken)


def test_a_file_is_put_down_whole_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "backchat.toml"
    write(file, "one", replace=False)
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == ("one", 0o600)
    with pytest.raises(NotWritten, match="is there already"):
        write(file, "two", replace=False)
    write(file, "two", replace=True)
    assert file.read_text() == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["backchat.toml"]


def test_a_place_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for replacing in (False, True):
        with pytest.raises(NotWritten, match="cannot be written"):
            write(tmp_path / "file" / "backchat.toml", "one", replace=replacing)
