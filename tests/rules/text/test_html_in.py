"""HTML into the tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.text.addresses import disguised
from bridge.text.html_in import MAX_TAGS, parse
from bridge.text.tree import (
    MAX_DEPTH,
    BulletList,
    Code,
    CodeBlock,
    Emphasis,
    Image,
    Inline,
    LineBreak,
    Link,
    NumberedList,
    Plain,
    Quote,
    Strike,
    Strong,
    Text,
    cleaned,
    dump,
    inline_text,
    normalised,
    paragraph,
    plain,
    wording,
)
from tests.rules.text.counting import calls_during
from tests.rules.text.test_links import links, own
from tests.rules.text.test_tree import depth
from tests.rules.text.trees import NASTY

BASE = "https://blog.example/post/"
X = (Plain("x"),)


@pytest.mark.parametrize(
    ("html", "inline"),
    [
        *((f"<{tag}>x</{tag}>", Emphasis(X)) for tag in ("em", "i", "cite", "dfn")),
        *((f"<{tag}>x</{tag}>", Strong(X)) for tag in ("strong", "b")),
        *((f"<{tag}>x</{tag}>", Strike(X)) for tag in ("del", "s", "strike")),
        *((f"<{tag}>x  y</{tag}>", Code("x  y")) for tag in ("code", "kbd", "samp", "tt")),
        ('<a href="https://example.org">x</a>', Link("https://example.org", X)),
        ('<a href="mailto:vera@example.org">x</a>', Link("mailto:vera@example.org", X)),
        ('<a href="../x">x</a>', Link("https://blog.example/x", X)),
        ('<img src="i.png" alt=" a\ncat ">', Image("https://blog.example/post/i.png", "a cat")),
        ("<em><strong>x</strong></em>", Emphasis((Strong(X),))),
        ("<b><b>x</b></b>", Strong(X)),
        ("<blink>x</blink>", Plain("x")),
        ("&lt;b&gt; &amp;amp;", Plain("<b> &amp;")),
    ],
)
def test_inlines(html: str, inline: Inline) -> None:
    """Every inline that we allow arrives; unknown elements keep their text."""
    assert parse(f"<p>{html}</p>", BASE) == paragraph(inline)


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<p>b</p>c", (*paragraph("a"), *paragraph("b"), *paragraph("c"))),
        ("<p>a<br>b<br></p>", paragraph("a", LineBreak(), "b")),
        ("<h2>T</h2>x<hr>y", (*paragraph(Strong((Plain("T"),))), *paragraph("x"), *paragraph("y"))),
        ("<blockquote>a<p>b</blockquote>", (Quote((*paragraph("a"), *paragraph("b"))),)),
        ("<ul> <li>a</li>\n<li>b</ul>", (BulletList((paragraph("a"), paragraph("b"))),)),
        ("<ol start=3><li>a</ol>", (NumberedList((paragraph("a"),), 3),)),
        ("<ol start=x><li>a</ol>", (NumberedList((paragraph("a"),), 1),)),
        ("<ul><li>a<ul><li>b</ul></ul>", (BulletList(((*paragraph("a"), BulletList((paragraph("b"),))),)),)),
        ("<ul><li>a</li><ul><li>b</ul></ul>", (BulletList(((*paragraph("a"), BulletList((paragraph("b"),))),)),)),
        ("<li>a", paragraph("a")),
        ("<table><tr><td>a<td>b<tr><td>c</table>", (*paragraph("a | b"), *paragraph("c"))),
        ("<b>a<p>b</p></b>", (*paragraph(Strong((Plain("a"),))), *paragraph(Strong((Plain("b"),))))),
        ("<pre>\n a\n\n  b<br>c</pre>", (CodeBlock(" a\n\n  b\nc"),)),
        ('<pre><code class="x language-python">a</code></pre>', (CodeBlock("a", "python"),)),
        ("<div>a<div>b</div></div>", (*paragraph("a"), *paragraph("b"))),
        ("", ()),
        (" <p> </p><br>", ()),
    ],
)
def test_blocks(html: str, text: Text) -> None:
    """Every block that we allow arrives; text outside of blocks gets paragraphs of its own."""
    assert parse(html) == text


@pytest.mark.parametrize(
    "tag", ["script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title", "textarea", "select"]
)
def test_law_09_active_content_goes_with_all_that_is_in_it(tag: str) -> None:
    """What is no text to read leaves nothing behind."""
    assert parse(f"a<{tag}>bad</{tag}> b") == paragraph("a b")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "java&#10;script:alert(1)",
        "&#106;avascript:x",
        " java\tscript:x",
        "data:text/html,x",
        "https://user@example.org/",
        "//[",
        "vbscript:x",
    ],
)
def test_law_09_links_to_script_leave_their_text(address: str) -> None:
    """However it is hidden, script is no link and no image."""
    assert parse(f'<a href="{address}">x</a> <img src="{address}" alt="y">', BASE) == paragraph("x y")


def test_law_09_a_disguised_link_is_told() -> None:
    """A visitor's link that shows another host shows its own too."""
    told = paragraph("https://bank.example (", own("https://evil.example"), ")")
    assert parse('<a href="https://evil.example">https://<b></b>bank.example</a>') == told


