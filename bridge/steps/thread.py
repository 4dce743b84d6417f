"""Opening a post's thread in a room."""

from __future__ import annotations

from typing import cast

from bridge.house import House
from bridge.keys import key
from bridge.ledger import comments, inbox, threads
from bridge.model import Key, PersonId, Post, PostCard, PostId, RoomId
from bridge.outcome import Ways
from bridge.ports import Row, Tx
from bridge.steps.shape import Nothing, Plain, Plan, Planned, Sent, Work


class ThreadSteps(Plain):
    """`start`, once: the ports promise that it can be resumed by its key."""

    def plan(self, tx: Tx, house: House, target: Row, now: float) -> Planned:
        """Start the thread unless it stands."""
        thread = threads.get(tx, target["subject"])
        if thread["native"] is not None:
            return Nothing()
        post = comments.post(tx, thread["post"])
        place = f"room:{thread['chat']}/{thread['room']}"
        name = f"{'desk:' if thread['desk'] else ''}{post['blog']}/{post['native']}"
        sent = {"room": thread["room"], "post": _post(post), "notify": self._notify(house, thread)}
        return Plan("start", key(house.secret, place, name, 0, "thread", thread["generation"]), sent)

    def _notify(self, house: House, thread: Row) -> list[str]:
        seat = house.seat(thread)
        return [] if seat is None else list(seat[1].notify)

    async def perform(self, house: House, work: Work) -> Sent:
        """Ask the chat for the thread."""
        chat = house.chat(work.chat)
        chat.opened()
        people = tuple(PersonId(person) for person in work.sent["notify"])
        card = PostCard(_card(work.sent["post"]), people)
        return {"native": await chat.adapter.start_thread(RoomId(work.sent["room"]), card, Key(work.key))}

    def ways(self, house: House, target: Row, step: str) -> Ways:
        """Starting is resumable by contract."""
        return Ways(repeatable=True)

    def done(self, tx: Tx, house: House, target: Row, work: Work, result: Sent, now: float) -> bool:
        """The thread stands."""
        threads.opened(tx, target["subject"], result["native"])
        inbox.awake(tx, target["chat"], None)
        return True


def _post(row: Row) -> Sent:
    names = ("native", "address", "title", "author", "published", "excerpt", "picture")
    return {name: row[name] for name in names}


def _card(sent: Sent) -> Post:
    return Post(
        PostId(sent["native"]), sent["address"], sent["title"], cast("str | None", sent["author"]),
        cast("float | None", sent["published"]), sent["excerpt"], cast("str | None", sent["picture"]),
    )  # fmt: skip
