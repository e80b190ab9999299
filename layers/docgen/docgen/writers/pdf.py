"""PDF: a typeset book with a title page, contents, bookmarks and links that work.

The typesetter needs about a megabyte of memory for each page it sets, so the book is set in
volumes of bounded size, each by a process of its own, and bound together at the end. What one
volume cannot know of another (page numbers, where links lead) is filled in by the binder.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from docgen.errors import TypesettingFailed
from docgen.writers.bundle import Bundle, PageContent, put
from docgen.writers.pdf_bind import Binder, Bookmark
from docgen.writers.pdf_body import PdfBody, shorten, string
from docgen.writers.typeset import typeset

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.site import Entry, Page
    from docgen.writers.images import Image

FILE = "documentation.pdf"
STATIC = Path(__file__).parent / "static"
VOLUME = 250_000
"""Characters of source after which a volume is closed: some 100 pages."""
FULL_FOR_CHAPTER, FULL_FOR_PAGE = 0.5, 0.8
"""How much of that is enough where one of these begins: a new volume is a new sheet of paper,
which the one begins anyway, and the other may."""
MOST_TEXT = 20_000_000
"""Characters of Markdown that are set, some eight thousand pages: the book must be done before
the time of a worker is over, since it is begun anew after an interruption."""
MOST_PIXELS = 100_000_000
"""Of all pictures of one volume: the typesetter holds them unpacked, three bytes for each."""
MOST_SECONDS = 600
"""For all volumes: a book that takes longer never fits into a worker's time."""
MOST_CONTENTS = 3_000
"""Lines of contents; a larger site's are cut to its upper levels."""


