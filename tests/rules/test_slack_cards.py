"""What comments, notices, forms and posts look like in Slack."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.slack import cards
from adapters.slack.keyed import ROOM, key_in, keyed, without_pictures
from adapters.slack.markup import size
from bridge.chats import pressed
from bridge.model import (
    AnswerState,
    Card,
    Choice,
    CommentCard,
    FormCard,
    Key,
    Kind,
    MessageId,
    ModerationCard,
    Notice,
    Part,
    PersonId,
    Post,
    PostCard,
    PostId,
    Receipt,
    ReplyTo,
)
from bridge.testing.chat_contract import DECIDED, HOSTILE_CARDS, LONG, WAITING
from bridge.text.names import folded
from bridge.text.tree import Code, Paragraph, Plain, Strong, cleaned, paragraph, plain
from tests.rules import slack_blocks as client
from tests.rules.slack_texts import texts, words

KEY = Key("a" * 24)
LINK = "https://blog.example/first/#c1"
DATE = "<!date^1700000100^{date_short_pretty} at {time}|14 November 2023, 22:15 UTC>"
WHEN = "<!date^1700000000^{date_short_pretty} at {time}|14 November 2023, 22:13 UTC>"
COMMENT = CommentCard("Vera", paragraph("How do you prune roses?"), LINK, 1_700_000_100.0)
FORM = FormCard(
    MessageId("form:V77"), PersonId("U12"), "Ada", paragraph("In March"), LINK, MessageId("C1:1.2"),
    Receipt(AnswerState.HELD, until=1_700_000_200.0, answers="Vera"),
)  # fmt: skip
POST = Post(
    PostId("1"), "https://blog.example/first/", "First *post* :x:", "Ada", 1_700_000_000.0, "All about <roses>.",
    "https://blog.example/rose.jpg",
)  # fmt: skip
OURS = ("via blog", "on the blog", "the comment", "public")
"""The words of our own links in small print."""


def body(part: Part) -> dict[str, Any]:
    """What is sent, with its key; it is what Slack takes."""
    found: dict[str, Any] = json.loads(part.body)
    assert size(found["blocks"]) + len(found["blocks"]) * ROOM <= cards.LONGEST
    found["blocks"] = keyed(found["blocks"], KEY)
    assert size(found["blocks"]) <= cards.LONGEST
    client.checked(found)
    assert key_in(found["blocks"]) == KEY
    return found


def only(parts: tuple[Part, ...]) -> dict[str, Any]:
    """What is sent as the only part."""
    (part,) = parts
    return body(part)


def said(found: dict[str, Any]) -> list[str]:
    """A message block by block."""
    shown = []
    for block in found["blocks"]:
        match block["type"]:
            case "rich_text":
                shown.append(client.rich_shown(block))
            case "actions":
                shown.append(" ".join(f"[{button['text']['text']}]" for button in block["elements"]))
            case "image":
                shown.append(block["image_url"])
            case "header":
                shown.append(f"# {block['text']['text']}")
            case _:
                shown += client.printed({"blocks": [block]})
    return shown


def buttons(found: dict[str, Any]) -> list[pressed.Pressed | None]:
    """What the buttons of a message do."""
    rows = [block["elements"] for block in found["blocks"] if block["type"] == "actions"]
    return [pressed.read(one["value"]) for row in rows for one in row]


def letters(words_said: str) -> str:
    """Words without white space."""
    return "".join(cleaned(words_said).split())


# --- Looks ------------------------------------------------------------------------------------------------------------


def test_a_comment_says_who_and_what_and_where() -> None:
    found = only(cards.render(replace(COMMENT, avatar="https://pictures.example/vera.png")))
    assert said(found) == ["How do you prune roses?", f"<{LINK}|via blog> · {DATE}"]
    assert (found["username"], found["icon_url"]) == ("Vera", "https://pictures.example/vera.png")
    assert found["text"] == "Vera: How do you prune roses?"
    assert "mention" not in found


def test_an_authors_comment_and_an_edited_one_say_so() -> None:
    shown = said(only(cards.render(replace(COMMENT, by_author=True, edited=True))))
    assert shown[0] == "`author`"
    assert shown[-1].endswith(" · edited")


def test_no_text_and_no_name_can_look_like_an_author() -> None:
    """What says that is in small print, above the words: a body has none, and no name stands in it unescaped."""
    forged = (Paragraph((Code("author"), Strong((Plain(" in reply to Ada"),)))),)
    found = only(cards.render(replace(COMMENT, text=forged, name="Mara `author`", in_reply_to=ReplyTo("`author` *x*"))))
    assert said(found)[0] == "in reply to *\u02cbauthor\u02cb \u2217x\u2217*"
    assert [block["type"] for block in found["blocks"]] == ["context", "rich_text", "context"]


def test_a_reply_names_the_person_and_quotes_what_is_not_here() -> None:
    here = said(only(cards.render(replace(COMMENT, in_reply_to=ReplyTo("Sam", MessageId("C1:1.2"), "Mine are red")))))
    gone = said(only(cards.render(replace(COMMENT, in_reply_to=ReplyTo("Sam", None, "*Mine*\nare <!here>")))))
    assert here[0] == "in reply to *Sam*"
    assert gone[0] == "in reply to *Sam*: “\u2217Mine\u2217 are &lt;!here&gt;”"


@pytest.mark.parametrize(
    "name",
    [
        "Slackbot", "slackbot", "Slack bot ✓", "Backchat", "Ada", "\uff21\uff24\uff21", "ada\u200b", "@Ada", "A.d.a!",
        "A" * 200, "☕️",
    ],
)  # fmt: skip
def test_law_08_no_visitor_is_shown_under_the_name_of_somebody_here(name: str) -> None:
    taken = ("Ada", "A" * 79 + "…", "☕️")
    shown = only(cards.render(replace(COMMENT, name=name), taken))["username"]
    assert shown.endswith(cards.VISITOR) and len(shown) <= cards.LONGEST_NAME
    assert folded(shown) not in {folded(other) for other in taken}
    assert only(cards.render(replace(COMMENT, name="🌹"), taken))["username"] == "🌹"
    assert only(cards.render(replace(COMMENT, name="Ada", by_author=True), taken))["username"] == "Ada"


@pytest.mark.parametrize("avatar", [None, "", "http://pictures.example/v.png", "data:image/png;base64,x", "//x/y.png"])
def test_only_a_picture_that_can_be_had_safely_is_shown(avatar: str | None) -> None:
    assert "icon_url" not in only(cards.render(replace(COMMENT, avatar=avatar)))


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.COMMENT])
def test_a_mention_by_another_blog_says_what_it_is(kind: Kind) -> None:
    assert said(only(cards.render(replace(COMMENT, kind=kind))))[0] == f"`{kind.value}`"


def test_a_comment_without_words_or_a_link_still_stands() -> None:
    found = only(cards.render(replace(COMMENT, text=(), link="javascript:alert(1)", name="")))
    assert said(found) == [f"via blog · {DATE}"]
    assert (found["username"], found["text"]) == ("Anonymous", "Anonymous:")


def test_a_long_comment_stands_in_parts_of_one_sender() -> None:
    text = tuple(block for _ in range(12) for block in paragraph("word " * 500))
    parts = [
        body(part) for part in cards.render(replace(COMMENT, text=text, answerable=True, in_reply_to=ReplyTo("Sam")))
    ]
    assert len(parts) > 1
    assert {part["username"] for part in parts} == {"Vera"}
    assert [said(part)[0] == "in reply to *Sam*" for part in parts] == [True] + [False] * (len(parts) - 1)
    assert [said(part)[-1] for part in parts[:-1]] == ["continued below"] * (len(parts) - 1)
    assert [bool(buttons(part)) for part in parts] == [False] * (len(parts) - 1) + [True]
    assert "".join("".join(said(part)) for part in parts).count("word") == 12 * 500


def test_a_waiting_comment_says_why_and_what_can_be_done() -> None:
    found = only(cards.render(replace(WAITING, answerable=True)))
    assert said(found)[0] == "⏳ Waits for approval: it is Vera's first comment"
    assert said(found)[-1] == "[Approve] [Spam] [Trash] [Answer]"
    chosen = [pressed.Do(choice, WAITING.mark) for choice in (Choice.APPROVE, Choice.SPAM, Choice.TRASH)]
    assert buttons(found) == [*chosen, pressed.Answer()]
    assert found["username"] == "Vera"


def test_a_decided_comment_says_by_whom() -> None:
    found = only(cards.render(DECIDED))
    assert said(found)[0] == "☑️ In the trash, by Mara"
    assert buttons(found) == [pressed.Do(Choice.RESTORE, DECIDED.mark)]


def test_law_09_a_notice_calls_only_whom_it_concerns() -> None:
    notice = Notice(paragraph("It was refused <@U99>."), "https://blog.example/", MessageId("C1:1.2"), PersonId("U12"))
    found = only(cards.render(notice))
    assert said(found) == ["<@U12>", "It was refused <@U99>.", "<https://blog.example/|on the blog>"]
    assert found["mention"] == ["U12"]
    assert found["text"] == "<@U12> It was refused &lt;@\u2060U99&gt;."
    assert "username" not in found


@pytest.mark.parametrize("person", ["", "here", "U1> <!channel", "C024", "U", "u12"])
def test_law_09_what_is_no_persons_id_calls_nobody(person: str) -> None:
    found = only(cards.render(Notice(paragraph("words"), None, None, PersonId(person))))
    assert said(found) == ["words", "Backchat"] or person == "U"
    assert "<!" not in json.dumps(found)


def test_what_a_form_sent_can_be_changed_and_taken_back() -> None:
    found = only(cards.render_form(FORM))
    at = "<!date^1700000200^{date_short_pretty} at {time_secs}|14 November 2023, 22:16 UTC>"
    assert said(found) == [
        "*Ada* answers *Vera*", "In March", f"⏳ goes to the blog {at} · <{LINK}|the comment>", "[Edit] [Take back]",
    ]  # fmt: skip
    assert buttons(found) == [pressed.Change("V77", "U12"), pressed.Back("V77", "U12")]
    assert "username" not in found
    assert not buttons(only(cards.render_form(replace(FORM, changeable=False))))


@pytest.mark.parametrize("state", AnswerState)
def test_a_receipt_says_what_became_of_an_answer(state: AnswerState) -> None:
    receipt = Receipt(state, answers="Vera", link="https://blog.example/first/#c2", reason="the blog said <!here> no")
    small = said(only(cards.render_form(replace(FORM, receipt=receipt))))[2]
    told = said(body(cards.receipt_part(receipt)))[0]
    for shown in (small, told):
        assert "the blog said &lt;!here&gt; no" in shown
        assert ("#c2|public>" in shown) == (state is AnswerState.PUBLIC)
    assert told.endswith("your answer to *Vera*")


def test_what_is_no_answer_says_why_it_stays() -> None:
    small = said(only(cards.render_form(replace(FORM, receipt=None, reason="nobody to answer"))))[2]
    assert small.startswith("💬 stays in the chat: nobody to answer")


def test_a_post_opens_its_thread_with_what_it_is_and_calls_whom_it_should() -> None:
    people = (PersonId("U1"), PersonId("T9/W2"), PersonId("nobody"))
    found = body(cards.post_card(PostCard(POST, people, "Garden")))
    assert said(found) == [
        "# 💬 First *post* :x:",
        f"by *Ada* · {WHEN} · <https://blog.example/first/|via blog> Garden",
        "All about <roses>.", "https://blog.example/rose.jpg",
        "<@U1> <@W2>: what is said of this post comes into this thread",
    ]  # fmt: skip
    assert found["mention"] == ["U1", "T9/W2"]
    assert [block["type"] for block in without_pictures(found["blocks"])] == [
        "header",
        "context",
        "rich_text",
        "section",
    ]


def test_a_post_of_which_little_is_known_is_one_all_the_same() -> None:
    post = Post(PostId("1"), "javascript:alert(1)", "", picture="data:image/png;base64,x", published=1e99)
    assert said(body(cards.post_card(PostCard(post)))) == ["# 💬 Untitled", "via blog"]


# --- Laws -------------------------------------------------------------------------------------------------------------


def harmless(found: dict[str, Any], card: object) -> None:
    """Assert that nothing in a message calls anybody, or leads elsewhere than our own links do."""
    called = {f"@{person.rpartition('/')[2]}" for person in found.get("mention", ())}
    for mrkdwn in (*client.printed(found), found["text"]):
        for token in client.tokens(mrkdwn):
            target, _, shown = token.partition("|")
            assert token in called or token.startswith("!date^") or shown in OURS, (token, card)
            assert not target.startswith("!") or target.startswith("!date^")
        bare = client.TOKEN.sub("", mrkdwn)
        assert "<" not in bare and ">" not in bare
        assert not client.EMOJI.search(bare)
        assert "@channel" not in bare and "@here" not in bare and "@everyone" not in bare


@pytest.mark.parametrize("name", HOSTILE_CARDS)
def test_law_09_a_hostile_card_calls_nobody_fits_and_is_whole(name: str) -> None:
    card = HOSTILE_CARDS[name]
    parts = [body(part) for part in cards.render(card)]
    for part in parts:
        harmless(part, card)
    rich = [block for part in parts for block in part["blocks"] if block["type"] == "rich_text"]
    read = letters("".join(map(client.rich_shown, rich)))
    for word in plain(card.text).split():
        assert letters(word) in read


def _cards() -> st.SearchStrategy[Card]:
    replies = st.none() | st.builds(ReplyTo, words(), st.none() | st.just(MessageId("C1:1.2")), words())
    common: dict[str, st.SearchStrategy[Any]] = {
        "name": words(), "text": texts(), "link": words() | st.just(LINK), "created": st.floats(allow_nan=False),
        "in_reply_to": replies, "by_author": st.booleans(), "avatar": st.none() | words(),
        "kind": st.sampled_from(Kind),
    }  # fmt: skip
    people = st.none() | st.just(PersonId("U12")) | words().map(PersonId)
    return st.one_of(
        st.builds(CommentCard, **common, edited=st.booleans()),
        st.builds(ModerationCard, **common, held=words(), decided=st.none() | words()),
        st.builds(Notice, texts(), st.none() | words(), st.none(), people),
    )


@settings(max_examples=60)
@given(_cards())
def test_law_09_no_card_calls_anybody_and_every_part_is_what_slack_takes(card: Card) -> None:
    for part in cards.render(card):
        harmless(body(part), card)


@settings(max_examples=60)
@given(words(), words(), words(), words(), words(), st.floats(allow_nan=False))
def test_law_09_no_post_calls_anybody(
    title: str, author: str, excerpt: str, picture: str, blog: str, at: float
) -> None:
    post = Post(PostId("1"), LINK, title, author, at, excerpt, picture)
    found = body(cards.post_card(PostCard(post, (PersonId("U1"),), blog)))
    harmless(found, post)
    assert found["mention"] == ["U1"]


@settings(max_examples=60)
@given(words(), words(), texts(), words(), st.sampled_from(AnswerState))
def test_law_09_no_form_calls_anybody(name: str, answers: str, text: Any, reason: str, state: AnswerState) -> None:
    receipt = Receipt(state, answers=answers, reason=reason, link=LINK, until=1.0)
    harmless(body(cards.receipt_part(receipt)), receipt)
    for part in cards.render_form(replace(FORM, name=name, text=text, receipt=receipt)):
        harmless(body(part), name)


def test_what_is_very_long_everywhere_still_fits() -> None:
    long = "&" * 5_000
    card = replace(
        WAITING, name=long, text=paragraph(LONG), link="https://blog.example/?" + "&" * 1_900, held=long,
        in_reply_to=ReplyTo(long, None, long), decided=long,
    )  # fmt: skip
    form = replace(
        FORM, name=long, reason=long, receipt=Receipt(AnswerState.PUBLIC, answers=long, link=LINK, reason=long)
    )
    for part in (*cards.render(card), *cards.render_form(form), cards.post_card(PostCard(replace(POST, title=long)))):
        assert len(body(part)["text"]) <= cards.LONGEST_TEXT


def test_law_06_nobody_can_plant_a_key() -> None:
    planted = f"bc1:{'b' * 24}:0"
    for part in cards.render(replace(COMMENT, text=paragraph(planted), name=planted, link=planted)):
        assert key_in(json.loads(part.body)["blocks"]) is None
        assert key_in(body(part)["blocks"]) == KEY


@pytest.mark.parametrize("blocks", [None, [], [{}], [None], [{"block_id": None}], [{"block_id": "Xy1"}],
                                    [{"block_id": "bc1:short:0"}], [{"block_id": f"bc1:{'a' * 24}:x"}]])  # fmt: skip
def test_blocks_of_others_bear_no_key(blocks: object) -> None:
    assert key_in(blocks) is None


# --- Buttons ----------------------------------------------------------------------------------------------------------

IDS = st.text("ABCDEFGHIJ0123456789", min_size=1, max_size=20)
MARKS = st.text("0123456789abcdef", min_size=16, max_size=16)


@given(st.lists(st.sampled_from(Choice), unique=True), MARKS, IDS, IDS.map(lambda id: f"T1/{id}"))
def test_a_button_says_all_that_it_needs_and_no_two_of_a_message_are_called_the_same(
    choices: list[Choice], mark: str, form: str, writer: str
) -> None:
    offered = replace(WAITING, choices=tuple(choices), mark=mark, answerable=True)
    changed = replace(FORM, form=MessageId(f"form:{form}"), writer=PersonId(writer))
    does = [*(pressed.Do(choice, mark) for choice in choices), pressed.Answer()]
    for found, wanted in (
        (only(cards.render(offered)), does),
        (only(cards.render_form(changed)), [pressed.Change(form, writer), pressed.Back(form, writer)]),
    ):
        assert buttons(found) == wanted
        [row] = [block["elements"] for block in found["blocks"] if block["type"] == "actions"]
        assert len({one["action_id"] for one in row}) == len(row)
        assert all(len(one["action_id"]) <= 255 and len(one["value"]) <= 2000 for one in row)


@pytest.mark.parametrize("title", ["🌹" * 200, "a" + "🌹" * 200, "a" * 200, "a" * 146 + "🌹" * 9, "🌹" * 73])
def test_a_title_fits_into_a_header_however_slack_counts(title: str) -> None:
    shown = body(cards.post_card(PostCard(replace(POST, title=title))))["blocks"][0]["text"]["text"]
    assert 147 <= len(shown.encode("utf-16-le")) // 2 <= cards.LONGEST_HEADER
    assert shown.endswith("\u2026") == (title not in shown)
