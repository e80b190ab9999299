"""How many requests at once does this site bear, and when may the next one go?"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docgen.options import Limits

SLOW_SECONDS = 1.5  # below this no answer counts as slow, whatever the site's usual time
SLOW_FACTOR = 4.0
SETTLE_SECONDS = 1.0  # after a step back, what was already under way says nothing new
PAUSE_SECONDS = 1.0  # after a refusal that names no time
LOST_AFTER = 3  # rounds of failures, without one success, after which the site is given up


class Pace:
    """Additive increase, multiplicative decrease, over the number of requests under way."""

    def __init__(self, limits: Limits, *, delay: float) -> None:
        """Begin at full width; `delay` is the pause the site wants between two requests."""
        self._most = limits.concurrency
        self._longest_pause = limits.retry_after.total_seconds()
        self._delay = min(delay, limits.crawl_delay.total_seconds())
        self._width = float(limits.concurrency)
        self._usual: float | None = None
        self._stepped_back_at = float("-inf")
        self._not_before = 0.0
        self._failures = 0

    @property
    def width(self) -> int:
        """Requests that may be under way now."""
        return 1 if self._delay else max(1, int(self._width))

    @property
    def is_lost(self) -> bool:
        """The site has failed so often in a row that asking on is pointless."""
        return self._failures >= max(self._most * LOST_AFTER, LOST_AFTER)

    def wait(self, now: float) -> float:
        """Say in how many seconds the next request may go."""
        return max(0.0, self._not_before - now)

    def sent(self, now: float) -> None:
        """Note that a request goes out."""
        if self._delay:
            self._not_before = max(self._not_before, now + self._delay)

    def answered(self, seconds: float, now: float) -> None:
        """Note an answer, and how long its header took."""
        self._failures = 0
        self._usual = seconds if self._usual is None else min(seconds, self._usual * 1.02)
        if seconds > max(SLOW_SECONDS, SLOW_FACTOR * self._usual):
            self._step_back(0.8, now)
        else:
            self._width = min(self._most, self._width + 1 / self._width)

    def refused(self, retry_after: float | None, now: float) -> None:
        """Note that the site asked for fewer requests, or gave no answer."""
        # Who names a time beyond the longest pause is not asked round after round before it.
        is_late = retry_after is not None and retry_after > self._longest_pause
        self._failures += self._most if is_late else 1
        self._step_back(0.5, now)
        pause = PAUSE_SECONDS if retry_after is None else min(retry_after, self._longest_pause)
        self._not_before = max(self._not_before, now + pause)

    def failed(self, now: float) -> None:
        """Note an error of the server, or a broken connection."""
        self._failures += 1
        self._step_back(0.7, now)

    def _step_back(self, factor: float, now: float) -> None:
        if now - self._stepped_back_at >= SETTLE_SECONDS:
            self._width = max(1.0, self._width * factor)
            self._stepped_back_at = now
