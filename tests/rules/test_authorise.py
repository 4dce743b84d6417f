from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.authorise import (
    CHANGED,
    Addressed,
    Aside,
    Choosing,
    Decide,
    Deny,
    Held,
    Join,
    Setting,
    Start,
    ancestors_end,
    choose,
    is_aside,
    judge,
    length_problem,
)
from bridge.model import (
    AccountName,
    Choice,
    CommentId,
    MessageId,
    Moderated,
    PersonId,
    Relay,
    ThreadId,
    Writer,
    Written,
)
from bridge.text.tree import Paragraph, Strong, paragraph, wording
from bridge.text.tree import Plain as Words


def comment(id: str, name: str) -> Addressed:
    return Addressed(CommentId(id), CommentId(id), name, f"https://blog.example/#{id}")


VERA, VERA2, WALTER = comment("1", "Vera"), comment("2", "Vera"), comment("3", "Walter")
MESSAGE = Written(ThreadId("t"), MessageId("m"), Writer(PersonId("ada"), "Ada"), paragraph("In March."), 100.0)
ADA = AccountName("ada")
addressed = st.none() | st.sampled_from([VERA, VERA2, WALTER])
held = st.none() | st.sampled_from([Held(9, CommentId("1"), "Vera"), Held(9, CommentId("3"), "Walter")])
settings_ = st.builds(
    Setting, relay=st.sampled_from(Relay), account=st.none() | st.just(ADA), since=st.sampled_from([50.0, 150.0]),
    marked=st.booleans(), explicit=addressed, gone=st.booleans(), to_person=st.booleans(), held=held,
    join=st.booleans(), by_name=st.just({"Vera": VERA2, "Walter": WALTER}), newest=addressed,
    min_text=st.sampled_from([1, 3, 500]), max_text=st.sampled_from([None, 4, 1000]), desk=st.booleans(),
    unapproved=st.none() | st.just("It cannot be approved from here."),
)  # fmt: skip
texts = st.sampled_from(["In March.", "@Walter in March.", "@vera yes", "// no", "  // no", "", "x"]).map(paragraph)
messages = st.builds(lambda text, system: replace(MESSAGE, text=text, system=system), texts, st.booleans())


@given(messages, settings_)
def test_law_08_only_a_listed_writer_since_they_are_listed_and_never_with_relay_off(
    message: Written, setting: Setting
) -> None:
    verdict = judge(message, setting)
    if setting.account is None or message.at < setting.since or setting.relay is Relay.OFF or message.system:
        assert isinstance(verdict, Aside)
    if setting.relay is Relay.MARKED and not setting.marked and not setting.desk:
        assert isinstance(verdict, Aside)
    if setting.desk and setting.explicit is None:
        assert isinstance(verdict, Aside), "what replies to nothing in a moderation room stays there"


@given(messages, settings_)
def test_an_aside_or_a_word_to_a_person_is_published_only_when_it_is_marked(message: Written, setting: Setting) -> None:
    if (is_aside(message.text) or setting.to_person) and not setting.marked:
        assert isinstance(judge(message, setting), Aside)


@given(messages, settings_)
def test_law_05_who_may_speak_and_is_not_published_is_told_why(message: Written, setting: Setting) -> None:
    verdict = judge(message, setting)
    if isinstance(verdict, Deny):
        assert verdict.reason.endswith((".", "it.")) and len(verdict.reason) > 20
    if isinstance(verdict, Start):
        assert length_problem(message.text, setting.min_text, setting.max_text) is None and not setting.gone


@given(messages, settings_)
def test_what_is_named_explicitly_decides_before_names_and_names_before_the_newest(
    message: Written, setting: Setting
) -> None:
    verdict = judge(message, setting)
    if isinstance(verdict, Start):
        name = wording(message.text).partition(" ")[0]
        named = {"@Walter": WALTER, "@vera": VERA2}.get(name)
        assert verdict.addressed == (setting.explicit or named or setting.newest)


@given(messages, settings_)
def test_a_line_joins_only_what_it_does_not_contradict(message: Written, setting: Setting) -> None:
    verdict = judge(message, setting)
    if isinstance(verdict, Join):
        assert setting.join and setting.held is not None and verdict.answer == setting.held.answer
        assert setting.explicit is None or setting.explicit.comment == setting.held.addressed


