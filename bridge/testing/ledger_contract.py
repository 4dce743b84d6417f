"""What every ledger must prove: transactions, runs and leases, lanes, the inbox, and what wanting something means."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import pytest

from bridge.errors import LeaseLost, LedgerError
from bridge.ledger import comments, inbox, runs, sources, targets, threads
from bridge.ledger.targets import Lease
from bridge.model import (
    AccountName,
    BlogName,
    ChatName,
    Place,
    Post,
    PostId,
    RawEvent,
    Relay,
    RoomId,
    Route,
    RouteName,
    ThreadId,
)
from bridge.ports import Ledger, Row, Tx
from bridge.testing.contract import Contract, hook_missing

T = TypeVar("T")

NOW = 1_000.0
LATER = 4_000_000_000.0
"""After the real time, by which a ledger that is opened frees the lanes."""
PLACE = Place(ChatName("lounge"), RoomId("garden"), {"ada": AccountName("ada")})
ROUTE = Route(RouteName("garden"), BlogName("garden"), (PLACE,), Relay.AUTHORS)


@dataclass(slots=True)
class Kept:
    """A ledger at a place where it can be opened again."""

    path: Path
    open: Callable[[Path], Ledger]
    ledger: Ledger

    async def reopen(self) -> Ledger:
        """Close the ledger as it is, and open it as the next process would."""
        await self.ledger.close()
        self.ledger = await asyncio.to_thread(self.open, self.path)
        return self.ledger


@dataclass(frozen=True, slots=True)
class Claimed:
    """A lane's head, leased and frozen for sending."""

    lease: Lease
    target: Row
    delivery: int


