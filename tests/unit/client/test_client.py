import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from docsnap_client import ApiError, Client

from tests.support.scripted import Reply, Script, a_script

CONTENT = b"documentation"
JOB: dict[str, Any] = {
    "id": "j1",
    "url": "https://example.com/",
    "status": "waiting",
    "stage": None,
    "progress": 0,
    "attempts": 0,
    "maxAttempts": 3,
    "error": None,
    "result": None,
}


def a_client(script: Script, pauses: list[float] | None = None) -> Client:
    pause = (pauses if pauses is not None else []).append
    return Client(script.url, "secret", timeout=5, sleep=pause)


def job_reply(code: int = 200, /, *, etag: str = "", **fields: Any) -> Reply:
    body = {"success": True, "duplicate": False, "job": JOB | fields}
    return Reply(code, body, {"ETag": etag} if etag else {})


def problem(status: int, code: str, **headers: str) -> Reply:
    body = {"detail": "No.", "code": code, "instance": "r1", "status": status}
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def result_reply(**changes: Any) -> Reply:
    body = {
        "success": True,
        "url": "{server}/file",
        "expiresAt": "2026-01-01T00:00:00.000Z",
        "bytes": len(CONTENT),
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
    }
    return Reply(200, body | changes)


def test_a_submission_carries_the_token_and_a_key() -> None:
    with a_script(job_reply(202)) as script:
        job = a_client(script).submit("https://example.com/", options={"maxPages": 5}, force=True)

        method, path, headers, body = script.requests[0]
        assert (method, path) == ("POST", "/api/generate-docs")
        assert headers["authorization"] == "Bearer secret"
        assert len(headers["idempotency-key"]) == 36
        assert json.loads(body) == {
            "url": "https://example.com/",
            "options": {"maxPages": 5},
            "force": True,
        }
        assert (job.id, job.status, job.duplicate) == ("j1", "waiting", False)


def test_a_busy_api_is_asked_again_with_the_same_key() -> None:
    pauses: list[float] = []
    with a_script(problem(503, "unavailable", Retry_After="7"), job_reply(202)) as script:
        a_client(script, pauses).submit("https://example.com/")

        assert pauses == [7]
        assert len({headers["idempotency-key"] for _, _, headers, _ in script.requests}) == 1


def test_a_refusal_is_not_repeated_and_says_what_is_wrong() -> None:
    body = {
        "detail": "The URL is not public.",
        "code": "invalid_url",
        "instance": "r1",
        "errors": [{"field": "url", "message": "Bad."}],
    }
    with a_script(Reply(422, body)) as script, pytest.raises(ApiError) as caught:
        a_client(script).submit("x")

    error = caught.value
    assert (error.status, error.code, error.request_id) == (422, "invalid_url", "r1")
    assert error.errors == ({"field": "url", "message": "Bad."},)
    assert not error.is_temporary


def test_it_gives_up_after_a_few_tries() -> None:
    pauses: list[float] = []
    with a_script(*[problem(429, "quota_exceeded")] * 5) as script:
        with pytest.raises(ApiError):
            a_client(script, pauses).get("j1")

        assert len(script.requests) == 5
        assert pauses == [1, 2, 4, 8]


def test_without_any_answer_a_cancellation_is_not_repeated() -> None:
    client = Client("http://127.0.0.1:9", "secret", timeout=1, sleep=pytest.fail)

    with pytest.raises(ApiError) as caught:
        client.cancel("j1")

    assert (caught.value.status, caught.value.code) == (0, "no_answer")


def test_a_redirect_is_not_followed_with_the_token() -> None:
    with a_script(Reply(302, None, {"Location": "{server}/elsewhere"})) as script:
        with pytest.raises(ApiError) as caught:
            a_client(script).get("j1")

        assert caught.value.status == 302
        assert len(script.requests) == 1


def test_an_answer_that_is_no_json_is_an_error() -> None:
    with (
        a_script(*[Reply(200, b"<html>")] * 5) as script,
        pytest.raises(ApiError, match="not JSON"),
    ):
        a_client(script).get("j1")


