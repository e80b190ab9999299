import json
import re
from typing import Any

import pytest
from docsnap.telemetry import Metric

from tests.support import template

ALARMS = template.resources("AWS::CloudWatch::Alarm")
OWN = "DocSnap/${AWS::StackName}"
FROM_AWS = {
    "AWS/ApiGateway": {"4xx", "5xx", "Count", "Latency", "IntegrationLatency"},
    "AWS/DynamoDB": {
        "ConsumedReadCapacityUnits",
        "ConsumedWriteCapacityUnits",
        "ReadThrottleEvents",
        "WriteThrottleEvents",
    },
    "AWS/Lambda": {"ConcurrentExecutions", "Duration", "Errors", "Invocations", "Throttles"},
    "AWS/SQS": {
        "ApproximateAgeOfOldestMessage",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesVisible",
    },
}
"""Metrics that the services publish, as far as they are used."""
PROMISES = {
    "ApiErrorsAlarm",
    "ApiFunctionErrorsAlarm",
    "ApiLatencyAlarm",
    "DeadLetterQueueDepthAlarm",
    "OldestMessageAgeAlarm",
    "OverdueAlarm",
    "RepairsAlarm",
    "SweeperErrorsAlarm",
    "SweeperMissingAlarm",
    "TableThrottlesAlarm",
    "WorkerDurationAlarm",
    "WorkerErrorsAlarm",
    "WorkerThrottlesAlarm",
    "WorkersBusyAlarm",
}


def exists(namespace: str, name: str) -> bool:
    return name in (set(Metric) if namespace == OWN else FROM_AWS[namespace])


def measured(alarm: dict[str, Any]) -> list[tuple[str, str]]:
    """Namespace and name of every metric an alarm looks at."""
    if "MetricName" in alarm:
        return [(_text(alarm["Namespace"]), alarm["MetricName"])]
    found = []
    for metric in alarm["Metrics"]:
        if "MetricStat" in metric:
            named = metric["MetricStat"]["Metric"]
            found.append((_text(named["Namespace"]), named["MetricName"]))
        elif "SELECT" in (expression := _text(metric["Expression"])):
            name, namespace = re.findall(r'\((\w+)\) FROM SCHEMA\("([^"]+)"', expression)[0]
            found.append((namespace, name))
    return found


def _text(value: Any) -> str:
    return str(value["Fn::Sub"] if isinstance(value, dict) else value)


def widgets() -> list[dict[str, Any]]:
    (dashboard,) = template.resources("AWS::CloudWatch::Dashboard").values()
    found: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    return found


def shown(widget: dict[str, Any]) -> list[tuple[str, str]]:
    """Namespace and name of every metric a widget shows."""
    found = []
    for row in widget["properties"]["metrics"]:
        if isinstance(row[0], str):
            found.append((row[0], row[1]))
        elif "SEARCH" in row[0]["expression"]:
            namespace, name = re.findall(r"\{(.+?),\w+,service\} (\w+)'", row[0]["expression"])[0]
            found.append((namespace, name))
    return found


def test_every_promise_has_its_alarm() -> None:
    assert set(ALARMS) == PROMISES


@pytest.mark.parametrize("name", sorted(PROMISES))
def test_an_alarm_tells_somebody_what_to_do(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == ALARMS[name]["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert re.search(r"\. docs/runbooks\.md#[a-z-]+$", ALARMS[name]["AlarmDescription"])


@pytest.mark.parametrize("name", sorted(PROMISES))
def test_an_alarm_looks_at_metrics_that_exist(name: str) -> None:
    assert measured(dict(ALARMS[name]))
    assert all(exists(*metric) for metric in measured(dict(ALARMS[name])))


@pytest.mark.parametrize("name", sorted(PROMISES))
def test_only_silence_of_the_sweeper_is_alarming(name: str) -> None:
    expected = "breaching" if name == "SweeperMissingAlarm" else "notBreaching"

    assert ALARMS[name]["TreatMissingData"] == expected


@pytest.mark.parametrize("widget", widgets(), ids=lambda widget: widget["properties"]["title"])
def test_a_widget_shows_metrics_that_exist(widget: dict[str, Any]) -> None:
    assert shown(widget)
    assert all(exists(*metric) for metric in shown(widget))


def test_a_mail_address_is_told_of_alarms() -> None:
    subscription = template.transformed()["Resources"]["AlarmSubscription"]

    assert subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlarmEmail"}


def test_the_functions_write_their_metrics_where_the_alarms_look() -> None:
    variables = template.source()["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == {"Fn::Sub": OWN}
