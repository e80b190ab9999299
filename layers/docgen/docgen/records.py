"""What does a run remember of a URL and of a page? The rows of its store."""

from dataclasses import dataclass
from enum import IntEnum

HINT = "hint"
"""Reason of a queued URL that nobody links to."""

COMPRESSION = 1  # bodies are written once and read once or twice: speed before size


class State(IntEnum):
    """Where a known URL stands."""

    QUEUED = 0
    """To be visited."""
    TAKEN = 1
    """Being visited; queued again when the store is opened."""
    PAGE = 2
    """Visited, and a page of the result; `target` is the key of what it calls itself."""
    ALIAS = 3
    """Another URL of the page (or of the URL) named by `target`."""
    SKIPPED = 4
    """Left out on purpose, for `reason`."""
    FAILED = 5
    """Could not be had, for `reason`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownUrl:
    """A URL the crawl has met."""

    key: str
    """Its folded form: what is the same page has the same key."""
    url: str
    depth: int
    rank: float
    """Lower is more important."""
    number: int
    """Order of discovery, among equals in rank."""
    is_hint: bool = False
    """Nobody links to it, it only follows from something else: it need not be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrawledPage:
    """A page as fetched, HTML decoded to UTF-8."""

    key: str
    url: str
    """What it was asked for by, and is called in the result."""
    final_url: str
    """After redirects: what its relative links start from."""
    status: int
    content_type: str | None
    html: bytes
    etag: str | None
    last_modified: str | None
    sha256: str
    """Of the body as received."""
    text_hash: str | None
    """Of the main text; None where there is too little to compare."""
    depth: int
    rank: float
    number: int
    fetched_at: str
    """When this body arrived: ISO 8601, UTC. A 304 does not change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a conditional request needs."""

    etag: str | None
    last_modified: str | None
