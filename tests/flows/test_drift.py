"""The configuration changes between two starts: other adapters, other names, other rooms, routes that are gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.config import Rename
from bridge.errors import ConfigError
from bridge.model import AnswerState, BlogName, ChatName, MessageId, RouteName
from bridge.ports import Tx
from bridge.testing.fake_blog import FakeBlog
from bridge.testing.faults import Fault
from bridge.testing.stage import Stage, place, route
from tests.flows.other_adapter import OtherAdapter
from tests.flows.stories import ROSES, answered, becomes, begun, receipt, shown, state, stopped


async def taken_over(stage: Stage) -> OtherAdapter:
    """Another adapter reads the same blog from the next start on, and has read it once."""
    await stage.stop()
    stage.clock.advance(60)
    return await go_on_with_the_other(stage)


async def go_on_with_the_other(stage: Stage) -> OtherAdapter:
    other = OtherAdapter(stage.blog)
    adapter: Any = other
    stage.blog, stage.scheme = adapter, "other"
    reads = other.inner.reads
    await stage.start()
    stage.blog = other.inner
    await stage.until(lambda: other.inner.reads > reads, "the other adapter's first reading")
    await stage.settle()
    return other


async def back(stage: Stage) -> None:
    """The adapter before reads the blog again."""
    await stage.stop()
    stage.clock.advance(60)
    stage.scheme = "fake"
    reads = stage.blog.reads
    await stage.start()
    await stage.until(lambda: stage.blog.reads > reads, "the first adapter's reading")
    await stage.settle()


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


# Another adapter for the same blog ---------------------------------------------------------------------------------


@pytest.mark.parametrize("first_run", [0, 5])
async def test_law_07_another_adapter_starts_with_everything_known_and_mirrors_nothing(
    ledger: Path, first_run: int
) -> None:
    async with Stage(ledger=ledger, first_run=first_run) as stage:
        await begun(stage)
        stage.blog.comment("And tulips?", name="Otto")
        await shown(stage, "And tulips?")
        await stage.stop()
        stage.blog.comment("Written while nobody looked.")
        other = await go_on_with_the_other(stage)
        await stage.pass_time(30)
        assert len(stage.chat.standing()) == 2 and other.strangers == []
        assert any("is read by other now, no more by fake" in remark for remark in stage.remarks)
        stage.blog.comment("And dahlias?")
        await shown(stage, "And dahlias?")
        assert len(stage.chat.standing()) == 3 and len(stage.chat.threads) == 1


async def test_law_11_another_adapter_is_asked_about_no_id_that_it_did_not_issue(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        comment = await begun(stage)
        answer = await answered(stage)
        other = await taken_over(stage)
        stage.blog.remove(comment)
        stage.blog.comment("And dahlias?")
        await shown(stage, "And dahlias?")
        stage.chat.edit_message(answer, "In April.")
        await stage.pass_time(30)
        assert other.strangers == [] and other.asked != []
        assert any(ROSES in said for said in stage.chat.standing())  # nobody could ask whether it stands


async def test_comments_of_another_adapter_with_the_same_numbers_do_not_pause_the_blog(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        await taken_over(stage)
        for words in ("And dahlias?", "And lilies?"):
            stage.blog.comment(words)
            await shown(stage, words)
        (source,) = await stage.ask(lambda tx: tx.all("SELECT * FROM source"))
        assert source["paused"] is None and source["last_error"] is None and source["scheme"] == "other"


async def test_an_answer_to_a_comment_that_another_adapter_read_is_refused_in_words(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        other = await taken_over(stage)
        by_reply = stage.chat.write(stage.chat.thread(), "In March.", reply_to=stage.chat.ours(ROSES))
        unsaid = stage.chat.write(stage.chat.thread(), "In March.")
        for message in (by_reply, unsaid):
            await becomes(stage, message, AnswerState.REFUSED)
            reason = receipt(stage.chat, message).reason
            assert reason is not None and "Another adapter read that comment" in reason and "#c1" in reason
        assert stage.blog.publications == []
        await answered(stage, "@Vera In March.")  # the other adapter has read Vera's comment, too
        assert other.strangers == []


async def test_after_the_change_new_comments_are_answered_as_ever(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        other = await taken_over(stage)
        stage.blog.comment("And dahlias?", name="Vera")
        await shown(stage, "And dahlias?")
        await stage.pass_time(11)
        message = await answered(stage, "@Vera In autumn.")
        stage.chat.edit_message(message, "@Vera In October.")
        await stage.until(lambda: any("October" in said for said in stage.blog.said()), "the revision")
        assert other.strangers == []


@pytest.mark.parametrize("what", ["edit", "delete"])
async def test_an_answer_published_through_another_adapter_is_changed_only_on_the_blog(ledger: Path, what: str) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        message = await answered(stage)
        other = await taken_over(stage)
        if what == "edit":
            stage.chat.edit_message(message, "In April.")
            await stage.until(
                lambda: "another adapter (fake)" in (receipt(stage.chat, message).reason or ""), "why not"
            )
            assert state(stage.chat, message) is AnswerState.PUBLIC
        else:
            stage.chat.delete(message)
            await shown(stage, "another adapter (fake)")
        assert "In March." in stage.blog.said() and other.strangers == []


async def test_an_answer_that_was_held_when_the_adapter_changed_is_refused_in_words(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.HELD)
        other = await taken_over(stage)
        await becomes(stage, message, AnswerState.REFUSED)
        assert "(fake) read the comment" in str(receipt(stage.chat, message).reason)
        assert stage.blog.publications == [] and other.strangers == []


async def test_what_was_on_its_way_when_the_adapter_changed_is_put_to_a_person(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_BEFORE)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: not stage.blog.line.faults, "the attempt")
        other = await taken_over(stage)
        await becomes(stage, message, AnswerState.PARKED)
        (target,) = await stopped(stage)
        assert target["state"] == "parked" and "got another adapter" in target["reason"]
        assert len(stage.blog.publications) == 1 and other.strangers == []


async def test_what_was_on_its_way_and_arrived_is_known_when_the_other_adapter_reads_it(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_AFTER)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: not stage.blog.line.faults, "the attempt")
        await taken_over(stage)
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.said() == [ROSES, "In March."] and len(stage.chat.standing()) == 1


async def test_law_07_an_adapter_that_returns_knows_its_own_ids_again(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        comment = await begun(stage)
        message = await answered(stage)
        await taken_over(stage)
        stage.blog.comment("And dahlias?")
        await shown(stage, "And dahlias?")
        await back(stage)
        before = len(stage.chat.standing())
        stage.chat.edit_message(message, "In April.")
        await stage.until(lambda: "In April." in stage.blog.said(), "the revision")
        stage.blog.edit(comment, "How do you prune old roses?")
        await shown(stage, "old roses")
        await stage.pass_time(30)
        assert len(stage.chat.standing()) == before


async def test_the_same_adapter_at_another_address_changes_nothing(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        message = await answered(stage)
        await stage.stop()
        moved = FakeBlog(stage.clock)
        moved.stored = stage.blog.stored
        moved.posts = {id: replace(post, address=f"https://new.example{id}") for id, post in stage.blog.posts.items()}
        stage.blog = moved
        await stage.start()
        assert stage.remarks == []
        stage.chat.edit_message(message, "In April.")
        await stage.until(lambda: "In April." in stage.blog.said(), "the revision")
        assert len(stage.chat.standing()) == 1 and len(stage.chat.threads) == 1


# Routes and rooms ----------------------------------------------------------------------------------------------------


async def test_what_a_removed_route_has_not_sent_is_refused_and_its_writer_told(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, message, AnswerState.HELD)
        await stage.stop()
        stage.routes = (replace(route(place(room="elsewhere")), name=RouteName("other")),)
        await stage.start()
        await becomes(stage, message, AnswerState.REFUSED)
        assert receipt(stage.chat, message).reason == "Its route was removed from Backchat's configuration."
        assert stage.remarks == ["the route garden is configured no more: what it has not sent is refused"]
        await stage.pass_time(30)
        assert stage.blog.publications == []


async def test_a_changed_room_leaves_the_threads_that_stand_and_gets_the_new_ones(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        comment = await begun(stage)
        await stage.stop()
        stage.routes = (route(place(room="balcony")),)
        await stage.start()
        await stage.pass_time(10)
        assert list(stage.chat.rooms.values()) == ["garden"] and len(stage.chat.standing()) == 1
        stage.blog.comment("And dahlias?", post="/second/")
        await shown(stage, "And dahlias?")
        assert list(stage.chat.rooms.values()) == ["garden", "balcony"]
        stage.blog.edit(comment, "How do you prune old roses?")
        await shown(stage, "old roses")  # what stands in the old room is still kept as it stands on the blog
        assert len(stage.chat.standing(stage.chat.thread(0))) == 1


async def test_law_08_a_route_that_takes_a_room_over_takes_its_threads_and_publishes_nothing_older(
    ledger: Path,
) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        held = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, held, AnswerState.HELD)
        await stage.stop()
        stage.clock.advance(60)
        stage.routes = (replace(route(), name=RouteName("path")),)
        await stage.start()
        await becomes(stage, held, AnswerState.REFUSED)
        await answered(stage, "In May.")
        assert stage.blog.said() == [ROSES, "In May."] and len(stage.chat.threads) == 1


async def test_law_08_a_route_that_turns_to_another_blog_publishes_nothing_from_the_old_ones_threads(
    ledger: Path,
) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        held = stage.chat.write(stage.chat.thread(), "In March.")
        await becomes(stage, held, AnswerState.HELD)
        await stage.stop()
        stage.name, stage.blog = BlogName("meadow"), FakeBlog(stage.clock)
        stage.routes = (replace(route(), blog=BlogName("meadow")),)
        stage.blog.post()
        await stage.start()
        late = stage.chat.write(stage.chat.thread(), "In May.")
        await becomes(stage, late, AnswerState.REFUSED)
        assert "about the blog garden" in str(receipt(stage.chat, late).reason)
        await stage.pass_time(30)
        assert stage.blog.publications == []


def names_in_use(tx: Tx) -> dict[str, set[str]]:
    """Every name of a blog, a chat, a route and a lane that stands anywhere in the ledger."""
    found: dict[str, set[str]] = {"blog": set(), "chat": set(), "route": set(), "lane": set()}
    for table in ("source", "post", "post_address", "comment", "answer", "thread", "message", "target", "speaker"):
        for row in tx.all(f"SELECT * FROM {table}"):
            columns: dict[str, Any] = dict(row)  # type: ignore[call-overload]
            for kind in ("blog", "chat", "route"):
                found[kind] |= {columns[kind]} if kind in columns else set()
    found["route"] |= {row["name"] for row in tx.all("SELECT name FROM route")}
    found["chat"] |= {row["chat"] for row in tx.all("SELECT chat FROM inbox UNION SELECT chat FROM connection")}
    found["lane"] = {row["name"].partition("/")[0] for row in tx.all("SELECT name FROM lane")}
    return found


# New names -----------------------------------------------------------------------------------------------------------


async def renamed(stage: Stage) -> MessageId:
    """Blog, chat and route get new names while an answer is held; its message."""
    await begun(stage)
    message = stage.chat.write(stage.chat.thread(), "In March.")
    await becomes(stage, message, AnswerState.HELD)
    await stage.stop()
    stage.name = BlogName("meadow")
    stage.chats = {"salon": stage.chat}
    stage.routes = (replace(route(place(chat="salon")), blog=BlogName("meadow"), name=RouteName("path")),)
    stage.renames = (
        Rename("blogs", "garden", "meadow"), Rename("chats", "lounge", "salon"), Rename("routes", "garden", "path"),
    )  # fmt: skip
    await stage.start()
    return message


async def test_law_07_what_was_known_by_an_old_name_is_known_by_the_new_one(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        message = await renamed(stage)
        assert [remark.split(" from now on")[0] for remark in stage.remarks] == [
            "what was known as blogs.garden is blogs.meadow", "what was known as chats.lounge is chats.salon",
            "what was known as routes.garden is routes.path",
        ]  # fmt: skip
        await becomes(stage, message, AnswerState.PUBLIC)
        stage.chat.edit_message(message, "In April.")
        await stage.until(lambda: "In April." in stage.blog.said(), "the revision")
        stage.blog.comment("And dahlias?")
        await shown(stage, "And dahlias?")
        assert len(stage.chat.threads) == 1 and len(stage.chat.standing()) == 2


async def test_what_was_on_its_way_under_an_old_name_is_looked_up_under_the_new_one(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        stage.blog.line.faults.append(Fault.LOST_AFTER)
        message = stage.chat.write(stage.chat.thread(), "In March.")
        await stage.until(lambda: not stage.blog.line.faults, "the attempt")
        await stage.stop()
        stage.name, stage.renames = BlogName("meadow"), (Rename("blogs", "garden", "meadow"),)
        stage.routes = (replace(route(), blog=BlogName("meadow")),)
        await stage.start()
        await becomes(stage, message, AnswerState.PUBLIC)
        assert stage.blog.said() == [ROSES, "In March."]


async def test_a_rename_is_done_once_and_then_said_to_be_of_no_use(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await becomes(stage, await renamed(stage), AnswerState.PUBLIC)
        await stage.stop()
        await stage.start()
        assert [remark.partition(": ")[2] for remark in stage.remarks] == [
            f"nothing is known as {old} (any more), so the line may go" for old in ("garden", "lounge", "garden")
        ]
        assert await stage.ask(names_in_use) == {
            "blog": {"meadow"}, "chat": {"salon"}, "route": {"path"},
            "lane": {"blog:meadow", "room:salon", "receipts:salon"},
        }  # fmt: skip


async def test_a_rename_is_refused_where_both_names_are_known(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        await stage.stop()
        stage.name, stage.routes = BlogName("meadow"), (replace(route(), blog=BlogName("meadow")),)
        await stage.start()
        await stage.stop()
        stage.renames = (Rename("blogs", "garden", "meadow"), Rename("chats", "never", "lounge"))
        with pytest.raises(
            ConfigError, match=r"blogs\.meadow\.renamed_from: the ledger knows both 'garden' and"
        ) as why:
            await stage.start()
        assert len(why.value.problems) == 1
        await stage.ledger.close()
        stage.renames = ()
        await stage.start()
        known = {row["blog"] for row in await stage.ask(lambda tx: tx.all("SELECT blog FROM source"))}
        assert known == {"garden", "meadow"}


async def test_law_08_a_new_name_gives_nobody_a_say_that_they_had_not(ledger: Path) -> None:
    async with Stage(ledger=ledger) as stage:
        await begun(stage)
        since = await stage.ask(lambda tx: [(row["since"], row["person"]) for row in tx.all("SELECT * FROM speaker")])
        await stage.stop()
        stage.clock.advance(3600)
        stage.chats = {"salon": stage.chat}
        stage.routes = (replace(route(place(chat="salon", ada="ada", bob="ada")), name=RouteName("path")),)
        stage.renames = (Rename("chats", "lounge", ChatName("salon")), Rename("routes", "garden", "path"))
        await stage.start()
        now = await stage.ask(lambda tx: {row["person"]: row["since"] for row in tx.all("SELECT * FROM speaker")})
        assert now["ada"] == since[0][0] and now["bob"] == stage.clock.now()
