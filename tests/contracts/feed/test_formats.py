"""Every format of feeds, read into the same items; and everything that is no feed, answered in words."""

from __future__ import annotations

import json

import pytest

from bridge.feeds.dates import LATEST, instant
from bridge.feeds.item import Feed, NotAFeed
from bridge.feeds.parse import parse

ATOM = b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0">'
RSS = '<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>'


def rss(*items: str) -> str:
    return f"{RSS}{''.join(f'<item>{item}</item>' for item in items)}</channel></rss>"


async def only(document: bytes | str, content_type: str = "") -> tuple[Feed, list[str]]:
    feed = await parse(document.encode() if isinstance(document, str) else document, content_type)
    return feed, [item.html or item.text for item in feed.items]


async def refusal(document: bytes | str, content_type: str = "") -> str:
    with pytest.raises(NotAFeed) as caught:
        await only(document, content_type)
    return str(caught.value)


# Formats ------------------------------------------------------------------------------------------------------------


async def test_rss_0_91_with_its_public_doctype() -> None:
    feed, said = await only(
        '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"'
        ' "http://my.netscape.com/publish/formats/rss-0.91.dtd"><rss version="0.91"><channel><title>Garden</title>'
        "<link>https://garden.example/</link><item><title>Roses</title><link>https://garden.example/#c1</link>"
        "<description>How do you prune?</description></item></channel></rss>"
    )
    assert (feed.kind, feed.strict, feed.title, said) == ("rss", True, "Garden", ["How do you prune?"])
    assert feed.items[0].link == "https://garden.example/#c1"


async def test_rss_1_0_has_its_items_beside_the_channel() -> None:
    feed, said = await only(
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Garden</title>'
        '<link>https://garden.example/</link></channel><item rdf:about="https://garden.example/#c1"><title>t</title>'
        "<dc:creator>Vera</dc:creator><dc:date>2026-11-22T10:00:00+01:00</dc:date><description>Hello</description>"
        "</item></rdf:RDF>"
    )
    item = feed.items[0]
    assert (feed.title, said, item.guid, item.name) == ("Garden", ["Hello"], "https://garden.example/#c1", "Vera")
    assert instant(item.published) == instant("Sun, 22 Nov 2026 09:00:00 GMT")


async def test_rss_2_0_prefers_the_whole_body_and_hides_an_address_in_author() -> None:
    feed, said = await only(
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><item>'
        "<author>vera@mail.example (Vera)</author><description>short</description>"
        "<content:encoded><![CDATA[<p>the <b>whole</b></p>]]></content:encoded></item><item>"
        "<author>kim@mail.example</author><description>two</description></item></channel></rss>"
    )
    assert said == ["<p>the <b>whole</b></p>", "two"]
    assert [item.name for item in feed.items] == ["Vera", ""]


async def test_names_that_are_escaped_twice_are_read_as_they_are_meant() -> None:
    feed, _ = await only(rss("<dc:creator><![CDATA[Admin post &#8211; Test &amp; Blog]]></dc:creator>"))
    assert feed.items[0].name == "Admin post – Test & Blog"


async def test_atom_with_all_three_kinds_of_text() -> None:
    feed, said = await only(
        ATOM + b'<entry><content type="html">&lt;p&gt;one&lt;/p&gt;</content></entry>'
        b"<entry><content>2 &lt; 3</content></entry>"
        b'<entry><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">a<br/><b title="x&quot;y">b</b> &amp;'
        b" c</div></content></entry></feed>"
    )
    assert [feed.items[0].html, feed.items[1].text] == ["<p>one</p>", "2 < 3"]
    assert said[2] == '<div>a<br><b title="x&quot;y">b</b> &amp; c</div>'


