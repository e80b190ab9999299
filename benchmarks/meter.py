"""What does a job consume? Counted at the clients, over services in memory.

Its clock is turned, so a job of five minutes takes seconds.
Requests are counted as they are made. DynamoDB's units follow from what every request read or
changed, by the rules of its documentation: the services in memory do not know them.
"""

import io
import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import Any

import boto3
from docsnap import telemetry, worker
from docsnap.attempt import Output, Policy, Tools
from docsnap.jobs import Job
from docsnap.keeper import Keeper, Rhythm
from docsnap.results import Results
from docsnap.table import Table

from tests.support.api import BUCKET, World, a_world
from tests.support.aws import CREDENTIALS, REGION, everything
from tests.support.messages import next_record
from tests.support.units import item_size, write_units

LOOK = Rhythm().look
FORMATS = ("markdown", "html", "json", "llms", "zip")
ASLEEP = Policy(rhythm=Rhythm(look=timedelta(hours=1)))
"""The keeper's own thread does nothing: time is turned, not waited for."""
VARYING = re.compile(
    r'("(?:duration_ms|RequestDuration|service|location)":)("[^"]*"|\[?[\d.e-]+\]?)'
)
"""What a line holds of this machine, this process and this version of the source."""
READS = {"GetItem", "BatchGetItem", "Query"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


@dataclass
class Usage:
    """What was consumed, in the units that are paid for."""

    calls: Counter[str] = field(default_factory=Counter)
    write_units: float = 0
    read_units: float = 0
    log_bytes: int = 0
    metrics: set[str] = field(default_factory=set)
    """The time series written, each with its dimensions."""


class Meter:
    """Counts what clients ask for while its context is open."""

    def __init__(self, world: World) -> None:
        self._clients = (world.table._client, world.sqs, world.s3)
        # Past the meter: looking must not count.
        mirror = boto3.client("dynamodb", region_name=REGION, **CREDENTIALS)
        self._mirror = Table(mirror, world.table.name)
        self._before: list[dict[str, Any]] = []
        self._request: dict[str, Any] = {}
        self._usage = Usage()

    @contextmanager
    def __call__(self) -> Iterator[Usage]:
        """Count from here on; complete when the context is left."""
        self._usage, output = Usage(), io.StringIO()
        telemetry.flush()  # what others in this process have counted, and left in every line
        telemetry.logger.clear_state()
        sample, telemetry.DEBUG_SAMPLE = telemetry.DEBUG_SAMPLE, 0
        hooks: dict[str, Any] = {
            "provide-client-params": self._prepare,
            "before-call": self._begin,
            "after-call": self._end,
        }
        for client in self._clients:
            for name, hook in hooks.items():
                client.meta.events.register(name, hook)
        try:
            with redirect_stdout(output):
                yield self._usage
        finally:
            telemetry.DEBUG_SAMPLE = sample
            for client in self._clients:
                for name, hook in hooks.items():
                    client.meta.events.unregister(name, hook)
        self._read_log(output.getvalue())

    def _prepare(self, params: dict[str, Any], **_: object) -> None:
        self._request = params

    def _begin(self, model: Any, **_: object) -> None:
        self._usage.calls[model.name] += 1
        if model.name in WRITES:
            self._before = everything(self._mirror)

    def _end(self, model: Any, parsed: dict[str, Any], **_: object) -> None:
        if model.name in READS:
            self._usage.read_units += _read_units(model.name, self._request, parsed)
        elif model.name in WRITES:
            is_transaction = model.name == "TransactWriteItems"
            after = everything(self._mirror)
            units = write_units(self._before, after, transaction=is_transaction)
            self._usage.write_units += max(units, 1)  # a condition that fails is paid for

    def _read_log(self, text: str) -> None:
        self._usage.log_bytes += len(VARYING.sub(r'\1"worker"', text).encode())
        for line in text.splitlines():
            told = json.loads(line)
            for directive in told.get("_aws", {}).get("CloudWatchMetrics", ()):
                [names] = directive["Dimensions"]
                series = "|".join(f"{name}={told[name]}" for name in sorted(names))
                self._usage.metrics |= {f"{each['Name']}|{series}" for each in directive["Metrics"]}


def _read_units(operation: str, request: dict[str, Any], answer: dict[str, Any]) -> float:
    if operation == "BatchGetItem":
        found = [item for items in answer["Responses"].values() for item in items]
        return sum(max(1, ceil(_size(item) / 4096)) for item in found) or 1
    items = answer.get("Items", [answer.get("Item", {})])
    units = max(1, ceil(sum(_size(item) for item in items) / 4096))
    return units if request.get("ConsistentRead") else units / 2


def _size(item: dict[str, Any]) -> int:
    values = {name: next(iter(value.values())) for name, value in item.items()}
    return item_size(json.loads(json.dumps(values, default=str)))


class Bench:
    """One DocSnap in memory, and one job's way through it."""

    def __init__(self, world: World, root: Path) -> None:
        self._world, self._root = world, root
        self._meter = Meter(world)
        self._tag = ""
        world.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}
        )

    def submit(self) -> tuple[Usage, str]:
        """Post a job."""
        with self._meter() as usage:
            answer = self._world.submit(headers={"Idempotency-Key": "1"})
        return usage, answer.json["job"]["id"]

    def look(self, job: str, *, wait: bool) -> Usage:
        """Ask for the job once: at once, or with a wait of 20 s in which nothing changes."""
        headers = {"If-None-Match": self._tag} if wait else {}
        with self._meter() as usage:
            query = {"wait": "20"} if wait else None
            answer = self._world.call("GET", f"/api/jobs/{job}", query=query, headers=headers)
        self._tag = answer.headers["ETag"]
        return usage

    def fetch(self, job: str) -> Usage:
        """Ask where the result is; the caller then gets it from S3."""
        with self._meter() as usage:
            self._world.call("GET", f"/api/jobs/{job}/result")
        return usage

    def work(self, seconds: int) -> Usage:
        """Let a worker make the attempt, which takes so long."""
        record = next_record(self._world.sqs, self._world.queue._url)
        assert record
        tools = Tools(
            table=self._world.table,
            results=Results(self._world.s3, BUCKET),
            engine=self._engine(seconds),
            clock=self._world.clock,
            remaining=lambda: timedelta(minutes=15),
            root=self._root,
            policy=ASLEEP,
        )
        intake = worker.Intake(queue=self._world.queue, worker_id="worker", max_receives=3)
        with self._meter() as usage, telemetry.invocation(request_id="worker"):
            outcome = worker.receive(record, intake, tools)
        assert outcome is worker.Outcome.ACKNOWLEDGED
        return usage

    def sweep(self) -> Usage:
        """Sweep once where nothing is to do."""
        with self._meter() as usage:
            self._world.sweep(request_id="sweeper")
        return usage

    def _engine(self, seconds: int) -> Any:
        def engine(_job: Job, directory: Path, _store: Path, note: Any, _stop: Any) -> Output:
            keeper: Keeper = note.__self__
            keeper._rhythm = Rhythm()
            for passed in range(LOOK.seconds, seconds + 1, LOOK.seconds):
                self._world.clock.advance(LOOK)
                note("crawling", min(99, 100 * passed // seconds))
                keeper._step(self._world.clock())  # what its thread does meanwhile
            files = {name: directory / name for name in FORMATS}
            for path in files.values():
                path.write_text("x")
            return Output(
                pages=1, failed_pages=0, words=1, bytes=1, formats=FORMATS[:4], truncated=False,
                files=files,
            )  # fmt: skip

        return engine


@contextmanager
def a_bench(root: Path) -> Iterator[Bench]:
    """Make a DocSnap for one job."""
    with a_world() as world:
        yield Bench(world, root)
