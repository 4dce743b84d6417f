"""What happened on Slack as the raw events that the core keeps: made of its own descriptions, read by `meaning`. Pure.

A body holds what `meaning` needs and no more: no token, no file's own address, no address that answers. Messages as
events and methods give them: https://docs.slack.dev/reference/events/message
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.slack import ids
from adapters.slack.ids import Us, instant, message_id, micro, thread_id
from adapters.slack.keyed import key_in
from adapters.slack.markup import Names, calls_somebody
from bridge.chats import bodies
from bridge.model import RawEvent, Writer

Payload = Mapping[str, Any]
"""One of Slack's JSON objects."""

NOBODYS = Names()
TOMBSTONE = "tombstone"
"""The subtype of what is left of a deleted message over its replies."""
SAID = frozenset({None, "file_share", "thread_broadcast"})
"""The subtypes of what people write."""
_SLACKBOT = "USLACKBOT"
_GONE_FILES = frozenset({"hidden_by_limit", TOMBSTONE})
_WORDS = frozenset({"rich_text", "table"})
"""The blocks in which people say something."""
_LAST = 2**63 - 1
"""The greatest order that can be kept."""


def is_ours(us: Us, message: Payload) -> bool:
    """Whether we wrote it: our bot, our app, or the user that the bot is, of which Slack tells one at least."""
    if message.get("subtype") == TOMBSTONE:
        return False
    bot, app = message.get("bot_id"), message.get("app_id")
    return bot == us.bot or (bool(us.app) and app == us.app) or message.get("user") == us.user


def is_persons(message: Payload) -> bool:
    """Whether a person wrote it: no bot, and none of Slack's own lines."""
    by_machine = message.get("bot_id") or message.get("bot_profile") or message.get("user") == _SLACKBOT
    return bool(message.get("user")) and not by_machine and message.get("subtype") in SAID


def is_gone(message: Payload) -> bool:
    """Whether only a stone is left of it."""
    return message.get("subtype") == TOMBSTONE


def root_of(message: Payload) -> str:
    """The ts of the thread's first message: its own, where it replies to nothing."""
    return str(message.get("thread_ts") or message["ts"])


def is_reply(message: Payload) -> bool:
    """Whether it stands in a thread, below another one."""
    return root_of(message) != str(message["ts"])


def team_of(message: Payload) -> str | None:
    """The workspace of who wrote it; None where Slack does not say."""
    named = (message.get(name) for name in ("user_team", "team", "source_team"))
    return workspace(next(filter(None, named), None))


def workspace(team: object) -> str | None:
    """The workspace that Slack names; None where it names none, or a whole organisation ("E…") in place of one.

    Nothing that Slack says beside an organisation is taken for it: it may be the workspace of the channel.
    """
    return None if not team or str(team).startswith("E") else str(team)


def edited_ts(message: Payload) -> str | None:
    """When a person last changed its words; None if nobody ever did: what Slack itself adds is no change."""
    edited = message.get("edited")
    return str(edited["ts"]) if isinstance(edited, Mapping) and edited.get("ts") else None


def has_new_words(message: Payload, before: Payload) -> bool:
    """Whether somebody has changed what it says: unfolded links and new replies are told in the same way.

    Slack may count edits in whole seconds, so that of two within one only the words tell which.
    """
    at, earlier = edited_ts(message), edited_ts(before)
    if at is None or (earlier is not None and micro(at) < micro(earlier)):
        return False
    return _words(message) != _words(before)


def ours(us: Us, channel: str, message: Payload) -> RawEvent | None:
    """A message of ours is there; None where it carries no key, and so was nothing that the core wanted said."""
    key = key_in(message.get("blocks"))
    if key is None:
        return None
    ts = str(message["ts"])
    fields = bodies.ours(message_id(channel, ts), key)
    return _raw(_nature(us, "m", channel, ts), channel, root_of(message), micro(ts), fields)


def written(us: Us, channel: str, message: Payload, by: Writer, names: Names, *, links: bool) -> RawEvent | None:
    """A person wrote a message in a thread; None where there is nothing to it. `links`: files are named with a link."""
    fields, ts = _said(us, channel, message, by, names, links), str(message["ts"])
    if fields is None:
        return None
    return _raw(_nature(us, "m", channel, ts), channel, root_of(message), micro(ts), bodies.written(fields))


def edited(us: Us, channel: str, message: Payload, by: Writer, names: Names, *, links: bool) -> RawEvent | None:
    """A person changed a message; None where its words are as they were written."""
    at, fields, ts = edited_ts(message), _said(us, channel, message, by, names, links), str(message["ts"])
    if at is None or fields is None:
        return None
    order = max(micro(at), micro(ts) + 1)
    nature = _nature(us, "e", channel, ts, at, _digest(message))
    return _raw(nature, channel, root_of(message), order, bodies.edited(fields))


