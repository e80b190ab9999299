"""What becomes of lists and definitions?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docgen import inline
from docgen.code_blocks import add_code, verbatim
from docgen.notes import begin_note
from docgen.vocabulary import word_set
from docgen.walk import Closer, Frame, Walk, done, handles, indent, join

if TYPE_CHECKING:
    from docgen.tables import Block
    from docgen.tags import Tag


_NUMBERS = re.compile(r"^(\d{1,8})\. ", re.M)
_ORDERED = re.compile(r"\d+\. ")
_MARK = re.compile(r"\W*(\d{1,2})\W*")
_EXPLAINING = word_set("colist calloutlist")
_CONTENTS = "contents"
_CONTENTS_CLASSES = word_set("toc TOC list-of-figures list-of-tables list-of-examples")
_MARKER = re.compile(r"\d{1,3}\\?[.)]?|[•◦▪‣·○●■]")
"""What stands before an item where a page draws its markers itself."""
_FLAT_DEFINITIONS = word_set(
    "py c cpp js rst std function class method attribute data exception module describe"
)


@handles("list")
def open_list(walk: Walk, tag: Tag) -> Closer:
    """A list, ordered or not."""
    frame = walk.push("list")
    start = tag.attributes.get("start", "1")
    number = int(start) if start.isdecimal() and len(start) < 9 else 1

    def close() -> None:
        walk.pop()
        if frame.blocks and not frame.marks:  # footnotes
            walk.blocks.extend(frame.blocks)
            return
        if frame.blocks:
            frame.marks.append(("", frame.blocks))
        if tag.name == "ul" and _only_arranges(frame):
            for _, blocks in frame.marks:
                walk.blocks.extend(blocks)
            return
        goes_on = tag.name == "ol" and 1 < number == _next_number(walk)
        text = _render_list(walk, frame, number if tag.name == "ol" else None, goes_on=goes_on)
        if text and goes_on:
            walk.blocks[-1] = ("list", f"{walk.blocks[-1][1]}\n{text}")
        elif text:
            walk.add("list", text)

    return close


def _only_arranges(frame: Frame) -> bool:
    """Whether a list's items are sections: cards, or the members of a class."""
    return any(kind == "h" for _, blocks in frame.marks for kind, _ in blocks)


def _list_before(walk: Walk) -> str:
    return walk.blocks[-1][1] if walk.blocks and walk.blocks[-1][0] == "list" else ""


def _next_number(walk: Walk) -> int:
    """The number with which the list right before would go on; 0 if there is none."""
    numbers = _NUMBERS.findall(_list_before(walk))
    return int(numbers[-1]) + 1 if numbers else 0


def _render_list(walk: Walk, frame: Frame, number: int | None, *, goes_on: bool = False) -> str:
    """Write the items with their markers; another marker than the list right before."""
    items = [(mark, blocks) for mark, blocks in frame.marks if blocks]
    is_tight = all(_is_tight(blocks) for _, blocks in items)
    previous = "" if goes_on else _list_before(walk)
    bullet = "* " if previous.startswith("- ") else "- "
    closing = ") " if number is not None and _ORDERED.match(previous) else ". "
    written: list[str] = []
    for index, (_, blocks) in enumerate(items):
        marker = bullet if number is None else f"{number + index}{closing}"
        if len(blocks) == 1:
            body = blocks[0][1]
        else:
            body = "\n".join(text for _, text in blocks) if is_tight else join(blocks)
        written.append(marker + (indent(body, " " * len(marker)) if "\n" in body else body))
    return ("\n" if is_tight else "\n\n").join(written)


@handles("item")
def open_item(walk: Walk, tag: Tag) -> Closer:
    """An item of a list."""
    walk.flush()
    parent = walk.frames[-1]
    if parent.kind != "list":
        return walk.flush
    if walk.tokens[walk.position + 1] == "/li":
        text = walk.leaf()
        parent.marks.append(("", [("p", text)] if text else []))
        return done
    frame = walk.push("item")

    def close() -> None:
        walk.pop()
        if len(frame.blocks) > 1 and _MARKER.fullmatch(frame.blocks[0][1]):
            del frame.blocks[0]
        if parent.blocks:
            parent.marks.append(("", parent.blocks.copy()))
            parent.blocks.clear()
        parent.marks.append(("", frame.blocks))

    return close


