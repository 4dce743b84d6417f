"""A chat whose receipts are marks: why something is not public is said to its writer, and to nobody else."""

from __future__ import annotations

from bridge.model import AnswerState, Card, Notice, Part, PersonId
from bridge.ports import ChatAbility
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import EVERYTHING, FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage
from tests.flows.stories import becomes, begun


class Marking(FakeChat):
    """A chat whose receipts say nothing in words."""

    def __init__(self, clock: DrivenClock) -> None:
        super().__init__(clock, abilities=EVERYTHING - {ChatAbility.WORDS})
        self.notices: list[Notice] = []

    def render(self, card: Card) -> tuple[Part, ...]:
        if isinstance(card, Notice):
            self.notices.append(card)
        return super().render(card)


def staged() -> tuple[Stage, Marking]:
    clock = DrivenClock()
    chat = Marking(clock)
    return Stage(clock=clock, blog=FakeBlog(clock), chats={"lounge": chat}), chat


async def test_law_05_a_refusal_is_said_to_its_writer_until_it_is_mended() -> None:
    stage, chat = staged()
    async with stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.NEVER)
        message = chat.write(chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.REFUSED)
        await stage.until(lambda: "the platform does not want it" in chat.standing(), "the reason")
        notice = chat.notices[-1]
        assert (notice.person, notice.to) == (PersonId("ada"), message)
        assert notice.link is not None
        chat.edit_message(message, "In April.")
        await becomes(stage, message, AnswerState.PUBLIC)
        await stage.until(lambda: "the platform does not want it" not in chat.standing(), "nothing to be said")


async def test_words_about_what_was_refused_before_it_was_an_answer_go_with_its_new_wording() -> None:
    stage, chat = staged()
    async with stage:
        await begun(stage)
        message = chat.write(chat.thread(), "OK")
        await becomes(stage, message, AnswerState.REFUSED)
        await stage.until(lambda: any("fewer than 3 characters" in said for said in chat.standing()), "the reason")
        chat.edit_message(message, "In April.")
        await becomes(stage, message, AnswerState.PUBLIC)
        await stage.until(lambda: len(chat.standing()) == 1, "nothing to be said")


async def test_what_only_takes_longer_is_not_said() -> None:
    stage, chat = staged()
    async with stage:
        await begun(stage)
        stage.blog.line.faults.extend([Fault.LATER] * 3)
        message = chat.write(chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.PUBLIC)
        assert chat.notices == []


async def test_a_chat_that_says_it_in_the_receipt_says_it_there_alone() -> None:
    async with Stage() as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.NEVER)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.REFUSED)
        await stage.pass_time(30)
        assert len(stage.chat.standing()) == 1
