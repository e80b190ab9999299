from datetime import datetime, timedelta
from typing import Any

import pytest
from docsnap import queries, transitions
from docsnap.admission import Admitted, Submission, submit
from docsnap.errors import (
    IdempotencyInProgress,
    IdempotencyKeyReused,
    JobNotFound,
    QuotaExceeded,
    Unavailable,
)
from docsnap.items import DEADLINE_SHARDS
from docsnap.jobs import SEND_GRACE, WAITING, JobEvent, JobOptions
from docsnap.quotas import Quotas
from docsnap.table import CONFLICT_TRIES, TRIES, Table
from hypothesis import given
from hypothesis import strategies as st

from tests.support.aws import a_table, everything, with_faults
from tests.support.builders import NOW, OTHER, OWNER, RETENTION, a_failure
from tests.support.due import overdue
from tests.support.faults import Fault, FaultyQueue
from tests.support.invariants import violations

FEW = Quotas(submissions_per_minute=5)
MINUTE = timedelta(minutes=1)


def a_submission(**overrides: Any) -> Submission:
    values = {"owner": OWNER, "url": "https://docs.example.com/", "body_hash": "1"}
    return Submission(**values | overrides)


def admit(
    table: Table,
    queue: FaultyQueue | None = None,
    *,
    now: datetime = NOW,
    limits: Quotas | None = None,
    **overrides: Any,
) -> Admitted:
    request = a_submission(**overrides)
    return submit(table, queue or FaultyQueue(), request, now=now, limits=limits or Quotas())


def kinds(table: Table) -> list[str]:
    """What there is of the owners' submissions; a quota that counts nothing is nothing."""
    items = [
        item
        for item in everything(table)
        if item["sk"] != "QUOTA" or item["submitted"] or item["unfinished"]
    ]
    return sorted(item["sk"].partition("#")[0] for item in items)


# Admitted


def test_a_submission_becomes_a_waiting_job_and_a_message(table: Table) -> None:
    queue = FaultyQueue()
    options = JobOptions(max_pages=7, formats=("pdf",), title="Guide")
    admitted = admit(
        table, queue, options=options, webhook_url="https://hooks.example.com/", limits=Quotas()
    )
    job = admitted.job

    assert not admitted.duplicate
    assert job == queries.get(table, job.key, NOW)
    assert (job.status, job.options, job.deadline_at) == (WAITING, options, NOW + SEND_GRACE)
    assert queue.sent == [job.key]
    assert queries.history(table, job.key, NOW) == (
        JobEvent(at=NOW, verb="submit", status=WAITING),
    )
    assert violations(everything(table)) == []


def test_a_submission_takes_two_calls(table: Table) -> None:
    counting, client = with_faults(table)
    limits = Quotas()
    for n in range(5):
        admit(counting, url=f"https://docs.example.com/{n}/", limits=limits, idempotency_key=str(n))

    assert client.calls == ["transact_write_items"] * 5


def test_the_attempts_of_a_job_are_those_of_the_settings(table: Table) -> None:
    assert admit(table, limits=Quotas(max_attempts=7)).job.max_attempts == 7


# Idempotency keys


def test_a_repeated_key_answers_the_same_job_and_creates_nothing(table: Table) -> None:
    queue = FaultyQueue()
    first = admit(table, queue, idempotency_key="key")
    again = admit(table, queue, idempotency_key="key", force=True, now=NOW + timedelta(hours=23))

    assert again.duplicate
    assert again.job.id == first.job.id
    assert len(queue.sent) == 1
    assert kinds(table).count("JOB") == 1


def test_a_repeated_key_answers_the_job_as_it_is_now(table: Table) -> None:
    job = admit(table, idempotency_key="key").job
    cancelled = transitions.cancel(table, job.key, retention=RETENTION, now=NOW)

    assert admit(table, idempotency_key="key").job == cancelled


def test_a_key_with_another_body_is_refused_and_leaves_nothing(table: Table) -> None:
    admit(table, idempotency_key="key")
    before = kinds(table)

    with pytest.raises(IdempotencyKeyReused):
        admit(table, idempotency_key="key", body_hash="2", url="https://other.example.com/")
    assert kinds(table) == before


