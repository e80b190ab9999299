"""Which TeX writes the formula that a page has only as MathML?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docgen import inline
from docgen.vocabulary import word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAYOUTS = {
    "mfrac": "\\frac{{{0}}}{{{1}}}",
    "msqrt": "\\sqrt{{{0}}}",
    "mroot": "\\sqrt[{1}]{{{0}}}",
    "msup": "{0}^{{{1}}}",
    "msub": "{0}_{{{1}}}",
    "msubsup": "{0}_{{{1}}}^{{{2}}}",
    "munder": "{0}_{{{1}}}",
    "mover": "\\overset{{{1}}}{{{0}}}",
    "munderover": "{0}_{{{1}}}^{{{2}}}",
}
_PLACES = {"mfrac": 2, "mroot": 2, "msubsup": 3, "munderover": 3, "msqrt": 1}
_DEEPEST = 50  # each level copies what is in it
_FUNCTIONS = word_set("sin cos tan cot sinh cosh tanh exp log ln lim max min sup inf det dim ker")
_SPECIAL = str.maketrans({c: f"\\{c}" for c in "{}%#&$_"} | {"\u2061": "", "\u2062": "", "\\": ""})
_NAMES = {"mtr": " & ", "mlabeledtr": " & ", "mtable": " \\\\ "}


def has_layout(tokens: Sequence[str]) -> bool:
    """Whether tags say more than the text in them: fractions, exponents, tables."""
    return any(token.partition(" ")[0] in {*_LAYOUTS, "mtable"} for token in tokens)


def to_tex(tokens: Sequence[str]) -> str:
    """Write texts and tags in turn, as the walk has them, as TeX."""
    opened: list[tuple[str, list[str]]] = [("math", [])]
    for number, token in enumerate(tokens):
        if number % 2 == 0:
            text = " ".join(inline.plain(token).split())
            if text:
                opened[-1][1].append(_word(opened[-1][0], text))
        elif token[0] != "/":
            is_too_deep = len(opened) >= _DEEPEST
            opened.append((token.partition(" ")[0], opened[-1][1] if is_too_deep else []))
        elif len(opened) > 1:
            name, parts = opened.pop()
            if parts is not opened[-1][1]:
                opened[-1][1].append(_element(name, parts))
    return " ".join("".join(opened[0][1]).split())


def _word(name: str, text: str) -> str:
    if name == "mtext":
        return f"\\text{{{text.translate(_SPECIAL)}}}"
    text = text.translate(_SPECIAL)
    if name == "mi" and len(text) > 1 and text.isascii() and text.isalpha():
        return f"\\{text} " if text in _FUNCTIONS else f"\\mathrm{{{text}}}"
    return text


def _element(name: str, parts: list[str]) -> str:
    if name == "mtable":
        return f"\\begin{{matrix}} {_NAMES[name].join(parts)} \\end{{matrix}}"
    if name in _NAMES:
        return _NAMES[name].join(parts)
    layout = _LAYOUTS.get(name)
    if layout is None:
        return "".join(parts)
    if name == "msqrt":
        parts = ["".join(parts)]
    if len(parts) != _PLACES.get(name, 2):
        return "".join(parts)
    if len(parts[0].strip()) > 1 and name.startswith("msu"):
        parts[0] = f"{{{parts[0].strip()}}}"
    return layout.format(*parts)
