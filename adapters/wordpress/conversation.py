"""The conversation with which the demo's blog begins; everybody in it is made up."""

from __future__ import annotations

from dataclasses import dataclass

AUTHOR = "Mara"


@dataclass(frozen=True, slots=True)
class Said:
    """One response, `hours` ago, under the earlier one that is called `under`. `kind`: comment or pingback."""

    name: str
    hours: float
    who: str
    words: str
    under: str | None = None
    website: str = ""
    kind: str = "comment"


CONVERSATION = (
    Said(
        "dizzy", 50.2, "Henrik Aas", "So they are not dizzy. And you? I was up there once and held on to the railing."
    ),
    Said("dizzy2", 49.6, AUTHOR, "Only when I look at the scales instead of the horizon.", "dizzy"),
    Said("dizzy3", 48.9, "Henrik Aas", "Then I weighed honey wrongly all my life.", "dizzy2"),
    Said(
        "horn",
        46.0,
        "Priya Raman",
        "You promised the fog horn and then did not come to it! “Opinions”, you said. Which ones?",
        website="https://priya.example/",
    ),
    Said(
        "horn2",
        45.1,
        AUTHOR,
        "You are right, I forgot. When it sounds they all stop, for exactly as long as it does, and then go on as if"
        " nothing had been said. I know people like that.",
        "horn",
    ),
    Said("horn3", 44.7, "Jonas", "My bees do this with the <em>lawn mower</em>. But they hold a grudge.", "horn2"),
    Said("horn4", 44.2, "Priya Raman", "Jonas: so would I.", "horn3"),
    Said(
        "mention",
        40.5,
        "Three roofs with hives – Town Bees",
        "[…] and somebody keeps them on a lighthouse, two miles out, with better yields than mine […]",
        website="https://town-bees.example/three-roofs/",
        kind="pingback",
    ),
    Said(
        "code",
        36.4,
        "Tomáš",
        "How do you weigh in the wind? We take the median of a minute:\n\n"
        "<code>weights.append(median(last_minute))  # gusts lie</code>\n\n"
        "The mean was wrong by as much as a mouse.",
    ),
    Said("code2", 35.8, AUTHOR, "The median goes into the logger today. And the mouse into the title.", "code"),
    Said(
        "salt",
        30.0,
        "Odile",
        "<blockquote>until you put the spoon down and there is the sea</blockquote>\n\n"
        "Is it in the honey, or do you hear the waves while you eat it? 🌊",
    ),
    Said("salt2", 29.5, "Wren", "Only a blind tasting can tell. I would sacrifice myself.", "salt"),
    Said(
        "stand",
        24.3,
        "Bärbel Größmann",
        "Our stand on the dike has not walked since we put\n– a pallet under the hive,\n– two straps, crossed,\n"
        "– and a neighbour's anchor on top.",
        website="https://deich-imkerei.example/",
    ),
    Said("boat", 20.8, "Captain Iqbal", "In my time there was a goat up there. It ate the thrift. Nobody wept for it."),
    Said("boat2", 20.1, "Henrik Aas", "Was that the goat from the postcard?", "boat"),
    Said("boat3", 19.6, "Captain Iqbal", "It posed for money.", "boat2"),
    Said(
        "three",
        15.5,
        AUTHOR,
        "@Odile @Wren there will be a tasting: three jars without labels, on the first Saturday. "
        "@Captain Iqbal, would you bring the guests across, without a goat?",
        "salt",
    ),
    Said("three2", 14.9, "Captain Iqbal", "For a jar, yes.", "three"),
    Said(
        "mention2",
        9.0,
        "Honey at the end of the world – Coastal Larder",
        "[…] the palest honey that I ever wrote about is made on a rock […]",
        website="https://coastal-larder.example/pale/",
        kind="pingback",
    ),
    Said("thanks", 4.4, "Lin", "I came for the lighthouse and stay for the goat. What comes next?"),
)
