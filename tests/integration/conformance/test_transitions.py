from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from docsnap import queries, transitions
from docsnap.errors import CancelRequested, JobNotFound, LeaseLost, NotClaimable, WrongState
from docsnap.jobs import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    DELAYED,
    FAILED,
    FINISHED,
    MAX_HOPS,
    SEND_GRACE,
    WAITING,
    JobStatus,
)
from docsnap.lifecycle import DEADLINE_MARGIN, LEASE, LONGEST_SEND_GRACE
from docsnap.table import Table

from tests.support.builders import (
    NOW,
    OTHER,
    RETENTION,
    a_failure,
    a_job,
    a_key,
    a_lease,
    a_result,
    stored,
)
from tests.support.clock import Clock
from tests.support.due import overdue
from tests.support.verbs import (
    LATER,
    cancel,
    claim,
    complete,
    delay,
    fail,
    hand_on,
    load,
    read,
    renew,
    rescue,
    verbs,
)

# Renewal


def test_a_renewal_extends_the_lease_and_shows_progress(table: Table, clock: Clock) -> None:
    job = claim(table, stored(table, a_job()))
    job = renew(table, job, clock.advance(seconds=10), progress=40)

    assert job == read(table, job)
    assert (job.progress, job.stage, job.updated_at) == (40, "crawling", clock.now)
    assert job.lease is not None
    assert job.lease.expires_at == clock.now + LEASE


def test_progress_never_goes_back(table: Table) -> None:
    job = renew(table, claim(table, stored(table, a_job())), progress=40)

    assert renew(table, job, progress=30).progress == 40


def test_the_deadline_is_moved_only_when_it_is_near(table: Table) -> None:
    job = claim(table, stored(table, a_job()))
    early = renew(table, job, NOW + LEASE - DEADLINE_MARGIN)
    late = renew(table, early, NOW + LEASE - DEADLINE_MARGIN + timedelta(seconds=1))

    assert early.deadline_at == job.deadline_at
    assert late.lease is not None
    assert late.deadline_at == late.lease.expires_at


def test_the_deadline_never_passes_while_the_lease_is_renewed_in_time(table: Table) -> None:
    clock = Clock()
    job = claim(table, stored(table, a_job()))
    for _ in range(20):
        job = renew(table, job, clock.advance(seconds=15))
        assert job.deadline_at is not None
        assert job.deadline_at > clock.now


def test_a_worker_whose_lease_has_lapsed_unnoticed_may_go_on(table: Table) -> None:
    job = claim(table, stored(table, a_job()))

    assert renew(table, job, LATER).status is ACTIVE


def test_a_worker_learns_of_a_cancellation_at_its_next_renewal(table: Table) -> None:
    job = claim(table, stored(table, a_job()))
    cancel(table, job)

    with pytest.raises(CancelRequested):
        renew(table, job)


def test_a_worker_that_renewed_since_may_do_so_with_what_it_knew_before(table: Table) -> None:
    job = claim(table, stored(table, a_job()))
    renew(table, job, progress=10)

    assert renew(table, job, progress=20).progress == 20


# Fencing


WRITES = [renew, hand_on, complete, delay, fail]


@pytest.mark.parametrize("write", WRITES)
def test_an_overtaken_worker_writes_nothing(table: Table, write: Any) -> None:
    lost = claim(table, stored(table, a_job()))
    job = claim(table, lost, now=LATER)

    with pytest.raises(LeaseLost):
        write(table, lost)
    assert read(table, job) == job


@pytest.mark.parametrize("write", WRITES)
def test_a_worker_whose_job_was_rescued_writes_nothing(table: Table, write: Any) -> None:
    lost = claim(table, stored(table, a_job()))
    rescued = rescue(table, lost)

    with pytest.raises(LeaseLost):
        write(table, lost)
    assert read(table, rescued) == rescued


@pytest.mark.parametrize("write", WRITES)
def test_a_worker_whose_job_was_cancelled_writes_nothing(table: Table, write: Any) -> None:
    job = claim(table, stored(table, a_job()))
    cancelled = cancel(table, job)

    with pytest.raises(CancelRequested):
        write(table, job)
    assert read(table, job) == cancelled


