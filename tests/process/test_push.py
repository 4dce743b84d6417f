"""Push, with the whole daemon: a blog whose beat is an hour is read at once when somebody tells of news."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.process.test_service import free_port
from tests.process.waiting import LOOK_EVERY, PATIENCE, until
from tests.process.wordpress_world import WordPressWorld, wordpress_world
from tests.servers.websub_hub import websub_hub
from tests.servers.wordpress import served

SECRET = "a-secret-that-nobody-guesses"
SIGNED = {"Authorization": f"Bearer {SECRET}"}
KINDS = ["double", pytest.param("debian", marks=pytest.mark.real)]


@asynccontextmanager
async def called_at(tmp_path: Path, kind: str, more: str = "") -> AsyncIterator[tuple[WordPressWorld, str]]:
    """A Backchat that reads once an hour, and where it can be called."""
    address = f"http://127.0.0.1:{free_port()}"
    more = f'slowest = "1d"\nfirst_run = "latest 5"\n{more}'
    async with (
        served(kind, tmp_path / "blog") as wordpress,
        wordpress_world(wordpress, tmp_path / "here", every=3600, more=more) as world,
    ):
        with world.daemon.config.open("a") as config:
            config.write(f'\n[web]\nlisten = "{address.removeprefix("http://")}"\npublic = "{address}"\n')
        yield world, address


async def post(url: str, body: bytes = b"{}", headers: Mapping[str, str] | None = None) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
        return answer.status


async def metric(address: str, name: str) -> float:
    """A number of the blog's, from the daemon's metrics."""
    async with aiohttp.ClientSession() as session, session.get(f"{address}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    found = [line for line in lines if line.startswith(f"{name}{{") and 'blog="garden"' in line]
    return sum(float(line.rpartition(" ")[2]) for line in found)


async def until_metric(address: str, name: str, at_least: float) -> None:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while await metric(address, name) < at_least:
        assert asyncio.get_running_loop().time() < deadline, f"{name} is not {at_least}"
        await asyncio.sleep(LOOK_EVERY)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_webhook_has_a_comment_in_the_room_at_once(tmp_path: Path, kind: str) -> None:
    async with called_at(tmp_path, kind, f'webhook_secret = "{SECRET}"') as (world, address):
        visitor = world.wordpress.visitor("Vera")
        await visitor.comment("Is anybody there?")
        await world.daemon.start_plain()
        await world.until_shown("Is anybody there?")
        await visitor.comment("And now?")
        hook = f"{address}/in/blogs/garden/hook"
        assert await post(hook) == 401 and await post(f"{address}/in/chats/garden/hook") == 404
        body = b'{"comment_content": "And now?"}'
        signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert await post(hook, body, {"X-Hub-Signature-256": signature}) == 200
        await world.until_shown("And now?")
        assert await metric(address, "backchat_news_total") == 1
        assert await world.daemon.stop() == 0
        words = world.daemon.words()
        assert SECRET not in words and f"webhooks are taken at {hook}" in words


@pytest.mark.parametrize("kind", KINDS)
async def test_whatever_a_webhook_tells_of_is_seen_though_the_numbers_do_not_betray_it(
    tmp_path: Path, kind: str
) -> None:
    async with called_at(tmp_path, kind, f'webhook_secret = "{SECRET}"') as (world, address):
        visitor = world.wordpress.visitor("Vera")
        number = await visitor.comment("Is anybody their?")
        await world.daemon.start_plain()
        await world.until_shown("Is anybody their?")
        await world.wordpress.edit(number, "Is anybody there?")
        assert await post(f"{address}/in/blogs/garden/hook", headers=SIGNED) == 200
        await world.until_shown("Is anybody there?")
        assert await world.daemon.stop() == 0


async def test_a_hub_that_tells_of_news_has_them_in_the_room_and_is_told_when_we_stop(tmp_path: Path) -> None:
    async with websub_hub() as hub, called_at(tmp_path, "double", f'feed = "{hub.feed}"') as (world, address):
        hub.source = f"{world.wordpress.address}/comments/feed/"
        hub.header = '<{address}/hub>; rel="hub", <{address}/comments/feed/atom/>; rel="self"'
        visitor = world.wordpress.visitor("Vera")
        await visitor.comment("Is anybody there?")
        await world.daemon.start_plain()
        await world.until_shown("Is anybody there?")
        await until(lambda: hub.count("subscribe"), "the subscription")
        (form,) = hub.forms("subscribe")
        assert form["hub.callback"].startswith(f"{address}/in/blogs/garden/websub/")
        await visitor.comment("And now?")
        assert await hub.deliver(form, secret="of somebody else") == 202
        assert await hub.deliver(form) == 202
        await world.until_shown("And now?")
        await until_metric(address, "backchat_news_total", 1)
        assert await world.daemon.stop() == 0
        assert hub.count("unsubscribe") == 1, "what we mount answers until the adapters are closed"
        words = world.daemon.words()
        assert form["hub.secret"] not in words and form["hub.callback"].rpartition("/")[2] not in words


async def test_a_reload_takes_what_was_mounted_away_and_puts_up_what_is_configured_now(tmp_path: Path) -> None:
    async with called_at(tmp_path, "double", f'webhook_secret = "{SECRET}"') as (world, address):
        await world.daemon.start_plain()
        hook = f"{address}/in/blogs/garden/hook"
        await until(lambda: "webhooks are taken at" in world.daemon.words(), "the webhook")
        assert await post(hook, headers=SIGNED) == 200
        text = world.daemon.config.read_text()
        for secret in ("another-secret-than-before", None):
            line = f'webhook_secret = "{secret}"' if secret else ""
            world.daemon.config.write_text(text.replace(f'webhook_secret = "{SECRET}"', line))
            taken_over = world.daemon.words().count("blog garden is open")
            world.daemon.send(signal.SIGHUP)
            await until(
                lambda before=taken_over: world.daemon.words().count("blog garden is open") > before,  # type: ignore[misc]
                "the blog to be open again",
            )
            assert await post(hook, headers=SIGNED) == (401 if secret else 404)
        assert await world.daemon.stop() == 0
