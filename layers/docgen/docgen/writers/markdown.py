"""Markdown: a tree of files with front matter, and the whole as one file."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from docgen.anchors import CONTENTS
from docgen.writers import links
from docgen.writers.bundle import IMAGES, Bundle, PageContent, escape, put

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from docgen.site import Page

COMBINED = "documentation.md"
INDEX = "README.md"

_FOOTNOTES = re.compile(
    r"^[ >]*(?P<fence>`{3,}|~{3,}).*?^[ >]*(?P=fence)[`~]* *$"  # code is not looked into
    r"|(?P<ticks>`+)(?!`)[^\n]+?(?<!`)(?P=ticks)(?!`)"
    r"|\[\^(?P<label>[^\]\s]+)\]",
    re.MULTILINE | re.DOTALL,
)


class MarkdownWriter:
    """Writes a file for each page, `README.md` and `documentation.md`."""

    def __init__(self, bundle: Bundle, folder: Path) -> None:
        self._bundle = bundle
        self._site = bundle.site
        self._folder = folder
        self._index()
        self._combined = bundle.open(folder / COMBINED)
        self._combined.write(f"# {escape(self._site.title)}\n\nSource: <{self._source()}>\n\n")
        self._combined.write(f"## {CONTENTS}\n\n")
        self._combined.writelines(bundle.contents(lambda page: self._within(page.url)))

    def page(self, content: PageContent) -> None:
        """Write one page, into its own file and behind the others."""
        page = content.page
        self._bundle.copy_images(content, self._folder)
        text = links.replace(content.markdown, self._within, self._bundle.images)
        heading, _, rest = text.partition("\n")
        text = f"{heading}\n\nSource: <{links.external(page.url) or ''}>\n{rest}"
        self._combined.write(f"\n---\n\n{rename_footnotes(text, f'{page.number + 1}-')}")
        put(self._folder / f"{page.stem}.md", tree_page(self._bundle, content))

    def finish(self, _tick: Callable[[float], None]) -> Path:
        """Close the combined file, which is what a download of this format gives."""
        self._combined.close()
        return self._folder / COMBINED

    def _source(self) -> str:
        return links.external(self._site.url) or ""

    def _index(self) -> None:
        lines = [f"# {escape(self._site.title)}\n\n"]
        lines.append(f"{len(self._site.pages)} pages from <{self._source()}>, ")
        lines.append(f"as of {self._bundle.stamp:%Y-%m-%d}. ")
        lines.append(f"All in one file: [{COMBINED}]({COMBINED}).\n\n## {CONTENTS}\n\n")
        lines += self._bundle.contents(lambda page: links.from_top(f"{page.stem}.md"))
        put(self._folder / INDEX, "".join(lines))

    def _within(self, url: str) -> str | None:
        image = self._bundle.images.get(url)
        if image is not None:
            return links.from_top(f"{IMAGES}/{image.name}")
        return links.within(self._site, url)


def tree_page(bundle: Bundle, content: PageContent) -> str:
    """Write a page as a file of the tree."""
    if content.file is None:
        text = links.replace(
            content.markdown, lambda url: bundle.link(content.page, url, ".md"), bundle.images
        )
        content.file = f"{_front_matter(bundle, content)}\n{text}"
    return content.file


def _front_matter(bundle: Bundle, content: PageContent) -> str:
    document, site, page = content.document, bundle.site, content.page
    fields: dict[str, str | None] = {
        "url": page.url,
        "title": page.title,
        "description": document.description,
        "language": document.language,
        "published": document.published,
        "modified": document.modified,
        "fetched": content.fetched.fetched_at,
        "previous": _beside(page, site.previous(page)),
        "next": _beside(page, site.next(page)),
    }
    # A JSON string is a YAML string, whatever it holds.
    lines = [
        f"{name}: {json.dumps(value, ensure_ascii=False)}\n"
        for name, value in fields.items()
        if value
    ]
    return f"---\n{''.join(lines)}---\n"


def _beside(page: Page, other: Page | None) -> str | None:
    return links.relative(page, f"{other.stem}.md") if other else None


def rename_footnotes(markdown: str, prefix: str) -> str:
    """Give footnotes names of their own, for where several pages share a document."""
    if "[^" not in markdown:
        return markdown

    def renamed(match: re.Match[str]) -> str:
        return f"[^{prefix}{match['label']}]" if match["label"] else match[0]

    labels = set(re.findall(r"^[ >]*\[\^([^\]\s]+)\]:", markdown, re.MULTILINE))
    return _FOOTNOTES.sub(
        lambda match: renamed(match) if match["label"] in labels else match[0], markdown
    )
