"""May this submission become a job?

One transaction answers: the job, its first event, the idempotency key, the fingerprint of the
request and the owner's quota are written together or not at all, and what stands in the way says
which answer to give. Then the message is sent; if that fails, everything is taken back. Should
the function die in between, the sweeper sends the message.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from docsnap import telemetry
from docsnap.errors import IdempotencyInProgress, IdempotencyKeyReused, Unavailable
from docsnap.items import (
    Item,
    decode_job,
    encode_event,
    encode_idempotency_key,
    encode_job,
    encode_request,
    epoch,
    job_key,
)
from docsnap.jobs import (
    FAILED,
    SEND_GRACE,
    WAITING,
    Job,
    JobEvent,
    JobKey,
    JobOptions,
    QuotaState,
    new_job_id,
    new_token,
)
from docsnap.queue import Queue
from docsnap.quotas import Quota, Quotas
from docsnap.table import ConditionFailed, Contended, Table, Write

IDEMPOTENCY_RETENTION = timedelta(hours=24)

DUPLICATE_WINDOW = timedelta(minutes=5)
"""How long a request answers another one for the same URL and options."""

SETTLED = timedelta(minutes=1)
"""By then a submission is sent or taken back: longer than the function may run."""

_TRIES = 8
"""How often a submission is decided anew because another one was faster."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A request for a job, already validated."""

    owner: str
    url: str
    """Canonical, so that the same page is recognised as the same."""
    options: JobOptions = field(default_factory=JobOptions)
    webhook_url: str | None = None
    idempotency_key: str | None = None
    body_hash: str = ""
    """Of the request body; tells a repeated request from a key used twice."""
    force: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Admitted:
    """The answer to a submission."""

    job: Job
    duplicate: bool
    """Whether the job is an earlier one that answers this submission too."""
    quota: QuotaState


class _Obstacle(NamedTuple):
    """What stands in the way of a submission, by the item that does."""

    is_own: bool
    """This very submission has been admitted; the answer was lost."""
    key: Item | None
    request: Item | None
    quota: Item | None


def submit(
    table: Table, queue: Queue, request: Submission, *, now: datetime, limits: Quotas
) -> Admitted:
    """Admit a job, or find the earlier one that answers the request.

    Two calls as a rule. However often the same request comes and at once, it makes one job, as
    long as it carries an idempotency key or no `force`.

    Raises:
        QuotaExceeded: `error.quota` says when to try again.
        IdempotencyKeyReused: The key came with another body.
        IdempotencyInProgress: The same request is being decided on in too many places at once.
        Unavailable: Nothing was admitted.
    """
    try:
        return _Admission(table, queue, request, now, limits).decide()
    except Contended as error:
        if request.idempotency_key:
            raise IdempotencyInProgress from error
        raise


