"""The double's messages, by hand: what is kept, how threads and stones behave, and what the app is told of it."""

from __future__ import annotations

from typing import Any

from tests.servers.slack_bare import Bare
from tests.servers.slack_double import Double

KEY = {"event_type": "backchat", "event_payload": {"key": "k1"}}


async def test_what_is_said_stands_and_is_told(slack: Double, app: Bare) -> None:
    channel = slack.channel("blog")
    async with app.wire() as wire:
        said = await app.post(channel, "A <post> & more <https://blog.example/1|here>", metadata=KEY)
        event = await wire.event()
    assert said["message"]["text"] == "A &lt;post&gt; &amp; more <https://blog.example/1|here>"
    assert said["message"]["metadata"] == KEY and "thread_ts" not in said["message"]
    assert said["message"]["bot_profile"]["app_id"] == said["message"]["app_id"] == slack.app.id
    assert event["ts"] == said["ts"] and event["bot_id"] == slack.app.bot_id and event["channel_type"] == "channel"
    assert "metadata" not in event and event["blocks"][0]["type"] == "rich_text"
    read = await app.call("conversations.history", how="query", verb="GET", channel=channel.id)
    whole = await app.call("conversations.history", how="form", channel=channel.id, include_all_metadata=True)
    assert read["messages"][0]["metadata"] == {"event_type": "backchat"}
    assert whole["messages"][0]["metadata"] == KEY and whole["has_more"] is False


async def test_a_thread_counts_its_replies_and_pages_begin_with_the_parent(slack: Double, app: Bare) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    root = (await app.post(channel, "A post"))["ts"]
    first = (await app.post(channel, "one", thread_ts=root))["message"]
    assert first["thread_ts"] == root and first["parent_user_id"] == slack.bot.id
    below = await app.post(channel, "two", thread_ts=first["ts"])
    assert below["message"]["thread_ts"] == root
    mine = ada.reply(slack.message(channel, root), "three")
    parent = (await app.call("conversations.history", channel=channel.id))["messages"]
    assert [one["ts"] for one in parent] == [root]
    assert parent[0]["reply_count"] == 3 and parent[0]["latest_reply"] == mine.ts
    assert parent[0]["reply_users"] == [slack.bot.id, ada.id]
    page = await app.call("conversations.replies", channel=channel.id, ts=first["ts"], limit=2)
    rest = await app.call(
        "conversations.replies", channel=channel.id, ts=root, limit=3, cursor=page["response_metadata"]["next_cursor"]
    )
    assert [one["text"] for one in page["messages"]] == ["A post", "one"] and page["has_more"]
    assert [one["text"] for one in rest["messages"]] == ["A post", "two", "three"] and not rest["has_more"]
    new = await app.call("conversations.replies", channel=channel.id, ts=root, oldest=below["ts"])
    same = await app.call("conversations.replies", channel=channel.id, ts=root, oldest=mine.ts, inclusive=True)
    assert [one["text"] for one in new["messages"]] == [one["text"] for one in same["messages"]] == ["A post", "three"]
    assert (await app.call("conversations.replies", channel=channel.id, ts="1.000000")).error == "thread_not_found"


async def test_a_reply_to_a_parent_that_is_gone_lands_in_the_channel_without_a_word(slack: Double, app: Bare) -> None:
    channel = slack.channel("blog")
    root = (await app.post(channel, "A post"))["ts"]
    slack.admin.delete(slack.message(channel, root))
    stray = await app.post(channel, "lost", thread_ts=root)
    assert stray["ok"] and "thread_ts" not in stray["message"]
    assert [one.text for one in slack.messages(channel)] == ["lost"]


