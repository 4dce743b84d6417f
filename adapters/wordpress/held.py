"""Why a comment waits for a moderator, as far as the API can tell (Settings → Discussion has the rules themselves).

WordPress keeps no reason. Two of its rules can be looked up: whoever has no approved comment yet waits, and whoever
writes two links or more. The e-mail addresses that this takes are asked for, used and forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.wordpress.api import Api, ApiRefusal
from adapters.wordpress.settings import Account

MOST_ADDRESSES = 20
"""E-mail addresses that are looked up at one reading; in a flood of spam the others have to wait."""
_MANY_LINKS = 2
"""WordPress's own default for how many links hold a comment; it counts them in the text as it is shown."""
_LINK = re.compile(r"<a [^>]*href", re.IGNORECASE)


async def strangers(api: Api, account: Account, numbers: Sequence[int]) -> dict[int, bool]:
    """Which of these comments have a writer without any approved comment; those that cannot be told are left out.

    Raises `RetryLater`; a refusal only means that the account may not know.
    """
    try:
        rows = await _rows(api, account, numbers)
        return await _judged(api, account, rows)
    except ApiRefusal:
        return {}


async def _rows(api: Api, account: Account, numbers: Sequence[int]) -> dict[int, str]:
    params: dict[str, str | int] = {
        "include": ",".join(map(str, numbers)), "per_page": 100, "status": "all", "type": "all", "context": "edit",
        "_fields": "id,author_email",
    }  # fmt: skip
    answer = await api.get("/wp/v2/comments", params, account)
    rows: list[Mapping[str, Any]] = answer.json if isinstance(answer.json, list) else []
    found = {row["id"]: row.get("author_email") for row in rows}
    return {number: email for number, email in found.items() if isinstance(email, str) and email}


async def _judged(api: Api, account: Account, emails: Mapping[int, str]) -> dict[int, bool]:
    judged: dict[str, bool] = {}
    for email in list(dict.fromkeys(emails.values()))[:MOST_ADDRESSES]:
        params: dict[str, str | int] = {
            "author_email": email,
            "status": "approve",
            "type": "all",
            "per_page": 1,
            "_fields": "id",
        }
        answer = await api.get("/wp/v2/comments", params, account)
        judged[email] = not answer.json
    return {number: judged[email] for number, email in emails.items() if email in judged}


def reason(html: str, stranger: bool | None) -> str:
    """Say why a comment waits whose text WordPress shows as `html`; "" where nothing is known."""
    links = len(_LINK.findall(html))
    reasons = []
    if stranger:
        reasons.append("its writer has no approved comment yet")
    if links >= _MANY_LINKS:
        reasons.append(f"it has {links} links")
    return ", and ".join(reasons)
