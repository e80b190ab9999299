"""How is serialised HTML split into texts and tags?"""

from __future__ import annotations

import re

from docgen.tags import Kind, read_tag

_TAG = re.compile(r"<([^>]*)>")
_RAW_TEXT = re.compile(
    r"<!--.*?-->|<(script|style|xmp|iframe|noembed|noframes|plaintext)\b[^>]*>.*?</\1>", re.S
)
_SPAN = re.compile("<span[^>]*>")
_ANY_SPAN = re.compile("</?span[^>]*>")
_SPAN_WITH_ID = re.compile('<span id="([^"]*)">')


def split_markup(html: str) -> list[str]:
    """Split a serialised tree: texts at even places, tags without their `<>` at odd ones."""
    if "<!--" in html or "<s" in html or "<iframe" in html or "<xmp" in html or "<no" in html:
        html = _RAW_TEXT.sub(_keep_tex, html)
    return _TAG.split(_drop_spans(html) if "<span" in html else html)


def _keep_tex(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('<script type="math/tex') else ""


def _drop_spans(html: str) -> str:
    """Take away the tags of `span` elements that say nothing: most are colours of code."""
    if "<span id" in html or ' id="' in html:
        html = _SPAN_WITH_ID.sub(r'<a id="\1"></a><span>', html)
    for mark in set(_SPAN.findall(html)):
        tag = read_tag(mark[1:-1])
        if tag.kind == Kind.SKIP:
            html = re.sub(re.escape(mark) + "[^<]*</span>", "", html)
            if mark in html:
                return html
        elif tag.kind != Kind.INLINE:
            return html
    return _ANY_SPAN.sub("", html)
