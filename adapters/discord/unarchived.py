"""Doing in an archived thread what Discord takes only in open ones: opened for that, and archived again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.discord.api import Api, ApiRefusal
from adapters.discord.refusals import THREAD_ARCHIVED
from bridge.errors import StepError

log = logging.getLogger(__name__)
Result = TypeVar("Result")


async def unarchived(api: Api, thread: str, change: Callable[[], Awaitable[Result]]) -> Result:
    """Do it; where the thread is archived, open it for that. `change` must be safe to repeat."""
    try:
        return await change()
    except ApiRefusal as refusal:
        if refusal.code != THREAD_ARCHIVED:
            raise
    await _archive(api, thread, archived=False)
    try:
        return await change()
    finally:
        await _close_again(api, thread)


async def _close_again(api: Api, thread: str) -> None:
    try:
        await _archive(api, thread, archived=True)
    except (ApiRefusal, StepError) as error:  # Discord archives it by itself, a while later
        log.info("the thread %s stays open: %s", thread, error)


async def _archive(api: Api, thread: str, *, archived: bool) -> None:
    await api.call("PATCH", "/channels/{channel_id}", json={"archived": archived}, channel_id=thread)
