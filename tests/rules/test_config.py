from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.clock import WallClock
from bridge.config import Settings, load
from bridge.config.load import _settings
from bridge.errors import ConfigError
from bridge.model import Mentions, PersonId, Relay
from bridge.schedule import Beat
from bridge.toml.source import opened

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


SECRETS = {"slack-token": "xoxb-1-a", "slack-app-token": "xapp-1-A1-a", "slack-signing-secret": "0" * 32}
"""Those that are known by their looks."""


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


def shown(tmp_path: Path) -> Path:
    """The example with every line in force that it shows at its default."""
    for secret in re.findall(r'file = "([\w-]+)"', EXAMPLE.read_text("utf-8")):
        (tmp_path / secret).write_text(SECRETS.get(secret, "a long enough secret"))
        (tmp_path / secret).chmod(0o600)
    file = tmp_path / "shown.toml"
    file.write_text(re.sub(r"(?m)^#: ", "", EXAMPLE.read_text("utf-8")))
    file.chmod(0o600)
    return file


def test_every_setting_that_the_example_shows_at_its_default_exists(tmp_path: Path) -> None:
    settings = load(shown(tmp_path), WallClock())
    plain = loaded(tmp_path, EXAMPLE.read_text("utf-8"))
    (route,) = settings.routes
    assert [(desk.room, desk.moderators) for desk in route.desks] == [("approval", {"mara": "mara"})]
    assert route.places[0].moderators == {"mara": "mara"}
    without = replace(route, desks=(), places=(replace(route.places[0], moderators={}),))
    assert (without,) == plain.routes and settings.remarks == ()
    assert (settings.time_out, settings.log, settings.state) == (plain.time_out, plain.log, plain.state)
    assert [blog.name for blog in settings.blogs] == ["garden", "orchard", "meadow"]
    assert {(blog.beat, blog.first_run) for blog in settings.blogs} == {(plain.blogs[0].beat, plain.blogs[0].first_run)}
    assert len(settings.renames) == 7 and settings.web == ("127.0.0.1", 8089)


def test_every_setting_that_anything_asks_for_stands_in_the_example(tmp_path: Path) -> None:
    root, sheet = opened(shown(tmp_path))
    _settings(root, tmp_path / "shown.toml", WallClock(), looking=False)
    assert sheet.problems == []
    tables = [root]
    for table in tables:
        assert table._asked - set(table._values) == set(), f"[{table.path}] lacks these in config.example.toml"
        tables += table._children.values()
    asked = {table.path for table in tables}
    assert {
        "backchat",
        "web",
        "blogs.garden.accounts.mara",
        "blogs.orchard.accounts.mara",
        "blogs.meadow",
        "chats.room",
        "chats.discord",
        "chats.slack",
        "routes.garden.rooms[0]",
    } <= asked


def test_every_setting_of_the_example_is_explained_in_a_line_above_it() -> None:
    lines = EXAMPLE.read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if re.match(r"(#: )?\w+ = ", line) and not re.match(
            r"(#: )?(adapter|every|slowest|first_run|renamed_from|blog|chat) ", line
        ):
            assert lines[number - 1].startswith("# "), f"line {number + 1}: {line}"


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


@pytest.mark.parametrize(
    ("written", "beat"),
    [
        ("", Beat(60.0, 600.0)),
        ('every = "5m"', Beat(300.0, 600.0)),
        ('every = "1h"', Beat(3600.0, 3600.0)),
        ("every = 0.5", Beat(0.5, 5.0)),
        ('slowest = "1d"', Beat(60.0, 86_400.0)),
        ('every = "30s"\nslowest = "30s"', Beat(30.0, 30.0)),
    ],
)
def test_an_idle_blog_has_a_beat_of_its_own(tmp_path: Path, written: str, beat: Beat) -> None:
    text = SMALL.replace('adapter = "isso"', f'adapter = "isso"\n{written}')
    assert loaded(tmp_path, text).blogs[0].beat == beat


def test_adapters_are_lent_a_place_to_be_called_at_if_the_daemon_serves_anything(tmp_path: Path) -> None:
    assert loaded(tmp_path, SMALL).mounts is None
    mounts = loaded(tmp_path, '[web]\nlisten = "127.0.0.1:8089"\n' + SMALL).mounts
    assert mounts is not None and mounts.at("blogs", "garden").address is None
    for public in ("https://hooks.example", "https://garden.example/backchat/", "http://127.0.0.1:8089"):
        mounts = loaded(tmp_path, f'[web]\nlisten = "127.0.0.1:8089"\npublic = "{public}"\n' + SMALL).mounts
        assert mounts is not None
        assert mounts.at("chats", "room").address == f"{public.rstrip('/')}/in/chats/room"


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
    assert "not valid TOML" in problem


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


# --- files as editors write them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path, encoding: str, end: str) -> None:
    file = tmp_path / "backchat.toml"
    file.write_bytes(SMALL.replace("\n", end).encode(encoding))
    assert load(file, WallClock()).routes[0].blog == "garden"
    file.write_bytes(SMALL.replace('relay = "authors"', 'relay = "all"').replace("\n", end).encode(encoding))
    with pytest.raises(ConfigError, match=r":12: routes\.garden\.relay: "):
        load(file, WallClock())


# --- authors -----------------------------------------------------------------------------------------------------


def speakers(settings: Settings) -> dict[str, str]:
    return dict(settings.routes[0].places[0].speakers)


