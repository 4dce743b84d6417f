"""What `backchat init` is told of a WordPress blog, and the table that it writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlsplit

from adapters.wordpress.sighting import Sight, see
from bridge.fetch import Fetch
from bridge.model import Survey

PLACES = ("# accounts.mara =", "# token =")
"""How the lines begin that show where an account or a token is to be written."""

_TABLE = """\
adapter = "wordpress"
# The blog's own address; its API and its comment feeds are found from there.
address = {address}
{more}# Who answers: the login on the blog, and an application password. docs/wordpress.md says how to get one.
# accounts.mara = {{ login = "mara", password = {{ file = "secrets/mara" }} }}"""
API = """\
# The API stands on another host: passwords are sent only to addresses that stand here.
api = {api}
"""
_HOSTED_TABLE = """\
adapter = "wordpress"
# The blog's own address, and its name at WordPress.com.
address = {address}
site = {site}
# The access token of whoever answers. docs/wordpress.md says how to get one.
# token = {{ file = "secrets/wordpress-com" }}"""
_READ_FEED = """\
# Without accounts the API shows nothing to strangers: the comment feeds are read.
"""


async def survey(address: str, fetch: Fetch) -> Survey | None:
    """See `bridge.ports.SurveysBlogs`."""
    sight = await see(address, fetch)
    return None if sight is None else told(sight)


def told(sight: Sight) -> Survey | None:
    """Put what was seen into words; None where no comment could be read in any way."""
    if sight.site is not None:
        return _hosted(sight, sight.site)
    if sight.root is None and not sight.feeds:
        return None
    return Survey(_name(sight.home), _rank(sight), tuple(_found(sight)), _config(sight), tuple(_steps(sight)))


def _rank(sight: Sight) -> int:
    if sight.authorization is not None:
        return 3
    return 2 if sight.readable is not None else 1


def _found(sight: Sight) -> Iterator[str]:
    version = f"WordPress {sight.version}" if sight.version else "WordPress"
    named = f" (“{sight.root.name}”)" if sight.root is not None and sight.root.name else ""
    can = "answered" if sight.authorization else "not answered as it is"
    yield f"{sight.home} is {version}{named}: its comments can be read, and {can}."
    yield _of_api(sight)
    if sight.feeds:
        yield f"It has comment feeds: {' and '.join(sight.feeds)}."
    else:
        yield "It has no comment feed that can be read: without an account, Backchat depends on the API."
    if sight.root is not None and sight.authorization is None:
        yield _no_passwords(sight)


def _of_api(sight: Sight) -> str:
    if sight.root is None:
        return "Its API cannot be found, so that nobody can answer from here: a plugin may have switched it off."
    if sight.root.closed:
        opened = ", and open to whoever has an application password" if sight.authorization else ""
        return f"Its API at {sight.root.address} is closed to strangers{opened}."
    if sight.readable is None:
        return f"Its API is at {sight.root.address}; strangers may not read comments there."
    if sight.readable == 0:
        return f"Its API is at {sight.root.address}; anybody can read comments there, and there are none yet."
    many = "1 comment" if sight.readable == 1 else f"{sight.readable} comments"
    return f"Its API is at {sight.root.address}; anybody can read {many} there."


def _no_passwords(sight: Sight) -> str:
    if not sight.by_https:
        return "Over plain http there are no application passwords: try the blog's https address."
    return "It gives out no application passwords: a plugin or its version (5.6 is the first that has them) may be why."


def _steps(sight: Sight) -> Iterator[str]:
    if sight.authorization is not None:
        yield (
            f"To answer, get an application password at {sight.authorization}, write it into accounts, and into the"
            " route who answers with it (relay and authors); `backchat init --force` at a terminal does all of it."
        )
    elif sight.root is not None and not sight.by_https:
        yield "To answer, let the blog be reached by https: only then does WordPress give out application passwords."


def _config(sight: Sight) -> str:
    more = API.format(api=_text(sight.api)) if sight.api else ""
    if sight.root is None or sight.readable is None:
        more += _READ_FEED
    return _TABLE.format(address=_text(sight.home), more=more)


def _hosted(sight: Sight, site: str) -> Survey:
    return Survey(
        name=_name(sight.home),
        rank=3,
        found=(
            f"{sight.home} stands at WordPress.com: its comments can be read, and answered with an access token.",
            "This way is written from the documentation: it has not been tried on the live service.",
        ),
        config=_HOSTED_TABLE.format(address=_text(sight.home), site=_text(site)),
        steps=("To answer, get an access token as docs/wordpress.md says, and write it into token.",),
    )


def _name(home: str) -> str:
    """Call the blog by its host: `garden` for https://www.garden.example."""
    host = (urlsplit(home).hostname or "").removeprefix("www.")
    first = host.partition(".")[0]
    return first if first.strip("0123456789-") and ":" not in host else "blog"


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")
