"""Other people's words on a terminal: nothing in them can move the cursor, colour the screen or hide what follows."""

from __future__ import annotations

from typing import Any

import click


def line(words: str, most: int = 300) -> str:
    """Words on one line, at most that many characters of them."""
    from bridge.text.tree import cleaned

    flat = " ".join(cleaned(words).split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def quoted(words: str, most: int = 300) -> list[str]:
    """Words as an indented quotation, at most that many characters of them."""
    from bridge.text.tree import cleaned

    cut = words if len(words) <= most else words[: most - 1] + "…"
    return [f"    │ {one}" for one in cleaned(cut).splitlines()]


def echo_json(value: object) -> None:
    """Print values as one JSON document."""
    import json

    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def plain(value: Any) -> Any:
    """Frozen values as what JSON knows; names of fields are names of keys."""
    import dataclasses

    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return value


def many(number: int, thing: str, things: str | None = None) -> str:
    """A number of things, such as `1 comment` or `3 comments`."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"
