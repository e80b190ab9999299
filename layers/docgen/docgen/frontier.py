"""What is visited next, what was met already, and what does not belong to the site?"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docgen import urls
from docgen.copies import Copies
from docgen.records import HINT, KnownUrl, State

if TYPE_CHECKING:
    from docgen.options import Limits, Options
    from docgen.robots import Robots
    from docgen.scan import Scan
    from docgen.store import Store

# Never HTML; not worth a request.
FILES = re.compile(
    r"\.(?:7z|avi|avif|bin|bmp|bz2|class|conf|css|csv|deb|dmg|doc|docx|eot|eps|epub|exe|gif|gz|ico"
    r"|iso|jar|jpe?g|js|json|jsonl|log|m4a|m4v|map|mjs|mobi|mov|mp3|mp4|mpe?g|msi|odp|ods|odt|ogg"
    r"|otf|pdf|pkg|png|ppt|pptx|ps|py|rar|rpm|rss|rst|rtf|sh|sig|so|sql|svg|svgz|tar|tex|tgz"
    r"|tiff?|toml|tsv|ttf|txt|wasm|wav|webm|webp|whl|woff2?|xls|xlsx|xml|xsd|xz|ya?ml|zip|zst)$",
    re.IGNORECASE,
)
DOCUMENTS = re.compile(r"\.(?:docx?|epub|mobi|od[pst]|pdf|pptx?|ps|rtf|xlsx?)$", re.IGNORECASE)
# Worth having, but after everything else: indexes, listings, sources.
LAST = re.compile(
    r"(?:^|/)(?:genindex|py-modindex|modindex|search|allclasses|index-all|_modules|_sources|tags?"
    r"|categor(?:y|ies)|archives?|authors?|print|404)(?:[-_./]|$)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+")
_TOKEN = re.compile(r"(?=[^/]*\d)(?=[^/]*[a-z])[0-9a-z_-]{16,}", re.IGNORECASE)
_REPEATED = re.compile(r"(/[^/]+(?:/[^/]+){0,3})\1\1")

LISTED = 0.5  # behind what is linked at the same depth
LISTED_FOR_MACHINES = 0.25  # llms.txt names what matters
PER_PARAMETER = 0.5
RATHER_LAST = 20.0
COPY_LAST = 100.0  # until everything else is known, a copy cannot be told from a page
PER_LOOKALIKE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What belongs to the site: one origin, one folder, and the user's globs."""

    folder: str
    """URL of the folder, with its slash."""
    include: urls.Globs
    exclude: urls.Globs

    def holds(self, url: str) -> bool:
        """Say whether the URL is in the folder (or is the folder itself)."""
        return url.startswith(self.folder) or url.partition("?")[0] == self.folder[:-1]

    def excludes(self, url: str) -> bool:
        """Say whether the user's globs leave the URL out."""
        path = urls.split(url)[1]
        return self.exclude.match(path) or (bool(self.include) and not self.include.match(path))

    def align(self, url: str) -> str:
        """Read `http:` as `https:`, or the other way round, where the site does."""
        scheme = self.folder.partition(":")[0]
        own = f"{scheme}:{url.partition(':')[2]}"
        return own if self.holds(own) else url


