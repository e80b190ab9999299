"""Which menu does a page show, and how is it nested?"""

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
    from collections.abc import Callable

    from selectolax.lexbor import LexborHTMLParser, LexborNode

    from docgen.tags import Tag

_CANDIDATES = (
    "nav, [role=navigation], aside, .sidebar, .sphinxsidebar, .toctree-wrapper, div.toc, "
    "#sidebar, #leftnav, #nav, .navbar, .sidenav, .side-nav, .leftnav, .menu, .book-summary, "
    "#column2"
)
_LINK = re.compile(r'<a\b[^>]*? href="([^"]*)"')
_LEAST_LINKS = 3
_MOST_LINKS = 3_000
_LONGEST_TEXT = 160
_REMEMBERED = 32
_ABROAD = word_set("lang hreflang")  # attributes of a link to the page in another language
_VERSION = re.compile(r"v?\d+(?:\.\w+)*(?: \W?\w+\W?)?|next|latest|stable|current", re.I)
_SURE = 3  # a menu beside the page that has a line for it
_BARS = word_set("navbar topbar top-nav topnav site-header page-header md-header md-tabs")
_PAGE_END = re.compile(r"/?(?:index)?(?:\.html?)?(?:[?#].*)?$")
_GROUPS = word_set("ul ol dl")
_OPAQUE = word_set("svg script style template select form textarea input img")
_HEADINGS = word_set("h1 h2 h3 h4 h5 h6 summary")
_LABELS = _HEADINGS | word_set("p li dt")
"""Elements whose text, where it is no link, says what the links behind it are about."""
_LABEL_WORDS = word_set("group section category heading header title label caption separator")
"""Parts of classes that say so of any other element."""
_FOLDS = ("aria-expanded", "aria-controls", "data-state")  # of a button that unfolds a group
_WITHIN = 4  # so many elements around a text are looked at
_NEAR = 4  # so many elements a heading may lie below what it shares with the first link under it
_EVERYTHING = -1
_LONGEST_LABEL = 80
_WORD_PARTS = re.compile("[-_]+|(?<=[a-z])(?=[A-Z])")
_CURRENT = word_set("current active is-active")
"""Classes of the link to the page itself, which may lead to its top."""
_NO_LABEL = word_set("menu navigation search close sidebar collapse expand toggle loading")
_ENDS_WORD = re.compile(r"[^\W_]{2}\Z")
_STARTS_WORD = re.compile(r"[^\W_]{2}")


@dataclass(frozen=True, slots=True)
class NavLink:
    """A line of the site's own menu."""

    level: int
    text: str
    url: str
    """Where it leads; "" for a heading."""


_memo: dict[tuple[str, int], tuple[NavLink, ...]] = {}


def read_navigation(
    tree: LexborHTMLParser, url: str, resolve: Callable[[str], str]
) -> tuple[NavLink, ...]:
    """Give the links of the page's menu, nested as it nests them.

    Of several it is the one that has a line for the page, is not in the page's header, is largest.
    A menu's links are mostly the same on all pages of a folder; the last few are remembered.
    """
    body = tree.body
    if body is None:
        return ()
    best: tuple[NavLink, ...] = ()
    best_rank = (0, 0)
    folder = url.rpartition("/")[0]
    for node in body.css(_CANDIDATES):
        html = node.html or ""
        hrefs = html.count("href=")
        if hrefs < _LEAST_LINKS or (best_rank[0] == _SURE and hrefs < best_rank[1]):
            continue
        key = (folder, hash(tuple(href for href in _LINK.findall(html) if href[:1] != "#")))
        links = _memo.get(key)
        if links is None:
            links = _nest(_Reader().read(html), url, resolve)
            if len(_memo) >= _REMEMBERED:
                _memo.clear()
            _memo[key] = links
        count = sum(bool(link.url) for link in links)
        if count < _LEAST_LINKS:
            continue
        rank = (2 * _shows(links, url) + (not _is_in_header(node)), count)
        if rank > best_rank:
            best, best_rank = links, rank
    return best


