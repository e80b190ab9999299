from datetime import UTC, datetime, timedelta
from uuid import UUID

from docsnap.jobs import (
    CANCELLED,
    COMPLETED,
    FAILED,
    FINISHED,
    TRANSITIONS,
    UNFINISHED,
    JobStatus,
    new_job_id,
    new_token,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import NOW, a_job

LEAVES_TO = {
    "waiting": {"active", "cancelled"},
    "active": {"completed", "delayed", "failed", "cancelled", "waiting"},
    "delayed": {"active", "cancelled"},
    "completed": set(),
    "failed": {"waiting"},
    "cancelled": set(),
}


def test_the_transitions_are_those_of_the_contract() -> None:
    for status in JobStatus:
        targets = {str(edge.target) for edge in TRANSITIONS if edge.source is status}
        assert targets == LEAVES_TO[status]


def test_every_state_is_either_finished_or_not() -> None:
    assert set(JobStatus) == FINISHED | UNFINISHED
    assert {COMPLETED, FAILED, CANCELLED} == FINISHED
    assert [status for status in JobStatus if status.is_finished] == [COMPLETED, FAILED, CANCELLED]


def test_an_unfinished_job_never_expires() -> None:
    assert not a_job().is_expired(NOW + timedelta(days=1000))


def test_a_job_is_gone_at_the_moment_it_expires() -> None:
    job = a_job(COMPLETED)

    assert job.expires_at is not None
    assert job.is_expired(job.expires_at)
    assert not job.is_expired(job.expires_at - timedelta(milliseconds=1))


def test_a_job_has_attempts_left_until_the_last_has_begun() -> None:
    assert a_job(attempts=2).has_attempts_left
    assert not a_job(attempts=3).has_attempts_left


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 10**9),
)
def test_ids_sort_by_time_and_are_uuids_of_version_7(moment: datetime, later: int) -> None:
    first, second = new_job_id(moment), new_job_id(moment + timedelta(milliseconds=later))

    assert first < second
    assert UUID(first).version == 7
    assert UUID(first).variant == "specified in RFC 4122"
    assert UUID(first).int >> 80 == int(moment.timestamp() * 1000)


def test_ids_and_tokens_are_unique() -> None:
    assert len({new_job_id(NOW) for _ in range(1000)}) == 1000
    assert len({new_token() for _ in range(1000)}) == 1000
