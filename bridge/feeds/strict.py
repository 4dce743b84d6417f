"""RSS 0.9x, 1.0, 2.0 and Atom, read strictly: one walk by expat, without recursion, without any entity or DTD.

RSS 2.0: https://www.rssboard.org/rss-specification · RSS 1.0: https://web.resource.org/rss/1.0/spec · Atom: RFC 4287,
its threading RFC 4685, its paging RFC 5005 · well-formed web: `wfw:commentRss` · OpenSearch 1.1: `totalResults`.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from functools import partial
from urllib.parse import urljoin
from xml.parsers import expat

from bridge.feeds.addresses import LONGEST
from bridge.feeds.item import Feed, Item, NotAFeed

DEEPEST = 200
"""Elements within elements; no feed that anybody wrote has as many."""

ATOM = "http://www.w3.org/2005/Atom"
_ATOM_03 = "http://purl.org/atom/ns#"
_CONTENT = "http://purl.org/rss/1.0/modules/content/"
_DC = "http://purl.org/dc/elements/1.1/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_THR = "http://purl.org/syndication/thread/1.0"
_WFW = "http://wellformedweb.org/CommentAPI/"
_BASE = "http://www.w3.org/XML/1998/namespace base"
_XHTML = "http://www.w3.org/1999/xhtml"
_OPEN_SEARCH = frozenset({"http://a9.com/-/spec/opensearch/1.1/", "http://a9.com/-/spec/opensearchrss/1.0/"})
_RSS = frozenset({"", "http://purl.org/rss/1.0/", "http://my.netscape.com/rdf/simple/0.9/"})
_RSS |= {"http://backend.userland.com/rss2", "http://channel.netscape.com/rdf/simple/0.9/"}

_ROOTS = {"rss": "rss", "RDF": "rss", "feed": "atom"}
_VOID = frozenset({"br", "img", "hr", "wbr", "input"})

# What an element directly within an item says, by its name as expat gives it: the name space, a blank, the local name.
# A later element of the same meaning does not replace an earlier one.
_ITEM: dict[str, str] = {
    **{f"{space} title".lstrip(): "title" for space in (*_RSS, ATOM, _ATOM_03)},
    **{f"{space} {name}".lstrip(): name for space in _RSS for name in ("link", "guid", "author", "description")},
    **{f"{space} pubDate".lstrip(): "published" for space in _RSS},
    f"{_CONTENT} encoded": "html",
    f"{_DC} creator": "creator",
    f"{_DC} date": "date",
    f"{_DC} identifier": "identifier",
    f"{_WFW} commentRss": "comments",
    f"{_WFW} commentRSS": "comments",
    f"{ATOM} id": "guid",
    f"{ATOM} published": "published",
    f"{ATOM} updated": "updated",
    f"{_ATOM_03} id": "guid",
    f"{_ATOM_03} issued": "published",
    f"{_ATOM_03} modified": "updated",
}
_FIELDS = frozenset({"guid", "link", "title", "uri", "updated", "html", "text", "comments", "ref", "ref_href"})
"""What an item keeps as it is written."""
_BODIES = {"content": "html", "summary": "description"}


class Broken(Exception):
    """Not well formed, so that the lenient reader may have a try."""


class BrokenOff(NotAFeed):
    """The document ends in the middle."""


_CUT = frozenset(
    expat.errors.codes[what]
    for what in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
    )
)


def read(document: bytes, charset: str | None = None) -> Feed:
    """Read a well-formed feed; `charset` is the transport's, for a document that names none.

    Raises `Broken` where it is not well formed, `NotAFeed` where it is something else or not to be trusted.
    """
    walk = _Walk(charset, promises=any(root in document for root in (b"<rss", b"<feed", b"<rdf:RDF")))
    try:
        walk.parser.Parse(document, True)
    except expat.ExpatError as error:
        if error.code in _CUT and walk.feed is not None:
            raise BrokenOff("it breaks off in the middle") from None
        raise Broken(str(error)) from None
    except (LookupError, ValueError) as error:  # an encoding that nobody knows
        raise Broken(str(error)) from None
    if walk.feed is None:
        raise NotAFeed("it is XML of another kind")
    return walk.feed


class _Walk:
    """One walk through one document; `promises`: there is a feed in it, whatever stands before it."""

    def __init__(self, charset: str | None, *, promises: bool) -> None:
        self.feed: Feed | None = None
        self._promises = promises
        self._item: Item | None = None
        self._fields: dict[str, str] = {}
        self._depth = 0
        self._item_depth = 0
        self._bases: list[str] = [""]
        self._in_person = False
        self._words: list[str] | None = None
        self._words_depth = 0
        self._meaning: str | None = None
        self._done: Callable[[str], None] | None = None
        self._markup: list[str] | None = None
        self._markup_depth = 0
        self.parser = expat.ParserCreate(charset, " ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.SkippedEntityHandler = self._skipped

    # Handlers --------------------------------------------------------------------------------------------------------

    def _doctype(self, name: str, system: str | None, public: str | None, has_internal_subset: int) -> None:
        if name.lower() == "html":
            raise NotAFeed("it is an HTML page")
        if has_internal_subset:
            raise NotAFeed("it declares entities of its own, which no comment feed needs and which are not read")

    def _skipped(self, name: str, is_parameter: int) -> None:
        raise Broken(f"the entity {name} is not declared")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NotAFeed(f"its elements are nested deeper than {DEEPEST}")
        base = attributes.get(_BASE) if attributes else None
        joined = urljoined(self._bases[-1], base) if base else self._bases[-1]
        self._bases.append(joined if len(joined) <= LONGEST else self._bases[-1])
        if self._markup is not None:
            self._open_tag(name, attributes)
        elif self._words is None:
            meaning = _ITEM.get(name) if self._item is not None and self._depth == self._item_depth + 1 else None
            if meaning is not None:
                self._collect(meaning)
            else:
                space, _, local = name.rpartition(" ")
                self._element(space, local, attributes)

    def _end(self, name: str) -> None:
        if self._markup is not None:
            self._close_tag(name)
        elif self._words is not None and self._depth == self._words_depth:
            self._finish("".join(self._words))
        if self._item is not None and self._depth == self._item_depth:
            self._item_ends()
        elif self._in_person and self._depth == self._item_depth + 1:
            self._in_person = False
        self._depth -= 1
        self._bases.pop()

    def _characters(self, words: str) -> None:
        if self._markup is not None:
            self._markup.append(html.escape(words, quote=False))
        elif self._words is not None:
            self._words.append(words)

    # Elements --------------------------------------------------------------------------------------------------------

    def _element(self, space: str, local: str, attributes: dict[str, str]) -> None:
        if self.feed is None:
            self._root(local)
        elif self._item is None and local in {"item", "entry"} and (space in _RSS or space in {ATOM, _ATOM_03}):
            self._item_begins(attributes)
        elif self._item is None:
            self._of_feed(space, local, attributes)
        elif self._depth == self._item_depth + 1:
            self._of_item(space, local, attributes)
        elif self._in_person and self._depth == self._item_depth + 2 and local in {"name", "uri", "url"}:
            self._collect("name" if local == "name" else "uri")

    def _root(self, local: str) -> None:
        if local not in _ROOTS:
            if self._promises:
                raise Broken("something stands before the feed")
            what = "an HTML page" if local.lower() == "html" else f"XML of another kind ({local[:40]})"
            raise NotAFeed(f"it is {what}")
        self.feed = Feed(_ROOTS[local])

    def _item_begins(self, attributes: dict[str, str]) -> None:
        assert self.feed is not None
        self._item = Item(base=self._bases[-1])
        self._item_depth = self._depth
        about = attributes.get(f"{_RDF} about")
        self._fields = {"guid": about} if about else {}

    def _item_ends(self) -> None:
        assert self._item is not None
        assert self.feed is not None
        item, fields = self._item, self._fields
        for name in _FIELDS & fields.keys():
            setattr(item, name, fields[name].strip())
        item.guid = item.guid or fields.get("identifier", "").strip()
        item.published = (fields.get("published") or fields.get("date", "")).strip()
        item.name = fields.get("name") or _unescaped(fields.get("creator", "")) or _person(fields.get("author", ""))
        item.name = item.name.strip()
        item.html = item.html or ("" if item.text else fields.get("description", "").strip())
        item.base = fields.get("base", item.base)
        self.feed.add(item)
        self._item = None

    def _of_feed(self, space: str, local: str, attributes: dict[str, str]) -> None:
        assert self.feed is not None
        feed = self.feed
        if local == "link" and "href" in attributes:
            self._feed_link(attributes)
        elif local in {"title", "link"} and (space in _RSS or space in {ATOM, _ATOM_03}) and self._depth <= 3:
            self._gather(lambda words: setattr(feed, local, getattr(feed, local) or words.strip()))
        elif local == "generator":
            self._gather(lambda words: setattr(feed, "generator", f"{attributes.get('uri', '')} {words}".strip()))
        elif local == "totalResults" and space in _OPEN_SEARCH:
            self._gather(lambda words: setattr(feed, "total", _number(words)))

    def _feed_link(self, attributes: dict[str, str]) -> None:
        assert self.feed is not None
        relation = attributes.get("rel", "alternate")
        address = urljoined(self._bases[-1], attributes["href"])
        if relation == "alternate":
            self.feed.link = self.feed.link or address
        elif relation in {"next", "prev-archive"}:
            self.feed.next = self.feed.next or address

    def _of_item(self, space: str, local: str, attributes: dict[str, str]) -> None:
        if space in {ATOM, _ATOM_03}:
            self._of_entry(local, attributes)
        elif (space, local) == (_THR, "in-reply-to"):
            self._fields.setdefault("ref", attributes.get("ref", ""))
            self._fields.setdefault("ref_href", attributes.get("href", ""))

    def _of_entry(self, local: str, attributes: dict[str, str]) -> None:
        if local == "link":
            self._entry_link(attributes)
        elif local == "author":
            self._in_person = True
        elif local in _BODIES:
            self._body(_BODIES[local], attributes)

    def _entry_link(self, attributes: dict[str, str]) -> None:
        address = urljoined(self._bases[-1], attributes.get("href", ""))
        relation = attributes.get("rel", "alternate")
        if relation == "alternate":
            page = attributes.get("type", "text/html") == "text/html"
            self._fields["link"] = address if page else self._fields.get("link") or address
        elif relation == "replies":
            self._fields.setdefault("comments", address)

    def _body(self, meaning: str, attributes: dict[str, str]) -> None:
        if meaning == "html":
            self._fields["base"] = self._bases[-1]
        kind = attributes.get("type", "text").lower()
        if kind == "xhtml" or kind.endswith("+xml"):
            self._markup, self._markup_depth = [], self._depth
            self._done = partial(self._fields.__setitem__, meaning)
        elif kind in {"text", "text/plain"} and attributes.get("mode") != "escaped":
            self._collect("text" if meaning == "html" else meaning)
        else:
            self._collect(meaning)

    # Texts -----------------------------------------------------------------------------------------------------------

    def _collect(self, meaning: str) -> None:
        self._words, self._words_depth, self._meaning = [], self._depth, meaning

    def _gather(self, done: Callable[[str], None]) -> None:
        self._words, self._words_depth, self._done = [], self._depth, done

    def _finish(self, words: str) -> None:
        done, self._done, self._words, self._markup = self._done, None, None, None
        meaning, self._meaning = self._meaning, None
        if meaning is not None:
            self._fields[meaning] = self._fields.get(meaning) or words
        elif done is not None:
            done(words)

    def _open_tag(self, name: str, attributes: dict[str, str]) -> None:
        assert self._markup is not None
        space, _, local = name.rpartition(" ")
        if space in {_XHTML, "", ATOM}:
            shown = "".join(f' {key}="{html.escape(value)}"' for key, value in attributes.items() if " " not in key)
            self._markup.append(f"<{local}{shown}>")

    def _close_tag(self, name: str) -> None:
        assert self._markup is not None
        if self._depth == self._markup_depth:
            self._finish("".join(self._markup))
            return
        space, _, local = name.rpartition(" ")
        if space in {_XHTML, "", ATOM} and local not in _VOID:
            self._markup.append(f"</{local}>")


def urljoined(base: str, address: str) -> str:
    """Resolve an address against its base, as far as that can be done; never raises."""
    address = address.strip()
    if not base or address.startswith(("http://", "https://")):
        return address
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def _unescaped(creator: str) -> str:
    """Names in RSS come escaped twice by some (WordPress's `dc:creator` in CDATA); nobody is called `&#8211;`."""
    return html.unescape(creator) if "&" in creator else creator


def _person(author: str) -> str:
    """RSS's own author is an e-mail address with the name in parentheses; the address is nobody's business."""
    _, opened, rest = author.partition("(")
    if opened:
        return rest.rpartition(")")[0] or rest
    return "" if "@" in author else author


def _number(words: str) -> int | None:
    words = words.strip()
    return int(words) if words.isascii() and words.isdigit() and len(words) < 10 else None
