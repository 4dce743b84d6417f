"""Discord's refusals: status, code and words (https://docs.discord.com/developers/topics/opcodes-and-status-codes)."""

from __future__ import annotations

from typing import Any

from bridge.doubles import serving


class Problem(serving.Problem):
    """A request that is refused; `errors` is the tree of a form's errors."""

    def __init__(self, status: int, code: int, message: str, errors: dict[str, Any] | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status, self.code, self.message, self.errors = status, code, message, errors

    @property
    def words(self) -> str:
        """What people are told."""
        return self.message

    @property
    def body(self) -> dict[str, Any]:
        """As it is answered."""
        body: dict[str, Any] = {"message": self.message, "code": self.code}
        return body if self.errors is None else {**body, "errors": self.errors}


_WORDS = {
    10002: (404, "Unknown Application"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10011: (404, "Unknown Role"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    20016: (429, "This action cannot be performed due to slowmode rate limit"),
    20022: (429, "This message cannot be edited due to announcement rate limits"),
    30007: (400, "Maximum number of webhooks reached (15)"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30046: (429, "Maximum number of edits to messages older than 1 hour reached. Try again later"),
    30058: (400, "Maximum number of webhooks per guild reached (1000)"),
    40001: (401, "Unauthorized"),
    40060: (400, "Interaction has already been acknowledged."),
    40066: (400, "Tags not available in this channel"),
    40067: (400, "A tag is required to create a forum post in this channel"),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50008: (400, "Cannot send messages in a non-text channel"),
    50013: (403, "Missing Permissions"),
    50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    160004: (400, "A thread has already been created for this message"),
    160005: (403, "Thread is locked"),
    160006: (400, "Maximum number of active threads reached"),
    220001: (400, "Webhooks posted to forum channels must have a thread_name or thread_id"),
    220002: (400, "Webhooks posted to forum channels cannot have both a thread_name and thread_id"),
    220003: (400, "Webhooks can only create threads in forum channels"),
}


def problem(code: int) -> Problem:
    """The refusal with this code."""
    status, words = _WORDS[code]
    return Problem(status, code, words)


def unauthorized() -> Problem:
    """A token that is not valid (any more)."""
    return Problem(401, 0, "401: Unauthorized")


def not_found() -> Problem:
    """A path that leads nowhere."""
    return Problem(404, 0, "404: Not Found")


def bad_form(path: str, code: str, message: str) -> Problem:
    """50035: a field of the body, named by its dotted path, is not what it must be."""
    tree: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for name in reversed(path.split(".")):
        tree = {name: tree}
    return Problem(400, 50035, "Invalid Form Body", tree)


def too_long(path: str, longest: int) -> Problem:
    """A text that is too long."""
    return bad_form(path, "BASE_TYPE_MAX_LENGTH", f"Must be {longest} or fewer in length.")


def length(path: str, text: str, shortest: int, longest: int) -> None:
    """Raise unless the text has as many code points as it may."""
    if not shortest <= len(text) <= longest:
        words = f"Must be between {shortest} and {longest} in length."
        raise too_long(path, longest) if shortest == 0 else bad_form(path, "BASE_TYPE_BAD_LENGTH", words)
