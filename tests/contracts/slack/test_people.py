"""Names of people and channels: asked for once, believed for a day, and never waited for too long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack import people as they
from adapters.slack.markup import Mentioned
from bridge.model import PersonId, Writer
from bridge.testing.clock import DrivenClock
from tests.contracts.slack.hearing import Hearing, hearing
from tests.servers.slack_double import Double


@pytest.fixture
def clock() -> DrivenClock:
    return DrivenClock()


@pytest.fixture
async def here(slack: Double, tmp_path: Path, clock: DrivenClock) -> AsyncIterator[Hearing]:
    async with hearing(slack, tmp_path, clock) as one:
        yield one


async def test_a_person_is_asked_for_once_a_day_and_called_as_people_call_them(
    here: Hearing, clock: DrivenClock
) -> None:
    ada, bob = here.slack.member("Ada"), here.slack.member("Bob", display_name="bobby", letter="W")
    team = here.api.us.team
    for _ in range(2):
        assert await here.people.writer(ada.id, team) == Writer(PersonId(ada.id), "Ada")
        assert await here.people.writer(bob.id, team) == Writer(PersonId(bob.id), "bobby")
    assert len(here.slack.asked("users.info")) == 2
    bob.rename("Bob", "robert")
    assert (await here.people.writer(bob.id, None)).name == "bobby"
    clock.advance(they.FRESH)
    assert (await here.people.writer(bob.id, None)).name == "robert"


async def test_what_many_ask_for_at_once_is_asked_once(here: Hearing) -> None:
    ada = here.slack.member("Ada")
    who = Mentioned(frozenset({ada.id}), frozenset({here.channel.id}), frozenset({"S1"}))
    found = await asyncio.gather(*(here.people.names(who) for _ in range(5)))
    assert {(one.person(ada.id), one.channel(here.channel.id), one.group("S1")) for one in found} == {
        ("@Ada", "#blog", "@group")
    }
    assert len(here.slack.asked("users.info")) == len(here.slack.asked("conversations.info")) == 1


async def test_law_08_whoever_slack_does_not_tell_of_stays_somebody_and_is_asked_for_again(
    here: Hearing, clock: DrivenClock
) -> None:
    ada, team = here.slack.member("Ada"), here.api.us.team
    here.slack.fail("users.info", 500)
    for _ in range(2):
        assert await here.people.writer(ada.id, team) == Writer(PersonId(ada.id), "somebody")
    assert len(here.slack.asked("users.info")) == 1
    with pytest.raises(they.UnknownTeam):
        await here.people.writer(ada.id, None)
    clock.advance(they.AGAIN)
    assert (await here.people.writer(ada.id, None)).name == "Ada"
    names = await here.people.names(Mentioned(frozenset({"U0NOBODY"}), frozenset({"C0NOWHERE"})))
    assert (names.person("U0NOBODY"), names.channel("C0NOWHERE")) == ("@somebody", "#channel")


async def test_law_08_of_whom_slack_knows_nothing_is_nobody_of_ours(here: Hearing) -> None:
    writer = await here.people.writer("U0NOBODY", None)
    assert writer.id != "U0NOBODY" and writer.id.endswith("/U0NOBODY")


async def test_a_name_that_comes_late_is_there_the_next_time(here: Hearing, clock: DrivenClock) -> None:
    ada, team = here.slack.member("Ada"), here.api.us.team
    held = here.slack.fail("users.info", hold=True)
    asked = asyncio.ensure_future(here.people.writer(ada.id, team, within=1.5))
    await held.reached.wait()
    clock.advance(1.5)
    assert (await asked).name == "somebody"
    held.release()
    assert (await here.people.writer(ada.id, team)).name == "Ada"
    assert len(here.slack.asked("users.info")) == 1


async def test_a_known_name_is_kept_while_slack_tells_no_new_one(here: Hearing, clock: DrivenClock) -> None:
    ada = here.slack.member("Ada")
    await here.people.writer(ada.id, None)
    clock.advance(they.FRESH)
    here.slack.fail("users.info", "fatal_error")
    assert await here.people.writer(ada.id, None) == Writer(PersonId(ada.id), "Ada")


async def test_members_names_are_taken_and_slackbots_from_the_start(here: Hearing) -> None:
    assert here.people.taken() == {"Slackbot"}
    here.slack.member("Ada", display_name="ada.l")
    left = here.slack.member("Lea")
    left.user.deleted = True
    await here.people.fill()
    assert {"Slackbot", "ada.l", "Ada", "Olga Owner"} <= here.people.taken() and "Lea" not in here.people.taken()
    here.people.learn({"id": "U0NEW", "team_id": here.api.us.team, "profile": {"real_name": "Nina"}})
    assert "Nina" in here.people.taken()


async def test_members_that_cannot_be_read_hinder_nothing(here: Hearing) -> None:
    here.slack.fail("users.list", "missing_scope")
    await here.people.fill()
    here.slack.fail("users.list", 429)
    await here.people.fill()
    assert here.people.taken() == {"Slackbot"}


async def test_only_so_many_are_remembered(here: Hearing) -> None:
    for number in range(they.KNOWN + 1):
        here.people.learn({"id": f"U{number}", "team_id": "T1", "profile": {"display_name": f"Name {number}"}})
    assert len(here.people.taken()) == they.KNOWN + 1 and "Name 0" not in here.people.taken()


async def test_nobody_is_asked_for_any_more_once_it_is_closed(here: Hearing, clock: DrivenClock) -> None:
    ada = here.slack.member("Ada")
    held = here.slack.fail("users.info", hold=True)
    asked = asyncio.ensure_future(here.people.writer(ada.id, here.api.us.team))
    await held.reached.wait()
    await here.people.close()
    assert (await asked).name == "somebody"
    held.release()


async def test_law_08_who_is_in_our_workspace_by_their_organisation_is_ours_whatever_else_is_named(
    here: Hearing,
) -> None:
    ours, grid = here.api.us.team, here.slack.guest("Gil", here.channel)
    grid.user.workspaces = ["T0OTHER", ours]
    for team in (None, ours, "T0OTHER", "E0HIGHABOVE"):
        assert (await here.people.writer(grid.id, team)).id == grid.id


@pytest.mark.parametrize("stranger", [False, True])
@pytest.mark.parametrize("teams", [["T0OTHER"], None, "words"])
async def test_law_08_nobody_of_another_organisation_is_ours(here: Hearing, stranger: bool, teams: object) -> None:
    if stranger:
        teams = [here.api.us.team]
    elif teams == "words":
        teams = f"{here.api.us.team},T0OTHER"
    here.people.learn({"id": "U1", "team_id": "E0OTHER", "is_stranger": stranger, "enterprise_user": {"teams": teams}})
    assert (await here.people.writer("U1", None)).id == "E0OTHER/U1"
    assert (await here.people.writer("U1", "T0OTHER")).id == "T0OTHER/U1"


async def test_law_08_whose_workspace_is_told_as_ours_stays_a_stranger_where_an_event_names_another(
    here: Hearing,
) -> None:
    ada = here.slack.member("Ada")
    assert (await here.people.writer(ada.id, "T0OTHER")).id == f"T0OTHER/{ada.id}"
