"""Crawling a test site without extracting or writing anything."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from docgen.crawl import Crawl
from docgen.fetch import Fetcher
from docgen.options import Limits, Options
from docgen.records import State
from docgen.store import Store
from docgen.visits import Counts

from tests.support.site import Site

HASTY = Limits(backoff=timedelta(milliseconds=10), request_timeout=timedelta(seconds=10))
"""Limits for tests that do not wait."""


@dataclass(frozen=True, slots=True)
class Crawled:
    """What a crawl left in its store; paths instead of URLs."""

    pages: list[str]
    skipped: dict[str, str]
    aliases: dict[str, str]
    failed: int
    is_cut: bool


def crawl(
    site: Site,
    path: str = "/docs/",
    *,
    store: Path | None = None,
    limits: Limits = HASTY,
    report: Callable[[Counts], None] = lambda _: None,
    should_stop: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Crawled:
    """Crawl, and tell what was found."""
    with Store(store or Path(":memory:")) as opened:
        run = Crawl(
            site.url(path), Options(**options), store=opened, limits=limits,
            allow_address=lambda _: True, report=report, should_stop=should_stop,
        )  # fmt: skip
        is_cut = asyncio.run(run.run())
        origin = site.url("")
        return Crawled(
            pages=[page.url.removeprefix(origin) for page in opened.pages()],
            skipped={url.removeprefix(origin): reason for url, reason in opened.skipped()},
            aliases={
                url.removeprefix(origin): target.removeprefix(origin)
                for url, target in opened.aliases()
            },
            failed=opened.count(State.FAILED),
            is_cut=is_cut,
        )


def fetch(url: str, limits: Limits = HASTY, **arguments: Any) -> Any:
    """Send one request."""

    async def act() -> Any:
        async with Fetcher(limits, lambda _: True) as fetcher:
            return await fetcher.get(url, **{"most_bytes": 100_000, **arguments})

    return asyncio.run(act())


def within(limits: Limits = HASTY, **changes: Any) -> Limits:
    """Change some limits."""
    return replace(limits, **changes)
