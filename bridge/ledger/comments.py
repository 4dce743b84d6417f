"""Posts and comments as the blogs showed them. A comment's row stays for ever (law 7)."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.model import Comment, CommentId, Covers, Origin, Place, Post, Standing
from bridge.ports import Row, Tx
from bridge.text.names import defused, folded
from bridge.text.tree import digest, dump


def put_post(tx: Tx, blog: str, post: Post, now: float) -> None:
    """Remember a post, or what has changed about it; its addresses are history."""
    _adopt(tx, blog, post)
    tx.run(
        "INSERT INTO post (blog, native, address, title, author, published, excerpt, picture)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (blog, native) DO UPDATE SET address = excluded.address,"
        " title = excluded.title, author = excluded.author, published = excluded.published,"
        " excerpt = excluded.excerpt, picture = excluded.picture",
        blog, post.id, post.address, post.title, post.author, post.published, post.excerpt, post.picture,
    )  # fmt: skip
    tx.run(
        "INSERT INTO post_address VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        blog, post.address, post_of(tx, blog, post.id)["id"], now,
    )  # fmt: skip


def _adopt(tx: Tx, blog: str, post: Post) -> None:
    """Keep one post one post, with its threads, when another adapter names it: by its address."""
    if post.address and tx.one("SELECT 1 FROM post WHERE blog = ? AND native = ?", blog, post.id) is None:
        tx.run(
            "UPDATE post SET native = ?, scheme = '' WHERE scheme <> '' AND id ="
            " (SELECT post FROM post_address WHERE blog = ? AND address = ?)",
            post.id, blog, post.address,
        )  # fmt: skip


def post_of(tx: Tx, blog: str, native: str) -> Row:
    """The post with this native id, made with nothing but its id if it is unknown."""
    row = tx.one("SELECT * FROM post WHERE blog = ? AND native = ?", blog, native)
    if row is None:
        tx.run(
            "INSERT INTO post (blog, native, address, title, excerpt) VALUES (?, ?, '', ?, '')", blog, native, native
        )
        return post_of(tx, blog, native)
    return row


def post(tx: Tx, id: int) -> Row:
    """A post by our own id."""
    return _sure(tx.one("SELECT * FROM post WHERE id = ?", id))


def by_native(tx: Tx, blog: str, native: str) -> Row | None:
    """The comment with this native id, with its post's native id as `native_post`."""
    return tx.one(
        "SELECT comment.*, post.native AS native_post FROM comment JOIN post ON post.id = comment.post"
        " WHERE comment.blog = ? AND comment.native = ?",
        blog, native,
    )  # fmt: skip


def get(tx: Tx, id: int) -> Row:
    """A comment by our own id."""
    return _sure(tx.one("SELECT * FROM comment WHERE id = ?", id))


def standing_at(tx: Tx, blog: str, position: int) -> list[CommentId]:
    """The native ids that stand at this position as far as we know."""
    rows = tx.all(
        "SELECT native FROM comment WHERE blog = ? AND position = ? AND standing IN ('public', 'pending')"
        " AND scheme = ''",
        blog, position,
    )  # fmt: skip
    return [CommentId(row["native"]) for row in rows]


def insert(
    tx: Tx, blog: str, comment: Comment, origin: Origin, now: float, answer: int | None = None, *,
    mark: str | None = None,
) -> int:  # fmt: skip
    """Remember a comment that was never seen; our own id for it. `mark` is its text's digest, where that is known."""
    name = defused(comment.commenter.name)
    return tx.insert(
        "INSERT INTO comment (blog, native, post, position, parent, kind, origin, standing, digest, body, name, folded,"
        " avatar, created, seen, link, answer, held)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        blog, comment.id, post_of(tx, blog, comment.post)["id"], comment.position, comment.parent, comment.kind,
        origin, comment.standing, mark or digest(comment.text), dump(comment.text), name, folded(name),
        comment.commenter.avatar, comment.created, now, comment.link, answer, comment.held,
    )  # fmt: skip


def edit(tx: Tx, id: int, comment: Comment) -> None:
    """The comment's text has changed on the blog; whoever is named there now has said it.

    Mostly that is who it was. A blog that was restored from a backup gives its numbers out again.
    """
    name = defused(comment.commenter.name)
    tx.run(
        "UPDATE comment SET rev = rev + 1, edited = 1, digest = ?, body = ?, name = ?, folded = ?, avatar = ?"
        " WHERE id = ?",
        digest(comment.text), dump(comment.text), name, folded(name), comment.commenter.avatar, id,
    )  # fmt: skip


def refresh(tx: Tx, id: int, comment: Comment) -> bool:
    """Keep what may drift without being an edit: the link, and of a comment of ours all that only the blog knows.

    Whether the blog says by now for another reason that the comment waits.
    """
    tx.run("UPDATE comment SET link = ? WHERE id = ? AND link <> ?", comment.link, id, comment.link)
    name = defused(comment.commenter.name)
    tx.run(
        "UPDATE comment SET position = ?, parent = ?, created = ?, name = ?, folded = ?, avatar = ?"
        " WHERE id = ? AND origin = 'ours'",
        comment.position, comment.parent, comment.created, name, folded(name), comment.commenter.avatar, id,
    )  # fmt: skip
    if comment.standing is not Standing.PENDING:
        return False
    return tx.run("UPDATE comment SET held = ? WHERE id = ? AND held <> ?", comment.held, id, comment.held) > 0


def move(tx: Tx, id: int, blog: str, comment: Comment) -> None:
    """The comment stands under another post now."""
    tx.run(
        "UPDATE comment SET post = ?, link = ? WHERE id = ?",
        post_of(tx, blog, comment.post)["id"], comment.link, id,
    )  # fmt: skip


