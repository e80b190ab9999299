"""How is a code block kept verbatim, and nothing with it that is not code?"""

from __future__ import annotations

import re
from html import escape
from textwrap import dedent
from typing import TYPE_CHECKING

from docgen import inline
from docgen.code_language import canonical_language, guess_language, is_language, language_of_file
from docgen.tags import Kind, Tag, read_tag
from docgen.vocabulary import INLINE_NAMES, VOID, word_set
from docgen.walk import Closer, Walk, done, handles

if TYPE_CHECKING:
    from docgen.tables import Block

_BLANK_START = re.compile(r"\A(?:[ \t]*\n)+")
_LONE_SPACE = re.compile(r"^ $", re.M)
_TABBED = word_set("blocks CodeTabs-inner")  # of code, one for each label before them
_LINES = word_set("div li p tr")
"""Elements that are lines of their own in a code block."""
_CELLS = word_set("td /tr tbody /tbody /table")
"""Before these, space is that of the markup."""
_TABLE_PARTS = word_set("table tbody tr td")
"""Elements that may stand between code and what names its language, if its lines are numbered."""
_SEVERAL_LINES = "viewcode-block"
"""What Sphinx puts around several lines in its pages of source: they are what they are without."""
_SPEAKING = word_set("br button img")
_LINE_STARTS = f"\n{inline.BREAK}{inline.ADDED}{inline.REMOVED}"
_CHANGES = {
    **dict.fromkeys(("ins", "add", "added", "inserted"), inline.ADDED),
    **dict.fromkeys(("del", "remove", "removed", "deleted"), inline.REMOVED),
}
"""What classes of a line of code say of it."""
_SIGNS = {inline.ADDED: "+", inline.REMOVED: "-"}
_CALLOUT = re.compile(r"\(?(\d{1,2})\)?")
_FILE = re.compile(r"(?:[\w@~.\\\[\]-]{1,40}/){0,12}[\w@.\\\[\]-]{1,80}\.[A-Za-z]\w{0,9}")
"""A paragraph that is nothing but the name of a file; before a block of code it is its label."""
_SURE = ("console", "pycon", "diff")  # by what stands before each line
_LONGEST_LANGUAGE = 24
_FENCE = re.compile(r"^[ \t]*(`{3,})", re.M)


@handles("pre")
def open_pre(walk: Walk, tag: Tag) -> Closer:
    """A code block, verbatim."""
    end = walk.end_of(tag.name)
    walk.flush()
    if walk.hides_source or _is_numbering(walk, end):
        walk.hides_source = False
        walk.position = end + 1
        return done
    if walk.open_tags and "code-with-filename-file" in walk.open_tags[-1].classes:
        walk.add("p", inline.bold(walk.finish(walk.inner_text(end).strip())))
        walk.position = end + 1
        return done
    if walk.tab_labels and any(
        not outer.classes.isdisjoint(_TABBED) for outer in walk.open_tags[:-3:-1]
    ):
        close = walk.handle("tab_panel", tag)
        if close is not None:
            close()
    code, language = _marked_code(walk, end), _language_of(walk, tag)
    if inline.REMOVED in code or (language == "diff" and inline.ADDED in code):
        code, language = _as_diff(code), "diff"
    add_code(walk, inline.plain(code), language)
    walk.skip_to(end)
    return done


@handles("source_switch")
def open_source_switch(walk: Walk, tag: Tag) -> Closer:
    """What shows the source of something documented: it repeats the documentation in it."""
    walk.hides_source = True
    return done


@handles("fragment")
def open_fragment(walk: Walk, tag: Tag) -> Closer:
    """Doxygen's code blocks: one `div` for each line."""
    end = walk.end_of("div")
    walk.flush()
    add_code(walk, verbatim(walk, end, in_fragment=True), _language_of(walk, tag))
    walk.skip_to(end)
    return done


