"""What is a job, and which states may follow which? Values only: no clock, no AWS."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

FORMATS = ("markdown", "html", "json", "llms", "pdf", "docx")
DEFAULT_FORMATS = FORMATS[:4]

MAX_ATTEMPTS = 3
"""Attempts of a job before it fails, counted anew after a retry or a redrive."""

MAX_HOPS = 100
"""Invocations over which one attempt may be spread."""

SEND_GRACE = timedelta(seconds=45)
"""How long a message may take to reach a worker before the sweeper sends another."""


class JobStatus(StrEnum):
    """Where a job stands. The names are part of the HTTP contract."""

    WAITING = "waiting"
    """Accepted, or to be continued. Left by the worker that claims it."""

    ACTIVE = "active"
    """A worker holds its lease. Left by the worker, or by the sweeper once the lease has lapsed."""

    DELAYED = "delayed"
    """An attempt failed. Left by the worker when the message returns after the backoff."""

    COMPLETED = "completed"
    """The result is ready."""

    FAILED = "failed"
    """Attempts used up, or an error that no retry can mend. Left by a retry or a redrive."""

    CANCELLED = "cancelled"
    """Stopped by its owner."""

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to the job on its own."""
        return self in FINISHED


WAITING, ACTIVE, DELAYED, COMPLETED, FAILED, CANCELLED = JobStatus
FINISHED = frozenset({COMPLETED, FAILED, CANCELLED})
UNFINISHED = frozenset({WAITING, ACTIVE, DELAYED})


class Transition(NamedTuple):
    """One edge of the state machine."""

    verb: str
    """The function of `transitions` (or `admission`) that takes it."""
    source: JobStatus | None
    target: JobStatus
    actors: tuple[str, ...]
    """Which functions may take it: api, worker, sweeper."""


TRANSITIONS = (
    Transition("submit", None, WAITING, ("api",)),
    Transition("claim", WAITING, ACTIVE, ("worker",)),
    Transition("claim", DELAYED, ACTIVE, ("worker",)),
    Transition("claim", ACTIVE, WAITING, ("worker",)),  # lapsed; goes straight on to active
    Transition("claim", FAILED, WAITING, ("worker",)),  # redriven; goes straight on to active
    Transition("hand_on", ACTIVE, WAITING, ("worker",)),
    Transition("hand_on", ACTIVE, FAILED, ("worker",)),
    Transition("complete", ACTIVE, COMPLETED, ("worker",)),
    Transition("delay", ACTIVE, DELAYED, ("worker",)),
    Transition("fail", ACTIVE, FAILED, ("worker",)),
    Transition("rescue", ACTIVE, WAITING, ("sweeper",)),
    Transition("rescue", ACTIVE, FAILED, ("sweeper",)),
    Transition("cancel", WAITING, CANCELLED, ("api",)),
    Transition("cancel", DELAYED, CANCELLED, ("api",)),
    Transition("cancel", ACTIVE, CANCELLED, ("api",)),
    Transition("retry", FAILED, WAITING, ("api",)),
)
"""Every way a job changes its status. docs/job-lifecycle.md draws the same."""


