"""The dashboard and the alarms against what the code emits, and what AWS documents."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from docsnap.sweeper import Repair
from docsnap.telemetry import Metric

from benchmarks import cost
from tests.support import logs, template
from tests.support.cloudwatch import evaluate, is_on, text

OWN = "DocSnap/${AWS::StackName}"
DOCUMENTED = {
    "AWS/ApiGateway": ({"4xx", "5xx", "Count", "DataProcessed", "IntegrationLatency", "Latency"}),
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
        "ReadThrottleEvents",
        "SuccessfulRequestLatency",
        "SystemErrors",
        "WriteThrottleEvents",
    },
    "AWS/Lambda": {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"},
    "AWS/SQS": {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
        "NumberOfMessagesReceived",
        "NumberOfMessagesSent",
    },
}
"""What each service says in its documentation that it publishes, under the one dimension below."""
DIMENSION = {
    "AWS/ApiGateway": {"ApiId"},
    "AWS/DynamoDB": {"TableName"},
    "AWS/Lambda": {"FunctionName"},
    "AWS/SQS": {"QueueName"},
}
SERVICES = {
    "functions/api": {"api"},
    "functions/sweeper": {"sweeper"},
    "functions/worker": {"worker"},
    "layers/docsnap/docsnap/attempt.py": {"worker"},
    "layers/docsnap/docsnap/worker.py": {"worker"},
    "layers/docsnap/docsnap/sweeper.py": {"sweeper"},
    "layers/docsnap/docsnap/webhooks.py": {"sweeper", "worker"},
}
"""Which functions run which file."""
ALARMS = template.resources("AWS::CloudWatch::Alarm")
BOUNDED = {"code", "kind", "reason"}
"""Dimensions of our own. Each takes a few dozen values at most."""


class Named(NamedTuple):
    """A metric as a widget or an alarm names it; a dimension's value is None for any."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str | None]]


def services(emission: logs.Emission) -> set[str]:
    """Which values the dimension `service` can have at a place in the source."""
    [found] = [names for path, names in SERVICES.items() if emission.file.startswith(path)]
    return found


def exists(named: Named) -> bool:
    dimensions = dict(named.dimensions)
    if named.namespace != OWN:
        is_documented = named.name in DOCUMENTED[named.namespace]
        return is_documented and set(dimensions) == DIMENSION[named.namespace]
    service = dimensions.pop("service")
    return any(
        emission.metric == named.name
        and emission.dimensions == set(dimensions)
        and (service is None or service in services(emission))
        for emission in logs.emissions()
    )


def widgets() -> list[dict[str, Any]]:
    (dashboard,) = template.resources("AWS::CloudWatch::Dashboard").values()
    found: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    return found


def shown(widget: Mapping[str, Any]) -> Iterator[Named]:
    for row in widget["properties"]["metrics"]:
        if isinstance(row[0], str):
            namespace, name, *pairs = [part for part in row if isinstance(part, str)]
            yield Named(namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True)))
        elif found := re.search(r"\{([^,}]+),([\w,]+)\} (\w+)'", row[0]["expression"]):
            namespace, names, name = found.groups()
            yield Named(namespace, name, frozenset((each, None) for each in names.split(",")))


def watched(alarm: Mapping[str, Any]) -> Iterator[Named]:
    stats = [e["MetricStat"]["Metric"] for e in alarm.get("Metrics", ()) if "MetricStat" in e]
    for metric in stats or [alarm]:
        namespace = metric["Namespace"]
        plain = namespace["Fn::Sub"] if isinstance(namespace, dict) else namespace
        pairs = ((each["Name"], str(each["Value"])) for each in metric["Dimensions"])
        yield Named(plain, metric["MetricName"], frozenset(pairs))


def referenced(expression: str) -> set[str]:
    """Name the metrics that an expression computes with."""
    bare = re.sub(r"'[^']*'|\$\{[^}]*\}", "", expression)
    return set(re.findall(r"\b[a-z]\w*\b", bare))


@pytest.mark.parametrize("widget", widgets(), ids=lambda widget: widget["properties"]["title"])
def test_a_widget_shows_what_is_really_published(widget: dict[str, Any]) -> None:
    metrics = list(shown(widget))

    assert metrics
    assert [metric for metric in metrics if not exists(metric)] == []


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_what_is_really_published(name: str) -> None:
    metrics = list(watched(ALARMS[name]))

    assert metrics
    assert [metric for metric in metrics if not exists(metric)] == []


@pytest.mark.parametrize(
    "planted",
    [
        Named(OWN, "JobsVanished", frozenset({("service", "worker")})),
        Named(OWN, "Sweeps", frozenset({("service", "api")})),
        Named(OWN, "JobsFailed", frozenset({("service", "worker")})),
        Named("AWS/SQS", "ApproximateAgeOfOldestMessage", frozenset({("Queue", "jobs")})),
        Named("AWS/DynamoDB", "ThrottledReads", frozenset({("TableName", "jobs")})),
    ],
    ids=lambda named: named.name,
)
def test_a_metric_that_nobody_publishes_would_be_noticed(planted: Named) -> None:
    assert not exists(planted)


