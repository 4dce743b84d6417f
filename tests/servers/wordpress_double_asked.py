"""A request to the double's API, and what it is answered with."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.servers.wordpress import USERS, User

_FORBIDDEN = "Sorry, you are not allowed to"
_WHOLE = {"page", "per_page", "offset", "post", "parent", "include", "exclude", "author", "id", "author_exclude"}


@dataclass
class Answer:
    """What the API answers: a JSON value, a status and headers."""

    data: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Wrong(Exception):
    """An error answer: WordPress's code, sentence and status."""

    def __init__(self, status: int, code: str, message: str, **data: Any) -> None:
        super().__init__(code)
        self.answer = Answer({"code": code, "message": message, "data": {"status": status, **data}}, status)


@dataclass
class Asked:
    """A request: who asks (None: a stranger), the query, and the body's fields together with it."""

    method: str
    route: str
    user: User | None
    query: dict[str, str]
    given: dict[str, Any]
    ip: str
    agent: str

    def texts(self, name: str) -> list[str]:
        """A list: given as `a,b` or as `name[]=a`."""
        value = self.given.get(name, self.given.get(f"{name}[]", ""))
        parts = value if isinstance(value, list) else str(value).split(",")
        return [str(part).strip() for part in parts if str(part).strip()]

    def numbers(self, name: str) -> list[int]:
        return [int(part) for part in self.texts(name)]

    def number(self, name: str, default: int) -> int:
        return int(self.given.get(name, default))

    def text(self, name: str, default: str = "") -> str:
        return str(self.given.get(name, default))

    def denied(self, code: str, what: str) -> Wrong:
        """The refusal of something that others may do: 401 to strangers, 403 to accounts."""
        return Wrong(403 if self.user else 401, code, f"{_FORBIDDEN} {what}")


def check_numbers(asked: Asked) -> None:
    """Raise `Wrong` where a parameter that is a number is none."""
    for name, value in asked.given.items():
        if name in _WHOLE:
            for part in value if isinstance(value, list) else str(value).split(","):
                if not re.fullmatch(r"\s*-?\d+\s*|", str(part)):
                    what = f"{name} is not of type integer."
                    inner = {"code": "rest_invalid_type", "message": what, "data": {"param": name}}
                    data = {"params": {name: what}, "details": {name: inner}}
                    raise Wrong(400, "rest_invalid_param", f"Invalid parameter(s): {name}", **data)


def invalid_json() -> Answer:
    """What a body that is no JSON is answered with."""
    data = {"status": 400, "json_error_code": 4, "json_error_message": "Syntax error"}
    return Answer({"code": "rest_invalid_json", "message": "Invalid JSON body passed.", "data": data}, 400)


def known(login: str) -> User | None:
    """The account that goes by this login or e-mail address."""
    return next((user for user in USERS.values() if login in {user.login, user.email}), None)


def dumped(data: Any) -> str:
    """JSON as PHP writes it."""
    return json.dumps(data, separators=(",", ":")).replace("/", "\\/")
