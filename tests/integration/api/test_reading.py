import re
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from api import schemas
from docsnap import transitions, webhooks
from docsnap.jobs import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    FAILED,
    WAITING,
    Job,
    JobStatus,
    ResultFile,
)

from tests.support.api import ADA, BOB, World, path_of
from tests.support.builders import a_job, a_result, stored
from tests.support.openapi import operation

FILES = {
    "markdown": ResultFile(bytes=12, sha256="a" * 64),
    "html": ResultFile(bytes=34, sha256="b" * 64),
    "zip": ResultFile(bytes=56, sha256="c" * 64),
}


def put(world: World, status: JobStatus = WAITING, *, user: str = ADA, **more: object) -> Job:
    return stored(world.table, a_job(status, at=world.clock(), owner=user, **more))


def completed(world: World) -> Job:
    return put(world, COMPLETED, result=a_result(files=FILES))


def test_a_job_is_shown_with_the_fields_of_the_contract(world: World) -> None:
    job = completed(world)

    shown = world.call("GET", path_of(job)).json["job"]

    assert list(shown) == [
        *("id", "name", "url", "status", "stage", "progress", "attempts", "maxAttempts"),
        *("createdAt", "updatedAt", "startedAt", "finishedAt", "nextAttemptAt", "expiresAt"),
        *("options", "error", "result"),
    ]
    assert (shown["id"], shown["name"], shown["status"]) == (job.id, "generate-docs", "completed")
    assert shown["createdAt"] == "2026-01-02T03:04:05.000Z"
    assert shown["result"] == {
        "pages": 12,
        "failedPages": 1,
        "words": 3456,
        "bytes": 78_901,
        "formats": ["markdown", "html"],
        "durationMs": 2345,
        "truncated": False,
    }


def test_a_failed_job_tells_why(world: World) -> None:
    job = put(world, FAILED)

    assert world.call("GET", path_of(job)).json["job"]["error"] == {
        "code": "site_unreachable",
        "message": "No answer.",
        "retryable": True,
    }


@pytest.mark.parametrize(
    "path", ["", "/events", "/result?", "/cancel", "/retry"], ids=lambda path: path or "job"
)
def test_the_job_of_another_user_is_not_there(world: World, path: str) -> None:
    job = put(world, COMPLETED, result=a_result(files=FILES))
    method = "POST" if path in {"/cancel", "/retry"} else "GET"

    answer = world.call(method, f"/api/jobs/{job.id}{path.rstrip('?')}", user=BOB)
    unknown = world.call(method, f"/api/jobs/unknown{path.rstrip('?')}", user=BOB)

    assert (answer.status, answer.code) == (404, "job_not_found")
    assert answer.json == unknown.json


@pytest.mark.parametrize(
    "path", ["", "/events", "/result", "/cancel", "/retry"], ids=lambda path: path or "job"
)
@pytest.mark.parametrize(
    "job_id", ["x", "9" * 1100, "é" * 40, "019AB3C8-5F00-7CC3-98C4-DC0C0C07398F"]
)
def test_the_table_is_not_asked_for_what_no_job_is_called(
    world: World, path: str, job_id: str
) -> None:
    method = "POST" if path in {"/cancel", "/retry"} else "GET"

    answer = world.call(method, f"/api/jobs/{job_id}{path}")

    assert (answer.status, answer.code) == (404, "job_not_found")
    assert world.calls == []


def test_an_expired_job_is_gone(world: World) -> None:
    job = completed(world)
    world.clock.advance(timedelta(days=7, seconds=1))

    assert world.call("GET", path_of(job)).status == 404
    assert world.call("GET", "/api/jobs").json["jobs"] == []


def test_a_read_of_a_job_takes_one_network_call(world: World) -> None:
    job = completed(world)

    for path, query in (("", {}), ("/result", {}), ("/result", {"redirect": "false"})):
        world.call("GET", path_of(job) + path, query=query)
        assert len(world.calls) == 1, path


def test_a_known_state_is_not_sent_again(world: World) -> None:
    job = put(world)
    etag = world.call("GET", path_of(job)).headers["ETag"]

    answer = world.call("GET", path_of(job), headers={"If-None-Match": f'"other", W/{etag}'})

    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert world.pauses == []


