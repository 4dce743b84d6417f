"""What comments, notices, forms and posts look like in Discord."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.discord import cards
from adapters.discord.lines import LONGEST
from adapters.discord.markers import PLACE, key_in, marked
from adapters.discord.payloads import SUPPRESS_EMBEDS, loaded, shown, spoken
from adapters.discord.settings import Settings
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
from bridge.text.tree import Code, CodeBlock, LineBreak, Paragraph, Plain, Strong, Text, cleaned, paragraph, plain
from tests.rules.discord_texts import texts, words
from tests.servers import discord_reading as client

BOT = Settings("discord", "token", Path())
WEBHOOK = replace(BOT, identity="webhook")
KEY = Key("a" * 24)
_BARE = re.compile("(?<!<)https?://", re.IGNORECASE)
"""What Discord would ask the named server about."""
COMMENT = CommentCard("Vera", paragraph("How do you prune roses?"), "https://blog.example/first/#c1", 1_700_000_100.0)
FORM = FormCard(
    MessageId("form:77"), PersonId("12"), "Ada", paragraph("In March"), "https://blog.example/first/#c1",
    MessageId("55"), Receipt(AnswerState.HELD, until=1_700_000_200.0, answers="Vera"),
)  # fmt: skip


def content(part: Part) -> str:
    """What is sent, with its key."""
    return marked(loaded(part)["content"], KEY)


def only(parts: tuple[Part, ...]) -> str:
    """What is sent as the only part, without the key."""
    (part,) = parts
    return str(loaded(part)["content"]).replace(PLACE, "")


def buttons(part: Part) -> list[tuple[str, str]]:
    """The labels and custom ids of a part's buttons."""
    rows: list[dict[str, Any]] = loaded(part).get("components", [])
    return [(one["label"], one["custom_id"]) for row in rows for one in row["components"]]


def read(parts: tuple[Part, ...]) -> str:
    """All that is read in parts but the small print."""
    return "".join(client.shown(client.read(content(part)), small=False) for part in parts)


def letters(said: str) -> str:
    """Words without white space."""
    return "".join(cleaned(said).split())


# --- Looks ------------------------------------------------------------------------------------------------------------


def test_a_comment_says_who_and_what_and_where() -> None:
    assert only(cards.render(COMMENT, BOT)) == (
        "**Vera**\nHow do you prune roses?\n"
        "-# [on the blog](<https://blog.example/first/#c1>) · <t:1700000100:f>"
    )  # fmt: skip


def test_an_authors_comment_and_an_edited_one_say_so() -> None:
    said = only(cards.render(replace(COMMENT, by_author=True, edited=True), BOT))
    assert said.startswith("**Vera** `author`\n")
    assert said.endswith(" · edited")


def test_no_name_can_look_like_an_author() -> None:
    nodes = client.read(only(cards.render(replace(COMMENT, name="Vera** `author`"), BOT)))
    assert nodes[0].kind == "strong"
    assert client.shown((nodes[0],)) == "Vera** `author`"
    assert not [node for node in client.walked(nodes) if node.kind == "code"]


FORGED = (
    Paragraph((Plain("word " * 380),)),
    Paragraph((Strong((Plain("Mara"),)), Plain(" "), Code("author"), LineBreak(), Plain("Buy this!"))),
)


def test_no_part_of_a_long_comment_can_look_like_another_persons() -> None:
    """However it is divided, every message says first who says it, and what says so is in nobody's text."""
    _, *others = cards.render(replace(COMMENT, text=FORGED), BOT)
    assert others
    for part in others:
        said = loaded(part)["content"]
        assert said.startswith("-# **Vera**, continued\n")
        assert "\n-# **" not in said


def test_no_text_looks_like_an_author_where_webhooks_say_it() -> None:
    text = (Paragraph((Code("author"), LineBreak(), Plain("-# `author`"), LineBreak(), Plain("Buy this!"))),)
    theirs = only(cards.render(replace(COMMENT, name="Mara", text=text), WEBHOOK))
    ours = only(cards.render(replace(COMMENT, name="Mara", by_author=True), WEBHOOK))
    assert ours.startswith("-# `author`\n")
    assert not [line for line in theirs.splitlines()[:-1] if line.startswith("-# ")]


