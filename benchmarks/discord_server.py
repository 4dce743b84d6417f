"""A Discord and a blog in a process of their own, both without limits, for what hears them in other processes.

It tells its addresses on its first line (JSON). `threads` on its standard input makes it open the threads that a client
finds; `talk` makes a person write in all threads of the channel, in turns. Each is answered by a line.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import AsyncExitStack
from itertools import count

from aiohttp import web

from adapters.discord.double import Double, running
from adapters.discord.double.things import Channel

_SHARE = 10 if os.environ.get("BENCH_QUICK") else 1
THREADS = 1_000 // _SHARE
MESSAGES = 10_000 // _SHARE
WINDOW, NEW = 20, 10
"""The comments that the feed shows, and those of them that are new at every reading."""
_POST = "http://{host}/on-subject-{number}/"
_ITEM = (
    "<item><title>By: Vera</title><link>{post}#c{number}</link><guid isPermaLink='false'>{post}#c{number}</guid>"
    "<author>Vera</author><description>Does subject {number} work in winter, too?</description></item>"
)
_PAGE = "<html><head><title>A subject of the garden</title></head><body>A post</body></html>"
_WORDS = (
    "Message {number}, as people write them: it thanks, it asks whether this works in winter, and it tells a story."
)


def _feed(host: str, newest: int) -> str:
    """The newest comments, each on a post of its own."""
    numbers = range(newest, max(0, newest - WINDOW), -1)
    items = "".join(_ITEM.format(number=number, post=_POST.format(host=host, number=number)) for number in numbers)
    return f"<rss version='2.0'><channel><title>A garden</title><link>http://{host}/</link>{items}</channel></rss>"


async def _serve_feed(stack: AsyncExitStack) -> str:
    newest = count(NEW, NEW)

    async def feed(request: web.Request) -> web.Response:
        return web.Response(text=_feed(request.host, min(THREADS, next(newest))), content_type="application/rss+xml")

    async def post(_: web.Request) -> web.Response:
        return web.Response(text=_PAGE, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/feed.xml", feed), web.get("/{post}/", post)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}/feed.xml"


async def _open_threads(double: Double, channel: Channel) -> None:
    """The bot opens them, as ours does: a message, and a thread on it with a comment in it."""
    for number in range(THREADS):
        thread = double.bot.open_thread(channel, f"On subject {number}", on=double.bot.write(channel, f"Post {number}"))
        double.bot.write(thread, f"Does subject {number} work in winter, too?")
        await asyncio.sleep(0)


async def _talk(double: Double, channel: Channel) -> None:
    member, threads = double.member("Robin"), double.threads(channel)
    for number in range(MESSAGES):
        member.write(threads[number % len(threads)], _WORDS.format(number=number))
        await asyncio.sleep(0)


async def _commanded(double: Double, channel: Channel) -> None:
    """Do what is asked for until nobody asks any more: whoever started us has ended."""
    does = {"threads": _open_threads, "talk": _talk}
    while line := (await asyncio.to_thread(sys.stdin.readline)).strip():
        await does[line](double, channel)
        print("done", flush=True)


async def main() -> None:
    """Serve."""
    async with AsyncExitStack() as stack:
        double = await stack.enter_async_context(running(pace=0.0))
        double.limits.everywhere = None
        channel = double.channel("garden")
        places = {
            "api": double.api, "gateway": double.gateway, "token": double.token, "room": channel.id,
            "feed": await _serve_feed(stack),
        }  # fmt: skip
        print(json.dumps(places), flush=True)
        await _commanded(double, channel)


if __name__ == "__main__":
    asyncio.run(main())
