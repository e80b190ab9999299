"""How does an HTML table become a Markdown table, or, where it cannot, something else?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from docgen.walk import indent, join

Block = tuple[str, str]
"""What a piece of Markdown is ("p", "list", "code", …), and its text."""

MOST_COLUMNS = 60
LONGEST_REPEATED = 80  # a spanning cell longer than this is written once only
_HARD_BREAK = re.compile(r"(?<!\\)((?:\\\\)*)\\\n")
_MARKS = re.compile(r"^(?:\s|>(?=\s|$)|\\?\[!\w+\]$|[-*+] (?:\[[ x]\] )?|\d+[.)] |#{1,6} )+")


@dataclass(slots=True)
class Cell:
    """A cell with the blocks in it."""

    blocks: list[Block]
    is_header: bool
    columns: int = 1
    rows: int = 1

    def text(self) -> str:
        """The whole cell on one line."""
        if len(self.blocks) == 1 and self.blocks[0][0] == "p" and "\n" not in self.blocks[0][1]:
            return self.blocks[0][1].strip().replace("|", "\\|")
        parts: list[str] = []
        for kind, block in self.blocks:
            if kind == "code" and _is_short(block):
                parts.append(f"`{block.split('\n')[1].strip()}`")
                continue
            lines = _HARD_BREAK.sub(r"\1\n", block).split("\n")
            if kind != "p":
                lines = [_MARKS.sub("", line) for line in lines]
            separator = "; " if kind == "list" else " "
            parts.append(separator.join(filter(None, map(str.strip, lines))))
        # GFM takes the backslash right before a pipe away, whatever stands before it.
        return " ".join(part for part in parts if part).replace("|", "\\|")


@dataclass(slots=True)
class Row:
    """A row, and whether it stands in the table's head."""

    cells: list[Cell] = field(default_factory=list)
    in_head: bool = False

    @property
    def is_header(self) -> bool:
        """Whether every cell of the row is a header."""
        return self.in_head or (bool(self.cells) and all(cell.is_header for cell in self.cells))


def lay_out(rows: list[Row]) -> list[list[str]]:
    """Write cells that span rows and columns into a plain grid."""
    grid: list[list[str]] = []
    spanning: dict[int, tuple[int, str]] = {}
    for row in rows:
        line: list[str] = []
        for cell in row.cells:
            if spanning:
                _fill_spanned(line, spanning)
            text = cell.text()
            if cell.columns == cell.rows == 1 and len(line) < MOST_COLUMNS:
                line.append(text)
                continue
            repeated = text if len(text) <= LONGEST_REPEATED else ""
            for column in range(min(cell.columns, MOST_COLUMNS - len(line))):
                if cell.rows > 1:
                    spanning[len(line)] = (cell.rows - 1, "" if column else repeated)
                line.append("" if column else text)
        _fill_spanned(line, spanning)
        grid.append(line)
    return grid


def _fill_spanned(line: list[str], spanning: dict[int, tuple[int, str]]) -> None:
    while len(line) in spanning and len(line) < MOST_COLUMNS:
        left, text = spanning.pop(len(line))
        if left > 1:
            spanning[len(line)] = (left - 1, text)
        line.append(text)


def _is_empty(line: list[str]) -> bool:
    return not any(line)


def to_markdown(rows: list[Row]) -> str:
    """Write rows as a GFM table. A table without a header gets an empty one.

    Columns that only make space are left out; a single one left, without a header, is a list.
    """
    grid = lay_out(rows)
    headed = bool(rows) and rows[0].is_header
    lines = [
        line for number, line in enumerate(grid) if not _is_empty(line) or (headed and not number)
    ]
    if not lines:
        return ""
    width = max(map(len, lines))
    for line in lines:
        line.extend([""] * (width - len(line)))
    empty = [
        column
        for column in range(width)
        if not lines[0][column] and not any(line[column] for line in lines)
    ]
    for line in lines:
        for column in reversed(empty):
            del line[column]
    width -= len(empty)
    if width == 1 and not headed:
        return "\n".join(f"- {line[0]}" for line in lines)
    if not headed:
        lines.insert(0, [""] * width)
    written = ["| " + " | ".join(line) + " |" for line in lines]
    written.insert(1, "|" + " --- |" * width)
    return "\n".join(written)


