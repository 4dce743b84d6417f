"""What people press, judged by simcord: a second opinion on commands, windows, rights and what only one person sees.

It knows nothing of our double. Its people press what our cards offer, and what we answer must satisfy it as it would
Discord; every command that is used must have been registered, every interaction answered, and only once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import discord
import pytest
import simcord
from discord.http import Route

from adapters.discord import cards, meaning, responses
from adapters.discord.commands import Commands
from adapters.discord.interactions import Interactions
from adapters.discord.markers import marked
from adapters.discord.responses import Interaction
from adapters.discord.settings import Settings
from bridge.chats import phrases
from bridge.chats.intake import Happened
from bridge.chats.phrases import PUBLISH
from bridge.chats.rooms import Rooms
from bridge.errors import LedgerError
from bridge.model import (
    AnswerState,
    Choice,
    CommentCard,
    Desk,
    Edited,
    Erased,
    Event,
    FormCard,
    Key,
    Marked,
    MessageId,
    Moderated,
    Part,
    PersonId,
    RawEvent,
    Receipt,
    RoomId,
    Written,
)
from bridge.overview import BlogOverview, ChatOverview, Decision, Overview, Unanswered
from bridge.ports import Office
from bridge.testing.clock import DrivenClock
from bridge.text.tree import paragraph, wording

KEY = Key("abcdefghijklmnopqrstuvwx")
COUNTS = dict.fromkeys(("threads", "held", "pending", "public", "waiting", "sending"), 0)


class Bot(discord.Client):
    """A client whose recorder keeps what it is told at once."""

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(guilds=True, guild_messages=True))
        self.raws: list[RawEvent] = []
        self.presses: Interactions

    def tell(self, happened: Happened) -> None:
        """What `adapters.discord.gateway.Gateway.tell` is."""
        self.raws.append(happened.raw)
        self.acknowledging = self.loop.create_task(self._acknowledge(happened))

    async def _acknowledge(self, happened: Happened) -> None:
        if happened.acknowledge is not None:
            await happened.acknowledge()

    async def on_interaction(self, interaction: discord.Interaction[discord.Client]) -> None:
        """Hand it on."""
        await self.presses.handle(cast(Interaction, interaction))


@dataclass
class Notes:
    """An office that notes down what is asked of it; `broken` says why its ledger cannot be used."""

    asked: list[str] = field(default_factory=list)
    broken: str = ""
    names: Sequence[str] = ("garden", "kitchen")

    async def overview(self) -> Overview:
        if self.broken:
            raise LedgerError(self.broken)
        blogs = [BlogOverview(name, 12, 3, 0, 1_700_000_000.0, 0.0, 0, None, None) for name in self.names]
        paused = BlogOverview("attic", 1, 0, 0, None, 0.0, 0, None, "paused by Ada_*")
        chats = (ChatOverview("discord", 1_700_000_000.0, caught_up=True, last_error=None),)
        return Overview(1_700_000_060.0, (*blogs, paused), chats, (), (), COUNTS)

    async def unanswered(self) -> Sequence[Unanswered]:
        words = "@everyone look at **this**" + " and this" * 40
        return [Unanswered("garden", "Roses", "V*era", words, "https://blog.example/roses/#c1", 1.7e9)] * 30

    async def decide(self, number: int, decision: Decision) -> bool:
        raise AssertionError("no command decides")

    async def resume(self, blog: str) -> bool:
        self.asked.append(f"resume {blog}")
        return blog == "attic"

    async def pause(self, blog: str, by: str) -> bool:
        self.asked.append(f"pause {blog} by {by}")
        return blog in self.names

    async def backfill(self, blog: str, last: int) -> bool:
        self.asked.append(f"backfill {blog} {last}")
        return blog in self.names


class Calls:
    """Sends requests as simcord's client does."""

    def __init__(self, bot: Bot) -> None:
        self.bot = bot
        self.sent = 0

    async def call(self, method: str, path: str, *, json: object = None, params: Any = None, **ids: Any) -> Any:
        self.sent += 1
        return await self.bot.http.request(Route(method, path, **ids), json=json)


