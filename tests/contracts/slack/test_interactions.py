"""What people press is recorded, and only then answered: by Bolt and the double's sockets, as Slack tells of it."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.slack import cards, interactions, responses
from adapters.slack.double.interactions import Interaction
from adapters.slack.double.pressing import TROUBLE
from adapters.slack.double.things import Message
from adapters.slack.forms import LONGEST
from adapters.slack.shortcuts import ANSWER, MODERATE, PUBLISH, SHORTCUTS, WHY
from bridge.chats import phrases
from bridge.errors import LedgerError
from bridge.model import (
    AnswerState,
    Choice,
    Desk,
    Edited,
    Erased,
    Marked,
    MessageId,
    Moderated,
    Receipt,
    RoomId,
    Written,
)
from bridge.testing.clock import DrivenClock
from bridge.text.tree import Code, LineBreak, Paragraph, Plain, Quote, paragraph, wording
from tests.contracts.chat_waiting import until
from tests.contracts.slack.pressing import COMMENT, MARK, WAITING, Scene, field_of, scene
from tests.servers.slack_double import Double, Person, slack_double


@pytest.fixture
async def on(slack: Double, tmp_path: Path) -> AsyncIterator[Scene]:
    async with scene(slack, tmp_path) as here:
        yield here


async def sent(who: Person, message: Message, words: str, *, wait: bool = True) -> tuple[Interaction, Interaction]:
    """Somebody presses Answer, and sends the window off; both."""
    press = await who.click(message, "Answer")
    await press.opened()
    return press, await who.submit(press, words, wait=wait)


# --- Answering --------------------------------------------------------------------------------------------------------


async def test_what_a_window_sends_is_recorded_and_the_window_closes(on: Scene) -> None:
    comment = await on.comment()
    press, _ = await sent(on.ada, comment, "In *March*.\n\nOr <April> & May.")
    view = await press.opened()
    assert not view.open and not view.errors
    [written, known] = on.told()
    assert isinstance(written, Written) and written.form and written.message == f"form:{view.id}"
    assert isinstance(known, Edited) and (known.message, known.text) == (written.message, written.text)
    assert (written.thread, written.reply_to, written.writer.id) == (on.thread, on.id(comment), on.ada.id)
    assert wording(written.text) == "In March. Or <April> & May." and written.writer.name == "Ada"


async def test_law_10_nothing_that_opens_windows_or_answers_is_kept(on: Scene) -> None:
    comment = await on.comment()
    press, sending = await sent(on.ada, comment, "In March.")
    choice = await on.mo.click(comment, "Spam")
    kept = "".join(f"{raw.body}{raw.event_id}{raw.natural_key}" for raw in on.record.raws)
    for one in (press, sending, choice):
        assert one.trigger not in kept
        assert not one.response_url or one.response_url.rpartition("/")[2] not in kept
    assert on.slack.app.verification not in kept


async def test_the_window_says_where_an_answer_approves_the_comment(on: Scene) -> None:
    titles = [
        (await (await on.ada.click(await on.comment(card), "Answer")).opened()).title for card in (COMMENT, WAITING)
    ]
    assert titles == ["Answer this comment", "Approve and answer"]


async def test_law_03_a_window_that_is_sent_again_is_the_same_answer(on: Scene) -> None:
    press = await on.ada.click(await on.comment(), "Answer")
    view = await press.opened()
    on.slack.gate.patience = 0.3
    on.record.gate.clear()
    first = await on.ada.submit(press, "In March.")
    assert first.failed == TROUBLE and view.open  # and so whoever wrote it sends it again
    on.slack.gate.patience = 10.0
    on.record.gate.set()
    await on.ada.submit(press, "In April.")
    (one, change, again, other) = on.record.raws
    assert one.natural_key == again.natural_key == f"f:{view.id}"
    assert len({change.natural_key, other.natural_key, one.natural_key}) == 3
    assert [one.order, again.order] == sorted([one.order, again.order]) and not view.open


async def test_law_01_nothing_is_taken_before_it_is_durable(on: Scene) -> None:
    on.slack.gate.patience = 30.0
    comment = await on.comment()
    press = await on.ada.click(comment, "Answer")
    await press.opened()
    on.record.reached.clear()
    on.record.gate.clear()
    told = [await on.ada.submit(press, "In March.", wait=False), await on.mo.click(comment, "Spam", wait=False)]
    await on.record.reached.wait()
    assert not any(one.acked or one.failed for one in told) and on.record.raws == []
    on.record.gate.set()
    for one in told:
        await one.answered()
        assert one.acked
    assert len(on.told()) == 3


async def test_law_01_what_cannot_be_recorded_is_not_taken(on: Scene) -> None:
    comment = await on.comment()
    on.record.broken = True
    told = await on.mo.click(comment, "Spam")
    assert told.failed == TROUBLE and not told.acked


async def test_a_window_that_does_not_come_in_time_is_told(on: Scene) -> None:
    on.slack.fail("views.open", "expired_trigger_id")
    press = await on.ada.click(await on.comment(), "Answer")
    assert press.acked and press.view is None
    assert await on.whispered(on.ada) == phrases.NO_WINDOW


async def test_an_empty_window_says_that_it_is_empty(on: Scene) -> None:
    press, _ = await sent(on.ada, await on.comment(), "  ")
    assert (await press.opened()).errors == {"words": phrases.NOTHING} and on.told() == []


async def test_what_was_sent_is_changed_in_a_window_that_holds_all_of_it(on: Scene) -> None:
    words = ("*word* " * 428).strip()
    assert LONGEST - 10 < len(words) <= LONGEST
    press, _ = await sent(on.ada, await on.comment(), words)
    copy = await on.copy(form=(await press.opened()).id)
    change = await on.ada.click(copy, "Edit")
    assert field_of(await change.opened())["initial_value"] == words
    await on.ada.submit(change, "In May.")
    edited = on.told()[-1]
    assert isinstance(edited, Edited)
    assert (edited.message, wording(edited.text)) == (f"form:{(await press.opened()).id}", "In May.")


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ((Paragraph((Plain("In March <or>"), LineBreak(), Plain("so & <@U1>: 10:30:45."))),),
         "In March <or>\nso & <@U1>: 10:30:45."),
        ((*paragraph("One."), *paragraph("Two.")), "One.\n\nTwo."),
        (paragraph("a *b* c"), None),  # typed again, it would be bold
        ((Paragraph((Plain("x "), Code("y"))),), None),
        ((Quote(paragraph("x")),), "> x"),
        (paragraph("word " * 3000), None),  # it stands in two messages
    ],
)  # fmt: skip
async def test_what_is_not_at_hand_is_read_off_our_own_message_if_it_can_be_typed_again(
    on: Scene, said: tuple[Paragraph], typed: str | None
) -> None:
    change = await on.ada.click(await on.copy(said), "Edit")
    assert field_of(await change.opened()).get("initial_value") == typed


async def test_what_a_form_sent_is_taken_back(on: Scene) -> None:
    assert (await on.ada.click(await on.copy(), "Take back")).acked
    [erased] = on.told()
    assert isinstance(erased, Erased) and erased.by is not None
    assert (erased.message, erased.by.id, erased.thread) == ("form:V77", on.ada.id, on.thread)


# --- Moderating -------------------------------------------------------------------------------------------------------


async def test_a_choice_is_recorded_and_the_button_comes_to_rest(on: Scene) -> None:
    comment = await on.comment()
    told = await on.mo.click(comment, "Spam")
    assert told.acked and told.said == [] and on.mo.whispers() == []
    [chosen] = on.told()
    assert isinstance(chosen, Moderated) and chosen.thread == on.thread
    assert (chosen.choice, chosen.mark, chosen.message, chosen.by.id) == (Choice.SPAM, MARK, on.id(comment), on.mo.id)


async def test_what_happens_to_a_message_stands_behind_it(on: Scene) -> None:
    comment = await on.comment()
    await on.mo.click(comment, "Spam")
    await on.mo.click(comment, "Trash")
    first, second = on.record.raws
    assert int(comment.ts.replace(".", "")) < first.order < second.order
    assert first.natural_key != second.natural_key


# --- Rights -----------------------------------------------------------------------------------------------------------


async def test_law_08_rights_are_asked_by_id_at_every_press(on: Scene) -> None:
    comment = await on.comment()
    for who, button in ((on.mallory, "Answer"), (on.mallory, "Spam"), (on.ada, "Spam")):
        told = await who.click(comment, button)
        assert told.acked and told.view is None
        assert who.id in await on.whispered(who)
    press = await on.ada.click(comment, "Answer")
    view = await press.opened()
    on.rooms.speakers = {}
    await on.ada.submit(press, "In March.")
    assert view.open and on.ada.id in view.errors["words"]
    assert on.told() == []


async def test_law_08_a_name_like_an_authors_gives_no_right(on: Scene) -> None:
    namesake = on.slack.member("Ada")
    await namesake.click(await on.comment(), "Answer")
    assert "authors" in await on.whispered(namesake)


async def test_law_08_a_guest_of_another_company_speaks_only_if_listed_as_one(on: Scene) -> None:
    guest = on.slack.guest("Gus", on.channel)
    room, comment = RoomId(on.channel.id), await on.comment()
    on.rooms.speakers = {room: frozenset({guest.id})}
    await guest.click(comment, "Answer")
    whole = f"{guest.user.team.id}/{guest.id}"
    assert whole in await on.whispered(guest)
    on.rooms.speakers = {room: frozenset({whole})}
    await sent(guest, comment, "In March.")
    assert [one.writer.id for one in on.told() if isinstance(one, Written)] == [whole]


async def chosen_without_team(on: Scene, who: Person, message: Message) -> None:
    """A choice as Slack tells of it where it leaves out whose workspace somebody is of."""
    button = next(block for block in message.blocks if block["type"] == "actions")["elements"][0]
    body = {
        "type": "block_actions", "user": {"id": who.id}, "team": {"id": on.slack.world.team.id}, "trigger_id": "1.2.3",
        "channel": {"id": on.channel.id}, "message": on.slack.seen(message),
        "actions": [{"value": button["value"], "action_ts": on.slack.world.time.ts()}],
    }  # fmt: skip

    async def ack(**_: object) -> None:
        return None

    await on.interactions.answer(body, ack, on.intake)


async def test_law_08_who_is_not_said_to_be_of_this_workspace_is_asked_for(on: Scene) -> None:
    comment, guest = await on.comment(), on.slack.guest("Gus", on.channel)
    on.rooms.desks = {RoomId(on.channel.id): Desk(frozenset({on.mo.id, guest.id}), closed=False)}
    on.slack.fail("users.info", 503)
    await chosen_without_team(on, guest, comment)
    assert await on.whispered(guest) == phrases.NOT_NOW
    on.slack.faults.requests.clear()
    other = on.slack.guest("Gwen", on.channel)
    await chosen_without_team(on, other, comment)
    assert f"{other.user.team.id}/{other.id}" in await on.whispered(other) and on.told() == []
    await chosen_without_team(on, on.mo, comment)
    assert [one.by.id for one in on.told() if isinstance(one, Moderated)] == [on.mo.id]


async def test_law_08_what_a_form_sent_is_its_writers_alone(on: Scene) -> None:
    copy = await on.copy()
    for button in ("Edit", "Take back"):
        await on.mo.click(copy, button)
        assert await on.whispered(on.mo) == phrases.NOT_YOURS
    assert on.told() == []


async def test_a_button_that_we_do_not_know_is_strange(on: Scene) -> None:
    button = {
        "type": "button",
        "text": {"type": "plain_text", "text": "Sing"},
        "action_id": "sing",
        "value": "bc2:sing",
    }
    answer = await on.api.call(
        "chat.postMessage", channel=on.channel.id, thread_ts=on.root.ts, text="x",
        blocks=[{"type": "actions", "elements": [button]}],
    )  # fmt: skip
    await on.mo.click(on.slack.message(on.channel, answer["ts"]), "Sing")
    assert await on.whispered(on.mo) == phrases.STRANGE


# --- The second way ---------------------------------------------------------------------------------------------------


def test_shortcuts_are_called_as_slack_allows() -> None:
    assert all(len(one.name) <= 24 and len(one.id) <= 255 and len(one.does) <= 150 for one in SHORTCUTS)
    assert len({one.id for one in SHORTCUTS}) == len(SHORTCUTS)


async def test_a_comment_is_answered_by_its_shortcut(on: Scene) -> None:
    comment = await on.comment(WAITING)
    press = await on.ada.shortcut(comment, ANSWER.name)
    assert (await press.opened()).title == "Approve and answer"
    await on.ada.submit(press, "In March.")
    [written, _] = on.told()
    assert isinstance(written, Written) and (written.reply_to, written.thread) == (on.id(comment), on.thread)


async def test_what_a_form_sent_is_changed_by_the_shortcut_for_answering(on: Scene) -> None:
    press = await on.ada.shortcut(await on.copy(), ANSWER.name)
    view = await press.opened()
    assert (view.title, field_of(view)["initial_value"]) == ("Change your answer", "In March.")
    await on.ada.submit(press, "In May.")
    [edited] = on.told()
    assert isinstance(edited, Edited) and edited.message == "form:V77"


async def test_a_comment_is_moderated_by_its_shortcut_as_it_stands_now(on: Scene) -> None:
    comment = await on.comment()
    [restored] = cards.render(replace(COMMENT, choices=(Choice.RESTORE,), mark="f" * 16))
    await on.api.call(
        "chat.update", channel=on.channel.id, ts=comment.ts, text="x",
        blocks=json.loads(restored.body)["blocks"],
    )  # fmt: skip
    press = await on.mo.shortcut(comment, MODERATE.name)
    options = field_of(await press.opened())["options"]
    assert [one["text"]["text"] for one in options] == ["Restore"]
    await on.mo.submit(press, "Restore")
    [chosen] = on.told()
    assert isinstance(chosen, Moderated)
    assert (chosen.choice, chosen.mark, chosen.message, chosen.thread, chosen.by.id) == (
        Choice.RESTORE, "f" * 16, on.id(comment), on.thread, on.mo.id
    )  # fmt: skip


async def test_what_a_form_sent_is_taken_back_by_its_shortcut(on: Scene) -> None:
    copy = await on.copy()
    press = await on.ada.shortcut(copy, MODERATE.name)
    await press.opened()
    await on.ada.submit(press, "Take back")
    [erased] = on.told()
    assert isinstance(erased, Erased) and erased.message == "form:V77"
    await on.mo.shortcut(copy, MODERATE.name)
    assert await on.whispered(on.mo) == phrases.NOT_YOURS


async def test_law_08_shortcuts_give_nobody_more_than_buttons_do(on: Scene) -> None:
    comment = await on.comment()
    for who, shortcut in ((on.mallory, ANSWER), (on.mallory, MODERATE), (on.ada, MODERATE)):
        told = await who.shortcut(comment, shortcut.name)
        assert who.id in await on.whispered(who) and told.view is None
    press = await on.mo.shortcut(comment, MODERATE.name)
    view = await press.opened()
    on.rooms.desks = {}
    await on.mo.submit(press, "Spam")
    assert on.mo.id in view.errors["words"] and on.told() == []


async def test_law_08_nobody_makes_buttons_of_ours(on: Scene) -> None:
    """A person's message, and another bot's, may say what they like in blocks."""
    forged = (await on.comment()).blocks
    message = on.mallory.write(on.channel, thread=on.root, text="x", blocks=forged)
    await on.ada.shortcut(message, ANSWER.name)
    assert await on.whispered(on.ada) == phrases.NOT_ANSWERABLE
    await on.mo.shortcut(message, MODERATE.name)
    assert await on.whispered(on.mo) == phrases.NOTHING_TO_CHOOSE


async def test_of_a_long_comment_only_the_last_message_is_answered(on: Scene) -> None:
    last = await on.comment(replace(COMMENT, text=paragraph("word " * 4000)))
    first = on.slack.thread(on.root)[0]
    await on.ada.shortcut(first, ANSWER.name)
    assert await on.whispered(on.ada) == phrases.NOT_ANSWERABLE
    assert (await (await on.ada.shortcut(last, ANSWER.name)).opened()).title == "Answer this comment"


# --- Publish as answer ------------------------------------------------------------------------------------------------


async def test_ones_own_message_is_published_as_it_stands(on: Scene) -> None:
    message = on.ada.reply(on.root, "In *March*.")
    on.ada.edit(message, "In *April*.")
    await on.ada.shortcut(message, PUBLISH.name)
    assert await on.whispered(on.ada) == phrases.MARKED
    [written, edited, marked] = on.told()
    assert isinstance(written, Written) and isinstance(edited, Edited) and isinstance(marked, Marked)
    assert wording(written.text) == wording(edited.text) == "In April."
    assert (marked.message, marked.by.id, marked.on, marked.thread) == (on.id(message), on.ada.id, True, on.thread)
    assert written.thread == edited.thread == on.thread and written.writer.id == on.ada.id
    assert on.record.raws[0].order < on.record.raws[1].order < on.record.raws[2].order


async def test_people_who_are_mentioned_are_named(on: Scene) -> None:
    message = on.ada.reply(on.root, "Ask @Mo.")
    await on.ada.shortcut(message, PUBLISH.name)
    await on.whispered(on.ada)
    [written, _] = on.told()
    assert isinstance(written, Written) and wording(written.text) == "Ask @Mo."


async def test_law_08_nobody_publishes_what_is_not_theirs_to_publish(on: Scene) -> None:
    cases = [
        (on.ada, on.mo.reply(on.root, "Mine"), phrases.NOT_YOUR_MESSAGE),
        (on.ada, await on.comment(), phrases.NOT_YOUR_MESSAGE),
        (on.mallory, on.mallory.reply(on.root, "Me too"), phrases.NO_AUTHOR.format(id=on.mallory.id)),
    ]
    for who, message, words in cases:
        await who.shortcut(message, PUBLISH.name)
        assert await on.whispered(who) == words
    alone = on.ada.write(on.channel, "To all")
    theirs = on.mo.write(on.channel, "Lunch?")
    for message in (alone, on.ada.reply(theirs, "Yes")):
        await on.ada.shortcut(message, PUBLISH.name)
        await until(lambda: bool(on.ada.whispers()), "words")
        assert on.ada.whispers()[0].text == phrases.NO_THREAD
        on.ada.reload()
    assert on.told() == []


# --- Why? -------------------------------------------------------------------------------------------------------------


async def why(on: Scene, who: Person, message: Message) -> str:
    await who.shortcut(message, WHY.name)
    return await on.whispered(who)


async def test_what_became_of_a_message_is_told_again_on_demand(on: Scene) -> None:
    message = on.ada.reply(on.root, "In March.")
    refused = Receipt(AnswerState.REFUSED, reason="The blog said <!channel> no.")
    on.office.known["slack", on.id(message)] = refused
    for who in (on.ada, on.mo):
        assert await why(on, who, message) == "⚠️ not published: The blog said &lt;!channel&gt; no."
    on.ada.reload()
    assert await why(on, on.ada, message) == "⚠️ not published: The blog said &lt;!channel&gt; no."


async def test_what_became_of_a_form_is_told_at_our_copy_of_it(on: Scene) -> None:
    on.office.known["slack", MessageId("form:V77")] = Receipt(AnswerState.PENDING)
    assert await why(on, on.ada, await on.copy()) == "🕓 waits for approval on the blog"
    assert await why(on, on.ada, await on.comment()) == phrases.OURS


async def test_what_is_no_answer_says_why_it_stays(on: Scene) -> None:
    assert await why(on, on.ada, on.ada.reply(on.root, "// Tea?")) == f"💬 stays in the chat: {phrases.ASIDE}"
    told = await why(on, on.mallory, on.mallory.reply(on.root, "Hello"))
    assert told.startswith("💬 stays in the chat: Only the authors") and on.mallory.id in told


async def test_law_08_what_became_of_a_message_is_not_everybodys_business(on: Scene) -> None:
    message = on.ada.reply(on.root, "In March.")
    on.office.known["slack", on.id(message)] = Receipt(AnswerState.REFUSED, reason="secret")
    assert await why(on, on.mallory, message) == phrases.NOT_YOURS_TO_ASK


async def test_an_office_that_cannot_be_used_is_said(on: Scene, caplog: pytest.LogCaptureFixture) -> None:
    message = on.ada.reply(on.root, "In March.")
    on.office.broken = LedgerError("the ledger is on fire")
    assert await why(on, on.ada, message) == phrases.NO_RECEIPTS and "on fire" in caplog.text
    on.office.broken = ZeroDivisionError("ours")
    assert await why(on, on.ada, message) == phrases.FAULT and "fault of ours" in caplog.text


# --- Where Backchat is not --------------------------------------------------------------------------------------------


async def test_law_10_elsewhere_it_answers_by_the_address_that_came_along_and_logs_it_nowhere(
    on: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    elsewhere = on.slack.channel("lunch", bot=False)
    message = on.ada.write(elsewhere, "Lunch?")
    for shortcut, words in (
        (PUBLISH, phrases.NO_AUTHOR.format(id=on.ada.id)), (WHY, phrases.NO_THREAD),
        (ANSWER, phrases.NO_AUTHOR.format(id=on.ada.id)), (MODERATE, phrases.NOTHING_TO_CHOOSE),
    ):  # fmt: skip
        told = await on.ada.shortcut(message, shortcut.name)
        assert await told.spoke() == words and told.ephemeral
        assert told.response_url.rpartition("/")[2] not in caplog.text and told.trigger not in caplog.text


async def test_a_channel_with_a_new_id_is_known_by_the_old_one(on: Scene) -> None:
    comment = await on.comment()
    old = on.channel.id
    on.api.moved.learn(old, on.slack.move(on.channel))
    await on.mo.click(on.slack.message(on.channel, comment.ts), "Spam")
    [chosen] = on.told()
    assert isinstance(chosen, Moderated) and chosen.thread == on.thread and chosen.message == f"{old}:{comment.ts}"


async def test_a_window_that_is_closed_is_nothing(on: Scene) -> None:
    press = await on.ada.click(await on.comment(), "Answer")
    view = await press.opened()
    view.given["notify_on_close"] = True
    on.ada.close(view)
    await on.slack.deliveries.settled()
    assert on.slack.deliveries.book[-1].state != "dead" and on.told() == []


async def test_a_desk_without_authors_answers_to_its_moderators(on: Scene) -> None:
    room = RoomId(on.channel.id)
    on.rooms.desks, on.rooms.speakers = {room: Desk(frozenset({on.mo.id}), closed=True)}, {room: frozenset({on.mo.id})}
    await on.ada.click(await on.comment(WAITING), "Answer")
    assert on.ada.id in await on.whispered(on.ada)
    await sent(on.mo, await on.comment(WAITING), "In March.")
    assert isinstance(on.told()[0], Written)


async def test_a_trigger_that_is_too_old_opens_nothing_and_says_so(tmp_path: Path) -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock) as slack, scene(slack, tmp_path) as on:
        comment = await on.comment()
        slack.world.interactions.trigger_life = -1.0
        await on.ada.click(comment, "Answer")
        assert await on.whispered(on.ada) == phrases.NO_WINDOW


async def test_a_window_that_slack_is_slow_to_open_is_given_up_before_the_press_is(tmp_path: Path) -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock) as slack, scene(slack, tmp_path, clock) as on:
        slack.gate.patience = 30.0
        comment = await on.comment()
        fault = slack.fail("views.open", 500, hold=True)
        press = await on.ada.click(comment, "Answer", wait=False)
        await fault.reached.wait()
        assert not press.acked
        clock.advance(responses.OPENING)
        answered = await press.answered()
        assert answered.acked and await on.whispered(on.ada) == phrases.NO_WINDOW


async def test_finding_out_who_pressed_and_opening_a_window_share_the_time(tmp_path: Path) -> None:
    clock = DrivenClock()
    async with slack_double(clock=clock) as slack, scene(slack, tmp_path, clock) as on:
        slack.gate.patience = 30.0
        comment = await on.comment()
        who, window = slack.fail("users.info", 500, hold=True), slack.fail("views.open", 500, hold=True)
        press = await on.ada.click(comment, "Answer", wait=False)
        await who.reached.wait()
        clock.advance(interactions.PATIENCE)
        await window.reached.wait()
        clock.advance(responses.TOGETHER - interactions.PATIENCE)
        assert (await press.answered()).acked and await on.whispered(on.ada) == phrases.NO_WINDOW


@pytest.mark.parametrize("organisation", [True, False])
async def test_law_08_who_presses_by_an_organisation_is_ours_only_if_it_has_them_in_our_workspace(
    on: Scene, organisation: bool
) -> None:
    home = on.slack.world.team
    on.ada.user.team = replace(home, id="E0HIGHABOVE")
    on.ada.user.workspaces = [home.id] if organisation else ["T0OTHER"]
    press = await on.ada.click(await on.comment(), "Answer")
    assert press.acked and (press.view is not None) == organisation
