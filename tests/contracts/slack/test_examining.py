"""What `backchat doctor` says of a Slack chat: what is as it should be, what is not, and how to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from adapters.slack.api import Api
from adapters.slack.double.hooks import signed
from adapters.slack.double.things import Channel
from adapters.slack.examining import examine
from adapters.slack.manifest import link
from adapters.slack.outcomes import READS
from adapters.slack.scopes import SCOPES, Scope
from adapters.slack.settings import EVENTS, Settings
from bridge.chats.rooms import Rooms
from bridge.clock import WallClock
from bridge.model import Desk, Finding, RoomId
from tests.contracts.chat_examining import Examined
from tests.servers.slack_double import Double, Person

LOOKS = READS | {"apps.connections.open"}


@dataclass
class Scene(Examined):
    """A workspace with a channel and an author; what `doctor` is told of it, and what it then says."""

    slack: Double
    author: Person
    channel: Channel
    settings: Settings
    rooms: Rooms = field(default_factory=Rooms)

    @property
    def room(self) -> RoomId:
        return RoomId(self.channel.id)

    def say_who(self, *people: str) -> None:
        self.rooms = Rooms(speakers={self.room: frozenset(people)})

    async def findings(self) -> Sequence[Finding]:
        async with AsyncExitStack() as stack:
            api = Api(self.settings, WallClock())
            await api.open(stack)
            asked = len(self.slack.requests)
            found = await examine(self.settings, api, self.rooms, WallClock())
            assert {one.method for one in self.slack.requests[asked:]} <= LOOKS  # nothing is changed
        assert all(finding.good or finding.remedy for finding in found)
        assert self.slack.token not in str(found) and self.slack.app_token not in str(found)
        return found


@pytest.fixture
async def scene(slack: Double, tmp_path: Path) -> Scene:
    author, channel = slack.member("Ada"), slack.channel("comments")
    settings = Settings(name="slack", token=slack.token, app_token=slack.app_token, api=slack.api, state=tmp_path)
    here = Scene(slack, author, channel, settings)
    here.say_who(author.id)
    return here


async def test_what_is_in_order_is_said(scene: Scene) -> None:
    assert await scene.good() == [
        "the token is that of backchat, a bot on “Home”",
        f"the bot has the {len(SCOPES)} scopes that Backchat uses",
        "Slack takes the app-level token, and Socket Mode is on: what happens there can be heard",
        "#comments on “Home” is a public channel, and the bot is in it",
        "whoever may answer or moderate in #comments is known, and can write there",
    ]


async def test_without_a_route_there_is_nothing_to_look_at(scene: Scene) -> None:
    scene.rooms = Rooms()
    assert await scene.bad() == {"no route names a channel of this chat": "write a channel's id as `room` in a route"}


# --- The app ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
async def test_each_scope_that_the_bot_lacks_is_told_by_its_name(scene: Scene, scope: Scope) -> None:
    scene.slack.app.scopes.remove(scope.name)
    remedy = (await scene.bad())[f"the bot lacks the scope {scope.name}: {scope.without}"]
    assert "https://api.slack.com/apps" in remedy and remedy.endswith("Reinstall to Workspace")


async def test_an_app_level_token_of_another_app_is_told(scene: Scene) -> None:
    app = scene.slack.app.id
    scene.settings = replace(scene.settings, app_token=f"xapp-1-A0ELSEWHERE-1-{'f' * 64}")
    assert await scene.bad() == {
        f"app_token belongs to the app A0ELSEWHERE, and token to the app {app}: nothing would be heard":
            "copy both from the pages of one app",
    }  # fmt: skip


async def test_an_app_level_token_that_is_revoked_is_told(scene: Scene) -> None:
    scene.settings = replace(scene.settings, app_token=f"xapp-1-{scene.slack.app.id}-1-{'f' * 64}")
    (what,) = await scene.bad()
    assert what.startswith("Slack does not accept the app-level token (chats.slack.app_token: invalid_auth)")


async def test_socket_mode_that_is_switched_off_is_told(scene: Scene) -> None:
    scene.slack.switch_off_sockets()
    (what,) = await scene.bad()
    assert what.startswith("Socket Mode is switched off")


async def test_a_token_without_connections_write_is_told(scene: Scene) -> None:
    scene.slack.fail("apps.connections.open", "missing_scope")
    (what,) = await scene.bad()
    assert "lacks connections:write" in what


# --- Being called -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def called(scene: Scene) -> AsyncIterator[dict[str, Any]]:
    """HTTP mode, with something at the address that answers as `status` and `secret` there say."""
    behaviour: dict[str, Any] = {"status": 200, "secret": "", "seen": []}

    async def answer(request: web.Request) -> web.Response:
        body = await request.text()
        stamp = request.headers["X-Slack-Request-Timestamp"]
        behaviour["seen"].append(request.headers["X-Slack-Signature"])
        if signed(behaviour["secret"], body, float(stamp))["X-Slack-Signature"] != behaviour["seen"][-1]:
            return web.Response(status=401)
        challenge = (await request.json())["challenge"]
        return web.Response(status=behaviour["status"], text=challenge if behaviour["status"] == 200 else "")

    app = web.Application()
    app.router.add_post(f"/in/chats/slack/{EVENTS}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    behaviour["address"] = f"http://127.0.0.1:{runner.addresses[0][1]}/in/chats/slack/{EVENTS}"
    behaviour["secret"] = scene.slack.signing_secret
    scene.settings = replace(
        scene.settings, mode="http", signing_secret=behaviour["secret"], address=behaviour["address"]
    )
    yield behaviour
    await runner.cleanup()


async def test_an_address_that_answers_is_in_order(scene: Scene, called: dict[str, Any]) -> None:
    good = await scene.good()
    assert f"{called['address']} is answered by Backchat, which knows its signing secret" in good
    assert len(called["seen"]) == 1 and scene.slack.asked("apps.connections.open") == []


async def test_another_signing_secret_is_told(scene: Scene, called: dict[str, Any]) -> None:
    called["secret"] = "0" * 32
    (what,) = await scene.bad()
    assert what == f"whoever answers at {called['address']} does not know this signing_secret"


async def test_a_strange_answer_is_told(scene: Scene, called: dict[str, Any]) -> None:
    elsewhere = called["address"].replace(EVENTS, "elsewhere")
    scene.settings = replace(scene.settings, address=elsewhere)
    bad = await scene.bad()
    assert "/in/" in bad[f"what answers at {elsewhere} is not Backchat (404)"]


async def test_an_address_where_nobody_answers_is_told(scene: Scene, called: dict[str, Any]) -> None:
    called["status"] = 502
    for address in (called["address"], "http://127.0.0.1:1/in/chats/slack/slack/events"):
        scene.settings = replace(scene.settings, address=address)
        remedy = (await scene.bad())[f"nobody answers at {address} now, so that Slack can tell nothing"]
        assert "start Backchat" in remedy and "reverse proxy" in remedy
        told = [finding.what for finding in await scene.findings() if finding.good]
        assert f"an app that is told of that address is made by {link(address)}" in told


# --- Channels ---------------------------------------------------------------------------------------------------------


async def test_what_is_no_channel_is_told(scene: Scene) -> None:
    hidden = scene.slack.channel("hidden", private=True, bot=False)
    scene.rooms = Rooms(speakers={RoomId(room): frozenset() for room in ("comments", "C0GONE", hidden.id)})
    bad = await scene.bad()
    assert set(bad) == {
        "'comments' is no channel's id on Slack, which begins with C or G",
        "the bot sees no channel C0GONE on “Home”", f"the bot sees no channel {hidden.id} on “Home”",
    }  # fmt: skip
    assert "/invite @backchat" in bad[f"the bot sees no channel {hidden.id} on “Home”"]


async def test_a_channel_without_the_bot_is_told(scene: Scene) -> None:
    scene.slack.remove(scene.channel)
    assert await scene.bad() == {"the bot is not in #comments": "write /invite @backchat in #comments"}


async def test_an_archived_channel_is_told(scene: Scene) -> None:
    scene.slack.archive(scene.channel)
    assert list(await scene.bad()) == ["#comments is archived: nothing can be said there"]


async def test_a_shared_channel_is_mentioned_and_is_no_fault(scene: Scene) -> None:
    scene.slack.guest("Gero", scene.channel)
    (said,) = [what for what in await scene.good() if "shared" in what]
    assert said.endswith("they speak for the blog only where they are listed by workspace and id, as T…/U…")


async def test_a_private_moderation_channel_is_in_order(scene: Scene) -> None:
    desk = scene.slack.channel("waiting", private=True)
    scene.rooms = Rooms({RoomId(desk.id): Desk(frozenset({scene.author.id}), closed=True)})
    assert "#waiting is a private channel, as a moderation room should be" in await scene.good()


async def test_a_moderation_channel_that_others_see_is_told(scene: Scene) -> None:
    scene.slack.guest("Gero", scene.channel)
    scene.rooms = Rooms({scene.room: Desk(frozenset({scene.author.id}), closed=True)})
    bad = await scene.bad()
    assert set(bad) == {
        "#comments is shared with people outside “Home”, who can read what waits for approval",
        "everybody on “Home” can read in #comments what waits for approval",
    }
    scene.rooms = Rooms({scene.room: Desk(frozenset({scene.author.id}), closed=False)})
    await scene.good()


# --- People -----------------------------------------------------------------------------------------------------------


async def test_people_who_cannot_answer_are_told_one_by_one(scene: Scene) -> None:
    private = scene.slack.channel("den", private=True)
    outside, gone = scene.slack.member("Bob", scene.channel), scene.slack.member("Cleo", private)
    gone.user.deleted = True
    guest = scene.slack.guest("Gero", private)
    foreign = f"{guest.user.team.id}/{guest.id}"
    listed = {scene.author.id, outside.id, gone.id, scene.slack.bot.id, "U0NOBODY", "ada", "@staff", guest.id}
    scene.rooms = Rooms(speakers={RoomId(private.id): frozenset(listed)})
    bad = await scene.bad()
    assert bad[f"Gero, listed as {guest.id}, is of another company"] == f'write "{foreign}"'
    assert set(bad) == {
        f"Bob ({outside.id}) is not in #den, which is private", f"the account of Cleo ({gone.id}) is deactivated",
        f"Backchat ({scene.slack.bot.id}) is a bot, and bots do not answer",
        "nobody whom the bot sees has the id U0NOBODY", "'ada' is nobody's id on Slack",
        "@staff is listed for #den, and Slack has no roles", f"Gero, listed as {guest.id}, is of another company",
    }  # fmt: skip


async def test_a_guest_is_listed_with_the_workspace(scene: Scene) -> None:
    guest = scene.slack.guest("Gero", scene.channel)
    scene.say_who(f"{guest.user.team.id}/{guest.id}")
    await scene.good()
    home = scene.slack.world.team.id
    scene.say_who(f"{home}/{scene.author.id}")
    what = f"Ada, listed as {home}/{scene.author.id}, belongs to “Home”"
    assert await scene.bad() == {what: f'write "{scene.author.id}"'}


# --- Trouble ----------------------------------------------------------------------------------------------------------


async def test_what_cannot_be_asked_hides_nothing_else(scene: Scene) -> None:
    other = RoomId(scene.slack.channel("other").id)
    scene.rooms = Rooms(speakers={**scene.rooms.speakers, other: frozenset()})
    scene.slack.fail("conversations.info", 500, when=lambda given: given["channel"] == scene.room)
    scene.slack.fail("apps.connections.open", 503)
    bad = await scene.bad()
    assert f"the channel {scene.room} cannot be looked at: Slack answered 500" in bad
    assert len(bad) == 2 and any(what.startswith("what Slack tells cannot be tried: ") for what in bad)


async def test_a_scope_that_a_look_needs_is_named(scene: Scene) -> None:
    scene.slack.app.scopes.remove("channels:read")
    bad = await scene.bad()
    assert f"the channel {scene.room} cannot be looked at: the bot lacks the scope channels:read" in "".join(bad)
