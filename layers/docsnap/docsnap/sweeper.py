"""What has been left undone, and how is it put right?

Every minute, for whatever should have happened by now. A sweep relies on nothing but the table,
may be killed anywhere and may run twice at once: each repair is a conditional write, and whatever
it sends may be sent twice.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from docsnap import queries, telemetry, transitions, webhooks
from docsnap.errors import JobNotFound, NotClaimable, Unavailable, Unreadable
from docsnap.items import DEADLINE_SHARDS
from docsnap.jobs import ACTIVE, DELAYED, FAILED, WAITING, Job, JobKey
from docsnap.outbound import Outbound
from docsnap.queue import Queue
from docsnap.results import Results
from docsnap.table import Table
from docsnap.telemetry import Metric, logger

RESERVE: Final = timedelta(seconds=5)
"""Left of the invocation when a sweep ends."""

REPAIR_SHARE: Final = 0.6
"""Of a sweep's time for jobs; the rest is for webhooks and the bucket, which wait on others."""

PATIENCE: Final = 5
"""Refusals by a service after which a sweep leaves the rest to the next."""

ORPHANS_MINUTE: Final = 7
"""Of every hour, when checkpoints are looked for that no job needs."""


class Repair(StrEnum):
    """What a sweep can do. Values of the dimension `kind`."""

    RESCUED = "rescued"
    """A lost worker's job was sent again."""
    GIVEN_UP = "given_up"
    """A lost worker's job had no attempts left, and failed."""
    RESENT_WAITING = "resent_waiting"
    """A waiting job was not picked up in time. In a long queue that is nothing to worry about."""
    RESENT_DELAYED = "resent_delayed"
    """The backoff has passed, and no message came back."""
    CLEANED = "cleaned"
    """Leftovers of a finished job were removed."""
    CHECKPOINT_REMOVED = "checkpoint_removed"
    """No job could have gone on from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broom:
    """What a sweep works with."""

    table: Table
    queue: Queue
    results: Results
    outbound: Outbound
    clock: Callable[[], datetime]
    remaining: Callable[[], timedelta]
    """How much time this invocation has left."""
    failed_retention: timedelta = timedelta(days=14)


@dataclass(slots=True)
class Sweep:
    """What a sweep has found and done."""

    overdue: int = 0
    """Jobs whose deadline had passed, as far as the sweep came; what cannot be read among them."""
    repairs: Counter[Repair] = field(default_factory=Counter)
    refusals: int = 0
    """Repairs left to the next sweep because a service did not answer."""
    is_complete: bool = True
    """Whether it came to an end before its time did."""

    def pass_over(self, error: Unreadable) -> None:
        """Leave an item to a person: it stays overdue, and so the alarm comes on."""
        logger.error(
            "An item cannot be read", partition=error.partition, item=error.item, exc_info=error
        )
        self.overdue += 1


def sweep(broom: Broom) -> Sweep:
    """Put right what is overdue, for as long as the invocation's time allows."""
    began = broom.clock()
    budget = max(broom.remaining() - RESERVE, timedelta())
    done = Sweep()
    _repair_jobs(broom, done, until=began + budget * REPAIR_SHARE)
    try:
        for status, number in queries.in_progress(broom.table).items():
            telemetry.count(Metric.JOBS_IN_PROGRESS, number, status=status)
        webhooks.deliver_due(
            broom.table,
            outbound=broom.outbound,
            clock=broom.clock,
            until=began + budget,
            unreadable=done.pass_over,
        )
        if began.minute == ORPHANS_MINUTE:
            _remove_orphans(broom, done, until=began + budget)
    except Unavailable:
        logger.warning("A part of the sweep is left to the next", exc_info=True)
        done.refusals += 1
    _report(done, broom.clock() - began)
    return done


def _repair_jobs(broom: Broom, done: Sweep, *, until: datetime) -> None:
    for job in _overdue(broom, done):
        if broom.clock() >= until or done.refusals >= PATIENCE:
            done.is_complete = False
            return
        done.overdue += 1
        with telemetry.on_behalf_of(job.correlation_id):
            _repair_job(broom, done, job)


