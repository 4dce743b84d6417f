"""What Isso says when it does not take a comment, in words for the person who wrote it."""

from __future__ import annotations

from bridge.errors import MaybeDone, Refused, RetryLater, StepError
from bridge.fetch import Response

_MINUTE = 60.0


def refusal(answer: Response) -> StepError:
    """Judge an answer to `POST /new` other than 201 and 202 (isso/db/spam.py and `API.verify` in 0.14.0)."""
    words = answer.text().lower()
    if answer.status == 403:
        return _forbidden(words)
    if answer.status == 400:
        return _bad(words)
    if answer.status in {404, 405}:
        return RetryLater("no Isso answers at its address just now", 5 * _MINUTE)
    if answer.status == 413:
        return Refused("the answer is too long for Isso")
    return MaybeDone(f"Isso's answer cannot be understood (status {answer.status})")


def _forbidden(words: str) -> StepError:
    if "ratelimit" in words:
        return RetryLater("Isso takes only so many comments a minute from one place; it will be tried again", _MINUTE)
    if "edit time frame" in words:
        return RetryLater(
            "Isso lets nobody answer a comment from their own network until it can no longer be edited; "
            "it will be tried again",
            _MINUTE,
        )
    if "direct responses" in words:
        return Refused("Isso takes no more comments from here directly on this post; reply to a comment instead")
    if "email address required" in words:
        return Refused("Isso asks for an e-mail address, and this author's account has none in Backchat's settings")
    if "author address required" in words:
        return Refused("Isso asks for a name, and this author's account has none in Backchat's settings")
    return Refused("Isso, or what stands before it, forbids this comment")


def _bad(words: str) -> StepError:
    if "too short" in words:
        return Refused("Isso takes no comment of fewer than three characters")
    if "too long" in words:
        return Refused("the answer is too long for Isso")
    if "not accessible" in words:
        return RetryLater("Isso cannot reach the post's page, so it takes no first comment on it now", 5 * _MINUTE)
    if "website" in words:
        return Refused("Isso does not take the address of this author's account; change `website` in the settings")
    return Refused("Isso does not understand this comment")
