"""Slack's mrkdwn and rich text as its apps show them, in HTML: for the page on which people look at the double.

Written from what Slack says of them (https://docs.slack.dev/messaging/formatting-message-text,
https://docs.slack.dev/reference/block-kit/blocks/rich-text-block), and apart from the adapter's own reading and writing
of them, so that what the adapter escapes is escaped for somebody else too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from typing import Any

from adapters.slack.double.mrkdwn import ENTITY, TOKEN, stored, unescaped

_DEEPEST = 12
_STYLES = {"*": "strong", "_": "em", "~": "s"}
_RICH_STYLES = (("code", "code"), ("strike", "s"), ("italic", "em"), ("bold", "strong"), ("underline", "u"))
_EMOJI = re.compile(r":([a-z0-9_+'-]+)(?:::skin-tone-[2-6])?:")
_ALLOWED = ("https://", "http://", "mailto:", "tel:")
_FENCE = re.compile(r"```\n?(.*?)\n?```\n?", re.DOTALL)
_DATES = {
    "date_num": "%Y-%m-%d", "date_slash": "%d/%m/%Y", "date": "%B %d, %Y", "date_short": "%b %d, %Y",
    "date_long": "%A, %B %d, %Y", "time": "%H:%M", "time_secs": "%H:%M:%S", "ago": "%b %d, %Y",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What ids stand for: each gives the name, or None where nobody has the id."""

    user: Callable[[str], str | None] = lambda _id: None
    channel: Callable[[str], str | None] = lambda _id: None


def emoji(name: str) -> str:
    """An emoji by its name; one that nobody knows stays as it is typed."""
    from emoji import emojize  # a large table, which only the page needs

    written = f":{name.partition('::')[0]}:"
    found = emojize(written, language="alias")
    return found if found != written else emojize(written.replace("-", "_"), language="alias")


# mrkdwn ---------------------------------------------------------------------------------------------------------------


def mrkdwn(text: str, names: Names | None = None, *, verbatim: bool = True) -> str:
    """A text as HTML; where it is not `verbatim`, bare addresses and `@here` mean something too."""
    known = names or Names()
    words = text if verbatim else stored(text, loose=True)
    parts: list[str] = []
    at = 0
    for fence in _FENCE.finditer(words):
        parts += _lines(words[at : fence.start()], known)
        parts.append(f"<pre><code>{_coded(fence[1])}</code></pre>")
        at = fence.end()
    return "".join([*parts, *_lines(words[at:], known)])


def _lines(words: str, names: Names) -> Iterator[str]:
    """Quotes, and all else, one paragraph for each run of lines."""
    stripped = words.strip("\n")
    for quoted, run in groupby(stripped.split("\n") if stripped else (), lambda line: line.startswith("&gt;")):
        lines = [line.removeprefix("&gt;").removeprefix(" ") if quoted else line for line in run]
        html = f"<p>{_inline(chr(10).join(lines), names, 0)}</p>"
        yield f"<blockquote>{html}</blockquote>" if quoted else html


def _inline(words: str, names: Names, depth: int) -> str:
    out, at = [], 0
    while at < len(words):
        size, html = _piece(words, at, names, depth)
        out.append(html)
        at += size
    return "".join(out)


def _piece(words: str, at: int, names: Names, depth: int) -> tuple[int, str]:
    """What stands here: how many characters it takes, and its HTML."""
    char = words[at]
    if char == "\n":
        return 1, "<br>"
    if char == "<" and (token := TOKEN.match(words, at)) is not None:
        return len(token[0]), _token(token[0][1:-1], names)
    if char == "&" and (entity := ENTITY.match(words, at)) is not None:
        return len(entity[0]), escape(unescaped(entity[0]))
    if char == ":" and (named := _EMOJI.match(words, at)) is not None:
        return len(named[0]), escape(emoji(named[1]))
    if char == "`" and (end := words.find("`", at + 1)) > at + 1 and "\n" not in words[at:end]:
        return end + 1 - at, f"<code>{_coded(words[at + 1 : end])}</code>"
    if char in _STYLES and depth < _DEEPEST and (close := _closing(words, at)) is not None:
        tag = _STYLES[char]
        return close + 1 - at, f"<{tag}>{_inline(words[at + 1 : close], names, depth + 1)}</{tag}>"
    return 1, escape(char)


def _closing(words: str, at: int) -> int | None:
    """Where what this mark opens is closed on its line: both hug the words, and stand apart from others."""
    mark = words[at]
    if (at and words[at - 1].isalnum()) or words[at + 1 : at + 2].strip() in {"", mark}:
        return None
    end = at + 1
    while end < len(words) and words[end] != "\n":
        token = TOKEN.match(words, end) if words[end] == "<" else None
        if token is not None:
            end = token.end()
        elif words[end] == mark and not words[end - 1].isspace() and not words[end + 1 : end + 2].isalnum():
            return end
        else:
            end += 1
    return None


