"""What does one page say: its title, its facts, its content as Markdown?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from docgen.content import find_content
from docgen.markdown import to_markdown
from docgen.metadata import (
    Metadata,
    choose_title,
    name_of_address,
    read_breadcrumbs,
    read_head,
)
from docgen.navigation import NavLink, read_menu, read_navigation
from docgen.sitemodel import SiteModel
from docgen.tex import formula_pattern
from docgen.tree import parse
from docgen.walk import Heading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selectolax.lexbor import LexborHTMLParser

    from docgen.walk import Written

__all__ = ["Document", "Heading", "NavLink", "SiteModel", "convert"]

_FETCHABLE = ("http://", "https://", "mailto:", "ftp://")
_SETTERS = ("athJax", "athjax", "atex")
"""Parts of the names of the scripts that set formulas."""
_SHELL_WORDS = 25
_LEAST_WORDS = 5  # "Loading, please wait" is no page
_HEADED_WORDS = 8  # a short page with a heading of its own is a short page
_SHELL = re.compile(
    r"<(?:div|main)\b[^>]*\bid=[\"']?(?:root|app|__next|__nuxt|___gatsby|svelte|q-app|"
    r"application|main-app|__docusaurus)\b|\bhref=[\"']?#!?/|<app-root\b|<noscript\b[^>]*>[^<]{0,400}"
    r"(?:JavaScript|javascript)",
    re.IGNORECASE,
)
_LOGIN_WORDS = 150
_LOGIN = re.compile(r"\b(?:sign|log)[ -]?in\b|\blogin\b|anmelden|connexion|iniciar sesión", re.I)
_WORDS_OF_A_LINK = 8  # and of what is beside it in a menu
_MISSING_WORDS = 150
_MISSING = re.compile(
    r"^\W*(?:error\W*)?404\b|\b404\W+(?:error|not found|page)|^not found\W*$"
    r"|page (?:was |could |can )?(?:be )?not (?:be )?found"
    r"|page (?:does|doesn.t|did).{0,12} exist|seite nicht gefunden|page introuvable",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One page, extracted."""

    url: str
    title: str
    description: str | None
    language: str | None
    published: str | None
    """ISO 8601, as exact as the page says it."""
    modified: str | None
    breadcrumbs: tuple[str, ...]
    markdown: str
    """Its links and images are absolute, wrapped in U+E000 and U+E001."""
    headings: tuple[Heading, ...]
    anchors: Mapping[str, str] = field(default_factory=dict)
    """Element id → anchor of the heading it belongs to; "" before the first heading."""
    embedded: Mapping[str, str] = field(default_factory=dict)
    """Images that stand in the page itself: what they are called in `images`, and their `data:`
    URL. Not kept with the rest."""
    links: tuple[tuple[str, str], ...]
    """URL and text of each."""
    images: tuple[tuple[str, str], ...]
    """URL and alternative text of each."""
    sizes: Mapping[str, str] = field(default_factory=dict)
    """How large the page shows them, if it says so: `300` pixels wide, `50%`, `x20` high."""
    up: str = ""
    """URL of the page above this one, if its head names one."""
    navigation: tuple[NavLink, ...]
    """The site's own menu as this page shows it."""
    words: int
    problem: str | None
    """`empty_shell`, `login_wall`, `soft_404`, `frame_menu`, `empty`: there is no content here."""


class _Resolver:
    """Makes a page's links absolute; each is looked at once."""

    def __init__(self, url: str) -> None:
        self.base = url
        self.folder = url[: url.rfind("/") + 1] if url.count("/") > 2 else url + "/"
        self.known: dict[str, str] = {}

    def __call__(self, href: str) -> str:
        found = self.known.get(href)
        if found is None:
            found = self.known[href] = self._resolve(href)
        return found

    def _resolve(self, href: str) -> str:
        if href[:1] == "#":
            return self.base.partition("#")[0] + href
        folder = self.folder
        rest = href
        while rest[:3] == "../" and folder.count("/") > 3:
            rest = rest[3:]
            folder = folder[: folder.rfind("/", 0, -1) + 1]
        if rest and rest[0].isalnum() and ":" not in rest and "/." not in rest:
            return folder + rest
        try:
            url = urljoin(self.base, href)
        except ValueError:
            return ""
        return url if url.lower().startswith(_FETCHABLE) else ""


