"""manifest.json: every page of the bundle, and everything that is not in it with the reason."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from docgen.writers.markdown import tree_page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from docgen.writers.bundle import Bundle, PageContent


class Manifest:
    """Gathers a few hundred bytes a page."""

    def __init__(self, bundle: Bundle, *, has_markdown: bool) -> None:
        self._bundle = bundle
        self._has_markdown = has_markdown
        self._pages: list[dict[str, Any]] = []
        self.words = 0

    def page(self, content: PageContent) -> None:
        """Note one page. Its hash is of its Markdown file, whether or not that is in the bundle."""
        page = content.page
        self.words += content.document.words
        self._pages.append(
            {
                "url": page.url,
                "path": urlsplit(page.url).path or "/",
                "md": f"markdown/{page.stem}.md" if self._has_markdown else None,
                "title": page.title,
                "words": content.document.words,
                "sha256": sha256(tree_page(self._bundle, content).encode()).hexdigest(),
                "status": content.fetched.status,
            }
        )

    def finish(self, path: Path, skipped: Iterable[tuple[str, str]]) -> Path:
        """Write the file."""
        manifest = {
            "url": self._bundle.site.url,
            "title": self._bundle.site.title,
            "generatedAt": f"{self._bundle.stamp:%Y-%m-%dT%H:%M:%SZ}",
            # Shallow ones first: who looks for the end of a path meets the right page.
            "pages": sorted(self._pages, key=lambda page: page["path"].count("/")),
            "skipped": [{"url": url, "reason": reason} for url, reason in skipped],
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1)
        path.write_text(f"{text}\n", encoding="utf-8", newline="\n")
        return path