def _shows(links: tuple[NavLink, ...], url: str) -> bool:
    """Whether a menu has a line for the page itself."""
    own = _PAGE_END.sub("", url)
    return any(link.url.startswith(own) and _PAGE_END.sub("", link.url) == own for link in links)


def _is_in_header(node: LexborNode) -> bool:
    """Whether a menu is a site's bar of links to its parts, above its pages."""
    each: LexborNode | None = node
    while each is not None and each.tag != "body":
        if each.tag == "header" or not _BARS.isdisjoint(
            (each.attributes.get("class") or "").split()
        ):
            return True
        each = each.parent
    return False


@dataclass(slots=True)
class _Line:
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

    @property
    def is_label(self) -> bool:
        """Whether it leads to no page."""
        return _only_opens(self.href) and not self.is_here


class _Reader:
    """Notes the links of a menu, and the texts that may be labels of what follows them."""

    def __init__(self) -> None:
        self.lines: list[_Line] = []
        self._open: list[tuple[Tag, int]] = []
        self._groups = 0
        self._met = 0
        self._text: list[str] = []
        self._parts = False  # whether another `span` has begun since
        self._link: str | None = None
        self._is_heading = False
        self._is_here = False

    def read(self, html: str) -> list[_Line]:
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
            if len(self.lines) >= _MOST_LINKS:
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
            self._flush()
            self._link = tag.attributes.get("href", "")
            self._is_here = not _CURRENT.isdisjoint(tag.classes) or "aria-current" in tag.attributes
        elif tag.name not in INLINE_NAMES:
            self._break()
        self._parts = self._parts or tag.name == "span"
        self._is_heading = self._is_heading or tag.name in _HEADINGS
        self._met += 1
        self._open.append((tag, self._met))
        self._groups += tag.name in _GROUPS

    def _end(self) -> None:
        if not self._open:
            return
        tag = self._open[-1][0]
        if tag.name == "a":
            self._flush()
            self._link = None
        elif tag.name not in INLINE_NAMES:
            self._break()
        self._open.pop()
        self._groups -= tag.name in _GROUPS

    def _break(self) -> None:
        if self._link is None:
            self._flush()
        elif self._text:
            self._text.append(" ")

    def _flush(self) -> None:
        text = one_line(unescape("".join(self._text)))
        self._text.clear()
        self._parts = False
        is_heading, self._is_heading = self._is_heading, False
        if self._link is None and not self._is_label(text):
            return
        around = [tag for tag, _ in self._open[: -_WITHIN - 1 : -1]]
        self.lines.append(
            _Line(
                text[:_LONGEST_TEXT],
                self._link,
                tuple(number for _, number in self._open),
                self._groups,
                is_fold=_only_opens(self._link)
                and (self._link is not None or any(tag.name == "button" for tag in around))
                and not any(_says_what_it_opens(tag) for tag in around),
                is_here=self._is_here and self._link == "#",
                is_heading=is_heading or any(tag.name in _HEADINGS for tag in around),
            )
        )

    def _is_label(self, text: str) -> bool:
        if not text or len(text) > _LONGEST_LABEL or not any(map(str.isalnum, text)):
            return False
        if text.split()[0].lower() in _NO_LABEL:
            return False
        return any(
            tag.name in _LABELS
            or any(name in tag.attributes for name in _FOLDS)
            or _says_label(tag)
            for tag, _ in self._open[: -_WITHIN - 1 : -1]
        )


def _says_what_it_opens(tag: Tag) -> bool:
    return any(name in tag.attributes for name in _FOLDS)


def _says_label(tag: Tag) -> bool:
    return any(
        part.lower() in _LABEL_WORDS for word in tag.classes for part in _WORD_PARTS.split(word)
    )


