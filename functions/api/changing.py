"""What can a user do to a job, or to their webhook secret?"""

from typing import Any

from aws_lambda_powertools.event_handler import Response
from docsnap import telemetry, transitions
from docsnap.errors import Unavailable
from docsnap.telemetry import Metric

from api import schemas
from api.answers import send
from api.backend import Backend
from api.request import Request


def cancel(backend: Backend, request: Request, job_id: str) -> Response[Any]:
    """Answer POST /api/jobs/{id}/cancel: 202 while a worker has yet to notice."""
    request.only()
    job = transitions.cancel(
        backend.table,
        request.key_of(job_id),
        retention=backend.settings.completed_retention,
        now=backend.clock(),
    )
    telemetry.count(Metric.JOBS_CANCELLED)
    status = 200 if job.lease is None else 202
    return send(status, schemas.JobAnswer(job=schemas.Job.model_validate(job)))


def retry(backend: Backend, request: Request, job_id: str) -> Response[Any]:
    """Answer POST /api/jobs/{id}/retry.

    Once the job waits, it is run: without an answer from the queue the sweeper sends the message.
    """
    request.only()
    job = transitions.retry(
        backend.table,
        request.key_of(job_id),
        now=backend.clock(),
        limits=backend.quotas,
    )
    try:
        backend.queue().enqueue(job.key, version=job.version)
    except Unavailable:
        telemetry.logger.warning("message left to the sweeper", job_id=job.id)
    return send(
        202,
        schemas.JobAnswer(job=schemas.Job.model_validate(job)),
        headers={"Location": f"/api/jobs/{job.id}"},
    )


def read_secret(backend: Backend, request: Request) -> Response[Any]:
    """Answer GET /api/webhook-secret."""
    from docsnap import webhooks  # rarely asked for, and long to load

    request.only()
    secret = webhooks.get_secret(backend.table, request.owner, now=backend.clock())
    return send(200, schemas.SecretAnswer(secret=secret))


def rotate_secret(backend: Backend, request: Request) -> Response[Any]:
    """Answer POST /api/webhook-secret/rotate."""
    from docsnap import webhooks  # as above

    request.only()
    secret = webhooks.rotate_secret(backend.table, request.owner, now=backend.clock())
    return send(200, schemas.SecretAnswer(secret=secret))
