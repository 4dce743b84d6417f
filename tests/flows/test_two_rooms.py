from __future__ import annotations

from bridge.model import AnswerState, BlogName, Mentions, Relay, Route, RouteName
from bridge.model import Kind as CommentKind
from bridge.testing.clock import DrivenClock
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.fake_chat import FakeChat
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage, place, route
from tests.flows.stories import answered, becomes, begun, first_reading, shown, state


def two_chats() -> Stage:
    clock = DrivenClock()
    chats = {"lounge": FakeChat(clock), "cellar": FakeChat(clock)}
    both = [place("lounge", "garden"), place("cellar", "vault", ada="ada", bob="ada")]
    return Stage(clock=clock, blog=FakeBlog(clock), chats=chats, routes=[route(*both)])


async def test_law_06_an_answer_is_shown_in_every_room_but_its_own() -> None:
    async with two_chats() as stage:
        lounge, cellar = stage.chats.values()
        await begun(stage)
        await answered(stage, "In March.")
        await shown(stage, "In March.", cellar)
        await stage.pass_time(15)
        assert lounge.standing() == ["Vera: How do you prune roses?"]
        assert cellar.standing() == ["Vera: How do you prune roses?", "ada (author) to Vera: In March."]


async def test_law_06_two_rooms_of_one_chat_are_two_rooms() -> None:
    async with Stage(routes=[route(place(room="garden"), place(room="shed"))]) as stage:
        await begun(stage)
        garden, shed = (thread for thread in stage.chat.threads)
        stage.chat.write(shed, "In March.")
        await shown(stage, "In March.")
        await stage.pass_time(15)
        assert stage.chat.standing(garden)[1:] == ["ada (author) to Vera: In March."]
        assert len(stage.chat.standing(shed)) == 1


async def test_an_edit_and_a_deletion_follow_into_the_other_room() -> None:
    async with two_chats() as stage:
        cellar = stage.chats["cellar"]
        await begun(stage)
        message = await answered(stage, "In May.")
        await shown(stage, "In May.", cellar)
        stage.chat.edit_message(message, "In March.")
        await shown(stage, "In March.", cellar)
        assert len(cellar.standing()) == 2
        stage.chat.delete(message)
        await stage.until(lambda: len(cellar.standing()) == 1, "the copy's end")


async def test_a_blog_side_edit_of_an_answer_follows_into_the_other_room_each_time() -> None:
    async with two_chats() as stage:
        cellar = stage.chats["cellar"]
        await begun(stage)
        await answered(stage, "In May.")
        await shown(stage, "In May.", cellar)
        for words in ("In March.", "In early March."):
            stage.blog.edit(stage.blog.public()[1].id, words)
            await shown(stage, words, cellar)
        assert len(cellar.standing()) == 2


async def test_a_comment_mirrored_in_one_room_can_be_answered_from_another() -> None:
    async with two_chats() as stage:
        lounge, cellar = stage.chats.values()
        vera = await begun(stage)
        message = cellar.write(cellar.thread(), "In March.", who="bob", reply_to=cellar.ours("roses"))
        await becomes(stage, message, AnswerState.PUBLIC, cellar)
        await shown(stage, "In March.", lounge)
        assert stage.blog.public()[1].parent == vera and len(cellar.standing()) == 1


async def test_who_is_listed_in_one_room_only_does_not_speak_in_the_other() -> None:
    async with two_chats() as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.", who="bob")
        await stage.pass_time(20)
        assert stage.blog.publications == [] and state(stage.chat, message) is None


async def test_the_same_answer_from_two_rooms_at_once_is_two_answers() -> None:
    async with two_chats() as stage:
        lounge, cellar = stage.chats.values()
        await begun(stage)
        lounge.write(lounge.thread(), "In March.")
        cellar.write(cellar.thread(), "In March.", who="bob")
        await stage.pass_time(30)
        assert stage.blog.said()[1:] == ["In March.", "In March."]
        assert len(lounge.standing()) == 2 and len(cellar.standing()) == 2


async def test_law_04_a_room_that_is_stuck_holds_up_no_other() -> None:
    async with two_chats() as stage:
        lounge, cellar = stage.chats.values()
        await begun(stage)
        lounge.line.later_after = 1000.0
        lounge.line.faults.extend([Fault.LATER] * 3)
        stage.blog.comment("And hydrangeas?", name="Walter")
        await shown(stage, "hydrangeas", cellar)
        assert len(lounge.standing()) == 1


async def test_two_routes_of_a_blog_that_share_a_room_say_everything_once() -> None:
    one = route(place())
    other = Route(RouteName("second"), BlogName("garden"), (place(), place(room="shed")), Relay.OFF)
    async with Stage(routes=[one, other]) as stage:
        await begun(stage)
        assert [len(stage.chat.standing(thread)) for thread in stage.chat.threads] == [1, 1]


async def test_pingbacks_are_left_out_where_a_route_skips_them() -> None:
    skipping = Route(RouteName("garden"), BlogName("garden"), (place(),), Relay.AUTHORS, mentions=Mentions.SKIP)
    async with Stage(routes=[skipping]) as stage:
        await first_reading(stage)
        stage.blog.comment("a mention", name="Another blog", kind=CommentKind.PINGBACK)
        stage.blog.comment("How do you prune roses?")
        await shown(stage, "roses")
        assert len(stage.chat.standing()) == 1
