"""How are the cells of a table gathered?"""

from __future__ import annotations

from docgen import tables
from docgen.lists import explains_marks, numbered
from docgen.tags import Tag
from docgen.walk import Closer, Walk, done, handles


@handles("table")
def open_table(walk: Walk, tag: Tag) -> Closer:
    """A table, or something that a table only arranges."""
    explains = explains_marks(walk)
    frame = walk.push("table")
    is_presentation = tag.attributes.get("role") == "presentation" or (
        len(walk.frames) > 1 and walk.frames[-2].kind == "alert"
    )

    def close() -> None:
        walk.pop()
        rows = [row for row in frame.rows if row.cells]
        for block in frame.blocks:  # the caption
            walk.blocks.append(block)
        if explains and all(len(row.cells) == 2 for row in rows):
            text = numbered([(row.cells[0].blocks, row.cells[1].blocks) for row in rows])
            if text:
                walk.blocks.append(("list", text))
                return
        if tag.name == "div" and not is_presentation and not tables.is_layout(rows):
            walk.blocks.append(("table", tables.to_markdown(rows)))
            return
        # What is no table by its element need not be one where a cell holds more than text.
        only_arranges = is_presentation or tag.name == "div"
        for block in tables.to_blocks(rows, is_presentation=only_arranges):
            walk.blocks.append(block)

    return close


@handles("table_head")
def open_table_head(walk: Walk, tag: Tag) -> Closer:
    """The head of a table."""
    walk.flush()
    frame = walk.within("table")
    if frame is None:
        return walk.flush
    first = len(frame.rows)

    def close() -> None:
        walk.flush()
        for row in frame.rows[first:]:
            row.in_head = True

    return close


@handles("row")
def open_row(walk: Walk, tag: Tag) -> Closer:
    """A row of a table."""
    walk.flush()
    frame = walk.within("table")
    if frame is not None:
        frame.rows.append(tables.Row())
    return walk.flush


@handles("cell")
def open_cell(walk: Walk, tag: Tag) -> Closer:
    """A cell of a table."""
    parent = walk.within("table")
    if parent is None or not parent.rows:
        walk.flush()
        return walk.flush
    cell = tables.Cell([], tag.name == "th")
    if tag.attributes:
        cell.columns = _span(tag, "colspan")
        cell.rows = _span(tag, "rowspan")
    return _fill(walk, tag, parent.rows[-1], cell)


def _fill(walk: Walk, tag: Tag, row: tables.Row, cell: tables.Cell) -> Closer:
    """Let a cell take what comes up to its end."""
    row.cells.append(cell)
    if walk.tokens[walk.position + 1] == f"/{tag.name}":
        text = walk.leaf()
        if text:
            cell.blocks.append(("p", text))
        return done
    cell.blocks = walk.push("cell").blocks
    return walk.leave


@handles("grid_cell")
def open_grid_cell(walk: Walk, tag: Tag) -> Closer:
    """A cell in a table without rows: the one that is called the last ends a row."""
    parent = walk.within("table")
    walk.flush()
    if parent is None:
        return walk.flush
    if not parent.rows or parent.title:
        parent.rows.append(tables.Row())
    parent.title = "" if tag.classes.isdisjoint(("col-last", "col-plain")) else "full"
    return _fill(walk, tag, parent.rows[-1], tables.Cell([], "table-header" in tag.classes))


def _span(tag: Tag, name: str) -> int:
    value = tag.attributes.get(name, "1")
    return min(int(value), 1000) if value.isdecimal() and len(value) < 5 and value != "0" else 1
