"""Looking at an address that a person gave: what every installed blog adapter finds there."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from click import Abort

from bridge import __version__, plugins
from bridge.errors import BackchatError, RetryLater, StepError
from bridge.fetch import Fetch, Response
from bridge.model import Survey
from bridge.ports import Connects, Dialogue, SurveysBlogs

LONGEST_LOOK = 60.0
"""Seconds that one adapter gets to look at a blog."""
_CONNECT = 10.0

log = logging.getLogger(__name__)


class NothingFound(BackchatError):
    """There is nothing at the address that Backchat could read; the message says why, and what to try."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What one adapter found. `adapter` is its name among the installed ones."""

    adapter: str
    survey: Survey


@dataclass(frozen=True, slots=True)
class Looked:
    """Everything that was found at `address`, the best offer first; `troubles` are adapters that could not look."""

    address: str
    offers: tuple[Offer, ...]
    troubles: tuple[str, ...]


async def look(typed: str) -> Looked:
    """Look at what a person typed: a blog's, a post's or a feed's address, with or without `https://`.

    The host that was typed may lie in a private network; nothing else may. Raises `NothingFound`.
    """
    failures: dict[str, str] = {}
    for address in _addresses(typed.strip()):
        async with AsyncExitStack() as stack:
            fetch = await stack.enter_async_context(_fetch(address))
            try:
                page = await fetch.read(address)
            except StepError as error:
                failures.setdefault(error.reason, address)
                continue
            return await _looked(address, page, fetch)
    told = "; ".join(f"{address}: {reason}" for reason, address in failures.items())
    raise NothingFound(f"{told}. Give the address as your browser shows it, or try again later; nothing was written.")


async def connect(address: str, offer: Offer, dialogue: Dialogue) -> Survey:
    """Go the way to credentials with the person, where the adapter knows one; else the survey as it was."""
    plugin = plugins.blog(offer.adapter)
    if not isinstance(plugin, Connects):
        return offer.survey
    try:
        async with _fetch(address) as fetch:
            return await plugin.connect(offer.survey, fetch, dialogue)
    except Abort:
        raise
    except BackchatError as error:
        trouble = str(error)
    except Exception as error:
        log.debug("the adapter %s cannot connect to %s", offer.adapter, address, exc_info=True)
        trouble = f"a fault of the adapter ({error!r}): tell those who made it"
    dialogue.tell(f"  ! {offer.adapter}: {trouble}")
    return offer.survey


def _fetch(address: str) -> Fetch:
    return Fetch(f"Backchat/{__version__}", trusted=(address,), any_port=True, connect=_CONNECT)


def _addresses(typed: str) -> tuple[str, ...]:
    """Every address that may be meant; a bare host is tried by https first. Raises `NothingFound` if there is none."""
    whole = [typed] if "://" in typed else [f"{scheme}://{typed}" for scheme in ("https", "http")]
    taken = [parts for address in whole if (parts := _parts(address)) is not None]
    if not taken:
        raise NothingFound(
            f"{typed!r} is no address of a web page: write it as your browser shows it, such as https://garden.example"
        )
    return tuple(parts._replace(path=parts.path or "/", fragment="").geturl() for parts in taken)


def _parts(typed: str) -> SplitResult | None:
    """Take an http or https address apart; None for anything else."""
    try:
        parts = urlsplit(typed)
        usable = parts.scheme in {"http", "https"} and parts.hostname not in {None, "http", "https"} and parts.port != 0
    except ValueError:
        return None
    return parts if usable and parts.username is None and typed.isprintable() and " " not in typed else None


async def _looked(address: str, page: Response, fetch: Fetch) -> Looked:
    offers, troubles = [], []
    for name in plugins.names(plugins.BLOGS):
        try:
            survey = await _surveyed(name, address, fetch)
        except BackchatError as error:
            troubles.append(f"{name}: {error}")
        else:
            if survey is not None:
                offers.append(Offer(name, survey))
    if not offers:
        raise NothingFound(_why_not(address, page, troubles))
    return Looked(address, tuple(sorted(offers, key=_worse)), tuple(troubles))


def _worse(offer: Offer) -> tuple[int, bool]:
    """What is better comes first; of equal ones, the one that knows more of this blog: a way to credentials."""
    return -offer.survey.rank, not isinstance(plugins.blog(offer.adapter), Connects)


async def _surveyed(name: str, address: str, fetch: Fetch) -> Survey | None:
    plugin = plugins.blog(name)
    if not isinstance(plugin, SurveysBlogs):
        return None
    try:
        async with asyncio.timeout(LONGEST_LOOK):
            return await plugin.survey(address, fetch)
    except TimeoutError:
        raise RetryLater(f"it took longer than {LONGEST_LOOK:.0f} s") from None
    except BackchatError:
        raise
    except Exception as error:  # a fault in one adapter must not hide what the others found
        log.debug("the adapter %s cannot look at %s", name, address, exc_info=True)
        raise RetryLater(f"a fault of the adapter ({error!r}): tell those who made it") from error


def _why_not(address: str, page: Response, troubles: list[str]) -> str:
    asked = ", ".join(plugins.names(plugins.BLOGS))
    told = "".join(f"\n  {trouble}" for trouble in troubles)
    if page.status in {404, 410}:
        why = f"There is no page at {address} (status {page.status}): give the address as your browser shows it."
    elif page.status != 200:
        why = f"{address} does not show its page (status {page.status}): give the address of one that anybody may see."
    elif not _is_page(page):
        kind = page.headers.get("Content-Type", "").partition(";")[0].strip() or "something without a type"
        why = f"What stands at {address} is no web page and no feed of comments, but {kind}: give the blog's address."
    else:
        why = (
            f"No comments that Backchat can read were found at {address} (asked: {asked}). Try the address of a post"
            " that has comments. If another system keeps them, it needs an adapter: docs/adding-an-adapter.md."
        )
    return f"{why}{told}\nNothing was written."


def _is_page(page: Response) -> bool:
    kind = page.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in {"text/html", "application/xhtml+xml"}
