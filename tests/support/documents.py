"""Documents and a source of them, made by hand: what a test names is all that differs."""

import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from docgen.anchors import slugify
from docgen.extract import Document, Heading, NavLink
from docgen.site import Site, arrange
from docgen.writers import Fetched, Written, write
from docgen.writers.syntax import parse

BASE = "https://docs.example.com/guide/"
STAMP = datetime(2026, 3, 4, 5, 6, 8, tzinfo=UTC)


def link(path: str, text: str = "link") -> str:
    """A link as it stands in stored Markdown."""
    return f"[{text}](\ue000{BASE}{path}\ue001)" if "://" not in path else outside(path, text)


def outside(url: str, text: str = "link") -> str:
    """A link to any URL."""
    return f"[{text}](\ue000{url}\ue001)"


def image(path: str, alt: str = "picture") -> str:
    """An image as it stands in stored Markdown."""
    return f"!{link(path, alt)}"


def a_document(path: str = "", markdown: str = "# Title\n\nText.\n", **more: object) -> Document:
    """A document with what its Markdown says of headings, links and images."""
    headings = []
    links, images = [], []
    for node in parse(markdown).walk():
        if node.kind == "heading":
            text = " ".join(node.plain().split())
            headings.append(Heading(node.value, text, slugify(text)))
        elif node.kind == "link":
            links.append((node.text, node.plain()))
        elif node.kind == "image":
            images.append((node.text, node.plain()))
    facts = {
        "url": BASE + path,
        "title": headings[0].text if headings else "Untitled",
        "description": None,
        "language": "en",
        "published": None,
        "modified": None,
        "breadcrumbs": (),
        "markdown": markdown,
        "headings": tuple(headings),
        "anchors": {heading.anchor: heading.anchor for heading in headings},
        "links": tuple(links),
        "images": tuple(images),
        "navigation": (),
        "words": len(markdown.split()),
        "problem": None,
    }
    return Document(**{**facts, **more})


def menu(*lines: tuple[int, str, str]) -> tuple[NavLink, ...]:
    """A menu of (level, text, path); an empty path is a heading."""
    return tuple(NavLink(level, text, BASE + path if path else "") for level, text, path in lines)


def arranged(*documents: Document, root: str = BASE, **more: object) -> Site:
    """The site made of the documents."""
    return arrange(lambda: iter(documents), root=root, **more)


class Source:
    """What writing reads, from memory."""

    def __init__(self, documents: tuple[Document, ...], assets: dict[str, bytes]) -> None:
        self._documents = {document.url: document for document in documents}
        self._assets = assets

    def document(self, url: str) -> Document:
        """Read a document."""
        return self._documents[url]

    def fetched(self, url: str) -> Fetched:
        """Say how it was received."""
        return Fetched(200, "0" * 64, "2026-03-04T05:06:07Z")

    def skipped(self) -> Iterator[tuple[str, str]]:
        """Name one page that was left out."""
        yield f"{BASE}old", "excluded"

    def assets(self) -> Iterator[tuple[str, str, bytes]]:
        """Give the images."""
        return ((url, "image/png", body) for url, body in self._assets.items())


def written(
    directory: Path,
    *documents: Document,
    formats: tuple[str, ...] = ("markdown", "html"),
    assets: dict[str, bytes] | None = None,
    **more: object,
) -> Written:
    """Write the documents' bundle."""
    return write(
        arranged(*documents),
        Source(documents, assets or {}),
        formats=formats,
        directory=directory,
        stamp=STAMP,
        **more,
    )


def a_png(width: int = 2, height: int = 2) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks
