"""What does DocSnap tell about itself: log lines, metrics, trace segments?

The only file that knows Powertools. Log lines are JSON and carry one correlation id from the HTTP
request through the queue to the last line of the worker. Never logged: tokens, secrets, the query
of a URL, the content of a page. Dimensions of metrics take few values: no user, no job.
"""

import json
import logging
import re
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from random import random
from urllib.parse import urlsplit

from aws_lambda_powertools import Logger, Metrics, single_metric
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

DEBUG_SAMPLE = 0.01
"""Share of the invocations that write their debug lines too."""

DEFAULT_NAMESPACE = "DocSnap"
"""Outside Lambda, where no variable names one."""


class Metric(StrEnum):
    """Every metric there is. The dashboard and the alarms use the same names."""

    JOBS_SUBMITTED = "JobsSubmitted"
    """Submissions that made a job."""
    JOBS_REPEATED = "JobsRepeated"
    """Submissions that were answered with an earlier job."""
    SUBMISSIONS_REFUSED = "SubmissionsRefused"
    """By `code`."""
    REQUEST_DURATION = "RequestDuration"
    """Milliseconds that the API took to answer; not of requests that ask it to wait."""
    PICK_UP_DELAY = "PickUpDelay"
    """Milliseconds from the submission to the first attempt."""
    ATTEMPTS_STARTED = "AttemptsStarted"
    ATTEMPTS_FAILED = "AttemptsFailed"
    """By `code`; the job may have attempts left."""
    ATTEMPT_DURATION = "AttemptDuration"
    """Milliseconds that one invocation spent on a job, whatever came of it."""
    ATTEMPTS_OVERTAKEN = "AttemptsOvertaken"
    """The lease was lost on the way; nothing was published."""
    JOBS_COMPLETED = "JobsCompleted"
    JOBS_FAILED = "JobsFailed"
    """By `code`; for good."""
    JOBS_CANCELLED = "JobsCancelled"
    JOBS_IN_PROGRESS = "JobsInProgress"
    """By `status`; as the last sweep found them. It counts no more than 250 in each shard."""
    JOB_DURATION = "JobDuration"
    """Milliseconds from the start of the first attempt to completion."""
    PAGES_WRITTEN = "PagesWritten"
    PAGES_FAILED = "PagesFailed"
    JOBS_HANDED_ON = "JobsHandedOn"
    """Jobs that continue in a further invocation."""
    MESSAGES_HANDED_BACK = "MessagesHandedBack"
    """By `reason`: busy (the owner has enough workers), early, unavailable."""
    MESSAGES_REDUNDANT = "MessagesRedundant"
    """Acknowledged with nothing to do: somebody else has the job, or it is finished."""
    MESSAGES_BURIED = "MessagesBuried"
    """Left to the dead-letter queue."""
    MESSAGES_MALFORMED = "MessagesMalformed"
    SWEEPS = "Sweeps"
    """The sweeper's pulse."""
    SWEEP_DURATION = "SweepDuration"
    """Milliseconds."""
    REPAIRS = "Repairs"
    """By `kind`: see sweeper.Repair."""
    OVERDUE = "Overdue"
    """Deadlines that had passed when a sweep began, as far as it came."""
    WEBHOOKS_DELIVERED = "WebhooksDelivered"
    WEBHOOKS_FAILED = "WebhooksFailed"
    """Tries that the receiver did not answer with a success."""


