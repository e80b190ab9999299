"""How is a page parsed, whatever it is?

The parser takes time that grows with the square of the depth of nesting. No page nests more than
a few hundred levels on purpose, so what is nested deeper is flattened before it is parsed.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser

_CONTROLS = bytes(code for code in (*range(32), 127) if code not in b"\t\n\f\r")
_SPACES = bytes.maketrans(b"\f", b" ")
_LATE_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_CONTROL_ENTITY = re.compile(
    rb"&#(?:0*(?:[0-8]|1[124-9]|2\d|3[01]|127)|[xX]0*(?:[0-8bBcCeEfF]|1\w|7[fF]))(?!\w);?"
)
_DEEPEST = 4_000
_SUSPICIOUS_TAGS = 20_000  # fewer cannot nest so deeply that parsing takes seconds
_TAG = re.compile(rb"<(/?)([A-Za-z][A-Za-z0-9-]*)[^>]*>")
# Elements at whose start tag the parser searches everything that is open.
_SEARCHING = frozenset(
    (
        b"address article aside blockquote button center dd details dialog dir div dl dt fieldset "
        b"figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup li listing main marquee "
        b"menu nav object ol p pre search section summary table tbody td th tr ul applet template "
        b"foreignobject desc"
    ).split()
)


def parse(html: str | bytes) -> LexborHTMLParser:
    """Parse a page; bytes are UTF-8."""
    if isinstance(html, str):
        html = html.encode("utf-8", "replace")
    html = _without_controls(html)
    if html.count(b"<") > _SUSPICIOUS_TAGS and _depth(html) > _DEEPEST:
        html = _flatten(html)
    return LexborHTMLParser(html)


def _without_controls(html: bytes) -> bytes:
    """Take away what no browser shows, and what XML and typesetters refuse."""
    html = html.translate(_SPACES, _CONTROLS)
    if b"\xc2" in html:
        html = _LATE_CONTROL.sub(b"", html)
    return _CONTROL_ENTITY.sub(b"", html) if b"&#" in html else html


def _depth(html: bytes) -> int:
    depth = deepest = 0
    for match in _TAG.finditer(html):
        if match[2].lower() not in _SEARCHING:
            continue
        depth = max(0, depth - 1) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _flatten(html: bytes) -> bytes:
    """Drop the tags of elements that are nested too deeply; their text stays."""
    depth = 0

    def keep(match: re.Match[bytes]) -> bytes:
        nonlocal depth
        if match[2].lower() not in _SEARCHING:
            return match[0]
        if match[1]:
            depth = max(0, depth - 1)
            return match[0] if depth < _DEEPEST else b""
        depth += 1
        return match[0] if depth <= _DEEPEST else b""

    return _TAG.sub(keep, html)
