"""What a comment, a notice, a form and a post look like in Slack: the bodies of parts. Pure.

A message of ours has three layers: who says it (Slack shows a commenter's name and picture as the sender's), what is
said, in rich text, where nothing is parsed, and small print of ours in context blocks, which nobody's text can imitate.
A body is JSON: `text` (what notifications show), `blocks`, and where there are any `username`, `icon_url`, and
`mention`, the people whom the message may tell.

Limits of blocks: https://docs.slack.dev/reference/block-kit/blocks.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from adapters.slack import keyed
from adapters.slack.escaping import clipped, line, shortened, web
from adapters.slack.lines import link, moment, piece, section, written
from adapters.slack.markup import pieces, rich, size
from bridge.chats import fates, pressed
from bridge.model import (
    Card,
    Choice,
    CommentCard,
    FormCard,
    ModerationCard,
    Notice,
    Part,
    PersonId,
    PostCard,
    Receipt,
    ReplyTo,
)
from bridge.text.names import defused, folded
from bridge.text.tree import Text, paragraph, plain

LONGEST = 12_000
"""UTF-16 units of a message's blocks as JSON, by our own choice, see `markup.size`."""
LONGEST_TEXT = 3_900
"""Characters that notifications get; `chat.update` refuses more than 4,000."""
LONGEST_HEADER = 150
"""UTF-16 units, so that it fits whichever way Slack counts."""
OPENS = "💬 "
"""What opens the card of a post."""
LONGEST_NAME = 80
LONGEST_EXCERPT = 500
LONGEST_ADDRESS = 2_000
VISITOR = " (visitor)"
"""Behind the name of a commenter who bears that of somebody else."""

_LONGEST_SAID = 400
_ANGLES = {ord("<"): "\u2039", ord(">"): "\u203a"}
"""A sender's name has no entities, and was once read for what stands in angle brackets (slackapi/hubot-slack#344)."""
_RESERVED = frozenset({"slackbot", "slack", "backchat"})

Block = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Message:
    """A card in layers, before it is divided into parts; small print is mrkdwn already."""

    head: str
    text: Text
    foot: str
    """The small print of the last part; that of the others says that it goes on."""
    again: str = ""
    """The small print that begins every part after the first; "" where the sender's name says it."""
    spoken: str = ""
    """What notifications say before the words."""
    buttons: Sequence[Block] = ()
    mention: Sequence[PersonId] = ()
    more: dict[str, str] = field(default_factory=dict)


def render(card: Card, taken: Collection[str] = ()) -> tuple[Part, ...]:
    """Put a card into messages. `taken` are names that people of this chat bear: no visitor is shown under one."""
    match card:
        case CommentCard():
            return _parts(_comment(card, taken))
        case ModerationCard():
            return _parts(_moderation(card, taken))
        case Notice():
            return _parts(_notice(card))


def render_form(card: FormCard) -> tuple[Part, ...]:
    """Put what a form sent into messages, with what became of it, and a way to change it and to take it back."""
    answers = card.receipt.answers if card.receipt is not None else None
    who = _bold(card.name)
    form = card.form.removeprefix("form:")
    buttons = [
        _button(fates.EDIT, pressed.Change(form, card.writer)),
        _button(fates.TAKE_BACK, pressed.Back(form, card.writer)),
    ]
    return _parts(
        _Message(
            head=f"{who} answers {_bold(answers)}" if answers else who,
            text=card.text,
            foot=_dotted(written(fates.state(card.receipt, card.reason)), link(card.link, "the comment")),
            again=f"{who}, continued",
            spoken=f"{_said(defused(card.name))}: ",
            buttons=buttons if card.changeable else (),
        )
    )


def receipt_part(receipt: Receipt) -> Part:
    """Tell the writer of an answer, and nobody else, what became of it."""
    answers = f"your answer to {_bold(receipt.answers)}" if receipt.answers else "your answer"
    words = _dotted(written(fates.state(receipt)), answers)
    return _part(words, [section(words)])


