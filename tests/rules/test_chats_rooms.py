"""Who may do what in a chat's rooms is decided by ids of people and roles."""

from __future__ import annotations

import pytest

from bridge.chats.rooms import Rooms
from bridge.model import Desk, PersonId, RoomId, Writer

HERE, THERE = RoomId("here"), RoomId("there")
ROOMS = Rooms({HERE: Desk(frozenset({"7", "@mods"}), closed=False)}, {HERE: frozenset({"8", "@authors"})})


def who(id: str, name: str = "Ada", *roles: str) -> Writer:
    return Writer(PersonId(id), name, frozenset(roles))


@pytest.mark.parametrize(
    ("person", "answers", "moderates"),
    [
        (who("7"), False, True),
        (who("8"), True, False),
        (who("9"), False, False),
        (who("9", "Mo", "mods"), False, True),
        (who("9", "Mo", "authors", "mods"), True, True),
    ],
)
def test_law_08_rights_go_by_id_and_role(person: Writer, answers: bool, moderates: bool) -> None:
    assert (ROOMS.may_answer(HERE, person), ROOMS.may_moderate(HERE, person)) == (answers, moderates)
    assert not ROOMS.may_answer(THERE, person) and not ROOMS.may_moderate(THERE, person)


@pytest.mark.parametrize("name", ["Ada", "7", "8", "@mods", "mods", "@authors"])
def test_law_08_no_name_gives_a_right(name: str) -> None:
    assert not ROOMS.may_answer(HERE, who("9", name)) and not ROOMS.may_moderate(HERE, who("9", name))


def test_a_persons_id_is_no_roles_id() -> None:
    assert not ROOMS.may_moderate(HERE, who("mods")) and not ROOMS.may_moderate(HERE, who("9", "Ada", "7"))


def test_roles_matter_where_one_is_listed_or_nothing_is_known() -> None:
    assert Rooms().by_role and ROOMS.by_role
    assert not Rooms({HERE: Desk(frozenset({"7"}), closed=True)}, {THERE: frozenset({"8"})}).by_role
    assert ROOMS.known == {HERE} and Rooms({}, {THERE: frozenset()}).known == {THERE}
