from collections.abc import Mapping
from typing import Any

import pytest

from tests.support import template

STATEMENTS = list(template.statements())
NOTHING_FINER = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}


def actions(statement: Mapping[str, Any]) -> set[str]:
    named = statement["Action"]
    return {named} if isinstance(named, str) else set(named)


def allowed(role: str, service: str) -> set[str]:
    return {
        action.partition(":")[2]
        for name, statement in STATEMENTS
        if name == role
        for action in actions(statement)
        if action.startswith(f"{service}:")
    }


def test_every_function_has_a_role_of_its_own() -> None:
    functions = template.resources("AWS::Lambda::Function")

    assert {name: function["Role"] for name, function in functions.items()} == {
        name: {"Fn::GetAtt": [f"{name}Role", "Arn"]} for name in functions
    }


def test_no_role_takes_a_policy_that_somebody_else_wrote() -> None:
    for name, role in template.resources("AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name


@pytest.mark.parametrize(("role", "statement"), STATEMENTS)
def test_an_action_is_named_in_full(role: str, statement: Mapping[str, Any]) -> None:
    assert not any("*" in action for action in actions(statement)), role


@pytest.mark.parametrize(("role", "statement"), STATEMENTS)
def test_a_resource_is_named_where_aws_lets_one(role: str, statement: Mapping[str, Any]) -> None:
    assert statement["Resource"] != "*" or actions(statement) <= NOTHING_FINER, role


def test_the_api_hands_out_results_and_touches_no_object_otherwise() -> None:
    assert allowed("ApiFunctionRole", "s3") == {"GetObject"}


def test_the_api_takes_no_messages() -> None:
    assert allowed("ApiFunctionRole", "sqs") == {"SendMessage", "GetQueueAttributes"}


def test_the_sweeper_sends_messages_and_does_nothing_else_to_the_queues() -> None:
    assert allowed("SweeperFunctionRole", "sqs") == {"SendMessage"}


def test_the_worker_writes_objects_whole() -> None:
    assert allowed("WorkerFunctionRole", "s3") == {
        "DeleteObject",
        "GetObject",
        "ListBucket",
        "PutObject",
    }


def test_the_sweeper_reads_no_objects() -> None:
    assert allowed("SweeperFunctionRole", "s3") == {"DeleteObject", "ListBucket"}


def test_everybody_changes_jobs_and_reads_them_as_their_work_takes_and_nobody_scans() -> None:
    common = {"DeleteItem", "GetItem", "PutItem", "UpdateItem"}

    assert allowed("ApiFunctionRole", "dynamodb") == {*common, "Query"}
    assert allowed("SweeperFunctionRole", "dynamodb") == {*common, "BatchGetItem", "Query"}
    assert allowed("WorkerFunctionRole", "dynamodb") == {*common, "Query"}


def test_only_the_api_lists_the_records_of_an_owner() -> None:
    table = {"Fn::GetAtt": ["JobsTable", "Arn"]}
    listing = {
        role
        for role, statement in STATEMENTS
        if "dynamodb:Query" in actions(statement)
        and table in (statement["Resource"], *list(statement["Resource"]))
    }

    assert listing == {"ApiFunctionRole"}
