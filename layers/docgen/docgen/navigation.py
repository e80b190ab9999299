"""Which menu does a page show, and how is it nested?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import TYPE_CHECKING

from docgen.metadata import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from selectolax.lexbor import LexborHTMLParser

_CANDIDATES = (
    "nav, [role=navigation], aside, .sidebar, .sphinxsidebar, .toctree-wrapper, div.toc, "
    "#sidebar, #leftnav, #nav, .navbar, .sidenav, .side-nav, .leftnav, .menu, .book-summary, "
    "#column2"
)
_PIECE = re.compile(
    r"<(/?)(ul|ol|dl)\b[^>]*>|<(a)\b([^>]*)>(.*?)</a>"
    r"|<(?:script|style|svg|button)\b.*?</(?:script|style|svg|button)>",
    re.S,
)
_HREF = re.compile(r'\bhref="([^"]*)"')
_LINK = re.compile(r'<a\b[^>]*? href="([^"]*)"')
_ANY_TAG = re.compile(r"<[^>]*>")
_LEAST_LINKS = 3
_MOST_LINKS = 3_000
_LONGEST_TEXT = 160
_REMEMBERED = 32


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
    """Give the links of the largest menu on the page, nested as it nests them.

    A menu's links are mostly the same on all pages of a folder; the last few are remembered.
    """
    body = tree.body
    if body is None:
        return ()
    best: tuple[NavLink, ...] = ()
    folder = url.rpartition("/")[0]
    for node in body.css(_CANDIDATES):
        html = node.html or ""
        if html.count("href=") < max(_LEAST_LINKS, len(best)):
            continue
        key = (folder, hash(tuple(href for href in _LINK.findall(html) if href[:1] != "#")))
        links = _memo.get(key)
        if links is None:
            links = _read(html, url, resolve)
            if len(_memo) >= _REMEMBERED:
                _memo.clear()
            _memo[key] = links
        if len(links) > len(best):
            best = links
    return best if len(best) >= _LEAST_LINKS else ()


def _read(html: str, url: str, resolve: Callable[[str], str]) -> tuple[NavLink, ...]:
    origin = "/".join(url.split("/", 3)[:3]) + "/"
    links: list[NavLink] = []
    seen: set[str] = set()
    depth = 0
    for closing, group, name, attributes, label in _PIECE.findall(html):
        if not name:
            depth += (-1 if closing else 1) if group else 0
            continue
        href = _HREF.search(attributes)
        if href is None or (href[1][:1] == "#" and len(href[1]) > 1):
            continue
        level = max(0, depth - 1)
        text = one_line(unescape(_ANY_TAG.sub("", label) if "<" in label else label))
        text = text[:_LONGEST_TEXT]
        if href[1] == "#":
            _drop_empty_heading(links, level)
            links.append(NavLink(level, text, ""))
            continue
        target, _, fragment = resolve(unescape(href[1]).strip()).partition("#")
        above = links[-1] if links and links[-1].level < level else None
        if above and above.url == target and not fragment:
            # A group that leads to the first page in it is a heading.
            links[-1] = NavLink(above.level, above.text, "")
            seen.discard(target)
        if not text or target in seen or not target.startswith(origin):
            continue
        seen.add(target)
        if above and not above.url and above.text == text:
            links[-1] = NavLink(above.level, text, target)  # it opens with a page of its own
            continue
        _drop_empty_heading(links, level)
        links.append(NavLink(level, text, target))
        if len(links) >= _MOST_LINKS:
            break
    _drop_empty_heading(links, 0)
    return tuple(links)


def _drop_empty_heading(links: list[NavLink], level: int) -> None:
    """Take back a heading that nothing stands under; what opens a dialog looks like one."""
    if links and not links[-1].url and links[-1].level >= level:
        links.pop()
