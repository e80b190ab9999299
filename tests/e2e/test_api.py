"""How a request becomes a job, and what is refused, from the outside."""

import re
from typing import Any

import pytest

from tests.support.callers import JOB, MOMENT, Caller, is_problem

pytestmark = [pytest.mark.slow, pytest.mark.stack]

# Submit


@pytest.mark.usefixtures("idle")
def test_a_submission_is_a_waiting_job(ada: Caller) -> None:
    answer = ada.submit("http://127.0.0.1:9/guide")
    body = answer.json()

    assert answer.status_code == 202
    assert answer.headers["location"] == f"/api/jobs/{body['job']['id']}"
    assert (body["success"], body["duplicate"]) == (True, False)
    job = {**body["job"]}
    assert MOMENT.fullmatch(job["createdAt"])
    assert job.pop("createdAt") == job.pop("updatedAt")
    assert job.pop("url") == "http://127.0.0.1:9/guide"
    assert job.pop("id")
    assert job == JOB


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    "spelling", ["HTTP://127.0.0.1:9/a/../guide#top", "http://127.0.0.1:9/guide"]
)
def test_the_same_page_asked_for_again_is_the_same_job(ada: Caller, spelling: str) -> None:
    first = ada.submit("http://127.0.0.1:9/guide").json()["job"]

    again = ada.submit(spelling)

    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert again.json()["job"] == first
    assert again.headers["location"] == f"/api/jobs/{first['id']}"


@pytest.mark.usefixtures("idle")
def test_only_the_same_user_url_and_options_are_the_same(ada: Caller, ben: Caller) -> None:
    url = "http://127.0.0.1:9/guide"
    answers = [
        ada.submit(url),
        ada.submit(url, options={"maxPages": 5}),
        ada.submit(url, force=True),
        ada.submit(f"{url}2"),
        ben.submit(url),
    ]

    assert [answer.status_code for answer in answers] == [202] * 5
    assert len({answer.json()["job"]["id"] for answer in answers}) == 5


def test_a_failed_job_is_no_answer_to_the_same_request(failed: tuple[Caller, Any]) -> None:
    owner, job = failed

    answer = owner.submit(job["url"])

    assert answer.status_code == 202
    assert answer.json()["job"]["id"] != job["id"]


@pytest.mark.usefixtures("idle")
def test_a_key_names_a_request_bare_or_quoted(ada: Caller) -> None:
    url, key = "http://127.0.0.1:9/", "k" * 255
    first = ada.submit(url, key, force=True)
    bare = ada.submit(url, key, force=True)
    quoted = ada.submit(url, f'"{key}"', force=True)
    other = ada.submit("http://127.0.0.1:9/other", key, force=True)

    assert first.status_code == 202
    assert [(again.status_code, again.json()["duplicate"]) for again in (bare, quoted)] == [
        (200, True)
    ] * 2
    assert bare.json()["job"] == quoted.json()["job"] == first.json()["job"]
    assert is_problem(other, 422, "idempotency_key_reused")


@pytest.mark.parametrize("key", ["k" * 256, f'"{"k" * 256}"', "", '""', '"open', "a\tb", b"\xe9"])
def test_a_malformed_key_is_refused(ada: Caller, key: Any) -> None:
    answer = ada.post(
        "/api/generate-docs", {"url": "http://127.0.0.1:9/"}, **{"Idempotency-Key": key}
    )

    assert is_problem(answer, 400, "invalid_idempotency_key")
    assert ada.get("/api/jobs").json()["jobs"] == []


