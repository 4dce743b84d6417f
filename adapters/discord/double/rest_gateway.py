"""REST: where the gateway is, and how often one may begin a session there."""

from __future__ import annotations

from adapters.discord.double.asked import Answer, Call, routes


@routes("GET", "/gateway", anonymous=True)
def gateway(call: Call) -> Answer:
    """Where the gateway is."""
    return Answer(200, {"url": call.world.gateway_url})


@routes("GET", "/gateway/bot")
def gateway_bot(call: Call) -> Answer:
    """The same, with how many sessions may be begun until when."""
    return Answer(200, {"url": call.world.gateway_url, "shards": 1, "session_start_limit": call.world.session_limit()})
