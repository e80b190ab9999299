"""What does one URL answer? One request, its redirects followed, everything bounded."""

from __future__ import annotations

import asyncio
import email.utils
import ssl
from collections.abc import AsyncIterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol, Required, Self, TypedDict, Unpack

import ada_url
import httpcore2

from docgen import urls
from docgen.errors import (
    AccessDenied,
    AddressRefused,
    PageGone,
    SiteError,
    SiteOverloaded,
    SiteUnreachable,
    TooManyRedirects,
)
from docgen.transport import CheckedBackend
from docgen.unpack import BodyRefused, too_large, unpacker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from docgen.options import Limits
    from docgen.records import Validators
    from docgen.transport import AllowAddress

REDIRECTS = frozenset({301, 302, 303, 307, 308})
NOT_MODIFIED = 304
HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.5"
KEEP_ALIVE_SECONDS = 30
DRAINED_BYTES = 16 * 1024  # of an error page; beyond that a new connection is cheaper


class HopRefused(SiteError):
    """The page redirects to where this crawl does not go."""

    def __init__(self, url: str, *, reason: str) -> None:
        """Take the target of the redirect, and why it was not followed."""
        super().__init__()
        self.url = url
        self.reason = reason


class Terms(TypedDict, total=False):
    """On which terms an answer is taken."""

    most_bytes: Required[int]
    """Of its body, before and after decompression."""
    cut: bool
    """Take the beginning of a body that is too long, instead of refusing it."""
    validators: Validators | None
    """Of what is there already: the answer may be that it has not changed."""
    check_hop: Callable[[str], Awaitable[None]]
    """Sees each redirect's target and may raise."""
    wanted: Callable[[int, str], bool]
    """Sees status and media type; a body it does not want is left unread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An answer, its body decompressed."""

    url: str
    """What was asked for."""
    final_url: str
    """What answered, after redirects."""
    hops: tuple[str, ...]
    """What redirected, in order; begins with `url` if anything did."""
    status: int
    headers: dict[str, str]
    """Names in lower case; of repeated fields, the first."""
    body: bytes
    is_cut: bool
    """The body went on beyond what was asked for."""
    seconds: float
    """From the (last) request to its header."""

    @property
    def media_type(self) -> str:
        """The content type without its parameters; empty if none was sent."""
        return _media_type(self.headers)

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, if the server said so."""
        return parse_retry_after(self.headers.get("retry-after"), now=datetime.now(UTC))


class Fetcher:
    """Sends requests, all through the one checked transport. Use as a context manager."""

    def __init__(
        self,
        limits: Limits,
        allow_address: AllowAddress,
        *,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits
        self._backend = CheckedBackend(allow_address, limits.ports)
        self._ssl_context = ssl_context
        self._pools: dict[str, httpcore2.AsyncConnectionPool] = {}
        self.requests = 0
        """Sent so far, redirects included."""
        self.bytes = 0
        """Received so far, decompressed."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    def _pool(self, scheme: str) -> httpcore2.AsyncConnectionPool:
        """Give the connections of a scheme; TLS loads its roots only when it is needed."""
        if scheme not in self._pools:
            is_secure = scheme == "https"
            self._pools[scheme] = httpcore2.AsyncConnectionPool(
                ssl_context=self._ssl_context
                or (httpcore2.default_ssl_context() if is_secure else None),
                max_connections=self._limits.concurrency + 2,
                max_keepalive_connections=self._limits.concurrency + 2,
                keepalive_expiry=KEEP_ALIVE_SECONDS,
                http2=is_secure,
                network_backend=self._backend,
            )
        return self._pools[scheme]

    async def get(self, url: str, **terms: Unpack[Terms]) -> Response:
        """Ask for a canonical URL.

        Raises:
            SiteError: No answer, or none that may be had; see `retryable`.
            BodyRefused: An answer that is not taken in. Do not ask again.
        """
        try:
            async with asyncio.timeout(self._limits.request_timeout.total_seconds()):
                return await self._follow(url, terms)
        except TimeoutError as exc:
            raise SiteUnreachable("The site did not answer in time.") from exc
        except httpcore2.TimeoutException as exc:
            raise SiteUnreachable("The site did not answer in time.") from exc
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError) as exc:
            raise SiteUnreachable(_explain(exc)) from exc

    async def _follow(self, url: str, terms: Terms) -> Response:
        hops: list[str] = []
        current = url
        while True:
            answer = await self._ask(current, terms)
            target = _redirect_target(answer)
            if target is None:
                return replace(answer, url=url, hops=tuple(hops))
            hops.append(current)
            if len(hops) > self._limits.redirects or target in hops:
                raise TooManyRedirects
            if "check_hop" in terms:
                await terms["check_hop"](target)
            current = target

    async def _ask(self, url: str, terms: Terms) -> Response:
        self.requests += 1
        clock = asyncio.get_running_loop().time
        started = clock()
        answer = await self._pool(url.partition(":")[0]).handle_async_request(
            self._request(url, terms.get("validators"))
        )
        seconds = clock() - started
        try:
            headers = self._read_headers(answer.headers)
            is_wanted = answer.status not in REDIRECTS and (
                "wanted" not in terms or terms["wanted"](answer.status, _media_type(headers))
            )
            if is_wanted:
                body, is_cut = await self._read_body(answer, headers, terms)
            else:
                body, is_cut = b"", False
                await _drain(answer, headers)
        finally:
            await answer.aclose()
        return Response(
            url=url,
            final_url=url,
            hops=(),
            status=answer.status,
            headers=headers,
            body=body,
            is_cut=is_cut,
            seconds=seconds,
        )

    def _request(self, url: str, validators: Validators | None) -> httpcore2.Request:
        parsed = ada_url.URL(url)
        headers = [
            (b"Host", parsed.host.encode()),
            (b"User-Agent", self._limits.user_agent.encode()),
            (b"Accept", ACCEPT.encode()),
            (b"Accept-Encoding", b"gzip"),
        ]
        if validators is not None and validators.etag:
            headers.append((b"If-None-Match", validators.etag.encode("latin-1", "ignore")))
        if validators is not None and validators.last_modified:
            stamp = validators.last_modified.encode("latin-1", "ignore")
            headers.append((b"If-Modified-Since", stamp))
        return httpcore2.Request(
            method="GET",
            url=httpcore2.URL(
                scheme=parsed.protocol.rstrip(":"),
                host=parsed.hostname.strip("[]"),
                port=int(parsed.port) if parsed.port else None,
                target=parsed.pathname + parsed.search,
            ),
            headers=headers,
            extensions={"timeout": {"connect": self._limits.connect_timeout.total_seconds()}},
        )

    def _read_headers(self, raw: list[tuple[bytes, bytes]]) -> dict[str, str]:
        if sum(len(name) + len(value) for name, value in raw) > self._limits.header_bytes:
            raise BodyRefused("The answer's header is too large.", reason="headers_too_large")
        headers: dict[str, str] = {}
        for name, value in raw:
            key = name.decode("latin-1").lower()
            if key == "content-encoding" and key in headers:
                headers[key] += f", {value.decode('latin-1')}"
            headers.setdefault(key, value.decode("latin-1"))
        return headers

    async def _read_body(
        self, answer: httpcore2.Response, headers: dict[str, str], terms: Terms
    ) -> tuple[bytes, bool]:
        most_bytes, cut = terms["most_bytes"], terms.get("cut", False)
        unpack = unpacker(headers.get("content-encoding", ""))
        length = headers.get("content-length", "")
        if not cut and length.isdecimal() and int(length) > most_bytes:
            raise too_large(most_bytes)
        body = bytearray()
        received = 0
        async for chunk in _chunks(answer):
            received += len(chunk)
            piece = unpack(chunk, most_bytes + 1 - len(body))
            body += piece
            self.bytes += len(piece)
            if len(body) > most_bytes or received > most_bytes:
                if not cut:
                    raise too_large(most_bytes)
                return bytes(body[:most_bytes]), True
        return bytes(body), False