def erased(us: Us, channel: str, ts: str, root: str, event_ts: str) -> RawEvent:
    """A message was deleted, at `event_ts`."""
    order = max(micro(event_ts), micro(ts) + 1)
    return _raw(_nature(us, "d", channel, ts), channel, root, order, bodies.erased(message_id(channel, ts)))


def marked(us: Us, channel: str, ts: str, root: str, by: Writer, event_ts: str, *, on: bool) -> RawEvent:
    """A person marked a message, or took the mark off, at `event_ts`."""
    nature = _nature(us, "r", channel, ts, by.id, "on" if on else "off", event_ts)
    order = max(micro(event_ts), micro(ts) + 1)
    return _raw(nature, channel, root, order, bodies.marked(message_id(channel, ts), by, on=on))


def person(us: Us, user: str, team: str | None, name: str) -> Writer:
    """Who did it, as the core knows people; nobody has roles on Slack."""
    return Writer(ids.person_id(user, team, us), name)


def without_us(us: Us, message: Payload) -> Payload:
    """Take a mention of the bot off the beginning of a message: who calls us calls nobody else by it."""
    text = str(message.get("text") or "").lstrip()
    for mention in (f"<@{us.user}>", f"<@{us.user}|"):
        if text.startswith(mention):
            text = text[text.index(">") + 1 :].lstrip()
            break
    return {**message, "text": text, "blocks": _uncalled(us, message.get("blocks"))}


def _uncalled(us: Us, blocks: object) -> list[Payload]:
    """What people say in blocks, without a mention of the bot at its beginning."""
    kept = [dict(block) for block in blocks if _type(block) in _WORDS] if isinstance(blocks, list) else []
    if not kept or _type(kept[0]) != "rich_text":
        return list(kept)
    sections = list(_listed(kept[0].get("elements")))
    pieces = _listed(sections[0].get("elements")) if sections else []
    at = next((n for n, one in enumerate(pieces) if _type(one) != "text" or str(one.get("text")).strip()), 0)
    if not pieces or _type(pieces[at]) != "user" or pieces[at].get("user_id") != us.user:
        return list(kept)
    rest = pieces[at + 1 :]
    if rest and _type(rest[0]) == "text":
        rest = [{**rest[0], "text": str(rest[0].get("text")).lstrip()}, *rest[1:]]
    sections[0] = {**sections[0], "elements": [one for one in rest if one.get("text") != ""]}
    kept[0]["elements"] = sections
    return list(kept)


def _said(us: Us, channel: str, message: Payload, by: Writer, names: Names, links: bool) -> bodies.Body | None:
    """What a person said, as a body tells it; None for an empty message."""
    said, attached = without_us(us, message), _attached(message) if links else []
    if not (str(said["text"]).strip() or said["blocks"] or attached):
        return None
    return {
        **bodies.said(message_id(channel, str(message["ts"])), by, to_person=calls_somebody(said), reply_to=None),
        "text": said["text"], "blocks": said["blocks"], "people": dict(names.people), "channels": dict(names.channels),
        "groups": dict(names.groups), "attached": attached,
    }  # fmt: skip


def _attached(message: Payload) -> list[dict[str, str]]:
    """The files that came along, and where people of the workspace see them: never the address of the file itself."""
    files = [one for one in _listed(message.get("files")) if one.get("mode") not in _GONE_FILES]
    return [
        {"name": str(one.get("title") or one.get("name") or "a file"), "link": str(one.get("permalink") or "")}
        for one in files
    ]


def _words(message: Payload) -> tuple[str, list[Payload]]:
    """What a message says, so that two of its forms can be compared: Slack names blocks anew at will."""
    blocks = [block for block in _listed(message.get("blocks")) if _type(block) in _WORDS]
    return str(message.get("text") or ""), [
        {key: value for key, value in block.items() if key != "block_id"} for block in blocks
    ]


def _digest(message: Payload) -> str:
    """Tells apart what was said in two edits at one instant."""
    return hashlib.sha256(json.dumps(_words(message), sort_keys=True).encode()).hexdigest()[:16]


def _nature(us: Us, *pieces: str) -> str:
    kind, *rest = pieces
    return ":".join([kind, us.team, *rest])


def _raw(nature: str, channel: str, root: str, order: int, fields: Mapping[str, object]) -> RawEvent:
    if not 0 < order <= _LAST:
        raise ValueError(f"no instant of Slack's: {order}")
    at = instant(ids.written_ts(order))
    return RawEvent(nature, nature, thread_id(channel, root), order, bodies.body(fields, at))


def _type(block: object) -> object:
    return block.get("type") if isinstance(block, Mapping) else None


def _listed(value: object) -> list[Payload]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, Iterable) else []
