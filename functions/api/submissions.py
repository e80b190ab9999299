"""How does a request become a job, or twenty-five of them?"""

import json
from hashlib import sha256
from typing import Any, Literal

from aws_lambda_powertools.event_handler import Response
from docsnap import admission, telemetry
from docsnap.addresses import canonical_url
from docsnap.admission import Admitted
from docsnap.errors import (
    DocSnapError,
    IdempotencyInProgress,
    IdempotencyKeyReused,
    InvalidUrl,
    RequestError,
    Unavailable,
)
from docsnap.telemetry import Metric
from pydantic import JsonValue, ValidationError

from api import problems, schemas
from api.answers import send
from api.backend import Backend
from api.request import Request

KEY_OF_ITEM = "\x1f"  # cannot be part of a caller's key


def submit(backend: Backend, request: Request) -> Response[Any]:
    """Answer POST /api/generate-docs."""
    try:
        request.only()
        key = request.idempotency_key
        submission = _normalise(backend, request.read(schemas.Submission))
        admitted = _admit(backend, request, submission, key=key, body_hash=_hash(submission))
    except RequestError as exc:
        _count(exc)
        raise
    _count(admitted)
    return send(
        _status(admitted),
        schemas.SubmissionAnswer(
            job=schemas.Job.model_validate(admitted.job), duplicate=admitted.duplicate
        ),
        headers={
            "Location": f"/api/jobs/{admitted.job.id}",
            **problems.rate_limit(admitted.quota),
        },
    )


def submit_batch(backend: Backend, request: Request) -> Response[Any]:
    """Answer POST /api/generate-docs/batch.

    An Idempotency-Key covers the whole: the valid items are numbered, and each is admitted under
    the key and its number, with the hash of the whole. So a repetition finds every job again, and
    a different body is refused at its first valid item, before anything is admitted.
    """
    request.only()
    key = request.idempotency_key
    sent = request.read(schemas.Batch).items
    items = [_read_item(backend, item) for item in sent]
    body_hash = _hash(
        *(
            item if isinstance(read, RequestError) else read
            for item, read in zip(sent, items, strict=True)
        )
    )
    outcomes: list[Admitted | DocSnapError] = []
    number = 0
    broken: Unavailable | None = None
    for item in items:
        if isinstance(item, RequestError):
            outcomes.append(item)
        elif broken is not None:
            outcomes.append(broken)  # no use in trying the others, one timeout after the other
        else:
            item_key = None if key is None else f"{key}{KEY_OF_ITEM}{number}"
            try:
                outcomes.append(_admit(backend, request, item, key=item_key, body_hash=body_hash))
            except (IdempotencyKeyReused, IdempotencyInProgress) as exc:
                if number == 0:
                    raise
                outcomes.append(exc)
            except RequestError as exc:
                outcomes.append(exc)
            except Unavailable as exc:
                broken = exc
                outcomes.append(exc)
            number += 1
    return _answer_batch(request, outcomes)


def _answer_batch(request: Request, outcomes: list[Admitted | DocSnapError]) -> Response[Any]:
    entries: list[schemas.BatchEntry | schemas.Problem] = []
    headers: dict[str, str] = {}
    for outcome in outcomes:
        _count(outcome)
        if isinstance(outcome, DocSnapError):
            entries.append(problems.describe(outcome, request.id))
            headers |= problems.headers(outcome)
        else:
            entries.append(
                schemas.BatchEntry(
                    status=_status(outcome),
                    job=schemas.Job.model_validate(outcome.job),
                    duplicate=outcome.duplicate,
                )
            )
            headers |= problems.rate_limit(outcome.quota)
    return send(202, schemas.BatchAnswer(items=entries), headers=headers)


def _read_item(backend: Backend, item: object) -> schemas.Submission | RequestError:
    try:
        return _normalise(backend, schemas.Submission.model_validate(item))
    except ValidationError as exc:
        return problems.from_validation(exc)
    except RequestError as exc:
        return exc


def _normalise(backend: Backend, submission: schemas.Submission) -> schemas.Submission:
    """Bring both URLs into their canonical form."""
    return submission.model_copy(
        update={
            "url": _canonical(backend, submission.url, field="url"),
            "webhook_url": None
            if submission.webhook_url is None
            else _canonical(backend, submission.webhook_url, field="webhookUrl"),
        }
    )


def _canonical(backend: Backend, url: str, *, field: str) -> str:
    try:
        return canonical_url(url, private_networks=backend.settings.allow_private_networks)
    except InvalidUrl as exc:
        raise problems.blame(field, exc) from exc


def _admit(
    backend: Backend,
    request: Request,
    submission: schemas.Submission,
    *,
    key: str | None,
    body_hash: str,
) -> Admitted:
    return admission.submit(
        backend.table,
        backend.queue(),
        admission.Submission(
            owner=request.owner,
            url=submission.url,
            options=submission.options.to_job_options(),
            webhook_url=submission.webhook_url,
            idempotency_key=key,
            body_hash=body_hash,
            force=submission.force,
        ),
        now=backend.clock(),
        limits=backend.quotas,
    )


def _count(outcome: Admitted | DocSnapError) -> None:
    if isinstance(outcome, Admitted):
        is_new = not outcome.duplicate
        telemetry.count(Metric.JOBS_SUBMITTED if is_new else Metric.JOBS_REPEATED)
        message = "Job submitted" if is_new else "Job submitted again"
        telemetry.logger.info(message, job_id=outcome.job.id)
    elif isinstance(outcome, RequestError):
        telemetry.count(Metric.SUBMISSIONS_REFUSED, code=problems.code_of(outcome))


def _status(admitted: Admitted) -> Literal[200, 202]:
    return 200 if admitted.duplicate else 202


def _hash(*items: schemas.Submission | JsonValue) -> str:
    """Hash what was asked for, so that spelling it differently is no difference."""
    digest = sha256()
    for item in items:
        text = (
            item.model_dump_json()
            if isinstance(item, schemas.Submission)
            else json.dumps(item, sort_keys=True)
        )
        digest.update(text.encode() + b"\n")
    return digest.hexdigest()
