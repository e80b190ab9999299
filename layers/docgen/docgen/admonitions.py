"""Is an element an admonition, and of which kind?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docgen.vocabulary import (
    ALERT_FAMILIES,
    ALERTS,
    PLAIN_ALERT_NAMES,
    PLAIN_ALERTS,
    with_and_without_prefix,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from docgen.tags import Tag

_LAST_PART = re.compile("--?|_")
_COLOUR = re.compile(r"--callout-color:\s*var\(--[\w-]*?(\w+)\s*[,)]")
_DESCRIPTION = re.compile("info (?:.* )?(?:top)?|(?:.* )?itemgroup info")
"""Of what is documented, in ocamldoc's words; of a step, in DITA's."""
_BOX = re.compile("(note|tip|warning|caution|important|danger|error|info|success)(?:[-_]b|B)ox")
_BOXES = ("div", "section", "aside", "p")
_WEAK_KINDS = ("hint", "primary", "secondary")  # names of looks as well
_ELEMENTS = ("admonition", "alert", "callout")  # what the names of elements end with
_KINDS_OF_ELEMENTS = ("type", "kind", "variant", "state", "level")
KINDLESS = (
    "admonition", "admonitionblock", "callout", "nextra-callout", "intercom-interblocks-callout"
)  # fmt: skip
"""Classes of admonitions that need no kind beside them."""


def kind_by_looks(tag: Tag) -> str:
    """The kind of an admonition of which only the element or a variable of its style tells."""
    if tag.name == "aside" and tag.classes == {"success"}:
        return "success"
    style = tag.attributes.get("style")
    if not style or "--callout-color" not in style:
        return ""
    found = _COLOUR.search(style)
    return found[1] if found is not None and found[1] in ALERTS else "note"


def alert_kind(name: str, classes: frozenset[str], attributes: Mapping[str, str]) -> str:
    """Which kind of admonition an element is, a key of `ALERTS`; "" for none."""
    own = _kind_of_itself(name, classes, attributes)
    if own is not None:
        return own
    if attributes.get("role") == "note" and name in ("div", "aside", "section"):
        return _kind_in_family(classes, attributes) or "note"
    if name in ("dl", "details"):  # themes give any `details` the looks of an admonition
        is_plain = name == "dl" and classes.isdisjoint(("section", "admonition"))
        return "" if is_plain else min(classes & ALERTS.keys(), default="")
    if name in PLAIN_ALERT_NAMES:
        plain = PLAIN_ALERTS.intersection(_without_title(name, map(str.lower, classes)))
        if plain == {"info"} and _DESCRIPTION.fullmatch(attributes.get("class", "")):
            return ""
        if plain and plain <= frozenset(_WEAK_KINDS):
            return _kind_in_family(classes, attributes)
        if plain:
            return min(plain - {"note"}, default="note")
    elif name == "p" and ("note" in classes or (len(classes) == 1 and classes <= PLAIN_ALERTS)):
        return min(classes & PLAIN_ALERTS)
    elif name not in ("p", "table"):
        return ""
    words = with_and_without_prefix(classes)
    is_alert = any(word.startswith(ALERT_FAMILIES) for word in words)
    return _kind_in_family(classes, attributes) if is_alert else ""


def _kind_of_itself(
    name: str, classes: frozenset[str], attributes: Mapping[str, str]
) -> str | None:
    """The kind of a box, or of an element that a script defines; None for any other element."""
    if "-" not in name:
        boxes = map(_BOX.fullmatch, classes) if name in _BOXES else ()
        return next((box[1] for box in boxes if box is not None), None)
    last = name.rpartition("-")[2]
    if last in PLAIN_ALERTS:
        return last
    if last not in _ELEMENTS:
        return ""
    said = (attributes.get(key, "").lower() for key in _KINDS_OF_ELEMENTS)
    return _kind_in_family(classes, attributes) or next((k for k in said if k in ALERTS), "note")


def _without_title(name: str, words: Iterable[str]) -> Iterable[str]:
    """Classes of a quotation like `note-title`, whose first paragraph is the title."""
    return (word.removesuffix("-title") for word in words) if name == "blockquote" else words


def may_be_alert(tag: Tag) -> bool:
    """Whether a class ends like that of an admonition: what stands in the element has to tell."""
    if tag.name == "aside":
        return True
    return tag.name in ("div", "section") and any(
        "-" in word and _LAST_PART.split(word)[-1] in PLAIN_ALERTS for word in tag.classes
    )


def _kind_in_family(classes: frozenset[str], attributes: Mapping[str, str]) -> str:
    for name, kind in attributes.items():
        if name.startswith("data-") and kind.lower() in ALERTS:
            return kind.lower()
    weak = ""
    for word in sorted(map(str.lower, classes)):
        for candidate in (word, _LAST_PART.split(word)[-1]):
            if candidate in _WEAK_KINDS:
                weak = weak or candidate
            elif candidate in ALERTS:
                return candidate
    if weak and "alert" in classes:
        return weak
    if weak == "hint" or not classes.isdisjoint(KINDLESS):
        return weak or "note"
    return ""
