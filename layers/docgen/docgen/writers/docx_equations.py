"""How does a formula look in a Word document?

Office Math Markup Language: ECMA-376, part 1, section 22.1.
"""

from __future__ import annotations

import unicodedata
from itertools import takewhile
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from docgen.writers.docx_parts import UNPRINTABLE
from docgen.writers.equations import ACCENTS, BARS, OPERATORS, brackets, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docgen.writers.equations import Element

FONT = '<w:rPr><w:rFonts w:ascii="Cambria Math" w:hAnsi="Cambria Math"/></w:rPr>'
BRACES = {"⏞": "top", "⎴": "top", "⏜": "top", "⏟": "bot", "⎵": "bot", "⏝": "bot"}
UPRIGHT, WORDS = '<m:rPr><m:sty m:val="p"/></m:rPr>', "<m:rPr><m:nor/></m:rPr>"
HAIR, THIN, WIDE = "\u200a", "\u2009", "\u2003"
"""Spaces."""


def equation(tex: str, *, is_display: bool) -> str | None:
    """Write a formula; None for what cannot be set."""
    formula = read(tex, is_display=is_display)
    return f"<m:oMath>{_row(formula.children)}</m:oMath>" if formula is not None else None


def _row(elements: Sequence[Element]) -> str:
    """Write what stands side by side; a sum or an integral takes along what it is over."""
    seen = [element for element in elements if not _is_unseen(element)]
    written = []
    while seen:
        element = seen.pop(0)
        operator = _operator(element)
        if operator is None:
            written.append(_one(element))
            continue
        over = list(takewhile(lambda other: other.name != "mo", seen)) or seen[:1]
        del seen[: len(over)]
        written.append(_nary(element, operator, _row(over)))
    return "".join(written)


def _is_unseen(element: Element) -> bool:
    return element.is_unseen or (element.name == "mspace" and element.ems <= 0)


def _one(element: Element) -> str:
    return _WRITERS.get(element.name, _group)(element)


def _group(element: Element) -> str:
    around = brackets(element)
    if around is None:
        return _row(element.children)
    opening, closing = map(quoteattr, around)
    properties = f"<m:begChr m:val={opening}/><m:endChr m:val={closing}/>"
    inner = _row(element.children[1:-1])
    return f"<m:d><m:dPr>{properties}</m:dPr><m:e>{inner}</m:e></m:d>"


def _run(text: str, properties: str = "") -> str:
    text = escape(UNPRINTABLE.sub("", text))
    return f'<m:r>{properties}{FONT}<m:t xml:space="preserve">{text}</m:t></m:r>'


def _identifier(element: Element) -> str:
    if len(element.text) > 1 and element.text.isalnum():
        return _run(element.text, WORDS)
    return _run(element.text, UPRIGHT if element.attributes.get("mathvariant") == "normal" else "")


def _number(element: Element) -> str:
    return _run(element.text, UPRIGHT)


def _sign(element: Element) -> str:
    # What is read as a word or a bar is not read as an operator that lacks what it works on.
    is_word = len(element.text) > 1 or element.text == "|"
    return _run(element.text, WORDS if is_word else UPRIGHT)


def _words(element: Element) -> str:
    return _run(element.text, WORDS)


def _space(element: Element) -> str:
    return _run(THIN if element.ems < 1 else WIDE * min(int(element.ems), 4), WORDS)


def _part(name: str, element: Element | None) -> str:
    return f"<m:{name}>{_row([element]) if element is not None else ''}</m:{name}>"


def _scripts(kind: str, *names: str) -> Callable[[Element], str]:
    def write(element: Element) -> str:
        parts = zip(names, element.children, strict=True)
        return f"<m:{kind}>{''.join(_part(name, child) for name, child in parts)}</m:{kind}>"

    return write


def _fraction(element: Element) -> str:
    is_bare = element.attributes.get("linethickness") == "0"
    properties = '<m:fPr><m:type m:val="noBar"/></m:fPr>' if is_bare else ""
    above, below = element.children
    return f"<m:f>{properties}{_part('num', above)}{_part('den', below)}</m:f>"


def _square_root(element: Element) -> str:
    hidden = '<m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/>'
    return f"<m:rad>{hidden}<m:e>{_row(element.children)}</m:e></m:rad>"


def _root(element: Element) -> str:
    base, degree = element.children
    return f"<m:rad>{_part('deg', degree)}{_part('e', base)}</m:rad>"


def _limit(kind: str) -> Callable[[Element], str]:
    """Write what stands under or over something."""

    def write(element: Element) -> str:
        base, sign = element.children
        accented = _accent(base, sign, kind) if sign.name == "mo" else None
        limit = f"<m:{kind}>{_part('e', base)}{_part('lim', sign)}</m:{kind}>"
        return accented or limit

    return write