async def test_atom_has_people_parents_paging_and_relative_addresses() -> None:
    feed, _ = await only(
        ATOM[:-1] + b' xml:base="https://garden.example/blog/"><link rel="next" href="feed?page=2"/>'
        b'<link href="."/><author><name>Ada</name></author><entry><author><name>Vera</name><email>v@x.example</email>'
        b'<uri>https://vera.example/</uri></author><link href="roses/#c2"/><id>c2</id><thr:in-reply-to ref="c1"'
        b' href="https://garden.example/blog/roses/#c1"/></entry></feed>'
    )
    item = feed.items[0]
    assert (feed.next, feed.link) == ("https://garden.example/blog/feed?page=2", "https://garden.example/blog/")
    assert (item.name, item.uri, item.link) == (
        "Vera",
        "https://vera.example/",
        "https://garden.example/blog/roses/#c2",
    )
    assert (item.ref, item.ref_href) == ("c1", "https://garden.example/blog/roses/#c1")


async def test_json_feed_1_0_and_1_1() -> None:
    items = [
        {"id": 7, "author": {"name": "Vera"}, "content_text": "old"},
        {"id": "8", "authors": [{"name": "Kim"}], "content_html": "<b>n\u0000ew</b>", "url": "https://g.example/#c8"},
        "nonsense",
    ]
    whole = {"version": "https://jsonfeed.org/version/1", "title": "T\ud800", "items": items, "next_url": "?2"}
    feed, said = await only(json.dumps(whole))
    assert (feed.kind, feed.title, feed.next, said) == ("json", "T", "?2", ["old", "<b>new</b>"])
    assert [(item.guid, item.name) for item in feed.items] == [("7", "Vera"), ("8", "Kim")]


@pytest.mark.parametrize(
    "written",
    [
        "Sun, 22 Nov 2026 09:00:00 GMT", "Sun, 22 Nov 2026 10:00:00 +0100", "22 Nov 2026 09:00 UT",
        "2026-11-22T09:00:00Z", "2026-11-22T10:00:00.000+01:00", "2026-11-22 09:00:00",
    ],
)  # fmt: skip
def test_one_instant_in_many_hands(written: str) -> None:
    assert instant(written) == 1_795_338_000.0


@pytest.mark.parametrize("written", ["", "yesterday", "2026-13-40", "99 Foo 2026", "Z" * 10_000, "2026-11-22T99:00Z"])
def test_what_is_no_date_is_none(written: str) -> None:
    assert instant(written) is None


def test_dates_stay_within_bounds() -> None:
    assert instant("1960-01-01T00:00:00Z") == 0.0
    assert instant("9999-12-31T23:59:59Z") == LATEST
    assert instant("2026") == instant("2026-01") == instant("2026-01-01T00:00:00Z")


# Broken feeds that are read all the same ------------------------------------------------------------------------------


async def test_latin_1_bytes_that_are_called_utf_8_lose_no_letter() -> None:
    document = ('<?xml version="1.0" encoding="utf-8"?>' + rss("<description>Grüße, Käthe</description>")).encode(
        "latin-1"
    )
    feed, said = await only(document)
    assert (said, feed.strict) == (["Grüße, Käthe"], False)


@pytest.mark.parametrize("charset", ["utf-16", "windows-1252", "iso-8859-1", "utf-8-sig"])
async def test_charsets_that_the_document_names(charset: str) -> None:
    named = "utf-8" if charset == "utf-8-sig" else charset
    document = f'<?xml version="1.0" encoding="{named}"?>' + rss("<description>Grüße “Käthe”</description>")
    if charset == "iso-8859-1":
        document = document.replace("“", "«").replace("”", "»")
    _, said = await only(document.encode(charset))
    assert said[0].replace("«", "“").replace("»", "”") == "Grüße “Käthe”"


