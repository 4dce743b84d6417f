"""The conversation with which the demo's blog begins; everybody in it is made up."""

from __future__ import annotations

from dataclasses import dataclass

AUTHOR = "Mara"


@dataclass(frozen=True, slots=True)
class Said:
    """One response: `hours` ago, under the earlier one that is called `under`; `edits` are its later wordings."""

    name: str
    hours: float
    who: str
    words: str
    under: str | None = None
    edits: tuple[str, ...] = ()
    website: str | None = None


CONVERSATION = (
    Said(
        "frost",
        47.5,
        "Henrik Aas",
        "Frost-free until December! What do they eat in October, when even the aster is over?",
    ),
    Said(
        "ivy",
        46.8,
        AUTHOR,
        "Ivy, on the north wall. I planted it to hide the oil tank and it turned out to be dinner.",
        "frost",
    ),
    Said("ivy2", 46.1, "Henrik Aas", "The best use of an oil tank so far.", "frost"),
    Said(
        "wind",
        44.0,
        "Jonas",
        "Did you look at gusts instead of the mean? Ours stop flying at 9 m/s.",
        edits=(
            "Did you look at gusts instead of the mean? Ours stop flying at 6 m/s.",
            "Did you look at gusts instead of the mean? Ours stop flying at **6.5 m/s**. (Third try: my own notes!)",
        ),
        website="https://jonas.example/",
    ),
    Said(
        "logger",
        41.7,
        "Priya & Tomáš",
        "We log every ten seconds and keep the worst of each minute:\n\n"
        "```python\nfor minute in batched(readings, 6):\n    gusts.append(max(minute))  # not the mean\n```\n\n"
        "The mean hides everything that matters to something that weighs a tenth of a gram.",
        "wind",
    ),
    Said(
        "logger2",
        40.2,
        AUTHOR,
        "That loop goes into the next version of the logger, with your names on it. Thank you!",
        "wind",
    ),
    Said(
        "salt",
        36.3,
        "Odile",
        "> faintly of salt\n\nIs it really salt, or do you taste the sea because you *know* it is there? 🐝",
    ),
    Said("salt2", 35.9, "Wren", "Somebody should do a blind tasting. I volunteer. Purely for science.", "salt"),
    Said("salt3", 35.0, "Odile", "Two volunteers, then.", "salt"),
    Said(
        "shelter",
        30.4,
        "Bärbel Größmann",
        "Three things that kept our stand upright on the dike:\n\n"
        "- a pallet *under* the hive, not beside it\n- two straps, crossed\n- a neighbour who owns an anchor",
        website="https://deich-imkerei.example/",
    ),
    Said("shelter2", 29.8, "Jonas", "The neighbour with the anchor is the part that does not scale.", "shelter"),
    Said("queen", 26.0, "Sam", "How do you know that the queen was not amused?"),
    Said(
        "queen2",
        25.6,
        AUTHOR,
        "She stopped laying for nine days, and I was stung through the glove. I call that a letter of complaint.",
        "queen",
    ),
    Said(
        "boat",
        22.2,
        "Captain Iqbal",
        "I ran the supply boat to Gull Rock in the eighties. There was thrift even then; nobody thought of bees.",
    ),
    Said("boat2", 21.5, "Henrik Aas", "Do you remember whether the fig tree was there already?", "boat"),
    Said("boat3", 20.9, "Captain Iqbal", "It was a stick in a bucket. The keeper's wife talked to it.", "boat"),
    Said(
        "three",
        17.4,
        AUTHOR,
        "@Odile @Wren the tasting is on: three jars, no labels, first Saturday of the month. "
        "@Captain Iqbal, would you bring people across? The fig tree sends its regards.",
        "salt",
    ),
    Said("three2", 16.8, "Captain Iqbal", "For figs, yes.", "salt"),
    Said(
        "data",
        11.3,
        "Priya & Tomáš",
        "Where are the numbers? The text says they are ours if we want them, and we want them.",
    ),
    Said(
        "data2",
        10.6,
        AUTHOR,
        "Here: [three summers of weights and wind](https://saltmarsh.example/gull-rock). Tell me what I got wrong.",
        "data",
    ),
    Said(
        "thanks",
        5.2,
        "Lin",
        "I came for the lighthouse and stayed for the oil tank. Will there be a fourth summer?",
    ),
)
