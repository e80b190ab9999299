"""How good and how fast does the engine turn pages into Markdown, beside other converters?

Reads documentation that Debian packages install (`apt-get install` those that are missing), the
first pages of each in the order of their links, and gives each contender the same pages in turn.
Quality here is what can be told without a reference: how much of the text of the main element
arrives, how many code blocks stand verbatim in fences, how many headings keep a permalink's mark.
Contenders that are not installed are left out: `uv pip install --group bench`.
"""

from __future__ import annotations

import gc
import importlib
import re
import sys
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from docgen.extract import SiteModel, convert
from selectolax.lexbor import LexborHTMLParser

if TYPE_CHECKING:
    from collections.abc import Callable

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
PAGES = 30
ROUNDS = 3
BASE = "http://localhost/"
_MARKS = re.compile(r"^#{1,6} .*(?:[¶§🔗]|\[#?\]\()", re.M)
_HEADING = re.compile(r"^#{1,6} ", re.M)
_WORD = re.compile(r"\w+")


@dataclass
class Score:
    """Counts of one contender on one site."""

    seconds: float = float("inf")
    words: int = 0
    words_kept: int = 0
    codes: int = 0
    codes_kept: int = 0
    headings: int = 0
    headings_marked: int = 0
    fences: list[int] = field(default_factory=lambda: [0, 0])

    def line(self) -> str:
        """The score as percentages."""

        def share(part: int, whole: int) -> str:
            return f"{100 * part / whole:5.1f} %" if whole else "      -"

        return (
            f"text {share(self.words_kept, self.words)}   code {share(self.codes_kept, self.codes)}"
            f"   language named {share(self.fences[1], self.fences[0])}"
            f"   headings with marks {share(self.headings_marked, self.headings)}"
        )


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


def contenders(pages: list[tuple[str, str]]) -> dict[str, Callable[[str, str], str]]:
    """The engine, with a model of the site, and what else is installed."""
    model = SiteModel()
    for url, html in pages:
        model.learn(html, url)
    model.freeze()
    found: dict[str, Callable[[str, str], str]] = {
        "docgen": lambda url, html: convert(html, url, model).markdown
    }
    for name, module, call in (
        ("html-to-markdown", "html_to_markdown", lambda m, html: m.convert(html).content),
        ("markdownify", "markdownify", lambda m, html: str(m.markdownify(html))),
        (
            "trafilatura",
            "trafilatura",
            lambda m, html: str(m.extract(html, output_format="markdown") or ""),
        ),
    ):
        try:
            loaded = importlib.import_module(module)
        except ImportError:
            continue
        found[name] = lambda _url, html, m=loaded, c=call: c(m, html)  # type: ignore[misc]
    return found


def measure(pages: list[tuple[str, str]]) -> dict[str, Score]:
    """Run each contender over the same pages, in turn, and keep its best time."""
    scores: dict[str, Score] = {}
    running = contenders(pages)
    for _ in range(ROUNDS):
        for name, run in running.items():
            gc.collect()
            started = time.process_time()
            results = [run(url, html) for url, html in pages]
            seconds = time.process_time() - started
            score = scores.setdefault(name, Score())
            if score.seconds == float("inf"):
                for (_, html), markdown in zip(pages, results, strict=True):
                    judge(score, html, markdown)
            score.seconds = min(score.seconds, seconds)
    return scores


def judge(score: Score, html: str, markdown: str) -> None:
    """Count what arrived."""
    tree = LexborHTMLParser(html)
    body = tree.css_first("main, [role=main]") or tree.body
    if body is None:
        return
    arrived = set(_WORD.findall(markdown))
    wanted = set(_WORD.findall(body.text(separator=" ")))
    score.words += len(wanted)
    score.words_kept += len(wanted & arrived)
    fences = re.findall(r"^[ >]*(`{3,})([^\n`]*)\n(.*?)^[ >]*\1\s*$", markdown, re.M | re.S)
    blocks = {"".join(code.replace("> ", "").split()) for _, _, code in fences}
    score.fences[0] += len(fences)
    score.fences[1] += sum(bool(name.strip()) for _, name, _ in fences)
    for block in body.css("pre"):
        code = "".join(block.text().split())
        if code and block.css_first("pre pre") is None:
            score.codes += 1
            score.codes_kept += code in blocks
    score.headings += len(_HEADING.findall(markdown))
    score.headings_marked += len(_MARKS.findall(markdown))


def main() -> int:
    """Print, for each site, quality beside speed."""
    ratios: list[float] = []
    for site, (root, entry) in SITES.items():
        pages = first_pages(root, entry)
        if not pages:
            print(f"{site}: not installed")
            continue
        scores = measure(pages)
        print(f"{site}: {len(pages)} pages, {sum(len(html) for _, html in pages) // 1000} kB")
        own = scores["docgen"].seconds
        for name, score in scores.items():
            speed = f"{len(pages) / score.seconds:7.0f} pages/s   {score.seconds / own:5.2f} x"
            print(f"  {name:17} {speed}   {score.line()}")
        if "html-to-markdown" in scores:
            ratios.append(scores["html-to-markdown"].seconds / own)
    if ratios:
        print(f"speed, docgen : html-to-markdown, mean of sites: {sum(ratios) / len(ratios):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
