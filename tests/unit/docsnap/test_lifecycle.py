import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from docgen.engine import Stage
from docsnap import lifecycle
from docsnap.errors import DocSnapError
from docsnap.jobs import ACTIVE, TRANSITIONS, Job, JobStatus

from tests.support.builders import NOW, RETENTION, a_failure, a_job, a_lease, a_result

LATER = NOW + timedelta(minutes=10)
DOCUMENT = Path("docs/job-lifecycle.md")

DECISIONS: dict[str, Any] = {
    "claim": lambda job: lifecycle.claimed(job, a_lease(), redriven_at=LATER, now=NOW),
    "claim late": lambda job: lifecycle.claimed(job, a_lease(), redriven_at=None, now=LATER),
    "renew": lambda job: lifecycle.renewed(job, job, stage="s", progress=1, now=NOW),
    "hand_on": lambda job: lifecycle.handed_on(job, job, retention=RETENTION, now=NOW),
    "complete": lambda job: lifecycle.completed(
        job, job, a_result(), retention=RETENTION, leftovers=True, now=NOW
    ),
    "delay": lambda job: lifecycle.delayed(job, job, a_failure(), until=LATER, now=NOW),
    "fail": lambda job: lifecycle.failed(
        job, job, a_failure(), retention=RETENTION, leftovers=False, now=NOW
    ),
    "rescue": lambda job: lifecycle.rescued(job, retention=RETENTION, now=LATER),
    "cancel": lambda job: lifecycle.cancelled(job, retention=RETENTION, now=NOW),
    "retry": lambda job: lifecycle.retried(job, now=NOW),
    "resent": lambda job: lifecycle.resent(job, now=LATER),
    "cleaned": lifecycle.cleaned,
}
JOBS = [
    a_job(status, attempts=attempts, hops=hops)
    for status in JobStatus
    for attempts in (1, 3)
    for hops in (0, 99)
]


def steps() -> set[tuple[str, JobStatus, JobStatus]]:
    """Everything that any decision makes of any job, step by step."""
    taken = set()
    for name, decide in DECISIONS.items():
        for job in JOBS:
            try:
                step = decide(job)
            except DocSnapError:
                continue
            before = job.status
            for event in step.events:
                taken.add((name.split()[0], before, event.status))
                before = event.status
            assert before is step.job.status, "a change without an event"
    return taken


def test_what_is_decided_is_what_the_table_of_transitions_allows() -> None:
    table = {(edge.verb, edge.source, edge.target) for edge in TRANSITIONS if edge.source}

    assert steps() == table


def test_the_document_has_the_transitions_of_the_code() -> None:
    rows = re.findall(r"^\| (\S+) \| (\w+) \| (\w+) \| (\w+) \|", DOCUMENT.read_text(), re.M)
    table = {
        (str(edge.source or "new"), str(edge.target), edge.verb, actor)
        for edge in TRANSITIONS
        for actor in edge.actors
    }

    assert sorted(rows[1:]) == sorted(table)


def test_the_diagram_has_the_transitions_of_the_code() -> None:
    drawn = re.findall(r"^    (\S+) --> (\w+): (.*)$", DOCUMENT.read_text(), re.M)
    edges = {
        (source.replace("[*]", "None"), target, verb)
        for source, target, verbs in drawn
        for verb in verbs.split(", ")
    }

    assert edges == {(str(edge.source), str(edge.target), edge.verb) for edge in TRANSITIONS}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{job.status}-{job.attempts}-{job.hops}")
def test_no_decision_changes_whose_job_it_is_or_what_was_asked_for(job: Job) -> None:
    for decide in DECISIONS.values():
        try:
            after = decide(job).job
        except DocSnapError:
            continue
        for name in ("key", "url", "options", "created_at", "max_attempts", "webhook_url"):
            assert getattr(after, name) == getattr(job, name)


@pytest.mark.parametrize("job", JOBS, ids=lambda job: f"{job.status}-{job.attempts}-{job.hops}")
def test_after_every_decision_somebody_looks_after_an_unfinished_job(job: Job) -> None:
    for decide in DECISIONS.values():
        try:
            after = decide(job).job
        except DocSnapError:
            continue
        assert after.is_finished == (after.expires_at is not None)
        assert after.is_finished or after.deadline_at is not None
        assert (after.status is ACTIVE) <= (after.lease is not None)


def test_a_claimed_job_is_at_what_the_engine_begins_with() -> None:
    step = lifecycle.claimed(a_job(), a_lease(), redriven_at=None, now=NOW)

    assert step.job.stage == next(iter(Stage))
