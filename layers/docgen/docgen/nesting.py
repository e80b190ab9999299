"""Which pages stand below which, as the pages themselves tell it?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from docgen.numbering import read_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from docgen.outline import Leaf, Menu, Node

_SHORTEST_RUN = 3
"""So many following pages have to be listed by a page to be taken for its sections."""
_MANY = 6  # pages of which most link to one


def put_below(menu: Menu, nodes: dict[int, Node], leaves: list[Leaf], root: int | None) -> None:
    """Put pages below those that they name, unless a menu has both beside each other."""
    by_key = {leaf.key: leaf for leaf in leaves}
    below: set[int] = set()
    for leaf in leaves:
        if leaf.up is None or leaf.up == root:
            continue
        node, above = nodes[leaf.key], nodes[leaf.up]
        if node.parent is menu.root and not above.is_within(node) and not menu.lists(node, above):
            menu.root.children.remove(node)
            above.add(node)
        if node.parent is above:
            below.add(leaf.up)
    for key in below:
        if not menu.knows_order_of(nodes[key]):
            nodes[key].children = as_linked(nodes[key].children, by_key[key].links)


def nest_by_contents(top: Node, leaves: dict[int, Leaf], listed: set[int]) -> None:
    """Give a flat list its hierarchy: a page that lists exactly the following ones is their parent.

    This is how a book without a menu looks (DocBook): the first page lists everything, a
    chapter's page its sections. What the first page does not list is left alone: its place in
    the order comes from where it was found, which proves nothing.
    """
    flat = [node for node in top.children[1:] if node.page in listed]
    others = [node for node in top.children[1:] if node.page not in listed]
    everywhere = _linked_everywhere([leaves[n.page] for n in flat if n.page in leaves])
    open_until: list[tuple[int, Node]] = []
    kept = top.children[:1]
    for place, node in enumerate(flat):
        while open_until and open_until[-1][0] < place:
            open_until.pop()
        end = place + _run(flat, place, leaves, everywhere)
        if place == 0 and end * 2 > len(flat):
            end = 0  # an introduction tells of all that follows
        if open_until:
            end = min(end, open_until[-1][0])
            open_until[-1][1].add(node)
        else:
            kept.append(node)
        if end - place >= _SHORTEST_RUN:
            open_until.append((end, node))
    top.children = kept + others


def _linked_everywhere(leaves: list[Leaf]) -> set[int]:
    """What most of the pages link to, a menu beside the text: it is nobody's section for that."""
    if len(leaves) < _MANY:
        return set()
    linked = Counter(key for leaf in leaves for key in leaf.links)
    return {key for key, count in linked.items() if count > len(leaves) / 2}


def _run(flat: list[Node], place: int, leaves: dict[int, Leaf], everywhere: set[int]) -> int:
    """How many of the pages right behind `place` its page links to."""
    first = flat[place]
    links = set(leaves[first.page].links) - everywhere if first.page in leaves else set()
    length = 0
    for node in flat[place + 1 :]:
        if node.page not in links or _is_beside(first, node):
            break
        length += 1
    return length


def _is_beside(one: Node, other: Node) -> bool:
    """Whether the second is no part of the first by their numbers: chapters 1 and 2."""
    number, following = read_number(one.label), read_number(other.label)
    return number is not None and following is not None and following[: len(number)] != number


def as_linked(children: list[Node], links: Sequence[int]) -> list[Node]:
    """Put in the order of a page's links what stood together in no menu; the rest follows."""
    rank = {key: place for place, key in enumerate(links)}
    return sorted(children, key=lambda node: rank.get(_first_page(node), len(rank)))


def _first_page(node: Node) -> int:
    """The page of a node, or the first one below it; -1 if there is none."""
    while node.page is None and node.children:
        node = node.children[0]
    return -1 if node.page is None else node.page