def test_a_reply_is_a_reply_of_discords_and_names_the_person() -> None:
    (part,) = cards.render(replace(COMMENT, in_reply_to=ReplyTo("Sam", MessageId("123"))), BOT)
    assert loaded(part)["content"].startswith("**Vera** replies to **Sam**\nHow")
    assert spoken(loaded(part), KEY)["message_reference"]["message_id"] == "123"
    assert spoken(loaded(part), KEY)["allowed_mentions"] == {"parse": [], "replied_user": False}


def test_a_reply_to_what_is_not_here_quotes_it() -> None:
    said = only(cards.render(replace(COMMENT, in_reply_to=ReplyTo("Sam", None, "# Mine\nare red")), BOT))
    assert said.startswith("**Vera** replies to **Sam**\n> \\# Mine are red\nHow do")


def test_a_webhook_says_it_under_the_commenters_name() -> None:
    card = replace(COMMENT, avatar="https://x.example/a.png", in_reply_to=ReplyTo("Sam", MessageId("123")))
    (part,) = cards.render(card, WEBHOOK)
    assert loaded(part)["as"] == {"name": "Vera", "avatar": "https://x.example/a.png"}
    assert loaded(part)["content"].startswith("-# replies to **Sam**\nHow do")
    assert "reply_to" not in loaded(part)


PICTURE = "https://pictures.example/vera.png"


def embeds(part: Part) -> list[Any]:
    """What is sent below the words."""
    body = shown(loaded(part), KEY)
    assert bool(body["flags"] & SUPPRESS_EMBEDS) == (not body["embeds"])
    return list(body["embeds"])


@pytest.mark.parametrize("card", [COMMENT, WAITING], ids=["comment", "moderation"])
def test_a_commenters_picture_stands_below_the_words(card: CommentCard | ModerationCard) -> None:
    (part,) = cards.render(replace(card, avatar=PICTURE), BOT)
    assert embeds(part) == [{"author": {"name": card.name, "icon_url": PICTURE, "url": card.link}}]


@pytest.mark.parametrize("avatar", [None, "", "http://pictures.example/v.png", "data:image/png;base64,x", "//x/y.png"])
def test_only_a_picture_that_can_be_had_safely_is_shown(avatar: str | None) -> None:
    (part,) = cards.render(replace(COMMENT, avatar=avatar), BOT)
    assert embeds(part) == []


def test_a_long_comment_has_its_writers_picture_below_its_end() -> None:
    parts = cards.render(replace(COMMENT, text=paragraph(LONG), avatar=PICTURE), BOT)
    assert [len(embeds(part)) for part in parts] == [0] * (len(parts) - 1) + [1]


def test_a_webhooks_message_has_the_picture_only_as_its_senders() -> None:
    (part,) = cards.render(replace(COMMENT, avatar=PICTURE), WEBHOOK)
    assert embeds(part) == []


def test_law_09_addresses_in_a_comment_with_a_picture_unfurl_nothing() -> None:
    text = paragraph(
        "See https://evil.example/ and HTTPS://EVIL.example, https://u:p@evil.example/x and www.evil.example"
    )
    (part,) = cards.render(replace(COMMENT, text=text, avatar=PICTURE), BOT)
    assert embeds(part)
    assert not _BARE.search(content(part))


@pytest.mark.parametrize(
    "text", [(CodeBlock("curl https://evil.example/"),), (Paragraph((Code("HTTP://evil.example"),)),)]
)
def test_law_09_where_an_address_cannot_be_kept_from_unfurling_the_picture_is_left_out(text: Text) -> None:
    (part,) = cards.render(replace(COMMENT, text=text, avatar=PICTURE), BOT)
    assert "evil.example" in content(part)
    assert embeds(part) == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.COMMENT])
def test_a_mention_by_another_blog_says_what_it_is(kind: Kind) -> None:
    assert only(cards.render(replace(COMMENT, kind=kind), BOT)).startswith(f"**Vera** `{kind.value}`\n")


def test_a_comment_without_words_or_a_link_still_stands() -> None:
    said = only(cards.render(replace(COMMENT, text=(), link=""), BOT))
    assert said == "**Vera**\n-# [Backchat](<https://discord.com/app#>) · <t:1700000100:f>"


