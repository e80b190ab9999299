"""One job's log lines, from the request to the last worker: found by one id, telling no secrets."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from docsnap import telemetry, worker
from docsnap.addresses import is_public_address
from docsnap.attempt import Engine, Policy, Tools
from docsnap.keeper import Rhythm
from docsnap.results import Results
from docsnap.sweeper import Broom, sweep
from docsnap.webhooks import outbound

from tests.support.api import ADA, BUCKET, World, a_world
from tests.support.aws import REGION
from tests.support.engines import fails, succeeds

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
    [message] = world.sqs.receive_message(
        QueueUrl=world.queue._url, AttributeNames=["All"], MessageAttributeNames=["All"]
    )["Messages"]
    own = message["MessageAttributes"].items()
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {name: {"stringValue": each["StringValue"]} for name, each in own},
    }
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
        world.sqs.delete_message(QueueUrl=world.queue._url, ReceiptHandle=message["ReceiptHandle"])
    return outcome


def run_sweep(world: World) -> None:
    broom = Broom(
        table=world.table,
        queue=world.queue,
        results=Results(world.s3, BUCKET),
        outbound=outbound(is_public_address),
        clock=world.clock,
        remaining=lambda: timedelta(seconds=55),
    )
    with telemetry.invocation(request_id="sweeper-1"):
        sweep(broom)


def printed(capsys: pytest.CaptureFixture[str]) -> tuple[list[dict[str, Any]], list[Any], str]:
    """Give the log lines, the metrics and all of it as text."""
    text = capsys.readouterr().out
    lines = [json.loads(line) for line in text.splitlines()]
    metrics = [line for line in lines if "_aws" in line]
    return [line for line in lines if "_aws" not in line], metrics, text


def test_one_id_leads_from_the_request_to_the_last_line_of_the_worker(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = world.submit(URL).json["job"]["id"]
    work(world, tmp_path, "worker-1", fails())
    world.clock.advance(minutes=5)
    run_sweep(world)
    work(world, tmp_path, "worker-2")

    lines, _, _ = printed(capsys)

    request = lines[0]["correlation_id"]
    told = [line["message"] for line in lines if line["correlation_id"] == request]
    assert told[:3] == ["answered", "Attempt started", "Attempt failed"]
    by_job = [line for line in lines if line.get("job_id") == job]
    assert {line["function_request_id"] for line in by_job} >= {"worker-1", "worker-2"}
    assert by_job[-1]["message"] == "Job completed"


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
    run_sweep(world)

    _, metrics, _ = printed(capsys)

    names = {each["Name"] for line in metrics for each in _directive(line)["Metrics"]}
    assert {"JobsSubmitted", "SubmissionsRefused", "JobsFailed", "Sweeps"} <= names
    assert job not in str(metrics)
    assert ADA not in str(metrics)
    dimensions = {name for line in metrics for name in _directive(line)["Dimensions"][0]}
    assert dimensions <= {"service", "code", "kind", "reason"}


def _directive(line: dict[str, Any]) -> Any:
    [directive] = line["_aws"]["CloudWatchMetrics"]
    return directive
