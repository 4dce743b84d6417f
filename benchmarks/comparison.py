"""Two sides in turns, and the row of the table that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.sides import Took

Side = Callable[[], Took]


@dataclass(slots=True)
class Comparison:
    """What ours costs per thing done, against the other's. `most` is the ratio that we allow ourselves.

    `measure` is what is compared: `cpu`, per item, in `unit`s of which `scale` make a second; or a figure as it is
    told (`scale` 0). `sound` says what is wrong with what ours told besides, in words, or nothing.
    """

    name: str
    ours: Side
    theirs: Side
    most: float | None = None
    measure: str = "cpu"
    unit: str = "µs"
    scale: float = 1e6
    sound: Callable[[Took], str] = lambda _: ""
    taken: list[tuple[Took, Took]] = field(default_factory=list)

    def round(self) -> None:
        """Run both sides once, the other one first every second time."""
        if len(self.taken) % 2:
            theirs = self.theirs()
            self.taken.append((self.ours(), theirs))
        else:
            ours = self.ours()
            self.taken.append((ours, self.theirs()))

    def row(self) -> tuple[str, ...]:
        """The medians, the ratio with its spread over the rounds, the target and the verdict."""
        ours, theirs = ([self._cost(took) for took in side] for side in zip(*self.taken, strict=True))
        ratios = sorted(one / other for one, other in zip(ours, theirs, strict=True))
        ratio = median(ours) / median(theirs)
        target = "" if self.most is None else f"≤ {self.most:g}"
        spread = f"{ratios[0]:.2f}–{ratios[-1]:.2f}"
        return (
            self.name, f"{median(ours):,.4g} {self.unit}", f"{median(theirs):,.4g} {self.unit}",
            f"{ratio:.2f}", spread, target, self._verdict(ratio),
        )  # fmt: skip

    def _cost(self, took: Took) -> float:
        return took[self.measure] * self.scale / took["items"] if self.scale else took[self.measure]

    def _verdict(self, ratio: float) -> str:
        wrong = [words for ours, _ in self.taken if (words := self.sound(ours))]
        if wrong:
            return f"WRONG: {wrong[0]}"
        if self.most is None:
            return ""
        return "met" if ratio <= self.most else "missed"


HEAD = ("what", "ours", "bare", "ratio", "spread", "target", "verdict")


def table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The rows as a Markdown table with straight columns."""
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    for number, row in enumerate([HEAD, *rows]):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        if number == 0:
            yield "| " + " | ".join("-" * width for width in widths) + " |"
