"""What becomes of a job when something happens to it? Decisions only; `transitions` writes them.

Every function takes the job as it is (None: there is none, or it has expired) and returns the
step to take, or raises the reason why there is none.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple, TypeIs

from docsnap.errors import (
    CancelRequested,
    JobNotFound,
    LeaseLost,
    NotClaimable,
    NotDue,
    WrongState,
)
from docsnap.jobs import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    DELAYED,
    FAILED,
    MAX_HOPS,
    SEND_GRACE,
    WAITING,
    Job,
    JobEvent,
    JobFailure,
    JobResult,
    JobStatus,
    Lease,
)

LEASE = timedelta(seconds=45)
"""Three missed renewals. With a sweep a minute a lost worker is noticed within two minutes."""

DEADLINE_MARGIN = timedelta(seconds=20)
"""A renewal moves the job's deadline, which costs two index writes, only when it is this near."""

LONGEST_SEND_GRACE = timedelta(hours=1)

LONGEST_INVOCATION = timedelta(minutes=15)
"""Lambda's limit: a worker that is never heard of again cannot write to the bucket for longer."""

FIRST_STAGE = "discovering"
"""What the engine begins with; a test compares them. Its first note then costs no write."""

CLOCK_SLACK = timedelta(seconds=1)
"""By which the clocks of the queue and a worker may differ."""

WORKER_LOST = JobFailure(
    code="worker_lost", message="The worker stopped unexpectedly.", retryable=True
)
TIMED_OUT = JobFailure(
    code="timed_out", message="The worker ran out of time before it could save.", retryable=True
)
TOO_LONG = JobFailure(
    code="too_long", message="The site takes longer than a job may take.", retryable=False
)


class Step(NamedTuple):
    """What a job becomes. The very job that was given: it has become that already."""

    job: Job
    events: tuple[JobEvent, ...] = ()
    is_visible: bool = True
    """Whether the owner can see a difference."""


type Decision = Callable[[Job | None], Step]


def claimed(job: Job | None, lease: Lease, *, redriven_at: datetime | None, now: datetime) -> Step:
    """Give the job to a worker.

    Raises:
        NotClaimable: Finished, gone, or with another worker.
        NotDue: Its backoff has not passed.
    """
    if job is None:
        raise NotClaimable
    free, events, _ = _freed(job, redriven_at, now)
    active = replace(
        free,
        status=ACTIVE,
        lease=lease,
        deadline_at=lease.expires_at,
        next_attempt_at=None,
        is_continuing=False,
        error=None,
        started_at=free.started_at or now,
    )
    if not free.is_continuing:
        active = replace(
            active,
            attempts=free.attempts + 1,
            hops=0,
            stage=FIRST_STAGE,
            progress=0,
            attempt_started_at=now,
        )
    return Step(active, (*events, _event("claim", free, active, now)))


def renewed(
    current: Job | None, job: Job, *, stage: str | None, progress: int, now: datetime
) -> Step:
    """Extend the lease; progress never falls."""
    held, lease = _held(current, job)
    lease = replace(lease, expires_at=now + LEASE)
    is_near = held.deadline_at is None or held.deadline_at < now + DEADLINE_MARGIN
    return Step(
        replace(
            held,
            stage=stage,
            progress=max(held.progress, progress),
            lease=lease,
            deadline_at=lease.expires_at if is_near else held.deadline_at,
        )
    )


def handed_on(current: Job | None, job: Job, *, retention: timedelta, now: datetime) -> Step:
    """Let a further invocation continue the attempt, unless there were too many."""
    held, _ = _held(current, job)
    if held.hops + 1 >= MAX_HOPS:
        return _failed("hand_on", held, TOO_LONG, retention, leftovers=True, now=now)
    waiting = replace(
        _released(held), hops=held.hops + 1, is_continuing=True, deadline_at=now + SEND_GRACE
    )
    return Step(waiting, (_event("hand_on", held, waiting, now),))


