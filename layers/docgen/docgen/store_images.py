"""Which images has a run got? Those it fetched, and those that stand in the pages themselves."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from docgen.pictures import EMBEDDED
from docgen.records import Validators

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Container, Iterator, Mapping

    from docgen.options import Limits


class Images:
    """The images of a store, each under the URL it is asked for by."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, url: str, content_type: str, body: bytes, validators: Validators) -> None:
        """Keep an image, in place of an earlier one of the same URL."""
        self._db.execute(
            "INSERT OR REPLACE INTO asset VALUES (?, ?, ?, ?, ?)",
            (url, content_type, body, validators.etag, validators.last_modified),
        )

    def put_embedded(self, embedded: Mapping[str, str], limits: Limits) -> None:
        """Keep the images that stand in a page itself, as far as the limits go."""
        if not embedded:
            return
        sizes = self.sizes()
        for name, source in embedded.items():
            media_type, body = _decoded(source)
            if (
                0 < len(body) <= limits.image_bytes
                and len(sizes) < limits.images
                and sum(sizes.values()) < limits.images_bytes
            ):
                self.put(name, media_type, body, Validators(etag=None, last_modified=None))
                sizes[name] = len(body)

    def validators(self, url: str) -> Validators | None:
        """Read what a conditional request for the image would send; None if it is not there."""
        row = self._db.execute(
            "SELECT etag, last_modified FROM asset WHERE url = ?", (url,)
        ).fetchone()
        return Validators(etag=row[0], last_modified=row[1]) if row else None

    def all(self) -> Iterator[tuple[str, str, bytes]]:
        """Iterate over (URL, content type, body), one in memory at a time."""
        for url in self.sizes():
            row = self._db.execute(
                "SELECT url, content_type, body FROM asset WHERE url = ?", (url,)
            ).fetchone()
            yield row

    def sizes(self) -> dict[str, int]:
        """Say how large each image is, in order of the URLs."""
        return dict(self._db.execute("SELECT url, length(body) FROM asset ORDER BY url").fetchall())

    def drop_unwanted(self, wanted: Container[str]) -> None:
        """Forget images that no page shows any more."""
        self._drop(
            [url for url in self.sizes() if url not in wanted and not url.startswith(EMBEDDED)]
        )

    def drop_embedded(self) -> None:
        """Forget what stood in the pages, which are about to be read anew."""
        self._drop([url for url in self.sizes() if url.startswith(EMBEDDED)])

    def _drop(self, urls: list[str]) -> None:
        self._db.executemany("DELETE FROM asset WHERE url = ?", [(url,) for url in urls])


def _decoded(source: str) -> tuple[str, bytes]:
    head, _, data = source.removeprefix("data:").partition(",")
    media_type, *parameters = head.split(";")
    body = unquote_to_bytes(data)
    if "base64" in parameters:
        try:
            body = b64decode(b"".join(body.split()) + b"==")
        except ValueError:
            return media_type, b""
    return media_type, body