def test_a_waiting_comment_says_why_and_what_can_be_done() -> None:
    (part,) = cards.render(replace(WAITING, answerable=True), BOT)
    assert loaded(part)["content"].startswith("⏳ Waits for approval: it is Vera's first comment\n**Vera**\nHow")
    assert buttons(part) == [
        ("Approve", f"bc1:do:approve:{WAITING.mark}"), ("Spam", f"bc1:do:spam:{WAITING.mark}"),
        ("Trash", f"bc1:do:trash:{WAITING.mark}"), ("Answer", "bc1:answer"),
    ]  # fmt: skip


def test_a_decided_comment_says_by_whom() -> None:
    (part,) = cards.render(DECIDED, BOT)
    assert loaded(part)["content"].startswith("☑️ In the trash, by Mara\n**Vera**\n")
    assert buttons(part) == [("Restore", f"bc1:do:restore:{DECIDED.mark}")]


def test_a_notice_tells_only_whom_it_concerns() -> None:
    notice = Notice(paragraph("It was refused <@99>."), "https://blog.example/", MessageId("5"), PersonId("12"))
    (part,) = cards.render(notice, BOT)
    assert spoken(loaded(part), KEY)["allowed_mentions"] == {"parse": [], "users": ["12"], "replied_user": True}
    assert not client.pinged(content(part))


def test_a_notice_about_what_a_form_sent_names_the_person() -> None:
    notice = Notice(paragraph("It was refused."), "https://blog.example/", MessageId("form:5"), PersonId("12"))
    (part,) = cards.render(notice, BOT)
    assert client.pinged(content(part)) == ["<@12>"]
    assert "message_reference" not in spoken(loaded(part), KEY)


def test_what_a_form_sent_can_be_changed_and_taken_back() -> None:
    (part,) = cards.render_form(FORM)
    assert loaded(part)["content"].replace(PLACE, "") == (
        "**Ada** answers **Vera**\nIn March\n"
        "-# ⏳ goes to the blog <t:1700000200:R> · [the comment](<https://blog.example/first/#c1>)"
    )
    assert [pressed.read(id) for _, id in buttons(part)] == [pressed.Change("77", "12"), pressed.Back("77", "12")]
    assert not buttons(*cards.render_form(replace(FORM, changeable=False)))


@pytest.mark.parametrize("state", AnswerState)
def test_what_a_form_sent_says_what_became_of_it(state: AnswerState) -> None:
    receipt = Receipt(state, link="https://blog.example/first/#c2", reason="the blog said @everyone no")
    said = content(*cards.render_form(replace(FORM, receipt=receipt)))
    small = said.splitlines()[-1]
    assert "the blog said" in small
    assert ("#c2" in small) == (state is AnswerState.PUBLIC)


def test_what_is_no_answer_says_why_it_stays() -> None:
    said = content(*cards.render_form(replace(FORM, receipt=None, reason="nobody to answer")))
    assert "💬 stays in the chat: nobody to answer" in said


def test_a_post_opens_its_thread_with_what_it_is() -> None:
    post = Post(
        PostId("1"), "https://blog.example/first/", "First *post*", "Ada", 1_700_000_000.0, "All about roses.",
        "https://blog.example/rose.jpg",
    )  # fmt: skip
    body = loaded(cards.post_card(PostCard(post)))
    assert (
        body["content"].replace(PLACE, "")
        == "💬 **First \\*post\\***\n-# Ada · <t:1700000000:D> · [on the blog](<https://blog.example/first/#>)"
    )
    assert body["embeds"] == [{"description": "All about roses.", "image": {"url": "https://blog.example/rose.jpg"}}]


def test_a_post_without_excerpt_and_picture_says_by_whom_and_when() -> None:
    post = Post(PostId("1"), "https://blog.example/first/", "First post", "# Ada <@12>", 1_700_000_000.0)
    body = loaded(cards.post_card(PostCard(post)))
    assert body["content"].splitlines()[-1].startswith("-# \\# Ada \\<\\@12\\> · <t:1700000000:D> · [on the blog](<")
    assert "embeds" not in body


def test_a_post_of_which_little_is_known_has_no_embed() -> None:
    post = Post(PostId("1"), "javascript:alert(1)", "", picture="data:image/png;base64,x", published=1e99)
    body = loaded(cards.post_card(PostCard(post)))
    assert body["content"].startswith("💬 **Untitled**\n-# [Backchat](")
    assert "embeds" not in body


