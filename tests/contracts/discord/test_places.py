"""Which channels concern us, by what the gateway tells of them."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.discord.places import Places
from bridge.chats.rooms import Rooms
from bridge.model import Desk, RoomId


def thread(id: str, parent: str = "40", owner: str = "7", **more: Any) -> dict[str, Any]:
    """A thread as the gateway tells of it."""
    return {"id": id, "guild_id": "30", "parent_id": parent, "owner_id": owner, "thread_metadata": {}} | more


@pytest.fixture
def places() -> Places:
    """Two channels of one server, of which 40 is our room; the bot is 900."""
    known = Places(Rooms({RoomId("40"): Desk(frozenset(), closed=False)}), "900")
    known.learn(
        "GUILD_CREATE",
        {
            "id": "30", "channels": [{"id": "40", "name": "blog"}, {"id": "41", "name": "garden"}],
            "threads": [thread("50"), thread("51", "41"), thread("52", "41", "900")],
            "roles": [{"id": "55", "name": "Authors"}],
        },
    )  # fmt: skip
    return known


def test_threads_of_our_rooms_and_our_own_threads_count_and_channels_do_not(places: Places) -> None:
    assert [id for id in ("40", "41", "50", "51", "52") if places.counts(id, "30")] == ["50", "52"]
    assert places.is_room("40")
    assert not places.is_room("50")


def test_a_thread_of_which_nothing_is_known_counts_in_our_servers_alone(places: Places) -> None:
    assert places.counts("99", "30")
    assert not places.counts("99", "31")


def test_while_no_room_is_known_a_thread_of_which_nothing_is_known_counts_everywhere() -> None:
    assert Places(Rooms(), "900").counts("99", "31")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("THREAD_CREATE", thread("60", "41")), ("THREAD_UPDATE", thread("60", "41")),
        ("THREAD_LIST_SYNC", {"guild_id": "30", "threads": [thread("60", "41")]}),
    ],
)  # fmt: skip
def test_threads_are_learnt_of(places: Places, name: str, data: dict[str, Any]) -> None:
    assert places.counts("60", "30")
    places.learn(name, data)
    assert not places.counts("60", "30")


def test_archived_and_deleted_threads_are_forgotten(places: Places) -> None:
    places.learn("THREAD_UPDATE", thread("51", "41", thread_metadata={"archived": True}))
    assert places.counts("51", "30"), "until the gateway tells of it again"
    places.learn("THREAD_DELETE", {"id": "50", "guild_id": "30", "parent_id": "40", "type": 11})
    places.learn("THREAD_DELETE", {"id": "50", "guild_id": "30", "parent_id": "40", "type": 11})


def test_a_deleted_channel_goes_with_its_threads(places: Places) -> None:
    places.learn("CHANNEL_DELETE", {"id": "41", "guild_id": "30"})
    assert not places.is_room("41")
    assert "41" not in places.names.channels
    assert places.counts("51", "30"), "nothing is known of it any more"


def test_names_are_those_of_the_moment(places: Places) -> None:
    places.learn("CHANNEL_UPDATE", {"id": "41", "guild_id": "30", "name": "roses"})
    places.learn("GUILD_ROLE_UPDATE", {"guild_id": "30", "role": {"id": "55", "name": "Gardeners"}})
    places.learn("GUILD_ROLE_CREATE", {"guild_id": "30", "role": {"id": "56", "name": "Guests"}})
    assert places.names.channels == {"40": "blog", "41": "roses"}
    assert places.names.roles == {"55": "Gardeners", "56": "Guests"}
    places.learn("GUILD_ROLE_DELETE", {"guild_id": "30", "role_id": "55"})
    assert places.names.roles == {"56": "Guests"}


def test_a_new_session_tells_of_a_server_anew_and_an_outage_forgets_nothing(places: Places) -> None:
    places.learn("GUILD_CREATE", {"id": "30", "unavailable": True})
    assert places.is_room("40")
    places.learn("GUILD_CREATE", {"id": "30", "channels": [{"id": "40", "name": "blog"}], "threads": []})
    assert not places.is_room("41")
    assert places.counts("50", "30")
