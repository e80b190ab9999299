"""How does the tree of a page's Markdown look as source of the typesetter?

Everything the crawled site says is inside string literals: there is nothing to break out of.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from docgen.writers import links
from docgen.writers.alerts import titled
from docgen.writers.breaks import announces, is_short
from docgen.writers.columns import LONGEST_WORD, widths
from docgen.writers.headings import levels
from docgen.writers.pdf_bind import SCHEME, Bookmark
from docgen.writers.pdf_equations import equation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from docgen.site import Entry
    from docgen.writers.bundle import Bundle, PageContent
    from docgen.writers.images import Image
    from docgen.writers.syntax import Node

LINE_WIDTH, MOST_HEIGHT = 447, 560  # points between the margins
POINTS_PER_PIXEL = 0.75
SMALL = 32  # pixels; a lower image stands in its line of text
CELL_WIDTH, CELL_HEIGHT = 110, 120  # points an image gets in a table
CELL_PADDING = 11
TABLE_SIZES = ((4, 9.2), (6, 8.2), (99_999, 7.2))
"""Points of the letters of a table with up to so many columns."""
WIDTH_OF_LETTER = 0.5  # of its height
DEEPEST_BOOKMARK = 6
LONGEST_ROW = 5
"""Headings and the like that stand together; a hundred would have to stand on one sheet."""
LONGEST_CODE_WORD = 78
SHORT_ALERT = 1_500
"""Weight of what is not parted at the end of a page."""
LONGEST_CODE, LONGEST_TABLE, LONGEST_LIST = 12_000, 100, 30_000
"""Characters, rows, weight; a longer block is set as several, which may be in two volumes."""
WEIGHT_OF_NODE = 40  # about what its call costs, beside its text
MARKS = {
    "emphasis": "emph",
    "strong": "strong",
    "strike": "strike",
    "sub": "sub",
    "sup": "super",
    "kbd": "key",
}

_UNBROKEN = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
_UNBROKEN_CODE = re.compile(rf"\S{{{LONGEST_CODE_WORD + 1},}}")
_BREAKS = re.compile(r"(?<=[._/:;,=?&(){}\[\]<>|-])(?=\w)|(?<=[a-z])(?=[A-Z])|(?<=\w{12})(?=\w)")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
HALF_A_LINE = 52  # characters of the running head
ZERO_WIDTH_SPACE = "\u200b"
NOTHING = "[]"


class PdfBody:
    """Turns one page's tree into Typst code."""

    def __init__(
        self,
        bundle: Bundle,
        content: PageContent,
        entry: Entry,
        place: Callable[[Image], str | None],
        end: int,
    ) -> None:
        self._bundle = bundle
        self._content = content
        self._entry = entry
        self._place = place
        self._end = end  # number of the first page that is not in the book
        self._level = entry.depth + 1
        self._footnotes: dict[str, Node] = {}
        self._levels: list[int] = []
        self._sticks = True
        self._is_in_note = False
        self._is_in_table = False
        self.bookmarks: list[Bookmark] = []
        """The headings written so far."""

    def blocks(self) -> Iterator[str]:
        """Write the page, block by block."""
        tree = self._content.tree
        self._levels = levels(tree)
        self._footnotes = {node.text: node for node in tree.walk() if node.kind == "footnote"}
        yield f"#start({self._level}, {string(shorten(self._entry.label))})\n"
        for child, code in self._sequence(tree.children):
            if code is not None:
                yield f"#{code}\n"
                continue
            for indent, piece in _pieces(child):
                code = self._one(piece)
                yield f"#pad(left: {indent * 1.2}em, {code})\n" if indent else f"#{code}\n"

    def _sequence(self, nodes: Sequence[Node]) -> Iterator[tuple[Node, str | None]]:
        """Give the nodes, and the code of a line that must stand with what it announces."""
        row = 0
        for node, following in zip_longest(nodes, nodes[1:]):
            sticks = announces(node, following)
            row = row + 1 if sticks or node.kind == "heading" else 0
            self._sticks = row <= LONGEST_ROW
            yield node, f"announce({self._one(node)})" if sticks and self._sticks else None

    def _one(self, node: Node) -> str:
        code: str = getattr(self, f"_{node.kind}")(node)
        return code

    def _all(self, node: Node) -> str:
        pieces = [code or self._one(child) for child, code in self._sequence(node.children)]
        return f"{{{';'.join(pieces)}}}" if pieces else NOTHING

    def _text(self, node: Node) -> str:
        return string(_breakable(node.text))

    def _code(self, node: Node) -> str:
        return f"raw({string(_breakable(node.text))})"

    def _mark(self, node: Node) -> str:
        return f"{MARKS[node.kind]}({self._all(node)})"

    _emphasis = _strong = _strike = _sub = _sup = _kbd = _mark

    def _break(self, _: Node) -> str:
        return "linebreak()"

    def _rule(self, _: Node) -> str:
        return "rule"

    def _math(self, node: Node) -> str:
        shown = equation(node.text, is_display=False)
        return shown or f"formula({string(_breakable(node.text))})"

    def _mathblock(self, node: Node) -> str:
        shown = equation(node.text, is_display=True)
        return f"equation({shown or f'formula({string(_breakable(node.text))})'})"

    def _link(self, node: Node) -> str:
        target = self._bundle.site.find(node.text)
        if target is not None and target.page.number < self._end:
            address = f"{SCHEME}:{_mark_of(target.page.number, target.heading)}"
        else:
            address = links.external(node.text) or ""
        return f"link({string(address)}, {self._all(node)})" if address else self._all(node)

    def _image(self, node: Node) -> str:
        image = self._bundle.images.get(node.text)
        name = self._place(image) if image is not None else None
        if image is None or name is None:
            address, label = links.external(node.text), node.plain() or "Image"
            text = f"emph({string(f'[{label}]')})"
            return f"link({string(address)}, {text})" if address else text
        image = self._bundle.picture(self._content, node.text) or image
        room = (CELL_WIDTH, CELL_HEIGHT) if self._is_in_table else (LINE_WIDTH, MOST_HEIGHT)
        width, height = fit(image, *room)
        show = "inline-picture" if image.height <= SMALL else "picture"
        size = f"{width:.1f}pt, {height:.1f}pt"
        return f"{show}({string(name)}, {size}, {string(node.plain())})"

    def _paragraph(self, node: Node) -> str:
        # A block within a paragraph would be left out.
        kind = "block" if any(self._is_block(each) for each in node.walk()) else "par"
        return f"{kind}({self._all(node)})"

    def _is_block(self, node: Node) -> bool:
        is_image = node.kind == "image"
        image = self._bundle.picture(self._content, node.text) if is_image else None
        return node.kind == "mathblock" or (image is not None and image.height > SMALL)

    def _heading(self, node: Node) -> str:
        first = not self.bookmarks
        look = self._levels[len(self.bookmarks)]
        level = self._level + look - 1
        mark = _mark_of(self._content.page.number, len(self.bookmarks))
        text = self._entry.label if first else " ".join(node.plain().split())
        self.bookmarks.append(
            Bookmark(
                min(level, DEEPEST_BOOKMARK),
                text,
                mark,
                is_page=first,
                has_pages=first and bool(self._entry.children),
            )
        )
        stays = "true" if self._sticks else "false"
        head = f"head({look}, {string(mark)}, {self._all(node)}, stays: {stays})"
        origin = links.external(self._content.page.url)
        return f"{{{head};origin({string(origin)})}}" if first and origin else head

    def _quote(self, node: Node) -> str:
        return f"quoted({self._all(node)})"

    def _alert(self, node: Node) -> str:
        name, below = titled(node)
        parted = "false" if _weight(node) <= SHORT_ALERT else "true"
        return f"alert({string(node.text)}, {string(name)}, {self._all(below)}, parted: {parted})"

    def _codeblock(self, node: Node) -> str:
        text = _UNBROKEN_CODE.sub(_cut, node.text.rstrip("\n").expandtabs(4))
        parted = "false" if is_short(text) else "true"
        return f"code({string(node.value)}, {string(text)}, parted: {parted})"

    def _list(self, node: Node) -> str:
        items = ", ".join(self._item(child) for child in node.children)
        if not items:
            return NOTHING
        # Items of several paragraphs are further from each other than these.
        tight = "false" if any(_has_paragraphs(item) for item in node.children) else "true"
        kind = "list(" if node.value is None else f"enum(start: {node.value}, "
        return f"{kind}tight: {tight}, {items})"

    def _item(self, node: Node) -> str:
        if node.value is None:
            return self._all(node)
        tick = f"tick({'true' if node.value else 'false'})"
        first, *rest = node.children or [node]
        if first.kind != "paragraph":
            return f"{{{tick};[ ];{self._all(node)}}}"
        pieces = [f"par({{{tick};[ ];{self._all(first)}}})", *map(self._one, rest)]
        return f"{{{';'.join(pieces)}}}"

    def _table(self, node: Node) -> str:
        columns = len(node.value)
        aligns = ", ".join("left" if each == "none" else each for each in node.value)
        size = next(size for most, size in TABLE_SIZES if columns <= most)
        letter = size * WIDTH_OF_LETTER
        room = (LINE_WIDTH - columns * CELL_PADDING) / letter
        shares = widths(node, room)
        fits = sum(shares) < room - 1
        tracks = ", ".join(
            "auto" if fits else f"{share * letter + CELL_PADDING:.1f}fr" for share in shares
        )
        self._is_in_table = True
        rows = [[self._all(cell) for cell in row.children[:columns]] for row in node.children]
        self._is_in_table = False
        for row in rows:
            row += [NOTHING] * (columns - len(row))
        header, cells = rows[0], [cell for row in rows[1:] for cell in row]
        given = f"{size}pt, ({tracks},), ({aligns},), ({', '.join(header)},)"
        return f"rows({given}, {', '.join(cells)})"

    def _reference(self, node: Node) -> str:
        note = self._footnotes.get(node.text)
        if note is None or self._is_in_note:
            return string(f"[{node.text}]")
        self._is_in_note = True
        # The first paragraph stands beside the number, and would not as a paragraph.
        pieces = [
            self._all(child) if n == 0 and child.kind == "paragraph" else self._one(child)
            for n, child in enumerate(note.children)
        ]
        self._is_in_note = False
        return f"footnote({{{';'.join(pieces)}}})" if pieces else NOTHING

    def _footnote(self, _: Node) -> str:
        return NOTHING  # stands where it is referred to


