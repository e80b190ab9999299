"""Is what a table of jobs holds consistent? Item by item, past every index and every reader."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise

from docsnap.items import EVENT_RETENTION, Item, decode_event, decode_job, encode_job
from docsnap.jobs import ACTIVE, TRANSITIONS, UNFINISHED, Job, JobEvent
from docsnap.queries import last_change

from tests.support.builders import NOW

_EDGES = {(edge.source, edge.target) for edge in TRANSITIONS}
_BEGINNINGS = {"submit", "retry", "redrive"}


def violations(items: Iterable[Item], now: datetime = NOW) -> list[str]:
    """Say everything that is wrong with the items of a table.

    A job that has been deleted after its expiry may leave events, which expire later. The history
    of a job that lives for longer than events are kept lacks its beginning.
    """
    items = list(items)
    jobs = {item["sk"][4:]: item for item in items if item["sk"].startswith("JOB#")}
    events: dict[str, list[JobEvent]] = defaultdict(list)
    for item in sorted(items, key=lambda item: str(item["sk"])):
        if item["sk"].startswith("EVENT#"):
            events[item["pk"][4:]].append(decode_event(item))
    return [
        *(f"{job_id}: {wrong}" for job_id in jobs for wrong in _of_item(jobs[job_id])),
        *(
            f"{job_id}: {wrong}"
            for job_id in jobs
            for wrong in _of_history(decode_job(jobs[job_id]), events.pop(job_id, []), now)
        ),
        *(
            f"{job_id}: events without a job"
            for job_id, its_events in events.items()
            if not any(event.job_expires_at for event in its_events)
        ),
        *_of_names(items, jobs),
        *_of_load(items, [decode_job(item) for item in jobs.values()]),
    ]


def _of_item(item: Item) -> Iterator[str]:
    job = decode_job(item)
    written = {name: value for name, value in item.items() if name != "writeId"}
    if encode_job(job) != written:
        yield f"the item says otherwise than the job: {written}"
    if not job.is_finished and (job.deadline_at is None or job.expires_at is not None):
        yield "unfinished, but nobody would look after it"
    if job.is_finished and not (job.finished_at and job.expires_at):
        yield "finished, but for ever"
    if job.attempts > job.max_attempts:
        yield "too many attempts"
    if (job.status is ACTIVE) != (job.lease is not None) and not job.is_finished:
        yield "a lease without an attempt, or the reverse"


def _of_history(job: Job, events: list[JobEvent], now: datetime) -> Iterator[str]:
    changes = [event for event in events if event.status]
    statuses = [None, *(event.status for event in changes)]
    if job.created_at + EVENT_RETENTION <= now:
        statuses = statuses[1:] or [last_change(job).status]
        changes = _whole_cycles(changes)
    for edge in pairwise(statuses):
        if edge not in _EDGES:
            yield f"went from {edge[0]} to {edge[1]}"
    if statuses[-1] is not job.status:
        yield f"is {job.status}, but its history ends with {statuses[-1]}"
    if changes and changes[-1].job_expires_at != job.expires_at:
        yield "expires otherwise than its history says"
    yield from _of_attempts(job, changes)
    if changes and not job.is_finished:
        told, known = changes[-1], last_change(job)
        if (told.verb, told.status) != (known.verb, known.status):
            yield f"came to its state by {told.verb}, and says by {known.verb}"
    completions = sum(event.verb == "complete" for event in changes)
    if completions > 1:
        yield f"completed {completions} times"


def _of_attempts(job: Job, changes: list[JobEvent]) -> Iterator[str]:
    attempts: set[int] = set()
    for event in changes:
        if event.verb in _BEGINNINGS:
            attempts = set()
        if event.verb == "claim":
            attempts.add(event.attempt)
        if len(attempts) > job.max_attempts or attempts - {*range(1, len(attempts) + 1)}:
            yield f"attempts of one cycle: {attempts}"


def _whole_cycles(changes: list[JobEvent]) -> list[JobEvent]:
    """Leave out what is left of a cycle whose beginning is gone."""
    begun = [n for n, event in enumerate(changes) if event.verb in _BEGINNINGS]
    return changes[begun[0] :] if begun else []


def _of_names(items: list[Item], jobs: dict[str, Item]) -> Iterator[str]:
    for item in items:
        if item["sk"].startswith(("IDEMPOTENCY#", "REQUEST#")) and item["jobId"] not in jobs:
            yield f"{item['sk']}: names a job that is not there"


def _of_load(items: list[Item], jobs: list[Job]) -> Iterator[str]:
    unfinished = Counter(job.owner for job in jobs if job.status in UNFINISHED)
    active = Counter(job.owner for job in jobs if job.status is ACTIVE)
    for item in items:
        if item["sk"] == "QUOTA":
            owner = item["pk"][5:]
            counted = int(item.get("unfinished", 0)), int(item.get("active", 0))
            if counted != (unfinished[owner], active[owner]):
                real = unfinished[owner], active[owner]
                yield f"{owner}: {counted} counted, {real} unfinished and active"