def test_relative_links_without_a_base_leave_their_text() -> None:
    """We do not guess where a link leads."""
    assert parse('<a href="/x">x</a> <img src="y" alt="z">') == paragraph("x z")


def test_emoji_pictures_become_emoji() -> None:
    """WordPress puts pictures in the place of smileys; the tree has the smiley."""
    html = '<img src="https://s.example/a.svg" alt="{}" class="{}">'
    for alt, name in (("\U0001f600", ""), (":-)", "wp-smiley"), ("\u2764\ufe0f", "x"), ("1\ufe0f\u20e3", "")):
        assert parse(html.format(alt, name)) == paragraph(alt)
    assert parse(html.format("a cat", "")) == paragraph(Image("https://s.example/a.svg", "a cat"))


def test_control_and_bidi_characters_are_removed() -> None:
    """Also where they come as entities, in code and in alternative words."""
    html = "a\u202eb&#x202e;&#0;\x00c<code>d\u2066&#x2066;</code><pre>e&#27;</pre>"
    html += "<img src=https://x.example alt='f&#x202e;'>"
    assert not set(dump(parse(html)).encode().decode("unicode_escape")) & set("\u202e\u2066\x00\x1b")


HOSTILE = {
    "quotes": "<blockquote>",
    "bold": "<b>",
    "words": "hello wor ",
    "comments": "<!--",
    "entities": "&#x",
    "less": "<",
    "lists": "<ul><li>",
    "cells": "<table><tr><td>",
    "links": "<a href=https://e.example>b.example</a>",
    "marks": "<b>x</b><i>y</i>",
    "breaks": "<br>",
    "pre": "<pre><code>",
}
SIZES = {"quotes": 5_000, "bold": 25_000, "words": 100_000, "comments": 10_000, "entities": 25_000}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_input_costs_in_proportion(kind: str) -> None:
    """Twice the input is at most three times the work, nothing recurses, and the tree is shallow."""
    count = SIZES.get(kind, 2_000)
    html = HOSTILE[kind] * count
    once = calls_during(lambda: parse(html + "x"))
    twice = calls_during(lambda: parse(html * 2 + "x"))
    assert twice <= 3 * once + 1_000
    assert depth(parse(html + "x")) <= MAX_DEPTH


def test_hostile_depth_keeps_the_words() -> None:
    """Depth goes, text stays."""
    for tag in ("blockquote", "b", "ul><li"):
        assert wording(parse(f"<{tag}>" * 5_000 + "x")) == "x"
    assert wording(parse("<b>" * 50_000 + "x")) == "x"


def test_more_tags_than_anybody_writes_are_shown_as_source() -> None:
    """Lexbor is quadratic in depth: we do not let it try."""
    assert plain(parse("<p>" * (MAX_TAGS + 1))).startswith("<p><p>")


@given(st.lists(st.one_of(st.sampled_from([*NASTY, *HOSTILE.values(), "</b>", "</ul>", "</a>", "<li>"]), st.text())))
def test_law_09_whatever_comes_gives_an_honest_text(parts: list[str]) -> None:
    """No disguised link, in normal form, bounded, clean."""
    text = parse("".join(parts), BASE)
    assert not any(disguised(link.address, inline_text(link.children)) for link in links(text))
    assert normalised(text) == text
    assert depth(text) <= MAX_DEPTH
    assert cleaned(plain(text)) == plain(text)
