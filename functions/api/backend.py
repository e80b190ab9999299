"""What does a route reach beyond its request?"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from docsnap.queue import Queue, QueueDepth
from docsnap.quotas import Quotas
from docsnap.results import Results
from docsnap.settings import ApiSettings, Stage
from docsnap.table import Table

if TYPE_CHECKING:
    from docsnap.auth import Verifier


DEPTH_IS_FRESH = timedelta(seconds=5)  # SQS's own figures are up to a minute behind


class Gauge:
    """Reads the depth of the queue, and remembers it for a moment."""

    def __init__(self, queue: Callable[[], Queue]) -> None:
        self._queue = queue
        self._seen: tuple[datetime, QueueDepth] | None = None

    def read(self, now: datetime) -> QueueDepth:
        """Tell how many messages there are, or were a few seconds ago.

        Raises:
            Unavailable: SQS did not answer.
        """
        if self._seen is None or now - self._seen[0] >= DEPTH_IS_FRESH:
            self._seen = (now, self._queue().depth())
        return self._seen[1]


@dataclass(frozen=True, kw_only=True)
class Backend:
    """Everything outside the function, as arguments."""

    settings: ApiSettings
    table: Table
    verifier: Callable[[], "Verifier"]
    queue: Callable[[], Queue]
    """Asked for when needed, like the others: they take time to load and to make."""
    results: Callable[[], Results]
    clock: Callable[[], datetime]
    wait: Callable[[float], object]
    """Let so many seconds pass."""

    @cached_property
    def gauge(self) -> Gauge:
        """The depth of the queue."""
        return Gauge(self.queue)

    @property
    def mode(self) -> Literal["aws", "local"]:
        """Whether this is the development stack, in the word of the contract."""
        return "local" if self.settings.stage is Stage.LOCAL else "aws"

    @cached_property  # it remembers the counts that it saw
    def quotas(self) -> Quotas:
        """How much one user may ask for."""
        return Quotas(
            submissions_per_minute=self.settings.submissions_per_minute,
            unfinished_jobs=self.settings.unfinished_jobs_limit,
            max_attempts=self.settings.max_attempts,
        )
