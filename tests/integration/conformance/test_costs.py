"""What a job costs at DynamoDB, phase by phase."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from docsnap import queries, transitions
from docsnap.admission import Submission, submit
from docsnap.jobs import FORMATS, Job, JobOptions, ResultFile
from docsnap.quotas import Quotas
from docsnap.table import Table

from tests.support.aws import everything, with_faults
from tests.support.builders import NOW, OWNER, RETENTION, a_failure, a_result
from tests.support.faults import FaultyQueue
from tests.support.units import write_units

URL = "https://documentation.example-company.com/product/guides/getting-started/"
OPTIONS = JobOptions(include=("/product/**",), exclude=("/product/blog/**",), title="Product")
FILE = ResultFile(bytes=123_456_789, sha256="ab" * 32)
RESULT = a_result(files=dict.fromkeys((*FORMATS[:4], "zip"), FILE), prefix="results/" + 110 * "x")


class Meter:
    """Counts calls and write units by phase."""

    def __init__(self, table: Table) -> None:
        self.units: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self._table = table

    def __call__(self, phase: str, change: Callable[[Table], Any]) -> Any:
        before = everything(self._table)
        counting, client = with_faults(self._table)
        answer = change(counting)
        transaction = "transact_write_items" in client.calls
        after = everything(self._table)
        self.units[phase] += write_units(before, after, transaction=transaction)
        self.calls[phase] += len(client.calls)
        return answer


def submitted(meter: Meter, **options: Any) -> Job:
    request = Submission(owner=OWNER, url=URL, options=OPTIONS, body_hash="0" * 64, **options)
    admitted = meter(
        "submit",
        lambda table: submit(table, FaultyQueue(), request, now=NOW, limits=Quotas()),
    )
    job: Job = admitted.job
    return job


def claimed(meter: Meter, job: Job) -> Job:
    active: Job = meter(
        "claim",
        lambda table: transitions.claim(
            table,
            job.key,
            worker_id="2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef",
            now=NOW,
            ends_at=NOW + timedelta(minutes=15),
            max_active_per_owner=3,
        ),
    )
    return active


def renewed(meter: Meter, job: Job, seconds: int) -> Job:
    active: Job = meter(
        "renew",
        lambda table: transitions.renew(
            table, job, stage="crawling", progress=seconds, now=NOW + timedelta(seconds=seconds)
        ),
    )
    return active


def test_a_job_of_forty_pages_costs_less_than_forty_write_units(table: Table) -> None:
    meter = Meter(table)
    job = claimed(meter, submitted(meter, idempotency_key="key"))
    for seconds in (2, 4, 6, 8):
        job = renewed(meter, job, seconds)
    meter(
        "complete",
        lambda table: transitions.complete(table, job, RESULT, retention=RETENTION, now=NOW),
    )

    assert meter.units == {"submit": 12, "claim": 10, "renew": 4, "complete": 11}
    assert meter.calls == {"submit": 1, "claim": 2, "renew": 4, "complete": 1}


def test_a_webhook_adds_at_most_six(table: Table) -> None:
    meter = Meter(table)
    job = claimed(meter, submitted(meter, webhook_url="https://hooks.example.com/docsnap"))
    job = meter(
        "complete",
        lambda table: transitions.complete(table, job, RESULT, retention=RETENTION, now=NOW),
    )

    assert meter.units["complete"] <= 11 + 6
    assert queries.get_delivery(table, job) is not None


def test_a_renewal_is_one_unit_and_one_call_until_the_deadline_is_near(table: Table) -> None:
    meter = Meter(table)
    job = claimed(meter, submitted(meter))
    for seconds in range(2, 62, 2):
        job = renewed(meter, job, seconds)

    assert meter.calls["renew"] == 30
    assert meter.units["renew"] == 30 + 2 * 2


def test_a_failed_attempt_costs_its_backoff_and_another_claim(table: Table) -> None:
    meter = Meter(table)
    job = claimed(meter, submitted(meter))
    meter(
        "delay",
        lambda table: transitions.delay(table, job, a_failure(), until=NOW, now=NOW),
    )
    claimed(meter, job)

    assert meter.units["delay"] == 10
    assert meter.units["claim"] == 2 * 10