def test_a_key_is_forgotten_after_a_day_whether_or_not_it_was_deleted(table: Table) -> None:
    first = admit(table, idempotency_key="key")
    later = admit(table, idempotency_key="key", now=NOW + timedelta(hours=24))

    assert not later.duplicate
    assert later.job.id != first.job.id


@pytest.mark.parametrize("body_hash", ["1", "2"])
def test_a_key_that_outlives_its_job_is_free(table: Table, body_hash: str) -> None:
    job = admit(table).job
    transitions.cancel(table, job.key, retention=timedelta(days=1), now=NOW)
    bound = admit(table, idempotency_key="key", now=NOW + 4 * MINUTE)
    gone = NOW + timedelta(days=1, minutes=2)

    later = admit(table, idempotency_key="key", body_hash=body_hash, now=gone)
    again = admit(table, idempotency_key="key", body_hash=body_hash, now=gone)

    assert (bound.duplicate, bound.job.id) == (True, job.id)
    assert (later.duplicate, later.job.id != job.id) == (False, True)
    assert (again.duplicate, again.job.id) == (True, later.job.id)


def test_the_key_of_one_user_says_nothing_to_another(table: Table) -> None:
    first = admit(table, idempotency_key="key")
    other = admit(table, idempotency_key="key", owner=OTHER, body_hash="2")

    assert not other.duplicate
    assert other.job.id != first.job.id


def test_a_repeated_key_is_answered_beyond_the_quota(table: Table) -> None:
    limits = Quotas(submissions_per_minute=1)
    first = admit(table, idempotency_key="key", limits=limits)
    again = admit(table, idempotency_key="key", limits=limits)

    assert again.job.id == first.job.id
    assert again.quota.remaining == 0


# The same request again


def test_the_same_request_within_five_minutes_is_answered_with_the_earlier_job(
    table: Table,
) -> None:
    first = admit(table)
    again = admit(table, now=NOW + timedelta(minutes=4, seconds=59))

    assert again.duplicate
    assert again.job.id == first.job.id


def test_the_same_request_after_five_minutes_is_a_new_one(table: Table) -> None:
    first = admit(table)
    later = admit(table, now=NOW + timedelta(minutes=5))

    assert not later.duplicate
    assert later.job.id != first.job.id


@pytest.mark.parametrize(
    "other",
    [
        {"url": "https://docs.example.com/b/"},
        {"options": JobOptions(max_pages=7)},
        {"owner": OTHER},
    ],
    ids=str,
)
def test_a_request_for_something_else_is_a_new_one(table: Table, other: dict[str, Any]) -> None:
    admit(table)

    assert not admit(table, **other).duplicate


def test_the_same_request_is_a_new_one_if_forced(table: Table) -> None:
    first = admit(table)
    forced = admit(table, force=True)
    again = admit(table)

    assert not forced.duplicate
    assert again.duplicate
    assert again.job.id == forced.job.id != first.job.id


def test_the_same_request_is_a_new_one_if_the_earlier_job_has_failed(table: Table) -> None:
    job = admit(table).job
    job = transitions.claim(table, job.key, worker_id="w", now=NOW)
    transitions.fail(table, job, a_failure(), retention=RETENTION, now=NOW)
    again = admit(table)

    assert not again.duplicate
    assert admit(table).job.id == again.job.id


def test_a_key_that_came_with_a_repeated_request_stands_for_the_same_job(table: Table) -> None:
    first = admit(table, idempotency_key="a")
    admit(table, idempotency_key="b")
    later = NOW + timedelta(hours=1)

    assert admit(table, idempotency_key="b", now=later).job.id == first.job.id
    with pytest.raises(IdempotencyKeyReused):
        admit(table, idempotency_key="b", body_hash="2", now=later)


# Quotas


