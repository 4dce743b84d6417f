"""Hypothesis strategies for texts, honest and hostile."""

from __future__ import annotations

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

NASTY = (
    "<script>alert(1)</script>",
    "</code></pre><img src=x onerror=alert(1)>",
    "&lt;b&gt; &amp;amp; &#x3C;",
    '" onmouseover="x',
    "' style='x",
    "<!-- ",
    "]]>",
    "javascript:alert(1)",
    "https://bank.example",
    "bank\u3002example",
    "@everyone",
    "**not bold** `x` ~~y~~ [a](b)",
    "\u202eevil\u2066",
    "\x00\x1b\x85",
    " \t\n\r\n\x0c\x0b ",
    "\u00a0\u2003\u200b\u2028",
    "e\u0301\U0001f468\u200d\U0001f469",
)
ADDRESSES = (
    "https://example.org/a?b=c&d=%20#e",
    "http://evil.example:8080/",
    "mailto:vera@example.org",
    "https://b\u00fccher.example/\u00e4",
    "https://example.org/(a)'b",
)
BAD_ADDRESSES = (
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://user:word@evil.example/",
    '"><script>',
    "https://evil.example/\\@bank.example",
    "//evil.example",
    "https://[::1]/",
    "",
)


def words() -> st.SearchStrategy[str]:
    """Give words, often nasty ones."""
    return st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=12)), max_size=3).map("".join)


def addresses() -> st.SearchStrategy[str]:
    """Give addresses, good and bad."""
    return st.one_of(st.sampled_from(ADDRESSES), st.sampled_from(BAD_ADDRESSES), words())


def leaves() -> st.SearchStrategy[Inline]:
    """Give inlines that hold no others."""
    return st.one_of(
        words().map(Plain), words().map(Code), st.builds(Image, addresses(), words()), st.builds(LineBreak)
    )


def inlines() -> st.SearchStrategy[Inline]:
    """Give inlines, nested."""
    return st.recursive(leaves(), _marked, max_leaves=6)


def _marked(inner: st.SearchStrategy[Inline]) -> st.SearchStrategy[Inline]:
    children = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        children.map(Emphasis), children.map(Strong), children.map(Strike), st.builds(Link, addresses(), children)
    )


def blocks() -> st.SearchStrategy[Block]:
    """Give blocks, nested."""
    plain_blocks: st.SearchStrategy[Block] = st.one_of(
        st.lists(inlines(), max_size=4).map(lambda some: Paragraph(tuple(some))),
        st.builds(CodeBlock, words(), st.sampled_from(("", "python", 'c" x="', "c++"))),
    )
    return st.recursive(plain_blocks, _contained, max_leaves=6)


def _contained(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    some = st.lists(inner, max_size=3).map(tuple)
    items = st.lists(some, max_size=3).map(tuple)
    return st.one_of(
        some.map(Quote), items.map(BulletList), st.builds(NumberedList, items, st.integers(0, 999_999_999))
    )


def texts() -> st.SearchStrategy[Text]:
    """Give whole texts: any tree that our types allow, within the depth that parsers keep to."""
    return st.lists(blocks(), max_size=4).map(tuple)
