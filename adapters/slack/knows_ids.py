"""What can be no id of Slack's, told from its looks alone: ids are capital letters and digits, and names are not.

https://docs.slack.dev/reference/objects/conversation-object (channels), https://docs.slack.dev/reference/objects/user-object
(people; W… within Enterprise Grid). A person of another company, who is in a channel by Slack Connect, is written as
`T…/U…`, the id of their workspace first, so that nobody foreign is ever listed by mistake.
"""

from __future__ import annotations

import re

_ROOM = re.compile(r"[CG][A-Z0-9]{2,}")
_PERSON = re.compile(r"(?:[TE][A-Z0-9]{2,}/)?[UW][A-Z0-9]{2,}")
WHERE_ROOM = "click the channel's name, and copy the Channel ID at the bottom of About"
WHERE_PERSON = "open the person's profile, the three dots there, and Copy member ID"


def no_room(room: str) -> str | None:
    """Why this is no channel's id, and where to find it."""
    if _ROOM.fullmatch(room):
        return None
    if room.startswith("D"):
        return f"{room[:40]!r} is a conversation between two: write the id of a channel; {WHERE_ROOM}"
    return f"{room[:40]!r} is no channel's id on Slack, which begins with C or G: {WHERE_ROOM}"


def no_person(person: str) -> str | None:
    """Why this is nobody's id, and where to find it."""
    if _PERSON.fullmatch(person):
        return None
    if person.startswith("S"):
        return f"{person[:40]!r} may be a user group, which Slack tells of no message: write its members one by one"
    if person.startswith("B"):
        return f"{person[:40]!r} is a bot, and bots do not answer: write a person's id; {WHERE_PERSON}"
    return f"{person[:40]!r} is no person's id on Slack, which begins with U or W: {WHERE_PERSON}"


def no_role(role: str) -> str | None:
    """Why this is no role: none is, on Slack."""
    return f"'@{role[:40]}' cannot be: Slack has no roles, so write people's ids one by one; {WHERE_PERSON}"
