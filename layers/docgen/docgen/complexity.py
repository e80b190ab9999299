"""Can this HTML be parsed in reasonable time?

An HTML parser looks at all open elements whenever one begins, and at all attributes of a tag at
each further one: elements nested a hundred thousand deep, or as many attributes, take it a
minute, ten times as many hours. Real pages nest about 30 levels, and browsers stop at 512; but
pages that forget to escape `<T>` in their text nest another level with each, harmlessly.
"""

import re
from collections.abc import Iterator
from itertools import islice

DEEPEST = 512
"""Levels of HTML."""
DEEPEST_AT_ALL = 4096
MOST_STEPS = 256_000_000
"""Levels of anything times tags, what parsing takes at worst: one to two seconds."""
MOST_ATTRIBUTES = 8000
"""Of one tag; so many take a fifth of a second."""
MOST_OPTIONS = 5000
"""Of all menus: the parser looks at all of a menu's options whenever one more is added."""
LONG_TAG, MOST_WITHIN = 2000, 200
"""Characters from which a tag is long, and what looks like the beginning of others in it."""
_OPTION = re.compile(r"<option\b", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
# What holds nothing, or is closed by the next of its kind, mostly without a tag.
_FLAT_NAMES = """
    area base body br caption col colgroup dd dt embed head hr html img input li link meta optgroup
    option p param rp rt source tbody td tfoot th thead tr track wbr
"""
_FLAT = frozenset(_FLAT_NAMES.split())
# What else is HTML and holds something. Other names are text that was not escaped.
_HTML_NAMES = """
    a abbr acronym address applet article aside audio b bdi bdo big blockquote button canvas center
    cite code data datalist del details dfn dialog dir div dl em fieldset figcaption figure font
    footer form frameset h1 h2 h3 h4 h5 h6 header hgroup i iframe ins kbd label legend listing main
    map mark marquee math menu meter nav nobr noembed noframes noscript object ol output picture
    pre progress q ruby s samp script search section select slot small span strike strong style sub
    summary sup svg table template textarea time title tt u ul var video xmp
"""
_HTML = frozenset(_HTML_NAMES.split())
# Inside these, a closing tag does not reach what is outside.
_WALLS = frozenset({"applet", "marquee", "math", "object", "svg", "table", "template"})
# HTML in them ends them, and their own closing tag then closes nothing.
_DRAWINGS = frozenset({"math", "svg"})
_TEXT_IN_DRAWINGS = frozenset(
    {"annotation-xml", "desc", "foreignobject", "mi", "mn", "mo", "ms", "mtext", "title"}
)
# These are closed without what was begun inside them: that stays open.
_MARKS = frozenset(
    {"a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt"}
    | {"u"}
)
_QUOTED = re.compile(r"=\s*(?:\"[^\"]*\"|'[^']*')")
_TAG_BEGINS = re.compile(r"<[a-zA-Z]")
_SHORTEST = 2 * MOST_ATTRIBUTES  # characters of a tag with so many attributes
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/]+")
_MENDED = 8  # levels that one closing tag may close at once, where inner ones were forgotten


def is_too_complex(html: str) -> bool:
    """Say whether elements, attributes or options are heaped up as on no page for people."""
    return (
        _is_too_deep(html)
        or _has_heaps_of_attributes(html)
        or _has_heaps_of_options(html)
        or _has_tags_within_tags(html)
    )


def _has_heaps_of_options(html: str) -> bool:
    return sum(1 for _ in islice(_OPTION.finditer(html), MOST_OPTIONS + 1)) > MOST_OPTIONS


def _has_heaps_of_attributes(html: str) -> bool:
    if len(html) < 8 * MOST_ATTRIBUTES:
        return False
    return any(
        len(_BETWEEN_ATTRIBUTES.findall(tag)) > MOST_ATTRIBUTES
        for tag in _long_tags(_QUOTED.sub("=", html), _SHORTEST)
    )


def _has_tags_within_tags(html: str) -> bool:
    """Each could begin a tag for whoever looks for its end, which is far away."""
    return any(tag.count("<") > MOST_WITHIN for tag in _long_tags(html, LONG_TAG))


def _long_tags(html: str, shortest: int) -> Iterator[str]:
    """Find the tags of at least so many characters, in one pass.

    A `>` within so many characters ends all tags that began before it.
    """
    at = 0
    while at + shortest < len(html):
        end = html.rfind(">", at, at + shortest)
        if end >= 0:
            at = end + 1
            continue
        end = html.find(">", at)
        end = len(html) if end < 0 else end
        if begin := _TAG_BEGINS.search(html, at, end):
            yield html[begin.start() : end]
        at = end + 1


def _is_too_deep(html: str) -> bool:
    tags = html.count("<")
    if tags - html.count("</") <= DEEPEST:
        return False
    most = max(DEEPEST, min(DEEPEST_AT_ALL, MOST_STEPS // tags))
    level: list[str] = []
    levels_of_html = drawings = 0
    for found in _TAG.finditer(html.lower()):
        closing, name = found.groups()
        if name in _FLAT:
            if drawings and not closing:
                level = ["" if other in _DRAWINGS else other for other in level]
                drawings = 0
            continue
        if closing:
            if level and level[-1] == name and name not in _DRAWINGS:
                level.pop()
                levels_of_html -= name in _HTML
            else:
                levels_of_html -= _close(level, name)
            continue
        is_html = name in _HTML
        if drawings and is_html:
            level = ["" if other in _DRAWINGS else other for other in level]
            drawings = 0
        drawings += name in _DRAWINGS
        level.append(name)
        levels_of_html += is_html
        if levels_of_html > DEEPEST or len(level) > most:
            return True
    return False


def _close(level: list[str], name: str) -> int:
    """Close an element; gives how many levels of HTML are gone with it."""
    if name in _DRAWINGS and name in level:
        start = len(level) - 1 - level[::-1].index(name)
        if _TEXT_IN_DRAWINGS.isdisjoint(level[start:]):
            closed = level[start:]
            del level[start:]
            return sum(each in _HTML for each in closed)
        return 0
    for distance, other in enumerate(reversed(level[-_MENDED:]), start=1):
        if other == name:
            closed = [name] if name in _MARKS else level[-distance:]
            if name in _MARKS:
                del level[-distance]
            else:
                del level[-distance:]
            return sum(each in _HTML for each in closed)
        if other in _WALLS:
            return 0
    return 0