class Scene:
    """A server with one thread of ours, its author, a moderator, an operator and somebody who is none of that."""

    def __init__(self, env: simcord.Env, bot: Bot, state: Path) -> None:
        guild = env.create_guild()
        self.env, self.bot, self.channel = env, bot, guild.create_text_channel("comments")
        self.authors = guild.create_role("Authors")
        self.ada = guild.add_member(env.create_user("ada"), roles=[self.authors])
        self.mod, self.olga, self.mallory = (
            guild.add_member(env.create_user(who)) for who in ("mod", "olga", "mallory")
        )
        room = RoomId(str(self.channel.id))
        self.rooms = Rooms(
            {room: Desk(frozenset({str(self.mod.id)}), closed=False)},
            {room: frozenset({f"@{self.authors.id}", str(self.mod.id)})},
        )
        self.notes, self.clock = Notes(), DrivenClock()
        self.settings = Settings("discord", "token", state, operators=frozenset({str(self.olga.id)}))
        self.commands = Commands(self.settings, self.rooms, cast(Office, self.notes))
        bot.presses = Interactions(self.rooms, self.commands, self.clock)
        self.calls = Calls(bot)

    async def begin(self) -> None:
        """The thread is there, and the commands are."""
        assert self.bot.application_id is not None
        assert await self.commands.sync(self.calls, self.bot.application_id) is None
        anchor = await self.send(str(self.channel.id), {"content": "Roses"})
        path = "/channels/{channel_id}/messages/{message_id}/threads"
        await self.call("POST", path, {"name": "Roses"}, channel_id=self.channel.id, message_id=anchor)
        [self.thread] = self.channel.threads

    async def call(self, method: str, path: str, body: object, **ids: Any) -> Any:
        return await self.bot.http.request(Route(method, path, **ids), json=body)

    async def send(self, channel: str, body: Mapping[str, Any]) -> str:
        made = await self.call("POST", "/channels/{channel_id}/messages", dict(body), channel_id=channel)
        return str(made["id"])

    async def say(self, part: Part) -> discord.Message:
        """One of our cards stands in the thread."""
        body = json.loads(part.body)
        reply = body.pop("reply_to", None)
        body["content"] = marked(body["content"], KEY)
        if reply is not None:
            body["message_reference"] = {"message_id": reply}
        await self.send(str(self.thread.id), body)
        message = self.thread.last_message
        assert message is not None
        return message

    async def comment(self) -> discord.Message:
        card = CommentCard(
            "Vera", paragraph("How do you prune roses?"), "https://blog.example/roses/#c1", 1.7e9,
            choices=(Choice.SPAM, Choice.TRASH), mark="0123456789abcdef", answerable=True,
        )  # fmt: skip
        [part] = cards.render(card, self.settings)
        return await self.say(part)

    async def copy(self, words: str = "In *March*.") -> discord.Message:
        """What a form of Ada's sent, as we say it."""
        comment = await self.comment()
        card = FormCard(
            MessageId("form:77"), PersonId(str(self.ada.id)), "ada", paragraph(words), "https://blog.example/roses/#c1",
            MessageId(str(comment.id)), Receipt(AnswerState.PUBLIC),
        )  # fmt: skip
        [part] = cards.render_form(card)
        return await self.say(part)

    @property
    def told(self) -> list[Event | None]:
        return [meaning.interpret(raw) for raw in self.bot.raws]


@pytest.fixture
def simcord_bot() -> Bot:
    return Bot()


@pytest.fixture
async def scene(simcord_env: simcord.Env, simcord_bot: Bot, tmp_path: Path) -> Scene:
    scene = Scene(simcord_env, simcord_bot, tmp_path)
    await scene.begin()
    return scene


def button(message: discord.Message, label: str) -> str:
    """The custom id of a message's button."""
    [found] = [
        one.custom_id for row in message.components if isinstance(row, discord.ActionRow)
        for one in row.children if isinstance(one, discord.Button) and one.label == label
    ]  # fmt: skip
    assert found is not None
    return found


async def click(who: simcord.MemberActor, message: discord.Message, label: str) -> simcord.InteractionResult:
    return await who.click(message, custom_id=button(message, label))


