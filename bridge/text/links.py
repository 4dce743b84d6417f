"""Links and images that do not lie: the last step of every parser, and the first of our HTML renderer (law 9)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from bridge.text.addresses import allowed, betrayed, disguised, hosts_shown, is_mail
from bridge.text.tree import (
    Block,
    BulletList,
    Image,
    Link,
    Mark,
    NumberedList,
    Paragraph,
    Plain,
    Quote,
    Run,
    Text,
    inlines,
    leaf_text,
    normalised,
    runs,
)


def honest(text: Text) -> Text:
    """Give the text in normal form, without refused addresses and without disguised links.

    A refused link or image leaves its words. A disguised one becomes its words, and its real address in parentheses as
    a link of its own.
    """
    normal = normalised(text)
    checked = _honest_blocks(normal)
    return normal if checked is normal else normalised(checked)


def _honest_blocks(blocks: Text) -> Text:
    """Check every block; the very same blocks where none has anything to check, as in most comments."""
    checked = tuple(_honest_block(block) for block in blocks)
    return blocks if all(one is other for one, other in zip(checked, blocks, strict=True)) else checked


def _honest_block(block: Block) -> Block:
    match block:
        case Paragraph(children):
            flat = runs(children)
            if not any(run.link is not None or isinstance(run.leaf, Image) for run in flat):
                return block
            return Paragraph(inlines(_told_disguises(_checked(run) for run in flat)))
        case Quote(children):
            checked = _honest_blocks(children)
            return block if checked is children else Quote(checked)
        case BulletList(items):
            return BulletList(tuple(tuple(_honest_block(child) for child in item) for item in items))
        case NumberedList(items, start):
            return NumberedList(tuple(tuple(_honest_block(child) for child in item) for item in items), start)
        case _:
            return block


def _checked(run: Run) -> Run:
    """Take away what leads to a refused address, and within a link the image that names a host not its own."""
    marks = tuple(mark for mark in run.marks if mark.kind is not Link or allowed(mark.address) == mark.address)
    checked = Run(marks, run.leaf)
    match run.leaf:
        case Image(address, alt) if allowed(address, mail=False) != address or (
            checked.link is not None and disguised(address, alt)
        ):
            return Run(marks, Plain(leaf_text(run.leaf)))
    return checked


def _target(run: Run) -> Mark | None:
    """Say where a run leads: an image is a link to itself wherever images are not shown."""
    match run.leaf:
        case Image(address, _):
            return run.link or Mark(Link, address)
    return run.link


def _told_disguises(flat: Iterator[Run]) -> Iterator[Run]:
    """Undo disguised links. Links that touch are read as one word, so each is judged by what all of them show."""
    for leads, touching in groupby(flat, lambda run: _target(run) is not None):
        if not leads:
            yield from touching
            continue
        together = list(touching)
        shown = "".join(leaf_text(run.leaf) for run in together)
        # Once for all of them: to read everything again for each of many links would be quadratic.
        hosts, mail_hosts = hosts_shown(shown), hosts_shown(shown, mail=True)
        for (target, _), members in groupby(together, lambda run: (_target(run), run.link is None)):
            group = list(members)
            if target is not None and (
                betrayed(target.address, mail_hosts if is_mail(target.address) else hosts)
                or disguised(target.address, "".join(leaf_text(run.leaf) for run in group))  # alone, it may say more
            ):
                yield from _told(target, group)
            else:
                yield from group


def _told(target: Mark, group: list[Run]) -> Iterator[Run]:
    bare = [_words_only(run) for run in group]
    yield from bare
    yield from _in_parentheses(bare[-1].marks, target.address)


def _words_only(run: Run) -> Run:
    """Take the link away; an image would go on to be one, so that its words take its place."""
    leaf = Plain(leaf_text(run.leaf)) if isinstance(run.leaf, Image) else run.leaf
    return Run(tuple(mark for mark in run.marks if mark.kind is not Link), leaf)


def _in_parentheses(marks: tuple[Mark, ...], address: str) -> Iterator[Run]:
    yield Run(marks, Plain(" ("))
    yield Run((*marks, Mark(Link, address)), Plain(address))
    yield Run(marks, Plain(")"))
