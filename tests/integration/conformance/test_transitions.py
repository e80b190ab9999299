from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from docsnap import queries, transitions
from docsnap.errors import (
    CancelRequested,
    JobNotFound,
    LeaseLost,
    NotClaimable,
    NotDue,
    OwnerBusy,
    WrongState,
)
from docsnap.items import quota_key
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
    Job,
    JobStatus,
)
from docsnap.lifecycle import DEADLINE_MARGIN, LEASE, LONGEST_INVOCATION, LONGEST_SEND_GRACE
from docsnap.table import Table

from tests.support.builders import (
    NOW,
    OTHER,
    OWNER,
    RETENTION,
    a_failure,
    a_job,
    a_key,
    a_lease,
    a_result,
    stored,
)
from tests.support.clock import Clock
from tests.support.due import due_deliveries, overdue

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


def verbs(table: Table, job: Job, now: datetime = NOW) -> list[str]:
    return [event.verb for event in queries.history(table, job.key, now)]


def load(table: Table, owner: str = OWNER) -> tuple[int, int]:
    item = table.get(quota_key(owner)) or {}
    return int(item["unfinished"]), int(item["active"])


# What a claim does


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


# Webhooks


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
    begun = transitions.begin_delivery(table, delivery, retry_at=LATER)

    assert begun == replace(delivery, tries=1, due_at=LATER)
    assert transitions.begin_delivery(table, delivery, retry_at=LATER) is None
    assert list(due_deliveries(table, NOW + timedelta(minutes=1))) == []
    assert list(due_deliveries(table, LATER)) == [begun]


def test_the_tries_of_a_webhook_are_in_the_history(table: Table) -> None:
    job = cancel(table, stored(table, a_job(webhook_url="https://hooks.example.com/")))
    delivery = queries.get_delivery(table, job)
    for delivered in (False, True):
        assert delivery is not None
        delivery = transitions.begin_delivery(table, delivery, retry_at=NOW)
        assert delivery is not None
        transitions.end_delivery(
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


def test_a_lease_of_somebody_else_is_worth_nothing(table: Table) -> None:
    job = claim(table, stored(table, a_job()))

    with pytest.raises(LeaseLost):
        complete(table, replace(job, lease=a_lease()))
