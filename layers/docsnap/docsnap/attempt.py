"""How does one attempt at a claimed job run, and how does it end?

However it ends, the job is left in a state in which somebody goes on with it: done, waiting for
the next invocation, delayed until the next attempt, failed; or, if not even that can be written,
active with a lease that lapses.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from threading import Event
from typing import Final, Protocol

from docsnap import telemetry, transitions
from docsnap.backoff import backoff
from docsnap.errors import AttemptFailed, CancelRequested, LeaseError, OutOfTime, Unavailable
from docsnap.jobs import FAILED, Job, JobFailure, JobResult, ResultFile
from docsnap.keeper import Keeper, Rhythm
from docsnap.results import Results, prefix
from docsnap.table import Table
from docsnap.telemetry import Metric, logger
from docsnap.workspace import workspace

SHORTEST_RESERVE: Final = timedelta(seconds=2)
LONGEST_RESERVE: Final = timedelta(seconds=60)

LAST_WRITES: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds between the tries to write how an attempt ended; all within the last lease."""

INTERNAL_ERROR: Final = JobFailure(
    code="internal_error", message="Something went wrong on our side.", retryable=True
)
STORAGE_UNAVAILABLE: Final = JobFailure(
    code="storage_unavailable", message="Our storage did not answer.", retryable=True
)

EXHAUSTION: Final = (MemoryError, OSError, sqlite3.Error)
"""What tells that the process lacks memory, disk or file handles, whatever the job."""

_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What the engine has produced."""

    pages: int
    failed_pages: int
    words: int
    bytes: int
    formats: tuple[str, ...]
    truncated: bool
    files: Mapping[str, Path]
    """By format, and `zip` for the whole bundle."""


class Engine(Protocol):
    """Turns the URL of a job into files."""

    def __call__(
        self,
        job: Job,
        directory: Path,
        checkpoint: Path,
        on_progress: Callable[[str, int], None],
        should_stop: Callable[[], bool],
    ) -> Output:
        """Produce the job's files in the directory, going on from the checkpoint if it exists.

        Raises:
            AttemptFailed: The site, or its content, is to blame.
            OutOfTime: `should_stop` said so; the checkpoint is fit to go on from.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules an attempt plays by."""

    backoff_base: timedelta = timedelta(seconds=5)
    completed_retention: timedelta = timedelta(days=7)
    failed_retention: timedelta = timedelta(days=14)
    rhythm: Rhythm = field(default_factory=Rhythm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What an attempt works with."""

    table: Table
    results: Results
    engine: Engine
    clock: Callable[[], datetime]
    remaining: Callable[[], timedelta]
    """How much time this invocation has left."""
    root: Path
    """Where temporary files may go."""
    policy: Policy = field(default_factory=Policy)
    random: Random = field(default_factory=Random)
    pause: Callable[[float], object] = Event().wait
    exhausted: Event = field(default_factory=Event)
    """Set when the attempt shows that the process is good for no other."""


