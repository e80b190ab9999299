from collections.abc import Iterator
from datetime import timedelta

import pytest
from docsnap import queries, transitions
from docsnap.errors import CancelRequested, LeaseLost
from docsnap.jobs import ACTIVE, Job
from docsnap.keeper import Keeper, Rhythm
from docsnap.transitions import LEASE

from tests.support.builders import RETENTION, a_job, stored
from tests.support.system import System
from tests.support.wait import until

TICK = timedelta(milliseconds=2)
RENEWING = Rhythm(look=TICK, renew=timedelta(seconds=14))


@pytest.fixture
def job(system: System) -> Job:
    system.freeze()
    return stored(system.table, a_job(ACTIVE, at=system.clock()))


@pytest.fixture
def keeper(system: System, job: Job) -> Iterator[Keeper]:
    with Keeper(system.table, job, clock=system.clock, rhythm=RENEWING) as made:
        yield made


def looks(system: System) -> int:
    return system.faults.calls["GetItem"]


def writes(system: System) -> int:
    return system.faults.calls["UpdateItem"]


def test_a_silent_attempt_keeps_its_lease(system: System, job: Job, keeper: Keeper) -> None:
    for _ in range(6):
        system.advance(seconds=15)
        now = system.clock()
        until(lambda now=now: system.look(job).lease.expires_at >= now + LEASE - TICK * 500)

    keeper.check()
    assert system.sweep().repairs == {}


def test_progress_is_written_every_two_seconds_at_first(
    system: System, job: Job, keeper: Keeper
) -> None:
    keeper.note("crawling", 1)
    system.advance(seconds=1)
    seen = looks(system)
    until(lambda: looks(system) > seen + 2)
    assert system.look(job).progress == 0

    system.advance(seconds=1.5)

    until(lambda: system.look(job).progress == 1)


def test_progress_of_a_long_job_is_written_less_often(
    system: System, job: Job, keeper: Keeper
) -> None:
    system.advance(seconds=100)
    until(lambda: writes(system) == 1)
    keeper.note("crawling", 50)
    system.advance(seconds=5)
    seen = looks(system)
    until(lambda: looks(system) > seen + 2)
    assert system.look(job).progress == 0

    system.advance(seconds=7)

    until(lambda: system.look(job).progress == 50)


def test_an_attempt_without_progress_writes_only_renewals(
    system: System, job: Job, keeper: Keeper
) -> None:
    before = writes(system)
    for _ in range(4):
        system.advance(seconds=2)
        seen = looks(system)
        until(lambda seen=seen: looks(system) > seen + 1)

    assert writes(system) == before


def test_a_cancellation_is_learnt_without_writing(system: System, job: Job, keeper: Keeper) -> None:
    transitions.cancel(system.table, job.key, retention=RETENTION, now=system.clock())

    def is_told() -> bool:
        try:
            keeper.note("crawling", 1)
        except CancelRequested:
            return True
        return False

    until(is_told)


def test_a_job_that_is_gone_is_a_lost_lease(system: System, job: Job, keeper: Keeper) -> None:
    key = {"pk": {"S": f"USER#{job.owner}"}, "sk": {"S": f"JOB#{job.id}"}}
    system.dynamodb.delete_item(TableName=system.table.name, Key=key)

    def is_told() -> bool:
        try:
            keeper.check()
        except LeaseLost:
            return True
        return False

    until(is_told)


def test_a_table_that_does_not_answer_for_a_while_costs_nothing(
    system: System, job: Job, keeper: Keeper
) -> None:
    system.faults.refuse("UpdateItem")
    system.faults.refuse("GetItem")
    system.advance(seconds=20)
    until(lambda: system.faults.calls["UpdateItem"] > 6)
    keeper.check()

    system.faults.heal()

    until(lambda: queries.get(system.table, job.key, system.clock()).version > job.version)


def test_two_looks_and_a_page_are_less_than_the_five_seconds_that_are_promised() -> None:
    assert Rhythm().look * 2 + timedelta(seconds=1) <= timedelta(seconds=5)
    assert Rhythm().renew * 3 <= LEASE
