"""A server of comment feeds on many addresses of this machine, as lean as can be: its CPU is not what is measured.

`/304/feed.xml` never changes and says so; `/200/feed.xml` changes in a date only; each reading of `/new/feed.xml` finds
one comment more than the one before, the oldest gone. Each of the feeds is one of WordPress's shape: ten comments of a
kilobyte. Every answer closes its connection, so that every reading pays for a new one.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from itertools import count
from typing import ClassVar

ITEMS = 10
_BEGUN = 1_700_000_000
_WORDS = "Thank you for this. Does it work in winter, too? We tried it last year, with less luck than you had. " * 3
_BODY = f"<p>{_WORDS}</p>\n<p>{_WORDS}<em>Twice</em>, even.</p>\n<p>{_WORDS}</p>"


def hosts(number: int) -> list[str]:
    """So many addresses of this machine, each as good as a host of its own."""
    return [f"127.{1 + n // 250}.{1 + n // 250}.{1 + n % 250}" for n in range(number)]


@contextmanager
def serving(number: int) -> Iterator[list[str]]:
    """A server in a process of its own, at so many places: `http://host:port`."""
    command = [sys.executable, "-m", "benchmarks.feed_server", str(number)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout is not None
            port = int(child.stdout.readline())
            yield [f"http://{host}:{port}" for host in hosts(number)]
        finally:
            child.kill()


def _feed(host: str, newest: int, built: int) -> bytes:
    items = "".join(_item(host, number) for number in range(newest, newest - ITEMS, -1))
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Comments on: A garden</title>'
        f"<link>http://{host}/</link><lastBuildDate>{formatdate(_BEGUN + built)}</lastBuildDate>{items}</channel></rss>"
    ).encode()


def _item(host: str, number: int) -> str:
    link = f"http://{host}/2026/01/a-post/#comment-{number}"
    return (
        f"<item><title>By: Vera {number}</title><link>{link}</link><dc:creator><![CDATA[Vera {number}]]></dc:creator>"
        f"<pubDate>{formatdate(_BEGUN + number * 60)}</pubDate><guid isPermaLink='false'>{link}</guid>"
        f"<description>Thank you for this.</description><content:encoded><![CDATA[{_BODY}]]></content:encoded></item>"
    )


class _Answer(asyncio.Protocol):
    """One connection: a request in, an answer out."""

    served: ClassVar[Counter[str]] = Counter()
    changes: ClassVar[Iterator[int]] = count(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._host = ":".join(map(str, transport.get_extra_info("sockname")))
        self._got = b""

    def data_received(self, data: bytes) -> None:
        self._got += data
        if b"\r\n\r\n" in self._got:
            self._transport.write(self._answer())
            self._transport.close()

    def _answer(self) -> bytes:
        path = self._got.split(b" ", 2)[1]
        if path == b"/304/feed.xml" and b"\r\nIf-None-Match:" in self._got:
            return b'HTTP/1.1 304 Not Modified\r\nETag: "one"\r\nConnection: close\r\n\r\n'
        if path == b"/304/feed.xml":
            return _whole(_feed(self._host, ITEMS, 0), b'ETag: "one"\r\n')
        if path == b"/200/feed.xml":
            return _whole(_feed(self._host, ITEMS, next(self.changes)))
        if path == b"/new/feed.xml":
            self.served[self._host] += 1
            return _whole(_feed(self._host, ITEMS + self.served[self._host], next(self.changes)))
        return _whole(b"<html><head><title>A post</title></head><body>A post</body></html>", type_=b"text/html")


def _whole(body: bytes, more: bytes = b"", type_: bytes = b"application/rss+xml; charset=UTF-8") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n" % (type_, len(body))
    return head + more + b"\r\n" + body


async def _serve(number: int) -> None:
    loop = asyncio.get_running_loop()
    first = await loop.create_server(_Answer, hosts(1)[0], 0)
    port = first.sockets[0].getsockname()[1]
    rest = await loop.create_server(_Answer, hosts(number)[1:], port) if number > 1 else first
    print(port, flush=True)
    async with first, rest:
        await asyncio.to_thread(sys.stdin.read)  # it ends when whoever started us ends


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
