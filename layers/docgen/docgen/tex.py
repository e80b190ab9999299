"""How is TeX written in Markdown, and which text of a page is TeX that a script is to set?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docgen import inline

if TYPE_CHECKING:
    from docgen.phrases import Phrases

_LONGEST = 1_000  # characters of a formula; the end of each is looked for no farther
_ASCII = rf"\\\$(?:(?!\\\$).){{1,{_LONGEST}}}\\\$"  # of AsciiMath, which is no TeX
_DELIMITED = (
    rf"{_ASCII}|\\\((?:(?!\\[()]).)+\\\)|\\\[(?:(?!\\\]).){{1,{_LONGEST}}}\\\]|\$\$[^$]+\$\$"
)
_FORMULA = re.compile(_DELIMITED, re.S)
_FORMULA_OR_DOLLARS = re.compile(
    _DELIMITED + r"|(?<![\\$\w])\$(?![\s$])[^$]*[^\s$\\]\$(?![\w$])", re.S
)
_LIKE_HTML = re.compile(r"<(?=[A-Za-z/!?])")
_SETTERS = re.compile("mathjax|katex", re.I)
_DOLLARS = re.compile(r"""\[\s*(["'])\$\1\s*,\s*\1\$\1\s*\]|left["']?\s*:\s*(["'])\$\2""")
_SCRIPT = re.compile(r"<(?:script|link)\b[^>]*>[^<]*", re.I)
_CODE = re.compile(f"({inline.CODE_OPEN}[^{inline.CODE_CLOSE}]*{inline.CODE_CLOSE})")


def formula_pattern(html: str) -> re.Pattern[str] | None:
    """What is a formula in the text of a page; None where no script sets formulas."""
    if "\\(" not in html and "$" not in html and "\\[" not in html:
        return None
    scripts = [script for script in _SCRIPT.findall(html) if _SETTERS.search(script)]
    if not scripts:
        return None
    dollars = any(_DOLLARS.search(script) for script in _SCRIPT.findall(html))
    return _FORMULA_OR_DOLLARS if dollars else _FORMULA


def hold_formulas(text: str, phrases: Phrases) -> str:
    """Keep the formulas in the text of a paragraph as they are, except in code."""
    pattern = phrases.formulas
    if pattern is None or ("$" not in text and "\\" not in text):
        return text
    parts = _CODE.split(text)
    for index in range(0, len(parts), 2):
        parts[index] = pattern.sub(
            lambda match: phrases.hold(_write(inline.plain(match[0]))), parts[index]
        )
    return "".join(parts)


def _write(source: str) -> str:
    if not source.startswith("\\$"):
        return write_tex(source)
    formula = " ".join(source[2:-2].replace("`", "'").split())
    return f"`{formula}`" if formula else ""


def without_markup(tex: str) -> str:
    """Part what reads as a tag wherever Markdown is read without formulas."""
    return _LIKE_HTML.sub("< ", tex) if "<" in tex else tex


def write_tex(source: str, *, is_display: bool = False) -> str:
    """Write TeX as a formula within a line, whatever delimiters it brings."""
    tex = " ".join(source.split())
    for start, stop in (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$")):
        if tex.startswith(start) and tex.endswith(stop) and len(tex) >= len(start) + len(stop):
            is_display = is_display or start in ("\\[", "$$")
            tex = tex[len(start) : -len(stop)].strip()
            break
    if not tex:
        return ""
    tex = without_markup(tex)
    return f"$${tex}$$" if is_display else f"${tex}$"
