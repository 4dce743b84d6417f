"""A lively discussion as blogs have it: one post, twenty responses, and an author who answers three people at once."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge.model import AnswerState, CommentCard, Kind, ReplyTo
from tests.process.room_side import Shown
from tests.process.waiting import until
from tests.process.wordpress_world import WordPressWorld, wordpress_world
from tests.servers.wordpress import served

DAY = 86_400.0
QUOTATION = (
    "They come in the first week of May, when nobody expects them, and on the evening of their coming the whole street"
    " stands at its doors. My grandfather kept a book of it from 1921 until the year that he died. He never wrote more"
    " than a line: the day, the wind, how many. In ’47 there is a line that says nothing but “late, late, and then all"
    " of them at once”, and I have thought of it in every cold spring since."
)


@dataclass(frozen=True)
class Response:
    """Somebody responds: `under` is whom they answer; `words` are as typed, `shown` what must be read in the room."""

    name: str
    words: str
    under: str = ""
    url: str = ""
    kind: str = "comment"
    shown: str = ""
    held: bool = False

    @property
    def reads(self) -> str:
        return self.shown or self.words


def mention(site: str, title: str, words: str) -> Response:
    """Another blog links to the post: WordPress makes a comment of it."""
    return Response(
        f"{title} – {site}",
        f"[&#8230;] {words} [&#8230;]",
        url=f"https://{site.lower()}.example/swifts",
        kind="pingback",
    )


RESPONSES = (
    Response("Ottoline", "Eleven nests under the station’s roof. “More than ever,” says the porter."),
    mention("Gables", "What we saw in June", "the swifts, of which Jane writes"),
    Response("Bram", "Where do they go in August? 🐦🌍"),
    mention("Rooflines", "A week in links", "Jane on her swifts"),
    Response("Ilse", f"I found this in an old book:\n\n<blockquote>{QUOTATION}</blockquote>\n\nLovley, isn’t it?"),
    Response("Jane Doe", "@Ottoline A record! @Bram To the Congo and back. @Ilse I want to see that book.", "Ilse"),
    mention("Weathervane", "Late, late", "a quotation that we cannot forget"),
    Response("", "I only wanted to say thank you.", shown="I only wanted to say thank you."),
    Response("Halden Ladders Ltd", "We lend ladders for such things: https://halden.example/lending?for=swifts&days=2"),
    mention("Kestrel", "Also up there", "unlike Jane’s swifts"),
    Response("Ольга Вьюнова", "У нас в Пскове они прилетели только двадцатого мая."),
    Response("Tam", "The colony at Sandwick is back, too."),
    Response("Tam", "It is the one that Mr Halloway looks after."),
    mention("Sparrowhouse", "Neighbours", "a colony at Sandwick, it seems"),
    Response("Tam", "Holloway, sorry: Mr Holloway.", "Tam"),
    Response("Priya", "I hear them as I write this :)", shown="I hear them as I write this"),
    mention("Chimneys", "Sounds", "somebody hears them while writing"),
    Response("Hesper", "Might one put up boxes for them?", held=True),
    mention("Carpentry", "Boxes, at last", "after a question under Jane’s post"),
    Response("Jane Doe", "Do, and put them high; facing north.", "Priya"),
)
FIRST = {name: next(one for one in RESPONSES if one.name == name) for name in {one.name for one in RESPONSES}}


@pytest.fixture(params=["double", pytest.param("debian", marks=pytest.mark.real)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[WordPressWorld]:
    async with served(request.param, tmp_path / "site") as wordpress:
        await wordpress.option("require_name_email", 0)
        async with wordpress_world(wordpress, tmp_path / "backchat", login="jane", more='whole_every = "10s"') as world:
            yield world


async def respond(world: WordPressWorld, one: Response, numbers: dict[Response, int]) -> int:
    """Let it happen on the blog, by the way that such a response really takes."""
    wordpress, under = world.wordpress, numbers[_answered(one, numbers)] if one.under else 0
    if one.kind == "pingback" or one.held:
        date = time.time() - DAY if one.held else None
        status = "hold" if one.held else "approve"
        return await wordpress.add(
            one.words, under=under, name=one.name, url=one.url, kind=one.kind, status=status, date=date
        )
    if one.name == "Jane Doe":
        return await wordpress.add(one.words, under=under, user="jane")
    visitor = wordpress.visitor(one.name, url=one.url)
    if not one.name:
        visitor = replace(visitor, email="")
    return await visitor.comment(one.words, under=under)


def _answered(one: Response, numbers: dict[Response, int]) -> Response:
    """The newest response of the person that it answers."""
    return [earlier for earlier in numbers if earlier.name == one.under][-1]


def card_of(world: WordPressWorld, number: int) -> Shown | None:
    """The one rendering of a comment in the public room."""
    thread = world.thread()
    ending = f"#comment-{number}"
    found = [
        one for one in world.in_room()
        if one.thread == thread and isinstance(one.card, CommentCard) and (one.link or "").endswith(ending)
    ]  # fmt: skip
    assert len(found) <= 1, found
    return found[0] if found else None


async def test_twenty_responses_and_an_answer_to_three_of_them(world: WordPressWorld) -> None:
    await world.daemon.start()
    await until(lambda: world.ledger("SELECT 1 FROM source WHERE initialised = 1"), "the first reading")

    numbers: dict[Response, int] = {}
    for one in RESPONSES:
        numbers[one] = await respond(world, one, numbers)
    public = [one for one in RESPONSES if not one.held]
    for one in public:
        await until(lambda one=one: card_of(world, numbers[one]), f"{one} in the room")  # type: ignore[misc]
    late = next(one for one in RESPONSES if one.held)
    assert card_of(world, numbers[late]) is None
    _stand_as_they_must(world, public, numbers)

    # Approved a day late, at its old date, behind nineteen newer ones; one edited; one trashed.
    await world.wordpress.approve(numbers[late])
    await until(lambda: card_of(world, numbers[late]), "the one that was approved late")
    await world.wordpress.trash(numbers[FIRST["Priya"]])
    await until(lambda: card_of(world, numbers[FIRST["Priya"]]) is None, "the trashed one out of the room")
    await world.wordpress.edit(numbers[FIRST["Ilse"]], FIRST["Ilse"].words.replace("Lovley", "Lovely"))

    message = await world.answer(
        "@Bram Over the Sahara, at night. @Tam, give Mr Holloway my love! @Ольга Вьюнова, that is late, indeed.",
        _shown(world, numbers[FIRST["Bram"]]).id,
    )
    receipt = await world.until_state(message, AnswerState.PUBLIC)
    edited = numbers[FIRST["Ilse"]]
    await until(lambda: "Lovely, isn" in _shown(world, edited).words, "the edited text in the room")
    await _stands_once_as_the_author(world, numbers, receipt.link)
    arrived = [*public, late]
    _stand_as_they_must(world, [one for one in arrived if one.name != "Priya"], numbers, edited=edited)
    assert await world.daemon.stop() == 0
    assert list(world.ledger_at_rest()) == []


def _shown(world: WordPressWorld, number: int) -> Shown:
    found = card_of(world, number)
    assert found is not None
    return found


def _stand_as_they_must(
    world: WordPressWorld, expected: list[Response], numbers: dict[Response, int], *, edited: int = 0
) -> None:
    """Every one exactly once, in order, under the right parent; mentions as a line; the author's own marked."""
    shown = [one for one in world.in_room() if isinstance(one.card, CommentCard) and one.thread == world.thread()]
    ordered = [int(str(one.link).rpartition("#comment-")[2]) for one in shown]
    assert ordered == [numbers[one] for one in expected]
    by_number = dict(zip(ordered, shown, strict=True))
    for one in expected:
        card = by_number[numbers[one]].card
        assert isinstance(card, CommentCard)
        assert card.by_author == (one.name == "Jane Doe")
        assert card.kind == (Kind.PINGBACK if one.kind == "pingback" else Kind.COMMENT)
        assert card.edited == (numbers[one] == edited)
        if one.kind == "pingback":
            assert by_number[numbers[one]].words == "mentions this post."
        elif numbers[one] != edited:
            assert _bare(one.reads) in _bare(by_number[numbers[one]].words)
        assert card.name == (one.name or "Anonymous")
        _is_under(card.in_reply_to, one, numbers, by_number)


