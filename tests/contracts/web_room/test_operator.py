"""The operators' page, over a real ledger in which something needs a decision."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from adapters.web_room import commands
from bridge.ledger import sources
from bridge.model import AnswerState
from bridge.office import FileOffice
from bridge.ports import Tx
from bridge.testing.stage import Stage
from tests.contracts.web_room.doubtful import doubtful
from tests.contracts.web_room.room_house import Guest, House, open_house
from tests.contracts.web_room.test_store import Chosen, ran
from tests.flows.stories import state


@dataclass
class Office:
    """A room with an operator in it, and the three loops on the ledger that its page shows."""

    house: House
    stage: Stage
    ledger: Path
    ana: Guest

    async def page(self, path: str = "/operator") -> str:
        return str(await self.ana.get(path))

    @property
    async def number(self) -> str:
        found = re.search(r'name="number" value="(\d+)"', await self.page())
        assert found
        return found[1]

    async def post(self, path: str, status: int = 303, guest: Guest | None = None, **fields: str) -> tuple[str, str]:
        """Send a form as the page does; gives where it leads, and what it says."""
        guest = guest or self.ana
        fields = {"token": guest.token, **fields}
        async with guest.http.post(
            self.house.address + path,
            data=fields,
            headers={"Origin": self.house.address},
            allow_redirects=False,
        ) as answer:
            assert answer.status == status, await answer.text()
            return answer.headers.get("Location", ""), await answer.text()

    async def carried_out(self) -> None:
        """Let the daemon work off what was decided."""
        self.stage.ledger.wake("inbox")
        await self.stage.pass_time(20)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    ledger = tmp_path / "ledger.db"
    async with doubtful(ledger) as stage, open_house(tmp_path / "room.db", FileOffice(ledger)) as house:
        yield Office(house, stage, ledger, await house.guest("Ana", operator=True))


async def test_it_tells_how_everything_stands(office: Office) -> None:
    page = await office.page()
    for words in ("in doubt", "In March, with &lt;sharp&gt; shears.", "garden", "lounge", "Try again", "It is there"):
        assert words in page, words
    assert "Drop" in page and "Nothing waits." in page
    part = await office.page("/operator?part=state")
    assert "<html" not in part and "In March" in part


async def test_only_operators_see_it_and_decide(office: Office) -> None:
    ben = await office.house.guest("Ben", "author")
    stranger = await office.house.stranger()
    number = await office.number
    assert "for the room's operators" in (await ben.get("/operator", status=403)).replace("&#39;", "'")
    await ben.get("/operator?part=state", status=403)
    assert "/operator" not in await ben.get("/") and "/operator" in await office.ana.get("/")
    await stranger.get("/operator", status=401)
    for guest, status in ((ben, 403), (stranger, 401)):
        await office.post("/operator/decide", status, guest, number=number, decision="drop", sure="yes")
        await office.post("/operator/resume", status, guest, blog="garden", sure="yes")
    await office.carried_out()
    assert await office.number == number


async def test_who_is_no_operator_any_more_is_out_at_once(office: Office) -> None:
    await commands.invite(office.house.path, "Ana", None, "http://h", operator=False)
    await office.ana.get("/operator", status=403)
    await office.ana.get("/api/me")


@pytest.mark.parametrize(
    "headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
async def test_decisions_from_other_sites_change_nothing(office: Office, headers: dict[str, str]) -> None:
    number = await office.number
    fields = {"token": office.ana.token, "number": number, "decision": "drop", "sure": "yes"}
    async with office.ana.http.post(f"{office.house.address}/operator/decide", data=fields, headers=headers) as answer:
        assert answer.status == 403
    await office.post("/operator/decide", 403, token="", number=number, decision="drop", sure="yes")
    await office.carried_out()
    assert await office.number == number


async def test_a_decision_is_asked_about_first_and_taken_once(office: Office) -> None:
    number = await office.number
    _, asked = await office.post("/operator/decide", 200, number=number, decision="retry")
    assert "Try this again?" in asked and 'name="sure" value="yes"' in asked
    assert re.search(rf"Answer · .* on garden \(no\. {number}\)", asked)
    assert (await FileOffice(office.ledger).overview()).counts["unjudged"] == 0
    leads = ""
    for _ in range(3):  # somebody presses more than once
        leads, _ = await office.post("/operator/decide", number=number, decision="retry", sure="yes")
        assert leads == "/operator?said=retry"
    assert "It will be tried again" in await office.page(leads)
    await office.carried_out()
    assert office.stage.blog.said().count("In March, with <sharp> shears.") == 1
    assert "Nothing is parked or refused." in await office.page()
    leads, _ = await office.post("/operator/decide", number=number, decision="retry", sure="yes")
    assert leads == "/operator?said=gone" and "quicker" in await office.page(leads)


@pytest.mark.parametrize(("decision", "after"), [("drop", None), ("done", AnswerState.PUBLIC)])
async def test_dropping_and_it_is_there(office: Office, decision: str, after: AnswerState | None) -> None:
    leads, _ = await office.post("/operator/decide", number=await office.number, decision=decision, sure="yes")
    assert leads == f"/operator?said={decision}"
    await office.carried_out()
    assert "Nothing is parked or refused." in await office.page()
    assert len(office.stage.blog.said()) == 1
    message = list(office.stage.chat.messages)[-1]
    if after is not None:
        assert state(office.stage.chat, message) is after


@pytest.mark.parametrize(
    ("due", "failures", "late"), [(-7200.0, 0, True), (-7200.0, 1, False), (-30.0, 0, False), (30.0, 0, False)]
)
async def test_a_blog_that_nobody_reads_is_not_called_well(
    office: Office, due: float, failures: int, late: bool
) -> None:
    now = time.time()

    def last(tx: Tx) -> None:
        sources.read(tx, "garden", now - 7300, now + due)
        if failures:
            sources.failed(tx, "garden", "It answered 503.", now + due)

    await office.stage.ask(last)
    page = await office.page()
    assert ("It should have been read by now" in page) is late
    assert (">well<" in page) is (not late and not failures)


async def test_a_paused_blog_is_resumed(office: Office) -> None:
    assert (await office.post("/operator/resume", blog="garden", sure="yes"))[0] == "/operator?said=gone"
    await office.stage.ask(lambda tx: sources.pause(tx, "garden", "The blog <odd> was restored."))
    page = await office.page()
    assert "The blog &lt;odd&gt; was restored." in page and "paused" in page and "Resume" in page
    _, asked = await office.post("/operator/resume", 200, blog="garden")
    assert "Read and write garden again?" in asked
    assert (await office.post("/operator/resume", blog="garden", sure="yes"))[0] == "/operator?said=resume"
    await office.carried_out()
    assert "restored" not in await office.page()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"number": "x", "decision": "drop"},
        {"number": "-1", "decision": "drop"},
        {"number": "9" * 30, "decision": "drop"},
        {"number": "1", "decision": "explode"},
        {"number": "1"},
        {"number": "١", "decision": "drop"},
    ],
)
async def test_malformed_decisions_are_refused_in_words(office: Office, fields: dict[str, str]) -> None:
    _, said = await office.post("/operator/decide", 400, None, sure="yes", **fields)
    assert "Say what the decision is about." in said or "There is no such decision." in said


@pytest.mark.parametrize("blog", ["", "x" * 300])
async def test_a_blog_must_be_named(office: Office, blog: str) -> None:
    _, said = await office.post("/operator/resume", 400, blog=blog, sure="yes")
    assert "Say which blog." in said


async def test_a_blog_that_nobody_has_is_not_resumed(office: Office) -> None:
    leads, _ = await office.post("/operator/resume", blog="<script>", sure="yes")
    assert leads == "/operator?said=gone"
    _, asked = await office.post("/operator/resume", 200, blog="<script>")
    assert "<script>" not in asked


async def test_without_an_office_it_says_so(house: House) -> None:
    ana = await house.guest("Ana", operator=True)
    assert "does not know where" in await ana.get("/operator")
    async with ana.http.post(
        f"{house.address}/operator/decide",
        data={"token": ana.token, "number": "1", "decision": "drop", "sure": "yes"},
        headers={"Origin": house.address},
    ) as answer:
        assert answer.status == 409 and "does not know where" in await answer.text()


async def test_a_ledger_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"no database" * 1000)
    async with open_house(tmp_path / "room.db", FileOffice(tmp_path / "ledger.db")) as house:
        ana = await house.guest("Ana", operator=True)
        assert "cannot be told now" in await ana.get("/operator")
        async with ana.http.post(
            f"{house.address}/operator/decide",
            data={"token": ana.token, "number": "1", "decision": "drop", "sure": "yes"},
            headers={"Origin": house.address},
        ) as answer:
            assert answer.status == 503 and "was not decided" in await answer.text()


# --- Who is one ------------------------------------------------------------------------------------------------------


async def people(file: Path) -> dict[str, Any]:
    return {person.id: (person.role, person.operator) for person in await commands.people(file)}


async def test_nobody_is_an_operator_by_default(tmp_path: Path) -> None:
    file = tmp_path / "room.db"
    await commands.invite(file, "Ana", "author", "http://h")
    await commands.invite(file, "Ola", None, "http://h", operator=True)
    assert await people(file) == {"ana": ("author", False), "ola": ("member", True)}
    await commands.invite(file, "Ana", None, "http://h", operator=True)
    await commands.invite(file, "Ana", "member", "http://h")
    await commands.invite(file, "Ola", None, "http://h", operator=False)
    assert await people(file) == {"ana": ("member", True), "ola": ("member", False)}


def test_operators_on_the_command_line(house: House) -> None:
    chosen = Chosen(house.room)
    code, out = ran(chosen, "invite", "Ola", "--operator")
    assert code == 0 and "Ola may come in as member and operator" in out
    code, out = ran(chosen, "invite", "Ola", "--author")
    assert code == 0 and "author and operator" in out
    assert "ola\tOla\tauthor\toperator" in ran(chosen, "people")[1]
    code, out = ran(chosen, "invite", "Ola", "--no-operator")
    assert code == 0 and "Ola is no operator any more." in out
    assert "operator" not in ran(chosen, "people")[1]