def test_exactly_the_quota_is_admitted_and_counted_down(table: Table) -> None:
    left = []
    for _ in range(5):
        left.append(admit(table, force=True, limits=FEW).quota.remaining)
    with pytest.raises(QuotaExceeded) as error:
        admit(table, force=True, limits=FEW)

    assert left == [4, 3, 2, 1, 0]
    assert error.value.quota.violated == "submissions"
    assert error.value.quota.remaining == 0
    assert kinds(table).count("JOB") == 5


def test_processes_that_know_nothing_of_each_other_count_down_together(table: Table) -> None:
    apart = [Quotas(submissions_per_minute=5) for _ in range(5)]
    left = [admit(table, force=True, limits=limits).quota.remaining for limits in apart]

    assert left == [4, 3, 2, 1, 0]
    for limits in apart:
        with pytest.raises(QuotaExceeded):
            admit(table, force=True, limits=limits)


def test_a_refused_submission_may_come_again_when_it_was_told(table: Table) -> None:
    for _ in range(5):
        admit(table, force=True, limits=FEW)
    with pytest.raises(QuotaExceeded) as error:
        admit(table, force=True, limits=FEW)
    wait = error.value.retry_after

    assert timedelta() < wait <= MINUTE
    with pytest.raises(QuotaExceeded):
        admit(table, force=True, limits=FEW, now=NOW + wait - timedelta(seconds=1))
    assert admit(table, force=True, limits=FEW, now=NOW + wait).quota.remaining == 4


def test_the_quota_of_one_user_does_not_touch_another(table: Table) -> None:
    for _ in range(5):
        admit(table, force=True, limits=FEW)

    assert admit(table, owner=OTHER, limits=FEW).quota.remaining == 4


def test_a_user_with_too_many_unfinished_jobs_has_to_wait_for_one(table: Table) -> None:
    limits = Quotas(unfinished_jobs=2)
    jobs = [admit(table, force=True, limits=limits).job for _ in range(2)]
    with pytest.raises(QuotaExceeded) as error:
        admit(table, force=True, limits=limits)
    transitions.cancel(table, jobs[0].key, retention=RETENTION, now=NOW)

    assert error.value.quota.violated == "unfinished"
    assert error.value.retry_after > timedelta()
    assert not admit(table, force=True, limits=limits).duplicate


def test_a_refused_submission_leaves_nothing(table: Table) -> None:
    limits = Quotas(unfinished_jobs=1)
    admit(table, limits=limits)
    before = kinds(table)

    with pytest.raises(QuotaExceeded):
        admit(table, url="https://other.example.com/", idempotency_key="key", limits=limits)
    assert kinds(table) == before


def test_a_clock_that_is_behind_counts_in_the_present_window(table: Table) -> None:
    admit(table, force=True, limits=FEW)

    assert admit(table, force=True, limits=FEW, now=NOW - MINUTE).quota.remaining == 3


# Nothing half-done


def test_a_submission_that_cannot_be_sent_leaves_nothing(table: Table) -> None:
    with pytest.raises(Unavailable):
        admit(table, FaultyQueue([Fault.SILENT]), idempotency_key="key")

    assert kinds(table) == []


def test_a_submission_that_was_taken_back_can_be_made_again(table: Table) -> None:
    limits = Quotas()
    with pytest.raises(Unavailable):
        admit(table, FaultyQueue([Fault.SILENT]), idempotency_key="key", limits=limits)
    again = admit(table, idempotency_key="key", limits=limits)

    assert not again.duplicate
    assert again.quota.remaining == 59


def test_a_submission_whose_message_arrived_after_all_stands(table: Table) -> None:
    class Eager(FaultyQueue):
        """The worker has the job before the API gives up."""

        def enqueue(self, key: Any, *, version: int) -> None:
            transitions.claim(table, key, worker_id="w", now=NOW)
            raise Unavailable

    admitted = admit(table, Eager())

    assert queries.get(table, admitted.job.key, NOW).attempts == 1
    assert violations(everything(table)) == []


def test_a_message_of_a_submission_that_was_taken_back_finds_no_job(table: Table) -> None:
    queue = FaultyQueue([Fault.LOST])
    with pytest.raises(Unavailable):
        admit(table, queue)

    with pytest.raises(JobNotFound):
        queries.get(table, queue.sent[0], NOW)


