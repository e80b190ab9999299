"""How is DocSnap's API called? One method per thing that can be done."""

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener
from uuid import uuid4

LONG_POLL = 20  # seconds; the longest that the API holds an answer
TRIES = 5  # of one call that the API was too busy for
CHUNK = 1 << 16  # bytes
FINISHED = frozenset({"completed", "failed", "cancelled"})


class ApiError(Exception):
    """The API refused, or did not answer (then `status` is 0)."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        errors: tuple[Mapping[str, str], ...] = (),
        retry_after: float | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.errors = errors
        """Pairs of `field` and `message`, when fields are to blame."""
        self.retry_after = retry_after
        """Seconds after which it makes sense to try again."""
        self.request_id = request_id

    @property
    def is_temporary(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self.status in {0, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as the API told of it."""

    id: str
    url: str
    status: str
    stage: str | None
    progress: int
    attempts: int
    max_attempts: int
    error: Mapping[str, Any] | None
    result: Mapping[str, Any] | None
    duplicate: bool
    """Whether the submission was answered with an earlier job."""
    fields: Mapping[str, Any]
    """Everything, under the names of the API."""

    @classmethod
    def from_answer(cls, fields: Mapping[str, Any], *, duplicate: bool = False) -> Self:
        """Take what the API calls a job."""
        return cls(
            id=fields["id"],
            url=fields["url"],
            status=fields["status"],
            stage=fields["stage"],
            progress=fields["progress"],
            attempts=fields["attempts"],
            max_attempts=fields["maxAttempts"],
            error=fields["error"],
            result=fields["result"],
            duplicate=duplicate,
            fields=fields,
        )

    @property
    def is_finished(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.status in FINISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Where a result can be fetched for a short while."""

    url: str
    expires_at: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: Any


class _NoRedirect(HTTPRedirectHandler):
    """Take a redirect for an error: the token goes to nobody else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Client:
    """A user's access to DocSnap.

    `token` is a Supabase access token, or a function that returns a fresh one. Without arguments,
    DOCSNAP_URL and DOCSNAP_TOKEN are taken from the environment.
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: str | Callable[[], str] | None = None,
        *,
        timeout: float = 35,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        base_url = base_url or os.environ.get("DOCSNAP_URL", "")
        token = token or os.environ.get("DOCSNAP_TOKEN", "")
        if not base_url.startswith(("https://", "http://")):
            raise ValueError("The base URL (or DOCSNAP_URL) must begin with https:// or http://.")
        if not token:
            raise ValueError("A token (or DOCSNAP_TOKEN) is needed.")
        self._base_url = base_url.rstrip("/")
        self._token = token if callable(token) else lambda: token
        self._timeout = timeout
        self._sleep = sleep
        self._opener = build_opener(_NoRedirect)

    def submit(
        self,
        url: str,
        *,
        options: Mapping[str, Any] | None = None,
        webhook_url: str | None = None,
        force: bool = False,
        idempotency_key: str | None = None,
    ) -> Job:
        """Ask for the documentation of a site; `options` has the names of the API.

        Every call has an idempotency key, so repeating it after a lost answer makes no second job.
        """
        body: dict[str, Any] = {"url": url}
        if options:
            body["options"] = dict(options)
        if webhook_url is not None:
            body["webhookUrl"] = webhook_url
        if force:
            body["force"] = True
        answer = self._call(
            "POST",
            "/api/generate-docs",
            body=body,
            headers={"Idempotency-Key": idempotency_key or str(uuid4())},
        )
        return Job.from_answer(answer.body["job"], duplicate=answer.body["duplicate"])

    def get(self, job_id: str) -> Job:
        """Read a job."""
        return Job.from_answer(self._call("GET", _job_path(job_id)).body["job"])

    def wait(
        self,
        job_id: str,
        *,
        timeout: float | None = None,
        on_change: Callable[[Job], object] = lambda _: None,
    ) -> Job:
        """Follow a job until it is finished; `on_change` gets every state that is seen.

        Raises:
            TimeoutError: It was not finished after `timeout` seconds.
        """
        until = None if timeout is None else time.monotonic() + timeout
        etag = ""
        while True:
            left = LONG_POLL if until is None else until - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"Job {job_id} was not finished after {timeout:g} seconds.")
            answer = self._call(
                "GET",
                _job_path(job_id),
                query={"wait": max(1, min(LONG_POLL, int(left)))} if etag else {},
                headers={"If-None-Match": etag} if etag else {},
            )
            if answer.status == HTTPStatus.NOT_MODIFIED:
                continue
            etag = answer.headers.get("ETag", "")
            job = Job.from_answer(answer.body["job"])
            on_change(job)
            if job.is_finished:
                return job

    def list_jobs(self, *, status: str | None = None, limit: int | None = None) -> Iterator[Job]:
        """Go through the jobs, newest first; `limit` of them, or all."""
        left = limit if limit is not None else sys.maxsize
        query: dict[str, Any] = {"limit": max(1, min(left, 100))}
        if status:
            query["status"] = status
        while left > 0:
            answer = self._call("GET", "/api/jobs", query=query).body
            jobs = answer["jobs"][:left]
            yield from map(Job.from_answer, jobs)
            left -= len(jobs)
            if answer["nextCursor"] is None:
                return
            query["cursor"] = answer["nextCursor"]

    def cancel(self, job_id: str) -> Job:
        """Stop a job that is not finished."""
        return Job.from_answer(self._call("POST", _job_path(job_id, "cancel")).body["job"])

    def retry(self, job_id: str) -> Job:
        """Run a failed job again."""
        return Job.from_answer(self._call("POST", _job_path(job_id, "retry")).body["job"])

    def events(self, job_id: str) -> list[dict[str, Any]]:
        """Read what happened to a job, in order."""
        events: list[dict[str, Any]] = self._call("GET", _job_path(job_id, "events")).body["events"]
        return events

    def stats(self) -> dict[str, Any]:
        """Count one's jobs by status; look at the queue."""
        stats: dict[str, Any] = self._call("GET", "/api/jobs/stats").body
        return stats

    def result(self, job_id: str, format: str = "zip") -> Download:
        """Get leave to fetch a result."""
        body = self._call(
            "GET", _job_path(job_id, "result"), query={"format": format, "redirect": "false"}
        ).body
        return Download(
            url=body["url"],
            expires_at=body["expiresAt"],
            bytes=body["bytes"],
            sha256=body["sha256"],
        )

    def fetch(self, job_id: str, path: Path, format: str = "zip") -> Path:
        """Fetch a result into the file `path`, which exists only once it is whole.

        Raises:
            ApiError: What arrived is not what the API announced.
        """
        download = self.result(job_id, format)
        partial = path.with_name(f"{path.name}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            size, sha256 = self._download(download.url, partial)
            if (size, sha256) != (download.bytes, download.sha256):
                raise ApiError("The download is incomplete.", status=0, code="incomplete")
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        return path

    def webhook_secret(self, *, rotate: bool = False) -> str:
        """Read the secret that webhooks are signed with, after making a new one if asked to."""
        method, path = ("POST", "/rotate") if rotate else ("GET", "")
        secret: str = self._call(method, f"/api/webhook-secret{path}").body["secret"]
        return secret

    def _download(self, url: str, path: Path) -> tuple[int, str]:
        if not url.startswith(("https://", "http://")):
            raise ApiError("The download has no address.", status=0, code="incomplete")
        digest, size = hashlib.sha256(), 0
        try:
            # Signed by its address: the token stays here.
            request = Request(url)  # noqa: S310 -- judged above
            with (
                self._opener.open(request, timeout=self._timeout) as source,
                path.open("wb") as file,
            ):
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    file.write(chunk)
        except HTTPError as exc:
            with exc:
                raise ApiError(
                    f"The download was refused with {exc.code}.", status=exc.code, code="download"
                ) from exc
        except (OSError, HTTPException) as exc:
            raise ApiError(f"The download broke off: {exc}", status=0, code="download") from exc
        return size, digest.hexdigest()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> _Answer:
        """Call the API, and again if it is busy.

        Without any answer, nobody knows what has happened: only what is safe to do twice is.
        """
        url = f"{self._base_url}{path}{'?' + urlencode(query) if query else ''}"
        is_safe = method == "GET" or "Idempotency-Key" in (headers or {})
        for tries_left in reversed(range(TRIES)):
            request = Request(url, method=method, headers=dict(headers or {}))  # noqa: S310 -- judged in __init__
            request.add_header("Authorization", f"Bearer {self._token()}")
            request.add_header("Accept", "application/json")
            if body is not None:
                request.data = json.dumps(body).encode()
                request.add_header("Content-Type", "application/json")
            try:
                return self._send(request)
            except ApiError as exc:
                if not (exc.is_temporary and tries_left and (exc.status or is_safe)):
                    raise
                self._sleep(exc.retry_after or 2.0 ** (TRIES - 1 - tries_left))
        raise AssertionError("the last try returns or raises")

    def _send(self, request: Request) -> _Answer:
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                text = answer.read()
                return _Answer(answer.status, answer.headers, json.loads(text) if text else None)
        except HTTPError as exc:
            with exc:
                if exc.code == HTTPStatus.NOT_MODIFIED:
                    return _Answer(exc.code, dict(exc.headers), None)
                raise _read_problem(exc) from exc
        except (OSError, HTTPException) as exc:
            raise ApiError(f"No answer: {exc}", status=0, code="no_answer") from exc
        except ValueError as exc:
            raise ApiError("The answer is not JSON.", status=0, code="no_answer") from exc


def _job_path(job_id: str, action: str = "") -> str:
    path = f"/api/jobs/{quote(job_id, safe='')}"
    return f"{path}/{action}" if action else path


def _read_problem(error: HTTPError) -> ApiError:
    try:
        problem = json.loads(error.read())
    except (ValueError, OSError):
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    seconds = error.headers.get("Retry-After", "")
    retry_after = float(seconds) if re.fullmatch(r"[0-9]{1,4}", seconds) else None
    return ApiError(
        problem.get("detail") or f"The API answered {error.code}.",
        status=error.code,
        code=problem.get("code", "unknown"),
        errors=tuple(problem.get("errors") or ()),
        retry_after=retry_after,
        request_id=problem.get("instance"),
    )
