"""What becomes of an answer: a page, another name of a page, or nothing?"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING

from docgen import urls
from docgen.charsets import decode
from docgen.complexity import is_too_complex
from docgen.fetch import HTML_TYPES, NOT_MODIFIED
from docgen.records import CrawledPage, KnownUrl, State
from docgen.scan import scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from docgen.fetch import Response
    from docgen.frontier import Frontier
    from docgen.options import Limits
    from docgen.scan import Scan
    from docgen.store import Store

VAGUE_TYPES = frozenset(
    {"", "text/plain", "application/octet-stream", "application/xml", "text/xml"}
)
MARKS = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s++|<!--.*?-->|<\?[^>]*+>)*+<(?:!doctype html|html|head|body|meta)",
    re.IGNORECASE | re.DOTALL,
)
LOOKED_AT = 1024
PDF = b"%PDF-"
XML_TYPES = frozenset({"application/xhtml+xml", "application/xml", "text/xml"})
_EMPTY = re.compile(r"<(?P<name>[A-Za-z][\w:.-]*+)(?P<rest>[^<>]*+)(?<=/)>")
_VERBATIM = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
)
ERROR_STATUS = 300
GONE = frozenset({"http_404", "http_410"})


def is_wanted(status: int, media_type: str) -> bool:
    """Say whether an answer with this header may be a page, so that its body is worth reading."""
    return status < ERROR_STATUS and (media_type in HTML_TYPES or media_type in VAGUE_TYPES)


def is_html(response: Response) -> bool:
    """Say whether the body is HTML, whatever the header calls it."""
    beginning = response.body[:LOOKED_AT]
    if beginning.startswith(PDF):
        return False
    if response.media_type in HTML_TYPES:
        return b"\0" not in beginning.replace(b"<\0", b"").replace(b"\0<", b"") or _is_utf16(
            beginning
        )
    return response.media_type in VAGUE_TYPES and MARKS.match(beginning) is not None


def _is_utf16(beginning: bytes) -> bool:
    return beginning.startswith((b"\xff\xfe", b"\xfe\xff")) or b"<\0" in beginning[:8]


def text_of(response: Response) -> str:
    """Decode a page; one that is XML is written as HTML has it."""
    text = decode(response.body, response.headers.get("content-type")).replace("\0", "")
    if response.media_type in XML_TYPES:
        text = _VERBATIM.sub(lambda found: escape(found[1], quote=False), text)
        text = _EMPTY.sub(_write_out, text)
    return text


def _write_out(found: re.Match[str]) -> str:
    # An HTML parser ignores the slash: `<script/>` or `<title/>` would swallow what follows.
    if found["name"].lower() in _VOID:
        return found[0]
    return f"<{found['name']}{found['rest'][:-1]}></{found['name']}>"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in an answer."""

    text: str
    found: Scan | None
    """None for what is too complex to be parsed."""


def read(response: Response, limits: Limits) -> Reading:
    """Read a page. Works on nothing but the answer, so a thread of its own may do it."""
    text = text_of(response)
    if is_too_complex(text):
        return Reading(text, None)
    return Reading(text, scan(text, response.final_url, most_links=limits.links_per_page))


