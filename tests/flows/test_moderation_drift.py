"""What a changed configuration means for what waits for approval, and for decisions that are under way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.config import Rename
from bridge.model import BlogName, ChatName, Choice, RouteName
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from tests.flows.desk_stories import at_desk, card, decided, in_public, moderated_stage, says, waiting
from tests.flows.stories import ROSES, shown, stopped
from tests.flows.test_drift import back, taken_over

CARD = f"Vera: {ROSES}"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return moderated_stage(tmp_path / "ledger.db")


async def test_under_another_adapter_what_waits_has_one_card_and_is_decided_by_its_new_name(stage: Stage) -> None:
    async with stage:
        await waiting(stage)
        other = await taken_over(stage)
        await stage.until(lambda: at_desk(stage) == [f"Waits: {CARD}"], "one card")
        await decided(stage, Choice.APPROVE, "Approved by Mod")
        await stage.until(lambda: in_public(stage) == [CARD], "the announcement")
        assert other.strangers == [] and await stopped(stage) == []


async def test_a_decision_that_was_on_its_way_when_the_adapter_changed_is_told_and_not_repeated(stage: Stage) -> None:
    async with stage:
        await waiting(stage)
        stage.blog.line.faults.append(Fault.LOST_BEFORE)
        stage.chat.choose(card(stage), Choice.SPAM)
        await stage.until(lambda: not stage.blog.line.faults, "the attempt")
        other = await taken_over(stage)
        await shown(stage, "your choice (Spam) was not carried out. The blog got another adapter")
        assert other.strangers == [] and stage.blog.moderations == [] and await stopped(stage) == []
        await says(stage, "Waits")


async def test_back_under_the_first_adapter_its_card_is_the_one_that_counts(stage: Stage) -> None:
    async with stage:
        await waiting(stage)
        await taken_over(stage)
        await stage.pass_time(10)
        await back(stage)
        await stage.until(lambda: at_desk(stage) == [f"Waits: {CARD}"], "one card")
        await decided(stage, Choice.TRASH, "In the trash, by Mod")


async def test_under_new_names_a_decision_under_way_is_carried_out(stage: Stage) -> None:
    async with stage:
        await waiting(stage)
        stage.house.blogs[stage.name].ready = None
        stage.chat.choose(card(stage), Choice.APPROVE)
        await stage.pass_time(3)
        await stage.stop()
        stage.renames = [
            Rename("blogs", "garden", "meadow"), Rename("chats", "lounge", "bar"), Rename("routes", "garden", "path"),
        ]  # fmt: skip
        stage.name = BlogName("meadow")
        stage.chats = {"bar": stage.chats["lounge"]}
        (before,) = stage.routes
        places, desks = (
            tuple(replace(one, chat=ChatName("bar")) for one in some) for some in (before.places, before.desks)
        )
        stage.routes = (replace(before, name=RouteName("path"), blog=BlogName("meadow"), places=places, desks=desks),)
        await stage.start()
        await says(stage, "Approved by Mod")
        await stage.until(lambda: in_public(stage) == [CARD], "the announcement")
        assert await stopped(stage) == []


async def test_a_route_that_is_gone_leaves_its_cards_and_moderates_no_more(stage: Stage) -> None:
    async with stage:
        await waiting(stage)
        await stage.stop()
        stage.routes = ()
        await stage.start()
        stage.chat.choose(card(stage), Choice.APPROVE)
        await stage.pass_time(10)
        assert stage.blog.moderations == [] and at_desk(stage) == [f"Waits: {CARD}"]


async def test_law_05_a_decision_whose_blog_is_configured_no_more_ends_refused(stage: Stage) -> None:
    async with stage:
        await waiting(stage)
        stage.house.blogs[stage.name].ready = None
        stage.chat.choose(card(stage), Choice.APPROVE)
        await stage.pass_time(3)
        await stage.stop()
        stage.name, stage.routes = BlogName("meadow"), ()
        await stage.start()
        await stage.pass_time(5)
        (decision,) = await stage.ask(lambda tx: tx.all("SELECT state, reason FROM decision"))
        assert decision["state"] == "refused" and "may not moderate from here any more" in decision["reason"]
        assert [row["kind"] for row in await stopped(stage)] == ["objection"]
