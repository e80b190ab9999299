"""A stack of the benchmarks' own: template.yaml, deployed to the emulator under .local/bench."""

import json
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from benchmarks.environments import PLACE, Missing
from local.errors import StackError
from local.stack import Stack, free_port

FINISHED = ("completed", "failed", "cancelled")
PATIENCE = 600.0
"""Seconds for all jobs of a measurement."""


@dataclass(frozen=True, slots=True)
class Api:
    """The API, for one user."""

    url: str
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Ask, and give the JSON of the answer."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def submit(self, items: Sequence[Mapping[str, object]]) -> list[str]:
        """Submit jobs, 25 at a time, and give their ids."""
        ids = []
        for first in range(0, len(items), 25):
            answer = self.call("POST", "/api/generate-docs/batch", {"items": items[first:][:25]})
            ids += [entry["job"]["id"] for entry in answer["items"]]
        return ids

    def finished(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Wait for all of the jobs, and give them as they ended."""
        until = time.monotonic() + PATIENCE
        found = []
        for id in ids:
            job = self.call("GET", f"/api/jobs/{id}")["job"]
            while job["status"] not in FINISHED:
                if time.monotonic() > until:
                    raise TimeoutError(f"job {id} is {job['status']}")
                time.sleep(1)
                job = self.call("GET", f"/api/jobs/{id}")["job"]
            found.append(job)
        return found


def moment(job: Mapping[str, Any], name: str) -> float:
    """Read a time of a job, in seconds."""
    return datetime.fromisoformat(job[name]).timestamp()


@contextmanager
def a_stack(**parameters: str) -> Iterator[Api]:
    """Bring a stack up, and take it down at the end.

    Raises:
        Missing: It does not come up.
    """
    stack = Stack(PLACE / "stack")
    generous = {"SubmissionsPerMinute": "100000", "UnfinishedJobsLimit": "100000"}
    try:
        stack.up(port=free_port(), parameters={**generous, **parameters})
        api = str(stack.describe()["apiUrl"])
        yield Api(api, stack.token("benchmarks"))
    except StackError as error:
        raise Missing(str(error)) from error
    finally:
        stack.down()
