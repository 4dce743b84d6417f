"""The way to an application password, together with the person at the terminal of `backchat init`.

WordPress gives one out on a page of its own, to whoever is signed in and agrees (WordPress 5.6 and later,
`wp-admin/authorize-application.php`). Without an address to go back to, that page shows the password.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from adapters.wordpress.accounts import Anonymous, Who, who
from adapters.wordpress.api import Api
from adapters.wordpress.settings import LONE_ACCOUNT, Account, Settings
from adapters.wordpress.sighting import Sight
from adapters.wordpress.survey import API, PLACES
from bridge.errors import Refused, RetryLater
from bridge.fetch import Fetch
from bridge.model import AccountName, Survey
from bridge.ports import Dialogue

APP = {"app_name": "Backchat", "app_id": "6f28d6ec-49e9-5856-8b2d-20be13df872b"}
"""How WordPress lists the passwords that were made for Backchat, of whichever blog."""
_WAY = """
To answer, Backchat needs an application password: WordPress makes one for Backchat alone, and you can
take it back on your profile page at any time. Your own password is never asked for.
  1. Open this page in a browser, signed in to the blog as whoever is to answer:
     {link}
  2. Approve of the connection. The page then shows the password, once. If it says that each name should
     be unique, you have done this before: change the name there, to Backchat 2 perhaps.
  3. Write it here. Enter alone leaves it for later."""


@dataclass(slots=True)
class _Connected:
    """What has come of the dialogue so far: the lines for the configuration, and who may do what."""

    lines: list[str] = field(default_factory=list)
    accounts: list[AccountName] = field(default_factory=list)
    moderators: list[AccountName] = field(default_factory=list)
    known: set[int] = field(default_factory=set)

    def add(self, found: Who, line: str) -> None:
        self.lines.append(line)
        self.accounts.append(found.account)
        self.known.add(found.id)
        if found.moderates:
            self.moderators.append(found.account)


async def connect(survey: Survey, fetch: Fetch, dialogue: Dialogue) -> Survey:
    """See `bridge.ports.Connects`."""
    if not dialogue.attended:
        return survey
    table = tomllib.loads(survey.config)
    if "site" in table:
        return await _hosted(survey, table, fetch, dialogue)
    if "api" in table and not _agreed(table["api"], dialogue):
        return replace(survey, config=survey.config.replace(API.format(api=_text(table["api"])), ""))
    api = Api(fetch, _settings(survey, table))
    page = Sight(table["address"], root=await api.root()).authorization
    if page is None:
        return survey
    _explain(page, dialogue)
    connected = _Connected()
    while await _author(api, survey.name, connected, dialogue):
        dialogue.tell("Another author needs a password of their own, from the same page, signed in as themselves.")
    return _completed(survey, connected)


def _settings(survey: Survey, table: dict[str, Any], token: str | None = None) -> Settings:
    return Settings(f"blogs.{survey.name}", table["address"], api=table.get("api"), site=table.get("site"), token=token)


def _agreed(api: str, dialogue: Dialogue) -> bool:
    """Whether passwords may go to a host that only the blog named: whoever broke into it may have named theirs."""
    host = urlsplit(api).hostname
    dialogue.tell("")
    dialogue.tell(f"The blog says that its API is on another host, {host}: your application password would go there.")
    if dialogue.ask(f"Is {host} yours, too? [y/N]").strip().lower() in {"y", "yes"}:
        return True
    dialogue.tell(f"Then nothing is sent there, and nobody can answer. Find out why the blog names {host}.")
    return False


def _explain(page: str, dialogue: Dialogue) -> None:
    link = f"{page}{'&' if '?' in page else '?'}{urlencode(APP)}"
    for line in _WAY.format(link=link).splitlines():
        dialogue.tell(line)


async def _author(api: Api, blog: str, connected: _Connected, dialogue: Dialogue) -> bool:
    """Ask for one author until it is right; False where nobody is given any more."""
    login = dialogue.ask("User name on the blog" if not connected.accounts else "Another author's user name [none]")
    while login:
        password = dialogue.ask_secret(f"Application password of {login} (it is not shown)")
        if not password:
            dialogue.tell(f"Left for later: without a password nobody answers as {login}.")
            return bool(connected.accounts)
        account = Account(_named(login, connected.accounts), login, password)
        if (found := await _tried(api, account, dialogue)) is not None:
            if found.id in connected.known:
                dialogue.tell(f"    {found.name} can answer already, by another name.")
                return True
            kept = dialogue.keep(f"{blog}-{account.name}", password)
            connected.add(found, f"accounts.{account.name} = {{ login = {_text(login)}, password = {kept} }}")
            return True
        login = dialogue.ask(f"User name on the blog [{login}]") or login
    return False


async def _tried(api: Api, account: Account, dialogue: Dialogue) -> Who | None:
    """Ask the blog whom it knows by this; who it is, or None, and the person knows why."""
    try:
        found = await who(api, account)
    except (RetryLater, Refused) as error:
        dialogue.tell(f"  ! It cannot be tried now: {error.reason}.")
        return None
    if isinstance(found, Anonymous):
        dialogue.tell(f"  ! {_sentence(found.reason)}")
        if not api.bearer and not _is_made(account.password):
            dialogue.tell("    Application passwords have 24 letters and digits; the one to sign in with is another.")
        return None
    dialogue.tell(f"  ✓ {_told(found)}")
    return found


def _told(found: Who) -> str:
    role = f" ({', '.join(found.roles)})" if found.roles else ""
    if not found.publishes:
        return f"{found.name}{role} is known; answers wait until somebody approves them on the blog."
    more = "approve comments, and put them into the spam or the trash" if found.moderates else ""
    return f"{found.name}{role} can answer{f', {more}' if more else ''}."


def _completed(survey: Survey, connected: _Connected) -> Survey:
    """Put the accounts where the survey has a commented line for one."""
    if not connected.accounts:
        return survey
    kept = [line for line in survey.config.splitlines() if not line.startswith(PLACES)]
    return replace(
        survey,
        config="\n".join([*kept, *connected.lines]),
        steps=(),
        accounts=tuple(connected.accounts),
        moderators=tuple(connected.moderators),
    )


async def _hosted(survey: Survey, table: dict[str, Any], fetch: Fetch, dialogue: Dialogue) -> Survey:
    """WordPress.com gives tokens to applications that a person registers: that cannot be done from here."""
    dialogue.tell("")
    dialogue.tell("To answer at WordPress.com, Backchat needs an access token: docs/wordpress.md says how to get one.")
    connected = _Connected()
    while not connected.accounts and (token := dialogue.ask_secret("Access token (it is not shown; Enter: later)")):
        api = Api(fetch, _settings(survey, table, token))
        found = await _tried(api, Account(LONE_ACCOUNT, LONE_ACCOUNT, token), dialogue)
        if found is not None:
            connected.add(found, f"token = {dialogue.keep(f'{survey.name}-wordpress-com', token)}")
    return _completed(survey, connected)


def _named(login: str, taken: list[AccountName]) -> AccountName:
    """Call the account by its login, or by what stands before the @ of an e-mail address."""
    stem = "-".join(re.findall(r"[a-z0-9_]+", login.partition("@")[0].lower())) or "author"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    return AccountName(name)


def _is_made(password: str) -> bool:
    """Whether it looks as WordPress makes them; the spaces are for people only."""
    return len(re.sub(r"[^A-Za-z0-9]", "", password)) == 24


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _text(words: str) -> str:
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")
