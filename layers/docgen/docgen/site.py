"""How do the pages of a site hang together: their order, their places, their links?"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from docgen.anchors import Anchors
from docgen.metadata import one_line
from docgen.names import PAGE_SUFFIXES, Names, base_folder
from docgen.outline import Leaf, Menu, outline
from docgen.sitemodel import split_title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from docgen.extract import Document, NavLink
    from docgen.outline import Node

DEEPEST = 6
"""Levels of the contents; what a site nests deeper stands on the last one."""
GENERIC_TITLES = frozenset(
    {"", "index", "home", "contents", "table of contents", "overview", "welcome", "introduction"}
    | {"documentation", "docs", "untitled", "start", "main page"}
)
"""Titles of a start page that do not name the site, where its first heading may."""
_SHARING = 3  # pages with one first heading
README_FILE = re.compile(r"/readme(?:\.(?:x?html?|mdx?))?$", re.IGNORECASE)
INDEX_FILE = re.compile(
    r"/(?-i:(?!Index\.x?html?$))(?:index|default)\.(?:x?html?|php|aspx?|jsp|md)$", re.IGNORECASE
)


@dataclass(slots=True, eq=False)
class Page:
    """A page's place in the bundle. What it says stays in the store."""

    key: int
    """In which order it was arranged, from 0; names it in the link index."""
    url: str
    title: str
    label: str
    """What contents call it, where the site's own menu does not: its first heading."""
    stem: str
    """Path within a format's folder, without extension, e.g. `guide/install`."""
    description: str | None
    language: str | None
    length: int
    """Characters of its Markdown."""
    needs_title: bool
    """The Markdown does not begin with the title: a writer puts it there, as first heading."""
    number: int = 0
    """Position in reading order, from 0."""
    entry: Entry | None = None
    """Its line in the contents."""


@dataclass(slots=True, eq=False)
class Entry:
    """A line of the contents: a page, or a heading over pages that has none of its own."""

    label: str
    page: Page | None
    parent: Entry | None
    depth: int
    children: list[Entry] = field(default_factory=list)

    def walk(self) -> Iterator[Entry]:
        """This line and all below it, from top to bottom."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads within the bundle."""

    page: Page
    heading: int
    """Which heading of that page, from 0, the title."""
    anchor: str | None
    """Of that heading; None means the top of the page."""
    combined: str
    """The same place where all pages are one document."""


class Site:
    """The arranged site: pages in reading order, a tree of contents, and where links lead."""

    def __init__(
        self, url: str, title: str, pages: list[Page], tree: list[Entry], links: _Links
    ) -> None:
        self.url = url
        self.title = title
        self.pages = pages
        self.tree = tree
        self._links = links
        self.find = lru_cache(maxsize=4096)(self._find)

    @property
    def root(self) -> Page:
        """The page that was asked for; if it is not there, the first one."""
        return self._links.page_at(self.url) or self.pages[0]

    def close(self) -> None:
        """Give the link index back."""
        self._links.anchors.close()

    def _find(self, url: str) -> Target | None:
        """Say where in the bundle a URL leads; None when it was not crawled."""
        bare, _, fragment = url.partition("#")
        page = self._links.page_at(bare)
        if page is None:
            return None
        anchors = self._links.anchors
        found = anchors.find(page.key, unquote(fragment)) if fragment else None
        return Target(page, *found) if found else Target(page, 0, None, anchors.top(page.key))

    def headings(self, page: Page) -> list[tuple[int, str, str, str]]:
        """Level, text, anchor and anchor in the combined document of each heading of a page."""
        return self._links.anchors.headings(page.key)

    def previous(self, page: Page) -> Page | None:
        """The page before, in reading order."""
        return self.pages[page.number - 1] if page.number else None

    def next(self, page: Page) -> Page | None:
        """The page after, in reading order."""
        return self.pages[page.number + 1] if page.number + 1 < len(self.pages) else None

    def trail(self, page: Page) -> list[Entry]:
        """The entries above a page, outermost first."""
        above: list[Entry] = []
        entry = page.entry.parent if page.entry else None
        while entry is not None:
            above.append(entry)
            entry = entry.parent
        return above[::-1]

    def entries(self) -> Iterator[Entry]:
        """Every line of the contents, from top to bottom."""
        for entry in self.tree:
            yield from entry.walk()


class _Links:
    """Which URL is which page, in every spelling."""

    def __init__(self) -> None:
        self.anchors = Anchors()
        self._exact: dict[str, Page] = {}
        self._loose: dict[str, Page] = {}
        self._bare: dict[str, Page] = {}
        self.page_at = lru_cache(maxsize=8192)(self._page_at)

    def add(self, url: str, page: Page) -> None:
        self._exact.setdefault(url, page)
        self._loose.setdefault(_loose(url), page)
        self._bare.setdefault(PAGE_SUFFIXES.sub("", _unnamed(_loose(url))), page)
        self.page_at.cache_clear()

    def _page_at(self, url: str) -> Page | None:
        loose = _loose(url)
        # Sites built with other addresses than they were written for link to `/a/` for `/a.html`.
        return self._exact.get(url) or self._loose.get(loose) or self._bare.get(_unnamed(loose))


def _loose(url: str) -> str:
    """What spellings of one address share: no scheme, no `index.html`, no slash at the end."""
    parts = urlsplit(url)
    path = INDEX_FILE.sub("/", unquote(parts.path)).rstrip("/")
    return f"{parts.netloc.lower()}{path}?{parts.query}"


