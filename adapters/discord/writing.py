"""The tree of a text as Discord's Markdown: what a comment says is all there, and nothing of it does anything. Pure.

What Discord cannot show is written so that it can be read: a quote within a quote has its sign, a picture is its link.
A zero-width joiner keeps marks apart that would be read as one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from adapters.discord.escaping import JOINER, escaped, guarded, unnamed, web
from bridge.text.addresses import hosts_shown, is_mail
from bridge.text.bare import tokens, visible
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
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Strike,
    Strong,
    Text,
    leaf_text,
    runs,
)

_MARKS = (Strike, Strong, Emphasis)
"""From the outside in: however they were nested, they look the same."""
_SPOILS = {Strike: "~", Strong: "*", Emphasis: "*_"}
"""What cannot be escaped within an address or code, and would end the mark around it."""
_DELIMITERS = frozenset("*_~`")
_FENCE = "```"
_LANGUAGE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_+-.#")
_IN_MASKED = {ord("("): "%28", ord(")"): "%29"}

Kind = type[Strike] | type[Strong] | type[Emphasis]


def written(text: Text) -> str:
    """Write a text as Discord's Markdown; links are made honest, and nobody is mentioned."""
    checked = honest(text)
    return "\n".join(_Writer(masks=not _code_ends_links(checked)).blocks(checked))


def _code_ends_links(text: Text) -> bool:
    """Whether code says what ends a masked link: Discord would take it for the end of one that began before."""
    return any(map(_ends_link, text))


def _ends_link(block: Block) -> bool:
    match block:
        case CodeBlock(code, _):
            return "](" in code
        case Paragraph(children):
            return any(isinstance(run.leaf, Code) and "](" in run.leaf.text for run in runs(children))
        case Quote(children):
            return _code_ends_links(children)
        case BulletList(items) | NumberedList(items, _):
            return any(map(_code_ends_links, items))


class _Atom(NamedTuple):
    """A piece of a line that is written already, and the marks around it."""

    marks: tuple[Kind, ...]
    raw: str


class _Writer:
    """Writes the blocks of one text. `masks`: links may have words of their own."""

    def __init__(self, *, masks: bool) -> None:
        self._masks = masks

    def blocks(self, text: Text, *, inner: bool = False) -> list[str]:
        """Write blocks as lines; `inner`: they stand in a quote or in a list."""
        lines: list[str] = []
        before = None
        for block in text:
            if before is not None:
                lines += _between(before, block)
            lines += self._block(block, inner=inner)
            before = block
        return lines

    def _block(self, block: Block, *, inner: bool) -> list[str]:
        match block:
            case Paragraph(children):
                return [guarded(line) for line in self._lines(children)]
            case CodeBlock(code, language):
                return _fenced(code, language)
            case Quote(children):
                lines = self.blocks(children, inner=True)
                return list(_behind("\\> ", lines)) if inner else [f"> {line}" for line in lines]
            case BulletList(items):
                return [line for item in items for line in self._item(item, "- ")]
            case NumberedList(items, start):
                numbered = enumerate(items, start)
                return [line for number, item in numbered for line in self._item(item, f"{number}. ")]

    def _item(self, item: Text, bullet: str) -> list[str]:
        first, *others = self.blocks(item, inner=True) or [""]
        if first and not isinstance(item[0], Paragraph):
            first, others = JOINER, [first, *others]
        return [bullet + (first or JOINER), *_behind(" " * len(bullet), others)]

    # Lines

    def _lines(self, children: Iterable[Inline]) -> list[str]:
        flat = runs(children)
        lines = (
            _joined(list(self._atoms(list(line))))
            for is_break, line in groupby(flat, lambda run: isinstance(run.leaf, LineBreak))
            if not is_break
        )
        return [line.strip(" ") for line in lines if line.strip()]

    def _atoms(self, line: list[Run]) -> Iterator[_Atom]:
        for link, group in groupby(line, lambda run: run.link):
            if link is None:
                for run in group:
                    yield from self._leaf(run)
            else:
                yield self._link(link.address, list(group))

    def _leaf(self, run: Run) -> Iterator[_Atom]:
        match run.leaf:
            case Plain(words):
                for token in tokens(words, web):
                    if token.is_address:
                        yield _atom(run, f"<{web(token.text)}>")
                    else:
                        yield _Atom(_kinds(run), escaped(token.text))
            case Code(code):
                yield _atom(run, _code(code))
            case Image(address, alt):
                yield self._link(address, [Run(run.marks, Plain(alt))])

    def _link(self, address: str, group: list[Run]) -> _Atom:
        outer = tuple(kind for kind in _MARKS if all(kind in _kinds(run) for run in group))
        words = "".join(leaf_text(run.leaf) for run in group)
        inside = [Run(tuple(mark for mark in run.marks if mark.kind not in outer), _as_words(run)) for run in group]
        bare = [Run(tuple(mark for mark in run.marks if mark.kind in _MARKS), run.leaf) for run in inside]
        raw = _joined([atom for run in bare for atom in self._leaf(run)])
        as_it_is = [address, *(leaf_text(run.leaf) for run in group if _is_as_it_is(run))]
        return _Atom(_spared(outer, "".join(as_it_is)), self._led(address, words, raw))

    def _led(self, address: str, words: str, raw: str) -> str:
        """Write the words of a link and where they lead."""
        target = web(address)
        if target is None:  # a mailbox's: Discord follows none
            shown = address.partition(":")[2] if is_mail(address) else address
            return raw if shown in words else f"{raw} ({escaped(shown)})".lstrip()
        if not visible(words) or _same_place(words, address):
            return f"<{target}>"
        if not self._masks or "[" in words or "]" in words or "://" in words or hosts_shown(words):
            return f"{raw} (<{target}>)"
        return f"[{guarded(raw)}](<{target.translate(_IN_MASKED)}>)"


