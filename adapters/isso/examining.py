"""What `backchat doctor` looks at in a blog on Isso, beyond that it opens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from adapters.isso import posts
from adapters.isso.admin import Admin
from adapters.isso.ids import PLACEHOLDER
from adapters.isso.public import Public
from adapters.isso.settings import Settings
from bridge.errors import StepError
from bridge.fetch import Fetch
from bridge.model import Finding

_TRIED = "0.14"
"""The versions of Isso that this adapter is tested against begin so."""


async def findings(settings: Settings, fetch: Fetch, public: Public, admin: Admin | None) -> Sequence[Finding]:
    """Ask Isso and the blog about everything that the adapter relies on."""
    path = settings.path
    listed = "address" if settings.posts == "latest" else "posts_from"
    found = [*await _looked(lambda: _isso(settings, public), "Isso does not tell what it is", f"{path}.address")]
    found += await _looked(lambda: _wants(settings, public), "the accounts cannot be judged", f"{path}.address")
    found += await _looked(lambda: _posts(settings, fetch, public), "new posts cannot be found", f"{path}.{listed}")
    found += await _looked(lambda: _site(settings, fetch), "the blog cannot be read", f"{path}.site")
    if admin is not None:
        found += await _looked(lambda: _admin(admin), "Isso's admin page cannot be read", f"{path}.admin_password")
    return found


async def _looked(look: Callable[[], Awaitable[Sequence[Finding]]], otherwise: str, key: str) -> Sequence[Finding]:
    """What a look finds; where it fails, the setting to look at."""
    try:
        return await look()
    except StepError as error:
        remedy = f"try again, and see that {key} is right"
        return (Finding(f"{otherwise}: {error.reason}", good=False, remedy=remedy),)


async def _isso(settings: Settings, public: Public) -> Sequence[Finding]:
    info = await public.info()
    version = str(info.get("version", "of an unknown version"))
    tried = "" if version.startswith(_TRIED) else f"; Backchat is tested with Isso {_TRIED}"
    return (
        Finding(f"Isso {version} answers at {settings.address}{tried}", good=True),
        _origin(settings, str(info.get("origin", ""))),
        _moderation(settings, info),
    )


def _origin(settings: Settings, origin: str) -> Finding:
    if urlsplit(origin)[:2] == urlsplit(settings.site)[:2]:
        return Finding(f"it serves the blog {settings.site}", good=True)
    remedy = f"set {settings.path}.site to that, or add {settings.site} to `host` in the [general] section of Isso"
    return Finding(f"it serves {origin or 'no blog'}, not {settings.site}", good=False, remedy=remedy)


def _moderation(settings: Settings, info: Mapping[str, Any]) -> Finding:
    if not info.get("moderation"):
        return Finding("it shows new comments at once", good=True)
    if settings.admin_password is None and not settings.moderated:
        what = f"it holds comments for approval, but {settings.path}.moderated is false"
        return Finding(what, good=False, remedy=f"set {settings.path}.moderated = true, or give admin_password")
    approves = "Backchat approves its own" if settings.admin_password else "answers wait for a person there"
    return Finding(f"it holds new comments for approval; {approves}", good=True)


async def _wants(settings: Settings, public: Public) -> Sequence[Finding]:
    config = await public.config()
    found = []
    for name, account in settings.accounts.items():
        path = f"{settings.path}.accounts.{name}"
        if config.get("require-email") and not account.email:
            what = f"{path} has no e-mail address, and this Isso takes no comment without one"
            found.append(Finding(what, good=False, remedy=f"set {path}.email"))
        else:
            leads = "no page (Isso takes none of this blog's)" if account.website == PLACEHOLDER else account.website
            found.append(Finding(f"{path} answers as {account.name}, linked to {leads}", good=True))
    return found


async def _posts(settings: Settings, fetch: Fetch, public: Public) -> Sequence[Finding]:
    if settings.posts == "latest":
        return (Finding(f"posts are found by Isso's own list ({await _newest(public)})", good=True),)
    listed = await posts.listed(fetch, settings)
    if listed:
        return (Finding(f"the {settings.posts} names {len(listed)} posts of the blog", good=True),)
    what = f"the {settings.posts} {settings.posts_from} names no post of {settings.site}"
    return (Finding(what, good=False, remedy=f"set {settings.path}.posts_from to one that does"),)


async def _newest(public: Public) -> str:
    rows = await public.latest(limit=1)
    return f"the newest comment is on {rows[0][0]}" if rows else "no comments yet"


async def _site(settings: Settings, fetch: Fetch) -> Sequence[Finding]:
    answer = await fetch.read(settings.site + "/")
    if answer.status < 400:
        return (Finding(f"the blog {settings.site} can be read, for the titles of posts", good=True),)
    what = f"the blog {settings.site} does not show its front page (status {answer.status})"
    return (Finding(what, good=False, remedy=f"set {settings.path}.site to the address that visitors use"),)


async def _admin(admin: Admin) -> Sequence[Finding]:
    waiting = [row async for row in admin.pending()]
    return (Finding(f"the admin password is right; {len(waiting)} comments wait for approval", good=True),)
