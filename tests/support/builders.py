"""Jobs and what belongs to them, with defaults for whatever a test does not care about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from docsnap.items import encode_job, quota_key
from docsnap.jobs import (
    ACTIVE,
    COMPLETED,
    DELAYED,
    FAILED,
    FINISHED,
    SEND_GRACE,
    WAITING,
    Job,
    JobFailure,
    JobKey,
    JobOptions,
    JobResult,
    JobStatus,
    Lease,
    new_job_id,
    new_token,
)
from docsnap.table import Table, Write

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
OWNER = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
RETENTION = timedelta(days=7)


def a_key(owner: str = OWNER, at: datetime = NOW) -> JobKey:
    return JobKey(owner, new_job_id(at))


def a_lease(at: datetime = NOW, **overrides: Any) -> Lease:
    values: dict[str, Any] = {
        "token": new_token(),
        "expires_at": at + timedelta(seconds=45),
        "worker_id": "worker-1",
    }
    return Lease(**values | overrides)


def a_failure(**overrides: Any) -> JobFailure:
    values: dict[str, Any] = {
        "code": "site_unreachable",
        "message": "No answer.",
        "retryable": True,
    }
    return JobFailure(**values | overrides)


def a_result(**overrides: Any) -> JobResult:
    values: dict[str, Any] = {
        "pages": 12,
        "failed_pages": 1,
        "words": 3456,
        "bytes": 78_901,
        "formats": ("markdown", "html"),
        "duration_ms": 2345,
        "truncated": False,
        "prefix": "results/prefix/",
    }
    return JobResult(**values | overrides)


def a_job(status: JobStatus = WAITING, *, at: datetime = NOW, **overrides: Any) -> Job:
    """Build a job as the transitions would have left it at that time."""
    values: dict[str, Any] = {
        "key": a_key(overrides.pop("owner", OWNER), at),
        "url": "https://docs.example.com/guide/",
        "options": JobOptions(),
        "status": status,
        "created_at": at,
        "updated_at": at,
        "deadline_at": at + SEND_GRACE,
    }
    if status is not WAITING:
        values |= {"attempts": 1, "started_at": at, "attempt_started_at": at}
    if status in {ACTIVE, *FINISHED}:
        values |= {"lease": a_lease(at)}
    if status is DELAYED:
        values |= {"next_attempt_at": at + timedelta(seconds=10), "error": a_failure()}
    if status in FINISHED:
        values |= {"finished_at": at, "expires_at": at + RETENTION, "deadline_at": None}
    if status is COMPLETED:
        values |= {"progress": 100, "result": a_result()}
    if status is FAILED:
        values |= {"error": a_failure()}
    return Job(**values | overrides)


def stored(table: Table, job: Job) -> Job:
    """Put the job into the table, and count it."""
    load = {"unfinished": int(not job.is_finished), "active": int(job.status is ACTIVE)}
    count = Write(operation="Update", target=quota_key(job.owner), add=load)
    table.write([Write(operation="Put", target=encode_job(job)), count], token=new_token())
    return job