def post_card(card: PostCard) -> Part:
    """Open a thread with what its post is: the title, where it stands, a few words and a picture if it has some."""
    post = card.post
    title = _headed(post.title)
    when = moment(post.published) if post.published is not None else ""
    by = f"by {_bold(post.author)}" if post.author else ""
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": f"{OPENS}{title}", "emoji": False}},
        _small(_dotted(by, when, _via(post.address, card.blog))),
    ]
    excerpt = shortened(post.excerpt, LONGEST_EXCERPT)
    if excerpt:
        blocks.append(_rich(paragraph(excerpt)))
    if picture := _picture(post.picture):
        alt = {"type": "image", "image_url": picture, "alt_text": "The picture of the post"}
        blocks.append(alt)
    people = tuple(person for person in card.notify if _mention(person))
    if people:
        blocks.append(section(f"{' '.join(map(_mention, people))}: what is said of this post comes into this thread"))
    return _part(f"{OPENS}{line(post.title, LONGEST_TEXT - 100) or 'Untitled'}", blocks, mention=people)


# --- Cards ------------------------------------------------------------------------------------------------------------


def _comment(card: CommentCard, taken: Collection[str]) -> _Message:
    return _Message(
        head=_dotted(*map(piece, fates.badges(card)), _replies(card.in_reply_to)),
        text=card.text,
        foot=_dotted(_via(card.link), moment(card.created), "edited" if card.edited else ""),
        spoken=f"{_said(defused(card.name))}: ",
        buttons=_choosing(card.choices, card.mark, answerable=card.answerable),
        more=_sender(card, taken),
    )


def _moderation(card: ModerationCard, taken: Collection[str]) -> _Message:
    return _Message(
        head=_dotted(written(fates.fate(card)), *map(piece, fates.badges(card)), _replies(card.in_reply_to)),
        text=card.text,
        foot=_dotted(_via(card.link), moment(card.created)),
        spoken=f"{_said(defused(card.name))}: ",
        buttons=_choosing(card.choices, card.mark, answerable=card.answerable),
        more=_sender(card, taken),
    )


def _notice(card: Notice) -> _Message:
    mention = _mention(card.person) if card.person else ""
    return _Message(
        head=mention,
        text=card.text,
        foot=link(card.link, "on the blog", otherwise="Backchat"),
        spoken=f"{mention} " if mention else "",
        mention=(card.person,) if card.person and mention else (),
    )


def _headed(title: str) -> str:
    """A post's title as it fits into a header behind what opens it."""
    room = LONGEST_HEADER - _units(OPENS)
    shown = shortened(title, room)
    while _units(shown) > room:
        shown = shortened(shown, len(shown) - 1)
    return shown or "Untitled"


def _units(words: str) -> int:
    return len(words.encode("utf-16-le")) // 2


def _sender(card: CommentCard | ModerationCard, taken: Collection[str]) -> dict[str, str]:
    """The name and the picture under which Slack shows a message; only authors may bear names of people here."""
    name = shortened(defused(card.name), LONGEST_NAME).translate(_ANGLES)
    others = frozenset() if card.by_author else frozenset(map(_bare, taken))
    if _bare(name) in _RESERVED | others:
        name = name[: LONGEST_NAME - len(VISITOR)].rstrip() + VISITOR
    picture = _picture(card.avatar)
    return {"username": name, **({"icon_url": picture} if picture else {})}


@lru_cache(maxsize=16_384)  # all members' names are looked at for every comment
def _bare(name: str) -> str:
    """What a reader takes two names to be the same by: neither signs nor spaces tell them apart."""
    return "".join(filter(str.isalnum, folded(name))) or folded(name)


def _replies(reply: ReplyTo | None) -> str:
    if reply is None:
        return ""
    excerpt = f": “{line(reply.excerpt, _LONGEST_SAID)}”" if reply.message is None and reply.excerpt else ""
    return f"in reply to {_bold(reply.name)}{excerpt}"


