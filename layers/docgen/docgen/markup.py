"""How is serialised HTML split into texts and tags?"""

from __future__ import annotations

import re

from docgen.tags import Kind, read_tag

_TAG = re.compile(r"<([^>]*)>")
_RAW_TEXT = re.compile(
    r"<!--.*?-->|<(script|style|xmp|iframe|noembed|noframes|plaintext)\b[^>]*>.*?</\1>", re.S
)
_ANY_SPAN = re.compile("</?span[^>]*>")


def split_markup(html: str) -> list[str]:
    """Split a serialised tree: texts at even places, tags without their `<>` at odd ones."""
    return _TAG.split(html)


def drop_raw_text(html: str) -> str:
    """Take away comments, and elements whose text is no HTML, except formulas."""
    if "<!--" in html or "<s" in html or "<iframe" in html or "<xmp" in html or "<no" in html:
        return _RAW_TEXT.sub(_keep_tex, html)
    return html


def _keep_tex(match: re.Match[str]) -> str:
    if not match[0].startswith('<script type="math/tex'):
        return ""
    start, _, rest = match[0].partition(">")
    tex = rest.removesuffix("</script>").replace("&", "&amp;")
    return f"{start}>{tex.replace('<', '&lt;').replace('>', '&gt;')}</script>"


def drop_spans(html: str, sources: list[str]) -> str:
    """Take away the tags of `span` elements that say nothing: most are colours of code."""
    for source in sources:
        tag = read_tag(source[1:-1])
        if tag.kind == Kind.SKIP:
            html = re.sub(f"{re.escape(source)}[^<]*</span>", "", html)
            if source in html:
                return html
        elif tag.kind != Kind.INLINE:
            return html
    return _ANY_SPAN.sub("", html)