@pytest.mark.parametrize(
    ("sent", "declared", "status", "code"),
    [
        (b"{", "application/json", 400, "not_json"),
        (b"", "application/json", 400, "not_json"),
        (b"\xff\xfe", "application/json", 400, "not_json"),
        (b'{"url": NaN}', "application/json", 400, "not_json"),
        (b'{"url": "http://127.0.0.1:9/"}', "text/plain", 415, "unsupported_media_type"),
        (b'{"url": "http://127.0.0.1:9/"}', "", 415, "unsupported_media_type"),
        (b"url=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"url": "' + b"x" * 65536 + b'"}', "application/json", 413, "body_too_large"),
        (b"[]", "application/json", 422, "invalid_request"),
        (b"{}", "application/json", 422, "invalid_request"),
    ],
)
@pytest.mark.parametrize("path", ["/api/generate-docs", "/api/generate-docs/batch"])
def test_a_body_that_is_none_is_refused(
    ada: Caller, path: str, sent: bytes, declared: str, status: int, code: str
) -> None:
    headers = {"Content-Type": declared} if declared else {}

    assert is_problem(ada.call("POST", path, content=sent, headers=headers), status, code)


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"url": "ftp://example.com/"}, "url", "invalid_url"),
        ({"url": "http://user@example.com/"}, "url", "invalid_url"),
        ({"url": "http://169.254.169.254/"}, "url", "invalid_url"),
        ({"url": "https://a.example/", "webhookUrl": "x"}, "webhookUrl", "invalid_url"),
        ({"url": 1}, "url", "invalid_request"),
        ({"url": "https://a.example/", "max_pages": 1}, "max_pages", "invalid_request"),
        ({"url": "https://a.example/", "options": {"maxPages": 2001}}, "options.maxPages", None),
        ({"url": "https://a.example/", "options": {"maxPages": 0}}, "options.maxPages", None),
        ({"url": "https://a.example/", "options": {"maxPages": "5"}}, "options.maxPages", None),
        ({"url": "https://a.example/", "options": {"maxDepth": 21}}, "options.maxDepth", None),
        ({"url": "https://a.example/", "options": {"formats": ["exe"]}}, "options.formats.0", None),
        ({"url": "https://a.example/", "options": {"formats": []}}, "options.formats", None),
        ({"url": "https://a.example/", "options": {"depth": 1}}, "options.depth", None),
    ],
)
def test_a_body_that_breaks_the_schema_is_refused_by_field(
    ada: Caller, body: Any, field: str, code: str | None
) -> None:
    answer = ada.post("/api/generate-docs", body)

    assert is_problem(answer, 422, code or "invalid_request")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.usefixtures("idle")
def test_what_is_left_of_the_quota_is_told(ada: Caller) -> None:
    for left in (59, 58):
        headers = ada.submit(f"http://127.0.0.1:9/{left}").headers
        assert headers["ratelimit-policy"] == (
            '"submissions";q=60;w=60, "unfinished";q=200;qu="concurrent-requests"'
        )
        assert re.fullmatch(rf'"submissions";r=({left}|59);t=\d+', headers["ratelimit"])


# Batch


@pytest.mark.usefixtures("idle")
def test_a_batch_has_an_entry_for_every_item_in_order(ada: Caller) -> None:
    items: list[Any] = [
        {"url": "http://127.0.0.1:9/a"},
        {"url": "ftp://example.com/"},
        7,
        {"url": "http://127.0.0.1:9/b", "bogus": 1},
        {"url": "http://127.0.0.1:9/a"},
        {"url": "http://127.0.0.1:9/b"},
    ]

    answer = ada.post("/api/generate-docs/batch", {"items": items}, **{"Idempotency-Key": "one"})
    again = ada.post("/api/generate-docs/batch", {"items": items}, **{"Idempotency-Key": "one"})
    changed = ada.post(
        "/api/generate-docs/batch", {"items": items[:1] + items[2:]}, **{"Idempotency-Key": "one"}
    )

    entries = answer.json()["items"]
    assert answer.status_code == again.status_code == 202
    assert [entry["status"] for entry in entries] == [202, 422, 422, 422, 200, 202]
    assert [entry.get("code") for entry in entries[1:4]] == ["invalid_url"] + [
        "invalid_request"
    ] * 2
    assert entries[4]["job"]["id"] == entries[0]["job"]["id"]
    assert [entry.get("job") for entry in again.json()["items"]] == [
        entry.get("job") for entry in entries
    ]
    assert is_problem(changed, 422, "idempotency_key_reused")


@pytest.mark.parametrize("count", [0, 26])
def test_a_batch_has_1_to_25_items(ada: Caller, count: int) -> None:
    items = [{"url": f"http://127.0.0.1:9/{n}"} for n in range(count)]

    assert is_problem(
        ada.post("/api/generate-docs/batch", {"items": items}), 422, "invalid_request"
    )
