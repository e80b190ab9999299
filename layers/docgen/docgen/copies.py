"""Is this page there again in another language or version? One of the copies is enough.

A copy is recognised by its path: `/fr/guide` and `/guide`, `/1.0/guide` and `/2.0/guide`. A
segment that looks like a language or a version is taken for one only when the same path was
met with another such segment, or without it.
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
        self._is_known = is_known
        self._spoken = {"locale": Counter[str](), "version": Counter[str]()}
        self._seen: dict[str, set[tuple[str | None, str | None]]] = defaultdict(set)
        self._proven: dict[str, set[str]] = {"locale": set(), "version": set()}
        self._has_plain: set[str] = set()
        """Of `locale` and `version`, what pages without it were met in."""
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
        return Variant(skeleton, locale, version, is_root=not any(kept))

    def learn(self, variant: Variant) -> None:
        """Take note of a URL that names a language or version."""
        names = (variant.locale, variant.version)
        others = self._seen[variant.skeleton]
        if names in others:
            return
        for kind, name in (("locale", variant.locale), ("version", variant.version)):
            if name is not None:
                self._spoken[kind][name] += 1
        if not variant.is_root:
            for locale, version in others:
                self._prove("locale", variant.locale, locale)
                self._prove("version", variant.version, version)
        others.add(names)

    def _prove(self, kind: str, one: str | None, other: str | None) -> None:
        if one != other:
            self._proven[kind].update(name for name in (one, other) if name is not None)
            if one is None or other is None:
                self._has_plain.add(kind)

    def reason(self, variant: Variant) -> str | None:
        """Say why the URL is left out as a copy; None to keep it."""
        if not variant.is_root and self._is_known(variant.skeleton):
            self._prove("locale", variant.locale, None)
            self._prove("version", variant.version, None)
            return "locale_copy" if variant.locale is not None else "version_copy"
        if variant.locale in self._proven["locale"] and variant.locale != self._kept_locale():
            return "locale_copy"
        if variant.version in self._proven["version"] and variant.version != self._kept_version():
            return "version_copy"
        return None

    def _kept_locale(self) -> str | None:
        if "locale" in self._has_plain:
            return None
        spoken = self._spoken["locale"]
        own = (self.language or "en").replace("_", "-")
        for wanted in (own, own.partition("-")[0], "en"):
            found = [name for name in spoken if name == wanted or name.startswith(f"{wanted}-")]
            if found:
                return min(found, key=lambda name: (-spoken[name], name))
        return min(spoken, key=lambda name: (-spoken[name], name), default=None)

    def _kept_version(self) -> str | None:
        if "version" in self._has_plain:
            return None
        return max(self._spoken["version"], key=_release_order, default=None)


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
