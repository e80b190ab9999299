"""Which pages are only other pages once more, all on one page, to be printed?

A page that says what at least three others say, and hardly anything else: it has their headings,
is as long as they are together, and what they say is there word for word.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docgen.extract import Document
    from docgen.store import Store

FEWEST = 3
LEAST, MOST = 0.8, 1.25  # of the words of the others
LOOKED_AT = 32  # pages, the longest ones
LOOKED_INTO = 5  # of the others
LINK = "\ue000"  # before the target of a link, which differs from page to page


def leave_wholes(store: Store) -> None:
    """Take such pages out of the documents; the start page, which was asked for, stays."""
    sizes = store.documents.sizes()
    headed: dict[str, set[int]] = defaultdict(set)
    for number, (heading, _) in sizes.items():
        headed[_fold(heading)].add(number)
    mean = sum(words for _, words in sizes.values()) / max(1, len(sizes))
    longest = sorted(sizes, key=lambda number: -sizes[number][1])[:LOOKED_AT]
    for number in longest:
        words = sizes[number][1]
        if number == 0 or words < 2 * mean:
            continue
        whole = store.documents.at(number)
        headings = {_fold(heading.text) for heading in whole.headings} & headed.keys()
        parts = set().union(*(headed[heading] for heading in headings)) - {number}
        together = sum(sizes[part][1] for part in parts)
        if (
            len(parts) >= FEWEST
            and LEAST * together <= words <= MOST * together
            and all(
                _longest_line(store.documents.at(part)) in whole.markdown
                for part in sorted(parts)[:LOOKED_INTO]
            )
        ):
            store.documents.drop(number, "print_copy")


def _fold(heading: str) -> str:
    return " ".join(heading.lower().split())


def _longest_line(document: Document) -> str:
    lines = (line for line in document.markdown.splitlines() if LINK not in line)
    return max(lines, key=len, default="")
