"""What list, stats and a sweep read, with few and with very many jobs in the table.

The jobs of other users are put into the table in memory directly. What was read is counted as
DynamoDB counts it: items that a query looked at, whether or not it gave them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from docsnap.attributes import encode_item
from docsnap.items import encode_job
from docsnap.jobs import COMPLETED, WAITING
from moto.backends import get_backend

from benchmarks.bench_requests import Nowhere
from benchmarks.measure import table
from tests.support.api import ADA, World, a_world
from tests.support.aws import REGION
from tests.support.builders import a_job, a_result

QUESTION = "Do list, stats and sweep get dearer with the jobs in the table?"
OTHERS = (10, 1_000, 100_000)
OWN = (20, 200, 2_000)
MEANING = """
A sweep looks for what is overdue, which here is nothing, and counts the jobs that run or are in
backoff, at most 250 of each. Half of the jobs here wait, the other half are completed.
"""
ACCOUNT = "123456789012"


@dataclass
class Read:
    """What was read."""

    calls: int = 0
    items: int = 0

    def __str__(self) -> str:
        return f"{self.items} items in {self.calls} calls"


def run() -> str:
    """Ask the same with more and more jobs of others around, then with more of one's own."""
    with redirect_stdout(Nowhere()):
        others = [_ask(own=OWN[0], others=number) for number in OTHERS]
        own = [_ask(own=number, others=OTHERS[0]) for number in OWN]
    tables = "\n".join(
        [
            table(
                (f"{OWN[0]} jobs of one's own; of others", *(f"{n:,}" for n in OTHERS)),
                [[name, *(reads[name] for reads in others)] for name in QUESTIONS],
            ),
            table(
                (f"{OTHERS[0]} jobs of others; of one's own", *(f"{n:,}" for n in OWN)),
                [[name, *(reads[name] for reads in own)] for name in QUESTIONS],
            ),
        ]
    )
    return tables + MEANING


def _ask(*, own: int, others: int) -> dict[str, Read]:
    with _a_crowd(own=own, others=others) as world:
        return {name: _count(world, ask) for name, ask in QUESTIONS.items()}


@contextmanager
def _a_crowd(*, own: int, others: int) -> Iterator[World]:
    """Fill a table: every second job waits, and is not overdue; the others are completed."""
    with a_world() as world:
        items = get_backend("dynamodb")[ACCOUNT][REGION].tables[world.table.name]
        for number in range(own + others):
            # Ten users share what is not one's own, as few or as many as that may be.
            owner = ADA if number < own else f"00000000-0000-4000-8000-{number % 10:012}"
            made = world.clock() - timedelta(seconds=number % 1000)
            job = (
                a_job(WAITING, at=made, owner=owner, deadline_at=made + timedelta(hours=1))
                if number % 2
                else a_job(COMPLETED, at=made, owner=owner, result=a_result(), deadline_at=None)
            )
            items.put_item(encode_item(encode_job(job)), overwrite=True)
        yield world


def _count(world: World, ask: Callable[[World], object]) -> Read:
    read = Read()

    def note(parsed: dict[str, Any], **_: object) -> None:
        read.calls += 1
        answers = sum(len(items) for items in parsed.get("Responses", {}).values())
        read.items += parsed.get("ScannedCount", answers + ("Item" in parsed))

    events = world.table._client.meta.events
    events.register("after-call", note)
    try:
        ask(world)
    finally:
        events.unregister("after-call", note)
    return read


def _get(world: World, path: str, **query: str) -> None:
    answer = world.call("GET", path, query=query)
    assert answer.status == 200, answer


QUESTIONS: dict[str, Callable[[World], object]] = {
    "a page of 20 jobs": lambda world: _get(world, "/api/jobs"),
    "a page of waiting jobs": lambda world: _get(world, "/api/jobs", status="waiting"),
    "stats": lambda world: _get(world, "/api/jobs/stats"),
    "a sweep, with nothing overdue": lambda world: world.sweep(request_id="sweeper"),
}
