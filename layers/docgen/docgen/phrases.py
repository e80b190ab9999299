"""What becomes of the elements that stand within a line?"""

from __future__ import annotations

import re

from docgen import inline
from docgen.formulas import write_tex
from docgen.tags import Kind, Tag, read_tag
from docgen.vocabulary import word_set
from docgen.walk import Closer, Walk, done, handles

_PERMALINK_TEXTS = word_set("¶ § # 🔗 ⚓ link permalink anchor top \uf0c1") | {""}
_SOURCE_TEXTS = word_set("[source] [src] source [docs] [edit] [link]") | {
    "view source",
    "[view source]",
    "view page source",
    "edit this page",
    "edit on github",
}
_FORMULA_CLASSES = frozenset(
    ("math", "formulaInl", "formulaDsp", "latex", "tex", "mwe-math-fallback-image-inline")
)
_LONGEST_TOOL = 20
_PLAIN_IN_CODE = word_set("span b i em strong var tt font small u samp kbd cite")
_EXPONENT = re.compile("[-+\u2212]?[\\dnkmxyij]{1,4}")


@handles("strong")
def open_strong(walk: Walk, tag: Tag) -> Closer:
    """Strong emphasis. A heading is strong anyway."""
    return None if walk.heading_depth else _wrap(walk, inline.STRONG_OPEN, inline.STRONG_CLOSE)


@handles("emphasis")
def open_emphasis(walk: Walk, tag: Tag) -> Closer:
    """Emphasis."""
    return _wrap(walk, inline.EMPHASIS_OPEN, inline.EMPHASIS_CLOSE)


@handles("strike")
def open_strike(walk: Walk, tag: Tag) -> Closer:
    """Deleted text."""
    return _wrap(walk, inline.STRIKE_OPEN, inline.STRIKE_CLOSE)


def _wrap(walk: Walk, opener: str, closer: str) -> Closer:
    """Mark where emphasis begins and ends."""
    if walk.code_depth:
        return None
    walk.inline.append(opener)

    def close() -> None:
        if walk.inline:
            walk.inline.append(closer)

    return close


@handles("code")
def open_code(walk: Walk, tag: Tag) -> Closer:
    """Code within a line; links in it split it."""
    if walk.code_depth:
        return None
    position = walk.position
    end = walk.end_of(tag.name)
    if end == position + 1 or all(map(_is_plain, walk.tokens[position + 1 : end : 2])):
        code = "".join(walk.tokens[position:end:2])
        walk.inline.extend(_code_pieces([inline.decode(code)]))
        walk.position = end + 1
        return done
    if any(token[:3] == "pre" for token in walk.tokens[position + 1 : end : 2]):
        return None  # a code block in all but name
    walk.code_depth += 1
    fragments = walk.inline
    start = len(fragments)

    def close() -> None:
        walk.code_depth -= 1
        pieces = fragments[start:]
        del fragments[start:]
        fragments.extend(_code_pieces(pieces))

    return close


@handles("superscript")
def open_superscript(walk: Walk, tag: Tag) -> Closer:
    """An exponent is told by two asterisks, so that 2**32 does not become 232."""
    end = walk.end_of("sup")
    text = walk.inner_text(end).strip() if end - walk.position < 8 else ""
    before = walk.inline[-1][-1:] if walk.inline else ""
    if _EXPONENT.fullmatch(text) and (before.isalnum() or before in ")`"):
        walk.inline.append("**" if walk.code_depth else "\\*\\*")
    return None


@handles("quotation")
def open_quotation(walk: Walk, tag: Tag) -> Closer:
    """An inline quotation gets its marks."""
    walk.inline.append("“")
    return lambda: walk.inline.append("”")


@handles("break")
def open_break(walk: Walk, tag: Tag) -> Closer:
    """A line break within a paragraph."""
    if walk.inline:
        walk.inline.append("\n" if walk.code_depth else inline.BREAK)
    return done