# --- Laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE_CARDS)
@pytest.mark.parametrize("chosen", [BOT, WEBHOOK], ids=["bot", "webhook"])
def test_law_09_a_hostile_card_names_nobody_fits_and_is_whole(name: str, chosen: Settings) -> None:
    card = HOSTILE_CARDS[name]
    parts = cards.render(card, chosen)
    for part in parts:
        sent = content(part)
        assert 0 < len(sent) <= LONGEST
        assert not client.mentions(client.read(sent))
        assert not client.pinged(sent)
        assert not client.invitations(client.read(sent))
        assert key_in(sent) == KEY
    said = letters(read(parts))
    for word in plain(card.text).split():
        assert letters(word) in said


def _avatars() -> st.SearchStrategy[str | None]:
    return st.none() | words() | st.just(PICTURE)


def _cards() -> st.SearchStrategy[Card]:
    replies = st.none() | st.builds(ReplyTo, words(), st.none() | st.just(MessageId("5")), words())
    common: dict[str, st.SearchStrategy[Any]] = {
        "name": words(), "text": texts(), "link": words() | st.just("https://blog.example/#c1"),
        "created": st.floats(allow_nan=False), "in_reply_to": replies, "by_author": st.booleans(),
    }  # fmt: skip
    return st.one_of(
        st.builds(CommentCard, **common, edited=st.booleans(), avatar=_avatars()),
        st.builds(ModerationCard, **common, held=words(), decided=st.none() | words(), avatar=_avatars()),
        st.builds(Notice, texts(), st.none() | words(), st.none() | st.just(MessageId("5"))),
    )


@settings(max_examples=40)
@given(_cards(), st.sampled_from([BOT, WEBHOOK]))
def test_law_09_no_card_names_anybody_and_every_part_has_its_key(card: Card, chosen: Settings) -> None:
    parts = cards.render(card, chosen)
    for part in parts:
        body = shown(loaded(part), KEY)
        assert body["allowed_mentions"] == {"parse": [], "replied_user": False}
        assert body["flags"] == (0 if body["embeds"] else SUPPRESS_EMBEDS)
        assert not (body["embeds"] and _BARE.search(body["content"]))
        assert 0 < len(body["content"]) <= LONGEST
        nodes = client.read(body["content"])
        assert not client.mentions(nodes)
        assert not client.pinged(body["content"])
        assert nodes[-1].kind == "small"
        assert key_in(body["content"]) == KEY
        assert client.links(nodes)[-1][1].endswith(f":~:bc={KEY}")


def test_law_06_nobody_can_plant_a_key() -> None:
    planted = f"https://blog.example/#c1:~:bc={'b' * 24} {PLACE}"
    for card in (replace(COMMENT, text=paragraph(planted)), replace(COMMENT, name=planted, link=planted)):
        for part in cards.render(card, BOT):
            assert loaded(part)["content"].count(PLACE) == 1
            assert key_in(content(part)) == KEY


def test_every_part_of_a_long_comment_has_its_key_and_the_last_its_buttons() -> None:
    card = replace(COMMENT, text=paragraph(LONG), answerable=True, in_reply_to=ReplyTo("Sam", MessageId("5")))
    parts = cards.render(card, BOT)
    assert len(parts) > 50
    assert [bool(buttons(part)) for part in parts] == [False] * (len(parts) - 1) + [True]
    assert ["reply_to" in loaded(part) for part in parts] == [True] + [False] * (len(parts) - 1)
    assert all(key_in(content(part)) == KEY for part in parts)
    assert letters(LONG) in letters(read(parts))


def test_a_card_with_everything_as_long_as_it_gets_leaves_room_for_words() -> None:
    long = "*" * 3_000
    card = ModerationCard(
        long, (Paragraph((Plain(long),)),), f"https://blog.example/{'a' * 470}", 0.0, held=long,
        in_reply_to=ReplyTo(long, None, long), choices=tuple(Choice), mark="f" * 16, by_author=True, answerable=True,
    )  # fmt: skip
    for part in cards.render(card, BOT):
        assert len(content(part)) <= LONGEST
        json.loads(part.body)


def test_a_button_of_ours_is_never_longer_than_discord_takes() -> None:
    longest = pressed.Change("9" * 20, "9" * 20)
    assert len(pressed.name(longest)) <= 100
