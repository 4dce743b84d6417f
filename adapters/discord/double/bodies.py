"""What a message's body may be: lengths, embeds, components, files; raises `Problem` as Discord words it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.discord.double.problems import bad_form, length, problem, too_long
from adapters.discord.double.things import COMPONENTS_V2, SUPPRESS_EMBEDS
from adapters.discord.double.time import Time, stamp

LONGEST = 2000
_BUTTON = 2
_EMBED = {"title": 256, "description": 4096}
_URLS = ("https://", "http://", "attachment://")
_SETTABLE = SUPPRESS_EMBEDS | COMPONENTS_V2 | 1 << 12 | 1 << 6


def content(form: Mapping[str, Any]) -> str:
    """The words, trimmed as Discord does, counted in code points."""
    given = form.get("content")
    if given is None:
        return ""
    if not isinstance(given, str):
        raise bad_form("content", "BASE_TYPE_STRING", "Must be a string.")
    words = given.strip()
    if len(words) > LONGEST:
        raise too_long("content", LONGEST)
    return words


def nonce(form: Mapping[str, Any]) -> str | None:
    """The nonce, at most 25 characters."""
    given = form.get("nonce")
    if given is None:
        return None
    if len(str(given)) > 25:
        raise too_long("nonce", 25)
    return str(given)


def flags(form: Mapping[str, Any]) -> int:
    """Those flags that a sender may set."""
    return int(form.get("flags") or 0) & _SETTABLE


def allowed_mentions(form: Mapping[str, Any]) -> None:
    """What is parsed may not be listed as well."""
    given = form.get("allowed_mentions")
    if given is None:
        return
    for kind in ("users", "roles"):
        if kind in (given.get("parse") or ()) and given.get(kind):
            words = f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'
            raise bad_form("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", words)
        if len(given.get(kind) or ()) > 100:
            raise bad_form(f"allowed_mentions.{kind}", "BASE_TYPE_BAD_LENGTH", "Must be 100 or fewer in length.")


def embeds(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Embeds as Discord keeps them: at most 10, 6,000 characters in all."""
    given = form.get("embeds") or []
    if len(given) > 10:
        raise bad_form("embeds", "BASE_TYPE_BAD_LENGTH", "Must be 10 or fewer in length.")
    total = sum(_embed(n, one) for n, one in enumerate(given))
    if total > 6000:
        raise bad_form("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    return [{"type": "rich", "content_scan_version": 0, **one} for one in given]


def _embed(n: int, one: Mapping[str, Any]) -> int:
    where = f"embeds.{n}"
    texts = [
        (f"{where}.{name}", one.get(name) or "", longest) for name, longest in _EMBED.items()
    ]  # fmt: skip
    texts.append((f"{where}.footer.text", (one.get("footer") or {}).get("text", ""), 2048))
    texts.append((f"{where}.author.name", (one.get("author") or {}).get("name", ""), 256))
    fields = one.get("fields") or []
    if len(fields) > 25:
        raise bad_form(f"{where}.fields", "BASE_TYPE_BAD_LENGTH", "Must be 25 or fewer in length.")
    for number, each in enumerate(fields):
        for name, longest in (("name", 256), ("value", 1024)):
            if not each.get(name):
                raise bad_form(f"{where}.fields.{number}.{name}", "BASE_TYPE_REQUIRED", "This field is required")
            texts.append((f"{where}.fields.{number}.{name}", each[name], longest))
    for path, text, longest in texts:
        length(path, text, 0, longest)
    for path, url in (
        ("url", one.get("url")), ("image.url", (one.get("image") or {}).get("url")),
        ("thumbnail.url", (one.get("thumbnail") or {}).get("url")),
        ("author.url", (one.get("author") or {}).get("url")),
        ("author.icon_url", (one.get("author") or {}).get("icon_url")),
    ):  # fmt: skip
        if url and not url.startswith(_URLS):
            words = f"Scheme \"{url.split(':')[0]}\" is not supported. Scheme must be one of ('http', 'https')."
            raise bad_form(f"{where}.{path}", "URL_TYPE_INVALID_SCHEME", words)
    if not any(texts_ for _, texts_, _ in texts) and not (one.get("image") or one.get("thumbnail")):
        raise bad_form(where, "BASE_TYPE_REQUIRED", "This field is required")
    return sum(len(text) for _, text, _ in texts)


def components(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of buttons and menus; each interactive one has a custom id of at most 100 characters, unlike any other's."""
    given = form.get("components") or []
    v2 = bool(int(form.get("flags") or 0) & COMPONENTS_V2)
    if len(given) > (40 if v2 else 5):
        raise bad_form("components", "BASE_TYPE_BAD_LENGTH", "Must be 5 or fewer in length.")
    seen: set[str] = set()
    kept = []
    for n, row in enumerate(given):
        if not v2 and row.get("type") != 1:
            raise bad_form(f"components.{n}.type", "UNION_TYPE_CHOICES", "Value of field must be one of (1,).")
        if row.get("type") == 1:
            _row(f"components.{n}", row.get("components") or [], seen)
        kept.append(row)
    return _numbered(kept, iter(range(1, 1000)))


def _numbered(given: list[dict[str, Any]], numbers: Iterator[int]) -> list[dict[str, Any]]:
    """Components as Discord keeps them: each has a number of its own in the message."""
    kept = []
    for one in given:
        numbered = {"id": next(numbers), **one}
        if "components" in one:
            numbered["components"] = _numbered(one["components"], numbers)
        if one.get("type") == _BUTTON and "disabled" not in one:
            numbered["disabled"] = False
        kept.append(numbered)
    return kept


def _row(where: str, given: list[dict[str, Any]], seen: set[str]) -> None:
    if not 1 <= len(given) <= 5:
        raise bad_form(f"{where}.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    for n, one in enumerate(given):
        path = f"{where}.components.{n}"
        if one.get("type") == _BUTTON:
            _button(path, one)
        if (custom := one.get("custom_id")) is not None:
            length(f"{path}.custom_id", custom, 1, 100)
            if custom in seen:
                words = "Component custom id cannot be duplicated"
                raise bad_form(f"{path}.custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", words)
            seen.add(custom)


def _button(path: str, one: Mapping[str, Any]) -> None:
    length(f"{path}.label", one.get("label") or "", 0, 80)
    if not one.get("label") and not one.get("emoji"):
        raise bad_form(path, "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED", "A button must have a label or emoji")
    if one.get("style") == 5:
        if "custom_id" in one or not one.get("url"):
            words = "A custom id and url cannot both be specified"
            raise bad_form(path, "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE", words)
        length(f"{path}.url", one["url"], 1, 512)
    elif not one.get("custom_id"):
        raise bad_form(path, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id required")


def attachments(time: Time, where: str, files: Mapping[str, tuple[str, int, str]]) -> list[dict[str, Any]]:
    """Files as a message has them, with addresses that are good for a day."""
    return [attachment(time, where, name, size, kind) for name, size, kind in files.values()]


def attachment(time: Time, where: str, name: str, size: int, kind: str) -> dict[str, Any]:
    """One file; `ex`, `is` and `hm` are when its address expires, when it was made, and the signature."""
    id, now = time.id(), int(time.now())
    address = (
        f"https://cdn.discordapp.example/attachments/{where}/{id}/{name}"
        f"?ex={now + 86400:x}&is={now:x}&hm={int(id) % 2**64:016x}&"
    )
    return {
        "id": id, "filename": name, "size": size, "url": address, "proxy_url": address, "content_type": kind,
        "content_scan_version": 0,
    }  # fmt: skip


def expires(address: str) -> str:
    """When an attachment's address expires, as Discord writes instants."""
    return stamp(int(address.split("ex=")[1].split("&", maxsplit=1)[0], 16))


def not_empty(words: str, *others: object) -> None:
    """Raise 50006 for a message of which nothing would be seen."""
    if not words and not any(others):
        raise problem(50006)
