from __future__ import annotations

from bridge.model import AnswerState
from bridge.testing.stage import Stage


async def test_a_comment_becomes_a_message_and_an_answer_a_comment() -> None:
    async with Stage() as stage:
        stage.blog.post()
        await stage.until(lambda: stage.blog.reads > 0, "the first reading")
        comment = stage.blog.comment("How do you prune roses?")
        await stage.until(lambda: bool(stage.chat.standing()), "the comment in the room")
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]
        await stage.pass_time(11)
        message = stage.chat.write(stage.chat.thread(), "In March, with sharp shears.")
        await stage.until(lambda: stage.chat.messages[message].receipt is not None, "a receipt")
        receipt = stage.chat.messages[message].receipt
        assert receipt is not None and receipt.state is AnswerState.HELD and receipt.answers == "Vera"
        await stage.until(lambda: len(stage.blog.public()) == 2, "the answer on the blog")
        answer = stage.blog.public()[1]
        assert answer.parent == comment
        await stage.pass_time(20)
        receipt = stage.chat.messages[message].receipt
        assert receipt is not None and receipt.state is AnswerState.PUBLIC and receipt.link == answer.link
        assert stage.chat.standing() == ["Vera: How do you prune roses?"]
        assert len(stage.blog.public()) == 2
