"""What a chat is told of its rooms before it is opened, by the daemon and by `backchat doctor` alike."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.house import tell
from bridge.model import Desk, Relay, RoomId
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_chat import FakeChat
from bridge.testing.stage import desk, place, route


class Told(FakeChat):
    """A chat that remembers what it was told."""

    def desks(self, rooms: Mapping[RoomId, Desk]) -> None:
        self.told_desks = dict(rooms)

    def speakers(self, rooms: Mapping[RoomId, frozenset[str]]) -> None:
        self.told_speakers = dict(rooms)


def test_a_chat_knows_every_room_also_where_nobody_answers() -> None:
    chat = Told(DrivenClock())
    routes = [
        route(place(), desks=[desk()]),
        route(place(room="quiet", eve="eve"), place(chat="other", room="far"), relay=Relay.OFF),
    ]
    tell("lounge", chat, routes, [("lounge", "once a desk"), ("other", "far")])
    assert chat.told_speakers == {"garden": {"ada"}, "backroom": {"mod"}, "quiet": frozenset()}
    assert chat.told_desks == {
        "backroom": Desk(frozenset({"mod"}), closed=True),
        "once a desk": Desk(frozenset(), closed=True),
    }


def test_of_two_routes_into_one_room_both_have_their_authors() -> None:
    chat = Told(DrivenClock())
    tell("lounge", chat, [route(), route(place(eve="eve")), route(place(bob="bob"), relay=Relay.OFF)], [])
    assert chat.told_speakers == {"garden": {"ada", "eve"}}
