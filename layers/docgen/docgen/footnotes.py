"""Which links refer to footnotes, and what are the footnotes called?"""

from __future__ import annotations

import re

from docgen.vocabulary import word_set

_REFERENCES = word_set("footnote-ref footnote-reference footref fnref noteref footnote footnoteref")
_BACK_REFERENCES = word_set(
    "footnote-backref footnote-back fn-backref reversefootnote footnote-backlink"
)
_BACK_SIGNS = word_set("↩ ↩\ufe0e ↑ ⏎ ^")
_TARGET = re.compile(r"#(?:fn|ftn|footnote|cite_note|_footnotedef|_ftn)[-:._]?[\w.:-]*$", re.I)
BACK_TARGET = re.compile(r"#(?:fnref|fnt__|footnoteref|citeref|cite_ref|_ftnref)", re.I)
_LABEL = re.compile(r"\w{1,20}")
_LONGEST_SIGN = 6


class Footnotes:
    """The footnotes that a page's links refer to."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        """Element id → what the footnote is called in the Markdown."""
        self.found: set[str] = set()
        """Labels of those that stand on the page."""
        self.references: list[tuple[str, str, str]] = []
        """Label, sign and target of each reference."""

    def refer(self, element_id: str, sign: str, target: str) -> int:
        """Note a reference; gives its number."""
        label = self.labels.get(element_id)
        if label is None:
            match = _LABEL.search(sign)
            label = match[0] if match else str(len(self.labels) + 1)
            if label in self.labels.values():
                label = f"{label}-{len(self.labels) + 1}"
            self.labels[element_id] = label
        self.references.append((label, sign.strip("[]() "), target))
        return len(self.references) - 1

    def write(self, number: int) -> str:
        """Write a reference: to the footnote, or as a link where there is none."""
        label, sign, target = self.references[number]
        if label in self.found:
            return f"[^{label}]"
        return f"[{sign}]({target})" if sign.isalnum() else f"[{label}]({target})"


def is_reference(href: str, sign: str, classes: list[str], rest: str) -> bool:
    """Whether a link to the page itself is the sign of a footnote."""
    if len(sign) > _LONGEST_SIGN or not sign:
        return False
    if "doc-noteref" in rest or "data-footnote-ref" in rest or not _REFERENCES.isdisjoint(classes):
        return True
    return bool(_TARGET.match(href)) and not BACK_TARGET.match(href)


def is_back_reference(sign: str, classes: list[str], rest: str) -> bool:
    """Whether a link only leads from a footnote back to its sign."""
    if len(sign) > _LONGEST_SIGN:
        return False
    is_named = "doc-backlink" in rest or not _BACK_REFERENCES.isdisjoint(classes)
    return is_named or sign in _BACK_SIGNS
