from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from local.chaos.__main__ import main
from local.chaos.checker import RULES, Accepted, Observation, judge, recoveries

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
DIGEST = sha256(b"bundle")
DONE = (("submit", "waiting", 0), ("claim", "active", 1), ("complete", "completed", 1))
FAILED = (*DONE[:2], ("fail", "failed", 1))
LOST = (("submit", "waiting", 0), ("claim", "active", 1), ("rescue", "waiting", 1))

Item = dict[str, Any]


def at(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def a_job(job: str = "a", status: str = "completed", **attributes: Any) -> Item:
    published = {"prefix": f"results/u/{job}/t/", "files": {"zip": [6, DIGEST.digest()]}}
    return {
        "pk": "USER#u",
        "sk": f"JOB#{job}",
        "status": status,
        "attempts": 1,
        "leaseToken": "t",
        **({"result": published} if status == "completed" else {}),
        **attributes,
    }


def a_history(
    job: str = "a", verbs: Any = DONE, *, worker: str = "w", first: float = 0
) -> list[Item]:
    return [
        {
            "pk": f"JOB#{job}",
            "sk": f"EVENT#{n:08d}#00",
            "at": at(first + n),
            "verb": verb,
            "status": status,
            "attempt": attempt,
            "workerId": worker,
        }
        for n, (verb, status, attempt) in enumerate(verbs)
    ]


def a_run(**changes: Any) -> Observation:
    """Make what is left of a run in which one job was completed as it should be."""
    seen = {
        "accepted": {"a": Accepted(owner="ada", number=0, kind="healthy")},
        "items": [a_job(), *a_history()],
        "queue": {"visible": 0, "inFlight": 0, "delayed": 0},
        "dead_letters": [],
        "objects": ["results/u/a/t/documentation.zip"],
        "downloads": {"a": (DIGEST.hexdigest(), 6)},
        "stats": {"ada": {"completed": 1}},
        "requests": [(0, (START + timedelta(seconds=1.5)).timestamp())],
        "pages": 6,
        "workers": 5,
    }
    return Observation(**seen | changes)


def six_at_once() -> Observation:
    jobs = [f"j{n}" for n in range(6)]
    return a_run(
        accepted={
            job: Accepted(owner="ada", number=n, kind="healthy") for n, job in enumerate(jobs)
        },
        items=[item for job in jobs for item in (a_job(job), *a_history(job))],
        objects=[],
        downloads={job: (DIGEST.hexdigest(), 6) for job in jobs},
        stats={"ada": {"completed": 6}},
    )


def three_attempts_and_one() -> list[Item]:
    lost = [step for n in (1, 2, 3) for step in (("claim", "active", n), ("rescue", "waiting", n))]
    return a_history(verbs=(DONE[0], *lost, ("claim", "active", 4), ("complete", "completed", 4)))


PLANTED: dict[str, Callable[[], Observation]] = {
    "one_final_state": lambda: a_run(items=[a_job(status="active"), *a_history(verbs=DONE[:2])]),
    "nothing_unaccepted": lambda: a_run(accepted={}, stats={}),
    "legal_transitions": lambda: a_run(
        items=[a_job(), *a_history(verbs=(DONE[0], ("complete", "completed", 1)))]
    ),
    "completed_once": lambda: a_run(items=[a_job(), *a_history(verbs=(*DONE, DONE[-1]))]),
    "published_under_lease": lambda: a_run(items=[a_job(leaseToken="other"), *a_history()]),
    "attempts_within_limit": lambda: a_run(items=[a_job(attempts=4), *three_attempts_and_one()]),
    "nothing_begun_anew": lambda: a_run(
        items=[a_job(), *a_history(verbs=(*FAILED, ("redrive", "waiting", 1), *DONE[1:]))]
    ),
    "workers_within_limit": six_at_once,
    "bucket_without_orphans": lambda: a_run(objects=["results/u/a/overtaken/documentation.zip"]),
    "results_whole": lambda: a_run(downloads={"a": (DIGEST.hexdigest(), 5)}),
    "queues_as_they_should_be": lambda: a_run(dead_letters=["a"]),
    "accounts_agree": lambda: a_run(stats={"ada": {"completed": 2}}),
    "ends_as_it_must": lambda: a_run(
        items=[
            a_job(status="failed", error={"code": "internal_error", "retryable": True}),
            *a_history(verbs=FAILED),
        ]
    ),
}


def test_a_run_in_which_nothing_went_wrong_breaks_no_rule() -> None:
    assert not any(judge(a_run()).values())


def test_there_is_a_planted_violation_for_every_rule() -> None:
    assert PLANTED.keys() == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_violation_is_found(rule: str) -> None:
    assert judge(PLANTED[rule]())[rule]


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("one_final_state", {"items": []}),
        (
            "published_under_lease",
            {"items": [a_job(), *a_history()[:2], *a_history(worker="v")[2:]]},
        ),
        ("bucket_without_orphans", {"objects": ["checkpoints/u/a"]}),
        ("results_whole", {"downloads": {}}),
        ("results_whole", {"downloads": {"a": ("0" * 64, 6)}}),
        ("queues_as_they_should_be", {"queue": {"visible": 0, "inFlight": 1, "delayed": 0}}),
        ("accounts_agree", {"items": [a_job(), *a_history(verbs=DONE[:2])]}),
        (
            "accounts_agree",
            {"items": [a_job(), *a_history(), {"pk": "u", "sk": "QUOTA", "active": 1}]},
        ),
        ("ends_as_it_must", {"accepted": {"a": Accepted(owner="ada", number=0, kind="deadly")}}),
    ],
)
def test_a_violation_is_found_in_its_other_guises(rule: str, change: dict[str, Any]) -> None:
    assert judge(a_run(**change))[rule]


def test_a_lost_worker_counts_as_working_until_its_last_sign_of_life_only() -> None:
    seen = six_at_once()
    lost = [*a_history("j0", verbs=LOST), *a_history("j0", verbs=DONE[1:], first=10)]
    renumbered = [{**event, "sk": f"EVENT#{n:08d}#00"} for n, event in enumerate(lost)]
    others = [item for item in seen.items if item["pk"] != "JOB#j0"]
    later = [
        {**item, "at": at(1.7 + index % 3)} if item["sk"].startswith("EVENT") else item
        for index, item in enumerate(others)
    ]

    seen = replace(seen, items=[*later, *renumbered], requests=[(0, START.timestamp() + 0.4)])

    assert not judge(seen)["workers_within_limit"]


def test_a_recovery_is_measured_from_the_last_sign_of_life() -> None:
    history = a_history(verbs=(*LOST[:2], ("rescue", "waiting", 1)))
    history[2]["at"] = at(61.5)

    assert recoveries(a_run(items=[a_job(), *history])) == [pytest.approx(60.0)]


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_a_run_without_jobs_is_no_run_without_violations(
    jobs: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["make chaos", f"--jobs={jobs}"])

    with pytest.raises(SystemExit) as refused:
        main()

    assert refused.value.code == 2
    assert "1 or more" in capsys.readouterr().err
