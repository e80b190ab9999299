"""Can this HTML be parsed in reasonable time?

An HTML parser looks at all open elements whenever one begins, and at all attributes of a tag at
each further one: elements nested a hundred thousand deep, or as many attributes, take it a
minute, ten times as many hours. Browsers stop at 512 levels, and real pages at about 30.
"""

import re

DEEPEST = 512
MOST_ATTRIBUTES = 8000
"""Of one tag; so many take a fifth of a second."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
# What holds nothing, or is closed by the next of its kind, mostly without a tag.
_FLAT_NAMES = """
    area base body br caption col colgroup dd dt embed head hr html img input li link meta optgroup
    option p param path rp rt source tbody td tfoot th thead tr track wbr
"""
_FLAT = frozenset(_FLAT_NAMES.split())
# Inside these, a closing tag does not reach what is outside.
_WALLS = frozenset({"applet", "marquee", "math", "object", "svg", "table", "template"})
# These are closed without what was begun inside them: that stays open.
_MARKS = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt"}
    | {"u"}
)
_QUOTED = re.compile(r"=\s*(?:\"[^\"]*\"|'[^']*')")
_LONG_TAG = re.compile(rf"<[a-zA-Z][^>]{{{2 * MOST_ATTRIBUTES}}}[^>]*")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/]+")
_MENDED = 8  # levels that one closing tag may close at once, where inner ones were forgotten


def is_too_complex(html: str) -> bool:
    """Say whether elements or attributes are heaped up as on no page for people."""
    return _is_too_deep(html) or _has_heaps_of_attributes(html)


def _has_heaps_of_attributes(html: str) -> bool:
    if len(html) < 8 * MOST_ATTRIBUTES:
        return False
    bare = _QUOTED.sub("=", html)
    return any(
        len(_BETWEEN_ATTRIBUTES.findall(found[0])) > MOST_ATTRIBUTES
        for found in _LONG_TAG.finditer(bare)
    )


def _is_too_deep(html: str) -> bool:
    if html.count("<") - html.count("</") <= DEEPEST:
        return False
    level: list[str] = []
    for is_closing, name in _TAG.findall(html.lower()):
        if name in _FLAT:
            continue
        if not is_closing:
            level.append(name)
            if len(level) > DEEPEST:
                return True
        else:
            _close(level, name)
    return False


def _close(level: list[str], name: str) -> None:
    for distance, other in enumerate(reversed(level[-_MENDED:]), start=1):
        if other == name:
            if name in _MARKS:
                del level[-distance]
            else:
                del level[-distance:]
            return
        if other in _WALLS:
            return