def test_waiting_holds_the_line_and_tells_of_every_change() -> None:
    seen: list[int] = []
    with a_script(
        job_reply(etag='"1"'),
        Reply(304),
        job_reply(etag='"2"', status="active", progress=40),
        job_reply(etag='"3"', status="completed", progress=100),
    ) as script:
        job = a_client(script).wait("j1", on_change=lambda job: seen.append(job.progress))

        assert job.status == "completed"
        assert seen == [0, 40, 100]
        assert [path for _, path, _, _ in script.requests] == [
            "/api/jobs/j1",
            *["/api/jobs/j1?wait=20"] * 3,
        ]
        assert [headers.get("if-none-match") for _, _, headers, _ in script.requests] == [
            None,
            '"1"',
            '"1"',
            '"2"',
        ]


def test_waiting_ends_with_its_time() -> None:
    with a_script() as script, pytest.raises(TimeoutError):
        a_client(script).wait("j1", timeout=0)


def test_a_list_goes_through_all_pages() -> None:
    pages = [
        Reply(200, {"jobs": [JOB, JOB], "nextCursor": "c1"}),
        Reply(200, {"jobs": [JOB], "nextCursor": None}),
    ]
    with a_script(*pages) as script:
        assert len(list(a_client(script).list_jobs(status="failed"))) == 3
        assert script.requests[1][1] == "/api/jobs?limit=100&status=failed&cursor=c1"


def test_a_list_ends_at_its_limit() -> None:
    with a_script(Reply(200, {"jobs": [JOB, JOB], "nextCursor": "c1"})) as script:
        assert len(list(a_client(script).list_jobs(limit=2))) == 2


def test_a_download_is_checked_and_gets_no_token(tmp_path: Path) -> None:
    with a_script(result_reply(), Reply(200, CONTENT)) as script:
        path = a_client(script).fetch("j1", tmp_path / "new" / "docs.zip")

        assert path.read_bytes() == CONTENT
        assert script.requests[0][1] == "/api/jobs/j1/result?format=zip&redirect=false"
        assert "authorization" not in script.requests[1][2]


@pytest.mark.parametrize(
    "replies",
    [
        [result_reply(), Reply(200, b"something else")],
        [result_reply(), Reply(200, CONTENT[:5], claimed_length=len(CONTENT))],
        [result_reply(), Reply(403, b"<Error/>")],
        [result_reply(url="file:///etc/passwd")],
    ],
    ids=["other content", "broken off", "refused", "no address"],
)
def test_a_download_that_is_not_whole_leaves_nothing(tmp_path: Path, replies: list[Reply]) -> None:
    with a_script(*replies) as script, pytest.raises(ApiError):
        a_client(script).fetch("j1", tmp_path / "docs.zip")

    assert list(tmp_path.iterdir()) == []


def test_address_and_token_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_script(job_reply()) as script:
        monkeypatch.setenv("DOCSNAP_URL", f"{script.url}/")
        monkeypatch.setenv("DOCSNAP_TOKEN", "from-the-environment")
        Client().get("j1")

        assert script.requests[0][1] == "/api/jobs/j1"
        assert script.requests[0][2]["authorization"] == "Bearer from-the-environment"


@pytest.mark.parametrize(("url", "token"), [("", "t"), ("file:///", "t"), ("https://a", "")])
def test_without_address_or_token_nothing_begins(
    monkeypatch: pytest.MonkeyPatch, url: str, token: str
) -> None:
    monkeypatch.delenv("DOCSNAP_URL", raising=False)
    monkeypatch.delenv("DOCSNAP_TOKEN", raising=False)

    with pytest.raises(ValueError, match="DOCSNAP"):
        Client(url, token)


def test_a_token_can_be_made_afresh_for_every_call() -> None:
    tokens = iter(["one", "two"])
    with a_script(job_reply(), job_reply()) as script:
        client = Client(script.url, lambda: next(tokens))
        client.get("j1")
        client.get("j1")

        assert [request[2]["authorization"] for request in script.requests] == [
            "Bearer one",
            "Bearer two",
        ]


def test_an_id_cannot_lead_elsewhere() -> None:
    with a_script(job_reply()) as script:
        a_client(script).get("../webhook-secret?x=")

        assert script.requests[0][1] == "/api/jobs/..%2Fwebhook-secret%3Fx%3D"
