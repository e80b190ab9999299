"""Every alarm: whom it tells, what it watches, and the figure at which it fires."""

import re
from typing import Any

import pytest
from docsnap.sweeper import Repair

from benchmarks import cost
from tests.support import template
from tests.support.cloudwatch import is_on
from tests.support.metrics import exists, watched

ALARMS = template.resources("AWS::CloudWatch::Alarm")
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
WORKERS = int(template.default("WorkerConcurrency"))
NEAR_TIMEOUT = int(template.default("WorkerTimeoutSeconds")) * 1000 * 0.98


def test_every_promise_has_its_alarm() -> None:
    assert set(ALARMS) == PROMISES


@pytest.mark.parametrize("name", sorted(PROMISES))
def test_an_alarm_tells_somebody_what_to_do(name: str) -> None:
    assert ALARMS[name]["AlarmActions"] == ALARMS[name]["OKActions"] == [{"Ref": "AlarmTopic"}]
    assert re.search(r"\. docs/runbooks\.md#[a-z-]+$", ALARMS[name]["AlarmDescription"])


def test_a_mail_address_is_told_of_alarms() -> None:
    subscription = template.transformed()["Resources"]["AlarmSubscription"]

    assert subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlarmEmail"}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_watches_what_is_really_published(name: str) -> None:
    metrics = list(watched(ALARMS[name]))

    assert metrics
    assert [metric for metric in metrics if not exists(metric)] == []


def test_the_repairs_that_alarm_are_kinds_of_repairs() -> None:
    kinds = {value for metric in watched(ALARMS["RepairsAlarm"]) for _, value in metric.dimensions}

    assert kinds - {"sweeper"} < set(Repair)


def test_the_cost_model_counts_the_metrics_that_alarms_watch() -> None:
    assert sum(len(list(watched(alarm))) for alarm in ALARMS.values()) == cost.ALARM_METRICS


@pytest.mark.parametrize(
    ("name", "still_off", "on"),
    [
        ("DeadLetterQueueDepthAlarm", [0], [1]),
        ("ApiErrorsAlarm", [0], [1]),
        ("ApiFunctionErrorsAlarm", [0], [1]),
        ("ApiLatencyAlarm", [9000, 9000, 9000, 9000, 2000], [2001] * 5),
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
