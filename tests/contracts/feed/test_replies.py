"""Who answers whom, what is stripped for it, and which post a comment stands on."""

from __future__ import annotations

import pytest

from bridge.model import Comment
from tests.contracts.feed.written import SITE, Book, item, said

POST = f"{SITE}/?p=roses"


def line(number: int, word: str = "In reply to", link: str = f"{SITE}/roses/#comment-") -> str:
    return f'<p>{word} <a href="{link}{number}">Vera</a>.</p>\n<p>I wonder too</p>\n'


def parents(comments: tuple[Comment, ...]) -> dict[str, str | None]:
    def short(id: str | None) -> str | None:
        return None if id is None else id.rpartition("-")[2]

    return {str(short(comment.id)): short(comment.parent) for comment in comments}


def test_atom_names_the_parent_and_the_post() -> None:
    found = Book().read(
        item(2, ref=f"{POST}#comment-1", html=line(1)),
        item(1, ref=POST, ref_href=f"{SITE}/roses/"),
    )
    assert parents(found.comments) == {"2": "1", "1": None}
    assert said(found.comments) == ["I wonder too", "How do you prune?"]
    assert {comment.post for comment in found.comments} == {POST}


def test_rss_has_only_the_line_above_the_reply() -> None:
    found = Book().read(item(2, html=line(1)), item(1), kind="rss")
    assert parents(found.comments) == {"2": "1", "1": None}
    assert said(found.comments)[0] == "I wonder too"
    assert found.comments[0].parent == found.comments[1].id


@pytest.mark.parametrize("word", ["Als Antwort auf", "En réponse à", "への返信:", ""])
def test_the_line_is_known_in_every_language(word: str) -> None:
    assert said(Book().read(item(2, html=line(1, word))).comments) == ["I wonder too"]


@pytest.mark.parametrize(
    "html",
    [
        f'<p>See <a href="{SITE}/roses/#comment-1" rel="nofollow ugc">there</a></p><p>and more</p>',
        f'<p>{"many words " * 9}<a href="{SITE}/roses/#comment-1">there</a></p><p>and more</p>',
        f'<p><a href="{SITE}/roses/#comment-1">1</a> <a href="{SITE}/roses/#comment-2">2</a></p><p>and more</p>',
        f'<p>In reply to <a href="{SITE}/roses/#comment-1">Vera</a>.</p>',
        f'<div>In reply to <a href="{SITE}/roses/#comment-1">Vera</a>.</div><p>x</p>',
        f'<p>x</p><p>In reply to <a href="{SITE}/roses/#comment-1">Vera</a>.</p>',
        f'<p>In <b>reply</b> to <a href="{SITE}/roses/#comment-1">Vera</a>.</p><p>x</p>',
    ],
)
def test_what_a_visitor_wrote_is_not_taken_for_it(html: str) -> None:
    found = Book().read(item(3, html=html))
    assert found.comments[0].parent is None
    assert "Vera" in said(found.comments)[0] or "there" in said(found.comments)[0] or "1" in said(found.comments)[0]


def test_a_line_that_names_another_comment_than_atom_does_is_the_visitor_s() -> None:
    (comment,) = Book().read(item(3, ref=f"{POST}#comment-2", html=line(1))).comments
    assert comment.parent == f"guid:{POST}#comment-2" and "In reply to" in said((comment,))[0]


def test_a_comment_that_answers_itself_is_at_the_top() -> None:
    found = Book().read(item(2, ref=f"{POST}#comment-2", html=line(2)), item(3, html=line(3)))
    assert parents(found.comments) == {"2": None, "3": None}
    assert said(found.comments)[0] == "I wonder too"


def test_comments_that_answer_each_other_in_a_circle_are_cut_loose_at_the_oldest() -> None:
    found = Book().read(*(item(n, ref=f"{POST}#comment-{n % 3 + 1}") for n in (3, 2, 1)))
    assert parents(found.comments) == {"3": "1", "2": "3", "1": None}


def test_a_parent_outside_the_window_is_named_all_the_same() -> None:
    (comment,) = Book().read(item(9, ref=f"{POST}#comment-1")).comments
    assert comment.parent == f"guid:{POST}#comment-1"


def test_the_parents_of_an_isso_feed() -> None:
    tag = "tag:garden.example,2018:/isso/1/"
    top = item(1, guid=f"{tag}1", link=f"{SITE}/roses/#isso-1", published="", updated="2027-01-10T10:00:00.5Z")
    reply = item(2, guid=f"{tag}4", link=f"{SITE}/roses/#isso-4", ref=f"{tag}1", ref_href=f"{SITE}/roses/#isso-1")
    orphan = item(3, guid=f"{tag}5", link=f"{SITE}/roses/#isso-5", ref=f"{tag}3", ref_href=f"{SITE}/roses/#isso-3")
    found = Book().read(top, reply, orphan).comments
    assert [comment.parent for comment in found] == [None, f"guid:{tag}1", f"guid:{tag}3"]
    assert {comment.post for comment in found} == {"/roses/"}


def test_a_blogger_feed_names_only_the_post() -> None:
    blog = "tag:blogger.com,1999:blog-1.post-"
    found = (
        Book()
        .read(
            item(
                1, guid=f"{blog}22", link=f"{SITE}/r.html?showComment=1#c22", ref=f"{blog}9", ref_href=f"{SITE}/r.html"
            )
        )
        .comments
    )
    assert (found[0].parent, found[0].post) == (None, f"{blog}9")


def test_a_reply_in_rss_of_other_software_is_found_by_its_link() -> None:
    first = item(1, guid="a", link=f"{SITE}/roses/#comment-1")
    reply = item(2, guid="b", link=f"{SITE}/roses/#comment-2", html=line(1))
    found = Book().read(reply, first).comments
    assert found[0].parent == found[1].id


def test_the_post_is_the_same_in_rss_and_atom_and_on_every_page_of_comments() -> None:
    book = Book()
    atom = book.read(item(2, ref=f"{POST}#comment-1"), item(1, ref=POST))
    book.address = f"{SITE}/comments/feed/"
    rss = book.read(item(3, link=f"{SITE}/roses/comment-page-2/#comment-3"), kind="rss")
    assert {comment.post for comment in (*atom.comments, *rss.comments)} == {POST}
    assert [post.address for post in atom.posts] == [f"{SITE}/roses/"] and rss.posts == ()


def test_titles_come_from_the_post_s_own_feed_else_from_the_address() -> None:
    (post,) = Book().read(item(1, title="Comment on X by Y"), title="Comments on: Roses", link=f"{SITE}/roses/").posts
    assert post.title == "Comments on: Roses"
    (post,) = Book().read(item(1, link=f"{SITE}/how-to-prune.html#comment-1"), title="Comments for Garden").posts
    assert post.title == "How to prune"
    (post,) = Book().read(item(1, link=f"{SITE}/?p=4#comment-1", title="Comment\n on Roses")).posts
    assert post.title == "Comment on Roses"


def test_posts_of_other_hosts_have_names_of_their_own() -> None:
    other = "https://elsewhere.example/roses/"
    found = Book().read(item(1, guid="a", link=f"{SITE}/roses/#c1"), item(2, guid="b", link=f"{other}#c1")).comments
    assert [comment.post for comment in found] == ["/roses/", "//elsewhere.example/roses/"]
