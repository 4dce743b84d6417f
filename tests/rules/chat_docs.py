"""What the pages of chats are held to: their tables and examples are what the code has, their messages what it says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bridge.chats.marks import MARKS
from bridge.chats.phrases import PUBLISH

HOME = Path(__file__).parents[2]
_BLOG = """\
[blogs.garden]
adapter = "isso"
address = "http://127.0.0.1:1"
site = "https://garden.example"
[blogs.garden.accounts.mara]
name = "Mara"
[blogs.garden.accounts.staff]
name = "Staff"
"""
_ROUTE = '[routes.garden]\nblog = "garden"\nrelay = "authors"\n'


@dataclass(frozen=True, slots=True)
class ChatPage:
    """The page `docs/NAME.md` of the chat adapter of that name, and the check with the real platform beside it."""

    name: str

    @property
    def text(self) -> str:
        """The page."""
        return (HOME / "docs" / f"{self.name}.md").read_text("utf-8")

    @property
    def check(self) -> str:
        """The list for whoever tries the adapter on the real platform."""
        return (HOME / "docs" / f"{self.name}-live-check.md").read_text("utf-8")

    @property
    def blocks(self) -> list[str]:
        """What it shows of configurations."""
        return re.findall(r"```toml\n(.*?)```", self.text, re.DOTALL)

    def block(self, words: str) -> str:
        """The first of these that has these words."""
        return next(block for block in self.blocks if words in block)

    @property
    def settings(self) -> dict[str, str]:
        """The settings in its table, with their defaults."""
        return dict(re.findall(r"^\| `(\w+)` \| .+ \| (.+) \|$", self.text, re.MULTILINE))

    @property
    def messages(self) -> list[str]:
        """What is said where something is wrong; … stands for what differs."""
        table = self.text.split("## When something is wrong")[1].split("| --- | --- |")[1]
        return re.findall(r"^\| (.+?) \| ", table, re.MULTILINE)

    def whole(self, folder: Path) -> Path:
        """A configuration of what the page shows, in a file."""
        chat, moderation = self.block("[chats."), self.block("moderation")
        file = folder / "backchat.toml"
        file.write_text(f"{_BLOG}{chat.replace('[[', _ROUTE + '[[', 1)}{moderation}", "utf-8")
        return file

    def unsaid(self, message: str) -> list[str]:
        """The parts of a message that the adapter, and what it shares with others, never says."""
        files = [*(HOME / "adapters" / self.name).glob("*.py"), *(HOME / "bridge" / "chats").glob("*.py")]
        said = "".join(path.read_text("utf-8") for path in sorted(files))
        whole = re.sub(r'"\s*f?"', "", said)  # sentences that lines break, together again
        words = (whole, re.sub(r"\{[^{}]*\}", "", whole))
        parts = (re.sub(r"\{.*?\}", "", part).strip(" ,;") for part in message.split("…"))
        return [part for part in parts if not any(part in each for each in words)]

    def lacks(self, commands: dict[str, tuple[str, ...]]) -> list[str]:
        """The receipts, and the commands with what they take, that it does not explain."""
        shown = {f"/backchat {name}{' BLOG' if takes else ''}" for name, takes in commands.items()}
        wanted = {*shown, PUBLISH, *(mark for marks in MARKS.values() for mark in marks)}
        return sorted(words for words in wanted if words not in self.text)
