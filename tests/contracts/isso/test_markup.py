"""Our Markdown, rendered by Isso's own renderer: the words are the author's, the markup is only what was meant."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.isso.markup import markdown
from adapters.isso.server import environment
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
    Strike,
    Strong,
    Text,
    normalised,
    paragraph,
    wording,
)
from tests.servers.isso import CACHE
from tests.servers.isso_renderer import Renderer, renderer

pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
MANY = settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def isso_renderer() -> Iterator[Renderer]:
    python = asyncio.run(environment(CACHE, lambda words: None))
    with renderer(python) as running:
        yield running


NASTY = st.text(st.sampled_from("ab 1.\\`*_{}[]()<>#+-!|~^=$&:;/\"'@\n\t\u00a0\u2028é😀")) | st.sampled_from(
    [
        *("# no heading", "1. no list", "1) no list", "- no", "+ no", "> no quote", "    no code", "***", "---", "==="),
        *(
            "[no](https://x.example)",
            "![no](x)",
            "<script>alert(1)</script>",
            "<b>no</b>",
            "&lt;b&gt;",
            "&#60;",
            "&amp;",
        ),
        *(
            "javascript:alert(1)",
            "<https://x.example>",
            "[a]: https://x.example",
            "```",
            "~~~",
            "~~no~~",
            "a^b^",
            "a~b~",
        ),
        *(
            "| a | b |\n|---|---|",
            "Term\n: no",
            "$$x$$",
            "==no==",
            "^^no^^",
            ">! no !<",
            "[^1]",
            "\\",
            "a\\\nb",
            "`",
            "``",
        ),
        *("https://x.example/a_b_c", "snake_case_name", "2 * 3 * 4", "a < b > c", "C:\\dir\\*", "<!-- no -->", "<?php"),
    ]
)


@MANY
@given(words=NASTY)
def test_plain_words_come_out_as_they_went_in_and_without_markup(isso_renderer: Renderer, words: str) -> None:
    text = paragraph(words)
    back = html_in.parse(isso_renderer.render(markdown(text)))
    assert wording(back) == wording(text)
    assert all(isinstance(block, Paragraph) for block in back)
    assert all(isinstance(child, Plain | LineBreak) for block in back for child in block.children)  # type: ignore[union-attr]


@MANY
@given(words=NASTY, more=NASTY)
def test_code_comes_out_as_it_went_in(isso_renderer: Renderer, words: str, more: str) -> None:
    text: Text = (Paragraph((Plain("a "), Code(words), Plain(" b"))), CodeBlock(more, "python"))
    back = html_in.parse(isso_renderer.render(markdown(text)))
    assert wording(back) == wording(text)


def inlines() -> st.SearchStrategy[Inline]:
    leaves: st.SearchStrategy[Inline] = (
        st.builds(Plain, NASTY | st.sampled_from(["word", " word ", "(", "!", "end."]))
        | st.builds(Code, NASTY)
        | st.just(LineBreak())
        | st.builds(Image, st.just("https://x.example/p.png"), st.sampled_from(["", "a picture"]))
    )

    def grown(children: st.SearchStrategy[Inline]) -> st.SearchStrategy[Inline]:
        inner = st.lists(children, max_size=3).map(tuple)
        addresses = st.sampled_from(["https://x.example/a_b(c)?d=e&lt;f*", "https://x.example/", "javascript:alert(1)"])
        return (
            st.builds(Emphasis, inner)
            | st.builds(Strong, inner)
            | st.builds(Strike, inner)
            | st.builds(Link, addresses, inner)
        )

    return st.recursive(leaves, grown, max_leaves=6)


def blocks() -> st.SearchStrategy[Block]:
    leaves: st.SearchStrategy[Block] = st.builds(
        Paragraph, st.lists(inlines(), min_size=1, max_size=4).map(tuple)
    ) | st.builds(CodeBlock, NASTY, st.sampled_from(["", "python", 'x" onload="y']))

    def grown(children: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
        inner = st.lists(children, min_size=1, max_size=3).map(tuple)
        items = st.lists(inner, min_size=1, max_size=3).map(tuple)
        return (
            st.builds(Quote, inner) | st.builds(BulletList, items) | st.builds(NumberedList, items, st.integers(0, 12))
        )

    return st.recursive(leaves, grown, max_leaves=4)


@MANY
@given(text=st.lists(blocks(), min_size=1, max_size=3).map(tuple))
def test_every_text_keeps_its_words(isso_renderer: Renderer, text: Text) -> None:
    text = honest(normalised(text))
    html = isso_renderer.render(markdown(text))
    assert wording(html_in.parse(html)) == wording(text)
    assert "<script" not in html and 'href="javascript' not in html.lower()


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (paragraph(Strong((Plain("bold"),)), " and ", Emphasis((Plain("stressed"),)), "."),
         "<p><strong>bold</strong> and <em>stressed</em>.</p>"),
        (paragraph("one", LineBreak(), "two"), "<p>one<br>\ntwo</p>"),
        (paragraph(Strike((Plain("wrong"),)), " right"), "<p><del>wrong</del> right</p>"),
        (paragraph("see ", Link("https://x.example/?a=1&b=2", (Plain("this"),))),
         '<p>see <a href="https://x.example/?a=1&amp;b=2" rel="nofollow noopener">this</a></p>'),
        ((CodeBlock("x = 1\n\ny = 2", "python"),),
         '<p></p><pre><code class="language-python">x = 1\n\ny = 2\n</code></pre><p></p>'),
        (paragraph(Link("javascript:alert(1)", (Plain("no"),))), "<p>no</p>"),
    ],
)  # fmt: skip
def test_what_was_meant_is_markup(isso_renderer: Renderer, text: Text, html: str) -> None:
    assert isso_renderer.render(markdown(text)).replace("<br />", "<br>") == html


def test_lists_and_quotes_keep_their_shape(isso_renderer: Renderer) -> None:
    text: Text = (
        BulletList(
            ((Paragraph((Plain("one"),)),), (Paragraph((Plain("two"),)), NumberedList(((Paragraph((Plain("a"),)),),))))
        ),
        Quote((Paragraph((Plain("said"),)), CodeBlock("code"))),
    )
    assert normalised(html_in.parse(isso_renderer.render(markdown(text)))) == normalised(text)
