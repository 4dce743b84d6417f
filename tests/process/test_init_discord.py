"""`backchat init` for a Discord server: a person at a terminal, a bot's token, and a daemon that runs from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.discord import permissions
from adapters.discord.double.things import Channel, Message
from adapters.discord.setup import API, GATEWAY
from tests.process.daemon import backchat, daemon_of
from tests.process.init_person import everything, is_asked, table
from tests.process.terminal import CTRL_C, terminal
from tests.process.test_init import RSS, WITH_FEED
from tests.process.waiting import until
from tests.servers.discord_double import Double, Person, discord_double
from tests.servers.pages import Pages, serving
from tests.servers.wordpress import RunningWordPress, served

TOKEN = "The bot's token (it is not shown): "
"""With the last space the terminal has stopped to show, and to forget, what is typed."""
INVITED = "Press Enter once the bot is on your server"
COMMENTS, WAITING = "Which channel shows the comments", "Which one shows moderators what waits for approval"
AUTHOR = "Who answers?"


@pytest.fixture
async def discord(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Double]:
    async with discord_double() as discord:
        monkeypatch.setenv(API, discord.api)
        monkeypatch.setenv(GATEWAY, discord.gateway)
        yield discord


@pytest.fixture
async def blog() -> AsyncIterator[Pages]:
    async with serving() as blog:
        blog.put("/comments.xml", RSS, "application/rss+xml")
        blog.put("/", WITH_FEED)
        yield blog


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    return tmp_path / "mine" / "backchat.toml"


def owner(discord: Double) -> Person:
    """Whoever made the bot, and the server."""
    return Person(discord.world, discord.world.application.owner)


async def test_from_an_address_to_the_first_answer(discord: Double, config: Path, tmp_path: Path) -> None:
    comments, waiting = discord.channel("comments"), discord.channel("waiting", private=True)
    async with served("double", tmp_path / "site") as wordpress:
        async with terminal(config, "init", "--chat", "discord", wordpress.address) as person:
            await is_asked(
                person, ("Which of them, 1 to 2?", ""), ("User name on the blog", "editor"),
                ("(it is not shown): ", wordpress.users["editor"].application_password),
                ("Another author's user name", ""), (TOKEN, discord.token),
            )  # fmt: skip
            await person.sees("✓ This is the token of Backchat.")
            await person.sees(f"oauth2/authorize?client_id={discord.world.application.id}&scope=bot")
            await is_asked(person, (INVITED, ""))
            await person.sees("Channels on “Home”:")
            await is_asked(person, (COMMENTS, "1"), (WAITING, "2"), (AUTHOR, ""))
            await person.sees("✓ That is Olga Owner.")
            assert await person.ends() == 0, person.shown
        assert f"{config} is in order." in person.shown and discord.token not in person.shown
        _is_whole(discord, config, comments, waiting)
        code, said, errors = await backchat(config, "doctor")
        assert code == 0 and "✗" not in said, said + errors
        await _an_answer_arrives(discord, wordpress, config, comments)


def _is_whole(discord: Double, config: Path, comments: Channel, waiting: Channel) -> None:
    assert everything(config.parent) == {
        "backchat.toml": 0o600, "secrets": 0o700, "secrets/blog-editor": 0o600, "secrets/discord-token": 0o600,
    }  # fmt: skip
    assert (config.parent / "secrets" / "discord-token").read_text() == f"{discord.token}\n"
    assert discord.token not in config.read_text()
    author = owner(discord).id
    assert table(config)["chats"]["discord"] == {
        "adapter": "discord", "token": {"file": "secrets/discord-token"}, "operators": [author],
        "api": discord.api, "gateway": discord.gateway,
    }  # fmt: skip
    (route,) = table(config)["routes"].values()
    people = {author: "editor"}
    assert route["rooms"] == [{"chat": "discord", "room": comments.id, "authors": people, "moderators": people}]
    assert route["moderation"] == [{"chat": "discord", "room": waiting.id, "moderators": people}]


async def _an_answer_arrives(discord: Double, wordpress: RunningWordPress, config: Path, comments: Channel) -> None:
    """What a visitor comments comes into a thread; what the author replies there stands under it on the blog."""

    def shown() -> Message | None:
        said = [message for thread in discord.threads(comments) for message in discord.messages(thread)]
        return next((message for message in said if "swarm at sea" in message.content), None)

    async with daemon_of(config, config.parent / "daemon.log") as daemon:
        asked_on_blog = await wordpress.visitor("Otto").comment("Do they swarm at sea?")
        await daemon.start_plain()
        asked = await until(shown, "the comment in its thread")
        await discord.connected()
        owner(discord).write(discord.world.channel(asked.channel), "Only once, in a calm.", reply_to=asked)
        await until(lambda: _is_public(discord, asked), "the receipt of a public answer")
        (answer,) = [row for row in await wordpress.rows() if row.words == "Only once, in a calm."]
        assert answer.parent == asked_on_blog and answer.status == "approved"
        assert await daemon.stop() == 0, daemon.words()


def _is_public(discord: Double, asked: Message) -> bool:
    answers = [one for one in discord.messages(asked.channel) if one.content == "Only once, in a calm."]
    return any("✅" in one.reactions for one in answers)


async def test_mistakes_are_told_and_asked_about_again(discord: Double, blog: Pages, config: Path) -> None:
    forum, author = discord.forum("posts"), discord.member("Ada")
    discord.bot.leave()
    async with terminal(config, "init", "--chat", "discord", blog.address) as person:
        await is_asked(person, (TOKEN, ""))
        await person.sees("Without the token nothing can be set up.")
        await is_asked(person, (TOKEN, "nonsense"))
        await person.sees("Discord does not know this token")
        await is_asked(person, (TOKEN, f"Bot {discord.token}"), (INVITED, ""))
        await person.sees("The bot is on no server yet")
        discord.world.join(discord.home, discord.world.bot)
        await is_asked(person, (INVITED, ""), (COMMENTS, ""), (WAITING, ""), (AUTHOR, "12"))
        await person.sees("12 is the id of nobody on “Home”")
        await is_asked(person, (AUTHOR, author.id))
        await person.sees("✓ That is Ada.")
        assert await person.ends() == 0, person.shown
    assert "  ! the bot lacks Manage Posts in #posts" in person.shown
    assert "not shown. Give its role Manage Posts in Discord under Edit Channel, Permissions." in person.shown
    (route,) = table(config)["routes"].values()
    assert route["rooms"] == [{"chat": "discord", "room": forum.id}] and "moderation" not in route
    assert table(config)["chats"]["discord"]["operators"] == [author.id]


async def test_of_several_servers_one_is_chosen(discord: Double, blog: Pages, config: Path) -> None:
    channel = discord.channel("there", guild=discord.guild("Second home"))
    async with terminal(config, "init", "--chat", "discord", blog.address) as person:
        await is_asked(
            person, (TOKEN, discord.token), (INVITED, ""), ("Which server, 1 to 2?", "2"), (COMMENTS, ""),
            (WAITING, ""), (AUTHOR, ""),
        )  # fmt: skip
        assert await person.ends() == 0, person.shown
    (route,) = table(config)["routes"].values()
    assert route["rooms"][0]["room"] == channel.id


async def test_a_choice_that_is_none_is_asked_for_again(discord: Double, blog: Pages, config: Path) -> None:
    discord.channel("comments")
    second = discord.channel("talk")
    async with terminal(config, "init", "--chat", "discord", blog.address) as person:
        await is_asked(person, (TOKEN, discord.token), (INVITED, ""), (COMMENTS, "#talk"))
        await person.sees("! Write a number from 1 to 2, or press Enter alone.")
        await is_asked(person, (COMMENTS, "3"), (COMMENTS, "2"), (WAITING, "2"))
        await person.sees("! #talk shows the comments: choose another one, or press Enter for none.")
        await is_asked(person, (WAITING, ""), (AUTHOR, ""))
        assert await person.ends() == 0, person.shown
    (route,) = table(config)["routes"].values()
    assert route["rooms"][0]["room"] == second.id and "moderation" not in route


async def test_a_server_without_a_channel_for_it_is_told(discord: Double, blog: Pages, config: Path) -> None:
    discord.channel("talk", type=2)
    async with terminal(config, "init", "--chat", "discord", blog.address) as person:
        await is_asked(person, (TOKEN, discord.token), (INVITED, ""))
        await person.sees("has neither a text channel nor a forum")
        discord.channel("comments")
        await is_asked(person, (INVITED, ""), (COMMENTS, ""), (WAITING, ""), (AUTHOR, ""))
        assert await person.ends() == 0, person.shown


async def test_with_nobody_there_it_says_why_not_and_writes_nothing(blog: Pages, config: Path) -> None:
    code, _, words = await backchat(config, "init", "--yes", "--chat", "discord", blog.address)
    assert code == 1 and "run `backchat init` at a terminal without --yes" in words and "Traceback" not in words
    assert everything(config.parent) == {}


@pytest.mark.parametrize("questions", range(5))
async def test_broken_off_at_any_question_it_leaves_nothing(
    discord: Double, blog: Pages, config: Path, questions: int
) -> None:
    discord.channel("comments")
    dialogue = [(TOKEN, discord.token), (INVITED, ""), (COMMENTS, ""), (WAITING, ""), (AUTHOR, "")]
    async with terminal(config, "init", "--chat", "discord", blog.address) as person:
        await is_asked(person, *dialogue[:questions])
        await person.sees(dialogue[questions][0])
        assert await person.breaks_off(CTRL_C) == 1, person.shown
    assert "Stopped; nothing was written." in person.shown
    assert "Traceback" not in person.shown and everything(config.parent) == {}


async def test_what_discord_refuses_in_the_midst_is_told_in_words(discord: Double, blog: Pages, config: Path) -> None:
    discord.channel("comments")
    async with terminal(config, "init", "--chat", "discord", blog.address) as person:
        await is_asked(person, (TOKEN, discord.token), (INVITED, ""))
        await person.sees(COMMENTS)
        discord.fail("GET", "/applications/@me", 403, body={"code": 50001, "message": "Missing Access"})
        person.types("")
        await is_asked(person, (WAITING, ""))
        assert await person.ends() == 1
    assert "Discord does not let the bot look: Missing Access; nothing was written" in person.shown
    assert "Traceback" not in person.shown and everything(config.parent) == {}


async def set_up(discord: Double, blog: Pages, config: Path) -> Channel:
    """Answer every question of `init`; the channel that shows the comments."""
    channel = discord.channel("comments")
    async with terminal(config, "init", "--chat", "discord", blog.address) as person:
        await is_asked(person, (TOKEN, discord.token), (INVITED, ""), (COMMENTS, ""), (WAITING, ""), (AUTHOR, ""))
        assert await person.ends() == 0, person.shown
    return channel


async def test_doctor_knows_the_rooms_and_says_what_their_channels_lack(
    discord: Double, blog: Pages, config: Path
) -> None:
    channel = await set_up(discord, blog, config)
    code, said, errors = await backchat(config, "doctor")
    assert code == 0 and f"#{channel.name} on “Home” is a text channel" in said, said + errors
    discord.permit(channel, discord.bot, deny=permissions.ADD_REACTIONS)
    code, said, _ = await backchat(config, "doctor")
    assert code == 1 and "✗ the bot lacks Add Reactions in #comments" in said
    discord.permit(channel, discord.bot, deny=permissions.VIEW_CHANNEL)
    code, said, _ = await backchat(config, "doctor")
    assert code == 1 and f"✗ the bot may not see the channel {channel.id}; it is on “Home”" in said


async def test_law_10_a_token_that_was_reset_is_told_and_not_shown(discord: Double, blog: Pages, config: Path) -> None:
    await set_up(discord, blog, config)
    token = discord.token
    discord.revoke()
    code, said, errors = await backchat(config, "doctor")
    assert code == 1 and "✗ it cannot be opened: Discord does not accept the bot's token (chats.discord.token)" in said
    assert "Traceback" not in said + errors and token not in said + errors
