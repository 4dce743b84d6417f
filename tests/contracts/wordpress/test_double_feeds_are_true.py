"""WordPress's comment feeds: the double's have the same entries, threads, windows and lies as the real ones'."""

from __future__ import annotations

import time
from xml.etree import ElementTree

from tests.servers.wordpress import LOCKED, PAGE, PRIVATE, RAIN, TEA, RunningWordPress, comment
from tests.servers.wordpress_asking import NAMES, Answered, Asking

RSS, ATOM = "/comments/feed/", "/comments/feed/atom/"
NOW = 1_790_000_000


def entries(feed: Answered) -> dict[int, ElementTree.Element]:
    """The entries of an Atom feed by the number in their id, in order."""
    return {int(_text(entry, "atom:id").rpartition("-")[2]): entry for entry in feed.xml.findall("atom:entry", NAMES)}


def items(feed: Answered) -> dict[int, ElementTree.Element]:
    return {int(_text(item, "guid").rpartition("-")[2]): item for item in feed.xml.findall("channel/item")}


def _text(element: ElementTree.Element, name: str) -> str:
    return (element.findtext(name, None, NAMES) or "").strip()


async def test_an_atom_entry(wordpress: RunningWordPress, ask: Asking) -> None:
    first = await wordpress.add("First", name="Vera & Co", url="https://vera.example/", date=NOW)
    number = await wordpress.add('It\'s an *answer*\nwith "two" lines', under=first, user="jane", date=NOW + 60)
    feed = await ask.get(ATOM)
    assert feed.headers["Content-Type"] == "application/atom+xml; charset=UTF-8"
    found = entries(feed)
    assert list(found) == [number, first]
    reply, top = found[number], found[first]
    assert _text(reply, "atom:title") == "Comment on On tea & “biscuits” by Jane Doe"
    assert _text(reply, "atom:author/atom:name") == "Jane Doe"
    assert _text(top, "atom:author/atom:uri") == "https://vera.example/"
    assert _text(reply, "atom:id") == f"{wordpress.address}/?p={TEA}#comment-{number}"  # the post's guid, not its link
    assert _link(reply) == wordpress.link(TEA, number)
    assert _text(reply, "atom:published") == _text(reply, "atom:updated") == "2026-09-21T14:14:20Z"
    assert _text(reply, "atom:content") == (
        f'<p>In reply to <a href="{wordpress.link(TEA, first)}">Vera &amp; Co</a>.</p>\n'
        "<p>It&#8217;s an *answer*<br />\nwith &#8220;two&#8221; lines</p>"
    )
    assert _text(top, "atom:content") == "<p>First</p>"
    assert _thread(reply) == f"{wordpress.address}/?p={TEA}#comment-{first}"
    assert _thread(top) == f"{wordpress.address}/?p={TEA}"


def _link(entry: ElementTree.Element) -> str:
    link = entry.find("atom:link", NAMES)
    assert link is not None
    return link.attrib["href"]


def _thread(entry: ElementTree.Element) -> str:
    thread = entry.find("thr:in-reply-to", NAMES)
    assert thread is not None
    return thread.attrib["ref"]


async def test_an_rss_item(wordpress: RunningWordPress, ask: Asking) -> None:
    first = await wordpress.add("First", RAIN, name="Vera", date=NOW)
    number = await wordpress.add("A <b>bee</b> 🐝 & more", RAIN, first, user="jane", date=NOW + 60)
    feed = await ask.get(RSS)
    assert feed.headers["Content-Type"] == "application/rss+xml; charset=UTF-8"
    item = items(feed)[number]
    assert _text(item, "guid") == _text(item, "link") == wordpress.link(RAIN, number)
    assert _text(item, "dc:creator") == "Jane Doe"
    assert _text(item, "pubDate") == "Mon, 21 Sep 2026 14:14:20 +0000"
    content = _text(item, "content:encoded")
    assert content.endswith("<p>A <b>bee</b> 🐝 &#038; more</p>") and content.startswith("<p>In reply to <a href=")
    description = _text(item, "description")
    assert description.startswith("In reply to &lt;a href=&quot;")
    assert "A &lt;b&gt;bee&lt;/b&gt; <img src=" in description and 'alt="🐝" class="wp-smiley"' in description


