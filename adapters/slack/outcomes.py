"""What became of one call of Slack's Web API, by what came back: done, refused, for later, or nobody knows. Pure.

Slack says no with status 200 and `ok: false`, and knows no idempotency keys, so that everything that may have happened
counts as `MaybeDone`: https://docs.slack.dev/apis/web-api/using-the-slack-web-api#responses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bridge.errors import MaybeDone, OpenAgain, RetryLater

READS = frozenset({
    "auth.test", "bots.info", "chat.getPermalink", "conversations.history", "conversations.info", "conversations.list",
    "conversations.members", "conversations.replies", "emoji.list", "files.info", "reactions.get", "team.info",
    "usergroups.list", "users.conversations", "users.info", "users.list",
})  # fmt: skip
"""The methods that change nothing, so that they may be asked again."""
LIMITED = "Slack lets us ask only so much at once"
TOO_MANY = 429
REST = 30.0
"""Seconds for which a method rests whose limit came without a time."""

_MAYBE = frozenset({"fatal_error", "internal_error", "service_unavailable", "update_failed"})
"""Some of it may have happened: https://docs.slack.dev/reference/methods/chat.postMessage#errors."""
_LIMITS = frozenset({"ratelimited", "rate_limited"})
TOKEN = frozenset({
    "account_inactive", "invalid_auth", "not_allowed_token_type", "not_authed", "token_expired", "token_revoked",
})  # fmt: skip
"""The bot's token is good no more, or never was."""
_PASSING: Mapping[str, tuple[str, float | None]] = {
    "accesslimited": ("Slack limits what the app may do at this moment", 60.0),
    "ekm_access_denied": ("the organisation's own keys keep Slack from doing anything at this moment", 600.0),
    "external_channel_migrating": ("Slack is moving that channel to another place", 60.0),
    "org_login_required": ("Slack is moving the workspace into an organisation", 60.0),
    "request_timeout": ("Slack got only a piece of what we sent", None),
    "team_added_to_org": ("Slack is moving the workspace into an organisation", 60.0),
}
"""What lasts for a while, and has nothing to do with what was asked."""


class ApiRefusal(Exception):
    """Slack answered that it does not do this. `needed`: the scope that is lacking; `details`: what else it said."""

    def __init__(self, method: str, error: str, needed: str = "", details: str = "") -> None:
        super().__init__(f"{method}: {error}{f' ({details})' if details else ''}")
        self.method, self.error, self.needed, self.details = method, error, needed, details


@dataclass(frozen=True, slots=True)
class Answer:
    """What Slack, or something before it, answered: `said` is the JSON object, None where there was none."""

    status: int
    headers: Mapping[str, str]
    said: Mapping[str, Any] | None

    @property
    def after(self) -> float:
        """Seconds until such a call is taken again."""
        try:
            return max(1.0, float(self.headers.get("Retry-After", REST)))
        except ValueError:
            return REST

    @property
    def is_slacks(self) -> bool:
        """Whether Slack itself answered, as far as that can be told."""
        return self.said is not None and isinstance(self.said.get("ok"), bool)

    @property
    def is_limit(self) -> bool:
        """Whether it says that this was too much at once."""
        return self.status == TOO_MANY or (self.said is not None and self.said.get("error") in _LIMITS)


def outcome(method: str, answer: Answer, bad_token: str) -> dict[str, Any]:
    """What Slack did. Raises `ApiRefusal` for what it does not do, else as the ports do.

    `bad_token` says what to do where the token is not accepted.
    """
    if answer.is_limit:
        raise RetryLater(LIMITED, answer.after)
    if answer.status >= 500:
        raise unsure(method, f"Slack answered {answer.status}")
    said = answer.said
    if said is None or not answer.is_slacks:
        raise unsure(method, f"what came with status {answer.status} is no answer of Slack's")
    if said["ok"]:
        return dict(said)
    raise _refusal(method, str(said.get("error") or "no reason given"), said, bad_token)


def unsure(method: str, words: str) -> MaybeDone | RetryLater:
    """Reading may be repeated; what changes something may have happened."""
    return RetryLater(words) if method in READS else MaybeDone(words)


def _refusal(method: str, error: str, said: Mapping[str, Any], bad_token: str) -> Exception:
    if error in _MAYBE:
        return unsure(method, f"Slack does not know what became of it ({error})")
    if error in TOKEN:
        return OpenAgain(f"{bad_token} ({error})")
    if error in _PASSING:
        words, after = _PASSING[error]
        return RetryLater(words, after)
    return ApiRefusal(method, error, str(said.get("needed") or ""), _details(said))


def _details(said: Mapping[str, Any]) -> str:
    """What Slack says about which argument it did not like."""
    meta = said.get("response_metadata")
    found = (meta.get("messages") if isinstance(meta, Mapping) else None) or said.get("errors") or ()
    return "; ".join(str(each) for each in found) if isinstance(found, list) else ""
