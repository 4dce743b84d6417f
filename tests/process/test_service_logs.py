"""What the daemon's log says of a whole story, at its most talkative: all that is needed, nothing that is secret."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bridge.model import AnswerState
from tests.process.proxy import Break
from tests.process.story import SEEDS, opened
from tests.process.waiting import until
from tests.servers.isso import PASSWORD

MAIL = "otto.secretive@mail.example"
TOKEN = "7c1f0e5a-the-token"


@pytest.mark.parametrize("kind", ["text", "json"])
async def test_law_10_a_talkative_log_holds_no_secret_no_token_and_no_visitors_e_mail(
    tmp_path: Path, kind: str
) -> None:
    async with opened(tmp_path, through_proxy=True) as (world, proxy):
        text = world.daemon.config.read_text()
        text = text.replace("[backchat]\n", f'[backchat]\nlog = "{kind}"\ncontact = "https://me.example/?k={TOKEN}"\n')
        world.daemon.config.write_text(text)
        await world.daemon.start_plain("--verbose")
        await world.until_shown(SEEDS[2])
        visitor = world.isso.visitor("Otto")
        await visitor.comment(f"c1 Write to {MAIL} or https://otto.example/?t={TOKEN}", email=MAIL)
        asked = await world.until_shown("c1 Write to")
        message = await world.answer("a1 I shall.", asked.id)
        await world.until_state(message, AnswerState.PUBLIC)
        broken = proxy.break_("POST /new", Break.AFTER)
        message = await world.answer(f"a2 Or to {MAIL}.", (await world.until_shown(SEEDS[2])).id)
        await until(lambda: broken.met == 1, "a publish that breaks")
        await world.until_state(message, AnswerState.PUBLIC)
        await proxy.close()
        await until(lambda: "cannot be read" in world.daemon.words(), "a reading that fails")
        await proxy.open()
        await world.at_rest()
        assert await world.stop_and_check() == []
        words = world.daemon.words()
        for secret in (PASSWORD, MAIL, TOKEN, "otto.secretive"):
            assert secret not in words
        key = (world.ledger("SELECT value FROM meta WHERE name = 'instance key'"))[0]["value"]
        assert key not in words
        assert "publish of answer" in words  # the steps are there, the words of people are not
        assert "a1 I shall" not in words and "c1 Write to" not in words
        if kind == "json":
            lines = [json.loads(line) for line in words.splitlines()]
            assert {"time", "level", "logger", "message"} <= set.intersection(*(set(line) for line in lines))
            assert any(line.get("blog") == "garden" for line in lines)
            assert any("delivery" in line and line.get("chat") == "room" for line in lines)
