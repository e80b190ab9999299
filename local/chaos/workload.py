"""What is asked of the stack during a run, and what of it is disturbed?"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, cast

import httpx2
from boto3 import Session

from local.chaos.checker import FINAL, Accepted
from local.chaos.site import Part, Site
from local.identity import user_id

USERS = ("ada", "ben", "cy", "dee")
CALLERS = 4
"""Submissions under way at once."""
TRIES = 100
"""Of a submission that is not answered; the key makes them one."""
PAUSE_SECONDS = 0.5
KINDS = {"deadly": 0.02, "failing": 0.03, "missing": 0.03, "flaky": 0.08, "healthy": 0.84}
"""Shares of the jobs by how their part of the site behaves."""
CANCELLED = 0.05
"""Share of the healthy jobs that their owners cancel."""
PARTS: Mapping[str, Callable[[], Part]] = {
    "deadly": lambda: Part(is_deadly=True),
    "failing": lambda: Part(outages=1_000_000),
    "missing": lambda: Part(is_missing=True),
    "flaky": lambda: Part(outages=5),
    "healthy": Part,
}


@dataclass(slots=True)
class Workload:
    """The jobs of a run, their owners, and who disturbs them."""

    stack: Mapping[str, Any]
    """What stack.json holds."""
    tokens: Mapping[str, str]
    """By owner."""
    session: Session
    site: Site
    site_url: str
    random: Random
    accepted: dict[str, Accepted] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)
    disturbances: dict[str, int] = field(default_factory=lambda: {"duplicates": 0, "sweeps": 0})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, service: str) -> Any:
        """Make a client that reaches the emulator undisturbed."""
        return self.session.client(cast(Any, service), endpoint_url=str(self.stack["endpointUrl"]))

    def submit(self, jobs: int) -> None:
        """Submit that many jobs of several users, each until the API says yes."""
        kinds = self._kinds(jobs)
        owners = [self.random.choice((*USERS, USERS[0])) for _ in kinds]
        with ThreadPoolExecutor(CALLERS) as pool:
            list(pool.map(self._submit, range(jobs), owners, kinds))

    def disturb(self) -> None:
        """Until stopped: repeat messages, sweep twice at once, and cancel."""
        doomed = self.random.sample(sorted(USERS), k=len(USERS))
        with ThreadPoolExecutor(4) as pool:
            while not self.stopped.wait(1.0):
                if self.random.random() < 0.5:
                    pool.submit(self._repeat)
                if self.random.random() < 0.05:
                    pool.submit(self._sweep)
                    pool.submit(self._sweep)
                self._cancel(self.random.choice(doomed))

    def states(self) -> dict[str, str]:
        """Read the state of every job, from the table itself."""
        return {
            item["sk"][4:]: item["status"] for item in self.items() if item["sk"].startswith("JOB#")
        }

    def items(self) -> Iterator[dict[str, Any]]:
        """Read the whole table."""
        table = self.session.resource("dynamodb", endpoint_url=str(self.stack["endpointUrl"]))
        options: dict[str, Any] = {"ConsistentRead": True}
        while True:
            page = table.Table(str(self.stack["tableName"])).scan(**options)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            options["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def call(self, owner: str, method: str, path: str, **options: Any) -> httpx2.Response | None:
        """Call the API; None when no answer came."""
        headers = {"authorization": f"Bearer {self.tokens[owner]}", **options.pop("headers", {})}
        try:
            return httpx2.request(
                method, f"{self.stack['apiUrl']}{path}", headers=headers, timeout=60, **options
            )
        except httpx2.HTTPError:
            return None

    def _kinds(self, jobs: int) -> list[str]:
        kinds = [kind for kind, share in KINDS.items() for _ in range(max(1, int(jobs * share)))]
        first = [kind for kind in kinds if kind == "deadly"]  # they take the longest
        rest = [kind for kind in kinds if kind != "deadly"]
        rest = (rest + ["healthy"] * jobs)[: jobs - len(first)]
        self.random.shuffle(rest)
        return first + rest

    def _submit(self, number: int, owner: str, kind: str) -> None:
        self.site.parts[number] = PARTS[kind]()
        body = {
            "url": f"{self.site_url}/job-{number}/",
            "options": {"formats": ["markdown", "json"], "maxPages": 20},
        }
        for _ in range(TRIES):
            answer = self.call(
                owner,
                "POST",
                "/api/generate-docs",
                json=body,
                headers={"idempotency-key": f"chaos-{number}"},
            )
            if answer is not None and answer.status_code in {200, 202}:
                with self._lock:
                    job = answer.json()["job"]["id"]
                    self.accepted[job] = Accepted(owner=owner, number=number, kind=kind)
                return
            self.stopped.wait(PAUSE_SECONDS)
        raise RuntimeError(f"Job {number} was never accepted: {answer and answer.text}")

    def _cancel(self, owner: str) -> None:
        with self._lock:
            candidates = [
                (job, accepted)
                for job, accepted in self.accepted.items()
                if accepted.owner == owner and accepted.kind == "healthy" and not accepted.cancelled
            ]
            done = sum(accepted.cancelled for accepted in self.accepted.values())
        if not candidates or done >= CANCELLED * len(self.accepted):
            return
        job, accepted = candidates[-1]
        with self._lock:
            self.accepted[job] = replace(accepted, cancelled=True)
        self.call(owner, "POST", f"/api/jobs/{job}/cancel")

    def _repeat(self) -> None:
        """Send a message for a job that had one, as a late or repeated delivery does."""
        with self._lock:
            if not self.accepted:
                return
            job = self.random.choice(sorted(self.accepted))
            owner = user_id(self.accepted[job].owner)
        self.client("sqs").send_message(
            QueueUrl=self.stack["queueUrl"],
            MessageBody=json.dumps({"owner": owner, "id": job, "version": 1}),
            DelaySeconds=self.random.choice((0, 0, 5, 30)),
        )
        self.disturbances["duplicates"] += 1

    def _sweep(self) -> None:
        functions = self.client("lambda")
        names = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
        sweeper = next(name for name in names if "Sweeper" in name)
        functions.invoke(FunctionName=sweeper, InvocationType="Event", Payload=b"{}")
        self.disturbances["sweeps"] += 1


def unfinished(states: Mapping[str, str], accepted: Mapping[str, Accepted]) -> int:
    """Count the accepted jobs that are in no final state."""
    return sum(states.get(job) not in FINAL for job in accepted)
