"""What is there? Every read of the table; whatever has expired is absent."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from itertools import batched, islice
from uuid import UUID

from docsnap.errors import InvalidCursor, JobNotFound, Unreadable
from docsnap.items import (
    BY_DEADLINE,
    BY_STATUS,
    IS_CURRENT,
    WAITING_SHARDS,
    WEBHOOK_SHARD,
    Item,
    decode_delivery,
    decode_event,
    decode_job,
    delivery_key,
    epoch,
    iso,
    job_key,
)
from docsnap.jobs import SEND_GRACE, Delivery, Job, JobEvent, JobKey, JobStatus
from docsnap.table import Table

_PAGE = 25
"""Overdue jobs read at a time."""

_KEYS = 1000
"""Keys of the index read at a time where many are passed over."""

_MANY = 250
"""Jobs after which counting on is not worth its price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """Some jobs, newest first, and where to go on."""

    jobs: tuple[Job, ...]
    cursor: str | None


def get(table: Table, key: JobKey, now: datetime) -> Job:
    """Read one job, as the last write left it.

    Raises:
        JobNotFound: There is none, or it has expired.
    """
    item = table.get(job_key(key))
    if item is None or (job := decode_job(item)).is_expired(now):
        raise JobNotFound
    return job


def list_jobs(
    table: Table,
    owner: str,
    *,
    now: datetime,
    status: JobStatus | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> JobPage:
    """List a user's jobs, newest first.

    A cursor only says after which job to go on, and holds for the list that gave it. It names no
    user, so even a well forged one leads nowhere but through its bearer's own jobs.

    Raises:
        InvalidCursor: No earlier page has given it.
    """
    a_list = f"{owner}#{status or ''}"
    before = _decode_cursor(cursor, a_list) if cursor else "~"
    found = (
        _jobs_in(table, owner, status, before, now, limit)
        if status
        else _jobs(table, owner, before, now, limit)
    )
    jobs = tuple(islice(found, limit + 1))
    more = len(jobs) > limit
    cursor = _encode_cursor(UUID(jobs[limit - 1].id), a_list) if more else None
    return JobPage(jobs=jobs[:limit], cursor=cursor)


def count(table: Table, owner: str, now: datetime) -> Mapping[JobStatus, int]:
    """Count a user's jobs by status; every status is present.

    Read from the keys of by_status alone.
    """
    counts = Counter(
        JobStatus(status)
        for status, _, expiry in (
            item["statusKey"].split("#")
            for item in table.query(
                "pk = :pk",
                {":pk": _partition(owner)},
                IndexName=BY_STATUS,
                ProjectionExpression="statusKey",
                ConsistentRead=True,
            )
        )
        if not _is_past(expiry, now)
    )
    return {status: counts[status] for status in JobStatus}


def history(table: Table, key: JobKey, now: datetime) -> tuple[JobEvent, ...]:
    """Tell what happened to a job, in order; it ends with the state that the job is in.

    The events repeat the owner and the expiry of their job, so that one query answers. Those of a
    job that nobody has touched for longer than events are kept are gone: it is asked itself then.

    Raises:
        JobNotFound: There is no such job of this user, or it has expired.
    """
    items = [
        item
        for item in table.query(
            "pk = :pk AND begins_with(sk, :event)",
            {":pk": f"JOB#{key.id}", ":event": "EVENT#"},
            ConsistentRead=True,
        )
        if item["owner"] == key.owner and int(item["expiresAt"]) > epoch(now)
    ]
    events = tuple(decode_event(item) for item in items)
    changes = [event for event in events if event.status]
    if not changes:
        return (*events, last_change(get(table, key, now)))
    expires_at = changes[-1].job_expires_at
    if expires_at and expires_at <= now:
        raise JobNotFound
    return events


def last_change(job: Job) -> JobEvent:
    """Tell from an unfinished job alone how it came to its state."""
    verb, at = _last_verb(job), job.updated_at
    if job.status is JobStatus.ACTIVE and job.attempt_started_at and not job.hops:
        at = job.attempt_started_at  # later updates are progress
    return JobEvent(
        at=at,
        verb=verb,
        status=job.status,
        attempt=job.attempts,
        worker_id=job.lease.worker_id if job.lease else None,
        error=job.error,
    )


def overdue(
    table: Table, shard: str, now: datetime, *, unreadable: Callable[[Unreadable], object]
) -> Iterator[Job]:
    """Find jobs whose deadline has passed, the longest overdue first, page by page.

    The index may be behind: what is yielded is read from the table itself, and overdue there.
    What cannot be read is passed over, and told.
    """
    for keys in batched(_due(table, shard, now, page=_PAGE), _PAGE, strict=False):
        jobs = _legible(table.get_many(keys), decode_job, now, unreadable)
        yield from sorted(
            (job for job in jobs if job.deadline_at and job.deadline_at <= now),
            key=lambda job: (job.deadline_at, job.id),
        )


def in_progress(table: Table) -> Mapping[JobStatus, int]:
    """Count everybody's jobs that run or are in backoff, a moment behind; many are many.

    Those that wait can be any number, and the queue tells it.
    """
    return {
        status: sum(1 for _ in islice(_in_shard(table, status), _MANY))
        for status in (JobStatus.ACTIVE, JobStatus.DELAYED)
    }


def _in_shard(table: Table, shard: str) -> Iterator[Item]:
    return table.query(
        "deadlineShard = :shard", {":shard": shard}, IndexName=BY_DEADLINE, Limit=_MANY
    )


def due_deliveries(
    table: Table,
    now: datetime,
    *,
    most_per_owner: int,
    unreadable: Callable[[Unreadable], object],
) -> Iterator[Delivery]:
    """Find webhooks that are due, the longest due first, page by page.

    What an owner has beyond `most_per_owner` is passed over by its keys alone: whoever has
    thousands that nobody receives must not stand before everybody else. What cannot be read is
    passed over as well, and told.
    """
    due = _at_most(most_per_owner, _due(table, WEBHOOK_SHARD, now, page=_KEYS))
    for keys in batched(due, _PAGE, strict=False):
        for delivery in _legible(table.get_many(keys), decode_delivery, now, unreadable):
            if delivery.due_at <= now:
                yield delivery


def _legible[T](
    items: Iterable[Item],
    decode: Callable[[Item], T],
    now: datetime,
    unreadable: Callable[[Unreadable], object],
) -> Iterator[T]:
    for item in items:
        expiry = item.get("expiresAt")
        if isinstance(expiry, int) and expiry <= epoch(now):
            continue
        try:
            yield decode(item)
        except Unreadable as error:
            unreadable(error)


def get_delivery(table: Table, job: Job) -> Delivery | None:
    """Find the webhook that is owed since the job finished, as returned by the transition."""
    item = table.get(delivery_key(job.key, job.version))
    return decode_delivery(item) if item else None


def waiting_of_others(table: Table, owner: str, now: datetime) -> Iterator[JobKey]:
    """Find the jobs of everybody else that are ready for a worker."""
    limits = {**dict.fromkeys(WAITING_SHARDS, "~"), "delayed": iso(now + SEND_GRACE)}
    for shard, before in limits.items():
        for item in table.query(
            "deadlineShard = :shard AND deadlineAt <= :before",
            {":shard": shard, ":before": before, ":pk": _partition(owner)},
            IndexName=BY_DEADLINE,
            FilterExpression="pk <> :pk",
        ):
            yield JobKey(item["pk"].removeprefix("USER#"), item["sk"].removeprefix("JOB#"))


def _last_verb(job: Job) -> str:
    if job.status is JobStatus.ACTIVE:
        return "claim"
    if job.status is JobStatus.DELAYED:
        return "delay"
    if job.is_continuing:
        return "hand_on"
    if job.attempts:
        return "rescue"
    return "retry" if job.cycle > 1 else "submit"


def _jobs(table: Table, owner: str, before: str, now: datetime, limit: int) -> Iterator[Job]:
    items = table.query(
        "pk = :pk AND sk BETWEEN :first AND :last",
        {":pk": _partition(owner), ":first": "JOB#", ":last": f"JOB#{before}", ":now": epoch(now)},
        FilterExpression=IS_CURRENT,
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=limit + 2,
    )
    return (decode_job(item) for item in items if item["sk"] != f"JOB#{before}")


def _jobs_in(
    table: Table, owner: str, status: JobStatus, before: str, now: datetime, limit: int
) -> Iterator[Job]:
    """Read by status. A local index gives whole items, though it holds their keys alone.

    Source: "Local secondary indexes", Amazon DynamoDB Developer Guide.
    """
    items = table.query(
        "pk = :pk AND statusKey BETWEEN :first AND :last",
        {":pk": _partition(owner), ":first": f"{status}#", ":last": f"{status}#{before}"},
        IndexName=BY_STATUS,
        Select="ALL_ATTRIBUTES",
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=limit + 1,
    )
    return (
        decode_job(item)
        for item in items
        if not _is_past(item["statusKey"].rpartition("#")[2], now)
    )


def _at_most(most: int, keys: Iterator[Item]) -> Iterator[Item]:
    seen: Counter[str] = Counter()
    for key in keys:
        seen[key["pk"]] += 1
        if seen[key["pk"]] <= most:
            yield key


def _due(table: Table, shard: str, now: datetime, *, page: int) -> Iterator[Item]:
    for item in table.query(
        "deadlineShard = :shard AND deadlineAt <= :now",
        {":shard": shard, ":now": iso(now)},
        IndexName=BY_DEADLINE,
        Limit=page,
    ):
        yield {"pk": item["pk"], "sk": item["sk"]}


def _partition(owner: str) -> str:
    return f"USER#{owner}"


def _is_past(expiry: str, now: datetime) -> bool:
    return bool(expiry) and int(expiry) <= epoch(now)


def _encode_cursor(job_id: UUID, a_list: str) -> str:
    seal = blake2b(job_id.bytes + a_list.encode(), digest_size=8)
    return urlsafe_b64encode(job_id.bytes + seal.digest()).decode()


def _decode_cursor(cursor: str, a_list: str) -> str:
    try:
        job_id = UUID(bytes=urlsafe_b64decode(cursor)[:16])
    except ValueError as error:
        raise InvalidCursor from error
    if _encode_cursor(job_id, a_list) != cursor:
        raise InvalidCursor
    return str(job_id)
