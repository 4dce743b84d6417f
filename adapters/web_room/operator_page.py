"""The operators' page: how Backchat runs, and decisions about what it cannot decide by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlencode

from aiohttp import web

from adapters.web_room import listing, pages, view
from adapters.web_room.rows import RoomRefusal
from adapters.web_room.sessions import room_of, session_of
from bridge.errors import LedgerError
from bridge.overview import BlogOverview, Decision, Overview, ParkedOverview
from bridge.ports import Office

Result = TypeVar("Result")
LATE = 600.0
"""Seconds by which a reading may be late: it takes its time, and a busy machine takes more."""
MAX_NAME = 200
"""Characters of a blog's name that a request may have."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A decision as a button: what it is called, what it asks first, and what is said when it was taken."""

    decision: Decision
    button: str
    question: str
    done: str


CHOICES = {
    choice.decision: choice
    for choice in (
        Choice(
            Decision.RETRY,
            "Try again",
            "Try this again? If it is there after all, it will stand there twice: look first.",
            "It will be tried again: at once if Backchat runs, else when it is started.",
        ),
        Choice(
            Decision.DONE,
            "It is there",
            "Have you seen it there? Then it counts as done, and nothing more is sent.",
            "It will be taken as done.",
        ),
        Choice(Decision.DROP, "Drop", "Drop this for good? Nothing more is sent.", "It will be dropped."),
    )
}
_GONE = "Nothing waits for that decision any more; somebody may have been quicker."
_SAID = {
    **{str(each): choice.done for each, choice in CHOICES.items()},
    "gone": _GONE,
    "resume": "The blog will be read and written again.",
}


async def operator_page(request: web.Request) -> web.StreamResponse:
    """Show how everything stands; with `?part=state` only the part that changes, for the page that refreshes itself."""
    room, session = room_of(request), session_of(request)
    _demand_operator(request)
    overview, trouble = await _look(room.office)
    values = {
        "overview": overview,
        "trouble": trouble,
        "choices_of": _choices_of,
        "late": lambda blog: overview is not None and _is_late(blog, overview.at),
        "moment": view.moment,
        "token": session.request_token,
    }
    if request.query.get("part") == "state":
        html = await room.off_loop(lambda: room.pages.get_template("office.html").render(values))
        return web.Response(text=html, content_type="text/html")
    found, since = await room.file.read(
        lambda c: (listing.listing(c, session.person.id, listing.Wanted()), pages.since(c))
    )
    said = _SAID.get(request.query.get("said", ""))
    return await pages.page(room, session, "operator.html", found, since=since, said=said, **values)


async def decide(request: web.Request) -> web.StreamResponse:
    """Decide about something parked or refused: asks first, and repeating it does nothing more."""
    office, fields = await _asked(request)
    number, decision = _number(fields), _decision(fields)
    choice = CHOICES[decision]
    if fields.get("sure") != "yes":
        asked: dict[str, str | int] = {"number": number, "decision": str(decision)}
        return await _ask_first(request, choice.question, choice.button, asked, await _what(office, number))
    found = await _or_words(office.decide(number, decision))
    return _back(str(decision) if found else "gone")


async def resume(request: web.Request) -> web.StreamResponse:
    """Let a paused blog be read and written again: asks first, and repeating it does nothing more."""
    office, fields = await _asked(request)
    blog = fields.get("blog", "")
    if not 0 < len(blog) <= MAX_NAME:
        raise RoomRefusal("Say which blog.", 400)
    if fields.get("sure") != "yes":
        question = f"Read and write {blog} again? It was paused for a reason: see to that first."
        return await _ask_first(request, question, "Resume", {"blog": blog})
    found = await _or_words(office.resume(blog))
    return _back("resume" if found else "gone")


def _demand_operator(request: web.Request) -> None:
    if not session_of(request).person.operator:
        raise RoomRefusal(
            "This page is for the room's operators. Who runs Backchat makes you one:"
            " backchat room invite NAME --operator",
            403,
        )


async def _look(office: Office | None) -> tuple[Overview | None, str]:
    if office is None:
        return None, "This server of the room does not know where Backchat's ledger is, so it cannot tell how it runs."
    try:
        return await office.overview(), ""
    except LedgerError as error:
        return None, f"How Backchat runs cannot be told now: {error}"


async def _asked(request: web.Request) -> tuple[Office, Mapping[str, str]]:
    _demand_operator(request)
    office = room_of(request).office
    if office is None:
        raise RoomRefusal("This server of the room does not know where Backchat's ledger is.")
    fields = await request.post()  # has come whole: the token was in it
    return office, {name: value for name, value in fields.items() if isinstance(value, str)}


async def _or_words(work: Awaitable[Result]) -> Result:
    try:
        return await work
    except LedgerError as error:
        raise RoomRefusal(f"That was not decided: {error}", 503) from error


async def _ask_first(
    request: web.Request, question: str, button: str, fields: Mapping[str, str | int], what: str = ""
) -> web.StreamResponse:
    template = room_of(request).pages.get_template("sure.html")
    html = template.render(
        question=question,
        what=what,
        button=button,
        fields={**fields, "token": session_of(request).request_token, "sure": "yes"},
        action=request.path,
    )
    return web.Response(text=html, content_type="text/html")


async def _what(office: Office, number: int) -> str:
    """Name what a decision is about, so that nobody drops another thing than they mean."""
    parked = (await _or_words(office.overview())).parked
    return next((f"{one.kind.capitalize()} · {one.place} (no. {number})" for one in parked if one.number == number), "")


def _back(said: str) -> web.Response:
    return web.Response(status=303, headers={"Location": f"/operator?{urlencode({'said': said})}"})


def _number(fields: Mapping[str, str]) -> int:
    given = fields.get("number", "")
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise RoomRefusal("Say what the decision is about.", 400)
    return int(given)


def _decision(fields: Mapping[str, str]) -> Decision:
    try:
        return Decision(fields.get("decision", ""))
    except ValueError:
        raise RoomRefusal("There is no such decision.", 400) from None


def _is_late(blog: BlogOverview, now: float) -> bool:
    """Whether nobody even tried to read the blog when that was due; an instant of 0 says: at once."""
    return blog.paused is None and not blog.failures and 0 < blog.next_read < now - LATE


def _choices_of(parked: ParkedOverview) -> list[Choice]:
    """What can be decided about it.

    What was refused is certainly not there, and a thread whose id nobody knows is of no use where it is.
    """
    if parked.number is None:
        return []
    there = parked.state == "parked" and parked.kind != "thread"
    return [choice for choice in CHOICES.values() if there or choice.decision is not Decision.DONE]