class PdfWriter:
    """Writes the source of the volumes page by page, and sets and binds them at the end."""

    def __init__(self, bundle: Bundle, folder: Path) -> None:
        self._bundle = bundle
        self._path = folder / FILE
        self._work = folder / ".typst"
        self._work.mkdir()
        shutil.copy(STATIC / "book.typ", self._work)
        self._end = _first_left_out(bundle.site.pages)
        self._entries = bundle.site.entries()
        self._bookmarks: list[Bookmark] = []
        self._volumes: list[Path] = []
        self._source: list[str] = []
        self._size = 0
        self._placed: set[str] = set()
        self._pixels = 0
        self._until = 0.0

    def page(self, content: PageContent) -> None:
        """Write the source of one page, after the headings that stand above it."""
        if content.page.number >= self._end:
            return
        entry = self._headings_above()
        body = PdfBody(self._bundle, content, entry, self._place, self._end)
        for block in body.blocks():
            if self._size > VOLUME or self._pixels > MOST_PIXELS / 2:
                self._close_volume()
                self._add(f"#section.update({string(shorten(entry.label))})\n")
            self._add(block)
        self._bookmarks += body.bookmarks

    def finish(self, tick: Callable[[float], None]) -> Path:
        """Set the volumes, then the title page and contents, and bind them.

        Raises:
            TypesettingFailed: The typesetter refuses, or takes too long.
        """
        self._say_what_is_left_out()
        self._close_volume()
        self._until = time.monotonic() + MOST_SECONDS
        with closing(Binder(self._path.with_suffix(".part"))) as binder:
            for done, volume in enumerate(self._volumes):
                source = volume.read_text("utf-8").replace("FIRST", str(binder.pages + 1), 1)
                volume.write_text(source, "utf-8")
                part = done / (len(self._volumes) + 1)
                tick(part)
                self._set(volume, partial(tick, part))
                binder.add(volume.with_suffix(".pdf"))
            front = self._work / "front.typ"
            put(front, self._front(binder))
            self._set(front, lambda: tick(1.0))
            binder.add_front(front.with_suffix(".pdf"))
            site = self._bundle.site
            binder.finish(self._bookmarks, site.title, self._bundle.stamp)
        self._path.with_suffix(".part").replace(self._path)
        shutil.rmtree(self._work)
        return self._path

    def _set(self, source: Path, tick: Callable[[], None]) -> None:
        problem = typeset(source, tick, self._until - time.monotonic())
        if problem is not None:
            raise TypesettingFailed from RuntimeError(problem)

    def _say_what_is_left_out(self) -> None:
        total = len(self._bundle.site.pages)
        if self._end < total:
            text = f"Only in the other formats: {total - self._end} of {total} pages."
            self._add(f'#alert("note", "Not the whole", par({string(text)}))\n')

    def _headings_above(self) -> Entry:
        """Write the headings without a page up to the next entry that has one."""
        is_below_part = False
        for entry in self._entries:
            enough = FULL_FOR_PAGE if entry.depth else FULL_FOR_CHAPTER
            if self._size > VOLUME * enough and not is_below_part:
                self._close_volume()
            if entry.page is not None:
                return entry
            is_below_part = True
            mark = f"part{len(self._bookmarks)}"
            level = entry.depth + 1
            self._add(f"#part({level}, {string(mark)}, {string(entry.label)})\n")
            self._bookmarks.append(Bookmark(level, entry.label, mark, is_page=True, has_pages=True))
        raise LookupError("more pages than the contents have")

    def _add(self, source: str) -> None:
        self._source.append(source)
        self._size += len(source)

    def _close_volume(self) -> None:
        path = self._work / f"{len(self._volumes)}.typ"
        put(path, self._opening("FIRST") + "".join(self._source))
        self._volumes.append(path)
        self._source, self._size = [], 0
        self._placed, self._pixels = set(), 0

    def _opening(self, first: str) -> str:
        site, stamp = self._bundle.site, self._bundle.stamp
        return (
            '#import "book.typ": *\n#show: book.with('
            f"title: {string(site.title)}, head: {string(shorten(site.title))}, "
            f"{_language(site.root.language or 'en')}, first: {first}, "
            f"date: datetime(year: {stamp.year}, month: {stamp.month}, day: {stamp.day}))\n"
        )

    def _front(self, binder: Binder) -> str:
        site, stamp = self._bundle.site, self._bundle.stamp
        pages = [each for each in self._bookmarks if each.is_page]
        deepest = 3
        while deepest > 1 and sum(each.level <= deepest for each in pages) > MOST_CONTENTS:
            deepest -= 1
        lines = [
            f"#line-of-contents({each.level}, {'true' if each.has_pages else 'false'}, "
            f"{string(each.text)}, {string(each.mark)}, "
            f"{binder.number_of(each.mark)})\n"
            for each in pages
            if each.level <= deepest
        ]
        return (
            self._opening("none") + f"#title-page({string(site.title)}, {string(site.url)}, "
            f"{string(f'{len(site.pages)} pages · {stamp:%-d %B %Y}')})\n"
            f"#contents-page[\n{''.join(lines[:MOST_CONTENTS])}]\n"
        )

    def _place(self, image: Image) -> str | None:
        """Put an image beside the sources; None if the volume holds too many pixels."""
        if image.name not in self._placed:
            pixels = 0 if image.kind == "svg" else image.width * image.height
            if self._pixels + pixels > MOST_PIXELS:
                return None
            self._placed.add(image.name)
            self._pixels += pixels
        target = self._work / image.name
        if not target.exists():
            os.link(image.path, target)
        return image.name


def _language(tag: str) -> str:
    """Say in what language and with whose Chinese characters text is set."""
    language, _, more = tag.lower().partition("-")
    language = language if re.fullmatch("[a-z]{2,3}", language) else "en"
    region = more.upper() if re.fullmatch("[a-z]{2}", more) else ""
    characters = {"ja": "JP", "ko": "KR"}.get(language, "SC")
    if language == "zh" and more.startswith(("tw", "hk", "mo", "hant")):
        characters = "HK" if "hk" in more else "TC"
    named = string(region) if region else "none"
    return f"lang: {string(language)}, region: {named}, cjk: {string(characters)}"


def _first_left_out(pages: list[Page]) -> int:
    """Number of the first page that is too much; the first page of all never is."""
    total = 0
    for page in pages:
        total += page.length
        if total > MOST_TEXT and page.number:
            return page.number
    return len(pages)
