"""Where is everything a run knows? In one SQLite file, so that a run can stop and go on.

It is the checkpoint of an unfinished run and the memory of a finished one. Writes gather in
one transaction; `commit` ends it. A process killed between two commits loses what came after
the first, never the file.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
import zlib
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Self

from docgen.records import COMPRESSION, HINT, CrawledPage, KnownUrl, State, Validators
from docgen.store_documents import Documents
from docgen.store_images import Images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA_VERSION = 3
MOST_ALIASES = 8  # in a row: redirects, canonical, duplicate; more never make sense

SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE url (
    key TEXT PRIMARY KEY, url TEXT NOT NULL, state INT NOT NULL, depth INT NOT NULL,
    rank REAL NOT NULL, number INT NOT NULL, reason TEXT, target TEXT);
CREATE INDEX url_queue ON url (state, rank, number);
CREATE TABLE page (
    key TEXT PRIMARY KEY, url TEXT NOT NULL, final_url TEXT NOT NULL, status INT NOT NULL,
    content_type TEXT, html BLOB NOT NULL, etag TEXT, last_modified TEXT, sha256 TEXT NOT NULL,
    text_hash TEXT, depth INT NOT NULL, rank REAL NOT NULL, number INT NOT NULL,
    fetched_at TEXT NOT NULL, is_read INT NOT NULL DEFAULT 0);
CREATE INDEX page_order ON page (rank, number);
CREATE INDEX page_text ON page (text_hash);
CREATE INDEX page_url ON page (url);
CREATE TABLE document (
    number INTEGER PRIMARY KEY, url TEXT NOT NULL, heading TEXT NOT NULL, words INT NOT NULL,
    body BLOB NOT NULL);
CREATE INDEX document_url ON document (url);
CREATE TABLE earlier (key TEXT PRIMARY KEY, target TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE problem (key TEXT PRIMARY KEY, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE menu (number INTEGER PRIMARY KEY, links TEXT NOT NULL);
CREATE TABLE asset (
    url TEXT PRIMARY KEY, content_type TEXT NOT NULL, body BLOB NOT NULL,
    etag TEXT, last_modified TEXT);
"""


