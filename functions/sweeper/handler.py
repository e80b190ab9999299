"""The sweeper function: makes its clients once, and sweeps."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from docsnap import telemetry, webhooks
from docsnap.addresses import address_rule
from docsnap.queue import Queue
from docsnap.results import Results
from docsnap.sandbox import given_up_on_error
from docsnap.settings import SweeperSettings
from docsnap.sweeper import Broom, sweep
from docsnap.table import Table

# The table and the queue repeat calls by themselves; what fails altogether is left to the next
# sweep.
ONCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})
TWICE = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"total_max_attempts": 2, "mode": "standard"},
)

settings = SweeperSettings.from_env(os.environ)
session = botocore.session.get_session()


def client(service: str, config: Config) -> Any:
    """Make a client; whoever gets it knows its type."""
    return session.create_client(service, config=config)


table = Table(client("dynamodb", ONCE), settings.table_name)
queue = Queue(client("sqs", ONCE), settings.queue_url, tries=2)
results = Results(client("s3", TWICE), settings.bucket_name)
outbound = webhooks.outbound(address_rule(private_networks=settings.allow_private_networks))


def now() -> datetime:
    """Read the clock."""
    return datetime.now(UTC)


@given_up_on_error
def lambda_handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Sweep once; what is returned is for whoever invokes it by hand."""

    def remaining() -> timedelta:
        return timedelta(milliseconds=context.get_remaining_time_in_millis())

    with telemetry.invocation(request_id=context.aws_request_id):
        done = sweep(
            Broom(
                table=table,
                queue=queue,
                results=results,
                outbound=outbound,
                clock=now,
                remaining=remaining,
                failed_retention=settings.failed_retention,
            )
        )
    return {"overdue": done.overdue, "repairs": dict(done.repairs), "complete": done.is_complete}
