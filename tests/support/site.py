"""A small web site on loopback that does what a test tells it to.

    with Site() as site:
        site.page("/docs/", "<a href=one>one</a>")
        site.page("/docs/one", "…", latency=0.2)
        site.redirect("/docs/old", "/docs/one")
        … site.url("/docs/") … site.hits("/docs/one") …

Each answer is written as raw bytes, so that it can be as wrong as a hostile server makes it.
"""

import asyncio
import contextlib
import gzip
import hashlib
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Self

PARAGRAPH = (
    "This page explains one thing at some length, so that it has words enough of its own and"
    " is taken for what it is: a page of documentation about {name}, in plain sentences that"
    " no other page of this small site repeats in the same way, because they all name {name}."
)
ROUNDS_TO_ACCEPT = 5
"""Of the event loop, until what called becomes a connection."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the site was asked."""

    method: str
    target: str
    headers: Mapping[str, str]
    """Names in lower case."""


@dataclass(slots=True)
class Answer:
    """What the site says to one request."""

    body: bytes | AsyncIterator[bytes] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    latency: float = 0.0
    raw_header: bytes | None = None
    """Instead of status line and header fields."""
    length: int | None = None
    """Content-Length to claim, if it is not the body's own."""


Script = Callable[[Request], Answer]


def html(body: str, *, title: str = "A page", head: str = "") -> str:
    """Make an HTML page."""
    return (
        f"<!doctype html><html lang=en><head><title>{title}</title>{head}</head>"
        f"<body>{body}</body></html>"
    )


def prose(name: str) -> str:
    """Make a heading and a paragraph that are like no other page's."""
    return f"<main><h1>{name}</h1><p>{PARAGRAPH.format(name=name)}</p></main>"


class Site:
    """The server. Runs in a thread of its own while the context lasts."""

    def __init__(self, *, latency: float = 0.0) -> None:
        self._latency = latency
        self._scripts: dict[str, Script] = {}
        self._fallback: Script = lambda _: Answer(b"not here", 404)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._is_ready = threading.Event()
        self._stop: asyncio.Event
        self._open: set[asyncio.Task[None]] = set()
        self.port = 0
        self.requests: list[Request] = []
        self.connections = 0
        self.at_once = 0
        self.most_at_once = 0

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._is_ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(30)

    # What tests say

    def url(self, path: str = "/") -> str:
        """Give the URL of a path."""
        return f"http://127.0.0.1:{self.port}{path}"

    def on(self, target: str, script: Script) -> None:
        """Answer a target (path and query) with a script of its own."""
        self._scripts[target] = script

    def otherwise(self, script: Script) -> None:
        """Answer everything else with a script."""
        self._fallback = script

    def page(
        self,
        target: str,
        body: str,
        *,
        title: str = "A page",
        head: str = "",
        headers: Mapping[str, str] | None = None,
        latency: float = 0.0,
    ) -> None:
        """Serve an HTML page with an ETag, and 304 to who has it."""
        content = html(body, title=title, head=head).encode()
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        fields = {"Content-Type": "text/html; charset=utf-8", "ETag": etag, **(headers or {})}

        def script(request: Request) -> Answer:
            if request.headers.get("if-none-match") == etag:
                return Answer(status=304, headers={"ETag": etag}, latency=latency)
            return Answer(content, headers=dict(fields), latency=latency)

        self.on(target, script)

    def docs(self, count: int, *, folder: str = "/docs/", latency: float = 0.0) -> None:
        """Serve a front page with links to so many pages."""
        names = [f"page-{chr(97 + n % 26)}{n}" for n in range(count - 1)]
        links = "".join(f'<li><a href="{name}.html">{name}</a></li>' for name in names)
        self.page(
            folder, f"{prose('front')}<nav><ul>{links}</ul></nav>", title="Front", latency=latency
        )
        for name in names:
            self.page(f"{folder}{name}.html", prose(name), title=name, latency=latency)

    def text(self, target: str, body: str, content_type: str = "text/plain") -> None:
        """Serve a text."""
        self.on(target, lambda _: Answer(body.encode(), headers={"Content-Type": content_type}))

    def gzipped(self, target: str, body: bytes) -> None:
        """Serve a body packed with gzip."""
        packed = gzip.compress(body)
        self.on(target, lambda _: Answer(packed, headers={"Content-Encoding": "gzip"}))

    def redirect(self, target: str, location: str, status: int = 302) -> None:
        """Send on to another place."""
        self.on(target, lambda _: Answer(status=status, headers={"Location": location}))

    def fail(
        self,
        target: str,
        status: int,
        *,
        times: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer with an error: always, or so many times before what was there before."""
        then = self._scripts.get(target)
        asked = Counter[str]()

        def script(request: Request) -> Answer:
            asked[target] += 1
            if then is not None and times is not None and asked[target] > times:
                return then(request)
            return Answer(b"no", status, dict(headers or {}))

        self.on(target, script)

    def hits(self, target: str) -> int:
        """Count the requests for a target."""
        return sum(request.target == target for request in self.requests)

    def targets(self) -> list[str]:
        """List what was asked for, in order."""
        return [request.target for request in self.requests]

    def forget(self) -> None:
        """Forget all requests so far."""
        self.requests.clear()

    # The server

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())
        self._loop.close()

    async def _run(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_ready.set()
        await self._stop.wait()
        for _ in range(ROUNDS_TO_ACCEPT):  # a server that is closed meanwhile loses the socket
            await asyncio.sleep(0)
        server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        self.connections += 1
        try:
            while (request := await _read(reader)) is not None:
                self.requests.append(request)
                await self._answer(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client has had enough
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        answer = self._scripts.get(request.target, self._fallback)(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(answer.latency or self._latency)
        finally:
            self.at_once -= 1
        if isinstance(answer.body, bytes):
            writer.write(_header(answer, len(answer.body)) + answer.body)
            await writer.drain()
            return
        answer.headers["Connection"] = "close"
        writer.write(_header(answer, None))
        async for piece in answer.body:
            writer.write(piece)
            await writer.drain()
        writer.close()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None
    lines = head.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ")
    fields = (line.partition(":") for line in lines[1:] if line)
    return Request(method, target, {name.lower(): value.strip() for name, _, value in fields})


def _header(answer: Answer, length: int | None) -> bytes:
    if answer.raw_header is not None:
        return answer.raw_header
    fields = {"Content-Type": "text/html", **answer.headers}
    claimed = answer.length if answer.length is not None else length
    if claimed is not None:
        fields["Content-Length"] = str(claimed)
    lines = [f"HTTP/1.1 {answer.status} Status", *(f"{k}: {v}" for k, v in fields.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
