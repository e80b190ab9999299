"""JSON: every page with what is known of it, in one file."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from docgen.writers import links
from docgen.writers.bundle import Bundle, PageContent
from docgen.writers.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docgen.site import Entry, Page

FILE = "documentation.json"


class JsonWriter:
    """Writes `documentation.json`, page after page."""

    def __init__(self, bundle: Bundle, folder: Path) -> None:
        self._site = bundle.site
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / FILE
        self._file = bundle.open(self._path)
        head = {
            "url": self._site.url,
            "title": self._site.title,
            "language": self._site.root.language,
            "generatedAt": f"{bundle.stamp:%Y-%m-%dT%H:%M:%SZ}",
            "contents": [_contents(entry) for entry in self._site.tree],
        }
        self._file.write(_dump(head)[:-1] + ',"pages":[')

    def page(self, content: PageContent) -> None:
        """Write one page."""
        self._file.write(",\n" if content.page.number else "\n")
        self._file.write(_dump(self._facts(content)))

    def finish(self, _tick: Callable[[float], None]) -> Path:
        """Close the file."""
        self._file.write("\n]}\n")
        self._file.close()
        return self._path

    def _facts(self, content: PageContent) -> dict[str, Any]:
        page, document, site = content.page, content.document, self._site
        markdown = links.replace(content.markdown, links.external)
        return {
            "url": page.url,
            "path": page.stem,
            "title": page.title,
            "description": document.description,
            "language": document.language,
            "published": document.published,
            "modified": document.modified,
            "fetchedAt": content.fetched.fetched_at,
            "status": content.fetched.status,
            "breadcrumbs": [entry.label for entry in site.trail(page)],
            "previous": _url(site.previous(page)),
            "next": _url(site.next(page)),
            "words": document.words,
            "sha256": {
                "source": content.fetched.sha256,
                "markdown": sha256(markdown.encode()).hexdigest(),
            },
            "headings": [
                {"level": level, "text": text, "anchor": anchor}
                for level, text, anchor, _ in site.headings(page)
            ],
            "links": [
                {"url": url, "text": text, "path": target.page.stem if target else None}
                for url, text in document.links
                for target in [site.find(url)]
            ],
            "images": [{"url": url, "alt": alt} for url, alt in document.images],
            "text": plain_text(content.tree),
            "markdown": markdown,
        }


def _contents(entry: Entry) -> dict[str, Any]:
    return {
        "label": entry.label,
        "url": entry.page.url if entry.page else None,
        "children": [_contents(child) for child in entry.children],
    }


def _url(page: Page | None) -> str | None:
    return page.url if page else None


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
