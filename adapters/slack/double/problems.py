"""Slack's refusals: HTTP 200, `ok: false` and a word (https://docs.slack.dev/apis/web-api/#evaluating-responses)."""

from __future__ import annotations

from typing import Any

from bridge.doubles import serving


class Problem(serving.Problem):
    """A call that is refused: `error` is Slack's word for it, `more` stands beside it in the answer."""

    def __init__(self, error: str, *messages: str, **more: Any) -> None:
        super().__init__(error if not messages else f"{error}: {'; '.join(messages)}")
        self.error, self.messages, self.more = error, messages, more

    @property
    def words(self) -> str:
        """What people are told."""
        return "; ".join(self.messages) or self.error

    @property
    def body(self) -> dict[str, Any]:
        """As it is answered."""
        body: dict[str, Any] = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {each}" for each in self.messages]}
        return body
