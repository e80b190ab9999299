"""The formats, each written by one file of this package.

`write` goes through the pages once, in reading order, and hands each to the writer of every
format asked for; then it packs the bundle. One page is in memory at a time.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from docgen.writers.bundle import Bundle, Fetched, PageContent, Source
from docgen.writers.images import collect
from docgen.writers.manifest import Manifest
from docgen.writers.pack import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from docgen.site import Site

__all__ = ["WRITERS", "Fetched", "Source", "Written", "write"]

WRITERS = {
    "markdown": "docgen.writers.markdown:MarkdownWriter",
    "html": "docgen.writers.html:HtmlWriter",
    "json": "docgen.writers.json:JsonWriter",
    "llms": "docgen.writers.llms:LlmsWriter",
    "pdf": "docgen.writers.pdf:PdfWriter",
    "docx": "docgen.writers.docx:DocxWriter",
}
"""By name, so that a run loads only what it writes (a cold start pays for every import)."""
TYPESETTING = 3
"""How much longer a page takes to be typeset than to be written in all the other formats."""
MANIFEST = "manifest.json"
BUNDLE = "bundle.zip"


class Writer(Protocol):
    """One format."""

    def page(self, content: PageContent) -> None:
        """Write the next page, in reading order."""
        ...

    def finish(self, tick: Callable[[float], None]) -> Path:
        """Write what needs all pages, and give the file that a download of the format gets.

        What takes long calls `tick` with the part that is done, from 0 to 1.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What is in the directory now."""

    files: dict[str, Path]
    """The file to download, by format; and `zip`, the whole."""
    manifest: Path
    words: int
    bytes: int
    """Of the bundle."""


def write(
    site: Site,
    source: Source,
    *,
    formats: Sequence[str],
    directory: Path,
    stamp: datetime,
    on_step: Callable[[int, int, str | None], None] = lambda done, steps, current: None,
) -> Written:
    """Write the site in all formats, each into its own folder of `directory`, and the bundle.

    `stamp` is when the content last changed, the only time that appears in what is written.
    `on_step` hears how many of how many steps are done and what comes next, at every page and
    about once a second. What it raises stops the work at once.
    """
    typesetting = TYPESETTING if "pdf" in formats else 0
    pages = len(site.pages)
    steps = pages * (1 + typesetting) + 1
    scratch = directory / ".images"
    _clear(directory, formats)
    with ExitStack() as files:
        files.callback(shutil.rmtree, scratch, ignore_errors=True)
        bundle = Bundle(site, collect(source.assets(), scratch), stamp, files)
        manifest = Manifest(bundle, has_markdown="markdown" in formats)
        writers = {name: _writer(name)(bundle, directory / name) for name in formats}
        for done, page in enumerate(site.pages):
            on_step(done, steps, page.url)
            content = PageContent(page, source.document(page.url), source.fetched(page.url))
            for writer in writers.values():
                writer.page(content)
            manifest.page(content)
        results = {}
        for name, writer in writers.items():
            on_step(pages, steps, name)
            results[name] = writer.finish(
                lambda part: on_step(pages + int(part * pages * typesetting), steps, "pdf")
            )
    path = manifest.finish(directory / MANIFEST, source.skipped())
    on_step(steps - 1, steps, BUNDLE)
    results["zip"] = pack(directory, [*formats, MANIFEST], directory / BUNDLE, stamp)
    if "html" in results:
        results["html"] = pack(directory / "html", ["."], directory / "html.zip", stamp)
    on_step(steps, steps, None)
    size = results["zip"].stat().st_size
    return Written(files=results, manifest=path, words=manifest.words, bytes=size)


def _writer(name: str) -> Callable[[Bundle, Path], Writer]:
    module, _, writer = WRITERS[name].partition(":")
    found: Callable[[Bundle, Path], Writer] = getattr(import_module(module), writer)
    return found


def _clear(directory: Path, formats: Sequence[str]) -> None:
    """Remove what an earlier run left, so that no page outlives its removal from the site."""
    for name in [*WRITERS, ".images"]:
        shutil.rmtree(directory / name, ignore_errors=True)
    for name in formats:
        (directory / name).mkdir(parents=True)
    for name in (MANIFEST, BUNDLE, "html.zip"):
        (directory / name).unlink(missing_ok=True)
