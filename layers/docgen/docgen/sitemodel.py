"""What repeats on the pages of a site, and is therefore no page's content?

Only a comparison of pages can tell a sidebar from a list, or a banner from an introduction. The
model looks at a sample of the pages: at every piece of text (on how many pages does it stand?),
and at every element with an id or a class (how much of its text is such repeated text, how much
of it is links, does it stand at the edge of the page?). From this follow the start tags whose
elements are left out, the blocks that are trimmed from the beginning and end of a page, and the
selector of the content that most pages agree on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import batched
from typing import TYPE_CHECKING

from docgen.content import find_content
from docgen.markdown import content_blocks
from docgen.markup import drop_raw_text, split_markup
from docgen.tree import parse
from docgen.trimming import block_hash
from docgen.vocabulary import VOID, word_set

if TYPE_CHECKING:
    from collections.abc import Sequence

_SAMPLE = 64
"""Pages looked at, at most; a template shows itself on fewer."""
_LEAST_PAGES = 4
_MOST_PAGE_BYTES = 1_500_000
_MOST_PIECES = 6_000  # of text, per page
_EDGE = 16_000  # characters of content
_WIDESPREAD = 0.5  # of the pages: what stands on so many repeats
_AGREEMENT = 0.8  # of the pages have their content in the same element
_CONTAINERS = word_set("div nav aside header footer section ul ol table form p center details")
_OPAQUE = word_set("script style svg template noscript")
_HEADINGS = word_set("h1 h2 h3 h4 h5 h6")
_SHARING = 3  # pages with one title: the title is that of what they are part of
_TAIL = 0.02  # of the page's own prose may follow what stands "at the end"


@dataclass(slots=True)
class _Element:
    source: str
    first: int
    last: int


@dataclass(slots=True)
class _Page:
    pieces: list[int] = field(default_factory=list)  # hash of each piece of text
    lengths: list[int] = field(default_factory=list)
    linked: list[bool] = field(default_factory=list)
    elements: list[_Element] = field(default_factory=list)
    headings: list[tuple[int, int, str]] = field(default_factory=list)
    """Where, hash of all its pieces, element."""
    blocks: frozenset[int] = frozenset()
    selector: str = ""
    title: str = ""

    def add(self, text: str, *, is_linked: bool) -> None:
        """Note a piece of text."""
        text = " ".join(text.split())
        if text:
            self.pieces.append(hash(text))
            self.lengths.append(len(text))
            self.linked.append(is_linked)


@dataclass(slots=True)
class _Totals:
    pages: int = 0
    seen: int = 0
    characters: int = 0
    repeated: int = 0
    linked: int = 0
    at_edge: int = 0


class SiteModel:
    """What the pages of one site have in common."""

    def __init__(self) -> None:
        self.selector: str | None = None
        """Finds the content on most pages."""
        self.junk: frozenset[str] = frozenset()
        """Start tags whose elements are left out."""
        self.repeated_blocks: frozenset[int] = frozenset()
        """Hashes of the Markdown blocks that stand on most pages."""
        self.title_affixes: frozenset[str] = frozenset()
        """What most pages' titles begin or end with, besides their own."""
        self.site_name = ""
        """What most pages' titles end with, or else begin with."""
        self.shared_titles: frozenset[str] = frozenset()
        """Titles that several pages have, and that are therefore no page's own."""
        self._pages: list[_Page] = []
        self._offered = 0
        self._stride = 1

    def learn(self, html: str | bytes, url: str) -> None:
        """Take a page into account.

        May be called for every page: of many, a sample spread evenly over all is looked at.
        """
        self._offered += 1
        if (self._offered - 1) % self._stride or len(html) > _MOST_PAGE_BYTES:
            return
        tree = parse(html)
        if tree.body is None:
            return
        if len(self._pages) >= _SAMPLE:
            del self._pages[1::2]
            self._stride *= 2
            if (self._offered - 1) % self._stride:
                return
        node, selector = find_content(tree)
        page = _read(tree.body.html or "")
        page.selector = selector
        page.blocks = frozenset(
            block_hash(text)
            for edge in _edges(node.html or "")
            for number, (kind, text) in enumerate(content_blocks(edge))
            if kind != "h" or number == 0  # a heading, if it is a banner
        )
        title = tree.css_first("title")
        page.title = " ".join(title.text().split()) if title is not None else ""
        self._pages.append(page)

    def freeze(self) -> None:
        """Draw the conclusions: from now on the model only answers."""
        pages = self._pages
        if len(pages) >= _LEAST_PAGES:
            least = max(3, int(len(pages) * _WIDESPREAD + 0.5))
            spread = Counter(block for page in pages for block in page.blocks)
            self.repeated_blocks = frozenset(b for b, count in spread.items() if count >= least)
            selector, agreeing = Counter(page.selector for page in pages).most_common(1)[0]
            if agreeing >= len(pages) * _AGREEMENT:
                self.selector = selector
            self.junk = _find_junk(pages, least)
            titles = [page.title for page in pages]
            self.title_affixes = _find_affixes(titles, least)
            self.site_name = _find_name(titles, self.title_affixes)
            self.shared_titles = frozenset(
                title for title, count in Counter(titles).items() if count >= _SHARING
            )
        self._pages = []