class _CurrentStdout:
    """Whatever standard output is at the moment of writing, which a test may have replaced."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


class _Formatter(LambdaPowertoolsFormatter):
    """Takes out what must not be logged, also where a traceback or a library has put it."""

    def format(self, record: logging.LogRecord) -> str:
        return _UNLOGGABLE.sub(r"\1\2", super().format(record))


_UNLOGGABLE = re.compile(r"(https?://)(?:[^\s/\"'\\@]*@)?([^\s\"'\\?#]*)(?:[?#][^\s\"'\\]*)?")
"""A URL in a line of JSON: user and password, scheme and place, query and fragment."""

logger = Logger(
    stream=_CurrentStdout(),  # type: ignore[arg-type]  # a handler writes and flushes, no more
    sampling_rate=DEBUG_SAMPLE,
    logger_formatter=_Formatter(utc=True, use_rfc3339=True),
)
_metrics = Metrics()
if not _metrics.namespace:
    _metrics.namespace = DEFAULT_NAMESPACE


@contextmanager
def invocation(
    *,
    request_id: str,
    correlation_id: str | None = None,
    trace: "Trace | None" = None,
    **keys: object,
) -> Iterator[None]:
    """Surround one invocation: its lines carry the ids and keys, its metrics leave at the end.

    Without a correlation id the request id is one. Keys must not hold anything secret.
    """
    global _trace  # one invocation at a time in a process, as with the logger
    _set_level(is_sampled=random() < DEBUG_SAMPLE)  # noqa: S311 - guards nothing
    logger.append_keys(
        correlation_id=correlation_id or request_id, function_request_id=request_id, **keys
    )
    _trace = trace
    try:
        yield
    finally:
        flush()
        logger.clear_state()
        _set_level(is_sampled=False)
        _trace = None


def _set_level(*, is_sampled: bool) -> None:
    """Let an invocation that is sampled write its debug lines, and nothing else.

    By ourselves, for Powertools sets the level every time, with which logging forgets all that it
    knows; and it samples once more when the logger is made.
    """
    usual = logger.initial_log_level  # a name, where a variable names it
    if isinstance(usual, str):
        usual = logging.getLevelNamesMapping()[usual]
    level = logging.DEBUG if is_sampled else usual
    if logger.log_level != level:
        logger.setLevel(level)


_set_level(is_sampled=False)


def adopt(correlation_id: str, **keys: object) -> None:
    """Go on under the correlation id of the request that caused this work."""
    logger.append_keys(correlation_id=correlation_id, **keys)


def correlation_id() -> str | None:
    """Tell the id that connects the lines of this invocation with those of others."""
    return logger.get_correlation_id()


def about(**keys: object) -> None:
    """Say whom or what the further lines of this invocation are about: owner, job_id."""
    logger.append_keys(**keys)


@contextmanager
def on_behalf_of(correlation_id: str | None) -> Iterator[None]:
    """Do a part of this invocation's work under the id of the request that caused it, if known."""
    own = logger.get_correlation_id()
    logger.append_keys(correlation_id=correlation_id or own)
    try:
        yield
    finally:
        logger.append_keys(correlation_id=own)


def count(metric: Metric, value: float = 1, **dimension: str) -> None:
    """Count something. At most one dimension, and only one that takes few values."""
    _record(metric, MetricUnit.Count, value, dimension)


def milliseconds(metric: Metric, value: float, **dimension: str) -> None:
    """Record how long something took."""
    _record(metric, MetricUnit.Milliseconds, value, dimension)


def _record(metric: Metric, unit: MetricUnit, value: float, dimension: dict[str, str]) -> None:
    if not dimension:
        _metrics.add_metric(name=metric.value, unit=unit, value=value)
        return
    with single_metric(
        name=metric.value,
        unit=unit,
        value=value,
        namespace=_metrics.namespace,
        default_dimensions={"service": _metrics.service or logger.service} | dimension,
    ):
        pass  # written on leaving: a set of dimensions has a line of its own


def flush() -> None:
    """Write the metrics gathered so far. CloudWatch reads them from the log."""
    if _metrics.provider.metric_set:
        _metrics.flush_metrics()


def loggable(url: str) -> str:
    """Shorten a URL to what may be logged: no user, no query, no fragment."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The X-Ray trace that an invocation is part of."""

    id: str
    parent: str
    daemon: tuple[str, int]
    """Where the X-Ray daemon of the Lambda sandbox takes segments, by UDP."""

    @classmethod
    def from_lambda(cls, header: str | None, daemon: str | None) -> "Trace | None":
        """Read _X_AMZN_TRACE_ID and AWS_XRAY_DAEMON_ADDRESS; None if this one is not sampled."""
        fields = dict(part.partition("=")[::2] for part in (header or "").split(";"))
        host, _, port = (daemon or "").rpartition(":")
        if fields.get("Sampled") != "1" or not host or not port.isdecimal():
            return None
        return cls(id=fields["Root"], parent=fields["Parent"], daemon=(host, int(port)))


_trace: Trace | None = None


@contextmanager
def span(name: str) -> Iterator[None]:
    """Show a stretch of work in the trace of this invocation, if it has one.

    By hand, in the daemon's own format: the X-Ray SDK is in maintenance and OpenTelemetry would
    double the cold start.
    """
    if _trace is None:
        yield
        return
    started, failed = time.time(), True
    try:
        yield
        failed = False
    finally:
        segment = {
            "name": name,
            "id": secrets.token_hex(8),
            "trace_id": _trace.id,
            "parent_id": _trace.parent,
            "type": "subsegment",
            "start_time": started,
            "end_time": time.time(),
            "fault": failed,
        }
        header = json.dumps({"format": "json", "version": 1})
        # A trace is a courtesy: nothing that goes wrong with it may touch the work.
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.sendto(f"{header}\n{json.dumps(segment)}".encode(), _trace.daemon)
