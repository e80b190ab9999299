"""What do the jobs of a run crawl? A site with a part for every job, which does as it is told."""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from local.site_server import Server

HOST = "127.0.0.1"
PAGES = 6
"""Of every part, the start page included."""
LATENCY_SECONDS = 0.25
PATH = re.compile(r"/job-(\d+)/(?:page-(\d+)\.html)?$")


@dataclass(slots=True)
class Part:
    """How the part of the site that one job crawls behaves."""

    outages: int = 0
    """How many requests for its start page are answered 503 before one is answered well."""
    is_missing: bool = False
    is_deadly: bool = False
    """Whether the worker that asks for a page of it is killed."""


@dataclass(slots=True)
class Site:
    """The site, its parts by number, and who asked when."""

    parts: dict[int, Part] = field(default_factory=dict)
    strike: Callable[[int], None] = lambda _port: None
    """Kills the process at the other end of the connection with this port."""
    requests: list[tuple[int, float]] = field(default_factory=list)
    """Number of the part and time (seconds since the epoch) of every request."""
    stopped: threading.Event = field(default_factory=threading.Event)
    _server: Server | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> str:
        """Serve on loopback and return the URL of the site."""
        handler = type("Handler", (_Handler,), {"site": self})
        self._server = Server((HOST, 0), handler)
        threading.Thread(target=self._server.serve_forever, name="site", daemon=True).start()
        return f"http://{HOST}:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop serving."""
        self.stopped.set()
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    def visit(self, number: int, page: int) -> int:
        """Note a request and say with which status it is answered."""
        with self._lock:
            self.requests.append((number, time.time()))
            part = self.parts.setdefault(number, Part())
            if part.is_missing:
                return 404
            if page == 0 and part.outages > 0:
                part.outages -= 1
                return 503
            return 200


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        match = PATH.match(self.path)
        if match is None:
            self._answer(404, "")
            return
        number, page = int(match[1]), int(match[2] or 0)
        status = self.site.visit(number, page)
        if self.site.parts[number].is_deadly:
            self.site.strike(self.client_address[1])
        self.site.stopped.wait(LATENCY_SECONDS)
        self._answer(status, _page(number, page) if status == 200 else "")

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: requests are kept in the site."""

    def _answer(self, status: int, html: str) -> None:
        body = html.encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the crawler is gone


def _page(number: int, page: int) -> str:
    links = "".join(
        f'<li><a href="/job-{number}/page-{other}.html">Part {other}</a></li>'
        for other in range(1, PAGES)
    )
    return (
        f"<!doctype html><html lang=en><title>Job {number}, part {page}</title><main>"
        f"<h1>Job {number}, part {page}</h1><p>The {page}. part of what job number {number} "
        f"documents is told here, in a sentence that no other page has: {number * PAGES + page}."
        f"</p><ul>{links}</ul></main></html>"
    )