class JobKey(NamedTuple):
    """Where a job is found. Without its owner a job cannot be addressed."""

    owner: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """What the owner asked for. The fields are those of the engine's options."""

    max_pages: int = 100
    max_depth: int = 10
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    formats: tuple[str, ...] = DEFAULT_FORMATS
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFailure:
    """Why an attempt or a job failed, in words for its owner."""

    code: str
    message: str
    retryable: bool
    retry_after: timedelta | None = None
    """What the crawled site asked for. Shapes the backoff; not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """One downloadable file of a result."""

    bytes: int
    sha256: str
    """Hexadecimal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """What a completed job has to show."""

    pages: int
    failed_pages: int
    words: int
    bytes: int
    formats: tuple[str, ...]
    duration_ms: int
    truncated: bool
    prefix: str = ""
    """Where in the bucket the published files are. Never shown to the owner."""
    files: Mapping[str, ResultFile] = field(default_factory=dict)
    """By format, and `zip` for the whole bundle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A worker's right to change an active job."""

    token: str
    """Fresh for every claim; part of the S3 keys of what the attempt writes."""
    expires_at: datetime
    """Moved by every renewal. Once it has passed, the sweeper may take the job away."""
    worker_id: str
    ends_at: datetime | None = None
    """When the invocation is stopped by Lambda; tells a timeout from a lost worker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as the table holds it. Times are aware and in UTC."""

    key: JobKey
    url: str
    options: JobOptions
    status: JobStatus
    created_at: datetime
    updated_at: datetime
    version: int = 1
    """Counts every write. Two readings with the same version are the same."""
    stage: str | None = None
    progress: int = 0
    """0 to 100; never falls within an attempt."""
    attempts: int = 0
    """Attempts begun in this cycle; a retry or a redrive begins a new one."""
    max_attempts: int = MAX_ATTEMPTS
    cycle: int = 1
    hops: int = 0
    """Invocations of the present attempt after its first."""
    is_continuing: bool = False
    """Waiting for a further invocation of the same attempt, which therefore costs none."""
    webhook_url: str | None = None
    correlation_id: str | None = None
    """Of the request that submitted the job; all its log lines carry it."""
    started_at: datetime | None = None
    """When the first attempt of this cycle began."""
    attempt_started_at: datetime | None = None
    finished_at: datetime | None = None
    next_attempt_at: datetime | None = None
    expires_at: datetime | None = None
    """None until finished: an unfinished job never expires."""
    error: JobFailure | None = None
    result: JobResult | None = None
    lease: Lease | None = None
    """Of the worker that is at the job, or was when the job finished."""
    deadline_at: datetime | None = None
    """When the sweeper shall look after the job; None once nothing is left to do."""
    leftovers_until: datetime | None = None
    """An attempt was lost; until then its worker, if it lives, may still write to the bucket."""

    @property
    def id(self) -> str:
        """The job's id, unique and ordered by time."""
        return self.key.id

    @property
    def owner(self) -> str:
        """The user the job belongs to."""
        return self.key.owner

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen to the job on its own."""
        return self.status.is_finished

    @property
    def has_attempts_left(self) -> bool:
        """Whether a further attempt may follow the present one."""
        return self.attempts < self.max_attempts

    def is_expired(self, now: datetime) -> bool:
        """Whether the job is gone for every reader, deleted or not."""
        return self.expires_at is not None and self.expires_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """One entry of a job's history."""

    at: datetime
    verb: str
    """A verb of the transitions, `redrive`, `webhook_delivered` or `webhook_failed`."""
    status: JobStatus | None = None
    """The state the job went to; None for an event that changed none."""
    attempt: int = 0
    worker_id: str | None = None
    duration_ms: int | None = None
    """How long the attempt, or the delivery, took."""
    error: JobFailure | None = None
    job_expires_at: datetime | None = None
    """When the job expires, as of this event; the history is gone with the job."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A webhook that is owed: written in the same transaction as the state it tells of."""

    job: Job
    """The job as it was when it finished."""
    tries: int = 0
    """Begun so far."""
    due_at: datetime

    @property
    def id(self) -> str:
        """The webhook-id: the same over all tries, another one if the job finishes again."""
        return f"{self.job.id}-{self.job.version}"

    @property
    def type(self) -> str:
        """The name of the event: job.completed, job.failed or job.cancelled."""
        return f"job.{self.job.status}"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaState:
    """How much of a quota a user has left."""

    limit: int
    remaining: int
    window: timedelta
    resets_in: timedelta
    """Until the window ends and `remaining` is `limit` again."""
    unfinished_limit: int
    violated: str | None = None
    """`submissions` or `unfinished` when the quota refused the submission."""

    @property
    def retry_after(self) -> timedelta:
        """When a further submission can be admitted at the earliest."""
        return UNFINISHED_RETRY_AFTER if self.violated == "unfinished" else self.resets_in


UNFINISHED_RETRY_AFTER = timedelta(seconds=30)
"""A job has to finish first, and nobody knows when; long enough not to invite hammering."""


def new_job_id(now: datetime) -> str:
    """Make an id that sorts by time: a UUID of version 7 (RFC 9562)."""
    milliseconds = int(now.timestamp() * 1000)
    number = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    return str(UUID(int=number))


def new_token() -> str:
    """Make a token that nobody can guess and no two calls share."""
    return secrets.token_hex(16)