@handles("definitions")
def open_definitions(walk: Walk, tag: Tag) -> Closer:
    """A definition list: each term bold on a line of its own, what it means below."""
    explains = explains_marks(walk)
    is_contents = _is_in_contents(walk, tag)
    frame = walk.push("definitions")
    if tag.classes & _FLAT_DEFINITIONS:
        frame.title = "flat"
    elif is_contents:
        frame.title = _CONTENTS

    def close() -> None:
        walk.pop()
        if frame.blocks and not frame.marks:  # footnotes
            walk.blocks.extend(frame.blocks)
            return
        if frame.blocks:
            frame.marks.append(("description", frame.blocks))
        if frame.title == "flat":
            for _, blocks in frame.marks:
                walk.blocks.extend(blocks)
        elif frame.marks:
            texts = [blocks for _, blocks in frame.marks]
            pairs = list(zip(texts[::2], texts[1::2], strict=False))
            text = (explains and numbered(pairs)) or _definition_items(
                frame.marks, _list_before(walk), is_contents=is_contents
            )
            if text:
                walk.add("list", text)

    return close


def explains_marks(walk: Walk) -> bool:
    """Whether what begins here says what the marks in the code above it mean."""
    return any(not tag.classes.isdisjoint(_EXPLAINING) for tag in walk.open_tags[-2:])


def numbered(pairs: list[tuple[list[Block], list[Block]]]) -> str:
    """Write pairs of a number and what it means as a list; "" if one has no number."""
    items: list[str] = []
    for label, blocks in pairs:
        number = _MARK.fullmatch(inline.plain_text(join(label)))
        if number is None:
            return ""
        marker = f"{number[1]}. "
        items.append(marker + indent(join(blocks), " " * len(marker)))
    is_tight = all(len(blocks) == 1 for _, blocks in pairs)
    return ("\n" if is_tight else "\n\n").join(items)


@handles("term")
def open_term(walk: Walk, tag: Tag) -> Closer:
    """A term."""
    parent = walk.within("definitions")
    walk.flush()
    if parent is None:
        return walk.flush
    frame = walk.push("item" if parent.title == _CONTENTS else "term")

    def close() -> None:
        walk.pop()
        parent.marks.append(("term", frame.blocks))

    return close


@handles("signature")
def open_signature(walk: Walk, tag: Tag) -> Closer:
    """The signature of something documented: code, without its links."""
    parent = walk.within("definitions") if tag.name == "dt" else None
    walk.flush()
    end = walk.end_of(tag.name)
    has_lines = any(inline.BREAK in text for text in walk.tokens[walk.position : end : 2])
    code = verbatim(walk, end).replace("¶", "")
    if tag.name != "dt" and has_lines:
        add_code(walk, code.strip("\n"), None)
        walk.skip_to(end)
        return done
    code = " ".join(code.split()).replace("( ", "(")
    for source in ("[source]", "[link]"):
        code = code.removesuffix(source).rstrip()
    walk.skip_to(end)
    span = inline.code_span(code).replace(inline.CODE_OPEN_BRACKET, "[")
    block = ("p", f"**{span.replace(inline.CODE_CLOSE_BRACKET, ']')}**")
    if code and parent is not None:
        parent.title = "flat"
        walk.settle_ids()
        parent.marks.append(("term", [block]))
    elif code:
        walk.add(*block)
    return done


@handles("description")
def open_description(walk: Walk, tag: Tag) -> Closer:
    """What a term means."""
    parent = walk.within("definitions")
    walk.flush()
    if parent is None:
        return walk.flush
    if walk.note_label:
        label, walk.note_label = walk.note_label, ""
        return begin_note(walk, label)
    frame = walk.push("description")

    def close() -> None:
        walk.pop()
        parent.marks.append(("description", frame.blocks))

    return close


def _is_tight(blocks: list[Block]) -> bool:
    return all(kind == ("p" if number == 0 else "list") for number, (kind, _) in enumerate(blocks))


def _is_in_contents(walk: Walk, tag: Tag) -> bool:
    """Whether a definition list is a table of contents: its terms are lines, with more below."""
    outer = walk.frames[-2] if len(walk.frames) > 1 else None
    if outer is not None and outer.title == _CONTENTS:
        return True
    around = walk.open_tags[-1].classes if walk.open_tags else tag.classes
    return not _CONTENTS_CLASSES.isdisjoint(tag.classes | around)


def _definition_items(
    marks: list[tuple[str, list[Block]]], before: str, *, is_contents: bool
) -> str:
    """Write each term with what it means; terms that share a meaning stand in one item."""
    items: list[list[Block]] = []
    # Where the last means nothing, others need not either.
    shares = not is_contents and marks[-1][0] != "term"
    previous = ""
    for kind, blocks in marks:
        if not blocks:
            previous = kind if kind == "description" else previous
            continue
        if not items or (kind == "term" and not (shares and previous == "term")):
            items.append([])
        items[-1].extend(blocks)
        previous = kind
    if is_contents:
        lines = ("\n".join(text for _, text in blocks) for blocks in items)
        return "\n".join("- " + indent(text, "  ") for text in lines)
    # Definitions right after others are more of them; after any other list they are none of it.
    bullet = "* " if before.startswith("- ") and not before.startswith("- **") else "- "
    return "\n\n".join(bullet + indent(join(blocks), "  ") for blocks in items)