class Attempt:
    """One claimed job, until the lease is given back."""

    def __init__(self, job: Job, tools: Tools) -> None:
        assert job.lease is not None
        self._job = job
        self._token = job.lease.token
        self._tools = tools
        self._reserve = _reserve(tools.remaining())
        self._begun: list[str] = []
        """Formats of which the bucket may hold a file."""
        self._files: dict[str, ResultFile] = {}
        self._is_resumed = job.hops > 0 or job.attempts > 1 or job.cycle > 1
        """Whether an earlier attempt or invocation may have left something in the bucket."""

    def run(self) -> Job | None:
        """Run the engine, publish, and write how it ended.

        Returns the job as this attempt has left it; None if it is somebody else's now, or the
        sweeper's.
        """
        began = self._tools.clock()
        self._tell_start(began)
        try:
            end = self._at_work()
            return end()
        except LeaseError as loss:
            self._abandon(loss)
        except Unavailable:
            # The lease lapses, and the sweeper sends the job again. What was uploaded stays: the
            # table may have the completion, and only its answer be lost.
            logger.exception("The end of the attempt could not be written")
        finally:
            spent = self._tools.clock() - began
            telemetry.milliseconds(Metric.ATTEMPT_DURATION, spent / _MILLISECOND)
        return None

    def _at_work(self) -> Callable[[], Job]:
        """Work in a directory of its own, the lease being kept; tell how to end the attempt."""
        try:
            with workspace(self._tools.root) as directory:
                with self._keep() as keeper:
                    end = self._work(directory, keeper)
                self._job = keeper.job
        except OSError:
            logger.exception("The attempt has no place to work in")
            self._tools.exhausted.set()
            return partial(self._fail, INTERNAL_ERROR)
        return end

    def _tell_start(self, now: datetime) -> None:
        job = self._job
        url = telemetry.loggable(job.url)
        logger.info("Attempt started", attempt=job.attempts, hop=job.hops, url=url)
        if job.hops > 0:
            return
        telemetry.count(Metric.ATTEMPTS_STARTED)
        if job.attempts == 1 and job.cycle == 1:
            waited = now - job.created_at
            telemetry.milliseconds(Metric.PICK_UP_DELAY, waited / _MILLISECOND)

    def _keep(self) -> Keeper:
        tools = self._tools
        return Keeper(tools.table, self._job, clock=tools.clock, rhythm=tools.policy.rhythm)

    def _work(self, directory: Path, keeper: Keeper) -> Callable[[], Job]:
        """Produce and upload; tell how to end the attempt."""
        checkpoint = directory / "checkpoint.sqlite"
        try:
            if self._is_resumed:
                self._tools.results.load_checkpoint(self._job.key, checkpoint)
            output = self._produce(directory, checkpoint, keeper)
            self._upload(output, keeper)
        except LeaseError:
            raise
        except OutOfTime:
            self._save(checkpoint)
            return self._hand_on
        except AttemptFailed as error:
            failure = error.failure
        except Unavailable:
            logger.warning("The attempt lost its storage", exc_info=True)
            failure = STORAGE_UNAVAILABLE
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must not be left hanging
            logger.exception("The attempt failed in an unforeseen way")
            if isinstance(error, EXHAUSTION):
                self._tools.exhausted.set()
            failure = INTERNAL_ERROR
        else:
            return partial(self._complete, output)
        if failure.retryable:
            self._save(checkpoint)
        return partial(self._fail, failure)

    def _produce(self, directory: Path, checkpoint: Path, keeper: Keeper) -> Output:
        target = directory / "output"
        target.mkdir()
        with telemetry.span("engine"):
            output = self._tools.engine(
                self._job, target, checkpoint, keeper.note, self._should_stop
            )
        keeper.check()
        return output

    def _should_stop(self) -> bool:
        return self._tools.remaining() <= self._reserve

    def _upload(self, output: Output, keeper: Keeper) -> None:
        with telemetry.span("upload"):
            for name, path in output.files.items():
                keeper.check()
                self._begun.append(name)
                self._files[name] = self._tools.results.upload(self._job, self._token, name, path)

    def _save(self, checkpoint: Path) -> None:
        """Keep what was crawled, for the next attempt or for an owner's retry."""
        if not checkpoint.exists():
            return
        self._is_resumed = True
        try:
            self._tools.results.save_checkpoint(self._job.key, checkpoint)
        except (Unavailable, OSError):
            # The next attempt has an earlier checkpoint, or begins anew.
            logger.warning("The checkpoint could not be saved", exc_info=True)

    def _write(self, change: Callable[[], Job]) -> Job:
        """Write how the attempt ended; patiently, for all its work would be lost."""
        for wait in LAST_WRITES:
            try:
                return change()
            except Unavailable:
                if self._tools.remaining() < timedelta(seconds=2 * wait):
                    raise
                logger.warning("The end of the attempt is written once more", exc_info=True)
                self._tools.pause(wait)
        return change()

    def _complete(self, output: Output) -> Job:
        now = self._tools.clock()
        duration = now - (self._job.started_at or now)
        result = JobResult(
            pages=output.pages,
            failed_pages=output.failed_pages,
            words=output.words,
            bytes=output.bytes,
            formats=output.formats,
            duration_ms=int(duration / _MILLISECOND),
            truncated=output.truncated,
            prefix=prefix(self._job.key, self._token),
            files=self._files,
        )
        completed = self._write(
            lambda: transitions.complete(
                self._tools.table,
                self._job,
                result,
                retention=self._tools.policy.completed_retention,
                leftovers=self._is_resumed,
                now=now,
            )
        )
        logger.info("Job completed", pages=output.pages, bytes=output.bytes)
        telemetry.count(Metric.JOBS_COMPLETED)
        telemetry.milliseconds(Metric.JOB_DURATION, result.duration_ms)
        telemetry.count(Metric.PAGES_WRITTEN, output.pages)
        telemetry.count(Metric.PAGES_FAILED, output.failed_pages)
        return completed

    def _hand_on(self) -> Job:
        self._withdraw()
        handed_on = self._write(
            lambda: transitions.hand_on(
                self._tools.table,
                self._job,
                retention=self._tools.policy.failed_retention,
                now=self._tools.clock(),
            )
        )
        if handed_on.status is FAILED:
            _tell_failure(handed_on)
        else:
            logger.info("Job handed on", hop=handed_on.hops)
            telemetry.count(Metric.JOBS_HANDED_ON)
        return handed_on

    def _fail(self, failure: JobFailure) -> Job:
        logger.info("Attempt failed", code=failure.code, retryable=failure.retryable)
        telemetry.count(Metric.ATTEMPTS_FAILED, code=failure.code)
        is_clean = self._withdraw()
        now = self._tools.clock()
        if failure.retryable and self._job.has_attempts_left:
            return self._delay(failure, now)
        failed = self._write(
            lambda: transitions.fail(
                self._tools.table,
                self._job,
                failure,
                retention=self._tools.policy.failed_retention,
                # An earlier attempt may have failed to withdraw what it had uploaded.
                leftovers=not is_clean or self._job.attempts > 1,
                now=now,
            )
        )
        _tell_failure(failed)
        return failed

    def _delay(self, failure: JobFailure, now: datetime) -> Job:
        wait = backoff(
            self._job.attempts,
            base=self._tools.policy.backoff_base,
            random=self._tools.random,
            retry_after=failure.retry_after,
        )
        return self._write(
            lambda: transitions.delay(
                self._tools.table, self._job, failure, until=now + wait, now=now
            )
        )

    def _abandon(self, loss: LeaseError) -> None:
        """Leave the job to whoever has it now, and take away what this attempt has left."""
        is_clean = self._withdraw() and not self._is_resumed
        if not isinstance(loss, CancelRequested):
            logger.warning("Lease lost", status=loss.job.status if loss.job else None)
            telemetry.count(Metric.ATTEMPTS_OVERTAKEN)
            return
        logger.info("Attempt stopped: the job was cancelled")
        if is_clean and loss.job:
            with suppress(LeaseError, Unavailable):  # the sweeper cleans up what this does not
                transitions.cleaned(self._tools.table, loss.job, now=self._tools.clock())

    def _withdraw(self) -> bool:
        """Remove what was uploaded, if anything; whether it is gone for sure."""
        if not self._begun:
            return True
        try:
            self._tools.results.withdraw(self._job.key, self._token, self._begun)
        except Unavailable:
            logger.warning("Uploads could not be removed", exc_info=True)
            return False
        return True


def _reserve(invocation: timedelta) -> timedelta:
    """Choose what is kept of an invocation's time for saving, or publishing, what there is."""
    least = max(SHORTEST_RESERVE, min(timedelta(seconds=8), invocation * 0.3))
    return min(LONGEST_RESERVE, max(least, invocation * 0.15))


def _tell_failure(job: Job) -> None:
    code = job.error.code if job.error else "unknown"
    logger.warning("Job failed", code=code)
    telemetry.count(Metric.JOBS_FAILED, code=code)
