"""What is asked of the ledger at every comment, every message and every scrape is found by an index.

With 1,000,000 comments a search through a whole table takes a second, and no other transaction runs meanwhile.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import pytest

from bridge import watch
from bridge.ledger import answers, comments, inbox, overview, schemes, targets, threads
from bridge.ledger.migrations import migrate
from bridge.ledger.sqlite import SqliteTx, Value
from bridge.model import Comment, Commenter, CommentId, Covers, PostId
from bridge.ports import Tx
from bridge.text.tree import paragraph

LARGE = ("comment", "answer", "delivery", "target", "message", "post", "thread", "inbox")
COMMENT = Comment(CommentId("c"), PostId("p"), 1, None, Commenter("Vera"), paragraph("Hello"), 1.0, "")
ASKED: dict[str, Callable[[Tx], object]] = {
    "a comment's open attempts": lambda tx: watch._attempts(tx, "garden", COMMENT),
    "whether an answer settled": lambda tx: watch._settled_since(tx, "garden", "c", 1.0),
    "a comment": lambda tx: comments.by_native(tx, "garden", "c"),
    "who stands at a place": lambda tx: comments.standing_at(tx, "garden", 1),
    "what should be there": lambda tx: comments.expected_in(tx, "garden", Covers(None, 1, 2)),
    "who commented": lambda tx: comments.named_on(tx, 1, 1.0),
    "the newest visitor": lambda tx: threads.newest_visitor(tx, 1, 1.0),
    "whether a message is on its way": lambda tx: threads.being_said(tx, 1),
    "whether a thread is on its way": lambda tx: threads.being_started(tx, "room"),
    "the rendering": lambda tx: threads.rendering_of(tx, 1, 1),
    "what was not said": lambda tx: targets.unsaid(tx, 1, "comment"),
    "a held answer": lambda tx: answers.held_by(tx, 1, "mara"),
    "whether another adapter was there": lambda tx: schemes.taken_over(tx, "garden"),
    "a thread's next event": lambda tx: inbox.head_of(tx, "room", "t"),
    "unjudged events": lambda tx: inbox.heads(tx, 100),
    "due lanes": lambda tx: targets.due_lanes(tx, 1.0, 64),
    "a lane's head": lambda tx: targets.head(tx, "room:room/g/1", 1.0),
    "an open attempt": lambda tx: targets.open_under(tx, "room", "key"),
    "what is parked": overview.parked,
}


class Explained(SqliteTx):
    """Notes how SQLite goes about every question, and asks it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.plans: list[str] = []

    def _explain(self, sql: str, values: Sequence[Value]) -> None:
        rows = self._connection.execute(f"EXPLAIN QUERY PLAN {sql}", values).fetchall()
        self.plans += [row["detail"] for row in rows]

    def one(self, sql: str, *values: Value) -> sqlite3.Row | None:
        """The first row, or None."""
        self._explain(sql, values)
        return super().one(sql, *values)

    def all(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        """Every row."""
        self._explain(sql, values)
        return super().all(sql, *values)


@pytest.fixture
def tx() -> Iterator[Explained]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        migrate(connection, ":memory:")
        yield Explained(connection)


@pytest.mark.parametrize("what", ASKED)
def test_no_large_table_is_searched_through(what: str, tx: Explained) -> None:
    ASKED[what](tx)
    assert tx.plans
    scans = [plan for plan in tx.plans if plan.startswith("SCAN") and plan.split()[1] in LARGE]
    # A partial index holds only what is open: going through all of it is no search through the table.
    assert [plan for plan in scans if not plan.endswith(("_open", "_parked"))] == []
    everything = [plan for plan in tx.plans if plan.endswith("sqlite_autoindex_target_1 (kind=?)")]
    assert everything == [], "nearly all targets are of one kind"


def test_what_waits_for_an_author_is_not_compared_with_every_answer(tx: Explained) -> None:
    """Pairs in `NOT IN` made it quadratic: minutes with 100,000 answers, at every scrape of the metrics."""
    overview.unanswered(tx)
    assert any("SEARCH answer USING INDEX answer_addressed (blog=? AND addressed=?)" in plan for plan in tx.plans)
    assert any("SEARCH own USING INDEX comment_by_author (blog=? AND parent=?)" in plan for plan in tx.plans)
