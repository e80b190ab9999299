"""How does a formula look as source of the typesetter?

Nothing of the formula stands in it as it is: letters and digits do, alone; words are strings, and
signs are escaped. Typst's mathematics: https://typst.app/docs/reference/math/.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from docgen.writers.equations import ACCENTS, BARS, brackets, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from docgen.writers.equations import Element

ACCENT_NAMES = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "macron", "\u0307": "dot", "\u0308": "dot.double",
    "\u030c": "caron", "\u0306": "breve", "\u0301": "acute", "\u0300": "grave", "\u20d7": "arrow",
}  # fmt: skip
OVER = {"⏞": "overbrace", "⎴": "overbracket", "⏜": "overparen", "‾": "overline"}
UNDER = {"⏟": "underbrace", "⎵": "underbracket", "⏝": "underparen"}
MOST_SPACE = 10.0  # ems


def equation(tex: str, *, is_display: bool) -> str | None:
    """Write a formula as a value of Typst code; None for what cannot be set."""
    formula = read(tex, is_display=is_display)
    if formula is None:
        return None
    inner = _row(formula.children)
    return f"$ {inner} $" if is_display else f"${inner}$"


def _row(elements: Sequence[Element]) -> str:
    written = [_one(element) for element in elements]
    return " ".join(each for each in written if each) or '""'


def _one(element: Element) -> str:
    return _WRITERS.get(element.name, _group)(element)


def _group(element: Element) -> str:
    inner = _row(element.children)
    return f"lr({inner})" if brackets(element) else inner


def _string(text: str) -> str:
    return json.dumps("".join(filter(str.isprintable, text)), ensure_ascii=False)


def _sign(text: str) -> str:
    """Write one character so that it means itself."""
    if not text.isprintable():
        return ""
    if text.isspace():
        return "space"
    return f"\\{text}" if text.isascii() and not text.isalnum() else text


def _identifier(element: Element) -> str:
    text = element.text.replace("\ufe00", "").replace("\ufe01", "")  # variants of script letters
    if len(text) > 1:
        return f"upright({_string(text)})"
    sign = _sign(text)
    return f"upright({sign})" if sign and element.attributes.get("mathvariant") else sign


def _number(element: Element) -> str:
    return _string(element.text)


def _operator(element: Element) -> str:
    if element.is_unseen:
        return ""
    return _sign(element.text) if len(element.text) == 1 else f"op({_string(element.text)})"


def _words(element: Element) -> str:
    return _string(element.text.replace("\u00a0", " "))


def _space(element: Element) -> str:
    ems = element.ems
    return f"#h({ems:.4f}em)" if ems and -MOST_SPACE < ems < MOST_SPACE else ""


def _attach(names: str, *, limits: bool = False) -> Callable[[Element], str]:
    """Write what stands at the bottom or the top of something.

    Of sums and the like the typesetter knows where that is.
    """

    def write(element: Element) -> str:
        base, *rest = (_row([child]) for child in element.children)
        if limits and element.children[0].name != "mo":
            base = f"limits({base})"
        parts = "".join(f", {name}: {part}" for name, part in zip(names, rest, strict=True))
        return f"attach({base}{parts})"

    return write


_over, _under = _attach("t", limits=True), _attach("b", limits=True)


def _above(element: Element) -> str:
    base, sign = element.children
    if sign.name == "mo" and sign.text in OVER:
        return f"{OVER[sign.text]}({_row([base])})"
    if sign.name == "mo" and sign.text in BARS and sign.attributes.get("stretchy") != "false":
        return f"overline({_row([base])})"
    name = ACCENT_NAMES.get(ACCENTS.get(sign.text, sign.text)) if sign.name == "mo" else None
    return f"accent({_row([base])}, {name})" if name else _over(element)


def _below(element: Element) -> str:
    base, sign = element.children
    if sign.name == "mo" and sign.text in UNDER:
        return f"{UNDER[sign.text]}({_row([base])})"
    if sign.name == "mo" and sign.text in BARS:
        return f"underline({_row([base])})"
    return _under(element)


def _fraction(element: Element) -> str:
    above, below = (_row([child]) for child in element.children)
    if element.attributes.get("linethickness") == "0":
        return f"mat(delim: #none, {above}; {below})"
    return f"frac({above}, {below})"


def _square_root(element: Element) -> str:
    return f"sqrt({_row(element.children)})"


def _root(element: Element) -> str:
    base, degree = (_row([child]) for child in element.children)
    return f"root({degree}, {base})"


def _table(element: Element) -> str:
    rows = [row.children for row in element.children]
    cells = [cell for row in rows for cell in row]
    if not cells:
        return ""
    if element.attributes.get("displaystyle") == "true":
        lines = (" & ".join(_row(cell.children) for cell in row) for row in rows)
        return f"#equation-lines($ {' \\ '.join(lines)} $)"
    most = max(map(len, rows))
    lines = (
        ", ".join([*(_row(cell.children) for cell in row), *['""'] * (most - len(row))])
        for row in rows
    )
    align = cells[0].align if len({cell.align for cell in cells}) == 1 else ""
    return f"mat(delim: #none, align: #{align or 'center'}, {'; '.join(lines)})"


def _phantom(element: Element) -> str:
    return f"#hide(${_row(element.children)}$)"


def _box(element: Element) -> str:
    return f"#box(stroke: 0.5pt, inset: 3pt, ${_row(element.children)}$)"


_WRITERS: dict[str, Callable[[Element], str]] = {
    "mi": _identifier,
    "mn": _number,
    "mo": _operator,
    "mtext": _words,
    "mspace": _space,
    "msub": _attach("b"),
    "msup": _attach("t"),
    "msubsup": _attach("bt"),
    "mfrac": _fraction,
    "msqrt": _square_root,
    "mroot": _root,
    "munder": _below,
    "mover": _above,
    "munderover": _attach("bt", limits=True),
    "mtable": _table,
    "mphantom": _phantom,
    "menclose": _box,
}
