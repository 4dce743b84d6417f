"""The tree into safe HTML."""

from __future__ import annotations

from hypothesis import example, given
from selectolax.lexbor import LexborHTMLParser

from bridge.text import html_in
from bridge.text.html_out import ATTRIBUTES, LINK_RELATION, TAGS, render
from bridge.text.links import honest
from bridge.text.tree import (
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Image,
    LineBreak,
    Link,
    NumberedList,
    Plain,
    Quote,
    Strike,
    Strong,
    Text,
    flattened,
    normalised,
    paragraph,
    wording,
)
from tests.rules.text.trees import texts

ADDRESS = "https://example.org/?a=1&b=2"


def test_everything_is_rendered() -> None:
    """Each node has its HTML, and reading it back gives the same tree."""
    text: Text = (
        *paragraph(
            "a < b & ", Emphasis((Plain("c"),)), Strong((Plain("d"),)), Strike((Plain("e"),)), LineBreak(), Code("f")
        ),
        CodeBlock("<x>\n  y", "python"),
        Quote(paragraph("q")),
        BulletList((paragraph("one"), (*paragraph("two"), BulletList((paragraph("deep"),))))),
        NumberedList((paragraph("three"),), 3),
        *paragraph(Link(ADDRESS, (Plain("here"),))),
    )
    html = render(text)
    assert '<pre><code class="language-python">&lt;x&gt;\n  y</code></pre>' in html
    assert '<ol start="3"><li>three</li></ol>' in html
    assert f'<a href="https://example.org/?a=1&amp;b=2" rel="{LINK_RELATION}">here</a>' in html
    assert html_in.parse(html) == text


def test_law_09_no_image_is_loaded() -> None:
    """A picture that a visitor chose would tell its server who reads: it becomes a link, in a link its words."""
    html = render(paragraph(Image(ADDRESS, "a cat"), Link("https://a.example", (Image(ADDRESS, "a dog"),))))
    assert "<img" not in html
    assert ">a cat</a>" in html
    assert ">a dog</a>" in html


def test_law_09_markup_in_words_stays_words() -> None:
    """What looks like HTML in a chat is shown, not obeyed."""
    html = render(paragraph("<script>alert(1)</script>", Link('javascript:"x', (Plain("y"),))))
    assert html == "<p>&lt;script&gt;alert(1)&lt;/script&gt;y</p>"


@given(texts())
@example(paragraph(Code("a\r\nb \x85c"), "\u2028", Link(ADDRESS, (Plain("bank.example"),))))
def test_law_09_only_allowed_markup_reaches_a_blog(text: Text) -> None:
    """Of any tree at all, only allow-listed tags and attributes come out, and links lead where links may."""
    for node in LexborHTMLParser(render(text), is_fragment=True).css("*"):
        assert node.tag in TAGS
        extra = {"rel"} if node.tag == "a" else set()
        assert set(node.attributes) <= ATTRIBUTES.get(node.tag or "", set()) | extra
        if node.tag == "a":
            assert (node.attributes["href"] or "").startswith(("http://", "https://", "HTTP", "mailto:"))
            assert node.attributes["rel"] == LINK_RELATION


@given(texts())
def test_the_words_survive_the_round_trip(text: Text) -> None:
    """A blog that gives our comment back gives the same wording, by which we know it."""
    made_honest = honest(flattened(text))
    assert wording(html_in.parse(render(text))) == wording(made_honest)
    if made_honest == normalised(flattened(text)):
        assert wording(html_in.parse(render(text))) == wording(text)
