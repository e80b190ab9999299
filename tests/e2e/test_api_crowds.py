"""What many requests at the same moment make, from the outside."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any
from uuid import uuid4

import pytest

from local import wait
from tests.support.callers import Caller

pytestmark = [pytest.mark.slow, pytest.mark.stack, pytest.mark.usefixtures("idle")]

CROWD = 50
URL = "http://127.0.0.1:9/"
QUOTA = 60  # a minute
TRIES = 12


def all_at_once(
    caller: Caller, requests: list[dict[str, Any]], *, in_one_minute: bool = False
) -> list[Any]:
    """Send all of them at the same moment; whoever is told to come again does."""
    token = caller.stack.token(caller.name)

    def send(request: dict[str, Any]) -> Any:
        key = request.pop("key", None)
        headers = {"Idempotency-Key": key} if key else {}
        path = request.pop("path", "/api/generate-docs")
        for _ in range(TRIES):
            answer = caller.stack.call("POST", path, token=token, headers=headers, json=request)
            if answer.status_code not in {409, 503}:
                break
            Event().wait(int(answer.headers["retry-after"]))
        return answer

    with ThreadPoolExecutor(len(requests)) as threads:
        warm = threads.map(lambda _: caller.stack.call("GET", "/api/jobs", token=token), requests)
        assert {answer.status_code for answer in warm} == {200}  # a sandbox is there for each
        if in_one_minute:
            early_in_a_minute(seconds=40)
        return list(threads.map(send, requests))


def assert_each_minute_has_its_quota(jobs: list[Any], *, refused: int) -> None:
    """None too many, and none refused in vain. On a slow machine it may take more than a minute."""
    minutes = {job["createdAt"][:16] for job in jobs}
    assert len(jobs) <= QUOTA * len(minutes)
    assert not refused or len(jobs) >= QUOTA


def early_in_a_minute(*, seconds: float) -> None:
    """Quotas count by the minute of the clock: let one begin, if this one has too little left."""
    assert wait.until(lambda: 60 - time.time() % 60 >= seconds, within=60)


@pytest.mark.parametrize(
    "request_of",
    [
        lambda key: {"url": URL},
        lambda key: {"url": URL, "key": key},
        lambda key: {"url": URL, "key": key, "force": True},
    ],
    ids=["by url", "by key", "by key and force"],
)
def test_of_50_identical_submissions_one_makes_the_job(ada: Caller, request_of: Any) -> None:
    key = str(uuid4())
    answers = all_at_once(ada, [request_of(key) for _ in range(CROWD)])

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[202] <= 1  # none, where its answer got lost and it came again
    assert statuses[202] + statuses[200] == CROWD
    assert len({answer.json()["job"]["id"] for answer in answers}) == 1
    assert len(ada.get("/api/jobs").json()["jobs"]) == 1


def test_of_a_crowd_of_different_submissions_exactly_the_quota_is_admitted(ada: Caller) -> None:
    crowd = [{"url": URL, "key": str(uuid4()), "force": True} for _ in range(QUOTA + 20)]
    answers = all_at_once(ada, crowd, in_one_minute=True)

    statuses = Counter(answer.status_code for answer in answers)
    refused = [answer for answer in answers if answer.status_code == 429]
    # Whose answer got lost came again, and was told of the job it has.
    assert statuses[202] + statuses[200] + statuses[429] == len(crowd), statuses
    admitted = [answer.json()["job"] for answer in answers if answer not in refused]
    assert_each_minute_has_its_quota(admitted, refused=len(refused))
    assert all(1 <= int(answer.headers["retry-after"]) <= 60 for answer in refused)
    assert all('"submissions";r=0' in answer.headers["ratelimit"] for answer in refused)
    assert len({job["id"] for job in admitted}) == len(admitted)
    assert ada.get("/api/jobs/stats").json()["stats"]["total"] == len(admitted)


def test_batches_at_the_same_moment_share_the_quota(ada: Caller) -> None:
    items = [{"url": f"{URL}{n}"} for n in range(25)]
    sent = [{"path": "/api/generate-docs/batch", "items": items, "key": str(n)} for n in range(3)]
    for request in sent:
        for item in request["items"]:
            item["force"] = True
    answers = [
        entry
        for each in all_at_once(ada, sent, in_one_minute=True)
        for entry in each.json()["items"]
    ]

    admitted = [entry["job"] for entry in answers if entry["status"] in {200, 202}]
    statuses = Counter(entry["status"] for entry in answers)
    assert statuses[202] + statuses[200] + statuses[429] == len(items) * len(sent)
    assert_each_minute_has_its_quota(admitted, refused=statuses[429])
    assert ada.get("/api/jobs/stats").json()["stats"]["total"] == len(admitted)