def test_a_changed_state_has_another_etag(world: World) -> None:
    job = put(world)
    etag = world.call("GET", path_of(job)).headers["ETag"]
    world.clock.advance(seconds=1)
    claim(world, job)

    answer = world.call("GET", path_of(job), headers={"If-None-Match": etag})

    assert (answer.status, answer.json["job"]["status"]) == (200, "active")


def claim(world: World, job: Job) -> Job:
    return transitions.claim(world.table, job.key, worker_id="w", now=world.clock())


def test_a_long_poll_answers_when_the_job_changes(world: World) -> None:
    job = put(world)
    etag = world.call("GET", path_of(job)).headers["ETag"]

    def begin_after_two_seconds() -> None:
        if sum(world.pauses) >= 2 and world.pauses[-1:] and not started:
            started.append(claim(world, job))

    started: list[Job] = []
    world.while_waiting = begin_after_two_seconds
    answer = world.call("GET", path_of(job), query={"wait": "20"}, headers={"If-None-Match": etag})

    assert (answer.status, answer.json["job"]["status"]) == (200, "active")
    assert 2 <= sum(world.pauses) < 3.5


def test_a_long_poll_gives_up_after_its_seconds(world: World) -> None:
    job = put(world)
    etag = world.call("GET", path_of(job)).headers["ETag"]

    answer = world.call("GET", path_of(job), query={"wait": "7"}, headers={"If-None-Match": etag})

    assert answer.status == 304
    assert sum(world.pauses) == pytest.approx(7)
    assert len(world.calls) <= 16


def test_a_long_poll_ends_before_the_function_does(world: World) -> None:
    job = put(world)
    etag = world.call("GET", path_of(job)).headers["ETag"]

    world.call(
        "GET", path_of(job), query={"wait": "20"}, headers={"If-None-Match": etag}, seconds=10
    )

    assert sum(world.pauses) <= 8


def test_a_long_poll_without_an_etag_answers_at_once(world: World) -> None:
    answer = world.call("GET", path_of(put(world)), query={"wait": "20"})

    assert (answer.status, world.pauses) == (200, [])


@pytest.mark.parametrize(
    "wait", ["0", "21", "-1", "1.5", "x", "", "\u0661", "1,2", " 1", "+1", "007"]
)
def test_a_wait_is_1_to_20_seconds(world: World, wait: str) -> None:
    answer = world.call("GET", path_of(put(world)), query={"wait": wait})

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert answer.json["errors"][0]["field"] == "wait"


def test_jobs_are_listed_newest_first(world: World) -> None:
    jobs = []
    for _ in range(3):
        world.clock.advance(seconds=1)
        jobs.append(put(world))
    put(world, user=BOB)

    answer = world.call("GET", "/api/jobs").json

    assert [job["id"] for job in answer["jobs"]] == [job.id for job in reversed(jobs)]
    assert answer["nextCursor"] is None


def test_a_list_goes_on_where_the_cursor_says(world: World) -> None:
    for _ in range(5):
        world.clock.advance(seconds=1)
        put(world)
    seen: list[str] = []
    cursors: list[str] = []
    query = {"limit": "2"}

    for _ in range(3):
        page = world.call("GET", "/api/jobs", query=query).json
        seen += [job["id"] for job in page["jobs"]]
        query["cursor"] = page["nextCursor"]
        cursors.append(page["nextCursor"])

    parameters = operation("GET", "/api/jobs")["parameters"]
    pattern = next(each for each in parameters if each["name"] == "cursor")["schema"]["pattern"]
    assert re.fullmatch(pattern, cursors[0])
    assert page["nextCursor"] is None
    assert len(set(seen)) == 5
    assert seen == sorted(seen, reverse=True)


def test_a_list_can_be_of_one_status(world: World) -> None:
    put(world), put(world, ACTIVE), put(world, CANCELLED)

    page = world.call("GET", "/api/jobs", query={"status": "cancelled"}).json

    assert [job["status"] for job in page["jobs"]] == ["cancelled"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "ten"},
        {"status": "done"},
        {"status": "WAITING"},
        {"page": "2"},
    ],
)
def test_a_list_refuses_what_it_does_not_know(world: World, query: dict[str, str]) -> None:
    answer = world.call("GET", "/api/jobs", query=query)

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert [error["field"] for error in answer.json["errors"]] == list(query)


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "é", "a" * 5000, "' OR 1=1", "e30="])
def test_a_made_up_cursor_is_refused(world: World, cursor: str) -> None:
    answer = world.call("GET", "/api/jobs", query={"cursor": cursor})

    assert (answer.status, answer.code) == (422, "invalid_cursor")


