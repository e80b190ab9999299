"""What do the benchmarks share: medians with their spread, ratios within one run, tables."""

import statistics
from collections.abc import Callable, Mapping, Sequence

ROUNDS = 5
"""Of every contender, in turn; odd, so that the median is one that was measured."""


def rounds[T](contenders: Mapping[str, Callable[[], T]], n: int = ROUNDS) -> dict[str, list[T]]:
    """Measure everybody in turn, so that a busy moment of the machine meets them all."""
    found: dict[str, list[T]] = {name: [] for name in contenders}
    for _ in range(n):
        for name, measure in contenders.items():
            found[name].append(measure())
    return found


def ratios(values: Sequence[float], base: Sequence[float]) -> list[float]:
    """Compare what was measured side by side, round by round."""
    return [value / other for value, other in zip(values, base, strict=True)]


def spread(values: Sequence[float], digits: int = 2) -> str:
    """Tell the median, and in brackets the least and the most."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def table(head: Sequence[object], rows: Sequence[Sequence[object]]) -> str:
    """Write a table in Markdown: names on the left, figures on the right."""
    lines = [head, ["---", *(["---:"] * (len(head) - 1))], *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)