@handles("link")
def open_link(walk: Walk, tag: Tag) -> Closer:
    """A link; one that leads nowhere, or only to itself, leaves just its text."""
    attributes = tag.attributes
    name = attributes.get("name")
    if name:
        walk.pending_ids.append(name)
    href = attributes.get("href")
    if href is None:
        return None
    href = href.strip()
    position, tokens = walk.position, walk.tokens
    is_plain = tokens[position + 1] == "/a"
    end = position + 1 if is_plain else walk.end_of("a")
    label = " ".join(walk.inner_text(end).split())
    if _is_tool(walk, tag, href, label, end):
        walk.position = end + 1
        return done
    url = "" if walk.heading_depth and href[:1] == "#" else walk.resolve(href)
    if not url:
        return None
    walk.written.links.append((url, label))
    walk.inline.append(f"{inline.LINK_OPEN}{walk.add_target(url)}{inline.LINK_NUMBER}")
    if not is_plain or walk.code_depth:
        return lambda: _close_link(walk)
    walk.inline.append(inline.escape(tokens[position]))
    walk.inline.append(inline.LINK_CLOSE)
    walk.position = end + 1
    return done


def _close_link(walk: Walk) -> None:
    """Mark where a link ends, unless a block within it has ended it before."""
    if walk.inline:
        walk.inline.append(inline.LINK_CLOSE)


def _is_tool(walk: Walk, tag: Tag, href: str, label: str, end: int) -> bool:
    """Whether a link is no part of the text: a permalink, a way to the source or an editor."""
    if len(label) > _LONGEST_TOOL:
        return False
    word = label.lower()
    is_within = href[:1] == "#" or walk.heading_depth > 0
    if is_within and word in _PERMALINK_TEXTS and not _has_picture(walk, end):
        return True
    if word not in _SOURCE_TEXTS:
        return False
    return bool(
        walk.heading_depth
        or word[0] == "["
        or len(word) > 8
        or not tag.classes.isdisjoint(("src", "source"))
    )


def _has_picture(walk: Walk, end: int) -> bool:
    """Whether there is an image up to an end tag, other than an arrow to the top."""
    for token in walk.tokens[walk.position | 1 : end : 2]:
        if token.startswith("img"):
            return read_tag(token).attributes.get("alt", "").lower() not in _PERMALINK_TEXTS
    return False


@handles("image")
def open_image(walk: Walk, tag: Tag) -> Closer:
    """An image with its alternative text; a formula drawn as an image is its TeX."""
    attributes = tag.attributes
    alt = " ".join(inline.decode(attributes.get("alt", "")).split())
    if not tag.classes.isdisjoint(_FORMULA_CLASSES):
        walk.inline.append(write_tex(alt))
        return done
    source = attributes.get("src") or attributes.get("data-src") or ""
    url = walk.resolve(source.strip()) if source else ""
    is_title = walk.frames[-1].kind == "alert" and not walk.blocks
    if url and not is_title and not walk.code_depth:
        walk.written.images.append((url, alt))
        number = walk.add_target(url)
        label = inline.protect_brackets(inline.escape(alt))
        walk.inline.append(
            f"{inline.IMAGE_OPEN}{number}{inline.LINK_NUMBER}{label}{inline.IMAGE_CLOSE}"
        )
    elif alt and not walk.code_depth and not walk.heading_depth:
        walk.inline.append(inline.escape(alt))
    return done


@handles("input")
def open_input(walk: Walk, tag: Tag) -> Closer:
    """A checkbox of a task list."""
    if (
        tag.attributes.get("type") == "checkbox"
        and walk.frames[-1].kind == "item"
        and not walk.blocks
        and not "".join(walk.inline).strip()
    ):
        mark = "x" if "checked" in tag.attributes else " "
        walk.inline.append(f"{inline.CODE_OPEN_BRACKET}{mark}{inline.CODE_CLOSE_BRACKET} ")
    return done


def _is_plain(token: str) -> bool:
    """Whether a tag within code changes nothing there."""
    if token[0] == "/":
        return True
    if " id=" in token:
        return False
    tag = read_tag(token)
    return tag.name in _PLAIN_IN_CODE and tag.kind != Kind.SKIP


def _code_pieces(pieces: list[str]) -> list[str]:
    """Write the content of a `code` element: links stand between spans, not in them."""
    written: list[str] = []
    code: list[str] = []

    def close() -> None:
        text = "".join(code)
        code.clear()
        if text.strip():
            lead = " " if text[:1].isspace() else ""
            tail = " " if text[-1:].isspace() else ""
            written.append(f"{lead}{inline.code_span(text)}{tail}")
        elif text:
            written.append(text)

    for piece in pieces:
        if piece.startswith((inline.LINK_OPEN, inline.LINK_CLOSE)):
            close()
            written.append(piece)
        else:
            code.append(piece)
    close()
    return written
