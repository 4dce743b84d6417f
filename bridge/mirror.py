"""Which comments are wanted in which rooms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bridge.house import House
from bridge.ledger import answers, comments, targets, threads
from bridge.model import Kind, Mentions, Place, Route, Standing
from bridge.ports import ChatAbility, Row, Tx
from bridge.text.tree import dump, paragraph


def want_comment(tx: Tx, house: House, comment: Row, now: float) -> None:
    """A comment is public: it is wanted in every room of every route of its blog, but not where it was written."""
    comments.announced(tx, comment["id"])
    home = _home(tx, comment)
    for route, place in house.routes_of(comment["blog"]):
        if _skips(route, comment):
            continue
        if (place.chat, place.room) != home:
            _want_in(tx, _thread(tx, route, place, comment["post"], now), "comment", comment["id"], now)


def _skips(route: Route, comment: Row) -> bool:
    return comment["kind"] != Kind.COMMENT and route.mentions is Mentions.SKIP


def _want_in(tx: Tx, thread: Row, kind: str, comment: int, now: float) -> int:
    opening = targets.find(tx, "thread", thread["id"], thread["id"])
    needs = None if opening is None else opening["id"]
    return targets.want(tx, kind, comment, thread, threads.lane(thread), now, needs=needs)


def want_cards(tx: Tx, configured: Sequence[Route], comment: Row, now: float) -> None:
    """A comment waits for approval, or a moderator took it off the blog: every moderation room shows its card."""
    for route in configured:
        for place in route.desks if route.blog == comment["blog"] and not _skips(route, comment) else ():
            _want_in(tx, _thread(tx, route, place, comment["post"], now), "card", comment["id"], now)


def fill_desks(tx: Tx, configured: Sequence[Route], now: float) -> None:
    """Bring the moderation rooms in line with a changed configuration: what waits is in each, once and answerable."""
    for waiting in tx.all("SELECT * FROM comment WHERE standing = 'pending' AND scheme = '' ORDER BY created, id"):
        for route in configured:
            lacking = tuple(desk for desk in route.desks if not _was_in(tx, waiting["id"], desk))
            want_cards(tx, (replace(route, desks=lacking),), waiting, now)
    _follow_adapters(tx, now)


def _follow_adapters(tx: Tx, now: float) -> None:
    """What another adapter read cannot be decided by its id: its card goes, and comes back with the adapter."""
    for target in tx.all(
        "SELECT target.*, comment.scheme FROM target CROSS JOIN comment WHERE target.kind = 'card'"  # by the few cards
        " AND comment.id = target.subject AND comment.standing = 'pending' AND target.tombstone = 0"
        " AND target.absent <> (comment.scheme <> '')"
    ):
        thread, absent = threads.get(tx, target["thread"]), bool(target["scheme"])
        targets.want(tx, "card", target["subject"], thread, target["lane"], now, needs=target["needs"], absent=absent)


def _was_in(tx: Tx, comment: int, desk: Place) -> bool:
    card = "SELECT 1 FROM target JOIN thread ON thread.id = target.thread WHERE target.kind = 'card'"
    return tx.one(f"{card} AND subject = ? AND thread.chat = ? AND room = ?", comment, desk.chat, desk.room) is not None


def follow(tx: Tx, house: House, comment: Row, now: float, *, announce: bool = True, carded: bool = False) -> None:
    """A comment stands otherwise than before: every room shows it, or shows it no more.

    `announce` is false for what was public before the blog was first read; `carded`: the moderation rooms show it even
    if they did not before, as they do whatever waits.
    """
    if comment["standing"] != Standing.PUBLIC:
        changed(tx, comment["id"], now)
    elif announce:
        want_comment(tx, house, comment, now)
    if carded or comment["standing"] == Standing.PENDING:
        want_cards(tx, house.routes, comment, now)
    elif comment["standing"] == Standing.PUBLIC:
        _redraw_cards(tx, comment["id"], now)


def changed(tx: Tx, comment: int, now: float) -> None:
    """A comment reads or stands otherwise: so shall its renderings that are wanted so far, and its cards.

    One that was shown before we knew it for an answer of ours goes from the room where that was written (law 6).
    """
    row = comments.get(tx, comment)
    gone, home = row["standing"] != Standing.PUBLIC, _home(tx, row)
    for target in _renderings(tx, "comment", comment):
        thread = threads.get(tx, target["thread"])
        absent = gone or (thread["chat"], thread["room"]) == home
        if not (absent and target["absent"]):
            targets.want(tx, "comment", comment, thread, target["lane"], now, needs=target["needs"], absent=absent)
    _redraw_cards(tx, comment, now)


def _redraw_cards(tx: Tx, comment: int, now: float) -> None:
    for target in _renderings(tx, "card", comment):
        if not target["absent"]:
            thread = threads.get(tx, target["thread"])
            targets.want(tx, "card", comment, thread, target["lane"], now, needs=target["needs"])


def forsaken(tx: Tx, target: int, part: int, now: float) -> None:
    """A person deleted our copy, or a part of it: it is never put up again, and what is left of it goes, too."""
    targets.removed(tx, target, part)
    targets.tombstone(tx, target)
    if targets.parts(tx, target):
        row = targets.get(tx, target)
        thread = threads.get(tx, row["thread"])
        targets.want(tx, row["kind"], row["subject"], thread, row["lane"], now, absent=True)


def thread_lost(tx: Tx, house: House, thread: int, now: float) -> None:
    """A person deleted the thread with all that stood in it; what was not said there yet is wanted in a new one."""
    lost = threads.get(tx, thread)
    threads.lost(tx, thread)
    seat = house.seat(lost)
    if seat is None:
        return
    kind = "card" if lost["desk"] else "comment"
    for unsaid in targets.unsaid(tx, thread, kind):
        targets.tombstone(tx, unsaid["id"])
        _want_in(tx, _thread(tx, *seat, lost["post"], now), kind, unsaid["subject"], now)


def _renderings(tx: Tx, kind: str, comment: int) -> list[Row]:
    return list(
        tx.all(
            "SELECT target.* FROM target JOIN thread ON thread.id = target.thread"
            " WHERE target.kind = ? AND target.subject = ? AND thread.state <> 'lost'",
            kind, comment,
        )
    )  # fmt: skip


def _home(tx: Tx, comment: Row) -> tuple[str, str] | None:
    """The room in which one of our answers was written: its source message is its rendering there (law 6)."""
    if comment["answer"] is None:
        return None
    thread = threads.get(tx, answers.get(tx, comment["answer"])["thread"])
    return thread["chat"], thread["room"]


def _thread(
    tx: Tx, route: Route, place: Place, post: int, now: float, *,
    count: Callable[[Tx, Row], int] = comments.unannounced,
) -> Row:  # fmt: skip
    """The post's thread in that room; a new one says how many comments it begins after, as `count` tells."""
    standing = threads.standing(tx, place, post)
    if standing is not None:
        return standing
    thread = threads.create(tx, route, place, post)
    opening = targets.want(tx, "thread", thread["id"], thread, threads.lane(thread), now)
    _say_earlier(tx, thread, opening, 0 if place.desk else count(tx, thread), now)
    return thread


