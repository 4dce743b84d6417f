"""Opening a post's thread in a room."""

from __future__ import annotations

import math
from typing import cast

from bridge.errors import Refused
from bridge.house import House, OpenChat
from bridge.keys import key
from bridge.ledger import comments, inbox, runs, targets, threads
from bridge.model import ChatName, Key, PersonId, Post, PostCard, PostId, RoomId
from bridge.outcome import Ways
from bridge.ports import ChatAbility, FindsMessages, Row, Tx
from bridge.steps.shape import DOUBTED, SKEW, Nothing, Plain, Plan, Planned, Sent, Work, unreached


class ThreadSteps(Plain):
    """`start`, once: by its key it is resumed, or found."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """Start the thread unless it stands."""
        chat = house.chats.get(ChatName(target["chat"]))
        if chat is None or chat.ready is None:
            return unreached(f"the chat {target['chat']}", chat is not None, now)
        thread = threads.get(tx, target["subject"])
        if thread["native"] is not None:
            return Nothing()
        post = comments.post(tx, thread["post"])
        place = f"room:{thread['chat']}/{thread['room']}"
        name = f"{'desk:' if thread['desk'] else ''}{post['blog']}/{post['native']}"
        sent = {
            "room": thread["room"], "post": _post(post), "notify": self._notify(house, thread), "blog": post["blog"]
        }  # fmt: skip
        made = key(house.secret, place, name, 0, "thread", thread["generation"])
        since = _doubt(tx, chat, target, post)
        sent |= {} if since is None else {"since": since}
        doubt = None if since is None else DOUBTED
        return Plan("start", made, sent, 0, chat.ready.limits.settle_after, doubt=doubt)

    def _notify(self, house: House, thread: Row) -> list[str]:
        seat = house.seat(thread)
        return [] if seat is None else list(seat[1].notify)

    async def perform(self, house: House, work: Work) -> Sent:
        """Ask the chat for the thread."""
        chat = house.chat(work.chat)
        chat.opened()
        room, card = RoomId(work.sent["room"]), _card(work.sent)
        return {"native": await chat.adapter.start_thread(room, card, Key(work.key))}

    async def look(self, house: House, work: Work) -> Sent | None:
        """Whether the thread was begun, by the key under which it was."""
        chat = house.chat(work.chat)
        chat.opened()
        if not isinstance(chat.adapter, FindsMessages):
            raise Refused("this chat cannot be searched")
        since = min(work.first, work.sent.get("since", work.first)) - SKEW
        room, card = RoomId(work.sent["room"]), _card(work.sent)
        found = await chat.adapter.find_thread(room, card, Key(work.key), since)
        return None if found is None else {"native": found}

    def ways(self, house: House, target: Row, step: str) -> Ways:
        """As long as the chat knows the key, starting again gives the thread that was started; then it is searched."""
        chat = house.chats.get(ChatName(target["chat"]))
        if chat is None or chat.ready is None:
            return Ways(searchable=True)  # asked again once the chat is there
        return Ways(key_window=chat.ready.limits.thread_window, searchable=chat.can(ChatAbility.FIND))

    def done(self, tx: Tx, house: House, target: Row, work: Work, result: Sent, now: float) -> bool:
        """The thread stands."""
        threads.opened(tx, target["subject"], result["native"])
        inbox.awake(tx, target["chat"], None)
        return True


def _doubt(tx: Tx, chat: OpenChat, target: Row, post: Row) -> float | None:
    """Since when it may stand already without this ledger knowing, None if it cannot (or its chat would tell)."""
    if math.isinf(chat.opened().limits.thread_window) or not chat.can(ChatAbility.FIND):
        return None
    since, young = runs.left_off(tx), (post["published"] or 0.0) >= runs.began(tx)
    return None if not since or young or targets.tried(tx, target["id"], "start") else since


def _post(row: Row) -> Sent:
    names = ("native", "address", "title", "author", "published", "excerpt", "picture")
    return {name: row[name] for name in names}


def _card(sent: Sent) -> PostCard:
    said = sent["post"]
    post = Post(
        PostId(said["native"]), said["address"], said["title"], cast("str | None", said["author"]),
        cast("float | None", said["published"]), said["excerpt"], cast("str | None", said["picture"]),
    )  # fmt: skip
    people = tuple(PersonId(person) for person in sent["notify"])
    return PostCard(post, people, sent.get("blog", ""))  # no blog where it was frozen long ago
