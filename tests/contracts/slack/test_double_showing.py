"""Slack's mrkdwn and rich text on the double's page."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from adapters.slack.double.mrkdwn import stored
from adapters.slack.double.showing import Names, emoji, mrkdwn, rich

REL = 'rel="noreferrer nofollow"'
NAMES = Names({"U1": "Ada"}.get, {"C1": "blog"}.get)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain", "<p>plain</p>"),
        ("a &lt; b &amp; c &gt; d", "<p>a &lt; b &amp; c &gt; d</p>"),
        ("*bold* _it_ ~s~", "<p><strong>bold</strong> <em>it</em> <s>s</s></p>"),
        ("*a _b_ c*", "<p><strong>a <em>b</em> c</strong></p>"),
        ("snake_case_name 2 * 3 * 4 **", "<p>snake_case_name 2 * 3 * 4 **</p>"),
        ("*not\nbold*", "<p>*not<br>bold*</p>"),
        ("`a *b* &lt;`", "<p><code>a *b* &lt;</code></p>"),
        ("```x = 1\n*y*```", "<pre><code>x = 1\n*y*</code></pre>"),
        ("&gt; a\n&gt;b\nc", "<blockquote><p>a<br>b</p></blockquote><p>c</p>"),
        ("<https://a.example/x_y>", f'<p><a href="https://a.example/x_y" {REL}>https://a.example/x_y</a></p>'),
        ("*<https://a.example|a *b*>*", f'<p><strong><a href="https://a.example" {REL}>a *b*</a></strong></p>'),
        ("<javascript:alert(1)|x>", "<p>&lt;javascript:alert(1)|x&gt;</p>"),
        ("<@U1> <@U9>", '<p><span class="mention">@Ada</span> <span class="mention">@unknown</span></p>'),
        ("<@U9|eve>", '<p><span class="mention">@eve</span></p>'),
        ("<#C1>", '<p><span class="mention">#blog</span></p>'),
        ("<!here> <!subteam^S1|@mods>", '<p><span class="mention">@here</span> <span class="mention">@mods</span></p>'),
        ("<!date^0^{date_short_pretty} at {time} {no}|x>",
         '<p><time class="instant" datetime="1970-01-01T00:00:00+00:00">Jan 01, 1970 at 00:00 {no}</time></p>'),
        ("<!date^99999999999999^{date}|some &amp; day>", "<p>some &amp; day</p>"),
        (":bee: :no_such_thing: 12:30:45", "<p>🐝 :no_such_thing: 12:30:45</p>"),
        ("@here https://a.example", "<p>@here https://a.example</p>"),
    ],
)  # fmt: skip
def test_mrkdwn_is_shown_as_slack_shows_it(text: str, html: str) -> None:
    assert mrkdwn(text, NAMES) == html


def test_what_is_not_verbatim_means_more() -> None:
    shown = mrkdwn("@here https://a.example", NAMES, verbatim=False)
    assert shown == (
        f'<p><span class="mention">@here</span> <a href="https://a.example" {REL}>https://a.example</a></p>'
    )


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


def words(text: str, **style: bool) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


@pytest.mark.parametrize(
    ("element", "html"),
    [
        (section(words("*a* <b>\n"), words("c", bold=True, italic=True)),
         "<p>*a* &lt;b&gt;<br><strong><em>c</em></strong></p>"),
        (section(words("x", code=True, strike=True)), "<p><s><code>x</code></s></p>"),
        (section({"type": "link", "url": "https://a.example/?a=1&b=2", "text": "<a>"}),
         f'<p><a href="https://a.example/?a=1&amp;b=2" {REL}>&lt;a&gt;</a></p>'),
        (section({"type": "link", "url": "javascript:alert(1)", "text": "x"}), "<p>x</p>"),
        (section({"type": "user", "user_id": "U1"}, {"type": "channel", "channel_id": "C1"}),
         '<p><span class="mention">@Ada</span><span class="mention">#blog</span></p>'),
        (section({"type": "broadcast", "range": "here"}), '<p><span class="mention">@here</span></p>'),
        (section({"type": "emoji", "name": "tada"}), "<p>🎉</p>"),
        (section({"type": "date", "timestamp": 0, "format": "{date_num}"}),
         '<p><time class="instant" datetime="1970-01-01T00:00:00+00:00">1970-01-01</time></p>'),
        ({"type": "rich_text_quote", "elements": [words("a")]}, "<blockquote><p>a</p></blockquote>"),
        ({"type": "rich_text_preformatted", "elements": [words("<a>")]}, "<pre><code>&lt;a&gt;</code></pre>"),
        ({"type": "rich_text_list", "style": "ordered", "indent": 1, "offset": 2, "elements": [section(words("a"))]},
         '<ol class="deep1" start="3"><li>a</li></ol>'),
        ({"type": "rich_text_list", "style": "bullet", "elements": [section(words("a")), section(words("b"))]},
         '<ul class="deep0"><li>a</li><li>b</li></ul>'),
    ],
)  # fmt: skip
def test_rich_text_is_shown_as_slack_shows_it(element: dict[str, Any], html: str) -> None:
    assert rich([element], NAMES) == html


@given(st.text("*_~`<>@#!|&;:^{}-. 1\nhttps/aUC", max_size=60))
def test_whatever_is_written_the_page_stays_whole(text: str) -> None:
    for shown in (mrkdwn(text), mrkdwn(stored(text)), mrkdwn(text, verbatim=False), rich([section(words(text))])):
        page = LexborHTMLParser(f"<main>{shown}</main><footer></footer>")
        footer = page.css_first("footer")
        assert footer is not None and footer.parent is not None and footer.parent.tag == "body"
        assert not page.css("script, img, iframe")
        assert all((one.attributes["href"] or "").startswith(("http", "mailto:", "tel:")) for one in page.css("a"))


@given(st.integers(1, 400))
def test_nothing_is_too_deep(deep: int) -> None:
    assert mrkdwn("*_" * deep + "x" + "_*" * deep)


def test_emoji_have_slacks_names() -> None:
    names = ("+1", "white_check_mark", "hourglass_flowing_sand", "mega", "no_such")
    assert "".join(map(emoji, names)) == "👍✅⏳📣:no_such:"
