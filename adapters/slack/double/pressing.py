"""Somebody clicks, sends off, chooses or commands something, and the app is told, as Slack shapes it.

https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from adapters.slack.double import hooks, shapes, web_views
from adapters.slack.double.deliveries import Attempt, Deliveries, Delivery, Kind
from adapters.slack.double.interactions import Interaction, View
from adapters.slack.double.problems import Problem
from adapters.slack.double.things import Channel, Message, User
from adapters.slack.double.world import World

TROUBLE = "We had some trouble connecting. Try again?"
"""What Slack writes into a window, or beside a button, when the app did not answer."""
TIMED_OUT = 'failed with the error "operation_timeout"'
"""What Slack says of a command when the app did not answer."""


@dataclass(slots=True, eq=False)
class Pressing:
    """Begins interactions, and does what their acks say."""

    world: World
    deliveries: Deliveries

    def click(self, user: User, channel: Channel, message: Message, block: dict[str, Any],
              element: dict[str, Any]) -> Interaction:  # fmt: skip
        """A button of a message is clicked."""
        one = self._begun("block_actions", user, channel, message)
        action = {
            "action_id": element["action_id"], "block_id": block["block_id"], "text": element["text"],
            "type": element["type"], "action_ts": self.world.time.ts(),
            **({"value": element["value"]} if "value" in element else {}),
            **({"style": element["style"]} if "style" in element else {}),
        }  # fmt: skip
        container = {
            "type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": False,
            **({"thread_ts": message.thread} if message.thread else {}),
        }  # fmt: skip
        payload = {
            "type": "block_actions", **self._who(one), "container": container, "trigger_id": one.trigger,
            "channel": self._channel(channel), "message": shapes.message(self.world, message),
            "state": {"values": {}}, "response_url": one.response_url, "actions": [action],
        }  # fmt: skip
        self._send(one, "interactive", payload)
        return one

    def shortcut(self, user: User, channel: Channel, message: Message, callback: str) -> Interaction:
        """A shortcut of a message's menu is chosen."""
        one = self._begun("message_action", user, channel, message)
        payload = {
            "type": "message_action", **self._who(one), "action_ts": self.world.time.ts(), "callback_id": callback,
            "trigger_id": one.trigger, "channel": self._channel(channel), "message_ts": message.ts,
            "message": shapes.message(self.world, message), "response_url": one.response_url,
        }  # fmt: skip
        self._send(one, "interactive", payload)
        return one

    def submit(self, user: User, view: View, values: dict[str, Any], channel: Channel | None) -> Interaction:
        """A window is sent off."""
        one = self._begun("view_submission", user, channel, None)
        one.response_url, one.view = "", view
        payload = {
            "type": "view_submission", **self._who(one), "trigger_id": one.trigger,
            "view": web_views.shape(self.world, view, values), "response_urls": [],
        }  # fmt: skip
        self._send(one, "interactive", payload, takes_answer=True)
        return one

    def close(self, user: User, view: View) -> None:
        """A window is closed; the app hears of it where it asked to."""
        view.open = False
        if not view.given.get("notify_on_close"):
            return
        one = self._begun("view_closed", user, None, None)
        shape = web_views.shape(self.world, view)
        self._send(one, "interactive", {"type": "view_closed", **self._who(one), "view": shape, "is_cleared": False})

    def command(self, user: User, channel: Channel, command: str, text: str) -> Interaction:
        """A slash command is given, in a channel: threads take none."""
        world = self.world
        one = self._begun("command", user, channel, None)
        payload = {
            "token": world.app.verification, "team_id": world.team.id, "team_domain": world.team.domain,
            "channel_id": channel.id, "channel_name": "privategroup" if channel.private else channel.name,
            "user_id": user.id, "user_name": shapes.handle(user), "command": command, "text": text,
            "api_app_id": world.app.id, "is_enterprise_install": "false", "response_url": one.response_url,
            "trigger_id": one.trigger,
        }  # fmt: skip
        self._send(one, "slash_commands", payload, takes_answer=True)
        return one

    # how it is told and what comes of it ----------------------------------------------------------------------------

    def _begun(self, kind: str, user: User, channel: Channel | None, message: Message | None) -> Interaction:
        world = self.world
        trigger = f"{secrets.randbelow(10**13):013d}.{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
        address = f"{world.address}/hooks/{secrets.token_urlsafe(24)}"
        one = Interaction(kind, user, channel, trigger, address, world.time.now(), message)
        world.interactions.add(one)
        return one

    def _who(self, one: Interaction) -> dict[str, Any]:
        world, user = self.world, one.user
        name = shapes.handle(user)
        return {
            "user": {"id": user.id, "username": name, "name": name, "team_id": user.team.id},
            "team": {"id": world.team.id, "domain": world.team.domain}, "api_app_id": world.app.id,
            "token": world.app.verification, "enterprise": None, "is_enterprise_install": False,
        }  # fmt: skip

    def _channel(self, channel: Channel) -> dict[str, Any]:
        return {"id": channel.id, "name": "privategroup" if channel.private else channel.name}

    def _send(self, one: Interaction, kind: Kind, payload: dict[str, Any], *, takes_answer: bool = False) -> None:
        delivery = self.deliveries.send(kind, one.kind, payload, takes_answer=takes_answer)
        self.deliveries.later(self._follow(one, delivery))

    async def _follow(self, one: Interaction, delivery: Delivery) -> None:
        made = await self.deliveries.told(delivery)
        if not made.acked:
            one.failed = TIMED_OUT if one.kind == "command" else TROUBLE
            one.turn()
            return
        one.payload = made.answer
        try:
            self._acked(one, made)
        except Problem as refused:
            one.refused.append(refused.error)
            one.failed = TROUBLE
        one.acked = not one.failed
        one.turn()

    def _acked(self, one: Interaction, made: Attempt) -> None:
        answer = made.answer if isinstance(made.answer, dict) else {}
        if one.kind == "command" and answer:
            hooks.answered(self.world, one, answer)
        elif one.kind == "view_submission" and one.view is not None:
            self._submitted(one.view, answer)

    def _submitted(self, view: View, answer: dict[str, Any]) -> None:
        """What becomes of the window: it shows errors or something else, has another over it, or is closed."""
        action = answer.get("response_action")
        if action == "errors":
            view.errors = dict(answer["errors"])
        elif action == "update":
            web_views.replace(self.world, view, answer["view"])
        elif action == "push":
            web_views.new(self.world, answer["view"], view.user, view)
        elif action == "clear":
            for each in self.world.interactions.views.values():
                each.open = each.open and each.root != view.root
        else:
            view.open, view.errors = False, {}
