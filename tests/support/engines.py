"""Stand-ins for the documentation engine: each does one thing an engine can do to an attempt."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

from docsnap.attempt import Engine, Output
from docsnap.errors import AttemptFailed, OutOfTime
from docsnap.jobs import Job, JobFailure

type OnProgress = Callable[[str, int], None]
type ShouldStop = Callable[[], bool]


class Killed(BaseException):
    """The process is gone: nothing that comes after this is run in a real worker."""


def an_output(directory: Path, pages: int) -> Output:
    files = {"markdown": directory / "all.md", "zip": directory / "bundle.zip"}
    for name, path in files.items():
        path.write_text(f"{name}\n" * pages)
    return Output(
        pages=pages,
        failed_pages=0,
        words=pages,
        bytes=sum(path.stat().st_size for path in files.values()),
        formats=("markdown",),
        truncated=False,
        files=files,
    )


def crawl(checkpoint: Path) -> int:
    """Add a page to the checkpoint; tell how many it holds."""
    with checkpoint.open("a") as file:
        file.write("page\n")
    return len(checkpoint.read_text().splitlines())


def succeeds(
    job: Job, directory: Path, checkpoint: Path, on_progress: OnProgress, should_stop: ShouldStop
) -> Output:
    """Crawl one page more than the checkpoint has, and write it all."""
    on_progress("crawling", 50)
    return an_output(directory, pages=crawl(checkpoint))


def fails(*, retryable: bool = True, retry_after: float | None = None, **failure: Any) -> Engine:
    """Crawl a page, then meet an error of the site."""
    details = {"code": "site_unreachable", "message": "The site does not answer."} | failure

    def engine(job: Job, directory: Path, checkpoint: Path, *_: Any) -> Output:
        crawl(checkpoint)
        wait = timedelta(seconds=retry_after) if retry_after else None
        raise AttemptFailed(JobFailure(retryable=retryable, retry_after=wait, **details))

    return engine


def runs_out_of_time(
    job: Job, directory: Path, checkpoint: Path, on_progress: OnProgress, should_stop: ShouldStop
) -> Output:
    """Crawl a page, and stop because there is no time for another."""
    on_progress("crawling", 30)
    crawl(checkpoint)
    raise OutOfTime


def raises(error: BaseException) -> Engine:
    """Crawl a page, then break."""

    def engine(job: Job, directory: Path, checkpoint: Path, *_: Any) -> Output:
        crawl(checkpoint)
        raise error

    return engine


def after(act: Callable[[Job], object], then: Engine = succeeds) -> Engine:
    """Let something happen while the engine is at work."""

    def engine(job: Job, *rest: Any) -> Output:
        act(job)
        return then(job, *rest)

    return engine


def reports(percent: int, then: Engine = succeeds) -> Engine:
    """Report progress once, then go on."""

    def engine(job: Job, directory: Path, checkpoint: Path, note: OnProgress, *rest: Any) -> Output:
        note("crawling", percent)
        return then(job, directory, checkpoint, note, *rest)

    return engine


def goes_on_until_told(
    job: Job, directory: Path, checkpoint: Path, on_progress: OnProgress, should_stop: ShouldStop
) -> Output:
    """Report progress again and again, for no longer than half a minute."""
    pause = Event()
    for number in range(3000):
        on_progress("crawling", number % 100)
        pause.wait(0.01)
    raise AssertionError("Nobody said stop.")
