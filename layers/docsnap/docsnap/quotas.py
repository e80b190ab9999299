"""How much may a user still ask for?

One small item per user counts the submissions of the present window, and the jobs that are
unfinished. It is written in the transaction that admits a job, on condition that it is as last
seen: so a write that succeeds tells how much is left, without a further call. Unfinished jobs are
counted down by the transaction that finishes them; nothing can drift.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from docsnap.errors import QuotaExceeded
from docsnap.items import Item, epoch, quota_key
from docsnap.jobs import MAX_ATTEMPTS, QuotaState
from docsnap.table import Write

WINDOW = timedelta(minutes=1)

_EXACT_GUESSES = 3
"""How often the count last seen may prove wrong before it is no longer insisted on."""

_MEMORY = 1000
"""Owners whose last seen count is remembered."""

_MESSAGES = {
    "submissions": "Too many submissions within a minute.",
    "unfinished": "Too many unfinished jobs.",
}


class Count(NamedTuple):
    """What the quota item says about a window."""

    window: int
    submitted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """How much one user may ask for. Made once, for it remembers what it saw."""

    submissions_per_minute: int = 60
    unfinished_jobs: int = 200
    max_attempts: int = MAX_ATTEMPTS
    seen: dict[str, Count] = field(default_factory=dict, init=False, repr=False, compare=False)
    """The counts this process saw last: a first guess, never trusted."""


class Quota:
    """The owner's quota as far as this submission knows it."""

    def __init__(self, owner: str, now: datetime, limits: Quotas) -> None:
        self._owner = owner
        self._now = now
        self._limits = limits
        self._window = epoch(now) // WINDOW.seconds
        seen = limits.seen.get(owner)
        self._submitted = seen.submitted if seen and seen.window == self._window else None
        """In this window; None if nothing is known of it."""
        self._unfinished = 0
        self._misses = 0

    def spend(self) -> Write:
        """Count the submission, if the count is as last seen and below the limits.

        After a few wrong guesses any count will do: the crowd is too big for exact ones.
        """
        values = {":window": self._window, ":unfinished": self._limits.unfinished_jobs}
        condition = "(attribute_not_exists(unfinished) OR unfinished < :unfinished) AND "
        if self._submitted is None:
            condition += "(attribute_not_exists(quotaWindow) OR quotaWindow < :window)"
        else:
            condition += "quotaWindow = :window AND submitted < :most"
            values[":most"] = self._limits.submissions_per_minute
            if self._misses < _EXACT_GUESSES:
                condition += " AND submitted = :seen"
                values[":seen"] = self._submitted
        is_known = self._submitted is not None
        return Write(
            operation="Update",
            target=quota_key(self._owner),
            set={} if is_known else {"quotaWindow": self._window, "submitted": 1},
            add={"unfinished": 1, "submitted": 1} if is_known else {"unfinished": 1},
            condition=condition,
            values=values,
        )

    def refund(self, *, submitted: bool = True) -> Write:
        """Take the submission off the count."""
        return Write(
            operation="Update",
            target=quota_key(self._owner),
            add={"unfinished": -1, "submitted": -1} if submitted else {"unfinished": -1},
            condition="quotaWindow = :window" if submitted else None,
            values={":window": self._window} if submitted else {},
        )

    def learn(self, item: Item) -> None:
        """Take note of the count as it is."""
        self._misses += 1
        window = int(item.get("quotaWindow", -1))
        self._submitted = int(item["submitted"]) if window >= self._window else None
        self._window = max(window, self._window)
        self._unfinished = int(item.get("unfinished", 0))
        self._remember()

    def check(self) -> None:
        """Refuse what goes beyond a limit."""
        if (self._submitted or 0) >= self._limits.submissions_per_minute:
            raise self.exceeded("submissions")
        if self._unfinished >= self._limits.unfinished_jobs:
            raise self.exceeded("unfinished")

    def exceeded(self, limit: Literal["submissions", "unfinished"]) -> QuotaExceeded:
        """Make the error that says which limit was met."""
        return QuotaExceeded(_MESSAGES[limit], quota=self.state(limit))

    def spent(self) -> QuotaState:
        """Say what is left after the submission was counted."""
        self._submitted = (self._submitted or 0) + 1
        self._remember()
        return self.state()

    def state(self, violated: str | None = None) -> QuotaState:
        """Say what is left."""
        limit = self._limits.submissions_per_minute
        end = datetime.fromtimestamp((self._window + 1) * WINDOW.seconds, UTC)
        return QuotaState(
            limit=limit,
            remaining=max(0, limit - (self._submitted or 0)),
            window=WINDOW,
            resets_in=end - self._now,
            unfinished_limit=self._limits.unfinished_jobs,
            violated=violated,
        )

    def forget(self) -> None:
        """Guess afresh next time."""
        self._limits.seen.pop(self._owner, None)

    def _remember(self) -> None:
        seen = self._limits.seen
        if len(seen) >= _MEMORY:
            seen.clear()
        if self._submitted is not None:
            seen[self._owner] = Count(self._window, self._submitted)
