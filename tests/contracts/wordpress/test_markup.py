"""Our HTML, as WordPress keeps and shows it: the words are the author's, the markup is only what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from adapters.wordpress.markup import html, read
from bridge.model import AccountName, Key
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
    Paragraph,
    Plain,
    Quote,
    Strike,
    Strong,
    Text,
    letters,
    paragraph,
    same_words,
    wording,
)
from tests.contracts.wordpress.answering import KEY, ON_TEA, desk
from tests.rules.text.trees import texts
from tests.servers.wordpress import RunningWordPress
from tests.servers.wordpress_double_text import rendered, stored

MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SOME = settings(
    max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
ROLES = (True, False)
TAGS = {"p", "br", "a", "blockquote", "code", "del", "em", "strong"}
HERE = "https://garden.example/tea/"

TRAPS = (
    *(":)", "Hi :D", "8O", "8-)", ":lol: yes", "fine:)", ";-)"),
    *("--help", "a -- b", "a --- b", "and so on...", "``x''", "it's \"5'\" long", "'tain't '99", "xn--bcher-kva"),
    *("tea (tm)", "tea(tm)", "10x10", "3,5x7", "0x9f", "0x99", "2x"),
    *("www.example.org", "FTP.example.org", "https://e.example/a[b]?x=%0dy&z", "foo://bar", "vera@example.org"),
    *("[gallery]", "[/caption]", "[[x]]", "[1]"),
    *("C:\\dir", "\\", "\\\\'", "\\n"),
    *("<script>alert(1)</script>", "5 < 6 > 4", "<b>bold</b>", "</blockquote>", "<!-- wp:x -->", "<pre>", "<3"),
    *("&lt;", "&#60;", "&#x3c;", "&amp;amp;", "R&D & co", "&copy;", "&nosuch;"),
    *("1.\u00a0no list", "•\u00a0no list", "1. no list", "- no list"),
    *("Wordpress", "😀", "👍🏽", "…", "?!", "ünïcödé", "\u200b", "日本語"),
)


def as_shown(text: Text, *, unfiltered: bool = True, spelling: int = 0) -> str:
    return rendered(stored(html(text, spelling), unfiltered=unfiltered))


def tags(shown: str) -> set[str]:
    return {name.lower() for name in re.findall(r"<\s*/?\s*([a-zA-Z0-9]+)", shown)}


# --- what is written --------------------------------------------------------------------------------------------------


def test_marks_links_and_line_ends() -> None:
    text = (
        Paragraph(
            (
                Strong((Plain("Tea"),)),
                Plain(" & "),
                Emphasis((Plain("milk"), LineBreak(), Strike((Plain("sugar"),)))),
                Link("https://tea.example/?a=1&b=2", (Plain("here"),)),
            )
        ),
        *paragraph("Second"),
    )
    assert html(text) == (
        "<strong>Tea</strong> &amp; <em>milk\n<del>sugar</del></em>"
        '<a href="https://tea.example/?a=1&amp;b=2" rel="nofollow ugc">here</a>\n\nSecond'
    )


def test_lists_are_lines_and_are_lists_again_when_read() -> None:
    text: Text = (
        BulletList((paragraph("One"), (*paragraph("Two"), *paragraph("more")))),
        NumberedList((paragraph("Seven"), paragraph("Eight")), 7),
    )
    assert html(text) == "•\u00a0One\n•\u00a0Two\n\u00a0\u00a0more\n\n7.\u00a0Seven\n8.\u00a0Eight"
    bullets, numbers = read(as_shown(text))
    assert isinstance(bullets, BulletList) and [wording(item) for item in bullets.items] == ["One", "Two more"]
    assert numbers == text[1]


def test_code_keeps_its_lines_and_its_white_space() -> None:
    assert html((CodeBlock("if x:\n    y  = [1]\n\nz", "python"),)) == (
        "<code>if x:</code>\n<code>\u00a0\u00a0\u00a0\u00a0y\u00a0\u00a0= &#091;1]</code>\n"
        "<code>\u00a0</code>\n<code>z</code>"
    )


def test_quotes_may_hold_paragraphs_and_quotes() -> None:
    text = (Quote((*paragraph("She said"), Quote(paragraph("He said")), *paragraph("and went"))),)
    shown = as_shown(text)
    assert shown.count("<blockquote>") == 2 and read(shown) == text


def test_a_picture_is_a_link_with_its_words() -> None:
    shown = html((Paragraph((Image("https://tea.example/cup.png", "a cup"),)),), home="http://tea.example")
    assert shown == '<a href="https://tea.example/cup.png">a cup</a>'


def test_what_looks_like_an_address_within_a_link_makes_no_second_link() -> None:
    link = Link("https://tea.example/x", (Plain("https://tea.example/x now, vera@tea.example"),))
    shown = as_shown((Paragraph((link,)),))
    assert shown.count("<a ") == 1


@pytest.mark.parametrize("unfiltered", ROLES)
def test_spellings_say_the_same_in_other_letters(unfiltered: bool) -> None:
    text = (Paragraph((Plain("Thanks "), Strong((Plain("Vera"),)))),)
    spelt = [html(text, spelling) for spelling in range(5)]
    assert len(set(spelt)) == 5
    assert all(same_words(read(as_shown(text, unfiltered=unfiltered, spelling=n)), text) for n in range(5))
    assert len({html(paragraph("ok"), spelling) for spelling in range(5)}) == 4


def test_what_wordpress_keeps_is_what_was_sent() -> None:
    """So that its own check for duplicates holds, too: kses, rel and slashes change nothing that we write."""
    for words in TRAPS:
        sent = html(paragraph(words))
        assert stored(sent, unfiltered=False) == stored(sent, unfiltered=True) == sent


# --- whatever is written ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unfiltered", ROLES)
@pytest.mark.parametrize("words", TRAPS)
def test_law_09_words_are_read_as_they_were_typed(words: str, unfiltered: bool) -> None:
    for text in (paragraph(words), paragraph(Emphasis((Plain(words),))), paragraph("so: ", Code(words))):
        shown = as_shown(text, unfiltered=unfiltered)
        assert same_words(read(shown, HERE), honest(text)) and tags(shown) <= TAGS


@MANY
@given(texts(), st.booleans(), st.integers(0, 4))
def test_law_09_any_text_survives_and_brings_no_markup_of_its_own(text: Text, unfiltered: bool, spelling: int) -> None:
    shown = as_shown(text, unfiltered=unfiltered, spelling=spelling)
    assert tags(shown) <= TAGS
    assert "javascript:" not in "".join(re.findall(r"<[^>]*>", shown))
    if letters(honest(text)):
        assert letters(read(shown, HERE)) == letters(honest(text))


def collected() -> Iterator[Text]:
    """Texts for the real WordPress: the traps, several to a text, and what Hypothesis finds."""
    for start in range(0, len(TRAPS), 8):
        some = TRAPS[start : start + 8]
        yield (
            Paragraph(tuple(node for words in some for node in (Plain(words), LineBreak()))),
            Quote(paragraph(Strong((Plain(some[0]),)))),
            BulletList(tuple(paragraph(words) for words in some)),
            NumberedList(tuple(paragraph(Code(words)) for words in some), 9),
            CodeBlock("\n  ".join(some)),
        )
    found: list[Text] = []

    @SOME
    @given(texts())
    def collect(text: Text) -> None:
        if html(text).strip() and text not in found:
            found.append(text)

    collect()
    yield from found


@pytest.mark.parametrize("login", ["editor", "jane"])
async def test_law_09_texts_survive_on_the_blog_in_every_role(wordpress: RunningWordPress, login: str) -> None:
    await wordpress.switch(no_flood=True)
    account = AccountName(login)
    made: dict[int, Text] = {}
    async with desk(wordpress, login) as here:
        for number, text in enumerate(collected()):
            key = Key(KEY[:-2] + "abcdefgh"[number // 8] + "abcdefgh"[number % 8])
            made[int((await here.writer.publish(account, ON_TEA, None, text, key)).comment)] = honest(text)
        entries = (await here.api.get("/wp/v2/comments", {"per_page": 100})).json
    assert {entry["id"] for entry in entries} == set(made)
    for entry in entries:
        shown = entry["content"]["rendered"]
        assert same_words(read(shown, entry["link"]), made[entry["id"]]), (html(made[entry["id"]]), shown)
        assert tags(shown) <= TAGS, shown
