"""Whole crawls of a real manual from loopback, every contender a process of its own.

The site is Python's documentation, ten requests at once, HTML in and Markdown out. Most peers only
convert, navigation and all; Defuddle, which keeps most of those (see convert), also finds the
content; DocSnap moreover learns what repeats, links the pages and packs the result. Crawlee and
Defuddle take so long that they are measured three times and without latency only, where their own
time is all there is. Crawlee may go some pages over the number asked for.

The floor is what a site that takes its time allows: its latency, by the concurrency, per page. To
ask for robots.txt, then for the start page, and only then for ten at once, cannot take less than
what stands beside it.
"""

import json
import math
import shutil
import statistics
from collections.abc import Callable, Mapping, Sequence

from benchmarks import environments, site
from benchmarks.children import Taken
from benchmarks.children import run as run_child
from benchmarks.measure import ROUNDS, ratios, rounds, spread, table

QUESTION = "How long does a crawl take, in time, CPU and memory, beside other crawlers?"
NAMES = {
    "docsnap": "**DocSnap**",
    "asyncio": "asyncio, httpx, html-to-markdown",
    "scrapy": "Scrapy, html-to-markdown",
    "crawlee": "Crawlee, html-to-markdown",
    "defuddle": "Node, fetch, Defuddle",
}
QUICK = ("docsnap", "asyncio", "scrapy")
SLOW = ("crawlee", "defuddle")
FEW_ROUNDS = 3
CONCURRENCY = 10
LATENCIES = (0.0, 0.02, 0.2)
PAGES = 40
LONGER = (200, 500)
"""Pages of the crawls that are compared with the floor, besides."""
SIZES = (50, 500)
"""Pages of the jobs whose memory is compared."""

type Found = Mapping[str, Sequence[Taken]]


def run() -> str:
    """Crawl at three latencies, then longer ones against the floor, then for memory."""
    tables = []
    for latency in LATENCIES:
        found = _at(latency)
        tables.append(_beside_peers(latency, found))
    return "\n".join([*tables, _against_the_floor(latency, found["docsnap"]), _memory()])


def _crawl(name: str, url: str, pages: int) -> Callable[[], Taken]:
    folder = environments.HERE / "peers"
    if name == "defuddle":
        node, packages = environments.node()
        script = shutil.copy(folder / "crawl_defuddle.mjs", packages)
        return lambda: run_child([node, script, url, str(pages)])
    python = environments.OWN_PYTHON if name == "docsnap" else environments.peers()
    return lambda: run_child([python, folder / f"crawl_{name}.py", url, str(pages)])


def _told(taken: Taken, what: str) -> float:
    """Read what a contender says of its crawl."""
    return float(json.loads(taken.output.splitlines()[-1])[what])


def _at(latency: float) -> Found:
    with site.served(site.manual(), latency) as url:
        quick = {name: _crawl(name, url, PAGES) for name in QUICK}
        if latency:
            return rounds(quick)
        found = rounds(quick | {name: _crawl(name, url, PAGES) for name in SLOW}, FEW_ROUNDS)
        for name, more in rounds(quick, ROUNDS - FEW_ROUNDS).items():
            found[name] += more
    return found


def _beside_peers(latency: float, found: Found) -> str:
    rows = []
    for name, taken in found.items():
        pages = [_told(each, "pages") for each in taken]
        paces = [each.seconds / n for each, n in zip(taken, pages, strict=True)]
        own = [each.seconds / PAGES for each in found["docsnap"]][: len(taken)]
        rows.append(
            [
                NAMES[name],
                f"{statistics.median(pages):.0f}",
                spread([1 / pace for pace in paces], 1),
                spread(ratios(paces, own)),
                spread([1000 * each.cpu / n for each, n in zip(taken, pages, strict=True)], 0),
                spread([each.peak_mb for each in taken], 0),
            ]
        )
    head = ("pages", "pages/s", "time a page ÷ DocSnap's", "CPU ms/page", "peak MB")
    return table((f"{1000 * latency:.0f} ms latency", *head), rows)


def _against_the_floor(latency: float, short: Sequence[Taken]) -> str:
    with site.served(site.manual(), latency) as url:
        longer = rounds({str(pages): _crawl("docsnap", url, pages) for pages in LONGER})
    rows = []
    for pages, taken in {PAGES: short, **{int(n): found for n, found in longer.items()}}.items():
        floor = latency * pages / CONCURRENCY
        least = latency * (2 + math.ceil((pages - 1) / CONCURRENCY))
        crawls = [_told(each, "crawl") for each in taken]
        rows.append(
            [
                f"{pages} pages",
                f"{floor:.1f}",
                f"{least:.1f}",
                spread(crawls),
                spread([each / floor for each in crawls]),
                spread([each / least for each in crawls]),
                spread([each.seconds for each in taken], 1),
            ]
        )
    head = ("floor, s", "least, s", "crawl, s", "÷ floor", "÷ least", "whole process, s")
    return table((f"{1000 * latency:.0f} ms, ten at once", *head), rows)


def _memory() -> str:
    with site.served(site.manual(), 0) as url:
        crawls = {pages: _crawl("docsnap", url, pages) for pages in SIZES}
        found = rounds({str(pages): crawl for pages, crawl in crawls.items()}, FEW_ROUNDS)
    peaks = {pages: [taken.peak_mb for taken in values] for pages, values in found.items()}
    base = statistics.median(peaks[str(SIZES[0])])
    return table(
        ("pages of the job", "peak MB", "÷ the small one"),
        [[p, spread(v, 0), f"{statistics.median(v) / base:.2f}"] for p, v in peaks.items()],
    )
