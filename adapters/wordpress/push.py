"""What tells us of news: a WebSub hub, and webhooks. Both only say "read now"; polling goes on as without them.

That is no modesty: the WebSub plugin names its hub in the comment feeds too, but tells the hub of posts only, so that a
subscription stands and nothing ever comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress

from adapters.wordpress.settings import Settings
from adapters.wordpress.webhook import SHORTEST_SECRET, Webhook
from adapters.wordpress.websub import Subscriber
from bridge.fetch import Fetch
from bridge.ports import Clock, Mount


class Push:
    """Listens for news of one blog, from `open` until the stack that it was given is closed.

    `mount` is where it can be called (None: nowhere), `feeds` are the comment feeds that a hub may tell of, and `tell`
    is called for everything that sounds like news.
    """

    def __init__(
        self,
        settings: Settings,
        fetch: Fetch,
        mount: Mount | None,
        clock: Clock,
        feeds: Sequence[str],
        tell: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._mount = mount
        self._clock = clock
        self._feeds = feeds
        self._tell = tell
        self._is_open = False

    async def open(self, stack: AsyncExitStack) -> tuple[str, ...]:
        """Be there for whoever calls; what the operator should know. May be called again, and is then done already."""
        if self._mount is not None and not self._is_open:
            self._is_open = True
            stack.callback(self._closed)
            self._take_webhooks(self._mount, stack)
            self._subscribe(self._mount, stack)
        return tuple(self._remarks())

    def _closed(self) -> None:
        self._is_open = False

    def _take_webhooks(self, mount: Mount, stack: AsyncExitStack) -> None:
        if self._settings.webhook_secret:
            hook = Webhook(self._settings.webhook_secret, self._settings.path, self._clock, self._tell)
            for path, handler in hook.routes():
                stack.callback(mount.serve(path, handler))

    def _subscribe(self, mount: Mount, stack: AsyncExitStack) -> None:
        """Ask hubs to tell us, if they can reach us."""
        if not self._settings.websub or mount.address is None:
            return
        for feed in self._feeds:
            subscriber = Subscriber(feed, self._settings.path, self._fetch, mount, self._clock, self._tell)
            task = asyncio.create_task(subscriber.run(), name=f"websub {self._settings.path}")
            stack.push_async_callback(_end, task, subscriber)

    def _remarks(self) -> list[str]:
        secret, mount = self._settings.webhook_secret, self._mount
        where = f"{self._settings.path}.webhook_secret"
        if not secret:
            return []
        if mount is None:
            return [f"{where} is of no use while nobody can call: set listen in [web]"]
        remarks = [f"webhooks are taken at {mount.address}/hook"]
        if mount.address is None:
            remarks = [f"{where} is of use on this machine only: set public in [web], so that others can call"]
        if len(secret) < SHORTEST_SECRET:
            remarks.append(f"{where} is short: with {SHORTEST_SECRET} characters or more nobody can guess it")
        return remarks


async def _end(task: asyncio.Task[None], subscriber: Subscriber) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await subscriber.end()
