"""What the code emits, and whether anything else would be noticed."""

import pytest
from docsnap.telemetry import Metric

from tests.support import logs, template
from tests.support.metrics import OWN, Named, exists

BOUNDED = {"code", "kind", "reason", "status"}
"""Dimensions of our own. Each takes a few dozen values at most."""


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


def test_every_metric_that_is_declared_is_emitted() -> None:
    assert {emission.metric for emission in logs.emissions()} == set(Metric)


def test_no_dimension_takes_many_values() -> None:
    dimensions = {name for emission in logs.emissions() for name in emission.dimensions}

    assert dimensions == BOUNDED
    assert all(len(emission.dimensions) <= 1 for emission in logs.emissions())


def test_the_functions_write_their_metrics_where_the_template_looks() -> None:
    variables = template.source()["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == {"Fn::Sub": OWN}