def test_authors_may_be_a_list_where_their_account_is_clear(tmp_path: Path) -> None:
    listed = SMALL.replace('{ mara = "mara" }', '["mara", "4711", "@editors"]')
    assert speakers(loaded(tmp_path, listed)) == {"mara": "mara", "4711": "mara", "@editors": "mara"}
    two = listed.replace('name = "Mara"', 'name = "Mara"\n[blogs.garden.accounts.jo]\nname = "Jo"')
    told = problems(tmp_path, two)
    assert [problem.partition(": ")[2].partition(":")[0] for problem in told] == [
        "routes.garden.rooms[0].authors[1]", "routes.garden.rooms[0].authors[2]",
    ]  # fmt: skip
    assert all("the accounts of garden are: mara, jo" in problem for problem in told)


READ_ONLY = """
[blogs.meadow]
adapter = "feed"
address = "https://meadow.example"
[chats.room]
adapter = "web_room"
[routes.meadow]
blog = "meadow"
relay = "authors"
[[routes.meadow.rooms]]
chat = "room"
room = "comments"
authors = ["mara"]
"""


def test_authors_of_a_blog_that_can_only_be_read_need_no_account(tmp_path: Path) -> None:
    assert speakers(loaded(tmp_path, READ_ONLY)) == {"mara": "mara"}
    off = READ_ONLY.replace('"authors"', '"off"').replace('authors = ["mara"]\n', "")
    assert speakers(loaded(tmp_path, off)) == {}


def test_a_blog_without_accounts_names_its_own_setting_when_it_is_given_some(tmp_path: Path) -> None:
    (problem,) = problems(
        tmp_path, READ_ONLY.replace("[chats.room]", '[blogs.meadow.accounts.mara]\nname = "x"\n[chats.room]')
    )
    assert "blogs.meadow.accounts: is no setting here" in problem


# --- names, ports, remarks ---------------------------------------------------------------------------------------


def test_renames_are_read_for_every_group_of_tables(tmp_path: Path) -> None:
    text = SMALL
    for header in ("[blogs.garden]", "[chats.room]", "[routes.garden]"):
        text = text.replace(header, f'{header}\nrenamed_from = "old"', 1)
    assert [(one.group, one.old, one.new) for one in loaded(tmp_path, text).renames] == [
        ("blogs", "old", "garden"), ("chats", "old", "room"), ("routes", "old", "garden"),
    ]  # fmt: skip


def test_two_tables_cannot_have_had_the_same_name(tmp_path: Path) -> None:
    other = '[chats.balcony]\nadapter = "web_room"\nrenamed_from = "old"\n[chats.room]\nrenamed_from = "old"'
    (problem,) = problems(tmp_path, SMALL.replace("[chats.room]", other))
    assert "chats.room.renamed_from: names 'old', as chats.balcony does" in problem


@pytest.mark.parametrize(
    ("web", "room", "meet"),
    [
        ("127.0.0.1:8088", "127.0.0.1:8088", True), ("0.0.0.0:8088", "127.0.0.1:8088", True),
        ("[::]:8088", "127.0.0.1:8088", True), ("127.0.0.1:8088", "127.0.0.2:8088", False),
        ("127.0.0.1:8089", "127.0.0.1:8088", False), ("127.0.0.1:0", "127.0.0.1:0", False),
    ],
)  # fmt: skip
def test_nobody_listens_where_another_one_does(tmp_path: Path, web: str, room: str, meet: bool) -> None:
    served = f'[chats.room]\nserve = true\nlisten = "{room}"'
    text = f'[web]\nlisten = "{web}"\n' + SMALL.replace("[chats.room]", served)
    if meet:
        (problem,) = problems(tmp_path, text)
        assert "chats.room.listen: wants port 8088, as web.listen does" in problem
    else:
        assert loaded(tmp_path, text).web is not None
    assert loaded(tmp_path, text.replace("serve = true", "serve = false")).web is not None


def test_the_daemons_own_pages_are_served_only_where_the_file_says_so(tmp_path: Path) -> None:
    assert loaded(tmp_path, SMALL).web is None
    assert loaded(tmp_path, '[web]\nlisten = "[::1]:8089"\n' + SMALL).web == ("::1", 8089)


def test_every_blog_says_which_sort_of_ids_its_adapter_issues(tmp_path: Path) -> None:
    assert loaded(tmp_path, SMALL).schemes == {"garden": "isso"}


def test_a_fault_in_an_adapter_is_one_problem_among_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from adapters.web_room import chat

    def broken(*_: object) -> None:
        raise KeyError("absent")

    monkeypatch.setattr(chat, "from_config", broken)
    first, second = problems(tmp_path, SMALL.replace('relay = "authors"', 'relay = "all"'))
    assert "chats.room.adapter: cannot be set up through a fault in 'web_room' (KeyError)" in first
    assert "routes.garden.relay" in second
    assert "the adapter web_room cannot read chats.room" in caplog.text


MODERATED = """
[[routes.garden.moderation]]
chat = "room"
room = "approval"
moderators = ["mara", "@editors"]
notify = ["mara"]
"""


def test_a_moderation_room_has_moderators_who_answer_there_as_well(tmp_path: Path) -> None:
    listed = 'authors = { mara = "mara" }'
    public = SMALL.replace(listed, f'{listed}\nmoderators = {{ "@editors" = "mara" }}')
    (route,) = loaded(tmp_path, public + MODERATED).routes
    (desk,) = route.desks
    assert (desk.chat, desk.room, desk.desk, desk.notify) == ("room", "approval", True, ("mara",))
    assert desk.moderators == desk.speakers == {"mara": "mara", "@editors": "mara"}
    assert route.places[0].moderators == {"@editors": "mara"} and not route.places[0].desk
    assert route.place("room", "approval") is desk