def _coded(words: str) -> str:
    """Code: only entities and what stands between angle brackets mean something there."""
    bare = TOKEN.sub(lambda token: token[0][1:-1].partition("|")[2] or token[0][1:-1], words)
    return escape(unescaped(bare))


def as_typed(text: str, names: Names) -> str:
    """A text as somebody types it, to change it."""

    def word(token: re.Match[str]) -> str:
        target, _, label = token[0][1:-1].partition("|")
        if target[0] in "@#":
            return target[0] + ((names.user if target[0] == "@" else names.channel)(target[1:]) or label)
        return label or target.replace("!", "@")

    return unescaped(TOKEN.sub(word, text))


def _token(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(*target.removeprefix("!date^").split("^", 2), fallback=label)
    if target[0] == "@":
        return _mention("@", names.user(target[1:]) or label.removeprefix("@"))
    if target[0] == "#":
        return _mention("#", names.channel(target[1:]) or label.removeprefix("#"))
    if target[0] == "!":
        return _mention("@", label.removeprefix("@") or target[1:].partition("^")[0])
    return _link(unescaped(target), escape(unescaped(label)))


def _mention(sign: str, name: str) -> str:
    return f'<span class="mention">{sign}{escape(unescaped(name) or "unknown")}</span>'


def _link(url: str, label: str = "") -> str:
    if not url.lower().startswith(_ALLOWED):
        return label or escape(url)
    return f'<a href="{escape(url)}" rel="noreferrer nofollow">{label or escape(url)}</a>'


def _date(at: str, form: str, link: str = "", *, fallback: str = "") -> str:
    """A date in the reader's own time zone, which here is UTC; `{date_pretty}` and its like say no “yesterday”."""
    try:
        moment = datetime.fromtimestamp(int(at), UTC)
    except (OverflowError, ValueError, OSError):
        return escape(unescaped(fallback))
    shown = re.sub(
        r"\{(\w+?)(?:_pretty)?\}",
        lambda named: moment.strftime(_DATES[named[1]]) if named[1] in _DATES else named[0], unescaped(form),
    )  # fmt: skip
    html = f'<time class="instant" datetime="{moment.isoformat()}">{escape(shown)}</time>'
    return _link(unescaped(link), html) if link else html


# rich text ------------------------------------------------------------------------------------------------------------


def rich(elements: Sequence[Mapping[str, Any]], names: Names | None = None) -> str:
    """The elements of a rich_text block as HTML."""
    return "".join(_element(each, names or Names()) for each in elements)


def _element(each: Mapping[str, Any], names: Names) -> str:
    kind, inner = each.get("type"), each.get("elements", ())
    if kind == "rich_text_list":
        tag = "ol" if each.get("style") == "ordered" else "ul"
        start = f' start="{int(each.get("offset", 0)) + 1}"' if tag == "ol" else ""
        items = "".join(f"<li>{_said(item.get('elements', ()), names)}</li>" for item in inner)
        return f'<{tag} class="deep{min(int(each.get("indent", 0)), 5)}"{start}>{items}</{tag}>'
    html = _said(inner, names)
    if kind == "rich_text_preformatted":
        return f"<pre><code>{html}</code></pre>"
    if kind == "rich_text_quote":
        return f"<blockquote><p>{html}</p></blockquote>"
    return f"<p>{html}</p>"


def _said(elements: Sequence[Mapping[str, Any]], names: Names) -> str:
    return "".join(_styled(_leaf(each, names), each.get("style") or {}) for each in elements)


def _styled(html: str, style: Mapping[str, Any]) -> str:
    for name, tag in _RICH_STYLES:
        if style.get(name):
            html = f"<{tag}>{html}</{tag}>"
    return html


def _leaf(each: Mapping[str, Any], names: Names) -> str:
    kind = each.get("type")
    if kind == "link":
        return _link(str(each.get("url", "")), _broken(each.get("text", "")))
    if kind == "user":
        return _mention("@", names.user(each["user_id"]) or "")
    if kind == "channel":
        return _mention("#", names.channel(each["channel_id"]) or "")
    if kind in {"broadcast", "usergroup"}:
        return _mention("@", each.get("range", "group"))
    if kind == "emoji":
        return escape(emoji(each["name"]))
    if kind == "date":
        return _date(str(each["timestamp"]), each["format"], fallback=each.get("fallback", ""))
    return _broken(each.get("text", "") or each.get("value", ""))


def _broken(words: str) -> str:
    return escape(words).replace("\n", "<br>")
