"""What the queue promises, on a deployed stack: a job for hours, a job that kills, a crowd."""

import json
import shutil
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from local import deployment, wait
from local.chaos import callers
from local.chaos.site import Part, Site
from tests.support.deployed import Deployed, SlowSite, seconds_between, served, waited

pytestmark = [pytest.mark.slow, pytest.mark.stack]
WORKER_TIMEOUT_SECONDS = 60
LOST_WITHIN_SECONDS = 120
"""From a worker's death until its job is taken up again."""
CROWD = 500
PAGES = 2000


@pytest.fixture(scope="module")
def stack() -> Iterator[Deployed]:
    directory = Path(".local/stacks/queue").resolve()
    shutil.rmtree(directory, ignore_errors=True)
    deployed = Deployed(directory)
    try:
        up = deployed.up(
            BackoffBaseSeconds="1",
            WorkerTimeoutSeconds=str(WORKER_TIMEOUT_SECONDS),
            SubmissionsPerMinute="10000",
            UnfinishedJobsLimit="1000",
        )
        assert up.status == 0, up.errors
        yield deployed
    finally:
        deployed.make("down")


def sqs(stack: Deployed) -> Any:
    endpoint = str(stack.describe()["endpointUrl"])
    return deployment.session().client("sqs", endpoint_url=endpoint)


def dead_letters(stack: Deployed) -> list[Mapping[str, Any]]:
    """Receive what is among the dead letters."""
    found: list[Mapping[str, Any]] = (
        sqs(stack)
        .receive_message(QueueUrl=stack.describe()["deadLetterQueueUrl"], MaxNumberOfMessages=10)
        .get("Messages", [])
    )
    return found


def move_back(stack: Deployed, message: Mapping[str, Any]) -> None:
    """Do what StartMessageMoveTask does, which the emulator lacks: send anew, then delete."""
    queue, described = sqs(stack), stack.describe()
    queue.send_message(QueueUrl=described["queueUrl"], MessageBody=message["Body"])
    queue.delete_message(
        QueueUrl=described["deadLetterQueueUrl"], ReceiptHandle=message["ReceiptHandle"]
    )


def submit_crowd(stack: Deployed, url: str) -> list[str]:
    """Have one user submit a crowd of jobs, and return their ids."""
    ids, token = [], stack.token("ann")
    for first in range(0, CROWD, 25):
        items = [{"url": f"{url}/crowd{n}/"} for n in range(first, first + 25)]
        answer = stack.call(
            "POST", "/api/generate-docs/batch", token=token, json={"items": items}
        ).json()
        ids += [entry["job"]["id"] for entry in answer["items"]]
    return ids


def test_a_job_that_kills_its_worker_fails_after_three_attempts_and_runs_again_when_redriven(
    stack: Deployed,
) -> None:
    with closing(Site()) as site:
        site.parts[0] = Part(is_deadly=True)
        site.strike = lambda port: strike(stack, port)
        client = stack.client("ann")
        submitted = client.submit(f"{site.start()}/job-0/")

        job = client.wait(submitted.id, timeout=3 * LOST_WITHIN_SECONDS + 60)

        assert (job.status, job.attempts) == ("failed", 3)
        assert job.error
        assert job.error["code"] == "worker_lost"
        assert [event["type"] for event in client.events(job.id)].count("claim") == 3
        letters: list[Mapping[str, Any]] = []
        assert wait.until(
            lambda: bool(letters.extend(dead_letters(stack)) or letters), within=120, every=1
        )
        assert [json.loads(letter["Body"])["id"] for letter in letters] == [job.id]

        site.parts[0] = Part()
        move_back(stack, letters[0])
        assert wait.until(lambda: client.get(job.id).status != "failed", within=120)
        again = client.wait(job.id, timeout=300)

    assert (again.status, again.attempts) == ("completed", 1)
    assert "redrive" in [event["type"] for event in client.events(job.id)]


def strike(stack: Deployed, port: int) -> None:
    pid = callers.caller(port, stack.directory)
    if pid is not None:
        callers.kill(pid)


def test_a_job_of_two_thousand_slow_pages_outlives_its_invocations(
    stack: Deployed, record_property: Callable[[str, object], None]
) -> None:
    with served(SlowSite(pages=PAGES, seconds=0.8, links=10)) as url:
        client = stack.client("cy")
        options = {"maxPages": PAGES, "formats": ["markdown", "json"]}
        job = client.submit(f"{url}/long/", options=options)
        progress = []

        done = client.wait(job.id, timeout=1500, on_change=lambda seen: progress.append(seen))

    history = [event["type"] for event in client.events(job.id)]
    record_property("hops", history.count("hand_on"))
    record_property("duration", seconds_between(done.fields, done.fields))
    assert (done.status, done.attempts) == ("completed", 1)
    assert done.result
    assert done.result["pages"] == PAGES
    assert history.count("hand_on") >= 2
    shown = [seen.progress for seen in progress]
    assert shown == sorted(shown)


def test_the_one_job_of_a_user_does_not_wait_for_the_five_hundred_of_another(
    stack: Deployed, record_property: Callable[[str, object], None]
) -> None:
    with served(SlowSite(pages=10, seconds=2)) as url:
        ids = set(submit_crowd(stack, url))
        ann, ben = stack.client("ann"), stack.client("ben")
        assert wait.until(lambda: ann.stats()["stats"]["active"] >= 3, within=120, every=0.5)

        mine = ben.submit(f"{url}/single/")
        assert ann.stats()["stats"]["waiting"] > CROWD - 50
        done = ben.wait(mine.id, timeout=300)

        assert wait.until(lambda: any(ann.list_jobs(status="completed")), within=120, every=1)

        finished = [job.fields for job in ann.list_jobs(status="completed") if job.id in ids]

    duration = statistics.median(seconds_between(job, job) for job in finished)
    assert done.status == "completed"
    record_property("waited", waited(done.fields))
    record_property("duration", duration)
    assert waited(done.fields) <= 2 * duration