def _shared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """How many elements two lines stand in together."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count


@dataclass(slots=True)
class _Above:
    """What a line may stand under."""

    rank: int
    scope: int
    """The element that a label speaks for; 0 for a link, which speaks for the lists in it."""


class _Nesting:
    """Gives each line its level."""

    def __init__(self, lines: list[_Line]) -> None:
        self._above: list[_Above] = []
        self._next: list[_Line | None] = [None] * len(lines)
        following: _Line | None = None
        for index in range(len(lines) - 1, -1, -1):
            self._next[index] = following
            if not lines[index].is_label:
                following = lines[index]

    def place(self, index: int, line: _Line, *, is_label: bool) -> tuple[int, _Above] | None:
        """The level of a line, and what it is to those below it; None if it heads nothing."""
        own = _Above(2 * line.groups, 0)
        if is_label or line.is_heading:
            heading = self._heading(index, line)
            if heading is None and is_label:
                return None
            own = heading or own
        while self._above and self._ends(self._above[-1], own, line.path):
            self._above.pop()
        return len(self._above), own

    def _heading(self, index: int, line: _Line) -> _Above | None:
        """What a line speaks for as a heading, judged by the next link; None for nothing."""
        following = self._next[index]
        if following is None or following.groups < line.groups:
            return None
        shared = _shared(line.path, following.path)
        if len(line.path) - shared > _NEAR:
            return None
        if line.is_fold and (following.groups == line.groups or not line.groups):
            return None
        scope = line.path[shared - 1] if shared else _EVERYTHING
        return _Above(2 * line.groups - (following.groups == line.groups), scope)

    def push(self, own: _Above) -> None:
        """Let the next lines stand under the one just placed, if they nest."""
        self._above.append(own)

    @staticmethod
    def _ends(above: _Above, own: _Above, path: tuple[int, ...]) -> bool:
        if above.scope not in (0, _EVERYTHING) and above.scope not in path:
            return True
        if above.scope and own.scope and above.scope != own.scope:
            return False  # a group in a group
        return above.rank >= own.rank


def _only_opens(href: str | None) -> bool:
    """Whether a link leads nowhere: it unfolds what is below it."""
    return href is None or href in ("", "#") or href.lower().startswith("javascript:")


def _nest(lines: list[_Line], url: str, resolve: Callable[[str], str]) -> tuple[NavLink, ...]:
    origin = "/".join(url.split("/", 3)[:3]) + "/"
    here = _PAGE_END.sub("", url)
    lines = [line for line in lines if (line.href or "")[:1] != "#" or line.href == "#"]
    nesting = _Nesting(lines)
    links: list[NavLink] = []
    seen: set[str] = set()
    for index, line in enumerate(lines):
        is_label = line.is_label
        target = fragment = ""
        if not is_label:
            target, _, fragment = resolve((line.href or "").strip()).partition("#")
            if not line.text or not target.startswith(origin):
                continue
            if _VERSION.fullmatch(line.text) and _PAGE_END.sub("", target) == here:
                continue  # the page as this version has it, in a list of versions
        placed = nesting.place(index, line, is_label=is_label)
        if placed is None or not line.text:
            continue
        level, own = placed
        above = links[-1] if links and links[-1].level < level else None
        if above and target and above.url == target and not fragment:
            # A group that leads to the first page in it is a heading.
            links[-1] = NavLink(above.level, above.text, "")
            seen.discard(target)
        if target in seen:
            continue
        if target:
            seen.add(target)
        nesting.push(own)
        if target and above and not above.url and above.text == line.text:
            links[-1] = NavLink(above.level, line.text, target)  # it opens with a page of its own
            continue
        links.append(NavLink(level, line.text, target))
    return _without_empty(links)


def _without_empty(links: list[NavLink]) -> tuple[NavLink, ...]:
    """Leave out headings that nothing stands under; what opens a dialog looks like one."""
    kept: list[NavLink] = []
    for link in reversed(links):
        if link.url or (kept and kept[-1].level > link.level):
            kept.append(link)
    return tuple(reversed(kept))
