"""HTML: a static site that works from a folder on disk and asks nothing of the network."""

from __future__ import annotations

import json
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docgen.writers import links
from docgen.writers.bundle import Bundle, PageContent, put
from docgen.writers.html_body import HtmlBody
from docgen.writers.search import SearchIndex
from docgen.writers.text import is_leftward, sections

if TYPE_CHECKING:
    from collections.abc import Callable

    from docgen.site import Entry, Page

STATIC = Path(__file__).parent / "static"
ASSETS = "_assets"
CONTENTS = "contents"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Nothing from anywhere else, and no script, style, frame or form in the pages themselves."""
FEWEST_FOR_TOC = 2
TOC_LEVELS = (2, 3)


class HtmlWriter:
    """Writes `guide/install.html` for each page, `contents.html`, and the search index."""

    def __init__(self, bundle: Bundle, folder: Path) -> None:
        self._bundle = bundle
        self._site = bundle.site
        self._folder = folder
        self._search = SearchIndex(folder / ASSETS / "search")
        for name in ("style.css", "app.js"):
            put(folder / ASSETS / name, (STATIC / name).read_text("utf-8"))
        self._write_navigation()
        self._write_contents()

    def page(self, content: PageContent) -> None:
        """Write one page."""
        page, site = content.page, self._site
        body = HtmlBody(
            lambda url: self._bundle.link(page, url, ".html"),
            lambda url: self._bundle.picture(content, url),
        )
        article = body.render(content.tree)
        self._bundle.copy_images(content, self._folder)
        up = "../" * page.stem.count("/")
        html = self._shell(
            up=up,
            title=page.title,
            language=page.language,
            description=page.description,
            current=page.number,
            trail=_trail(page, site.trail(page)),
            article=article,
            foot=_source(content) + _neighbours(page, site.previous(page), site.next(page)),
            toc=_toc(body.headings),
        )
        put(self._folder / f"{page.stem}.html", html)
        parts = sections(content.tree)
        anchors = iter(anchor for _, _, anchor in body.headings)
        self._search.add(
            page.title,
            links.from_top(f"{page.stem}.html"),
            " / ".join(entry.label for entry in site.trail(page)),
            [(next(anchors, "") if part.heading else "", part) for part in parts],
        )

    def finish(self, _tick: Callable[[float], None]) -> Path:
        """Write the search index; the download is made of the folder."""
        self._search.finish()
        return self._folder

    def _write_navigation(self) -> None:
        lines: list[list[Any]] = [
            [
                entry.depth,
                entry.label,
                *([links.from_top(f"{entry.page.stem}.html")] if entry.page else []),
            ]
            for entry in self._site.entries()
        ]
        text = json.dumps(lines, ensure_ascii=False, separators=(",", ":"))
        put(self._folder / ASSETS / "nav.js", f"DOCS.nav({text});\n")

    def _write_contents(self) -> None:
        lines = []
        for entry in self._site.entries():
            label = escape(entry.label)
            if entry.page:
                address = escape(links.from_top(f"{entry.page.stem}.html"))
                label = f'<a href="{address}">{label}</a>'
            lines.append(f'<li class="depth-{entry.depth}">{label}</li>\n')
        article = f'<h1>{escape(self._site.title)}</h1>\n<ul class="contents">{"".join(lines)}</ul>'
        names = [CONTENTS] if self._site.root.stem == "index" else [CONTENTS, "index"]
        for name in names:
            html = self._shell(
                up="",
                title="Contents",
                language=self._site.root.language,
                article=article,
            )
            put(self._folder / f"{name}.html", html)

    def _shell(
        self,
        *,
        up: str,
        title: str,
        language: str | None,
        article: str,
        description: str | None = None,
        current: int = -1,
        trail: str = "",
        foot: str = "",
        toc: str = "",
    ) -> str:
        site_title = escape(self._site.title)
        full = site_title if title == self._site.title else f"{escape(title)} · {site_title}"
        note = f'\n<meta name="description" content="{escape(description)}">' if description else ""
        return f"""<!doctype html>
<html lang="{escape(language or "en")}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{full}</title>{note}
<link rel="stylesheet" href="{up}{ASSETS}/style.css">
<script src="{up}{ASSETS}/app.js"></script>
</head>
<body data-up="{up}" data-page="{current}">
<a class="skip" href="#ds-main">Skip to content</a>
<header class="bar">
<button class="icon menu" type="button" aria-label="Menu" aria-expanded="false"></button>
<a class="brand" href="{up}index.html">{site_title}</a>
<button class="find" type="button" aria-label="Search"><span>Search</span><kbd>Ctrl K</kbd></button>
<button class="icon theme" type="button" aria-label="Light or dark"></button>
</header>
<div class="frame">
<nav class="side" aria-label="Pages"><noscript><a href="{up}contents.html">All pages</a></noscript>\
<div class="tree"></div></nav>
<script src="{up}{ASSETS}/nav.js"></script>
<main id="ds-main" tabindex="-1">
{trail}<article{_direction(language)}>
{article}</article>
{foot}</main>
{toc}
</div>
</body>
</html>
"""


def _direction(language: str | None) -> str:
    return ' dir="rtl"' if is_leftward(language) else ""


def _trail(page: Page, above: list[Entry]) -> str:
    if not above:
        return ""
    parts = []
    for entry in above:
        label = escape(entry.label)
        if entry.page:
            address = escape(links.relative(page, f"{entry.page.stem}.html"))
            label = f'<a href="{address}">{label}</a>'
        parts.append(f"<li>{label}</li>")
    return f'<nav class="trail" aria-label="Breadcrumbs"><ol>{"".join(parts)}</ol></nav>\n'


def _source(content: PageContent) -> str:
    address = links.external(content.page.url)
    day = content.fetched.fetched_at[:10]
    return (
        f'<p class="source">From <a class="outside" href="{escape(address or "")}" '
        f'rel="noopener noreferrer">{escape(content.page.url)}</a>, {escape(day)}</p>\n'
    )


def _neighbours(page: Page, previous: Page | None, following: Page | None) -> str:
    cells = []
    for other, name, word in ((previous, "prev", "Previous"), (following, "next", "Next")):
        if other is not None:
            address = escape(links.relative(page, f"{other.stem}.html"))
            label = escape(other.entry.label if other.entry else other.title)
            cells.append(
                f'<a class="{name}" rel="{name}" href="{address}"><span>{word}</span>{label}</a>'
            )
    return f'<nav class="neighbours" aria-label="Next pages">{"".join(cells)}</nav>\n'


def _toc(headings: list[tuple[int, str, str]]) -> str:
    shown = [heading for heading in headings if heading[0] in TOC_LEVELS]
    if len(shown) < FEWEST_FOR_TOC:
        return '<div class="toc"></div>'
    lines = [
        f'<li class="level-{level}"><a href="#{escape(anchor)}">{escape(text)}</a></li>\n'
        for level, text, anchor in shown
    ]
    return (
        '<aside class="toc" aria-label="On this page"><p>On this page</p>\n'
        f"<ul>\n{''.join(lines)}</ul></aside>"
    )
