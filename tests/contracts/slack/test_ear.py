"""What Slack's events mean, as the double tells them; each trap that others fell into is named by its issue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.slack.ids import micro
from bridge.errors import RetryLater
from bridge.model import Edited, Erased, Marked, PersonId, Writer, Written
from bridge.testing.clock import DrivenClock
from bridge.text.tree import Emphasis, Link, Paragraph, Plain, paragraph
from tests.contracts.slack.hearing import KEY, SECTION, Hearing, hearing, kinds, meant
from tests.servers.slack_double import Double

KEYED = [{**SECTION, "block_id": f"bc1:{KEY}:0"}]


@pytest.fixture
async def here(slack: Double, tmp_path: Path) -> AsyncIterator[Hearing]:
    async with hearing(slack, tmp_path) as one:
        yield one


async def test_law_06_our_messages_come_back_with_their_keys(here: Hearing) -> None:
    root = await here.post(username="Vera")
    reply = await here.post(root, username="Vera", icon_url="https://blog.example/v.png")
    first, second = meant(await here.live())
    assert isinstance(first, Written) and isinstance(second, Written)
    assert first.key == second.key == KEY
    assert (first.thread, first.message) == (f"{here.channel.id}:{root.ts}", f"{here.channel.id}:{root.ts}")
    assert (second.thread, second.message) == (first.thread, f"{here.channel.id}:{reply.ts}")


async def test_what_people_write_in_a_thread_is_told_once(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada", display_name="ada.l")
    await here.live()
    said = ada.reply(root, "Hi, _there_")
    (event,) = meant(await here.live())
    assert event == Written(
        event.thread, event.message, Writer(PersonId(ada.id), "ada.l"),
        (Paragraph((Plain("Hi, "), Emphasis((Plain("there"),)))),), event.at,
    )  # fmt: skip
    assert (event.thread, event.message) == (f"{here.channel.id}:{root.ts}", f"{here.channel.id}:{said.ts}")
    assert event.at == pytest.approx(micro(said.ts) / 1e6)


async def test_what_is_said_in_the_channel_itself_is_nothing_to_us(here: Hearing) -> None:
    ada = here.slack.member("Ada")
    ada.write(here.channel, "Lunch?")
    assert await here.live() == []


async def test_what_is_said_in_other_channels_is_nothing_to_us_but_below_our_messages_there(here: Hearing) -> None:
    other = here.slack.channel("lunch")
    ada = here.slack.member("Ada")
    ada.reply(ada.write(other, "Lunch?"), "Yes")
    assert await here.live() == []
    said = await here.api.call("chat.postMessage", channel=other.id, text="x", blocks=KEYED)  # before the room changed
    ada.reply(here.slack.message(other, said["ts"]), "An answer")
    assert kinds(await here.live()) == ["ours", "written"]


async def test_mautrix_slack_14_and_18_a_reply_that_is_sent_to_the_channel_too_is_a_reply_once(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "All see", broadcast=True)
    (event,) = meant(await here.live())[1:]
    assert isinstance(event, Written) and event.message == f"{here.channel.id}:{said.ts}"
    assert event.thread == f"{here.channel.id}:{root.ts}"


async def test_a_mention_of_us_comes_twice_and_is_told_once_and_calls_nobody(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    await here.live()
    ada.reply(root, "@Backchat thank you")
    assert [one["type"] for one in here.told] == ["message", "app_mention"]
    (event,) = meant(await here.live())
    assert isinstance(event, Written) and not event.to_person and event.text == paragraph("thank you")


async def test_who_calls_somebody_speaks_to_them_also_behind_a_mention_of_us(here: Hearing) -> None:
    root, ada, bob = await here.post(), here.slack.member("Ada"), here.slack.member("Bob", display_name="bobby")
    await here.live()
    for words in ("@bobby look", "@Backchat @bobby look", "@here look"):
        ada.reply(root, words)
    events = meant(await here.live())
    assert [event.to_person for event in events if isinstance(event, Written)] == [True, True, True]
    assert [event.text for event in events[:2] if isinstance(event, Written)] == [paragraph("@bobby look")] * 2
    ada.reply(root, f"look, <@{bob.id}>", text=f"look, <@{bob.id}> in <#{here.channel.id}>", blocks=[])
    (event,) = meant(await here.live())
    assert isinstance(event, Written) and not event.to_person and event.text == paragraph("look, @bobby in #blog")


async def test_files_are_named_with_a_link_into_slack_and_their_own_address_is_kept_nowhere(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    await here.live()
    shared = ada.reply(root, "Look", files=("cat.png",))
    gone = ada.reply(root, "", files=("old.png",), mode="tombstone")
    raws = await here.live()
    (event,) = meant(raws)
    link = here.slack.seen(shared)["files"][0]["permalink"]
    line = Paragraph((Plain("Attached in the chat: "), Link(link, (Plain("cat.png"),))))
    assert isinstance(event, Written) and event.text == (*paragraph("Look"), line) and gone.files
    assert "files-pri" not in raws[0].body and "slack-files" not in raws[0].body


async def test_files_are_not_named_where_the_settings_say_so(slack: Double, tmp_path: Path) -> None:
    async with hearing(slack, tmp_path, attachments="omit") as here:
        root, ada = await here.post(), slack.member("Ada")
        ada.reply(root, "Look", files=("cat.png",))
        ada.reply(root, "", files=("dog.png",))
        (event,) = meant(await here.live())[1:]
        assert isinstance(event, Written) and event.text == paragraph("Look")


async def test_law_08_who_is_of_another_company_is_never_taken_for_one_of_ours(here: Hearing) -> None:
    root, guest = await here.post(), here.slack.guest("Gil", here.channel)
    await here.live()
    said = guest.reply(root, "We say")
    guest.react(said, "mega")
    written, marked = meant(await here.live())
    assert isinstance(written, Written) and isinstance(marked, Marked)
    assert written.writer == marked.by == Writer(PersonId(f"{guest.user.team.id}/{guest.id}"), "Gil")


async def test_law_08_of_whom_slack_tells_no_workspace_is_asked_for_and_else_told_again(here: Hearing) -> None:
    root, guest = await here.post(), here.slack.guest("Gil", here.channel)
    await here.live()
    guest.reply(root, "We say")
    (event,) = here.told
    for name in ("team", "user_team", "source_team", "user_profile"):
        del event[name]
    here.slack.fail("users.info", 500)
    with pytest.raises(RetryLater):
        await here.ear.heard(event)
    here.anew()
    (written,) = meant(await here.ear.heard(event))
    assert isinstance(written, Written) and written.writer.id == f"{guest.user.team.id}/{guest.id}"
    here.anew()
    here.slack.fail("users.info", "user_not_visible")
    (written,) = meant(await here.ear.heard(event))
    assert isinstance(written, Written) and written.writer.id == f"?/{guest.id}"


async def test_names_are_not_waited_for_longer_than_slack_waits_for_us(slack: Double, tmp_path: Path) -> None:
    clock = DrivenClock()
    async with hearing(slack, tmp_path, clock) as here:
        root, ada = await here.post(), slack.member("Ada")
        await here.live()
        held = slack.fail("users.info", hold=True)
        ada.reply(root, "Hi")
        hearing_it = asyncio.ensure_future(here.live())
        await held.reached.wait()
        clock.advance(1.5)
        (event,) = meant(await hearing_it)
        assert isinstance(event, Written) and event.writer == Writer(PersonId(ada.id), "somebody")
        held.release()


# --- Changes ------------------------------------------------------------------------------------------------


async def test_an_edit_is_told_with_its_own_instant(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    await here.live()
    ada.edit(said, "Ho")
    raws = await here.live()
    (event,) = meant(raws)
    assert isinstance(event, Edited) and event.text == paragraph("Ho") and event.message.endswith(said.ts)
    assert said.edited is not None and raws[0].order == micro(said.edited[1])
    assert raws[0].natural_key.rpartition(":")[0].endswith(f":{said.ts}:{said.edited[1]}")


async def test_what_slack_adds_to_a_message_is_no_edit(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "See https://example.org/")
    ada.edit(said, "See https://example.org/ there")
    await here.live()
    here.slack.unfurl(said)
    assert [one["subtype"] for one in here.told] == ["message_changed"]
    assert await here.live() == []


async def test_matterbridge_1959_the_replies_of_a_deleted_message_are_no_edits(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    ada.edit(said, "Ho")
    await here.live()
    here.slack.admin.delete(root)
    assert len(here.told) == 2
    (event,) = meant(await here.live())
    assert isinstance(event, Erased)
    assert {str(event.message), str(event.thread)} == {f"{here.channel.id}:{root.ts}"}


@pytest.mark.parametrize("signed", [True, False])
async def test_matterbridge_1039_and_openclaw_25524_our_own_changes_do_not_come_back(
    here: Hearing, signed: bool
) -> None:
    here.slack.world.nobody_signs = not signed
    root = await here.post(username="Vera")
    reply = await here.post(root, username="Vera")
    await here.live()
    for one in (root, reply):
        await here.api.call("chat.update", channel=here.channel.id, ts=one.ts, text="Changed")  # Slack makes blocks
    assert [one["subtype"] for one in here.told] == ["message_changed"] * 2
    assert await here.live() == []


@pytest.mark.parametrize("left", ["bot_id", "app_id", "user"])
async def test_ours_is_known_by_whichever_id_slack_tells(here: Hearing, left: str) -> None:
    root = await here.post()
    await here.post(root)
    await here.api.call("chat.update", channel=here.channel.id, ts=root.ts, text="Changed")
    for event in here.told:
        for message in (event, event.get("message", {}), event.get("previous_message", {})):
            for name in {"bot_id", "app_id", "user", "bot_profile"} - {left}:
                message.pop(name, None)
    assert kinds(await here.live()) == ["ours", "ours"]


async def test_openclaw_55471_what_another_bot_says_is_neither_ours_nor_a_persons(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    await here.live()
    ada.reply(root, "Hi")
    (event,) = here.told
    foreign: list[dict[str, Any]] = [
        {**event, "bot_id": "B0OTHER", "app_id": "A0OTHER"}, {**event, "subtype": "bot_message", "bot_id": "B0OTHER"},
        {**event, "user": "USLACKBOT"}, {**event, "subtype": "channel_join"},
        {**event, "blocks": KEYED, "bot_id": "B1"},
    ]  # fmt: skip
    assert [await here.ear.heard(one) for one in foreign] == [[]] * 5
    assert kinds(await here.ear.heard({**event, "app_id": "A0OTHER"})) == ["written"]


async def test_law_06_whoever_copies_a_key_into_their_message_is_not_taken_for_us(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    await here.live()
    ada.reply(root, "", text="Mine", blocks=KEYED)
    (event,) = meant(await here.live())
    assert isinstance(event, Written) and event.key is None and event.writer.id == ada.id


async def test_matterbridge_588_an_edit_of_something_unknown_is_an_edit_and_makes_nothing(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    here.told.clear()
    here.anew()
    ada.edit(said, "Ho")
    del here.told[0]["previous_message"]
    assert kinds(await here.live()) == ["edited"]


async def test_bolt_python_868_an_event_that_is_told_again_has_the_same_nature(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    ada.edit(said, "Ho")
    ada.react(said, "mega")
    ada.delete(said)
    twice = [*here.told, *here.told]
    raws = [raw for event in twice for raw in await here.ear.heard(event)]
    assert len(raws) == 10 and [raw.natural_key for raw in raws[:5]] == [raw.natural_key for raw in raws[5:]]
    assert len({raw.natural_key for raw in raws}) == 5
    assert all(here.api.us.team in raw.natural_key for raw in raws)


async def test_a_deleted_message_is_gone_whoever_wrote_it_and_whoever_deleted_it(here: Hearing) -> None:
    root, ada = await here.post(username="Vera"), here.slack.member("Ada")
    ours, theirs = await here.post(root, username="Vera"), ada.reply(root, "Hi")
    stray = ada.write(here.channel, "Lunch?")
    await here.live()
    for one in (ours, theirs, stray):
        here.slack.admin.delete(one)
    events = meant(await here.live())
    assert [event.message for event in events] == [f"{here.channel.id}:{one.ts}" for one in (ours, theirs)]
    assert {type(event) for event in events} == {Erased} and {event.thread for event in events} == {
        f"{here.channel.id}:{root.ts}"
    }


async def test_what_slack_does_not_say_of_a_deleted_message_is_remembered(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    await here.live()
    ada.delete(said)
    del here.told[0]["previous_message"]
    (event,) = meant(await here.live())
    assert isinstance(event, Erased) and event.thread == f"{here.channel.id}:{root.ts}"


async def test_events_are_told_in_an_order_that_holds_whenever_they_come(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    ada.react(said, "mega")
    ada.edit(said, "Ho")
    ada.unreact(said, "mega")
    told, here.told[:] = list(here.told[1:]), []
    ordered = [raw for event in told for raw in await here.ear.heard(event)]
    backwards = [raw for event in reversed(told) for raw in await here.ear.heard(event)]
    ada.delete(said)
    ordered += await here.live()
    assert kinds(ordered) == ["written", "marked", "edited", "marked", "erased"]
    assert kinds(sorted([ordered[-1], *backwards], key=lambda raw: raw.order)) == kinds(ordered)


# --- Marks --------------------------------------------------------------------------------------------------


async def test_a_mark_of_its_writer_is_told_and_nobody_elses(here: Hearing) -> None:
    root, ada, bob = await here.post(), here.slack.member("Ada"), here.slack.member("Bob")
    said = ada.reply(root, "Hi")
    await here.live()
    bob.react(said, "mega")
    ada.react(said, "tada")
    ada.react(root, "mega")
    assert await here.live() == []
    ada.react(said, "mega")
    ada.unreact(said, "mega")
    on, off = meant(await here.live())
    assert isinstance(on, Marked) and isinstance(off, Marked) and (on.on, off.on) == (True, False)
    assert on.by == Writer(PersonId(ada.id), "Ada") and on.thread == f"{here.channel.id}:{root.ts}"


async def test_the_mark_may_be_another_reaction_in_any_colour(slack: Double, tmp_path: Path) -> None:
    async with hearing(slack, tmp_path, mark="writing_hand") as here:
        root, ada = await here.post(), slack.member("Ada")
        said = ada.reply(root, "Hi")
        ada.react(said, "writing_hand::skin-tone-4")
        ada.react(said, "mega")
        assert kinds(await here.live()) == ["ours", "written", "marked"]


async def test_of_a_marked_message_that_nobody_remembers_the_thread_is_asked_for(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said, stray = ada.reply(root, "Hi"), ada.write(here.channel, "Lunch?")
    await here.live()
    here.anew()
    ada.react(said, "mega")
    (event,) = meant(await here.live())
    assert event.thread == f"{here.channel.id}:{root.ts}"
    ada.react(stray, "mega")
    assert await here.live() == []
    here.anew()
    ada.unreact(said, "mega")
    here.slack.fail("conversations.replies", 500)
    with pytest.raises(RetryLater):
        await here.ear.heard(here.told[0])
    assert kinds(await here.ear.heard(here.told.pop())) == ["marked"]
    here.anew()
    ada.react(said, "mega")
    ada.delete(said)
    assert await here.ear.heard(here.told[0]) == []


async def test_a_thread_that_is_not_found_in_time_has_the_event_told_again(slack: Double, tmp_path: Path) -> None:
    clock = DrivenClock()
    async with hearing(slack, tmp_path, clock) as here:
        root, ada = await here.post(), slack.member("Ada")
        said = ada.reply(root, "Hi")
        await here.live()
        here.anew()
        ada.react(said, "mega")
        held = slack.fail("conversations.replies", hold=True)
        hearing_it = asyncio.ensure_future(here.ear.heard(here.told[0]))
        await held.reached.wait()
        clock.advance(2)
        with pytest.raises(RetryLater, match="in time"):
            await hearing_it
        held.release()


# --- Rooms and people ---------------------------------------------------------------------------------------


async def test_a_channel_with_another_id_is_the_same_room(here: Hearing) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    said = ada.reply(root, "Hi")
    before = meant(await here.live())[-1]
    first = here.channel.id
    here.slack.move(here.channel)
    ada.edit(said, "Ho")
    ada.react(said, "mega")
    after = meant(await here.live())
    assert here.channel.id != first
    assert [(event.thread, event.message) for event in after] == [(before.thread, before.message)] * 2


async def test_people_and_channels_are_called_by_their_newest_names(here: Hearing) -> None:
    root, ada, bob = await here.post(), here.slack.member("Ada"), here.slack.member("Bob")
    ada.reply(root, "See @Bob in #blog")
    await here.live()
    bob.rename("Robert")
    here.slack.rename(here.channel, "news")
    ada.reply(root, "See @Robert in #news")
    (event,) = meant(await here.live())
    assert isinstance(event, Written) and event.text == paragraph("See @Robert in #news")
    assert len(here.slack.asked("users.info")) == 2 and len(here.slack.asked("conversations.info")) == 1


async def test_whoever_takes_us_out_of_a_room_is_told_of_and_our_coming_back_has_it_read(
    here: Hearing, caplog: pytest.LogCaptureFixture
) -> None:
    here.slack.remove(here.channel)
    assert await here.live() == [] and "/invite the app there again" in caplog.text
    assert not here.ear.lacking.is_set()
    here.slack.invite(here.channel, here.slack.member("Ada", here.slack.channel("other")))
    await here.live()
    assert not here.ear.lacking.is_set()
    here.slack.invite(here.channel)
    assert await here.live() == [] and here.ear.lacking.is_set()
    here.slack.archive(here.channel)
    assert await here.live() == [] and "was archived" in caplog.text


async def test_what_nobody_can_read_is_said_and_keeps_nothing_from_being_heard(
    here: Hearing, caplog: pytest.LogCaptureFixture
) -> None:
    root, ada = await here.post(), here.slack.member("Ada")
    await here.live()
    ada.reply(root, "Hi")
    for wrong in ({"ts": "yesterday"}, {"ts": None}, {"ts": "99999999999999.000000"}, {"user": None, "ts": 3}):
        assert await here.ear.heard({**here.told[0], **wrong}) == []
    assert caplog.text.count("in a way that nobody can read") == 3
    assert kinds(await here.live()) == ["written"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from([
            "type", "subtype", "message", "previous_message", "channel", "ts", "thread_ts", "user", "bot_id", "blocks",
            "item", "reaction", "files", "edited", "elements", "deleted_ts", "text",
        ]), inner, max_size=5,
    ), max_leaves=12,
)  # fmt: skip
_KINDS = st.sampled_from([
    "message", "reaction_added", "reaction_removed", "channel_id_changed", "user_change", "channel_rename",
    "member_joined_channel", "channel_left", "app_mention", "nonsense",
])  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=_KINDS, subtype=st.sampled_from([None, "message_changed", "message_deleted", "tombstone"]),
       rest=st.dictionaries(st.text(max_size=5), _JSON, max_size=3) | _JSON)  # fmt: skip
async def test_no_event_however_strange_ends_the_hearing(here: Hearing, kind: str, subtype: str, rest: Any) -> None:
    more = rest if isinstance(rest, dict) else {"message": rest, "item": rest, "user": rest}
    heard = await here.ear.heard({"channel": here.channel.id, "ts": "1.0", **more, "type": kind, "subtype": subtype})
    assert all(raw.order > 0 for raw in heard)


async def test_words_that_are_edited_away_from_over_a_file_are_gone(slack: Double, tmp_path: Path) -> None:
    async with hearing(slack, tmp_path, attachments="omit") as here:
        root, ada = await here.post(), slack.member("Ada")
        said = ada.reply(root, "Look", files=("cat.png",))
        await here.live()
        ada.edit(said, "")
        (raw,) = await here.live()
        (event,) = meant([raw])
        assert isinstance(event, Erased) and event.message == f"{here.channel.id}:{said.ts}"
        assert said.edited is not None and raw.order == micro(said.edited[1])


@pytest.mark.parametrize("organisation", [True, False])
async def test_law_08_who_is_named_by_an_organisation_is_ours_only_if_it_has_them_in_our_workspace(
    here: Hearing, organisation: bool
) -> None:
    root = await here.post()
    guest = here.slack.guest("Gil", here.channel)
    ours = here.api.us.team
    guest.user.workspaces = [guest.user.team.id, ours] if organisation else [guest.user.team.id]
    await here.live()
    for named in ({"user_team": "E0HIGHABOVE", "team": ours}, {"team": "E0HIGHABOVE"}, {}):
        guest.reply(root, "In March")
        (told,) = here.told
        told |= named
        (event,) = meant(await here.live())
        assert isinstance(event, Written)
        assert event.writer.id == (guest.id if organisation else f"{guest.user.team.id}/{guest.id}")
