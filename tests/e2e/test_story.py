import json
from typing import Any

import boto3
import pytest

from tests.support import wait
from tests.support.deployed import Deployed

pytestmark = pytest.mark.stack
GROUPS = "/aws/cloudformation/{stackName}/{function}LogGroup"


def logged(stack: Deployed, function: str, job: str) -> list[dict[str, Any]]:
    """Ask the log group of a function for the lines of a job, by its id alone."""
    told = stack.describe()
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    endpoint = {"endpoint_url": str(told["endpointUrl"]), "region_name": str(told["region"])}
    answer = boto3.client("logs", **endpoint, **keys).filter_log_events(
        logGroupName=GROUPS.format(function=function, **told),
        filterPattern=f'"{job}"',
    )
    return [json.loads(event["message"]) for event in answer["events"]]


def test_a_jobs_lines_are_found_in_every_functions_log_by_its_id(stack: Deployed) -> None:
    token = stack.token("story")
    body = {"url": "http://127.0.0.1:9/"}
    job = stack.call("POST", "/api/generate-docs", token=token, json=body).json()["job"]["id"]

    def is_told() -> bool:
        return any(line["message"] == "Job failed" for line in logged(stack, "WorkerFunction", job))

    wait.until(is_told, within=300)

    [submitted] = logged(stack, "ApiFunction", job)
    worked = logged(stack, "WorkerFunction", job)
    assert submitted["message"] == "Job submitted"
    assert [line["message"] for line in worked].count("Attempt started") == 3
    assert {line["correlation_id"] for line in worked} == {submitted["correlation_id"]}
    assert {line["owner"] for line in worked} == {submitted["owner"]}