class Frontier:
    """Decides over every URL met; the decisions are kept in the store."""

    def __init__(
        self,
        store: Store,
        scope: Scope,
        robots: Robots,
        options: Options,
        limits: Limits,
    ) -> None:
        self.scope = scope
        self._store = store
        self._robots = robots
        self._options = options
        self._limits = limits
        self._known = {hash(key) for key in store.keys()}  # noqa: SIM118 - not a dict
        self._number = len(self._known)
        self.queued = store.count(State.QUEUED)
        """URLs that wait."""
        self._handled: set[int] = set()
        self._queued = Counter[str]()
        self._visited = Counter[str]()
        self._useless = Counter[str]()
        self.copies = Copies(scope.folder, self._is_known)
        self.copies.language = store.get("language")
        self._recall()

    def _recall(self) -> None:
        """Learn again what an earlier call had learnt from the URLs it met."""
        for url, state in self._store.met_urls():
            if (variant := self.copies.variant(url)) is not None:
                self.copies.learn(variant)
            shape, numbers = shape_of(url)
            if numbers:
                self._queued[shape] += 1
                self._visited[shape] += state != State.QUEUED

    def _is_known(self, key: str) -> bool:
        return hash(key) in self._known

    def found_link(self, url: str, *, depth: int) -> None:
        """Take a link of a page; `depth` is the page's own."""
        self.offer(url, depth=depth + 1, rank=depth + 1.0)

    def found_listed(self, url: str, *, for_machines: bool = False) -> None:
        """Take a URL of a sitemap, or of an llms.txt; folders stand for links away."""
        if not self.scope.holds(self.scope.align(url)):
            return
        depth = max(1, url.count("/") - self.scope.folder.count("/"))
        if for_machines:
            # Of Markdown copies it is only guessed what they are copies of.
            self.offer(url, depth=depth, rank=1 + LISTED_FOR_MACHINES, is_hint=True)
        else:
            self.offer(url, depth=depth, rank=depth + LISTED)

    def offer(self, url: str, *, depth: int, rank: float, is_hint: bool = False) -> None:
        """Queue a URL if it belongs to the site and is not known; remember why not."""
        code = hash(url)
        if code in self._handled:
            if rank <= 1:
                self._improve(url, depth=depth, rank=rank, is_hint=is_hint)
            return
        if len(self._handled) < self._limits.known_urls:
            self._handled.add(code)
        url = urls.clean(self.scope.align(url))
        if not self.scope.holds(url):
            return
        key = urls.fold(url)
        if self._is_known(key):
            self._improve(url, depth=depth, rank=rank, is_hint=is_hint)
        elif len(self._known) < self._limits.known_urls:
            self._admit(url, key, depth, rank, is_hint=is_hint)

    def _improve(self, url: str, *, depth: int, rank: float, is_hint: bool) -> None:
        if self.copies.variant(url) is None:
            self._store.improve(
                urls.fold(url), depth=depth, rank=rank + self._penalty(url), is_hint=is_hint
            )

    def _admit(self, url: str, key: str, depth: int, rank: float, *, is_hint: bool) -> None:
        path = urls.split(url)[1]
        if FILES.search(path) and not DOCUMENTS.search(path):
            return
        variant = self.copies.variant(url)
        reason = self._reason_against(url, path, depth)
        if reason is None:
            rank += self._penalty(url)
            if variant is not None:
                self.copies.learn(variant)
                rank += COPY_LAST
        self._known.add(hash(key))
        self._number += 1
        self.queued += reason is None
        self._store.add_url(
            KnownUrl(
                key=key, url=url, depth=depth, rank=rank, number=self._number, is_hint=is_hint
            ),
            state=State.QUEUED if reason is None else State.SKIPPED,
            reason=reason,
        )

    def _reason_against(self, url: str, path: str, depth: int) -> str | None:
        limits = self._limits
        if self.scope.excludes(url):
            return "excluded"
        if DOCUMENTS.search(path):
            return "not_html"
        if depth > self._options.max_depth:
            return "too_deep"
        if len(url) > limits.url_length:
            return "url_too_long"
        if (
            path.count("/") > limits.path_segments
            or _REPEATED.search(path)
            or url.count("&") >= limits.query_parameters
        ):
            return "trap"
        return None if self._robots.allows(url) else "robots"

    def _penalty(self, url: str) -> float:
        penalty = 0.0
        if "?" in url:
            penalty += PER_PARAMETER * (url.count("&") + 1)
        if LAST.search(url):
            penalty += RATHER_LAST
        shape, numbers = shape_of(url)
        if numbers:
            self._queued[shape] += 1
            penalty += min(RATHER_LAST, PER_LOOKALIKE * self._queued[shape] * numbers)
        return penalty

    def begin(self, url: str) -> KnownUrl:
        """Take the start page, whatever is known of it."""
        known = KnownUrl(key=urls.fold(url), url=url, depth=0, rank=0.0, number=0)
        self._known.add(hash(known.key))
        self._store.add_url(known)
        self._store.mark(known.key, State.TAKEN)
        return known

    def claim(self, known: KnownUrl) -> bool:
        """Take a URL out of turn, because another one led to it; False if it is dealt with."""
        state = self._store.state(known.key)
        if state is None:
            path = urls.split(known.url)[1]
            reason = self._reason_against(known.url, path, known.depth)
            self._number += 1
            self._known.add(hash(known.key))
            self._store.add_url(
                known,
                reason=reason,
                state=State.SKIPPED if reason else State.TAKEN,
            )
            return reason is None
        if state == State.QUEUED:
            self._store.mark(known.key, State.TAKEN)
            self.queued -= 1
        return state in (State.QUEUED, State.TAKEN)

    def note_alias(self, key: str, url: str, target: str) -> None:
        """Note that a URL is only another name of `target`, whatever was known of it."""
        self.queued -= self._store.state(key) == State.QUEUED
        self._known.add(hash(key))
        known = KnownUrl(key=key, url=url, depth=0, rank=0.0, number=0)
        self._store.add_url(known)
        self._store.mark(key, State.ALIAS, target=target)

    def take(self, below: float = math.inf) -> KnownUrl | None:
        """Take the next URL to visit, of a rank below a number."""
        while (known := self._store.next_url(below)) is not None:
            self.queued -= 1
            reason = self._reason_now(known)
            if reason is None:
                return known
            self._store.mark(known.key, State.SKIPPED, reason=reason)
        if below == math.inf:
            self.queued = 0
        return None

    def _reason_now(self, known: KnownUrl) -> str | None:
        # Asked again, because a URL kept from an earlier run was let in by other rules.
        reason = self._reason_against(known.url, urls.split(known.url)[1], known.depth)
        variant = self.copies.variant(known.url)
        if reason is None and variant is not None:
            reason = self.copies.reason(variant)
        return reason or self._trapped(known.url)

    def _trapped(self, url: str) -> str | None:
        shape, numbers = shape_of(url)
        if self._useless[shape] >= self._limits.useless_in_a_row:
            return "trap"
        if numbers:
            most = self._limits.same_shape // (1 if numbers == 1 else 5)
            if self._visited[shape] >= most:
                return "trap"
            self._visited[shape] += 1
        return None

    def put_back(self, known: KnownUrl) -> None:
        """Let a URL wait that was taken, but not visited."""
        self._store.mark(known.key, State.QUEUED, reason=HINT if known.is_hint else None)
        self.queued += 1

    def speak(self, language: str | None) -> None:
        """Take the language of the start page for that of the whole."""
        self.copies.language = language
        self._store.put("language", language or "")

    def is_translation(self, key: str, found: Scan) -> bool:
        """Say whether a page calls itself a translation of one in the start page's language.

        Of a page that is in that language, the translations it names are left out unseen.
        """
        own = _primary(self.copies.language)
        named = [(_primary(tag), self.scope.align(url)) for tag, url in found.alternates]
        in_scope = {urls.fold(url): (tag, url) for tag, url in named if self.scope.holds(url)}
        same = {urls.fold(url) for tag, url in named if tag == own} & in_scope.keys()
        others = {k: url for k, (tag, url) in in_scope.items() if k not in same and tag != "x"}
        if not own or not others:
            return False
        if key in others:
            return bool(same)
        if same or _primary(found.language) == own:
            for other, url in others.items():
                self._leave(other, url, "locale_copy")
        return False

    def _leave(self, key: str, url: str, reason: str) -> None:
        state = self._store.state(key)
        if state is None and len(self._known) < self._limits.known_urls:
            known = KnownUrl(key=key, url=url, depth=0, rank=0.0, number=0)
            self._known.add(hash(key))
            self._store.add_url(known, state=State.SKIPPED, reason=reason)
        elif state == State.QUEUED:
            self._store.mark(key, State.SKIPPED, reason=reason)
            self.queued -= 1

    def was_useful(self, url: str) -> None:
        """Note that a visit brought a new page."""
        self._useless.pop(shape_of(url)[0], None)

    def was_useless(self, url: str) -> None:
        """Note that a visit brought nothing but a copy of another page."""
        if "?" in url or shape_of(url)[1]:
            self._useless[shape_of(url)[0]] += 1

    def late_copies(self) -> list[tuple[str, str]]:
        """Find pages that turned out to be copies only later, with the reason."""
        found = []
        for key, url in self._store.page_urls():
            variant = self.copies.variant(url)
            if variant is not None and (reason := self.copies.reason(variant)):
                found.append((key, reason))
        return found


def _primary(language: str | None) -> str:
    return (language or "").partition("-")[0].partition("_")[0]


def shape_of(url: str) -> tuple[str, int]:
    """Reduce a URL to its shape, and count the places where URLs of it can differ.

    Numbers and random-looking tokens in the path, and all values of parameters, are left out.
    """
    origin, path, query = urls.split(url)
    shape, tokens = _TOKEN.subn("*", path)
    shape, numbers = _NUMBER.subn("0", shape)
    if query:
        names = sorted(part.partition("=")[0] for part in query.split("&"))
        shape = f"{shape}?{'&'.join(names)}"
        numbers += sum(1 for part in query.split("&") if _NUMBER.search(part.partition("=")[2]))
    return f"{origin}{shape}", tokens + numbers