async def test_over_replies_a_stone_is_left_and_each_reply_is_told_of_again(slack: Double, app: Bare) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    root = slack.message(channel, (await app.post(channel, "A post", username="Vera"))["ts"])
    reply, other = ada.reply(root, "Hm"), ada.reply(root, "So")
    async with app.wire() as wire:
        slack.admin.delete(root)
        stone, *replays = [await wire.event() for _ in range(3)]
        stray = await app.post(channel, "lost", thread_ts=root.ts)
        assert (await wire.event())["ts"] == stray["ts"]
        ada.delete(reply)
        assert (await wire.event())["deleted_ts"] == reply.ts
        ada.delete(other)
        assert [(await wire.event())["deleted_ts"] for _ in range(2)] == [other.ts, root.ts]
    assert stone["subtype"] == "message_changed" and stone["message"]["subtype"] == "tombstone"
    assert stone["previous_message"]["username"] == "Vera" and stone["message"]["user"] == "USLACKBOT"
    assert [one["message"]["ts"] for one in replays] == [reply.ts, other.ts]
    assert all(one["message"] == one["previous_message"] for one in replays)
    assert "thread_ts" not in stray["message"]


async def test_an_edit_marks_text_only_and_keeps_metadata(slack: Double, app: Bare) -> None:
    channel = slack.channel("blog")
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "Hi"}}]
    said = await app.post(channel, "Hi", blocks=blocks, metadata=KEY)
    where = {"channel": channel.id, "ts": said["ts"]}
    async with app.wire() as wire:
        plain = (await app.call("chat.update", **where, blocks=blocks, text="Hi"))["message"]
        assert "edited" not in plain and plain["metadata"] == KEY
        edited = (await app.call("chat.update", **where, text="Ho"))["message"]
        first, second = await wire.event(), await wire.event()
    assert edited["edited"]["user"] == slack.bot.id and [one["type"] for one in edited["blocks"]] == ["rich_text"]
    assert second["previous_message"]["text"] == "Hi" and second["message"]["edited"]["ts"] > said["ts"]
    assert first["message"]["ts"] == said["ts"] and first["ts"] != said["ts"] and first["hidden"]
    assert (await app.call("chat.update", **where, text="x" * 4001)).error == "msg_too_long"
    assert (await app.call("chat.update", **where)).error == "no_text"
    ada = slack.member("Ada")
    hers = ada.write(channel, "Mine")
    for method, error in (("chat.update", "cant_update_message"), ("chat.delete", "cant_delete_message")):
        assert (await app.call(method, channel=channel.id, ts=hers.ts, text="x")).error == error
        assert (await app.call(method, channel=channel.id, ts="1.000000", text="x")).error == "message_not_found"


async def test_a_name_of_its_own_makes_a_bot_message_that_nobody_signs(slack: Double, app: Bare) -> None:
    channel = slack.channel("blog")
    said = (await app.post(channel, "Hi", username="Vera", icon_url="https://blog.example/v.png"))["message"]
    assert (said["subtype"], said["username"]) == ("bot_message", "Vera")
    assert "user" not in said and said["icons"]["image_64"] == "https://blog.example/v.png"
    slack.world.nobody_signs = False
    assert (await app.post(channel, "Hi", username="Vera"))["message"]["user"] == slack.bot.id
    slack.app.scopes.remove("chat:write.customize")
    refused = await app.post(channel, "Hi", username="Vera")
    assert (refused.error, refused["needed"]) == ("missing_scope", "chat:write.customize")
    assert "chat:write" in refused["provided"].split(",")


