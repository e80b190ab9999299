"""Which lines does a menu's markup have, and where in it do they stand?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from docgen.markup import drop_raw_text, split_markup
from docgen.metadata import one_line
from docgen.tags import Kind, read_tag
from docgen.vocabulary import INLINE_NAMES, VOID, word_set

if TYPE_CHECKING:
    from docgen.tags import Tag

_MOST_LINES = 3_000
_LONGEST_TEXT = 160
_LONGEST_LABEL = 60
_SENTENCE = re.compile(r"[.,;]$|\. ")
_ABROAD = word_set("lang hreflang")  # attributes of a link to the page in another language
_GROUPS = word_set("ul ol dl")
_OPAQUE = word_set("svg script style template select form textarea input img")
_HEADINGS = word_set("h1 h2 h3 h4 h5 h6 summary")
_SPEAKING = _HEADINGS | word_set("p dt")
_LABELS = _SPEAKING | {"li"}
"""Elements whose text, where it is no link, says what the links behind it are about."""
_LABEL_WORDS = word_set(
    "group section category heading header title label caption separator semibold bold uppercase"
)
"""Parts of classes that say so of any other element."""
_FOLDS = ("aria-expanded", "aria-controls", "data-state")  # of a button that unfolds a group
_WITHIN = 4  # so many elements around a text are looked at
_WORD_PARTS = re.compile("[-_]+|(?<=[a-z])(?=[A-Z])")
_CURRENT = word_set("current active")
"""Parts of classes of the link to the page itself, which may lead to its top."""
_NO_LABEL = re.compile(
    r"(?:(?:quick|site|page|book|main) )?(?:menu|navigation|search|close|sidebar|collapse|expand"
    r"|toggle|loading)\b.*"
    r"|(?:on|in) this (?:page|article|section)|(?:table of )?contents"
    r"|(?:version|release)? ?v?[\d.]+",
    re.I,
)
_ENDS_WORD = re.compile(r"[^\W_]{2}\Z")
_STARTS_WORD = re.compile(r"[^\W_]{2}")


def read_lines(html: str) -> list[Line]:
    """Give the links of a menu, and the texts that may be labels of what follows them."""
    return _Reader().read(html)


@dataclass(slots=True)
class Line:
    """A link or a label as it stands in the markup."""

    text: str
    href: str | None
    """None for a label."""
    path: tuple[int, ...]
    """The elements around it, from the outermost; each has a number of its own."""
    groups: int
    """How many lists it stands in."""
    is_fold: bool = False
    """Whether it only unfolds what is nested in it."""
    is_heading: bool = False
    is_here: bool = False
    """Whether it is the page's own line."""
    may_be_here: bool = False
    """Whether it is, if nothing is nested in it."""

    @property
    def is_label(self) -> bool:
        """Whether it leads to no page."""
        return _only_opens(self.href) and not self.is_here


