"""The configuration that `backchat init` puts together of what adapters offer, and how it is put down."""

from __future__ import annotations

import signal
import stat
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli.setup.keeping import Secrets
from bridge.cli.setup.talking import Terminal
from bridge.cli.setup.writing import Chosen, NotWritten, config_text, key, name_of, text, write
from bridge.model import AccountName, ChatOffer, PersonId, RoomId, Survey
from bridge.toml.secrets import secret

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


# --- Who may moderate, and who else may answer ------------------------------------------------------------------------

MODERATED = replace(
    CHOSEN,
    survey=replace(SURVEY, moderators=(AccountName("mara"),)),
    offer=replace(OFFER, desk=RoomId("moderation")),
)


def test_who_may_moderate_gets_a_moderation_room() -> None:
    (route,) = tomllib.loads(config_text(MODERATED))["routes"].values()
    moderators = {"zoë": "mara"}
    assert route["moderation"] == [{"chat": "web_room", "room": "moderation", "moderators": moderators}]
    assert route["rooms"][0]["authors"] == route["rooms"][0]["moderators"] == moderators


@pytest.mark.parametrize(
    "chosen",
    [
        replace(MODERATED, survey=SURVEY),
        replace(MODERATED, survey=replace(MODERATED.survey, moderators=(AccountName("otto"),))),
        replace(MODERATED, survey=replace(MODERATED.survey, accounts=())),
        replace(MODERATED, offer=replace(MODERATED.offer, people=())),
        replace(MODERATED, offer=replace(MODERATED.offer, desk=None)),
    ],
    ids=["nobody may", "another one may", "nobody answers", "nobody is there", "the chat has no such room"],
)
def test_without_somebody_who_may_there_is_no_moderation_room(chosen: Chosen) -> None:
    (route,) = tomllib.loads(config_text(chosen))["routes"].values()
    assert "moderation" not in route and "moderators" not in route["rooms"][0]


def test_accounts_that_nobody_uses_yet_are_named() -> None:
    accounts = tuple(AccountName(name) for name in ("mara", "otto", 'o"dd'))
    words = config_text(replace(CHOSEN, survey=replace(SURVEY, accounts=accounts)))
    assert '# Nobody answers as these yet: "otto", "o\\"dd".\n' in words
    tomllib.loads(words)


# --- Secrets ----------------------------------------------------------------------------------------------------------


def test_secrets_get_private_files_that_the_configuration_finds(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "backchat.toml")
    values = [secrets.keep("Mara's Garden", "one"), secrets.keep("Mara's Garden", "two")]
    assert list(tmp_path.iterdir()) == []
    with secrets.written():
        pass
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "secrets").iterdir()} == {0o600}
    assert values == ['{ file = "secrets/mara-s-garden" }', '{ file = "secrets/mara-s-garden-2" }']
    read = [tomllib.loads(f"it = {value}")["it"] for value in values]
    assert [secret(value, tmp_path) for value in read] == ["one", "two"]


def test_a_secret_that_is_there_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    (folder / "garden").write_text("old")
    (folder / "garden-2").symlink_to(tmp_path / "nowhere")
    secrets = Secrets(tmp_path / "backchat.toml")
    assert secrets.keep("garden", "new") == '{ file = "secrets/garden-3" }'
    with secrets.written():
        pass
    assert (folder / "garden").read_text() == "old" and (folder / "garden-3").read_text() == "new\n"
    assert not (tmp_path / "nowhere").exists()


def test_where_the_configuration_is_not_written_no_secret_stays(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "backchat.toml")
    secrets.keep("garden", "one")
    seen: list[str] = []

    def fail() -> None:
        with secrets.written():
            seen.extend(path.name for path in (tmp_path / "secrets").iterdir())
            write(tmp_path / "none" / "backchat.toml", "words", replace=False)

    with pytest.raises(NotWritten):
        fail()
    assert seen == ["garden"]
    assert list(tmp_path.iterdir()) == []


def test_what_ends_a_process_waits_until_all_is_written(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path / "backchat.toml")
    secrets.keep("garden", "one")

    def put_down() -> None:
        with secrets.written():
            signal.raise_signal(signal.SIGINT)
            (tmp_path / "written").touch()
        (tmp_path / "too late").touch()

    with pytest.raises(KeyboardInterrupt):
        put_down()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secrets", "written"]


def test_a_file_where_the_secrets_belong_is_told(tmp_path: Path) -> None:
    (tmp_path / "secrets").touch()
    secrets = Secrets(tmp_path / "backchat.toml")
    secrets.keep("garden", "one")
    with pytest.raises(NotWritten, match="is no folder"), secrets.written():
        pass


def test_without_anybody_there_nothing_is_asked(tmp_path: Path) -> None:
    nobody = Terminal(Secrets(tmp_path / "backchat.toml"), attended=False)
    assert not nobody.attended
    assert (nobody.ask("Your name?"), nobody.ask_secret("Your password?")) == ("", "")


def test_what_a_blog_says_gives_a_terminal_no_orders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Terminal(Secrets(tmp_path / "backchat.toml"), attended=True).tell("A \x1b]0;blog\x07 with\rtricks")
    assert capsys.readouterr().out == "A ]0;blog withtricks\n"
