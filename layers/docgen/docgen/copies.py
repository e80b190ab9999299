"""Is this page there again in another language or version? One of the copies is enough.

A copy is recognised by its path: `/fr/guide` and `/guide`, `/1.0/guide` and `/2.0/guide`. A
segment that looks like a language or a version is taken for one only when the same paths were
met with another such segment, or without it: one path where it is written like nothing else
(`v1.2`), most paths where it may be a word (`/development/`, `/is/`) or a chapter (`/1/`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docgen import urls

if TYPE_CHECKING:
    from collections.abc import Callable

LOOKED_AT = 3  # segments below the crawl's folder in which languages and versions are named
_LANGUAGES = """
    af am ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl gu he hi hr hu hy id is
    it ja ka kk km kn ko ky lo lt lv mk ml mn mr ms my nb ne nl nn no pa pl ps pt ro ru si sk sl sq
    sr sv sw ta te th tl tr uk ur uz vi zh
"""
LANGUAGES = frozenset(_LANGUAGES.split())
LOCALE = re.compile(r"([a-z]{2})(?:[-_](?:[a-z]{2}|[a-z]{4}|\d{3}))?", re.IGNORECASE)
VERSION = re.compile(
    r"(?:v|ver|version|release|rel|r)?[-_]?(?:\d{1,2}|\d+(?:\.(?:\d+|x))+)"
    r"(?:[-_.]?(?:alpha|beta|rc|dev|pre|lts)[-_.\w]*)?|v\d+[\w.]*"
    r"|(?:latest|stable|current|release|lts|main|master|trunk|head|dev|devel|develop"
    r"|development|next|nightly|edge|unstable|canary|preview)(?:[-_]v?[\d.]+x?)?",
    re.IGNORECASE,
)
SAMPLE = 64  # paths remembered of each language or version
MOSTLY = 0.5
_UNMISTAKABLE = re.compile(
    r"(?:v|ver|version|release|rel|r)?[-_]?\d+\.[\dx]|v\d|(?:latest|stable)\b"
)
RELEASED = ("stable", "latest", "current", "release", "lts")
UNRELEASED = (
    "main",
    "master",
    "trunk",
    "head",
    "dev",
    "next",
    "nightly",
    "edge",
    "unstable",
    "canary",
    "preview",
)


@dataclass(frozen=True, slots=True)
class Variant:
    """What a URL says about its language and version."""

    skeleton: str
    """The path without either."""
    locale: str | None
    version: str | None
    is_root: bool
    """Nothing but the language or version: its front page, which may be the real one."""


class Copies:
    """Remembers the languages and versions met, and says which URLs are copies."""

    def __init__(self, folder: str, is_known: Callable[[str], bool]) -> None:
        """Look at paths below `folder` (a URL); `is_known` is asked about folded URLs."""
        self._folder = folder
        self._root = urls.fold(folder)
        self._is_known = is_known
        self._spoken = {"locale": Counter[str](), "version": Counter[str]()}
        self._sample: dict[str, dict[str, list[str]]] = {"locale": {}, "version": {}}
        self._chosen: dict[str, tuple[int, str | None]] = {
            "locale": (0, None),
            "version": (0, None),
        }
        self._seen: dict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
        self.language: str | None = None
        """The start page's own language."""

    def variant(self, url: str) -> Variant | None:
        """Read language and version out of a URL; None where neither is named."""
        if not url.startswith(self._folder):
            return None
        path, mark, query = url[len(self._folder) :].partition("?")
        segments = path.split("/")
        locale = version = None
        kept = []
        for position, segment in enumerate(segments):
            if position < LOOKED_AT and position < len(segments) - 1:
                if locale is None and is_locale(segment):
                    locale = segment.lower().replace("_", "-")
                    continue
                if version is None and VERSION.fullmatch(segment):
                    version = segment.lower()
                    continue
            kept.append(segment)
        if locale is None and version is None:
            return None
        skeleton = urls.fold(f"{self._folder}{'/'.join(kept)}{mark}{query}")
        return Variant(skeleton, locale, version, is_root=skeleton == self._root)

    def learn(self, variant: Variant) -> None:
        """Take note of a URL that names a language or version."""
        names = (variant.locale, variant.version)
        others = self._seen[variant.skeleton]
        if names in others:
            return
        others.add(names)
        for kind, name in (("locale", variant.locale), ("version", variant.version)):
            if name is None:
                continue
            self._spoken[kind][name] += 1
            sample = self._sample[kind].setdefault(name, [])
            if not variant.is_root and len(sample) < SAMPLE:
                sample.append(variant.skeleton)

    def reason(self, variant: Variant) -> str | None:
        """Say why the URL is left out as a copy; None to keep it."""
        for kind, name in (("locale", variant.locale), ("version", variant.version)):
            if name is None:
                continue
            plain, others = self._counterparts(kind, name)
            if not self._is_proven(kind, name, max(plain, others)):
                continue
            if (plain and plain >= others) or name != self._kept(kind):
                return f"{kind}_copy"
        return None

    def _counterparts(self, kind: str, name: str) -> tuple[int, int]:
        """Of the sample of a name, how many pages are there without it, and with another."""
        place = 0 if kind == "locale" else 1
        plain = others = 0
        for skeleton in self._sample[kind].get(name, ()):
            met = {names[place] for names in self._seen[skeleton]} - {name}
            others += bool(met - {None})
            plain += None in met or self._is_known(skeleton)
        return plain, others

    def _is_proven(self, kind: str, name: str, found: int) -> bool:
        if kind == "version" and _UNMISTAKABLE.match(name):
            return found > 0
        return found > 0 and found >= len(self._sample[kind].get(name, ())) * MOSTLY

    def _kept(self, kind: str) -> str | None:
        """The language or version that stays, of those that are copies of each other."""
        spoken = self._spoken[kind]
        known = spoken.total()
        if self._chosen[kind][0] != known:
            names = [
                name
                for name in spoken
                if self._is_proven(kind, name, self._counterparts(kind, name)[1])
            ]
            best = self._own_language(names) if kind == "locale" else _newest(names)
            self._chosen[kind] = (known, best)
        return self._chosen[kind][1]

    def _own_language(self, names: list[str]) -> str | None:
        spoken = self._spoken["locale"]
        own = (self.language or "en").replace("_", "-")
        for wanted in (own, own.partition("-")[0], "en"):
            found = [name for name in names if name == wanted or name.startswith(f"{wanted}-")]
            if found:
                return min(found, key=lambda name: (-spoken[name], name))
        return min(names, key=lambda name: (-spoken[name], name), default=None)


def _newest(versions: list[str]) -> str | None:
    return max(versions, key=_release_order, default=None)


def is_locale(segment: str) -> bool:
    """Say whether a path segment may name a language."""
    found = LOCALE.fullmatch(segment)
    return found is not None and found[1].lower() in LANGUAGES


def _release_order(version: str) -> tuple[int, tuple[int, ...], str]:
    """Order versions: unreleased, numbered, then what is called the latest."""
    if version.startswith(RELEASED):
        return (3, (-next(n for n, name in enumerate(RELEASED) if version.startswith(name)),), "")
    if version.startswith(UNRELEASED):
        return (1, (), version)
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:6])
    is_early = re.search(r"alpha|beta|rc|dev|pre", version) is not None
    return (0 if is_early else 2, numbers, version)
