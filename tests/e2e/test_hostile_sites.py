"""Jobs on hostile sites, on the deployed stack: how each ends, in what time and memory.

Prints a table: `make test-slow TESTS=tests/e2e/test_hostile_sites.py`.
"""

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from docsnap_client import Job

from local import processes
from tests.support.deployed import Deployed, seconds_between
from tests.support.hostile import COMPLETED, TRICKS
from tests.support.site import Site

pytestmark = [
    pytest.mark.slow,
    pytest.mark.stack,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc"),
]
WORKER_MIB = 2048  # what the template gives it
MIB = 1024 * 1024
MOST_BYTES = WORKER_MIB * MIB * 3 // 4
WITHIN = 600.0
ROWS: list[str] = []


@dataclass
class Memory:
    """The most that the worker has held, its typesetter included."""

    directory: Path
    function: str
    peak: int = 0
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def watched(self) -> Iterator["Memory"]:
        thread = threading.Thread(target=self._watch, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            self.look()

    def look(self) -> None:
        """Look now: a job may be over before its worker was looked at."""
        held = (resident(pid) for pid in self._workers())
        self.peak = max(self.peak, *held, 0)

    def _workers(self) -> Iterator[int]:
        for path in Path("/proc").glob("[0-9]*"):
            try:
                command = (path / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if f"ministack-lambda-{self.function}" in command and processes.belongs(
                int(path.name), self.directory
            ):
                yield int(path.name)


def resident(pid: int) -> int:
    """Bytes that a process and those it has started hold."""
    try:
        held = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError):
        return 0
    return held + sum(resident(int(child)) for child in below)


@pytest.fixture(scope="module", autouse=True)
def table(pytestconfig: pytest.Config) -> Iterator[None]:
    yield
    Path(".local/hostile-sites.txt").write_text("\n".join(ROWS) + "\n")
    reporter: Any = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line("\n" + "\n".join(ROWS))


@dataclass(frozen=True, kw_only=True)
class End:
    """What became of a job."""

    job: Job
    events: list[str]
    peak: int
    """Bytes; of jobs that ran at the same time, the most that any of them held."""


def end_of(stack: Deployed, name: str, memory: Memory, *, user: str) -> End:
    trick, client = TRICKS[name], stack.client(user)
    with Site() as site:
        trick.prepare(site)
        options = {"maxPages": trick.pages, "formats": list(trick.formats)}
        job = client.wait(client.submit(site.url("/docs/"), options=options).id, timeout=WITHIN)
        requests = len(site.requests)
    memory.look()
    result, fields = job.result or {}, job.fields
    ROWS.append(
        f"{name:34} {state_of(job):20} {result.get('pages', 0):4} pages {requests:5} requests "
        f"{seconds_between(fields, fields):6.1f} s {memory.peak // MIB:5} MiB "
        f"{job.attempts} attempts"
    )
    events = [event["type"] for event in client.events(job.id)]
    return End(job=job, events=events, peak=memory.peak)


def state_of(job: Job) -> str:
    return job.status if job.status == COMPLETED else (job.error or {}).get("code", job.status)


def watch(stack: Deployed) -> Memory:
    return Memory(stack.directory, stack.describe()["workerFunction"])


@pytest.fixture(scope="module")
def patient(stack: Deployed) -> dict[str, End]:
    """The ends of those that take minutes, all at the same time."""
    names = [name for name, trick in TRICKS.items() if trick.takes_minutes]
    with watch(stack).watched() as memory, ThreadPoolExecutor(len(names)) as threads:
        ends = [
            threads.submit(end_of, stack, name, memory, user=f"victim {n}")
            for n, name in enumerate(names)
        ]
        return {name: end.result() for name, end in zip(names, ends, strict=True)}


@pytest.mark.parametrize("name", TRICKS)
def test_a_hostile_site_ends_in_a_result_or_a_clear_error(
    stack: Deployed, name: str, request: pytest.FixtureRequest
) -> None:
    if TRICKS[name].takes_minutes:
        end: End = request.getfixturevalue("patient")[name]
    else:
        with watch(stack).watched() as memory:
            end = end_of(stack, name, memory, user="victim")

    assert state_of(end.job) in TRICKS[name].ends
    assert "rescue" not in end.events
    assert 0 < end.peak < MOST_BYTES


def test_the_worker_is_none_the_worse_for_it(stack: Deployed) -> None:
    client = stack.client("victim")
    with Site() as site:
        site.docs(5)
        job = client.wait(client.submit(site.url("/docs/")).id, timeout=WITHIN)

    assert (job.status, job.attempts) == (COMPLETED, 1)
    assert (job.result or {})["pages"] == 5
