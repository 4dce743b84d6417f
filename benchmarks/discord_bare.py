"""The barest client of discord.py that hears everything: it counts messages, keeps nothing, and says when it has all.

`python -m benchmarks.discord_bare API GATEWAY TOKEN MESSAGES`. It imports nothing of ours, so that what it takes of
memory is Python's, aiohttp's and discord.py's alone.
"""

import asyncio
import sys

import discord
import discord.gateway
import discord.http
import yarl


class Counting(discord.Client):
    """Counts messages of people."""

    def __init__(self, wanted: int) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, guild_reactions=True, message_content=True)
        super().__init__(
            intents=intents, max_messages=None, member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )  # fmt: skip
        self.missing = wanted

    async def on_ready(self) -> None:
        """Tell that it is connected."""
        print("connected", file=sys.stderr, flush=True)

    async def on_message(self, message: discord.Message) -> None:
        """Count it."""
        if not message.author.bot:
            self.missing -= 1
            if not self.missing:
                print("ready", file=sys.stderr, flush=True)


async def main(api: str, gateway: str, token: str, messages: str) -> None:
    """Hear until killed."""
    discord.http.Route.BASE = api
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    async with Counting(int(messages)) as client:
        await client.start(token)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
