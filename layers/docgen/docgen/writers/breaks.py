"""What stays together at the end of a sheet of paper?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docgen.writers.syntax import Node

SHORT_LINE, CODE_LINE = 100, 88  # characters
MOST_LINES = 18
"""Of code that is not parted: it may leave a third of a page empty, no more."""
ANNOUNCED = frozenset({"codeblock", "list", "table", "quote", "alert", "mathblock"})


def announces(node: Node, following: Node | None) -> bool:
    """Tell a short line that says what comes next; it must not end a page."""
    if node.kind != "paragraph" or following is None or len(node.plain()) > SHORT_LINE:
        return False
    return following.kind in ANNOUNCED or (_is_title(node) and not _is_title(following))


def _is_title(node: Node) -> bool:
    return node.kind == "paragraph" and all(child.kind == "strong" for child in node.children)


def is_short(code: str) -> bool:
    """Tell code that goes onto the next page as a whole if it does not fit onto this one."""
    return sum(1 + len(line) // CODE_LINE for line in code.splitlines()) <= MOST_LINES
