"""Does the attempt still hold its job, and how does the owner learn how far it is?

A thread beside the engine. The engine only leaves a note of its progress; the thread writes it
down, which renews the lease, and looks after the job in between, which is cheaper than writing.
What it learns (cancelled, overtaken) it tells the engine at the engine's next report.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from docsnap import queries, telemetry, transitions
from docsnap.errors import CancelRequested, JobNotFound, LeaseError, LeaseLost, Unavailable
from docsnap.jobs import Job, JobStatus
from docsnap.table import Table

CLOSING_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """How often the keeper does what."""

    look: timedelta = timedelta(seconds=2)
    """Between two looks at the job. Twice this, and a page, is how long a cancelled one goes on."""
    write: timedelta = timedelta(seconds=2)
    """Between two writes of progress, at first."""
    growth: float = 0.1
    """Later writes come after this share of the time passed: a long job needs no more than a
    short one to look alive, and a write costs five times a look."""
    renew: timedelta = timedelta(seconds=14)
    """Between two renewals, progress or not: three of them fit into a lease."""


class Keeper:
    """Keeps the lease of one job while its context is open."""

    def __init__(
        self, table: Table, job: Job, *, clock: Callable[[], datetime], rhythm: Rhythm
    ) -> None:
        self._table = table
        self._clock = clock
        self._rhythm = rhythm
        self._job = job
        self._noted = self._written = (job.stage, job.progress)
        self._began = self._wrote_at = clock()
        self._loss: LeaseError | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lease-keeper", daemon=True)

    @property
    def job(self) -> Job:
        """The job as of the last write."""
        return self._job

    def note(self, stage: str, percent: int) -> None:
        """Note how far the attempt is; cheap.

        Raises:
            LeaseLost: Stop: somebody else has the job.
            CancelRequested: Stop: the owner wants no result.
        """
        self.check()
        self._noted = (stage, max(percent, self._noted[1]))

    def check(self) -> None:
        """Tell whether the attempt may go on. Raises as `note` does."""
        if self._loss:
            raise self._loss

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closed.set()
        # A call that hangs must not use up the time in which the attempt has to end. Should it
        # get through later, the end is written anew on what it wrote.
        self._thread.join(CLOSING_SECONDS)

    def _run(self) -> None:
        while self._loss is None and not self._closed.wait(self._rhythm.look.total_seconds()):
            try:
                self._step(self._clock())
            except LeaseError as loss:
                self._loss = loss
            except Unavailable:
                # Nothing is lost yet: the lease outlasts several of these, and whether it
                # holds is decided by the write that ends the attempt.
                telemetry.logger.warning("The lease could not be renewed", exc_info=True)

    def _step(self, now: datetime) -> None:
        since = now - self._wrote_at
        patience = max(self._rhythm.write, (now - self._began) * self._rhythm.growth)
        noted = self._noted
        if since >= self._rhythm.renew or (noted != self._written and since >= patience):
            stage, percent = noted
            self._job = transitions.renew(
                self._table, self._job, stage=stage, progress=percent, now=now
            )
            self._written, self._wrote_at = noted, now
            telemetry.logger.debug("Lease renewed", stage=stage, progress=percent)
        else:
            self._look(now)

    def _look(self, now: datetime) -> None:
        try:
            found = queries.get(self._table, self._job.key, now)
        except JobNotFound as exc:
            raise LeaseLost from exc
        if found.status is JobStatus.CANCELLED:
            raise CancelRequested(job=found)
        if found.status is not JobStatus.ACTIVE or _token(found) != _token(self._job):
            raise LeaseLost(job=found)


def _token(job: Job) -> str | None:
    return job.lease.token if job.lease else None
