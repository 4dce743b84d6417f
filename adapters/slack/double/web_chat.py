"""Methods about messages."""

from __future__ import annotations

import json
import re
from typing import Any

from adapters.slack.double import blocks as block_kit
from adapters.slack.double import messages, mrkdwn, shapes
from adapters.slack.double.asked import Call, method, missing_scope
from adapters.slack.double.problems import Problem
from adapters.slack.double.things import Channel, Message, Whisper
from adapters.slack.double.world import World

LONGEST, LONGEST_EDIT, LONGEST_MARKDOWN, LONGEST_METADATA = 40_000, 4_000, 12_000, 16_000
BLOCKS_ONLY = "This content can't be displayed."
_WEB = re.compile(r"<https?://")


@method("chat.postMessage", "chat:write", tier=0)
def chat_post_message(call: Call) -> dict[str, Any]:
    """Say something in a channel, or in a thread."""
    world, channel = call.world, _writable(call)
    text, blocks = _content(call)
    thread = call.text("thread_ts")
    _may_reply(world, channel, thread)
    message = _own(world, channel, text, blocks)
    message.thread = thread
    message.broadcast = thread is not None and call.flag("reply_broadcast")
    message.attachments = call.decoded("attachments", "invalid_attachments") or []
    message.metadata = _metadata(call)
    message.unfurls = _unfurls(call, message)
    _dress(call, message)
    messages.say(world, channel, message)
    return {"channel": channel.id, "ts": message.ts, "message": shapes.message(world, message, metadata="all")}


def _writable(call: Call) -> Channel:
    channel = call.channel
    if call.user.id not in channel.members and "chat:write.public" not in call.world.app.scopes:
        call.world.see(channel, call.user.id)
    if channel.archived:
        raise Problem("is_archived")
    if channel.read_only:
        raise Problem("restricted_action_read_only_channel")
    return channel


def _may_reply(world: World, channel: Channel, ts: str | None) -> None:
    if ts is None:
        return
    if not channel.threads:
        raise Problem("restricted_action_non_threadable_channel")
    target = world.find(channel, ts)
    parent = world.find(channel, target.thread) if target is not None and target.thread else target
    if parent is not None and parent.locked:
        raise Problem("restricted_action_thread_locked")
    if parent is not None and parent.subtype in {"channel_join", "channel_leave", "channel_name"}:
        raise Problem("cannot_reply_to_message")


def _own(world: World, channel: Channel, text: str, blocks: list[dict[str, Any]]) -> Message:
    app = world.app
    return Message(world.time.ts(), channel.id, app.user.id, text, blocks, bot=app.bot_id, app=app.id)


def _content(call: Call) -> tuple[str, list[dict[str, Any]]]:
    """The text and the blocks that are kept of what was given; raises no_text and their like."""
    given = call.decoded("blocks", "invalid_blocks_format")
    markdown, text = call.text("markdown_text"), call.text("text")
    if markdown is not None:
        if given or text is not None:
            raise Problem("markdown_text_conflict")
        if len(markdown) > LONGEST_MARKDOWN:
            raise Problem("msg_too_long")
        return markdown, block_kit.taken([{"type": "markdown", "text": markdown}])
    if not given and text is None and not call.text("attachments"):
        raise Problem("no_text")
    if text is None:
        return BLOCKS_ONLY if given else "", block_kit.taken(given) if given else []
    kept = _text(call, text)
    return kept, block_kit.taken(given or mrkdwn.rich_text(kept))


def _text(call: Call, text: str) -> str:
    """`parse: none` leaves addresses alone; `full`, or `link_names`, also takes `@here` and names for mentions."""
    parse = call.text("parse")
    loose = parse == "full" or call.flag("link_names")
    kept = mrkdwn.stored(text[:LONGEST], links=parse != "none", loose=loose)
    if loose:
        for user in call.world.users.values():
            handle = re.escape(shapes.handle(user))
            kept = re.sub(rf"(?<![\w@|])@{handle}\b", f"<@{user.id}>", kept, flags=re.IGNORECASE)
    return kept


