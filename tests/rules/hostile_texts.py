"""Hypothesis strategies for texts that try what the markup of a chat can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

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
    Strike,
    Strong,
    Text,
)


@dataclass(frozen=True)
class Texts:
    """Texts made of these words and addresses, which are `nasty` in one chat."""

    nasty: Sequence[str]
    addresses: Sequence[str]

    def words(self) -> st.SearchStrategy[str]:
        """Give words of which every one is markup somewhere."""
        return st.lists(st.one_of(st.sampled_from(self.nasty), st.text(max_size=6)), max_size=4).map("".join)

    def inlines(self) -> st.SearchStrategy[Inline]:
        """Give inlines, nested."""
        leaves: st.SearchStrategy[Inline] = st.one_of(
            self.words().map(Plain),
            self.words().map(Code),
            st.builds(Image, st.sampled_from(self.addresses), self.words()),
            st.builds(LineBreak),
        )
        return st.recursive(leaves, self._marked, max_leaves=4)

    def paragraphs(self) -> st.SearchStrategy[Paragraph]:
        """Give paragraphs."""
        return st.lists(self.inlines(), min_size=1, max_size=3).map(lambda some: Paragraph(tuple(some)))

    def texts(self) -> st.SearchStrategy[Text]:
        """Give whole texts."""
        code = st.builds(CodeBlock, self.words(), st.sampled_from(("", "python", "``` @everyone", "c++")))
        plain: st.SearchStrategy[Block] = st.one_of(self.paragraphs(), code)
        return st.lists(st.recursive(plain, _contained, max_leaves=4), max_size=3).map(tuple)

    def _marked(self, inner: st.SearchStrategy[Inline]) -> st.SearchStrategy[Inline]:
        children = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return st.one_of(
            children.map(Emphasis),
            children.map(Strong),
            children.map(Strike),
            st.builds(Link, st.sampled_from(self.addresses), children),
        )


def _contained(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    items = st.lists(some, min_size=1, max_size=3).map(tuple)
    return st.one_of(some.map(Quote), items.map(BulletList), st.builds(NumberedList, items, st.integers(0, 2000)))