@handles("code_division")
def open_code_division(walk: Walk, tag: Tag) -> Closer:
    """A block of code without any element that says so: Writerside's."""
    end = walk.end_of("div")
    walk.flush()
    inner = walk.tokens[walk.position | 1 : end : 2]
    if any(mark[0] != "/" and mark.partition(" ")[0] not in INLINE_NAMES for mark in inner):
        return walk.flush  # another element holds the code
    title = tag.attributes.get("data-title")
    if title:
        walk.add("p", inline.bold(walk.finish(escape(title))))
    add_code(walk, dedent(verbatim(walk, end)), tag.language)
    walk.skip_to(end)
    return done


@handles("code_frame")
def open_code_frame(walk: Walk, tag: Tag) -> Closer:
    """Code in a quotation or a table, unless what it shows are pictures."""
    end = walk.end_of(tag.name)
    inner = walk.tokens[walk.position | 1 : end : 2]
    if any(mark[:4] == "img " for mark in inner):
        return walk.handle("table" if tag.name == "table" else "label", tag)
    walk.flush()
    is_racket = any('class="Rkt' in mark for mark in inner) or any(
        word[:3] == "Rkt" for word in tag.classes
    )
    add_code(walk, verbatim(walk, end), "racket" if is_racket else None)
    walk.skip_to(end)
    return done


@handles("specification")
def open_specification(walk: Walk, tag: Tag) -> Closer:
    """What odoc specifies: a signature, or a type with a line for each case."""
    end = walk.end_of(tag.name)
    inner = walk.tokens[walk.position | 1 : end : 2]
    walk.flush()
    if any("def-doc" in mark or 'class="comment' in mark for mark in inner):
        return walk.flush  # its lines are documented, each by itself
    if not any(mark.partition(" ")[0] in _LINES for mark in inner):
        return walk.handle("signature", tag)
    lines = verbatim(walk, end).split("\n")
    add_code(walk, "\n".join(map(str.rstrip, lines)), None)
    walk.skip_to(end)
    return done


def _is_numbering(walk: Walk, end: int) -> bool:
    """Whether a block only numbers the lines of the one in the next cell."""
    if walk.frames[-1].kind != "cell":
        return False
    following = [token.partition(" ")[0] for token in walk.tokens[end : end + 8 : 2]]
    if following[1:3] != ["/td", "td"] or "pre" not in walk.tokens[end + 6][:4]:
        return False
    numbers = walk.inner_text(end).split()
    return all(number.isdecimal() for number in numbers)


def add_code(walk: Walk, code: str, language: str | None) -> None:
    """Append a fence, guessing its language where the page names none."""
    code = code.replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    if language != "diff":  # highlighters write a space for an empty line
        code = _LONE_SPACE.sub("", code)
    code = _BLANK_START.sub("", code).rstrip()
    if code:
        if language and walk.blocks and _names(walk.blocks[-1], language):
            walk.blocks.pop()
        if walk.blocks and walk.blocks[-1][0] == "p" and _FILE.fullmatch(walk.blocks[-1][1]):
            walk.blocks[-1] = ("p", inline.bold(walk.blocks[-1][1]))
        walk.add("code", _fence(code, language or _told_language(walk, code)))


def _names(block: Block, language: str) -> bool:
    """Whether a block says nothing but in which language the code behind it is."""
    kind, text = block
    if kind != "p" or len(text) > _LONGEST_LANGUAGE:
        return False
    name = text.replace("\\", "").lower()
    return language in (canonical_language(name), name.replace(" ", ""))


def _told_language(walk: Walk, code: str) -> str | None:
    """The language that the code itself tells, or the label above it."""
    guess = guess_language(code)
    return guess if guess in _SURE else _language_of_label(walk) or guess


def _language_of_label(walk: Walk) -> str | None:
    """The language whose name, or that of a file in it, stands above the code."""
    kind, text = walk.blocks[-1] if walk.blocks else ("", "")
    is_tab = kind == "p" and text[:2] == "**"
    is_label = kind == "h" or is_tab
    name = text.strip("#* " if kind == "h" else "* ").strip("`").replace("\\", "")
    if is_tab and is_language(name):
        return canonical_language(name)
    return language_of_file(name) if is_label and _FILE.fullmatch(name) else None


def verbatim(walk: Walk, end: int, *, in_fragment: bool = False) -> str:
    """The code up to an end tag, without what highlighters and copy tools put into it."""
    return inline.plain(_marked_code(walk, end, in_fragment=in_fragment))


