"""On which level does each heading of a page stand, where every page has one title?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docgen.writers.syntax import Node

DEEPEST = 6


def levels(tree: Node) -> list[int]:
    """Give the levels in the order of the headings: the first is the title and alone on level 1.

    Some sites begin their pages with a heading of level two, or have nothing but level one. The
    others move together, so that the highest of them comes next to the title.
    """
    title, *rest = [node.value for node in tree.walk() if node.kind == "heading"] or [1]
    highest = min(rest, default=2)
    is_low = title > 1 and highest > title
    shift = 2 - highest if is_low or highest < 2 else 0
    return [1, *(min(DEEPEST, max(2, level + shift)) for level in rest)]