@pytest.mark.parametrize("write", WRITES)
def test_a_worker_that_never_had_a_lease_writes_nothing(table: Table, write: Any) -> None:
    job = stored(table, a_job())

    with pytest.raises(LeaseLost):
        write(table, job)
    assert read(table, job) == job


@pytest.mark.parametrize("write", WRITES)
def test_nothing_is_written_for_a_job_that_is_gone(table: Table, write: Any) -> None:
    with pytest.raises(LeaseLost):
        write(table, a_job(ACTIVE))


# The ends of an attempt


def test_a_completed_job_shows_its_result_and_expires(table: Table, clock: Clock) -> None:
    job = claim(table, stored(table, a_job()))
    job = complete(table, job, clock.advance(seconds=30))

    assert job == read(table, job, clock.now)
    assert (job.status, job.progress, job.result) == (COMPLETED, 100, a_result())
    assert job.finished_at == clock.now
    assert job.expires_at == clock.now + RETENTION
    assert job.deadline_at is None
    assert load(table) == (0, 0)


def test_the_end_of_an_attempt_is_in_the_history_with_worker_and_duration(
    table: Table, clock: Clock
) -> None:
    job = claim(table, stored(table, a_job()))
    fail(table, job, clock.advance(seconds=30))
    event = queries.history(table, job.key, clock.now)[-1]

    assert (event.verb, event.status, event.attempt) == ("fail", FAILED, 1)
    assert (event.worker_id, event.duration_ms) == ("worker-1", 30_000)
    assert event.error == a_failure()


def test_a_completion_with_leftovers_is_looked_after(table: Table) -> None:
    job = complete(table, claim(table, stored(table, a_job())), leftovers=True)

    assert [found.id for found in overdue(table, "finished", NOW)] == [job.id]


def test_a_completion_after_a_lost_attempt_is_cleaned_when_that_worker_must_be_gone(
    table: Table,
) -> None:
    lost = claim(table, stored(table, a_job()), ends_at=LATER + timedelta(minutes=1))
    job = complete(table, claim(table, lost, now=LATER), LATER)

    assert job.deadline_at == LATER + timedelta(minutes=1)


def test_a_failed_job_can_be_told_why(table: Table) -> None:
    job = fail(table, claim(table, stored(table, a_job())))

    assert (job.status, job.error, job.deadline_at) == (FAILED, a_failure(), None)
    assert load(table) == (0, 0)


def test_a_delayed_job_waits_for_its_backoff(table: Table) -> None:
    job = delay(table, claim(table, stored(table, a_job())))

    assert (job.status, job.error, job.lease) == (DELAYED, a_failure(), None)
    assert job.next_attempt_at == LATER
    assert job.deadline_at == LATER + SEND_GRACE
    assert load(table) == (1, 0)


def test_a_job_without_attempts_left_cannot_be_delayed(table: Table) -> None:
    job = claim(table, stored(table, a_job(attempts=2)))

    with pytest.raises(WrongState):
        delay(table, job)


def test_a_job_that_is_handed_on_loses_no_attempt_and_no_progress(table: Table) -> None:
    job = renew(table, claim(table, stored(table, a_job())), progress=40)
    waiting = hand_on(table, job)
    job = claim(table, waiting)

    assert (waiting.status, waiting.is_continuing, waiting.lease) == (WAITING, True, None)
    assert (job.attempts, job.hops, job.progress) == (1, 1, 40)
    assert not job.is_continuing
    assert verbs(table, job) == ["claim", "hand_on", "claim"]


def test_a_continuing_attempt_that_gets_lost_counts_once(table: Table) -> None:
    job = claim(table, hand_on(table, claim(table, stored(table, a_job()))))
    rescued = rescue(table, job)

    assert (rescued.attempts, rescued.is_continuing) == (1, False)
    assert claim(table, rescued, now=LATER).attempts == 2