def _is_as_it_is(run: Run) -> bool:
    """Whether a run is not escaped: code, and what has an address in it."""
    return isinstance(run.leaf, Code) or "://" in leaf_text(run.leaf)


def _as_words(run: Run) -> Plain | Code | Image | LineBreak:
    return Plain(leaf_text(run.leaf)) if isinstance(run.leaf, Image) else run.leaf


def _same_place(words: str, address: str) -> bool:
    return words.strip().rstrip("/") in {address.rstrip("/"), address.partition("://")[2].rstrip("/")}


def _kinds(run: Run) -> tuple[Kind, ...]:
    present = {mark.kind for mark in run.marks}
    return tuple(kind for kind in _MARKS if kind in present)


def _atom(run: Run, raw: str) -> _Atom:
    return _Atom(_spared(_kinds(run), raw), raw)


def _spared(kinds: tuple[Kind, ...], raw: str) -> tuple[Kind, ...]:
    """Take away the marks that would end within what cannot be escaped."""
    return tuple(kind for kind in kinds if not any(sign in raw for sign in _SPOILS[kind]))


# --- Marks ------------------------------------------------------------------------------------------------------------


def _joined(atoms: list[_Atom]) -> str:
    return _grown(atoms, 0)


def _grown(atoms: list[_Atom], level: int) -> str:
    groups = [(mark, list(group)) for mark, group in groupby(atoms, lambda atom: _mark_at(atom, level))]
    inner = [_plainly(group) if mark is None else _grown(group, level + 1) for mark, group in groups]
    line = ""
    for (mark, _), raw, following in zip(groups, inner, [*inner[1:], ""], strict=False):
        line = _apart(line, raw if mark is None else _wrapped(mark, raw, line[-1:], following[:1]))
    return line


def _plainly(atoms: list[_Atom]) -> str:
    line = ""
    for atom in atoms:
        line = _apart(line, atom.raw)
    return line


def _mark_at(atom: _Atom, level: int) -> Kind | None:
    return atom.marks[level] if len(atom.marks) > level else None


def _wrapped(mark: Kind, raw: str, before: str, after: str) -> str:
    """Put a mark around words; white space at their edges stays outside of it."""
    words = raw.strip().strip("\ufeff")
    if not words:
        return raw
    lead = raw.index(words)
    trail = raw[lead + len(words) :]
    words = guarded(words)
    token = _token(mark, raw[:lead] or before, trail or after)
    left = JOINER if words.startswith((token[0], "\\" + token[0])) else ""
    right = JOINER if words.endswith(token[0]) else ""
    return f"{raw[:lead]}{token}{left}{words}{right}{token}{trail}"


def _token(mark: Kind, before: str, after: str) -> str:
    if mark is not Emphasis:
        return "~~" if mark is Strike else "**"
    # Within a word only the star counts; elsewhere the line is not mistaken for a part of bold.
    return "*" if _in_word(before[-1:]) or _in_word(after[:1]) else "_"


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _apart(line: str, raw: str) -> str:
    """Join two pieces so that the marks of both stay their own."""
    touching = line[-1:] in _DELIMITERS and raw[:1] in _DELIMITERS
    return f"{line}{JOINER}{raw}" if line and raw and touching else line + raw


# --- Code, lists ------------------------------------------------------------------------------------------------------


def _code(code: str) -> str:
    line = " ".join(unnamed(code).split("\n"))
    if not line.strip():
        return line
    line = _broken(line, "``")
    fence = "``" if "`" in line else "`"
    return f"{fence}{' ' * (line[0] == '`')}{line}{' ' * (line[-1] == '`')}{fence}"


def _broken(code: str, fence: str) -> str:
    """Keep code from what would end it; twice, because what was broken may stand beside what was not."""
    apart = fence[:-1] + JOINER + fence[-1]
    return code.replace(fence, apart).replace(fence, apart)


def _fenced(code: str, language: str) -> list[str]:
    lines = _broken(unnamed(code), _FENCE).split("\n")
    name = language.lower() if language and set(language.lower()) <= _LANGUAGE else ""
    return [_FENCE + name, *lines, _FENCE]


def _behind(sign: str, lines: list[str]) -> Iterator[str]:
    """Put a sign before lines that stand in a list or in a quote's quote; code would show it, and stays without."""
    fenced = False
    for line in lines:
        fence = line.startswith(_FENCE)
        yield line if fence or fenced else sign + line
        fenced = fenced != fence


def _between(before: object, after: object) -> list[str]:
    """What stands between two blocks so that both stay what they are."""
    lists = (BulletList, NumberedList)
    if isinstance(before, lists) and isinstance(after, lists):
        return [JOINER]
    alike = isinstance(before, Paragraph | Quote) and type(before) is type(after)
    return [""] if alike else []
