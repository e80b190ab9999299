"""What do all writers share: the site, one page at a time, its images, the files they leave?"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TextIO

from docgen.writers import links
from docgen.writers.images import shown
from docgen.writers.syntax import Node, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import ExitStack
    from datetime import datetime
    from pathlib import Path

    from docgen.extract import Document
    from docgen.site import Entry, Page, Site
    from docgen.writers.images import Image

IMAGES = "_images"
_MARKS = re.compile(r"[\\`*\[\]<|~$]|(?<![^\W_])_|_(?![^\W_])|(?:^|(?<=\s))[#>]|&(?=#?\w{1,31};)")
"""What Markdown would take for its own; not the `_` of `this_name`, nor the `#` of C#."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """How a page was received."""

    status: int
    sha256: str
    """Of the body."""
    fetched_at: str
    """ISO 8601, UTC."""


class Source(Protocol):
    """What writing needs of the store of a run."""

    def document(self, url: str) -> Document:
        """Read the document of one page."""
        ...

    def fetched(self, url: str) -> Fetched:
        """Say how the page of a document was received."""
        ...

    def skipped(self) -> Iterator[tuple[str, str]]:
        """Iterate over what is not in the result, as (URL, reason)."""
        ...

    def assets(self) -> Iterator[tuple[str, str, bytes]]:
        """Iterate over the images as (URL, content type, body)."""
        ...


class PageContent:
    """One page while it is written; the next page takes its place in memory."""

    def __init__(self, page: Page, document: Document, fetched: Fetched) -> None:
        self.page = page
        self.document = document
        self.fetched = fetched
        title = f"# {escape(page.title)}\n\n" if page.needs_title else ""
        self.markdown = f"{title}{document.markdown.strip()}\n"
        """Begins with the page's title; URLs are placeholders."""
        self.file: str | None = None
        """What its file of the Markdown tree holds, once somebody has asked."""

    @cached_property
    def tree(self) -> Node:
        """The Markdown, parsed, without a line across its end: what follows sets itself apart."""
        tree = parse(self.markdown)
        while tree.children and (last := _last_block(tree)).kind == "rule":
            tree.children.remove(last)
        return tree


@dataclass(frozen=True, slots=True)
class Bundle:
    """What is being written."""

    site: Site
    images: Mapping[str, Image]
    """The fetched images that are fit to be shown, by URL."""
    stamp: datetime
    """When what is written last changed: the time every file bears, so that a second run on an
    unchanged site gives the same bytes."""
    files: ExitStack
    """What is open."""

    def open(self, path: Path) -> TextIO:
        """Open a file to write text to; closed at the latest when writing ends, however it does."""
        return self.files.enter_context(path.open("w", encoding="utf-8", newline="\n"))

    def link(self, page: Page, url: str, extension: str) -> str | None:
        """Write a link or the source of an image in a page's own file."""
        image = self.images.get(url)
        if image is not None:
            return links.relative(page, f"{IMAGES}/{image.name}")
        return links.between(self.site, page, url, extension)

    def picture(self, content: PageContent, url: str) -> Image | None:
        """Give an image as large as a page shows it."""
        image = self.images.get(url)
        return image and shown(image, content.document.sizes.get(url))

    def copy_images(self, content: PageContent, folder: Path) -> None:
        """Put the images a page shows into the folder of a format."""
        for url, _ in content.document.images:
            image = self.images.get(url)
            if image is not None and not (target := folder / IMAGES / image.name).exists():
                target.parent.mkdir(exist_ok=True)
                os.link(image.path, target)

    def contents(self, write: Callable[[Page], str | None]) -> Iterator[str]:
        """The contents as lines of a Markdown list."""
        for entry in self.site.entries():
            yield f"{'  ' * entry.depth}- {_line(entry, write)}\n"


def _last_block(tree: Node) -> Node:
    """Give the last block that stands where it is written; footnotes do not."""
    blocks = (each for each in reversed(tree.children) if each.kind != "footnote")
    return next(blocks, tree)


def _line(entry: Entry, write: Callable[[Page], str | None]) -> str:
    label = escape(entry.label)
    return f"[{label}]({write(entry.page)})" if entry.page else f"**{label}**"


def put(path: Path, text: str) -> None:
    """Write a text file, with the folders it lies in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def escape(text: str) -> str:
    """Write plain text in a line of Markdown."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))
