"""What a message says in mrkdwn, into the tree: for messages that have no rich text. Pure.

https://docs.slack.dev/messaging/formatting-message-text. Lines are read here: code between fences, quotes, and the
lists that Slack writes with signs of its own. Within a line code and angle brackets come first, then marks and emoji.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from adapters.slack.emoji_names import drawn, tone_of
from adapters.slack.escaping import JOINER
from adapters.slack.tokens import Names, said
from bridge.text.addresses import allowed, is_mail
from bridge.text.builder import Builder
from bridge.text.tree import Code, Emphasis, Leaf, LineBreak, Link, Mark, Plain, Strike, Strong, cleaned

_FENCE = "```"
_QUOTE = "&gt;"
_BULLETS = ("• ", "◦ ", "▪︎ ", "▪ ")
_INDENT = 4
_DEEPEST = 8
_MARKS = {"*": Mark(Strong), "_": Mark(Emphasis), "~": Mark(Strike)}
_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_+-'")
_LONGEST_NAME = 100

Item = tuple[int, int | None, str]
"""How deep an item of a list stands, its number (None: a bullet), and its words."""


def unescaped(text: str) -> str:
    """Take Slack's three entities away; once, and last."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def brackets(text: str) -> Iterator[str]:
    """What stands in angle brackets."""
    at = text.find("<")
    while at >= 0:
        end = text.find(">", at)
        if end < 0:
            return
        yield text[at + 1 : end]
        at = text.find("<", end)


class Reading:
    """One walk over one text."""

    def __init__(self, build: Builder, names: Names) -> None:
        self._build = build
        self._names = names

    def read(self, text: str) -> None:
        """Read a whole text."""
        typed = cleaned(text)
        done = 0
        while (begin := typed.find(_FENCE, done)) >= 0 and (end := typed.find(_FENCE, begin + len(_FENCE))) >= 0:
            self._lines(typed[done:begin].split("\n"))
            code = typed[begin + len(_FENCE) : end].strip("\n")
            if code.strip():
                self._build.code(self._bare(code))
            done = end + len(_FENCE)
        self._lines(typed[done:].split("\n"))

    def _lines(self, lines: Sequence[str], *, quoted: bool = False) -> None:
        at = 0
        while at < len(lines):
            end = at
            while not quoted and end < len(lines) and lines[end].startswith(_QUOTE):
                if lines[end].startswith(_QUOTE * 3):
                    end = len(lines)
                else:
                    end += 1
            if end > at:
                self._quote([line.removeprefix(_QUOTE * 3).removeprefix(_QUOTE) for line in lines[at:end]])
                at = end
                continue
            while end < len(lines) and _item(lines[end]):
                end += 1
            if end > at:
                self._items([item for line in lines[at:end] if (item := _item(line))])
                at = end
                continue
            self._line(lines[at])
            at += 1
        self._build.end_paragraph()

    def _quote(self, lines: Sequence[str]) -> None:
        opened = self._build.open("quote")
        self._lines([line.strip(" ") for line in lines], quoted=True)
        if opened:
            self._build.close()

    def _items(self, items: Sequence[Item]) -> None:
        at = 0
        while at < len(items):
            depth, number, _ = items[at]
            opened = self._build.open("bullets" if number is None else "numbers", number or 0)
            while at < len(items) and (items[at][1] is None) == (number is None):
                item, at = items[at], at + 1
                inner = at
                while inner < len(items) and items[inner][0] > depth:
                    inner += 1
                of_item = self._build.open("item")
                self._inline(item[2])
                self._items(items[at:inner])
                if of_item:
                    self._build.close()
                at = inner
            if opened:
                self._build.close()

    def _line(self, line: str) -> None:
        if not line.strip():
            self._build.end_paragraph()
            return
        if self._build.in_paragraph:
            self._build.add(LineBreak())
        self._inline(line)

    # Within a line

    def _inline(self, line: str) -> None:
        units = list(_units(line))
        closers = {
            sign: [at for at, unit in enumerate(units) if unit == sign and _closes(units, at)] for sign in _MARKS
        }
        ends: list[int] = []
        at = 0
        while at < len(units):
            unit = units[at]
            if ends and at == ends[-1]:
                ends.pop()
                self._build.unmark()
            elif unit in _MARKS and _opens(units, at) and (end := _end(closers[unit], at, ends, len(units))):
                ends.append(end)
                self._build.mark(_MARKS[unit])
            else:
                at = self._unit(units, at)
                continue
            at += 1

    def _unit(self, units: Sequence[str], at: int) -> int:
        unit = units[at]
        if len(unit) > 1 and unit[0] == "`":
            self._build.add(Code(self._bare(unit[1:-1])))
        elif len(unit) > 1 and unit[0] == "<":
            self._angle(unit[1:-1])
        elif len(unit) > 1 and unit[0] == ":":
            tone = tone_of(units[at + 1][1:-1]) if at + 1 < len(units) and units[at + 1][:1] == ":" else None
            self._say(drawn(unit[1:-1], tone))
            return at + (1 if tone is None else 2)
        else:
            end = at + 1
            while end < len(units) and len(units[end]) == 1 and units[end] not in _MARKS:
                end += 1
            self._say(unescaped("".join(units[at:end])))
            return end
        return at + 1

    def _angle(self, inside: str) -> None:
        words = said(inside, self._names)
        if words is not None:
            self._say(unescaped(words))
            return
        written, _, label = inside.partition("|")
        address = allowed(unescaped(written))
        shown = unescaped(label) or (written.partition(":")[2] if is_mail(written) else address or unescaped(written))
        if address:
            self._build.mark(Mark(Link, address))
        self._say(shown)
        if address:
            self._build.unmark()

    def _bare(self, code: str) -> str:
        """Read code: nothing in it is markup, though Slack puts addresses there in brackets too."""
        parts: list[str] = []
        done = 0
        for inside in brackets(code):
            at = code.index(f"<{inside}>", done)
            words = said(inside, self._names)
            parts += [code[done:at], inside.partition("|")[2] or inside if words is None else words]
            done = at + len(inside) + 2
        return unescaped("".join([*parts, code[done:]])).replace(JOINER, "")

    def _say(self, words: str) -> None:
        leaf: Leaf = Plain(words.replace(JOINER, ""))
        self._build.add(leaf)


