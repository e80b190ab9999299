"""The dashboard against what is really published."""

from typing import Any

import pytest

from benchmarks import cost
from tests.support.cloudwatch import evaluate, text
from tests.support.metrics import SEARCH, exists, referenced, shown, widgets

SHOWN = (
    {"JobsInProgress", "JobsSubmitted", "JobsCompleted", "JobsFailed", "JobsCancelled"}
    | {"ApproximateAgeOfOldestMessage", "ConcurrentExecutions", "Throttles"}
    | {"AttemptsStarted", "AttemptsFailed", "PagesWritten", "JobDuration"}
    | {"Latency", "RequestDuration", "4xx", "5xx"}
    | {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"}
    | {"ReadThrottleEvents", "WriteThrottleEvents", "Repairs"}
)
"""What an operator comes to the dashboard for."""


def test_the_dashboard_shows_what_an_operator_comes_for() -> None:
    assert {metric.name for widget in widgets() for metric in shown(widget)} > SHOWN


@pytest.mark.parametrize("widget", widgets(), ids=lambda widget: widget["properties"]["title"])
def test_a_widget_shows_what_is_really_published(widget: dict[str, Any]) -> None:
    metrics = list(shown(widget))

    assert metrics
    assert [metric for metric in metrics if not exists(metric)] == []


@pytest.mark.parametrize("widget", widgets(), ids=lambda widget: widget["properties"]["title"])
def test_an_expression_computes_with_what_its_widget_holds(widget: dict[str, Any]) -> None:
    rows = widget["properties"]["metrics"]
    ids = {row[-1]["id"] for row in rows if isinstance(row[-1], dict) and "id" in row[-1]}
    expressions = [row[0]["expression"] for row in rows if isinstance(row[0], dict)]

    assert {name for each in expressions for name in referenced(each)} == ids


def test_every_search_is_one_that_cloudwatch_understands() -> None:
    rows = [row for widget in widgets() for row in widget["properties"]["metrics"]]
    searches = [row[0]["expression"] for row in rows if "SEARCH" in str(row[0])]

    assert searches
    assert all(SEARCH.fullmatch(search) for search in searches)


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
