from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from uuid import uuid4

import pytest
from docsnap import queries, transitions
from docsnap.errors import InvalidCursor, JobNotFound
from docsnap.items import DEADLINE_SHARDS, EVENT_RETENTION, encode_job
from docsnap.jobs import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    DELAYED,
    FAILED,
    SEND_GRACE,
    WAITING,
    Job,
    JobKey,
    JobStatus,
    new_token,
)
from docsnap.table import Table, Write
from hypothesis import given
from hypothesis import strategies as st

from tests.support.aws import with_faults
from tests.support.builders import NOW, OTHER, OWNER, RETENTION, a_failure, a_job, a_key, stored
from tests.support.due import overdue

AFTER = NOW + RETENTION


def some_jobs(table: Table, number: int, status: JobStatus = WAITING) -> list[Job]:
    """Store jobs, and return them newest first."""
    moments = (NOW + timedelta(seconds=n) for n in range(number))
    return [stored(table, a_job(status, at=moment)) for moment in moments][::-1]


def pages(table: Table, limit: int, status: JobStatus | None = None) -> Iterator[list[str]]:
    cursor = None
    while True:
        page = queries.list_jobs(table, OWNER, now=NOW, limit=limit, cursor=cursor, status=status)
        yield [job.id for job in page.jobs]
        cursor = page.cursor
        if cursor is None:
            return


# One job


def test_a_job_is_read_as_it_was_written(table: Table) -> None:
    job = stored(table, a_job(COMPLETED))

    assert queries.get(table, job.key, NOW) == job


def test_the_job_of_somebody_else_is_not_there(table: Table) -> None:
    job = stored(table, a_job())

    with pytest.raises(JobNotFound):
        queries.get(table, job.key._replace(owner=OTHER), NOW)
    with pytest.raises(JobNotFound):
        queries.history(table, job.key._replace(owner=OTHER), NOW)


def test_an_expired_job_is_gone_for_every_reader_though_it_is_still_stored(table: Table) -> None:
    job = transitions.cancel(table, stored(table, a_job()).key, retention=RETENTION, now=NOW)
    late = replace(job, key=a_key(), deadline_at=NOW)
    table.write([Write(operation="Put", target=encode_job(late))], token=new_token())

    for gone in (job, late):
        with pytest.raises(JobNotFound):
            queries.get(table, gone.key, AFTER)
        with pytest.raises(JobNotFound):
            queries.history(table, gone.key, AFTER)
    assert queries.list_jobs(table, OWNER, now=AFTER).jobs == ()
    assert queries.list_jobs(table, OWNER, now=AFTER, status=CANCELLED).jobs == ()
    assert queries.count(table, OWNER, AFTER)[CANCELLED] == 0
    assert list(overdue(table, "finished", AFTER)) == []


def test_the_history_of_a_retried_job_outlives_the_expiry_it_had(table: Table) -> None:
    job = transitions.claim(table, stored(table, a_job()).key, worker_id="w", now=NOW)
    failure = replace(a_job(FAILED)).error
    assert failure is not None
    transitions.fail(table, job, failure, retention=RETENTION, now=NOW)
    transitions.retry(table, job.key, now=NOW)

    verbs = [event.verb for event in queries.history(table, job.key, AFTER)]
    assert verbs == ["claim", "fail", "retry"]


def a_waiting_job(table: Table) -> Job:
    return stored(table, a_job())


def a_retried_job(table: Table) -> Job:
    return transitions.retry(table, stored(table, a_job(FAILED)).key, now=NOW)


def an_active_job(table: Table) -> Job:
    return transitions.claim(table, stored(table, a_job()).key, worker_id="w", now=NOW)


def a_delayed_job(table: Table) -> Job:
    until = NOW + timedelta(seconds=9)
    return transitions.delay(table, an_active_job(table), a_failure(), until=until, now=NOW)


def a_job_handed_on(table: Table) -> Job:
    return transitions.hand_on(table, an_active_job(table), retention=RETENTION, now=NOW)


def a_rescued_job(table: Table) -> Job:
    later = NOW + timedelta(minutes=5)
    return transitions.rescue(table, an_active_job(table), retention=RETENTION, now=later)


@pytest.mark.parametrize(
    ("make", "verb"),
    [
        (a_waiting_job, "submit"),
        (a_retried_job, "retry"),
        (an_active_job, "claim"),
        (a_delayed_job, "delay"),
        (a_job_handed_on, "hand_on"),
        (a_rescued_job, "rescue"),
    ],
)
def test_a_job_that_nobody_touched_for_longer_than_events_are_kept_tells_its_state_itself(
    table: Table, make: Callable[[Table], Job], verb: str
) -> None:
    job = make(table)

    (told,) = queries.history(table, job.key, NOW + EVENT_RETENTION + timedelta(minutes=6))

    assert (told.verb, told.status) == (verb, job.status)
    assert (told.attempt, told.error) == (job.attempts, job.error)
    assert told.at - job.updated_at < timedelta(seconds=1)


