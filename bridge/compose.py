"""The text of an answer: its messages in order, with the people that it names as links. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bridge.authorise import Addressed
from bridge.text.links import honest
from bridge.text.names import linked
from bridge.text.tree import Block, Inline, Link, Paragraph, Plain, Text, normalised


def compose(messages: Sequence[Text], addressed: Addressed, links: Mapping[str, str]) -> Text:
    """Put the messages of an answer into one text. `links` are the addresses of the people who may be named.

    Where the blog flattens replies, so that the answer stands under another comment than the one it answers,
    it opens with a link to the person answered. A name that looks like an address disguises no link (law 9).
    """
    people = {**links, addressed.name: addressed.link}
    blocks = tuple(block for message in messages for block in linked(message, people))
    if addressed.parent != addressed.comment and not _opens_with(blocks, addressed.link):
        blocks = _opened(blocks, addressed)
    return honest(normalised(blocks))


def _opens_with(blocks: Sequence[Block], address: str) -> bool:
    first = blocks[0] if blocks else None
    if not isinstance(first, Paragraph):
        return False
    words = [node for node in first.children if not (isinstance(node, Plain) and not node.text.strip())]
    return bool(words) and isinstance(words[0], Link) and words[0].address == address


def _opened(blocks: tuple[Block, ...], addressed: Addressed) -> tuple[Block, ...]:
    person: Inline = Link(addressed.link, (Plain(f"@{addressed.name}"),))
    if blocks and isinstance(blocks[0], Paragraph):
        first = replace(blocks[0], children=(person, Plain(" "), *blocks[0].children))
        return (first, *blocks[1:])
    return (Paragraph((person,)), *blocks)
