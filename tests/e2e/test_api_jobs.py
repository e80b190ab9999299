"""What a user learns of their jobs and does to them, from the outside."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest

from local import wait
from tests.support.callers import MOMENT, NO_JOB, RESULT, Caller, is_problem

pytestmark = [pytest.mark.slow, pytest.mark.stack]


# One job


@pytest.mark.usefixtures("idle")
def test_a_known_state_is_not_sent_again(ada: Caller) -> None:
    path = f"/api/jobs/{ada.job()['id']}"
    first = ada.get(path)
    tag = first.headers["etag"]

    known = ada.get(path, **{"If-None-Match": tag})
    other = ada.get(path, **{"If-None-Match": '"something-else"'})

    assert (first.status_code, known.status_code, other.status_code) == (200, 304, 200)
    assert known.content == b""
    assert known.headers["etag"] == other.headers["etag"] == tag


@pytest.mark.usefixtures("idle")
def test_the_answer_is_held_for_as_long_as_nothing_changes(ada: Caller) -> None:
    path = f"/api/jobs/{ada.job()['id']}"
    tag = ada.get(path).headers["etag"]

    began = time.monotonic()
    held = ada.get(f"{path}?wait=2", **{"If-None-Match": tag})
    seconds = time.monotonic() - began

    assert held.status_code == 304
    assert 2 <= seconds < 15  # and no longer, but for a sandbox that has to start


@pytest.mark.usefixtures("idle")
def test_a_change_is_told_to_whoever_waits_for_it(ada: Caller) -> None:
    path = f"/api/jobs/{ada.job()['id']}"
    tag = ada.get(path).headers["etag"]

    with ThreadPoolExecutor(1) as threads:
        began = time.monotonic()
        waiting = threads.submit(ada.get, f"{path}?wait=20", **{"If-None-Match": tag})
        ada.post(f"{path}/cancel")
        told = waiting.result()

    assert told.json()["job"]["status"] == "cancelled"
    assert told.headers["etag"] != tag
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("query", ["wait=0", "wait=21", "wait=x", "wait=1.5", "wait=", "waits=3"])
def test_a_wait_is_1_to_20_seconds(done: tuple[Caller, Any], query: str) -> None:
    owner, job = done

    assert is_problem(owner.get(f"/api/jobs/{job['id']}?{query}"), 422, "invalid_request")


def test_a_completed_job_shows_its_result(done: tuple[Caller, Any]) -> None:
    _, job = done

    assert (job["progress"], job["error"], job["stage"]) == (100, None, None)
    assert job["result"].keys() == RESULT
    assert all(MOMENT.fullmatch(job[name]) for name in ("startedAt", "finishedAt", "expiresAt"))


def test_a_failed_job_shows_why(failed: tuple[Caller, Any]) -> None:
    _, job = failed

    assert job["error"].keys() == {"code", "message", "retryable"}
    assert (job["attempts"], job["result"]) == (3, None)


def test_the_history_tells_every_attempt_in_order(failed: tuple[Caller, Any]) -> None:
    owner, job = failed
    events = owner.get(f"/api/jobs/{job['id']}/events").json()["events"]

    changes = [event["status"] for event in events if event["status"]]
    assert changes == ["waiting", "active", "delayed", "active", "delayed", "active", "failed"]
    assert sorted(event["at"] for event in events) == [event["at"] for event in events]


@pytest.mark.parametrize("job_id", [NO_JOB, "x", "stats2", "%F0%9F%92%A5", "a" * 300])
@pytest.mark.parametrize("action", ["", "/events", "/result"])
def test_what_is_no_job_is_not_there(ada: Caller, job_id: str, action: str) -> None:
    assert ada.get(f"/api/jobs/{job_id}{action}").status_code == 404


@pytest.mark.usefixtures("idle")
@pytest.mark.parametrize(
    ("method", "action"),
    [("GET", ""), ("GET", "/events"), ("GET", "/result"), ("POST", "/cancel"), ("POST", "/retry")],
)
def test_the_job_of_somebody_else_is_as_if_it_were_not_there(
    ada: Caller, ben: Caller, method: str, action: str
) -> None:
    theirs = ben.call(method, f"/api/jobs/{ada.job()['id']}{action}")
    none = ben.call(method, f"/api/jobs/{NO_JOB}{action}")

    assert is_problem(theirs, 404, "job_not_found")
    assert {**theirs.json(), "instance": ""} == {**none.json(), "instance": ""}


# Lists


@pytest.mark.usefixtures("idle")
def test_a_list_goes_through_all_jobs_newest_first(ada: Caller) -> None:
    ids = [ada.job()["id"] for _ in range(5)]
    path, seen, pages = "/api/jobs?limit=2", [], 0
    cursor: str | None = ""

    while cursor is not None:
        page = ada.get(path + (f"&cursor={cursor}" if cursor else "")).json()
        seen += [job["id"] for job in page["jobs"]]
        cursor, pages = page["nextCursor"], pages + 1

    assert seen == ids[::-1]
    assert pages == 3


@pytest.mark.usefixtures("idle")
def test_a_list_can_be_of_one_status(ada: Caller) -> None:
    cancelled, waiting = ada.job()["id"], ada.job()["id"]
    ada.post(f"/api/jobs/{cancelled}/cancel")

    for status, expected in (("cancelled", [cancelled]), ("waiting", [waiting]), ("failed", [])):
        jobs = ada.get(f"/api/jobs?status={status}").json()["jobs"]
        assert [job["id"] for job in jobs] == expected


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=", "status=done", "status=", "page=2"]
)
def test_a_list_refuses_what_it_does_not_know(ada: Caller, query: str) -> None:
    assert is_problem(ada.get(f"/api/jobs?{query}"), 422, "invalid_request")


@pytest.mark.usefixtures("idle")
def test_a_cursor_cannot_be_made_up_changed_or_lent(ada: Caller, ben: Caller) -> None:
    for _ in range(3):
        ada.job()
    given = ada.get("/api/jobs?limit=1").json()["nextCursor"]
    changed = [
        given[:n] + ("A" if given[n] != "A" else "B") + given[n + 1 :] for n in range(len(given))
    ]

    for cursor in (*changed, "", given[:-1], given + "A", given * 2, "x", "%00", "%F0%9F%92%A5"):
        assert is_problem(ada.get(f"/api/jobs?cursor={cursor}"), 422, "invalid_cursor"), cursor
    assert is_problem(ben.get(f"/api/jobs?cursor={given}"), 422, "invalid_cursor")
    other_list = ada.get(f"/api/jobs?status=waiting&cursor={given}")
    assert is_problem(other_list, 422, "invalid_cursor")
    assert len(ada.get(f"/api/jobs?cursor={given}").json()["jobs"]) == 2


@pytest.mark.usefixtures("idle")
def test_stats_count_ones_own_jobs(ada: Caller, ben: Caller) -> None:
    ada.post(f"/api/jobs/{ada.job()['id']}/cancel")
    ada.job()
    ben.job()

    body = ada.get("/api/jobs/stats").json()

    states = ("waiting", "active", "completed", "failed", "delayed", "cancelled")
    assert body["stats"] == {**dict.fromkeys(states, 0), "waiting": 1, "cancelled": 1, "total": 2}
    assert body["queue"].keys() == {"visible", "inFlight", "delayed", "deadLetter"}
    assert body["mode"] == "local"
    assert MOMENT.fullmatch(body["timestamp"])


# Changes


@pytest.mark.usefixtures("idle")
def test_a_waiting_job_is_cancelled_once(ada: Caller) -> None:
    path = f"/api/jobs/{ada.job()['id']}"

    assert is_problem(ada.post(f"{path}/retry"), 409, "wrong_state")
    assert ada.post(f"{path}/cancel").status_code == 200
    assert is_problem(ada.post(f"{path}/cancel"), 409, "wrong_state")
    assert is_problem(ada.post(f"{path}/retry"), 409, "wrong_state")
    assert is_problem(ada.get(f"{path}/result"), 409, "wrong_state")


def test_a_failed_job_is_run_again_with_all_its_attempts(failed: tuple[Caller, Any]) -> None:
    owner, job = failed
    path = f"/api/jobs/{job['id']}"

    answer = owner.post(f"{path}/retry")

    assert answer.status_code == 202
    assert answer.headers["location"] == path
    assert (answer.json()["job"]["status"], answer.json()["job"]["attempts"]) == ("waiting", 0)
    assert owner.finished(job["id"])["attempts"] == 3


@pytest.mark.parametrize("action", ["cancel", "retry"])
def test_a_completed_job_stays_as_it_is(done: tuple[Caller, Any], action: str) -> None:
    owner, job = done

    assert is_problem(owner.post(f"/api/jobs/{job['id']}/{action}"), 409, "wrong_state")


# Results


@pytest.mark.parametrize("format_", ["", "zip", "markdown", "llms"])
def test_a_result_is_fetched_through_a_redirect(done: tuple[Caller, Any], format_: str) -> None:
    owner, job = done
    path = f"/api/jobs/{job['id']}/result" + (f"?format={format_}" if format_ else "")

    redirect = owner.get(path)
    file = httpx2.get(redirect.headers["location"])

    assert (redirect.status_code, redirect.content) == (302, b"")
    assert file.status_code == 200
    assert file.headers["content-disposition"].startswith('attachment; filename="127.0.0.1')


def test_a_result_can_be_told_instead(done: tuple[Caller, Any]) -> None:
    owner, job = done
    path = f"/api/jobs/{job['id']}/result"

    told = owner.get(f"{path}?redirect=false").json()

    assert told.keys() == {"success", "url", "expiresAt", "bytes", "sha256"}
    assert len(httpx2.get(told["url"]).content) == told["bytes"] == job["result"]["bytes"]
    assert owner.get(f"{path}?redirect=true").status_code == 302


@pytest.mark.parametrize("query", ["format=pdf", "format=exe", "format=", "redirect=no", "x=1"])
def test_a_result_refuses_what_the_job_does_not_have(done: tuple[Caller, Any], query: str) -> None:
    owner, job = done

    assert is_problem(owner.get(f"/api/jobs/{job['id']}/result?{query}"), 422, "invalid_request")


# Webhook secrets


def test_a_secret_is_ones_own_and_can_be_rotated(ada: Caller, ben: Caller) -> None:
    first = ada.get("/api/webhook-secret").json()["secret"]
    again = ada.get("/api/webhook-secret").json()["secret"]
    rotated = ada.post("/api/webhook-secret/rotate").json()["secret"]

    assert first.startswith("whsec_")
    assert first == again
    assert ada.get("/api/webhook-secret").json()["secret"] == rotated != first
    assert ben.get("/api/webhook-secret").json()["secret"] not in {first, rotated}


def test_an_active_job_is_cancelled_within_5_seconds(ada: Caller, slow_site: str) -> None:
    path = f"/api/jobs/{ada.job(f'{slow_site}/site/')['id']}"
    assert wait.until(lambda: ada.get(path).json()["job"]["stage"] == "crawling", within=120)

    answer = ada.post(f"{path}/cancel")

    assert answer.status_code == 202
    assert answer.json()["job"]["status"] == "cancelled"
