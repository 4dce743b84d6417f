"""Discord's Markdown as its apps show it, in HTML: for the page on which people look at the double.

Written from what Discord's help says of it (https://support.discord.com/hc/en-us/articles/210298617), and apart from
the adapter's own reading and writing of it, so that what the adapter escapes is escaped for somebody else too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape

_DEEPEST = 12
_PAIRS = (("***", "strong"), ("**", "strong"), ("__", "u"), ("~~", "s"), ("||", "span"), ("*", "em"), ("_", "em"))
_ANGLED = re.compile(
    r"<(?:@!?(?P<user>\d+)|@&(?P<role>\d+)|\#(?P<channel>\d+)|t:(?P<at>-?\d{1,11})(?::(?P<style>[tTdDfFR]))?"
    r"|a?:(?P<emoji>\w+):\d+|/(?P<command>[^:>\n]{1,100}):\d+|(?P<url>https?://[^\s<>]+))>"
)
_MASKED = re.compile(r"\[(?P<label>[^\[\]\n]+)\]\((?:<(?P<quiet>https?://[^\s<>]+)>|(?P<url>https?://[^\s()<>]+))\)")
_URL = re.compile(r"https?://[^\s<>]+")
_ALL = re.compile(r"@(?:everyone|here)\b")
_ITEM = re.compile(r"(?P<indent> *)(?P<mark>[-*]|\d{1,9}\.) +(?P<words>.+)")
_HEADING = re.compile(r"(?P<marks>#{1,3}) +(?P<words>.+)")
_STYLES = {
    "t": "%H:%M", "T": "%H:%M:%S", "d": "%d/%m/%Y", "D": "%d %B %Y", "f": "%d %B %Y %H:%M", "F": "%A, %d %B %Y %H:%M",
    "R": "%d %B %Y %H:%M",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """What ids stand for: each gives the name, or None where nobody has the id."""

    user: Callable[[str], str | None] = lambda _id: None
    role: Callable[[str], str | None] = lambda _id: None
    channel: Callable[[str], str | None] = lambda _id: None


def shown(content: str, names: Names | None = None) -> str:
    """A message's words as HTML."""
    known = names or Names()
    return "".join(_blocks(content.split("\n"), known, 0))


def line(words: str, names: Names | None = None) -> str:
    """One line, such as an embed's title, as HTML."""
    return _inline(words, names or Names(), 0)


def _blocks(lines: list[str], names: Names, depth: int) -> Iterator[str]:
    at = 0
    while at < len(lines):
        size, block = _block(lines[at:], names, depth)
        yield block
        at += size


def _block(lines: list[str], names: Names, depth: int) -> tuple[int, str]:
    """The block that begins here: how many lines it takes, and its HTML."""
    line = lines[0]
    if line.startswith("```") and (end := _fence(lines)) is not None:
        return end
    if depth < _DEEPEST and line.startswith(">>> "):
        return len(lines), _quote([line[4:], *lines[1:]], names, depth)
    if depth < _DEEPEST and line.startswith("> "):
        size = next((n for n, one in enumerate(lines) if not one.startswith("> ")), len(lines))
        return size, _quote([one[2:] for one in lines[:size]], names, depth)
    if (heading := _HEADING.fullmatch(line)) is not None:
        level = len(heading["marks"])
        return 1, f"<h{level}>{_inline(heading['words'], names, depth)}</h{level}>"
    if line.startswith("-# ") and line[3:].strip():
        return 1, f"<small>{_inline(line[3:], names, depth)}</small>"
    if _ITEM.fullmatch(line) is not None:
        size = next((n for n, one in enumerate(lines) if _ITEM.fullmatch(one) is None), len(lines))
        return size, _list(lines[:size], names, depth)
    size = _run(lines)
    words = "\n".join(lines[:size])
    return size, f"<p>{_inline(words, names, depth)}</p>" if words.strip() else "<br>"


def _run(lines: list[str]) -> int:
    """How many lines are plain words, one of which something inline may reach over."""
    size = 1
    while size < len(lines) and not _begins(lines[size]):
        size += 1
    return size


def _begins(line: str) -> bool:
    starts = line.startswith(("```", ">>> ", "> ", "-# "))
    return starts or not line or _HEADING.fullmatch(line) is not None or _ITEM.fullmatch(line) is not None


def _fence(lines: list[str]) -> tuple[int, str] | None:
    whole = "\n".join(lines)
    end = whole.find("```", 3)
    if end < 0:
        return None
    inside = whole[3:end]
    first, newline, rest = inside.partition("\n")
    code = rest if newline and re.fullmatch(r"[\w+-]*", first) else inside
    size = whole.count("\n", 0, end) + 1
    tail = whole[end + 3 :].partition("\n")[0]
    return size, f"<pre><code>{escape(code.strip(chr(10)))}</code></pre>" + (f"<p>{escape(tail)}</p>" if tail else "")


def _quote(lines: list[str], names: Names, depth: int) -> str:
    return f"<blockquote>{''.join(_blocks(lines, names, depth + 1))}</blockquote>"


