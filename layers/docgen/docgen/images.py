"""Which images do the pages show? Fetched into the store, as far as the limits go."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

from docgen import robots, urls
from docgen.errors import GenerateError, SiteOverloaded
from docgen.fetch import Fetcher, error_of
from docgen.records import Validators
from docgen.visits import TICK_SECONDS, cancel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from docgen.fetch import Response
    from docgen.options import Limits
    from docgen.robots import Robots
    from docgen.store import Store
    from docgen.transport import AllowAddress

TYPES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"})
OK = 200
PATIENCE_SECONDS = 100.0
"""Spent on the pauses that an origin asks for; what is left then stays where it is."""


async def fetch_images(
    store: Store, limits: Limits, allow_address: AllowAddress, look_up: Callable[[str], None]
) -> None:
    """Fetch what is not there, and ask whether the rest has changed. Failures are left out.

    `look_up` is called often and may raise.
    """
    wanted = _wanted(store, limits.images)
    store.images.drop_unwanted(wanted)
    if not wanted:
        return
    async with Fetcher(limits, allow_address) as fetcher:
        manners = _Manners(fetcher, limits)
        waiting = list(reversed(wanted))
        under_way: dict[asyncio.Task[None], str] = {}
        try:
            while waiting or under_way:
                while waiting and len(under_way) < limits.concurrency:
                    url = waiting.pop()
                    under_way[asyncio.ensure_future(_fetch(manners, store, url))] = url
                done, _ = await asyncio.wait(
                    under_way, timeout=TICK_SECONDS, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    look_up(under_way.pop(task))
                    task.result()
                if not done:
                    look_up(next(iter(under_way.values())))
        finally:
            await cancel([*under_way, *manners.under_way])
            store.commit()


def _wanted(store: Store, most: int) -> dict[str, None]:
    wanted: dict[str, None] = {}
    for document in store.documents.all():
        for text, _ in document.images:
            if len(wanted) >= most:
                return wanted
            try:
                if urls.canonical(text) == text:
                    wanted[text] = None
            except urls.BadUrl:
                continue
    return wanted


class _Manners:
    """Asks for images as each origin's robots.txt has it."""

    def __init__(self, fetcher: Fetcher, limits: Limits) -> None:
        self.limits = limits
        self._fetcher = fetcher
        self._rules: dict[str, asyncio.Task[Robots]] = {}
        self._queues: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._patience: dict[str, float] = defaultdict(lambda: PATIENCE_SECONDS)

    @property
    def under_way(self) -> Iterable[asyncio.Future[Robots]]:
        """What is asked for beside the images."""
        return self._rules.values()

    async def get(self, url: str, validators: Validators | None) -> Response | None:
        """Ask for an image; None where the origin does not want that, or errs."""
        origin = urls.split(url)[0]
        try:
            rules = await self._robots(origin)
            if not rules.allows(url):
                return None
            delay = min(rules.delay, self.limits.crawl_delay).total_seconds()
            if not delay:
                return await self._ask(origin, url, validators)
            async with self._queues[origin]:
                response = await self._ask(origin, url, validators)
                self._patience[origin] -= delay
                await asyncio.sleep(delay)
                return response
        except GenerateError:
            return None

    async def _robots(self, origin: str) -> Robots:
        if origin not in self._rules:
            load = robots.load(self._fetcher, origin, self.limits)
            self._rules[origin] = asyncio.ensure_future(load)
        return await asyncio.shield(self._rules[origin])

    async def _ask(self, origin: str, url: str, validators: Validators | None) -> Response | None:
        if self._patience[origin] <= 0:
            return None
        response = await self._fetcher.get(
            url,
            most_bytes=self.limits.image_bytes,
            validators=validators,
            wanted=lambda status, media_type: status == OK and media_type in TYPES,
        )
        if isinstance(error_of(response), SiteOverloaded):
            self._patience[origin] = 0
        return response


async def _fetch(manners: _Manners, store: Store, url: str) -> None:
    validators = store.images.validators(url)
    room = manners.limits.images_bytes
    if validators is None and sum(store.images.sizes().values()) >= room:
        return
    response = await manners.get(url, validators)
    if response is None or response.status != OK or not response.body:
        return
    store.images.put(
        url,
        response.media_type,
        response.body,
        Validators(
            etag=response.headers.get("etag"), last_modified=response.headers.get("last-modified")
        ),
    )
