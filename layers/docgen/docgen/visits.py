"""When does which request go out? The ten at once, their retries, and the budgets."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import random
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from resource import getpagesize
from typing import TYPE_CHECKING, Any, Unpack

from docgen.errors import SiteError, SiteOverloaded
from docgen.fetch import HopRefused, error_of, pause_before_retry
from docgen.frontier import RATHER_LAST
from docgen.intake import is_html, is_wanted, read
from docgen.pace import Pace
from docgen.sitemaps import read_llms_files, read_sitemaps
from docgen.unpack import BodyRefused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from docgen.ahead import Ahead
    from docgen.fetch import Fetcher, Response, Terms
    from docgen.frontier import Frontier
    from docgen.intake import Intake, Reading
    from docgen.options import Limits, Options
    from docgen.records import KnownUrl
    from docgen.robots import Robots
    from docgen.sitemaps import Listing
    from docgen.store import Store

TICK_SECONDS = 0.25  # how long a wish to stop can go unnoticed
SLICE_SECONDS = 0.005  # of reading links, before the network has its turn again
LISTED_AT_ONCE = 100  # URLs of a sitemap
COMMIT_EVERY = 25  # visits
SPARE_REQUESTS = 400
LARGE_BYTES = 32 * 1024
"""A larger page is read in a thread: that takes milliseconds, in which the site would idle."""
MOST_HELD = 3
"""Requests under way and answers not yet taken in, for each place: answers are whole pages."""
STATM = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How far the crawl is."""

    pages: int
    known: int
    """URLs visited, being visited and to be visited."""
    failed: int
    current: str | None


@dataclass(slots=True, order=True)
class _Retry:
    due: float
    number: int
    known: KnownUrl = field(compare=False)
    attempt: int = field(compare=False)