def test_a_submission_that_answered_another_is_not_taken_back(table: Table) -> None:
    class Slow(FaultyQueue):
        """While the message is being sent, the same request comes again and is answered."""

        def enqueue(self, key: Any, *, version: int) -> None:
            assert admit(table, idempotency_key="key").job.key == key
            raise Unavailable

    first = admit(table, Slow(), idempotency_key="key")

    assert admit(table, idempotency_key="key").job.id == first.job.id
    assert violations(everything(table)) == []


def test_taking_back_leaves_the_name_of_a_later_request(table: Table) -> None:
    class Slow(FaultyQueue):
        """While the message is being sent, the same request is forced."""

        def enqueue(self, key: Any, *, version: int) -> None:
            admit(table, force=True)
            raise Unavailable

    with pytest.raises(Unavailable):
        admit(table, Slow())

    assert admit(table).duplicate
    assert kinds(table).count("JOB") == 1
    assert violations(everything(table)) == []


def test_taking_back_does_not_touch_the_count_of_another_window(table: Table) -> None:
    class Slow(FaultyQueue):
        """While the message is being sent, the minute ends and a submission is made."""

        def enqueue(self, key: Any, *, version: int) -> None:
            admit(table, force=True, now=NOW + MINUTE)
            raise Unavailable

    with pytest.raises(Unavailable):
        admit(table, Slow(), limits=Quotas())

    assert admit(table, force=True, now=NOW + MINUTE).quota.remaining == 58
    assert violations(everything(table)) == []


def test_a_job_whose_api_died_before_sending_is_found_overdue(table: Table) -> None:
    class Dying(FaultyQueue):
        """Ends the process."""

        def enqueue(self, key: Any, *, version: int) -> None:
            raise SystemExit

    with pytest.raises(SystemExit):
        admit(table, Dying())

    late = NOW + SEND_GRACE
    found = [job for shard in DEADLINE_SHARDS for job in overdue(table, shard, late)]
    assert len(found) == 1


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.SILENT, Fault.THROTTLED, Fault.CONFLICT])
def test_one_failing_call_changes_nothing_for_the_caller(table: Table, fault: Fault) -> None:
    queue = FaultyQueue()
    faulty, _ = with_faults(table, [fault])
    admitted = admit(faulty, queue, idempotency_key="key")

    assert not admitted.duplicate
    assert admitted.quota.remaining == 59
    assert queue.sent == [admitted.job.key]
    assert kinds(table) == ["EVENT", "IDEMPOTENCY", "JOB", "QUOTA", "REQUEST"]


def test_a_table_that_does_not_answer_leaves_nothing(table: Table) -> None:
    faulty, _ = with_faults(table, [Fault.LOST] * TRIES)

    with pytest.raises(Unavailable):
        admit(faulty, idempotency_key="key")
    assert kinds(table) == []


def test_a_key_in_dispute_is_in_progress(table: Table) -> None:
    faulty, _ = with_faults(table, [Fault.CONFLICT] * CONFLICT_TRIES)

    with pytest.raises(IdempotencyInProgress):
        admit(faulty, idempotency_key="key")


faults = st.lists(st.sampled_from(Fault), max_size=8)


@given(st.lists(st.tuples(faults, faults), min_size=1, max_size=4))
def test_whatever_fails_a_request_with_a_key_makes_one_job_or_none(
    tries: list[tuple[list[Fault], list[Fault]]],
) -> None:
    with a_table() as table:
        answers = []
        for of_table, of_queue in tries:
            faulty, _ = with_faults(table, of_table)
            try:
                answers.append(admit(faulty, FaultyQueue(of_queue), idempotency_key="key").job.id)
            except (Unavailable, IdempotencyInProgress):
                continue
        items = everything(table)

    jobs = [item["sk"] for item in items if item["sk"].startswith("JOB#")]
    assert len(set(answers)) <= 1
    assert len(jobs) <= 1
    assert not answers or jobs == [f"JOB#{answers[0]}"]
    assert violations(items) == []
