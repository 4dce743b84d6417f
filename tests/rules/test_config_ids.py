"""A chat's adapter tells by their looks which ids of a route are none; one that cannot tell is not asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.clock import WallClock
from bridge.config import load
from bridge.errors import ConfigError

CONFIG = """
[blogs.garden]
adapter = "isso"
address = "http://127.0.0.1:8080"
site = "https://garden.example"
[blogs.garden.accounts.mara]
name = "Mara"
[chats.pub]
adapter = "odd"
[routes.garden]
blog = "garden"
relay = "authors"
[[routes.garden.rooms]]
chat = "pub"
room = "lounge"
authors = { "7" = "mara", "@mods" = "mara" }
notify = ["@mods"]
"""
PLUGIN = '''
class Chat:
    """Never opened."""

class Plugin:
    port_version = 1

    def from_config(self, table, surroundings):
        return Chat()

    def no_room(self, room):
        {room}

    def no_person(self, person):
        return None if person.isdigit() else f"person {{person}}"

    def no_role(self, role):
        return f"role {{role}}"

plugin = Plugin()
'''


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A chat adapter of somebody else's, installed; its configuration."""
    site, module = tmp_path / "site", f"odd_chat_{abs(hash(request.node.name))}"
    (site / "odd-1.dist-info").mkdir(parents=True)
    (site / "odd-1.dist-info" / "entry_points.txt").write_text(f"[backchat.chats]\nodd = {module}:plugin\n")
    (site / f"{module}.py").write_text(PLUGIN.format(room=request.param))
    monkeypatch.syspath_prepend(site)
    file = tmp_path / "backchat.toml"
    file.write_text(CONFIG)
    return file


def problems(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(file, WallClock())
    return [one.removeprefix(f"{file}:") for one in caught.value.problems]


PEOPLE = [
    '16: routes.garden.rooms[0].authors."@mods": role mods',
    "17: routes.garden.rooms[0].notify[0]: person @mods",
]


@pytest.mark.parametrize("odd", ['return f"room {room}"'], indirect=True)
def test_an_adapter_is_asked_about_rooms_people_and_roles(odd: Path) -> None:
    assert problems(odd) == ["15: routes.garden.rooms[0].room: room lounge", *PEOPLE]


@pytest.mark.parametrize("odd", ["raise ValueError('a fault of theirs')"], indirect=True)
def test_a_fault_of_an_adapter_hides_nothing(odd: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert problems(odd) == PEOPLE
    assert "a fault of theirs" in caplog.text


@pytest.mark.parametrize("odd", ["return None"], indirect=True)
def test_what_is_wrong_in_itself_is_told_once(odd: Path) -> None:
    odd.write_text(CONFIG.replace('"7" = "mara", "@mods" = "mara"', '"@ " = "mara"').replace('["@mods"]', '"mods"'))
    assert [one.partition(": ")[2].partition(":")[0] for one in problems(odd)] == [
        'routes.garden.rooms[0].authors."@ "', "routes.garden.rooms[0].notify",
    ]  # fmt: skip


@pytest.mark.parametrize("odd", ["return 'room'"], indirect=True)
def test_a_chat_that_cannot_tell_is_not_asked(odd: Path) -> None:
    odd.write_text(CONFIG.replace('adapter = "odd"', 'adapter = "web_room"'))
    assert load(odd, WallClock()).routes[0].places[0].room == "lounge"
