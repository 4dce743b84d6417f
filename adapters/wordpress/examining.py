"""What `backchat doctor` looks at in a blog on WordPress, beyond that it opens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import urlsplit

from adapters.wordpress.accounts import Accounts, Who
from adapters.wordpress.api import Api, ApiRefusal
from adapters.wordpress.keys import LONGEST_ADDRESS, signed
from adapters.wordpress.settings import Settings
from bridge.errors import StepError
from bridge.fetch import Fetch
from bridge.model import Finding, Key

_NEWEST = 5
"""Posts that are looked at to see whether new posts take comments."""
_ANY_KEY = Key("a" * 24)


async def findings(settings: Settings, fetch: Fetch, api: Api, accounts: Accounts) -> Sequence[Finding]:
    """Ask the blog about everything that the adapter relies on."""
    path = settings.path
    found = [*await _looked(lambda: _api(settings, api), "the API cannot be asked", f"{path}.address and {path}.api")]
    found += await _looked(lambda: _accounts(settings, accounts), "the accounts cannot be tried", f"{path}.accounts")
    found += await _looked(lambda: _strangers(settings, api), "the API cannot be tried", f"{path}.address")
    found += await _looked(lambda: _posts(api, accounts), "new posts cannot be looked at", f"{path}.accounts")
    if settings.site is None:
        found += await _looked(lambda: _feed(settings, fetch), "the comment feed cannot be read", f"{path}.feed")
        found += await _looked(lambda: _xml_rpc(settings, fetch), "XML-RPC cannot be tried", f"{path}.address")
    return found


async def _looked(look: Callable[[], Awaitable[Sequence[Finding]]], otherwise: str, key: str) -> Sequence[Finding]:
    """What a look finds; where it fails, the settings to look at."""
    try:
        return await look()
    except (StepError, ApiRefusal) as error:
        reason = error.reason if isinstance(error, StepError) else error.message
        remedy = f"try again, and see that {key} is right"
        return (Finding(f"{otherwise}: {reason}", good=False, remedy=remedy),)


async def _api(settings: Settings, api: Api) -> Sequence[Finding]:
    root = await api.root()
    name = f" of “{root.name}”" if root.name else ""
    found = [Finding(f"WordPress's API{name} is at {root.address}", good=True)]
    if settings.site is not None:
        found.append(
            Finding("blogs at WordPress.com are built after its manual, and untested on the live service", good=True)
        )
    elif root.authorization is not None:
        found.append(Finding(f"it gives out application passwords, at {root.authorization}", good=True))
    if urlsplit(root.address).scheme == "http" and settings.accounts:
        found.append(_plain_http(settings, root.address))
    return found


def _plain_http(settings: Settings, address: str) -> Finding:
    if _local(address):
        return Finding("the API is at plain http, which is enough on this machine", good=True)
    what = "passwords and answers travel readable by everybody on the way, for the API is not at https"
    return Finding(what, good=False, remedy=f"write the https address into {settings.path}.address")


def _local(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return host == "localhost" or host.startswith("127.") or host.endswith(".localhost")


async def _accounts(settings: Settings, accounts: Accounts) -> Sequence[Finding]:
    """Ask anew: a password may have been revoked since the blog was opened."""
    if not settings.accounts:
        what = f"{settings.path}.accounts names no author: comments are shown, nobody can answer"
        remedy = f'add an author with an application password to {settings.path}.accounts, or say read = "feed"'
        return (Finding(what, good=settings.read == "feed", remedy=remedy),)
    await accounts.open()
    found = []
    for name in settings.accounts:
        path = f"{settings.path}.accounts.{name}"
        known = accounts.by_name.get(name)
        found.append(_unknown(accounts, path, name) if known is None else _known(accounts, path, known))
        if known is not None:
            found.append(_page(accounts, path, known))
    return found


def _unknown(accounts: Accounts, path: str, name: str) -> Finding:
    one = next(stranger for account, stranger in accounts.strangers.items() if account == name)
    return Finding(f"{path}: {one.reason}", good=False, remedy=f"{one.remedy} (below {path})")


def _known(accounts: Accounts, path: str, one: Who) -> Finding:
    role = " and ".join(one.roles) or "no role"
    if not one.publishes:
        what = f"{path} is {one.name} ({role}): answers wait until somebody approves them on the blog"
        return Finding(what, good=False, remedy="give that user the role author or editor on the blog")
    if not one.moderates:
        pace = accounts.paces[one.account]
        what = f"{path} is {one.name} ({role}): may answer every {pace:.0f} s, moderates and edits on posts of its own"
        return Finding(what, good=True)
    filtered = ", and post any HTML, of which Backchat makes no use" if one.unfiltered else ""
    return Finding(f"{path} is {one.name} ({role}): may answer without a pause, moderate and edit{filtered}", good=True)


def _page(accounts: Accounts, path: str, one: Who) -> Finding:
    page = accounts.page(one.account)
    if len(signed(page, _ANY_KEY)) <= LONGEST_ADDRESS:
        return Finding(f"{one.name}'s name leads to {page}", good=True)
    what = (
        f"{page} is too long for WordPress with Backchat's key behind it: {one.name}'s name leads to the blog instead"
    )
    return Finding(what, good=False, remedy=f"write a shorter page into {path}.address")


async def _strangers(settings: Settings, api: Api) -> Sequence[Finding]:
    try:
        await api.get("/wp/v2/comments", {"per_page": 1, "_fields": "id"})
    except ApiRefusal as refusal:
        what = f"strangers may not read comments through the API ({refusal.message})"
        remedy = (
            f"without {settings.path}.accounts only the newest comments of the feed can be read: add an author there"
        )
        return (Finding(what, good=bool(settings.accounts), remedy=remedy),)
    return (Finding("anybody may read public comments through the API", good=True),)


async def _posts(api: Api, accounts: Accounts) -> Sequence[Finding]:
    params: dict[str, str | int] = {"per_page": _NEWEST, "_fields": "id,comment_status,title"}
    answer = await api.get("/wp/v2/posts", params, accounts.reader)
    posts = [post for post in answer.json if isinstance(post, dict)] if isinstance(answer.json, list) else []
    if not posts:
        return (Finding("there is no public post yet", good=True),)
    if posts[0].get("comment_status") == "open":
        return (Finding("the newest post takes comments", good=True),)
    shut = sum(post.get("comment_status") == "closed" for post in posts)
    what = f"comments are closed on the newest post, and on {shut} of the newest {len(posts)}: nobody can answer there"
    return (
        Finding(what, good=False, remedy="open them in the post's settings, or on the blog under Settings, Discussion"),
    )


async def _feed(settings: Settings, fetch: Fetch) -> Sequence[Finding]:
    address = settings.comment_feed()
    answer = await fetch.read(address)
    kind = answer.headers.get("Content-Type", "nothing").split(";")[0]
    if answer.status == 200 and "xml" in kind:
        return (Finding(f"the comment feed can be read at {address}", good=True),)
    what = f"there is no comment feed at {address} (status {answer.status}, {kind})"
    needed = settings.read == "feed" or not settings.accounts
    return (Finding(what, good=not needed, remedy=f"write the feed's address into {settings.path}.feed"),)


async def _xml_rpc(settings: Settings, fetch: Fetch) -> Sequence[Finding]:
    """Asked by GET, `xmlrpc.php` answers 405 where it is on; it takes the passwords of the login page."""
    answer = await fetch.read(f"{settings.address}/xmlrpc.php")
    if answer.status not in {200, 405}:
        return (Finding("XML-RPC is off, and Backchat does not need it", good=True),)
    what = "XML-RPC is on, which takes login passwords; Backchat does not need it: switch it off if nothing else does"
    return (Finding(what, good=True),)