def _say_earlier(tx: Tx, thread: Row, needs: int, earlier: int, now: float) -> None:
    """A thread that begins late says how many comments stand on the blog already."""
    if earlier:
        body = dump(paragraph(_earlier(earlier)))
        targets.want(tx, "earlier", thread["id"], thread, threads.lane(thread), now, needs=needs, body=body)


def _earlier(comments: int) -> str:
    words = "1 earlier comment is" if comments == 1 else f"{comments} earlier comments are"
    return f"{words} on the blog and not shown here."


def backfill(tx: Tx, house: House, blog: str, last: int, now: float) -> list[int]:
    """Want the newest `last` public comments that a room of the blog's routes never showed, the oldest of them first.

    The ids of their targets, in order. Nothing is published (law 8); threads that say how many comments came before
    them say so anew.
    """
    lacking = _lacking(tx, house, blog, last)
    for comment in {row["id"] for row, _, _ in lacking}:
        comments.announced(tx, comment)
    found: list[int] = []
    touched: dict[int, Row] = {}
    for comment, route, place in lacking:
        thread = _thread(tx, route, place, comment["post"], now, count=comments.not_in_thread)
        touched[thread["id"]] = thread
        found.append(_want_in(tx, thread, "comment", comment["id"], now))
    for thread in touched.values():
        _say_earlier_anew(tx, house, thread, now)
    return found


def _lacking(tx: Tx, house: House, blog: str, last: int) -> list[tuple[Row, Route, Place]]:
    found = [
        (comment, route, place)
        for route, place in house.routes_of(blog)
        for comment in comments.newest_not_in(tx, blog, place, last, mentions=route.mentions is not Mentions.SKIP)
    ]
    newest = sorted({_age(comment): comment["id"] for comment, _, _ in found}.items(), reverse=True)[:last]
    chosen = {id for _, id in newest}
    return sorted((one for one in found if one[0]["id"] in chosen), key=lambda one: _age(one[0]))


def _age(comment: Row) -> tuple[float, int, int]:
    return comment["created"], comment["position"], comment["id"]


def _say_earlier_anew(tx: Tx, house: House, thread: Row, now: float) -> None:
    said = targets.find(tx, "earlier", thread["id"], thread["id"])
    chat = house.chats.get(thread["chat"])
    if said is None or said["absent"] or said["tombstone"]:
        return
    changeable = chat is not None and chat.can(ChatAbility.EDIT) and chat.can(ChatAbility.ERASE)
    if said["applied"] and not changeable:
        return
    earlier = comments.not_in_thread(tx, thread)
    lane, body = threads.lane(thread), dump(paragraph(_earlier(earlier)))
    if body != said["body"]:
        targets.want(tx, "earlier", thread["id"], thread, lane, now, needs=said["needs"], absent=not earlier, body=body)


def note(tx: Tx, answer: Row, words: str, now: float) -> None:
    """Something happened to an answer on the blog: say so in the thread where it was written."""
    thread = threads.get(tx, answer["thread"])
    text = dump(paragraph(words))
    targets.want(tx, "note", answer["id"], thread, threads.lane(thread), now, body=text)
