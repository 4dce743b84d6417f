"""Hypothesis strategies for texts that try what Discord's Markdown can do."""

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
    "@everyone", "@here", "<@123>", "<@!123>", "<@&456>", "<#789>", "</run it:12>", "<id:customize>",
    "<t:1700000000:R>", "<:smile:123>", "<a:wave:456>", ":smile:", "<", ">", "@", "\\", "\\\\", "*", "**", "***", "_",
    "__", "~", "~~", "|", "||", "`", "``", "```", "```py\n", "[", "]", "(", ")", "](", "[a](https://evil.example/)", "](<https://evil.example/>)",
    "https://x.example/a_b_c", "https://x.example/(a)_b*c~d", "http://x.example/@everyone", "https://", "://",
    "https://bank.example@evil.example/", "https://discord.gg/evil", "discord.gg/evil", "discord.com/invite/evil",
    "<https://evil.example|bank.example>", "steam://run/1", "discord://-/x", "<mail@x.example>", "<+4912345>",
    "# ", "## head", "-# ", "- ", "1. ", "1) ", "> ", ">>> ", "\n", "\n\n", "\n# ", "\n- ", "\n> ", "\n>>> ", "\n-# ",
    "\u2028# ", "\u00a0- ", "\ufeff", "\u200b", "\u2060", "\u202e", "\ue0bc", ":~:bc=aaaaaaaaaaaaaaaaaaaaaaaa",
    "¯\\_(ツ)_/¯", "snake_case_x", "a*b*c", " ", "  ", "word", "é", "ツ", "e\u0301", "1", ".", "!",
)  # fmt: skip
ADDRESSES = (
    "https://x.example/a_b_c*d*~e~(f)",
    "https://x.example/",
    "http://x.example:8080/@everyone?x=<@1>",
    "https://discord.gg/evil",
    "https://x.example/\ue0bc",
    "mailto:vera@x.example",
    "javascript:alert(1)",
    "https://u:p@evil.example/",
    "https://x.example/) @everyone",
)


def words() -> st.SearchStrategy[str]:
    """Give words of which every one is markup somewhere."""
    return st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=6)), max_size=4).map("".join)


def _marked(inner: st.SearchStrategy[Inline]) -> st.SearchStrategy[Inline]:
    children = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        children.map(Emphasis),
        children.map(Strong),
        children.map(Strike),
        st.builds(Link, st.sampled_from(ADDRESSES), children),
    )


def _contained(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    some = st.lists(inner, min_size=1, max_size=3).map(tuple)
    items = st.lists(some, min_size=1, max_size=3).map(tuple)
    return st.one_of(some.map(Quote), items.map(BulletList), st.builds(NumberedList, items, st.integers(0, 2000)))


def inlines() -> st.SearchStrategy[Inline]:
    """Give inlines, nested."""
    leaves: st.SearchStrategy[Inline] = st.one_of(
        words().map(Plain),
        words().map(Code),
        st.builds(Image, st.sampled_from(ADDRESSES), words()),
        st.builds(LineBreak),
    )
    return st.recursive(leaves, _marked, max_leaves=4)


def paragraphs() -> st.SearchStrategy[Paragraph]:
    """Give paragraphs."""
    return st.lists(inlines(), min_size=1, max_size=3).map(lambda some: Paragraph(tuple(some)))


def texts() -> st.SearchStrategy[Text]:
    """Give whole texts."""
    code = st.builds(CodeBlock, words(), st.sampled_from(("", "python", "``` @everyone", "c++")))
    plain: st.SearchStrategy[Block] = st.one_of(paragraphs(), code)
    return st.lists(st.recursive(plain, _contained, max_leaves=4), max_size=3).map(tuple)
