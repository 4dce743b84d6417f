"""WordPress's REST API: where it is, and one question or effect at a time, with its answer or its refusal.

The authorisation goes to the API itself and nowhere else: never along a redirect, never to a host that the operator
did not name. (REST API handbook, "Discovery", "Authentication", "Pagination", "Global parameters".)
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from yarl import URL

from adapters.wordpress import discovery
from adapters.wordpress.settings import PUBLIC_API, Account, Settings
from bridge.errors import MaybeDone, Refused, RetryLater
from bridge.feeds.addresses import is_web
from bridge.fetch import Fetch, Response
from bridge.off_loop import off_loop
from bridge.text import html_in
from bridge.text.tree import wording

MOST = 16 * 2**20
"""Bytes of an answer: a hundred comments of 65,525 bytes each, as JSON, with room."""
_PLAIN = "rest_route"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ROOT_FIELDS = "name,url,home,gmt_offset,namespaces,authentication"
_TIME_OUT = 15.0
_MOST_WORDS = 16 * 2**10
"""Characters of HTML that are read for the words of a title or a message: they are shown in one line."""
_LONGEST_MESSAGE = 300
_NEVER = 501
"""What WordPress says where comments have no trash (`EMPTY_TRASH_DAYS` is 0)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A sound answer. `total` and `pages` count all that the question asked for (`X-WP-Total`, `X-WP-TotalPages`)."""

    status: int
    json: Any
    total: int | None
    pages: int | None
    headers: Mapping[str, str]


class ApiRefusal(Exception):
    """WordPress said no (4xx). `code` is its word for why, empty where the answer was no JSON of WordPress's.

    `message` is for people, without markup; `retry_after` are seconds.
    """

    def __init__(self, status: int, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{message} ({code or f'status {status}'})")
        self.status = status
        self.code = code
        self.message = message
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Root:
    """What the API says about itself. `authorization` is where application passwords are given out, None if nowhere.

    `gmt_offset` is in hours. `plain`: questions go into a parameter, as permalinks are plain. `closed`: strangers may
    not even read this much.
    """

    address: str
    namespaces: tuple[str, ...] = ()
    name: str = ""
    gmt_offset: float = 0.0
    authorization: str | None = None
    plain: bool = False
    closed: bool = False


class Api:
    """The API of one blog. It is found when it is first needed, and looked for anew after it failed."""

    def __init__(self, fetch: Fetch, settings: Settings) -> None:
        self._fetch = fetch
        self._settings = settings
        self._base: str | None = None
        self._root: Root | None = None

    @property
    def bearer(self) -> bool:
        """Whether accounts prove themselves by a token, as at WordPress.com, and not by an application password."""
        return self._settings.site is not None

    async def root(self) -> Root:
        """What the API says about itself. Raises `RetryLater` where it cannot be found or asked."""
        if self._root is None:
            self._root = await self._ask_root()
        return self._root

    async def get(
        self, path: str, params: Mapping[str, str | int] | None = None, account: Account | None = None
    ) -> Answer:
        """Ask for what stands at `path`, such as `/wp/v2/comments`; as `account`, or else as a stranger.

        Raises `ApiRefusal` for WordPress's 4xx, `RetryLater` for whatever is no answer of WordPress's API.
        """
        url, query, headers = await self._question(path, params, account)
        try:
            answer = await self._fetch.read(url, headers=headers, params=query, most=MOST, follow=account is None)
        except RetryLater:
            self._forget()
            raise
        if answer.status in _REDIRECTS:
            raise self._redirected(answer)
        return await self._answered(answer)

    async def send(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None,
        account: Account,
        params: Mapping[str, str | int] | None = None,
        *,
        timeout: float = _TIME_OUT,  # noqa: ASYNC109 - handed on to the exchange, which bounds its parts differently
    ) -> Answer:
        """Do something that lasts, once. Raises as `get` does, and `MaybeDone` where it may have reached the blog."""
        url, query, headers = await self._question(path, params, account)
        try:
            answer = await self._fetch.effect(method, url, json=body, headers=headers, params=query, timeout=timeout)
        except RetryLater:
            self._forget()
            raise
        if answer.status in _REDIRECTS:
            raise self._redirected(answer)
        if answer.status >= 500 and answer.status != _NEVER:
            raise MaybeDone(f"{answer.host} failed while it worked on the request (status {answer.status})")
        return await self._answered(answer)

    def _forget(self) -> None:
        self._base = self._root = None

    async def _question(
        self, path: str, params: Mapping[str, str | int] | None, account: Account | None
    ) -> tuple[str, dict[str, str | int], dict[str, str]]:
        base = await self._found()
        headers = {"Accept": "application/json", "Cache-Control": "no-cache"}
        if account is not None:
            self._trust(base)
            headers["Authorization"] = authorisation(account, bearer=self.bearer)
        url, query = located(base, self._rooted(path))
        return url, {**query, **(params or {})}, headers

    def _rooted(self, path: str) -> str:
        """WordPress.com serves all blogs at one address: the blog's name comes after the namespace."""
        if self._settings.site is None:
            return path
        namespace, rest = path[: len("/wp/v2")], path[len("/wp/v2") :]
        return f"{namespace}/sites/{quote(self._settings.site, safe='')}{rest}"

    async def _found(self) -> str:
        if self._base is None:
            self._base = await self._find()
        return self._base

    async def _find(self) -> str:
        if self._settings.site is not None:
            return self._settings.api or PUBLIC_API
        return self._settings.api or await discovery.api(self._fetch, self._settings.address)

    def _trust(self, base: str) -> None:
        """Raises `Refused` where the blog sends us to a host that the operator did not name."""
        named = [address for address in (self._settings.address, self._settings.api) if address]
        if self._settings.site is not None and self._settings.api is None:
            named.append(PUBLIC_API)
        if not any(discovery.same_place(base, address) for address in named):
            raise Refused(
                f"{self._settings.address} says that its API is at {base}: if that is right, write it into"
                f" {self._settings.path}.api, for passwords are sent only to addresses that you named"
            )

    async def _ask_root(self) -> Root:
        base = await self._found()
        if self._settings.site is not None:
            return Root(base, namespaces=("wp/v2",), name=self._settings.site)
        plain = _PLAIN in URL(base).query
        try:
            answer = await self.get("/", {"_fields": _ROOT_FIELDS})
        except ApiRefusal:
            return Root(base, plain=plain, closed=True)
        data = answer.json
        if not isinstance(data, dict) or "namespaces" not in data:
            self._forget()
            raise RetryLater(f"{URL(base).host} gave something else than what a WordPress API says about itself")
        return Root(
            address=base,
            namespaces=tuple(name for name in data["namespaces"] if isinstance(name, str)),
            name=plain_words(data.get("name")),
            gmt_offset=_number(data.get("gmt_offset")),
            authorization=_authorization(data),
            plain=plain,
        )

    def _redirected(self, answer: Response) -> RetryLater:
        self._forget()
        target = _host(answer.headers.get("Location", "")) or "another address"
        return RetryLater(
            f"{answer.host} redirects its API to {target}, and no password goes along: if that is where the blog is"
            f" now, write its new address into {self._settings.path}.address"
        )

    async def _answered(self, answer: Response) -> Answer:
        try:
            data = await off_loop(len(answer.body), answer.json)
        except (RetryLater, MaybeDone):
            raise self._no_json(answer) from None
        if 400 <= answer.status < 500 or answer.status == _NEVER:
            raise _refusal(answer, data)
        if answer.status >= 300:
            raise self._no_json(answer)
        total, pages = _count(answer.headers.get("X-WP-Total")), _count(answer.headers.get("X-WP-TotalPages"))
        return Answer(answer.status, data, total, pages, answer.headers)

    def _no_json(self, answer: Response) -> ApiRefusal | RetryLater | MaybeDone:
        """What to make of an answer that is no JSON: a web page, mostly by something that stands before WordPress."""
        kind = answer.headers.get("Content-Type", "").split(";")[0].strip() or "nothing"
        if 400 <= answer.status < 500:
            words = f"{answer.host} answers with {kind} instead of WordPress's JSON: something before it says no"
            return ApiRefusal(answer.status, "", words, answer.retry_after())
        self._forget()
        what = f"{answer.host} answered with {kind} instead of WordPress's JSON (status {answer.status})"
        if answer.effect:
            return MaybeDone(what)
        return RetryLater(f"{what}: a cache, a security plugin or a maintenance page stands before its API")