def _has_paragraphs(item: Node) -> bool:
    return sum(child.kind in {"paragraph", "codeblock", "alert"} for child in item.children) > 1


def _pieces(node: Node, indent: int = 0) -> Iterator[tuple[int, Node]]:
    """Cut a block that would fill a volume on its own; say how far in each piece stands."""
    if node.kind == "codeblock":
        yield from ((indent, piece) for piece in _cut_code(node))
    elif node.kind == "table" and len(node.children) > LONGEST_TABLE:
        for at in range(1, len(node.children), LONGEST_TABLE):
            rows = node.children[:1] + node.children[at : at + LONGEST_TABLE]
            yield indent, replace(node, children=rows)
    elif node.kind == "list" and _weight(node) > LONGEST_LIST:
        yield from _cut_list(node, indent)
    else:
        yield indent, node


def _cut_code(node: Node) -> Iterator[Node]:
    text = node.text
    while len(text) > LONGEST_CODE:
        end = text.rfind("\n", 1, LONGEST_CODE) + 1 or LONGEST_CODE
        yield replace(node, text=text[:end])
        text = text[end:]
    yield replace(node, text=text)


def _cut_list(node: Node, indent: int) -> Iterator[tuple[int, Node]]:
    """Give each item a list of its own; of one that is too long, each list in it, too."""
    for n, item in enumerate(node.children):
        start = None if node.value is None else node.value + n
        if _weight(item) <= LONGEST_LIST:
            yield indent, replace(node, value=start, children=[item])
            continue
        lists = [child for child in item.children if child.kind == "list"]
        own = [child for child in item.children if child.kind != "list"]
        yield indent, replace(node, value=start, children=[replace(item, children=own)])
        for below in lists:
            yield from _pieces(below, indent + 1)


def _weight(node: Node) -> int:
    return sum(len(each.text) + WEIGHT_OF_NODE for each in node.walk())


def _mark_of(page: int, heading: int) -> str:
    """Name the place of a heading."""
    return f"h{page}.{heading}"


def fit(image: Image, width: float, height: float) -> tuple[float, float]:
    """Give the size of an image in points: its own, or as large as fits."""
    scale = min(POINTS_PER_PIXEL, width / image.width, height / image.height)
    return image.width * scale, image.height * scale


def shorten(text: str) -> str:
    """Cut what has to fit half a line."""
    return text if len(text) <= HALF_A_LINE else text[: HALF_A_LINE - 2].rstrip() + " …"


def string(text: str | None) -> str:
    """Write a Typst string: its escapes are JSON's, once what is no text is gone."""
    return json.dumps(_UNPRINTABLE.sub("", text or ""), ensure_ascii=False)


def _breakable(text: str) -> str:
    return _UNBROKEN.sub(lambda match: _BREAKS.sub(ZERO_WIDTH_SPACE, match[0]), text)


def _cut(match: re.Match[str]) -> str:
    word = match[0]
    return ZERO_WIDTH_SPACE.join(word[i : i + 10] for i in range(0, len(word), 10))
