"""Webhooks that are owed, and tries to deliver them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from docsnap import deliveries, queries, transitions
from docsnap.table import Table

from tests.support.builders import NOW, a_failure, a_job, stored
from tests.support.due import due_deliveries
from tests.support.verbs import LATER, cancel, claim, complete, fail, rescue, verbs


def test_a_finished_job_owes_its_webhook_from_the_same_moment(table: Table) -> None:
    job = claim(table, stored(table, a_job(webhook_url="https://hooks.example.com/")))
    job = complete(table, job)
    delivery = queries.get_delivery(table, job)

    assert delivery is not None
    assert (delivery.job, delivery.type, delivery.tries) == (job, "job.completed", 0)
    assert list(due_deliveries(table, job.updated_at)) == [delivery]


@pytest.mark.parametrize(
    ("finish", "kind"), [(fail, "job.failed"), (cancel, "job.cancelled"), (rescue, "job.failed")]
)
def test_whoever_finishes_the_job_its_webhook_is_owed(table: Table, finish: Any, kind: str) -> None:
    job = claim(table, stored(table, a_job(webhook_url="https://hooks.example.com/", attempts=2)))
    delivery = queries.get_delivery(table, finish(table, job))

    assert delivery is not None
    assert delivery.type == kind


def test_no_webhook_is_owed_for_a_job_without_one(table: Table) -> None:
    job = complete(table, claim(table, stored(table, a_job())))

    assert queries.get_delivery(table, job) is None


def test_one_try_of_a_webhook_is_begun_by_one_sender_alone(table: Table) -> None:
    job = cancel(table, stored(table, a_job(webhook_url="https://hooks.example.com/")))
    delivery = queries.get_delivery(table, job)
    assert delivery is not None
    begun = deliveries.begin(table, delivery, retry_at=LATER)

    assert begun == replace(delivery, tries=1, due_at=LATER)
    assert deliveries.begin(table, delivery, retry_at=LATER) is None
    assert list(due_deliveries(table, NOW + timedelta(minutes=1))) == []
    assert list(due_deliveries(table, LATER)) == [begun]


def test_the_tries_of_a_webhook_are_in_the_history(table: Table) -> None:
    job = cancel(table, stored(table, a_job(webhook_url="https://hooks.example.com/")))
    delivery = queries.get_delivery(table, job)
    for delivered in (False, True):
        assert delivery is not None
        delivery = deliveries.begin(table, delivery, retry_at=NOW)
        assert delivery is not None
        deliveries.end(
            table,
            delivery,
            delivered=delivered,
            give_up=False,
            duration_ms=12,
            error=None if delivered else a_failure(),
            now=NOW,
        )

    assert verbs(table, job) == ["cancel", "webhook_failed", "webhook_delivered"]
    assert queries.get_delivery(table, job) is None


def test_a_job_that_finishes_twice_owes_two_webhooks(table: Table) -> None:
    job = claim(table, stored(table, a_job(webhook_url="https://hooks.example.com/")))
    failed = fail(table, job)
    job = complete(table, claim(table, transitions.retry(table, job.key, now=LATER), now=LATER))

    deliveries = list(due_deliveries(table, job.updated_at))
    assert [delivery.type for delivery in deliveries] == ["job.failed", "job.completed"]
    assert deliveries[0].job == failed
    assert deliveries[0].id != deliveries[1].id