def _as_diff(code: str) -> str:
    """Write signs before the lines that are marked as old or new, unless they are there already."""
    lines = code.split("\n")
    changes = [_SIGNS.get(line[:1], "") for line in lines]
    if all(line[1:2] == sign for line, sign in zip(lines, changes, strict=True) if sign):
        return code
    return "\n".join(
        (sign or " ") + line if line else line for line, sign in zip(lines, changes, strict=True)
    )


def _marked_code(  # noqa: C901 - one loop, as in `Walk.run`
    walk: Walk, end: int, *, in_fragment: bool = False
) -> str:
    """The code up to an end tag, with marks before the lines that are old or new.

    `in_fragment` only Doxygen's lines are lines, and what stands between them is kept.
    """
    tokens, start = walk.tokens, walk.position
    marks = set(tokens[start + 1 : end : 2])
    if not any(mark[0] != "/" and _has_meaning(mark) for mark in marks):
        return "".join(tokens[start:end:2])
    parts: list[str] = []
    opened: list[int | None] = []  # of each open element: its first part, if it is made of lines
    position = start
    while position < end:
        text, token = tokens[position], tokens[position + 1]
        if text and (in_fragment or not (text.isspace() and _is_between_lines(tokens, position))):
            parts.append(text)
        position += 2
        if position > end:
            break
        if token[0] == "/":
            first = opened.pop() if opened else None
            if first is not None and (in_fragment or len(parts) == first or _is_within_line(parts)):
                parts.append("\n")
            continue
        tag = read_tag(token)
        if tag.kind == Kind.SKIP or tag.name == "button":
            walk.position = position
            walk.skip(tag)
            position = walk.position
        elif _is_line(tag, in_fragment=in_fragment):
            if not in_fragment and _is_within_line(parts):
                parts.append("\n")
            parts.extend(_CHANGES[word] for word in tag.classes & _CHANGES.keys())
            opened.append(len(parts))
        elif tag.name == "br":
            parts.append("\n")
        elif tag.name == "img":
            parts.extend(_callout(tag))
        elif tag.name not in VOID:
            opened.append(None)
    walk.position = start
    return "".join(parts)


def _callout(image: Tag) -> list[str]:
    """The mark that leads from a line of code to what is said about it, where it is drawn."""
    match = _CALLOUT.fullmatch(image.attributes.get("alt", "").strip())
    return [f"({match[1]})"] if match else []


def _is_line(tag: Tag, *, in_fragment: bool) -> bool:
    if tag.name not in _LINES or _SEVERAL_LINES in tag.classes:
        return False
    return not in_fragment or "line" in tag.classes


def _is_within_line(parts: list[str]) -> bool:
    return bool(parts) and parts[-1][-1] not in _LINE_STARTS


def _is_between_lines(tokens: list[str], position: int) -> bool:
    """Whether a text stands between two elements that are lines of their own."""
    if _SEVERAL_LINES in tokens[position + 1]:
        return False
    before, after = tokens[position - 1], tokens[position + 1].partition(" ")[0]
    return after in _CELLS or (before[1:] in _LINES and after in _LINES)


def _language_of(walk: Walk, tag: Tag) -> str | None:
    """The language named by the block itself, by the `code` in it, or by what wraps it."""
    for inner in walk.tokens[walk.position + 1 : walk.position + 6 : 2]:
        if inner == "/pre":
            break
        if inner.startswith("pre"):
            found = read_tag(inner).language
            if found:
                return found
    if tag.language:
        return tag.language
    outer = [tag for tag in walk.open_tags[:-8:-1] if tag.name not in _TABLE_PARTS]
    return next((tag.language for tag in outer[:3] if tag.language), None)


def _fence(code: str, language: str | None) -> str:
    longest = max((len(match[1]) for match in _FENCE.finditer(code)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language or ''}\n{code}\n{ticks}"


def _has_meaning(mark: str) -> bool:
    tag = read_tag(mark)
    return tag.kind == Kind.SKIP or tag.name in _SPEAKING or tag.name in _LINES