def stand(tx: Tx, id: int, standing: Standing, decision: int | None = None) -> None:
    """How the comment stands from now on, and the decision of ours that brought it there, if it was one."""
    tx.run("UPDATE comment SET standing = ?, decision = ? WHERE id = ?", standing, decision, id)


def settled(tx: Tx, id: int, now: float) -> None:
    """How the comment stands is known from our own doing: what was read before `now` is older."""
    tx.run("UPDATE comment SET settled_at = ? WHERE id = ?", now, id)


def announced(tx: Tx, id: int) -> None:
    """The comment is wanted in its rooms."""
    tx.run("UPDATE comment SET announced = 1 WHERE id = ?", id)


def expected_in(tx: Tx, blog: str, covers: Covers) -> list[CommentId]:
    """The native ids of the comments that we believe to be public in this stretch, or ours and still pending."""
    sql = (
        "SELECT comment.native FROM comment JOIN post ON post.id = comment.post WHERE comment.blog = ?"
        " AND (comment.standing = 'public' OR (comment.standing = 'pending' AND comment.origin = 'ours'))"
        " AND comment.position BETWEEN ? AND ? AND comment.scheme = ''"
    )
    values: list[str | int] = [blog, covers.first, covers.last]
    if covers.post is not None:
        sql += " AND post.native = ?"
        values.append(covers.post)
    return [CommentId(row["native"]) for row in tx.all(sql, *values)]


def waiting_in(tx: Tx, blog: str, covers: Covers) -> list[CommentId]:
    """The native ids of the visitors' comments that we believe to wait for approval in this stretch."""
    rows = tx.all(
        "SELECT comment.native FROM comment JOIN post ON post.id = comment.post WHERE comment.blog = ?"
        " AND comment.standing = 'pending' AND comment.scheme = '' AND comment.origin <> 'ours'"
        " AND comment.position BETWEEN ? AND ? AND post.native = coalesce(?, post.native)",
        blog, covers.first, covers.last, covers.post,
    )  # fmt: skip
    return [CommentId(row["native"]) for row in rows]


def newest_public(tx: Tx, blog: str, count: int) -> list[Row]:
    """The newest public comments of a blog that nobody has announced, oldest of them first."""
    rows = tx.all(
        "SELECT * FROM comment WHERE blog = ? AND standing = 'public' AND announced = 0 AND scheme = ''"
        " ORDER BY created DESC, position DESC LIMIT ?",
        blog, count,
    )  # fmt: skip
    return list(reversed(rows))


def newest_not_in(tx: Tx, blog: str, place: Place, count: int, *, mentions: bool) -> Sequence[Row]:
    """The newest public comments of a blog that were neither wanted nor written in this room, the newest first.

    `mentions`: whether pingbacks, trackbacks and webmentions count.
    """
    return tx.all(
        "SELECT * FROM comment WHERE blog = ? AND standing = 'public' AND (kind = 'comment' OR ?) AND scheme = ''"
        " AND NOT EXISTS (SELECT 1 FROM target JOIN thread ON thread.id = target.thread"
        " WHERE target.kind = 'comment' AND target.subject = comment.id AND thread.chat = ? AND thread.room = ?)"
        " AND NOT EXISTS (SELECT 1 FROM answer JOIN thread ON thread.id = answer.thread"
        " WHERE answer.id = comment.answer AND thread.chat = ? AND thread.room = ?)"
        " ORDER BY created DESC, position DESC LIMIT ?",
        blog, int(mentions), place.chat, place.room, place.chat, place.room, count,
    )  # fmt: skip


def not_in_thread(tx: Tx, thread: Row) -> int:
    """How many public comments of the thread's post were never wanted in its room."""
    row = tx.one(
        "SELECT count(*) AS n FROM comment WHERE post = ? AND standing = 'public' AND origin <> 'ours' AND scheme = ''"
        " AND NOT EXISTS (SELECT 1 FROM target JOIN thread ON thread.id = target.thread WHERE target.kind = 'comment'"
        " AND target.subject = comment.id AND thread.chat = ? AND thread.room = ?)",
        thread["post"], thread["chat"], thread["room"],
    )  # fmt: skip
    return int(_sure(row)["n"])


def unannounced(tx: Tx, thread: Row) -> int:
    """How many public comments of the thread's post stand on the blog and were shown in no room."""
    row = tx.one(
        "SELECT count(*) AS n FROM comment WHERE post = ? AND standing = 'public' AND announced = 0"
        " AND origin <> 'ours' AND scheme = ''",
        thread["post"],
    )
    return int(_sure(row)["n"])


def chain(tx: Tx, blog: str, native: str) -> list[CommentId]:
    """From this comment up to its top-level comment; a loop or an unknown parent ends it."""
    ids: list[CommentId] = []
    at: str | None = native
    while at is not None and at not in ids:
        row = by_native(tx, blog, at)
        if row is None:
            break
        ids.append(CommentId(at))
        at = row["parent"]
    return ids or [CommentId(native)]


def named_on(tx: Tx, post: int, seen_before: float) -> Sequence[Row]:
    """The newest public comment of each commenter on a post among those seen before an instant, by name."""
    return tx.all(
        "SELECT * FROM (SELECT comment.*, row_number() OVER (PARTITION BY folded"
        " ORDER BY CASE WHEN scheme = '' THEN 1 ELSE 0 END DESC, position DESC) AS nth FROM comment"
        " WHERE post = ? AND standing = 'public' AND origin <> 'ours' AND seen <= ?) AS named WHERE nth = 1",
        post, seen_before,
    )  # fmt: skip


def _sure(row: Row | None) -> Row:
    assert row is not None
    return row
