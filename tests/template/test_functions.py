import ast
from pathlib import Path
from typing import Any

import pytest
from docsnap.settings import ApiSettings, SweeperSettings, WorkerSettings

from tests.support import template

FUNCTIONS = template.resources("AWS::Lambda::Function")
SETTINGS = {
    "ApiFunction": ApiSettings,
    "WorkerFunction": WorkerSettings,
    "SweeperFunction": SweeperSettings,
}


def variables(name: str) -> dict[str, Any]:
    return dict(FUNCTIONS[name]["Environment"]["Variables"])


def test_there_are_three_functions() -> None:
    assert set(FUNCTIONS) == set(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_is_given_what_it_reads_and_nothing_else(name: str) -> None:
    assert set(variables(name)) == set(SETTINGS[name].variables())


@pytest.mark.parametrize("name", SETTINGS)
def test_a_handler_exists(name: str) -> None:
    module, _, function = FUNCTIONS[name]["Handler"].rpartition(".")
    tree = ast.parse(Path("functions", *module.split(".")).with_suffix(".py").read_text())

    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_logs_into_a_group_of_its_own_that_is_emptied(name: str) -> None:
    group = FUNCTIONS[name]["LoggingConfig"]["LogGroup"]["Ref"]

    assert group == f"{name}LogGroup"
    assert template.resources("AWS::Logs::LogGroup")[group]["RetentionInDays"]


@pytest.mark.parametrize("name", SETTINGS)
def test_lambda_does_not_drop_the_debug_lines_that_a_function_samples(name: str) -> None:
    assert FUNCTIONS[name]["LoggingConfig"].keys() == {"LogGroup", "LogFormat"}
    assert FUNCTIONS[name]["LoggingConfig"]["LogFormat"] == "Text"


@pytest.mark.parametrize("name", SETTINGS)
def test_a_function_is_traced(name: str) -> None:
    assert FUNCTIONS[name]["TracingConfig"] == {"Mode": "Active"}


def test_only_the_worker_has_the_engine() -> None:
    layers = {name: str(function["Layers"]) for name, function in FUNCTIONS.items()}

    assert {name for name, found in layers.items() if "DocgenLayer" in found} == {"WorkerFunction"}
    assert all("DocsnapLayer" in found for found in layers.values())


def test_the_api_answers_before_the_gateway_gives_up() -> None:
    assert 20 < FUNCTIONS["ApiFunction"]["Timeout"] < 30


def test_a_sweep_ends_before_the_next_begins() -> None:
    (rule,) = template.resources("AWS::Events::Rule").values()

    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert FUNCTIONS["SweeperFunction"]["Timeout"] < 60


def test_the_poller_starts_as_many_workers_as_are_reserved() -> None:
    (source,) = template.resources("AWS::Lambda::EventSourceMapping").values()
    reserved = FUNCTIONS["WorkerFunction"]["ReservedConcurrentExecutions"]

    assert source["ScalingConfig"]["MaximumConcurrency"] == {"Ref": "WorkerConcurrency"}
    assert reserved["Fn::If"] == [
        "ReservesConcurrency",
        {"Ref": "WorkerConcurrency"},
        {"Ref": "AWS::NoValue"},
    ]


def test_a_message_is_taken_alone_and_reported_alone() -> None:
    (source,) = template.resources("AWS::Lambda::EventSourceMapping").values()

    assert source["BatchSize"] == 1
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_long_job_may_send_itself_on() -> None:
    assert FUNCTIONS["WorkerFunction"]["RecursiveLoop"] == "Allow"


def test_callers_reach_the_alias_that_deployments_shift() -> None:
    (source,) = template.resources("AWS::Lambda::EventSourceMapping").values()
    (api,) = template.resources("AWS::ApiGatewayV2::Api").values()

    assert source["FunctionName"] == {"Ref": "WorkerFunctionAliaslive"}
    assert "ApiFunctionAliaslive" in str(api["Body"]["paths"]["$default"])


def test_a_deployment_shifts_gradually_only_where_asked_to() -> None:
    groups = "AWS::CodeDeploy::DeploymentGroup"

    assert not template.resources(groups)
    assert len(template.resources(groups, GradualDeployment="true")) == len(FUNCTIONS)


def test_a_gradual_deployment_goes_back_on_an_alarm() -> None:
    groups = template.resources("AWS::CodeDeploy::DeploymentGroup", GradualDeployment="true")

    for group in groups.values():
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert group["AlarmConfiguration"]["Alarms"]


def test_a_new_release_is_a_new_version_even_if_only_a_setting_changed() -> None:
    for name, version in template.resources("AWS::Lambda::Version").items():
        assert version["Description"] == {"Ref": "Release"}, name
    for name, function in FUNCTIONS.items():
        assert "${Release}" in function["Description"]["Fn::Sub"], name
