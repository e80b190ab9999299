"""Whatever happens in whatever order, with calls failing and answers getting lost on the way."""

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from docsnap import queries, transitions
from docsnap.admission import Submission, submit
from docsnap.errors import LeaseError, RequestError, Unavailable
from docsnap.items import DEADLINE_SHARDS, Item, epoch, iso, job_key
from docsnap.jobs import ACTIVE, COMPLETED, Job, JobKey, JobStatus
from docsnap.quotas import Quotas
from docsnap.table import Table
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.aws import a_table, everything, with_faults
from tests.support.builders import OTHER, OWNER, RETENTION, a_failure, a_result
from tests.support.clock import Clock
from tests.support.due import overdue
from tests.support.faults import Fault, FaultyQueue
from tests.support.invariants import violations

LIMITS = {"submissions_per_minute": 20, "unfinished_jobs": 5}
MOST_ACTIVE = 3

faults = st.lists(st.sampled_from([Fault.NONE] * 6 + [*Fault]), max_size=4)
picks = st.integers(0, 10**6)


@dataclass(frozen=True)
class Message:
    """A message in the queue."""

    key: JobKey
    redriven: Any = None


class Jobs(RuleBasedStateMachine):
    """Users, workers, the sweeper, the queue and the clock, each doing what it may at any time."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.table = self._stack.enter_context(a_table())
        self.clock = Clock()
        self.queue: list[Message] = []
        self.workers: list[Job] = []
        """What every worker that ever claimed a job believes of it, the dead ones included."""
        self.accepted: dict[str, JobKey] = {}
        self.completed: dict[str, Item] = {}

    def teardown(self) -> None:
        try:
            self._all_accepted_jobs_end_without_help()
        finally:
            self._stack.close()

    # The users

    @rule(
        owner=st.sampled_from([OWNER, OTHER]),
        key=st.sampled_from([None, None, "a", "b"]),
        force=st.booleans(),
        site=st.integers(0, 2),
        of_table=faults,
        of_queue=faults,
    )
    def submit(
        self,
        owner: str,
        key: str | None,
        force: bool,
        site: int,
        of_table: list[Fault],
        of_queue: list[Fault],
    ) -> None:
        queue = FaultyQueue(of_queue)
        request = Submission(
            owner=owner,
            url=f"https://site{site}.example.com/",
            idempotency_key=key,
            body_hash=str(site),
            force=force,
            webhook_url="https://hooks.example.com/" if site else None,
        )
        try:
            admitted = submit(
                self._faulty(of_table), queue, request, now=self.clock(), limits=Quotas(**LIMITS)
            )
            self.accepted[admitted.job.id] = admitted.job.key
        except (RequestError, Unavailable):
            pass
        self.queue += [Message(sent) for sent in queue.sent]

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, of_table=faults)
    def cancel(self, pick: int, of_table: list[Fault]) -> None:
        key = self._pick(pick, list(self.accepted.values()))
        self._try(
            lambda table: transitions.cancel(table, key, retention=RETENTION, now=self.clock()),
            of_table,
        )

    @precondition(lambda self: self.accepted)
    @rule(pick=picks, of_table=faults, is_sent=st.booleans())
    def retry(self, pick: int, of_table: list[Fault], is_sent: bool) -> None:
        key = self._pick(pick, list(self.accepted.values()))
        job = self._try(lambda table: transitions.retry(table, key, now=self.clock()), of_table)
        if job and is_sent:
            self.queue.append(Message(key))

    # The queue and its operator

    @precondition(lambda self: self.queue)
    @rule(pick=picks)
    def lose_a_message(self, pick: int) -> None:
        self.queue.remove(self._pick(pick, self.queue))

    @precondition(lambda self: self.accepted)
    @rule(pick=picks)
    def redrive(self, pick: int) -> None:
        key = self._pick(pick, list(self.accepted.values()))
        self.queue.append(Message(key, self.clock()))

    # The workers

    @precondition(lambda self: self.queue)
    @rule(pick=picks, again=st.booleans(), lasts=st.sampled_from([None, 30, 900]), of_table=faults)
    def deliver(self, pick: int, again: bool, lasts: int | None, of_table: list[Fault]) -> None:
        message = self._pick(pick, self.queue)
        before = self._item(message.key)
        job = self._try(
            lambda table: transitions.claim(
                table,
                message.key,
                worker_id=f"worker-{len(self.workers)}",
                now=self.clock(),
                ends_at=self.clock() + timedelta(seconds=lasts) if lasts else None,
                redriven_at=message.redriven,
                max_active_per_owner=MOST_ACTIVE,
            ),
            of_table,
        )
        if job:
            assert not self._is_held(before), "the job was taken from a living worker"
            self.workers.append(job)
        if not again:
            self.queue.remove(message)

    @precondition(lambda self: self.workers)
    @rule(pick=picks, progress=st.integers(0, 100), of_table=faults)
    def renew(self, pick: int, progress: int, of_table: list[Fault]) -> None:
        job = self._pick(pick, self.workers)
        now = self.clock()
        renewed = self._write(
            job,
            lambda table: transitions.renew(table, job, stage="s", progress=progress, now=now),
            of_table,
        )
        if renewed:
            assert renewed.progress >= job.progress
            self.workers[self.workers.index(job)] = renewed

    @precondition(lambda self: self.workers)
    @rule(pick=picks, of_table=faults, is_sent=st.booleans())
    def hand_on(self, pick: int, of_table: list[Fault], is_sent: bool) -> None:
        job = self._pick(pick, self.workers)
        now = self.clock()
        handed = self._write(
            job,
            lambda table: transitions.hand_on(table, job, retention=RETENTION, now=now),
            of_table,
        )
        if handed and is_sent:
            self.queue.append(Message(job.key))

    @precondition(lambda self: self.workers)
    @rule(pick=picks, leftovers=st.booleans(), of_table=faults)
    def complete(self, pick: int, leftovers: bool, of_table: list[Fault]) -> None:
        job = self._pick(pick, self.workers)
        now = self.clock()
        self._write(
            job,
            lambda table: transitions.complete(
                table, job, a_result(), retention=RETENTION, leftovers=leftovers, now=now
            ),
            of_table,
        )

    @precondition(lambda self: self.workers)
    @rule(pick=picks, leftovers=st.booleans(), of_table=faults)
    def fail(self, pick: int, leftovers: bool, of_table: list[Fault]) -> None:
        job = self._pick(pick, self.workers)
        now = self.clock()
        self._write(
            job,
            lambda table: transitions.fail(
                table, job, a_failure(), retention=RETENTION, leftovers=leftovers, now=now
            ),
            of_table,
        )

    @precondition(lambda self: self.workers)
    @rule(pick=picks, seconds=st.integers(0, 900), of_table=faults)
    def delay(self, pick: int, seconds: int, of_table: list[Fault]) -> None:
        job = self._pick(pick, self.workers)
        now = self.clock()
        self._write(
            job,
            lambda table: transitions.delay(
                table, job, a_failure(), until=now + timedelta(seconds=seconds), now=now
            ),
            of_table,
        )

    # The sweeper, the clock, and DynamoDB's own deleting

    @rule(of_table=faults)
    def sweep(self, of_table: list[Fault]) -> None:
        for shard in DEADLINE_SHARDS:
            for job in list(overdue(self.table, shard, self.clock())):
                self._put_right(job, of_table)

    @rule(seconds=st.sampled_from([1, 5, 20, 50, 120, 1000]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds=seconds)

    @rule(days=st.integers(1, 9))
    def much_time_passes(self, days: int) -> None:
        self.clock.advance(days=days)

    @rule()
    def expired_items_are_deleted(self) -> None:
        for item in everything(self.table):
            if int(item.get("expiresAt", 10**12)) <= epoch(self.clock()):
                key = {name: {"S": item[name]} for name in ("pk", "sk")}
                self.table._client.delete_item(TableName=self.table.name, Key=key)

    # What holds at any time

    @invariant()
    def the_table_is_consistent(self) -> None:
        items = everything(self.table)
        assert violations(items, self.clock()) == []
        jobs = [item for item in items if item["sk"].startswith("JOB#")]
        for job in jobs:
            if job["status"] == COMPLETED:
                published = self.completed.setdefault(job["sk"], job)
                assert published["leaseToken"] == job["leaseToken"], "published twice"
        active = Counter(job["pk"] for job in jobs if job["status"] == ACTIVE)
        assert max(active.values(), default=0) <= MOST_ACTIVE

    @rule(owner=st.sampled_from([OWNER, OTHER]))
    def look(self, owner: str) -> None:
        """Every reader says the same, and nothing of what has expired."""
        now = self.clock()
        jobs = queries.list_jobs(self.table, owner, now=now, limit=100).jobs
        counts = queries.count(self.table, owner, now)
        assert counts == {status: sum(job.status is status for job in jobs) for status in JobStatus}
        for job in jobs:
            assert not job.is_expired(now)
            history = queries.history(self.table, job.key, now)
            assert [event.status for event in history if event.status][-1] is job.status

    def _all_accepted_jobs_end_without_help(self) -> None:
        """Only the sweeper and workers that complete what they get are left."""
        for _ in range(60):
            if not self._left():
                return
            self.clock.advance(minutes=5)
            self.sweep(of_table=[])
            for message in self.queue:
                job = self._try(
                    lambda table, message=message: transitions.claim(
                        table, message.key, worker_id="last", now=self.clock()
                    )
                )
                if job:
                    self._try(
                        lambda table, job=job: transitions.complete(
                            table, job, a_result(), retention=RETENTION, now=self.clock()
                        )
                    )
            self.queue.clear()
        assert self._left() == [], "left to do for ever"

    def _left(self) -> list[Item]:
        now = epoch(self.clock())
        return [
            item
            for item in everything(self.table)
            if item["sk"].startswith("JOB#")
            and "deadlineAt" in item
            and item.get("expiresAt", now + 1) > now
        ]

    # How it is done

    def _put_right(self, job: Job, of_table: list[Fault]) -> None:
        now = self.clock()
        if job.status is ACTIVE:
            saved = self._try(
                lambda table: transitions.rescue(table, job, retention=RETENTION, now=now),
                of_table,
            )
            assert not (saved and self._is_held_at(job, now)), "rescued from a living worker"
        elif job.is_finished:
            saved = None
            self._try(lambda table: transitions.cleaned(table, job, now=now), of_table)
        else:
            saved = self._try(lambda table: transitions.resent(table, job, now=now), of_table)
        if saved and not saved.is_finished:
            self.queue.append(Message(job.key))

    def _write(self, job: Job, change: Any, of_table: list[Fault]) -> Job | None:
        """Write as a worker does; one without the lease must not get anything written."""
        before = self._item(job.key)
        has_lease = bool(
            before
            and job.lease
            and before.get("leaseToken") == job.lease.token
            and before["status"] == ACTIVE
        )
        try:
            return self._try(change, of_table)
        finally:
            if not has_lease:
                assert self._item(job.key) == before, "written without a lease"

    def _try(self, change: Any, of_table: list[Fault] | None = None) -> Job | None:
        try:
            changed: Job = change(self._faulty(of_table or []))
        except (LeaseError, RequestError, Unavailable):
            return None
        return changed

    def _faulty(self, of_table: list[Fault]) -> Table:
        return with_faults(self.table, of_table)[0]

    def _item(self, key: JobKey) -> Item | None:
        return self.table.get(job_key(key))

    def _is_held(self, item: Item | None) -> bool:
        return bool(
            item and item["status"] == ACTIVE and item["leaseExpiresAt"] > iso(self.clock())
        )

    def _is_held_at(self, job: Job, now: Any) -> bool:
        return job.lease is not None and job.lease.expires_at > now

    @staticmethod
    def _pick(pick: int, things: list[Any]) -> Any:
        return things[pick % len(things)]


class TestAnyInterleaving(Jobs.TestCase):  # type: ignore[misc,valid-type]
    """A short run, for every day."""

    settings = settings(
        max_examples=8,
        stateful_step_count=40,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@pytest.mark.slow
class TestAnyInterleavingAtLength(Jobs.TestCase):  # type: ignore[misc,valid-type]
    """A long run. It shows what it finds as it found it: to shrink that takes longer than the run.

    What was found is remembered: the same test with `phases` left out begins with it, and shrinks.
    """

    settings = settings(
        TestAnyInterleaving.settings,
        max_examples=80,
        stateful_step_count=80,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
    )