def answer(result: simcord.InteractionResult) -> str:
    """What somebody was told, and nobody else."""
    assert result.response is not None and result.response.ephemeral
    return result.response.content


def assert_at_rest(result: simcord.InteractionResult) -> None:
    """The button came to rest, without a word to anybody."""
    assert result.acknowledged and result.deferred and not result.ephemeral and not result.followups


# Forms ----------------------------------------------------------------------------------------------------------------


async def test_answer_opens_a_window_and_what_it_sends_is_recorded(scene: Scene) -> None:
    message = await scene.comment()
    shown = await click(scene.ada, message, "Answer")
    assert shown.modal is not None and len(shown.modal["title"]) <= 45
    assert scene.told == []
    sent = await scene.ada.submit_modal(shown, {"words": "In **March**."})
    assert answer(sent) == phrases.SENT
    [written, _] = scene.told
    assert isinstance(written, Written) and written.form
    assert (written.thread, written.reply_to) == (str(scene.thread.id), str(message.id))
    assert written.writer.id == str(scene.ada.id) and str(scene.authors.id) in written.writer.roles
    assert wording(written.text) == "In March."


async def test_a_window_takes_4000_characters_and_no_more(scene: Scene) -> None:
    message = await scene.comment()
    shown = await click(scene.ada, message, "Answer")
    with pytest.raises(Exception, match=r"4000|length|long"):
        await scene.ada.submit_modal(shown, {"words": "x" * 4001})
    await scene.ada.submit_modal(shown, {"words": "x" * 4000})
    [written, _] = scene.told
    assert isinstance(written, Written) and len(wording(written.text)) == 4000


async def test_law_08_who_is_no_author_gets_no_window_and_is_told_their_id(scene: Scene) -> None:
    message = await scene.comment()
    shown = await click(scene.mallory, message, "Answer")
    assert shown.modal is None
    assert answer(shown) == phrases.NO_AUTHOR.format(id=scene.mallory.id)


async def test_law_08_who_lost_the_role_while_the_window_was_open_is_refused(scene: Scene) -> None:
    message = await scene.comment()
    shown = await click(scene.mod, message, "Answer")
    scene.rooms.speakers = {}
    assert "authors" in answer(await scene.mod.submit_modal(shown, {"words": "In March."}))
    assert scene.told == []


async def test_what_holds_nothing_but_blanks_is_not_sent(scene: Scene) -> None:
    shown = await click(scene.ada, await scene.comment(), "Answer")
    assert answer(await scene.ada.submit_modal(shown, {"words": "  \n "})) == phrases.NOTHING
    assert scene.told == []


async def test_what_a_form_sent_is_changed_in_a_window_that_holds_it(scene: Scene) -> None:
    copy = await scene.copy("In March.\nOr in April.")
    shown = await click(scene.ada, copy, "Edit")
    assert shown.modal is not None
    assert "In March." in json.dumps(shown.modal) and "https://" not in json.dumps(shown.modal)
    assert answer(await scene.ada.submit_modal(shown, {"words": "In May."})) == phrases.SENT
    [edited] = scene.told
    assert isinstance(edited, Edited) and (edited.message, wording(edited.text)) == ("form:77", "In May.")
    shown = await click(scene.ada, copy, "Edit")  # the words as they were typed, though our copy is older
    assert "In May." in json.dumps(shown.modal)


async def test_what_a_form_sent_is_taken_back_by_its_writer_alone(scene: Scene) -> None:
    copy = await scene.copy()
    for label in ("Edit", "Take back"):
        assert answer(await click(scene.mod, copy, label)) == phrases.NOT_YOURS
    assert scene.told == []
    assert_at_rest(await click(scene.ada, copy, "Take back"))
    [erased] = scene.told
    assert isinstance(erased, Erased) and erased.message == "form:77"
    assert erased.by is not None and erased.by.id == str(scene.ada.id)


# Moderation -----------------------------------------------------------------------------------------------------------