async def test_the_transport_s_charset_counts_where_the_document_names_none() -> None:
    _, said = await only(rss("<description>Käthe</description>").encode("latin-1"), "text/xml; charset=ISO-8859-1")
    assert said == ["Käthe"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: "\n\n" + d,
        lambda d: "<br />\n<b>Warning</b>: something in /a.php on line 1<br />\n" + d,
        lambda d: d.replace("Hello", "Hello&nbsp;you & all"),
        lambda d: d.replace("<title>T</title>", "<title>T</title><odd:thing>1</odd:thing>"),
    ],
    ids=["leading lines", "a warning before it", "undeclared entities", "an undeclared prefix"],
)
async def test_what_is_not_well_formed_is_repaired(spoil: object) -> None:
    assert callable(spoil)
    document = '<?xml version="1.0"?>' + rss("<guid>1</guid><description>Hello</description>", "<guid>2</guid>")
    feed, said = await only(spoil(document))
    assert not feed.strict
    assert said[0].startswith("Hello") and [item.guid for item in feed.items] == ["1", "2"]


# What is no feed ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (b"", "nothing came"),
        (b" \n ", "nothing came"),
        (b"<!DOCTYPE html><html><head><title>Garden</title></head><body>Hi</body></html>", "an HTML page, “Garden”"),
        (b'<html><body><form><input type="password"></form></body></html>', "asks for a password"),
        (b"\xef\xbb\xbf<!doctype HTML><p>x", "an HTML page"),
        (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>', "an HTML page"),
        (b'<?xml version="1.0"?><urlset><url/></urlset>', "XML of another kind (urlset)"),
        (b'{"items": []}', "JSON, but no JSON Feed"),
        (b'{"version": "https://jsonfeed.org/version/1.1"}', "without items"),
        (b"{" * 200_000, "begins as JSON and is none"),
        (b"Bad gateway", "neither RSS nor Atom nor a JSON Feed"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "neither RSS nor Atom nor a JSON Feed"),
    ],
)  # fmt: skip
async def test_what_came_instead_is_said(document: bytes, words: str) -> None:
    assert words in await refusal(document)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9])
async def test_a_feed_that_breaks_off_is_not_believed_at_all(cut: float) -> None:
    document = rss(*(f"<guid>{n}</guid><description><![CDATA[Comment {n}]]></description>" for n in range(9)))
    assert "breaks off" in await refusal(document[: int(len(document) * cut)])
    whole = {"version": "https://jsonfeed.org/version/1.1", "items": [{"id": str(n)} for n in range(20)]}
    written = json.dumps(whole)
    assert "breaks off" in await refusal(written[: int(len(written) * cut)])


async def test_an_entity_bomb_is_refused() -> None:
    bomb = '<!DOCTYPE rss [<!ENTITY a "lol">' + "".join(
        f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
    )
    words = await refusal(f'<?xml version="1.0"?>{bomb}]>{rss("<description>&j;</description>")}')
    assert "declares entities of its own" in words


async def test_an_external_entity_is_not_read() -> None:
    document = f'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>{rss("<description>&x;</description>")}'
    assert "declares entities of its own" in await refusal(document)


async def test_an_external_entity_behind_a_broken_beginning_is_not_read() -> None:
    document = (
        f'\n<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>{rss("<guid>&x;</guid>")}'
    )
    feed, _ = await only(document)
    assert "root:" not in repr(feed)


@pytest.mark.parametrize("spoilt", ["", "\n"])
async def test_a_hundred_thousand_levels_are_refused(spoilt: str) -> None:
    deep = "<a>" * 100_000 + "</a>" * 100_000
    words = await refusal(f'{spoilt}<?xml version="1.0"?>{rss(f"<description>{deep}</description>")}')
    assert "nested deeper" in words or "too large to be repaired" in words


async def test_of_too_many_items_the_first_are_read() -> None:
    feed, _ = await only(rss(*("<guid>x</guid>" for _ in range(2_100))))
    assert (len(feed.items), feed.strict) == (2_000, False)


async def test_markup_that_is_not_escaped_loses_no_words() -> None:
    _, said = await only(rss("<description>one <b>two</b> three</description>"))
    assert "two" in said[0]
