"""Jobs that do nothing, through everything that is around a job; and through BullMQ and Redis.

DocSnap: submitted to the deployed local stack in batches over HTTPS's part, a transaction and a
message each, claimed by a worker, which finds at one request that the page is gone, and the job
failed for good, with its history. BullMQ: added in bulk, worked off by a worker that does nothing.
"""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import deployed, environments, site
from benchmarks.children import run as run_child
from benchmarks.environments import Missing
from benchmarks.measure import ROUNDS, ratios, spread, table
from local.stack import free_port

QUESTION = "How many jobs that do nothing get through in a second?"
JOBS = 100
BULL_JOBS = 2000
CONCURRENCY = 10
MEANING = """
The two figures say what one machine does, not which queue is faster. DocSnap's is the emulator's: a
Python program stands in for DynamoDB, SQS and Lambda, which on AWS are not on this machine and do
not share its cores. BullMQ's leaves out what DocSnap's has in it: HTTP, tokens, quotas,
idempotency, a history, results of jobs that outlive the machine.
"""


def run() -> str:
    """Measure both, in turn."""
    docsnap: list[float] = []
    bullmq: list[float] = []
    with (
        tempfile.TemporaryDirectory() as empty,
        site.served(Path(empty), 0) as url,
        deployed.a_stack(WorkerConcurrency=str(CONCURRENCY)) as api,
        _redis() as port,
    ):
        _jobs(api, url, 2 * CONCURRENCY)  # every worker has started once
        for _ in range(ROUNDS):
            docsnap.append(_jobs(api, url, JOBS))
            bullmq.append(_bull(port))
    name = f"DocSnap, {CONCURRENCY} workers, on the emulator"
    rows = [
        [name, JOBS, spread(docsnap, 1), spread([1.0])],
        [
            f"BullMQ, Redis, {CONCURRENCY} at once",
            BULL_JOBS,
            spread(bullmq, 0),
            spread(ratios(bullmq, docsnap), 0),
        ],
    ]
    return table(("", "jobs", "jobs/s", "÷ DocSnap's"), rows) + MEANING


def _jobs(api: deployed.Api, url: str, number: int) -> float:
    asked = [{"url": f"{url}{n}", "force": True} for n in range(number)]
    found = api.finished(api.submit(asked))
    assert {job["status"] for job in found} == {"failed"}, found
    began = min(deployed.moment(job, "createdAt") for job in found)
    return number / (max(deployed.moment(job, "finishedAt") for job in found) - began)


def _bull(port: int) -> float:
    node, packages = environments.node()
    script = environments.HERE / "peers" / "pipeline_bullmq.mjs"
    shutil.copy(script, packages)
    command: list[str | Path] = [
        node,
        packages / script.name,
        str(port),
        str(BULL_JOBS),
        str(CONCURRENCY),
    ]
    return float(json.loads(run_child(command).output)["jobsPerSecond"])


@contextmanager
def _redis() -> Iterator[int]:
    """Run a Redis of our own, which writes down what it is told every second."""
    binary = shutil.which("redis-server")
    if binary is None:
        raise Missing("apt-get install redis-server")
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--dir", folder]
        server = subprocess.Popen(
            [*command, "--appendonly", "yes"], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout
            lines = iter(server.stdout.readline, "")
            if not any("Ready to accept connections" in line for line in lines):
                raise Missing("redis-server does not start")
            yield port
        finally:
            server.terminate()
            server.communicate()
