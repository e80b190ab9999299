"""What can be done with the API, what is answered, and what goes wrong?"""

from docsnap.jobs import JobStatus

from api import VERSION, problems, schemas
from api.answers import JSON
from api.openapi.examples import (
    ACTIVE_JOB,
    CANCELLED_JOB,
    EVENTS,
    FULL_SUBMISSION,
    RESULT,
    STATS,
    SUBMISSION,
    WAITING_JOB,
    Json,
)
from api.openapi.parts import (
    JOB_PARAMETER,
    KEY_PARAMETER,
    NOT_MODIFIED,
    RATE_HEADERS,
    answer,
    body,
    header_fields,
    job_answer,
    job_links,
    operation,
    query,
)
from api.reading import DOWNLOADS, MAX_WAIT


def submission_paths() -> Json:
    """Describe how jobs are made."""
    made = {"success": True, "job": WAITING_JOB, "duplicate": False}
    found = {"success": True, "job": ACTIVE_JOB, "duplicate": True}
    refused = problems.describe(problems.InvalidRequest([]), "YxQ7EhkeoAMEPZg=")
    refused = refused.model_copy(
        update={"errors": [schemas.FieldError(field="url", message="Field required")]}
    )
    codes = (
        "not_json",
        "invalid_idempotency_key",
        "idempotency_in_progress",
        "body_too_large",
        "unsupported_media_type",
        "invalid_request",
        "idempotency_key_reused",
        "quota_exceeded",
    )
    headers = ("Location", *RATE_HEADERS)
    return {
        "/api/generate-docs": {
            "post": operation(
                "submit",
                "Submit",
                "Ask for the documentation of a site",
                {
                    "202": answer(
                        "A new job.",
                        schemas.SubmissionAnswer,
                        made,
                        headers=headers,
                        links=job_links(),
                    ),
                    "200": answer(
                        "An earlier job: the key was used before with the same body, or the same "
                        "was asked for within 5 minutes.",
                        schemas.SubmissionAnswer,
                        found,
                        headers=headers,
                        links=job_links(),
                    ),
                },
                *codes,
                "invalid_url",
                description="Answers at once. The same URL with the same options, asked for again "
                "within 5 minutes, gives the same job, unless it has failed or `force` is set.",
                parameters=[KEY_PARAMETER],
                requestBody=body(schemas.Submission, short=SUBMISSION, full=FULL_SUBMISSION),
            )
        },
        "/api/generate-docs/batch": {
            "post": operation(
                "submitBatch",
                "Submit",
                "Ask for the documentation of up to 25 sites",
                {
                    "202": answer(
                        "One entry per item, in order: a job, or what is wrong with the item.",
                        schemas.BatchAnswer,
                        {
                            "success": True,
                            "items": [made | {"status": 202}, schemas.to_value(refused)],
                        },
                        headers=("Retry-After", *RATE_HEADERS),
                    )
                },
                *codes,
                description="Every item is what a submission of its own would be, and is judged "
                "on its own. An Idempotency-Key covers the batch as a whole.",
                parameters=[KEY_PARAMETER],
                requestBody=body(schemas.Batch, two={"items": [SUBMISSION, FULL_SUBMISSION]}),
            )
        },
    }