def _repair_job(broom: Broom, done: Sweep, job: Job) -> None:
    try:
        repair = _repair(broom, job)
    except NotClaimable:
        return  # put right by somebody else since it was read
    except Unavailable:
        logger.warning(
            "A repair is left to the next sweep", job_id=job.id, owner=job.owner, exc_info=True
        )
        done.refusals += 1
        return
    logger.info("Repaired", kind=repair, job_id=job.id, owner=job.owner, attempt=job.attempts)
    done.repairs[repair] += 1


def _overdue(broom: Broom, done: Sweep) -> Iterator[Job]:
    # Those with a worker first: they hold up their owners, and nobody else looks after them.
    for shard in sorted(DEADLINE_SHARDS, key=lambda name: name != ACTIVE):
        try:
            yield from queries.overdue(broom.table, shard, broom.clock(), unreadable=done.pass_over)
        except Unavailable:
            logger.warning("A shard is left to the next sweep", shard=shard, exc_info=True)
            done.refusals += 1


def _repair(broom: Broom, job: Job) -> Repair:
    if job.status is ACTIVE:
        return _rescue(broom, job)
    if job.status in {WAITING, DELAYED}:
        return _resend(broom, job)
    return _clean(broom, job)


def _rescue(broom: Broom, job: Job) -> Repair:
    rescued = transitions.rescue(
        broom.table, job, retention=broom.failed_retention, now=broom.clock()
    )
    is_lost = rescued.status is FAILED
    if is_lost:
        code = rescued.error.code if rescued.error else "unknown"
        telemetry.count(Metric.JOBS_FAILED, code=code)
    # Should this fail: a waiting job will be overdue again; a failed one has only its place
    # among the dead letters to lose, and can be redriven without.
    broom.queue.enqueue(rescued.key, version=rescued.version, burial=is_lost)
    return Repair.GIVEN_UP if is_lost else Repair.RESCUED


def _resend(broom: Broom, job: Job) -> Repair:
    # Sent before it is noted: a message too many does no harm, and a note without one would
    # leave the job to wait for another, longer, while.
    broom.queue.enqueue(job.key, version=job.version + 1)
    transitions.resent(broom.table, job, now=broom.clock())
    return Repair.RESENT_WAITING if job.status is WAITING else Repair.RESENT_DELAYED


def _clean(broom: Broom, job: Job) -> Repair:
    leftovers = broom.results.leftovers(job)
    # A failed job may have been retried since it was read, and the files of the new attempt be
    # among those found. If it has not been by now, they are not.
    if _is_unchanged(broom, job):
        broom.results.remove(leftovers)
        transitions.cleaned(broom.table, job, now=broom.clock())
    return Repair.CLEANED


def _is_unchanged(broom: Broom, job: Job) -> bool:
    if job.status is not FAILED:
        return True  # and will be for ever
    try:
        return queries.get(broom.table, job.key, broom.clock()).version == job.version
    except JobNotFound:
        return True


def _remove_orphans(broom: Broom, done: Sweep, *, until: datetime) -> None:
    """Remove checkpoints of jobs that are gone, or that were finished while one was written."""
    for key in broom.results.checkpoints():
        if broom.clock() >= until:
            done.is_complete = False
            return
        if not _may_continue(broom, key):
            broom.results.remove_checkpoint(key)
            kind = Repair.CHECKPOINT_REMOVED
            logger.info("Repaired", kind=kind, job_id=key.id, owner=key.owner)
            done.repairs[kind] += 1


def _may_continue(broom: Broom, key: JobKey) -> bool:
    try:
        job = queries.get(broom.table, key, broom.clock())
    except JobNotFound:
        return False
    except Unreadable:
        return True
    return job.status is FAILED or not job.is_finished


def _report(done: Sweep, spent: timedelta) -> None:
    telemetry.count(Metric.SWEEPS)
    telemetry.count(Metric.OVERDUE, done.overdue)
    telemetry.milliseconds(Metric.SWEEP_DURATION, spent / timedelta(milliseconds=1))
    for kind, number in done.repairs.items():
        telemetry.count(Metric.REPAIRS, number, kind=kind)
    logger.info(
        "Swept",
        overdue=done.overdue,
        repairs=dict(done.repairs),
        refusals=done.refusals,
        complete=done.is_complete,
    )