def _media_type(headers: dict[str, str]) -> str:
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _chunks(answer: httpcore2.Response) -> AsyncIterator[bytes]:
    stream = answer.stream
    if not isinstance(stream, AsyncIterable):  # pragma: no cover - for the type checker
        raise TypeError("not an asynchronous response")
    return aiter(stream)


async def _drain(answer: httpcore2.Response, headers: dict[str, str]) -> None:
    """Read a short body to its end: only then can the connection be used again."""
    length = headers.get("content-length", "")
    if answer.status == NOT_MODIFIED or (length.isdecimal() and int(length) <= DRAINED_BYTES):
        async for _ in _chunks(answer):
            pass


def _redirect_target(answer: Response) -> str | None:
    location = answer.headers.get("location")
    if answer.status not in REDIRECTS or location is None:
        return None
    try:
        # Header fields are bytes; servers that send UTF-8 in them mean UTF-8.
        location = location.encode("latin-1").decode("utf-8", "replace")
        return urls.canonical(location, answer.url)
    except urls.BadUrl as exc:
        raise AddressRefused from exc


def _explain(exc: Exception) -> str:
    if isinstance(exc.__cause__ or exc.__context__, ssl.SSLError) or "CERTIFICATE" in str(exc):
        return "No secure connection to the site could be made."
    return "The site does not answer."


