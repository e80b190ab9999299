"""`make chaos`: run jobs through every fault, and judge what is left."""

import argparse
import hashlib
import io
import json
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from local import deployment, wait
from local.chaos import callers, checker, workload
from local.chaos.plan import Plan
from local.chaos.proxy import Backend, Proxy
from local.chaos.site import PAGES, Site
from local.stack import Stack, free_port

WORKERS = 5
WORKER_TIMEOUT_SECONDS = 60
PARAMETERS = {
    "BackoffBaseSeconds": "1",
    "SubmissionsPerMinute": "10000",
    "UnfinishedJobsLimit": "100000",
    "WorkerConcurrency": str(WORKERS),
    "WorkerTimeoutSeconds": str(WORKER_TIMEOUT_SECONDS),
}
CALM = 0.1
"""Share of unfinished jobs at which no more faults are injected, and the aftermath is awaited."""
VISIBILITY_SECONDS = 2 * WORKER_TIMEOUT_SECONDS
"""Much shorter than deployed, so that a lost worker's message comes back while the job is at its
next attempt, and the run needs not wait for it."""

SETTLE_SECONDS = 420.0
"""For what is cleaned up once no worker can be left: an invocation's time and a few sweeps."""


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("without a job there is nothing to see: 1 or more")
    return int(text)