def _is_under(reply: ReplyTo | None, one: Response, numbers: dict[Response, int], by_number: dict[int, Shown]) -> None:
    if not one.under:
        assert reply is None
        return
    earlier = {other: number for other, number in numbers.items() if number < numbers[one]}
    parent = numbers[_answered(one, earlier)]
    assert reply is not None and reply.name == one.under
    if parent in by_number:
        assert reply.message is not None and reply.message.endswith(f"-{by_number[parent].id}")


def _bare(words: str) -> str:
    """Letters and digits only: quotation marks and white space may be set otherwise."""
    without = words.replace("<blockquote>", "").replace("</blockquote>", "")
    return "".join(letter for letter in without if letter.isalnum())


async def _stands_once_as_the_author(world: WordPressWorld, numbers: dict[Response, int], link: str | None) -> None:
    row = await world.until_public("Over the Sahara")
    jane = world.wordpress.users["jane"]
    assert (row.user, row.name, row.status) == (jane.number, jane.name, "approved")
    assert row.parent == numbers[FIRST["Bram"]]
    assert row.url.partition("#")[0].rstrip("/") == jane.url
    tam = [one for one in RESPONSES if one.name == "Tam"][-1]
    assert f'#comment-{numbers[tam]}"' in row.words
    assert f'#comment-{numbers[FIRST["Ольга Вьюнова"]]}"' in row.words
    assert link is not None and link.endswith(f"#comment-{row.number}")
    assert card_of(world, row.number) is None  # what was written in the room is not shown there again
