"""Which heading does an element id lead to, on its page and where all pages are one document?"""

from __future__ import annotations

import sqlite3
import unicodedata
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docgen.extract import Document

CONTENTS = "Contents"
"""The first heading of the combined document after its title."""


def slugify(text: str) -> str:
    """Make an anchor of a heading as GitHub does: lower case, words only, `-` for each blank."""
    kept = (c for c in text.strip().lower() if c in " -_" or unicodedata.category(c)[0] in "LNM")
    return "".join("-" if c == " " else c for c in kept)


class Slugs:
    """Anchors of the headings of one document: the second `usage` is `usage-1`."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def make(self, text: str) -> str:
        """Give the anchor of the next heading."""
        slug = base = slugify(text)
        count = self._counts.get(base, 0)
        while slug in self._counts:
            count += 1
            slug = f"{base}-{count}"
        self._counts[base] = count
        self._counts.setdefault(slug, 0)
        return slug


class Anchors:
    """The headings of all pages, and what leads to them.

    In a temporary SQLite database, which goes to disk when it grows: a large site has more
    element ids than should be kept in memory.
    """

    def __init__(self) -> None:
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._db.executescript(
            "CREATE TABLE heading (page INT, n INT, level INT, text TEXT, anchor TEXT,"
            " combined TEXT, PRIMARY KEY (page, n)) WITHOUT ROWID;"
            "CREATE TABLE place (page INT, id TEXT, n INT, PRIMARY KEY (page, id)) WITHOUT ROWID;"
            "BEGIN"
        )
        self.close = weakref.finalize(self, self._db.close)
        """Deletes the temporary database; so does the end of this object."""

    def add(self, page: int, document: Document, *, needs_title: bool) -> None:
        """Note a page's headings with the anchors they get in its Markdown."""
        slugs = Slugs()
        rows: list[tuple[int, int, int, str, str]] = []
        places: dict[str, int] = {}
        if needs_title:
            rows.append((page, 0, 1, document.title, slugs.make(document.title)))
        for heading in document.headings:
            places.setdefault(heading.anchor, len(rows))
            anchor = slugs.make(heading.text)
            rows.append((page, len(rows), heading.level, heading.text, anchor))
        for element_id, anchor in document.anchors.items():
            if anchor in places:
                places.setdefault(element_id, places[anchor])
        self._db.executemany("INSERT INTO heading VALUES (?, ?, ?, ?, ?, '')", rows)
        self._db.executemany(
            "INSERT INTO place VALUES (?, ?, ?)", [(page, name, n) for name, n in places.items()]
        )

    def combine(self, title: str, pages: Iterable[int]) -> None:
        """Give each heading its anchor where all pages, in this order, are one document."""
        slugs = Slugs()
        slugs.make(title)
        slugs.make(CONTENTS)
        for page in pages:
            self._db.executemany(
                "UPDATE heading SET combined = ? WHERE page = ? AND n = ?",
                [
                    (slugs.make(text), page, n)
                    for n, (_, text, _, _) in enumerate(self.headings(page))
                ],
            )

    def find(self, page: int, element_id: str) -> tuple[int, str, str] | None:
        """The heading an element id belongs to: which one, its anchor, its combined anchor."""
        found: tuple[int, str, str] | None = self._db.execute(
            "SELECT n, anchor, combined FROM place JOIN heading USING (page, n)"
            " WHERE page = ? AND id = ?",
            (page, element_id),
        ).fetchone()
        return found

    def headings(self, page: int) -> list[tuple[int, str, str, str]]:
        """Level, text, anchor and combined anchor of a page's headings."""
        return self._db.execute(
            "SELECT level, text, anchor, combined FROM heading WHERE page = ? ORDER BY n", (page,)
        ).fetchall()

    def top(self, page: int) -> str:
        """The combined anchor of a page's first heading."""
        found = self._db.execute(
            "SELECT combined FROM heading WHERE page = ? AND n = 0", (page,)
        ).fetchone()
        return found[0] if found else ""