def main() -> int:
    """Run, print the verdict, and say by the exit code whether there is any violation."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--jobs", type=_count, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--directory", type=Path, default=deployment.ROOT / ".local" / "chaos")
    arguments = parser.parse_args()
    Stack(arguments.directory).down()
    shutil.rmtree(arguments.directory, ignore_errors=True)
    began = time.monotonic()
    random = Random(arguments.seed)
    plan = Plan(Random(random.random()), is_active=False)
    stack, port, site = Stack(arguments.directory), free_port(), Site()
    backend = Backend(f"http://127.0.0.1:{port}", plan, stack.directory)
    with closing(Proxy(backend)) as proxy, closing(site):
        stack = Stack(arguments.directory, environment={"AWS_ENDPOINT_URL": proxy.url})
        try:
            print(f"Deploying a stack of its own (seed {arguments.seed}) …", flush=True)
            stack.up(port=port, parameters=PARAMETERS)
            load = _workload(stack, site, random)
            load.client("sqs").set_queue_attributes(
                QueueUrl=load.stack["queueUrl"],
                Attributes={"VisibilityTimeout": str(VISIBILITY_SECONDS)},
            )
            _run(load, plan, arguments.jobs)
            seen = _observe(load)
        finally:
            stack.down()
    return _report(load, plan, seen, time.monotonic() - began)


def _workload(stack: Stack, site: Site, random: Random) -> workload.Workload:
    def strike(port: int) -> None:
        pid = callers.caller(port, stack.directory)
        if pid is not None:
            callers.kill(pid)

    site.strike = strike
    return workload.Workload(
        stack=stack.describe(),
        tokens={name: stack.token(name, ttl=4 * 3600) for name in workload.USERS},
        session=deployment.session(),
        site=site,
        site_url=site.start(),
        random=Random(random.random()),
    )


def _run(load: workload.Workload, plan: Plan, jobs: int) -> None:
    plan.is_active = True
    disturber = threading.Thread(target=load.disturb, name="disturber")
    disturber.start()
    try:
        load.submit(jobs)
        print(f"{jobs} jobs accepted, each once.", flush=True)
        _await(load, int(CALM * jobs), within=60 + 8 * jobs)
    finally:
        plan.is_active = False
        load.stopped.set()
        disturber.join()
    print("No more faults: what is left has to come right by itself.", flush=True)
    _await(load, 0, within=600)
    wait.until(lambda: _is_settled(load), within=SETTLE_SECONDS)


def _await(load: workload.Workload, most: int, *, within: float) -> None:
    def left() -> int:
        return workload.unfinished(load.states(), load.accepted)

    if not wait.until(lambda: left() <= most, within=within, every=2.0):
        print(f"Still unfinished after {within:.0f} s: {left()}", flush=True)


def _is_settled(load: workload.Workload) -> bool:
    owed = any("deadlineAt" in item for item in load.items())
    return not owed and not any(_queue(load).values())


def _queue(load: workload.Workload) -> dict[str, int]:
    names = {
        "visible": "ApproximateNumberOfMessages",
        "inFlight": "ApproximateNumberOfMessagesNotVisible",
        "delayed": "ApproximateNumberOfMessagesDelayed",
    }
    found = load.client("sqs").get_queue_attributes(
        QueueUrl=load.stack["queueUrl"], AttributeNames=list(names.values())
    )["Attributes"]
    return {name: int(found[attribute]) for name, attribute in names.items()}


def _observe(load: workload.Workload) -> checker.Observation:
    items = list(load.items())
    return checker.Observation(
        accepted=load.accepted,
        items=items,
        queue=_queue(load),
        dead_letters=_dead_letters(load),
        objects=_objects(load),
        downloads=_downloads(load),
        stats={
            owner: answer.json()["stats"]
            for owner in workload.USERS
            if (answer := load.call(owner, "GET", "/api/jobs/stats"))
        },
        requests=sorted(load.site.requests, key=lambda request: request[1]),
        pages=PAGES,
        workers=WORKERS,
    )


def _dead_letters(load: workload.Workload) -> list[str]:
    queue, found = load.client("sqs"), []
    while messages := queue.receive_message(
        QueueUrl=load.stack["deadLetterQueueUrl"], MaxNumberOfMessages=10, VisibilityTimeout=600
    ).get("Messages"):
        found += [json.loads(message["Body"])["id"] for message in messages]
    return found


def _objects(load: workload.Workload) -> list[str]:
    pages = load.client("s3").get_paginator("list_objects_v2")
    return [
        each["Key"]
        for page in pages.paginate(Bucket=load.stack["bucketName"])
        for each in page.get("Contents", [])
    ]


def _downloads(load: workload.Workload) -> dict[str, tuple[str, int] | str]:
    states = load.states()
    found: dict[str, tuple[str, int] | str] = {}
    for job, accepted in load.accepted.items():
        if states.get(job) != "completed":
            continue
        answer = load.call(accepted.owner, "GET", f"/api/jobs/{job}/result?redirect=false")
        if answer is None:
            found[job] = "no answer"
        elif answer.status_code == 200:
            found[job] = _inspect(httpx2.get(answer.json()["url"]).content)
        else:
            found[job] = f"{answer.status_code} {answer.text[:200]}"
    return found


def _inspect(bundle: bytes) -> tuple[str, int]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        name = next(each for each in archive.namelist() if each.endswith("manifest.json"))
        manifest: Mapping[str, Any] = json.loads(archive.read(name))
    return hashlib.sha256(bundle).hexdigest(), len(manifest["pages"])


def _report(load: workload.Workload, plan: Plan, seen: checker.Observation, seconds: float) -> int:
    states = [item["status"] for item in seen.jobs.values()]
    print("\nFaults injected:", ", ".join(f"{n} {fault}" for fault, n in plan.injected.items()))
    print("Disturbances:   ", ", ".join(f"{n} {name}" for name, n in load.disturbances.items()))
    print("Jobs:           ", ", ".join(f"{states.count(s)} {s}" for s in sorted(set(states))))
    spans = checker.recoveries(seen)
    if spans:
        middle = spans[len(spans) // 2]
        print(f"Workers lost:    {len(spans)}; recovered after {middle:.0f} s (median), ", end="")
        print(f"{spans[-1]:.0f} s (slowest)")
    print(f"Took:            {time.strftime('%M:%S', time.gmtime(seconds))} min\n")
    verdict = checker.judge(seen)
    for rule, violations in verdict.items():
        print(f"{rule.replace('_', ' '):32} {len(violations):5}")
        for violation in violations[:10]:
            print(f"    {violation.job}: {violation.detail}")
    total = sum(map(len, verdict.values()))
    print(f"\n{'No violation.' if total == 0 else f'{total} violations.'}")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