def parse_retry_after(value: str | None, *, now: datetime) -> float | None:
    """Read a Retry-After field, seconds or a date, as seconds from now."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return int(value.strip()[:9])
    try:
        moment = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the latter for a year or a zone of many digits
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - now).total_seconds()
    return max(seconds, 0.0)


def error_of(response: Response) -> SiteError | None:
    """Say what an unsuccessful status means; None for a successful one."""
    status = response.status
    if status < 300 or status == NOT_MODIFIED:
        return None
    if status in (429, 503):
        return SiteOverloaded(retry_after=response.retry_after)
    if status in (401, 402, 403, 407, 451):
        return AccessDenied(f"The site refuses access to this page ({status}).")
    if status in (408, 425) or status >= 500:
        return SiteUnreachable(
            f"The site answers with an error ({status}).", retry_after=response.retry_after
        )
    return PageGone(f"There is no page at this URL ({status}).")


class Getter(Protocol):
    """What gets URLs as a `Fetcher` does, now or when it is its turn."""

    async def get(self, url: str, **terms: Unpack[Terms]) -> Response:
        """Ask for a canonical URL."""


async def get_patiently(
    fetcher: Getter, url: str, limits: Limits, **terms: Unpack[Terms]
) -> Response:
    """Ask for a URL, and again while the error may pass.

    Raises:
        SiteError: As `Fetcher.get`; of statuses, those that are retryable.
    """
    attempt = 1
    while True:
        try:
            response = await fetcher.get(url, **terms)
            error = error_of(response)
            if error is None or not error.retryable:
                return response
            raise error
        except SiteError as exc:
            delay = pause_before_retry(exc, attempt, limits)
            if delay is None:
                raise
        await asyncio.sleep(delay)
        attempt += 1


def pause_before_retry(error: SiteError, attempt: int, limits: Limits) -> float | None:
    """Say how many seconds to wait after this attempt; None to give up."""
    if not error.retryable or attempt >= limits.attempts:
        return None
    pause = limits.backoff.total_seconds() * 2.0 ** (attempt - 1)
    if error.retry_after is None:
        return pause
    if error.retry_after > limits.retry_after.total_seconds():
        return None
    return max(pause, error.retry_after)
