"""llms.txt and llms-full.txt, in the form of llmstxt.org: what a language model reads first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docgen.writers import links
from docgen.writers.bundle import Bundle, PageContent, escape, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docgen.site import Entry, Page

INDEX = "llms.txt"
FULL = "llms-full.txt"
LONGEST_NOTE = 200


class LlmsWriter:
    """Writes `llms.txt` (what there is, and where) and `llms-full.txt` (all of it).

    Links lead to the site itself: these files are read where the bundle is not.
    """

    def __init__(self, bundle: Bundle, folder: Path) -> None:
        self._bundle = bundle
        self._path = folder / FULL
        put(folder / INDEX, _index(bundle))
        self._file = bundle.open(self._path)
        self._file.write(_head(bundle))

    def page(self, content: PageContent) -> None:
        """Write one page behind the others."""
        text = links.replace(content.markdown, links.external)
        heading, _, rest = text.partition("\n")
        source = links.external(content.page.url) or ""
        self._file.write(f"\n{heading}\n\nSource: {source}\n{rest}")

    def finish(self, _tick: Callable[[float], None]) -> Path:
        """Close the file."""
        self._file.close()
        return self._path


def _index(bundle: Bundle) -> str:
    """Write llms.txt: title, summary, then sections of links with a note each."""
    parts = [_head(bundle)]
    loose = [entry for entry in bundle.site.tree if entry.page and not entry.children]
    if loose:
        parts.append(f"\n## Pages\n\n{''.join(_line(entry) for entry in loose)}")
    for entry in bundle.site.tree:
        if entry.children:
            lines = [_line(each) for each in entry.walk() if each.page]
            parts.append(f"\n## {escape(entry.label)}\n\n{''.join(lines)}")
    return "".join(parts)


def _head(bundle: Bundle) -> str:
    site = bundle.site
    summary = _note(site.root) or f"{len(site.pages)} pages from {links.external(site.url)}"
    return f"# {escape(site.title)}\n\n> {escape(summary)}\n"


def _line(entry: Entry) -> str:
    page = entry.page
    if page is None:
        return ""
    note = _note(page)
    return f"- [{escape(entry.label)}]({links.external(page.url)}){f': {note}' if note else ''}\n"


def _note(page: Page) -> str:
    note = escape(page.description or "")
    return note if len(note) <= LONGEST_NOTE else note[:LONGEST_NOTE].rsplit(" ", 1)[0] + " …"
