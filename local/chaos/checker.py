"""Is everything as it should be after a run? Judges what is left, knowing nothing of our code.

It reads items, messages and objects as a stranger would, by the names that the contract and the
design give them, so that a mistake in the code under test is not repeated in its judge.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

type Item = Mapping[str, Any]

FINAL = {"completed", "failed", "cancelled"}
LEAVES_TO = {
    None: {"waiting"},
    "waiting": {"active", "cancelled"},
    "active": {"completed", "delayed", "failed", "cancelled", "waiting"},
    "delayed": {"active", "cancelled"},
    "failed": {"waiting"},
    "completed": set(),
    "cancelled": set(),
}
"""The contract's table of states."""

MAX_ATTEMPTS = 3
NEW_CYCLE = {"retry", "redrive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A job that the API said yes to, and what is known of it."""

    owner: str
    number: int
    """Of its part of the site."""
    kind: str
    """healthy, flaky, missing, failing or deadly: how its part of the site behaves."""
    cancelled: bool = False
    """Whether its owner asked for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """All that is left of a run."""

    accepted: Mapping[str, Accepted]
    items: Sequence[Item]
    queue: Mapping[str, int]
    """Messages by visible, inFlight, delayed."""
    dead_letters: Sequence[str]
    """Ids of the jobs that the messages in the dead-letter queue name."""
    objects: Sequence[str]
    """Keys in the bucket."""
    downloads: Mapping[str, tuple[str, int] | str]
    """Of every completed job: SHA-256 of the bundle as fetched, and the pages in its manifest;
    or what the API said instead."""
    stats: Mapping[str, Mapping[str, int]]
    """By owner, as the API counts."""
    requests: Sequence[tuple[int, float]]
    """Number of the part and time of every request that the site saw."""
    pages: int
    workers: int
    histories: Mapping[str, list[Item]] = field(init=False)
    jobs: Mapping[str, Item] = field(init=False)

    def __post_init__(self) -> None:
        jobs = {item["sk"][4:]: item for item in self.items if item["sk"].startswith("JOB#")}
        histories: dict[str, list[Item]] = defaultdict(list)
        for item in sorted(self.items, key=lambda item: str(item["sk"])):
            if item["sk"].startswith("EVENT#"):
                histories[item["pk"][4:]].append(item)
        object.__setattr__(self, "jobs", jobs)
        object.__setattr__(self, "histories", histories)


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not be."""

    rule: str
    job: str
    detail: str


type Finding = tuple[str, str]
"""A job (or what else is wrong) and in which way."""


def one_final_state(seen: Observation) -> Iterator[Finding]:
    """Each accepted job is in exactly one final state."""
    for job in seen.accepted:
        found = [item for item in seen.items if item["sk"] == f"JOB#{job}"]
        if len(found) != 1:
            yield job, f"{len(found)} items in the table"
        elif found[0]["status"] not in FINAL:
            yield job, f"is {found[0]['status']}"


def nothing_unaccepted(seen: Observation) -> Iterator[Finding]:
    """There is no job that no caller was told of."""
    for job in seen.jobs.keys() - seen.accepted.keys():
        yield job, "was never accepted"


def legal_transitions(seen: Observation) -> Iterator[Finding]:
    """States follow each other as the contract's table has it."""
    for job in seen.jobs:
        states = [None, *_states(seen.histories[job])]
        for before, after in pairwise(states):
            if after not in LEAVES_TO[before]:
                yield job, f"went from {before} to {after}"


def completed_once(seen: Observation) -> Iterator[Finding]:
    """No job is completed twice."""
    for job, history in seen.histories.items():
        times = [event["verb"] for event in history].count("complete")
        if times > 1:
            yield job, f"completed {times} times"


def published_under_lease(seen: Observation) -> Iterator[Finding]:
    """What is published was published by the worker that held the lease."""
    for job, item in seen.jobs.items():
        if item["status"] != "completed":
            continue
        token = item["result"]["prefix"].rstrip("/").rpartition("/")[2]
        if token != item.get("leaseToken"):
            yield job, "published under another lease"
        claims = [event for event in seen.histories[job] if event["verb"] == "claim"]
        done = [event for event in seen.histories[job] if event["verb"] == "complete"]
        if claims and done and claims[-1].get("workerId") != done[-1].get("workerId"):
            yield job, "completed by a worker that had not claimed it last"


def attempts_within_limit(seen: Observation) -> Iterator[Finding]:
    """There are never more than three attempts in a cycle."""
    for job, history in seen.histories.items():
        claimed: set[int] = set()
        for event in history:
            if event["verb"] in NEW_CYCLE:
                claimed.clear()
            elif event["verb"] == "claim":
                claimed.add(int(event["attempt"]))
                if len(claimed) > MAX_ATTEMPTS or max(claimed) > MAX_ATTEMPTS:
                    yield job, f"attempt {max(claimed)}"


def nothing_begun_anew(seen: Observation) -> Iterator[Finding]:
    """No finished job begins anew: nobody retries or redrives during a run."""
    for job, history in seen.histories.items():
        for event in history:
            if event["verb"] in NEW_CYCLE:
                yield job, f"began anew by {event['verb']}, and nobody asked"


def workers_within_limit(seen: Observation) -> Iterator[Finding]:
    """There are never more than five jobs being worked at at once."""
    changes: list[tuple[float, int, str]] = []
    for job in seen.jobs:
        for begin, end in _worked_at(seen, job):
            changes += [(begin, 1, job), (end, -1, job)]
    active = 0
    for at, change, job in sorted(changes, key=lambda each: (each[0], each[1])):
        active += change
        if change > 0 and active > seen.workers:
            yield job, f"{active} at once at {at:.3f}"


def bucket_without_orphans(seen: Observation) -> Iterator[Finding]:
    """The bucket holds published results, and checkpoints of jobs that may go on; nothing else."""
    published = tuple(
        item["result"]["prefix"] for item in seen.jobs.values() if item["status"] == "completed"
    )
    resumable = {job for job, item in seen.jobs.items() if item["status"] == "failed"}
    for key in seen.objects:
        parts = key.split("/")
        is_checkpoint = parts[0] == "checkpoints" and parts[-1] in resumable
        if not (is_checkpoint or key.startswith(published or ("\0",))):
            yield key, "belongs to nothing"


def results_whole(seen: Observation) -> Iterator[Finding]:
    """What a completed job promises can be fetched, and is all there."""
    for job, item in seen.jobs.items():
        if item["status"] != "completed":
            continue
        download = seen.downloads.get(job, "not completed when it was asked for")
        if isinstance(download, str):
            yield job, f"cannot be fetched: {download}"
            continue
        digest, pages = download
        _, declared = _file(item)
        if digest != declared:
            yield job, "was fetched with another hash than declared"
        if pages != seen.pages:
            yield job, f"has {pages} of {seen.pages} pages"


def queues_as_they_should_be(seen: Observation) -> Iterator[Finding]:
    """The queue is empty, and each dead letter is of a failed job."""
    for kind, number in seen.queue.items():
        if number:
            yield "queue", f"{number} {kind}"
    for job in seen.dead_letters:
        status = seen.jobs.get(job, {}).get("status")
        if status != "failed":
            yield job, f"is {status}, and among the dead letters"


def accounts_agree(seen: Observation) -> Iterator[Finding]:
    """Status, history, counts and quotas tell the same."""
    for job, item in seen.jobs.items():
        states = _states(seen.histories[job])
        if not states or states[-1] != item["status"]:
            yield job, f"is {item['status']}, its history ends with {states[-1:] or 'nothing'}"
    for owner, stats in seen.stats.items():
        counted: dict[str, int] = defaultdict(int)
        for job, accepted in seen.accepted.items():
            if accepted.owner == owner and job in seen.jobs:
                counted[seen.jobs[job]["status"]] += 1
        for status in LEAVES_TO:
            if status and stats.get(status, 0) != counted[status]:
                yield owner, f"{stats.get(status, 0)} {status} by the API, {counted[status]} found"
    for item in seen.items:
        if item["sk"] == "QUOTA" and (item.get("unfinished") or item.get("active")):
            yield item["pk"], f"{item.get('unfinished')} unfinished, {item.get('active')} active"


def ends_as_it_must(seen: Observation) -> Iterator[Finding]:
    """A job ends in the way that its site, its owner and its losses demand."""
    for job, accepted in seen.accepted.items():
        item = seen.jobs.get(job)
        if item is None or item["status"] not in FINAL:
            continue
        problem = _unexpected(accepted, item)
        if problem:
            yield job, f"{accepted.kind} site: {problem}"


RULES: tuple[Callable[[Observation], Iterator[Finding]], ...] = (
    one_final_state,
    nothing_unaccepted,
    legal_transitions,
    completed_once,
    published_under_lease,
    attempts_within_limit,
    nothing_begun_anew,
    workers_within_limit,
    bucket_without_orphans,
    results_whole,
    queues_as_they_should_be,
    accounts_agree,
    ends_as_it_must,
)


def judge(seen: Observation) -> dict[str, list[Violation]]:
    """Hold what is left against every rule; an empty list means that the rule holds."""
    return {
        rule.__name__: [Violation(rule.__name__, job, detail) for job, detail in rule(seen)]
        for rule in RULES
    }


def recoveries(seen: Observation) -> list[float]:
    """Measure, for each worker lost, how long until its job was taken up: seconds, ascending."""
    spans = []
    for job, history in seen.histories.items():
        for event in history:
            if event["verb"] == "rescue":
                at = _seconds(event["at"])
                spans.append(at - _last_sign(seen, job, before=at))
    return sorted(spans)


def _unexpected(accepted: Accepted, item: Item) -> str | None:
    status, code = item["status"], (item.get("error") or {}).get("code")
    if status == "cancelled":
        return None if accepted.cancelled else "cancelled, and nobody asked"
    if accepted.kind in {"missing", "failing", "deadly"}:
        return None if status == "failed" else f"{status}, though it cannot be done"
    if status == "failed" and not (
        int(item["attempts"]) == MAX_ATTEMPTS and item["error"]["retryable"]
    ):
        return f"failed with {code} after {item['attempts']} attempts"
    return None


def _file(item: Item) -> tuple[int, str]:
    size, digest = item["result"]["files"]["zip"]
    return int(size), bytes(digest).hex()


def _states(history: Sequence[Item]) -> list[str]:
    return [event["status"] for event in history if event.get("status")]


def _worked_at(seen: Observation, job: str) -> Iterator[tuple[float, float]]:
    """Say when a worker was at the job. One that was lost was so until its last sign of life."""
    begin = None
    for event in seen.histories[job]:
        if event["verb"] == "claim":
            begin = _seconds(event["at"])
        elif begin is not None and event.get("status"):
            end = _seconds(event["at"])
            if event["verb"] == "rescue":
                end = max(begin, _last_sign(seen, job, before=end))
            yield begin, end
            begin = None


def _last_sign(seen: Observation, job: str, *, before: float) -> float:
    claims = [
        _seconds(event["at"])
        for event in seen.histories[job]
        if event["verb"] == "claim" and _seconds(event["at"]) < before
    ]
    number = seen.accepted[job].number
    requests = [at for part, at in seen.requests if part == number and at < before]
    return max([*claims[-1:], *requests[-1:]], default=before)


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
