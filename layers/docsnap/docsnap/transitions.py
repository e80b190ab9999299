"""How does a job change its state? One verb, one conditional write.

What a verb makes of a job is decided in `lifecycle`. It is written on condition that the job is
still as it was read, lease token included; a change of status in one transaction with its entry
in the history, the owner's load and, at the end, the webhook that is owed. Whoever finds that
somebody was faster decides anew on what is there now. Whoever finds his own mark was there
himself: only the answer was lost.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from docsnap import lifecycle
from docsnap.errors import DocSnapError, OwnerBusy, Unavailable
from docsnap.items import (
    IS_CURRENT,
    Item,
    decode_job,
    encode_delivery,
    encode_event,
    encode_job,
    epoch,
    job_key,
    quota_key,
)
from docsnap.jobs import (
    ACTIVE,
    UNFINISHED,
    Delivery,
    Job,
    JobEvent,
    JobFailure,
    JobKey,
    JobResult,
    Lease,
    new_token,
)
from docsnap.lifecycle import LEASE, Decision, Step
from docsnap.quotas import Quota, Quotas
from docsnap.table import ConditionFailed, Table, Write

_TRIES = 6
"""How often somebody else may be faster before a change is given up."""

_NO_LIMITS: Mapping[str, int] = {}


class _Overtaken(DocSnapError):
    """Somebody else changed the job first."""

    def __init__(self, job: Job | None) -> None:
        super().__init__()
        self.job = job


def claim(
    table: Table,
    key: JobKey,
    *,
    worker_id: str,
    now: datetime,
    ends_at: datetime | None = None,
    redriven_at: datetime | None = None,
    max_active_per_owner: int | None = None,
) -> Job:
    """Take the job for one attempt, or for a further invocation of it (`job.hops` > 0).

    The job must be waiting, delayed with its backoff passed, or active with a lapsed lease and
    attempts left. It counts the attempt and writes a fresh lease token, which every later write of
    this invocation has to present.

    `ends_at` is when Lambda stops the invocation. `redriven_at` is when the message was sent, if it
    was redriven from the dead-letter queue: it may claim a job that had failed before that.

    Raises:
        NotClaimable: Finished, gone, or somebody else's (`error.job` tells which). Acknowledge.
        NotDue: Its backoff has not passed. Postpone the message to `error.due_at`.
        OwnerBusy: `max_active_per_owner` workers are at jobs of the owner already. Claim one of
            `queries.waiting_of_others` instead, and enqueue this one afresh; if there is none,
            claim without the limit.
        Unavailable: DynamoDB did not answer. Report the message as failed; it comes back.
    """
    lease = Lease(token=new_token(), expires_at=now + LEASE, worker_id=worker_id, ends_at=ends_at)
    return _change(
        table,
        _read(table, key, now),
        lambda job: lifecycle.claimed(job, lease, redriven_at=redriven_at, now=now),
        now,
        most={} if max_active_per_owner is None else {"active": max_active_per_owner},
    )


def renew(table: Table, job: Job, *, stage: str | None, progress: int, now: datetime) -> Job:
    """Extend the lease and show progress.

    One plain update of one write unit as a rule. Call it every 15 s at least, also when nothing
    has changed. Progress never goes back.

    Raises:
        LeaseLost: Stop; leave the job and what others published alone.
        CancelRequested: Stop, remove what the attempt left, then `cleaned`.
        Unavailable: Nothing is known; go on, and renew again.
    """
    return _change(
        table,
        job,
        lambda current: lifecycle.renewed(current, job, stage=stage, progress=progress, now=now),
        now,
    )


def hand_on(table: Table, job: Job, *, retention: timedelta, now: datetime) -> Job:
    """Let a further invocation continue the attempt; the caller enqueues the job then.

    The returned job is waiting, or failed if the attempt has used up its invocations.
    Raises as `renew` does; after Unavailable the sweeper sees to the job.
    """
    return _change(
        table,
        job,
        lambda current: lifecycle.handed_on(current, job, retention=retention, now=now),
        now,
    )


def complete(
    table: Table,
    job: Job,
    result: JobResult,
    *,
    retention: timedelta,
    leftovers: bool = False,
    now: datetime,
) -> Job:
    """Publish the result, if the lease still holds.

    `leftovers` says that the bucket may hold more of the job than its result (a checkpoint, files
    of an earlier attempt): the sweeper is then told to clean up.
    Raises as `renew` does. A completion whose answer was lost is recognised, also by a later call.
    """
    return _change(
        table,
        job,
        lambda current: lifecycle.completed(
            current, job, result, retention=retention, leftovers=leftovers, now=now
        ),
        now,
    )


def delay(table: Table, job: Job, failure: JobFailure, *, until: datetime, now: datetime) -> Job:
    """End the attempt; the next begins when the message comes back at `until`.

    Raises as `renew` does.
    """
    return _change(
        table,
        job,
        lambda current: lifecycle.delayed(current, job, failure, until=until, now=now),
        now,
    )


def fail(
    table: Table,
    job: Job,
    failure: JobFailure,
    *,
    retention: timedelta,
    leftovers: bool = False,
    now: datetime,
) -> Job:
    """End the attempt and the job. `leftovers` and the errors are those of `complete`.

    The checkpoint of a failed job is no leftover: a retry continues from it.
    """
    return _change(
        table,
        job,
        lambda current: lifecycle.failed(
            current, job, failure, retention=retention, leftovers=leftovers, now=now
        ),
        now,
    )


def rescue(table: Table, job: Job, *, retention: timedelta, now: datetime) -> Job:
    """Take an active job from a worker whose lease has lapsed.

    The returned job is waiting, and the caller enqueues it; or failed, with no attempts left.

    Raises:
        NotClaimable: Nothing to rescue any more.
        Unavailable: Left to the next sweep.
    """
    return _change(
        table, job, lambda current: lifecycle.rescued(current, retention=retention, now=now), now
    )


def resent(table: Table, job: Job, *, now: datetime) -> Job:
    """Note that a message is being sent for an overdue waiting or delayed job; then send it.

    Raises:
        NotClaimable: No longer overdue; another sweep was faster, or a worker has it.
        Unavailable: Left to the next sweep.
    """
    return _change(table, job, lambda current: lifecycle.resent(current, now=now), now)


def cancel(table: Table, key: JobKey, *, retention: timedelta, now: datetime) -> Job:
    """Cancel an unfinished job at once.

    If a worker was at it, `job.lease` says so: it learns of it at its next renewal. What is in the
    bucket is removed by that worker, or by the sweeper once no worker can be left.

    Raises:
        JobNotFound: There is no such job.
        WrongState: It has finished already.
        Unavailable: Try again.
    """
    return _change(
        table,
        _read(table, key, now),
        lambda job: lifecycle.cancelled(job, retention=retention, now=now),
        now,
    )


def retry(table: Table, key: JobKey, *, now: datetime, limits: Quotas | None = None) -> Job:
    """Put a failed job back to waiting with all its attempts; then enqueue it.

    Should that send fail, the sweeper sends: the retry holds.

    Raises:
        JobNotFound: There is no such job.
        WrongState: It has not failed.
        QuotaExceeded: Its owner has as many unfinished jobs as `limits` allow.
        Unavailable: Try again.
    """
    most = {"unfinished": limits.unfinished_jobs} if limits else {}
    try:
        return _change(
            table,
            _read(table, key, now),
            lambda job: lifecycle.retried(job, now=now),
            now,
            most=most,
        )
    except OwnerBusy as error:
        assert limits
        quota = Quota(key.owner, now, limits)
        quota.learn(table.get(quota_key(key.owner)) or {})
        raise quota.exceeded("unfinished") from error


def cleaned(table: Table, job: Job, *, now: datetime) -> Job:
    """Note that the bucket holds no leftovers of a finished job any more.

    Raises:
        NotClaimable: The job is gone, or was retried meanwhile.
        Unavailable: Left to the next sweep.
    """
    return _change(table, job, lifecycle.cleaned, now)


def _read(table: Table, key: JobKey, now: datetime) -> Job | None:
    return _present(table.get(job_key(key)), now)


def _present(item: Item | None, now: datetime) -> Job | None:
    if item is None:
        return None
    job = decode_job(item)
    return None if job.is_expired(now) else job


def _change(
    table: Table,
    job: Job | None,
    decide: Decision,
    now: datetime,
    *,
    most: Mapping[str, int] = _NO_LIMITS,
) -> Job:
    """Write what is decided on the job; decide anew as long as somebody else is faster.

    `most` is how many unfinished or active jobs the owner may have after it.
    """
    for _ in range(_TRIES):
        step = decide(job)
        if job is None or step.job is job:
            return step.job
        try:
            return _commit(table, job, step, now, most)
        except _Overtaken as overtaken:
            job = overtaken.job
    raise Unavailable


def _commit(table: Table, before: Job, step: Step, now: datetime, most: Mapping[str, int]) -> Job:
    token = new_token()
    later = max(now, before.updated_at + timedelta(milliseconds=1))
    after = replace(
        step.job,
        version=before.version + 1,
        updated_at=later if step.is_visible else before.updated_at,
    )
    writes = [_update(before, after, now, token)]
    if step.events:
        writes += [*_load(before, after, most), *_records(after, step.events)]
    try:
        table.write(writes, token=token)
    except ConditionFailed as error:
        if 0 not in error.failures:
            raise OwnerBusy(job=before) from error
        if not error.is_own(token):
            raise _Overtaken(_present(error.failures[0], now)) from error
    return decode_job(encode_job(after))


def _update(before: Job, after: Job, now: datetime, token: str) -> Write:
    """Write what differs, if the job is still as it was read."""
    old, new = encode_job(before), {**encode_job(after), "writeId": token}
    condition = f"{IS_CURRENT} AND version = :version AND #status = :status"
    values = {":now": epoch(now), ":version": before.version, ":status": before.status.value}
    if before.lease:
        condition += " AND leaseToken = :token"
        values[":token"] = before.lease.token
    return Write(
        operation="Update",
        target=job_key(before.key),
        set={name: value for name, value in new.items() if old.get(name) != value},
        remove=[name for name in old if name not in new],
        condition=condition,
        values=values,
    )


def _load(before: Job, after: Job, most: Mapping[str, int]) -> list[Write]:
    """Keep count of the owner's unfinished and active jobs, in the same transaction: no drift."""
    changes = {
        "unfinished": (after.status in UNFINISHED) - (before.status in UNFINISHED),
        "active": (after.status is ACTIVE) - (before.status is ACTIVE),
    }
    if not any(changes.values()):
        return []
    limited = {name: most[name] for name in most if changes[name] > 0}
    conditions = [f"(attribute_not_exists({name}) OR {name} < :{name})" for name in limited]
    return [
        Write(
            operation="Update",
            target=quota_key(before.owner),
            add={name: change for name, change in changes.items() if change},
            condition=" AND ".join(conditions) or None,
            values={f":{name}": number for name, number in limited.items()},
        )
    ]


def _records(job: Job, events: tuple[JobEvent, ...]) -> list[Write]:
    items = [
        encode_event(job.key, event, version=job.version, n=n) for n, event in enumerate(events)
    ]
    if job.is_finished and job.webhook_url:
        items.append(encode_delivery(Delivery(job=job, due_at=job.updated_at)))
    return [Write(operation="Put", target=item) for item in items]
