"""What becomes of formulas?"""

from __future__ import annotations

import re

from docgen import inline
from docgen.mathml import has_layout, to_tex
from docgen.tags import Tag
from docgen.tex import without_markup, write_tex
from docgen.walk import Closer, Walk, done, handles

_NUMBERED = re.compile(
    r"(?:\(([\w.]+)\)\s*(?=\\\[|\$\$))?(\\\[.*\\\]|\$\$.*\$\$)(?(1)|\s*\(([\w.]+)\))", re.S
)


@handles("math")
def open_math(walk: Walk, tag: Tag) -> Closer:
    """A formula within a line, as TeX where the page has it."""
    end = walk.end_of(tag.name)
    tex = _tex_until(walk, end) or tag.attributes.get("alttext", "") or _from_mathml(walk, tag, end)
    text = walk.inner_text(end)
    is_display = tag.attributes.get("display") in ("block", "true")
    walk.position = end + 1
    if tag.name == "math" and not tex:
        walk.inline.append(text.replace("&", "&amp;").replace("<", "&lt;"))
    else:
        walk.inline.append(walk.phrases.hold(write_tex(tex or text, is_display=is_display)))
    return done


@handles("display_math")
def open_display_math(walk: Walk, tag: Tag) -> Closer:
    """A formula on lines of its own."""
    end = walk.end_of(tag.name)
    inner = walk.tokens[walk.position | 1 : end : 2]
    if any(token.startswith("img") for token in inner):
        walk.flush()
        return walk.flush
    tex = _tex_until(walk, end) or walk.inner_text(end)
    walk.flush()
    walk.skip_to(end)
    tex = tex.replace("¶", "").strip()
    tex, number = _without_number(tex)
    tex = tex.removeprefix("\\[").removesuffix("\\]").strip("$ \n")
    if tex:
        tex = without_markup(tex) + number
        walk.add("math", f"$$\n{tex}\n$$")
    return done


def _without_number(tex: str) -> tuple[str, str]:
    """Tell a formula from the number before or behind it, and give that as TeX, too."""
    match = _NUMBERED.fullmatch(tex)
    if match is None:
        return tex, ""
    return match[2].strip(), f" \\tag{{{match[1] or match[3]}}}"


def _from_mathml(walk: Walk, tag: Tag, end: int) -> str:
    """The TeX of a formula whose layout is told by MathML alone."""
    tokens = walk.tokens[walk.position : end]
    if tag.name != "math":  # MathJax: an image of it first, then MathML for those who hear it
        first = next((n for n in range(1, len(tokens), 2) if tokens[n][:4] == "math"), len(tokens))
        tokens = tokens[first + 1 :]
    return to_tex(tokens) if tag.name != "math" or has_layout(tokens[1::2]) else ""


def _tex_until(walk: Walk, end: int) -> str:
    """The TeX annotation of a formula, if it has one."""
    for index in range(walk.position | 1, end, 2):
        token = walk.tokens[index]
        if token.startswith("annotation") and "tex" in token.lower():
            return inline.decode(walk.tokens[index + 1]).strip()
    return ""


@handles("tex")
def open_tex(walk: Walk, tag: Tag) -> Closer:
    """MathJax's source of a formula."""
    end = walk.end_of("script")
    is_display = "display" in tag.attributes.get("type", "")
    tex = write_tex(walk.inner_text(end), is_display=is_display)
    walk.inline.append(walk.phrases.hold(tex))
    walk.position = end + 1
    return done
