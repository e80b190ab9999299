"""How are operations, answers and errors written in OpenAPI?"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from api import problems, schemas
from api.answers import JSON
from api.openapi.examples import JOB_ID, Json
from api.request import MAX_KEY

REFERENCE = "#/components/schemas/{model}"
CATALOGUE = problems.catalogue()
SEPARATOR = "-or-"

HEADERS: Mapping[str, Json] = {
    "Location": {
        "description": "Where the job, or the file, is.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "ETag": {"description": "Names this state.", "schema": {"type": "string"}},
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit": {
        "description": "What is left of the quotas (draft-ietf-httpapi-ratelimit-headers).",
        "schema": {"type": "string"},
        "example": '"submissions";r=59;t=42',
    },
    "RateLimit-Policy": {
        "description": "The quotas.",
        "schema": {"type": "string"},
        "example": '"submissions";q=60;w=60, "unfinished";q=200;qu="concurrent-requests"',
    },
    "WWW-Authenticate": {"description": "How to sign in.", "schema": {"type": "string"}},
}
NOT_MODIFIED: Json = {
    "description": "Still what `If-None-Match` names.",
    "headers": {"ETag": HEADERS["ETag"]},
}
RATE_HEADERS = ("RateLimit", "RateLimit-Policy")

JOB_PARAMETER: Json = {
    "name": "job_id",
    "in": "path",
    "required": True,
    "description": "Id of one of your jobs.",
    "schema": {"type": "string", "format": "uuid"},
    "example": JOB_ID,
}
KEY_PARAMETER: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes repeating the request safe for 24 hours. Bare or in double quotes.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_KEY,
        "pattern": r"^[!#-~]([ -~]*[!-~])?$",
    },
}


def query(name: str, description: str, schema: Json, **more: Any) -> Json:
    """Describe a query parameter."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
        **more,
    }


def problem_answers(*codes: str) -> Json:
    """Refer to the answers that carry these codes, one per status."""
    by_status: dict[int, list[str]] = {}
    for code in sorted(set(codes)):
        by_status.setdefault(CATALOGUE[code][0], []).append(code)
    return {
        str(status): {"$ref": f"#/components/responses/{SEPARATOR.join(found)}"}
        for status, found in sorted(by_status.items())
    }


def problem_answer(name: str) -> Json:
    """Describe the answer that `problem_answers` refers to by this name."""
    codes = name.split(SEPARATOR)
    headers: Json = {}
    for code in codes:
        headers |= header_fields(*_problem_headers(code)).get("headers", {})
    return {
        "description": " Or: ".join(CATALOGUE[code][1] for code in codes),
        **({"headers": headers} if headers else {}),
        "content": {
            problems.MEDIA_TYPE: {
                "schema": reference("Problem"),
                "examples": {code: {"value": _example_problem(code)} for code in codes},
            }
        },
    }


def _example_problem(code: str) -> Json:
    status, text = CATALOGUE[code]
    fields = {
        "invalid_url": schemas.FieldError(field="url", message=text),
        "invalid_request": schemas.FieldError(
            field="options.maxPages", message="Input should be less than or equal to 2000"
        ),
    }
    problem: Json = schemas.to_value(
        schemas.Problem(
            type=f"/docs/problems#{code}",
            title=HTTPStatus(status).phrase,
            status=status,
            detail=text,
            instance="YxQ7EhkeoAMEPZg=",
            code=code,
            errors=[fields[code]] if code in fields else None,
        )
    )
    return problem


def _problem_headers(code: str) -> tuple[str, ...]:
    status, _ = CATALOGUE[code]
    if status == 429:
        return ("Retry-After", *RATE_HEADERS)
    if status == 503 or code == "idempotency_in_progress":
        return ("Retry-After",)
    return ("WWW-Authenticate",) if status == 401 else ()


def reference(model: str) -> Json:
    """Refer to a body."""
    return {"$ref": REFERENCE.format(model=model)}


def header_fields(*names: str) -> Json:
    """Describe header fields; nothing if there are none."""
    return {"headers": {name: HEADERS[name] for name in names}} if names else {}


def answer(
    description: str,
    model: type[schemas.Answer],
    example: Json,
    *,
    headers: tuple[str, ...] = (),
    links: Json | None = None,
) -> Json:
    """Describe a JSON answer."""
    return {
        "description": description,
        **header_fields(*headers),
        "content": {JSON: {"schema": reference(model.__name__), "example": example}},
        **({"links": links} if links else {}),
    }


def body(model: type[schemas.Request], **examples: Json) -> Json:
    """Describe a request body."""
    return {
        "required": True,
        "content": {
            JSON: {
                "schema": reference(model.__name__),
                "examples": {name: {"value": value} for name, value in examples.items()},
            }
        },
    }


def operation(
    name: str,
    tag: str,
    summary: str,
    answers: Mapping[str, Json],
    *codes: str,
    description: str = "",
    is_open: bool = False,
    **more: Any,
) -> Json:
    """Describe one method of one path; `codes` are its errors beside those that all have."""
    common = (
        ("internal_error",) if is_open else ("internal_error", "unauthenticated", "unavailable")
    )
    return {
        "operationId": name,
        "tags": [tag],
        "summary": summary,
        **({"description": description} if description else {}),
        **({"security": []} if is_open else {}),
        **more,
        "responses": {**answers, **problem_answers(*common, *codes)},
    }


def job_links() -> Json:
    """Describe everything that can be done next with a job."""
    return {
        name: {"operationId": name, "parameters": {"path.job_id": "$response.body#/job/id"}}
        for name in ("getJob", "listEvents", "getResult", "cancelJob", "retryJob")
    }


def job_answer(description: str, job: Json, *headers: str) -> Json:
    """Describe an answer that is a job."""
    return answer(
        description,
        schemas.JobAnswer,
        {"success": True, "job": job},
        headers=headers,
        links=job_links(),
    )
