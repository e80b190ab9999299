"""Every error of the package.

DocSnapError
├── RequestError                 the caller can mend it; `status` and `code` go into the answer
│   ├── InvalidUrl               422
│   ├── Unauthenticated          401
│   ├── JobNotFound              404
│   ├── WrongState               409
│   ├── IdempotencyInProgress    409
│   ├── IdempotencyKeyReused     422
│   ├── InvalidCursor            422
│   └── QuotaExceeded            429
├── Unavailable                  503  table, queue or bucket did not answer; nothing half-done
├── Unreadable                   an item of the table is not as we write it; for a person to mend
├── LeaseError                   never leaves the worker and the sweeper
│   ├── NotClaimable             somebody else has the job, or it is finished
│   ├── NotDue                   its backoff has not passed
│   ├── OwnerBusy                its owner has enough workers while others wait
│   ├── LeaseLost                another attempt, or the sweeper, has taken over
│   └── CancelRequested          the owner cancelled
├── AttemptFailed                what the engine reported, as the job will remember it
├── OutOfTime                    the attempt stopped in order; a further invocation continues it
├── Exhausted                    the process is given up, see `sandbox`
└── BadSettings                  at start-up; names the variable
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from docsnap.jobs import Job, JobFailure, QuotaState


class DocSnapError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").partition("\n")[0])


class RequestError(DocSnapError):
    """The request cannot be carried out as it stands."""

    status: ClassVar[int] = 400
    """HTTP status of the answer."""

    code: ClassVar[str] = "bad_request"
    """Stable name of the problem, part of the HTTP contract."""


class InvalidUrl(RequestError):
    """The URL is not a public http or https address."""

    status = 422
    code = "invalid_url"


class Unauthenticated(RequestError):
    """A valid access token is needed."""

    status = 401
    code = "unauthenticated"


class JobNotFound(RequestError):
    """There is no such job."""

    status = 404
    code = "job_not_found"


class WrongState(RequestError):
    """The job's state does not allow this."""

    status = 409
    code = "wrong_state"

    def __init__(self, message: str | None = None, *, job: "Job") -> None:
        super().__init__(message)
        self.job = job
        """The job as it stands, which is why the request was refused."""


class IdempotencyInProgress(RequestError):
    """A request with the same Idempotency-Key is still being processed."""

    status = 409
    code = "idempotency_in_progress"

    retry_after = timedelta(seconds=1)


class IdempotencyKeyReused(RequestError):
    """The Idempotency-Key was used before with a different request."""

    status = 422
    code = "idempotency_key_reused"


class InvalidCursor(RequestError):
    """The cursor does not come from an earlier answer to the same list."""

    status = 422
    code = "invalid_cursor"


class QuotaExceeded(RequestError):
    """The quota is used up."""

    status = 429
    code = "quota_exceeded"

    def __init__(self, message: str, *, quota: "QuotaState") -> None:
        super().__init__(message)
        self.quota = quota

    @property
    def retry_after(self) -> timedelta:
        """When a further submission can be admitted at the earliest."""
        return self.quota.retry_after


class Unavailable(DocSnapError):
    """The service is busy; nothing was changed. Please try again."""

    status: ClassVar[int] = 503
    code: ClassVar[str] = "unavailable"
    retry_after: ClassVar[timedelta] = timedelta(seconds=5)


class Unreadable(DocSnapError):
    """An item of the table is not as it should be."""

    def __init__(self, *, partition: str, item: str) -> None:
        super().__init__(f"The item {item} of {partition} is not as it should be.")
        self.partition = partition
        self.item = item
        """The two keys of the item: which it is."""


class LeaseError(DocSnapError):
    """The attempt may not go on."""

    def __init__(self, message: str | None = None, *, job: "Job | None" = None) -> None:
        super().__init__(message)
        self.job = job
        """The job as the table holds it; None when it is gone."""


class NotClaimable(LeaseError):
    """Somebody else has the job, or it is finished."""


class NotDue(LeaseError):
    """The backoff of the job has not passed yet."""

    def __init__(self, *, job: "Job", due_at: datetime) -> None:
        super().__init__(job=job)
        self.due_at = due_at


class OwnerBusy(LeaseError):
    """The owner of the job occupies enough workers while others wait."""


class LeaseLost(LeaseError):
    """Another attempt or the sweeper has taken over the job."""


class CancelRequested(LeaseError):
    """The owner of the job has cancelled it."""


class AttemptFailed(DocSnapError):
    """The attempt failed for a reason that the job will remember."""

    def __init__(self, failure: "JobFailure") -> None:
        super().__init__(failure.message)
        self.failure = failure


class OutOfTime(DocSnapError):
    """The attempt stopped in order before its invocation ran out of time."""


class Exhausted(DocSnapError):
    """The process lacks memory, disk or file handles."""


class BadSettings(DocSnapError):
    """A setting is missing or cannot be used."""
