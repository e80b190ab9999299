"""Who may take a job for an attempt, and what that does to it."""

from datetime import timedelta

import pytest
from docsnap import queries
from docsnap.errors import NotClaimable, NotDue, OwnerBusy
from docsnap.jobs import ACTIVE, CANCELLED, COMPLETED, DELAYED, FAILED, FINISHED, WAITING, JobStatus
from docsnap.lifecycle import LEASE, LONGEST_INVOCATION
from docsnap.table import Table

from tests.support.builders import NOW, OTHER, RETENTION, a_job, stored
from tests.support.verbs import LATER, claim, load, read, verbs


def test_a_claim_counts_the_attempt_and_takes_a_lease(table: Table) -> None:
    job = claim(table, stored(table, a_job()), ends_at=LATER)

    assert job == read(table, job)
    assert (job.status, job.attempts, job.started_at) == (ACTIVE, 1, NOW)
    assert job.lease is not None
    assert job.lease.expires_at == NOW + LEASE == job.deadline_at
    assert (job.lease.worker_id, job.lease.ends_at) == ("worker-1", LATER)


def test_every_claim_has_a_token_of_its_own(table: Table) -> None:
    jobs = [claim(table, stored(table, a_job())) for _ in range(3)]

    assert len({job.lease and job.lease.token for job in jobs}) == 3


def test_a_second_message_finds_the_job_taken(table: Table) -> None:
    job = claim(table, stored(table, a_job()))

    with pytest.raises(NotClaimable) as error:
        claim(table, job)
    assert error.value.job == job


@pytest.mark.parametrize("status", sorted(FINISHED))
def test_a_finished_job_cannot_be_claimed(table: Table, status: JobStatus) -> None:
    job = stored(table, a_job(status))

    with pytest.raises(NotClaimable):
        claim(table, job)
    assert read(table, job) == job


def test_a_job_that_is_not_there_cannot_be_claimed(table: Table) -> None:
    with pytest.raises(NotClaimable) as error:
        claim(table, a_job())
    assert error.value.job is None


def test_an_expired_job_cannot_be_claimed_even_by_a_redriven_message(table: Table) -> None:
    job = stored(table, a_job(FAILED))
    after = NOW + RETENTION

    with pytest.raises(NotClaimable) as error:
        claim(table, job, now=after, redriven_at=after)
    assert error.value.job is None


def test_a_delayed_job_is_not_claimed_before_its_backoff_has_passed(table: Table) -> None:
    job = stored(table, a_job(DELAYED, next_attempt_at=LATER))

    with pytest.raises(NotDue) as error:
        claim(table, job, now=LATER - timedelta(seconds=2))
    assert error.value.due_at == LATER


def test_a_delayed_job_is_claimed_for_its_next_attempt_when_it_is_due(table: Table) -> None:
    job = claim(table, stored(table, a_job(DELAYED, next_attempt_at=LATER)), now=LATER)

    assert (job.status, job.attempts, job.error, job.next_attempt_at) == (ACTIVE, 2, None, None)


def test_a_new_attempt_begins_at_no_progress(table: Table) -> None:
    job = stored(table, a_job(DELAYED, progress=70, stage="writing", next_attempt_at=NOW, hops=3))
    claimed = claim(table, job)

    assert (claimed.progress, claimed.stage, claimed.hops) == (0, "discovering", 0)


def test_a_job_with_a_lapsed_lease_is_taken_over_and_the_history_tells_so(table: Table) -> None:
    lost = claim(table, stored(table, a_job()))
    job = claim(table, lost, now=LATER)

    assert (job.status, job.attempts) == (ACTIVE, 2)
    assert verbs(table, job) == ["claim", "rescue", "claim"]
    assert job.leftovers_until == NOW + LEASE + LONGEST_INVOCATION
    assert load(table) == (1, 1)


def test_a_job_that_was_lost_for_the_last_time_is_left_to_the_sweeper(table: Table) -> None:
    job = stored(table, a_job(ACTIVE, attempts=3))

    with pytest.raises(NotClaimable) as error:
        claim(table, job, now=LATER)
    assert error.value.job == job


# Redrive


def test_a_redriven_message_may_claim_a_failed_job(table: Table) -> None:
    failed = stored(table, a_job(FAILED, attempts=3))
    job = claim(table, failed, now=LATER, redriven_at=LATER)

    assert (job.status, job.attempts, job.cycle) == (ACTIVE, 1, 2)
    assert (job.finished_at, job.expires_at, job.error) == (None, None, None)
    assert verbs(table, job) == ["redrive", "claim"]
    statuses = [event.status for event in queries.history(table, job.key, LATER)]
    assert statuses == [WAITING, ACTIVE]
    assert load(table) == (1, 1)


def test_a_message_redriven_before_the_job_failed_again_may_not(table: Table) -> None:
    failed = stored(table, a_job(FAILED, attempts=3, finished_at=LATER))

    with pytest.raises(NotClaimable):
        claim(table, failed, now=LATER, redriven_at=NOW)


@pytest.mark.parametrize("status", [COMPLETED, CANCELLED])
def test_a_redriven_message_revives_nothing_but_failures(table: Table, status: JobStatus) -> None:
    with pytest.raises(NotClaimable):
        claim(table, stored(table, a_job(status)), now=LATER, redriven_at=LATER)


# Fairness


def test_an_owner_with_enough_workers_is_refused_another(table: Table) -> None:
    for _ in range(3):
        claim(table, stored(table, a_job()), max_active_per_owner=3)
    fourth = stored(table, a_job())

    with pytest.raises(OwnerBusy):
        claim(table, fourth, max_active_per_owner=3)
    assert read(table, fourth) == fourth
    assert load(table) == (4, 3)


def test_an_owner_with_enough_workers_may_have_more_without_the_limit(table: Table) -> None:
    for _ in range(3):
        claim(table, stored(table, a_job()), max_active_per_owner=3)

    assert claim(table, stored(table, a_job())).status is ACTIVE


def test_the_limit_of_one_owner_does_not_touch_another(table: Table) -> None:
    claim(table, stored(table, a_job()), max_active_per_owner=1)

    assert claim(table, stored(table, a_job(owner=OTHER)), max_active_per_owner=1).status is ACTIVE