def _metadata(call: Call) -> dict[str, Any] | None:
    given = call.decoded("metadata", "invalid_metadata_format")
    if given is None:
        return None
    if (
        not isinstance(given, dict) or not isinstance(given.get("event_type"), str)
        or not isinstance(given.get("event_payload"), dict)
    ):  # fmt: skip
        raise Problem("invalid_metadata_format")
    if len(json.dumps(given)) > LONGEST_METADATA:
        raise Problem("metadata_too_large")
    return given


def _unfurls(call: Call, message: Message) -> bool:
    """Whether Slack would unfold something: media always, unless told not to; pages where the app asks for it."""
    linked = _WEB.search(message.text) is not None or any("http" in json.dumps(each) for each in message.blocks)
    return linked and (call.flag("unfurl_links") or call.flag("unfurl_media", default=True))


def _dress(call: Call, message: Message) -> None:
    """A name or a picture of its own: then nobody signs the message, and it is a bot's."""
    name, url, emoji = call.text("username"), call.text("icon_url"), call.text("icon_emoji")
    if name is None and url is None and emoji is None:
        return
    if "chat:write.customize" not in call.world.app.scopes:
        raise missing_scope(call.world, "chat:write.customize")
    message.subtype, message.username = "bot_message", name or call.world.app.name
    message.icons = {"emoji": emoji} if emoji else {"image_64": url} if url else None
    if call.world.nobody_signs:
        message.user = None


@method("chat.update", "chat:write", tier=3)
def chat_update(call: Call) -> dict[str, Any]:
    """Change a message of the bot's: text without blocks drops the blocks; metadata stays unless it is given."""
    world, channel = call.world, call.channel
    message = _mine(call, channel, "cant_update_message")
    if channel.archived:
        raise Problem("is_archived")
    text, given = call.text("text"), call.decoded("blocks", "invalid_blocks_format")
    markdown = call.text("markdown_text")
    if text is None and not given and markdown is None and not call.text("attachments"):
        raise Problem("no_text")
    if len(text or "") > LONGEST_EDIT:
        raise Problem("msg_too_long")
    kept, blocks = _content(call)
    metadata = _metadata(call)
    more: dict[str, Any] = {} if metadata is None else {"metadata": metadata}
    marked = None if given else world.app.user.id
    messages.edit(
        world, channel, message, marked, text=kept if text or markdown else None, blocks=blocks or None, **more
    )
    shape = shapes.message(world, message, metadata="all")
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shape}


def _mine(call: Call, channel: Channel, error: str) -> Message:
    message = call.message(channel, "ts")
    call.world.see(channel, call.user.id)
    if message.bot != call.world.app.bot_id:
        raise Problem(error)
    return message


@method("chat.delete", "chat:write", tier=3)
def chat_delete(call: Call) -> dict[str, Any]:
    """Remove a message of the bot's."""
    channel = call.channel
    message = _mine(call, channel, "cant_delete_message")
    messages.delete(call.world, channel, message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral", "chat:write", tier=4)
def chat_post_ephemeral(call: Call) -> dict[str, Any]:
    """Say something that one person sees."""
    world, channel = call.world, _writable(call)
    text, blocks = _content(call)
    if call.need("user") not in channel.members:
        raise Problem("user_not_in_channel")
    whisper = Whisper(world.time.ts(), channel.id, call.need("user"), text, blocks, call.text("thread_ts"))
    world.whispers.append(whisper)
    return {"message_ts": whisper.ts}


@method("chat.getPermalink", tier=0)
def chat_get_permalink(call: Call) -> dict[str, Any]:
    """Where a message is found in a browser."""
    channel = call.channel
    message = call.message(channel, "message_ts")
    link = f"https://{call.world.team.domain}.slack.example/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread is not None:
        link += f"?thread_ts={message.thread}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}
