"""`backchat init` for a Slack workspace: a person at a terminal, an app's tokens, and a daemon that runs from it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.double.things import Channel, Message
from adapters.slack.manifest import link
from adapters.slack.setup import API
from tests.process.daemon import backchat, daemon_of
from tests.process.init_person import everything, is_asked, table
from tests.process.terminal import CTRL_C, terminal
from tests.process.test_init import RSS, WITH_FEED
from tests.process.waiting import until
from tests.servers.pages import Pages, serving
from tests.servers.slack_double import Double, slack_double
from tests.servers.wordpress import RunningWordPress, served

TOKEN = "The bot's token (it is not shown): "
APP_TOKEN = "The app-level token (it is not shown): "
"""With the last space the terminal has stopped to show, and to forget, what is typed."""
COMMENTS, WAITING, AUTHOR = "Which channel shows the comments", "Which one shows moderators", "Who answers?"


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Double]:
    async with slack_double() as slack:
        monkeypatch.setenv(API, slack.api)
        yield slack


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


async def test_from_an_address_to_the_first_answer(slack: Double, config: Path, tmp_path: Path) -> None:
    comments, waiting = slack.channel("comments", bot=False), slack.channel("waiting", private=True)
    async with served("double", tmp_path / "site") as wordpress:
        async with terminal(config, "init", "--chat", "slack", wordpress.address) as person:
            await is_asked(
                person, ("Which of them, 1 to 2?", ""), ("User name on the blog", "editor"),
                ("(it is not shown): ", wordpress.users["editor"].application_password),
                ("Another author's user name", ""),
            )  # fmt: skip
            await person.sees(link())
            await is_asked(person, (TOKEN, slack.token))
            await person.sees("connections:write")
            await is_asked(person, (APP_TOKEN, slack.app_token))
            await person.sees("Channels on “Home”:")
            await is_asked(person, (COMMENTS, "comments"), (WAITING, "waiting"), (AUTHOR, ""))
            await person.sees("✓ That is Olga Owner")
            await person.sees("✓ The bot has joined #comments.")
            assert await person.ends() == 0, person.shown
        assert f"{config} is in order." in person.shown
        assert slack.token not in person.shown and slack.app_token not in person.shown
        _is_whole(slack, config, comments, waiting)
        code, said, errors = await backchat(config, "doctor")
        assert code == 0 and "✗" not in said, said + errors
        await _an_answer_arrives(slack, wordpress, config, comments)


def _is_whole(slack: Double, config: Path, comments: Channel, waiting: Channel) -> None:
    assert everything(config.parent) == {
        "backchat.toml": 0o600, "secrets": 0o700, "secrets/blog-editor": 0o600, "secrets/slack-token": 0o600,
        "secrets/slack-app-token": 0o600,
    }  # fmt: skip
    assert (config.parent / "secrets" / "slack-token").read_text() == f"{slack.token}\n"
    assert (config.parent / "secrets" / "slack-app-token").read_text() == f"{slack.app_token}\n"
    assert slack.token not in config.read_text() and slack.app_token not in config.read_text()
    author = slack.admin.id
    assert table(config)["chats"]["slack"] == {
        "adapter": "slack", "token": {"file": "secrets/slack-token"}, "app_token": {"file": "secrets/slack-app-token"},
        "operators": [author], "api": slack.api.rstrip("/"),
    }  # fmt: skip
    (route,) = table(config)["routes"].values()
    people = {author: "editor"}
    assert route["rooms"] == [{"chat": "slack", "room": comments.id, "authors": people, "moderators": people}]
    assert route["moderation"] == [{"chat": "slack", "room": waiting.id, "moderators": people}]


async def _an_answer_arrives(slack: Double, wordpress: RunningWordPress, config: Path, comments: Channel) -> None:
    """What a visitor comments comes into a thread; what the author replies there stands under it on the blog."""

    def shown() -> Message | None:
        said = [reply for parent in slack.messages(comments) for reply in slack.thread(parent)]
        return next((reply for reply in said if "swarm at sea" in str(slack.seen(reply))), None)

    async with daemon_of(config, config.parent / "daemon.log") as daemon:
        asked_on_blog = await wordpress.visitor("Otto").comment("Do they swarm at sea?")
        await daemon.start_plain()
        asked = await until(shown, "the comment in its thread")
        await slack.connected()
        answer = slack.admin.write(comments, "@Otto Only once, in a calm.", thread=asked.thread)
        await until(lambda: "white_check_mark" in answer.reactions, "the receipt of a public answer")
        (public,) = [row for row in await wordpress.rows() if "Only once, in a calm." in row.words]
        assert public.parent == asked_on_blog and public.status == "approved"
        assert await daemon.stop() == 0, daemon.words()


async def test_with_nobody_there_it_says_why_not_and_writes_nothing(blog: Pages, config: Path) -> None:
    code, _, words = await backchat(config, "init", "--yes", "--chat", "slack", blog.address)
    assert code == 1 and "run `backchat init` at a terminal without --yes" in words and "Traceback" not in words
    assert everything(config.parent) == {}


@pytest.mark.parametrize("questions", range(5))
async def test_broken_off_at_any_question_it_leaves_nothing(
    slack: Double, blog: Pages, config: Path, questions: int
) -> None:
    channel = slack.channel("comments", bot=False)
    dialogue = [(TOKEN, slack.token), (APP_TOKEN, slack.app_token), (COMMENTS, "1"), (WAITING, ""), (AUTHOR, "")]
    async with terminal(config, "init", "--chat", "slack", blog.address) as person:
        await is_asked(person, *dialogue[:questions])
        await person.sees(dialogue[questions][0])
        assert await person.breaks_off(CTRL_C) == 1, person.shown
    assert "Stopped; nothing was written." in person.shown and "Traceback" not in person.shown
    assert everything(config.parent) == {} and slack.bot.id not in channel.members


async def set_up(slack: Double, blog: Pages, config: Path) -> Channel:
    """Answer every question of `init`; the channel that shows the comments."""
    channel = slack.channel("comments")
    async with terminal(config, "init", "--chat", "slack", blog.address) as person:
        await is_asked(
            person, (TOKEN, slack.token), (APP_TOKEN, slack.app_token), (COMMENTS, "1"), (WAITING, ""), (AUTHOR, "")
        )
        assert await person.ends() == 0, person.shown
    return channel


async def test_doctor_knows_the_rooms_and_says_what_their_channels_lack(
    slack: Double, blog: Pages, config: Path
) -> None:
    channel = await set_up(slack, blog, config)
    code, said, errors = await backchat(config, "doctor")
    assert code == 0 and "#comments on “Home” is a public channel" in said, said + errors
    slack.remove(channel)
    code, said, _ = await backchat(config, "doctor")
    assert code == 1 and "✗ the bot is not in #comments" in said and "/invite @backchat" in said


async def test_law_10_a_token_that_was_revoked_is_told_and_not_shown(slack: Double, blog: Pages, config: Path) -> None:
    await set_up(slack, blog, config)
    slack.revoke()
    code, said, errors = await backchat(config, "doctor")
    assert code == 1 and "Slack does not accept the bot's token (chats.slack.token)" in said, said + errors
    assert "Traceback" not in said + errors
    assert slack.token not in said + errors and slack.app_token not in said + errors