def test_the_cursor_of_another_user_shows_nothing_of_theirs(world: World) -> None:
    for _ in range(3):
        world.clock.advance(seconds=1)
        put(world, user=BOB)
    cursor = world.call("GET", "/api/jobs", user=BOB, query={"limit": "1"}).json["nextCursor"]

    answer = world.call("GET", "/api/jobs", query={"cursor": cursor})

    assert (answer.status, answer.code) == (422, "invalid_cursor")


def test_stats_count_ones_own_jobs(world: World) -> None:
    for status in (WAITING, WAITING, ACTIVE, COMPLETED, FAILED, CANCELLED):
        put(world, status)
    put(world, user=BOB)
    world.queue.enqueue(put(world).key, version=1)

    answer = world.call("GET", "/api/jobs/stats").json

    assert (answer["success"], answer["mode"]) == (True, "aws")
    assert answer["stats"] == {
        "waiting": 3,
        "active": 1,
        "completed": 1,
        "failed": 1,
        "delayed": 0,
        "cancelled": 1,
        "total": 7,
    }
    assert answer["queue"] == {"visible": 1, "inFlight": 0, "delayed": 0, "deadLetter": 0}
    assert datetime.fromisoformat(answer["timestamp"]) == world.clock()


def test_the_depth_of_the_queue_is_looked_up_at_most_every_few_seconds(world: World) -> None:
    world.call("GET", "/api/jobs/stats")
    world.queue.enqueue(put(world).key, version=1)

    again = world.call("GET", "/api/jobs/stats").json
    assert world.calls == ["Query"]
    assert (again["stats"]["waiting"], again["queue"]["visible"]) == (1, 0)

    world.clock.advance(seconds=5)
    assert world.call("GET", "/api/jobs/stats").json["queue"]["visible"] == 1


def test_the_history_of_a_job_tells_every_step_in_order(world: World) -> None:
    job_id = world.submit().json["job"]["id"]
    world.clock.advance(seconds=1)
    world.call("POST", f"/api/jobs/{job_id}/cancel")

    events = world.call("GET", f"/api/jobs/{job_id}/events").json["events"]

    assert [(event["type"], event["status"]) for event in events] == [
        ("submit", "waiting"),
        ("cancel", "cancelled"),
    ]
    assert events[0]["at"] < events[1]["at"]


def test_a_result_is_a_redirect_to_the_bundle(world: World) -> None:
    job = completed(world)

    answer = world.call("GET", path_of(job, "result"))

    assert (answer.status, answer.body) == (302, b"")
    assert urlsplit(answer.headers["Location"]).path.endswith(".zip")
    assert "X-Amz-Signature" in parse_qs(urlsplit(answer.headers["Location"]).query)


def test_a_result_can_be_told_instead_of_shown(world: World) -> None:
    job = completed(world)

    answer = world.call(
        "GET", path_of(job, "result"), query={"format": "markdown", "redirect": "false"}
    )

    assert answer.status == 200
    assert (answer.json["bytes"], answer.json["sha256"]) == (12, "a" * 64)
    assert urlsplit(answer.json["url"]).path.endswith(".md")
    assert datetime.fromisoformat(answer.json["expiresAt"]) > world.clock()


@pytest.mark.parametrize("status", [WAITING, ACTIVE, FAILED, CANCELLED])
def test_there_is_no_result_before_the_job_is_completed(world: World, status: JobStatus) -> None:
    answer = world.call("GET", path_of(put(world, status), "result"))

    assert (answer.status, answer.code) == (409, "wrong_state")


@pytest.mark.parametrize(
    "query", [{"format": "epub"}, {"format": "pdf"}, {"format": ""}, {"redirect": "no"}]
)
def test_a_result_refuses_what_the_job_does_not_have(world: World, query: dict[str, str]) -> None:
    answer = world.call("GET", path_of(completed(world), "result"), query=query)

    assert (answer.status, answer.code) == (422, "invalid_request")
    assert [error["field"] for error in answer.json["errors"]] == list(query)


@pytest.mark.parametrize("status", list(JobStatus))
def test_a_webhook_shows_a_job_as_the_api_does(status: JobStatus) -> None:
    job = a_job(status)

    assert webhooks.describe(job) == schemas.to_value(schemas.Job.model_validate(job))