def _list(lines: list[str], names: Names, depth: int) -> str:
    items = []
    tag = "ul"
    for line in lines:
        found = _ITEM.fullmatch(line)
        assert found is not None
        deep = min(len(found["indent"]) // 2, 5)
        if found["mark"][0].isdigit():
            tag = "ol"
        value = f' value="{found["mark"][:-1]}"' if tag == "ol" and found["mark"][:-1].isdigit() else ""
        items.append(f'<li class="deep{deep}"{value}>{_inline(found["words"], names, depth)}</li>')
    return f"<{tag}>{''.join(items)}</{tag}>"


# inside a line --------------------------------------------------------------------------------------------------------


def _inline(words: str, names: Names, depth: int) -> str:
    out = []
    at = 0
    while at < len(words):
        size, html = _token(words, at, names, depth)
        out.append(html)
        at += size
    return "".join(out)


def _token(words: str, at: int, names: Names, depth: int) -> tuple[int, str]:
    """What stands here: how many characters it takes, and its HTML."""
    char = words[at]
    if char == "\\" and at + 1 < len(words) and not (words[at + 1].isalnum() or words[at + 1].isspace()):
        return 2, escape(words[at + 1])
    if char == "\n":
        return 1, "<br>"
    if char == "`" and (code := _code(words, at)) is not None:
        return code
    if char == "<" and (angled := _ANGLED.match(words, at)) is not None:
        return angled.end() - at, _known(angled, names)
    if char == "[" and (masked := _MASKED.match(words, at)) is not None:
        url = masked["quiet"] or masked["url"]
        return masked.end() - at, _link(url, _inline(masked["label"], names, depth + 1))
    if char == "h" and (bare := _URL.match(words, at)) is not None:
        url = _trimmed(bare[0])
        return len(url), _link(url, escape(url))
    if char == "@" and (everyone := _ALL.match(words, at)) is not None:
        return len(everyone[0]), f'<span class="mention">{everyone[0]}</span>'
    return _paired(words, at, names, depth) or (1, escape(char))


def _code(words: str, at: int) -> tuple[int, str] | None:
    ticks = 2 if words.startswith("``", at) else 1
    end = words.find("`" * ticks, at + ticks)
    if end <= at + ticks:
        return None
    return end + ticks - at, f"<code>{escape(words[at + ticks : end].strip())}</code>"


def _trimmed(url: str) -> str:
    """A bare address without the full stops and brackets that belong to the sentence."""
    while url[-1] in ".,:;!?\"'" or (url[-1] == ")" and url.count("(") < url.count(")")):
        url = url[:-1]
    return url


def _link(url: str, label: str) -> str:
    return f'<a href="{escape(url)}" rel="noreferrer nofollow">{label}</a>'


def _known(found: re.Match[str], names: Names) -> str:
    if found["url"]:
        return _link(found["url"], escape(found["url"]))
    if found["emoji"]:
        return f'<span class="emoji">:{escape(found["emoji"])}:</span>'
    if found["command"]:
        return f'<span class="mention">/{escape(found["command"])}</span>'
    if found["at"]:
        return _instant(int(found["at"]), found["style"] or "f")
    for kind, sign, look in (("user", "@", names.user), ("role", "@", names.role), ("channel", "#", names.channel)):
        if found[kind]:
            return f'<span class="mention">{sign}{escape(look(found[kind]) or "unknown")}</span>'
    raise AssertionError(found[0])


def _instant(at: int, style: str) -> str:
    try:
        moment = datetime.fromtimestamp(at, UTC)
    except (OverflowError, ValueError, OSError):
        return '<span class="mention">Invalid Date</span>'
    return f'<time class="instant" datetime="{moment.isoformat()}">{moment.strftime(_STYLES[style])}</time>'


def _paired(words: str, at: int, names: Names, depth: int) -> tuple[int, str] | None:
    if depth >= _DEEPEST:
        return None
    for mark, tag in _PAIRS:
        if words.startswith(mark, at) and (end := _closing(words, at, mark)) is not None:
            inside = _inline(words[at + len(mark) : end], names, depth + 1)
            if mark == "***":
                inside = f"<em>{inside}</em>"
            opened = '<span class="spoiler" tabindex="0">' if mark == "||" else f"<{tag}>"
            return end + len(mark) - at, f"{opened}{inside}</{tag}>"
    return None


def _closing(words: str, at: int, mark: str) -> int | None:
    """Where what this mark opens is closed: not after a backslash, not within code."""
    start = end = at + len(mark)
    if mark == "_" and at and words[at - 1].isalnum():
        return None
    if mark == "*" and words[start : start + 1].isspace():
        return None
    while end < len(words):
        if words[end] == "\\":
            end += 2
        elif words[end] == "`" and (code := _code(words, end)) is not None:
            end += code[0]
        elif words.startswith(mark, end) and end > start and _closes(words, end, mark):
            return end
        else:
            end += 2 if len(mark) == 1 and words.startswith(mark * 2, end) else 1
    return None


def _closes(words: str, end: int, mark: str) -> bool:
    after = words[end + len(mark) : end + len(mark) + 1]
    if mark == "_":
        return not after.isalnum() and after != "_"
    if mark == "*":
        return after != "*" and not words[end - 1].isspace()
    return after != mark[0] or mark in {"||", "~~"}
