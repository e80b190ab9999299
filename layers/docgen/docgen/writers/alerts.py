"""What stands above an alert?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from docgen.vocabulary import ALERTS as KINDS

if TYPE_CHECKING:
    from docgen.writers.syntax import Node

ALERTS = {
    "note": "Note",
    "tip": "Tip",
    "important": "Important",
    "warning": "Warning",
    "caution": "Caution",
}


def titled(node: Node) -> tuple[str, Node]:
    """Give the title of an alert, and the alert without it.

    GitHub's name of the kind, unless the page's own name follows, which says the same or more:
    "Danger" under "Caution", "See also" under "Note". Any other title stays in the alert.
    """
    name = ALERTS.get(node.text, node.text.title())
    first = node.children[0] if node.children else node
    if first.kind == "paragraph" and [child.kind for child in first.children] == ["strong"]:
        own = first.plain().strip(" :.!")
        if own.lower().replace(" ", "") in KINDS:
            return own, replace(node, children=node.children[1:])
    return name, node
