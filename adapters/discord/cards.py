"""What a comment, a notice, a form and a post look like in Discord: the bodies of parts, see `payloads`. Pure.

A message of ours has three layers: who says it, what is said, and in small print where it stands on the blog. The link
in the small print carries our key (`markers`), so that every part has one. Where the commenter has a picture, it
stands below that, in an embed: nowhere else does a message of a bot take one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.discord.escaping import escaped, guarded, web
from adapters.discord.lines import LONGEST, LONGEST_LINK, is_date, masked, piece, written
from adapters.discord.markers import LENGTH, PLACE
from adapters.discord.markup import pieces
from adapters.discord.settings import Settings
from bridge.chats import fates, pressed
from bridge.model import (
    Card,
    Choice,
    CommentCard,
    FormCard,
    MessageId,
    ModerationCard,
    Notice,
    Part,
    PersonId,
    Post,
    PostCard,
    ReplyTo,
)
from bridge.text.names import defused
from bridge.text.tree import Paragraph, Quote, Text, collapsed

LONGEST_REASON = 200
LONGEST_TITLE = 250
LONGEST_EXCERPT = 500
NOWHERE = "https://discord.com/app"
"""Where the small print leads if what a message is about stands nowhere."""

_ROW, _BUTTON = 1, 2
_GREY, _GREEN = 2, 3

Button = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Message:
    """A card in layers, before it is divided into parts; lines are Discord's Markdown already."""

    head: tuple[str, ...]
    text: Text
    foot: str
    """The small print of the last part; the others' is `continued`."""
    continued: str
    buttons: Sequence[Button] = ()
    reply_to: MessageId | None = None
    more: dict[str, Any] = field(default_factory=dict)
    lead: str = ""
    """Stands on the first line of the text."""
    whose: str = ""
    """Who says it: every part after the first begins with that, in small print, which nobody's text can imitate."""
    face: dict[str, Any] = field(default_factory=dict)
    """The embed below the last part, with the commenter's picture; empty for none."""


def render(card: Card, settings: Settings) -> tuple[Part, ...]:
    """Put a card into messages of at most 2,000 characters, keys included."""
    match card:
        case CommentCard():
            return _parts(_comment(card, by_bot=settings.identity == "bot"))
        case ModerationCard():
            return _parts(_moderation(card))
        case Notice():
            return _parts(_notice(card))


def render_form(card: FormCard) -> tuple[Part, ...]:
    """Put what a form sent into messages, with what became of it, and a way to change it and to take it back."""
    answers = card.receipt.answers if card.receipt is not None else None
    head = f"{_name(card.name)} answers {_name(answers)}" if answers else _name(card.name)
    form = card.form.removeprefix("form:")
    buttons = [
        _button(fates.EDIT, _GREY, pressed.Change(form, card.writer)),
        _button(fates.TAKE_BACK, _GREY, pressed.Back(form, card.writer)),
    ]
    link = _link(card.link, "the comment")
    return _parts(
        _Message(
            (head,), card.text, f"{written(fates.state(card.receipt, card.reason))} · {link}", _continued(card.link),
            buttons if card.changeable else (), card.to, whose=_name(card.name),
        )
    )  # fmt: skip


def post_card(card: PostCard) -> Part:
    """Open a thread with what its post is: the title, where it stands, and a picture and a few words if it has some."""
    post = card.post
    title = guarded(f"💬 **{escaped(_short(post.title, LONGEST_TITLE) or 'Untitled')}**")
    embed = _embed(post)
    small = " · ".join([*_byline(post), _link(post.address, "on the blog")])
    return _part(f"{title}\n-# {small}", **({"embeds": [embed]} if embed else {}))


# --- Cards ------------------------------------------------------------------------------------------------------------


def _comment(card: CommentCard, *, by_bot: bool) -> _Message:
    reply = card.in_reply_to
    who = [_name(card.name)] if by_bot else []
    head = " ".join([*who, *map(piece, fates.badges(card)), *([f"replies to {_name(reply.name)}"] if reply else [])])
    if head and not by_bot:
        head = f"-# {head}"  # without a name before it, a visitor's first line could look like that
    where = [_link(card.link, "on the blog"), *_moment(card.created), *(["edited"] if card.edited else [])]
    return _Message(
        head=(*filter(None, [head]), *_excerpt(reply, card.text)),
        text=card.text,
        foot=" · ".join(where),
        continued=_continued(card.link),
        buttons=_choosing(card.choices, card.mark, answerable=card.answerable),
        reply_to=None if reply is None or not by_bot else reply.message,
        more={} if by_bot else {"as": {"name": defused(card.name), "avatar": _picture(card.avatar)}},
        face=_face(card) if by_bot else {},
        whose=_name(card.name) if by_bot else "",
    )


def _moderation(card: ModerationCard) -> _Message:
    reply = card.in_reply_to
    who = [_name(card.name), *map(piece, fates.badges(card)), *([f"replies to {_name(reply.name)}"] if reply else [])]
    return _Message(
        head=(written(fates.fate(card)), " ".join(who), *_excerpt(reply, card.text)),
        text=card.text,
        foot=" · ".join([_link(card.link, "on the blog"), *_moment(card.created)]),
        continued=_continued(card.link),
        buttons=_choosing(card.choices, card.mark, answerable=card.answerable),
        reply_to=None if reply is None else reply.message,
        face=_face(card),
        whose=_name(card.name),
    )