def test_a_reply_to_another_comment_of_the_same_person_starts_anew_and_their_name_joins() -> None:
    holding = Setting(
        Relay.AUTHORS, ADA, 0.0, held=Held(9, CommentId("1"), "Vera"), by_name={"Vera": VERA2}, newest=VERA2
    )  # fmt: skip
    assert judge(MESSAGE, replace(holding, explicit=VERA2)) == Start(VERA2)
    assert judge(replace(MESSAGE, text=paragraph("@Vera yes")), holding) == Join(9)
    assert judge(MESSAGE, replace(holding, join=False)) == Start(VERA2)


@given(st.text("/ ab", max_size=6))
def test_an_aside_begins_with_two_slashes_whatever_its_markup(words: str) -> None:
    assert is_aside(paragraph(words)) == words.lstrip().startswith("//")
    assert is_aside((Paragraph((Strong((Words(words),)),)),)) == is_aside(paragraph(words))


@given(st.text("ab ", max_size=20), st.integers(0, 10), st.none() | st.integers(0, 15))
def test_a_length_problem_names_the_limit_that_was_broken(words: str, least: int, most: int | None) -> None:
    text = paragraph(words)
    problem, length = length_problem(text, least, most), len(wording(text))
    assert (problem is None) == (length >= least and (most is None or length <= most))
    if problem is not None:
        assert str(least if length < least else most) in problem


chains = st.lists(st.integers(1, 99).map(lambda number: CommentId(str(number))), min_size=1, unique=True)


@given(chains, st.none() | st.integers(0, 9))
def test_the_parent_is_the_nearest_ancestor_that_the_blog_bears(chain: list[CommentId], depth: int | None) -> None:
    parent = ancestors_end(chain, depth)
    assert parent in chain
    level = len(chain) - chain.index(parent)
    assert depth is None or level <= max(depth, 1)
    assert level == len(chain) or level == max(depth or 1, 1), "no nearer ancestor would do"


# Moderators' choices -------------------------------------------------------------------------------------------------

choices = st.sampled_from(Choice)
moderated = st.builds(
    lambda choice, mark, at: Moderated(ThreadId("t"), MessageId("m"), Writer(PersonId("mod"), "Mod"), choice, mark, at),
    choices, st.sampled_from(["now", "before"]), st.floats(0, 20),
)  # fmt: skip
choosing = st.builds(
    Choosing, st.none() | st.just(AccountName("ada")), st.sampled_from([0.0, 10.0, float("inf")]), st.just("now"),
    st.lists(choices, unique=True).map(tuple), st.none() | st.just("Not here."), st.none() | choices, st.just("Bob"),
    st.none() | choices,
)  # fmt: skip


@given(moderated, choosing)
def test_law_08_only_a_moderator_decides_and_only_about_what_was_shown(event: Moderated, setting: Choosing) -> None:
    verdict = choose(event, setting)
    if setting.account is None or event.at < setting.since:
        assert isinstance(verdict, Aside), "and a stranger is told nothing"
    elif isinstance(verdict, Decide):
        assert verdict.account == setting.account
        assert event.mark == setting.mark and event.choice in setting.choices
        assert setting.impossible is None and setting.under_way is None
    elif isinstance(verdict, Aside):
        assert event.choice in {setting.under_way, setting.stands}, "it is so already"
    else:
        assert isinstance(verdict, Deny) and verdict.reason


@pytest.mark.parametrize("choice", Choice)
def test_law_08_a_choice_about_what_was_shown_before_is_not_obeyed(choice: Choice) -> None:
    event = Moderated(ThreadId("t"), MessageId("m"), Writer(PersonId("mod"), "Mod"), choice, "before", 100.0)
    assert choose(event, Choosing(AccountName("ada"), 0.0, "now", tuple(Choice))) == Deny(CHANGED)


@given(moderated, choosing)
def test_what_a_moderator_chooses_as_shown_and_offered_is_decided(event: Moderated, setting: Choosing) -> None:
    free = replace(setting, account=AccountName("ada"), since=0.0, impossible=None, under_way=None)
    offered = replace(free, choices=(event.choice,), mark=event.mark)
    assert choose(event, offered) == Decide(AccountName("ada"))
