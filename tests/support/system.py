"""A whole DocSnap in memory but for its API and its engine, with a clock that can be turned."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import boto3
from botocore.config import Config
from docsnap import queries, worker
from docsnap.addresses import is_public_address
from docsnap.attempt import Engine, Policy, Tools
from docsnap.attributes import encode_item
from docsnap.jobs import Job, JobEvent
from docsnap.keeper import Rhythm
from docsnap.queue import Queue
from docsnap.results import Results
from docsnap.sweeper import Broom, Sweep, sweep
from docsnap.table import Table
from docsnap.webhooks import outbound
from moto import mock_aws
from moto.backends import get_backend

from tests.support.aws import CREDENTIALS, REGION, create_table, one_call_at_a_time
from tests.support.builders import a_job, stored
from tests.support.engines import succeeds
from tests.support.messages import next_record
from tests.support.mishaps import Mishaps

ACCOUNT = "123456789012"
BUCKET = "results"
MAX_RECEIVES = 3
VISIBILITY = 6 * 900
LOOKING = Rhythm(
    look=timedelta(milliseconds=5), write=timedelta(), growth=0, renew=timedelta(hours=1)
)
"""Of a keeper that looks all the time, and writes whenever there is progress."""
ASLEEP = Rhythm(look=timedelta(hours=1))
"""Of a keeper that learns nothing and renews nothing, as in a process that is frozen."""


class System:
    """The pieces, and what Lambda, SQS and time do to them."""

    def __init__(self, root: Path) -> None:
        clients = {name: _client(name) for name in ("dynamodb", "s3", "sqs")}
        self.dynamodb, self.s3, self.sqs = clients["dynamodb"], clients["s3"], clients["sqs"]
        create_table(self.dynamodb, "jobs")
        self.table = Table(self.dynamodb, "jobs", pause=lambda _: None)
        self.root = root
        self.faults = Mishaps(*clients.values())
        self.poller = _client("sqs", number=2)
        """What Lambda itself reaches the queue with, which never fails."""
        self.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        self.dead_letter_url = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        self.url = self.sqs.create_queue(QueueName="jobs", Attributes=self._attributes())[
            "QueueUrl"
        ]
        self.queue = Queue(self.sqs, self.url, self.dead_letter_url, clock=self.clock)
        self.results = Results(self.s3, BUCKET)
        self.remaining = timedelta(minutes=15)
        self.rhythm = LOOKING
        self.jobs: list[Job] = []
        """Every job submitted."""
        self.deliveries: list[dict[str, Any]] = []
        """Every record that a worker got."""
        self._offset = timedelta()
        self._frozen: datetime | None = None
        self._sent: dict[str, timedelta] = {}
        self._redriven: set[str] = set()

    def _attributes(self) -> dict[str, str]:
        target = {
            "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead",
            "maxReceiveCount": MAX_RECEIVES,
        }
        return {"VisibilityTimeout": str(VISIBILITY), "RedrivePolicy": json.dumps(target)}

    def clock(self) -> datetime:
        return (self._frozen or datetime.now(UTC)) + self._offset

    def freeze(self) -> None:
        """Let no time pass from now on but by `advance`. Messages do not know of it."""
        self._frozen = datetime.now(UTC)

    def advance(self, **spans: float) -> None:
        """Let time pass for the jobs and for the messages."""
        by = timedelta(**spans)
        for message in self._messages():
            self._sent.setdefault(message.id, self._offset)
            message.visible_at -= by.total_seconds() * 1000
            message.delayed_until -= by.total_seconds() * 1000
        self._offset += by

    def _messages(self) -> list[Any]:
        queues = get_backend("sqs")[ACCOUNT][REGION].queues.values()
        return [message for queue in queues for message in queue._messages]

    def submit(self, **overrides: Any) -> Job:
        job = stored(self.table, a_job(at=self.clock(), **overrides))
        self.queue.enqueue(job.key, version=job.version)
        self.jobs.append(job)
        return job

    def tools(self, engine: Engine = succeeds, **overrides: Any) -> Tools:
        tools = Tools(
            table=self.table,
            results=self.results,
            engine=engine,
            clock=self.clock,
            remaining=lambda: self.remaining,
            root=self.root,
            policy=Policy(rhythm=self.rhythm),
            random=Random(1),
            pause=lambda _: None,
        )
        return replace(tools, **overrides)

    def intake(self, **overrides: Any) -> worker.Intake:
        intake = worker.Intake(queue=self.queue, worker_id="worker-1", max_receives=MAX_RECEIVES)
        return replace(intake, **overrides)

    def receive(self) -> dict[str, Any] | None:
        """Take the next message as Lambda's poller does, and make it a record."""
        record = next_record(self.poller, self.url)
        if record is None:
            return None
        attributes, message_id = record["attributes"], record["messageId"]
        sent = int(attributes["SentTimestamp"])
        offset = self._sent.get(message_id, self._offset)
        attributes["SentTimestamp"] = str(sent + int(offset.total_seconds() * 1000))
        if message_id in self._redriven:
            attributes["DeadLetterQueueSourceArn"] = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
        self.deliveries.append(record)
        return record

    def work(self, engine: Engine = succeeds, **intake: Any) -> worker.Outcome | None:
        """Let a worker process the next message; None if there is none to be had."""
        record = self.receive()
        if record is None:
            return None
        return self.process(record, engine, **intake)

    def process(
        self, record: dict[str, Any], engine: Engine = succeeds, **intake: Any
    ) -> worker.Outcome:
        outcome = worker.receive(record, self.intake(**intake), self.tools(engine))
        if outcome is worker.Outcome.ACKNOWLEDGED:
            self.poller.delete_message(QueueUrl=self.url, ReceiptHandle=record["receiptHandle"])
        return outcome

    def work_all(self, engine: Engine = succeeds) -> int:
        """Let workers process whatever can be had now, one after the other."""
        for number in range(50):
            if self.work(engine) is None:
                return number
        raise AssertionError("The messages never end.")

    def sweep(self, **overrides: Any) -> Sweep:
        broom = Broom(
            table=self.table,
            queue=self.queue,
            results=self.results,
            outbound=outbound(is_public_address),
            clock=self.clock,
            remaining=lambda: timedelta(seconds=55),
        )
        return sweep(replace(broom, **overrides))

    def settle(self, engine: Engine = succeeds) -> None:
        """Let workers, sweeps and time go on until nothing is left to do."""
        for _ in range(8):
            self.work_all(engine)
            if all(self.look(job).is_finished for job in self.jobs):
                break
            self.advance(minutes=2)
            self.sweep()
        self.advance(hours=3)
        self.work_all(engine)
        for _ in range(2):
            self.sweep()

    def redrive(self, *, is_marked: bool = True, with_attributes: bool = True) -> int:
        """Send the dead letters again, as the console does, or as a script may."""
        moved = 0
        while found := self.sqs.receive_message(
            QueueUrl=self.dead_letter_url, MessageAttributeNames=["All"]
        ).get("Messages"):
            for each in found:
                attributes = each.get("MessageAttributes", {}) if with_attributes else {}
                sent = self.sqs.send_message(
                    QueueUrl=self.url, MessageBody=each["Body"], MessageAttributes=attributes
                )
                if is_marked:
                    self._redriven.add(sent["MessageId"])
                self.sqs.delete_message(
                    QueueUrl=self.dead_letter_url, ReceiptHandle=each["ReceiptHandle"]
                )
                moved += 1
        return moved

    def spoil(self, key: dict[str, Any], attribute: str = "url") -> None:
        """Take from an item what it cannot be read without."""
        self.dynamodb.update_item(
            TableName=self.table.name,
            Key=encode_item(key),
            UpdateExpression="REMOVE #attribute",
            ExpressionAttributeNames={"#attribute": attribute},
        )

    def look(self, job: Job) -> Job:
        return queries.get(self.table, job.key, self.clock())

    def history(self, job: Job) -> list[str]:
        return [event.verb for event in self.events(job)]

    def events(self, job: Job) -> tuple[JobEvent, ...]:
        return queries.history(self.table, job.key, self.clock())

    def objects(self) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def left_over(self) -> list[Path]:
        """What workers have left in the temporary directory."""
        return [path for path in self.root.iterdir() if path.is_dir()]


@contextmanager
def a_system(root: Path) -> Iterator[System]:
    with mock_aws():
        system = System(root)
        try:
            yield system
        finally:
            system.faults.leave()


@cache
def _client(service: str, number: int = 1) -> Any:
    """Make a client once: that takes longer than most tests."""
    config = Config(retries={"total_max_attempts": 1}, signature_version="s3v4")
    config = config if service == "s3" else Config(retries={"total_max_attempts": 1})
    client = boto3.client(service, region_name=REGION, config=config, **CREDENTIALS)
    return one_call_at_a_time(client)