def _notice(card: Notice) -> _Message:
    link = _link(card.link, "on the blog")
    more: dict[str, Any] = {"mention": [card.person]} if card.person else {}
    # A reply tells whoever wrote the message; who sent a form has none.
    replies = card.to is not None and card.to.isdigit()
    lead = f"{_mention(card.person)} " if card.person and not replies else ""
    return _Message((), card.text, link, _continued(card.link), (), card.to, more, lead)


def _excerpt(reply: ReplyTo | None, text: Text) -> Iterator[str]:
    if reply is not None and reply.message is None and reply.excerpt:
        yield f"> {guarded(escaped(_short(reply.excerpt, LONGEST_REASON)))}"
        if text and isinstance(text[0], Quote):
            yield ""


# --- Pieces of a line -------------------------------------------------------------------------------------------------


def _name(name: str) -> str:
    return f"**{guarded(escaped(defused(name)))}**"


def _mention(person: PersonId) -> str:
    return f"<@{person}>" if person.isdigit() else ""


def _short(words: str, many: int) -> str:
    line = collapsed(words.replace("\n", " ")).strip()
    return line if len(line) <= many else line[: many - 1].rstrip() + "…"


def _moment(at: float) -> Iterator[str]:
    """Say when, in the reader's own time zone."""
    if is_date(at):
        yield f"<t:{int(at)}:f>"


def _link(address: str | None, words: str) -> str:
    """Lead to where something stands on the blog; the key has its place behind the address."""
    target = web(address) if address else None
    if target is None or len(target) > LONGEST_LINK:
        target, words = NOWHERE, "Backchat"
    return f"[{words}](<{masked(target)}{'' if '#' in target else '#'}{PLACE}>)"


def _continued(address: str | None) -> str:
    return _link(address, "continued")


def _picture(address: str | None) -> str | None:
    return web(address) if address and len(address) <= LONGEST else None


# --- Buttons, embeds, parts -------------------------------------------------------------------------------------------


def _choosing(choices: Sequence[Choice], mark: str, *, answerable: bool) -> list[Button]:
    offered = [_chosen(choice, mark) for choice in choices]
    return [*offered, *([_button(fates.ANSWER, _GREY, pressed.Answer())] if answerable else [])]


def _chosen(choice: Choice, mark: str) -> Button:
    return _button(fates.LABELS[choice], _GREEN if choice is Choice.APPROVE else _GREY, pressed.Do(choice, mark))


def _button(label: str, style: int, does: pressed.Pressed) -> Button:
    return {"type": _BUTTON, "style": style, "label": label, "custom_id": pressed.name(does)}


def _face(card: CommentCard | ModerationCard) -> dict[str, Any]:
    """The commenter's picture and name, which lead to the comment; empty where there is no picture that may be shown.

    Discord fetches it, and shows people its own copy.
    """
    picture, link = _picture(card.avatar), _picture(card.link)
    if picture is None or not picture.startswith("https://"):
        return {}
    return {"author": {"name": defused(card.name), "icon_url": picture, **({"url": link} if link else {})}}


def _byline(post: Post) -> Iterator[str]:
    """Who wrote a post, and when."""
    if post.author:
        yield guarded(escaped(defused(post.author)))
    if post.published is not None and is_date(post.published):
        yield f"<t:{int(post.published)}:D>"


def _embed(post: Post) -> dict[str, Any]:
    """A post's picture and first words; empty where it has neither."""
    picture = _picture(post.picture)
    excerpt = guarded(escaped(_short(post.excerpt, LONGEST_EXCERPT)))
    if not picture and not excerpt:
        return {}
    embed: dict[str, Any] = {"description": excerpt} if excerpt else {}
    if picture:
        embed["image"] = {"url": picture}
    return embed


def _parts(message: _Message) -> tuple[Part, ...]:
    """Divide a card into parts; what opens it stands in the first, what can be done about it in the last."""
    head = "".join(f"{line}\n" for line in message.head)
    foot = max(len(message.foot), len(message.continued)) + LENGTH - len(PLACE) + len("\n-# ")
    opening = max(len(head), len(_again(message)))
    first, *others = pieces(message.text, LONGEST - opening - len(message.lead) - foot) or ("",)
    said = (_led(message.lead, first, message.text), *others)
    return tuple(_divided(message, said, number) for number in range(len(said)))


def _led(lead: str, words: str, text: Text) -> str:
    if not lead or (text and isinstance(text[0], Paragraph)):
        return lead + words
    return f"{lead.rstrip()}\n{words}"  # a list or a quote begins with its line


def _again(message: _Message) -> str:
    return f"-# {message.whose}, continued\n" if message.whose else ""


def _divided(message: _Message, said: Sequence[str], number: int) -> Part:
    first, last = number == 0, number == len(said) - 1
    again = _again(message).splitlines()
    lines = [*(message.head if first else again), *([said[number]] if said[number] else [])]
    more = message.more | ({"reply_to": message.reply_to} if first and message.reply_to else {})
    if last and message.buttons:
        more["components"] = [_row(message.buttons)]
    if last and message.face:
        more["embeds"] = [message.face]
    return _part("\n".join([*lines, f"-# {message.foot if last else message.continued}"]), **more)


def _row(buttons: Sequence[Button]) -> dict[str, Any]:
    return {"type": _ROW, "components": list(buttons)}


def _part(content: str, **more: Any) -> Part:
    return Part(json.dumps({"content": content, **more}, ensure_ascii=False, separators=(",", ":")))
