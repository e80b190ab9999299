"""How is a job, and what belongs to it, written as items of the table?

| item            | pk           | sk                           | expires                    |
|-----------------|--------------|------------------------------|----------------------------|
| job             | `USER#<sub>` | `JOB#<id>`                   | set when it finishes       |
| idempotency key | `USER#<sub>` | `IDEMPOTENCY#<hash of key>`  | 24 h                       |
| recent request  | `USER#<sub>` | `REQUEST#<fingerprint>`      | 5 min                      |
| quota           | `USER#<sub>` | `QUOTA`                      | never; one small item      |
| webhook owed    | `USER#<sub>` | `DELIVERY#<id>#<version>`    | 14 days                    |
| webhook secret  | `USER#<sub>` | `WEBHOOK_SECRET`             | never; see `webhooks`      |
| event           | `JOB#<id>`   | `EVENT#<version>#<n>`        | 90 days, readers: with job |

Indexes, both KEYS_ONLY and all keys strings: `by_status`, a local one (HASH `pk`, RANGE
`statusKey`), and `by_deadline`, a global one (HASH `deadlineShard`, RANGE `deadlineAt`). Only jobs
have a `statusKey`, and only what the sweeper has to look after has a deadline. The TTL attribute is
`expiresAt`, in seconds.
"""

from binascii import crc32
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

from docsnap.errors import Unreadable
from docsnap.jobs import (
    Delivery,
    Job,
    JobEvent,
    JobFailure,
    JobKey,
    JobOptions,
    JobResult,
    JobStatus,
    Lease,
    ResultFile,
)

type Item = dict[str, Any]
"""An item in plain Python values."""

BY_STATUS = "by_status"
BY_DEADLINE = "by_deadline"

WAITING_SHARDS = tuple(f"waiting#{n}" for n in range(4))
WEBHOOK_SHARD = "webhook"
FINISHED_SHARD = "finished"
DEADLINE_SHARDS = (*WAITING_SHARDS, "active", "delayed", FINISHED_SHARD)
"""Where jobs with a deadline are found: every status by itself, and `finished` for what has yet
to be cleaned up. Only waiting jobs can be many, so only they are spread."""

DELIVERY_RETENTION = timedelta(days=14)
EVENT_RETENTION = timedelta(days=90)
"""No finished job is kept for longer. Readers go by its expiry, which the events repeat; an
unfinished job outlives them if nobody touches it for so long, and tells the rest itself."""

IS_CURRENT = "(attribute_not_exists(expiresAt) OR expiresAt > :now)"
"""DynamoDB may delete days late: an expired item is absent."""


def iso(moment: datetime) -> str:
    """Write a time as the table keeps it: UTC and of fixed width, so that it sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch(moment: datetime) -> int:
    """Write a time as the TTL attribute `expiresAt` and the conditions on it have it."""
    return int(moment.timestamp())


def readable[T](decode: Callable[[Item], T]) -> Callable[[Item], T]:
    """Have a decoder raise Unreadable, whatever it is that an item lacks."""

    @wraps(decode)
    def read(item: Item) -> T:
        try:
            return decode(item)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as exc:
            raise Unreadable(partition=item["pk"], item=item["sk"]) from exc

    return read


def job_key(key: JobKey) -> Item:
    """Say where a job is kept."""
    return {"pk": f"USER#{key.owner}", "sk": f"JOB#{key.id}"}


def quota_key(owner: str) -> Item:
    """Say where it is kept how much a user has asked for, and has going."""
    return {"pk": f"USER#{owner}", "sk": "QUOTA"}


def _status_key(job: Job) -> str:
    """Build a job's key in by_status; its end tells readers of the keys alone when it is gone."""
    expiry = f"{_seconds(job.expires_at)}" if job.expires_at else ""
    return f"{job.status}#{job.id}#{expiry}"


