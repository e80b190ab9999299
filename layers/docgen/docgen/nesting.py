"""Can this HTML be parsed in reasonable time?

An HTML parser looks at all open elements whenever one begins, so that elements nested a
hundred thousand deep take it a minute, and a million deep hours. Browsers stop at 512 levels,
and real pages at about 30.
"""

import re

DEEPEST = 512
HARMLESS = 8000
"""Elements that no nesting makes slow to parse (a third of a second)."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
# What holds nothing, or is closed by the next of its kind, mostly without a tag.
_FLAT = frozenset(
    ["area", "base", "body", "br", "caption", "col", "colgroup", "dd", "dt", "embed", "head", "hr", "html", "img", "input", "li", "link", "meta", "optgroup", "option", "p", "param", "path", "rp", "rt", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr"]
)
_MENDED = 8  # levels that one closing tag may close at once, where inner ones were forgotten


def is_too_deep(html: str) -> bool:
    """Say whether the elements are nested deeper than any page for people."""
    if html.count("<") - html.count("</") <= HARMLESS:
        return False
    level: list[str] = []
    for is_closing, name in _TAG.findall(html):
        if name in _FLAT:
            continue
        if not is_closing:
            level.append(name)
            if len(level) > DEEPEST:
                return True
        elif name in level[-_MENDED:]:
            while level.pop() != name:
                pass
    return False
