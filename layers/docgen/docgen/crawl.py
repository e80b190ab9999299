"""Which pages does the site have? From the start page until a budget or the site ends."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from docgen import robots, urls
from docgen.ahead import Ahead
from docgen.errors import Interrupted
from docgen.fetch import Fetcher
from docgen.frontier import Frontier
from docgen.intake import Intake
from docgen.start import begin, make_scope
from docgen.visits import TICK_SECONDS, Counts, Visits, cancel

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from docgen.options import Limits, Options
    from docgen.robots import Robots
    from docgen.store import Store
    from docgen.transport import AllowAddress


class Crawl:
    """Fetches a site into the store."""

    def __init__(
        self,
        url: str,
        options: Options,
        *,
        store: Store,
        limits: Limits,
        allow_address: AllowAddress,
        report: Callable[[Counts], None],
        should_stop: Callable[[], bool],
    ) -> None:
        self._url = url
        self._options = options
        self._store = store
        self._limits = limits
        self._allow_address = allow_address
        self._report = report
        self._should_stop = should_stop

    async def run(self) -> bool:
        """Crawl, or go on crawling; say whether a budget ended it before the site did.

        Raises:
            GenerateError: The start page cannot be had.
            Interrupted: `should_stop` said so. The store is consistent.
        """
        async with (
            Fetcher(self._limits, self._allow_address) as fetcher,
            Ahead(fetcher, self._limits) as ahead,
        ):
            visits = await self._prepare(fetcher, ahead)
            is_cut = await visits.run(self._look_up)
        visits.intake.end_round()
        self._store.commit()
        return is_cut

    async def _prepare(self, fetcher: Fetcher, ahead: Ahead) -> Visits:
        folder = self._store.get("folder")
        if folder:
            origin = urls.split(folder)[0]
            rules = await self._patiently(robots.load(fetcher, origin, self._limits))
            return self._make_visits(fetcher, ahead, rules, folder)
        start = await self._patiently(
            begin(self._url, self._options, self._limits, fetcher, self._store, ahead)
        )
        visits = self._make_visits(fetcher, ahead, start.robots, start.scope.folder)
        known = visits.frontier.begin(urls.clean(start.response.final_url))
        visits.intake.accept(known, start.response, is_start=True)
        self._store.put("folder", start.scope.folder)
        self._store.commit()
        return visits

    def _make_visits(self, fetcher: Fetcher, ahead: Ahead, rules: Robots, folder: str) -> Visits:
        frontier = Frontier(
            self._store,
            make_scope(folder, self._options),
            rules,
            self._options,
            self._limits,
        )
        intake = Intake(self._store, frontier, self._limits, lambda: datetime.now(UTC))
        return Visits(
            fetcher, ahead, self._store, frontier, intake, rules, self._options, self._limits
        )

    async def _patiently[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for one thing, and still hear that it is time to stop."""
        task = asyncio.ensure_future(work)
        try:
            while not task.done():
                self._look_up(Counts(pages=0, known=1, failed=0, current=self._url))
                await asyncio.wait([task], timeout=TICK_SECONDS)
            return task.result()
        finally:
            await cancel([task])

    def _look_up(self, counts: Counts) -> None:
        """Report how far it is, and stop if told to."""
        self._report(counts)
        if self._should_stop():
            raise Interrupted
