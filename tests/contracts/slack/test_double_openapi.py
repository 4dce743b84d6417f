"""Every method of the double, and what it tells an app, is held to Slack's own description of both."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.slack.double.asked import METHODS as OURS
from tests.servers.slack_bare import Bare
from tests.servers.slack_described import ABSENT, DESCRIPTION, EXCEPTIONS, METHODS, held, unwrapped
from tests.servers.slack_double import Double

pytestmark = pytest.mark.skipif(not DESCRIPTION.is_file(), reason=ABSENT)

BUTTON = {"type": "button", "text": {"type": "plain_text", "text": "Answer"}, "action_id": "answer", "value": "c1"}
BLOCKS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "Hi", "verbatim": True}},
    {"type": "actions", "elements": [BUTTON]},
]
WORD = {"type": "plain_text", "text": "Answer"}
FIELD = {"type": "plain_text_input", "action_id": "words"}
FORM = {"type": "modal", "title": WORD, "submit": WORD, "blocks": [{"type": "input", "label": WORD, "element": FIELD}]}


def test_each_method_of_the_double_has_a_page() -> None:
    assert not {name for name in OURS if not (METHODS / f"{name}.json").is_file()}


async def everything(slack: Double, app: Bare) -> None:
    """Call every method that the double has, at least once with success."""
    slack.limits.off()
    slack.app.scopes += ["team:read"]
    channel, spare = slack.channel("blog"), slack.channel("spare", bot=False)
    ada = slack.member("Ada", display_name="ada")
    async with app.wire() as wire:
        said = await app.post(channel, "A post", blocks=BLOCKS, metadata={"event_type": "x", "event_payload": {}})
        await app.post(channel, "Hi", username="Vera", icon_url="https://blog.example/v.png", thread_ts=said["ts"])
        root = slack.message(channel, said["ts"])
        ada.react(ada.reply(root, "Look", files=("cat.png",)), "eyes")
        ada.write(channel, "All", thread=root, broadcast=True)
        click = await ada.click(root, "answer", wait=False)
        frame = await wire.envelope("interactive")
    where, at = {"channel": channel.id, "ts": root.ts}, {"channel": channel.id, "timestamp": root.ts}
    opened = await app.call("views.open", trigger_id=frame["payload"]["trigger_id"], view=FORM)
    second = await ada.click(root, "answer")
    calls: list[tuple[str, dict[str, Any]]] = [
        ("views.update", {"view_id": opened["view"]["id"], "view": FORM}),
        ("views.push", {"trigger_id": second.trigger, "view": FORM}),
        ("api.test", {}), ("auth.test", {}), ("team.info", {}), ("users.list", {}),
        ("bots.info", {"bot": slack.app.bot_id}), ("users.info", {"user": ada.id}),
        ("files.info", {"file": next(iter(slack.world.files))}),
        ("conversations.info", {"channel": channel.id}), ("conversations.list", {"types": "public_channel"}),
        ("conversations.members", {"channel": channel.id}), ("conversations.join", {"channel": spare.id}),
        ("conversations.history", {"channel": channel.id, "include_all_metadata": True}),
        ("conversations.replies", where), ("chat.update", {**where, "text": "New"}),
        ("chat.getPermalink", {"channel": channel.id, "message_ts": root.ts}),
        ("chat.postEphemeral", {"channel": channel.id, "user": ada.id, "text": "Psst"}),
        ("reactions.add", {**at, "name": "eyes"}), ("reactions.get", at), ("reactions.remove", {**at, "name": "eyes"}),
        ("chat.delete", where),
    ]  # fmt: skip
    for method, args in calls:
        answer = await app.call(method, how="form", **args)
        assert answer["ok"], f"{method}: {answer.body}"
    assert click.view is not None
    assert {one.method for one in slack.requests} == set(OURS)


async def test_every_answer_is_as_it_is_described(slack: Double, app: Bare) -> None:
    await everything(slack, app)
    wrong = held(slack.requests)
    assert not wrong, "\n".join(sorted(set(wrong)))


async def test_each_exception_is_needed(slack: Double, app: Bare, monkeypatch: pytest.MonkeyPatch) -> None:
    await everything(slack, app)
    monkeypatch.setattr("tests.servers.slack_described.EXCEPTIONS", ())
    wrong = held(slack.requests)
    unneeded = [leave for leave in EXCEPTIONS if not any(leave.says in words for words in wrong)]
    assert not unneeded


async def test_a_wrong_answer_and_an_unknown_argument_are_found(slack: Double, app: Bare) -> None:
    await app.call("auth.test", nonsense="1")
    slack.requests[0].answer = {**slack.requests[0].answer, "user_id": 5}
    assert held(slack.requests) == [
        "auth.test was asked 'nonsense'", "auth.test answered user_id: 5 is not of type 'string'"
    ]  # fmt: skip


async def test_events_are_wrapped_as_it_is_described(slack: Double, app: Bare) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    ada.react(ada.write(channel, "Hi @Backchat"), "eyes")
    slack.rename(channel, "other")
    assert len(slack.deliveries.book) == 4
    assert [unwrapped(one.payload) for one in slack.deliveries.book] == [[]] * 4
