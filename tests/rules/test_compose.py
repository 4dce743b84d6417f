from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.authorise import Addressed
from bridge.compose import compose
from bridge.model import CommentId
from bridge.text.tree import CodeBlock, Link, Paragraph, Text, normalised, paragraph, wording

VERA = Addressed(CommentId("1"), CommentId("1"), "Vera", "https://blog.example/#1")
NESTED = Addressed(CommentId("2"), CommentId("1"), "Vera", "https://blog.example/#2")
LINKS = {"Walter": "https://blog.example/#3"}
words = st.text("abc äöü.!\n", max_size=30)
messages = st.lists(words.map(paragraph), min_size=1, max_size=5)


def links(text: Text) -> list[str]:
    return [c.address for b in text if isinstance(b, Paragraph) for c in b.children if isinstance(c, Link)]


@given(messages)
def test_every_message_is_there_in_its_order_and_in_normal_form(given_: list[Text]) -> None:
    text = compose(given_, VERA, LINKS)
    assert text == normalised(text)
    assert wording(text) == " ".join(part for message in given_ if (part := wording(message)))


@given(messages)
def test_an_answer_under_another_comment_opens_with_a_link_to_the_person_once(given_: list[Text]) -> None:
    text = compose(given_, NESTED, LINKS)
    assert wording(text).startswith("@Vera") and links(text) == [NESTED.link]
    assert compose([text], NESTED, LINKS) == text


def test_an_answer_that_opens_with_that_link_already_gets_no_second_one() -> None:
    text = compose([paragraph("@vera yes, as @Walter said")], NESTED, LINKS)
    assert wording(text) == "@vera yes, as @Walter said" and links(text) == [NESTED.link, LINKS["Walter"]]


def test_an_answer_that_opens_with_code_is_opened_by_a_paragraph_of_its_own() -> None:
    text = compose([(CodeBlock("@Walter"),)], NESTED, LINKS)
    assert isinstance(text[0], Paragraph) and text[1] == CodeBlock("@Walter") and links(text) == [NESTED.link]


def test_nobody_unknown_is_linked() -> None:
    assert links(compose([paragraph("@Nobody and mail@Walter.example")], VERA, LINKS)) == []
