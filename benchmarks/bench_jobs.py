"""Jobs on the deployed local stack: five at once beside one, and how long one waits.

The site is one page leading to the next, each answered after a second: a job takes its time, but
next to no CPU, of which the five share this machine's, and would not share Lambda's. The workers
are warm. Times are those that the jobs themselves record.
"""

import statistics
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks import deployed, site
from benchmarks.measure import ratios, rounds, spread, table

QUESTION = "How much longer do five jobs take than one, and how soon is a job picked up?"
PAGES = 15
SECONDS = 1.0
"""That the site takes for each answer."""
AT_ONCE = 5


def run() -> str:
    """Run one and five in turn, several times."""
    with (
        tempfile.TemporaryDirectory() as folder,
        site.served(_chain(Path(folder)), SECONDS) as url,
        deployed.a_stack(WorkerConcurrency=str(AT_ONCE)) as api,
    ):
        delays: list[float] = []

        def jobs(number: int) -> float:
            asked: Sequence[Mapping[str, object]] = [
                {"url": url, "force": True, "options": {"maxDepth": 20}} for _ in range(number)
            ]
            found = api.finished(api.submit(asked))
            assert all(job["status"] == "completed" for job in found), found
            created = min(deployed.moment(job, "createdAt") for job in found)
            ended = max(deployed.moment(job, "finishedAt") for job in found)
            delays.extend(
                deployed.moment(job, "startedAt") - deployed.moment(job, "createdAt")
                for job in found
            )
            return ended - created

        jobs(AT_ONCE)  # every worker has started once
        delays.clear()
        found = rounds({"1": lambda: jobs(1), str(AT_ONCE): lambda: jobs(AT_ONCE)})
    one, five = found["1"], found[str(AT_ONCE)]
    rows = [
        ["one", spread(one), spread([1.0])],
        [f"{AT_ONCE} at once", spread(five), spread(ratios(five, one))],
    ]
    waited = [[len(delays), spread([1000 * each for each in delays], 0), _ninth(delays)]]
    return "\n".join(
        [
            table((f"jobs of {PAGES} pages", "seconds", "÷ one"), rows),
            table(("jobs", "accepted to active, ms", "nine of ten within, ms"), waited),
        ]
    )


def _ninth(delays: list[float]) -> str:
    return f"{1000 * statistics.quantiles(delays, n=10)[-1]:.0f}"


def _chain(folder: Path) -> Path:
    """Write a site of pages that lead from one to the next."""
    text = "What this page says is said on no other page, and takes some words to say. " * 5
    for number in range(PAGES):
        following = f'<a href="{number + 1}.html">on</a>' if number + 1 < PAGES else ""
        name = "index" if number == 0 else str(number)
        title = f"<title>Page {number}</title>"
        (folder / f"{name}.html").write_text(
            f"<html><head>{title}</head><body><main><h1>Page {number}</h1>"
            f"<p>{number} {text}</p>{following}</main></body></html>"
        )
    return folder