def _accent(base: Element, sign: Element, kind: str) -> str | None:
    if sign.text in BRACES:
        position = BRACES[sign.text]
        edge = f'<m:vertJc m:val="{"bot" if position == "top" else "top"}"/>'
        properties = f'<m:chr m:val="{sign.text}"/><m:pos m:val="{position}"/>{edge}'
        return (
            f"<m:groupChr><m:groupChrPr>{properties}</m:groupChrPr>{_part('e', base)}</m:groupChr>"
        )
    if sign.text in BARS and sign.attributes.get("stretchy") != "false":
        position = "top" if kind == "limUpp" else "bot"
        return f'<m:bar><m:barPr><m:pos m:val="{position}"/></m:barPr>{_part("e", base)}</m:bar>'
    accent = ACCENTS.get(sign.text, sign.text)
    if kind == "limLow" or not unicodedata.combining(accent[:1] or " "):
        return None
    properties = f"<m:accPr><m:chr m:val={quoteattr(accent)}/></m:accPr>"
    return f"<m:acc>{properties}{_part('e', base)}</m:acc>"


def _both_limits(element: Element) -> str:
    base, below, above = element.children
    under = f"<m:limLow>{_part('e', base)}{_part('lim', below)}</m:limLow>"
    return f"<m:limUpp><m:e>{under}</m:e>{_part('lim', above)}</m:limUpp>"


_LIMITS = {
    "msub": "b",
    "munder": "b",
    "msup": "t",
    "mover": "t",
    "msubsup": "bt",
    "munderover": "bt",
}


def _operator(element: Element) -> str | None:
    """The sign of a sum, an integral and the like, with or without limits; None for others."""
    base = element.children[0] if element.name in _LIMITS else element
    is_sign = base.name == "mo" and base.text in OPERATORS
    return base.text if is_sign and element.attributes.get("accent") != "true" else None


def _nary(element: Element, operator: str, over: str) -> str:
    limits = dict(zip(_LIMITS.get(element.name, ""), element.children[1:], strict=True))
    place = "undOvr" if element.name in ("munder", "mover", "munderover") else "subSup"
    hidden = "".join(
        f'<m:{name}Hide m:val="1"/>'
        for name, at in (("sub", "b"), ("sup", "t"))
        if at not in limits
    )
    properties = f'<m:chr m:val="{operator}"/><m:limLoc m:val="{place}"/>{hidden}'
    parts = f"{_part('sub', limits.get('b'))}{_part('sup', limits.get('t'))}<m:e>{over}</m:e>"
    return f"<m:nary><m:naryPr>{properties}</m:naryPr>{parts}</m:nary>"


def _table(element: Element) -> str:
    rows = [row.children for row in element.children]
    most = max(map(len, rows), default=0)
    if not most:
        return ""
    first = next(row for row in rows if len(row) == most)
    columns = "".join(
        '<m:mc><m:mcPr><m:count m:val="1"/>'
        f'<m:mcJc m:val="{cell.align or "center"}"/></m:mcPr></m:mc>'
        for cell in first
    )
    written = "".join(
        f"<m:mr>{''.join(map(_cell, row))}{'<m:e/>' * (most - len(row))}</m:mr>" for row in rows
    )
    return f'<m:m><m:mPr><m:plcHide m:val="1"/><m:mcs>{columns}</m:mcs></m:mPr>{written}</m:m>'


def _cell(cell: Element) -> str:
    """Write a cell; LibreOffice marks operators with nothing before or behind them as errors."""
    first, last = (cell.children[0], cell.children[-1]) if cell.children else (None, None)
    before = _run(HAIR, WORDS) if first is None or first.name == "mo" else ""
    behind = _run(HAIR, WORDS) if last is not None and last.name == "mo" else ""
    return f"<m:e>{before}{_row(cell.children)}{behind}</m:e>"


def _phantom(element: Element) -> str:
    inner = _row(element.children)
    return f'<m:phant><m:phantPr><m:show m:val="0"/></m:phantPr><m:e>{inner}</m:e></m:phant>'


def _box(element: Element) -> str:
    return f"<m:borderBox><m:e>{_row(element.children)}</m:e></m:borderBox>"


_WRITERS: dict[str, Callable[[Element], str]] = {
    "mi": _identifier,
    "mn": _number,
    "mo": _sign,
    "mtext": _words,
    "mspace": _space,
    "msub": _scripts("sSub", "e", "sub"),
    "msup": _scripts("sSup", "e", "sup"),
    "msubsup": _scripts("sSubSup", "e", "sub", "sup"),
    "mfrac": _fraction,
    "msqrt": _square_root,
    "mroot": _root,
    "munder": _limit("limLow"),
    "mover": _limit("limUpp"),
    "munderover": _both_limits,
    "mtable": _table,
    "mphantom": _phantom,
    "menclose": _box,
}
