"""What of discord.py's own log reaches an operator."""

from __future__ import annotations

import logging

import pytest

from adapters.discord.quiet import keep_quiet

LIMITED = "We are being rate limited. %s %s responded with 429. Retrying in %.2f seconds."
BLOCKED = "Shard ID %s heartbeat blocked for more than %s seconds.\nLoop thread traceback (most recent call last):\n  x"


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What is logged as the daemon logs it by default."""
    keep_quiet()
    caplog.set_level(logging.INFO)
    return caplog


def ours(log: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    """What reaches an operator: pytest sees the others besides."""
    assert logging.getLogger("discord").propagate is False
    return [(one.levelno, one.getMessage()) for one in log.records if one.name.startswith("adapters.")]


def test_that_voice_channels_cannot_be_used_is_not_told(log: pytest.LogCaptureFixture) -> None:
    theirs = logging.getLogger("discord.client")
    theirs.warning("PyNaCl is not installed, voice will NOT be supported")
    theirs.warning("something that matters")
    assert ours(log) == [(logging.WARNING, "discord.py, which speaks to Discord for us, says: something that matters")]


@pytest.mark.parametrize(
    ("logger", "level", "template", "args", "told"),
    [
        ("client", logging.INFO, "logging in using static token", (), None),
        ("gateway", logging.INFO, "Shard ID %s has connected to Gateway (Session ID: %s).", (None, "ab12"),
         (logging.INFO, "connected to Discord: a session has begun")),
        ("gateway", logging.INFO, "Shard ID %s has successfully RESUMED session %s.", (None, "ab12"),
         (logging.INFO, "connected to Discord again: the session goes on")),
        ("http", logging.WARNING, LIMITED, ("PUT", "https://x.example/", 0.5), None),
        ("http", logging.WARNING, "Global rate limit has been hit. Retrying in %.2f seconds.", (0.5,), None),
        ("gateway", logging.WARNING, BLOCKED, (None, 10),
         (logging.WARNING, "Backchat was too busy to speak to Discord for 10 s: is this machine overloaded?")),
        ("gateway", logging.WARNING, "Can't keep up, shard ID %s websocket is %.1fs behind.", (None, 41.3), None),
    ],
)  # fmt: skip
def test_what_discord_py_says_is_said_in_our_words_or_not_at_all(
    log: pytest.LogCaptureFixture, logger: str, level: int, template: str, args: tuple[object, ...],
    told: tuple[int, str] | None,
) -> None:  # fmt: skip
    logging.getLogger(f"discord.{logger}").log(level, template, *args)
    assert ours(log) == ([] if told is None else [told])


def test_a_connection_that_breaks_is_one_line(log: pytest.LogCaptureFixture) -> None:
    try:
        raise ConnectionResetError("by peer")
    except ConnectionResetError:
        logging.getLogger("discord.client").exception("Attempting a reconnect in %.2fs", 1.3)
    broken = "the connection to Discord broke (ConnectionResetError); again in 1.30 s"
    assert ours(log) == [(logging.WARNING, broken)]
    assert [one.exc_info for one in log.records if one.name.startswith("adapters.")] == [None]


def test_all_of_it_is_told_where_all_is_logged(log: pytest.LogCaptureFixture) -> None:
    log.set_level(logging.DEBUG, "adapters")
    logging.getLogger("discord.client").info("logging in using static token")
    assert ours(log) == [(logging.DEBUG, "logging in using static token")]


def test_law_10_what_is_retold_holds_no_token(log: pytest.LogCaptureFixture) -> None:
    logging.getLogger("discord.webhook.async_").warning("Odd: %s", "/webhooks/12/s3cr3t-token/messages/@original")
    assert "s3cr3t" not in log.text
    assert "/webhooks/12/…" in ours(log)[0][1]