# Lists


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_all_jobs_are_listed_newest_first_whatever_the_size_of_a_page(
    table: Table, limit: int
) -> None:
    jobs = some_jobs(table, 7)
    found = list(pages(table, limit))

    assert [*chain(*found)] == [job.id for job in jobs]
    assert all(len(page) == limit for page in found[:-1])
    assert found[-1]


@pytest.mark.parametrize("limit", [1, 2, 100])
@pytest.mark.parametrize("status", [WAITING, COMPLETED])
def test_the_jobs_of_one_status_are_listed_newest_first(
    table: Table, limit: int, status: JobStatus
) -> None:
    mixed = [
        stored(table, a_job(kind, at=NOW + timedelta(seconds=n)))
        for n, kind in enumerate([WAITING, COMPLETED, DELAYED, WAITING, COMPLETED, WAITING])
    ]
    found = list(pages(table, limit, status))

    assert [*chain(*found)] == [job.id for job in reversed(mixed) if job.status is status]


def test_a_user_without_jobs_gets_an_empty_list(table: Table) -> None:
    stored(table, a_job(owner=OTHER))

    assert queries.list_jobs(table, OWNER, now=NOW) == queries.JobPage(jobs=(), cursor=None)


def test_expired_jobs_do_not_shorten_a_page(table: Table) -> None:
    gone = [a_job(COMPLETED, at=NOW + timedelta(seconds=n), expires_at=NOW) for n in range(20)]
    for job in gone:
        stored(table, job)
    kept = [stored(table, a_job(COMPLETED, at=NOW - timedelta(seconds=n))) for n in range(5)]

    for status in (None, COMPLETED):
        page = queries.list_jobs(table, OWNER, now=NOW, limit=5, status=status)
        assert page == queries.JobPage(jobs=tuple(kept), cursor=None)


@pytest.mark.parametrize("status", [None, WAITING])
def test_a_list_goes_on_where_it_stopped_though_jobs_were_added(
    table: Table, status: JobStatus | None
) -> None:
    jobs = some_jobs(table, 4)
    first = queries.list_jobs(table, OWNER, now=NOW, limit=2, status=status)
    stored(table, a_job(at=NOW + timedelta(hours=1)))
    second = queries.list_jobs(table, OWNER, now=NOW, limit=2, status=status, cursor=first.cursor)

    assert [job.id for job in second.jobs] == [job.id for job in jobs[2:]]


@pytest.mark.parametrize(("owner", "status"), [(OTHER, None), (OWNER, WAITING)])
def test_a_cursor_holds_for_the_list_that_gave_it(
    table: Table, owner: str, status: JobStatus | None
) -> None:
    for n in range(3):
        stored(table, a_job(owner=owner, at=NOW + timedelta(seconds=10 + n)))
    of_another = queries.list_jobs(table, owner, now=NOW, limit=1, status=status).cursor

    assert of_another
    with pytest.raises(InvalidCursor):
        queries.list_jobs(table, OWNER, now=NOW, cursor=of_another)


