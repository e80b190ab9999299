"""What can a user learn about their jobs?"""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools.event_handler import Response
from docsnap import queries
from docsnap.errors import InvalidCursor, WrongState
from docsnap.jobs import COMPLETED, FORMATS, JobStatus

from api import schemas
from api.answers import etag, send, send_nothing, send_text
from api.backend import Backend
from api.problems import invalid
from api.request import Request

MAX_WAIT = 20  # seconds; API Gateway gives up after 30
MARGIN = 3  # seconds left for the answer itself when the function's own time is short
POLL = 0.5  # seconds between two looks at a job that somebody waits for
DOWNLOADS = (*FORMATS, "zip")


def list_jobs(backend: Backend, request: Request) -> Response[Any]:
    """Answer GET /api/jobs."""
    request.only("status", "limit", "cursor")
    status = request.choice("status", tuple(JobStatus))
    cursor = request.query.get("cursor")
    if cursor == "":  # no page has given it, and it must not pass for none at all
        raise InvalidCursor
    page = queries.list_jobs(
        backend.table,
        request.owner,
        now=backend.clock(),
        status=JobStatus(status) if status else None,
        limit=request.number("limit", low=1, high=100, default=20),
        cursor=cursor,
    )
    return send(
        200,
        schemas.JobsAnswer(
            jobs=[schemas.Job.model_validate(job) for job in page.jobs], next_cursor=page.cursor
        ),
    )


def get_job(backend: Backend, request: Request, job_id: str) -> Response[Any]:
    """Answer GET /api/jobs/{id}, at once or when it has changed."""
    request.only("wait")
    seconds = request.number("wait", low=1, high=MAX_WAIT, default=0)
    seconds = max(0, min(seconds, int(request.seconds_left) - MARGIN))
    until = backend.clock() + timedelta(seconds=seconds)
    while True:
        now = backend.clock()
        job = queries.get(backend.table, request.key_of(job_id), now)
        body = schemas.to_json(schemas.JobAnswer(job=schemas.Job.model_validate(job)))
        headers = {"ETag": etag(body.encode()), "Cache-Control": "private, no-cache"}
        if not request.knows(headers["ETag"]):
            return send_text(200, body, headers)
        left = (until - now).total_seconds()
        if left <= 0:
            return send_nothing(304, headers)
        backend.wait(min(POLL, left))


def history(backend: Backend, request: Request, job_id: str) -> Response[Any]:
    """Answer GET /api/jobs/{id}/events."""
    request.only()
    events = queries.history(backend.table, request.key_of(job_id), backend.clock())
    return send(
        200, schemas.EventsAnswer(events=[schemas.Event.model_validate(event) for event in events])
    )


def stats(backend: Backend, request: Request) -> Response[Any]:
    """Answer GET /api/jobs/stats."""
    request.only()
    now = backend.clock()
    counts = {
        str(status): n for status, n in queries.count(backend.table, request.owner, now).items()
    }
    return send(
        200,
        schemas.StatsAnswer(
            mode=backend.mode,
            stats=schemas.Counts(**counts, total=sum(counts.values())),
            queue=schemas.QueueDepth.model_validate(backend.gauge.read(now)),
            timestamp=now,
        ),
    )


def result(backend: Backend, request: Request, job_id: str) -> Response[Any]:
    """Answer GET /api/jobs/{id}/result."""
    request.only("format", "redirect")
    wanted = request.choice("format", DOWNLOADS) or "zip"
    redirect = request.choice("redirect", ("true", "false")) != "false"
    now = backend.clock()
    job = queries.get(backend.table, request.key_of(job_id), now)
    if job.status is not COMPLETED or job.result is None:
        raise WrongState("There is no result before the job is completed.", job=job)
    if wanted not in job.result.files:
        raise invalid("format", f"The job was asked for {', '.join(job.result.formats)}.")
    link = backend.results().signed_url(job, wanted, now=now)
    if redirect:
        return send_nothing(302, {"Location": link.url})
    return send(200, schemas.ResultAnswer.model_validate(link))
