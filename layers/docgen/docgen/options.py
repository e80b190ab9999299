"""What a caller may ask for, and what a run may use up: two values, nothing else."""

from dataclasses import dataclass
from datetime import timedelta

FORMATS = ("markdown", "html", "json", "llms", "pdf", "docx")
DEFAULT_FORMATS = FORMATS[:4]

WEB_PORTS = frozenset({80, 443, 3000, 4000, 5000, 8000, 8008, 8080, 8081, 8443, 8888})

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user asked for. The caller has validated it."""

    max_pages: int = 100
    """Pages in the result; duplicates and failures do not count."""
    max_depth: int = 10
    """Links away from the start page; 0 is the start page alone."""
    include: tuple[str, ...] = ()
    """Globs over the path; none means everything in scope."""
    exclude: tuple[str, ...] = ()
    """Globs over the path; they win over `include`."""
    formats: tuple[str, ...] = DEFAULT_FORMATS
    """Some of `FORMATS`."""
    title: str | None = None
    """Title of the whole; None takes the site's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Every budget of a run. Reaching one ends in a partial result or a clear error."""

    concurrency: int = 10
    """Requests at once; fewer while the site is slow or erring."""
    user_agent: str = "Mozilla/5.0 (compatible; DocSnap/0.1; documentation crawler)"
    """Sent with every request."""
    robot_name: str = "DocSnap"
    """The product token looked for in robots.txt."""
    ports: frozenset[int] = WEB_PORTS
    """Ports that may be dialled at public addresses. A private address that `allow_address`
    admits may be dialled at any port."""

    connect_timeout: timedelta = timedelta(seconds=10)
    """For one connection, with its name lookup and TLS."""
    request_timeout: timedelta = timedelta(seconds=30)
    """For one page from the first redirect to the last byte, however slowly it drips."""
    crawl_timeout: timedelta = timedelta(hours=2)
    """For all fetching of one call of `generate`; what is there by then is the result."""
    retry_after: timedelta = timedelta(seconds=60)
    """The longest pause a server may ask for; a start page that asks for more is an error."""
    attempts: int = 3
    """Tries per URL while the error may pass."""
    backoff: timedelta = timedelta(seconds=0.5)
    """Before the second try; doubles with each further one."""
    crawl_delay: timedelta = timedelta(seconds=5)
    """The longest `Crawl-delay` of a robots.txt that is honoured."""

    redirects: int = 5
    """Redirects followed for one request."""
    page_bytes: int = 5 * MIB
    """One body, before and after decompression."""
    header_bytes: int = 64 * KIB
    """All header fields of one response."""
    total_bytes: int = 1024 * MIB
    """All bodies of one call of `generate`, after decompression."""
    memory_bytes: int = 1536 * MIB
    """Resident memory of the process at which fetching stops."""
    requests_per_page: int = 8
    """Requests of a run, as a multiple of the pages asked for (and some hundred on top)."""

    url_length: int = 2000
    """Longer URLs are not visited."""
    path_segments: int = 20
    """Deeper paths are not visited."""
    query_parameters: int = 6
    """URLs with more are not visited."""
    links_per_page: int = 10_000
    """Links read from one page."""
    known_urls: int = 50_000
    """URLs remembered in all; later ones are not noticed."""
    same_shape: int = 2000
    """URLs visited that differ in one number alone, a fifth of that if in several (calendars,
    counters, sessions). No fewer than a job may ask for: a manual may have numbered pages."""
    useless_in_a_row: int = 8
    """Duplicates of one shape, without one new page between, after which the shape is left."""

    sitemaps: int = 50
    """Sitemap files read, indexes included."""
    sitemap_bytes: int = 16 * MIB
    """One sitemap, decompressed; the rest of a longer one is not read."""
    robots_bytes: int = 512 * KIB
    """Read of a robots.txt; RFC 9309 asks for 500 KiB at least."""

    images: int = 300
    """Images fetched into the bundle; 0 leaves all where they are."""
    image_bytes: int = 2 * MIB
    """One image."""
    images_bytes: int = 64 * MIB
    """All images."""
