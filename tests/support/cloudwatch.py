"""A small CloudWatch: decides of planted figures whether an alarm of the template is on."""

import ast
import operator
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from tests.support import template

type Series = Sequence[float | None]
"""One figure a period, the newest last; None where nothing was published."""

COMPARISONS = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}
ARITHMETIC = {ast.Add: operator.add, ast.Mult: operator.mul, ast.Div: operator.truediv}


def is_on(alarm: Mapping[str, Any], *figures: Series, **named: Series) -> bool:
    """Whether the last periods breach; one series for a plain alarm, named ones for an expression.

    Raises:
        AssertionError: The figures are fewer than the alarm evaluates.
    """
    values = _expressed(alarm, named) if named else list(figures[0])
    periods = int(alarm["EvaluationPeriods"])
    assert len(values) >= periods
    return all(_breaches(alarm, value) for value in values[-periods:])


def _expressed(alarm: Mapping[str, Any], named: Mapping[str, Series]) -> list[float | None]:
    metrics = {metric["Id"]: metric for metric in alarm["Metrics"]}
    assert set(named) == {name for name, metric in metrics.items() if "MetricStat" in metric}
    [expression] = [metric for metric in alarm["Metrics"] if metric.get("ReturnData", True)]
    rows = zip(*named.values(), strict=True)
    return [
        evaluate(text(expression["Expression"]), dict(zip(named, row, strict=True))) for row in rows
    ]


def _breaches(alarm: Mapping[str, Any], value: float | None) -> bool:
    if value is None:
        return bool(alarm["TreatMissingData"] == "breaching")
    compare = COMPARISONS[alarm["ComparisonOperator"]]
    return bool(compare(value, template.number(alarm["Threshold"])))


def text(value: Any) -> str:
    """Give a text of the template, parameters replaced by their defaults."""
    found = str(value["Fn::Sub"] if isinstance(value, dict) else value)
    for name, default in _defaults().items():
        found = found.replace("${" + name + "}", default)
    return found


@cache
def _defaults() -> dict[str, str]:
    parameters = template.source()["Parameters"]
    return {name: str(each.get("Default", "")) for name, each in parameters.items()}


def evaluate(expression: str, values: Mapping[str, float | None]) -> float | None:
    """Compute a metric math expression: arithmetic, comparisons, IF and FILL."""
    return _value(ast.parse(expression, mode="eval").body, values)


def _value(node: ast.expr, values: Mapping[str, float | None]) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=operation, right=right):
            return _combined(ARITHMETIC[type(operation)], left, right, values)
        case ast.Compare(left=left, ops=[ast.Gt()], comparators=[right]):
            return _combined(operator.gt, left, right, values)
        case ast.Call(func=ast.Name(id="IF"), args=[condition, then, otherwise]):
            holds = _value(condition, values)
            return None if holds is None else _value(then if holds else otherwise, values)
        case ast.Call(func=ast.Name(id="FILL"), args=[inner, filling]):
            found = _value(inner, values)
            return _value(filling, values) if found is None else found
    raise AssertionError(ast.unparse(node))


def _combined(
    operation: Any, left: ast.expr, right: ast.expr, values: Mapping[str, float | None]
) -> float | None:
    """Metric math makes nothing of what is missing on either side."""
    first, second = _value(left, values), _value(right, values)
    return None if first is None or second is None else float(operation(first, second))
