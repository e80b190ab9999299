"""In which order do the numbers of chapters and sections put the pages of a book?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docgen.outline import Node

type Number = tuple[tuple[bool, int], ...]
"""Part by part; letters, which number appendices, come after digits."""

_FEWEST_CHAPTERS = 2
_FEWEST = 6  # chapters and numbers: three chapters, or two with a section each
_FULLNESS = 0.6  # of the chapters from the first to the last are there
_LABEL = re.compile(
    r"(?:(?:chapter|section|§) *(\d{1,3}(?:[.-]\d{1,3})*)|appendix +([a-z](?:[.-]\d{1,3})*)"
    r"|(\d{1,3}(?:\.\d{1,3})*(?:-\d{1,3})?)|([a-z](?:\.\d{1,3})+|[a-z](?=\.)))[.:)]?(?= )\W*\w",
    re.IGNORECASE,
)


def sort_by_number(top: Node, *, in_order: bool) -> None:
    """Order what stands below a node by its numbers, and put 2.1 under 2, if most has a number.

    A book without a menu may link to its last chapter first. Numbers that are not one each, or
    leave most chapters out, prove nothing; nor, where the site itself gives an order (`in_order`),
    do numbers that stand in another one.
    """
    numbers: dict[Number, Node] = {}
    waiting = list(top.children)
    for node in waiting:
        number = read_number(node.label)
        if number is None:
            continue  # what is in a part or in another book is not of this order
        if number in numbers:
            return
        numbers[number] = node
        waiting.extend(node.children)
    if not _is_book(top, numbers) or (in_order and list(_walk(top)) != sorted(numbers)):
        return
    numbered = {id(node) for node in numbers.values()}
    places = [place for place, node in enumerate(top.children) if id(node) in numbered]
    front, back = top.children[: places[0]], top.children[places[0] :]
    top.children = front
    for node in numbers.values():
        node.children = [child for child in node.children if id(child) not in numbered]
    parents = _unique_below([node for node in top.children + back if id(node) not in numbered])
    parents.update(numbers)
    for number in sorted(numbers):
        prefixes = (number[:length] for length in range(len(number) - 1, 0, -1))
        above = next((parents[prefix] for prefix in prefixes if prefix in parents), top)
        above.add(numbers[number])
    top.children.extend(node for node in back if id(node) not in numbered)


def _unique_below(parts: list[Node]) -> dict[Number, Node]:
    """What has a number of its own below parts and chapters that have none."""
    found: dict[Number, list[Node]] = {}
    waiting = parts
    for node in waiting:
        waiting.extend(node.children)
        number = read_number(node.label)
        if number is not None:
            found.setdefault(number, []).append(node)
    return {number: nodes[0] for number, nodes in found.items() if len(nodes) == 1}


def _walk(top: Node) -> Iterator[Number]:
    """The numbers below a node in their present order."""
    waiting = top.children[::-1]
    while waiting:
        node = waiting.pop()
        number = read_number(node.label)
        if number is not None:
            yield number
            waiting.extend(reversed(node.children))


def read_number(label: str) -> Number | None:
    """The number that a title begins with: `2.1 Usage`, `Chapter 4: Tools`, `A. Terms`."""
    match = _LABEL.match(label)
    if match is None:
        return None
    parts = re.split(r"[.-]", next(filter(None, match.groups())).lower())
    return tuple((False, int(part)) if part.isdecimal() else (True, ord(part)) for part in parts)


def _is_book(top: Node, numbers: dict[Number, Node]) -> bool:
    """Whether most pages on a level have numbers, and the numbers hardly leave one out."""
    count = sum(read_number(node.label) is not None for node in top.children)
    chapters = {number[0][1] for number in numbers if not number[0][0]}
    if len(chapters) < _FEWEST_CHAPTERS or len(chapters) + len(numbers) < _FEWEST:
        return False
    if count * 2 < len(top.children):
        return False
    if sum(len(number) == 1 for number in numbers) * 2 < len(chapters) and any(
        node.children and read_number(node.label) is None for node in top.children
    ):
        return False  # the chapters are elsewhere, in parts
    return len(chapters) >= (max(chapters) - min(chapters) + 1) * _FULLNESS
