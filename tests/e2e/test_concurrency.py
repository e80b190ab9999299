from collections.abc import Mapping
from typing import Any

import pytest

from local import wait
from tests.support.deployed import Deployed, SlowSite, most_at_once, seconds_between, served

pytestmark = pytest.mark.stack
WORKERS = 5
TRIES = 3
"""Of a measurement that other work on the machine can only make worse."""


@pytest.fixture(autouse=True)
def nobody_else_waits(stack: Deployed) -> None:
    """A user leaves workers to others who wait: here the jobs shall have all of them."""
    assert wait.until(lambda: is_idle(stack, "ann"), within=180, every=1)


def is_idle(stack: Deployed, user: str) -> bool:
    counts = stack.client(user).stats()["stats"]
    return not any(counts[status] for status in ("waiting", "active", "delayed"))


def documented(stack: Deployed, urls: list[str]) -> list[Mapping[str, Any]]:
    """Submit all of them and wait for the last."""
    client = stack.client("dave")
    ids = [client.submit(url, force=True).id for url in urls]
    return [client.wait(job_id, timeout=300).fields for job_id in ids]


def gain(stack: Deployed, url: str) -> float:
    """How many times faster five jobs are done together than one after the other."""
    (one,) = documented(stack, [f"{url}/alone/"])
    five = documented(stack, [f"{url}/site{n}/" for n in range(WORKERS)])
    first = min(five, key=lambda job: job["startedAt"])
    last = max(five, key=lambda job: job["finishedAt"])
    assert {job["status"] for job in (one, *five)} == {"completed"}
    return WORKERS * seconds_between(one, one) / seconds_between(first, last)


def test_five_jobs_on_a_slow_site_take_the_time_of_one(stack: Deployed) -> None:
    site = SlowSite(pages=8, seconds=1)
    with served(site) as url:
        documented(stack, [f"{url}/warm{n}/" for n in range(WORKERS)])  # cold starts are no part
        gains = []
        while len(gains) < TRIES and max(gains, default=0) <= 3:
            gains.append(gain(stack, url))

    assert max(gains) > 3, gains
    assert site.at_once == WORKERS


def test_no_more_than_five_jobs_run_at_once(stack: Deployed) -> None:
    site = SlowSite(pages=3, seconds=1)
    with served(site) as url:
        jobs = documented(stack, [f"{url}/many{n}/" for n in range(2 * WORKERS)])

    assert {job["status"] for job in jobs} == {"completed"}
    assert most_at_once(jobs) <= WORKERS
    assert site.at_once <= WORKERS
