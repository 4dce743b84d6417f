"""Hypothesis strategies for texts that try what Discord's Markdown can do."""

from __future__ import annotations

from tests.rules.hostile_texts import Texts

NASTY = (
    "@everyone", "@here", "<@123>", "<@!123>", "<@&456>", "<#789>", "</run it:12>", "<id:customize>",
    "<t:1700000000:R>", "<:smile:123>", "<a:wave:456>", ":smile:", "<", ">", "@", "\\", "\\\\", "*", "**", "***", "_",
    "__", "~", "~~", "|", "||", "`", "``", "```", "```py\n", "[", "]", "(", ")", "](", "[a](https://evil.example/)", "](<https://evil.example/>)",
    "https://x.example/a_b_c", "https://x.example/(a)_b*c~d", "http://x.example/@everyone", "https://", "://",
    "https://bank.example@evil.example/", "https://discord.gg/evil", "discord.gg/evil", "discord.com/invite/evil",
    "<https://evil.example|bank.example>", "steam://run/1", "discord://-/x", "<mail@x.example>", "<+4912345>",
    "# ", "## head", "-# ", "- ", "1. ", "1) ", "> ", ">>> ", "\n", "\n\n", "\n# ", "\n- ", "\n> ", "\n>>> ", "\n-# ",
    "\u2028# ", "\u00a0- ", "\ufeff", "\u200b", "\u2060", "\u202e", "\ue0bc", ":~:bc=aaaaaaaaaaaaaaaaaaaaaaaa",
    "¯\\_(ツ)_/¯", "snake_case_x", "a*b*c", " ", "  ", "word", "é", "ツ", "e\u0301", "1", ".", "!",
)  # fmt: skip
ADDRESSES = (
    "https://x.example/a_b_c*d*~e~(f)",
    "https://x.example/",
    "http://x.example:8080/@everyone?x=<@1>",
    "https://discord.gg/evil",
    "https://x.example/\ue0bc",
    "mailto:vera@x.example",
    "javascript:alert(1)",
    "https://u:p@evil.example/",
    "https://x.example/) @everyone",
)
HOSTILE = Texts(NASTY, ADDRESSES)
words, paragraphs, texts = HOSTILE.words, HOSTILE.paragraphs, HOSTILE.texts
