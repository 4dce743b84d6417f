"""The tree as a WordPress comment, and back. Pure.

Only what WordPress leaves to authors of every role is written (`wp_kses` with `$allowedtags`): `a[href]`, `blockquote`,
`code`, `del`, `em`, `strong`; `wpautop` makes paragraphs of blank lines and breaks of line ends. What higher roles
write is filtered by nobody, so everything else is escaped by us, whatever the role (law 9). What WordPress would show
otherwise (`:)`, `--`, `10x10`, `(tm)`, `[gallery]`, `www.`, backslashes) is written as numeric references, so that it
is read as it was typed; only quotation marks and apostrophes get the blog's typography.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from itertools import groupby
from urllib.parse import urlsplit

from bridge.text import html_in
from bridge.text.links import honest
from bridge.text.tree import (
    Block,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Image,
    Inline,
    LineBreak,
    Link,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Strike,
    Strong,
    Text,
    flattened,
    inlines,
    leaf_text,
    letters,
    normalised,
    runs,
)

_DEPTH = 8
_GAP = "\u00a0"
"""A no-break space: it tells an item's mark from a line that merely begins so, and keeps the white space of code."""
_BULLET = "•"
_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\\": "&#092;"}
_IN_CODE = {**_ESCAPED, "&": "&#038;", "[": "&#091;"}
_TAGS: dict[type[Inline], str] = {Emphasis: "em", Strong: "strong", Strike: "del"}
_ELSEWHERE = ' rel="nofollow ugc"'
_DIGITS = frozenset("0123456789")
_WATCHED = frozenset(":;8(.-'`x[/@") | frozenset(_ESCAPED)
"""What is escaped, or may have to be (`_respelt`)."""
_ENDS = {"<": ">", "&": ";"}
_MARKUP = re.compile("[<&]")


# --- Writing ----------------------------------------------------------------------------------------------------------


def html(text: Text, spelling: int = 0, home: str = "") -> str:
    """Write a text for WordPress. Each `spelling` writes the same words in another way, as far as they reach.

    `home` is the blog's address: WordPress marks links that lead elsewhere, and so do we, for its check for duplicates
    compares what is sent with what was stored.
    """
    blocks = honest(flattened(text, _DEPTH))
    written = _marked("\n\n".join(map(_block, blocks)), urlsplit(home).hostname)
    if not letters(blocks):  # then its signs are all that there is to know it by
        written = _with_references(written, lambda _, sign: sign.isascii() and sign.isprintable() and sign != " ")
    if spelling:
        written = _with_references(written, lambda place, sign: not sign.isspace() and spelling >> place & 1 == 1)
    return written


def _block(block: Block) -> str:
    match block:
        case Paragraph(children):
            return "\n".join(_typed(children))
        case Quote(children):
            quoted = "\n\n".join(map(_block, children))
            return f"<blockquote>{quoted}</blockquote>"
        case _:
            return "\n".join(_lines(block))


def _lines(block: Block) -> Iterator[str]:
    """Lines that need no block of their own: lists cannot be had in comments."""
    match block:
        case Paragraph(children):
            yield from _typed(children)
        case CodeBlock(code):
            yield from map(_code, code.split("\n"))
        case Quote(children):
            yield from (f"{_GAP * 2}{line}" for child in children for line in _lines(child))
        case BulletList(items):
            for item in items:
                yield from _item(_BULLET, item)
        case NumberedList(items, start):
            for number, item in enumerate(items, start):
                yield from _item(f"{number}.", item)


def _item(mark: str, item: Iterable[Block]) -> Iterator[str]:
    lines = [line for block in item for line in _lines(block)]
    for place, line in enumerate(lines):
        yield f"{_GAP * 2}{line}" if place else f"{mark}{_GAP}{line}"


def _typed(children: Iterable[Inline]) -> Iterator[str]:
    """The lines of a paragraph; one that begins like an item of a list is kept from being read as one."""
    for line in _inlines(children).split("\n"):
        yield line if _mark(line) is None else line.replace(_GAP, " ")


def _inlines(children: Iterable[Inline], *, linked: bool = False) -> str:
    return "".join(_inline(child, linked=linked) for child in children)


def _inline(inline: Inline, *, linked: bool) -> str:
    match inline:
        case Plain(words):
            return _words(words)
        case Code(code):
            return _code(code.replace("\n", " "))
        case LineBreak():
            return "\n"
        case Image(address, _):
            shown = _words(leaf_text(inline))
            return shown if linked else _link(address, shown)
        case Link(address, children):
            return _link(address, _inlines(children, linked=True))
        case Emphasis(children) | Strong(children) | Strike(children):
            tag = _TAGS[type(inline)]
            return f"<{tag}>{_inlines(children, linked=linked)}</{tag}>"


def _link(address: str, shown: str) -> str:
    return f'<a href="{_address(address)}">{shown}</a>'


def _address(address: str) -> str:
    return escape(address).replace("&#x27;", "&#039;")


def _marked(written: str, home: str | None) -> str:
    """Mark the links that lead elsewhere (`wp_rel_ugc`)."""
    return "".join(
        f"{piece[:-1]}{_ELSEWHERE}>" if piece.startswith("<a ") and not _leads_home(piece, home) else piece
        for piece in _pieces(written)
    )


def _leads_home(tag: str, home: str | None) -> bool:
    return home is not None and urlsplit(tag.split('"')[1]).hostname == home


