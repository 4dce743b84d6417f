"""`backchat init` for Slack: what it asks, what it takes for an answer, and what it writes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from adapters.slack.manifest import link
from adapters.slack.setup import API, offer
from bridge.errors import Refused
from bridge.model import ChatOffer
from tests.servers.slack_double import Double

BOT, APP = "The bot's token", "The app-level token"
ROOM, DESK, AUTHOR = "Which channel shows the comments", "Which one shows moderators", "Who answers?"


@dataclass
class Person:
    """Somebody at the terminal: gives the next answer to each question, and is there no more when all are given.

    An answer that is a function is called at that moment, and its result typed.
    """

    answers: list[tuple[str, str | Callable[[], str]]]
    told: list[str] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    attended: bool = True

    def tell(self, sentence: str) -> None:
        self.told.append(sentence)

    def ask(self, question: str) -> str:
        wanted, typed = self.answers.pop(0)
        assert question.startswith(wanted), (question, wanted)
        self.told.append(question)
        return typed if isinstance(typed, str) else typed()

    def ask_secret(self, question: str) -> str:
        return self.ask(question)

    def keep(self, name: str, secret: str) -> str:
        self.kept[name] = secret
        return f'{{ file = "secrets/{name}" }}'

    @property
    def heard(self) -> str:
        return "\n".join(self.told)


@pytest.fixture
def there(slack: Double, monkeypatch: pytest.MonkeyPatch) -> Double:
    monkeypatch.setenv(API, slack.api)
    return slack


def tokens(slack: Double) -> list[tuple[str, str | Callable[[], str]]]:
    return [(BOT, slack.token), (APP, slack.app_token)]


async def set_up(slack: Double, *answers: tuple[str, str | Callable[[], str]]) -> tuple[ChatOffer, Person]:
    person = Person([*tokens(slack), *answers])
    made = await offer(person)
    assert person.answers == [], "not everything was asked"
    assert slack.token not in person.heard and slack.app_token not in person.heard
    return made, person


def table(made: ChatOffer) -> dict[str, Any]:
    return tomllib.loads(made.config)


async def test_from_nothing_to_a_channel_and_its_author(there: Double) -> None:
    room, desk = there.channel("comments"), there.channel("waiting", private=True)
    made, person = await set_up(there, (ROOM, "1"), (DESK, "2"), (AUTHOR, ""))
    assert link() in person.heard and "connections:write" in person.heard
    assert (made.room, made.desk, made.people, made.steps) == (room.id, desk.id, (there.admin.id,), ())
    assert table(made) == {
        "adapter": "slack", "token": {"file": "secrets/slack-token"},
        "app_token": {"file": "secrets/slack-app-token"}, "operators": [there.admin.id],
        "api": there.api.rstrip("/"),
    }  # fmt: skip
    assert person.kept == {"slack-token": there.token, "slack-app-token": there.app_token}
    assert there.asked("conversations.join") == []


async def test_a_public_channel_is_joined_when_all_is_answered(there: Double) -> None:
    room = there.channel("comments", bot=False)
    made, person = await set_up(there, (ROOM, "#comments"), (DESK, ""), (AUTHOR, ""))
    assert there.bot.id in room.members and made.steps == ()
    assert "  ✓ The bot has joined #comments." in person.told


async def test_a_public_channel_that_it_may_not_join_is_a_step_that_remains(there: Double) -> None:
    there.channel("comments", bot=False)
    there.app.scopes.remove("channels:join")
    made, person = await set_up(there, (ROOM, "comments"), (DESK, ""), (AUTHOR, ""))
    assert made.steps == ("The bot is not in #comments. Write /invite @backchat in #comments.",)
    assert "  ! The bot lacks the scope channels:join: public channels have to be joined by /invite." in person.told


async def test_a_private_channel_has_to_let_it_in_first(there: Double) -> None:
    room = there.channel("den", private=True, bot=False)

    def invited() -> str:
        there.invite(room)
        return "den"

    there.channel("lobby")
    made, person = await set_up(there, (ROOM, "den"), (ROOM, invited), (ROOM, "den"), (DESK, ""), (AUTHOR, ""))
    assert made.room == room.id
    assert "  ! The bot sees no channel 'den'; if it is private, write /invite @backchat in it." in person.told


async def test_a_channel_is_chosen_by_its_id_too_and_what_is_none_is_asked_for_again(there: Double) -> None:
    room = there.channel("comments")
    made, person = await set_up(
        there, (ROOM, "7"), (ROOM, ""), (ROOM, "C0NOWHERE"), (ROOM, room.id), (DESK, "1"), (DESK, ""), (AUTHOR, "")
    )
    assert made.room == room.id and made.desk is None
    unseen = "  ! The bot sees no channel 'C0NOWHERE'; if it is private, write /invite @backchat in it."
    assert unseen in person.told
    assert "  ! #comments shows the comments: choose another one, or press Enter." in person.told


async def test_an_archived_channel_is_chosen_once_it_is_open_again(there: Double) -> None:
    room = there.channel("comments")
    there.archive(room)
    there.channel("lobby")

    def opened() -> str:
        there.archive(room, False)
        return room.id

    made, person = await set_up(there, (ROOM, room.id), (ROOM, opened), (DESK, ""), (AUTHOR, ""))
    assert made.room == room.id and made.steps == ()
    assert "  ! #comments is archived: unarchive it first, or choose another one." in person.told


async def test_a_workspace_without_a_channel_is_told(there: Double) -> None:
    def made_now() -> str:
        there.channel("comments")
        return ""

    made, person = await set_up(there, ("Its id", made_now), (ROOM, "1"), (DESK, ""), (AUTHOR, ""))
    assert "  ! The bot sees no channel on “Home”: make one for the comments." in person.told and made.room


async def test_a_great_workspace_is_listed_in_part(there: Double) -> None:
    for number in range(30):
        there.channel(f"talk-{number:02}", bot=False)
    mine = there.channel("zz-mine")
    made, person = await set_up(there, (ROOM, "1"), (DESK, ""), (AUTHOR, ""))
    assert made.room == mine.id and "  … and 6 more, which can be named" in person.told


async def test_wrong_tokens_are_told_by_their_kind_and_asked_for_again(there: Double) -> None:
    there.channel("comments")
    wrong = [
        (BOT, ""), (BOT, "nonsense"), (BOT, "xoxp-1-2-3"), (BOT, "xoxe.xoxb-1-abc"), (BOT, there.app_token),
        (BOT, "xoxb-1-2-wrong"), (BOT, there.token), (APP, ""), (APP, there.token), (APP, "xapp-1-A0OTHER-1-f"),
        (APP, f"xapp-1-{there.app.id}-1-f"), (APP, there.app_token),
    ]  # fmt: skip
    person = Person([*wrong, (ROOM, "1"), (DESK, ""), (AUTHOR, "")])
    await offer(person)
    for words in (
        "Without the token nothing can be set up", "is no token of that kind", "is a person's token",
        "token rotation is on", "belongs in app_token", "Slack does not accept the bot's token", "is needed",
        "belongs in token", "belongs to another app", "Slack does not accept the app-level token",
    ):  # fmt: skip
        assert words in person.heard, words


async def test_authors_are_known_by_name_or_id(there: Double) -> None:
    there.channel("comments")
    ada = there.member("Ada Lovelace", display_name="ada")
    there.member("Bob"), there.member("Bob")
    there.member("Gone", display_name="gone").user.deleted = True
    made, person = await set_up(
        there, (ROOM, "1"), (DESK, ""), (AUTHOR, "bob"), (AUTHOR, "gone"), (AUTHOR, "Backchat"), (AUTHOR, "U0NOBODY"),
        (AUTHOR, "@ADA"),
    )  # fmt: skip
    assert made.people == (ada.id,) and f"  ✓ That is ada ({ada.id})." in person.told
    assert "Several people are called 'bob': write one of their ids, " in person.heard
    assert person.heard.count("Nobody on “Home” is ") == 3
    made, _ = await set_up(there, (ROOM, "1"), (DESK, ""), (AUTHOR, ada.id))
    assert made.people == (ada.id,)


async def test_a_guest_of_another_company_is_listed_with_the_workspace(there: Double) -> None:
    guest = there.guest("Gero", there.channel("comments"))
    made, _ = await set_up(there, (ROOM, "1"), (DESK, ""), (AUTHOR, guest.id))
    assert made.people == (f"{guest.user.team.id}/{guest.id}",)


async def test_a_moderation_channel_that_everybody_reads_is_told(there: Double) -> None:
    there.channel("comments"), there.channel("waiting")
    made, _ = await set_up(there, (ROOM, "comments"), (DESK, "waiting"), (AUTHOR, ""))
    (step,) = made.steps
    assert step.startswith("Everybody on “Home” can read in #waiting what waits for approval. Change it to a private")


async def test_an_organisation_wide_install_is_refused_in_words(there: Double) -> None:
    there.channel("comments")
    there.app.enterprise = True

    def mended() -> str:
        there.app.enterprise = False
        return there.token

    person = Person([(BOT, there.token), (BOT, mended), (APP, there.app_token), (ROOM, "1"), (DESK, ""), (AUTHOR, "")])
    await offer(person)
    assert "installed in a whole organisation" in person.heard


async def test_with_nobody_there_it_says_why_not(there: Double) -> None:
    with pytest.raises(Refused, match="run `backchat init` at a terminal without --yes"):
        await offer(Person([], attended=False))
    assert there.requests == []


async def test_what_slack_refuses_in_the_midst_is_told_in_words(there: Double) -> None:
    there.channel("comments")
    there.fail("users.info", "missing_scope")
    with pytest.raises(Refused, match="nothing was written"):
        await offer(Person([*tokens(there), (ROOM, "1"), (DESK, "")]))