def encode_job(job: Job) -> Item:
    """Turn a job into its item."""
    item = {
        **job_key(job.key),
        "statusKey": _status_key(job),
        "deadlineShard": _deadline_shard(job) if job.deadline_at else None,
        "deadlineAt": job.deadline_at,
        "url": job.url,
        "options": _encode_options(job.options),
        "status": job.status.value,
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
        "version": job.version,
        "stage": job.stage,
        "progress": job.progress,
        "attempts": job.attempts,
        "maxAttempts": job.max_attempts,
        "cycle": job.cycle,
        "hops": job.hops,
        "isContinuing": job.is_continuing or None,
        "webhookUrl": job.webhook_url,
        "correlationId": job.correlation_id,
        "startedAt": job.started_at,
        "attemptStartedAt": job.attempt_started_at,
        "finishedAt": job.finished_at,
        "nextAttemptAt": job.next_attempt_at,
        "expiresAt": _seconds(job.expires_at),
        "error": _encode_failure(job.error),
        "result": _encode_result(job.result) if job.result else None,
        "leftoversUntil": job.leftovers_until,
        **(_encode_lease(job.lease) if job.lease else {}),
    }
    return _compact(item)


@readable
def decode_job(item: Item) -> Job:
    """Turn an item into the job it holds. Raises Unreadable, as do the other decoders."""
    return Job(
        key=JobKey(item["pk"].removeprefix("USER#"), item["sk"].removeprefix("JOB#")),
        url=item["url"],
        options=_decode_options(item["options"]),
        status=JobStatus(item["status"]),
        created_at=_parsed(item["createdAt"]),
        updated_at=_parsed(item["updatedAt"]),
        version=int(item["version"]),
        stage=item.get("stage"),
        progress=int(item["progress"]),
        attempts=int(item["attempts"]),
        max_attempts=int(item["maxAttempts"]),
        cycle=int(item["cycle"]),
        hops=int(item["hops"]),
        is_continuing=item.get("isContinuing", False),
        webhook_url=item.get("webhookUrl"),
        correlation_id=item.get("correlationId"),
        started_at=_moment(item, "startedAt"),
        attempt_started_at=_moment(item, "attemptStartedAt"),
        finished_at=_moment(item, "finishedAt"),
        next_attempt_at=_moment(item, "nextAttemptAt"),
        expires_at=_expiry(item),
        error=_decode_failure(item.get("error")),
        result=_decode_result(item["result"]) if "result" in item else None,
        lease=_decode_lease(item) if "leaseToken" in item else None,
        deadline_at=_moment(item, "deadlineAt"),
        leftovers_until=_moment(item, "leftoversUntil"),
    )


def encode_event(key: JobKey, event: JobEvent, *, version: int, n: int) -> Item:
    """Turn an event into its item. `version` is the job's after the write, `n` tells apart several.

    Ordered by version, for the clocks of two workers may disagree; a write and its repetition
    make the same item.
    """
    return _compact(
        {
            "pk": f"JOB#{key.id}",
            "sk": f"EVENT#{version:08d}#{n:02d}",
            "owner": key.owner,
            "at": event.at,
            "verb": event.verb,
            "status": event.status.value if event.status else None,
            "attempt": event.attempt,
            "workerId": event.worker_id,
            "durationMs": event.duration_ms,
            "error": _encode_failure(event.error),
            "jobExpiresAt": _seconds(event.job_expires_at),
            "expiresAt": _seconds(event.at + EVENT_RETENTION),
        }
    )


@readable
def decode_event(item: Item) -> JobEvent:
    """Turn an item into the event it holds."""
    return JobEvent(
        at=_parsed(item["at"]),
        verb=item["verb"],
        status=JobStatus(item["status"]) if "status" in item else None,
        attempt=int(item["attempt"]),
        worker_id=item.get("workerId"),
        duration_ms=int(item["durationMs"]) if "durationMs" in item else None,
        error=_decode_failure(item.get("error")),
        job_expires_at=_expiry(item, "jobExpiresAt"),
    )


def encode_idempotency_key(
    owner: str, key: str, *, job_id: str, body_hash: str, expires_at: datetime
) -> Item:
    """Name the job that answers a request, by the key that came with it."""
    return {
        "pk": f"USER#{owner}",
        "sk": f"IDEMPOTENCY#{sha256(key.encode()).hexdigest()}",
        "jobId": job_id,
        "bodyHash": body_hash,
        "expiresAt": epoch(expires_at),
    }


def encode_request(owner: str, fingerprint: str, *, job_id: str, expires_at: datetime) -> Item:
    """Name the job that answers a request, by what is asked for."""
    return {
        "pk": f"USER#{owner}",
        "sk": f"REQUEST#{fingerprint}",
        "jobId": job_id,
        "expiresAt": epoch(expires_at),
    }