@pytest.mark.parametrize("widget", widgets(), ids=lambda widget: widget["properties"]["title"])
def test_an_expression_computes_with_what_its_widget_holds(widget: dict[str, Any]) -> None:
    rows = widget["properties"]["metrics"]
    ids = {row[-1]["id"] for row in rows if isinstance(row[-1], dict) and "id" in row[-1]}
    expressions = [row[0]["expression"] for row in rows if isinstance(row[0], dict)]

    assert {name for each in expressions for name in referenced(each)} == ids


UNUSED = {Metric.JOBS_CANCELLED}


def test_every_metric_that_is_declared_is_emitted() -> None:
    assert {emission.metric for emission in logs.emissions()} == set(Metric) - UNUSED


def test_no_dimension_takes_many_values() -> None:
    dimensions = {name for emission in logs.emissions() for name in emission.dimensions}

    assert dimensions == BOUNDED
    assert all(len(emission.dimensions) <= 1 for emission in logs.emissions())


def test_the_repairs_that_alarm_are_kinds_of_repairs() -> None:
    kinds = {value for metric in watched(ALARMS["RepairsAlarm"]) for _, value in metric.dimensions}

    assert kinds - {"sweeper"} < set(Repair)


def test_the_cost_model_counts_the_metrics_that_alarms_watch() -> None:
    assert sum(len(list(watched(alarm))) for alarm in ALARMS.values()) == cost.ALARM_METRICS


def test_the_dashboards_estimate_uses_the_prices_of_the_cost_model() -> None:
    [expression] = [
        row[0]["expression"]
        for widget in widgets()
        for row in widget["properties"]["metrics"]
        if isinstance(row[0], dict) and "jobs" in referenced(row[0]["expression"])
    ]
    used = {"ms": 60_000.0 * 1000, "writes": 40_000.0, "reads": 30_000.0, "requests": 5000.0}

    estimate = evaluate(text({"Fn::Sub": expression}), used | {"jobs": 1000.0})

    prices = cost.prices()
    expected = 1000 * 60 * 2 * prices["lambda_gb_second_arm64"]
    expected += 40_000 * prices["dynamodb_write_unit"] + 30_000 * prices["dynamodb_read_unit"]
    expected += 5000 * prices["http_api_request"]
    assert estimate == pytest.approx(expected)


WORKERS = int(template.default("WorkerConcurrency"))
NEAR_TIMEOUT = int(template.default("WorkerTimeoutSeconds")) * 1000 * 0.98


@pytest.mark.parametrize(
    ("name", "still_off", "on"),
    [
        ("DeadLetterQueueDepthAlarm", [0], [1]),
        ("ApiErrorsAlarm", [0], [1]),
        ("ApiFunctionErrorsAlarm", [0], [1]),
        ("ApiLatencyAlarm", [30_000, 30_000, 30_000, 30_000, 21_000], [21_001] * 5),
        ("WorkerErrorsAlarm", [0], [1]),
        ("WorkerThrottlesAlarm", [0], [1]),
        ("WorkersBusyAlarm", [WORKERS] * 11 + [WORKERS - 1], [WORKERS] * 12),
        ("SweeperErrorsAlarm", [0], [1]),
        ("SweeperMissingAlarm", [None, None, None, None, 1], [None] * 5),
        ("OverdueAlarm", [9, 9, 0], [1, 1, 1]),
    ],
)
def test_an_alarm_fires_at_its_figure(name: str, still_off: list[Any], on: list[Any]) -> None:
    assert not is_on(ALARMS[name], still_off)
    assert is_on(ALARMS[name], on)


@pytest.mark.parametrize(
    ("name", "still_off", "on"),
    [
        (
            "OldestMessageAgeAlarm",
            {"age": [9000] * 4 + [3600], "waiting": [1] * 5},
            {"age": [3601] * 5, "waiting": [1] * 5},
        ),
        (
            "WorkerDurationAlarm",
            {"duration": [NEAR_TIMEOUT]},
            {"duration": [NEAR_TIMEOUT + 1]},
        ),
        (
            "RepairsAlarm",
            {"rescued": [10], "given_up": [None], "resent": [None]},
            {"rescued": [9], "given_up": [1], "resent": [1]},
        ),
        ("TableThrottlesAlarm", {"reads": [None], "writes": [0]}, {"reads": [None], "writes": [1]}),
    ],
)
def test_an_expression_fires_at_its_figure(
    name: str, still_off: dict[str, Any], on: dict[str, Any]
) -> None:
    assert not is_on(ALARMS[name], **still_off)
    assert is_on(ALARMS[name], **on)


def test_messages_that_only_workers_hold_do_not_alarm_by_their_age() -> None:
    held = {"age": [50_000.0] * 5, "waiting": [0.0] * 5}

    assert not is_on(ALARMS["OldestMessageAgeAlarm"], **held)


@pytest.mark.parametrize("name", sorted(set(ALARMS) - {"SweeperMissingAlarm"}))
def test_silence_is_not_alarming_but_the_sweepers(name: str) -> None:
    alarm = ALARMS[name]
    silence = [None] * int(alarm["EvaluationPeriods"])
    named = {each["Id"]: silence for each in alarm.get("Metrics", ()) if "MetricStat" in each}

    assert not is_on(alarm, *([] if named else [silence]), **named)