def test_an_attempt_cannot_be_handed_on_for_ever(table: Table) -> None:
    job = claim(table, stored(table, a_job(is_continuing=True, attempts=1, hops=MAX_HOPS - 1)))
    job = hand_on(table, job)

    assert (job.status, job.error and job.error.code) == (FAILED, "too_long")
    assert load(table) == (0, 0)


# Rescue


def test_a_lost_job_with_attempts_left_waits_again(table: Table) -> None:
    job = rescue(table, claim(table, stored(table, a_job())))

    assert (job.status, job.error and job.error.code) == (WAITING, "worker_lost")
    assert job.deadline_at == LATER + SEND_GRACE
    assert load(table) == (1, 0)


def test_a_lost_job_without_attempts_left_has_failed(table: Table) -> None:
    job = rescue(table, claim(table, stored(table, a_job(attempts=2))))

    assert (job.status, job.error and job.error.code) == (FAILED, "worker_lost")
    assert job.expires_at == LATER + RETENTION
    assert load(table) == (0, 0)


def test_a_worker_that_died_at_the_end_of_its_time_has_timed_out(table: Table) -> None:
    ends_at = NOW + timedelta(seconds=60)
    job = claim(table, stored(table, a_job(attempts=2)), ends_at=ends_at)
    job = rescue(table, renew(table, job, NOW + timedelta(seconds=30)))

    assert job.error is not None
    assert job.error.code == "timed_out"


def test_a_job_is_not_rescued_from_a_worker_that_has_renewed(table: Table) -> None:
    seen = claim(table, stored(table, a_job()))
    job = renew(table, seen, LATER)

    with pytest.raises(NotClaimable):
        rescue(table, seen)
    assert read(table, job) == job


def test_two_sweeps_at_once_rescue_a_job_once(table: Table) -> None:
    job = claim(table, stored(table, a_job()))
    rescue(table, job)

    with pytest.raises(NotClaimable):
        rescue(table, job)
    assert verbs(table, job) == ["claim", "rescue"]


def test_an_overdue_job_is_sent_again_more_and_more_rarely(table: Table) -> None:
    clock = Clock(NOW + SEND_GRACE)
    job = stored(table, a_job())
    waits = []
    for _ in range(12):
        job = transitions.resent(table, job, now=clock.now)
        assert job.deadline_at is not None
        waits.append(job.deadline_at - clock.now)
        clock.now = job.deadline_at

    assert waits[:3] == [SEND_GRACE, 2 * SEND_GRACE, 4 * SEND_GRACE]
    assert waits[-1] == LONGEST_SEND_GRACE
    assert job.updated_at == NOW


def test_two_sweeps_at_once_send_an_overdue_job_once(table: Table) -> None:
    job = stored(table, a_job())
    transitions.resent(table, job, now=NOW + SEND_GRACE)

    with pytest.raises(NotClaimable):
        transitions.resent(table, job, now=NOW + SEND_GRACE)


@pytest.mark.parametrize("status", [ACTIVE, *sorted(FINISHED)])
def test_only_a_job_that_waits_is_sent_again(table: Table, status: JobStatus) -> None:
    job = stored(table, a_job(status, deadline_at=NOW))

    with pytest.raises(NotClaimable):
        transitions.resent(table, job, now=LATER)


# Cancel and retry


def test_a_waiting_job_that_never_ran_is_cancelled_and_leaves_nothing_to_do(table: Table) -> None:
    job = cancel(table, stored(table, a_job()))

    assert (job.status, job.lease, job.deadline_at) == (CANCELLED, None, None)
    assert job.expires_at == NOW + RETENTION
    assert load(table) == (0, 0)


def test_a_delayed_job_that_is_cancelled_is_cleaned_by_the_next_sweep(table: Table) -> None:
    assert cancel(table, stored(table, a_job(DELAYED))).deadline_at == NOW


def test_an_active_job_is_cancelled_at_once_and_cleaned_when_its_worker_must_be_gone(
    table: Table,
) -> None:
    job = claim(table, stored(table, a_job()), ends_at=LATER)
    job = cancel(table, job)

    assert job.status is CANCELLED
    assert job.lease is not None
    assert job.deadline_at == LATER
    assert load(table) == (0, 0)


