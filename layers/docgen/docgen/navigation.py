"""Which menu does a page show, and how is it nested?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docgen.menulines import Line, read_lines
from docgen.vocabulary import word_set

if TYPE_CHECKING:
    from collections.abc import Callable

    from selectolax.lexbor import LexborHTMLParser, LexborNode

_CANDIDATES = (
    "nav, [role=navigation], aside, .sidebar, .sphinxsidebar, .toctree-wrapper, div.toc, "
    "#sidebar, #leftnav, #nav, .navbar, .sidenav, .side-nav, .leftnav, .menu, .book-summary, "
    "#column2, .wiki-custom-sidebar"
)
_LINK = re.compile(r'<a\b[^>]*? href="([^"]*)"')
_LEAST_LINKS = 3
_REMEMBERED = 32
_VERSION = re.compile(
    r"(?:v\d[\w.]*|\d+(?:\.\w+)+|next|latest|stable|current)(?: \([^)]*\))?", re.I
)
_SURE = 3  # a menu beside the page that has a line for it
_BARS = word_set("navbar topbar top-nav topnav site-header page-header md-header md-tabs")
_NEAR = 4  # so many elements a heading may lie below what it shares with the first link under it
_EVERYTHING = -1


@dataclass(frozen=True, slots=True)
class NavLink:
    """A line of the site's own menu."""

    level: int
    text: str
    url: str
    """Where it leads; "" for a heading."""


@dataclass(frozen=True, slots=True)
class _Menu:
    links: tuple[NavLink, ...]
    pages: frozenset[str]
    """Where its links lead, without what a page's address may end with."""


_memo: dict[tuple[str, int], _Menu] = {}


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
    own = _bare(url)
    for node in body.css(_CANDIDATES):
        html = node.html or ""
        hrefs = html.count("href=")
        if hrefs < _LEAST_LINKS or (best_rank[0] == _SURE and hrefs < best_rank[1]):
            continue
        key = (folder, hash(tuple(href for href in _LINK.findall(html) if href[:1] != "#")))
        menu = _memo.get(key)
        if menu is None:
            links = _nest(read_lines(html), url, resolve)
            if len(_memo) >= _REMEMBERED:
                _memo.clear()
            pages = frozenset(_bare(link.url) for link in links if link.url)
            menu = _memo[key] = _Menu(links, pages)
        if len(menu.pages) < _LEAST_LINKS:
            continue
        rank = (2 * (own in menu.pages) + (not _is_in_header(node)), len(menu.pages))
        if rank > best_rank:
            best, best_rank = menu.links, rank
    return best


def read_menu(
    tree: LexborHTMLParser, url: str, resolve: Callable[[str], str]
) -> tuple[NavLink, ...]:
    """Give the links of a page that is nothing but a menu."""
    body = tree.body
    return _nest(read_lines(body.html or ""), url, resolve) if body is not None else ()


def _bare(url: str) -> str:
    """A page's address without what it may end with."""
    url = url.partition("#")[0].partition("?")[0].removesuffix("/")
    return url.removesuffix(".html").removesuffix(".htm").removesuffix("/index")


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

    def __init__(self, lines: list[Line]) -> None:
        self._above: list[_Above] = []
        self._next: list[Line | None] = [None] * len(lines)
        following: Line | None = None
        for index in range(len(lines) - 1, -1, -1):
            self._next[index] = following
            line = lines[index]
            if line.may_be_here and following is not None:
                line.is_here = following.groups <= line.groups
            if not line.is_label:
                following = line

    def place(self, index: int, line: Line) -> tuple[int, _Above] | None:
        """The level of a line, and what it is to those below it; None if it heads nothing."""
        own = _Above(2 * max(line.groups, 1), 0)  # before a list it is no more than in it
        if line.is_label or line.is_heading:
            heading = self._heading(index, line)
            if heading is None and line.is_label:
                return None
            own = heading or own
        while self._above and self._ends(self._above[-1], own, line.path):
            self._above.pop()
        return len(self._above), own

    def _heading(self, index: int, line: Line) -> _Above | None:
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


def _nest(lines: list[Line], url: str, resolve: Callable[[str], str]) -> tuple[NavLink, ...]:
    origin = "/".join(url.split("/", 3)[:3]) + "/"
    lines = [line for line in lines if line.text and _leads_from_here(line.href or "")]
    nesting = _Nesting(lines)
    links: list[NavLink] = []
    seen: set[str] = set()
    for index, line in enumerate(lines):
        target = fragment = ""
        if not line.is_label:
            target, _, fragment = resolve((line.href or "#").strip()).partition("#")
            if not target.startswith(origin) or _is_version(line, target, url):
                continue
        placed = nesting.place(index, line)
        if placed is None:
            continue
        level, own = placed
        above = links[-1] if links and links[-1].level < level else None
        if above and not target and above is links[-1] and above.text == line.text:
            continue  # the title of the part that its label unfolds
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


def _leads_from_here(href: str) -> bool:
    """Whether a link does not only lead to a place on the page itself."""
    return href[:1] != "#" or href == "#"


def _is_version(line: Line, target: str, url: str) -> bool:
    """Whether a line is the page itself, in a list of its versions."""
    return bool(_VERSION.fullmatch(line.text)) and _bare(target) == _bare(url)


def _without_empty(links: list[NavLink]) -> tuple[NavLink, ...]:
    """Leave out headings that nothing stands under; what opens a dialog looks like one."""
    kept: list[NavLink] = []
    for link in reversed(links):
        if link.url or (kept and kept[-1].level > link.level):
            kept.append(link)
    return tuple(reversed(kept))
