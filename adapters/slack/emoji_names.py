"""The names of emoji in Slack (`:tada:`) and what they look like; a workspace's own keep their names. Pure.

The names are the `emoji` package's, which is read when somebody uses the first one. Slack's own differ a little:
`flag-de`, `man-shrugging`, `female-technologist`, and skin tones that follow as `:skin-tone-2:` to `:skin-tone-6:`.
"""

from __future__ import annotations

from bridge.text.tree import cleaned

_LONGEST = 100
_FIRST_TONE = 0x1F3FB
_REGIONAL = 0x1F1E6 - ord("a")
_STYLED = "\ufe0f"
_PEOPLE = (("female-", "woman_"), ("male-", "man_"))
_OTHERS = {"simple_smile": "slightly_smiling_face", "smiling_face_with_3_hearts": "smiling_face_with_three_hearts"}


def drawn(name: str, tone: int | None = None, points: str = "") -> str:
    """Give an emoji as Unicode, or as `:name:` where it has none.

    `points` are its code points as Slack gives them (`1f44d-1f3fd`), which have the skin tone in them.
    """
    given = _from_points(points)
    if given:
        return given
    base, _, toned = name.partition("::")
    if tone is None and toned.startswith("skin-tone-"):
        tone = _number(toned.removeprefix("skin-tone-"))
    found = _known(base) if 0 < len(base) <= _LONGEST else None
    if found is None:
        return cleaned(f":{base}:")
    return _in_tone(found, tone) if tone in range(2, 7) else found


def tone_of(name: str) -> int | None:
    """The number of a skin tone, as it follows the name of an emoji; None for any other name."""
    tone = _number(name.removeprefix("skin-tone-")) if name.startswith("skin-tone-") else None
    return tone if tone in range(2, 7) else None


def _known(name: str) -> str | None:
    if name.startswith("flag-") and len(name) == 7 and name[5:].isascii() and name[5:].isalpha():
        return "".join(chr(_REGIONAL + ord(letter)) for letter in name[5:].lower())
    found = _shown(_OTHERS.get(name, name)) or _shown(name.replace("-", "_"))
    for prefix, other in _PEOPLE:
        if found is None and name.startswith(prefix):
            found = _shown(other + name.removeprefix(prefix).replace("-", "_"))
    return found


def _shown(name: str) -> str | None:
    import emoji

    written = f":{name}:"
    found = emoji.emojize(written, language="alias")
    return found if found != written else None


def _in_tone(found: str, tone: int | None) -> str:
    """Put a skin tone where Unicode wants it: behind the first character, in place of its variation selector."""
    assert tone is not None
    return found[0] + chr(_FIRST_TONE + tone - 2) + found[1:].removeprefix(_STYLED)


def _from_points(points: str) -> str:
    try:
        given = "".join(chr(int(point, 16)) for point in points.split("-")) if points else ""
    except (ValueError, OverflowError):
        return ""
    return given if len(points) <= _LONGEST and cleaned(given) == given and not given.isascii() else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) == 1 else None
