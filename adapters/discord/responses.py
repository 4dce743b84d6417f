"""What we answer to what somebody pressed. Nothing depends on whether Discord still takes it.

https://docs.discord.com/developers/interactions/receiving-and-responding#responding-to-an-interaction
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from adapters.discord.gateway import Gateway

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Gateway]


async def show(interaction: Interaction, window: discord.ui.Modal) -> None:
    """Open a window to write in."""
    with _heard():
        await interaction.response.send_modal(window)


async def say(interaction: Interaction, words: str) -> None:
    """Say something that only this person sees."""
    nobody = discord.AllowedMentions.none()
    with _heard():
        if not interaction.response.is_done():
            await interaction.response.send_message(words, ephemeral=True, allowed_mentions=nobody)
        elif interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
            await interaction.edit_original_response(content=words, allowed_mentions=nobody)
        else:  # the original would be the message that the button stands on
            await interaction.followup.send(words, ephemeral=True, allowed_mentions=nobody)


async def wait(interaction: Interaction) -> None:
    """Tell Discord that words will come, which only this person sees."""
    with _heard():
        await interaction.response.defer(ephemeral=True, thinking=True)


async def rest(interaction: Interaction) -> None:
    """Tell Discord that it was heard, without a word."""
    with _heard():
        await interaction.response.defer()


async def suggest(interaction: Interaction, names: list[str]) -> None:
    """Suggest what somebody who is typing may want to write."""
    with _heard():
        await interaction.response.autocomplete([discord.app_commands.Choice(name=name, value=name) for name in names])


@contextmanager
def _heard() -> Iterator[None]:
    """Log what Discord did not take, or what did not reach it; never the address, which carries a token (law 10)."""
    try:
        yield
    except discord.HTTPException as error:
        log.info("Discord did not take our answer to what somebody pressed: %s %s", error.status, error.text)
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        log.info("our answer to what somebody pressed did not reach Discord: %s", type(error).__name__)
