"""Which words of a piece of code are keywords, names, strings, comments?"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from pygments.lexers import get_lexer_by_name
from pygments.token import STANDARD_TYPES
from pygments.util import ClassNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pygments.lexer import Lexer
    from pygments.token import _TokenType

LONGEST = 40_000
"""Characters of a block that is highlighted; lexers are regular expressions over foreign text,
and what is longer is data more often than code."""

SHORT_NAMES = {"shell-session": "console", "terminal": "console", "plaintext": "text", "none": ""}


def highlight(code: str, language: str) -> Iterator[tuple[str, str]]:
    """Cut code into pieces, each with the short class Pygments gives it ("" for plain text)."""
    lexer = _lexer(language) if language and len(code) <= LONGEST else None
    if lexer is None:
        yield "", code
        return
    last, gathered = "", ""
    # Some lexers see only lines that end.
    for _, token, text in lexer.get_tokens_unprocessed(f"{code}\n"):
        name = _class_of(token)
        if name != last and gathered:
            yield last, gathered
            gathered = ""
        last = name
        gathered += text
    if gathered.removesuffix("\n"):
        yield last, gathered.removesuffix("\n")


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(SHORT_NAMES.get(language, language))
    except ClassNotFound:
        return None


@lru_cache(maxsize=256)
def _class_of(token: _TokenType) -> str:
    kind: _TokenType | None = token
    while kind is not None and kind not in STANDARD_TYPES:
        kind = kind.parent
    name = STANDARD_TYPES.get(kind, "") if kind is not None else ""
    return "" if name in {"w", "n", "p", "err", "esc", "x"} else name
