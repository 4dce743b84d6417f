"""Links and images made honest."""

from __future__ import annotations

from hypothesis import given

from bridge.text.addresses import disguised
from bridge.text.links import honest
from bridge.text.tree import Image, Link, Plain, Strong, Text, inline_text, paragraph
from tests.rules.text.test_tree import depth
from tests.rules.text.trees import texts

EVIL = "https://evil.example/"


def links(node: object) -> list[Link]:
    """Collect every link in a tree."""
    if isinstance(node, Link):
        return [node, *links(node.children)]
    if isinstance(node, tuple):
        return [link for child in node for link in links(child)]
    for name in ("children", "items"):
        if hasattr(node, name):
            return links(getattr(node, name))
    return []


def own(address: str) -> Link:
    """Make the link that shows its own address."""
    return Link(address, (Plain(address),))


def test_law_09_a_disguised_link_tells_its_target() -> None:
    """The words stay, the real address follows as a link of its own."""
    text = paragraph("See ", Link(EVIL, (Strong((Plain("https://bank.example"),)),)), " now")
    assert honest(text) == paragraph("See ", Strong((Plain("https://bank.example ("), own(EVIL), Plain(")"))), " now")


def test_law_09_links_that_touch_are_read_as_one() -> None:
    """A host spelled over two links is a disguise of both."""
    text = paragraph(Link(EVIL, (Plain("bank"),)), Link(EVIL + "2", (Plain(".example"),)))
    assert honest(text) == paragraph("bank (", own(EVIL), ").example (", own(EVIL + "2"), ")")


def test_law_09_an_image_cannot_name_another_host() -> None:
    """Images are shown as links to their address in many places."""
    assert honest(paragraph(Image(EVIL, "bank.example"))) == paragraph("bank.example (", own(EVIL), ")")


def test_law_09_an_image_beside_a_link_is_read_with_it() -> None:
    """Where images are shown as links, the two touch."""
    text = paragraph(Image("https://bank.example/i", ""), Link(EVIL, (Plain("login"),)))
    assert honest(text) == paragraph(Image("https://bank.example/i", ""), "login (", own(EVIL), ")")


def test_refused_addresses_leave_the_words() -> None:
    """Only what leads nowhere good is taken away."""
    text = paragraph(Link("javascript:x", (Plain("a"),)), " ", Image("data:x", "cat"))
    assert honest(text) == paragraph("a cat")


@given(texts())
def test_law_09_no_disguise_survives(text: Text) -> None:
    """Of whatever tree, nothing dishonest is left, and honest twice is honest once."""
    checked = honest(text)
    assert not any(disguised(link.address, inline_text(link.children)) for link in links(checked))
    assert honest(checked) == checked
    assert depth(checked) <= depth(text) + 1
