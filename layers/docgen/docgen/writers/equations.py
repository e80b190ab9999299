"""What does a formula look like? Its TeX becomes MathML, a tree that typesetting writers read.

MathML Core: https://www.w3.org/TR/mathml-core/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from math_core import LatexError, LatexToMathML
from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

LONGEST = 3_000
"""Characters of a formula that is set. The library's recursion ends at some ten thousand."""
DEEPEST = 40
"""Elements of a formula within each other; what nests deeper is shown as TeX."""
LEAVES = frozenset({"mi", "mn", "mo", "mspace", "mtext"})
NAMES = LEAVES | {
    *("math", "menclose", "mfrac", "mover", "mpadded", "mphantom", "mroot", "mrow", "msqrt"),
    *("mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtr", "munder", "munderover"),
}
OPERATORS = frozenset("∑∏∐∫∬∭∮∯∰⋀⋂⨀⨁⨂⨄⨆\u22c1\u22c3")
"""Signs that stand before what they work on, with limits."""
OPENING, CLOSING = frozenset("([{⟨⌊⌈⟦|‖∥⟮\u2223"), frozenset(")]}⟩⌋⌉⟧|‖∥⟯\u2223")
ACCENTS = {
    "\u02c6": "\u0302", "^": "\u0302", "\u02dc": "\u0303", "~": "\u0303", "¯": "\u0304",
    "˙": "\u0307", "¨": "\u0308", "ˇ": "\u030c", "˘": "\u0306", "\u00b4": "\u0301", "`": "\u0300",
    "→": "\u20d7",
}  # fmt: skip
"""Signs over a letter, as the combining characters they stand for."""
BARS = frozenset("¯‾_\u0305\u0332")
UNSEEN = frozenset("\u2061\u2062\u2063\u2064")
"""Signs between a function and its argument, between factors and the like."""
# What the library has no name for, by a name it knows; it numbers what is not starred.
_ENVIRONMENTS = {
    **dict.fromkeys(("align", "align*", "eqalign", "flalign", "flalign*", "split"), "aligned"),
    **dict.fromkeys(("gather", "gather*", "multline", "multline*"), "gathered"),
    "smallmatrix": "matrix",
}
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([a-z]+\*?)\}")
_NO_ENVIRONMENT = re.compile(r"\\(?:begin|end)\s*\{(?:equation|displaymath|math)\*?\}")
_TAG = re.compile(r"\\tag\*?\s*\{([^{}]*)\}")
_LABEL = re.compile(r"\\label\s*\{[^{}]*\}|\\(?:nonumber|notag)(?![a-zA-Z])")
_TEXT = re.compile(r"\\(?:text|textrm|mbox)\s*\{([^{}$]*(?:\$[^{}$]*\$[^{}$]*)+)\}")
_SPELLINGS = {"\\\n": "\\ ", "\\mbox": "\\text", "\\hfill": "\\quad"}
ATTRIBUTES = frozenset(
    {"accent", "accentunder", "display", "displaystyle", "form", "largeop", "linethickness"}
    | {"lspace", "mathvariant", "maxsize", "minsize", "movablelimits", "rspace", "scriptlevel"}
    | {"stretchy", "symmetric", "width"}
)
"""All that is kept. Styles are not: a page may have none of its own, see `writers.html`."""
_ALIGNED = re.compile(r"text-align:\s*(left|right)")

_library = LatexToMathML(fancy_error=False, allow_unreliable_rendering=True)


@dataclass(frozen=True, slots=True)
class Element:
    """An element of MathML."""

    name: str
    text: str
    """Of a leaf."""
    attributes: dict[str, str]
    align: str
    """Of a cell: `left`, `right`, or "" for the middle."""
    children: tuple[Element, ...]

    @property
    def is_unseen(self) -> bool:
        """Whether it is a sign that nothing is shown for."""
        return self.name == "mo" and (not self.text or self.text in UNSEEN)

    @property
    def ems(self) -> float:
        """How wide a space is; 0.0 where it does not say so."""
        try:
            return float(self.attributes.get("width", "").removesuffix("em"))
        except ValueError:
            return 0.0


@lru_cache(maxsize=1024)
def read(tex: str, *, is_display: bool) -> Element | None:
    """Read TeX; None for what is none, or uses what the library does not know."""
    if len(tex) > LONGEST:
        return None
    try:
        mathml = _library.convert_with_local_state(_spelled(tex), displaystyle=is_display)
    except LatexError:
        return None
    node = LexborHTMLParser(mathml).css_first("math")
    return _element(node, DEEPEST) if node is not None else None


def _spelled(tex: str) -> str:
    tex = _LABEL.sub("", _NO_ENVIRONMENT.sub("", tex))
    tex = _TEXT.sub(_apart, tex)
    tex = _TAG.sub(r"\\qquad\\text{(\1)}", tex)
    for spelling, known in _SPELLINGS.items():
        tex = tex.replace(spelling, known)
    return _ENVIRONMENT.sub(_known_environment, tex)


def _apart(match: re.Match[str]) -> str:
    """Write a text with formulas in it as texts and formulas side by side."""
    pieces = match[1].split("$")
    return "".join(
        piece if number % 2 else f"\\text{{{piece}}}" for number, piece in enumerate(pieces)
    )


def _known_environment(match: re.Match[str]) -> str:
    edge, name = match.groups()
    if name in ("eqnarray", "eqnarray*"):
        return "\\begin{array}{rcl}" if edge == "begin" else "\\end{array}"
    return f"\\{edge}{{{_ENVIRONMENTS.get(name, name)}}}"


def _element(node: LexborNode, room: int) -> Element | None:
    attributes = node.attributes
    name = node.tag or ""
    if not room or name not in NAMES:
        return None
    children = []
    if name not in LEAVES:
        for below in node.iter():
            child = _element(below, room - 1)
            if child is None:
                return None
            children.append(child)
    aligned = _ALIGNED.search(attributes.get("style") or "")
    return Element(
        name,
        (node.text() or "") if name in LEAVES else "",
        {key: value or "" for key, value in attributes.items() if key in ATTRIBUTES},
        aligned[1] if aligned else "",
        tuple(children),
    )


def brackets(group: Element) -> tuple[str, str] | None:
    """Give the brackets around a group that grow with what they hold; one may be missing."""
    if len(group.children) < 2:
        return None
    first, last = group.children[0], group.children[-1]
    opening, closing = _bracket(first, OPENING), _bracket(last, CLOSING)
    if opening is None or closing is None or not (opening or closing):
        return None
    return opening, closing


def _bracket(element: Element, signs: frozenset[str]) -> str | None:
    if element.name != "mo" or element.attributes.get("stretchy") == "false":
        return None
    if element.is_unseen:
        return ""
    return element.text if element.text in signs else None


def write_mathml(element: Element) -> str:
    """Write the tree as markup of an HTML page."""
    attributes = dict(element.attributes)
    if element.align:
        attributes["class"] = element.align
    written = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    inner = escape(element.text, quote=False) + "".join(map(write_mathml, element.children))
    return f"<{element.name}{written}>{inner}</{element.name}>"
