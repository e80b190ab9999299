"""Users of the deployed API, who take nothing on trust."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.support.api import Answer
from tests.support.deployed import Deployed
from tests.support.openapi import contradictions

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DEFAULTS = {
    "maxPages": 100,
    "maxDepth": 10,
    "include": [],
    "exclude": [],
    "formats": ["markdown", "html", "json", "llms"],
    "title": None,
}
JOB = {
    "name": "generate-docs",
    "status": "waiting",
    "stage": None,
    "progress": 0,
    "attempts": 0,
    "maxAttempts": 3,
    "startedAt": None,
    "finishedAt": None,
    "nextAttemptAt": None,
    "expiresAt": None,
    "options": DEFAULTS,
    "error": None,
    "result": None,
}
RESULT = {"pages", "failedPages", "words", "bytes", "formats", "durationMs", "truncated"}
NO_JOB = "019ab3c8-5f00-7cc3-98c4-dc0c0c07398f"
PATHS = {
    "/api/generate-docs": "POST",
    "/api/generate-docs/batch": "POST",
    "/api/jobs": "GET",
    "/api/jobs/stats": "GET",
    f"/api/jobs/{NO_JOB}": "GET",
    f"/api/jobs/{NO_JOB}/events": "GET",
    f"/api/jobs/{NO_JOB}/cancel": "POST",
    f"/api/jobs/{NO_JOB}/retry": "POST",
    f"/api/jobs/{NO_JOB}/result": "GET",
    "/api/webhook-secret": "GET",
    "/api/webhook-secret/rotate": "POST",
    "/api/health": "GET",
    "/openapi.json": "GET",
    "/docs": "GET",
}


@dataclass(frozen=True)
class Caller:
    """A signed-in user, whose every answer is held against the document."""

    stack: Deployed
    name: str

    def call(self, method: str, path: str, **more: Any) -> Any:
        answer = self.stack.call(method, path, token=self.stack.token(self.name), **more)
        seen = Answer(answer.status_code, as_written(answer.headers), answer.content)
        assert contradictions(method, urlsplit(path).path, seen) == []
        return answer

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        more = {} if body is None else {"json": body}
        return self.call("POST", path, headers=headers, **more)

    def submit(self, url: str, key: str | None = None, **more: Any) -> Any:
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.post("/api/generate-docs", {"url": url, **more}, **headers)

    def job(self, url: str = "http://127.0.0.1:9/", **more: Any) -> Any:
        """A new job."""
        return self.submit(url, force=True, **more).json()["job"]

    def finished(self, job_id: str) -> Any:
        self.stack.client(self.name).wait(job_id, timeout=300)
        return self.get(f"/api/jobs/{job_id}").json()["job"]


def as_written(headers: Any) -> dict[str, str]:
    """Header fields under the names that the document uses."""
    known = {"etag": "ETag", "ratelimit": "RateLimit", "ratelimit-policy": "RateLimit-Policy"}
    known |= {"www-authenticate": "WWW-Authenticate"}
    written = {known.get(name.lower(), name.title()): value for name, value in headers.items()}
    written.pop("Content-Encoding", None)  # the body is unpacked already
    return written


def is_problem(answer: Any, status: int, code: str) -> bool:
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["success"]) == (status, status, False)
    assert {"type", "title", "detail", "instance"} <= body.keys()
    return bool(body["code"] == code)