def _code(line: str) -> str:
    """A line of code; white space that HTML would not show is made of no-break spaces."""
    spaced = line.expandtabs(4).replace("  ", _GAP * 2)
    shown = f"{_GAP}{spaced[1:]}" if spaced[:1] in {"", " "} else spaced
    return f"<code>{''.join(_IN_CODE.get(sign, sign) for sign in shown)}</code>"


# --- Words ------------------------------------------------------------------------------------------------------------


def _words(words: str) -> str:
    words = words.replace("\n", " ")
    if _WATCHED.isdisjoint(words):
        return words
    return "".join(_sign(words, place, sign) if sign in _WATCHED else sign for place, sign in enumerate(words))


def _sign(words: str, place: int, sign: str) -> str:
    return _reference(sign) if _respelt(words, place) else _ESCAPED.get(sign, sign)


def _respelt(words: str, place: int) -> bool:
    """Whether WordPress might make something else of the sign at `place`: a dash, a picture, a link, a shortcode.

    They are what `wptexturize`, `convert_smilies` and `make_clickable` (wp-includes/formatting.php) look for.
    """
    sign, before, after = words[place], words[max(place - 1, 0) : place], words[place + 1 : place + 2]
    match sign:
        case ":" | ";":
            return not before.strip() and bool(after.strip())
        case "8":
            return not before.strip() and after in {"-", ")", "O"}
        case "(":
            return words.startswith("(tm)", place)
        case ".":
            return before == "." or words[max(place - 3, 0) : place].casefold() in {"www", "ftp"}
    return _respelt_between(sign, before, after)


def _respelt_between(sign: str, before: str, after: str) -> bool:
    match sign:
        case "-" | "'" | "`":
            return before == sign
        case "x":
            return before in _DIGITS | {".", ","} and after in _DIGITS
        case "&":
            return after == "#"  # kses reads "&amp;#60;" as if it were "&#60;"
        case "[":
            return after.isalpha() or after == "/"
        case "/":
            return before == ":" and after == "/"
        case "@":
            return bool(before.strip())
    return False


def _reference(sign: str) -> str:
    return f"&#{ord(sign):03d};"  # as kses writes them, so that what stands there is what was sent


def _with_references(written: str, chosen: Callable[[int, str], bool]) -> str:
    """Write those signs of a text that we wrote as references which are `chosen`, counted without the markup."""
    made, place = [], 0
    for piece in _pieces(written):
        if piece[0] in _ENDS:
            made.append(piece)
            continue
        for sign in piece:
            made.append(_reference(sign) if chosen(place, sign) else sign)
            place += not sign.isspace()
    return "".join(made)


def _pieces(written: str) -> Iterator[str]:
    """The tags, references and words of a text that we wrote: every `<` and `&` in it is markup."""
    place = 0
    while place < len(written):
        ends = _ENDS.get(written[place])
        if ends is None:
            found = _MARKUP.search(written, place)
            end = found.start() if found else len(written)
        else:
            end = written.index(ends, place) + 1
        yield written[place:end]
        place = end


# --- Reading ----------------------------------------------------------------------------------------------------------


def read(html: str, base: str | None = None) -> Text:
    """Read a comment as WordPress shows it; the lines that `html` made of lists are lists again."""
    return normalised(tuple(_relisted(html_in.parse(html, base))))


def _relisted(blocks: Iterable[Block]) -> Iterator[Block]:
    for block in blocks:
        match block:
            case Paragraph(children):
                yield from _paragraph(children)
            case Quote(children):
                yield Quote(tuple(_relisted(children)))
            case _:
                yield block


def _paragraph(children: tuple[Inline, ...]) -> Iterator[Block]:
    lines = [list(line) for ends, line in groupby(runs(children), lambda run: run.leaf == LineBreak()) if not ends]
    items: list[tuple[str, list[list[Run]]]] = []
    for line in lines:
        mark = _mark_of(line)
        if mark is not None:
            items.append((mark, [_without_mark(line)]))
        elif items:
            items[-1][1].append(line)
        else:
            items.append(("", [line]))
    if all(not mark for mark, _ in items):
        yield Paragraph(children)
        return
    for kind, group in groupby(items, lambda item: "1" if item[0] not in {"", _BULLET} else item[0]):
        yield from _grouped(kind, list(group))


def _grouped(kind: str, group: list[tuple[str, list[list[Run]]]]) -> Iterator[Block]:
    items = tuple((_joined(lines),) for _, lines in group)
    match kind:
        case "":
            yield from (block for item in items for block in item)
        case "1":
            yield NumberedList(items, int(group[0][0].rstrip(".")))
        case _:
            yield BulletList(items)


def _joined(lines: list[list[Run]]) -> Paragraph:
    flat = [run for line in lines for run in (Run((), LineBreak()), *line)]
    return Paragraph(inlines(flat[1:]))


def _mark_of(line: list[Run]) -> str | None:
    first = line[0] if line else None
    if first is None or first.marks or not isinstance(first.leaf, Plain):
        return None
    return _mark(first.leaf.text)


def _mark(line: str) -> str | None:
    """The mark of a list's item at the beginning of a line: a bullet or a number, and a no-break space."""
    mark, gap, _ = line.lstrip(_GAP + " ").partition(_GAP)
    number = mark[:-1]
    if gap and (mark == _BULLET or (mark[-1:] == "." and number.isascii() and number.isdigit() and len(number) < 12)):
        return mark
    return None


def _without_mark(line: list[Run]) -> list[Run]:
    first = line[0].leaf
    assert isinstance(first, Plain)
    words = first.text
    while _mark(words) is not None:  # an item may begin with a list of its own
        _, _, words = words.lstrip(_GAP + " ").partition(_GAP)
    return [Run((), Plain(words)), *line[1:]]