@pytest.mark.parametrize("status", sorted(FINISHED))
def test_a_finished_job_cannot_be_cancelled(table: Table, status: JobStatus) -> None:
    job = stored(table, a_job(status))

    with pytest.raises(WrongState) as error:
        cancel(table, job)
    assert error.value.job == job


def test_a_cancelled_job_stays_so_when_its_message_arrives(table: Table) -> None:
    job = cancel(table, stored(table, a_job()))

    with pytest.raises(NotClaimable):
        claim(table, job)


def test_a_failed_job_is_retried_with_all_its_attempts(table: Table) -> None:
    failed = stored(table, a_job(FAILED, attempts=3, progress=80))
    job = transitions.retry(table, failed.key, now=LATER)

    assert job == read(table, job)
    assert (job.status, job.attempts, job.cycle, job.progress) == (WAITING, 0, 2, 0)
    assert (job.error, job.finished_at, job.expires_at, job.lease) == (None, None, None, None)
    assert job.deadline_at == LATER + SEND_GRACE
    assert load(table) == (1, 0)


@pytest.mark.parametrize("status", sorted({*JobStatus} - {FAILED}))
def test_only_a_failed_job_can_be_retried(table: Table, status: JobStatus) -> None:
    job = stored(table, a_job(status))

    with pytest.raises(WrongState):
        transitions.retry(table, job.key, now=NOW)
    assert read(table, job) == job


def test_nobody_can_cancel_or_retry_the_job_of_somebody_else(table: Table) -> None:
    job = stored(table, a_job())
    foreign = replace(job, key=job.key._replace(owner=OTHER))

    with pytest.raises(JobNotFound):
        cancel(table, foreign)
    with pytest.raises(JobNotFound):
        transitions.retry(table, foreign.key, now=NOW)
    assert read(table, job) == job


def test_an_expired_job_can_neither_be_cancelled_nor_retried(table: Table) -> None:
    job = stored(table, a_job(FAILED))

    with pytest.raises(JobNotFound):
        cancel(table, job, NOW + RETENTION)
    with pytest.raises(JobNotFound):
        transitions.retry(table, job.key, now=NOW + RETENTION)


def test_a_job_that_is_not_there_can_neither_be_cancelled_nor_retried(table: Table) -> None:
    with pytest.raises(JobNotFound):
        transitions.retry(table, a_key(), now=NOW)


# Cleaning up


def test_a_cleaned_job_is_not_looked_after_any_more(table: Table) -> None:
    job = complete(table, claim(table, stored(table, a_job())), leftovers=True)
    clean = transitions.cleaned(table, job, now=LATER)

    assert clean == replace(job, deadline_at=None, version=job.version + 1)
    assert list(overdue(table, "finished", LATER)) == []
    assert transitions.cleaned(table, job, now=LATER) == clean


def test_a_job_that_was_retried_meanwhile_is_not_cleaned(table: Table) -> None:
    failed = fail(table, claim(table, stored(table, a_job())), leftovers=True)
    transitions.retry(table, failed.key, now=NOW)

    with pytest.raises(NotClaimable):
        transitions.cleaned(table, failed, now=LATER)


def test_what_an_attempt_left_is_remembered_through_a_retry(table: Table) -> None:
    lost = claim(table, stored(table, a_job(attempts=2)), ends_at=LATER)
    failed = rescue(table, lost)
    job = claim(table, transitions.retry(table, failed.key, now=LATER), now=LATER)

    assert complete(table, job, LATER).deadline_at == LATER


# Times


def test_every_visible_change_moves_the_time_of_the_last_one(table: Table) -> None:
    job = claim(table, stored(table, a_job()), now=NOW - timedelta(seconds=5))

    assert job.updated_at > NOW


def test_a_lease_of_somebody_else_is_worth_nothing(table: Table) -> None:
    job = claim(table, stored(table, a_job()))

    with pytest.raises(LeaseLost):
        complete(table, replace(job, lease=a_lease()))