def _edges(html: str) -> list[str]:
    """The beginning and the end of long content: what repeats within it stays."""
    if len(html) <= 2 * _EDGE:
        return [html]
    edges = html[:_EDGE], html[html.find("<", len(html) - _EDGE) :]
    return [tree.body.html or "" for tree in map(parse, edges) if tree.body is not None]


def _read(html: str) -> _Page:  # noqa: C901 - one loop: a call per token would double its time
    """Note a page's pieces of text, a code block as one, and its elements."""
    page = _Page()
    pieces = page.pieces
    stack: list[tuple[str, str, int]] = []
    links = opaque = 0
    code: list[str] | None = None
    tokens = split_markup(drop_raw_text(html))
    tokens.append("")  # there is no tag behind the last text
    for text, tag in batched(tokens, 2, strict=True):
        if code is not None:
            code.append(text)
        elif text and not opaque and not text.isspace():
            page.add(text, is_linked=links > 0)
        if len(pieces) >= _MOST_PIECES:
            break
        name = tag.partition(" ")[0]
        if name[:1] != "/":
            if name in VOID:
                continue
            stack.append((name, tag, len(pieces)))
            if name == "a":
                links += 1
            elif name == "pre" and code is None:
                code = []
            elif name in _HEADINGS:
                page.headings.append((len(pieces), 0, name))
            elif name in _OPAQUE:
                opaque += 1
        elif stack:
            name, source, first = stack.pop()
            if name == "a":
                links -= 1
            elif name == "pre" and code is not None:
                page.add("".join(code), is_linked=False)
                code = None
            elif name in _HEADINGS:
                page.headings[-1] = (first, hash(tuple(pieces[first:])), name)
            elif name in _OPAQUE:
                opaque -= 1
            elif name in _CONTAINERS and "=" in source:
                page.elements.append(_Element(source, first, len(pieces)))
    return page


def _running(values: Sequence[int]) -> list[int]:
    total = 0
    sums = [0]
    for value in values:
        total += value
        sums.append(total)
    return sums


def _find_junk(pages: list[_Page], least: int) -> frozenset[str]:
    spread: Counter[int] = Counter()
    headings: Counter[int] = Counter()
    for page in pages:
        spread.update(set(page.pieces))
        headings.update({heading for _, heading, _ in page.headings})
    common = {heading for heading, pages_with in headings.items() if pages_with >= least}
    totals: defaultdict[str, _Totals] = defaultdict(_Totals)
    for page in pages:
        own = [(n, name) for n, heading, name in page.headings if heading not in common]
        title = next((n for n, name in own if name == "h1"), -1)
        _count(page, own[0][0] if own else -1, title, spread, least, totals)
    return frozenset(
        source for source, total in totals.items() if total.pages >= least and _is_junk(total)
    )