async def test_the_feeds_of_a_post(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("On tea")
    await wordpress.add("On rain", RAIN)
    path = wordpress.link(TEA) + "feed/"
    assert list(items(await ask.get(path))) == list(entries(await ask.get(path + "atom/"))) == [number]
    assert list(items(await ask.get(f"/?feed=rss2&p={TEA}"))) == [number]
    assert _text(items(await ask.get(path))[number], "title") == "By: Vera"
    assert items(await ask.get(wordpress.link(RAIN) + "feed/")).keys() != {number}
    page = await wordpress.add("On a page", PAGE)
    assert list(items(await ask.get(wordpress.link(PAGE) + "feed/"))) == [page]
    assert page in items(await ask.get(RSS))


async def test_feeds_of_nothing(wordpress: RunningWordPress, ask: Asking) -> None:
    assert items(await ask.get(RSS)) == {} == entries(await ask.get(ATOM))
    assert items(await ask.get(wordpress.link(TEA) + "feed/")) == {}


async def test_the_window_is_ten_and_has_no_second_page(wordpress: RunningWordPress, ask: Asking) -> None:
    numbers = await wordpress.add_many([comment(f"{n}", date=NOW + n) for n in range(15)])
    assert list(items(await ask.get(RSS))) == numbers[:4:-1]
    assert (await ask.get(RSS + "?paged=2")).status == 404
    path = wordpress.link(TEA) + "feed/"
    assert list(items(await ask.get(path + "?paged=2"))) == list(items(await ask.get(path)))
    await wordpress.option("posts_per_rss", 3)
    assert list(items(await ask.get(RSS))) == numbers[:11:-1]


async def test_every_kind_is_in_a_feed_without_a_mark(wordpress: RunningWordPress, ask: Asking) -> None:
    kinds = ("comment", "pingback", "trackback", "like")
    numbers = await wordpress.add_many([comment(kind, kind=kind, date=NOW + n) for n, kind in enumerate(kinds)])
    feed = await ask.get(ATOM)
    assert list(entries(feed)) == numbers[::-1] and "pingback" not in feed.text.replace("<p>pingback</p>", "")


async def test_hidden_comments_and_private_posts_are_absent(wordpress: RunningWordPress, ask: Asking) -> None:
    for status in ("hold", "spam", "trash"):
        await wordpress.add(status, status=status)
    await wordpress.add("Dear diary", PRIVATE)
    door = await wordpress.add("Sesame seeds", LOCKED)
    feed = await ask.get(RSS, "admin")  # whoever asks, feeds answer as to strangers
    assert list(items(feed)) == [door] and "Sesame seeds" not in feed.text
    assert "Sesame seeds" not in (await ask.get(ATOM)).text


async def test_a_parent_that_is_hidden_is_named(wordpress: RunningWordPress, ask: Asking) -> None:
    held = await wordpress.add("Held", name="Hilde", status="hold")
    number = await wordpress.add("Answer", under=held)
    entry = entries(await ask.get(ATOM))[number]
    assert _thread(entry).endswith(f"#comment-{held}") and ">Hilde</a>" in _text(entry, "atom:content")


async def test_a_reply_to_nothing_replies_to_itself(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("Lost", under=99999)
    entry = entries(await ask.get(ATOM))[number]
    assert _thread(entry).endswith(f"#comment-{number}") and _text(entry, "atom:content") == "<p>Lost</p>"


async def test_the_link_drifts_and_the_guid_stays(wordpress: RunningWordPress, ask: Asking) -> None:
    number = await wordpress.add("One", RAIN)
    guid = wordpress.link(RAIN, number)
    await wordpress.change_post(RAIN, slug="on-drizzle")
    item = items(await ask.get(RSS))[number]
    assert (_text(item, "guid"), _text(item, "link")) == (
        guid,
        f"{wordpress.address}/2026/01/on-drizzle/#comment-{number}",
    )


async def test_paged_comments_have_other_links(wordpress: RunningWordPress, ask: Asking) -> None:
    for name, value in (("page_comments", 1), ("comments_per_page", 2), ("default_comments_page", "oldest")):
        await wordpress.option(name, value)
    numbers = await wordpress.add_many([comment(f"{n}", RAIN, date=NOW + n) for n in range(5)])
    item = items(await ask.get(RSS))[numbers[-1]]
    assert _text(item, "link") == f"{wordpress.link(RAIN)}comment-page-3/#comment-{numbers[-1]}"
    assert _text(item, "guid") == wordpress.link(RAIN, numbers[-1])


# --- Validators that lie ----------------------------------------------------------------------------------------------


def validators(feed: Answered) -> dict[str, str]:
    return {"If-None-Match": feed.headers["ETag"], "If-Modified-Since": feed.headers["Last-Modified"]}


async def test_validators_are_made_of_the_newest_date(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.add("One", date=NOW)
    feed = await ask.get(RSS)
    assert feed.headers["Last-Modified"] == "Mon, 21 Sep 2026 14:13:20 GMT"
    assert (await ask.get(RSS, headers=validators(feed))).status == 304
    for name, value in validators(feed).items():
        assert (await ask.get(RSS, headers={name: value})).status == 304
    weak = {"If-None-Match": "W/" + feed.headers["ETag"]}
    assert (await ask.get(RSS, headers=weak)).status == 200
    assert (await ask.get(RSS, headers=weak | {"If-Modified-Since": feed.headers["Last-Modified"]})).status == 200
    await wordpress.add("Two", date=NOW + 1)
    assert (await ask.get(RSS, headers=validators(feed))).status == 200


async def test_304_hides_what_happens_to_old_comments(wordpress: RunningWordPress, ask: Asking) -> None:
    held = await wordpress.add("Held", status="hold", date=NOW)
    doomed, edited = await wordpress.add("Doomed", date=NOW + 1), await wordpress.add("Grean", date=NOW + 2)
    await wordpress.add("Newest", date=NOW + 3)
    before = validators(await ask.get(RSS))

    async def is_hidden() -> bool:
        return (await ask.get(RSS, headers=before)).status == 304

    await wordpress.edit(edited, "Green")
    assert await is_hidden() and "Green" in (await ask.get(RSS)).text
    await wordpress.trash(doomed)
    assert await is_hidden() and doomed not in items(await ask.get(RSS))
    await wordpress.untrash(doomed)
    assert await is_hidden() and doomed in items(await ask.get(RSS))
    await wordpress.spam(doomed)
    assert await is_hidden() and doomed not in items(await ask.get(RSS))
    await wordpress.approve(held)
    assert await is_hidden() and list(items(await ask.get(RSS)))[-1] == held  # at its old place


async def test_a_late_approval_below_the_window_never_appears(wordpress: RunningWordPress, ask: Asking) -> None:
    held = await wordpress.add("Held", status="hold", date=time.time() - 1000)
    await wordpress.add_many([comment(f"{n}", date=time.time() - 900 + n) for n in range(10)])
    await wordpress.approve(held)
    assert held not in items(await ask.get(RSS)) and held in await ask.numbers("per_page=100")


async def test_a_hub_is_announced(wordpress: RunningWordPress, ask: Asking) -> None:
    await wordpress.switch(hub="https://hub.example/")
    for path in (RSS, ATOM):
        links = (await ask.get(path)).xml.iter("{http://www.w3.org/2005/Atom}link")
        assert "https://hub.example/" in [link.get("href") for link in links if link.get("rel") == "hub"]