class _Admission:
    """One submission on its way."""

    def __init__(
        self, table: Table, queue: Queue, request: Submission, now: datetime, limits: Quotas
    ) -> None:
        self._table = table
        self._queue = queue
        self._request = request
        self._now = now
        self._job = _new_job(request, now, limits)
        self._quota = Quota(request.owner, now, limits)
        self._spent: str | None = None
        """The job that the fingerprint names, if it cannot answer this request."""
        self._gone: str | None = None
        """The job that the key names, if it is there no more."""

    def decide(self) -> Admitted:
        """Try until the submission is admitted, answered or refused."""
        for _ in range(_TRIES):
            obstacle = self._admit()
            if obstacle is None or obstacle.is_own:
                return self._send()
            if obstacle.quota is not None:
                self._quota.learn(obstacle.quota)
            earlier = self._earlier(obstacle)
            if earlier:
                return Admitted(job=earlier, duplicate=True, quota=self._quota.state())
            if obstacle.quota is not None:
                self._quota.check()
        raise Contended

    def _admit(self) -> _Obstacle | None:
        writes = [
            _put(encode_job(self._job), "attribute_not_exists(pk)"),
            _put(_first_event(self._job)),
            self._quota.spend(),
            self._name_request(),
        ]
        if self._request.idempotency_key:
            writes.append(self._name_key(self._job))
        try:
            self._table.write(writes, token=new_token())
        except ConditionFailed as error:
            found = error.failures
            return _Obstacle(
                is_own=0 in found,
                quota=(found[2] or {}) if 2 in found else None,
                request=found.get(3),
                key=found.get(4),
            )
        except Contended:
            raise
        except Unavailable:
            if self._is_taken_back():
                raise
        return None

    def _send(self) -> Admitted:
        try:
            self._queue.enqueue(self._job.key, version=self._job.version)
        except Unavailable:
            if self._is_taken_back():
                raise
        return Admitted(job=self._job, duplicate=False, quota=self._quota.spent())

    def _earlier(self, obstacle: _Obstacle) -> Job | None:
        """Find the job that answers the request; None if there is none after all."""
        if obstacle.key:
            job = self._find(obstacle.key)
            if job is None:  # it outlived its job, or was taken back with it just now
                self._gone = obstacle.key["jobId"]
                return None
            if obstacle.key["bodyHash"] != self._request.body_hash:
                raise IdempotencyKeyReused
            return self._adopt(job)
        if obstacle.request:
            job = self._find(obstacle.request)
            if job and job.status is not FAILED:
                return self._adopt(job, bind=self._request.idempotency_key is not None)
            self._spent = obstacle.request["jobId"]
        return None

    def _find(self, named: Item) -> Job | None:
        item = self._table.get(job_key(JobKey(self._request.owner, named["jobId"])))
        job = decode_job(item) if item else None
        return None if job is None or job.is_expired(self._now) else job

    def _adopt(self, job: Job, *, bind: bool = False) -> Job | None:
        """Answer with an earlier job: from now on it may not be taken back.

        `bind` gives it this request's key as well. None if the job has just been taken back.
        """
        writes = []
        if _may_be_taken_back(job, self._now):
            writes.append(
                Write(
                    operation="Update",
                    target=job_key(job.key),
                    set={"version": job.version + 1},
                    condition="version = :version",
                    values={":version": job.version},
                )
            )
        if bind:
            writes.append(self._name_key(job))
        if writes:
            try:
                self._table.write(writes, token=new_token())
            except ConditionFailed:
                return None
        return job

    def _is_taken_back(self) -> bool:
        """Undo the admission; False if it stands: a worker or another request was faster."""
        self._quota.forget()
        writes = {
            "job": _delete(encode_job(self._job), "version = :version", {":version": 1}),
            "event": _delete(_first_event(self._job)),
            "request": _delete(self._name_request().target, "jobId = :job", {":job": self._job.id}),
            "quota": self._quota.refund(),
        }
        if self._request.idempotency_key:
            writes["key"] = _delete(self._name_key(self._job).target)
        while True:
            try:
                self._table.write(list(writes.values()), token=new_token())
            except ConditionFailed as error:
                failed = {name for n, name in enumerate(writes) if n in error.failures}
                if "job" in failed:
                    return error.failures[0] is None
                if "request" in failed:  # a later request has put its name in place of ours
                    del writes["request"]
                if "quota" in failed:  # the window is over
                    writes["quota"] = self._quota.refund(submitted=False)
            else:
                return True

    def _name_request(self) -> Write:
        item = encode_request(
            self._request.owner,
            _fingerprint(self._request),
            job_id=self._job.id,
            expires_at=self._now + DUPLICATE_WINDOW,
        )
        if self._request.force:
            return _put(item)
        return self._put_if_free(item, spent=self._spent)

    def _name_key(self, job: Job) -> Write:
        item = encode_idempotency_key(
            self._request.owner,
            self._request.idempotency_key or "",
            job_id=job.id,
            body_hash=self._request.body_hash,
            expires_at=self._now + IDEMPOTENCY_RETENTION,
        )
        return self._put_if_free(item, spent=self._gone)

    def _put_if_free(self, item: Item, *, spent: str | None) -> Write:
        """Take a name that is nobody's, or of a job that is no answer."""
        values = {":now": epoch(self._now)}
        if spent is None:
            return _put(item, _IS_FREE, values)
        return _put(item, f"{_IS_FREE} OR jobId = :spent", values | {":spent": spent})


_IS_FREE = "attribute_not_exists(pk) OR expiresAt <= :now"


def _new_job(request: Submission, now: datetime, limits: Quotas) -> Job:
    return Job(
        key=JobKey(request.owner, new_job_id(now)),
        url=request.url,
        options=request.options,
        status=WAITING,
        created_at=now,
        updated_at=now,
        max_attempts=limits.max_attempts,
        webhook_url=request.webhook_url,
        correlation_id=telemetry.correlation_id(),
        deadline_at=now + SEND_GRACE,
    )


def _first_event(job: Job) -> Item:
    event = JobEvent(at=job.created_at, verb="submit", status=WAITING)
    return encode_event(job.key, event, version=job.version, n=0)


def _fingerprint(request: Submission) -> str:
    text = json.dumps([request.url, asdict(request.options)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _may_be_taken_back(job: Job, now: datetime) -> bool:
    return job.version == 1 and job.status is WAITING and now < job.created_at + SETTLED


def _put(item: Item, condition: str | None = None, values: Item | None = None) -> Write:
    return Write(operation="Put", target=item, condition=condition, values=values or {})


def _delete(item: Item, condition: str | None = None, values: Item | None = None) -> Write:
    key = {"pk": item["pk"], "sk": item["sk"]}
    return Write(operation="Delete", target=key, condition=condition, values=values or {})
