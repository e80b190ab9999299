"""What the functions log and measure, read from their source; and what queries ask of it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docsnap.telemetry import Metric

SOURCES = (Path("functions"), Path("layers/docsnap/docsnap"))
LEVELS = {"debug", "info", "warning", "error", "exception"}
FROM_POWERTOOLS = {
    "level",
    "message",
    "service",
    "timestamp",
    "exception",
    "exception_name",
    "correlation_id",
    "function_request_id",
}
"""In every line, or (the exceptions) in every line with a traceback."""


@dataclass(frozen=True)
class Emission:
    """One place in the source that records a metric."""

    metric: Metric
    dimensions: frozenset[str]
    file: str


def _calls() -> Iterator[tuple[ast.Call, str, str]]:
    """Every call of a method, with its name and its file."""
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    yield node, node.func.attr, str(path)


def _keywords(call: ast.Call) -> set[str]:
    return {each.arg for each in call.keywords if each.arg} - {"exc_info", "stack_info"}


@cache
def messages() -> frozenset[str]:
    """The message of every line the functions can log."""
    return frozenset(
        str(call.args[0].value)
        for call, name, _ in _calls()
        if name in LEVELS and call.args and isinstance(call.args[0], ast.Constant)
    )


@cache
def fields() -> frozenset[str]:
    """The fields of all lines that the functions can log."""
    found = set(FROM_POWERTOOLS)
    for call, name, _ in _calls():
        if name in LEVELS | {"about", "adopt", "invocation"}:
            found |= _keywords(call)
    return frozenset(found)


@cache
def emissions() -> frozenset[Emission]:
    """Every metric, with its dimensions, that the functions can emit."""
    return frozenset(
        Emission(metric, frozenset(_keywords(call)), file)
        for call, name, file in _calls()
        if name in {"count", "milliseconds"} and call.args
        for metric in _metrics(call.args[0])
    )


def _metrics(argument: ast.expr) -> Iterator[Metric]:
    for node in ast.walk(argument):
        if isinstance(node, ast.Attribute) and node.attr in Metric.__members__:
            yield Metric[node.attr]


QUERY_WORDS = set(
    re.findall(
        r"\w+",
        "and as asc avg bin by count count_distinct desc fields filter in ispresent latest like "
        "limit max min not or parse pct sort sortsFirst sortsLast stats sum",
    )
)


def asked(query: str) -> set[str]:
    """Name the fields that a query reads: not its functions, texts, and the names it makes."""
    bare = re.sub(r'"[^"]*"|/(?:[^/\n\\]|\\.)+/(?=[\s)]|$)|@\w+|\b\d+[smhd]?\b', " ", query)
    made = set(re.findall(r"\bas (\w+)", bare))
    for names in re.findall(r"^.*\bparse\b.* as (.+)$", bare, re.MULTILINE):
        made |= set(re.findall(r"\w+", names))
    return set(re.findall(r"\b[A-Za-z_]\w*\b", bare)) - QUERY_WORDS - made


def messages_asked(query: str) -> set[str]:
    """Name the messages that a query looks for."""
    found = re.findall(r'\bmessage = "([^"]+)"', query)
    for listed in re.findall(r"\bmessage in \[([^\]]+)\]", query):
        found += re.findall(r'"([^"]+)"', listed)
    return set(found)
