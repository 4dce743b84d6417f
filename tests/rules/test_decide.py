from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.decide import Attempted, Known, Verdict, claimed, judge, reused
from bridge.model import AccountName, Comment, Commenter, CommentId, Key, Origin, PostId, Standing
from bridge.text.tree import CodeBlock, Emphasis, Paragraph, Plain, digest, paragraph, same_words

POST = PostId("/first/")
ADA = AccountName("ada")
standings = st.sampled_from(Standing)
words = st.text("abc ", min_size=1, max_size=10)
keys = st.sampled_from(["k1", "k2", "k3"])
comments = st.builds(
    lambda says, standing, key, account, parent: Comment(
        CommentId("7"), POST, 7, parent, Commenter("Vera"), paragraph(says), 1.0, "https://blog.example/#7",
        standing=standing, key=key, account=account,
    ),
    words, standings, st.none() | keys.map(Key), st.none() | st.just(ADA), st.none() | st.just(CommentId("1")),
)  # fmt: skip
attempts = st.lists(
    st.builds(Attempted, keys, words.map(paragraph), st.just(ADA), st.none() | st.just(CommentId("1"))), max_size=3
)


def of(comment: Comment, known: Known | None, open_: list[Attempted] | None = None, read_at: float = 10.0) -> Verdict:
    return judge(comment, digest(comment.text), read_at, known, open_ or [])


@given(comments, attempts)
def test_law_06_ours_is_only_what_carries_the_key_and_the_words_of_an_open_attempt(
    comment: Comment, open_: list[Attempted]
) -> None:
    proven = [a for a in open_ if a.key == comment.key and same_words(a.sent, comment.text)]
    assert claimed(comment, open_) == (proven[0] if proven else None)
    verdict = of(comment, None, open_)
    assert (verdict is Verdict.OURS) == bool(proven)
    if verdict is Verdict.WAIT:
        assert comment.account == ADA, "a name proves nothing"


@given(comments)
def test_law_06_with_no_open_attempt_everything_unseen_is_new(comment: Comment) -> None:
    assert of(comment, None) is Verdict.NEW


@given(comments, standings, words)
def test_a_known_comment_changes_by_standing_first_and_then_by_its_words(
    comment: Comment, before: Standing, said: str
) -> None:
    verdict = of(comment, Known(digest(paragraph(said)), before, POST))
    if comment.standing is not before:
        waits = comment.standing is Standing.PENDING and before is not Standing.PUBLIC
        risen = Verdict.RISEN if comment.standing is Standing.PUBLIC else Verdict.SUNK
        assert verdict is (Verdict.WAITS if waits else risen)
    else:
        same = digest(paragraph(said)) == digest(comment.text)
        assert verdict is (Verdict.KNOWN if same else Verdict.EDITED)


@given(comments, standings)
def test_law_07_a_known_comment_under_another_post_has_moved_and_is_not_new(comment: Comment, before: Standing) -> None:
    assert of(comment, Known(digest(comment.text), before, "/other/")) is Verdict.MOVED


@given(comments, standings, st.floats(0, 10), words)
def test_a_reading_that_is_no_newer_than_what_we_know_of_our_own_changes_nothing(
    comment: Comment, before: Standing, earlier: float, said: str
) -> None:
    known = Known("", before, POST, Origin.OURS, paragraph(said), settled_at=10.0)
    assert of(comment, known, read_at=10.0 - earlier) is Verdict.KNOWN


@given(words, words, words)
def test_what_stands_for_an_answer_is_what_we_believe_or_what_is_on_its_way(here: str, stands: str, flies: str) -> None:
    comment = Comment(
        CommentId("7"), POST, 7, None, Commenter("ada"), paragraph(here), 1.0, "https://blog.example/#7"
    )  # fmt: skip
    known = Known("", Standing.PUBLIC, POST, Origin.OURS, paragraph(stands), 1.0, paragraph(flies))
    ours = same_words(paragraph(here), paragraph(stands)) or same_words(paragraph(here), paragraph(flies))
    assert of(comment, known) is (Verdict.KNOWN if ours else Verdict.EDITED_THERE)


@given(words, words)
def test_after_a_blog_side_edit_the_next_one_is_an_edit_like_any_other(here: str, before: str) -> None:
    comment = Comment(
        CommentId("7"), POST, 7, None, Commenter("ada"), paragraph(here), 1.0, "https://blog.example/#7"
    )  # fmt: skip
    known = Known(
        digest(paragraph(before)), Standing.PUBLIC, POST, Origin.OURS, paragraph("x"), 1.0, edited_there=True
    )  # fmt: skip
    same = digest(paragraph(before)) == digest(paragraph(here))
    assert of(comment, known) is (Verdict.KNOWN if same else Verdict.EDITED)


def test_our_own_comment_rises_and_sinks_as_the_moderator_decides() -> None:
    comment = Comment(
        CommentId("7"), POST, 7, None, Commenter("ada"), paragraph("yes"), 1.0, "https://blog.example/#7"
    )  # fmt: skip
    known = Known("", Standing.PENDING, POST, Origin.OURS, paragraph("yes"), 1.0)
    assert of(comment, known) is Verdict.RISEN
    assert of(replace(comment, standing=Standing.PENDING), replace(known, standing=Standing.PUBLIC)) is Verdict.SUNK


@given(words)
def test_the_same_words_are_the_same_whatever_the_markup_and_the_case(said: str) -> None:
    plain = paragraph(said)
    assert same_words(plain, paragraph(said.upper()))
    assert same_words(plain, (Paragraph((Emphasis((Plain(said),)),)),))
    assert same_words(plain, (CodeBlock(said),))


@given(words, words)
def test_other_letters_are_other_words(one: str, other: str) -> None:
    assume("".join(one.split()) != "".join(other.split()))
    assert not same_words(paragraph(one), paragraph(other))


def test_words_without_a_letter_are_compared_too() -> None:
    assert same_words(paragraph("🌹!"), paragraph("🌹!")) and not same_words(paragraph("🌹!"), paragraph("🌷?"))


@given(st.none() | st.sampled_from(["7", "8"]).map(CommentId), st.booleans(), comments)
def test_numbers_are_doubted_only_where_an_old_one_changed_below_one_that_stands(
    known: CommentId | None, above: bool, comment: Comment
) -> None:
    assert reused(comment, known, above) == (known == "8" and above)


@given(comments, standings, words, st.floats(0, 20))
def test_what_was_read_before_a_decision_of_ours_says_nothing_of_it(
    comment: Comment, before: Standing, said: str, settled: float
) -> None:
    known = Known(digest(paragraph(said)), before, POST, settled_at=settled)
    verdict = of(comment, known)
    if settled and settled >= 10.0:
        assert verdict is Verdict.KNOWN
    else:
        assert verdict is of(comment, replace(known, settled_at=0.0))