def to_blocks(rows: list[Row], *, is_presentation: bool) -> list[Block]:
    """Write a table, or what it arranges; a row that is a heading divides it in two."""
    blocks: list[Block] = []
    part: list[Row] = []
    for row in rows:
        filled = [cell for cell in row.cells if cell.blocks]
        if len(filled) == 1 and any(kind == "h" for kind, _ in filled[0].blocks):
            blocks.extend(_part(part, is_presentation=is_presentation))
            blocks.extend(filled[0].blocks)
            part = []
        else:
            part.append(row)
    blocks.extend(_part(part, is_presentation=is_presentation))
    return blocks


def _part(rows: list[Row], *, is_presentation: bool) -> list[Block]:
    if not any(cell.blocks for row in rows for cell in row.cells):
        return []
    if is_presentation:
        return _unwrap(rows)
    if is_layout(rows):
        return _listed(rows) if _is_headed(rows) else _unwrap(rows)
    if len(rows) == 1 and not rows[0].is_header:
        if any(
            len(cell.blocks) > 1 or cell.blocks[0][0] != "p"
            for cell in rows[0].cells
            if cell.blocks
        ):
            return _unwrap(rows)
        return [("p", " ".join(filter(None, (cell.text() for cell in rows[0].cells))))]
    written = to_markdown(rows)
    return [("list" if written[:2] == "- " else "table", written)]


def is_layout(rows: list[Row]) -> bool:
    """Whether a table only arranges what is no table: blocks side by side, code, one cell."""
    cells = [cell for row in rows for cell in row.cells]
    if len(cells) <= 1:
        return True
    is_headed = _is_headed(rows)
    for cell in cells:
        for kind, text in cell.blocks:
            if kind in ("table", "h") or (kind == "code" and not (is_headed and _is_short(text))):
                return True
    return max(len(row.cells) for row in rows) == 1 and not any(cell.is_header for cell in cells)


def _is_short(code: str) -> bool:
    """Whether a block of code can be written within a line."""
    return code.count("\n") == 2 and "`" not in code.strip("`")


def _is_headed(rows: list[Row]) -> bool:
    """Whether rows stand under a row that says what is in each column."""
    return (
        len(rows) > 1
        and len(rows[0].cells) > 1
        and rows[0].is_header
        and all(cell.columns == 1 for cell in rows[0].cells)
        and all(kind == "p" for cell in rows[0].cells for kind, _ in cell.blocks)
    )


def _listed(rows: list[Row]) -> list[Block]:
    """Write rows that no table in Markdown can hold as items, each cell with its header."""
    headers = [cell.text() for cell in rows[0].cells]
    items: list[str] = []
    spanning: dict[int, int] = {}  # rows that a cell above still covers, by column
    for row in rows[1:]:
        parts: list[str] = []
        column = 0
        for cell in row.cells:
            while spanning.get(column):
                spanning[column] -= 1
                column += 1
            header = headers[column] if column < len(headers) else ""
            if cell.rows > 1:
                spanning[column] = cell.rows - 1
            column += cell.columns
            if cell.blocks:
                parts.append(_labelled(header, cell.blocks))
        if parts:
            items.append("- " + indent("\n\n".join(parts), "  "))
    return [("list", "\n\n".join(items))]


def _labelled(header: str, blocks: list[Block]) -> str:
    label = header if not header or "*" in header else f"**{header}:**"
    text = join(blocks)
    if not label:
        return text
    return f"{label} {text}" if blocks[0][0] == "p" else f"{label}\n\n{text}"


def _unwrap(rows: list[Row]) -> list[Block]:
    """Give what a layout table holds, cell after cell, as if the table were not there."""
    blocks: list[Block] = []
    for row in rows:
        for cell in row.cells:
            if cell.is_header and len(cell.blocks) == 1 and cell.blocks[0][0] == "p":
                text = cell.blocks[0][1]
                blocks.append(("p", text if "**" in text or "\n" in text else f"**{text}**"))
            else:
                blocks.extend(cell.blocks)
    return blocks
