"""What does DocSnap do? One job, from nothing to documentation that can be read."""

import shutil
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from docsnap_client import ApiError, Client, Job
from docsnap_client.progress import ProgressBar

from local import site_server
from local.deployment import ROOT
from local.stack import Stack

USER = "demo"
POLL_SECONDS = 0.25


def run(url: str | None, *, directory: Path, port: int | None) -> int:
    """Document a site (the sample one by default) on a stack of its own; 0 if that succeeded."""
    began = time.monotonic()
    stack = Stack(directory)
    try:
        with _step("Local stack: sam build, sam deploy"):
            stack.up(port=port or stack.usual_port())
        client = Client(str(stack.describe()["apiUrl"]), lambda: stack.token(USER))
        if url:
            job, target = _follow(client, url, lambda: ""), _target(url)
        else:
            with site_server.served() as (sample_url, requests):
                job = _follow(client, sample_url, lambda: _latest(requests))
            target = ROOT / "out" / "sample-site"
        if job.status != "completed":
            _say(f"The job {job.status}: {(job.error or {}).get('message', 'no reason given')}")
            return 1
        _fetch(client, job, target)
    except ApiError as error:
        _say(f"The API refused: {error} ({error.code})")
        return 1
    finally:
        stack.down()
    _summarise(job, target, time.monotonic() - began)
    return 0


def _follow(client: Client, url: str, happening: Callable[[], str]) -> Job:
    job = client.submit(url, force=True)
    _say(f"Job {job.id}: {url}")
    with ProgressBar(sys.stdout) as bar:
        while True:
            bar.show(job.progress, f"{_stage(job)}{happening()}")
            if job.is_finished:
                return job
            threading.Event().wait(POLL_SECONDS)
            job = client.get(job.id)


def _stage(job: Job) -> str:
    stage = job.stage if job.status == "active" and job.stage else job.status
    return stage if job.attempts <= 1 else f"{stage}, attempt {job.attempts} of {job.max_attempts}"


def _latest(requests: list[str]) -> str:
    return f", {len(requests)} requests, {requests[-1]}" if requests else ""


def _target(url: str) -> Path:
    parts = urlsplit(url)
    name = "-".join(part for part in (parts.hostname, *parts.path.split("/")) if part)
    return ROOT / "out" / name[:80]


def _fetch(client: Client, job: Job, target: Path) -> None:
    if (target / "manifest.json").exists():
        shutil.rmtree(target)  # the last run's
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        bundle = client.fetch(job.id, Path(directory) / "bundle.zip")
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(target)


def _summarise(job: Job, target: Path, seconds: float) -> None:
    result = job.result or {}
    _say(
        f"\n{result['pages']} pages ({result['failedPages']} failed), {result['words']:,} words, "
        f"{result['bytes'] / 1e6:.1f} MB in {', '.join(result['formats'])}"
    )
    if result["truncated"]:
        _say("The crawl stopped at a limit (100 pages, unless asked otherwise): the site has more.")
    _say(f"The job took {result['durationMs'] / 1000:.1f} s, all of this {seconds:.1f} s.")
    for start in ("html/index.html", "markdown/README.md", "llms/llms.txt", "manifest.json"):
        if (target / start).exists():
            _say(f"  {(target / start).relative_to(ROOT)}")
    _say(f"Result: {target}")


@contextmanager
def _step(name: str) -> Iterator[None]:
    began = time.monotonic()
    _say(f"{name} …")
    yield
    _say(f"{name}: {time.monotonic() - began:.1f} s")


def _say(text: str) -> None:
    print(text, flush=True)
