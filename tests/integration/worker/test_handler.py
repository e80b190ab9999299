import json
import tempfile
from collections.abc import Iterator
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from docsnap.errors import Exhausted
from docsnap.jobs import COMPLETED, DELAYED, FAILED, Job, JobKey
from docsnap.queue import BURIAL_COPY_LAG

from tests.support.builders import a_job, stored
from tests.support.functions import EVENTS, Context, environment, event, loaded
from tests.support.site import Site
from tests.support.system import System


@pytest.fixture
def handler(system: System) -> Iterator[Any]:
    with loaded("worker.handler", environment(system)) as module:
        yield module


def named_in(name: str) -> JobKey:
    body = json.loads(event(name)["Records"][0]["body"])
    return JobKey(body["owner"], body["id"])


def nobody_home(system: System, name: str, **overrides: Any) -> Job:
    """Store the job that an event names, with a URL where nothing answers."""
    url = "http://127.0.0.1:9/docs/"
    return stored(system.table, a_job(key=named_in(name), url=url, at=system.clock(), **overrides))


@pytest.mark.parametrize("name", sorted(path.name for path in EVENTS.glob("worker-*.json")))
def test_every_sample_event_is_taken_for_what_it_is(handler: Any, name: str) -> None:
    answer = handler.lambda_handler(event(name), Context())

    is_kept = name == "worker-poison.json"
    assert len(answer["batchItemFailures"]) == int(is_kept)


@pytest.mark.parametrize("name", ["worker", "sweeper"])
def test_a_burial_that_is_slow_to_send_does_not_pass_for_a_copy(system: System, name: str) -> None:
    with loaded(f"{name}.handler", environment(system)) as module:
        config = module.queue._client.meta.config

    assert config.retries["total_max_attempts"] == 1  # each try says when it was sent
    assert timedelta(seconds=config.connect_timeout + config.read_timeout) < BURIAL_COPY_LAG


def test_a_real_site_becomes_documentation(system: System, handler: Any) -> None:
    with Site() as site:
        site.page("/docs/", '<main><h1>Guide</h1><a href="one">one</a></main>')
        site.page("/docs/one", "<main><h1>One</h1></main>")
        job = system.submit(url=site.url("/docs/"))
        record = system.receive()

        answer = handler.lambda_handler({"Records": [record]}, Context())

    assert answer == {"batchItemFailures": []}
    done = system.look(job)
    assert done.status is COMPLETED, done.error
    assert done.result
    assert done.result.pages == 2
    assert set(done.result.files) == {"markdown", "html", "json", "llms", "zip"}
    assert len(system.objects()) == 5


def test_an_error_of_the_site_is_the_jobs_error(system: System, handler: Any) -> None:
    job = nobody_home(system, "worker-job.json")

    answer = handler.lambda_handler(event("worker-job.json"), Context())

    assert len(answer["batchItemFailures"]) == 1
    delayed = system.look(job)
    assert delayed.status is DELAYED
    assert delayed.error
    assert delayed.error.code == "site_unreachable"


def test_only_the_redriven_event_claims_a_failed_job(system: System, handler: Any) -> None:
    earlier = {"finished_at": datetime(2025, 11, 1, tzinfo=UTC), "attempts": 3, "version": 9}
    job = nobody_home(system, "worker-redriven.json", status=FAILED, **earlier)

    handler.lambda_handler(event("worker-redelivered.json"), Context())
    assert system.look(job).status is FAILED

    handler.lambda_handler(event("worker-redriven.json"), Context())
    assert system.look(job).status is DELAYED
    assert system.look(job).cycle == 2


def test_a_burial_is_kept_for_the_dead_letters(system: System, handler: Any) -> None:
    nobody_home(system, "worker-burial.json", status=FAILED, attempts=3)

    answer = handler.lambda_handler(event("worker-burial.json"), Context())

    assert len(answer["batchItemFailures"]) == 1


def test_an_invocation_that_is_nearly_over_hands_the_job_on(system: System, handler: Any) -> None:
    with Site() as site:
        site.page("/docs/", "<main><h1>Guide</h1></main>")
        job = system.submit(url=site.url("/docs/"))
        record = system.receive()

        handler.lambda_handler({"Records": [record]}, Context(remaining_ms=1500))
        handed_on = system.look(job)
        again = system.receive()
        handler.lambda_handler({"Records": [again]}, Context())

    assert handed_on.hops == 1
    assert system.look(job).status is COMPLETED
    assert system.look(job).attempts == 1


@pytest.mark.parametrize("receives", [1, 3])
def test_a_process_without_disk_is_given_up_when_its_job_is_taken_care_of(
    system: System, handler: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, receives: int
) -> None:
    job = system.submit(url="http://127.0.0.1:9/docs/")
    record = system.receive()
    assert record
    record["attributes"]["ApproximateReceiveCount"] = str(receives)
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))  # not a directory

    with pytest.raises(Exhausted):
        handler.lambda_handler.__wrapped__({"Records": [record]}, Context())

    delayed = system.look(job)
    assert delayed.status is DELAYED
    assert delayed.error
    assert delayed.error.code == "internal_error"
    assert sum(astuple(system.queue.depth())) == 1  # its own message, or the one instead of it


def test_a_process_is_kept_when_a_site_fails(system: System, handler: Any) -> None:
    nobody_home(system, "worker-job.json")

    handler.lambda_handler.__wrapped__(event("worker-job.json"), Context())