def _count(
    page: _Page,
    first_heading: int,
    title: int,
    spread: Counter[int],
    least: int,
    totals: defaultdict[str, _Totals],
) -> None:
    lengths = _running(page.lengths)
    repeated = _running(
        [n if spread[p] >= least else 0 for p, n in zip(page.pieces, page.lengths, strict=True)]
    )
    linked = _running(
        [n if is_link else 0 for is_link, n in zip(page.linked, page.lengths, strict=True)]
    )
    prose = _running(
        [
            0 if is_link or spread[p] >= least else n
            for is_link, p, n in zip(page.linked, page.pieces, page.lengths, strict=True)
        ]
    )
    tail = prose[-1] * (1 - _TAIL)
    seen: set[str] = set()
    for element in page.elements:
        first, last = element.first, element.last
        size = lengths[last] - lengths[first]
        if not size:
            continue
        total = totals[element.source]
        total.seen += 1
        total.characters += size
        total.repeated += repeated[last] - repeated[first]
        total.linked += linked[last] - linked[first]
        if not first <= title < last:  # what holds the title is no junk
            total.at_edge += last <= first_heading or prose[first] >= tail or not prose[last]
        if element.source not in seen:
            seen.add(element.source)
            total.pages += 1


def _is_junk(total: _Totals) -> bool:
    """Repeated text at the edge of the page, or a list of links that hardly changes there."""
    if total.at_edge < total.seen * 0.95 or total.seen > total.pages * 2.5:
        return False
    repeated = total.repeated / total.characters
    linked = total.linked / total.characters
    if repeated >= 0.9 or (repeated >= 0.6 and linked >= 0.75):
        return True
    if linked >= 0.85 and repeated >= 0.2:
        return True
    return linked >= 0.7 and repeated >= 0.15 and total.characters < total.seen * 400


def _find_affixes(titles: list[str], least: int) -> frozenset[str]:
    """The parts that most titles share, before or after a separator."""
    spread: Counter[str] = Counter()
    for title in titles:
        parts = split_title(title)
        bare, suffix = split_suffix(title)
        affixes = {bare, suffix} if suffix else set()
        if len(parts) > 1:  # behind the page's own: the part of the site, the site, what it is
            affixes |= {parts[0], *parts[-2:]}
        spread.update(affixes)
    return frozenset(part for part, pages in spread.items() if pages >= least)


def _find_name(titles: list[str], affixes: frozenset[str]) -> str:
    divided = [parts for title in titles if len(parts := split_title(title)) > 1]
    for place in (-1, 0):
        names = Counter(parts[place] for parts in divided if parts[place] in affixes)
        if names:
            return names.most_common(1)[0][0]
    return ""


SEPARATORS = (" | ", " — ", " \u2013 ", " - ", " :: ", " · ", " » ", " « ", " • ", ": ")


def split_suffix(title: str) -> tuple[str, str]:
    """Split off what stands in brackets at the end: Texinfo names the manual there."""
    if title[-1:] != ")":
        return title, ""
    depth = 0
    for index in range(len(title) - 1, 0, -1):
        depth += (title[index] == ")") - (title[index] == "(")
        if depth == 0:
            is_apart = title[index - 1] == " "
            return (title[: index - 1].rstrip(), title[index:]) if is_apart else (title, "")
    return title, ""


def split_title(title: str) -> list[str]:
    """Split a page title at what usually stands between it and the site's name."""
    bare, suffix = split_suffix(title)
    for separator in SEPARATORS:
        if separator in bare:
            parts = [part.strip() for part in bare.split(separator)]
            return [*parts[:-1], f"{parts[-1]} {suffix}".rstrip()]
    return [title]
