"""Every route of the double, and every kind of refusal, is held to Discord's own description of its REST interface."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.discord.double import permissions
from adapters.discord.double.asked import routes
from tests.servers.discord_bare import Bare
from tests.servers.discord_described import ABSENT, DESCRIPTION, EXCEPTIONS, description, held
from tests.servers.discord_double import Double

pytestmark = pytest.mark.skipif(not DESCRIPTION.is_file(), reason=ABSENT)

Described = Callable[[Double], None]
BUTTON = {"type": 2, "style": 1, "label": "Answer", "custom_id": "bc1:answer"}
ROW = [{"type": 1, "components": [BUTTON]}]
EMBED = {"title": "A post", "url": "https://blog.example/1", "description": "About tea", "author": {"name": "Ada"}}
FIELD = {"type": 4, "custom_id": "words", "style": 2, "label": "Your answer", "max_length": 4000}
FORM = {"title": "Answer", "custom_id": "bc1:form", "components": [{"type": 1, "components": [FIELD]}]}
NONE: dict[str, list[str]] = {"parse": []}


@pytest.fixture(autouse=True)
def unlimited(discord: Double) -> None:
    discord.limits.off()


def test_each_route_of_the_double_is_one_of_discords() -> None:
    unknown = {
        f"{method} {path}" for method, path in routes.handlers
        if method.lower() not in description()["paths"].get(path, {})
    }  # fmt: skip
    assert not unknown


async def test_each_exception_is_needed(discord: Double, bot: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = discord.channel("blog")
    refused = await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "x" * 2001})
    assert refused.body["errors"] == {
        "content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 2000 or fewer in length."}]}
    }
    await limited(discord, bot)
    monkeypatch.setattr("tests.servers.discord_described.EXCEPTIONS", ())
    assert len(held(discord.requests)) == len(EXCEPTIONS) == 2


async def limited(discord: Double, bot: Bare) -> None:
    discord.limits.pace = 1000.0
    discord.limits.rules["GET /gateway/bot"] = (1, 1.0)
    assert [(await bot.call("GET", "/gateway/bot")).status for _ in range(2)] == [200, 429]


async def test_a_wrong_answer_is_found(discord: Double, bot: Bare) -> None:
    await bot.call("GET", "/users/@me")
    assert not held(discord.requests)
    discord.requests[0].answer = {**discord.requests[0].answer, "id": 5}
    assert held(discord.requests) == ["GET /users/@me answered 200 id: 5 is not of type 'string'"]


async def test_who_one_is_and_what_a_guild_has(discord: Double, bot: Bare, described: Described) -> None:
    described(discord)
    role = discord.role("Authors", permissions.MANAGE_MESSAGES)
    ada, guild = discord.member("Ada", role), discord.home.id
    discord.channel("blog", topic="Comments")
    discord.forum("posts", "tea", require_tag=True)
    for path in (
        "/users/@me", "/users/@me/guilds", "/oauth2/applications/@me", "/applications/@me", "/gateway", "/gateway/bot",
        f"/guilds/{guild}", f"/guilds/{guild}/channels", f"/guilds/{guild}/roles", f"/guilds/{guild}/members/{ada.id}",
        f"/guilds/{guild}/threads/active",
    ):  # fmt: skip
        assert (await bot.call("GET", path)).status == 200, path
    assert (await bot.call("GET", f"/guilds/{guild}", with_counts="true")).body["approximate_member_count"] == 3
    assert (await bot.call("GET", f"/guilds/{guild}/members/{guild}")).code == 10013
    assert (await bot.call("GET", f"/guilds/{ada.id}")).code == 10004
    assert (await bot.call("GET", "/users/@me", token="wrong")).status == 401


async def test_messages_and_reactions(discord: Double, bot: Bare, described: Described) -> None:
    described(discord)
    channel, ada = discord.channel("blog"), discord.member("Ada")
    path = f"/channels/{channel.id}/messages"
    words = ada.write(channel, "Look", files=("cat.png",))
    rich = {"content": "Hello", "embeds": [EMBED], "components": ROW, "nonce": "k" * 25, "enforce_nonce": True}
    said = await bot.call("POST", path, {**rich, "allowed_mentions": NONE, "flags": 4})
    reference = {"message_id": words.id, "fail_if_not_exists": False}
    reply = {"content": f"Yes <@{ada.id}>", "message_reference": reference, "allowed_mentions": {"users": [ada.id]}}
    assert (await bot.call("POST", path, reply)).status == 200
    ada.delete(words)
    mine = f"{path}/{said.body['id']}"
    assert (await bot.call("PUT", f"{mine}/reactions/✅/@me")).status == 204
    ada.react(discord.messages(channel)[0], "✅")
    discord.permit(channel, discord.bot, allow=permissions.PIN_MESSAGES | permissions.MANAGE_MESSAGES)
    assert (await bot.call("PUT", f"{path}/pins/{said.body['id']}")).status == 204
    assert len((await bot.call("GET", path, limit=100)).body) == 3
    assert (await bot.call("GET", mine)).status == 200
    assert [one["id"] for one in (await bot.call("GET", f"{mine}/reactions/✅")).body] == [discord.bot.id, ada.id]
    assert (await bot.call("PATCH", mine, {"content": "Hello!", "allowed_mentions": NONE})).body["edited_timestamp"]
    for verb in (
        f"DELETE {mine}/reactions/✅/@me", f"DELETE {mine}/reactions/✅/{ada.id}", f"DELETE {mine}/reactions/✅",
        f"DELETE {mine}/reactions", f"POST /channels/{channel.id}/typing", f"DELETE {mine}",
    ):  # fmt: skip
        method, where = verb.split()
        assert (await bot.call(method, where)).status == 204, verb
    assert (await bot.call("GET", mine)).code == 10008


async def test_threads(discord: Double, bot: Bare, described: Described) -> None:
    described(discord)
    channel, ada = discord.channel("blog"), discord.member("Ada")
    forum = discord.forum("posts", "tea")
    anchor = (await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "A post"})).body["id"]
    made = await bot.call("POST", f"/channels/{channel.id}/messages/{anchor}/threads", {"name": "A post"})
    assert made.status == 201 and made.body["id"] == anchor
    again = await bot.call("POST", f"/channels/{channel.id}/messages/{anchor}/threads", {"name": "A post"})
    assert again.code == 160004
    loose = await bot.call("POST", f"/channels/{channel.id}/threads", {"name": "Beside", "type": 11})
    secret = await bot.call("POST", f"/channels/{channel.id}/threads", {"name": "Secret"})
    assert (loose.status, secret.status, secret.body["type"]) == (201, 201, 12)
    post = {"name": "A post", "message": {"content": "Starter"}, "applied_tags": [forum.tags[0].id]}
    started = await bot.call("POST", f"/channels/{forum.id}/threads", post)
    assert started.body["message"]["id"] == started.body["id"]
    for verb in (f"PUT {ada.id}", "PUT @me", "GET @me", f"GET {ada.id}", f"DELETE {ada.id}", "DELETE @me"):
        method, whom = verb.split()
        answer = await bot.call(method, f"/channels/{anchor}/thread-members/{whom}")
        assert answer.status in {200, 204}, verb
    assert (await bot.call("GET", f"/channels/{anchor}/thread-members")).body == []
    assert (await bot.call("GET", f"/channels/{anchor}")).status == 200
    assert (await bot.call("GET", f"/channels/{channel.id}")).status == 200
    assert (await bot.call("GET", f"/channels/{forum.id}")).body["available_tags"][0]["name"] == "tea"
    assert (await bot.call("PATCH", f"/channels/{anchor}", {"archived": True, "locked": True})).status == 200
    listed = await bot.call("GET", f"/channels/{channel.id}/threads/archived/public", limit=50)
    assert [one["id"] for one in listed.body["threads"]] == [anchor] and listed.body["has_more"] is False
    assert len((await bot.call("GET", f"/guilds/{channel.guild}/threads/active")).body["threads"]) == 3
    assert (await bot.call("DELETE", f"/channels/{anchor}")).status == 200
    assert (await bot.call("GET", f"/channels/{anchor}")).code == 10003


async def test_webhooks(discord: Double, bot: Bare, described: Described) -> None:
    described(discord)
    channel = discord.channel("blog")
    assert (await bot.call("POST", f"/channels/{channel.id}/webhooks", {"name": "Backchat"})).code == 50013
    discord.bot_role.permissions |= permissions.MANAGE_WEBHOOKS
    hook = (await bot.call("POST", f"/channels/{channel.id}/webhooks", {"name": "Backchat"})).body
    assert (await bot.call("GET", f"/channels/{channel.id}/webhooks")).body == [hook]
    assert (await bot.call("GET", f"/webhooks/{hook['id']}")).body == hook
    mine = f"/webhooks/{hook['id']}/{hook['token']}"
    assert "user" not in (await bot.call("GET", mine, token=None)).body
    words = {"content": "Hello", "username": "Vera", "avatar_url": "https://blog.example/v.png", "components": ROW}
    said = await bot.call("POST", mine, {**words, "allowed_mentions": NONE}, token=None, wait="true")
    assert (await bot.call("POST", mine, {"content": "Unheard"}, token=None)).status == 204
    there = f"{mine}/messages/{said.body['id']}"
    assert (await bot.call("GET", there, token=None)).body["author"]["username"] == "Vera"
    edited = await bot.call("PATCH", there, {"content": "Hello!", "allowed_mentions": NONE}, token=None)
    assert edited.body["content"] == "Hello!"
    assert (await bot.call("DELETE", there, token=None)).status == 204
    assert (await bot.call("DELETE", mine, token=None)).status == 204
    assert (await bot.call("DELETE", f"/webhooks/{hook['id']}")).code == 10015
    hook = (await bot.call("POST", f"/channels/{channel.id}/webhooks", {"name": "Backchat"})).body
    assert (await bot.call("DELETE", f"/webhooks/{hook['id']}")).status == 204


async def test_commands_and_interactions(discord: Double, bot: Bare, described: Described) -> None:
    described(discord)
    channel, ada = discord.channel("blog"), discord.member("Ada")
    application = f"/applications/{discord.world.application.id}"
    status = {"name": "status", "description": "How it stands", "type": 1}
    slash = {"name": "backchat", "description": "Backchat", "type": 1, "options": [status]}
    publish = {"name": "Publish as answer", "type": 3}
    assert len((await bot.call("PUT", f"{application}/commands", [slash, publish])).body) == 2
    assert len((await bot.call("GET", f"{application}/commands")).body) == 2
    guild = f"{application}/guilds/{discord.home.id}/commands"
    made = await bot.call("POST", guild, {"name": "here", "description": "Here", "type": 1})
    assert made.status == 201
    assert (await bot.call("GET", guild)).body[0]["id"] == made.body["id"]
    assert (await bot.call("PUT", guild, [{"name": "here", "description": "Still", "type": 1}])).status == 200
    assert (await bot.call("DELETE", f"{guild}/{made.body['id']}")).status == 204
    spare = await bot.call("POST", f"{application}/commands", {"name": "spare", "description": "Spare", "type": 1})
    assert (await bot.call("DELETE", f"{application}/commands/{spare.body['id']}")).status == 204

    async def back(interaction: object, kind: int, data: object = None) -> int:
        path = f"/interactions/{interaction.id}/{interaction.token}/callback"  # type: ignore[attr-defined]
        body = {"type": kind} if data is None else {"type": kind, "data": data}
        return (await bot.call("POST", path, body, token=None, with_response="true")).status

    asked = await ada.command(channel, "backchat status", wait=False)
    assert await back(asked, 4, {"content": "All well", "flags": 64}) == 200
    follow = f"/webhooks/{discord.world.application.id}/{asked.token}"
    assert (await bot.call("POST", follow, {"content": "And more", "flags": 64}, token=None, wait="true")).status == 200
    assert (await bot.call("PATCH", f"{follow}/messages/@original", {"content": "Fine"}, token=None)).status == 200
    assert (await bot.call("GET", f"{follow}/messages/@original", token=None)).body["content"] == "Fine"
    assert (await bot.call("DELETE", f"{follow}/messages/@original", token=None)).status == 204
    words = ada.write(channel, "A thought")
    chosen = await ada.message_command("Publish as answer", words, wait=False)
    assert await back(chosen, 5, {"flags": 64}) == 200
    card = await bot.call("POST", f"/channels/{channel.id}/messages", {"content": "Hm?", "components": ROW})
    message = discord.world.messages[channel.id][card.body["id"]]
    pressed = await ada.click(message, "bc1:answer", wait=False)
    assert await back(pressed, 9, FORM) == 200
    sent = await ada.submit(pressed, "My answer", wait=False)
    assert await back(sent, 5, {"flags": 64}) == 200
    once_more = await ada.click(message, "bc1:answer", wait=False)
    assert await back(once_more, 7, {"content": "Answered", "components": []}) == 200
    assert await back(once_more, 6) == 400


async def test_refusals(discord: Double, bot: Bare, described: Described) -> None:
    described(discord)
    channel = discord.channel("blog")
    path = f"/channels/{channel.id}/messages"
    for body, code in (({}, 50006), ({"content": "x" * 2001}, 50035), ({"content": "x", "nonce": "n" * 26}, 50035)):
        assert (await bot.call("POST", path, body)).code == code
    discord.permit(channel, None, deny=permissions.VIEW_CHANNEL)
    discord.permit(channel, discord.bot, deny=permissions.VIEW_CHANNEL)
    assert (await bot.call("POST", path, {"content": "x"})).code == 50001
    assert (await bot.call("GET", "/nowhere/at/all")).status == 404
    await limited(discord, bot)
