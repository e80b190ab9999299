"""Every change with every fault at every call: done once, or not at all."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from docsnap import deliveries, queries, transitions
from docsnap.errors import LeaseLost, Unavailable
from docsnap.jobs import ACTIVE, COMPLETED, DELAYED, FAILED, Job
from docsnap.table import CONFLICT_TRIES, TRIES, Table

from tests.support.aws import everything, with_faults
from tests.support.builders import NOW, RETENTION, a_failure, a_job, a_key, a_result, stored
from tests.support.faults import Fault

LATER = NOW + timedelta(minutes=10)
FAULTS = sorted({*Fault} - {Fault.NONE}, key=lambda fault: fault.name)

type Change = Callable[[Table, Job], Job]

CHANGES: dict[str, tuple[Job, Change]] = {
    "claim": (
        a_job(),
        lambda table, job: transitions.claim(table, job.key, worker_id="w", now=NOW),
    ),
    "claim delayed": (
        a_job(DELAYED),
        lambda table, job: transitions.claim(table, job.key, worker_id="w", now=LATER),
    ),
    "claim lapsed": (
        a_job(ACTIVE),
        lambda table, job: transitions.claim(table, job.key, worker_id="w", now=LATER),
    ),
    "claim redriven": (
        a_job(FAILED),
        lambda table, job: transitions.claim(
            table, job.key, worker_id="w", now=LATER, redriven_at=LATER
        ),
    ),
    "renew": (
        a_job(ACTIVE),
        lambda table, job: transitions.renew(table, job, stage="crawling", progress=9, now=NOW),
    ),
    "hand_on": (
        a_job(ACTIVE),
        lambda table, job: transitions.hand_on(table, job, retention=RETENTION, now=NOW),
    ),
    "complete": (
        a_job(ACTIVE, webhook_url="https://hooks.example.com/"),
        lambda table, job: transitions.complete(
            table, job, a_result(), retention=RETENTION, now=NOW
        ),
    ),
    "delay": (
        a_job(ACTIVE),
        lambda table, job: transitions.delay(table, job, a_failure(), until=LATER, now=NOW),
    ),
    "fail": (
        a_job(ACTIVE),
        lambda table, job: transitions.fail(table, job, a_failure(), retention=RETENTION, now=NOW),
    ),
    "rescue": (
        a_job(ACTIVE),
        lambda table, job: transitions.rescue(table, job, retention=RETENTION, now=LATER),
    ),
    "rescue the last": (
        a_job(ACTIVE, attempts=3),
        lambda table, job: transitions.rescue(table, job, retention=RETENTION, now=LATER),
    ),
    "resent": (a_job(), lambda table, job: transitions.resent(table, job, now=LATER)),
    "cancel": (
        a_job(ACTIVE),
        lambda table, job: transitions.cancel(table, job.key, retention=RETENTION, now=NOW),
    ),
    "retry": (a_job(FAILED), lambda table, job: transitions.retry(table, job.key, now=NOW)),
    "cleaned": (
        a_job(COMPLETED, deadline_at=NOW),
        lambda table, job: transitions.cleaned(table, job, now=LATER),
    ),
}


def copied(job: Job) -> Job:
    """The same job of another owner, so that runs do not see each other."""
    return replace(job, key=a_key(owner=str(uuid4())))


def outcome(table: Table, job: Job) -> object:
    """Tell everything there is of a job and its owner, but for what chance made."""
    return sorted(
        (
            {name: value for name, value in item.items() if name not in BY_CHANCE}
            for item in everything(table)
            if job.owner in json.dumps(item, default=str)
        ),
        key=lambda item: str(item["verb"] if "verb" in item else item.get("tries")),
    )


BY_CHANCE = {"pk", "sk", "statusKey", "deadlineShard", "leaseToken", "writeId", "owner", "job"}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_made_once_whichever_call_fails(table: Table, name: str, fault: Fault) -> None:
    job, change = CHANGES[name]
    usual = stored(table, copied(job))
    counting, client = with_faults(table)
    change(counting, usual)

    for position in range(len(client.calls)):
        disturbed = stored(table, copied(job))
        faulty, _ = with_faults(table, [*[Fault.NONE] * position, fault])
        change(faulty, disturbed)
        assert outcome(table, disturbed) == outcome(table, usual)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_that_cannot_be_confirmed_is_made_wholly_or_not_at_all(
    table: Table, name: str, fault: Fault
) -> None:
    job, change = CHANGES[name]
    usual = stored(table, copied(job))
    before = outcome(table, usual)
    counting, client = with_faults(table)
    change(counting, usual)
    after = outcome(table, usual)

    for position in range(len(client.calls)):
        disturbed = stored(table, copied(job))
        faulty, _ = with_faults(table, [*[Fault.NONE] * position, *[fault] * CONFLICT_TRIES])
        with suppress(Unavailable):
            change(faulty, disturbed)
        assert outcome(table, disturbed) in (before, after)


@pytest.mark.parametrize("name", ["complete", "fail"])
def test_the_end_of_a_job_is_recognised_by_a_later_call(table: Table, name: str) -> None:
    job, change = CHANGES[name]
    job = stored(table, copied(job))
    faulty, _ = with_faults(table, [Fault.LOST] * TRIES)

    with pytest.raises(Unavailable):
        change(faulty, job)
    assert change(table, job) == queries.get(table, job.key, NOW)


def test_a_delay_whose_answer_was_lost_tells_the_worker_that_it_has_ended(table: Table) -> None:
    job, change = CHANGES["delay"]
    job = stored(table, copied(job))
    faulty, _ = with_faults(table, [Fault.LOST] * TRIES)

    with pytest.raises(Unavailable):
        change(faulty, job)
    with pytest.raises(LeaseLost) as error:
        change(table, job)
    assert error.value.job is not None
    assert error.value.job.status is DELAYED


def test_one_try_of_a_webhook_whose_answer_was_lost_is_begun_once(table: Table) -> None:
    job = transitions.cancel(
        table,
        stored(table, a_job(webhook_url="https://hooks.example.com/")).key,
        retention=RETENTION,
        now=NOW,
    )
    delivery = queries.get_delivery(table, job)
    assert delivery is not None
    faulty, _ = with_faults(table, [Fault.LOST])

    begun = deliveries.begin(faulty, delivery, retry_at=LATER)
    assert begun == replace(delivery, tries=1, due_at=LATER)