class Visits:
    """Keeps as many requests under way as the site bears, until nothing is left or allowed."""

    def __init__(
        self,
        fetcher: Fetcher,
        ahead: Ahead,
        store: Store,
        frontier: Frontier,
        intake: Intake,
        rules: Robots,
        options: Options,
        limits: Limits,
    ) -> None:
        self.frontier = frontier
        self.intake = intake
        self._fetcher = fetcher
        self._ahead = ahead
        self._store = store
        self._rules = rules
        self._options = options
        self._limits = limits
        self._pace = Pace(limits, delay=rules.delay.total_seconds())
        self._clock = asyncio.get_running_loop().time
        self._ends_at = self._clock() + limits.crawl_timeout.total_seconds()
        self._under_way: dict[asyncio.Task[Response], tuple[KnownUrl, int]] = {}
        self._retries: list[_Retry] = []
        self._numbers = itertools.count()
        self._current: str | None = None
        self._since_commit = 0
        self._unread: list[KnownUrl] = []
        """Whose answers have come and are not taken in yet."""
        self._listing = 0
        """Requests for lists under way, which take places too."""
        self._turns: deque[asyncio.Future[None]] = deque()
        """What waits to ask for a list."""
        self._pace.sent(self._clock())  # the start page

    async def run(self, look_up: Callable[[Counts], None]) -> bool:
        """Visit; say whether a budget ended it. `look_up` is called often and may raise."""
        # What is most important is known when all links of the start page are.
        while self.intake.read_links(self._clock, SLICE_SECONDS):
            look_up(self.counts())
            await asyncio.sleep(0)
        scope = self.frontier.scope.folder
        lists = asyncio.gather(
            self._read_lists(read_llms_files(self, self._rules, scope, self._limits)),
            self._read_lists(read_sitemaps(self, self._rules, scope, self._limits)),
        )
        try:
            while True:
                look_up(self.counts())
                has_links = self.intake.read_links(self._clock, SLICE_SECONDS)
                self._send()
                if not self._under_way and (self._is_spent() or self._is_done(lists)):
                    if not has_links:
                        break
                    continue
                await self._wait(lists, look_up, has_links=has_links)
        finally:
            await cancel([lists, *self._under_way])
            self._store.commit()
        return self._is_cut()

    def counts(self) -> Counts:
        """Say how far it is."""
        waiting = self.frontier.queued + len(self._under_way) + len(self._retries)
        return Counts(
            pages=self.intake.pages,
            failed=self.intake.failed,
            current=self._current,
            known=self.intake.pages + self.intake.failed + waiting,
        )

    async def get(self, url: str, **terms: Unpack[Terms]) -> Response:
        """Ask for a list when it is its turn, as a `Fetcher` would at once."""
        asked = self._ahead.take(url)
        if asked is not None:
            return await asked
        turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        self._give_turns()
        await turn
        try:
            return await self._fetcher.get(url, **terms)
        finally:
            self._listing -= 1

    def _give_turns(self) -> None:
        now = self._clock()
        while self._turns and self._has_place() and not self._pace.wait(now):
            turn = self._turns.popleft()
            if not turn.done():  # cancelled
                turn.set_result(None)
                self._listing += 1
                self._pace.sent(now)

    def _has_place(self) -> bool:
        unanswered = sum(not task.done() for task in self._under_way)
        return unanswered + self._listing < self._pace.width

    async def _read_lists(self, listings: AsyncIterator[Listing]) -> None:
        async for listing in listings:
            for number, url in enumerate(listing.urls):
                self.frontier.found_listed(url, for_machines=listing.for_machines)
                if number % LISTED_AT_ONCE == 0:
                    await asyncio.sleep(0)

    def _is_done(self, lists: asyncio.Future[Any]) -> bool:
        return lists.done() and not self._retries and not self.frontier.queued

    def _is_spent(self) -> bool:
        limits = self._limits
        most_requests = limits.requests_per_page * self._options.max_pages + SPARE_REQUESTS
        return (
            self.intake.pages >= self._options.max_pages
            or self._fetcher.requests >= most_requests
            or self._fetcher.bytes >= limits.total_bytes
            or self._clock() >= self._ends_at
            or self._pace.is_lost
            or resident_bytes() >= limits.memory_bytes
        )

    def _send(self) -> None:
        """Fill the free places. Each request under way may become a page of the budget."""
        self._give_turns()
        now = self._clock()
        while (
            self._has_place()
            and (held := len(self._under_way) + len(self._unread)) < MOST_HELD * self._pace.width
            and self.intake.pages + held < self._options.max_pages
            and not self._pace.wait(now)
            and not self._is_spent()
        ):
            following = self._next(now)
            if following is None:
                return
            known, attempt = following
            task = asyncio.ensure_future(self._fetch(known))
            self._under_way[task] = known, attempt
            self._pace.sent(now)

    def _next(self, now: float) -> tuple[KnownUrl, int] | None:
        if self._retries and self._retries[0].due <= now:
            retry = heapq.heappop(self._retries)
            return retry.known, retry.attempt
        known = self.frontier.take(below=RATHER_LAST if self._may_find_better() else math.inf)
        return (known, 1) if known is not None else None

    def _may_find_better(self) -> bool:
        """Whether an index and the like should wait for what a page under way leads to."""
        awaited = itertools.chain(self._unread, (known for known, _ in self._under_way.values()))
        return self.intake.has_links or any(known.rank < RATHER_LAST for known in awaited)

    async def _fetch(self, known: KnownUrl) -> Response:
        return await self._fetcher.get(
            known.url,
            most_bytes=self._limits.page_bytes,
            check_hop=self._check_hop,
            validators=self._store.validators(known.key),
            wanted=is_wanted,
        )

    async def _check_hop(self, url: str) -> None:
        if not self.frontier.scope.holds(url):
            raise HopRefused(url, reason="out_of_scope")
        if not self._rules.allows(url):
            raise HopRefused(url, reason="robots")

    async def _wait(
        self, lists: asyncio.Future[Any], look_up: Callable[[Counts], None], *, has_links: bool
    ) -> None:
        """Wait for an answer, a list or a moment; send on first, then take in what came."""
        now = self._clock()
        pause = min(TICK_SECONDS, self._pace.wait(now) or TICK_SECONDS)
        if self._retries:
            pause = min(pause, max(0.0, self._retries[0].due - now))
        if has_links:
            pause = 0.0
        waiting = {*self._under_way, lists} if not lists.done() else {*self._under_way}
        if not waiting:
            await asyncio.sleep(pause)
            return
        done, _ = await asyncio.wait(waiting, timeout=pause, return_when=asyncio.FIRST_COMPLETED)
        if lists in done:
            lists.result()
        answers = [(task, *self._under_way.pop(task)) for task in self._under_way.keys() & done]
        if answers:
            # The places are filled before the answers are read, so that the site is at work
            # while we are; the pages to come count against the budget either way.
            self._unread = [known for _, known, _ in answers]
            self._send()
            await asyncio.sleep(0)
        told = []
        for task, known, attempt in answers:
            reading = await self._read(task)
            self._take_in(task, known, attempt, reading)
            told.append(self.counts())
            await asyncio.sleep(0)
        self._unread = []
        for counts in told:  # only now, because it may raise, and what has come is to be kept
            look_up(counts)

    async def _read(self, task: asyncio.Task[Response]) -> Reading | None:
        """Read a large page, and send on meanwhile; None for what is read in passing."""
        if task.exception() is not None:
            return None
        response = task.result()
        if len(response.body) < LARGE_BYTES or error_of(response) or not is_html(response):
            return None
        reading = asyncio.ensure_future(asyncio.to_thread(read, response, self._limits))
        while not reading.done():
            unanswered = {other for other in self._under_way if not other.done()}
            await asyncio.wait({reading, *unanswered}, return_when=asyncio.FIRST_COMPLETED)
            self._send()
        return reading.result()

    def _take_in(
        self,
        task: asyncio.Task[Response],
        known: KnownUrl,
        attempt: int,
        reading: Reading | None,
    ) -> None:
        self._current = known.url
        now = self._clock()
        try:
            response = task.result()
            error = error_of(response)
            if error is None or not error.retryable:
                self._pace.answered(response.seconds, now)
            if error is None:
                self.intake.accept(known, response, reading)
            else:
                self._failed(known, attempt, error, f"http_{response.status}")
        except HopRefused as exc:
            self.intake.skip(known, exc.reason)
        except BodyRefused as exc:
            self.intake.fail(known, exc.reason)
        except SiteError as exc:
            self._failed(known, attempt, exc, exc.code)
        self._since_commit += 1
        if self._since_commit >= COMMIT_EVERY:
            self._store.commit()
            self._since_commit = 0

    def _failed(self, known: KnownUrl, attempt: int, error: SiteError, reason: str) -> None:
        now = self._clock()
        if isinstance(error, SiteOverloaded):
            self._pace.refused(error.retry_after, now)
        elif error.retryable:
            self._pace.failed(now)
        pause = pause_before_retry(error, attempt, self._limits)
        if pause is None:
            self.intake.fail(known, reason)
            return
        jitter = random.uniform(1.0, 1.5)  # noqa: S311 - spreads retries, guards nothing
        heapq.heappush(
            self._retries, _Retry(now + pause * jitter, next(self._numbers), known, attempt + 1)
        )

    def _is_cut(self) -> bool:
        """Say whether anything worth visiting is left."""
        if self._retries:
            return True
        left = self.frontier.take()
        if left is not None:
            self.frontier.put_back(left)
        return left is not None


async def cancel(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """End tasks, and see to it that none of their errors is left unread."""
    ending = list(tasks)
    for task in ending:
        task.cancel()
    await asyncio.gather(*ending, return_exceptions=True)


def resident_bytes() -> int:
    """Read how much memory this process holds; 0 where the system does not say."""
    try:
        return int(STATM.read_text().split()[1]) * getpagesize()
    except (OSError, IndexError, ValueError):
        return 0