class Intake:
    """Writes into the store what a visit brought, and tells the frontier where it leads."""

    def __init__(
        self, store: Store, frontier: Frontier, limits: Limits, clock: Callable[[], datetime]
    ) -> None:
        self._store = store
        self._frontier = frontier
        self._limits = limits
        self._clock = clock
        self.pages = store.count(State.PAGE)
        """In the result so far."""
        self.failed = store.count(State.FAILED)
        """Could not be had so far."""
        self._unread: deque[tuple[str, Iterator[str], int]] = deque()
        for page in store.unread_pages():
            found = scan(page.html.decode(), page.final_url, most_links=limits.links_per_page)
            self._unread.append((page.key, found.links(), page.depth))

    @property
    def has_links(self) -> bool:
        """Whether pages taken in have links that are not read yet."""
        return bool(self._unread)

    def read_links(self, clock: Callable[[], float], seconds: float) -> bool:
        """Go on with the links of the pages taken in; say whether any are left.

        A page can have thousands; reading them in slices keeps the requests going.
        """
        until = clock() + seconds
        while self._unread:
            key, links, depth = self._unread[0]
            for url in links:
                self._frontier.found_link(url, depth=depth)
                if clock() >= until:
                    return True
            self._unread.popleft()
            self._store.set_read(key)
        return False

    def skip(self, known: KnownUrl, reason: str) -> None:
        """Leave a URL out on purpose."""
        self._store.mark(known.key, State.SKIPPED, reason=reason)

    def fail(self, known: KnownUrl, reason: str) -> None:
        """Note that a URL could not be had, and forget what was had of it before."""
        if known.is_hint and reason in GONE:
            self.skip(known, reason)
            return
        self._store.mark(known.key, State.FAILED, reason=reason)
        self.failed += 1
        self._store.drop_page(known.key)

    def accept(
        self,
        known: KnownUrl,
        response: Response,
        reading: Reading | None = None,
        *,
        is_start: bool = False,
    ) -> None:
        """Take in a successful answer, which may have been read before."""
        if self._store.state(known.key) != State.TAKEN:
            return  # another URL led here in the meantime
        url = urls.clean(response.final_url)
        claimed = self._rename(known, url, response.hops)
        if claimed is None:
            return
        kept = self._store.page(claimed.key)
        if response.status == NOT_MODIFIED:
            if kept is None:
                self.fail(claimed, "http_304")
            else:
                self._keep(claimed, kept, is_start=is_start)
        elif not is_html(response):
            self.skip(claimed, "not_html")
        else:
            reading = reading or read(response, self._limits)
            self._take(claimed, response, reading, kept, is_start=is_start)

    def _rename(self, known: KnownUrl, url: str, hops: tuple[str, ...]) -> KnownUrl | None:
        """Follow a page to the URL it is really at; None when that is dealt with already."""
        key = urls.fold(url)
        for hop in hops:
            self._note_alias(hop, key)
        if key == known.key:
            return replace(known, url=url)
        self._store.mark(known.key, State.ALIAS, target=key)
        claimed = replace(known, key=key, url=url)
        return claimed if self._frontier.claim(claimed) else None

    def _note_alias(self, url: str, key: str) -> None:
        hop_key = urls.fold(urls.clean(url))
        if hop_key != key and self._store.state(hop_key) in (None, State.QUEUED):
            self._frontier.note_alias(hop_key, urls.clean(url), key)

    def _keep(self, known: KnownUrl, kept: CrawledPage, *, is_start: bool) -> None:
        found = scan(kept.html.decode(), kept.final_url, most_links=self._limits.links_per_page)
        self._store.move_page(known)
        self._finish(known, kept, found, is_start=is_start)

    def _take(
        self,
        known: KnownUrl,
        response: Response,
        reading: Reading,
        kept: CrawledPage | None,
        *,
        is_start: bool,
    ) -> None:
        found = reading.found
        if found is None:
            self.fail(known, "too_complex")
            return
        if not is_start and found.refresh is not None and urls.fold(found.refresh) != known.key:
            self._send_on(known, found.refresh)
            return
        sha256 = hashlib.sha256(response.body).hexdigest()
        is_same = kept is not None and kept.sha256 == sha256
        page = CrawledPage(
            key=known.key,
            url=known.url,
            final_url=response.final_url,
            status=response.status,
            content_type=response.headers.get("content-type"),
            html=reading.text.encode(),
            etag=response.headers.get("etag"),
            last_modified=response.headers.get("last-modified"),
            sha256=sha256,
            text_hash=found.text_hash,
            depth=known.depth,
            rank=known.rank,
            number=known.number,
            fetched_at=kept.fetched_at if kept is not None and is_same else self._now(),
        )
        self._store.put_page(page)
        self._finish(known, page, found, is_start=is_start)

    def _send_on(self, known: KnownUrl, target: str) -> None:
        if not self._frontier.scope.holds(target):
            self.skip(known, "out_of_scope")
            return
        self._store.mark(known.key, State.ALIAS, target=urls.fold(target))
        self._frontier.offer(target, depth=known.depth, rank=known.rank)

    def _follow_canonical(self, known: KnownUrl, found: Scan) -> str | None:
        """Look where the page says it is; give the key of it if only parameters differ.

        That is only a hint: many sites point all their pages to one. If a page is a copy, its
        text will show it, or that the page it calls itself has the same name.
        """
        canonical = found.canonical
        if canonical is None or not self._frontier.scope.holds(canonical):
            return None
        self._frontier.offer(canonical, depth=known.depth, rank=known.rank, is_hint=True)
        key = urls.fold(canonical)
        same_path = urls.split(canonical)[1] == urls.split(known.url)[1]
        return key if same_path and key != known.key else None

    def _leave_misnamed(self) -> None:
        """Leave out pages that call themselves another page, which has the same name."""
        for key, other in self._store.pages_called_otherwise():
            if self._store.state(other) == State.PAGE and self._name(key) == self._name(other):
                self._store.mark(key, State.ALIAS, target=other)
                self.pages -= 1

    def _name(self, key: str) -> str | None:
        page = self._store.page(key)
        if page is None:
            return None
        return scan(page.html.decode(), page.final_url, most_links=0).name

    def _finish(self, known: KnownUrl, page: CrawledPage, found: Scan, *, is_start: bool) -> None:
        if is_start:
            self._frontier.speak(found.language)
        if is_start and self._frontier.scope.excludes(known.url):
            self.skip(known, "excluded")
        elif not is_start and self._frontier.is_translation(known.key, found):
            self.skip(known, "locale_copy")
        elif self._is_copy(known, page):
            self._frontier.was_useless(known.url)
            return
        else:
            target = None if is_start else self._follow_canonical(known, found)
            self._store.mark(known.key, State.PAGE, target=target)
            self.pages += 1
            self._frontier.was_useful(known.url)
        self._unread.append((known.key, found.links(), known.depth))

    def _is_copy(self, known: KnownUrl, page: CrawledPage) -> bool:
        """Fold pages with the same text into one: the more important keeps its name."""
        if page.text_hash is None:
            return False
        other = self._store.page_with_text(page.text_hash)
        if other is None or other.key == known.key:
            return False
        if (other.rank, other.number) <= (known.rank, known.number):
            self._store.mark(known.key, State.ALIAS, target=other.key)
            return True
        self._store.mark(other.key, State.ALIAS, target=known.key)
        self.pages -= 1
        return False

    def _leave_late_copies(self) -> None:
        """Leave out pages that only the rest of the crawl has shown to be copies."""
        for key, reason in self._frontier.late_copies():
            self._store.mark(key, State.SKIPPED, reason=reason)
            self.pages -= 1

    def end_round(self) -> None:
        """Leave out what only the rest of the crawl has shown to be no page of its own."""
        self._leave_misnamed()
        self._leave_late_copies()
        self._store.end_round(self._now())

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds").replace("+00:00", "Z")