class _Reader:
    """Notes the links of a menu, and the texts that may be labels of what follows them."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._open: list[Tag] = []
        self._numbers: list[int] = []  # of the open elements
        self._groups = 0
        self._met = 0
        self._text: list[str] = []
        self._parts = False  # whether another `span` has begun since
        self._link: str | None = None
        self._is_heading = False
        self._is_current = False

    def read(self, html: str) -> list[Line]:
        """Go through the markup once."""
        tokens = split_markup(drop_raw_text(html))
        hidden = 0  # elements open within one that is left out
        for index in range(1, len(tokens), 2):
            token = tokens[index]
            if token[0] == "/":
                if hidden:
                    hidden -= 1
                else:
                    self._end()
            else:
                tag = read_tag(token)
                if tag.name in VOID:
                    continue
                if hidden or self._is_hidden(tag):
                    hidden += 1
                else:
                    self._start(tag)
            if not hidden:
                self._add(tokens[index + 1])
            if len(self.lines) >= _MOST_LINES:
                break
        return self.lines

    def _is_hidden(self, tag: Tag) -> bool:
        if tag.name in _OPAQUE or (tag.name == "button" and self._link is not None):
            return True
        if tag.name == "a":
            return not _ABROAD.isdisjoint(tag.attributes)
        return tag.name in INLINE_NAMES and (tag.is_badge or tag.kind == Kind.SKIP)

    def _add(self, text: str) -> None:
        if not text:
            return
        before = self._text[-1] if self._text else ""
        if self._parts and _ENDS_WORD.search(before) and _STARTS_WORD.match(text):
            self._text.append(" ")  # what the menu shows side by side
        self._parts = False
        self._text.append(text)

    def _start(self, tag: Tag) -> None:
        if tag.name == "a":
            if self._open and self._open[-1].name == "p":
                self._text.clear()  # a sentence with a link in it
            self._flush()
            self._link = tag.attributes.get("href", "")
            self._is_current = _is_current(tag)
        elif tag.name not in INLINE_NAMES:
            self._break()
        elif tag.attributes and _is_current(tag):
            self._is_current = True
        if tag.name == "button" and self.lines and _says_what_it_opens(tag):
            last = self.lines[-1]  # a link beside what unfolds the links under it
            last.is_heading = last.is_heading or last.path[:-1] == tuple(self._numbers)
        if tag.name == "span":
            self._parts = True
        elif tag.name in _HEADINGS:
            self._is_heading = True
        self._met += 1
        self._open.append(tag)
        self._numbers.append(self._met)
        self._groups += tag.name in _GROUPS

    def _end(self) -> None:
        if not self._open:
            return
        tag = self._open[-1]
        if tag.name == "a":
            self._flush()
            self._link = None
        elif tag.name not in INLINE_NAMES:
            self._break()
        self._open.pop()
        self._numbers.pop()
        self._groups -= tag.name in _GROUPS

    def _break(self) -> None:
        if self._link is None:
            self._flush()
        elif self._text:
            self._text.append(" ")

    def _flush(self) -> None:
        link = self._link
        if link is None and not self._text:
            self._is_heading = False
            return
        text = one_line(unescape("".join(self._text)))
        self._text.clear()
        self._parts = False
        is_heading, self._is_heading = self._is_heading, False
        is_current, self._is_current = self._is_current, False
        if link is None and not self._is_label(text):
            return
        line = Line(text[:_LONGEST_TEXT], link, tuple(self._numbers), self._groups)
        self.lines.append(line)
        around = self._open[: -_WITHIN - 1 : -1]
        line.is_heading = is_heading or any(tag.name in _HEADINGS for tag in around)
        if _only_opens(link):
            is_current = is_current or any(map(_is_current, _up_to_item(around)))
            line.is_here = is_current and link == "#"
            line.may_be_here = is_current and link is None and self._groups > 0
            line.is_fold = not any(map(_says_what_it_opens, around)) and (
                link is not None
                or any(tag.name == "button" for tag in around)
                or not any(tag.name in _SPEAKING or _says_label(tag) for tag in around)
            )

    def _follows_link(self) -> bool:
        """Whether a text stands behind a link in the same block: it says what the link says."""
        if not self.lines or self.lines[-1].href is None:
            return False
        blocks = (n for n, tag in enumerate(self._open) if tag.name not in INLINE_NAMES)
        innermost = max(blocks, default=0)
        return bool(self._numbers) and self._numbers[innermost] in self.lines[-1].path

    def _is_label(self, text: str) -> bool:
        if not text or len(text) > _LONGEST_LABEL or not any(map(str.isalnum, text)):
            return False
        if _NO_LABEL.fullmatch(text) or _SENTENCE.search(text) or self._follows_link():
            return False
        return any(
            tag.name in _LABELS or _says_what_it_opens(tag) or _says_label(tag)
            for tag in self._open[: -_WITHIN - 1 : -1]
        )


def _says_what_it_opens(tag: Tag) -> bool:
    return any(name in tag.attributes for name in _FOLDS)


def _up_to_item(around: list[Tag]) -> list[Tag]:
    names = [tag.name for tag in around]
    return around[: names.index("li") + 1] if "li" in names else around


def _is_current(tag: Tag) -> bool:
    return "aria-current" in tag.attributes or any(
        part in _CURRENT for word in tag.classes for part in _WORD_PARTS.split(word)
    )


def _says_label(tag: Tag) -> bool:
    return any(
        part.lower() in _LABEL_WORDS for word in tag.classes for part in _WORD_PARTS.split(word)
    )


def _only_opens(href: str | None) -> bool:
    """Whether a link leads nowhere: it unfolds what is below it."""
    return href is None or href in ("", "#") or href.lower().startswith("javascript:")
