"""What can be asked for while the start page is on its way?

The lists that are read in any case. Asked for only then, they cost the crawl a round of requests.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from docgen import urls
from docgen.sitemaps import asked_for_first
from docgen.visits import cancel

if TYPE_CHECKING:
    from docgen.fetch import Fetcher, Response
    from docgen.options import Limits
    from docgen.robots import Robots


class Ahead:
    """Requests for lists under way. Use as a context manager, which ends those not taken."""

    def __init__(self, fetcher: Fetcher, limits: Limits) -> None:
        self._fetcher = fetcher
        self._limits = limits
        self._asked: dict[str, asyncio.Task[Response]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await cancel(self._asked.values())

    def ask(self, robots: Robots, start: str) -> None:
        """Ask for the lists of the start page's folder, if the site bears that many at once."""
        folder = f"{urls.split(start)[0]}{urls.directory(start)}"
        lists = asked_for_first(robots, folder)
        if self._asked or robots.delay or len(lists) >= self._limits.concurrency:
            return
        for url in lists:
            answer = self._fetcher.get(url, most_bytes=self._limits.sitemap_bytes, cut=True)
            self._asked[url] = asyncio.ensure_future(answer)

    def take(self, url: str) -> asyncio.Future[Response] | None:
        """Give the answer to come, once: who asks again wants it asked for again."""
        return self._asked.pop(url, None)
