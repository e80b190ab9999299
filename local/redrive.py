"""Which failed jobs shall run again?

An operator's command, for any stack: one job, all of a user's, all that failed with a given error.
Each gets a message that may claim a failed job, as one that the console has moved out of the
dead-letter queue may; its old message there is deleted. Jobs that never had one there (their error
was permanent) are brought back all the same.

    python -m local.redrive --job 019a… [--dry-run]
    python -m local.redrive --user <sub>
    python -m local.redrive --code site_unreachable
        [--table … --queue … --dead-letter-queue … --endpoint-url …]

Without those four, the local stack of `make up` is meant.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import boto3
from docsnap import queries
from docsnap.attributes import decode_item
from docsnap.errors import Unreadable
from docsnap.items import decode_job
from docsnap.jobs import FAILED, Job
from docsnap.queue import Queue
from docsnap.table import Table

from local import target

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

WANTED = ("table", "queue", "dead_letter_queue")

LOOK_SECONDS = 60
"""How long dead letters are hidden from others while their job is looked up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the jobs and their messages are."""

    dynamodb: "DynamoDBClient"
    sqs: "SQSClient"
    table_name: str
    queue_url: str
    dead_letter_queue_url: str

    @property
    def table(self) -> Table:
        """The jobs."""
        return Table(self.dynamodb, self.table_name)

    @property
    def queue(self) -> Queue:
        """Their messages."""
        return Queue(self.sqs, self.queue_url, self.dead_letter_queue_url)


def failed_jobs(
    place: Place, now: datetime, *, job: str | None, user: str | None, code: str | None
) -> Iterator[Job]:
    """Find the failed jobs that match everything asked for; for a user or a job without a scan."""
    if job and not user:
        user = _owner(place, job)
        if user is None:
            return
    found = _of_user(place, user, now) if user else _of_everybody(place, now)
    for each in found:
        has_code = code is None or (each.error is not None and each.error.code == code)
        if has_code and (job is None or each.id == job):
            yield each


def redrive(place: Place, jobs: Iterable[Job], now: datetime) -> list[Job]:
    """Ask for the jobs again, and take their messages out of the dead-letter queue.

    Asking twice does no harm: the second message finds the job at work, or done.
    """
    asked = []
    for job in jobs:
        after_failure = (job.finished_at or now) + timedelta(milliseconds=1)
        place.queue.enqueue(job.key, version=job.version, redriven_at=max(now, after_failure))
        asked.append(job)
    _forget_dead_letters(place, {job.id for job in asked})
    return asked


def _owner(place: Place, job: str) -> str | None:
    """Look up whose job it is: its history tells."""
    found = place.dynamodb.query(
        TableName=place.table_name,
        KeyConditionExpression="pk = :job",
        ExpressionAttributeValues={":job": {"S": f"JOB#{job}"}},
        Limit=1,
    )["Items"]
    return found[0]["owner"]["S"] if found else None


def _of_user(place: Place, user: str, now: datetime) -> Iterator[Job]:
    cursor = None
    while True:
        page = queries.list_jobs(
            place.table, user, now=now, status=FAILED, limit=100, cursor=cursor
        )
        yield from page.jobs
        cursor = page.cursor
        if cursor is None:
            return


def _of_everybody(place: Place, now: datetime) -> Iterator[Job]:
    """Scan the table: the one question that has no index, asked by people, and rarely."""
    pages = place.dynamodb.get_paginator("scan").paginate(
        TableName=place.table_name,
        FilterExpression="begins_with(sk, :job) AND #status = :failed",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":job": {"S": "JOB#"}, ":failed": {"S": FAILED.value}},
    )
    for page in pages:
        for item in page["Items"]:
            try:
                job = decode_job(decode_item(item))
            except Unreadable as error:
                print(error, file=sys.stderr)
                continue
            if not job.is_expired(now):
                yield job


def _forget_dead_letters(place: Place, ids: set[str]) -> None:
    """Delete the messages of these jobs; show the others again."""
    others: list[str] = []
    left = _dead_letters(place)
    while ids and left > 0:
        messages = place.sqs.receive_message(
            QueueUrl=place.dead_letter_queue_url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=LOOK_SECONDS,
        ).get("Messages", [])
        if not messages:
            break
        left -= len(messages)
        for message in messages:
            if _job_id(message["Body"]) in ids:
                place.sqs.delete_message(
                    QueueUrl=place.dead_letter_queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
            else:
                others.append(message["ReceiptHandle"])
    for handle in others:
        place.sqs.change_message_visibility(
            QueueUrl=place.dead_letter_queue_url, ReceiptHandle=handle, VisibilityTimeout=0
        )


def _dead_letters(place: Place) -> int:
    answer = place.sqs.get_queue_attributes(
        QueueUrl=place.dead_letter_queue_url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def _job_id(body: str) -> str | None:
    try:
        found = json.loads(body)["id"]
    except (ValueError, TypeError, LookupError):
        return None
    return found if isinstance(found, str) else None


def _place(arguments: argparse.Namespace) -> Place:
    options, (table, queue, dead_letter_queue) = target.find(arguments, *WANTED)
    return Place(
        dynamodb=boto3.client("dynamodb", **options),
        sqs=boto3.client("sqs", **options),
        table_name=table,
        queue_url=queue,
        dead_letter_queue_url=dead_letter_queue,
    )


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m local.redrive", description="Run failed jobs again."
    )
    parser.add_argument("--job", metavar="ID", help="one job")
    parser.add_argument("--user", metavar="SUB", help="all failed jobs of a user")
    parser.add_argument("--code", help="all jobs that failed with this error")
    parser.add_argument("--all", action="store_true", help="all failed jobs there are")
    parser.add_argument("--dry-run", action="store_true", help="only list them")
    target.add_options(parser, *WANTED)
    arguments = parser.parse_args(words)
    if not (arguments.job or arguments.user or arguments.code or arguments.all):
        parser.error("say which: --job, --user, --code, or --all")
    return arguments


def main(words: Sequence[str] | None = None) -> int:
    """Redrive as the command line says, and print one line for each job."""
    arguments = _arguments(words)
    place, now = _place(arguments), datetime.now(UTC)
    jobs = list(
        failed_jobs(place, now, job=arguments.job, user=arguments.user, code=arguments.code)
    )
    if not arguments.dry_run:
        redrive(place, jobs, now)
    for job in jobs:
        print(job.id, job.owner, job.error.code if job.error else "-", job.url, sep="\t")
    verb = "would be redriven" if arguments.dry_run else "redriven"
    print(f"{len(jobs)} failed jobs {verb}.", file=sys.stderr)
    return 0 if jobs else 1


if __name__ == "__main__":
    sys.exit(main())
