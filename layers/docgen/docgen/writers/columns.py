"""How wide is each column of a table on paper, where nobody can scroll?"""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from docgen.writers.syntax import Node

LONGEST_WORD = 24
"""Characters; longer words get invisible places to break, or they would stick out."""
WIDTH_OF_CODE, WIDTH_OF_HEAD = 1.3, 1.2
"""Of their characters, beside those of other text."""
WIDTH_OF_PICTURE = 26
NARROWEST = 3


def widths(table: Node, room: float) -> list[float]:
    """Give each column's width in characters: what it holds, or its share of the room.

    Shared out as browsers do: each column gets what its longest word needs, and of what is left
    the more, the longer its longest line is.
    """
    columns = len(table.value)
    least, most = [float(NARROWEST)] * columns, [float(NARROWEST)] * columns
    for row in table.children:
        for n, cell in enumerate(row.children[:columns]):
            scale = WIDTH_OF_HEAD if row.kind == "head" else 1.0
            word, line = _measure(cell, scale)
            least[n], most[n] = max(least[n], word), max(most[n], line)
    if sum(most) <= room:
        return most
    most = [min(width, room) for width in most]
    left = room - sum(least)
    if left <= 0:
        return [width * room / sum(least) for width in least]
    wish = sum(most) - sum(least)
    return [low + left * (high - low) / wish for low, high in zip(least, most, strict=True)]


def _measure(cell: Node, scale: float) -> tuple[float, float]:
    """Give the width of the longest word and of the longest line."""
    word = line = longest = 0.0
    waiting = [cell]
    while waiting:
        node = waiting.pop()
        if node.kind == "break":
            line = 0
        elif node.kind == "image":
            word, line = max(word, WIDTH_OF_PICTURE), line + WIDTH_OF_PICTURE
        elif node.kind in {"text", "code", "math"}:
            look = scale if node.kind == "text" else WIDTH_OF_CODE
            for each in node.text.split():
                word = max(word, look * min(LONGEST_WORD, _width(each)))
            line += look * _width(node.text)
        else:
            waiting.extend(reversed(node.children))
        longest = max(longest, line)
    return word, longest


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)