def delivery_key(key: JobKey, version: int) -> Item:
    """Say where a webhook is kept that is owed for the job as of this version."""
    return {"pk": f"USER#{key.owner}", "sk": f"DELIVERY#{key.id}#{version}"}


def encode_delivery(delivery: Delivery) -> Item:
    """Turn a delivery into its item, with the job as it was when it finished."""
    job = delivery.job
    return {
        **delivery_key(job.key, job.version),
        "deadlineShard": WEBHOOK_SHARD,
        "deadlineAt": iso(delivery.due_at),
        "tries": delivery.tries,
        "job": encode_job(job),
        "expiresAt": _seconds(job.updated_at + DELIVERY_RETENTION),
    }


@readable
def decode_delivery(item: Item) -> Delivery:
    """Turn an item into the delivery it holds."""
    return Delivery(
        job=decode_job(item["job"]),
        tries=int(item["tries"]),
        due_at=_parsed(item["deadlineAt"]),
    )


def _deadline_shard(job: Job) -> str:
    if job.is_finished:
        return FINISHED_SHARD
    if job.status is JobStatus.WAITING:
        return WAITING_SHARDS[crc32(job.id.encode()) % len(WAITING_SHARDS)]
    return job.status.value


def _encode_options(options: JobOptions) -> Item:
    return _compact(
        {
            "maxPages": options.max_pages,
            "maxDepth": options.max_depth,
            "include": list(options.include),
            "exclude": list(options.exclude),
            "formats": list(options.formats),
            "title": options.title,
        }
    )


def _decode_options(item: Item) -> JobOptions:
    return JobOptions(
        max_pages=int(item["maxPages"]),
        max_depth=int(item["maxDepth"]),
        include=tuple(item["include"]),
        exclude=tuple(item["exclude"]),
        formats=tuple(item["formats"]),
        title=item.get("title"),
    )


def _encode_failure(failure: JobFailure | None) -> Item | None:
    if failure is None:
        return None
    return {"code": failure.code, "message": failure.message, "retryable": failure.retryable}


def _decode_failure(item: Item | None) -> JobFailure | None:
    return JobFailure(**item) if item else None


def _encode_result(result: JobResult) -> Item:
    return {
        "pages": result.pages,
        "failedPages": result.failed_pages,
        "words": result.words,
        "bytes": result.bytes,
        "formats": list(result.formats),
        "durationMs": result.duration_ms,
        "truncated": result.truncated,
        "prefix": result.prefix,
        "files": {
            name: [file.bytes, bytes.fromhex(file.sha256)] for name, file in result.files.items()
        },
    }


def _decode_result(item: Item) -> JobResult:
    return JobResult(
        pages=int(item["pages"]),
        failed_pages=int(item["failedPages"]),
        words=int(item["words"]),
        bytes=int(item["bytes"]),
        formats=tuple(item["formats"]),
        duration_ms=int(item["durationMs"]),
        truncated=item["truncated"],
        prefix=item["prefix"],
        files={
            name: ResultFile(bytes=int(size), sha256=bytes(digest).hex())
            for name, (size, digest) in item["files"].items()
        },
    )


def _encode_lease(lease: Lease) -> Item:
    return {
        "leaseToken": lease.token,
        "leaseExpiresAt": lease.expires_at,
        "workerId": lease.worker_id,
        "leaseEndsAt": lease.ends_at,
    }


def _decode_lease(item: Item) -> Lease:
    return Lease(
        token=item["leaseToken"],
        expires_at=_parsed(item["leaseExpiresAt"]),
        worker_id=item["workerId"],
        ends_at=_moment(item, "leaseEndsAt"),
    )


def _compact(item: Item) -> Item:
    return {
        name: iso(value) if isinstance(value, datetime) else value
        for name, value in item.items()
        if value is not None
    }


def _moment(item: Item, name: str) -> datetime | None:
    return _parsed(item[name]) if name in item else None


def _parsed(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def _seconds(moment: datetime | None) -> int | None:
    return epoch(moment) if moment else None


def _expiry(item: Item, name: str = "expiresAt") -> datetime | None:
    return datetime.fromtimestamp(int(item[name]), UTC) if name in item else None
