"""What is done to jobs, with defaults for whatever a test does not care about."""

from datetime import datetime, timedelta
from typing import Any

from docsnap import queries, transitions
from docsnap.items import quota_key
from docsnap.jobs import Job
from docsnap.table import Table

from tests.support.builders import NOW, OWNER, RETENTION, a_failure, a_result

LATER = NOW + timedelta(minutes=10)


def claim(table: Table, job: Job, now: datetime = NOW, **options: Any) -> Job:
    return transitions.claim(table, job.key, worker_id="worker-1", now=now, **options)


def renew(table: Table, job: Job, now: datetime = NOW, progress: int = 50) -> Job:
    return transitions.renew(table, job, stage="crawling", progress=progress, now=now)


def complete(table: Table, job: Job, now: datetime = NOW, *, leftovers: bool = False) -> Job:
    return transitions.complete(
        table, job, a_result(), retention=RETENTION, leftovers=leftovers, now=now
    )


def fail(table: Table, job: Job, now: datetime = NOW, *, leftovers: bool = False) -> Job:
    return transitions.fail(
        table, job, a_failure(), retention=RETENTION, leftovers=leftovers, now=now
    )


def cancel(table: Table, job: Job, now: datetime = NOW) -> Job:
    return transitions.cancel(table, job.key, retention=RETENTION, now=now)


def rescue(table: Table, job: Job, now: datetime = LATER) -> Job:
    return transitions.rescue(table, job, retention=RETENTION, now=now)


def delay(table: Table, job: Job, until: datetime = LATER) -> Job:
    return transitions.delay(table, job, a_failure(), until=until, now=NOW)


def hand_on(table: Table, job: Job, now: datetime = NOW) -> Job:
    return transitions.hand_on(table, job, retention=RETENTION, now=now)


def read(table: Table, job: Job, now: datetime = NOW) -> Job:
    return queries.get(table, job.key, now)


def verbs(table: Table, job: Job) -> list[str]:
    return [event.verb for event in queries.history(table, job.key, NOW)]


def load(table: Table, owner: str = OWNER) -> tuple[int, int]:
    item = table.get(quota_key(owner)) or {}
    return int(item["unfinished"]), int(item["active"])
