"""DOCX: a Word document with styles, contents, tables, code, links and images.

Written as text, page after page: the libraries for this format hold the whole document in
memory, which for a large site is more than a worker has.
"""

from __future__ import annotations

import zipfile
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from docgen.anchors import CONTENTS
from docgen.writers import docx_parts as parts
from docgen.writers.docx_body import DocxBody, Place, bookmark_of, bookmarked, paragraph, run
from docgen.writers.pack import add_file, add_text
from docgen.writers.typeset import rasterise

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.site import Entry
    from docgen.writers.bundle import Bundle, PageContent
    from docgen.writers.images import Image

FILE = "documentation.docx"
STATIC = Path(__file__).parent / "static" / "docx"
DIRECT = frozenset({"png", "jpg", "gif"})
"""What Word shows; a drawing is made a picture first."""
CONTENTS_LEVELS = 3
MOST_CONTENTS = 1_000
OWN_RELATIONS = 10
"""Numbers of relations kept for the parts of the document."""


class DocxWriter:
    """Writes the text to a file beside, and packs everything at the end."""

    def __init__(self, bundle: Bundle, folder: Path) -> None:
        self._bundle = bundle
        self._path = folder / FILE
        self._text = folder / ".document.xml"
        self._pictures = folder / ".pictures"
        self._pictures.mkdir()
        drawings = {
            image.name: image for image in bundle.images.values() if image.kind not in DIRECT
        }
        self._drawn = rasterise(drawings.values(), self._pictures)
        self._entries = bundle.site.entries()
        self._parts: dict[Entry, int] = {}
        self._addresses: dict[str, int] = {}
        self._media: dict[str, Path] = {}
        self._lists: list[tuple[int, int]] = []
        self._notes: list[str] = []
        self._numbers = count(1)
        self._out = bundle.open(self._text)
        self._out.write(f"{parts.XML}<w:document {parts.NAMESPACES}><w:body>\n")
        self._write_front()

    def page(self, content: PageContent) -> None:
        """Write one page, after the headings that stand above it."""
        entry = self._headings_above()
        body = DocxBody(
            self._bundle,
            content,
            entry,
            relate=self._relate,
            picture=self._picture,
            new_list=self._new_list,
            note=self._note,
            unique=lambda: next(self._numbers),
        )
        self._out.writelines(body.blocks())

    def finish(self, _tick: Callable[[float], None]) -> Path:
        """Pack the parts."""
        self._out.write(_LAYOUT)
        self._out.write("</w:body></w:document>\n")
        self._out.close()
        site, stamp = self._bundle.site, self._bundle.stamp
        texts = {
            "[Content_Types].xml": parts.content_types(),
            "_rels/.rels": parts.package_relations(),
            "docProps/core.xml": parts.core(site.title, site.url, stamp),
            "word/_rels/document.xml.rels": self._relations(),
            "word/_rels/footnotes.xml.rels": self._relations(),
            "word/styles.xml": parts.styles(STATIC / "styles.xml", site.root.language or "en"),
            "word/numbering.xml": parts.numbering(self._lists),
            "word/settings.xml": parts.settings(),
            "word/footnotes.xml": parts.footnotes(self._notes),
            "word/header1.xml": parts.header(site.title),
            "word/footer1.xml": parts.footer(),
        }
        with zipfile.ZipFile(self._path, "w") as file:
            for name, text in texts.items():
                add_text(file, name, text, stamp)
            add_file(file, "word/document.xml", self._text, stamp)
            for name, path in sorted(self._media.items()):
                add_file(file, f"word/media/{name}", path, stamp)
        self._text.unlink()
        for path in self._pictures.iterdir():
            path.unlink()
        self._pictures.rmdir()
        return self._path

    def _write_front(self) -> None:
        """Write the title page, and contents that are there before Word brings them up to date."""
        site, write = self._bundle.site, self._out.write
        facts = f"{len(site.pages)} pages · {self._bundle.stamp:%-d %B %Y}"
        write(paragraph(run(site.title, ()), Place("Title")))
        write(paragraph(run(site.url, ()), Place("Subtitle")))
        write(paragraph(run(facts, ()), Place("Subtitle")))
        write(paragraph(run(CONTENTS, ()), Place("TOCHeading")))
        entries = [entry for entry in site.entries() if entry.depth < CONTENTS_LEVELS]
        field = f'TOC \\o "1-{CONTENTS_LEVELS}" \\h \\z \\u'
        start = (
            '<w:r><w:fldChar w:fldCharType="begin" w:dirty="true"/></w:r>'
            '<w:r><w:instrText xml:space="preserve">'
            f' {field} </w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        )
        for entry in entries[:MOST_CONTENTS]:
            mark = self._mark(entry)
            label = run(entry.label, ("<w:b/>",) if entry.children else ())
            runs = f'{start}<w:hyperlink w:anchor="{mark}" w:history="1">{label}</w:hyperlink>'
            write(paragraph(runs, Place(f"TOC{entry.depth + 1}")))
            start = ""
        write(paragraph('<w:r><w:fldChar w:fldCharType="end"/></w:r>', Place()))

    def _headings_above(self) -> Entry:
        """Write the headings without a page up to the next entry that has one."""
        for entry in self._entries:
            if entry.page is not None:
                return entry
            break_before = "" if entry.depth else "<w:pageBreakBefore/>"
            runs = bookmarked(run(entry.label, ()), self._mark(entry), next(self._numbers))
            self._out.write(paragraph(runs, Place(f"Heading{entry.depth + 1}"), break_before))
        raise LookupError("more pages than the contents have")

    def _mark(self, entry: Entry) -> str:
        if entry.page is not None:
            return bookmark_of(entry.page.number, 0)
        return f"part_{self._parts.setdefault(entry, len(self._parts))}"

    def _relate(self, address: str) -> str:
        return f"rId{self._addresses.setdefault(address, len(self._addresses) + OWN_RELATIONS)}"

    def _picture(self, image: Image) -> tuple[str, int] | None:
        path = image.path if image.kind in DIRECT else self._drawn.get(image.name)
        if path is None:
            return None
        name = image.name if image.kind in DIRECT else f"{image.name}.png"
        self._media[name] = path
        return f"image-{name}", next(self._numbers)

    def _new_list(self, level: int, start: int) -> int:
        self._lists.append((level, start))
        return len(self._lists) + parts.BULLETS

    def _note(self, inner: str) -> int:
        mark = '<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>'
        number = len(self._notes) + 1
        inner = inner.replace("</w:pPr>", f"</w:pPr>{mark}", 1)
        self._notes.append(f'<w:footnote w:id="{number}">{inner}</w:footnote>')
        return number

    def _relations(self) -> str:
        own = [
            (f"rId{n}", f"{parts.RELATIONS}/{part.rstrip('1')}", f"{part}.xml", False)
            for n, part in enumerate(parts.PARTS, start=1)
        ]
        outside = [
            (f"rId{n}", f"{parts.RELATIONS}/hyperlink", address, True)
            for address, n in self._addresses.items()
        ]
        media = [
            (f"image-{name}", f"{parts.RELATIONS}/image", f"media/{name}", False)
            for name in sorted(self._media)
        ]
        return parts.relations([*own, *outside, *media])


_LAYOUT = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId5"/>'
    '<w:footerReference w:type="default" r:id="rId6"/><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1500" w:right="1278" w:bottom="1400" w:left="1278" w:header="720" '
    'w:footer="620" w:gutter="0"/><w:titlePg/></w:sectPr>'
)
