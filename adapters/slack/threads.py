"""Opening the thread of a post: its card is a message, and the thread is what hangs on that.

https://docs.slack.dev/messaging#threading
"""

from __future__ import annotations

from adapters.slack import cards
from adapters.slack.api import Api, ApiRefusal
from adapters.slack.history import History
from adapters.slack.ids import thread_id
from adapters.slack.payloads import loaded, spoken, taken
from adapters.slack.refusals import judged
from bridge.errors import MaybeDone
from bridge.model import Key, PostCard, RoomId, ThreadId

READ = "read what stands in that channel"
BEGIN = "begin threads in that channel"


class Threads:
    """The threads that we open."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.history = History(api)

    async def start(self, room: RoomId, card: PostCard, key: Key) -> ThreadId:
        """Say the post's card. Who is to be told is mentioned in it: Slack tells nobody else of a thread."""
        channel = self._api.moved.known(room)
        try:
            _, said = await taken(
                loaded(cards.post_card(card)),
                lambda body: self._api.call("chat.postMessage", channel=channel, **spoken(body, key)),
            )
        except ApiRefusal as refusal:
            raise judged(refusal, BEGIN) from None
        if not said.get("ts"):
            raise MaybeDone("Slack did not say which message the post became")
        return thread_id(channel, str(said["ts"]))

    async def find(self, room: RoomId, key: Key, since: float) -> ThreadId | None:
        """The thread that was begun under this key; of several the oldest."""
        channel = self._api.moved.known(room)
        try:
            ts = (await self.history.standing((channel, None), since)).first(key)
        except ApiRefusal as refusal:
            raise judged(refusal, READ) from None
        return None if ts is None else thread_id(channel, ts)