async def test_a_choice_is_recorded_with_the_mark_that_the_card_bore(scene: Scene) -> None:
    message = await scene.comment()
    assert_at_rest(await click(scene.mod, message, "Spam"))
    [moderated] = scene.told
    assert isinstance(moderated, Moderated)
    assert (moderated.choice, moderated.mark, moderated.message) == (Choice.SPAM, "0123456789abcdef", str(message.id))
    assert moderated.by.id == str(scene.mod.id)


async def test_law_08_who_is_no_moderator_is_refused_in_words(scene: Scene) -> None:
    refused = await click(scene.ada, await scene.comment(), "Trash")  # she may answer, and no more
    assert answer(refused) == phrases.NO_MODERATOR.format(id=scene.ada.id)
    assert scene.told == []


async def test_a_button_of_another_backchat_is_answered_in_words(scene: Scene) -> None:
    row = {"type": 1, "components": [{"type": 2, "style": 1, "label": "?", "custom_id": "bc9:do:everything"}]}
    await scene.send(str(scene.thread.id), {"content": "From the future", "components": [row]})
    message = scene.thread.last_message
    assert message is not None
    assert answer(await click(scene.mod, message, "?")) == phrases.STRANGE


async def test_a_button_works_for_a_client_that_never_sent_it(scene: Scene) -> None:
    message = await scene.comment()
    bot = Bot()
    bot.presses = scene.bot.presses
    await scene.env.restart_bot(bot)
    await click(scene.mod, message, "Spam")
    shown = await click(scene.ada, message, "Answer")
    other = Bot()
    other.presses = scene.bot.presses
    await scene.env.restart_bot(other)
    await scene.ada.submit_modal(shown, {"words": "In March."})
    assert [type(meaning.interpret(raw)) for raw in (*bot.raws, *other.raws)] == [Moderated, Written, Edited]


class Talkative:
    """Lets a button come to rest, and has something to say all the same."""

    async def handle(self, interaction: Interaction) -> None:
        await responses.rest(interaction)
        await responses.say(interaction, "One thing more.")


async def test_words_after_a_button_has_come_to_rest_leave_its_message_alone(scene: Scene) -> None:
    message = await scene.comment()
    scene.bot.presses = cast(Interactions, Talkative())
    result = await click(scene.mod, message, "Spam")
    [more] = result.followups
    assert (more.content, more.ephemeral) == ("One thing more.", True)
    assert [one.content for one in scene.thread.history() if one.id == message.id] == [message.content]


async def test_a_fault_of_ours_is_said_and_logged_and_ends_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    message = await scene.comment()

    def fault(happened: Happened) -> None:
        raise RuntimeError("our fault")

    with monkeypatch.context() as broken:
        broken.setattr(scene.bot, "tell", fault)
        assert answer(await click(scene.mod, message, "Spam")) == phrases.FAULT
    assert "our fault" in caplog.text
    assert_at_rest(await click(scene.mod, message, "Spam"))


# The command on a message ---------------------------------------------------------------------------------------------


async def test_a_message_is_published_by_its_writer_though_its_words_were_not_told(scene: Scene) -> None:
    message = await scene.ada.send(scene.thread, "In **March**.")
    result = await scene.ada.context_menu(scene.thread, PUBLISH, message)
    assert answer(result) == phrases.MARKED
    [written, mark] = scene.told
    assert isinstance(written, Written) and (written.message, wording(written.text)) == (str(message.id), "In March.")
    assert isinstance(mark, Marked) and (mark.message, mark.by.id) == (str(message.id), str(scene.ada.id))
    assert scene.bot.raws[0].natural_key == f"m:{message.id}"


async def test_law_08_nobody_publishes_what_somebody_else_wrote(scene: Scene) -> None:
    theirs = await scene.mallory.send(scene.thread, "Buy roses!")
    assert answer(await scene.ada.context_menu(scene.thread, PUBLISH, theirs)) == phrases.NOT_YOUR_MESSAGE
    assert "authors" in answer(await scene.mallory.context_menu(scene.thread, PUBLISH, theirs))
    ours = await scene.comment()
    assert answer(await scene.ada.context_menu(scene.thread, PUBLISH, ours)) == phrases.NOT_YOUR_MESSAGE
    assert scene.told == []


