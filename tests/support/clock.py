"""A clock that tests set."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells a time that only moves when told; calling it reads it."""

    def __init__(self, now: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta | None = None, **spans: float) -> datetime:
        """Move by a timedelta, or by its arguments: `advance(seconds=5)`."""
        self.now += by or timedelta(**spans)
        return self.now