def job_paths() -> Json:
    """Describe what can be learnt about jobs, and done to them."""
    unknown = ("invalid_request",)
    one = ("job_not_found", *unknown)
    statuses = [str(status) for status in JobStatus]
    return {
        "/api/jobs": {
            "get": operation(
                "listJobs",
                "Jobs",
                "List your jobs, newest first",
                {
                    "200": answer(
                        "A page of jobs.",
                        schemas.JobsAnswer,
                        {"success": True, "jobs": [ACTIVE_JOB], "nextCursor": None},
                        links={
                            "nextPage": {
                                "operationId": "listJobs",
                                "parameters": {"query.cursor": "$response.body#/nextCursor"},
                            }
                        },
                    )
                },
                *unknown,
                "invalid_cursor",
                parameters=[
                    query("status", "Only these.", {"type": "string", "enum": statuses}),
                    query(
                        "limit",
                        "Jobs on a page.",
                        {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
                    ),
                    query(
                        "cursor",
                        "`nextCursor` of the page before.",
                        {"type": "string", "pattern": "^[A-Za-z0-9_-]{32}$"},
                    ),
                ],
            )
        },
        "/api/jobs/stats": {
            "get": operation(
                "getStats",
                "Jobs",
                "Count your jobs, and look at the queue",
                {"200": answer("The numbers.", schemas.StatsAnswer, STATS)},
                *unknown,
            )
        },
        "/api/jobs/{job_id}": {
            "get": operation(
                "getJob",
                "Jobs",
                "See how a job stands",
                {
                    "200": answer(
                        "The job.",
                        schemas.JobAnswer,
                        {"success": True, "job": ACTIVE_JOB},
                        headers=("ETag",),
                        links={
                            name: each for name, each in job_links().items() if name != "getJob"
                        },
                    ),
                    "304": NOT_MODIFIED,
                },
                *one,
                description="With `wait` and `If-None-Match` the answer is held until the job has "
                "changed or the seconds have passed.",
                parameters=[
                    JOB_PARAMETER,
                    query(
                        "wait",
                        "Seconds to wait for a change.",
                        {"type": "integer", "minimum": 1, "maximum": MAX_WAIT},
                    ),
                    {
                        "name": "If-None-Match",
                        "in": "header",
                        "required": False,
                        "description": "`ETag` of the state that you know.",
                        "schema": {"type": "string"},
                    },
                ],
            )
        },
        "/api/jobs/{job_id}/events": {
            "get": operation(
                "listEvents",
                "Jobs",
                "See what happened to a job",
                {
                    "200": answer(
                        "Every change of state, attempt and error, the oldest first.",
                        schemas.EventsAnswer,
                        {"success": True, "events": EVENTS},
                    )
                },
                *one,
                parameters=[JOB_PARAMETER],
            )
        },
        "/api/jobs/{job_id}/result": {
            "get": operation(
                "getResult",
                "Jobs",
                "Fetch the result of a completed job",
                {
                    "302": {
                        "description": "The file is at `Location` for a few minutes.",
                        **header_fields("Location"),
                    },
                    "200": answer(
                        "With `redirect=false`: where the file is.", schemas.ResultAnswer, RESULT
                    ),
                },
                *one,
                "wrong_state",
                parameters=[
                    JOB_PARAMETER,
                    query(
                        "format",
                        "One of the job's formats, or `zip` for all.",
                        {"type": "string", "enum": list(DOWNLOADS), "default": "zip"},
                    ),
                    query(
                        "redirect",
                        "Whether to answer with a redirect.",
                        {"type": "string", "enum": ["true", "false"], "default": "true"},
                        example="false",
                    ),
                ],
            )
        },
        "/api/jobs/{job_id}/cancel": {
            "post": operation(
                "cancelJob",
                "Jobs",
                "Stop a job",
                {
                    "200": job_answer("Cancelled before any work.", CANCELLED_JOB),
                    "202": job_answer(
                        "Cancelled; the worker that is at it stops within seconds.", CANCELLED_JOB
                    ),
                },
                *one,
                "wrong_state",
                parameters=[JOB_PARAMETER],
            )
        },
        "/api/jobs/{job_id}/retry": {
            "post": operation(
                "retryJob",
                "Jobs",
                "Run a failed job again",
                {"202": job_answer("Waiting again, with all attempts.", WAITING_JOB, "Location")},
                *one,
                "wrong_state",
                "quota_exceeded",
                parameters=[JOB_PARAMETER],
            )
        },
    }


def other_paths() -> Json:
    """Describe webhook secrets, and what is open to everybody."""
    secret = {"success": True, "secret": "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
    health = {"success": True, "status": "ok", "version": VERSION, "mode": "aws"}
    return {
        "/api/webhook-secret": {
            "get": operation(
                "getWebhookSecret",
                "Webhooks",
                "Read the secret that your webhooks are signed with",
                {"200": answer("The secret.", schemas.SecretAnswer, secret)},
                "invalid_request",
                description="Signatures follow Standard Webhooks.",
            )
        },
        "/api/webhook-secret/rotate": {
            "post": operation(
                "rotateWebhookSecret",
                "Webhooks",
                "Make a new secret",
                {"200": answer("The new secret.", schemas.SecretAnswer, secret)},
                "invalid_request",
                description="The old one signs along for 24 hours.",
            )
        },
        "/api/health": {
            "get": operation(
                "getHealth",
                "Service",
                "See whether the service runs",
                {"200": answer("It does.", schemas.HealthAnswer, health)},
                is_open=True,
            )
        },
        "/openapi.json": {
            "get": operation(
                "getDocument",
                "Service",
                "Read this document",
                {
                    "200": {
                        "description": "OpenAPI 3.1.",
                        "content": {JSON: {"schema": {"type": "object"}}},
                    },
                    "304": NOT_MODIFIED,
                },
                is_open=True,
            )
        },
        "/docs": {
            "get": operation(
                "getPage",
                "Service",
                "Try the API in a browser",
                {
                    "200": {
                        "description": "A page.",
                        "content": {"text/html": {"schema": {"type": "string"}}},
                    },
                    "304": NOT_MODIFIED,
                },
                is_open=True,
            )
        },
    }
