"""What has been extracted from the pages of a run, and from which could nothing be?"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from docgen.extract import Document, Heading, NavLink
from docgen.records import COMPRESSION

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator


class Documents:
    """The documents of a store, each at the place its page has in the order."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def clear(self) -> None:
        """Forget all, and what was wrong with pages."""
        self._db.execute("DELETE FROM document")
        self._db.execute("DELETE FROM problem")
        self._db.execute("DELETE FROM menu")

    def put(self, number: int, document: Document) -> None:
        """Keep a document at its place in the order."""
        facts = asdict(replace(document, embedded={}))
        body = zlib.compress(json.dumps(facts).encode(), COMPRESSION)
        heading = document.headings[0].text if document.headings else document.title
        self._db.execute(
            "INSERT OR REPLACE INTO document VALUES (?, ?, ?, ?, ?)",
            (number, document.url, heading, document.words, body),
        )

    def set_problem(self, key: str, reason: str) -> None:
        """Note that a page has no text worth having. It stays, to be asked for again."""
        self._db.execute("INSERT OR REPLACE INTO problem VALUES (?, ?)", (key, reason))

    def put_menu(self, number: int, links: tuple[NavLink, ...]) -> None:
        """Keep what stands on a page that is nothing but the site's menu."""
        facts = json.dumps([asdict(link) for link in links])
        self._db.execute("INSERT OR REPLACE INTO menu VALUES (?, ?)", (number, facts))

    def menus(self) -> Iterator[tuple[NavLink, ...]]:
        """Iterate over these menus, in the order of their pages."""
        for (links,) in self._db.execute("SELECT links FROM menu ORDER BY number").fetchall():
            yield tuple(NavLink(**link) for link in json.loads(links))

    def drop(self, number: int, problem: str) -> None:
        """Forget a document, because there is something wrong with its page."""
        (key,) = self._db.execute(
            "SELECT key FROM page WHERE url = (SELECT url FROM document WHERE number = ?)",
            (number,),
        ).fetchone()
        self.set_problem(key, problem)
        self._db.execute("DELETE FROM document WHERE number = ?", (number,))

    def all(self) -> Iterator[Document]:
        """Iterate over the documents in order, one in memory at a time."""
        for number in self.sizes():
            yield self.at(number)

    def at(self, number: int) -> Document:
        """Read the document at a place in the order."""
        row = self._db.execute("SELECT body FROM document WHERE number = ?", (number,))
        return _read(row.fetchone()[0])

    def of(self, url: str) -> Document:
        """Read the document of one page."""
        row = self._db.execute("SELECT body FROM document WHERE url = ?", (url,)).fetchone()
        if row is None:
            raise KeyError(url)
        return _read(row[0])

    def sizes(self) -> dict[int, tuple[str, int]]:
        """Say of each place in the order the document's first heading, and its words."""
        rows = self._db.execute("SELECT number, heading, words FROM document ORDER BY number")
        return {number: (heading, words) for number, heading, words in rows}


def _read(body: bytes) -> Document:
    found: dict[str, Any] = json.loads(zlib.decompress(body))
    found["breadcrumbs"] = tuple(found["breadcrumbs"])
    found["headings"] = tuple(Heading(**heading) for heading in found["headings"])
    found["links"] = tuple((url, text) for url, text in found["links"])
    found["images"] = tuple((url, alt) for url, alt in found["images"])
    found["navigation"] = tuple(NavLink(**link) for link in found["navigation"])
    return Document(**found)