async def test_limits_of_blocks_and_texts(slack: Double, app: Bare) -> None:
    slack.limits.off()
    channel = slack.channel("blog")

    async def told(*blocks: Any, **more: Any) -> str:
        return (await app.call("chat.postMessage", channel=channel.id, blocks=list(blocks), **more)).error

    def section(words: str) -> dict[str, Any]:
        return {"type": "section", "text": {"type": "plain_text", "text": words}}

    def button(words: str = "Go", **more: Any) -> dict[str, Any]:
        text = {"type": "plain_text", "text": words}
        return {"type": "actions", "elements": [{"type": "button", "text": text, **more}]}

    header = {"type": "header", "text": {"type": "plain_text", "text": "x" * 150}}
    assert await told(section("x" * 3000), header, button("x" * 75, value="v" * 2000, action_id="a" * 255)) == ""
    for wrong in (
        section("x" * 3001), section(""), {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}},
        button("x" * 76), button(value="v" * 2001), button(action_id="a" * 256), {"type": "nonsense"},
        {"type": "divider", "block_id": "b" * 256}, {"type": "image", "image_url": "data:,", "alt_text": "x"},
        {"type": "context", "elements": [{"type": "plain_text", "text": "x"}] * 11},
        {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": ""}]}]},
    ):  # fmt: skip
        assert await told(wrong) == "invalid_blocks", wrong
    assert await told(*[{"type": "divider"}] * 50) == ""
    assert await told(*[{"type": "divider"}] * 51) == "invalid_blocks"
    assert await told({"type": "divider", "block_id": "b"}, {"type": "divider", "block_id": "b"}) == "invalid_blocks"
    assert await told({"type": "markdown", "text": "x" * 12_001}) == "msg_blocks_too_long"
    assert await told(section("x"), markdown_text="y") == "markdown_text_conflict"
    assert (await app.call("chat.postMessage", channel=channel.id)).error == "no_text"
    assert len((await app.post(channel, "x" * 40_001))["message"]["text"]) == 40_000
    assert (await app.post(channel, metadata={"event_type": "x"})).error == "invalid_metadata_format"
    big = {"event_type": "x", "event_payload": {"x": "y" * 16_000}}
    assert (await app.post(channel, metadata=big)).error == "metadata_too_large"


async def test_who_is_mentioned_by_what(slack: Double, app: Bare) -> None:
    slack.limits.off()
    channel, ada = slack.channel("blog"), slack.member("Ada")

    async def pinged(text: str, **more: Any) -> list[str]:
        slack.pinged.clear()
        assert (await app.post(channel, text, **more))["ok"]
        return [whom for whom, _ in slack.pinged]

    def section(words: str, **more: Any) -> list[dict[str, Any]]:
        return [{"type": "section", "text": {"type": "mrkdwn", "text": words, **more}}]

    assert await pinged(f"<@{ada.id}> <!channel> <!here|x> <!everyone> <!subteam^S123>") == [
        ada.id, "channel", "here", "everyone", "S123"
    ]  # fmt: skip
    assert await pinged("&lt;!channel&gt; @channel @Ada <!nothing>") == []
    assert await pinged("@channel @ada", link_names=True) == ["channel", ada.id]
    assert await pinged("@here", parse="full") == ["here"]
    assert await pinged("x", blocks=section("@everyone")) == ["everyone"]
    assert await pinged("x", blocks=section("@everyone", verbatim=True)) == []
    assert await pinged("x", blocks=section("<!here>", verbatim=True)) == ["here"]
    literal = {"type": "rich_text_section", "elements": [{"type": "text", "text": "<!channel> @here"}]}
    assert await pinged("x", blocks=[{"type": "rich_text", "elements": [literal]}]) == []
    real = {"type": "rich_text_section", "elements": [{"type": "broadcast", "range": "channel"}]}
    assert await pinged("x", blocks=[{"type": "rich_text", "elements": [real]}]) == ["channel"]


