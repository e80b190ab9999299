"""Which metrics are published, and which does the template look at?"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.support import logs, template

OWN = "DocSnap/${AWS::StackName}"
DOCUMENTED = {
    "AWS/ApiGateway": {"4xx", "5xx", "Count", "DataProcessed", "IntegrationLatency", "Latency"},
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
        "ApproximateNumberOfMessagesDelayed",
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
SEARCH = re.compile(r"SEARCH\('\{\"([^\"]+)\",([\w,]+)\} MetricName=\"(\w+)\"', '\w+'\)")
"""Quoted, for CloudWatch wants quotes around a name that has a hyphen or a slash, and without
them around the metric's finds all metrics whose names have it as a part."""


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
    """Whether a service, or a place in our source, publishes it."""
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
    """The widgets of the dashboard."""
    (dashboard,) = template.resources("AWS::CloudWatch::Dashboard").values()
    found: list[dict[str, Any]] = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    return found


def shown(widget: Mapping[str, Any]) -> Iterator[Named]:
    """The metrics of a widget."""
    for row in widget["properties"]["metrics"]:
        if isinstance(row[0], str):
            namespace, name, *pairs = [part for part in row if isinstance(part, str)]
            yield Named(namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True)))
        elif found := SEARCH.search(row[0]["expression"]):
            namespace, names, name = found.groups()
            yield Named(namespace, name, frozenset((each, None) for each in names.split(",")))


def watched(alarm: Mapping[str, Any]) -> Iterator[Named]:
    """The metrics of an alarm."""
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
