"""What the Slack adapter says when it is opened, and what of it is imported before that."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.model import Guarantee, RoomId
from bridge.ports import ChatAbility
from tests.contracts.slack.scene import OpenScene, opened


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[OpenScene]:
    async with opened(tmp_path) as scene:
        yield scene


async def test_with_every_scope_it_can_do_everything(on: OpenScene) -> None:
    ready = await on.chat.open(on.stack)
    assert ready.abilities == frozenset(ChatAbility)
    assert ready.remarks == ()
    assert ready.guarantee is Guarantee.ONE_AFTER_A_SWEEP
    assert (ready.limits.key_window, ready.limits.thread_window, ready.limits.tells_past) == (0.0, 0.0, False)


@pytest.mark.parametrize("scope", ["reactions:write", "reactions:read"])
async def test_what_a_lacking_scope_costs_is_said(on: OpenScene, scope: str) -> None:
    on.slack.app.scopes.remove(scope)
    ready = await on.chat.open(on.stack)
    assert frozenset(ChatAbility) - ready.abilities == {ChatAbility.RECEIPT, ChatAbility.WORDS}
    (remark,) = ready.remarks
    assert scope in remark and "receipts" in remark


async def test_who_only_looks_is_told_what_is_lacking_by_the_examination_alone(on: OpenScene) -> None:
    on.slack.app.scopes.remove("chat:write.customize")
    on.chat.surroundings = replace(on.chat.surroundings, looking=True)
    assert (await on.chat.open(on.stack)).remarks == ()
    said = [finding.what for finding in await on.chat.examine() if "chat:write.customize" in finding.what]
    assert said == ["the bot lacks the scope chat:write.customize: comments cannot be said under their writers' names"]


async def test_opening_again_sees_what_was_granted_since(on: OpenScene) -> None:
    on.slack.app.scopes.remove("reactions:write")
    await on.chat.open(on.stack)
    on.slack.app.scopes.append("reactions:write")
    ready = await on.chat.open(on.stack)
    assert (ready.abilities, ready.remarks) == (frozenset(ChatAbility), ())


async def test_nobody_is_shown_under_the_name_of_a_member(on: OpenScene) -> None:
    thread = await on.thread()
    await on.chat.say(thread, on.part(name="Ada"), on.key())
    (message,) = on.scene.ours(thread)
    assert message.username == "Ada (visitor)"


def test_slacks_libraries_are_imported_only_by_a_chat_that_is_used() -> None:
    program = (
        "import sys; import adapters.slack; adapters.slack.plugin.no_room('C1');"
        " sys.exit(bool({'slack_sdk', 'slack_bolt', 'emoji', 'aiohttp'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


async def test_public_rooms_of_the_configuration_are_joined_and_of_the_others_it_is_said(on: OpenScene) -> None:
    lunch, secret = on.slack.channel("lunch"), on.slack.channel("secret", private=True)
    old, scope = on.slack.channel("old"), on.slack.channel("scope")
    for channel in (lunch, secret, old, scope):
        on.slack.remove(channel)
    old.archived = True
    on.slack.fail("conversations.join", "missing_scope", when=lambda args: args["channel"] == scope.id)
    rooms = {on.scene.room, *(RoomId(channel.id) for channel in (lunch, secret, old, scope))}
    on.chat.speakers(dict.fromkeys(rooms, frozenset({on.scene.person})))
    ready = await on.chat.open(on.stack)
    assert on.slack.bot.id in lunch.members
    assert sorted(one.partition("channel ")[2].partition(":")[0].partition(",")[0] for one in ready.remarks) == sorted(
        [secret.id, old.id, scope.id]
    )
    assert all("/invite" in one for one in ready.remarks)
    assert "archived" in " ".join(ready.remarks) and "scope" in " ".join(ready.remarks)


async def test_that_slack_does_not_answer_about_rooms_keeps_it_from_nothing(on: OpenScene) -> None:
    lunch = on.slack.channel("lunch")
    on.slack.remove(lunch)
    on.chat.speakers({RoomId(lunch.id): frozenset()})
    on.slack.fail("conversations.join", "reset")
    assert (await on.chat.open(on.stack)).remarks == ()


async def test_whoever_only_looks_joins_nothing(on: OpenScene) -> None:
    lunch = on.slack.channel("lunch")
    on.slack.remove(lunch)
    on.chat.surroundings = replace(on.chat.surroundings, looking=True)
    on.chat.speakers({RoomId(lunch.id): frozenset()})
    await on.chat.open(on.stack)
    assert on.slack.asked("conversations.join") == [] and on.slack.bot.id not in lunch.members
