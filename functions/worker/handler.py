"""The worker function: makes its clients once and plugs the engine into the jobs.

The only file that knows both layers.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.session
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from docgen import GenerateError, Interrupted, Options, Progress, generate
from docsnap import telemetry, webhooks, worker
from docsnap.addresses import address_rule
from docsnap.attempt import Output, Tools
from docsnap.errors import AttemptFailed, Exhausted, OutOfTime
from docsnap.jobs import Job, JobFailure
from docsnap.queue import Queue
from docsnap.results import Results
from docsnap.sandbox import given_up_on_error
from docsnap.settings import WorkerSettings
from docsnap.table import Table

# The table and the queue repeat calls by themselves.
ONCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
# A checkpoint may be large, and S3 takes its time to confirm it.
BULKY = Config(
    connect_timeout=2,
    read_timeout=30,
    retries={"total_max_attempts": 3, "mode": "standard"},
    signature_version="s3v4",
)

settings = WorkerSettings.from_env(os.environ)
session = botocore.session.get_session()


def client(service: str, config: Config) -> Any:
    """Make a client; whoever gets it knows its type."""
    return session.create_client(service, config=config)


allow_address = address_rule(private_networks=settings.allow_private_networks)
table = Table(client("dynamodb", ONCE), settings.table_name)
queue = Queue(client("sqs", ONCE), settings.queue_url, tries=3)
results = Results(client("s3", BULKY), settings.bucket_name)
outbound = webhooks.outbound(allow_address)


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


def engine(
    job: Job,
    directory: Path,
    checkpoint: Path,
    on_progress: Callable[[str, int], None],
    should_stop: Callable[[], bool],
) -> Output:
    """Generate the documentation a job asks for; an `attempt.Engine`."""

    def note(progress: Progress) -> None:
        on_progress(progress.stage.value, progress.percent)

    try:
        result = generate(
            job.url,
            Options(**asdict(job.options)),
            directory=directory,
            store=checkpoint,
            allow_address=allow_address,
            on_progress=note,
            should_stop=should_stop,
        )
    except Interrupted as interruption:
        raise OutOfTime from interruption
    except GenerateError as error:
        raise AttemptFailed(_failure(error)) from error
    return Output(
        pages=result.pages,
        failed_pages=result.failed_pages,
        words=result.words,
        bytes=result.bytes,
        formats=result.formats,
        truncated=result.truncated,
        files=result.files,
    )


def _failure(error: GenerateError) -> JobFailure:
    return JobFailure(
        code=error.code,
        message=error.message,
        retryable=error.retryable,
        retry_after=timedelta(seconds=error.retry_after) if error.retry_after else None,
    )


@given_up_on_error
def lambda_handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Process the messages of one batch (of one), and name those that SQS shall keep.

    Raises:
        Exhausted: No other job should be handed to this process. The messages are dealt with.
    """

    def remaining() -> timedelta:
        return timedelta(milliseconds=context.get_remaining_time_in_millis())

    intake = worker.Intake(
        queue=queue,
        worker_id=context.aws_request_id,
        max_receives=settings.max_attempts,
        max_active_per_owner=worker.fair_share(settings.worker_concurrency),
        outbound=outbound,
    )
    tools = Tools(
        table=table,
        results=results,
        engine=engine,
        clock=now,
        remaining=remaining,
        root=Path(tempfile.gettempdir()),
        policy=worker.policy_of(settings),
    )
    returned = []
    for record in event["Records"]:
        with telemetry.invocation(request_id=context.aws_request_id, trace=_trace()):
            if worker.receive(record, intake, tools) is worker.Outcome.RETURNED:
                returned.append({"itemIdentifier": record["messageId"]})
            elif tools.exhausted.is_set():
                queue.delete(record["receiptHandle"])
    if tools.exhausted.is_set():
        raise Exhausted
    return {"batchItemFailures": returned}


def _trace() -> telemetry.Trace | None:
    return telemetry.Trace.from_lambda(
        os.environ.get("_X_AMZN_TRACE_ID"), os.environ.get("AWS_XRAY_DAEMON_ADDRESS")
    )
