"""How is the document put together?"""

import json
from typing import Any

from pydantic.json_schema import models_json_schema

from api import VERSION, problems, schemas
from api.openapi.examples import Json
from api.openapi.operations import job_paths, other_paths, submission_paths
from api.openapi.parts import REFERENCE, problem_answer, reference

ANSWERS = (
    schemas.JobAnswer,
    schemas.SubmissionAnswer,
    schemas.BatchAnswer,
    schemas.JobsAnswer,
    schemas.EventsAnswer,
    schemas.StatsAnswer,
    schemas.ResultAnswer,
    schemas.SecretAnswer,
    schemas.HealthAnswer,
    schemas.Problem,
)

DESCRIPTION = """\
DocSnap turns the URL of a documentation site into clean, portable documentation.

A submission is answered at once with a job. The job is worked on in the background; follow it at
its own address, with `?wait=20` and `If-None-Match` for news as they come, and fetch the result
when it is `completed`.

Every call needs the access token of a signed-in user: `Authorization: Bearer …`. Users see their
own jobs only; anybody else's are `404`. Every error is an `application/problem+json` document with
a stable `code`, listed at [docs/problems](docs/problems).
"""


def make_document() -> Json:
    """Put the whole document together."""
    paths = submission_paths() | job_paths() | other_paths()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "DocSnap",
            "version": VERSION,
            "summary": "Clean, portable documentation out of any documentation site.",
            "description": DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        # Relative to this document, so that it holds below any path.
        "servers": [{"url": "./"}],
        "security": [{"user": []}],
        "tags": [
            {"name": "Submit", "description": "Make jobs."},
            {"name": "Jobs", "description": "Follow them, fetch their results."},
            {"name": "Webhooks", "description": "Be told when they have finished."},
            {"name": "Service", "description": "Open to everybody."},
        ],
        "paths": paths,
        "components": components(paths),
    }


def pretty(document: Json) -> str:
    """Write the document for people."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def compact(document: Json) -> str:
    """Write the document for the wire."""
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n"


def components(paths: Json) -> Json:
    """Describe the bodies, and the errors that the paths refer to."""
    _, definitions = models_json_schema(
        [
            *((model, "validation") for model in (schemas.Submission, schemas.Batch)),
            *((model, "serialization") for model in ANSWERS),
        ],
        ref_template=REFERENCE,
    )
    models: Json = _without_titles(definitions["$defs"])
    models["Batch"]["properties"]["items"]["items"] = {"anyOf": [reference("Submission"), {}]}
    problem = models["Problem"]
    problem["properties"]["errors"] = {
        "type": "array",
        "items": reference("FieldError"),
        "description": problem["properties"]["errors"]["description"],
    }
    problem["properties"]["code"]["enum"] = sorted(problems.catalogue())
    errors = {
        answer["$ref"].rpartition("/")[2]
        for path in paths.values()
        for operation in path.values()
        for answer in operation["responses"].values()
        if "$ref" in answer
    }
    return {
        "schemas": models,
        "responses": {name: problem_answer(name) for name in sorted(errors)},
        "securitySchemes": {
            "user": {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "A Supabase access token.",
            }
        },
    }


def _without_titles(value: Any) -> Any:
    """Drop the titles that pydantic makes up from the names."""
    if isinstance(value, list):
        return [_without_titles(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _without_titles(each)
        for name, each in value.items()
        if not (name == "title" and isinstance(each, str))
    }
