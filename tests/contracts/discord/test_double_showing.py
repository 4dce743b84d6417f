"""Discord's Markdown on the double's page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from adapters.discord.double.showing import Names, shown

REL = 'rel="noreferrer nofollow"'
NAMES = Names({"1": "Ada"}.get, {"2": "Mods"}.get, {"3": "blog"}.get)


@pytest.mark.parametrize(
    ("content", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("a < b & c", "<p>a &lt; b &amp; c</p>"),
        ("**bold** *it* _it_ __u__ ~~s~~", "<p><strong>bold</strong> <em>it</em> <em>it</em> <u>u</u> <s>s</s></p>"),
        ("***both***", "<p><strong><em>both</em></strong></p>"),
        ("**a *b* c**", "<p><strong>a <em>b</em> c</strong></p>"),
        ("||hidden||", '<p><span class="spoiler" tabindex="0">hidden</span></p>'),
        ("snake_case_name 2 * 3 * 4", "<p>snake_case_name 2 * 3 * 4</p>"),
        (r"\*not\* \_this\_ \\ \a", "<p>*not* _this_ \\ \\a</p>"),
        ("`a *b*` ``c`d``", "<p><code>a *b*</code> <code>c`d</code></p>"),
        ("```py\nx = 1\n```", "<pre><code>x = 1</code></pre>"),
        ("```one line```", "<pre><code>one line</code></pre>"),
        ("one\ntwo", "<p>one<br>two</p>"),
        ("# Big\n### Small\n-# quiet", "<h1>Big</h1><h3>Small</h3><small>quiet</small>"),
        ("#nothing", "<p>#nothing</p>"),
        ("> a\n> b\nc", "<blockquote><p>a<br>b</p></blockquote><p>c</p>"),
        (">>> a\nb", "<blockquote><p>a<br>b</p></blockquote>"),
        ("- a\n- b", '<ul><li class="deep0">a</li><li class="deep0">b</li></ul>'),
        ("3. a\n  4. b", '<ol><li class="deep0" value="3">a</li><li class="deep1" value="4">b</li></ol>'),
        (r"1\. a", "<p>1. a</p>"),
        ("see https://a.example/x_y.", f'<p>see <a href="https://a.example/x_y" {REL}>https://a.example/x_y</a>.</p>'),
        ("<https://a.example>", f'<p><a href="https://a.example" {REL}>https://a.example</a></p>'),
        ("[the *blog*](<https://a.example/#c-1:~:bc=KEY>)",
         f'<p><a href="https://a.example/#c-1:~:bc=KEY" {REL}>the <em>blog</em></a></p>'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("<@1>", '<p><span class="mention">@Ada</span></p>'),
        ("<@!1>", '<p><span class="mention">@Ada</span></p>'),
        ("<@&2>", '<p><span class="mention">@Mods</span></p>'),
        ("<#3>", '<p><span class="mention">#blog</span></p>'),
        ("<@9>", '<p><span class="mention">@unknown</span></p>'),
        ("@everyone", '<p><span class="mention">@everyone</span></p>'),
        ("<:tea:5> <a:tea:5>", '<p><span class="emoji">:tea:</span> <span class="emoji">:tea:</span></p>'),
        ("<t:0:d>", '<p><time class="instant" datetime="1970-01-01T00:00:00+00:00">01/01/1970</time></p>'),
        ("unclosed **bold", "<p>unclosed **bold</p>"),
    ],
)  # fmt: skip
def test_it_is_shown_as_discord_shows_it(content: str, html: str) -> None:
    assert shown(content, NAMES) == html


@given(st.text("*_~|`\\<>@#[]()-. 1\nhttps:/a", max_size=60))
def test_whatever_is_written_the_page_stays_whole(content: str) -> None:
    page = LexborHTMLParser(f"<main>{shown(content)}</main><footer></footer>")
    footer = page.css_first("footer")
    assert footer is not None and footer.parent is not None and footer.parent.tag == "body"
    assert not page.css("script, img, iframe")


@given(st.integers(1, 400))
def test_nothing_is_too_deep(deep: int) -> None:
    assert shown("> " * deep + "**_" * deep + "x" + "_**" * deep)
