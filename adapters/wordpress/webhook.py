"""The endpoint that webhook plugins call. Whatever they say means "read now"; who proves to know the secret is heard.

Plugins prove it in many ways. Understood are, in any header whose name ends in `Signature` or `Signature-256`, the
HMAC-SHA256 of the body in hexadecimal digits (with or without `sha256=` or `v1=` before it) or in base64: so sign WP
Webhooks (`X-WP-Webhook-Signature`), WooCommerce (`X-WC-Webhook-Signature`) and whatever does as GitHub does
(`X-Hub-Signature-256`); of `TIMESTAMP.BODY` where a time comes along, as `t=` or in a header that ends in `Timestamp`.
Plugins that cannot sign send the secret itself, as `Authorization: Bearer`, as the password of `Authorization: Basic`
or as `X-Api-Key`. What can do neither (the webhooks of WordPress.com) calls an address that ends in the secret.

A call that is repeated, delayed or forged costs a look at it: how often a blog is read is bounded elsewhere.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import logging
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from aiohttp import web

from bridge.off_loop import off_loop
from bridge.ports import Clock, Handler

log = logging.getLogger("backchat.wordpress")

SHORTEST_SECRET = 16
"""Characters that a secret should have; a shorter one is never part of an address."""
_COMPLAIN_EVERY = 3600.0
"""Seconds between two lines in the log about calls that prove nothing: anybody can cause them."""
_MOST_PROOFS = 4
"""Signatures that are looked at in one call."""
_IN_ADDRESS = re.compile(rf"[A-Za-z0-9._~-]{{{SHORTEST_SECRET},}}")
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
"""What WooCommerce sends, unsigned, when a webhook is saved; it takes nothing but 200 for a working address."""


class Webhook:
    """One blog's endpoint; `whose` names the blog in the log, `tell` is called for every call that proves itself."""

    def __init__(self, secret: str, whose: str, clock: Clock, tell: Callable[[], None]) -> None:
        self._secret = secret
        self._whose = whose
        self._clock = clock
        self._tell = tell
        self._complained: float | None = None

    def routes(self) -> Iterator[tuple[str, Handler]]:
        """Where it is called. The second address is itself a proof, for what can prove nothing otherwise."""
        yield "hook", self._called
        if _IN_ADDRESS.fullmatch(self._secret):
            yield f"hook/{self._secret}", self._called_in_secret

    async def _called(self, request: web.Request) -> web.Response:
        _only_post(request)
        body = await request.read()
        if await proven(self._secret, request.headers, body):
            return self._heard()
        if _PING.fullmatch(body.strip()):
            return _thanks()
        self._complain()
        raise web.HTTPUnauthorized(text="this call does not prove that it knows the webhook_secret\n")

    async def _called_in_secret(self, request: web.Request) -> web.Response:
        _only_post(request)
        return self._heard()

    def _heard(self) -> web.Response:
        self._tell()
        return _thanks()

    def _complain(self) -> None:
        now = self._clock.now()
        if self._complained is None or now - self._complained >= _COMPLAIN_EVERY:
            self._complained = now
            log.warning("%s: somebody called the webhook without knowing its secret", self._whose)


def _only_post(request: web.Request) -> None:
    if request.method != "POST":
        raise web.HTTPMethodNotAllowed(request.method, ["POST"])


def _thanks() -> web.Response:
    return web.Response(text="ok\n")


async def proven(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a call with these headers and this body comes from somebody who knows the secret."""
    if any(_same(told, secret) for told in _told(headers)):
        return True
    signatures = [(name, value) for name, value in headers.items() if _is_signature(name)][:_MOST_PROOFS]
    if not signatures:
        return False
    return await off_loop(len(body), partial(_signed, secret, signatures, headers, body))


def _is_signature(name: str) -> bool:
    return name.lower().endswith(("signature", "signature-256"))


def _signed(secret: str, signatures: Iterable[tuple[str, str]], headers: Mapping[str, str], body: bytes) -> bool:
    plain = _digest(secret, body)
    for name, value in signatures:
        parts = dict(part.strip().partition("=")[::2] for part in value.split(","))
        times = [parts.get("t"), headers.get(re.sub(r"(?i)signature(-256)?$", "Timestamp", name))]
        expected = [plain, *(_digest(secret, time.encode("utf-8", "replace") + b"." + body) for time in times if time)]
        claims = [value.strip(), *(part for kind, part in parts.items() if kind in {"sha256", "v1"})]
        if any(_same(_hexadecimal(claim), one) for claim in claims for one in expected):
            return True
    return False


def _digest(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _hexadecimal(claim: str) -> str:
    """A claimed digest in hexadecimal digits, whichever way it is written."""
    if len(claim) != len(b64encode(bytes(32))):
        return claim.lower()
    try:
        return b64decode(claim, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""


def _told(headers: Mapping[str, str]) -> Iterator[str]:
    """The secrets that headers tell outright."""
    scheme, _, credentials = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield credentials.strip()
    elif scheme.lower() == "basic":
        try:
            yield b64decode(credentials, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return
    if "X-Api-Key" in headers:
        yield headers["X-Api-Key"]


def _same(told: str, secret: str) -> bool:
    """Whether two texts are the same, in a time that tells nothing of where they differ."""
    return hmac.compare_digest(told.encode("utf-8", "replace"), secret.encode())
