"""A blog that is only read: whoever answers learns at once where they can."""

from __future__ import annotations

from pathlib import Path

from bridge.model import AnswerState, BlogLimits, Relay
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.stage import Stage, route
from tests.flows.stories import begun, receipt, state


def only_read(relay: Relay = Relay.AUTHORS, ledger: Path | str = ":memory:") -> Stage:
    clock = DrivenClock()
    blog = FakeBlog(clock, abilities=frozenset(), accounts=(), limits=BlogLimits())
    return Stage(clock=clock, blog=blog, routes=[route(relay=relay, hold=60.0)], ledger=ledger)


async def test_law_05_an_answer_is_refused_at_once_and_says_where_to_write_it() -> None:
    async with only_read() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: state(stage.chat, message) is not None, "a receipt", within=2)
        told = receipt(stage.chat, message)
        assert told.state is AnswerState.REFUSED and told.until is None
        assert told.reason is not None and "can only be read" in told.reason
        assert "https://blog.example/first/#c1" in told.reason
        assert stage.blog.publications == []


async def test_it_names_the_comment_that_was_meant_else_the_post() -> None:
    async with only_read() as stage:
        await begun(stage)
        stage.blog.comment("And lavender?", name="Kim")
        await stage.until(lambda: any("lavender" in said for said in stage.chat.standing()), "the second comment")
        reply = stage.chat.write(stage.chat.thread(), "In May.", reply_to=stage.chat.ours("lavender"))
        early = stage.chat.write(stage.chat.thread(), "@Vera in March.")
        await stage.until(lambda: None not in {state(stage.chat, reply), state(stage.chat, early)}, "receipts")
        assert "#c2" in str(receipt(stage.chat, reply).reason)
        assert "#c1" in str(receipt(stage.chat, early).reason)


async def test_an_edit_of_it_is_answered_the_same_way_and_an_aside_is_left_alone() -> None:
    async with only_read() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        aside = stage.chat.write(stage.chat.thread(), "// shall we?")
        await stage.until(lambda: state(stage.chat, message) is not None, "a receipt")
        stage.chat.edit_message(message, "In April.")
        await stage.pass_time(5)
        assert state(stage.chat, message) is AnswerState.REFUSED
        assert "can only be read" in str(receipt(stage.chat, message).reason)
        assert state(stage.chat, aside) is None


async def test_a_route_that_only_mirrors_says_nothing() -> None:
    async with only_read(Relay.OFF) as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.pass_time(5)
        assert state(stage.chat, message) is None


async def test_marking_is_answered_too() -> None:
    async with only_read(Relay.MARKED) as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        stage.chat.mark(message)
        await stage.until(lambda: state(stage.chat, message) is AnswerState.REFUSED, "a receipt")


async def test_what_was_held_before_the_blog_was_reached_is_refused_then(tmp_path: Path) -> None:
    stage = only_read(ledger=tmp_path / "ledger.db")
    async with stage:
        await begun(stage)
        await stage.stop()
        await stage.start(blog_is_there=False)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: state(stage.chat, message) is AnswerState.HELD, "it is held")
        await stage.blog_comes()
        await stage.until(lambda: state(stage.chat, message) is AnswerState.REFUSED, "it is refused")
        assert "open the comment: https://blog.example/first/#c1" in str(receipt(stage.chat, message).reason)
