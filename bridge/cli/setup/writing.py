"""The configuration that `backchat init` writes: its text, and putting it down whole and private."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bridge.errors import BackchatError
from bridge.model import ChatOffer, Survey

_TEXT = """\
# Written by `backchat init`. Every setting there is stands, with its default, in config.example.toml: in Backchat's
# sources, and in share/backchat/ of the environment that it is installed in.
# Check what you change with `backchat check` (offline) and `backchat doctor` (live): they tell every problem at once.

[backchat]
# The folder for everything that Backchat remembers; a relative path starts at this file's folder.
state = "state"
# An address of yours, sent along when blogs are read, so that their operators can reach you.
contact = {contact}

[blogs.{blog}]
{blog_config}

[chats.{chat}]
{chat_config}

[routes.{blog}]
blog = {blog_text}
{relay}

[[routes.{blog}.rooms]]
chat = {chat_text}
# The room's or channel's id in the chat.
room = {room}
{authors}
{desk}
"""
_FIRST_RUN = """\
# What the first reading shows of the comments that stand already: "none", or, say, "latest 50".
first_run = "latest 5"
"""
_RELAY = """\
# "authors": what the authors below write in a thread is published, except what begins with // ·
# "marked": only what they mark · "off": comments are shown, nothing is published.
relay = "authors"
# How long an answer can be undone before it is published.
hold = "10s"\
"""
_READ_ONLY = """\
# Nobody can answer from here: comments are shown, nothing is published. The other choices are "authors" and "marked".
relay = "off"\
"""
_AUTHORS = """\
# Who may answer: a person's id in the chat, and the account under which they answer.
{others}authors = {{ {speaker} }}\
"""
_OTHERS = """\
# Nobody answers as these yet: {names}.
"""
_MODERATORS = """
# Who may put a comment that stands on the blog into the spam or the trash from here.
moderators = {{ {speaker} }}\
"""
_DESK = """
# The moderation room: here stands what waits for approval, and its moderators decide about it.
[[routes.{blog}.moderation]]
chat = {chat_text}
room = {desk}
moderators = {{ {speaker} }}\
"""


class NotWritten(BackchatError):
    """The configuration was not written; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What goes into the configuration: the address that was looked at, a blog's survey, a chat's offer."""

    address: str
    survey: Survey
    chat: str
    offer: ChatOffer

    @property
    def can_answer(self) -> bool:
        """Whether somebody in the chat can answer in the blog's name."""
        return bool(self.survey.accounts and self.offer.people)

    @property
    def can_moderate(self) -> bool:
        """Whether who answers may moderate as well, and the chat has a room for it."""
        return self.can_answer and self.survey.accounts[0] in self.survey.moderators and self.offer.desk is not None


def config_text(chosen: Chosen) -> str:
    """Write the configuration. Raises `NotWritten` where an adapter's part is no TOML."""
    site = urlsplit(chosen.address)
    survey, offer = chosen.survey, chosen.offer
    blog, chat = key(name_of(survey.name)), key(name_of(chosen.chat))
    _part(survey.config, "blog")
    _part(offer.config, "chat")
    return _TEXT.format(
        contact=text(f"{site.scheme}://{site.netloc}/"),
        blog=blog, blog_text=text(name_of(survey.name)), blog_config=_with_first_run(survey.config),
        chat=chat, chat_text=text(name_of(chosen.chat)), chat_config=offer.config.strip(),
        room=text(offer.room), relay=_RELAY if chosen.can_answer else _READ_ONLY,
        authors=_authors(chosen) if chosen.can_answer else "",
        desk=_desk(chosen) if chosen.can_moderate else "",
    ).rstrip() + "\n"  # fmt: skip


def _authors(chosen: Chosen) -> str:
    names = ", ".join(text(account) for account in chosen.survey.accounts[1:])
    words = _AUTHORS.format(others=_OTHERS.format(names=names) if names else "", speaker=_speaker(chosen))
    return words + (_MODERATORS.format(speaker=_speaker(chosen)) if chosen.can_moderate else "")


def _desk(chosen: Chosen) -> str:
    return _DESK.format(
        blog=key(name_of(chosen.survey.name)), chat_text=text(name_of(chosen.chat)), desk=text(chosen.offer.desk or ""),
        speaker=_speaker(chosen),
    )  # fmt: skip


def _speaker(chosen: Chosen) -> str:
    return f"{key(chosen.offer.people[0])} = {text(chosen.survey.accounts[0])}"


def _with_first_run(config: str) -> str:
    """Add the core's own setting behind the line that names the adapter, unless the adapter has set it."""
    head, _, rest = config.strip().partition("\n")
    return config.strip() if "first_run" in tomllib.loads(config) else f"{head}\n{_FIRST_RUN}{rest}"


def _part(words: str, what: str) -> None:
    try:
        tomllib.loads(words)
    except tomllib.TOMLDecodeError as error:
        raise NotWritten(
            f"the {what} adapter's offer is no TOML ({error}): tell its authors; nothing was written"
        ) from None


def name_of(words: str) -> str:
    """Make a table's name of what an adapter calls the blog."""
    return "-".join(re.findall(r"[a-z0-9_]+", words.lower())) or "blog"


def key(words: str) -> str:
    """Quote what TOML does not take for a bare key."""
    return words if re.fullmatch(r"[A-Za-z0-9_-]+", words) else text(words)


def text(words: str) -> str:
    """Write a TOML string: JSON's escapes are TOML's too, but for a lone DEL."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")


def write(path: Path, words: str, *, replace: bool) -> None:
    """Put a file down, whole or not at all, readable for its owner alone. Raises `NotWritten`."""
    try:
        handle, made = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # made with mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(words)
                file.flush()
                os.fsync(file.fileno())
            if replace:
                Path(made).replace(path)
            else:
                os.link(made, path)  # fails where something stands, also if it came this moment
        finally:
            Path(made).unlink(missing_ok=True)
    except FileExistsError:
        raise NotWritten(stands(path)) from None
    except OSError as error:
        raise NotWritten(f"{path} cannot be written: {error.strerror}; name another file with --config") from None


def stands(path: Path) -> str:
    """Say that a file is there already."""
    return f"{path} is there already and was left as it is: name another file with --config, or say --force"