async def test_what_people_do_is_told(slack: Double, app: Bare) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    root = slack.message(channel, (await app.post(channel, "A post"))["ts"])
    async with app.wire() as wire:
        words = ada.reply(root, "Hi @Backchat, *see* https://x.example/?a=1&b=2 :tada:")
        both = [await wire.event(), await wire.event()]
        assert [one["type"] for one in both] == ["message", "app_mention"]
        assert both[0]["ts"] == both[1]["ts"] == words.ts and both[0]["client_msg_id"]
        assert words.text == f"Hi <@{slack.bot.id}>, *see* <https://x.example/?a=1&amp;b=2> :tada:"
        ada.edit(words, "Ho")
        changed = await wire.event()
        assert changed["message"]["edited"]["user"] == ada.id and changed["message"]["text"] == "Ho"
        slack.unfurl(words)
        unfolded = await wire.event()
        assert unfolded["message"]["edited"] == changed["message"]["edited"] and unfolded["message"]["attachments"]
        ada.react(words, "mega")
        added = await wire.event()
        assert added["item"] == {"type": "message", "channel": channel.id, "ts": words.ts}
        assert (added["type"], added["item_user"], added["reaction"]) == ("reaction_added", ada.id, "mega")
        ada.unreact(words, "mega")
        assert (await wire.event())["type"] == "reaction_removed"
        ada.write(channel, "All see", thread=root, broadcast=True)
        broadcast = await wire.event()
        assert broadcast["subtype"] == "thread_broadcast" and broadcast["root"]["ts"] == root.ts
        ada.reply(root, "Look", files=("cat.png",))
        shared = await wire.event()
        assert shared["subtype"] == "file_share" and shared["thread_ts"] == root.ts
        ada.delete(words)
        gone = await wire.event()
        assert (gone["subtype"], gone["deleted_ts"]) == ("message_deleted", words.ts)
    history = await app.call("conversations.history", channel=channel.id)
    assert [one["text"] for one in history["messages"]] == ["All see", "A post"]


async def test_a_file_is_for_who_bears_the_token_and_others_are_asked_to_sign_in(slack: Double, app: Bare) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    shared = slack.seen(ada.write(channel, "Look", files=("cat.png",)))["files"][0]
    for headers, kind in (({}, "text/html"), ({"Authorization": f"Bearer {slack.token}"}, "image/png")):
        async with app.session.get(shared["url_private"], headers=headers) as response:
            assert (response.status, response.content_type) == (200, kind)
    assert (await app.call("files.info", file=shared["id"]))["file"]["url_private"] == shared["url_private"]
    elsewhere = slack.seen(ada.write(channel, "There", files=("doc.png",), mode="external"))["files"][0]
    gone = slack.seen(ada.write(channel, "Was", files=("old.png",), mode="tombstone"))["files"][0]
    assert elsewhere["is_external"] and gone == {"id": gone["id"], "mode": "tombstone"}


async def test_ephemeral_messages_are_seen_by_one_and_vanish(slack: Double, app: Bare) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada")
    outside = slack.member("Eve", slack.channel("other"))
    told = await app.call("chat.postEphemeral", channel=channel.id, user=ada.id, text="Psst")
    assert told["message_ts"] and [one.text for one in ada.whispers(channel)] == ["Psst"]
    refused = await app.call("chat.postEphemeral", channel=channel.id, user=outside.id, text="Psst")
    assert refused.error == "user_not_in_channel"
    assert slack.messages(channel) == []
    ada.reload()
    assert ada.whispers() == []


async def test_what_is_typed_becomes_rich_text_and_says_the_same_as_text(slack: Double) -> None:
    channel, ada = slack.channel("blog"), slack.member("Ada Lovelace")
    words = "*Hi* @Ada Lovelace in #blog, `a < b`\n> quoted\n- one\n- two\n```\nx = 1\n```\nsee https://x.example/."
    said = ada.write(channel, words)
    assert said.text == (
        f"*Hi* <@{ada.id}> in <#{channel.id}>, `a &lt; b`\n&gt; quoted\n• one\n• two\n```\nx = 1\n```\n"
        "see <https://x.example/>."
    )
    kinds = [each["type"].removeprefix("rich_text_") for each in said.blocks[0]["elements"]]
    assert kinds == ["section", "quote", "list", "preformatted", "section"]
    first = said.blocks[0]["elements"][0]["elements"]
    assert first[0] == {"type": "text", "text": "Hi", "style": {"bold": True}}
    assert [each["type"] for each in first] == ["text", "text", "user", "text", "channel", "text", "text"]
    assert first[-1] == {"type": "text", "text": "a < b", "style": {"code": True}}
    assert slack.pinged[-1] == (ada.id, said)