class Store:
    """The one file. Not for use by two runs at once."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; one of another version or kind is made anew."""
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
        except sqlite3.DatabaseError:
            self._db.close()
            path.unlink()
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            version = 0
        self._db.execute("PRAGMA journal_mode = WAL")
        # A killed process loses nothing by this; only the machine going down could.
        self._db.execute("PRAGMA synchronous = OFF")
        if version != SCHEMA_VERSION:
            self._create()
        self._db.execute("BEGIN")
        self._db.execute("UPDATE url SET state = ? WHERE state = ?", (State.QUEUED, State.TAKEN))
        self.commit()
        self.documents = Documents(self._db)
        self.images = Images(self._db)

    def _create(self) -> None:
        names = self._db.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        for (name,) in names:
            self._db.execute(f'DROP TABLE "{name}"')
        self._db.executescript(SCHEMA)
        self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Commit, fold the journal into the one file, and let go of it."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")
        self._db.close()

    def commit(self) -> None:
        """Make everything so far durable."""
        if self._db.in_transaction:
            self._db.execute("COMMIT")
        self._db.execute("BEGIN")

    def clear(self) -> None:
        """Forget everything."""
        for table in ("meta", "url", "page", "earlier", "document", "problem", "menu", "asset"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own table names

    # The run itself

    def get(self, name: str) -> str | None:
        """Read a remark about the run."""
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put(self, name: str, value: str) -> None:
        """Leave a remark about the run."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    # URLs

    def add_url(
        self,
        known: KnownUrl,
        *,
        state: State = State.QUEUED,
        reason: str | None = None,
    ) -> None:
        """Note a URL that is not known yet."""
        self._db.execute(
            "INSERT OR IGNORE INTO url VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                known.key,
                known.url,
                state,
                known.depth,
                known.rank,
                known.number,
                HINT if known.is_hint and state == State.QUEUED else reason,
            ),
        )

    def next_url(self, below: float = math.inf) -> KnownUrl | None:
        """Take the most important queued URL, if its rank is below a number."""
        row = self._db.execute(
            "SELECT key, url, depth, rank, number, reason FROM url WHERE state = ? AND rank < ?"
            " ORDER BY rank, number LIMIT 1",
            (State.QUEUED, below),
        ).fetchone()
        if row is None:
            return None
        self._db.execute("UPDATE url SET state = ? WHERE key = ?", (State.TAKEN, row[0]))
        return KnownUrl(
            key=row[0],
            url=row[1],
            depth=row[2],
            rank=row[3],
            number=row[4],
            is_hint=row[5] == HINT,
        )

    def mark(
        self, key: str, state: State, *, reason: str | None = None, target: str | None = None
    ) -> None:
        """Say what has become of a URL."""
        self._db.execute(
            "UPDATE url SET state = ?, reason = ?, target = ? WHERE key = ?",
            (state, reason, target, key),
        )

    def improve(self, key: str, *, depth: int, rank: float, is_hint: bool) -> None:
        """Note that a queued URL was found again, maybe nearer to the start than before."""
        self._db.execute(
            "UPDATE url SET depth = min(depth, ?), rank = min(rank, ?),"
            " reason = iif(?, reason, NULL) WHERE key = ? AND state = ?",
            (depth, rank, is_hint, key, State.QUEUED),
        )

    def state(self, key: str) -> State | None:
        """Say where a URL stands; None when it is not known."""
        row = self._db.execute("SELECT state FROM url WHERE key = ?", (key,)).fetchone()
        return State(row[0]) if row else None

    def count(self, *states: State) -> int:
        """Count the URLs in any of the states."""
        marks = ", ".join("?" * len(states))
        query = f"SELECT count(*) FROM url WHERE state IN ({marks})"  # noqa: S608 - only marks
        return int(self._db.execute(query, states).fetchone()[0])

    def keys(self) -> Iterator[str]:
        """Iterate over the keys of all known URLs."""
        return (row[0] for row in self._db.execute("SELECT key FROM url"))

    def met_urls(self) -> Iterator[tuple[str, State]]:
        """Iterate over what was not left out at first sight, in order of discovery."""
        return iter(
            self._db.execute(
                "SELECT url, state FROM url WHERE state <> ? ORDER BY number", (State.SKIPPED,)
            )
        )

    def page_urls(self) -> list[tuple[str, str]]:
        """List (key, URL) of the pages of the result."""
        return self._db.execute(
            "SELECT key, url FROM url WHERE state = ? ORDER BY rank, number", (State.PAGE,)
        ).fetchall()

    def pages_called_otherwise(self) -> list[tuple[str, str]]:
        """List (key, key of what it calls itself) of pages of the result."""
        return self._db.execute(
            "SELECT key, target FROM url WHERE state = ? AND target IS NOT NULL"
            " ORDER BY rank, number",
            (State.PAGE,),
        ).fetchall()

    def start_round(self) -> None:
        """Forget what a finished run met; keep the bodies, and what led to them."""
        self._db.execute("DELETE FROM earlier")
        self._db.execute(
            "INSERT INTO earlier SELECT key, target FROM url WHERE state = ?", (State.ALIAS,)
        )
        self._db.execute("DELETE FROM url")
        self._db.execute("UPDATE page SET is_read = 0")

    def end_round(self, now: str) -> None:
        """Forget the bodies of pages that were not met again; note if others make the result."""
        self._db.execute("DELETE FROM page WHERE key NOT IN (SELECT key FROM url)")
        rows = self._db.execute(
            "SELECT page.key, sha256 FROM page JOIN url ON url.key = page.key"
            " WHERE state = ? ORDER BY page.key",
            (State.PAGE,),
        )
        digest = hashlib.sha256(repr(rows.fetchall()).encode()).hexdigest()
        if digest != self.get("digest"):
            self.put("digest", digest)
            self.put("changed_at", now)
            self.put("content", str(int(self.get("content") or 0) + 1))

    def aliases(self) -> Iterator[tuple[str, str]]:
        """Iterate over (URL, URL of the page it leads to): redirects, copies, other spellings."""
        rows = self._db.execute(
            "SELECT url.url, url.target FROM url WHERE url.state = ? ORDER BY url.key",
            (State.ALIAS,),
        ).fetchall()
        for url, target in rows:
            page_url = self._follow(target)
            if page_url is not None:
                yield url, page_url

    def _follow(self, key: str | None) -> str | None:
        for _ in range(MOST_ALIASES):
            row = self._db.execute(
                "SELECT url.state, url.target, page.url FROM url"
                " LEFT JOIN page ON page.key = url.key WHERE url.key = ?",
                (key,),
            ).fetchone()
            if row is None:
                return None
            if row[0] != State.ALIAS:
                return row[2] if row[0] == State.PAGE else None
            key = row[1]
        return None

    def skipped(self) -> Iterator[tuple[str, str]]:
        """Iterate over (URL, reason) of what is not in the result, failures included."""
        return iter(
            self._db.execute(
                "SELECT url, coalesce(problem.reason, url.reason) FROM url"
                " LEFT JOIN problem ON problem.key = url.key AND state = ?"
                " WHERE state IN (?, ?) OR problem.reason IS NOT NULL ORDER BY url.key",
                (State.PAGE, State.SKIPPED, State.FAILED),
            ).fetchall()
        )

    def skip_reasons(self) -> dict[str, int]:
        """Count what is not in the result, by reason."""
        rows = self._db.execute(
            "SELECT reason, count(*) FROM url WHERE state IN (?, ?) GROUP BY reason",
            (State.SKIPPED, State.FAILED),
        )
        return dict(rows.fetchall())

    # Pages

    def put_page(self, page: CrawledPage) -> None:
        """Keep a page, in place of an earlier one of the same key."""
        values = {field.name: getattr(page, field.name) for field in fields(page)}
        values["html"] = zlib.compress(page.html, COMPRESSION)
        self._db.execute(
            "INSERT OR REPLACE INTO page VALUES (:key, :url, :final_url, :status, :content_type,"
            " :html, :etag, :last_modified, :sha256, :text_hash, :depth, :rank, :number,"
            " :fetched_at, 0)",
            values,
        )

    def set_read(self, key: str) -> None:
        """Note that all links of a page have been followed up."""
        self._db.execute("UPDATE page SET is_read = 1 WHERE key = ?", (key,))

    def unread_pages(self) -> Iterator[CrawledPage]:
        """Iterate over the pages visited whose links were not followed up to the last."""
        keys = self._db.execute(
            "SELECT page.key FROM page JOIN url ON url.key = page.key"
            " WHERE is_read = 0 AND state IN (?, ?) ORDER BY page.rank, page.number",
            (State.PAGE, State.SKIPPED),
        ).fetchall()
        for (key,) in keys:
            yield from self._read_pages("WHERE key = ?", (key,))

    def move_page(self, known: KnownUrl) -> None:
        """Note the place in the order at which a page was met this time."""
        self._db.execute(
            "UPDATE page SET depth = ?, rank = ?, number = ? WHERE key = ?",
            (known.depth, known.rank, known.number, known.key),
        )

    def drop_page(self, key: str) -> None:
        """Forget the body of a page."""
        self._db.execute("DELETE FROM page WHERE key = ?", (key,))

    def page(self, key: str) -> CrawledPage | None:
        """Read one page."""
        return next(self._read_pages("WHERE key = ?", (key,)), None)

    def pages(self) -> Iterator[CrawledPage]:
        """Iterate over the pages of the result, most important first, one in memory at a time."""
        order = self._db.execute(
            "SELECT page.key FROM page JOIN url ON url.key = page.key WHERE url.state = ?"
            " ORDER BY page.rank, page.number",
            (State.PAGE,),
        ).fetchall()
        for (key,) in order:
            yield from self._read_pages("WHERE key = ?", (key,))

    def _read_pages(self, where: str, values: tuple[Any, ...]) -> Iterator[CrawledPage]:
        names = [field.name for field in fields(CrawledPage)]
        query = f"SELECT {', '.join(names)} FROM page {where}"  # noqa: S608 - our own words
        for row in self._db.execute(query, values):
            found = dict(zip(names, row, strict=True))
            found["html"] = zlib.decompress(found["html"])
            yield CrawledPage(**found)

    def find_page(self, key: str) -> CrawledPage | None:
        """Read the page a URL leads to, or led to in an earlier round."""
        for _ in range(MOST_ALIASES):
            if (page := self.page(key)) is not None:
                return page
            row = self._db.execute("SELECT target FROM earlier WHERE key = ?", (key,)).fetchone()
            if row is None:
                break
            key = row[0]
        return None

    def validators(self, key: str) -> Validators | None:
        """Read what a conditional request for a URL would send; None if it has no page."""
        page = self.find_page(key)
        if page is None:
            return None
        # A date says little of what the URL is now, if it led to another page then.
        is_own = page.key == key
        return Validators(etag=page.etag, last_modified=page.last_modified if is_own else None)

    def page_with_text(self, text_hash: str) -> KnownUrl | None:
        """Find the page of the result that has this main text."""
        row = self._db.execute(
            "SELECT page.key, page.url, page.depth, page.rank, page.number FROM page"
            " JOIN url ON url.key = page.key WHERE text_hash = ? AND state = ?",
            (text_hash, State.PAGE),
        ).fetchone()
        if row is None:
            return None
        return KnownUrl(key=row[0], url=row[1], depth=row[2], rank=row[3], number=row[4])

    def fetched(self, url: str) -> tuple[int, str, str]:
        """Say how the page of a document was received: status, SHA-256, time."""
        row: tuple[int, str, str] = self._db.execute(
            "SELECT status, sha256, fetched_at FROM page WHERE url = ?", (url,)
        ).fetchone()
        return row