def test_a_cursor_is_good_in_all_its_characters_or_not_at_all(table: Table) -> None:
    some_jobs(table, 2)
    cursor = queries.list_jobs(table, OWNER, now=NOW, limit=1).cursor or ""

    for n, character in enumerate(cursor):
        changed = cursor[:n] + ("A" if character != "A" else "B") + cursor[n + 1 :]
        with pytest.raises(InvalidCursor):
            queries.list_jobs(table, OWNER, now=NOW, cursor=changed)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "==",
        "ü",
        "A" * 31,
        "A" * 32,
        "A" * 10_000,
        "a b",
        urlsafe_b64encode(bytes(16)).decode(),
        urlsafe_b64encode(bytes(24)).decode(),
    ],
)
def test_a_cursor_that_no_page_has_given_is_refused(table: Table, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        queries.list_jobs(table, OWNER, now=NOW, cursor=cursor)


def test_no_cursor_breaks_a_list(table: Table) -> None:
    @given(st.text(min_size=1, max_size=40))
    def check(cursor: str) -> None:
        try:
            assert queries.list_jobs(table, OWNER, now=NOW, cursor=cursor).jobs == ()
        except InvalidCursor:
            return

    check()


@pytest.mark.parametrize("status", [None, WAITING])
def test_a_list_is_one_call(table: Table, status: JobStatus | None) -> None:
    some_jobs(table, 30)
    counting, client = with_faults(table)
    queries.list_jobs(counting, OWNER, now=NOW, limit=20, status=status)

    assert client.calls == ["query"]


# Counts


def test_own_jobs_are_counted_by_status_in_one_call(table: Table) -> None:
    for status in [WAITING, WAITING, ACTIVE, COMPLETED, FAILED]:
        stored(table, a_job(status))
    stored(table, a_job(owner=OTHER))
    counting, client = with_faults(table)

    assert queries.count(counting, OWNER, NOW) == {
        WAITING: 2,
        ACTIVE: 1,
        DELAYED: 0,
        COMPLETED: 1,
        FAILED: 1,
        CANCELLED: 0,
    }
    assert client.calls == ["query"]


def test_the_history_is_one_call(table: Table) -> None:
    job = transitions.claim(table, stored(table, a_job()).key, worker_id="w", now=NOW)
    counting, client = with_faults(table)
    queries.history(counting, job.key, NOW)

    assert client.calls == ["query"]


# What is overdue


def test_overdue_jobs_are_found_the_longest_overdue_first(table: Table) -> None:
    moments = [NOW + timedelta(seconds=n) for n in (3, 1, 2)]
    jobs = [stored(table, a_job(ACTIVE, deadline_at=moment)) for moment in moments]
    stored(table, a_job(ACTIVE, deadline_at=NOW + timedelta(seconds=9)))

    found = [job.id for job in overdue(table, "active", NOW + timedelta(seconds=5))]
    assert found == [jobs[1].id, jobs[2].id, jobs[0].id]


def test_overdue_jobs_are_read_page_by_page(table: Table) -> None:
    for _ in range(60):
        stored(table, a_job(DELAYED, deadline_at=NOW))
    counting, client = with_faults(table)

    found = overdue(counting, "delayed", NOW)
    assert len([next(found) for _ in range(25)]) == 25
    assert client.calls == ["query", "batch_get_item"]
    assert len(list(found)) == 35


def test_every_unfinished_job_is_found_by_the_shards_once_it_is_overdue(table: Table) -> None:
    statuses = [WAITING] * 20 + [ACTIVE, DELAYED]
    jobs = [stored(table, a_job(status, owner=str(uuid4()))) for status in statuses]
    late = NOW + SEND_GRACE

    found = [job.id for shard in DEADLINE_SHARDS for job in overdue(table, shard, late)]
    assert sorted(found) == sorted(job.id for job in jobs)


def test_nothing_overdue_costs_a_query_a_shard(table: Table) -> None:
    some_jobs(table, 50)
    counting, client = with_faults(table)
    for shard in DEADLINE_SHARDS:
        assert list(overdue(counting, shard, NOW)) == []

    assert client.calls == ["query"] * 7


def test_the_jobs_of_all_owners_that_run_or_are_in_backoff_are_counted(table: Table) -> None:
    statuses = [WAITING] * 20 + [ACTIVE] * 3 + [DELAYED, COMPLETED, FAILED]
    for status in statuses:
        stored(table, a_job(status, owner=str(uuid4())))

    assert queries.in_progress(table) == {ACTIVE: 3, DELAYED: 1}


def test_counting_ends_where_there_are_many(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_MANY", 3)
    for _ in range(5):
        stored(table, a_job(DELAYED))

    assert queries.in_progress(table)[DELAYED] == 3


# Who else waits


def waiting(table: Table, now: datetime = NOW) -> list[JobKey]:
    return list(queries.waiting_of_others(table, OWNER, now))


def test_the_jobs_of_others_are_found_behind_any_number_of_ones_own(table: Table) -> None:
    some_jobs(table, 10)
    assert waiting(table) == []

    other = stored(table, a_job(owner=OTHER))
    assert waiting(table) == [other.key]


def test_a_job_in_backoff_waits_once_that_has_passed(table: Table) -> None:
    due_at = NOW + timedelta(minutes=1)
    job = stored(table, a_job(DELAYED, owner=OTHER, deadline_at=due_at + SEND_GRACE))

    assert waiting(table, due_at - timedelta(seconds=1)) == []
    assert waiting(table, due_at) == [job.key]


@pytest.mark.parametrize("status", [ACTIVE, COMPLETED, FAILED, CANCELLED])
def test_a_job_that_is_active_or_finished_does_not_wait(table: Table, status: JobStatus) -> None:
    stored(table, a_job(status, owner=OTHER, deadline_at=NOW))

    assert waiting(table) == []
