"""Whole crawls of a real manual from loopback, every contender a process of its own.

The site is Python's documentation, ten requests at once, HTML in and Markdown out. The peers only
convert; DocSnap also finds the content, learns what repeats, links the pages and packs the result.
The floor is what a site that takes its time allows: its latency, by the concurrency, per page.
"""

import json
import statistics
from collections.abc import Callable

from benchmarks import environments, site
from benchmarks.children import Taken
from benchmarks.children import run as run_child
from benchmarks.measure import ratios, rounds, spread, table

QUESTION = "How long does a crawl take, in time, CPU and memory, beside other crawlers?"
CONTENDERS = ("docsnap", "asyncio", "scrapy", "crawlee")
NAMES = {
    "docsnap": "DocSnap",
    "asyncio": "asyncio, httpx, html-to-markdown",
    "scrapy": "Scrapy, html-to-markdown",
    "crawlee": "Crawlee, html-to-markdown",
}
CONCURRENCY = 10
PAGES = 40
MANY = 200
SIZES = (50, 500)
"""Pages of the jobs whose memory is compared."""


def run() -> str:
    """Crawl at three latencies, then a longer one against the floor, then a large one."""
    parts = [_beside_peers(latency) for latency in (0.0, 0.02, 0.2)]
    return "\n".join([*parts, _against_the_floor(), _memory()])


def _crawl(name: str, url: str, pages: int) -> Callable[[], Taken]:
    python = environments.OWN_PYTHON if name == "docsnap" else environments.peers()
    script = environments.HERE / "peers" / f"crawl_{name}.py"
    return lambda: run_child([python, script, url, str(pages)])


def _pages(taken: Taken) -> int:
    return int(json.loads(taken.output.splitlines()[-1])["pages"])


def _beside_peers(latency: float) -> str:
    with site.served(site.manual(), latency) as url:
        found = rounds({name: _crawl(name, url, PAGES) for name in CONTENDERS})
    rows = []
    own = [taken.seconds for taken in found["docsnap"]]
    for name in CONTENDERS:
        taken = found[name]
        rows.append(
            [
                NAMES[name],
                _pages(taken[0]),
                spread([_pages(each) / each.seconds for each in taken], 1),
                spread(ratios([each.seconds for each in taken], own)),
                spread([1000 * each.cpu / _pages(each) for each in taken], 0),
                spread([each.peak_mb for each in taken], 0),
            ]
        )
    head = ("pages", "pages/s", "time ÷ DocSnap's", "CPU ms/page", "peak MB")
    return table((f"{1000 * latency:.0f} ms latency", *head), rows)


def _against_the_floor() -> str:
    rows = []
    latency = 0.2
    with site.served(site.manual(), latency) as url:
        for pages in (PAGES, MANY):
            crawl = _crawl("docsnap", url, pages)
            taken = [crawl() for _ in range(5)]
            floor = latency * pages / CONCURRENCY
            stages = [json.loads(each.output)["crawl"] for each in taken]
            rows.append(
                [
                    f"{pages} pages",
                    f"{floor:.1f}",
                    spread(stages),
                    spread([each / floor for each in stages]),
                    spread([each.seconds for each in taken], 1),
                ]
            )
    head = ("200 ms, ten at once", "floor, s", "crawl, s", "÷ floor", "whole process, s")
    return table(head, rows)


def _memory() -> str:
    with site.served(site.manual(), 0) as url:
        found = rounds({str(pages): _crawl("docsnap", url, pages) for pages in SIZES}, 3)
    peaks = {pages: [taken.peak_mb for taken in values] for pages, values in found.items()}
    base = statistics.median(peaks[str(SIZES[0])])
    return table(
        ("pages of the job", "peak MB", "÷ the small one"),
        [[p, spread(v, 0), f"{statistics.median(v) / base:.2f}"] for p, v in peaks.items()],
    )
