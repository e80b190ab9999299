"""HTML in, Markdown out: CPU and quality of every converter, on the same pages of real manuals.

The manuals are those that Debian packages install; of each the first pages in the order of their
links. Quality is what can be told without a reference: how much of the words of the main element
arrives, how much of what arrives comes from there (what links lead to does not count), how many
code blocks stand verbatim in fences, how many headings are free of permalink marks. The score is
the mean of these four; how many fences name their language is told beside it. DocSnap's time has in
it what it learns about the site. Every contender is a process of its own, which converts the pages
once to get warm and then five times, those that take long three times; what is given is CPU time.
"""

import json
import re
import statistics
import tempfile
from collections import Counter, deque
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from benchmarks import environments
from benchmarks.children import run as run_child
from benchmarks.environments import Missing
from benchmarks.measure import ROUNDS, spread, table

QUESTION = "How fast, and how well, does a page become Markdown, beside other converters?"
DOC = Path("/usr/share/doc")
SITES = {
    "python": (DOC / "python3.11/html", "index.html"),
    "postgres": (DOC / "postgresql-doc-15/html", "index.html"),
    "git": (DOC / "git-doc", "index.html"),
    "rustbook": (DOC / "rust-doc/html/book", "index.html"),
    "mkdocs": (DOC / "mkdocs/html", "index.html"),
    "eigen": (DOC / "libeigen3-dev/html", "index.html"),
    "javadoc": (DOC / "openjdk-17-jre-headless/api", "java.base/java/util/package-summary.html"),
    "nodejs": (DOC / "nodejs/api", "index.html"),
}
PAGES = 8
"""Of every manual."""
FEW_ROUNDS = 3
BASE = "http://localhost/"
PYTHON = (
    "docsnap",
    "html-to-markdown",
    "html2text",
    "markdownify",
    "markitdown",
    "readability",
    "trafilatura",
    "selectolax",
)
NODE = ("mdream", "defuddle")
SLOW = ("markitdown", "readability", "trafilatura", "defuddle")
NAMES = {
    "docsnap": "**DocSnap**",
    "selectolax": "selectolax: parses, no more",
    "readability": "readability + markdownify",
}
_MARKS = re.compile(r"^#{1,6} .*(?:[¶§🔗]|\[#?\]\()", re.M)
_HEADING = re.compile(r"^#{1,6} ", re.M)
_FENCE = re.compile(r"^([ >]*)(`{3,})([^\n`]*)\n(.*?)^[ >]*\2\s*$", re.M | re.S)
_LINK_TARGET = re.compile(r"(?<=\])\((?:[^()\n]|\([^()\n]*\))*\)")
_WORD = re.compile(r"\w+")


@dataclass
class Score:
    """Counts over all pages of a manual."""

    wanted: int = 0
    kept: int = 0
    arrived: int = 0
    codes: int = 0
    codes_kept: int = 0
    headings: int = 0
    marked: int = 0
    fences: int = 0
    named: int = 0

    def add(self, html: str, markdown: str) -> None:
        """Judge one page."""
        tree = LexborHTMLParser(html)
        body = tree.css_first("main, [role=main]") or tree.body
        if body is None:
            return
        wanted = Counter(_WORD.findall(body.text(separator=" ")))
        arrived = Counter(_WORD.findall(_LINK_TARGET.sub("", markdown)))
        self.wanted += wanted.total()
        self.arrived += arrived.total()
        self.kept += (wanted & arrived).total()
        fences = _FENCE.findall(markdown)
        blocks = {"".join(code.replace("> ", "").split()) for *_, code in fences}
        self.fences += len(fences)
        self.named += sum(bool(name.strip()) for _, _, name, _ in fences)
        for block in body.css("pre"):
            code = "".join(block.text().split())
            if code and block.css_first("pre pre") is None:
                self.codes += 1
                self.codes_kept += code in blocks
        self.headings += len(_HEADING.findall(markdown))
        self.marked += len(_MARKS.findall(markdown))

    def shares(self) -> list[float]:
        """Recall, precision, code verbatim, headings unmarked."""
        return [
            self.kept / max(1, self.wanted),
            self.kept / max(1, self.arrived),
            self.codes_kept / self.codes if self.codes else 1.0,
            1 - self.marked / self.headings if self.headings else 0.0,
        ]


