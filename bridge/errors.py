"""What can go wrong, as the core tells it apart. Every message is one sentence for a person."""

from __future__ import annotations


class BackchatError(Exception):
    """The root of all errors that Backchat expects."""


class StepError(BackchatError):
    """How a step at a platform can end other than done (law 2)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RetryLater(StepError):
    """It certainly did not happen, and may be tried again `after` seconds (None: the core backs off by itself)."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class NotOpenYet(RetryLater):
    """It certainly did not happen, and was not even tried: the adapter that would do it is still being opened.

    So it is no failed attempt, and makes no later pause longer: whoever restarts often would wait ever longer.
    """


class OpenAgain(RetryLater):
    """It certainly did not happen: the platform accepts us no more as it did when the adapter was opened.

    A password was revoked, say, or a role taken away. The core calls `open` again, and believes what that says now.
    """


class Refused(StepError):
    """It certainly did not happen and never will; the reason is for the person concerned."""


class NotThatComment(Refused):
    """What stands under that id is no longer the comment that was meant; nothing was changed."""


class MaybeDone(StepError):
    """It may have happened: the request left us and no trustworthy answer came back."""


class ThreadLost(Refused):
    """The thread is gone from the room (deleted by a person); nothing more can be said in it."""


class BlogPaused(BackchatError):
    """The blog must not be read or written until a person has looked; the message says why."""


class ConfigError(BackchatError):
    """The configuration cannot be used. `problems` has one sentence each, with key path and remedy."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class LedgerError(BackchatError):
    """The ledger cannot be used."""


class LedgerBusy(LedgerError):
    """Another Backchat has this ledger open."""


class LedgerForeign(LedgerError):
    """The file is no ledger of Backchat's, or was written by a newer Backchat."""


class LeaseLost(LedgerError):
    """Somebody else owns the lane by now; what was learnt must be dropped."""