def _item(line: str) -> Item | None:
    """Read a line that is an item of a list."""
    bare = line.lstrip(" ")
    depth = min((len(line) - len(bare)) // _INDENT, _DEEPEST)
    for bullet in _BULLETS:
        if bare.startswith(bullet) and bare[len(bullet) :].strip():
            return depth, None, bare[len(bullet) :]
    mark, space, words = bare.partition(" ")
    digits = mark.removesuffix(".")
    if space and words.strip() and mark.endswith(".") and digits.isascii() and digits.isdigit():
        return depth, int(digits[:9]), words
    return None


def _units(line: str) -> Iterator[str]:
    """Divide a line into code, brackets, names of emoji, and single characters."""
    at = 0
    while at < len(line):
        end = _atom_end(line, at)
        yield line[at:end]
        at = end


def _atom_end(line: str, at: int) -> int:
    match line[at]:
        case "`":
            end = line.find("`", at + 1)
            return end + 1 if end > at + 1 and line[at + 1 : end].strip() else at + 1
        case "<":
            end = line.find(">", at + 1)
            return end + 1 if end > at + 1 else at + 1
        case ":":
            end = at + 1
            while end < len(line) and line[end] in _NAME and end - at <= _LONGEST_NAME:
                end += 1
            named = line[end : end + 1] == ":" and end > at + 1 and not line[at - 1 : at].isalnum()
            return end + 1 if named and not line[at + 1 : end].isdigit() else at + 1
        case _:
            return at + 1


def _opens(units: Sequence[str], at: int) -> bool:
    before = units[at - 1] if at else " "
    after = units[at + 1] if at + 1 < len(units) else " "
    return not (len(before) == 1 and before.isalnum()) and not after.isspace() and after != units[at]


def _closes(units: Sequence[str], at: int) -> bool:
    before = units[at - 1] if at else " "
    after = units[at + 1] if at + 1 < len(units) else " "
    return not (len(after) == 1 and after.isalnum()) and not before.isspace() and before != units[at]


def _end(closers: Sequence[int], at: int, ends: Sequence[int], many: int) -> int:
    """Find where a mark that begins here ends, within those that are open; 0 where it does not."""
    number = bisect_left(closers, at + 2)
    end = closers[number] if number < len(closers) else many
    return end if end < (ends[-1] if ends else many) else 0