def run() -> str:
    """Give every contender every manual that is installed."""
    manuals = {site: first_pages(*place) for site, place in SITES.items()}
    manuals = {site: pages for site, pages in manuals.items() if pages}
    if not manuals:
        raise Missing(
            "apt-get install python3.11-doc postgresql-doc-15 git-doc rust-doc nodejs-doc"
        )
    taken: dict[str, list[tuple[list[float], Score]]] = {name: [] for name in (*PYTHON, *NODE)}
    for pages in manuals.values():
        for name, found in taken.items():
            found.append(_convert(name, pages))
    seconds: dict[str, list[float]] = {}
    scores: dict[str, list[Score]] = {}
    for name, found in taken.items():
        # Every round is over all manuals.
        seconds[name] = [sum(each) for each in zip(*(times for times, _ in found), strict=True)]
        scores[name] = [score for _, score in found]
    count = sum(len(pages) for pages in manuals.values())
    own = statistics.median(seconds["docsnap"])
    rows = []
    for name, times in seconds.items():
        shares = [score.shares() for score in scores[name]]
        means = [statistics.mean(each) for each in zip(*shares, strict=True)]
        named, fences = (sum(getattr(s, f) for s in scores[name]) for f in ("named", "fences"))
        is_floor = name == "selectolax"
        rows.append(
            [
                NAMES.get(name, name),
                spread([1000 * each / count for each in times], 1),
                f"{count / statistics.median(times):.0f}",
                f"{statistics.median(times) / own:.2f}",
                "" if is_floor else f"{statistics.mean(means):.3f}",
                *("" if is_floor else f"{100 * each:.0f} %" for each in means),
                "" if not fences else f"{100 * named / fences:.0f} %",
            ]
        )
    head = (
        f"{count} pages of {', '.join(manuals)}",
        "CPU ms/page",
        "pages/s and core",
        "CPU ÷ DocSnap's",
        "score",
        "text kept",
        "of it content",
        "code verbatim",
        "headings clean",
        "fences with language",
    )
    return table(head, rows)


def _convert(name: str, pages: list[tuple[str, str]]) -> tuple[list[float], Score]:
    here = environments.HERE / "peers"
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "pages.json"), Path(folder, "out.json")
        source.write_text(json.dumps(pages))
        if name in NODE:
            node, packages = environments.node()
            script = packages / "convert.mjs"
            script.write_text((here / "convert.mjs").read_text())
            command = [node, script]
        else:
            is_own = name in ("docsnap", "selectolax")
            python = environments.OWN_PYTHON if is_own else environments.peers()
            command = [python, here / "convert.py"]
        times = FEW_ROUNDS if name in SLOW else ROUNDS
        run_child([*command, name, source, target, str(times)])
        made = json.loads(target.read_text())
    score = Score()
    for (_, html), markdown in zip(pages, made["markdown"], strict=True):
        score.add(html, markdown)
    return made["seconds"], score


def first_pages(root: Path, entry: str) -> list[tuple[str, str]]:
    """Give URL and HTML of the first pages in the order of links."""
    pages: list[tuple[str, str]] = []
    seen = {entry}
    waiting = deque([entry])
    while waiting and len(pages) < PAGES:
        path = waiting.popleft()
        if not (root / path).is_file():
            continue
        html = (root / path).read_text("utf-8", "replace")
        url = BASE + quote(path)
        pages.append((url, html))
        for link in LexborHTMLParser(html).css("a"):
            target = urldefrag(urljoin(url, (link.attributes.get("href") or "").strip())).url
            found = unquote(urlsplit(target).path).lstrip("/")
            if target.startswith(BASE) and found.endswith(".html") and found not in seen:
                seen.add(found)
                waiting.append(found)
    return pages
