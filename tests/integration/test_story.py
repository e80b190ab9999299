"""One job's log lines, from the request to the last worker: found by one id, telling no secrets."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from docsnap import telemetry, worker
from docsnap.attempt import Engine, Policy, Tools
from docsnap.keeper import Rhythm
from docsnap.results import Results

from tests.support import template
from tests.support.api import ADA, BOB, BUCKET, World, a_world
from tests.support.aws import REGION
from tests.support.engines import fails, succeeds
from tests.support.messages import next_record

SECRET = "s3cr3t"
URL = f"https://example.com/docs/?token={SECRET}"


@pytest.fixture
def world() -> Iterator[World]:
    with a_world() as made:
        made.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield made


def work(world: World, root: Path, request_id: str, engine: Engine = succeeds) -> worker.Outcome:
    """Run the worker on the next message, as its handler does."""
    record = next_record(world.sqs, world.queue._url)
    assert record
    tools = Tools(
        table=world.table,
        results=Results(world.s3, BUCKET),
        engine=engine,
        clock=world.clock,
        remaining=lambda: timedelta(minutes=15),
        root=root,
        policy=Policy(rhythm=Rhythm(look=timedelta(hours=1))),
    )
    intake = worker.Intake(queue=world.queue, worker_id="worker-1", max_receives=3)
    with telemetry.invocation(request_id=request_id):
        outcome = worker.receive(record, intake, tools)
    if outcome is worker.Outcome.ACKNOWLEDGED:
        world.sqs.delete_message(QueueUrl=world.queue._url, ReceiptHandle=record["receiptHandle"])
    return outcome


def printed(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], list[Any], str]:
    """Give the log lines, the metrics and all of it as text."""
    text = capsys.readouterr().out
    lines = [json.loads(line) for line in text.splitlines()]
    metrics = [line for line in lines if "_aws" in line]
    return [line for line in lines if "_aws" not in line], metrics, text


def found(query: str, chosen: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the lines that a saved query finds, once the id to look for is put in."""
    text = template.resources("AWS::Logs::QueryDefinition")[query]["QueryString"]
    [(name, _)] = re.findall(r'^\| filter (\w+) = "([A-Z]+_ID)"$', text, re.MULTILINE)
    return [line for line in lines if line.get(name) == chosen]


def a_troubled_job(world: World, root: Path) -> str:
    """Have a job fail once, lose its message, be sent again by the sweeper, and be completed."""
    job = str(world.submit(URL).json["job"]["id"])
    work(world, root, "worker-1", fails())
    world.sqs.purge_queue(QueueUrl=world.queue._url)
    world.clock.advance(minutes=5)
    world.sweep(request_id="sweeper-1")
    work(world, root, "worker-2")
    return job


def test_one_query_tells_the_whole_story_of_a_job(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = a_troubled_job(world, tmp_path)
    world.submit("https://example.com/another/")
    world.call("GET", f"/api/jobs/{job}/result")

    lines, _, _ = printed(capsys)

    story = found("JobStoryQuery", job, lines)
    assert [line["message"] for line in story] == [
        *("Job submitted", "Attempt started", "Attempt failed", "Repaired"),
        *("Attempt started", "Job completed", "answered"),
    ]
    functions = {line["function_request_id"] for line in story}
    assert functions > {"worker-1", "sweeper-1", "worker-2"}


def test_one_correlation_id_leads_from_the_request_to_the_last_line_of_the_worker(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = a_troubled_job(world, tmp_path)

    lines, _, _ = printed(capsys)

    assert len({line["correlation_id"] for line in found("JobStoryQuery", job, lines)}) == 1
    assert [line["message"] for line in lines if line["message"] == "Swept"] == ["Swept"]
    assert lines[-1]["message"] == "Job completed"
    assert lines[-1]["correlation_id"] == lines[0]["correlation_id"]


def test_every_job_of_a_batch_has_its_story(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    items = [{"url": f"https://example.com/{n}/"} for n in range(2)]
    answer = world.call("POST", "/api/generate-docs/batch", body={"items": items})

    lines, _, _ = printed(capsys)

    for entry in answer.json["items"]:
        told = found("JobStoryQuery", entry["job"]["id"], lines)
        assert [line["message"] for line in told] == ["Job submitted"]


def test_one_query_shows_all_that_a_user_does_and_nobody_else(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_troubled_job(world, tmp_path)
    world.call("GET", "/api/jobs", user=BOB)
    world.call("GET", "/api/jobs", user=None)

    lines, _, _ = printed(capsys)

    own = found("UserActivityQuery", ADA, lines)
    assert {line["message"] for line in own} >= {"answered", "Attempt started", "Repaired"}
    assert len(found("UserActivityQuery", BOB, lines)) == 1
    assert {line["message"] for line in lines if "owner" not in line} == {"Swept", "answered"}


def test_a_sampled_invocation_tells_of_every_call_and_still_no_secret(
    world: World,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telemetry, "DEBUG_SAMPLE", 1)
    job = a_troubled_job(world, tmp_path)
    monkeypatch.setattr(telemetry, "DEBUG_SAMPLE", 0)
    world.call("GET", "/api/jobs")

    lines, _, text = printed(capsys)

    details = [line for line in lines if line["level"] == "DEBUG"]
    assert {"transact_write_items", "query"} <= {line["operation"] for line in details}
    assert [line["level"] for line in lines][-1] == "INFO"
    assert len(found("JobStoryQuery", job, details)) > 5
    assert SECRET not in text


def test_no_secret_and_no_query_of_a_url_is_logged(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.submit(URL, webhookUrl=f"https://hooks.example.com/?key={SECRET}")
    work(world, tmp_path, "worker-1")

    lines, _, text = printed(capsys)

    assert [line["url"] for line in lines if "url" in line] == ["https://example.com/docs/"]
    assert SECRET not in text
    assert "eyJ" not in text  # how every token begins


def test_no_user_and_no_job_is_a_dimension_of_a_metric(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = world.submit(URL).json["job"]["id"]
    world.submit("not a URL")
    work(world, tmp_path, "worker-1", fails(retryable=False))
    world.sweep(request_id="sweeper-1")

    _, metrics, _ = printed(capsys)

    names = {each["Name"] for line in metrics for each in _directive(line)["Metrics"]}
    assert {"JobsSubmitted", "SubmissionsRefused", "JobsFailed", "Sweeps"} <= names
    assert job not in str(metrics)
    assert ADA not in str(metrics)
    dimensions = {name for line in metrics for name in _directive(line)["Dimensions"][0]}
    assert dimensions <= {"service", "code", "kind", "reason", "status"}


def test_the_sweeper_counts_the_jobs_that_run_or_are_in_backoff(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(3):
        world.submit(f"https://example.com/{n}/")
    work(world, tmp_path, "worker-1", fails())
    world.sweep(request_id="sweeper-1")

    _, metrics, _ = printed(capsys)

    counted = {line["status"]: line["JobsInProgress"] for line in metrics if "status" in line}
    assert counted == {"active": [0.0], "delayed": [1.0]}


def test_how_long_a_request_takes_is_measured_unless_it_asks_to_wait(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    job = world.submit(URL).json["job"]["id"]
    world.call("GET", f"/api/jobs/{job}", query={"wait": "1"})
    world.call("POST", f"/api/jobs/{job}/cancel")

    _, metrics, _ = printed(capsys)

    names = [name for line in metrics for name in line]
    assert names.count("RequestDuration") == 2
    assert names.count("JobsCancelled") == 1


def _directive(line: dict[str, Any]) -> Any:
    [directive] = line["_aws"]["CloudWatchMetrics"]
    return directive
