"""How does a URL become documentation? Crawl, extract, write: a table of contents."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from docgen import site, writers
from docgen.crawl import Crawl
from docgen.errors import Interrupted, NoUsableContent
from docgen.extract import SiteModel, convert
from docgen.frontier import DOCUMENTS
from docgen.images import fetch_images
from docgen.options import Limits, Options
from docgen.records import State
from docgen.store import Store
from docgen.wholes import leave_wholes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from docgen.extract import Document
    from docgen.transport import AllowAddress
    from docgen.visits import Counts

EXTRACTION = "4"
"""Counts up when extraction changes, so that documents of an older one are made anew."""
LEARNT_FROM = 24  # pages; what repeats shows itself on fewer, and looking costs as much as writing
COMMIT_EVERY = 25
FEW_WORDS = 40  # beside the names of the files


class Stage(StrEnum):
    """What a run is doing."""

    DISCOVERING = "discovering"
    """Robots.txt and the start page."""
    CRAWLING = "crawling"
    """Pages into the store."""
    EXTRACTING = "extracting"
    """HTML into Markdown, and the images."""
    WRITING = "writing"
    """The files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is."""

    stage: Stage
    percent: int
    """0..100 over the whole run; never falls."""
    pages: int
    """In the result so far."""
    known: int
    """Pages of the result and URLs still waiting."""
    failed: int
    current: str | None
    """URL or format at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run has made."""

    title: str
    pages: int
    failed_pages: int
    words: int
    bytes: int
    """Of the bundle."""
    formats: tuple[str, ...]
    truncated: bool
    """A budget ended the crawl, not the site."""
    files: Mapping[str, Path]
    """The file to download, by format; and `zip`, the whole bundle."""
    manifest: Path


def _ignore(_: Progress) -> None:
    """Report to nobody."""


def _never() -> bool:
    return False


def generate(
    url: str,
    options: Options = Options(),  # noqa: B008 - frozen
    *,
    directory: Path,
    allow_address: AllowAddress,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    on_progress: Callable[[Progress], None] = _ignore,
    should_stop: Callable[[], bool] = _never,
    store: Path | None = None,
) -> Result:
    """Turn a documentation site into documentation.

    Writes into `directory`. `store` is the file that remembers the run: with it, an
    interrupted run goes on where it was, and a finished one is brought up to date with
    conditional requests. `on_progress` is called from this thread, at least once a second
    while there is something to wait for; what it raises ends the run at once.

    Raises:
        GenerateError: There is no documentation to be had; `retryable` says if later.
        Interrupted: `should_stop` said so. Call again with the same store to go on.
    """
    directory.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=".docgen-", dir=directory) as scratch,
        Store(store or Path(scratch) / "store.sqlite") as opened,
    ):
        run = _Run(url, options, limits, opened, on_progress, should_stop)
        return run.run(directory, allow_address)


class _Run:
    def __init__(
        self,
        url: str,
        options: Options,
        limits: Limits,
        store: Store,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._url = url
        self._options = options
        self._limits = limits
        self._store = store
        self._on_progress = on_progress
        self._should_stop = should_stop
        self._percent = 0
        self._counts = (0, 1, 0)

    def run(self, directory: Path, allow_address: AllowAddress) -> Result:
        self._open_round()
        if self._store.get("phase") == "crawling":
            self._crawl(allow_address)
        self._extract()
        self._fetch_images(allow_address)
        result = self._write(directory)
        self._store.put("phase", "finished")
        return result

    def _open_round(self) -> None:
        """Begin, go on, or begin again on what is known from before."""
        store = self._store
        wanted = repr(
            (
                self._options.include,
                self._options.exclude,
                self._options.max_depth,
                self._options.max_pages,
            )
        )
        if store.get("url") != self._url:
            store.clear()
            store.put("url", self._url)
            store.put("phase", "crawling")
        elif store.get("phase") == "finished" or store.get("wanted") != wanted:
            store.start_round()
            store.put("phase", "crawling")
            store.put("percent", "0")
            store.put("folder", "")
        store.put("wanted", wanted)
        store.commit()
        self._percent = int(store.get("percent") or 0)

    # Crawling: up to 65 %

    def _crawl(self, allow_address: AllowAddress) -> None:
        crawl = Crawl(
            self._url,
            self._options,
            store=self._store,
            limits=self._limits,
            allow_address=allow_address,
            report=self._report_crawl,
            should_stop=self._should_stop,
        )
        is_cut = asyncio.run(crawl.run())
        if not self._store.count(State.PAGE):
            raise self._nothing_found()
        self._store.put("truncated", str(int(is_cut)))
        self._store.put("phase", "crawled")
        self._store.commit()

    def _report_crawl(self, counts: Counts) -> None:
        self._counts = (counts.pages, counts.known, counts.failed)
        if counts.pages == 0:
            self._report(Stage.DISCOVERING, 1, counts.current)
            return
        # A site shows its size bit by bit: until it has, the bar keeps something in hand.
        ahead = min(self._options.max_pages, counts.known + 10 * (counts.known < 20))
        share = min(1.0, counts.pages / max(1, ahead))
        self._report(Stage.CRAWLING, 2 + int(63 * share), counts.current)

    # Extracting: up to 88 %

    def _extract(self) -> None:
        store = self._store
        total = store.count(State.PAGE)
        version = f"{EXTRACTION}.{store.get('content')}.{total}"
        if store.get("extracted") == version:
            return
        if store.get("extracting") != version:
            store.documents.clear()
            store.images.drop_embedded()
            store.put("extracting", version)
        model = self._learn(total)
        done = store.documents.sizes()
        problems: Counter[str] = Counter()
        for number, page in enumerate(store.pages()):
            if number not in done:
                document = convert(page.html, page.url, model)
                if document.problem is None:
                    store.documents.put(number, document)
                    store.images.put_embedded(document.embedded, self._limits)
                else:
                    problems[document.problem] += 1
                    store.documents.set_problem(page.key, document.problem)
                    if document.problem == "frame_menu":
                        store.documents.put_menu(number, document.navigation)
                if number % COMMIT_EVERY == 0:
                    store.commit()
            self._step(Stage.EXTRACTING, 66 + 20 * number // total, page.url)
        leave_wholes(store)
        self._check_documents(problems)
        store.put("extracted", version)
        store.commit()

    def _check_documents(self, problems: Counter[str]) -> None:
        documents = self._store.documents
        sizes = documents.sizes()
        if not any(words for _, words in sizes.values()):
            worst = problems.most_common(1)
            raise NoUsableContent(PROBLEMS.get(worst[0][0]) if worst else None)
        if len(sizes) == 1 and _is_list_of_files(next(documents.all())):
            raise NoUsableContent(
                "This site offers its documentation as PDF and other files only, not as web pages."
            )

    def _learn(self, total: int) -> SiteModel:
        model = SiteModel()
        every = max(1, -(-total // LEARNT_FROM))
        for number, page in enumerate(self._store.pages()):
            if number % every == 0:
                model.learn(page.html.decode(), page.final_url)
                self._step(Stage.EXTRACTING, 65, page.url)
        model.freeze()
        self._store.put("site_name", model.site_name)
        return model

    def _fetch_images(self, allow_address: AllowAddress) -> None:
        if self._limits.images:
            asyncio.run(
                fetch_images(
                    self._store,
                    self._limits,
                    allow_address,
                    lambda url: self._step(Stage.EXTRACTING, 87, url),
                )
            )

    # Writing: up to 100 %

    def _write(self, directory: Path) -> Result:
        store = self._store
        arranged = site.arrange(
            store.documents.all,
            root=self._url,
            menus=store.documents.menus(),
            aliases=store.aliases(),
            title=self._options.title,
            name=store.get("site_name") or "",
        )
        changed_at = store.get("changed_at") or "1980-01-01T00:00:00Z"
        written = writers.write(
            arranged,
            _Source(store),
            formats=self._options.formats,
            directory=directory,
            stamp=datetime.fromisoformat(changed_at).astimezone(UTC),
            on_step=lambda done, steps, current: self._step(
                Stage.WRITING, 88 + 12 * done // max(1, steps), current
            ),
        )
        return Result(
            title=arranged.title,
            pages=len(arranged.pages),
            failed_pages=store.count(State.FAILED),
            words=written.words,
            bytes=written.bytes,
            formats=self._options.formats,
            truncated=store.get("truncated") == "1",
            files=written.files,
            manifest=written.manifest,
        )

    def _step(self, stage: Stage, percent: int, current: str | None) -> None:
        self._report(stage, percent, current)
        if self._should_stop():
            self._store.commit()
            raise Interrupted

    def _report(self, stage: Stage, percent: int, current: str | None) -> None:
        if percent > self._percent:
            self._percent = percent
            self._store.put("percent", str(percent))
        pages, known, failed = self._counts
        self._on_progress(
            Progress(
                stage=stage,
                percent=self._percent,
                pages=pages,
                known=known,
                failed=failed,
                current=current,
            )
        )

    def _nothing_found(self) -> NoUsableContent:
        reasons = self._store.skip_reasons()
        if reasons.get("excluded"):
            return NoUsableContent("The patterns given leave nothing of this site.")
        return NoUsableContent()


PROBLEMS = {
    "empty_shell": "The pages of this site are empty until a browser runs their scripts.",
    "login_wall": "The pages of this site can only be read after signing in.",
    "soft_404": "There is no page at this URL: the site says so without an error status.",
    "frame_menu": "This is only the menu of a site; the site has another address.",
}


def _is_list_of_files(document: Document) -> bool:
    """Say whether a page is little more than links to documents that are no web pages."""
    files = [text for url, text in document.links if DOCUMENTS.search(url.partition("?")[0])]
    named = sum(len(text.split()) for text in files)
    return bool(files) and document.words - named < FEW_WORDS + len(files)


class _Source:
    """The store, as the writers want to see it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.document = store.documents.of
        self.skipped = store.skipped
        self.assets = store.images.all

    def fetched(self, url: str) -> writers.Fetched:
        return writers.Fetched(*self._store.fetched(url))