async def test_a_message_outside_of_our_threads_is_not_published(scene: Scene) -> None:
    message = await scene.ada.send(scene.channel, "In March.")
    assert answer(await scene.ada.context_menu(scene.channel, PUBLISH, message)) == phrases.NO_THREAD


# /backchat ------------------------------------------------------------------------------------------------------------


async def test_status_is_told_to_operators_only(scene: Scene) -> None:
    told = answer(await scene.olga.slash(scene.channel, "backchat status"))
    assert "**garden**: read <t:1700000000:R>, 12 comments known, 3 unanswered" in told
    assert r"**attic** is paused by Ada\_\*" in told
    refused = answer(await scene.ada.slash(scene.channel, "backchat status"))
    assert "operators" in refused and str(scene.ada.id) in refused


async def test_who_waits_for_an_answer_is_told_within_one_message(scene: Scene) -> None:
    told = answer(await scene.olga.slash(scene.channel, "backchat unanswered"))
    assert "30 comments wait" in told and "more" in told and len(told) <= 2000
    assert "@everyone" not in told and r"V\*era" in told and "<https://blog.example/roses/#c1>" in told


async def test_blogs_are_paused_resumed_and_shown_by_operators(scene: Scene) -> None:
    channel = scene.channel
    assert "neither read nor written" in answer(await scene.olga.slash(channel, "backchat pause", blog="garden"))
    assert "read again" in answer(await scene.olga.slash(channel, "backchat resume", blog="attic"))
    assert "not paused" in answer(await scene.olga.slash(channel, "backchat resume", blog="garden"))
    assert "20 comments" in answer(await scene.olga.slash(channel, "backchat backfill", blog="garden", last=20))
    for verb, options in (("pause", {}), ("resume", {}), ("backfill", {"last": 3})):
        told = answer(await scene.olga.slash(channel, f"backchat {verb}", blog="no*where", **options))
        assert told == r"There is no blog no\*where; there is: garden, kitchen, attic."
        assert "operators" in answer(await scene.mallory.slash(channel, f"backchat {verb}", blog="garden", **options))
    assert scene.notes.asked == [
        "pause garden by olga", "resume attic", "resume garden", "backfill garden 20", "pause no*where by olga",
        "resume no*where", "backfill no*where 3",
    ]  # fmt: skip


async def test_names_of_blogs_are_suggested_to_operators(scene: Scene) -> None:
    suggested = await scene.olga.autocomplete(scene.channel, "backchat pause", "blog", "ITC")
    assert [one["name"] for one in suggested] == ["kitchen"]
    assert await scene.mallory.autocomplete(scene.channel, "backchat pause", "blog", "") == []


async def test_an_office_that_cannot_be_used_says_why(scene: Scene) -> None:
    scene.notes.broken = "there is no ledger at state/ledger.db"
    assert answer(await scene.olga.slash(scene.channel, "backchat status")) == "there is no ledger at state/ledger.db."
    assert await scene.olga.autocomplete(scene.channel, "backchat pause", "blog", "") == []


# Which commands there are ---------------------------------------------------------------------------------------------


async def test_commands_are_told_to_discord_only_when_they_have_changed(scene: Scene) -> None:
    application = scene.bot.application_id
    assert application is not None
    again = Commands(scene.settings, scene.rooms, None)
    assert scene.calls.sent == 1
    assert await again.sync(scene.calls, application) is None and scene.calls.sent == 1
    scene.rooms.speakers = {}
    assert await again.sync(scene.calls, application) is None and scene.calls.sent == 2
    message = await scene.ada.send(scene.thread, "In March.")
    with pytest.raises(simcord.SetupError, match=PUBLISH):
        await scene.ada.context_menu(scene.thread, PUBLISH, message)


async def test_without_operators_there_is_no_office(scene: Scene) -> None:
    application = scene.bot.application_id
    assert application is not None
    alone = Commands(Settings("discord", "token", scene.settings.state), scene.rooms, None)
    await alone.sync(scene.calls, application)
    assert scene.olga.available_commands(scene.channel) == ()
    message = await scene.ada.send(scene.thread, "In March.")
    assert answer(await scene.ada.context_menu(scene.thread, PUBLISH, message)) == phrases.MARKED