class LedgerContract(Contract):
    """Subclass it and say how your ledger is opened; see `bridge.testing.contract`."""

    def open_ledger(self, path: Path) -> Ledger:
        """Open the ledger that is kept at `path`, making it if there is none; called off the event loop."""
        raise hook_missing(self, "open_ledger", Ledger)

    @pytest.fixture
    async def kept(self, tmp_path: Path) -> AsyncIterator[Kept]:
        """A new ledger, closed in the end."""
        path = tmp_path / "ledger.db"
        kept = Kept(path, self.open_ledger, await asyncio.to_thread(self.open_ledger, path))
        yield kept
        await kept.ledger.close()

    @pytest.fixture
    async def ledger(self, kept: Kept) -> Ledger:
        """A new ledger."""
        return kept.ledger

    # Transactions ----------------------------------------------------------------------------------------------------

    async def test_law_01_a_raising_work_leaves_nothing(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            note(tx, "half")
            raise KeyError("in the middle")

        with pytest.raises(KeyError, match="in the middle"):
            await ledger.transact(work)
        assert await ledger.view(notes) == []

    async def test_law_01_one_failing_work_takes_no_other_with_it(self, ledger: Ledger) -> None:
        def fails(tx: Tx) -> None:
            note(tx, "half")
            raise KeyError

        def is_no_sql(tx: Tx) -> None:
            note(tx, "half")
            tx.run("THIS IS NO SQL")

        def breaks_a_rule(tx: Tx) -> None:
            note(tx, "half")
            tx.run("INSERT INTO pace VALUES (NULL, NULL)")

        bad = [fails, is_no_sql, breaks_a_rule]
        works = [bad[n % 3] if n % 4 == 2 else noting(str(n)) for n in range(40)]
        ended = await asyncio.gather(*map(ledger.transact, works), return_exceptions=True)
        assert [isinstance(end, Exception) for end in ended] == [n % 4 == 2 for n in range(40)]
        assert await ledger.view(notes) == [str(n) for n in range(40) if n % 4 != 2]

    async def test_law_01_a_result_is_told_only_when_it_is_committed(self, ledger: Ledger) -> None:
        assert await ledger.transact(noting("durable")) == 1
        assert await ledger.view(notes) == ["durable"]

    async def test_law_01_a_cancelled_waiter_undoes_nothing(self, ledger: Ledger) -> None:
        started, go = threading.Event(), threading.Event()

        def work(tx: Tx) -> None:
            started.set()
            note(tx, "kept")
            assert go.wait(20)

        waiter = asyncio.create_task(ledger.transact(work))
        assert await asyncio.to_thread(started.wait, 20)
        waiter.cancel()
        await asyncio.wait([waiter])
        go.set()
        assert waiter.cancelled()
        assert await ledger.transact(notes) == ["kept"]

    async def test_works_are_done_in_the_order_in_which_they_were_asked_for(self, ledger: Ledger) -> None:
        results = await asyncio.gather(*(ledger.transact(noting(str(n))) for n in range(1000)))
        assert list(results) == list(range(1, 1001))
        assert await ledger.view(notes) == [str(n) for n in range(1000)]

    async def test_a_later_work_sees_what_an_earlier_one_did(self, ledger: Ledger) -> None:
        first = asyncio.create_task(ledger.transact(noting("one")))
        await asyncio.sleep(0)
        assert await ledger.transact(notes) == ["one"]
        await first

    async def test_law_12_a_slow_work_does_not_hold_up_the_loop(self, ledger: Ledger) -> None:
        go = threading.Event()
        slow = asyncio.create_task(ledger.transact(lambda _: go.wait(20)))
        await asyncio.sleep(0)
        go.set()
        assert await slow

    # Views -----------------------------------------------------------------------------------------------------------

    async def test_a_view_sees_only_what_is_committed_and_waits_for_nobody(self, ledger: Ledger) -> None:
        started, go = threading.Event(), threading.Event()

        def work(tx: Tx) -> None:
            note(tx, "not yet")
            started.set()
            assert go.wait(20)

        writing = asyncio.create_task(ledger.transact(work))
        assert await asyncio.to_thread(started.wait, 20)
        try:
            assert await ledger.view(notes) == []
        finally:
            go.set()
        await writing
        assert await ledger.view(notes) == ["not yet"]

    async def test_a_view_cannot_write(self, ledger: Ledger) -> None:
        with pytest.raises(Exception, match=r"read.?only"):
            await ledger.view(noting("by a view"))
        assert await ledger.transact(noting("by a transaction")) == 1
        assert await ledger.view(notes) == ["by a transaction"]

    async def test_a_failing_view_harms_nobody(self, ledger: Ledger) -> None:
        with pytest.raises(Exception, match="NO"):
            await ledger.view(lambda tx: tx.all("NO SQL"))
        await ledger.transact(noting("one"))
        assert await ledger.view(notes) == ["one"]

    # Waking ----------------------------------------------------------------------------------------------------------

    async def test_who_waits_for_a_topic_is_woken_by_a_commit_that_tells_it(self, ledger: Ledger) -> None:
        lanes, all_lanes, other = asyncio.Event(), asyncio.Event(), asyncio.Event()
        ledger.wake_on("lanes", lanes)
        ledger.wake_on("lanes", all_lanes)
        ledger.wake_on("inbox", other)
        await ledger.transact(lambda tx: tx.tell("lanes"))
        assert lanes.is_set()
        assert all_lanes.is_set()
        assert not other.is_set()
        lanes.clear()
        await ledger.transact(noting("tells nothing"))
        assert not lanes.is_set()
        await ledger.transact(lambda tx: tx.tell("lanes"))
        assert lanes.is_set()

    async def test_a_work_that_failed_tells_nobody(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            tx.tell("lanes")
            raise KeyError

        woken = asyncio.Event()
        ledger.wake_on("lanes", woken)
        with pytest.raises(KeyError):
            await ledger.transact(work)
        assert not woken.is_set()

    # Closing and opening again ---------------------------------------------------------------------------------------

    async def test_law_01_closing_commits_what_waits(self, kept: Kept) -> None:
        waiting = [asyncio.create_task(kept.ledger.transact(noting(str(n)))) for n in range(20)]
        await asyncio.sleep(0)
        await kept.reopen()
        assert await asyncio.gather(*waiting) == list(range(1, 21))
        assert await kept.ledger.view(notes) == [str(n) for n in range(20)]

    async def test_a_closed_ledger_says_so_and_can_be_closed_again(self, ledger: Ledger) -> None:
        await ledger.close()
        await ledger.close()
        for use in (ledger.transact, ledger.view):
            with pytest.raises(LedgerError, match="closed"):
                await use(notes)

    async def test_the_instance_key_stays(self, kept: Kept) -> None:
        key = await kept.ledger.view(runs.instance_key)
        assert len(key) == 32
        assert await (await kept.reopen()).view(runs.instance_key) == key

    async def test_every_opening_is_a_run_of_its_own(self, kept: Kept) -> None:
        seen = [kept.ledger.run, *[(await kept.reopen()).run for _ in range(3)]]
        assert seen == list(range(seen[0], seen[0] + 4))
        assert seen[0] > 0

    async def test_law_02_what_was_being_sent_is_unknown_after_opening_again(self, kept: Kept) -> None:
        claimed = await kept.ledger.transact(lambda tx: claim_first(tx, kept.ledger.run, deadline=LATER))
        ledger = await kept.reopen()
        target, delivery = await ledger.view(lambda tx: states(tx, claimed))
        assert (target["state"], delivery["state"]) == ("unknown", "unknown")
        assert delivery["deadline"] < LATER, "the process that sent it is dead, so its attempt is over"
        assert delivery["look_at"] == pytest.approx(delivery["deadline"] + 5.0)

    async def test_law_02_an_attempt_that_was_over_keeps_its_deadline(self, kept: Kept) -> None:
        claimed = await kept.ledger.transact(lambda tx: claim_first(tx, kept.ledger.run))
        _, delivery = await (await kept.reopen()).view(lambda tx: states(tx, claimed))
        assert (delivery["state"], delivery["deadline"], delivery["look_at"]) == ("unknown", NOW + 30, NOW + 35)

    async def test_opening_again_frees_every_lane(self, kept: Kept) -> None:
        await kept.ledger.transact(lambda tx: claim_first(tx, kept.ledger.run))
        assert await kept.ledger.transact(lambda tx: targets.due_lanes(tx, LATER, 9)) == []
        ledger = await kept.reopen()
        assert await ledger.view(lambda tx: targets.due_lanes(tx, LATER, 9)) == [lane()]

    async def test_law_02_settling_under_a_lease_of_an_earlier_run_is_refused(self, kept: Kept) -> None:
        claimed = await kept.ledger.transact(lambda tx: claim_first(tx, kept.ledger.run))
        ledger = await kept.reopen()
        with pytest.raises(LeaseLost):
            await ledger.transact(lambda tx: settle(tx, claimed))
        target, _ = await ledger.view(lambda tx: states(tx, claimed))
        assert target["state"] == "unknown"

    # Leases ----------------------------------------------------------------------------------------------------------

    async def test_law_04_one_delivery_is_in_flight_in_a_lane(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            want(tx, thread, 1)
            want(tx, thread, 2)
            first = claim(tx, ledger.run)
            assert first is not None
            assert first.target["subject"] == 1
            assert claim(tx, ledger.run) is None
            want(tx, thread, 3)
            assert claim(tx, ledger.run) is None, "something new in the lane does not free it"
            settle(tx, first)
            second = claim(tx, ledger.run)
            assert second is not None
            assert second.target["subject"] == 2

        await ledger.transact(work)

    async def test_law_04_a_taken_lane_cannot_be_leased_again(self, ledger: Ledger) -> None:
        await ledger.transact(lambda tx: claim_first(tx, ledger.run))
        with pytest.raises(LeaseLost):
            await ledger.transact(lambda tx: targets.lease(tx, lane(), ledger.run))

    async def test_law_04_a_lane_in_flight_holds_up_no_other(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            want(tx, thread, 1, lane("a"))
            want(tx, thread, 2, lane("b"))
            assert claim(tx, ledger.run, lane("a")) is not None
            assert targets.due_lanes(tx, NOW, 9) == [lane("b")]
            assert claim(tx, ledger.run, lane("b")) is not None

        await ledger.transact(work)

    async def test_law_02_settling_under_a_lease_that_was_given_up_is_refused(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> Claimed:
            first = claim_first(tx, ledger.run)
            settle(tx, first)
            want(tx, threads.get(tx, first.target["thread"]), 2)
            assert claim(tx, ledger.run) is not None
            return first

        first = await ledger.transact(work)
        with pytest.raises(LeaseLost):
            await ledger.transact(lambda tx: settle(tx, first))

    async def test_a_target_has_one_open_delivery(self, ledger: Ledger) -> None:
        claimed = await ledger.transact(lambda tx: claim_first(tx, ledger.run))
        with pytest.raises(Exception, match=r"UNIQUE|unique"):
            await ledger.transact(lambda tx: frozen(tx, claimed.target))
        assert (await ledger.view(lambda tx: targets.open_delivery(tx, claimed.target["id"]))) is not None

    # The head of a lane ----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("state", ["refused", "parked", "idle"])
    async def test_law_04_a_head_that_goes_no_further_lets_its_lane_go_on(self, ledger: Ledger, state: str) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            targets.stop(tx, want(tx, thread, 1), state, "a reason")
            want(tx, thread, 2)
            assert head(tx) == 2

        await ledger.transact(work)

    async def test_law_04_the_lane_is_due_again_when_its_head_was_stopped(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            want(tx, thread, 1)
            want(tx, thread, 2)
            first = claim(tx, ledger.run)
            assert first is not None
            targets.end(tx, first.delivery, "refused", "too long")
            targets.stop(tx, first.target["id"], "refused", "too long")
            targets.release(tx, first.lease, NOW)
            second = claim(tx, ledger.run)
            assert second is not None
            assert second.target["subject"] == 2

        await ledger.transact(work)

    @pytest.mark.parametrize("state", ["ready", "unknown"])
    async def test_law_04_a_head_that_waits_for_its_next_try_blocks_its_lane(self, ledger: Ledger, state: str) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            first = want(tx, thread, 1)
            want(tx, thread, 2)
            targets.again(tx, first, state, NOW + 5, "the platform is busy")
            assert head(tx) is None
            assert claim(tx, ledger.run) is None
            assert targets.due_lanes(tx, NOW + 4.9, 9) == [], "it is looked at when it can be tried"
            assert targets.due_lanes(tx, NOW + 5, 9) == [lane()]
            assert head(tx, NOW + 5) == 1

        await ledger.transact(work)

    async def test_law_04_a_held_answer_blocks_nothing_and_comes_when_it_is_due(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            want(tx, thread, 1, held_until=NOW + 10)
            want(tx, thread, 2)
            second = claim(tx, ledger.run)
            assert second is not None
            assert second.target["subject"] == 2
            settle(tx, second)
            assert head(tx, NOW + 9.9) is None
            assert targets.next_due(tx) == NOW + 10
            assert head(tx, NOW + 10) == 1

        await ledger.transact(work)

    async def test_law_02_an_unknown_target_is_resolved_even_while_a_new_text_is_held(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            targets.again(tx, want(tx, thread, 1), "unknown", NOW, "the connection was lost")
            want(tx, thread, 1, held_until=NOW + 10)
            assert head(tx) == 1

        await ledger.transact(work)

    async def test_law_04_only_what_needs_a_target_waits_for_it(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            first = want(tx, thread, 1, lane("thread"))
            want(tx, thread, 2, needs=first)
            want(tx, thread, 3)
            assert head(tx) == 3
            targets.stop(tx, first, "parked", "nobody knows")
            assert head(tx) == 3
            targets.applied(tx, first, 1)
            assert head(tx) == 2

        await ledger.transact(work)

    async def test_a_lane_with_nothing_to_do_is_not_due(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            settle(tx, claim_first(tx, ledger.run))
            assert targets.due_lanes(tx, LATER, 9) == []
            assert targets.next_due(tx) is None
            targets.due(tx, lane(), NOW + 7)
            targets.due(tx, lane(), NOW + 9)
            assert targets.next_due(tx) == NOW + 7
            assert claim(tx, ledger.run, now=NOW + 7) is None
            assert targets.next_due(tx) is None

        await ledger.transact(work)

    async def test_the_lane_that_waits_longest_comes_first(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            for name, at in (("c", 3.0), ("a", 1.0), ("d", 4.0), ("b", 2.0)):
                targets.due(tx, lane(name), at)
            assert targets.due_lanes(tx, 3.0, 2) == [lane("a"), lane("b")]
            assert targets.due_lanes(tx, 3.0, 9) == [lane("a"), lane("b"), lane("c")]

        await ledger.transact(work)

    # Wanting something -----------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("before", "after"),
        [
            ("ready", "ready"),
            ("idle", "ready"),
            ("refused", "ready"),
            ("sending", "sending"),
            ("unknown", "unknown"),
            ("parked", "parked"),
        ],
    )
    async def test_wanting_anew_raises_the_revision_and_lets_what_is_open_end_first(
        self, ledger: Ledger, before: str, after: str
    ) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            id = want(tx, thread, 1)
            targets.again(tx, id, before, NOW + 60, "a reason")
            assert want(tx, thread, 1, absent=True, held_until=NOW + 3, body="words") == id
            row = targets.get(tx, id)
            assert (row["wanted"], row["state"], row["attempts"]) == (2, after, 0)
            assert (row["absent"], row["held_until"], row["body"]) == (1, NOW + 3, "words")
            assert row["not_before"] == (NOW + 60 if after == "unknown" else 0)
            want(tx, thread, 1)
            row = targets.get(tx, id)
            assert (row["wanted"], row["absent"], row["body"]) == (3, 0, "words")

        await ledger.transact(work)

    async def test_what_was_wanted_while_a_step_was_in_flight_follows_it(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            first = claim_first(tx, ledger.run)
            want(tx, threads.get(tx, first.target["thread"]), 1)
            settle(tx, first)
            row = targets.get(tx, first.target["id"])
            assert (row["state"], row["applied"], row["wanted"]) == ("ready", 1, 2)
            second = claim(tx, ledger.run)
            assert second is not None
            assert targets.delivery(tx, second.delivery)["rev"] == 2
            settle(tx, second)
            assert targets.get(tx, first.target["id"])["state"] == "idle"

        await ledger.transact(work)

    @pytest.mark.parametrize("before", ["ready", "refused", "idle", "sending", "unknown", "parked"])
    async def test_what_a_person_deleted_is_wanted_no_more(self, ledger: Ledger, before: str) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            id = want(tx, thread, 1)
            targets.again(tx, id, before, NOW, "a reason")
            targets.tombstone(tx, id)
            want(tx, thread, 1)
            open_ = before in {"sending", "unknown", "parked"}
            assert targets.get(tx, id)["state"] == (before if open_ else "idle")
            targets.applied(tx, id, 1)
            assert targets.get(tx, id)["state"] == "idle"

        await ledger.transact(work)

    async def test_what_a_person_deleted_a_part_of_can_still_be_taken_away(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            id = want(tx, thread, 1)
            targets.applied(tx, id, 1)
            targets.tombstone(tx, id)
            want(tx, thread, 1, absent=True)
            assert targets.get(tx, id)["state"] == "ready"

        await ledger.transact(work)

    async def test_law_02_an_attempt_that_is_repeated_keeps_its_key_and_text_and_gets_a_new_deadline(
        self, ledger: Ledger
    ) -> None:
        def work(tx: Tx) -> None:
            claimed = claim_first(tx, ledger.run)
            before = targets.delivery(tx, claimed.delivery)
            targets.end(tx, claimed.delivery, "unknown", "the connection was lost")
            targets.again(tx, claimed.target["id"], "unknown", NOW, "the connection was lost")
            targets.resume(tx, targets.delivery(tx, claimed.delivery), NOW + 90)
            target, delivery = states(tx, claimed)
            assert (target["state"], delivery["state"]) == ("sending", "sending")
            assert (delivery["deadline"], delivery["look_at"]) == (NOW + 90, NOW + 95)
            assert (delivery["key"], delivery["sent"]) == (before["key"], before["sent"])

        await ledger.transact(work)

    async def test_a_target_is_one_per_kind_subject_and_thread(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            thread = seeded(tx)
            first, again, other = want(tx, thread, 1), want(tx, thread, 1), want(tx, thread, 2)
            receipt = targets.want(tx, "receipt", 1, thread, lane(), NOW)
            assert first == again
            assert len({first, other, receipt}) == 3

        await ledger.transact(work)

    async def test_parts_are_kept_by_number_as_they_land(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            id = want(tx, seeded(tx), 1)
            targets.landed(tx, id, 1, "m2", "d2")
            targets.landed(tx, id, 0, "m1", "d1")
            targets.landed(tx, id, 1, "m2", "d3")
            assert {n: row["digest"] for n, row in targets.parts(tx, id).items()} == {0: "d1", 1: "d3"}
            targets.removed(tx, id, 1)
            assert list(targets.parts(tx, id)) == [0]

        await ledger.transact(work)

    async def test_a_pace_is_never_loosened(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            assert targets.pace(tx, "account:ada") == 0
            targets.set_pace(tx, "account:ada", NOW + 5)
            targets.set_pace(tx, "account:ada", NOW + 2)
            targets.set_pace(tx, "account:bea", NOW + 1)
            assert targets.pace(tx, "account:ada") == NOW + 5
            assert targets.pace(tx, "account:bea") == NOW + 1

        await ledger.transact(work)

    # The inbox -------------------------------------------------------------------------------------------------------

    async def test_law_06_an_event_told_twice_is_kept_once(self, ledger: Ledger) -> None:
        once = event("e1", "written/m1")
        told_again = replace(once, event_id="e2")
        another = replace(once, natural_key="written/m2")
        assert await ledger.transact(lambda tx: recorded(tx, [once, once])) == ["e1"]
        assert await ledger.transact(lambda tx: recorded(tx, [told_again, another])) == ["e1"]
        assert await ledger.transact(lambda tx: recorded(tx, [once], chat="café")) == ["e1", "e1"]

    async def test_law_06_an_event_told_again_after_it_was_judged_stays_judged(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            recorded(tx, [event("e1", "n1")])
            inbox.done(tx, heads(tx)[0]["id"])
            recorded(tx, [event("e1", "n1"), event("e2", "n1")])
            assert heads(tx) == []

        await ledger.transact(work)

    async def test_law_07_a_watermark_stands_only_with_what_it_vouches_for(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            inbox.record(tx, "lounge", [event("e1", "n1")], "41", 0, NOW)
            raise KeyError

        with pytest.raises(KeyError):
            await ledger.transact(work)
        assert await ledger.transact(lambda tx: inbox.connection(tx, "lounge")["watermark"]) is None
        assert await ledger.view(heads) == []
        await ledger.transact(lambda tx: inbox.record(tx, "lounge", [event("e1", "n1")], "41", 0, NOW))
        await ledger.transact(lambda tx: inbox.record(tx, "lounge", [event("e2", "n2")], None, 0, NOW))
        assert await ledger.transact(lambda tx: inbox.connection(tx, "lounge")["watermark"]) == "41"

    async def test_law_07_a_cursor_stands_only_with_what_it_vouches_for(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            sources.of(tx, "garden")
            sources.save_cursor(tx, "garden", "page 2")
            raise KeyError

        with pytest.raises(KeyError):
            await ledger.transact(work)
        assert await ledger.transact(lambda tx: sources.of(tx, "garden")["cursor"]) is None

    async def test_events_of_a_thread_come_in_the_platforms_order(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            recorded(tx, [event("e3", "n3", order=3), event("e1", "n1", order=1), event("x", "x", thread="t2")])
            recorded(tx, [event("e2", "n2", order=2), event("e2b", "n2b", order=2)])
            judged = []
            while (first := next((row for row in heads(tx) if row["thread"] == "t1"), None)) is not None:
                assert len(heads(tx)) == 2, "one for each thread"
                judged.append(first["event_id"])
                inbox.done(tx, first["id"])
            assert judged == ["e1", "e2", "e2b", "e3"]

        await ledger.transact(work)

    async def test_an_event_that_waits_holds_up_its_own_thread_only(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            recorded(tx, [event("a1", "a1"), event("a2", "a2", order=2), event("b1", "b1", thread="t2")])
            inbox.wait(tx, heads(tx)[0]["id"], NOW + 1)
            assert [(row["event_id"], row["not_before"]) for row in heads(tx)] == [("b1", 0), ("a1", NOW + 1)]

        await ledger.transact(work)

    async def test_a_parked_event_lets_its_thread_go_on(self, ledger: Ledger) -> None:
        def work(tx: Tx) -> None:
            recorded(tx, [event("a1", "a1"), event("a2", "a2", order=2)])
            inbox.park(tx, heads(tx)[0]["id"], "a fault of ours")
            assert [row["event_id"] for row in heads(tx)] == ["a2"]

        await ledger.transact(work)

    async def test_a_thread_is_caught_up_only_in_this_run_and_when_all_is_judged(self, kept: Kept) -> None:
        def work(tx: Tx) -> None:
            inbox.record(tx, "lounge", [event("e1", "n1")], "1", run, NOW)
            assert not inbox.caught_up(tx, "lounge", run, "t1")
            inbox.done(tx, heads(tx)[0]["id"])
            assert inbox.caught_up(tx, "lounge", run, "t1")
            inbox.lost(tx, "lounge")
            assert not inbox.caught_up(tx, "lounge", run, "t1")
            inbox.record(tx, "lounge", [], None, run, NOW)

        run = kept.ledger.run
        await kept.ledger.transact(work)
        assert await kept.ledger.view(lambda tx: inbox.caught_up(tx, "lounge", run, "t1"))
        ledger = await kept.reopen()
        assert not await ledger.view(lambda tx: inbox.caught_up(tx, "lounge", ledger.run, "t1"))


# What the tests are made of ------------------------------------------------------------------------------------------


def note(tx: Tx, words: str) -> int:
    """Write one line into a table that has an order of its own; its number."""
    return tx.insert(
        "INSERT INTO inbox (chat, event_id, natural_key, thread, ord, body, at) VALUES ('', ?, ?, '', 0, ?, 0)",
        words, words, words,
    )  # fmt: skip


def noting(words: str) -> Callable[[Tx], int]:
    """A work that notes something."""
    return lambda tx: note(tx, words)


def notes(tx: Tx) -> list[str]:
    """Everything that was noted, in order."""
    return [row["body"] for row in tx.all("SELECT body FROM inbox ORDER BY id")]


def event(id: str, nature: str, *, thread: str = "t1", order: int = 1) -> RawEvent:
    """A raw chat event."""
    return RawEvent(id, nature, ThreadId(thread), order, "{}")


def recorded(tx: Tx, events: Sequence[RawEvent], chat: str = "lounge") -> list[str]:
    """Record events; the ids of all that are kept."""
    inbox.record(tx, chat, events, None, 0, NOW)
    return [row["event_id"] for row in tx.all("SELECT event_id FROM inbox ORDER BY id")]


def heads(tx: Tx) -> Sequence[Row]:
    """The first unjudged event of every thread."""
    return inbox.heads(tx, 100)


def lane(name: str = "garden") -> str:
    """A lane's name."""
    return f"room:lounge/{name}/1"


def seeded(tx: Tx) -> Row:
    """A thread for a post, as the watching loop would have made it."""
    comments.put_post(tx, "garden", Post(PostId("/first/"), "https://blog.example/first/", "First"), NOW)
    return threads.create(tx, ROUTE, PLACE, comments.post_of(tx, "garden", "/first/")["id"])


def want(
    tx: Tx, thread: Row, subject: int, lane: str = lane(), *, needs: int | None = None, held_until: float = 0.0,
    absent: bool = False, body: str | None = None,
) -> int:  # fmt: skip
    """Want a comment in the thread; the target's id."""
    return targets.want(
        tx, "comment", subject, thread, lane, NOW, needs=needs, held_until=held_until, absent=absent, body=body
    )


def head(tx: Tx, now: float = NOW) -> int | None:
    """The subject of the lane's head."""
    row = targets.head(tx, lane(), now)
    return None if row is None else int(row["subject"])


def claim(tx: Tx, run: int, lane: str = lane(), now: float = NOW, deadline: float = NOW + 30) -> Claimed | None:
    """Claim what is due in a lane, as the delivering loop does."""
    if lane not in targets.due_lanes(tx, now, 100):
        return None
    row = targets.head(tx, lane, now)
    if row is None:
        targets.rest(tx, lane, now)
        return None
    return Claimed(targets.lease(tx, lane, run), row, frozen(tx, row, deadline))


def frozen(tx: Tx, target: Row, deadline: float = NOW + 30) -> int:
    """Freeze a step of a target; the delivery's id."""
    delivery = targets.begin(tx, target, "say", 0, f"key {target['id']}", "{}", NOW, deadline, deadline + 5)
    return int(delivery["id"])


def claim_first(tx: Tx, run: int, deadline: float = NOW + 30) -> Claimed:
    """Want one thing and claim it."""
    want(tx, seeded(tx), 1)
    claimed = claim(tx, run, deadline=deadline)
    assert claimed is not None
    return claimed


def settle(tx: Tx, claimed: Claimed) -> None:
    """Note that the claimed step is done."""
    targets.check(tx, claimed.lease)
    targets.end(tx, claimed.delivery, "done")
    targets.applied(tx, claimed.target["id"], targets.delivery(tx, claimed.delivery)["rev"])
    targets.release(tx, claimed.lease, NOW)


def states(tx: Tx, claimed: Claimed) -> tuple[Row, Row]:
    """The claimed target and its delivery as they are now."""
    return targets.get(tx, claimed.target["id"]), targets.delivery(tx, claimed.delivery)