def completed(
    current: Job | None,
    job: Job,
    result: JobResult,
    *,
    retention: timedelta,
    leftovers: bool,
    now: datetime,
) -> Step:
    """Publish the result."""
    if _is_done(current, job, COMPLETED):
        return Step(current)
    held, _ = _held(current, job)
    done = replace(
        _finished(held, COMPLETED, retention, now),
        result=result,
        progress=100,
        stage=None,
        deadline_at=_cleanup_at(held, now, leftovers=leftovers),
    )
    return Step(done, (_event("complete", held, done, now),))


def delayed(
    current: Job | None, job: Job, failure: JobFailure, *, until: datetime, now: datetime
) -> Step:
    """End the attempt; another follows the backoff."""
    held, _ = _held(current, job)
    if not held.has_attempts_left:
        raise WrongState("The job has no attempts left.", job=held)
    waiting = replace(
        _released(held),
        status=DELAYED,
        error=failure,
        next_attempt_at=until,
        deadline_at=until + SEND_GRACE,
    )
    return Step(waiting, (_event("delay", held, waiting, now, failure),))


def failed(
    current: Job | None,
    job: Job,
    failure: JobFailure,
    *,
    retention: timedelta,
    leftovers: bool,
    now: datetime,
) -> Step:
    """End the attempt and the job."""
    if _is_done(current, job, FAILED):
        return Step(current)
    held, _ = _held(current, job)
    return _failed("fail", held, failure, retention, leftovers=leftovers, now=now)


def rescued(job: Job | None, *, retention: timedelta, now: datetime) -> Step:
    """Take the job from a worker whose lease has lapsed."""
    if job is None or not _has_lapsed(job, now):
        raise NotClaimable(job=job)
    if job.has_attempts_left:
        return _rescued(job, now)
    lost = replace(job, leftovers_until=_leftovers_until(job))
    return _failed("rescue", lost, _loss(job), retention, leftovers=True, now=now)


def resent(job: Job | None, *, now: datetime) -> Step:
    """Expect the job to be picked up within a further grace: the longer it waits, the longer.

    In a long queue nothing is lost, and messages must not multiply.
    """
    is_overdue = (
        job is not None
        and job.status in {WAITING, DELAYED}
        and job.deadline_at is not None
        and job.deadline_at <= now
    )
    if job is None or not is_overdue:
        raise NotClaimable(job=job)
    grace = min(max(now - job.updated_at, SEND_GRACE), LONGEST_SEND_GRACE)
    return Step(replace(job, deadline_at=now + grace), is_visible=False)


def cancelled(job: Job | None, *, retention: timedelta, now: datetime) -> Step:
    """Stop the job for good."""
    if job is None:
        raise JobNotFound
    if job.is_finished:
        raise WrongState(f"The job is {job.status} already.", job=job)
    stopped = replace(job, leftovers_until=_leftovers_until(job))
    has_run = job.attempts > 0 or job.cycle > 1
    done = replace(
        _finished(stopped, CANCELLED, retention, now),
        is_continuing=False,
        deadline_at=_cleanup_at(stopped, now, leftovers=has_run),
    )
    return Step(done, (_event("cancel", job, done, now),))


def retried(job: Job | None, *, now: datetime) -> Step:
    """Begin anew with a failed job."""
    if job is None:
        raise JobNotFound
    if job.status is not FAILED:
        raise WrongState(f"The job is {job.status}, not failed.", job=job)
    return _revived("retry", job, now)


def cleaned(job: Job | None) -> Step:
    """Need no more looking after."""
    if job is None or not job.is_finished:
        raise NotClaimable(job=job)
    if job.deadline_at is None:
        return Step(job)
    return Step(replace(job, deadline_at=None, leftovers_until=None), is_visible=False)


def _held(current: Job | None, job: Job) -> tuple[Job, Lease]:
    """Make sure that the lease with which `job` was claimed still holds."""
    lease = current.lease if current else None
    if current is None or lease is None or lease.token != _token(job):
        raise LeaseLost(job=current)
    if current.status is CANCELLED:
        raise CancelRequested(job=current)
    if current.status is not ACTIVE:
        raise LeaseLost(job=current)
    return current, lease