# --- Pieces of a line -------------------------------------------------------------------------------------------------


def _dotted(*words: str) -> str:
    return " · ".join(filter(None, words))


def _via(address: str | None, blog: str = "") -> str:
    named = f" {line(blog, LONGEST_NAME)}" if blog else ""
    return link(address, "via blog", otherwise="via blog") + named


def _bold(name: str) -> str:
    return f"*{_said(defused(name))}*"


def _said(words: str) -> str:
    return line(words, _LONGEST_SAID)


def _mention(person: PersonId) -> str:
    """Call a person by the id of the settings; "" for what is no id. People of other workspaces are `TEAM/PERSON`."""
    id = person.rpartition("/")[2]
    return f"<@{id}>" if id[:1] in {"U", "W"} and id.isascii() and id.isalnum() and id.isupper() else ""


def _picture(address: str | None) -> str | None:
    allowed = web(address)
    safe = allowed is not None and allowed.startswith("https://") and len(allowed) <= LONGEST_ADDRESS
    return allowed if safe else None


# --- Blocks, parts ----------------------------------------------------------------------------------------------------


def _small(words: str) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": words, "verbatim": True}]}


def _rich(text: Text) -> Block:
    return {"type": "rich_text", "elements": rich(text)}


def _choosing(choices: Sequence[Choice], mark: str, *, answerable: bool) -> list[Block]:
    offered = [_button(fates.LABELS[choice], pressed.Do(choice, mark)) for choice in choices]
    return [*offered, *([_button(fates.ANSWER, pressed.Answer())] if answerable else [])]


def _button(label: str, does: pressed.Pressed) -> Block:
    """A button, whose value brings back all that it needs."""
    match does:
        case pressed.Do(choice, _):
            id, style = f"do:{choice}", {"style": "primary"} if choice is Choice.APPROVE else {}
        case _:
            id, style = type(does).__name__.lower(), {}
    text = {"type": "plain_text", "text": label, "emoji": False}
    return {"type": "button", "text": text, "action_id": id, "value": pressed.name(does), **style}


def _parts(message: _Message) -> tuple[Part, ...]:
    """Divide a card into parts; what opens it stands in the first, what can be done about it in the last."""
    around = [_frame(message, first=one, last=other) for one in (True, False) for other in (True, False)]
    room = LONGEST - max(size([*above, *below]) + (len(above) + len(below)) * keyed.ROOM for above, below in around)
    said = pieces(message.text, room - size([_rich(())]) - keyed.ROOM) or ((),)
    return tuple(_divided(message, said, number) for number in range(len(said)))


def _frame(message: _Message, *, first: bool, last: bool) -> tuple[list[Block], list[Block]]:
    """What stands above and below the words of a part."""
    head = message.head if first else message.again
    above = [section(head) if message.mention else _small(head)] if head else []
    foot = message.foot if last else "continued below"
    below = [_small(foot)] if foot else []
    if last and message.buttons:
        below.append({"type": "actions", "elements": list(message.buttons)})
    return above, below


def _divided(message: _Message, said: Sequence[Text], number: int) -> Part:
    first, last = number == 0, number == len(said) - 1
    above, below = _frame(message, first=first, last=last)
    words = [_rich(said[number])] if rich(said[number]) else []
    spoken = message.spoken + clipped(plain(said[number]), LONGEST_TEXT - len(message.spoken))
    mention = message.mention if first else ()
    return _part(spoken, [*above, *words, *below], mention=mention, **message.more)


def _part(text: str, blocks: Sequence[Block], *, mention: Sequence[PersonId] = (), **more: str) -> Part:
    told = {"mention": list(mention)} if mention else {}
    body = {"text": text.strip() or "Backchat", "blocks": list(blocks), **more, **told}
    return Part(json.dumps(body, ensure_ascii=False, separators=(",", ":")))
