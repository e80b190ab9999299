"""Calls, units and bytes of one job, by phase, over AWS's services in memory; its clock is turned.

The job takes eight seconds and has forty pages. What is counted where is told in docs/cost.md,
which multiplies it by prices.
"""

from collections import Counter
from collections.abc import Mapping

from benchmarks import cost
from benchmarks.measure import table
from benchmarks.meter import FORMATS, Usage

QUESTION = "What does a job consume at AWS?"
SECONDS = 8
TABLE = ("GetItem", "BatchGetItem", "Query", "UpdateItem", "PutItem", "TransactWriteItems")
LAMBDAS_OWN = 2
"""Lambda receives the message and deletes it; we cannot see that here."""


def run() -> str:
    """Count a job from its submission to the fetching of its result."""
    job = cost.Job(SECONDS)
    phases: Mapping[str, Usage] = {
        "submission": job.submit,
        "attempt": job.work,
        "one look at it": job.look,
        "result": job.fetch,
    }
    rows = [[name, *_counts(usage)] for name, usage in phases.items()]
    submitted_and_done = sum((job.submit.calls, job.work.calls), Counter[str]())
    units = job.submit.write_units + job.work.write_units
    beyond = _others(submitted_and_done) + LAMBDAS_OWN - len(FORMATS)
    per_thousand = 1000 * cost.total(job.bill())
    return "\n".join(
        [
            table(
                (
                    f"{job.pages} pages in {SECONDS} s",
                    "calls to DynamoDB",
                    "write units",
                    "read units",
                    "calls to SQS and S3",
                    "bytes of log",
                ),
                rows,
            ),
            table(
                ("the whole job", "measured", "target"),
                [
                    ["write units", int(units), 40],
                    ["SQS and S3 calls beyond one per artefact", beyond, 12],
                    ["cost of 1,000 jobs, USD", f"{per_thousand:.2f}", ""],
                    ["of it the worker's time", f"{1000 * cost.total(job.worker()):.2f}", ""],
                ],
            ),
        ]
    )


def _counts(usage: Usage) -> list[object]:
    return [
        sum(usage.calls[name] for name in TABLE),
        int(usage.write_units),
        usage.read_units,
        _others(usage.calls),
        usage.log_bytes,
    ]


def _others(calls: Counter[str]) -> int:
    return sum(number for name, number in calls.items() if name not in TABLE)
