"""Hypothesis strategies for texts that try what Slack's markup can do."""

from __future__ import annotations

from tests.rules.hostile_texts import Texts

NASTY = (
    "@everyone", "@here", "@channel", "<!channel>", "<!here>", "<!everyone>", "<!here|here>", "<@U024BE7LH>",
    "<@W1|ada>", "<#C024BE7LR>", "<#C1|general>", "#general", "<!subteam^S1>", "<!subteam^S1|@ops>",
    "<!date^1392734382^{date} at {time}|then>", "<!date^1^{ago}^https://evil.example/|now>",
    "<https://evil.example|bank.example>",
    "<https://evil.example/>", "<mailto:a@b.example|a@b.example>", "&lt;!channel&gt;", "&amp;lt;!here&amp;gt;",
    "&", "<", ">", "&gt;", ">>>", "\n> ", "\n&gt; ", "@", "#", ":", "|", "^", "!", "*",
    "**", "_", "__", "~", "`", "``", "```", "```\n",
    "*bold*", "_it_", "~no~", "`code`", "snake_case_x", "a*b*c", ":smile:", ":+1::skin-tone-2:", "10:30:45", "::",
    "• ", "\n• ", "1. ", "\n1. ", "https://x.example/a_b_c", "https://x.example/(a)_b*c~d", "http://x.example/@everyone",
    "https://", "://", "https://bank.example@evil.example/", "www.evil.example", "evil.example", "slack://open",
    "\n", "\n\n", "\u2028", "\u00a0", "\ufeff", "\u200b", "\u2060", "\u202e", " ", "  ", "word", "é", "ツ", "e\u0301",
    "\U0001f44d\U0001f3fd", "1", ".", "bc1:aaaaaaaaaaaaaaaaaaaaaaaa:0",
)  # fmt: skip
ADDRESSES = (
    "https://x.example/a_b_c*d*~e~(f)?a=1&b=2",
    "https://x.example/",
    "http://x.example:8080/@everyone?x=<@U1>",
    "https://x.example/%7C|x",
    "mailto:vera@x.example",
    "javascript:alert(1)",
    "slack://channel?id=C1",
    "https://u:p@evil.example/",
    "https://x.example/> <!channel>",
)
HOSTILE = Texts(NASTY, ADDRESSES)
words, texts = HOSTILE.words, HOSTILE.texts