def convert(
    html: str | bytes, url: str, model: SiteModel | None = None, *, base: str | None = None
) -> Document:
    """Extract a page.

    Args:
        html: The page; bytes are UTF-8.
        url: What the page is called in the result.
        model: What repeats on the site's pages, frozen. Without it only markup tells junk.
        base: Where the page was found after redirects, if elsewhere: its links start from there.
    """
    tree = parse(html)
    head = read_head(tree)
    resolve = _Resolver(base or url)
    if head.base:
        resolve = _Resolver(resolve(head.base) or base or url)
    node, _ = find_content(tree, model.selector if model else None)
    own_url = (base or url).partition("#")[0]
    written = to_markdown(node.html or "", resolve, model, _formulas(html), own_url)
    title = _title_of(head.title, written.headings, model)
    words = len(written.markdown.split())
    problem = _find_problem(tree, html, head, written, words)
    read_links = read_menu if problem == "frame_menu" else read_navigation
    return Document(
        url=url,
        title=title or name_of_address(url),
        description=head.description,
        language=head.language,
        published=head.published,
        modified=head.modified,
        breadcrumbs=read_breadcrumbs(tree, title) if _may_have_crumbs(html) else (),
        markdown=written.markdown,
        headings=tuple(written.headings),
        anchors=written.anchors,
        links=tuple(written.links),
        images=tuple(written.images),
        embedded=written.embedded,
        sizes={url: size for url, size in written.sizes.items() if size},
        up=resolve(head.up) if head.up else "",
        navigation=read_links(tree, base or url, resolve),
        words=words,
        problem=problem,
    )


def _title_of(title: str, headings: list[Heading], model: SiteModel | None) -> str:
    if model is None:
        return choose_title(title, headings, frozenset())
    own = "" if headings and title in model.shared_titles else title
    return choose_title(own, headings, model.title_affixes)


def _formulas(html: str | bytes) -> re.Pattern[str] | None:
    """What is a formula in the page's text, if a script sets formulas."""
    if isinstance(html, bytes):
        if not any(name.encode() in html for name in _SETTERS):
            return None
        html = html.decode("utf-8", "replace")
    return formula_pattern(html) if any(name in html for name in _SETTERS) else None


def _may_have_crumbs(html: str | bytes) -> bool:
    return "crumb" in html if isinstance(html, str) else b"crumb" in html


def _is_piece(html: str | bytes) -> bool:
    """Whether this is no page, but a piece that a script puts into pages."""
    return "<body" not in html if isinstance(html, str) else b"<body" not in html


def _find_problem(
    tree: LexborHTMLParser, html: str | bytes, head: Metadata, written: Written, words: int
) -> str | None:
    """Tell pages that carry no content of their own, though they were answered with 200."""
    if words < _WORDS_OF_A_LINK * len(written.links) and (
        head.is_frame or (not head.title and not written.headings and _is_piece(html))
    ):
        return "frame_menu"
    if words >= max(_SHELL_WORDS, _LOGIN_WORDS, _MISSING_WORDS):
        return None
    first = written.headings[0].text if written.headings else ""
    if _MISSING.search(head.title) or _MISSING.search(first):
        return "soft_404"
    if tree.css_first("input[type=password]") is not None and _LOGIN.search(
        f"{head.title} {written.markdown[:2_000]}"
    ):
        return "login_wall"
    if words >= _SHELL_WORDS or (first and words >= _HEADED_WORDS):
        return None
    source = html if isinstance(html, str) else html.decode("utf-8", "replace")
    is_shell = "<script" in source and (
        _SHELL.search(source) is not None or (words < _LEAST_WORDS and not written.headings)
    )
    if is_shell:
        return "empty_shell"
    return None if words else "empty"
