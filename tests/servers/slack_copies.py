"""How often something of ours stands twice on the double of Slack, and for how long."""

from __future__ import annotations

from adapters.slack.double.world import Happening
from adapters.slack.keyed import key_in
from tests.servers.copies import Standing
from tests.servers.slack_double import Double


class Copies(Standing):
    """Watches a double: messages of the bot, by the keys of their blocks. A stone is no copy."""

    def __init__(self, slack: Double) -> None:
        super().__init__(slack.world.time.now)
        self.slack = slack
        slack.world.listeners.append(self._heard)

    def _heard(self, happening: Happening) -> None:
        event = happening.event
        if event.get("type") != "message":
            return
        if event.get("subtype") == "message_deleted":
            self.went(f"{event['channel']}:{event['deleted_ts']}")
        elif event.get("subtype") == "message_changed":
            if event["message"].get("subtype") == "tombstone":
                self.went(f"{event['channel']}:{event['message']['ts']}")
        elif event.get("bot_id") == self.slack.app.bot_id:
            key = key_in(event.get("blocks"))
            if key is not None:
                self.came(f"{event['channel']}:{event['ts']}", key)