def _is_done(current: Job | None, job: Job, status: JobStatus) -> TypeIs[Job]:
    """Recognise what this lease has brought about, when the answer was lost."""
    return (
        current is not None
        and current.status is status
        and current.lease is not None
        and current.lease.token == _token(job)
    )


def _token(job: Job) -> str:
    if job.lease is None:
        raise LeaseLost(job=job)
    return job.lease.token


def _has_lapsed(job: Job, now: datetime) -> bool:
    return job.status is ACTIVE and job.lease is not None and job.lease.expires_at <= now


def _freed(job: Job, redriven_at: datetime | None, now: datetime) -> Step:
    """Bring the job to where a worker may take it."""
    if job.status is WAITING:
        return Step(job)
    if job.status is DELAYED and job.next_attempt_at:
        if job.next_attempt_at > now + CLOCK_SLACK:
            raise NotDue(job=job, due_at=job.next_attempt_at)
        return Step(job)
    if _has_lapsed(job, now) and job.has_attempts_left:
        return _rescued(job, now)
    if job.status is FAILED and redriven_at and redriven_at > (job.finished_at or now):
        return _revived("redrive", job, now)
    raise NotClaimable(job=job)


def _released(job: Job) -> Job:
    return replace(job, status=WAITING, lease=None)


def _rescued(job: Job, now: datetime) -> Step:
    waiting = replace(
        _released(job),
        error=_loss(job),
        deadline_at=now + SEND_GRACE,
        leftovers_until=_leftovers_until(job),
    )
    return Step(waiting, (_event("rescue", job, waiting, now, _loss(job)),))


def _loss(job: Job) -> JobFailure:
    """Tell a worker that was stopped at the end of its time from one that died before."""
    if job.lease and job.lease.ends_at and job.lease.expires_at >= job.lease.ends_at:
        return TIMED_OUT
    return WORKER_LOST


def _revived(verb: str, job: Job, now: datetime) -> Step:
    waiting = replace(
        job,
        status=WAITING,
        cycle=job.cycle + 1,
        attempts=0,
        hops=0,
        stage=None,
        progress=0,
        started_at=None,
        attempt_started_at=None,
        finished_at=None,
        expires_at=None,
        error=None,
        lease=None,
        deadline_at=now + SEND_GRACE,
    )
    return Step(waiting, (_event(verb, job, waiting, now),))


def _finished(job: Job, status: JobStatus, retention: timedelta, now: datetime) -> Job:
    return replace(
        job, status=status, finished_at=now, expires_at=now + retention, next_attempt_at=None
    )


def _failed(
    verb: str,
    job: Job,
    failure: JobFailure,
    retention: timedelta,
    *,
    leftovers: bool,
    now: datetime,
) -> Step:
    done = replace(
        _finished(job, FAILED, retention, now),
        error=failure,
        deadline_at=_cleanup_at(job, now, leftovers=leftovers),
    )
    return Step(done, (_event(verb, job, done, now, failure),))


def _leftovers_until(job: Job) -> datetime | None:
    """Say when the last worker that may write to the bucket for the job is gone for sure."""
    if job.lease is None:
        return job.leftovers_until
    until = job.lease.ends_at or job.lease.expires_at + LONGEST_INVOCATION
    return max(until, job.leftovers_until or until)


def _cleanup_at(job: Job, now: datetime, *, leftovers: bool) -> datetime | None:
    if job.leftovers_until:
        return max(now, job.leftovers_until)
    return now if leftovers else None


def _event(
    verb: str, before: Job, after: Job, now: datetime, error: JobFailure | None = None
) -> JobEvent:
    began = before.attempt_started_at if before.status is ACTIVE else None
    lease = after.lease or before.lease
    return JobEvent(
        at=now,
        verb=verb,
        status=after.status,
        attempt=after.attempts or before.attempts,
        worker_id=lease.worker_id if lease else None,
        duration_ms=int((now - began) / timedelta(milliseconds=1)) if began else None,
        error=error,
        job_expires_at=after.expires_at,
    )