def _unnamed(loose: str) -> str:
    """Of a folder's README, which is its first page, the folder."""
    return README_FILE.sub("", loose.rstrip("?"))


def arrange(
    documents: Callable[[], Iterator[Document]],
    *,
    root: str,
    menus: Iterable[Sequence[NavLink]] = (),
    aliases: Iterable[tuple[str, str]] = (),
    title: str | None = None,
    name: str = "",
) -> Site:
    """Put the pages of a site in order and give each its place in the bundle.

    Calls `documents` twice and goes through them one at a time, keeping of each what fits a
    kilobyte. `root` is the URL that was asked for; `menus` stand on pages of their own; `aliases`
    are pairs of another address and the page's own; `title` overrules the site's own. `name` is
    what its pages call it, for where the first page's title does not.
    """
    links = _Links()
    pages = _name_pages(documents(), links, root)
    for other, url in aliases:
        page = links.page_at(url)
        if page is not None:
            links.add(other, page)
    first = links.page_at(root)
    tree = _contents(documents(), pages, links, first, menus)
    site_title = title or _site_title(first or pages[0], name)
    site = Site(root, site_title, [], tree, links)
    site.pages.extend(entry.page for entry in site.entries() if entry.page is not None)
    for number, page in enumerate(site.pages):
        page.number = number
    links.anchors.combine(site_title, (page.key for page in site.pages))
    return site


def _site_title(page: Page, name: str) -> str:
    names = [page.title, page.label, page.entry.label if page.entry else ""]
    if page.title.casefold() in page.label.casefold():
        names[0] = page.label  # "Pyx 3.1 documentation", not "3.1 Documentation"
    named = (name for name in names if name.strip().casefold() not in GENERIC_TITLES)
    return next(named, name or page.label)


def _name_pages(documents: Iterable[Document], links: _Links, root: str) -> list[Page]:
    pages: list[Page] = []
    for document in documents:
        needs_title = not _begins_with_title(document)
        page = Page(
            key=len(pages),
            url=document.url,
            title=document.title,
            label=document.title if needs_title else _label(document),
            stem="",
            description=document.description,
            language=document.language,
            length=len(document.markdown),
            needs_title=needs_title,
        )
        pages.append(page)
        links.add(page.url, page)
        links.anchors.add(page.key, document, needs_title=needs_title)
    shared = Counter(page.label for page in pages)
    for page in pages:
        if shared[page.label] >= _SHARING:  # it heads a section that all of them have
            page.label = page.title
    names = Names(base_folder(urlsplit(page.url).path for page in pages))
    first = links.page_at(root)
    if first is not None:
        first.stem = names.reserve("index")
    for page in pages:
        page.stem = page.stem or names.stem(page.url)
    return pages


def _label(document: Document) -> str:
    """The first heading is shorter than the title, which often names the site, too."""
    first = document.headings[0] if document.headings else None
    text = one_line(first.text) if first and first.level == 1 else ""
    return document.title if not text or document.title in split_title(text)[1:] else text


def _begins_with_title(document: Document) -> bool:
    """Whether the first line is a heading that serves as title: of level one, or the title."""
    marks, _, _ = document.markdown.partition(" ")
    if not document.headings or marks.strip("#") or not marks:
        return False
    first = document.headings[0]
    return first.level == 1 or _letters(first.text) == _letters(document.title)


def _letters(text: str) -> str:
    """What two spellings of a title share: a hyphen more or other quotes make no other title."""
    return re.sub(r"[\W_]+", "", text.casefold())


def _contents(
    documents: Iterable[Document],
    pages: list[Page],
    links: _Links,
    first: Page | None,
    menus: Iterable[Sequence[NavLink]],
) -> list[Entry]:
    def page_at(url: str) -> int | None:
        page = links.page_at(url)
        return None if page is None else page.key

    menu = Menu()
    for lines in menus:
        menu.learn(lines, page_at)
    leaves: list[Leaf] = []
    for page, document in zip(pages, documents, strict=True):
        menu.learn(document.navigation, page_at)
        found = (page_at(url.partition("#")[0]) for url, _ in document.links)
        targets = dict.fromkeys(key for key in found if key is not None and key != page.key)
        up = page_at(document.up.partition("#")[0]) if document.up else None
        leaves.append(
            Leaf(page.key, page.url, page.label, document.breadcrumbs, array("l", targets), up)
        )
    nodes = outline(leaves, menu, root=first.key if first else None)
    return _entries(nodes, pages)


def _entries(nodes: list[Node], pages: list[Page]) -> list[Entry]:
    """Turn the outline into the contents, iteratively: its depth is the crawled site's choice."""
    tree: list[Entry] = []
    waiting: list[tuple[Node, Entry | None]] = [(node, None) for node in reversed(nodes)]
    while waiting:
        node, parent = waiting.pop()
        page = None if node.page is None else pages[node.page]
        label = node.label or (page.label if page else "")
        while parent is not None and parent.depth >= DEEPEST - 1:
            parent = parent.parent
        entry = Entry(label, page, parent, parent.depth + 1 if parent else 0)
        (parent.children if parent else tree).append(entry)
        if page is not None:
            page.entry = entry
        waiting.extend((child, entry) for child in reversed(node.children))
    return tree
