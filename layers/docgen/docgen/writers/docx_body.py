"""How does the tree of a page's Markdown look in WordprocessingML?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from docgen.writers import links
from docgen.writers.alerts import titled
from docgen.writers.breaks import announces, is_short
from docgen.writers.columns import widths
from docgen.writers.docx_equations import equation
from docgen.writers.docx_parts import BULLETS, LEVELS, STEP, UNPRINTABLE
from docgen.writers.headings import levels
from docgen.writers.highlight import highlight
from docgen.writers.syntax import Node
from docgen.writers.text import is_leftward

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from docgen.site import Entry
    from docgen.writers.bundle import Bundle, PageContent
    from docgen.writers.images import Image

TEXT_WIDTH = 9350  # twentieths of a point between the margins
EMU_PER_PIXEL = 9525
MOST_WIDTH, MOST_HEIGHT = 620, 800  # pixels
CELL_WIDTH, CELL_HEIGHT = 150, 160  # pixels an image gets in a table
CELL_PADDING = 280  # twentieths of a point; other fonts may be wider
WIDTH_OF_LETTER = 120  # of a table, in twentieths of a point
SHORT_ROW = 1_000  # characters; a longer one may be parted at the end of a page
DEEPEST_HEADING = 6
KEEP_NEXT = "<w:keepNext/>"
MARKS = {
    "emphasis": "<w:i/>",
    "strong": "<w:b/>",
    "strike": "<w:strike/>",
    "sub": '<w:vertAlign w:val="subscript"/>',
    "sup": '<w:vertAlign w:val="superscript"/>',
    "kbd": '<w:bdr w:val="single" w:sz="4" w:space="0" w:color="CFD5DE"/>',
}
MARK_ORDER = ("<w:rStyle", "<w:rFonts", "<w:b/", "<w:i/", "<w:strike", "<w:color", "<w:bdr")
"""The schema's order of what a run is marked with."""
TONES = {
    "note": ("2F5BEA", "F1F4FE"),
    "tip": ("0F7753", "EFF8F4"),
    "important": ("7C4DDA", "F5F1FD"),
    "warning": ("9A5900", "FBF5EC"),
    "caution": ("C9342C", "FCF0EF"),
}
COLOURS = {"k": "9A2393", "s": "1A7F37", "c": "616C7A", "m": "B1460A", "f": "2450C8", "t": "8A5A00"}
COLOURS["d"] = TONES["caution"][0]
COLOUR_OF = {
    **dict.fromkeys(("k", "kc", "kd", "kn", "kp", "kr", "kt", "ow", "nt"), COLOURS["k"]),
    **dict.fromkeys(
        ("s", "sa", "sb", "sc", "dl", "sd", "s2", "se", "sh", "si", "s1", "gi"), COLOURS["s"]
    ),
    **dict.fromkeys(("c", "ch", "cm", "cpf", "c1", "cs", "gp", "go"), COLOURS["c"]),
    **dict.fromkeys(("m", "mb", "mf", "mh", "mi", "mo", "il"), COLOURS["m"]),
    **dict.fromkeys(("nf", "fm", "nc", "nb", "bp", "nn", "ne"), COLOURS["f"]),
    "gd": COLOURS["d"],
    **dict.fromkeys(("na", "nd", "nl", "ni", "cp", "nv", "no"), COLOURS["t"]),
}
BLOCKS = frozenset(
    {"paragraph", "heading", "quote", "alert", "codeblock", "list", "table", "rule", "footnote"}
    | {"item", "mathblock"}
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a paragraph stands."""

    style: str = ""
    indent: int = 0
    """Twentieths of a point."""
    level: int = -1
    """Of the list it is in."""
    number: str = ""
    """The list mark its first paragraph gets."""
    keep: str = ""
    """What holds it together, or with the next one."""


class DocxBody:
    """Turns one page's tree into paragraphs and tables."""

    def __init__(
        self,
        bundle: Bundle,
        content: PageContent,
        entry: Entry,
        *,
        relate: Callable[[str], str],
        picture: Callable[[Image], tuple[str, int] | None],
        new_list: Callable[[int, int], int],
        note: Callable[[str], int],
        unique: Callable[[], int],
    ) -> None:
        self._bundle = bundle
        self._content = content
        self._entry = entry
        self._relate = relate
        self._picture = picture
        self._new_list = new_list
        self._note = note
        self._unique = unique
        self._heads = 0
        self._levels: list[int] = []
        self._footnotes: dict[str, Node] = {}
        self._bidi = "<w:bidiVisual/>" if is_leftward(bundle.site.root.language) else ""
        self._is_in_note = False
        self._is_in_link = False
        self._is_in_table = False

    def blocks(self) -> Iterator[str]:
        """Write the page, block by block."""
        tree = self._content.tree
        self._levels = levels(tree)
        self._footnotes = {node.text: node for node in tree.walk() if node.kind == "footnote"}
        yield from self._children(tree, Place())

    def _children(self, node: Node, place: Place) -> Iterator[str]:
        """Write blocks; text between them is a paragraph of its own."""
        loose: list[Node] = []
        for child, following in zip_longest(node.children, node.children[1:]):
            if child.kind in BLOCKS:
                if loose:
                    yield self._paragraph_of(loose, place)
                    place, loose = replace(place, number=""), []
                keep = KEEP_NEXT if announces(child, following) else ""
                yield from self._block(child, replace(place, keep=keep))
                if following is not None and child.kind == following.kind == "codeblock":
                    yield _GAP  # or both would stand in one frame
                place = replace(place, number="")
            else:
                loose.append(child)
        if loose:
            yield self._paragraph_of(loose, place)

    def _block(self, node: Node, place: Place) -> Iterator[str]:
        if node.kind in BLOCKS:
            blocks: Iterator[str] = getattr(self, f"_{node.kind}")(node, place)
            yield from blocks
        else:
            yield self._paragraph_of([node], place)

    def _paragraph(self, node: Node, place: Place) -> Iterator[str]:
        if [child.kind for child in node.children] == ["mathblock"]:
            yield from self._mathblock(node.children[0], place)
        else:
            yield self._paragraph_of(node.children, place)

    def _paragraph_of(self, nodes: list[Node], place: Place) -> str:
        return paragraph("".join(self._run(node, ()) for node in nodes), place)

    def _heading(self, node: Node, _place: Place) -> Iterator[str]:
        first = self._heads == 0
        level = min(self._entry.depth + self._levels[self._heads], DEEPEST_HEADING)
        mark = bookmark_of(self._content.page.number, self._heads)
        self._heads += 1
        runs = "".join(self._run(child, ()) for child in node.children)
        broken = "<w:pageBreakBefore/>" if first and not self._entry.depth else ""
        yield paragraph(bookmarked(runs, mark, self._unique()), Place(f"Heading{level}"), broken)
        address = links.external(self._content.page.url)
        if first and address:
            link = self._hyperlink(address, run(self._content.page.url, ()))
            yield paragraph(link, Place("Source"))

    def _quote(self, node: Node, place: Place) -> Iterator[str]:
        yield from self._children(node, replace(place, style="Quote", indent=place.indent + 200))

    def _alert(self, node: Node, place: Place) -> Iterator[str]:
        tone, wash = TONES.get(node.text, TONES["note"])
        name, below = titled(node)
        title = run(name, (f'<w:color w:val="{tone}"/>',))
        inner = paragraph(title, Place("AlertTitle")) + "".join(self._children(below, Place()))
        width = TEXT_WIDTH - place.indent
        yield (
            f'<w:tbl><w:tblPr>{self._bidi}<w:tblW w:w="{width}" w:type="dxa"/>'
            f'<w:tblInd w:w="{place.indent}" w:type="dxa"/><w:tblBorders>'
            f'<w:left w:val="single" w:sz="24" w:space="0" w:color="{tone}"/></w:tblBorders>'
            '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:top w:w="100" w:type="dxa"/>'
            '<w:left w:w="180" w:type="dxa"/><w:right w:w="180" w:type="dxa"/></w:tblCellMar>'
            f'</w:tblPr><w:tblGrid><w:gridCol w:w="{width}"/></w:tblGrid><w:tr><w:tc><w:tcPr>'
            f'<w:tcW w:w="{width}" w:type="dxa"/>'
            f'<w:shd w:val="clear" w:color="auto" w:fill="{wash}"/></w:tcPr>{inner}</w:tc></w:tr>'
            f"</w:tbl>{_GAP}"
        )

    def _codeblock(self, node: Node, place: Place) -> Iterator[str]:
        text = node.text.rstrip("\n").expandtabs(4)
        runs = "".join(
            run(piece, (f'<w:color w:val="{COLOUR_OF[name]}"/>',) if name in COLOUR_OF else ())
            for name, piece in highlight(text, node.value)
        )
        keep = "<w:keepLines/>" if is_short(text) else ""
        yield paragraph(runs, Place("Code", place.indent and place.indent + 140, keep=keep))

    def _rule(self, _: Node, place: Place) -> Iterator[str]:
        line = '<w:pBdr><w:bottom w:val="single" w:sz="4" w:space="1" w:color="D8DDE5"/></w:pBdr>'
        yield paragraph("", place, line)

    def _mathblock(self, node: Node, place: Place) -> Iterator[str]:
        formula = equation(node.text, is_display=True)
        shown = f"<m:oMathPara>{formula}</m:oMathPara>" if formula else run(node.text, ("<w:i/>",))
        yield paragraph(shown, place, "", '<w:jc w:val="center"/>')

    def _list(self, node: Node, place: Place) -> Iterator[str]:
        level = min(place.level + 1, LEVELS - 1)
        number = BULLETS if node.value is None else self._new_list(level, node.value)
        mark = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
        below = Place("ListParagraph", (level + 1) * STEP, level, mark)
        for item in node.children:
            yield from self._item(item, below)

    def _item(self, node: Node, place: Place) -> Iterator[str]:
        if node.value is not None:
            tick = Node("text", "☑ " if node.value else "☐ ")
            first, *rest = node.children or [tick]
            if first.kind == "paragraph":
                ticked = replace(first, children=[tick, *first.children])
                node = replace(node, children=[ticked, *rest])
            else:
                node = replace(node, children=[tick, *node.children])
        yield from self._children(node, place)

    def _table(self, node: Node, place: Place) -> Iterator[str]:
        room = TEXT_WIDTH - place.indent - len(node.value) * CELL_PADDING
        shares = widths(node, room / WIDTH_OF_LETTER)
        given = [int(share * WIDTH_OF_LETTER) + CELL_PADDING for share in shares]
        self._is_in_table = True
        rows = "".join(self._row(row, node.value, given) for row in node.children)
        self._is_in_table = False
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in given)
        yield (
            f'<w:tbl><w:tblPr><w:tblStyle w:val="DocumentTable"/>{self._bidi}'
            f'<w:tblW w:w="{sum(given)}" w:type="dxa"/>'
            f'<w:tblInd w:w="{place.indent}" w:type="dxa"/><w:tblLayout w:type="autofit"/>'
            '<w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
            'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr>'
            f"<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>{_GAP}"
        )

    def _row(self, node: Node, alignments: tuple[str, ...], given: list[int]) -> str:
        cells = []
        for place, (alignment, width) in enumerate(zip(alignments, given, strict=True)):
            nodes = node.children[place].children if place < len(node.children) else []
            runs = "".join(self._run(child, ()) for child in nodes)
            jc = "" if alignment in {"none", "left"} else f'<w:jc w:val="{alignment}"/>'
            cell = paragraph(runs, Place("TableText"), "", jc)
            cells.append(f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{cell}</w:tc>')
        head = "<w:tblHeader/>" if node.kind == "head" else ""
        whole = "<w:cantSplit/>" if head or len(node.plain()) <= SHORT_ROW else ""
        properties = f"<w:trPr>{whole}{head}</w:trPr>" if whole else ""
        return f"<w:tr>{properties}{''.join(cells)}</w:tr>"

    def _footnote(self, _: Node, _place: Place) -> Iterator[str]:
        yield from ()  # stands where it is referred to

    def _run(self, node: Node, marks: tuple[str, ...]) -> str:
        if node.kind == "text":
            return run(node.text.replace("\n", " "), marks)
        if node.kind == "code":
            return run(node.text, (*marks, '<w:rStyle w:val="CodeChar"/>'))
        if node.kind in {"math", "mathblock"}:
            formula = equation(node.text, is_display=node.kind == "mathblock")
            return formula or run(node.text, (*marks, "<w:i/>"))
        if node.kind in MARKS:
            below = marks if MARKS[node.kind] in marks else (*marks, MARKS[node.kind])
            return "".join(self._run(child, below) for child in node.children)
        if node.kind == "break":
            return "<w:r><w:br/></w:r>"
        special = {"link": self._link, "image": self._image, "reference": self._reference}
        write = special.get(node.kind)
        if write is not None:
            return write(node, marks)
        return "".join(self._run(child, marks) for child in node.children)

    def _link(self, node: Node, marks: tuple[str, ...]) -> str:
        if self._is_in_link:
            return "".join(self._run(child, marks) for child in node.children)
        self._is_in_link = True
        below = (*marks, '<w:rStyle w:val="Hyperlink"/>')
        inner = "".join(self._run(child, below) for child in node.children)
        self._is_in_link = False
        target = self._bundle.site.find(node.text)
        if target is not None:
            mark = bookmark_of(target.page.number, target.heading)
            return f'<w:hyperlink w:anchor="{mark}" w:history="1">{inner}</w:hyperlink>'
        address = links.external(node.text)
        return self._hyperlink(address, inner) if address else inner

    def _hyperlink(self, address: str, inner: str) -> str:
        return f'<w:hyperlink r:id="{self._relate(address)}" w:history="1">{inner}</w:hyperlink>'

    def _image(self, node: Node, marks: tuple[str, ...]) -> str:
        image = self._bundle.picture(self._content, node.text)
        placed = self._picture(image) if image is not None else None
        if image is None or placed is None:
            address, label = links.external(node.text), f"[{node.plain() or 'Image'}]"
            inner = run(label, (*marks, "<w:i/>"))
            return self._hyperlink(address, inner) if address and not self._is_in_link else inner
        room = (CELL_WIDTH, CELL_HEIGHT) if self._is_in_table else (MOST_WIDTH, MOST_HEIGHT)
        return drawing(image, room, *placed, node.plain())

    def _reference(self, node: Node, marks: tuple[str, ...]) -> str:
        note = self._footnotes.get(node.text)
        if note is None or self._is_in_note:
            return run(f"[{node.text}]", marks)
        self._is_in_note = True
        number = self._note("".join(self._children(note, Place("FootnoteText"))))
        self._is_in_note = False
        style = '<w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr>'
        return f'<w:r>{style}<w:footnoteReference w:id="{number}"/></w:r>'


_GAP = '<w:p><w:pPr><w:pStyle w:val="Gap"/></w:pPr></w:p>'
"""Word joins two tables that follow each other, and wants a paragraph at the end of a cell."""


def bookmark_of(page: int, heading: int) -> str:
    """Name the place of a heading."""
    return f"h{page}_{heading}"


def bookmarked(runs: str, name: str, number: int) -> str:
    """Put runs between the ends of a bookmark."""
    return (
        f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{runs}<w:bookmarkEnd w:id="{number}"/>'
    )


def paragraph(runs: str, place: Place, early: str = "", late: str = "") -> str:
    """Write a paragraph; `early` and `late` are properties before and after the indentation."""
    properties = f'<w:pStyle w:val="{place.style}"/>' if place.style else ""
    properties += place.keep
    if place.number:
        properties += place.number
    elif place.indent:
        late = f'<w:ind w:left="{place.indent}"/>{late}'
    if early or late or properties:
        properties = f"<w:pPr>{properties}{early}{late}</w:pPr>"
    return f"<w:p>{properties}{runs}</w:p>\n"


def run(text: str, marks: tuple[str, ...]) -> str:
    """Write text; its line breaks stay line breaks."""
    properties = f"<w:rPr>{''.join(sorted(marks, key=_rank))}</w:rPr>" if marks else ""
    lines = [
        f'<w:t xml:space="preserve">{escape(line)}</w:t>' if line else ""
        for line in UNPRINTABLE.sub("", text).split("\n")
    ]
    return f"<w:r>{properties}{'<w:br/>'.join(lines)}</w:r>"


def _rank(mark: str) -> int:
    return next((n for n, start in enumerate(MARK_ORDER) if mark.startswith(start)), 99)


def drawing(image: Image, room: tuple[int, int], relation: str, number: int, alt: str) -> str:
    """Write an image that stands in the line."""
    scale = min(1.0, room[0] / image.width, room[1] / image.height)
    width, height = (
        max(1, int(side * scale)) * EMU_PER_PIXEL for side in (image.width, image.height)
    )
    name = f'id="{number}" name="{image.name}" descr={quoteattr(UNPRINTABLE.sub("", alt))}'
    schema = "http://schemas.openxmlformats.org/drawingml/2006/picture"
    return (
        f'<w:r><w:drawing><wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{width}" cy="{height}"/><wp:docPr {name}/><a:graphic>'
        f'<a:graphicData uri="{schema}"><pic:pic><pic:nvPicPr><pic:cNvPr {name}/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip r:embed="{relation}"/><a:stretch><a:fillRect/>'
        f'</a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
        f'<a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
    )
