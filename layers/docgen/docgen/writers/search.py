"""The full-text index of the static site.

It is made of script files, because a page on disk may not fetch anything else. The terms are cut
into files in alphabetical order, of which a query needs one or two; the texts, from which the
excerpts come, into files of some dozens of pages. So a search in two thousand pages reads a few
hundred kilobytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
from collections import Counter
from typing import TYPE_CHECKING, Any

from docgen.writers.bundle import put

if TYPE_CHECKING:
    from pathlib import Path

    from docgen.writers.text import Section

WORD = re.compile(r"\w+")
SEAM = re.compile(r"_+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# No blanks between words: Chinese, Japanese, Thai and their neighbours are found by pairs.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")
SHORTEST, LONGEST = 2, 40
TITLE_WEIGHT, HEADING_WEIGHT = 12, 5
HEAVIEST = 255
MOST_TERMS = 300_000
"""In the whole index; a site that has more words is not made of words."""
TERMS_PER_PAGE = 4_000
TEXT_PER_PAGE = 100_000
SHARD_CHARACTERS = 200_000


def terms(text: str) -> list[str]:
    """Cut text into what can be searched: words, and the parts of `this_form` and `thisForm`."""
    found: list[str] = []
    for written in WORD.findall(unicodedata.normalize("NFKC", text)):
        word = written.lower()
        if UNSPACED.search(word):
            found += (word[i : i + 2] for i in range(max(1, len(word) - 1)))
        elif SHORTEST <= len(word) <= LONGEST:
            found.append(word)
            if "_" in word or not (word == written or written[1:].islower() or written.isupper()):
                parts = SEAM.split(written)
                found += (part.lower() for part in parts if SHORTEST <= len(part) < len(written))
    return found


class SearchIndex:
    """Built page by page: texts go to disk at once, terms are numbers until the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._terms: dict[str, array[int]] = {}
        self._pages: list[list[Any]] = []
        self._texts: list[str] = []
        self._size = 0
        self._shards = 0

    def add(self, title: str, path: str, trail: str, parts: list[tuple[str, Section]]) -> None:
        """Add a page: its title, its file, where it stands, and its sections with their anchors."""
        weights: Counter[str] = Counter()
        length = 0
        kept: list[tuple[str, str, str]] = []
        left = TEXT_PER_PAGE
        for anchor, section in parts:
            text = section.text[:left]
            left -= len(text)
            words = terms(text)
            length += len(words)
            weights.update(words)
            weights.update(terms(section.heading) * HEADING_WEIGHT)
            kept.append((anchor, section.heading, text))
        weights.update(terms(title) * TITLE_WEIGHT)
        self._count(len(self._pages), weights)
        self._pages.append([title, path, trail, length, self._shards, len(self._texts)])
        self._keep(kept)

    def finish(self) -> None:
        """Write what needs all pages: the terms, and the list of what is in which file."""
        self._flush()
        firsts: list[str] = []
        names = sorted(self._terms)
        shard: dict[str, list[int]] = {}
        size = 0
        for name in names:
            postings = self._terms[name].tolist()
            shard[name] = postings
            size += len(name) + 4 * len(postings)
            if size > SHARD_CHARACTERS or name == names[-1]:
                self._write(f"terms-{len(firsts)}", shard)
                firsts.append(next(iter(shard)))
                shard, size = {}, 0
        self._write("index", {"pages": self._pages, "terms": firsts})

    def _count(self, page: int, weights: Counter[str]) -> None:
        for term, weight in sorted(weights.items(), key=_heaviest_first)[:TERMS_PER_PAGE]:
            postings = self._terms.get(term)
            if postings is None:
                if len(self._terms) >= MOST_TERMS:
                    continue
                postings = self._terms[term] = array("H")
            postings.append(page)
            postings.append(min(weight, HEAVIEST))

    def _keep(self, kept: list[tuple[str, str, str]]) -> None:
        text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
        self._texts.append(text)
        self._size += len(text)
        if self._size > SHARD_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        if self._texts:
            put(
                self._folder / f"texts-{self._shards}.js",
                f'DOCS.got("texts-{self._shards}",[{",\n".join(self._texts)}]);\n',
            )
            self._shards += 1
            self._texts, self._size = [], 0

    def _write(self, name: str, value: Any) -> None:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        put(self._folder / f"{name}.js", f'DOCS.got("{name}",{text});\n')


def _heaviest_first(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]
