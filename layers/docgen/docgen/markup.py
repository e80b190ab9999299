"""How is serialised HTML split into texts and tags?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docgen.tags import Kind, read_tag

if TYPE_CHECKING:
    from collections.abc import Iterator

_TAG = re.compile(r"<([^>]*)>")
_RAW_TEXT = re.compile(r"<(?:!--|(script|style|xmp|iframe|noembed|noframes|plaintext)\b[^>]*>)")
_ANY_SPAN = re.compile("</?span[^>]*>")


def split_markup(html: str) -> list[str]:
    """Split a serialised tree: texts at even places, tags without their `<>` at odd ones."""
    return _TAG.split(html)


def drop_raw_text(html: str) -> str:
    """Take away comments, and elements whose text is no HTML, except formulas."""
    if "<!--" in html or "<s" in html or "<iframe" in html or "<xmp" in html or "<no" in html:
        return "".join(_without_raw_text(html))
    return html


def _without_raw_text(html: str) -> Iterator[str]:
    """Go through the page once: an end that is not there is looked for only once, too."""
    at = 0
    endless: set[str] = set()
    while (match := _RAW_TEXT.search(html, at)) is not None:
        closing = f"</{match[1]}>" if match[1] else "-->"
        end = -1 if closing in endless else html.find(closing, match.end())
        if end < 0:
            endless.add(closing)
            yield html[at : match.end()]
            at = match.end()
            continue
        yield html[at : match.start()]
        at = end + len(closing)
        yield _tex(html[match.start() : at])
    yield html[at:]


def _tex(element: str) -> str:
    if not element.startswith('<script type="math/tex'):
        return ""
    start, _, rest = element.partition(">")
    tex = rest.removesuffix("</script>").replace("&", "&amp;")
    return f"{start}>{tex.replace('<', '&lt;').replace('>', '&gt;')}</script>"


def drop_spans(html: str, sources: list[str]) -> str:
    """Take away the tags of `span` elements that say nothing: most are colours of code."""
    for source in sources:
        tag = read_tag(source[1:-1])
        if tag.kind == Kind.SKIP:
            skipped = f"{re.escape(source)}[^<]*</span>"
            if "linenos" in tag.classes and not re.search(f"{skipped}(?![ \n])", html):
                skipped += " ?"  # what sets the numbers off from the lines
            html = re.sub(skipped, "", html)
            if source in html:
                return html
        elif tag.kind != Kind.INLINE:
            return html
    return _ANY_SPAN.sub("", html)