def located(base: str, path: str) -> tuple[str, dict[str, str | int]]:
    """Where to ask for `path`: an address, and the parameters that belong to it."""
    root = URL(base)
    if _PLAIN not in root.query:
        return base.rstrip("/") + path, {}
    others: dict[str, str | int] = {key: value for key, value in root.query.items() if key != _PLAIN}
    return str(root.with_query(None)), {**others, _PLAIN: path}


def authorisation(account: Account, *, bearer: bool) -> str:
    """The header that proves who asks: Basic (RFC 7617), or at WordPress.com a bearer token (RFC 6750)."""
    if bearer:
        return f"Bearer {account.password}"
    login = b64encode(f"{account.login}:{account.password}".encode()).decode()
    return f"Basic {login}"


def plain_words(html: object) -> str:
    """WordPress's titles and messages are HTML; here are their words on one line."""
    return " ".join(wording(html_in.parse(html[:_MOST_WORDS])).split()) if isinstance(html, str) else ""


def _refusal(answer: Response, data: Any) -> ApiRefusal:
    code = data.get("code", "") if isinstance(data, dict) else ""
    message = plain_words(data.get("message"))[:_LONGEST_MESSAGE] if isinstance(data, dict) else ""
    words = message or f"{answer.host} refuses (status {answer.status})"
    return ApiRefusal(answer.status, code if isinstance(code, str) else "", words, answer.retry_after())


def _authorization(root: Mapping[str, Any]) -> str | None:
    """Dig for the address; where application passwords are not available, there is an empty list on the way."""
    value: Any = root.get("authentication")
    for key in ("application-passwords", "endpoints", "authorization"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) and is_web(value) and value.isprintable() else None


def _number(value: object) -> float:
    try:
        return float(value) if isinstance(value, int | float | str) else 0.0
    except ValueError:
        return 0.0


def _host(address: str) -> str | None:
    try:
        return URL(address).host
    except ValueError:
        return None


def _count(value: str | None) -> int | None:
    return int(value) if value is not None and value.isascii() and value.isdecimal() and len(value) < 16 else None
